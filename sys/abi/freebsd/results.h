/* SPDX-License-Identifier: BSD-2-Clause */
/* What several system calls give their callers, in the callers' layouts. */
#ifndef ABI_FREEBSD_RESULTS_H
#define ABI_FREEBSD_RESULTS_H

#include "lib/types.h"

struct freebsd11_stat;
struct stat;
struct statfs;
struct thread;
struct vnode;

/* As releases up to 11 have it: numbers are cut. EFAULT. */
/* struct statfs as the newest programs know it, or those for releases to 11,
 * and to 4. */
enum statfs_form { STATFS_NOW, STATFS_11, STATFS_4 };

int copyout_old_stat(
    const struct stat *st, struct freebsd11_stat __user *to) __sleeps;
/* statfs(2) of vp's file system, `old`: release 11's. EFAULT, ENOMEM. */
int statfs_vnode(
    struct vnode *vp, void __user *to, enum statfs_form form) __sleeps;
/* readlink(2) of vp: EINVAL if it isn't a link. */
int readlink_vnode(struct thread *td, struct vnode *vp, char __user *buf,
    size_t size) __sleeps;

#endif
