/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Commits: everything that changed reaches the disk, in the phases that
 * ufs_mount.h tells of.
 *
 * Data go first, while everybody goes on.  Then um_batch is held for writing
 * throughout, so that nothing changes meanwhile but pages.  Reading goes on,
 * and files without a name lose their last users: what comes of that waits in
 * other lists than those that are being written. If something can't be written,
 * all of it stays dirty, and the next commit tries again.
 */
#include "fbsd/errno.h"
#include "fbsd/stat.h"
#include "fs/ufs/ufs_mount.h"
#include "core/printf.h"
#include "core/sched.h"
#include "time/time.h"
#include "lib/string.h"
#include "vm/kmem.h"
#include "vm/page.h"
#include "vm/pageout.h"

#define LAST_TRIES 20 /* commits, until nothing changes any more */
#define FREE_TRIES 4  /* commits that try to read what an inode had */

/* What was written before this is on the disk before what comes behind it. */
static int
flush(struct ufs_mount *um)
{
	int error;

	if (!um->um_wrote)
		return (0);
	atomic_store(&um->um_wrote, false);
	error = disk_flush(um->um_disk);
	if (error != 0)
		atomic_store(&um->um_wrote, true);
	return (error);
}

static bool
anything_dirty(struct ufs_mount *um)
{
	for (unsigned i = 0; i < UFS_BUF_CLASSES; i++)
		if (!list_empty(&um->um_dirty[i]))
			return (true);
	return (!list_empty(&um->um_dirtied) ||
		!list_empty(&um->um_dirty_nodes) ||
		!list_empty(&um->um_zombies) || !list_empty(&um->um_dying) ||
		um->um_frees != NULL);
}

/* The runs of fragments in mask, from data that looks like the block. */
static void
add_runs(const struct ufs_mount *um, struct bio_batch *io, struct ufs_buf *b,
    uint8_t *data, unsigned mask)
{
	const unsigned shift = um->um_fs.fs_fshift;
	const uint64_t start = b->b_block << um->um_fs.fs_bshift;
	unsigned i = 0, run;

	for (; mask >> i != 0; i += run) {
		run = 1;
		if (!(mask >> i & 1))
			continue;
		while (mask >> (i + run) & 1)
			run++;
		bio_batch_add(io, start + ((uint64_t)i << shift),
		    data + ((size_t)i << shift), run << shift);
	}
}

/* What is left of it waits for the next phase. */
static void
wrote_buf(struct ufs_mount *um, struct ufs_buf *b)
{
	bool clean;

	mutex_lock(&um->um_bufs_lock);
	b->b_dirty &= b->b_late;
	b->b_late = 0;
	clean = b->b_dirty == 0;
	if (clean)
		list_remove(&b->b_link);
	mutex_unlock(&um->um_bufs_lock);
	if (clean)
		ufs_buf_release(um, b);
}

/* Writes what is dirty of a class. */
static int
write_class(struct ufs_mount *um, enum ufs_class class)
{
	struct list *l = &um->um_dirty[class];
	struct ufs_buf *b, *next;
	struct bio_batch io;
	int error;

	if (list_empty(l))
		return (0);
	bio_batch_init(&io, um->um_disk, BIO_WRITE);
	LIST_FOREACH (b, l, b_link) {
		if (class == UFS_BUF_GROUP)
			ufs_group_seal(um, b);
		add_runs(um, &io, b, b->b_data, b->b_dirty & ~b->b_late);
	}
	error = bio_batch_finish(&io);
	um->um_wrote = true;
	if (error != 0)
		return (error);
	LIST_FOREACH_SAFE (b, l, b_link, next)
		wrote_buf(um, b);
	return (0);
}

/* What mappings wrote counts as a modification when it reaches the disk. */
static void
note_mapped_writes(struct ufs_mount *um)
{
	struct ufs_node *n;

	LIST_FOREACH (n, &um->um_dirty_nodes, n_dirty) {
		if (!atomic_swap(&n->n_mapped_write, false))
			continue;
		ufs_node_set_times(n, true);
		spin_lock(&um->um_changes);
		n->n_state |= UFS_N_TIMES;
		spin_unlock(&um->um_changes);
	}
}

