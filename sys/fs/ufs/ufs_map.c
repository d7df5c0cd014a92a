/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the blocks of a file are, and how that changes.
 *
 * A pointer is in the inode, or in an indirect block that was allocated in this
 * batch: one that the disk knows is copied before it is changed, and the copy's
 * pointer, one level up, changes in the same way.  So the tree that the disk's
 * inode leads to stays as it is until the inode is written.
 */
#include "fbsd/errno.h"
#include "fs/ufs/ufs_mount.h"
#include "lib/string.h"

/* The way to a block: through which indirect block of the inode, and which
 * entry at each level. */
struct path {
	unsigned depth; /* levels of indirect blocks; 0: in the inode itself */
	uint64_t index[UFS_NINDIRECT];
};

static int
find_path(const struct ufs_mount *um, uint64_t lbn, struct path *p)
{
	const uint64_t n = (uint64_t)um->um_fs.fs_sb.fs_nindir;
	uint64_t span = n;

	p->depth = 0;
	if (lbn < UFS_NDIRECT)
		return (0);
	lbn -= UFS_NDIRECT;
	for (p->depth = 1; lbn >= span; p->depth++) {
		if (p->depth == UFS_NINDIRECT)
			return (EFBIG);
		lbn -= span;
		span *= n;
	}
	for (unsigned i = p->depth; i-- > 0; lbn /= n)
		p->index[i] = lbn % n;
	return (0);
}

/* Indirect blocks as far as they are in memory. */
struct peek {
	struct ufs_device device;
	struct ufs_mount *um;
	uint64_t missing; /* a block that isn't */
};

static int
peek_read(struct ufs_device *dev, uint64_t offset, void *buf, size_t size)
{
	struct peek *p = container_of(dev, struct peek, device);
	const unsigned shift = p->um->um_fs.fs_bshift;

	p->missing = offset >> shift;
	return (ufs_buf_peek(
		    p->um, p->missing, offset & ((1ul << shift) - 1), buf, size)
		    ? 0
		    : EBUSY);
}

int
ufs_map_look(struct ufs_node *n, uint64_t lbn, uint64_t most, uint64_t *frag,
    uint64_t *run, uint64_t *missing)
{
	struct peek p = {.device.ud_read = peek_read, .um = n->n_um};
	int error = ufs_bmap_by(
	    &n->n_um->um_fs, &p.device, &n->n_i, lbn, most, frag, run);

	*missing = p.missing;
	return (error);
}

int
ufs_map_find(struct ufs_node *n, uint64_t lbn, uint64_t most, uint64_t *frag,
    uint64_t *run)
{
	struct ufs_buf *b = NULL, *next;
	uint64_t missing;
	int error;

	while ((error = ufs_map_look(n, lbn, most, frag, run, &missing)) ==
	       EBUSY) {
		mutex_unlock(&n->n_map);
		error = ufs_buf_look(n->n_um, missing, &next);
		/* Until the next is there, or else it might go again. */
		if (b != NULL)
			ufs_buf_release(n->n_um, b);
		b = error == 0 ? next : NULL;
		mutex_lock(&n->n_map);
		if (error != 0)
			break;
	}
	if (b != NULL)
		ufs_buf_release(n->n_um, b);
	return (error);
}

static unsigned
whole(const struct ufs_mount *um)
{
	return ((unsigned)um->um_fs.fs_sb.fs_frag);
}

unsigned
ufs_frags_for(const struct ufs_mount *um, uint64_t size, uint64_t lbn)
{
	const struct ufs *fs = &um->um_fs;

	if (lbn >= UFS_NDIRECT || size >> fs->fs_bshift > lbn)
		return (whole(um));
	size -= MIN(size, lbn << fs->fs_bshift);
	return (
	    (unsigned)((size + (1ul << fs->fs_fshift) - 1) >> fs->fs_fshift));
}

static void
count_frags(struct ufs_node *n, int64_t frags)
{
	n->n_i.i_blocks +=
	    (uint64_t)(frags * (1l << (n->n_um->um_fs.fs_fshift - 9)));
}

/* Indirect blocks that were made for a block that is to get its first pointer,
 * until it has it: nothing may lead to them if it doesn't. */
struct made {
	uint64_t *slot; /* points to the first */
	unsigned n;
	uint64_t frag[UFS_NINDIRECT];
};

static void
undo_made(struct ufs_node *n, const struct made *m)
{
	if (m->n > 0)
		*m->slot = 0;
	for (unsigned i = 0; i < m->n; i++) {
		ufs_alloc_undo(n->n_um, m->frag[i], whole(n->n_um));
		count_frags(n, -(int64_t)whole(n->n_um));
	}
}

