/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mounting, and the nodes.
 */
#include "fbsd/errno.h"
#include "fbsd/fcntl.h"
#include "fs/nullfs/nullfs.h"
#include "proc/proc.h"
#include "lib/string.h"
#include "vm/kmem.h"

static struct kcache *node_cache; /* set once, by the first mount */

static struct null_bucket *
bucket(struct null_mount *nm, const struct vnode *lower)
{
	const uintptr_t hash = (uintptr_t)lower * 0x9e3779b97f4a7c15ul;

	return (&nm->nm_buckets[hash >> 32 & (NULL_BUCKETS - 1)]);
}

/* The node that there is, held; NULL: none, or one that is going. With the
 * bucket's lock. */
static struct vnode *
find_node(struct null_bucket *b, const struct vnode *lower)
{
	struct null_node *n;

	LIST_FOREACH (n, &b->nb_nodes, nn_link)
		if (n->nn_lower == lower && vnode_tryhold(&n->nn_vnode))
			return (&n->nn_vnode);
	return (NULL);
}

static struct null_node *
new_node(struct null_mount *nm, struct vnode *lower)
{
	struct null_node *n = kcache_alloc(node_cache, KM_ZERO);

	if (n == NULL)
		return (NULL);
	vnode_init(
	    &n->nn_vnode, nm->nm_mount, lower->v_type, &null_vnode_ops, n);
	n->nn_vnode.v_base = lower->v_base;
	n->nn_lower = lower;
	list_init(&n->nn_link);
	if (lower == nm->nm_root)
		n->nn_vnode.v_flags |= VV_ROOT;
	return (n);
}

int
null_node_get(struct mount *mp, struct vnode *lower, struct vnode **vpp)
{
	struct null_mount *nm = mp->mnt_data;
	struct null_bucket *b = bucket(nm, lower);
	struct null_node *n = NULL;

	spin_lock(&b->nb_lock);
	*vpp = find_node(b, lower);
	spin_unlock(&b->nb_lock);
	if (*vpp == NULL && (n = new_node(nm, lower)) != NULL) {
		spin_lock(&b->nb_lock);
		/* Somebody else may have been faster. */
		*vpp = find_node(b, lower);
		if (*vpp == NULL) {
			list_push_front(&b->nb_nodes, &n->nn_link);
			atomic_add(&nm->nm_nodes, 1);
			*vpp = &n->nn_vnode;
		}
		spin_unlock(&b->nb_lock);
	}
	if (n != NULL && *vpp == &n->nn_vnode)
		return (0);
	if (n != NULL)
		kcache_free(node_cache, n);
	vnode_release(lower);
	return (*vpp != NULL ? 0 : ENOMEM);
}

void
null_node_free(struct vnode *vp)
{
	struct null_node *n = container_of(vp, struct null_node, nn_vnode);
	struct null_mount *nm = vp->v_mount->mnt_data;
	struct null_bucket *b = bucket(nm, n->nn_lower);

	spin_lock(&b->nb_lock);
	list_remove(&n->nn_link);
	spin_unlock(&b->nb_lock);
	vnode_release(n->nn_lower);
	kcache_free(node_cache, n);
	atomic_sub(&nm->nm_nodes, 1);
}

/* The directory to be seen a second time, held. */
static int
find_lower(const struct mount_opts *opts, struct vnode **vpp)
{
	const char *path = mount_opt(opts, "from");
	struct namei nd;
	int error;

	if (path == NULL)
		path = mount_opt(opts, "target");
	if (path == NULL || *path == '\0') {
		mount_error(opts, "nullfs needs a target");
		return (EINVAL);
	}
	error = namei_at(curthread(), &nd, AT_FDCWD, path, NAMEI_FOLLOW);
	if (error != 0) {
		mount_error(opts, "%s: no such target", path);
		return (error);
	}
	if (nd.nd_vp->v_type != VDIR) {
		namei_done(&nd);
		return (ENOTDIR);
	}
	*vpp = nd.nd_vp;
	return (0);
}

