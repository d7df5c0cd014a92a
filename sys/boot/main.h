/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BOOT_MAIN_H
#define BOOT_MAIN_H

/* From amd64's entry code, on the boot CPU's first stack, interrupts off. */
__attribute__((noreturn)) void kernel_main(void);

#endif