/*
 * Data that have been written ahead are on the disk, or about to be: a file
 * whose inode changes is waited for.  So nobody still writes to storage that
 * this commit frees.
 */
static int
write_data(struct ufs_mount *um)
{
	struct ufs_node *n;
	int error = 0, e;

	LIST_FOREACH (n, &um->um_dirty_nodes, n_dirty) {
		if (n->n_vnode.v_type != VREG || !(n->n_state & UFS_N_META))
			continue;
		e = ufs_write_data(n);
		if (e != 0)
			error = e;
	}
	return (error);
}

/* Copies of the blocks that have new pieces of directories; ENOMEM. */
static int
make_images(struct ufs_mount *um)
{
	const size_t size = (size_t)um->um_fs.fs_sb.fs_bsize;
	struct ufs_buf *b;

	LIST_FOREACH (b, &um->um_dirty[UFS_BUF_NAMES], b_link) {
		if (ufs_buf_new_frags(um, b) == 0)
			continue;
		do
			b->b_image = kmem_alloc(size, KM_PHYS);
		while (b->b_image == NULL && pageout_try());
		if (b->b_image == NULL)
			return (ENOMEM);
		memcpy(b->b_image, b->b_data, size);
	}
	return (0);
}

static void
free_images(struct ufs_mount *um)
{
	struct ufs_buf *b;

	LIST_FOREACH (b, &um->um_dirty[UFS_BUF_NAMES], b_link)
		if (b->b_image != NULL) {
			kmem_free(b->b_image, (size_t)um->um_fs.fs_sb.fs_bsize);
			b->b_image = NULL;
		}
}

/* New pieces of directories, without the entries that are new in them. */
static int
write_new_names(struct ufs_mount *um)
{
	struct ufs_node *n;
	struct ufs_buf *b;
	struct bio_batch io;
	int error = make_images(um);

	if (error == 0) {
		LIST_FOREACH (n, &um->um_dirty_nodes, n_dirty)
			if (n->n_vnode.v_type == VDIR && error == 0)
				error = ufs_dir_mask_added(n);
	}
	if (error == 0) {
		bio_batch_init(&io, um->um_disk, BIO_WRITE);
		LIST_FOREACH (b, &um->um_dirty[UFS_BUF_NAMES], b_link)
			if (b->b_image != NULL) {
				add_runs(um, &io, b, b->b_image, b->b_new);
				um->um_wrote = true;
			}
		error = bio_batch_finish(&io);
	}
	free_images(um);
	return (error);
}

static void
to_dinode(const struct ufs_mount *um, const struct ufs_inode *i, unsigned nlink,
    struct ufs2_dinode *di)
{
	di->di_mode = i->i_mode;
	di->di_nlink = (int16_t)nlink;
	di->di_uid = i->i_uid;
	di->di_gid = i->i_gid;
	di->di_size = i->i_size;
	di->di_blocks = i->i_blocks;
	ufs_put_times(i, di);
	di->di_gen = i->i_gen;
	di->di_flags = i->i_flags;
	di->di_extsize = i->i_extsize;
	if ((i->i_mode & S_IFMT) == S_IFDIR)
		di->di_dirdepth = i->i_depth;
	for (unsigned k = 0; k < UFS_NEXT; k++)
		di->di_extb[k] = (int64_t)i->i_ext[k];
	for (unsigned k = 0; k < UFS_NDIRECT; k++)
		di->di_db[k] = (int64_t)i->i_direct[k];
	for (unsigned k = 0; k < UFS_NINDIRECT; k++)
		di->di_ib[k] = (int64_t)i->i_indirect[k];
	if (ufs_is_short_link(&um->um_fs, i))
		memcpy(di->di_link, i->i_link, sizeof(i->i_link));
	ufs_seal_inode(um, di);
}

