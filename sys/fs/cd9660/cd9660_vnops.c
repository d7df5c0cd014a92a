/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names, attributes and contents.
 */
#include "fbsd/dirent.h"
#include "fbsd/unistd.h"
#include "core/printf.h"
#include "fs/cd9660/cd9660.h"
#include "lib/string.h"
#include "vfs/namecache.h"
#include "vm/kmem.h"

static bool
is_dots(const struct cname *cn)
{
	return (cn->cn_len <= 2 && memcmp(cn->cn_name, "..", cn->cn_len) == 0);
}

static int
cd9660_lookup(struct vnode *dvp, const struct cname *cn, struct vnode **vpp)
{
	struct cd9660_node *dir = cd9660_node(dvp), *n;
	struct iso_entry *e = kmem_alloc(sizeof(*e), 0);
	uint64_t ino = 0;
	int error;

	if (e == NULL)
		return (ENOMEM);
	error =
	    iso_find(&dir->n_cm->cm_iso, &dir->n_i, cn->cn_name, cn->cn_len, e);
	if (error == 0)
		ino = e->e_inode.i_ino;
	kmem_free(e, sizeof(*e));
	if (error != 0)
		return (error);
	/* A directory that is in itself would be locked twice. */
	if (ino == dir->n_i.i_ino && !is_dots(cn))
		return (EINTEGRITY);
	error = cd9660_node_get(dir->n_cm, ino, &n);
	if (error != 0)
		return (error == ESTALE ? EINTEGRITY : error);
	if (!is_dots(cn))
		atomic_store(&n->n_parent, dir->n_i.i_ino);
	*vpp = &n->n_vnode;
	return (0);
}

static uint8_t
dirent_type(const struct iso_entry *e)
{
	return ((uint8_t)((e->e_inode.i_mode & S_IFMT) >> 12));
}

static int
cd9660_readdir(struct vnode *vp, struct dir_emit *de)
{
	struct cd9660_node *dir = cd9660_node(vp);
	struct iso_entry *e = kmem_alloc(sizeof(*e), 0);
	uint64_t offset = (uint64_t)de->cookie;
	int error;

	if (e == NULL)
		return (ENOMEM);
	while (
	    (error = iso_next(&dir->n_cm->cm_iso, &dir->n_i, offset, e)) == 0) {
		if (!de->emit(de, e->e_name, e->e_len, e->e_inode.i_ino,
			dirent_type(e), (off_t)e->e_next))
			break;
		offset = e->e_next;
	}
	kmem_free(e, sizeof(*e));
	de->eof = error == ENOENT;
	return (error == ENOENT ? 0 : error);
}

static struct timespec
to_timespec(struct iso_time t)
{
	return ((struct timespec){.tv_sec = t.sec, .tv_nsec = t.nsec});
}

static int
cd9660_getattr(struct vnode *vp, struct vattr *va)
{
	const struct cd9660_node *n = cd9660_node(vp);
	const struct iso_inode *i = &n->n_i;

	*va = (struct vattr){
	    .va_type = vp->v_type,
	    .va_mode = i->i_mode & ALLPERMS,
	    .va_nlink = i->i_nlink,
	    .va_uid = i->i_uid,
	    .va_gid = i->i_gid,
	    .va_fsid = vp->v_mount->mnt_fsid,
	    .va_fileid = i->i_ino,
	    .va_size = i->i_size,
	    .va_blocksize = (blksize_t)(1ul << n->n_cm->cm_iso.i_shift),
	    .va_atime = to_timespec(i->i_atime),
	    .va_mtime = to_timespec(i->i_mtime),
	    .va_ctime = to_timespec(i->i_ctime),
	    .va_birthtime = to_timespec(i->i_birth),
	    .va_gen = 1,
	    .va_rdev = i->i_rdev,
	    .va_bytes = roundup2(i->i_size, 512ul),
	};
	return (0);
}

