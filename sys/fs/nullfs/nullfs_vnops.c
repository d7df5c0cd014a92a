/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Operations on names and attributes, handed down.  What the lower file system
 * lacks is refused as it would be there.
 */
#include "fbsd/errno.h"
#include "fs/nullfs/nullfs.h"
#include "vfs/vop.h"

#define LOWER_OPS(vp) (null_lower(vp)->v_ops)

/* A lower vnode that an operation returned becomes one of ours. */
static int
wrap(struct vnode *dvp, int error, struct vnode *lower, struct vnode **vpp)
{
	return (error != 0 ? error : null_node_get(dvp->v_mount, lower, vpp));
}

static bool
lower_readonly(struct vnode *vp)
{
	return ((null_lower(vp)->v_mount->mnt_flags & MNT_RDONLY) != 0);
}

/* A directory that was moved out of what we show may lead up there. */
static bool
leads_out(const struct vnode *lower, const struct cname *cn)
{
	return ((lower->v_flags & VV_ROOT) != 0 && cname_is_dotdot(cn));
}

static int
null_lookup(struct vnode *dvp, const struct cname *cn, struct vnode **vpp)
{
	struct vnode *lower = null_lower(dvp), *vp = NULL;
	int error;

	if (leads_out(lower, cn))
		return (ENOENT);
	error = vop_find(lower, cn, &vp);
	return (wrap(dvp, error, vp, vpp));
}

static bool
null_cached(struct vnode *dvp, const struct cname *cn, struct vnode **vpp)
{
	struct vnode *lower = null_lower(dvp), *vp;

	if (lower->v_ops->vo_cached == NULL || leads_out(lower, cn) ||
	    !lower->v_ops->vo_cached(lower, cn, &vp))
		return (false);
	*vpp = NULL;
	return (vp == NULL || null_node_get(dvp->v_mount, vp, vpp) == 0);
}

static int
null_create(struct vnode *dvp, const struct cname *cn, const struct vattr *va,
    const char *target, struct vnode **vpp)
{
	struct vnode *lower = null_lower(dvp), *vp = NULL;
	int error;

	if (lower->v_ops->vo_create == NULL)
		return (EOPNOTSUPP);
	error = vop_create(lower, cn, va, target, &vp);
	return (wrap(dvp, error, vp, vpp));
}

static int
null_remove(struct vnode *dvp, struct vnode *vp, const struct cname *cn)
{
	if (LOWER_OPS(dvp)->vo_remove == NULL)
		return (EOPNOTSUPP);
	return (vop_remove(null_lower(dvp), null_lower(vp), cn));
}

static int
null_rmdir(struct vnode *dvp, struct vnode *vp, const struct cname *cn)
{
	if (LOWER_OPS(dvp)->vo_rmdir == NULL)
		return (EOPNOTSUPP);
	return (vop_rmdir(null_lower(dvp), null_lower(vp), cn));
}

static int
null_link(struct vnode *dvp, struct vnode *vp, const struct cname *cn)
{
	if (LOWER_OPS(dvp)->vo_link == NULL)
		return (EPERM);
	return (vop_link(null_lower(dvp), null_lower(vp), cn));
}

static int
null_rename(struct vnode *fdvp, struct vnode *fvp, const struct cname *fcn,
    struct vnode *tdvp, struct vnode *tvp, const struct cname *tcn)
{
	if (LOWER_OPS(fdvp)->vo_rename == NULL)
		return (EOPNOTSUPP);
	return (vop_rename(null_lower(fdvp), null_lower(fvp), fcn,
	    null_lower(tdvp), tvp != NULL ? null_lower(tvp) : NULL, tcn));
}

static int
null_getattr(struct vnode *vp, struct vattr *va)
{
	int error;

	error = vop_getattr(null_lower(vp), va);
	if (error == 0)
		va->va_fsid = vp->v_mount->mnt_fsid;
	return (error);
}

static int
null_setattr(struct vnode *vp, const struct vattr *va)
{
	if (lower_readonly(vp))
		return (EROFS);
	return (vop_setattr(null_lower(vp), va));
}

static int
null_readdir(struct vnode *vp, struct dir_emit *de)
{
	return (vop_readdir(null_lower(vp), de));
}

static int
null_readlink(struct vnode *vp, char *buf, size_t *len)
{
	if (LOWER_OPS(vp)->vo_readlink == NULL)
		return (EINVAL);
	return (vop_readlink(null_lower(vp), buf, len));
}

static int
null_open(struct vnode *vp, int flags, struct file *fp, struct open_dup *dup)
{
	if (LOWER_OPS(vp)->vo_open == NULL)
		return (0);
	return (LOWER_OPS(vp)->vo_open(null_lower(vp), flags, fp, dup));
}