/*
 * The indirect block that *slot points to, ready to be changed, and held: a new
 * one where there was none, a copy if the disk knows it.  *slot changes.
 */
static int
open_indirect(struct ufs_node *n, uint64_t *slot, struct ufs_buf **bp)
{
	struct ufs_mount *um = n->n_um;
	struct ufs_buf *old = NULL;
	uint64_t frag;
	int error = 0;

	if (*slot != 0) {
		error = ufs_buf_get(um, ufs_frag_block(um, *slot), &old);
		if (error != 0)
			return (error);
		if (ufs_buf_new_frags(um, old) != 0) {
			*bp = old;
			return (0);
		}
	}
	error = ufs_alloc_block(
	    um, *slot != 0 ? *slot : ufs_near(um, n->n_i.i_ino), &frag);
	if (error == 0) {
		error = ufs_buf_new(um, ufs_frag_block(um, frag), bp);
		if (error != 0)
			ufs_alloc_undo(um, frag, whole(um));
	}
	if (error == 0) {
		ufs_buf_fresh(um, *bp, UFS_BUF_NEW, frag, whole(um));
		if (old != NULL) {
			memcpy((*bp)->b_data, old->b_data,
			    (size_t)um->um_fs.fs_sb.fs_bsize);
			ufs_free_later(um, *slot, whole(um));
		} else
			count_frags(n, whole(um));
		*slot = frag;
		/* The one before will be free, whatever comes of this. */
		ufs_node_touch(n, UFS_N_META);
	}
	if (old != NULL)
		ufs_buf_release(um, old);
	return (error);
}

static uint64_t *
entry_in(struct ufs_buf *b, uint64_t index)
{
	return ((uint64_t *)(void *)b->b_data + index);
}

/* Sets block lbn's pointer. */
static int
set_pointer(struct ufs_node *n, uint64_t lbn, uint64_t frag)
{
	struct ufs_mount *um = n->n_um;
	struct ufs_buf *b = NULL, *next;
	struct made made = {.n = 0};
	struct path p;
	uint64_t *slot;
	bool is_new;
	int error = find_path(um, lbn, &p);

	if (error != 0)
		return (error);
	slot = p.depth == 0 ? &n->n_i.i_direct[lbn]
			    : &n->n_i.i_indirect[p.depth - 1];
	for (unsigned i = 0; i < p.depth; i++) {
		is_new = *slot == 0;
		error = open_indirect(n, slot, &next);
		if (error != 0)
			undo_made(n, &made);
		if (b != NULL)
			ufs_buf_release(um, b);
		if (error != 0)
			return (error);
		b = next;
		if (is_new && made.n == 0)
			made.slot = slot;
		if (is_new)
			made.frag[made.n++] = *slot;
		slot = entry_in(b, p.index[i]);
	}
	*slot = frag;
	if (b != NULL)
		ufs_buf_release(um, b);
	return (0);
}

/* A good place for block lbn: behind the one before it. */
static uint64_t
place_for(struct ufs_node *n, uint64_t lbn)
{
	struct ufs_mount *um = n->n_um;
	uint64_t frag = 0, run, missing;

	if (lbn > 0 &&
	    ufs_map_look(n, lbn - 1, 1, &frag, &run, &missing) == 0 &&
	    frag != 0)
		return (frag + whole(um));
	return (ufs_near(um, n->n_i.i_ino));
}

int
ufs_map_alloc(struct ufs_node *n, uint64_t lbn, unsigned frags)
{
	struct ufs_mount *um = n->n_um;
	uint64_t frag;
	int error;

	error = ufs_alloc_frags(um, place_for(n, lbn), frags, &frag);
	if (error != 0)
		return (error);
	error = set_pointer(n, lbn, frag);
	if (error != 0) {
		ufs_alloc_undo(um, frag, frags);
		return (error);
	}
	count_frags(n, frags);
	ufs_node_touch(n, UFS_N_META);
	return (0);
}

int
ufs_map_extend(struct ufs_node *n, uint64_t lbn, unsigned have, unsigned want)
{
	int error;

	error = ufs_alloc_extend(n->n_um, n->n_i.i_direct[lbn], have, want);
	if (error != 0)
		return (error);
	count_frags(n, (int64_t)want - have);
	ufs_node_touch(n, UFS_N_META);
	return (0);
}

