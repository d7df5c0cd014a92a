/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef _SYS_STATFS_H
#define _SYS_STATFS_H

#include <sys/mount.h>

#endif
