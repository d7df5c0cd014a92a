/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Regular files: pages from and to the disk, and storage for what is written.
 *
 * Storage is found before data come, so that a write that has been accepted
 * won't fail for want of room.  Pages of storage that was just allocated are
 * there, zeroed and dirty, before the file's map leads to it: whatever was on
 * the disk there can't be seen, neither now nor after a crash.
 */
#include "fbsd/errno.h"
#include "fbsd/fcntl.h"
#include "core/sched.h"
#include "fs/ufs/ufs_mount.h"
#include "lib/string.h"
#include "vm/map.h"
#include "vm/page.h"
#include "vm/pageout.h"

#define BATCH_PAGES 128

static uint64_t
block_bytes(const struct ufs_mount *um)
{
	return (1ul << um->um_fs.fs_bshift);
}

/* Where page `index` is: bytes on the disk, 0 for a hole; and how many pages
 * follow it there. n_map held, as in ufs_map_find(). */
static int
map_page(struct ufs_node *n, uint64_t index, uint64_t most, uint64_t *offset,
    uint64_t *run)
{
	const struct ufs_mount *um = n->n_um;
	const unsigned shift = um->um_fs.fs_bshift;
	const uint64_t at = ptoa(index), in_block = at & (block_bytes(um) - 1);
	uint64_t frag, blocks;
	int error;

	error = ufs_map_find(n, at >> shift,
	    (ptoa(most) + in_block + block_bytes(um) - 1) >> shift, &frag,
	    &blocks);
	if (error != 0)
		return (error);
	*offset = frag == 0 ? 0 : (frag << um->um_fs.fs_fshift) + in_block;
	*run = MIN(atop((blocks << shift) - in_block), most);
	return (0);
}

/* Bytes of page `index` that the disk has a place for. */
static uint32_t
page_bytes(struct ufs_node *n, uint64_t index)
{
	const struct ufs_mount *um = n->n_um;
	const uint64_t at = ptoa(index), in_block = at & (block_bytes(um) - 1);
	uint64_t have;

	if (__predict_true(at + PAGE_SIZE <= n->n_i.i_size))
		return (PAGE_SIZE);
	have = (uint64_t)ufs_frags_for(
		   um, n->n_i.i_size, at >> um->um_fs.fs_bshift)
	       << um->um_fs.fs_fshift;
	return (
	    (uint32_t)(have > in_block ? MIN(have - in_block, PAGE_SIZE) : 0));
}

/* Where a page's bytes are. */
struct place {
	uint64_t at;	/* on the disk */
	uint32_t bytes; /* that the disk has a place for; 0: a hole */
};

/*
 * Both the inode and the object know the size, and while it changes the less
 * is right: what is behind it is zero.
 */
static int
find_places(struct ufs_node *n, struct vm_read *rd, struct place *places)
{
	const uint64_t o_size = atomic_load(&n->n_vnode.v_object.o_size);
	const uint64_t index = rd->vr_index;
	const unsigned count = rd->vr_n;
	uint64_t offset, run;
	int error = 0;

	mutex_lock(&n->n_map);
	rd->vr_valid = MIN(n->n_i.i_size, o_size);
	for (unsigned i = 0, end; i < count; i = end) {
		error = map_page(n, index + i, count - i, &offset, &run);
		if (error != 0)
			break;
		end = i + (unsigned)run;
		for (unsigned j = i; j < end; j++)
			places[j] = (struct place){offset + ptoa(j - i),
			    offset != 0 ? page_bytes(n, index + j) : 0};
	}
	mutex_unlock(&n->n_map);
	return (error);
}

static int
ufs_read_pages(struct vm_object *o, struct vm_read *rd)
{
	struct ufs_node *n = o->o_data;
	struct place places[VM_READ_MAX];
	struct bio_batch io;
	int error;

	error = find_places(n, rd, places);
	if (error != 0)
		return (error);
	bio_batch_init_pages(&io, n->n_um->um_disk, rd);
	for (unsigned i = 0; i < rd->vr_n; i++) {
		const uint32_t bytes = places[i].bytes;
		uint8_t *data = page_virt(rd->vr_pages[i]);

		if (bytes < PAGE_SIZE)
			memset(data + bytes, 0, PAGE_SIZE - bytes);
		if (bytes > 0)
			bio_batch_add(&io, places[i].at, data, bytes);
	}
	return (bio_batch_finish(&io));
}

