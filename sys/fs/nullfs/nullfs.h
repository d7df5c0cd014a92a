/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nullfs: a directory and all below it, a second time somewhere else.
 *
 * A vnode here stands for one of another file system, the lower one.  Its
 * v_base is that of the lower: one lock and one state for both, so that what
 * is checked through one name holds for the other as well, and reading,
 * writing and mapping never come here.  What is left are operations on names
 * and attributes, handed down with the same locks held.
 *
 * A node lives while somebody refers to it, and there is one at most for each
 * lower vnode in a mount, found by a hash of the lower's address.  Names are in
 * the cache as those of the lower directories, so that it makes no difference
 * by which way they change.
 */
#ifndef FS_NULLFS_NULLFS_H
#define FS_NULLFS_NULLFS_H

#include "vfs/vnode.h"

#define NULL_BUCKETS 256

struct null_bucket {
	struct spin nb_lock;
	struct list nb_nodes; /* (nb_lock) */
};

/* (a) atomic, (!) set once. */
struct null_mount {
	struct mount *nm_mount; /* (!) */
	struct vnode *nm_root;	/* (!) lower one, held */
	struct null_bucket nm_buckets[NULL_BUCKETS];
	unsigned nm_nodes; /* (a) */
};

struct null_node {
	struct vnode nn_vnode;
	struct vnode *nn_lower; /* (!) held */
	struct list nn_link;	/* (nb_lock) in its bucket */
};

static inline struct vnode *
null_lower(struct vnode *vp)
{
	return (container_of(vp, struct null_node, nn_vnode)->nn_lower);
}

/* The node for `lower`, whose reference it takes, also by a failure. ENOMEM */
int null_node_get(
    struct mount *mp, struct vnode *lower, struct vnode **vpp) __sleeps;
void null_node_free(struct vnode *vp) __sleeps; /* vo_inactive */

extern const struct vnode_ops null_vnode_ops;

#endif