static int
cd9660_access(struct vnode *vp, int mode, const struct cred *cr)
{
	const struct iso_inode *i = &cd9660_node(vp)->n_i;

	return (vn_access_mode(
	    vp->v_type, i->i_mode & ALLPERMS, i->i_uid, i->i_gid, mode, cr));
}

static int
cd9660_setattr(struct vnode *vp, const struct vattr *va)
{
	return (EROFS);
}

static int
cd9660_readlink(struct vnode *vp, char *buf, size_t *len)
{
	struct cd9660_node *n = cd9660_node(vp);
	struct iso_entry *e = kmem_alloc(sizeof(*e), 0);
	int error;

	if (e == NULL)
		return (ENOMEM);
	error = iso_get(&n->n_cm->cm_iso, n->n_i.i_ino, e);
	if (error == 0) {
		*len = MIN(e->e_link_len, MAXPATHLEN - 1);
		memcpy(buf, e->e_link, *len);
	}
	kmem_free(e, sizeof(*e));
	return (error == ESTALE ? EINTEGRITY : error);
}

/* Device nodes are there, but only devfs's lead to devices. */
static int
cd9660_open(struct vnode *vp, int flags, struct file *fp, struct open_dup *dup)
{
	return (vp->v_type == VCHR || vp->v_type == VBLK ? ENXIO : 0);
}

static int
cd9660_pathconf(struct vnode *vp, int name, long *val)
{
	if (name != _PC_LINK_MAX)
		return (EINVAL);
	*val = INT32_MAX;
	return (0);
}

/* The name that leads to `ino` in a directory: ENOENT. */
static int
name_in(struct cd9660_node *dir, uint64_t ino, char *buf, size_t *len)
{
	struct iso_entry *e = kmem_alloc(sizeof(*e), 0);
	uint64_t offset = 0;
	int error;

	if (e == NULL)
		return (ENOMEM);
	while (
	    (error = iso_next(&dir->n_cm->cm_iso, &dir->n_i, offset, e)) == 0 &&
	    (e->e_inode.i_ino != ino || e->e_name[0] == '.'))
		offset = e->e_next;
	if (error == 0 && e->e_len <= *len) {
		memcpy(buf, e->e_name, e->e_len);
		*len = e->e_len;
	} else
		error = ENOENT;
	kmem_free(e, sizeof(*e));
	return (error);
}

static int
cd9660_name(struct vnode *vp, struct vnode **dvpp, char *buf, size_t *len)
{
	struct cd9660_node *n = cd9660_node(vp), *dir;
	uint64_t ino = atomic_load(&n->n_parent);
	int error;

	if (ino == 0)
		return (ENOENT);
	error = cd9660_node_get(n->n_cm, ino, &dir);
	if (error != 0)
		return (ENOENT);
	error = name_in(dir, n->n_i.i_ino, buf, len);
	if (error != 0)
		vnode_release(&dir->n_vnode);
	else
		*dvpp = &dir->n_vnode;
	return (error);
}

static int
cd9660_fid(struct vnode *vp, struct fid *fid)
{
	const uint64_t ino = cd9660_node(vp)->n_i.i_ino;

	fid->fid_len = sizeof(ino);
	memcpy(fid->fid_data, &ino, sizeof(ino));
	return (0);
}

/* The cache's reference is the last one, and goes with the node. */
static void
cd9660_inactive(struct vnode *vp)
{
	panic("cd9660: a file that is known has no references");
}

const struct vnode_ops cd9660_vnode_ops = {
    .vo_lookup = cd9660_lookup,
    .vo_getattr = cd9660_getattr,
    .vo_setattr = cd9660_setattr,
    .vo_readdir = cd9660_readdir,
    .vo_readlink = cd9660_readlink,
    .vo_fetch = cd9660_fetch,
    .vo_open = cd9660_open,
    .vo_pathconf = cd9660_pathconf,
    .vo_name = cd9660_name,
    .vo_access = cd9660_access,
    .vo_fid = cd9660_fid,
    .vo_inactive = cd9660_inactive,
    .vo_cached = namecache_find,
    .vo_names = NAMES_EXACT,
};