/* Its place on the disk gets these contents; `cleared`: none. */
static int
put_inode(struct ufs_node *n, unsigned nlink, bool cleared)
{
	static const struct ufs_inode none;
	struct ufs_mount *um = n->n_um;
	struct ufs2_dinode *di;
	struct ufs_buf *b;
	uint64_t frag;
	size_t offset;
	int error;

	error = ufs_inode_place(&um->um_fs, n->n_i.i_ino, &frag, &offset);
	if (error == 0)
		error = ufs_buf_get(um, ufs_frag_block(um, frag), &b);
	if (error != 0)
		return (error);
	di = (struct ufs2_dinode *)(void *)(b->b_data + offset);
	if (cleared) {
		uint32_t gen = di->di_gen;

		memset(di, 0, sizeof(*di));
		to_dinode(um, &none, 0, di);
		di->di_gen = gen;
	} else {
		to_dinode(um, &n->n_i, nlink, di);
	}
	ufs_buf_dirty(um, b, UFS_BUF_INODE, offset, sizeof(*di));
	ufs_buf_release(um, b);
	return (0);
}

/* Phase C: as they are, but that no count goes down yet. */
static int
write_inodes(struct ufs_mount *um)
{
	struct ufs_node *n;
	int error;

	LIST_FOREACH (n, &um->um_dirty_nodes, n_dirty) {
		if (!(n->n_state & (UFS_N_META | UFS_N_TIMES)))
			continue;
		error = put_inode(n, n->n_i.i_nlink + n->n_dropped, false);
		if (error != 0)
			return (error);
		sched_maybe_yield();
		/* From now on the disk may have it, if this fails or not. */
		spin_lock(&um->um_changes);
		n->n_state &= ~(unsigned)UFS_N_NEW;
		spin_unlock(&um->um_changes);
	}
	return (write_class(um, UFS_BUF_INODE));
}

/*
 * Phase F.  A directory that goes with old names in it is a place where these
 * still are, as long as it's there: it goes before the counts of what they lead
 * to.
 */
static int
write_gone(struct ufs_mount *um)
{
	struct ufs_node *n;
	bool names = false;
	int error = 0;

	LIST_FOREACH (n, &um->um_dying, n_dirty) {
		if (!(n->n_state & UFS_N_NEW))
			error = put_inode(n, 0, true);
		if (error != 0)
			return (error);
		names = names || ufs_dir_any_leaving(n);
	}
	return (names ? write_class(um, UFS_BUF_INODE) : 0);
}

static int
write_dropped(struct ufs_mount *um)
{
	struct ufs_node *n;
	int error = 0;

	LIST_FOREACH (n, &um->um_dirty_nodes, n_dirty) {
		if (n->n_dropped > 0)
			error = put_inode(n, n->n_i.i_nlink, false);
		if (error != 0)
			return (error);
	}
	return (write_class(um, UFS_BUF_INODE));
}

/* What changed until now is what this commit writes. */
static void
take_dirty(struct ufs_mount *um)
{
	spin_lock(&um->um_changes);
	list_splice(&um->um_dirty_nodes, &um->um_dirtied);
	spin_unlock(&um->um_changes);
}

/* The commit failed: another one is to write it. */
static void
put_dirty_back(struct ufs_mount *um)
{
	spin_lock(&um->um_changes);
	list_splice(&um->um_dirtied, &um->um_dirty_nodes);
	spin_unlock(&um->um_changes);
}

/* Inodes whose last name and user went since: nobody can find them. */
static void
gather_zombies(struct ufs_mount *um)
{
	struct ufs_node *n, *next;

	mutex_lock(&um->um_nodes_lock);
	LIST_FOREACH_SAFE (n, &um->um_dirty_nodes, n_dirty, next) {
		if (!(n->n_state & UFS_N_GONE) ||
		    atomic_load(&n->n_vnode.v_refs) != 1)
			continue;
		/* The list's reference is the last one. */
		spin_lock(&um->um_changes);
		list_remove(&n->n_dirty);
		um->um_ndirty--;
		spin_unlock(&um->um_changes);
		vnode_release(&n->n_vnode);
	}
	mutex_unlock(&um->um_nodes_lock);
	spin_lock(&um->um_changes);
	list_splice(&um->um_dying, &um->um_zombies);
	spin_unlock(&um->um_changes);
}

