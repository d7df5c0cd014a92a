/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Nodes: their life and their attributes.
 */
#include "fbsd/errno.h"
#include "fbsd/unistd.h"
#include "fs/tmpfs/tmpfs.h"
#include "time/time.h"
#include "lib/string.h"
#include "vfs/namecache.h"
#include "vm/kmem.h"
#include "vm/page.h"

static struct kcache *node_cache;

int
tmpfs_node_init(void)
{
	if (node_cache == NULL)
		node_cache =
		    kcache_create("tmpfs node", sizeof(struct tmpfs_node), 16);
	return (node_cache != NULL ? 0 : ENOMEM);
}

/* A node of the mount's, numbered; NULL: no room. */
static struct tmpfs_node *
count_node(struct tmpfs_mount *tm)
{
	struct tmpfs_node *n;
	bool room;

	if (page_low())
		return (NULL);
	n = kcache_alloc(node_cache, KM_ZERO);
	if (n == NULL)
		return (NULL);
	spin_lock(&tm->tm_lock);
	room = tm->tm_nnodes < tm->tm_max_nodes;
	if (room) {
		tm->tm_nnodes++;
		n->tn_ino = ++tm->tm_last_ino;
	}
	spin_unlock(&tm->tm_lock);
	if (!room) {
		kcache_free(node_cache, n);
		return (NULL);
	}
	return (n);
}

static void
uncount_node(struct tmpfs_node *n)
{
	struct tmpfs_mount *tm = n->tn_mount;

	spin_lock(&tm->tm_lock);
	(void)radix_del(&tm->tm_nodes, n->tn_ino);
	tm->tm_nnodes--;
	spin_unlock(&tm->tm_lock);
	kcache_free(node_cache, n);
}

int
tmpfs_node_alloc(struct tmpfs_mount *tm, const struct vattr *va,
    const char *target, struct tmpfs_node **np)
{
	struct tmpfs_node *n = count_node(tm);
	int error;

	if (n == NULL)
		return (ENOSPC);
	n->tn_mount = tm;
	vnode_init(
	    &n->tn_vnode, tm->tm_mount, va->va_type, &tmpfs_vnode_ops, n);
	n->tn_mode = va->va_mode;
	n->tn_uid = va->va_uid;
	n->tn_gid = va->va_gid;
	n->tn_rdev = va->va_rdev;
	n->tn_birthtime = time_now();
	n->tn_atime = n->tn_mtime = n->tn_ctime = n->tn_birthtime;
	list_init(&n->tn_names);
	list_init(&n->tn_attrs);
	if (va->va_type == VREG)
		vm_object_init(&n->tn_vnode.v_object, &tmpfs_object_ops, n, 0);
	if (va->va_type == VLNK) {
		n->tn_symlink.target = kmem_strdup(target);
		if (n->tn_symlink.target == NULL) {
			uncount_node(n);
			return (ENOSPC);
		}
		n->tn_symlink.len = strlen(target);
	}
	spin_lock(&tm->tm_lock);
	error = radix_set(&tm->tm_nodes, n->tn_ino, n);
	spin_unlock(&tm->tm_lock);
	if (error != 0) {
		tmpfs_node_free(n);
		return (ENOSPC);
	}
	*np = n;
	return (0);
}

void
tmpfs_node_free(struct tmpfs_node *n)
{
	namecache_purge(&n->tn_vnode);
	switch (n->tn_vnode.v_type) {
	case VREG:
		tmpfs_file_free(n);
		break;
	case VLNK:
		kmem_strfree(n->tn_symlink.target);
		break;
	default:
		break;
	}
	tmpfs_attrs_free(n);
	uncount_node(n);
}

void
tmpfs_changed(struct tmpfs_node *n)
{
	n->tn_ctime = time_now();
}

void
tmpfs_modified(struct tmpfs_node *n)
{
	n->tn_mtime = n->tn_ctime = time_now();
}

static uint64_t
bytes_taken(struct tmpfs_node *n)
{
	struct vm_object *o = &n->tn_vnode.v_object;

	if (n->tn_vnode.v_type != VREG)
		return (0);
	if (n->tn_file.archive_size > 0)
		return (round_page(o->o_size));
	return (ptoa(o->o_npages));
}

static uint64_t
node_size(struct tmpfs_node *n)
{
	switch (n->tn_vnode.v_type) {
	case VREG:
		return (vn_size(&n->tn_vnode));
	case VLNK:
		return (n->tn_symlink.len);
	case VDIR:
		return ((n->tn_dir.count + 2) * sizeof(struct tmpfs_entry));
	default:
		return (0);
	}
}