static bool
have_node_cache(void)
{
	static struct mutex lock = MUTEX_INITIALIZER(lock, "nullfs cache");

	mutex_lock(&lock);
	if (node_cache == NULL)
		node_cache =
		    kcache_create("null node", sizeof(struct null_node), 16);
	mutex_unlock(&lock);
	return (node_cache != NULL);
}

static int
null_mount(struct mount *mp, const struct mount_opts *opts)
{
	struct null_mount *nm;
	struct vnode *lower;
	int error;

	error = find_lower(opts, &lower);
	if (error != 0)
		return (error);
	nm = have_node_cache() ? kmem_alloc(sizeof(*nm), KM_ZERO) : NULL;
	if (nm == NULL) {
		vnode_release(lower);
		return (ENOMEM);
	}
	for (unsigned i = 0; i < NULL_BUCKETS; i++) {
		spin_init(&nm->nm_buckets[i].nb_lock, "nullfs");
		list_init(&nm->nm_buckets[i].nb_nodes);
	}
	nm->nm_mount = mp;
	nm->nm_root = lower;
	mp->mnt_data = nm;
	mp->mnt_flags |= lower->v_mount->mnt_flags & MNT_LOCAL;
	return (0);
}

/* The lower file system's options are what counts. */
static int
null_update(struct mount *mp, uint64_t flags, const struct mount_opts *opts)
{
	mount_error(opts, "nullfs has no options to be changed");
	return (EOPNOTSUPP);
}

static int
null_root(struct mount *mp, struct vnode **vpp)
{
	struct null_mount *nm = mp->mnt_data;

	vnode_hold(nm->nm_root);
	return (null_node_get(mp, nm->nm_root, vpp));
}

/* Nodes live while they are referred to, so the root is to be the only one,
 * and mnt_root the only reference. */
static int
null_unmount(struct mount *mp, enum unmount_how how)
{
	struct null_mount *nm = mp->mnt_data;

	if (how != UNMOUNT_UNKNOWN) {
		if (atomic_load(&nm->nm_nodes) != 1 ||
		    atomic_load(&mp->mnt_root->v_refs) != 1)
			return (EBUSY);
		vnode_release(mp->mnt_root);
	}
	vnode_release(nm->nm_root);
	kmem_free(nm, sizeof(*nm));
	return (0);
}

static int
null_statfs(struct mount *mp, struct statfs *sf)
{
	struct null_mount *nm = mp->mnt_data;
	struct mount *lower = nm->nm_root->v_mount;

	return (lower->mnt_ops->vfs_statfs(lower, sf));
}

static int
null_sync(struct mount *mp, bool wait)
{
	struct null_mount *nm = mp->mnt_data;
	struct mount *lower = nm->nm_root->v_mount;

	if (lower->mnt_ops->vfs_sync == NULL)
		return (0);
	return (lower->mnt_ops->vfs_sync(lower, wait));
}

static int
null_fhtovp(struct mount *mp, const struct fid *fid, struct vnode **vpp)
{
	struct null_mount *nm = mp->mnt_data;
	struct mount *lower = nm->nm_root->v_mount;
	struct vnode *vp;
	int error;

	if (lower->mnt_ops->vfs_fhtovp == NULL)
		return (EOPNOTSUPP);
	error = lower->mnt_ops->vfs_fhtovp(lower, fid, &vp);
	return (error != 0 ? error : null_node_get(mp, vp, vpp));
}

/* As FreeBSD has them; nothing is cached here. */
static const char *const null_options[] = {"cache", "nocache", NULL};

static const struct vfs_ops null_vfs_ops = {
    .vfs_name = "nullfs",
    .vfs_options = null_options,
    .vfs_mount = null_mount,
    .vfs_update = null_update,
    .vfs_unmount = null_unmount,
    .vfs_root = null_root,
    .vfs_statfs = null_statfs,
    .vfs_sync = null_sync,
    .vfs_fhtovp = null_fhtovp,
};
VFS_SET(null_vfs_ops);
