/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fdescfs(5): the descriptors of whoever looks, as files 0, 1, 2, ...
 * Opening one is dup(2).
 *
 * Nothing is kept: a node is made for each look-up and goes with its last
 * reference.
 */
#include "fbsd/dirent.h"
#include "fbsd/errno.h"
#include "proc/proc.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "vfs/vn_file.h"
#include "vfs/vnode.h"
#include "vm/kmem.h"

struct fdesc_mount {
	unsigned fm_nodes; /* (a) but the root */
	struct fdesc_node *fm_root;
};

struct fdesc_node {
	struct vnode fn_vnode;
	int fn_fd; /* -1: the root */
};

/* Places in the directory and inode numbers: descriptor + 3. */
#define FIRST 3

static const struct vnode_ops fdesc_vnode_ops;

static struct fdesc_node *
fdesc_node(struct vnode *vp)
{
	return (container_of(vp, struct fdesc_node, fn_vnode));
}

static struct fdesc_node *
new_node(struct mount *mp, int fd)
{
	struct fdesc_node *n = kmem_alloc(sizeof(*n), KM_ZERO);

	if (n == NULL)
		return (NULL);
	vnode_init(&n->fn_vnode, mp, fd < 0 ? VDIR : VCHR, &fdesc_vnode_ops, n);
	n->fn_fd = fd;
	return (n);
}

/* A descriptor's number; -1: the name isn't one. */
static int
parse_fd(const struct cname *cn)
{
	int fd = 0;

	if (cn->cn_len == 0 || cn->cn_len > 9 ||
	    (cn->cn_name[0] == '0' && cn->cn_len > 1))
		return (-1);
	for (size_t i = 0; i < cn->cn_len; i++) {
		if (cn->cn_name[i] < '0' || cn->cn_name[i] > '9')
			return (-1);
		fd = fd * 10 + (cn->cn_name[i] - '0');
	}
	return (fd);
}

static int
fdesc_lookup(struct vnode *dvp, const struct cname *cn, struct vnode **vpp)
{
	struct fdesc_mount *fm = dvp->v_mount->mnt_data;
	const int fd = parse_fd(cn);
	struct fdesc_node *n;
	struct file *fp;

	if (fd < 0 || fd_get(curthread(), fd, 0, &fp) != 0)
		return (ENOENT);
	file_release(fp);
	n = new_node(dvp->v_mount, fd);
	if (n == NULL)
		return (ENOMEM);
	atomic_add(&fm->fm_nodes, 1);
	*vpp = &n->fn_vnode;
	return (0);
}

static bool is_ours(const struct vnode *vp);

/*
 * What the descriptor's file says.  One of this file system, which O_PATH
 * opens, may be the one that is asked just now, so that the question would go
 * round in circles.
 */
static int
describe(int fd, struct stat *st)
{
	struct file *fp;
	int error;

	error = fd_get(curthread(), fd, 0, &fp);
	if (error != 0)
		return (error);
	if (fp->f_vnode == NULL)
		error = file_stat(fp, st);
	else if (!is_ours(fp->f_vnode)) {
		/* Ours is locked, and never while a file's is. */
		rw_will_nest(&fp->f_vnode->v_base->v_lock);
		error = file_stat(fp, st);
	}
	file_release(fp);
	return (error);
}

static int
fdesc_getattr(struct vnode *vp, struct vattr *va)
{
	const int fd = fdesc_node(vp)->fn_fd;
	struct stat st = {.st_mode = 0555, .st_nlink = 2};
	int error = 0;

	if (fd >= 0)
		error = describe(fd, &st);
	*va = (struct vattr){
	    .va_type = vp->v_type,
	    .va_mode = st.st_mode & ALLPERMS,
	    .va_nlink = st.st_nlink,
	    .va_uid = st.st_uid,
	    .va_gid = st.st_gid,
	    .va_fsid = vp->v_mount->mnt_fsid,
	    .va_fileid = (ino_t)(fd + FIRST),
	    .va_size = (uint64_t)st.st_size,
	    .va_blocksize = st.st_blksize,
	    .va_atime = st.st_atim,
	    .va_mtime = st.st_mtim,
	    .va_ctime = st.st_ctim,
	    .va_birthtime = st.st_birthtim,
	    .va_rdev = st.st_rdev,
	};
	return (error);
}

/* A descriptor's file is changed by its own name, or by fchmod(2) and kin. */
static int
fdesc_setattr(struct vnode *vp, const struct vattr *va)
{
	return (EOPNOTSUPP);
}

