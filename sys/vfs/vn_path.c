/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From vnodes back to paths: each file system knows a name of each of its
 * files and the directory it is in; the way up to the root is the path.
 */
#include "fbsd/errno.h"
#include "proc/proc.h"
#include "lib/string.h"
#include "vfs/vnode.h"
#include "vfs/vop.h"
#include "vm/kmem.h"

/* The directory that a mounted file system's root covers, held; *vpp's
 * reference goes. */
static int
uncover(struct vnode **vpp)
{
	struct vnode *covered = mount_covered(*vpp);

	if (covered == NULL)
		return (ENOENT);
	vnode_release(*vpp);
	*vpp = covered;
	return (0);
}

int
vn_parent(struct vnode *vp, struct vnode **vpp)
{
	static const struct cname dotdot = {"..", 2, NULL};
	struct vn_miss miss = {0, 0};
	int error;

	if (vp->v_ops->vo_cached != NULL &&
	    vp->v_ops->vo_cached(vp, &dotdot, vpp))
		return (0);
	do {
		rw_rlock(&vp->v_base->v_lock);
		vn_miss_begin(&miss);
		error = vop_lookup(vp, &dotdot, vpp);
		vn_miss_end();
		rw_runlock(&vp->v_base->v_lock);
	} while (error == EMISSED && (error = vn_fetch(vp, &miss)) == 0);
	return (error);
}

int
vn_name(struct vnode *vp, struct vnode **dvpp, char *buf, size_t *len)
{
	/* Others' names are cached as they are asked for, not as they are. */
	if (vp->v_ops->vo_names == NAMES_EXACT &&
	    namecache_name(vp, dvpp, buf, len))
		return (0);
	if (vp->v_ops->vo_name == NULL)
		return (ENOENT);
	return (vp->v_ops->vo_name(vp, dvpp, buf, len));
}

/* Puts "/name" of *vpp before what buf has from *start on, and goes up. */
static int
prepend(struct vnode **vpp, char *buf, size_t *start)
{
	struct vnode *dvp;
	char name[NAME_MAX + 1];
	size_t len = NAME_MAX;
	int error;

	error = vn_name(*vpp, &dvp, name, &len);
	if (error != 0)
		return (error);
	vnode_release(*vpp);
	*vpp = dvp;
	if (len + 1 > *start)
		return (ENOMEM);
	*start -= len + 1;
	buf[*start] = '/';
	memcpy(buf + *start + 1, name, len);
	return (0);
}

int
vn_path(struct thread *td, struct vnode *vp, char *buf, size_t size)
{
	size_t start;
	int error = 0;

	if (size < 2)
		return (ENOMEM);
	start = size - 1;
	buf[start] = '\0';
	vnode_hold(vp);
	while (error == 0 && !vn_is_root(td, vp)) {
		if ((vp->v_flags & VV_ROOT) != 0)
			error = uncover(&vp);
		else
			error = prepend(&vp, buf, &start);
	}
	vnode_release(vp);
	if (error != 0)
		return (error);
	if (buf[start] == '\0')
		buf[--start] = '/';
	memmove(buf, buf + start, size - start);
	return (0);
}
