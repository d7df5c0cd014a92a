/* SPDX-License-Identifier: BSD-2-Clause */
/* How the system starts and how it ends: boot flags, reboot(2). */
#ifndef FBSD_NUM_REBOOT_H
#define FBSD_NUM_REBOOT_H

#define RB_AUTOBOOT   0
#define RB_ASKNAME    0x00000001
#define RB_SINGLE     0x00000002
#define RB_NOSYNC     0x00000004
#define RB_HALT	      0x00000008
#define RB_DFLTROOT   0x00000020
#define RB_KDB	      0x00000040
#define RB_DUMP	      0x00000100
#define RB_VERBOSE    0x00000800
#define RB_SERIAL     0x00001000
#define RB_CDROM      0x00002000
#define RB_POWEROFF   0x00004000
#define RB_GDB	      0x00008000
#define RB_MUTE	      0x00010000
#define RB_PAUSE      0x00100000
#define RB_REROOT     0x00200000
#define RB_POWERCYCLE 0x00400000
#define RB_MULTIPLE   0x20000000

#endif