/* What can be done with the descriptor shows when it is opened. */
static int
fdesc_access(struct vnode *vp, int mode, const struct cred *cr)
{
	return (vp->v_type == VDIR && (mode & VWRITE) != 0 ? EACCES : 0);
}

static int
emit_fd(void *arg, int fd, struct file *fp)
{
	struct dir_emit *de = arg;
	char name[12];
	int len;

	if (fd + FIRST < de->cookie)
		return (0);
	len = snprintf(name, sizeof(name), "%d", fd);
	return (de->emit(de, name, (size_t)len, (ino_t)(fd + FIRST), DT_CHR,
		    fd + FIRST + 1)
		    ? 0
		    : -1);
}

static int
fdesc_readdir(struct vnode *vp, struct dir_emit *de)
{
	if (de->cookie == 0 && !de->emit(de, ".", 1, 2, DT_DIR, 1))
		return (0);
	if (de->cookie <= 1 && !de->emit(de, "..", 2, 2, DT_DIR, FIRST))
		return (0);
	if (fdtable_each(curproc(), emit_fd, de) == 0)
		de->eof = true;
	return (0);
}

static int
fdesc_open(struct vnode *vp, int flags, struct file *fp, struct open_dup *dup)
{
	const int fd = fdesc_node(vp)->fn_fd;

	return (fd < 0 ? 0 : vn_open_dup(curthread(), fd, flags, dup));
}

static int
fdesc_name(struct vnode *vp, struct vnode **dvpp, char *buf, size_t *len)
{
	struct fdesc_mount *fm = vp->v_mount->mnt_data;

	*len = (size_t)snprintf(buf, *len, "%d", fdesc_node(vp)->fn_fd);
	*dvpp = &fm->fm_root->fn_vnode;
	vnode_hold(*dvpp);
	return (0);
}

static void
fdesc_inactive(struct vnode *vp)
{
	struct fdesc_mount *fm = vp->v_mount->mnt_data;

	kmem_free(fdesc_node(vp), sizeof(struct fdesc_node));
	atomic_sub(&fm->fm_nodes, 1);
}

static const struct vnode_ops fdesc_vnode_ops = {
    .vo_lookup = fdesc_lookup,
    .vo_getattr = fdesc_getattr,
    .vo_setattr = fdesc_setattr,
    .vo_readdir = fdesc_readdir,
    .vo_open = fdesc_open,
    .vo_name = fdesc_name,
    .vo_access = fdesc_access,
    .vo_inactive = fdesc_inactive,
};

static bool
is_ours(const struct vnode *vp)
{
	return (vp->v_base->v_ops == &fdesc_vnode_ops);
}

static int
fdesc_mount(struct mount *mp, const struct mount_opts *opts)
{
	struct fdesc_mount *fm = kmem_alloc(sizeof(*fm), KM_ZERO);

	if (fm == NULL)
		return (ENOMEM);
	fm->fm_root = new_node(mp, -1);
	if (fm->fm_root == NULL) {
		kmem_free(fm, sizeof(*fm));
		return (ENOMEM);
	}
	fm->fm_root->fn_vnode.v_flags |= VV_ROOT;
	mp->mnt_data = fm;
	return (0);
}

static int
fdesc_unmount(struct mount *mp, enum unmount_how how)
{
	struct fdesc_mount *fm = mp->mnt_data;

	if (how != UNMOUNT_UNKNOWN &&
	    (atomic_load(&fm->fm_nodes) != 0 ||
		atomic_load(&fm->fm_root->fn_vnode.v_refs) != 2))
		return (EBUSY);
	kmem_free(fm->fm_root, sizeof(*fm->fm_root));
	kmem_free(fm, sizeof(*fm));
	return (0);
}

static int
fdesc_root(struct mount *mp, struct vnode **vpp)
{
	struct fdesc_mount *fm = mp->mnt_data;

	*vpp = &fm->fm_root->fn_vnode;
	vnode_hold(*vpp);
	return (0);
}

static int
fdesc_statfs(struct mount *mp, struct statfs *sf)
{
	sf->f_bsize = sf->f_iosize = 512;
	sf->f_blocks = 2;
	return (0);
}

static const struct vfs_ops fdesc_vfs_ops = {
    .vfs_name = "fdescfs",
    .vfs_mount = fdesc_mount,
    .vfs_unmount = fdesc_unmount,
    .vfs_root = fdesc_root,
    .vfs_statfs = fdesc_statfs,
};
VFS_SET(fdesc_vfs_ops);
