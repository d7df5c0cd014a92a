/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mounting, and the table of operations.
 */
#include "fbsd/errno.h"
#include "fs/tmpfs/tmpfs.h"
#include "core/random.h"
#include "core/sched.h"
#include "lib/string.h"
#include "vfs/namecache.h"
#include "vm/kmem.h"
#include "vm/page.h"

static int
tmpfs_readlink(struct vnode *vp, char *buf, size_t *len)
{
	const struct tmpfs_node *n = tmpfs_node(vp);

	*len = n->tn_symlink.len;
	memcpy(buf, n->tn_symlink.target, n->tn_symlink.len);
	return (0);
}

/* Device nodes can be made, but only devfs's lead to devices. */
static int
tmpfs_open(struct vnode *vp, int flags, struct file *fp, struct open_dup *dup)
{
	return (vp->v_type == VCHR || vp->v_type == VBLK ? ENXIO : 0);
}

/* Numbers aren't used again, so they will do. A file without a name isn't
 * found; one with a name has its names' reference. */
static int
tmpfs_fid(struct vnode *vp, struct fid *fid)
{
	const struct tmpfs_node *n = tmpfs_node(vp);

	fid->fid_len = sizeof(n->tn_ino);
	memcpy(fid->fid_data, &n->tn_ino, sizeof(n->tn_ino));
	return (0);
}

/* (l) */
static bool
has_name(const struct tmpfs_mount *tm, const struct tmpfs_node *n)
{
	return (n == tm->tm_root || !list_empty(&n->tn_names));
}

static int
tmpfs_fhtovp(struct mount *mp, const struct fid *fid, struct vnode **vpp)
{
	struct tmpfs_mount *tm = mp->mnt_data;
	struct tmpfs_node *n;
	int error = ESTALE;
	ino_t ino;

	if (fid->fid_len != sizeof(ino))
		return (ESTALE);
	memcpy(&ino, fid->fid_data, sizeof(ino));
	spin_lock(&tm->tm_lock);
	n = radix_get(&tm->tm_nodes, ino);
	if (n != NULL && has_name(tm, n)) {
		*vpp = &n->tn_vnode;
		vnode_hold(*vpp);
		error = 0;
	}
	spin_unlock(&tm->tm_lock);
	return (error);
}

static void
tmpfs_inactive(struct vnode *vp)
{
	tmpfs_node_free(tmpfs_node(vp));
}

const struct vnode_ops tmpfs_vnode_ops = {
    .vo_lookup = tmpfs_lookup,
    .vo_create = tmpfs_create,
    .vo_remove = tmpfs_remove,
    .vo_rmdir = tmpfs_rmdir,
    .vo_link = tmpfs_linkto,
    .vo_rename = tmpfs_rename,
    .vo_getattr = tmpfs_getattr,
    .vo_setattr = tmpfs_setattr,
    .vo_readdir = tmpfs_readdir,
    .vo_readlink = tmpfs_readlink,
    .vo_write_begin = tmpfs_write_begin,
    .vo_modified = tmpfs_written,
    .vo_open = tmpfs_open,
    .vo_getextattr = tmpfs_getextattr,
    .vo_setextattr = tmpfs_setextattr,
    .vo_deleteextattr = tmpfs_deleteextattr,
    .vo_listextattr = tmpfs_listextattr,
    .vo_pathconf = tmpfs_pathconf,
    .vo_name = tmpfs_name,
    .vo_access = tmpfs_access,
    .vo_getpage = tmpfs_getpage,
    .vo_seekhole = tmpfs_seekhole,
    .vo_punch = tmpfs_punch,
    .vo_allocate = tmpfs_allocate,
    .vo_fid = tmpfs_fid,
    .vo_inactive = tmpfs_inactive,
    .vo_cached = namecache_find,
    .vo_names = NAMES_EXACT,
};

/* Nobody else knows any of it: everything goes. */
static void
free_all(struct tmpfs_mount *tm)
{
	struct tmpfs_node *n;
	struct tmpfs_entry *te;
	struct rb_node *rb;
	uint64_t ino = 0;

	while ((n = radix_next(&tm->tm_nodes, &ino)) != NULL) {
		while (n->tn_vnode.v_type == VDIR &&
		       (rb = n->tn_dir.entries.root) != NULL) {
			te = container_of(rb, struct tmpfs_entry, te_rb);
			rb_remove(&n->tn_dir.entries, rb);
			kmem_free(te, sizeof(*te) + te->te_len);
			sched_maybe_yield();
		}
		tmpfs_node_free(n);
		sched_maybe_yield();
	}
	kmem_free(tm, sizeof(*tm));
}

/* A number with an optional k, m, g, t or p; *n stays if it isn't there.
 * EINVAL. */
static int
size_option(const struct mount_opts *opts, const char *name, uint64_t *n)
{
	static const char units[] = "kmgtp";
	const char *s = mount_opt(opts, name), *end, *unit = NULL;
	unsigned shift = 0;
	uint64_t value;

	if (s == NULL || *s == '\0')
		return (0);
	value = strtoull(s, &end, 10);
	if (end != s && *end != '\0')
		unit = strchr(units, *end | 0x20);
	if (unit != NULL) {
		shift = 10 * (unsigned)(unit - units + 1);
		end++;
	}
	if (end == s || *end != '\0' || value > (uint64_t)INT64_MAX >> shift) {
		mount_error(opts, "%s is not a size: %s", name, s);
		return (EINVAL);
	}
	*n = value << shift;
	return (0);
}

/* By default half of the memory for data, and as much for nodes: two of them
 * take less than a page. */