int
ufs_map_move(struct ufs_node *n, uint64_t lbn, unsigned have, unsigned want,
    ufs_copy_fn *copy)
{
	const uint64_t from = n->n_i.i_direct[lbn];
	uint64_t to;
	int error;

	error = ufs_alloc_frags(n->n_um, from, want, &to);
	if (error != 0)
		return (error);
	error = copy != NULL ? copy(n->n_um, from, to, have) : 0;
	if (error != 0) {
		ufs_alloc_undo(n->n_um, to, want);
		return (error);
	}
	n->n_i.i_direct[lbn] = to;
	ufs_free_later(n->n_um, from, have);
	count_frags(n, (int64_t)want - have);
	ufs_node_touch(n, UFS_N_META);
	return (0);
}

/* False: a damaged file has more blocks than it says, perhaps without end. */
static bool
free_block(struct ufs_node *n, uint64_t frag, unsigned frags)
{
	if (n->n_i.i_blocks >> (n->n_um->um_fs.fs_fshift - 9) < frags)
		return (false);
	ufs_free_later(n->n_um, frag, frags);
	count_frags(n, -(int64_t)frags);
	return (true);
}

int
ufs_map_punch(struct ufs_node *n, uint64_t lbn)
{
	struct ufs_mount *um = n->n_um;
	uint64_t frag, run;
	int error;

	error = ufs_bmap(&um->um_fs, &n->n_i, lbn, 1, &frag, &run);
	if (error != 0 || frag == 0)
		return (error);
	error = set_pointer(n, lbn, 0);
	if (error != 0)
		return (error);
	ufs_node_touch(n, UFS_N_META);
	return (free_block(n, frag, ufs_frags_for(um, n->n_i.i_size, lbn))
		    ? 0
		    : EINTEGRITY);
}

/* Data blocks that an indirect block leads to with each entry. */
static uint64_t
span_of(const struct ufs_mount *um, unsigned level)
{
	uint64_t span = 1;

	while (level-- > 0)
		span *= (uint64_t)um->um_fs.fs_sb.fs_nindir;
	return (span);
}

/*
 * Reads what is below an indirect block, `level` levels above data, and the
 * block itself, so that it can be freed.  *left: blocks that the file says it
 * has, or else a damaged one might lead in circles.
 */
static int
check_tree(struct ufs_node *n, uint64_t frag, unsigned level, uint64_t *left)
{
	struct ufs_mount *um = n->n_um;
	const uint64_t nindir = (uint64_t)um->um_fs.fs_sb.fs_nindir;
	struct ufs_buf *b;
	int error;

	if (frag == 0)
		return (0);
	if (*left == 0)
		return (EINTEGRITY);
	--*left;
	error = ufs_buf_get(um, ufs_frag_block(um, frag), &b);
	if (error != 0)
		return (error);
	for (uint64_t i = 0; level > 0 && i < nindir && error == 0; i++)
		error = check_tree(n, *entry_in(b, i), level - 1, left);
	ufs_buf_release(um, b);
	return (error);
}

/* As open_indirect(); if there is no room for a copy, in its place. */
static int
open_to_cut(struct ufs_node *n, uint64_t *slot, struct ufs_buf **bp)
{
	struct ufs_mount *um = n->n_um;
	int error = open_indirect(n, slot, bp);

	if (error != ENOSPC)
		return (error);
	error = ufs_buf_get(um, ufs_frag_block(um, *slot), bp);
	if (error == 0)
		ufs_buf_dirty(
		    um, *bp, UFS_BUF_NEW, 0, (size_t)um->um_fs.fs_sb.fs_bsize);
	return (error);
}

/*
 * The same for what the indirect block at *slot leads to from entry `from` (in
 * data blocks) on.  Those that are to be changed can be from now on: this batch
 * keeps them in memory.
 */
static int
prepare_indirect(struct ufs_node *n, uint64_t *slot, unsigned level,
    uint64_t from, uint64_t *left)
{
	const uint64_t nindir = (uint64_t)n->n_um->um_fs.fs_sb.fs_nindir;
	const uint64_t span = span_of(n->n_um, level);
	struct ufs_buf *b;
	int error;

	if (*slot == 0 || from == 0)
		return (check_tree(n, *slot, level, left));
	error = open_to_cut(n, slot, &b);
	if (error != 0)
		return (error);
	for (uint64_t i = from / span; level > 0 && i < nindir && error == 0;
	     i++)
		error = prepare_indirect(n, entry_in(b, i), level - 1,
		    i == from / span ? from % span : 0, left);
	ufs_buf_release(n->n_um, b);
	return (error);
}

/* Frees all below an indirect block, and the block.  On an error something
 * stays in use that shouldn't. */
