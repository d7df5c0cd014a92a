/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls of the operations on vnodes that need a lock, as struct vnode_ops says;
 * a debug kernel checks that it is held.  Names that change leave the cache of
 * names.  All of them may sleep.
 */
#ifndef VFS_VOP_H
#define VFS_VOP_H

#include "fbsd/errno.h"
#include "vfs/namecache.h"
#include "vfs/vnode.h"

/* (s) and (x) of struct vnode_ops. */
static inline void
vop_shared(const struct vnode *vp)
{
	assert_may_sleep("a vnode operation");
	rw_assert_held(&vp->v_base->v_lock, false);
}

static inline void
vop_exclusive(const struct vnode *vp)
{
	assert_may_sleep("a vnode operation");
	rw_assert_held(&vp->v_base->v_lock, true);
}

/*
 * Nobody waits for a directory because another one reads it: between
 * vn_miss_begin() and vn_miss_end(), which are within v_lock, a file system may
 * say EMISSED instead of reading.  Then, without locks, vn_fetch() has what is
 * missing read, and all begins anew: 0, EINTR.  Who misses again and again gets
 * it with the lock held.
 */
struct vn_miss {
	uint64_t what; /* the file system's word for it */
	unsigned tries;
};
#define EMISSED	   (-6)
#define MISSES_MAX 6

static inline void
vn_miss_begin(struct vn_miss *miss)
{
	if (__predict_true(miss->tries < MISSES_MAX))
		curthread()->td_miss = &miss->what;
}

static inline void
vn_miss_end(void)
{
	curthread()->td_miss = NULL;
}

/* vfs/vnode.c. */
int vn_fetch(struct vnode *vp, struct vn_miss *miss) __sleeps;

/* For file systems: may they read? EMISSED. */
static inline int
vn_missed(uint64_t what)
{
	uint64_t *miss = curthread()->td_miss;

	if (miss == NULL)
		return (0);
	*miss = what;
	return (EMISSED);
}

static inline int
vop_lookup(struct vnode *dvp, const struct cname *cn, struct vnode **vpp)
{
	vop_shared(dvp);
	return (dvp->v_ops->vo_lookup(dvp, cn, vpp));
}

/* The same, and it is remembered. */
static inline int
vop_find(struct vnode *dvp, const struct cname *cn, struct vnode **vpp)
{
	int error = vop_lookup(dvp, cn, vpp);

	if ((error == 0 || error == ENOENT) &&
	    dvp->v_ops->vo_names != NAMES_UNKNOWN)
		namecache_enter(dvp, cn, error == 0 ? *vpp : NULL);
	return (error);
}

/* A name is there now that wasn't. */
static inline void
name_comes(struct vnode *dvp, const struct cname *cn)
{
	if (dvp->v_ops->vo_names == NAMES_LOOSE)
		namecache_forget_missing(dvp);
	else
		namecache_remove(dvp, cn);
}

/* It leads to vp no more. */
static inline void
name_goes(struct vnode *dvp, const struct cname *cn, struct vnode *vp)
{
	if (dvp->v_ops->vo_names == NAMES_LOOSE)
		namecache_forget(vp);
	else
		namecache_remove(dvp, cn);
}

static inline int
vop_create(struct vnode *dvp, const struct cname *cn, const struct vattr *va,
    const char *target, struct vnode **vpp)
{
	int error;

	vop_exclusive(dvp);
	error = dvp->v_ops->vo_create(dvp, cn, va, target, vpp);
	name_comes(dvp, cn);
	if (error == 0 && dvp->v_ops->vo_names != NAMES_UNKNOWN)
		namecache_enter(dvp, cn, *vpp);
	return (error);
}

static inline int
vop_remove(struct vnode *dvp, struct vnode *vp, const struct cname *cn)
{
	int error;

	vop_exclusive(dvp);
	vop_exclusive(vp);
	error = dvp->v_ops->vo_remove(dvp, vp, cn);
	name_goes(dvp, cn, vp);
	return (error);
}

