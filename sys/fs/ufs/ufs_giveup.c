/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When a disk fails for good: what changed in memory and can't be written is
 * given up, so that the file system can be unmounted, or be read on.
 *
 * The disk stays as the last commit left it, and what the one that failed wrote
 * does no more harm than a power cut.  Whatever a commit would have taken from
 * its lists is taken from them; the pages go with the inodes, or when these are
 * read again.
 */
#include "fs/ufs/ufs_mount.h"
#include "core/printf.h"
#include "vm/kmem.h"
#include "vm/page.h"

/* What is lost, for people. */
struct losses {
	unsigned inodes;
	uint64_t pages;
};

static void
lose_node(struct ufs_node *n, struct losses *lost)
{
	struct ufs_mount *um = n->n_um;

	lost->inodes++;
	if (n->n_vnode.v_type == VREG)
		lost->pages += vm_object_dirty(&n->n_vnode.v_object);
	n->n_dropped = 0;
	atomic_store(&n->n_mapped_write, false);
	ufs_dir_forget_changes(n);
	spin_lock(&um->um_changes);
	list_remove(&n->n_dirty);
	n->n_state &= UFS_N_GONE;
	um->um_ndirty--;
	spin_unlock(&um->um_changes);
	vnode_release(&n->n_vnode);
}

static void
lose_nodes(struct ufs_mount *um, struct losses *lost)
{
	struct ufs_node *n;

	spin_lock(&um->um_changes);
	list_splice(&um->um_dirty_nodes, &um->um_dirtied);
	spin_unlock(&um->um_changes);
	while ((n = LIST_FIRST(
		    &um->um_dirty_nodes, struct ufs_node, n_dirty)) != NULL)
		lose_node(n, lost);
	/* Nobody has these any more. */
	spin_lock(&um->um_changes);
	list_splice(&um->um_dying, &um->um_zombies);
	spin_unlock(&um->um_changes);
	while (
	    (n = LIST_FIRST(&um->um_dying, struct ufs_node, n_dirty)) != NULL) {
		lost->inodes++;
		list_remove(&n->n_dirty);
		ufs_node_forget(n);
	}
}

static void
lose_frees(struct ufs_mount *um)
{
	struct ufs_extents *e;

	mutex_lock(&um->um_alloc);
	while ((e = um->um_frees) != NULL) {
		um->um_frees = e->next;
		kmem_free(e, sizeof(*e));
	}
	um->um_freeing = 0;
	mutex_unlock(&um->um_alloc);
}

void
ufs_give_up(struct ufs_mount *um)
{
	struct losses lost = {0, 0};

	rw_wlock(&um->um_committing);
	rw_wlock(&um->um_writes);
	rw_wlock(&um->um_batch);
	atomic_store(&um->um_writable, false);
	um->um_gave_up = true;
	lose_nodes(um, &lost);
	ufs_bufs_forget_all(um);
	lose_frees(um);
	atomic_store(&um->um_dirty_bytes, 0);
	atomic_store(&um->um_dir_renamed, false);
	um->um_marked = um->um_wrote = um->um_failed = false;
	/* What the disk says of itself nobody knows. */
	um->um_fs.fs_sb.fs_clean = 0;
	syncer_clean(&um->um_syncer);
	rw_wunlock(&um->um_batch);
	rw_wunlock(&um->um_writes);
	rw_wunlock(&um->um_committing);
	kprintf("%s: %s: given up what can't be written: changes to %u files "
		"or directories, %lu KB of data\n",
	    um->um_disk->d_name, um->um_mount->mnt_on, lost.inodes,
	    ptoa(lost.pages) / 1024);
}