/* Reading notes its time without the lock. */
static struct timespec
last_access(struct tmpfs_node *n)
{
	uint64_t ns = atomic_load(&n->tn_vnode.v_accessed);
	struct timespec read = ns_timespec(ns);

	if (ns == 0 || read.tv_sec < n->tn_atime.tv_sec ||
	    (read.tv_sec == n->tn_atime.tv_sec &&
		read.tv_nsec < n->tn_atime.tv_nsec))
		return (n->tn_atime);
	return (read);
}

int
tmpfs_getattr(struct vnode *vp, struct vattr *va)
{
	struct tmpfs_node *n = tmpfs_node(vp);

	*va = (struct vattr){
	    .va_type = vp->v_type,
	    .va_mode = n->tn_mode,
	    .va_nlink = n->tn_nlink,
	    .va_uid = n->tn_uid,
	    .va_gid = n->tn_gid,
	    .va_fsid = vp->v_mount->mnt_fsid,
	    .va_fileid = n->tn_ino,
	    .va_size = node_size(n),
	    .va_blocksize = (blksize_t)PAGE_SIZE,
	    .va_atime = last_access(n),
	    .va_mtime = n->tn_mtime,
	    .va_ctime = n->tn_ctime,
	    .va_birthtime = n->tn_birthtime,
	    .va_flags = n->tn_flags,
	    .va_rdev = n->tn_rdev,
	    .va_bytes = bytes_taken(n),
	};
	return (0);
}

/* What a file's flags can be. */
#define TMPFS_FLAGS                                                            \
	(SF_ARCHIVED | SF_IMMUTABLE | SF_APPEND | SF_NOUNLINK | UF_NODUMP |    \
	    UF_IMMUTABLE | UF_APPEND | UF_OPAQUE | UF_NOUNLINK | UF_SYSTEM |   \
	    UF_SPARSE | UF_OFFLINE | UF_REPARSE | UF_ARCHIVE | UF_READONLY |   \
	    UF_HIDDEN)

int
tmpfs_setattr(struct vnode *vp, const struct vattr *va)
{
	struct tmpfs_node *n = tmpfs_node(vp);
	uint64_t size;
	int error;

	if ((va->va_set & VA_FLAGS) != 0 &&
	    (va->va_flags & ~(uint64_t)TMPFS_FLAGS) != 0)
		return (EOPNOTSUPP);
	if ((va->va_set & VA_SIZE) != 0 && vp->v_type == VREG) {
		size = vn_size(vp);
		if (va->va_size > size) {
			error = tmpfs_extend(vp, va->va_size);
			if (error != 0)
				return (error);
		} else
			tmpfs_resize(n, va->va_size);
		tmpfs_modified(n);
	}
	if ((va->va_set & VA_MODE) != 0)
		n->tn_mode = va->va_mode;
	if ((va->va_set & VA_UID) != 0)
		n->tn_uid = va->va_uid;
	if ((va->va_set & VA_GID) != 0)
		n->tn_gid = va->va_gid;
	if ((va->va_set & VA_FLAGS) != 0)
		n->tn_flags = (fflags_t)va->va_flags;
	if ((va->va_set & VA_ATIME) != 0) {
		n->tn_atime = va->va_atime;
		atomic_store(&vp->v_accessed, 0);
	}
	if ((va->va_set & VA_MTIME) != 0)
		n->tn_mtime = va->va_mtime;
	if ((va->va_set & VA_BIRTHTIME) != 0)
		n->tn_birthtime = va->va_birthtime;
	tmpfs_changed(n);
	return (0);
}

int
tmpfs_access(struct vnode *vp, int mode, const struct cred *cr)
{
	const struct tmpfs_node *n = tmpfs_node(vp);

	if ((mode & VWRITE) != 0 &&
	    (n->tn_flags & (UF_IMMUTABLE | SF_IMMUTABLE)) != 0)
		return (EPERM);
	return (vn_access_mode(
	    vp->v_type, n->tn_mode, n->tn_uid, n->tn_gid, mode, cr));
}

int
tmpfs_pathconf(struct vnode *vp, int name, long *val)
{
	switch (name) {
	case _PC_LINK_MAX:
		*val = TMPFS_LINK_MAX;
		return (0);
	case _PC_MIN_HOLE_SIZE:
		*val = (long)PAGE_SIZE;
		return (0);
	default:
		return (EINVAL);
	}
}
