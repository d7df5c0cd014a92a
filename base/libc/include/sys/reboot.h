/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef _SYS_REBOOT_H
#define _SYS_REBOOT_H

#ifdef __cplusplus
extern "C" {
#endif

#define RB_AUTOBOOT   0
#define RB_SINGLE     0x002
#define RB_NOSYNC     0x004
#define RB_HALT	      0x008
#define RB_DUMP	      0x100
#define RB_POWEROFF   0x4000
#define RB_POWERCYCLE 0x400000

int reboot(int);

#ifdef __cplusplus
}
#endif

#endif