static int
set_limits(struct tmpfs_mount *tm, const struct mount_opts *opts)
{
	uint64_t size = 0, nodes = 0;
	int error;

	error = size_option(opts, "size", &size);
	if (error == 0)
		error = size_option(opts, "inodes", &nodes);
	if (error != 0)
		return (error);
	tm->tm_max_pages =
	    size != 0 ? atop(size + PAGE_MASK) : page_total() / 2;
	tm->tm_max_nodes = nodes != 0 ? nodes : MAX(page_total() * 2, 1024);
	return (0);
}

/* Its size may change, but not to less than is in use. */
static int
tmpfs_update(struct mount *mp, uint64_t flags, const struct mount_opts *opts)
{
	struct tmpfs_mount *tm = mp->mnt_data;
	uint64_t size = 0;
	int error;

	error = size_option(opts, "size", &size);
	if (error != 0 || size == 0)
		return (error);
	size = atop(size + PAGE_MASK);
	spin_lock(&tm->tm_lock);
	if (size < tm->tm_pages)
		error = EBUSY;
	else
		tm->tm_max_pages = size;
	spin_unlock(&tm->tm_lock);
	return (error);
}

static int
make_root(struct tmpfs_mount *tm, const struct mount_opts *opts)
{
	struct vattr va = {.va_type = VDIR};
	struct tmpfs_node *root;
	uint32_t mode = 0755;
	int error;

	error = mount_number(opts, "mode", 8, ALLPERMS, &mode);
	if (error == 0)
		error = mount_number(opts, "uid", 10, UINT32_MAX, &va.va_uid);
	if (error == 0)
		error = mount_number(opts, "gid", 10, UINT32_MAX, &va.va_gid);
	if (error != 0)
		return (error);
	va.va_mode = (mode_t)mode;
	error = tmpfs_node_alloc(tm, &va, NULL, &root);
	if (error != 0)
		return (error);
	root->tn_nlink = 2;
	root->tn_vnode.v_flags |= VV_ROOT;
	tm->tm_root = root;
	return (0);
}

static int
tmpfs_mount(struct mount *mp, const struct mount_opts *opts)
{
	struct tmpfs_mount *tm;
	int error;

	error = tmpfs_node_init();
	if (error != 0)
		return (error);
	tm = kmem_alloc(sizeof(*tm), KM_ZERO);
	if (tm == NULL)
		return (ENOMEM);
	tm->tm_mount = mp;
	tm->tm_last_ino = 1;
	spin_init(&tm->tm_lock, "tmpfs");
	radix_init(&tm->tm_nodes);
	random_bytes(&tm->tm_hash_key, sizeof(tm->tm_hash_key));
	mp->mnt_data = tm;
	error = set_limits(tm, opts);
	if (error == 0)
		error = make_root(tm, opts);
	if (error == 0 && mount_opt(opts, "archive") != NULL)
		error = tmpfs_unpack(tm);
	if (error != 0)
		free_all(tm);
	return (error);
}

#define AT_ONCE 256 /* nodes looked at with tm_lock */

/* Each node has its names' reference, the root mnt_root's besides.  Nobody gets
 * in meanwhile: who uses something must have it all the time. */
static bool
in_use(struct tmpfs_mount *tm)
{
	struct tmpfs_node *n;
	uint64_t ino = 0;
	bool used = false;

	spin_lock(&tm->tm_lock);
	while (!used && (n = radix_next(&tm->tm_nodes, &ino)) != NULL) {
		used = atomic_load(&n->tn_vnode.v_refs) !=
			   (n == tm->tm_root ? 2u : 1u) ||
		       n->tn_nlink == 0;
		if (ino++ % AT_ONCE == 0) {
			spin_unlock(&tm->tm_lock);
			sched_maybe_yield();
			spin_lock(&tm->tm_lock);
		}
	}
	spin_unlock(&tm->tm_lock);
	return (used);
}

static int
tmpfs_unmount(struct mount *mp, enum unmount_how how)
{
	struct tmpfs_mount *tm = mp->mnt_data;

	if (how != UNMOUNT_UNKNOWN && in_use(tm))
		return (EBUSY);
	free_all(tm);
	return (0);
}

static int
tmpfs_root(struct mount *mp, struct vnode **vpp)
{
	struct tmpfs_mount *tm = mp->mnt_data;

	*vpp = &tm->tm_root->tn_vnode;
	vnode_hold(*vpp);
	return (0);
}

static int
tmpfs_statfs(struct mount *mp, struct statfs *sf)
{
	struct tmpfs_mount *tm = mp->mnt_data;
	uint64_t room;

	spin_lock(&tm->tm_lock);
	room = tm->tm_max_pages - MIN(tm->tm_pages, tm->tm_max_pages);
	sf->f_files = tm->tm_max_nodes;
	sf->f_ffree = (int64_t)(tm->tm_max_nodes - tm->tm_nnodes);
	sf->f_blocks = tm->tm_max_pages;
	spin_unlock(&tm->tm_lock);
	room = MIN(room, page_free_count());
	sf->f_bfree = room;
	sf->f_bavail = (int64_t)room;
	return (0);
}

static const char *const tmpfs_options[] = {
    "size", "inodes", "mode", "uid", "gid", NULL};

static const struct vfs_ops tmpfs_vfs_ops = {
    .vfs_name = "tmpfs",
    .vfs_flags = MNT_LOCAL,
    .vfs_options = tmpfs_options,
    .vfs_mount = tmpfs_mount,
    .vfs_update = tmpfs_update,
    .vfs_unmount = tmpfs_unmount,
    .vfs_root = tmpfs_root,
    .vfs_statfs = tmpfs_statfs,
    .vfs_fhtovp = tmpfs_fhtovp,
};
VFS_SET(tmpfs_vfs_ops);
