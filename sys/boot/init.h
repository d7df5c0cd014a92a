/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BOOT_INIT_H
#define BOOT_INIT_H

/* Starts process 1 of a system: the first program of the kenv variable
 * init_path that there is.  Returns; the rest happens in process 1. */
void init_start(void) __sleeps;

#endif
