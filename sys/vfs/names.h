/* SPDX-License-Identifier: BSD-2-Clause */
/* Within vfs: what names.c and rename.c share. */
#ifndef VFS_NAMES_H
#define VFS_NAMES_H

#include "vfs/vnode.h"

/* Rights to add a name to dvp, or to take vp's away; both locked. */
int vn_may_insert(struct vnode *dvp, struct cred *cr);
int vn_may_remove(struct vnode *dvp, struct vnode *vp, struct cred *cr);
bool vn_still_named(
    struct vnode *dvp, const struct cname *cn, const struct vnode *vp);

#endif
