/* SPDX-License-Identifier: BSD-2-Clause */
/* Mounted file systems, with FreeBSD's calls. */
#ifndef _SYS_MOUNT_H
#define _SYS_MOUNT_H

#ifdef __cplusplus
extern "C" {
#endif

#include <stdint.h>
#define __NEED_uid_t
#define __NEED_struct_iovec
#include <bits/alltypes.h>
#include <fbsd/mount.h>

typedef struct fsid fsid_t;

int statfs(const char *, struct statfs *);
int fstatfs(int, struct statfs *);
int getfsstat(struct statfs *, long, int);
int getmntinfo(struct statfs **, int);
int mount(const char *, const char *, int, void *);
int nmount(struct iovec *, unsigned, int);
int unmount(const char *, int);

#ifdef __cplusplus
}
#endif

#endif