static int
free_tree(struct ufs_node *n, uint64_t frag, unsigned level)
{
	struct ufs_mount *um = n->n_um;
	const uint64_t nindir = (uint64_t)um->um_fs.fs_sb.fs_nindir;
	uint64_t child;
	struct ufs_buf *b;
	int error, e;

	error = ufs_buf_get(um, ufs_frag_block(um, frag), &b);
	if (error != 0)
		return (error);
	for (uint64_t i = 0; i < nindir && error != EINTEGRITY; i++) {
		child = *entry_in(b, i);
		if (child == 0)
			continue;
		if (level > 0)
			e = free_tree(n, child, level - 1);
		else
			e = free_block(n, child, whole(um)) ? 0 : EINTEGRITY;
		if (e != 0)
			error = e;
	}
	ufs_buf_release(um, b);
	if (!free_block(n, frag, whole(um)))
		error = EINTEGRITY;
	return (error);
}

/* Frees what the indirect block at *slot leads to from entry `from` on; all of
 * it: the block as well. */
static int
cut_indirect(struct ufs_node *n, uint64_t *slot, unsigned level, uint64_t from)
{
	struct ufs_mount *um = n->n_um;
	const uint64_t nindir = (uint64_t)um->um_fs.fs_sb.fs_nindir;
	const uint64_t span = span_of(um, level);
	uint64_t *entry;
	struct ufs_buf *b;
	int error = 0, e;

	if (*slot == 0)
		return (0);
	if (from == 0) {
		error = free_tree(n, *slot, level);
		*slot = 0;
		return (error);
	}
	error = open_to_cut(n, slot, &b);
	if (error != 0)
		return (error);
	for (uint64_t i = from / span; i < nindir && error != EINTEGRITY; i++) {
		entry = entry_in(b, i);
		if (*entry == 0)
			continue;
		e = 0;
		if (level > 0)
			e = cut_indirect(n, entry, level - 1,
			    i == from / span ? from % span : 0);
		else {
			if (!free_block(n, *entry, whole(um)))
				e = EINTEGRITY;
			*entry = 0;
		}
		if (e != 0)
			error = e;
	}
	ufs_buf_release(um, b);
	return (error);
}

/* The last block's fragments that the new size doesn't need. */
static void
cut_frags(struct ufs_node *n, uint64_t lbn, unsigned have, unsigned keep)
{
	uint64_t frag = n->n_i.i_direct[lbn];

	if (frag == 0 || have <= keep)
		return;
	(void)free_block(n, frag + keep, have - keep);
	if (keep == 0)
		n->n_i.i_direct[lbn] = 0;
}

/* Calls cut_indirect(), or prepare_indirect() with `left`, for each indirect
 * block of the inode that a file of `keep` blocks doesn't need all of. */
static int
each_indirect(struct ufs_node *n, uint64_t keep, uint64_t *left)
{
	uint64_t base = UFS_NDIRECT, span = 1, from;
	int error = 0, e = 0;

	for (unsigned i = 0; i < UFS_NINDIRECT; i++, base += span) {
		uint64_t *slot = &n->n_i.i_indirect[i];

		span *= (uint64_t)n->n_um->um_fs.fs_sb.fs_nindir;
		if (*slot == 0 || keep >= base + span)
			continue;
		from = keep > base ? keep - base : 0;
		if (left == NULL)
			e = cut_indirect(n, slot, i, from);
		else if (error == 0)
			e = prepare_indirect(n, slot, i, from, left);
		if (e != 0)
			error = e;
	}
	return (error);
}

/* Blocks of a file of that size. */
static uint64_t
blocks_of(const struct ufs_mount *um, uint64_t size)
{
	const unsigned shift = um->um_fs.fs_bshift;

	return ((size + (1ul << shift) - 1) >> shift);
}

int
ufs_map_prepare_cut(struct ufs_node *n, uint64_t size)
{
	const struct ufs_mount *um = n->n_um;
	uint64_t left = n->n_i.i_blocks >> (um->um_fs.fs_bshift - 9);

	return (each_indirect(n, blocks_of(um, size), &left));
}

int
ufs_map_cut(struct ufs_node *n, uint64_t size)
{
	struct ufs_mount *um = n->n_um;
	const unsigned bshift = um->um_fs.fs_bshift;
	const uint64_t old = n->n_i.i_size, keep = blocks_of(um, size);
	int error;

	for (uint64_t lbn = 0; lbn < UFS_NDIRECT; lbn++)
		if (lbn << bshift < old && (lbn + 1) << bshift > size)
			cut_frags(n, lbn, ufs_frags_for(um, old, lbn),
			    lbn < keep ? ufs_frags_for(um, size, lbn) : 0);
	error = each_indirect(n, keep, NULL);
	n->n_i.i_size = size;
	ufs_node_touch(n, UFS_N_META);
	return (error);
}