/* Has it blocks, and not only what stands in their place? */
static bool
has_blocks(const struct ufs_node *n)
{
	const enum vtype type = n->n_vnode.v_type;

	return (type == VREG || type == VDIR ||
		(type == VLNK && !ufs_is_short_link(&n->n_um->um_fs, &n->n_i)));
}

/* What can't be read now waits for another commit, as long as there is hope. */
static bool
wait_for_blocks(struct ufs_node *n)
{
	struct ufs_mount *um = n->n_um;
	int error = ufs_map_prepare_cut(n, 0);

	if (error == 0 || error == EINTEGRITY || n->n_tries == FREE_TRIES)
		return (false);
	n->n_tries++;
	spin_lock(&um->um_changes);
	list_remove(&n->n_dirty);
	list_push_back(&um->um_zombies, &n->n_dirty);
	spin_unlock(&um->um_changes);
	return (true);
}

static void
free_storage(struct ufs_mount *um)
{
	struct ufs_node *n, *next;

	LIST_FOREACH_SAFE (n, &um->um_dying, n_dirty, next) {
		mutex_lock(&n->n_map);
		if (!has_blocks(n) || !wait_for_blocks(n)) {
			ufs_ext_free(n);
			if (has_blocks(n) && ufs_map_cut(n, 0) != 0)
				ufs_leak(um, "all of inode", n->n_i.i_ino);
		}
		mutex_unlock(&n->n_map);
	}
}

/* Phase G. */
static int
apply_frees(struct ufs_mount *um)
{
	struct ufs_node *n;
	int error;

	while (
	    (n = LIST_FIRST(&um->um_dying, struct ufs_node, n_dirty)) != NULL) {
		error =
		    ufs_free_inode(um, n->n_i.i_ino, n->n_vnode.v_type == VDIR);
		if (error != 0)
			return (error);
		list_remove(&n->n_dirty);
		ufs_node_forget(n);
	}
	error = ufs_apply_frees(um);
	return (error == 0 ? write_class(um, UFS_BUF_GROUP) : error);
}

/* What goes before anything leads to it: phases A and B. */
static int
write_targets(struct ufs_mount *um)
{
	int error;

	error = write_data(um);
	if (error == 0)
		error = write_new_names(um);
	if (error == 0)
		error = write_class(um, UFS_BUF_NEW);
	if (error == 0 && um->um_inodes_made) {
		um->um_wrote = true;
		error = flush(um);
		um->um_inodes_made = error != 0;
	}
	if (error == 0)
		error = write_class(um, UFS_BUF_GROUP);
	return (error);
}

static int
write_leaving(struct ufs_mount *um)
{
	struct ufs_node *n;
	int error = 0;

	LIST_FOREACH (n, &um->um_dirty_nodes, n_dirty)
		if (n->n_vnode.v_type == VDIR && error == 0)
			error = ufs_dir_finish_leaving(n);
	return (error == 0 ? write_class(um, UFS_BUF_NAMES) : error);
}

/* Phase D. What directories that moved say of their parents comes after.  From
 * now on the disk may have each name, whether this fails or not. */
static int
write_names(struct ufs_mount *um)
{
	struct ufs_node *n;
	int error = 0;

	LIST_FOREACH (n, &um->um_dirty_nodes, n_dirty)
		if (n->n_vnode.v_type == VDIR)
			radix_clear(&n->n_added, NULL, NULL);
	LIST_FOREACH (n, &um->um_dirty_nodes, n_dirty)
		if ((n->n_state & UFS_N_MOVED) && error == 0)
			error = ufs_dir_parent_late(n);
	return (error == 0 ? write_class(um, UFS_BUF_NAMES) : error);
}