static inline int
vop_rmdir(struct vnode *dvp, struct vnode *vp, const struct cname *cn)
{
	int error;

	vop_exclusive(dvp);
	vop_exclusive(vp);
	error = dvp->v_ops->vo_rmdir(dvp, vp, cn);
	name_goes(dvp, cn, vp);
	return (error);
}

static inline int
vop_link(struct vnode *dvp, struct vnode *vp, const struct cname *cn)
{
	int error;

	vop_exclusive(dvp);
	vop_exclusive(vp);
	error = dvp->v_ops->vo_link(dvp, vp, cn);
	name_comes(dvp, cn);
	return (error);
}

static inline int
vop_rename(struct vnode *fdvp, struct vnode *fvp, const struct cname *fcn,
    struct vnode *tdvp, struct vnode *tvp, const struct cname *tcn)
{
	int error;

	vop_exclusive(fdvp);
	vop_exclusive(fvp);
	vop_exclusive(tdvp);
	if (tvp != NULL)
		vop_exclusive(tvp);
	error = fdvp->v_ops->vo_rename(fdvp, fvp, fcn, tdvp, tvp, tcn);
	name_goes(fdvp, fcn, fvp);
	if (tvp != NULL)
		name_goes(tdvp, tcn, tvp);
	else
		name_comes(tdvp, tcn);
	return (error);
}

static inline int
vop_getattr(struct vnode *vp, struct vattr *va)
{
	vop_shared(vp);
	return (vp->v_ops->vo_getattr(vp, va));
}

static inline int
vop_setattr(struct vnode *vp, const struct vattr *va)
{
	vop_exclusive(vp);
	return (vp->v_ops->vo_setattr(vp, va));
}

static inline int
vop_readdir(struct vnode *vp, struct dir_emit *de)
{
	vop_shared(vp);
	return (vp->v_ops->vo_readdir(vp, de));
}

static inline int
vop_readlink(struct vnode *vp, char *buf, size_t *len)
{
	vop_shared(vp);
	return (vp->v_ops->vo_readlink(vp, buf, len));
}

static inline int
vop_write_begin(struct vnode *vp, uint64_t start, uint64_t *end)
{
	vop_exclusive(vp);
	return (vp->v_ops->vo_write_begin(vp, start, end));
}

static inline void
vop_modified(struct vnode *vp, const struct cred *cr)
{
	vop_exclusive(vp);
	vp->v_ops->vo_modified(vp, cr);
}

static inline int
vop_getextattr(
    struct vnode *vp, int ns, const char *name, void *buf, size_t *size)
{
	vop_shared(vp);
	return (vp->v_ops->vo_getextattr(vp, ns, name, buf, size));
}

static inline int
vop_setextattr(
    struct vnode *vp, int ns, const char *name, const void *buf, size_t size)
{
	vop_exclusive(vp);
	return (vp->v_ops->vo_setextattr(vp, ns, name, buf, size));
}

static inline int
vop_deleteextattr(struct vnode *vp, int ns, const char *name)
{
	vop_exclusive(vp);
	return (vp->v_ops->vo_deleteextattr(vp, ns, name));
}

static inline int
vop_listextattr(struct vnode *vp, int ns, void *buf, size_t *size)
{
	vop_shared(vp);
	return (vp->v_ops->vo_listextattr(vp, ns, buf, size));
}

static inline int
vop_seekhole(struct vnode *vp, int whence, off_t *off)
{
	vop_shared(vp);
	return (vp->v_ops->vo_seekhole(vp, whence, off));
}

static inline int
vop_punch(struct vnode *vp, off_t start, off_t end)
{
	vop_exclusive(vp);
	return (vp->v_ops->vo_punch(vp, start, end));
}

static inline int
vop_allocate(struct vnode *vp, off_t start, off_t end)
{
	vop_exclusive(vp);
	return (vp->v_ops->vo_allocate(vp, start, end));
}

#endif
