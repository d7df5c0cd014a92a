/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The cache of names: which vnode a name in a directory leads to, or that
 * there is none, without the directory's lock.  None of this waits for
 * anything but sections of others; with many names it offers the CPU.
 */
#ifndef VFS_NAMECACHE_H
#define VFS_NAMECACHE_H

#include "vfs/vnode.h"

/* Is it known? *vpp is referenced then, or NULL: there is no such name.  For
 * file systems' vo_cached; also "..". */
bool namecache_find(
    struct vnode *dvp, const struct cname *cn, struct vnode **vpp);
/* The same within a section (core/section.h), without a reference: what *vpp is
 * stays until the section's end.  Not for "..". */
bool namecache_look(
    struct vnode *dvp, const struct cname *cn, struct vnode **vpp);
/* A name that leads to vp, and its directory, referenced.  *len in: room, out:
 * length. */
bool namecache_name(
    struct vnode *vp, struct vnode **dvpp, char *buf, size_t *len);
/* What a look-up has just found; NULL: nothing.  With a lock held since without
 * which the name doesn't change: dvp's v_lock. */
void namecache_enter(
    struct vnode *dvp, const struct cname *cn, struct vnode *vp) __sleeps;
/* The name changes; dvp's v_lock held for writing. */
void namecache_remove(struct vnode *dvp, const struct cname *cn) __sleeps;
/* All names of vp, and in it: before it's freed, with no references left, or
 * with its v_lock held for writing, when its storage may say something else.
 * When it returns nobody is in a section any more in which it was found. */
void namecache_purge(struct vnode *vp) __sleeps;
/* Where several spellings are one name: all that lead to vp; and all in dvp
 * that are said to lead nowhere. dvp's v_lock held for writing. */
void namecache_forget(struct vnode *vp) __sleeps;
void namecache_forget_missing(struct vnode *dvp) __sleeps;

#endif