static int
write_parents(struct ufs_mount *um)
{
	return (write_class(um, UFS_BUF_NAMES));
}

/* The phases; um_batch held for writing. */
static int
write_all(struct ufs_mount *um)
{
	static int (*const phases[])(struct ufs_mount *) = {write_targets,
	    write_inodes, write_names, write_parents, write_leaving, write_gone,
	    write_dropped};
	int error = 0;

	for (unsigned i = 0; i < nitems(phases) && error == 0; i++) {
		error = phases[i](um);
		if (error == 0)
			error = flush(um);
		/* What was new is on the disk, and may be led to. */
		if (i == 0 && error == 0)
			um->um_number++;
	}
	return (error == 0 ? apply_frees(um) : error);
}

/* It is written.  If pages became dirty meanwhile, it waits for the next
 * commit: false; otherwise the list's reference is to go. */
static bool
clean_node(struct ufs_node *n)
{
	struct ufs_mount *um = n->n_um;
	bool clean;

	n->n_dropped = 0;
	radix_clear(&n->n_added, NULL, NULL);
	spin_lock(&um->um_changes);
	list_remove(&n->n_dirty);
	clean = (n->n_state & UFS_N_DATA) == 0;
	if (clean) {
		n->n_state &= UFS_N_GONE;
		um->um_ndirty--;
	} else {
		n->n_state &= UFS_N_GONE | UFS_N_DIRTY | UFS_N_DATA;
		list_push_back(&um->um_dirtied, &n->n_dirty);
	}
	spin_unlock(&um->um_changes);
	return (clean);
}

/* All is written. */
static void
clean_nodes(struct ufs_mount *um)
{
	struct ufs_node *n;

	while ((n = LIST_FIRST(
		    &um->um_dirty_nodes, struct ufs_node, n_dirty)) != NULL) {
		if (clean_node(n))
			vnode_release(&n->n_vnode);
		sched_maybe_yield();
	}
	atomic_store(&um->um_dirty_bytes, 0);
	atomic_store(&um->um_dir_renamed, false);
}

/* Nothing is dirty any more, but for what changed or lost its last user
 * meanwhile. */
static void
tell_syncer(struct ufs_mount *um)
{
	spin_lock(&um->um_changes);
	if (!um->um_writable ||
	    (list_empty(&um->um_dirty_nodes) && list_empty(&um->um_dirtied) &&
		list_empty(&um->um_zombies)))
		syncer_clean(&um->um_syncer);
	spin_unlock(&um->um_changes);
}

static int
commit(struct ufs_mount *um)
{
	int error = 0;

	if (!anything_dirty(um))
		return (flush(um));
	if (!um->um_marked)
		error = ufs_mark(um, false);
	if (error == 0) {
		take_dirty(um);
		note_mapped_writes(um);
		gather_zombies(um);
		free_storage(um);
		error = write_all(um);
	}
	if (error == 0)
		clean_nodes(um);
	else
		put_dirty_back(um);
	return (error);
}

/* `error`: of what was written ahead; um_batch held for writing. */
static int
commit_and_tell(struct ufs_mount *um, int error)
{
	if (error == 0 && um->um_writable)
		error = commit(um);
	/* Once, however often it is tried again. */
	if (error != 0 && !um->um_failed)
		kprintf("%s: can't be written: error %d; what changed stays "
			"in memory\n",
		    um->um_disk->d_name, error);
	um->um_failed = error != 0;
	atomic_store(&um->um_hurried, false);
	tell_syncer(um);
	return (error);
}

int
ufs_commit(struct ufs_mount *um)
{
	int error;

	rw_wlock(&um->um_committing);
	error = atomic_load(&um->um_writable) ? ufs_write_ahead(um) : 0;
	rw_wlock(&um->um_batch);
	error = commit_and_tell(um, error);
	rw_wunlock(&um->um_batch);
	rw_wunlock(&um->um_committing);
	return (error);
}