static void
null_close(struct vnode *vp, struct file *fp)
{
	if (LOWER_OPS(vp)->vo_close != NULL)
		LOWER_OPS(vp)->vo_close(null_lower(vp), fp);
}

static int
null_fsync(struct vnode *vp, bool datasync)
{
	if (LOWER_OPS(vp)->vo_fsync == NULL)
		return (0);
	return (LOWER_OPS(vp)->vo_fsync(null_lower(vp), datasync));
}

static int
null_getextattr(
    struct vnode *vp, int ns, const char *name, void *buf, size_t *size)
{
	if (LOWER_OPS(vp)->vo_getextattr == NULL)
		return (EOPNOTSUPP);
	return (vop_getextattr(null_lower(vp), ns, name, buf, size));
}

static int
null_setextattr(
    struct vnode *vp, int ns, const char *name, const void *buf, size_t size)
{
	if (LOWER_OPS(vp)->vo_setextattr == NULL)
		return (EOPNOTSUPP);
	if (lower_readonly(vp))
		return (EROFS);
	return (vop_setextattr(null_lower(vp), ns, name, buf, size));
}

static int
null_deleteextattr(struct vnode *vp, int ns, const char *name)
{
	if (LOWER_OPS(vp)->vo_deleteextattr == NULL)
		return (EOPNOTSUPP);
	if (lower_readonly(vp))
		return (EROFS);
	return (vop_deleteextattr(null_lower(vp), ns, name));
}

static int
null_listextattr(struct vnode *vp, int ns, void *buf, size_t *size)
{
	if (LOWER_OPS(vp)->vo_listextattr == NULL)
		return (EOPNOTSUPP);
	return (vop_listextattr(null_lower(vp), ns, buf, size));
}

static int
null_getacl(struct vnode *vp, int type, const struct acl_list **alp)
{
	*alp = NULL;
	if (LOWER_OPS(vp)->vo_getacl == NULL)
		return (0);
	return (LOWER_OPS(vp)->vo_getacl(null_lower(vp), type, alp));
}

static int
null_setacl(struct vnode *vp, int type, const struct acl_list *al)
{
	if (LOWER_OPS(vp)->vo_setacl == NULL)
		return (EOPNOTSUPP);
	if (lower_readonly(vp))
		return (EROFS);
	return (LOWER_OPS(vp)->vo_setacl(null_lower(vp), type, al));
}

static int
null_pathconf(struct vnode *vp, int name, long *val)
{
	if (LOWER_OPS(vp)->vo_pathconf == NULL)
		return (EINVAL);
	return (LOWER_OPS(vp)->vo_pathconf(null_lower(vp), name, val));
}

static int
null_name(struct vnode *vp, struct vnode **dvpp, char *buf, size_t *len)
{
	struct vnode *lower = null_lower(vp), *dvp = NULL;
	int error;

	if ((lower->v_flags & VV_ROOT) != 0)
		return (ENOENT);
	error = vn_name(lower, &dvp, buf, len);
	return (wrap(vp, error, dvp, dvpp));
}

/* With the lower mount's own say: it may be read-only. */
static int
null_access(struct vnode *vp, int mode, const struct cred *cr)
{
	return (vfs_access_quick(null_lower(vp), mode, cr));
}

static int
null_revoke(struct vnode *vp)
{
	if (LOWER_OPS(vp)->vo_revoke == NULL)
		return (EINVAL);
	return (LOWER_OPS(vp)->vo_revoke(null_lower(vp)));
}

static int
null_fid(struct vnode *vp, struct fid *fid)
{
	if (LOWER_OPS(vp)->vo_fid == NULL)
		return (EOPNOTSUPP);
	return (LOWER_OPS(vp)->vo_fid(null_lower(vp), fid));
}

const struct vnode_ops null_vnode_ops = {
    .vo_lookup = null_lookup,
    .vo_cached = null_cached,
    .vo_create = null_create,
    .vo_remove = null_remove,
    .vo_rmdir = null_rmdir,
    .vo_link = null_link,
    .vo_rename = null_rename,
    .vo_getattr = null_getattr,
    .vo_setattr = null_setattr,
    .vo_readdir = null_readdir,
    .vo_readlink = null_readlink,
    .vo_open = null_open,
    .vo_close = null_close,
    .vo_fsync = null_fsync,
    .vo_getextattr = null_getextattr,
    .vo_setextattr = null_setextattr,
    .vo_deleteextattr = null_deleteextattr,
    .vo_listextattr = null_listextattr,
    .vo_getacl = null_getacl,
    .vo_setacl = null_setacl,
    .vo_pathconf = null_pathconf,
    .vo_name = null_name,
    .vo_access = null_access,
    .vo_revoke = null_revoke,
    .vo_fid = null_fid,
    .vo_inactive = null_node_free,
};
