/* SPDX-License-Identifier: BSD-2-Clause */
/* Within vfs: what names.c and rename.c share. */
#ifndef VFS_NAMES_H
#define VFS_NAMES_H

#include "fbsd/errno.h"
#include "vfs/vnode.h"

/* Rights to add a name to dvp, for a file of that type, or to take vp's away;
 * both locked. */
int vn_may_insert(struct vnode *dvp, enum vtype type, struct cred *cr) __sleeps;
int vn_may_remove(
    struct vnode *dvp, struct vnode *vp, struct cred *cr) __sleeps;
/* Is the name, in dvp that is locked, still that of vp (NULL: of none)? 0,
 * EAGAIN: it has got another meaning; or what vo_lookup says. */
int vn_check_name(
    struct vnode *dvp, const struct cname *cn, const struct vnode *vp) __sleeps;

/* What is said where the file system has no such operation. */
static inline int
vn_cannot(const struct vnode *vp)
{
	return (
	    (vp->v_mount->mnt_flags & MNT_RDONLY) != 0 ? EROFS : EOPNOTSUPP);
}

#endif