/* um_committing, um_writes and um_batch held for writing. */
static int
finish(struct ufs_mount *um, bool force)
{
	unsigned tries = 0;
	int error;

	/* A commit may leave inodes that have lost their last user. */
	do
		error = commit_and_tell(um, ufs_write_ahead(um));
	while (error == 0 && anything_dirty(um) && ++tries < LAST_TRIES);
	if (error == 0 && anything_dirty(um))
		error = EBUSY;
	if (error != 0)
		return (error);
	/* Somebody has one open that has no name: fsck is to free it. */
	if (atomic_load(&um->um_nameless) > 0)
		return (force ? 0 : EBUSY);
	if (um->um_leaks)
		return (0);
	if (um->um_marked || um->um_fs.fs_sb.fs_clean == 0)
		error = ufs_mark(um, true);
	return (error);
}

int
ufs_begin_later(struct ufs_mount *um)
{
	int error;

	if (!atomic_load(&um->um_suspended))
		return (EROFS);
	error = ufs_wait_resumed(um);
	return (error != 0 ? error : ufs_begin(um));
}

int
ufs_commit_suspended(struct ufs_mount *um)
{
	int error;

	rw_wlock(&um->um_committing);
	rw_wlock(&um->um_writes);
	rw_wlock(&um->um_batch);
	error = finish(um, true);
	if (error == 0 && um->um_fs.fs_sb.fs_clean == 0)
		error = ufs_write_totals(um);
	if (error == 0)
		atomic_store(&um->um_writable, false);
	rw_wunlock(&um->um_batch);
	rw_wunlock(&um->um_writes);
	rw_wunlock(&um->um_committing);
	return (error);
}

int
ufs_commit_last(struct ufs_mount *um, bool force)
{
	int error;

	rw_wlock(&um->um_committing);
	rw_wlock(&um->um_writes);
	rw_wlock(&um->um_batch);
	error = finish(um, force);
	if (error == 0)
		atomic_store(&um->um_writable, false);
	atomic_store(&um->um_ending, false);
	rw_wunlock(&um->um_batch);
	rw_wunlock(&um->um_writes);
	rw_wunlock(&um->um_committing);
	return (error);
}

void
ufs_end_changes(struct ufs_mount *um)
{
	rw_wlock(&um->um_batch);
	atomic_store(&um->um_ending, true);
	rw_wunlock(&um->um_batch);
	ufs_nodes_settle(um);
}

bool
ufs_try_again(struct ufs_mount *um, int *error, unsigned *tries)
{
	int e;

	if (*error == ENOMEM)
		return ((*tries)++ < 10 && pageout_wait());
	if (*error != UFS_COMMIT_FIRST && *error != ENOSPC)
		return (false);
	if (*tries > 2 || (*error == ENOSPC && *tries > 0)) {
		if (*error == UFS_COMMIT_FIRST)
			*error = EIO;
		return (false);
	}
	++*tries;
	e = ufs_commit(um);
	if (e == 0)
		return (true);
	*error = e;
	return (false);
}

int
ufs_done(struct ufs_mount *um, int error)
{
	if (error != 0 || !(um->um_mount->mnt_flags & MNT_SYNCHRONOUS))
		return (error);
	return (ufs_commit(um));
}

/* By so many halves of what memory should hold. */
static bool
too_dirty(struct ufs_mount *um, unsigned halves)
{
	return (atomic_load(&um->um_dirty_bytes) >
		    halves * (pageout_dirty_max() / 2) ||
		atomic_load(&um->um_ndirty) > halves * (um->um_max_dirty / 2));
}

int
ufs_throttle(struct ufs_mount *um)
{
	int error = 0;

	if (__predict_true(!too_dirty(um, 1)))
		return (0);
	if (!atomic_swap(&um->um_hurried, true))
		(void)syncer_hurry();
	if (too_dirty(um, 2))
		error = ufs_commit(um);
	return (error != 0 && too_dirty(um, 4) ? error : 0);
}
