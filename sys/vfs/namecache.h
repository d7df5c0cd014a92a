/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The cache of names: which vnode a name in a directory leads to, or that
 * there is none, without the directory's lock.  For file systems that say
 * vo_cache_names: names change by their operations alone, and differ if their
 * bytes do.  None of this sleeps.
 */
#ifndef VFS_NAMECACHE_H
#define VFS_NAMECACHE_H

#include "vfs/vnode.h"

/* Is it known? *vpp is referenced then, or NULL: there is no such name. */
bool namecache_find(
    struct vnode *dvp, const struct cname *cn, struct vnode **vpp);
/* What a look-up has just found; NULL: nothing.  With dvp's v_lock held since,
 * so that what changes the name comes after this. */
void namecache_enter(
    struct vnode *dvp, const struct cname *cn, struct vnode *vp);
/* The name changes; dvp's v_lock held for writing. */
void namecache_remove(struct vnode *dvp, const struct cname *cn);
/* All names of vp, and in it: before it's freed, with no references left, or
 * with its v_lock held for writing, when its storage may say something else. */
void namecache_purge(struct vnode *vp);

#endif
