/* SPDX-License-Identifier: BSD-2-Clause */
/* Paths among system calls' arguments. */
#ifndef ABI_FREEBSD_PATH_H
#define ABI_FREEBSD_PATH_H

#include "vfs/namei.h"

struct thread;

/* A user's path into buf of MAXPATHLEN: 0, EFAULT, ENAMETOOLONG. */
int path_copyin(const char __user *path, char *buf) __sleeps;

/*
 * namei() on a user's path, by AT_SYMLINK_NOFOLLOW, AT_RESOLVE_BENEATH and
 * AT_EMPTY_PATH of `flags`; AT_* in `others` are the caller's own. EINVAL for
 * any other.  After success: namei_done().
 */
int path_namei(struct thread *td, struct namei *nd, int fd,
    const char __user *path, int flags, int others) __sleeps;

#endif
