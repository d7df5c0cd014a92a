/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Attributes of files, and the table of operations.
 */
#include "fbsd/errno.h"
#include "fbsd/extattr.h"
#include "fbsd/unistd.h"
#include "fs/ufs/ufs_mount.h"
#include "time/time.h"
#include "lib/string.h"
#include "vfs/acl.h"
#include "vfs/namecache.h"

static struct timespec
to_timespec(struct ufs_time t)
{
	return ((struct timespec){.tv_sec = t.sec, .tv_nsec = t.nsec});
}

static struct ufs_time
from_timespec(struct timespec t)
{
	return ((struct ufs_time){t.tv_sec, (int32_t)t.tv_nsec});
}

/* Reading notes its time without a lock. */
static struct timespec
last_access(struct ufs_node *n)
{
	struct timespec read = ns_timespec(atomic_load(&n->n_vnode.v_accessed));

	return (read.tv_sec > n->n_i.i_atime.sec ? read
						 : to_timespec(n->n_i.i_atime));
}

static int
ufs_getattr(struct vnode *vp, struct vattr *va)
{
	struct ufs_node *n = ufs_node(vp);
	const struct ufs_inode *i = &n->n_i;

	*va = (struct vattr){
	    .va_type = vp->v_type,
	    .va_mode = i->i_mode & ALLPERMS,
	    .va_nlink = i->i_nlink,
	    .va_uid = i->i_uid,
	    .va_gid = i->i_gid,
	    .va_fsid = vp->v_mount->mnt_fsid,
	    .va_fileid = i->i_ino,
	    .va_size = i->i_size,
	    .va_blocksize = n->n_um->um_fs.fs_sb.fs_bsize,
	    .va_atime = last_access(n),
	    .va_mtime = to_timespec(i->i_mtime),
	    .va_ctime = to_timespec(i->i_ctime),
	    .va_birthtime = to_timespec(i->i_birthtime),
	    .va_gen = i->i_gen,
	    .va_flags = i->i_flags,
	    .va_bytes = i->i_blocks * 512,
	};
	if (vp->v_type == VCHR || vp->v_type == VBLK)
		va->va_rdev = i->i_direct[0];
	return (0);
}

static void
set_fields(struct ufs_node *n, const struct vattr *va)
{
	struct ufs_inode *i = &n->n_i;

	if (va->va_set & VA_MODE)
		i->i_mode = (uint16_t)((i->i_mode & S_IFMT) | va->va_mode);
	if (va->va_set & VA_UID)
		i->i_uid = va->va_uid;
	if (va->va_set & VA_GID)
		i->i_gid = va->va_gid;
	if (va->va_set & VA_FLAGS)
		i->i_flags = (uint32_t)va->va_flags;
	if (va->va_set & VA_ATIME) {
		i->i_atime = from_timespec(va->va_atime);
		atomic_store(&n->n_vnode.v_accessed, 0);
	}
	if (va->va_set & VA_MTIME) {
		i->i_mtime = from_timespec(va->va_mtime);
		atomic_store(&n->n_mapped_write, false);
	}
	if (va->va_set & VA_BIRTHTIME)
		i->i_birthtime = from_timespec(va->va_birthtime);
}

#define FLAGS                                                                  \
	(UF_NODUMP | UF_IMMUTABLE | UF_APPEND | UF_OPAQUE | UF_NOUNLINK |      \
	    UF_SYSTEM | UF_SPARSE | UF_OFFLINE | UF_REPARSE | UF_ARCHIVE |     \
	    UF_READONLY | UF_HIDDEN | SF_ARCHIVED | SF_IMMUTABLE | SF_APPEND | \
	    SF_NOUNLINK | SF_SNAPSHOT)

/* Nobody makes a file a snapshot, or one a file, by its flags. */
static int
check_flags(const struct ufs_node *n, const struct vattr *va)
{
	if ((va->va_set & VA_FLAGS) == 0)
		return (0);
	if ((va->va_flags & ~(unsigned long)FLAGS) != 0)
		return (EOPNOTSUPP);
	return (
	    ((va->va_flags ^ n->n_i.i_flags) & SF_SNAPSHOT) != 0 ? EPERM : 0);
}

/* The mode alone says what it allows from now on, if it was changed for its own
 * sake. */
static int
drop_list(struct ufs_node *n, const struct vattr *va)
{
	int error;

	if ((va->va_set & (VA_MODE | VA_UID | VA_GID)) != VA_MODE ||
	    n->n_i.i_extsize == 0 || vn_acl_type(&n->n_vnode) != ACL_TYPE_NFS4)
		return (0);
	error =
	    ufs_ext_change(n, EXTATTR_NAMESPACE_SYSTEM, ACL_NFS4_NAME, NULL, 0);
	return (error == ENOATTR ? 0 : error);
}

static int
set_once(struct ufs_node *n, const struct vattr *va)
{
	int error = drop_list(n, va);

	if (error != 0)
		return (error);
	ufs_node_set_times(n, (va->va_set & VA_SIZE) != 0);
	set_fields(n, va);
	ufs_node_touch(n, UFS_N_META);
	return (0);
}

