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
int copyout_old_stat(const struct stat *st, struct freebsd11_stat __user *to);
/* statfs(2) of vp's file system, `old`: release 11's. EFAULT, ENOMEM. */
int statfs_vnode(struct vnode *vp, void __user *to, bool old);
/* readlink(2) of vp: EINVAL if it isn't a link. */
int readlink_vnode(
    struct thread *td, struct vnode *vp, char __user *buf, size_t size);

#endif