/* Pages [first, end) of storage that is about to be allocated: there, and
 * dirty. */
static int
zero_pages(struct ufs_node *n, uint64_t first, uint64_t end)
{
	struct page *pg;
	int error = 0;

	for (uint64_t i = first; i < end && error == 0; i++) {
		error = vm_object_page(
		    &n->n_vnode.v_object, i, VM_PAGE_OVERWRITE, &pg);
		if (error == 0)
			page_release(pg);
	}
	return (error);
}

/* Pages [first, end) are read if they aren't there, and dirty: their storage
 * moves, or what lies behind the file's end becomes a part of it. */
static int
dirty_pages(struct ufs_node *n, uint64_t first, uint64_t end)
{
	struct page *pg;
	int error = 0;

	for (uint64_t i = first; i < end && error == 0; i++) {
		error =
		    vm_object_page(&n->n_vnode.v_object, i, VM_PAGE_WRITE, &pg);
		if (error == 0)
			page_release(pg);
	}
	return (error);
}

/* Is block lbn a hole? */
static int
is_hole(struct ufs_node *n, uint64_t lbn, bool *hole)
{
	uint64_t frag = 0, run;
	int error;

	mutex_lock(&n->n_map);
	error = ufs_map_find(n, lbn, 1, &frag, &run);
	mutex_unlock(&n->n_map);
	*hole = frag == 0;
	return (error);
}

/* Zeroes for what the hole that block lbn is has of the file, and storage.
 * o_lock and n_map held. */
static int
alloc_zeroes(struct ufs_node *n, uint64_t lbn, uint64_t size)
{
	struct vm_object *o = &n->n_vnode.v_object;
	const unsigned shift = n->n_um->um_fs.fs_bshift;
	const uint64_t first = atop(lbn << shift);
	const uint64_t end =
	    atop(MIN((lbn + 1) << shift, round_page(o->o_size)));
	struct page *pg;
	int error = first < end ? 0 : EINVAL;

	for (uint64_t i = first; i < end && error == 0; i++)
		error = object_page(o, i, VM_PAGE_OVERWRITE, &pg);
	if (error == 0)
		error =
		    ufs_map_alloc(n, lbn, ufs_frags_for(n->n_um, size, lbn));
	if (error != 0)
		object_discard(o, first, end);
	return (error);
}

/* As fill_hole(); EBUSY: what leads there isn't in memory. */
static int
fill_if_hole(struct ufs_node *n, uint64_t lbn, uint64_t size)
{
	struct vm_object *o = &n->n_vnode.v_object;
	uint64_t frag = 0, run, missing;
	int error;

	mutex_lock(&o->o_lock);
	mutex_lock(&n->n_map);
	size = MAX(size, n->n_i.i_size);
	error = ufs_map_look(n, lbn, 1, &frag, &run, &missing);
	if (error == 0)
		error = frag != 0 ? EEXIST : alloc_zeroes(n, lbn, size);
	if (error == 0)
		n->n_i.i_size = size;
	mutex_unlock(&n->n_map);
	mutex_unlock(&o->o_lock);
	return (error);
}

/*
 * Storage for block lbn, which is a hole, or else EEXIST: somebody may have
 * come to fill it by way of a mapping, without v_lock.  The file's size becomes
 * `size`, if that is more.
 */
static int
fill_hole(struct ufs_node *n, uint64_t lbn, uint64_t size)
{
	int error = fill_if_hole(n, lbn, size);
	bool hole;

	while (error == EBUSY) {
		error = is_hole(n, lbn, &hole);
		if (error == 0)
			error = fill_if_hole(n, lbn, size);
	}
	return (error);
}

/* Whoever writes a page out goes by the size and the storage, which change
 * together. */
static int
extend_or_move(struct ufs_node *n, uint64_t lbn, uint64_t size, bool move)
{
	const unsigned have = ufs_frags_for(n->n_um, n->n_i.i_size, lbn);
	const unsigned want = ufs_frags_for(n->n_um, size, lbn);
	int error = 0;

	mutex_lock(&n->n_map);
	if (have != want)
		error = move ? ufs_map_move(n, lbn, have, want, NULL)
			     : ufs_map_extend(n, lbn, have, want);
	if (error == 0)
		n->n_i.i_size = size;
	mutex_unlock(&n->n_map);
	return (error);
}

