/* SPDX-License-Identifier: BSD-2-Clause */
/* FreeBSD's structure and numbers. */
#ifndef _SYS_STATVFS_H
#define _SYS_STATVFS_H

#ifdef __cplusplus
extern "C" {
#endif

#include <features.h>

#define __NEED_fsblkcnt_t
#define __NEED_fsfilcnt_t
#include <bits/alltypes.h>

struct statvfs {
	fsblkcnt_t f_bavail;
	fsblkcnt_t f_bfree;
	fsblkcnt_t f_blocks;
	fsfilcnt_t f_favail;
	fsfilcnt_t f_ffree;
	fsfilcnt_t f_files;
	unsigned long f_bsize;
	unsigned long f_flag;
	unsigned long f_frsize;
	unsigned long f_fsid;
	unsigned long f_namemax;
};

#define ST_RDONLY 1
#define ST_NOSUID 2

int statvfs(const char *__restrict, struct statvfs *__restrict);
int fstatvfs(int, struct statvfs *);

#ifdef __cplusplus
}
#endif

#endif
