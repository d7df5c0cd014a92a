/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef _SYS_REBOOT_H
#define _SYS_REBOOT_H

#ifdef __cplusplus
extern "C" {
#endif

#include <fbsd/reboot.h>

int reboot(int);

#ifdef __cplusplus
}
#endif

#endif