/* The file's last block, lbn, becomes longer. */
static int
grow_block(struct ufs_node *n, uint64_t lbn, uint64_t size)
{
	int error;

	error = extend_or_move(n, lbn, size, false);
	if (error != ENOSPC)
		return (error);
	error = dirty_pages(n, atop(lbn << n->n_um->um_fs.fs_bshift),
	    atop(round_page(n->n_i.i_size)));
	return (error == 0 ? extend_or_move(n, lbn, size, true) : error);
}

/* The block that the file ended in before becomes longer. */
static int
grow_last(struct ufs_node *n, uint64_t lbn, uint64_t old, uint64_t size)
{
	int error = dirty_pages(n, atop(old), atop(round_page(old)));

	if (error != 0)
		return (error);
	vm_object_resize(&n->n_vnode.v_object, size);
	error = zero_pages(n, atop(round_page(old)), atop(round_page(size)));
	return (error == 0 ? grow_block(n, lbn, size) : error);
}

/*
 * The file ends at `size`, in block lbn, which has storage: the block it ended
 * in before, or one behind it.
 */
static int
grow_to(struct ufs_node *n, uint64_t lbn, uint64_t size)
{
	struct vm_object *o = &n->n_vnode.v_object;
	const uint64_t old = n->n_i.i_size;
	bool hole = true;
	int error = 0;

	if (lbn << n->n_um->um_fs.fs_bshift < old)
		error = is_hole(n, lbn, &hole);
	if (error == 0 && hole) {
		vm_object_resize(o, size);
		error = fill_hole(n, lbn, size);
		hole = error != EEXIST;
	}
	if (error == EEXIST || (error == 0 && !hole))
		error = grow_last(n, lbn, old, size);
	if (error != 0) {
		vm_object_resize(o, old);
		return (error);
	}
	ufs_node_touch(n, UFS_N_META);
	return (0);
}

/* The end of the file is within [start, end) of one block, or before that: what
 * it ended in is filled up first. */
static int
grow(struct ufs_node *n, uint64_t end)
{
	const unsigned shift = n->n_um->um_fs.fs_bshift;
	const uint64_t old = n->n_i.i_size;
	const uint64_t last = old > 0 ? (old - 1) >> shift : 0;
	const uint64_t lbn = (end - 1) >> shift;
	bool hole;
	int error = 0;

	if (lbn > last && (old & (block_bytes(n->n_um) - 1)) != 0) {
		error = is_hole(n, last, &hole);
		if (error == 0 && !hole)
			error = grow_to(n, last, (last + 1) << shift);
	}
	return (error == 0 ? grow_to(n, lbn, end) : error);
}

/* Within a batch. */
static int
make_room(struct ufs_node *n, uint64_t start, uint64_t end)
{
	const uint64_t lbn = start >> n->n_um->um_fs.fs_bshift;
	bool hole = false;
	int error = 0;

	if (start < n->n_i.i_size) {
		error = is_hole(n, lbn, &hole);
		if (error == 0 && hole)
			error = fill_hole(n, lbn, 0);
		if (error == EEXIST)
			error = 0;
	}
	if (error == 0 && end > n->n_i.i_size)
		error = grow(n, end);
	return (error);
}

/* The largest file there can be. */
static uint64_t
size_limit(const struct ufs_mount *um)
{
	const uint64_t n = (uint64_t)um->um_fs.fs_sb.fs_nindir;
	uint64_t most = (UFS_NDIRECT + n + n * n + n * n * n)
			<< um->um_fs.fs_bshift;

	return (MIN(
	    most, MIN(um->um_fs.fs_sb.fs_maxfilesize, (uint64_t)INT64_MAX)));
}

/* The indirect blocks that lead to what is between two blocks are in memory
 * then. n_map is held, but not while they are read. */
static int
fetch_leaves(struct ufs_node *n, uint64_t lbn, uint64_t end)
{
	const uint64_t nindir = (uint64_t)n->n_um->um_fs.fs_sb.fs_nindir;
	uint64_t frag, run;
	int error = 0;

	for (lbn = MAX(lbn, UFS_NDIRECT); lbn < end && error == 0;
	     lbn += nindir - (lbn - UFS_NDIRECT) % nindir) {
		error = ufs_map_find(n, lbn, 1, &frag, &run);
		sched_maybe_yield();
	}
	return (error);
}