static int
ufs_setattr(struct vnode *vp, const struct vattr *va)
{
	struct ufs_node *n = ufs_node(vp);
	unsigned tries = 0;
	int error = check_flags(n, va);

	if (error == 0 && (va->va_set & VA_SIZE) && vp->v_type == VREG)
		error = ufs_set_size(n, va->va_size);
	if (error != 0)
		return (error);
	error = ufs_throttle(n->n_um);
	if (error != 0)
		return (error);
	do {
		error = ufs_begin(n->n_um);
		if (error != 0)
			break;
		error = set_once(n, va);
		ufs_end(n->n_um);
	} while (ufs_try_again(n->n_um, &error, &tries));
	return (ufs_done(n->n_um, error));
}

static int
ufs_access(struct vnode *vp, int mode, const struct cred *cr)
{
	const struct ufs_inode *i = &ufs_node(vp)->n_i;

	if ((mode & VWRITE) &&
	    (i->i_flags & (UF_IMMUTABLE | SF_IMMUTABLE | SF_SNAPSHOT)))
		return (EPERM);
	if (__predict_false(i->i_extsize != 0) && vn_acl_type(vp) != 0)
		return (EACL);
	return (vn_access_mode(
	    vp->v_type, i->i_mode & ALLPERMS, i->i_uid, i->i_gid, mode, cr));
}

static void
ufs_modified(struct vnode *vp, const struct cred *cr)
{
	struct ufs_node *n = ufs_node(vp);
	unsigned what = UFS_N_TIMES;

	if (ufs_begin(n->n_um) != 0)
		return;
	ufs_node_set_times(n, true);
	if (cr->cr_uid != 0 && (n->n_i.i_mode & (S_ISUID | S_ISGID)) != 0) {
		n->n_i.i_mode &= (uint16_t) ~(S_ISUID | S_ISGID);
		what = UFS_N_META;
	}
	ufs_node_touch(n, what);
	ufs_end(n->n_um);
}

static int
ufs_vreadlink(struct vnode *vp, char *buf, size_t *len)
{
	struct ufs_node *n = ufs_node(vp);

	return (ufs_readlink(&n->n_um->um_fs, &n->n_i, buf, len));
}

/* Device nodes can be made, but only devfs's lead to devices. */
static int
ufs_open_file(
    struct vnode *vp, int flags, struct file *fp, struct open_dup *dup)
{
	return (vp->v_type == VCHR || vp->v_type == VBLK ? ENXIO : 0);
}

static int
ufs_pathconf(struct vnode *vp, int name, long *val)
{
	switch (name) {
	case _PC_LINK_MAX:
		*val = UFS_LINKS_MAX;
		return (0);
	case _PC_MIN_HOLE_SIZE:
		*val = ufs_node(vp)->n_um->um_fs.fs_sb.fs_bsize;
		return (0);
	default:
		return (EINVAL);
	}
}

struct ufs_fid {
	uint32_t ino;
	uint32_t gen;
};

static int
ufs_fid(struct vnode *vp, struct fid *fid)
{
	const struct ufs_inode *i = &ufs_node(vp)->n_i;
	struct ufs_fid f = {(uint32_t)i->i_ino, i->i_gen};

	fid->fid_len = sizeof(f);
	memcpy(fid->fid_data, &f, sizeof(f));
	return (0);
}

const struct vnode_ops ufs_vnode_ops = {
    .vo_lookup = ufs_lookup,
    .vo_create = ufs_create,
    .vo_remove = ufs_remove,
    .vo_rmdir = ufs_rmdir,
    .vo_link = ufs_link,
    .vo_rename = ufs_rename,
    .vo_getattr = ufs_getattr,
    .vo_setattr = ufs_setattr,
    .vo_readdir = ufs_readdir,
    .vo_readlink = ufs_vreadlink,
    .vo_fetch = ufs_fetch,
    .vo_prefetch = ufs_prefetch,
    .vo_write_begin = ufs_write_begin,
    .vo_modified = ufs_modified,
    .vo_open = ufs_open_file,
    .vo_fsync = ufs_fsync,
    .vo_getextattr = ufs_getextattr,
    .vo_setextattr = ufs_setextattr,
    .vo_deleteextattr = ufs_deleteextattr,
    .vo_listextattr = ufs_listextattr,
    .vo_getacl = ufs_getacl,
    .vo_setacl = ufs_setacl,
    .vo_pathconf = ufs_pathconf,
    .vo_name = ufs_name,
    .vo_access = ufs_access,
    .vo_seekhole = ufs_seekhole,
    .vo_punch = ufs_punch,
    .vo_allocate = ufs_allocate,
    .vo_fid = ufs_fid,
    .vo_inactive = ufs_node_inactive,
    .vo_cached = namecache_find,
    .vo_names = NAMES_EXACT,
};
