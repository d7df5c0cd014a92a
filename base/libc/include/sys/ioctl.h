/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef _SYS_IOCTL_H
#define _SYS_IOCTL_H

#ifdef __cplusplus
extern "C" {
#endif

#define __NEED_struct_winsize
#include <bits/alltypes.h>

#include <termios.h>

#include <bits/ioctl.h>

int ioctl(int, unsigned long, ...);

#ifdef __cplusplus
}
#endif

#endif