void
ufs_prefetch(struct vnode *vp, uint64_t start, uint64_t end)
{
	struct ufs_node *n = ufs_node(vp);
	struct ufs_mount *um = n->n_um;
	const unsigned shift = um->um_fs.fs_bshift;
	const uint64_t size = n->n_i.i_size, direct = UFS_NDIRECT;
	const uint64_t near = ufs_near(um, n->n_i.i_ino);
	/* A file that becomes shorter needs room only for copies of indirect
	 * blocks. */
	const bool room = end == UINT64_MAX
			      ? start > size || start > direct << shift
			      : end > size;
	uint64_t frag = 0, run;
	int error = 0;

	if ((end == UINT64_MAX && start == size) ||
	    (end <= size && end <= direct << shift))
		return;
	mutex_lock(&n->n_map);
	if (size > 0)
		error = fetch_leaves(
		    n, start >> shift, ((MIN(end, size) - 1) >> shift) + 1);
	if (size > 0 && room && error == 0)
		error = ufs_map_find(
		    n, MIN(start, size - 1) >> shift, 1, &frag, &run);
	mutex_unlock(&n->n_map);
	if (room && error == 0)
		ufs_group_fetch(um, frag != 0 ? frag : near);
}

int
ufs_write_begin(struct vnode *vp, uint64_t start, uint64_t *end)
{
	struct ufs_node *n = ufs_node(vp);
	struct ufs_mount *um = n->n_um;
	unsigned tries = 0;
	int error;

	*end = MIN(*end, (start & ~(block_bytes(um) - 1)) + block_bytes(um));
	if (*end > size_limit(um))
		return (EFBIG);
	pageout_check();
	error = ufs_throttle(um);
	if (error != 0)
		return (error);
	do {
		error = ufs_begin(um);
		if (error != 0)
			break;
		error = make_room(n, start, *end);
		ufs_end(um);
	} while (ufs_try_again(um, &error, &tries));
	if (error == 0)
		__atomic_fetch_add(
		    &um->um_dirty_bytes, *end - start, __ATOMIC_RELAXED);
	return (error);
}

int
ufs_allocate(struct vnode *vp, off_t start, off_t end)
{
	uint64_t at = (uint64_t)start, next;
	int error = 0;

	while (at < (uint64_t)end && error == 0) {
		next = (uint64_t)end;
		error = ufs_write_begin(vp, at, &next);
		at = next;
		sched_maybe_yield();
	}
	return (error);
}

/* A mapping is about to be written. */
static int
ufs_prepared(struct vm_object *o, uint64_t index)
{
	struct ufs_node *n = o->o_data;
	uint64_t frag = 0, run, missing;
	int error;

	if (!atomic_load(&n->n_um->um_writable) ||
	    atomic_load(&n->n_um->um_ending))
		return (atomic_load(&n->n_um->um_suspended) ? EAGAIN : EROFS);
	atomic_store(&n->n_mapped_write, true);
	mutex_lock(&n->n_map);
	error = ufs_map_look(n, ptoa(index) >> n->n_um->um_fs.fs_bshift, 1,
	    &frag, &run, &missing);
	mutex_unlock(&n->n_map);
	/* A hole, or what leads there isn't in memory. */
	if (error == EBUSY || (error == 0 && frag == 0))
		error = EAGAIN;
	return (error);
}

static int
ufs_prepare(struct vm_object *o, uint64_t index)
{
	struct ufs_node *n = o->o_data;
	struct ufs_mount *um = n->n_um;
	unsigned tries = 0;
	int error;

	do {
		error = ufs_begin(um);
		if (error != 0)
			break;
		error = fill_hole(n, ptoa(index) >> um->um_fs.fs_bshift, 0);
		ufs_end(um);
	} while (ufs_try_again(um, &error, &tries));
	return (error == EEXIST ? 0 : error);
}

static void
ufs_dirtied(struct vm_object *o)
{
	ufs_node_touch(o->o_data, UFS_N_DATA);
}

/* On an error nothing has changed.  Within a batch. */
static int
shrink(struct ufs_node *n, uint64_t size)
{
	int error;

	mutex_lock(&n->n_map);
	error = ufs_map_prepare_cut(n, size);
	mutex_unlock(&n->n_map);
	if (error != 0)
		return (error);
	vm_object_resize(&n->n_vnode.v_object, size);
	mutex_lock(&n->n_map);
	if (ufs_map_cut(n, size) != 0)
		ufs_leak(n->n_um, "all that was cut from inode", n->n_i.i_ino);
	mutex_unlock(&n->n_map);
	return (0);
}

int
ufs_set_size(struct ufs_node *n, uint64_t size)
{
	struct ufs_mount *um = n->n_um;
	const uint64_t old = n->n_i.i_size;
	uint64_t end = size;
	unsigned tries = 0;
	int error;

	if (size == old)
		return (0);
	/* Its last byte has storage. */
	if (size > old) {
		error = ufs_write_begin(&n->n_vnode, size - 1, &end);
		/* The block that it ended in may have been filled up. */
		if (error != 0 && n->n_i.i_size > old)
			(void)ufs_set_size(n, old);
		return (error);
	}
	do {
		error = ufs_begin(um);
		if (error != 0)
			break;
		error = shrink(n, size);
		ufs_end(um);
	} while (ufs_try_again(um, &error, &tries));
	return (error);
}

/* Bytes of one block that has storage become zero. */
static int
zero_bytes(struct ufs_node *n, uint64_t start, uint64_t end)
{
	struct page *pg;
	uint64_t len;
	int error;

	for (; start < end; start += len) {
		len = MIN(end - start, PAGE_SIZE - (start & PAGE_MASK));
		error = vm_object_page(
		    &n->n_vnode.v_object, atop(start), VM_PAGE_WRITE, &pg);
		if (error != 0)
			return (error);
		memset((char *)page_virt(pg) + (start & PAGE_MASK), 0, len);
		vm_object_wrote(&n->n_vnode.v_object, pg);
		page_release(pg);
	}
	return (0);
}

/* Its pages go with it, before a mapping can fill the hole again. */
static int
make_hole(struct ufs_node *n, uint64_t lbn, uint64_t first, uint64_t end)
{
	struct vm_object *o = &n->n_vnode.v_object;
	int error;

	mutex_lock(&o->o_lock);
	mutex_lock(&n->n_map);
	error = ufs_map_punch(n, lbn);
	mutex_unlock(&n->n_map);
	if (error == 0)
		object_discard(o, first, end);
	mutex_unlock(&o->o_lock);
	return (error);
}

/* The part of a block becomes zero, the whole of it a hole. */
static int
punch_block(struct ufs_node *n, uint64_t start, uint64_t end)
{
	const uint64_t size = block_bytes(n->n_um);
	const uint64_t lbn = start >> n->n_um->um_fs.fs_bshift;
	bool hole;
	int error = is_hole(n, lbn, &hole);

	if (error != 0 || hole)
		return (error);
	if ((start & (size - 1)) != 0 ||
	    ((end & (size - 1)) != 0 && end < n->n_i.i_size))
		return (zero_bytes(n, start, end));
	return (make_hole(n, lbn, atop(start), atop(round_page(end))));
}

int
ufs_punch(struct vnode *vp, off_t start, off_t end)
{
	struct ufs_node *n = ufs_node(vp);
	struct ufs_mount *um = n->n_um;
	uint64_t at = (uint64_t)start, next;
	unsigned tries = 0;
	int error = 0;

	for (; at < (uint64_t)end && error == 0; at = next) {
		next = MIN((uint64_t)end,
		    (at & ~(block_bytes(um) - 1)) + block_bytes(um));
		do {
			error = ufs_begin(um);
			if (error != 0)
				break;
			error = punch_block(n, at, next);
			ufs_end(um);
		} while (ufs_try_again(um, &error, &tries));
		sched_maybe_yield();
	}
	return (error);
}

#define LOOK_BLOCKS 64u /* looked at between offers of the CPU */

int
ufs_seekhole(struct vnode *vp, int whence, off_t *off)
{
	struct ufs_node *n = ufs_node(vp);
	const unsigned shift = n->n_um->um_fs.fs_bshift;
	const uint64_t size = n->n_i.i_size;
	uint64_t lbn = (uint64_t)*off >> shift, frag, run;
	int error = 0;

	mutex_lock(&n->n_map);
	while (lbn << shift < size) {
		error = ufs_map_find(n, lbn,
		    MIN(((size - 1) >> shift) - lbn + 1, LOOK_BLOCKS), &frag,
		    &run);
		if (error != 0 || (frag != 0) == (whence == SEEK_DATA))
			break;
		lbn += run;
		sched_maybe_yield();
	}
	mutex_unlock(&n->n_map);
	if (error != 0)
		return (error);
	if (lbn << shift >= size) {
		if (whence == SEEK_DATA)
			return (ENXIO);
		*off = (off_t)size;
	} else if (lbn << shift > (uint64_t)*off)
		*off = (off_t)(lbn << shift);
	return (0);
}

/*
 * Starts writing a page where it belongs: EAGAIN if its storage isn't all there
 * yet, since somebody is about to make the file longer.
 */
static int
write_page(struct bio_batch *io, struct ufs_node *n, struct page *pg)
{
	const uint64_t at = ptoa(pg->pg_index);
	const uint64_t size = atomic_load(&n->n_vnode.v_object.o_size);
	uint64_t offset, run;
	uint32_t bytes;
	int error;

	mutex_lock(&n->n_map);
	error = map_page(n, pg->pg_index, 1, &offset, &run);
	bytes = page_bytes(n, pg->pg_index);
	mutex_unlock(&n->n_map);
	if (error == 0 && at < size &&
	    (offset == 0 || bytes < MIN(PAGE_SIZE, size - at)))
		error = EAGAIN;
	/* Or else the file was cut meanwhile. */
	if (error == 0 && offset != 0 && bytes > 0)
		bio_batch_add(io, offset, page_virt(pg), bytes);
	return (error);
}

/* Writes these pages; those that can't be yet become dirty again. */
static int
write_some(struct ufs_node *n, struct page **pages, unsigned count)
{
	struct vm_object *o = &n->n_vnode.v_object;
	struct bio_batch io;
	unsigned kept = 0;
	int error = 0, e;

	bio_batch_init(&io, n->n_um->um_disk, BIO_WRITE);
	for (unsigned i = 0; i < count; i++) {
		e = write_page(&io, n, pages[i]);
		if (e == EAGAIN)
			vm_object_cleaned(o, &pages[i], 1, true);
		else
			pages[kept++] = pages[i];
		if (e != 0 && e != EAGAIN)
			error = e;
	}
	e = bio_batch_finish(&io);
	if (e != 0)
		error = e;
	atomic_store(&n->n_um->um_wrote, true);
	vm_object_cleaned(o, pages, kept, error != 0);
	return (error);
}

/* n_writing held. */
static int
write_range(struct ufs_node *n, uint64_t start, uint64_t end)
{
	struct page *pages[BATCH_PAGES];
	unsigned count;
	int error = 0;

	while (error == 0 && (count = vm_object_clean(&n->n_vnode.v_object,
				  &start, end, pages, BATCH_PAGES)) > 0)
		error = write_some(n, pages, count);
	return (error);
}

/* Pages that become dirty from now on say so, and so do those that can't be
 * written. */
int
ufs_write_data(struct ufs_node *n)
{
	int error;

	rw_wlock(&n->n_writing);
	if (atomic_load(&n->n_state) & UFS_N_DATA) {
		spin_lock(&n->n_um->um_changes);
		n->n_state &= ~(unsigned)UFS_N_DATA;
		spin_unlock(&n->n_um->um_changes);
	}
	error = write_range(n, 0, UINT64_MAX);
	rw_wunlock(&n->n_writing);
	return (error);
}

static int
ufs_writeback(struct vm_object *o, uint64_t start, uint64_t end)
{
	struct ufs_node *n = o->o_data;
	struct ufs_mount *um = n->n_um;
	int error = 0;

	if (atomic_load(&um->um_suspended) && ufs_wait_resumed(um) != 0)
		return (EINTR);
	rw_rlock(&um->um_writes);
	/* All was written before it became read-only. */
	if (um->um_writable) {
		rw_wlock(&n->n_writing);
		error = write_range(n, start, end);
		rw_wunlock(&n->n_writing);
	}
	rw_runlock(&um->um_writes);
	return (error);
}

const struct vm_object_ops ufs_object_ops = {
    .vo_read = ufs_read_pages,
    .vo_first = 16,
    .vo_writeback = ufs_writeback,
    .vo_prepared = ufs_prepared,
    .vo_prepare = ufs_prepare,
    .vo_dirtied = ufs_dirtied,
};
