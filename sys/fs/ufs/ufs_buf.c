/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The cache of metadata: blocks of the disk, at multiples of the block size.
 *
 * A block may be shared by pieces of several files; only those that are
 * metadata are ever looked at or written back, a fragment at a time.  Dirty
 * blocks are held by the lists of what the next commit writes; others go when
 * there are too many, the least recently used first.
 */
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "core/sched.h"
#include "fs/ufs/ufs_mount.h"
#include "core/printf.h"
#include "lib/string.h"
#include "vm/kmem.h"
#include "vm/pageout.h"

static size_t
block_size(const struct ufs_mount *um)
{
	return ((size_t)um->um_fs.fs_sb.fs_bsize);
}

static void
free_buf(struct ufs_buf *b)
{
	if (b->b_data != NULL)
		kmem_free(b->b_data, b->b_size);
	kmem_free(b, sizeof(*b));
}

/* Guards how far the reading of blocks has come. */
static struct spin load_lock = SPIN_INITIALIZER("ufs load");

/* Nobody has it any more, but perhaps a request. */
static void
abandon(struct ufs_buf *b)
{
	bool loading;

	spin_lock(&load_lock);
	b->b_gone = true;
	loading = b->b_loading;
	spin_unlock(&load_lock);
	if (!loading)
		free_buf(b);
}

/* um_bufs_lock held; b has no references and is on um_buf_lru. */
static void
evict(struct ufs_mount *um, struct ufs_buf *b)
{
	list_remove(&b->b_lru);
	radix_del(&um->um_bufs, b->b_block);
	um->um_nbufs--;
	abandon(b);
}

/* um_bufs_lock held. */
static void
hold(struct ufs_buf *b)
{
	if (b->b_refs++ == 0)
		list_remove(&b->b_lru);
}

/* The least recently used one goes; false: there is none. um_bufs_lock held. */
static bool
evict_one(struct ufs_mount *um)
{
	struct ufs_buf *b = LIST_FIRST(&um->um_buf_lru, struct ufs_buf, b_lru);

	if (b != NULL)
		evict(um, b);
	return (b != NULL);
}

/* A further one, held. um_bufs_lock held; NULL: no memory. */
static struct ufs_buf *
make_buf(struct ufs_mount *um, uint64_t block)
{
	struct ufs_buf *b;

	while (um->um_nbufs >= um->um_max_bufs && evict_one(um))
		continue;
	b = kmem_alloc(sizeof(*b), KM_ZERO);
	if (b == NULL)
		return (NULL);
	/* Another one's memory will do. */
	do
		b->b_data = kmem_alloc(block_size(um), KM_PHYS);
	while (b->b_data == NULL && evict_one(um));
	b->b_block = block;
	b->b_size = (uint32_t)block_size(um);
	b->b_refs = 1;
	cv_init(&b->b_loaded, "ufsread");
	rw_init(&b->b_times, "ufs times");
	list_init(&b->b_lru);
	list_init(&b->b_link);
	if (b->b_data == NULL || radix_set(&um->um_bufs, block, b) != 0) {
		free_buf(b);
		return (NULL);
	}
	um->um_nbufs++;
	return (b);
}

/* The block's buffer, held, whatever is in it. */
static struct ufs_buf *
find_or_make(struct ufs_mount *um, uint64_t block)
{
	struct ufs_buf *b;
	unsigned tries = 0;

	do {
		mutex_lock(&um->um_bufs_lock);
		b = radix_get(&um->um_bufs, block);
		if (b != NULL)
			hold(b);
		else
			b = make_buf(um, block);
		mutex_unlock(&um->um_bufs_lock);
		/* What has begun to change should be brought to its end. */
	} while (__predict_false(b == NULL) && tries++ < 10 && pageout_try());
	return (b);
}

/* Bytes of it that the disk has: less for the last one. */
static size_t
bytes_of(const struct ufs_mount *um, uint64_t block)
{
	const struct ufs *fs = &um->um_fs;
	uint64_t first = block * (uint32_t)fs->fs_sb.fs_frag;

	if (first >= fs->fs_frags)
		return (0);
	return (MIN(block_size(um), (fs->fs_frags - first) << fs->fs_fshift));
}

static void
loaded(struct bio *bp)
{
	struct ufs_buf *b = container_of(bp, struct ufs_buf, b_read);
	bool gone;

	spin_lock(&load_lock);
	atomic_store(&b->b_valid, bp->b_error == 0 && !b->b_outdated);
	b->b_loading = false;
	cv_broadcast(&b->b_loaded);
	gone = b->b_gone;
	spin_unlock(&load_lock);
	if (gone)
		free_buf(b);
}

static void
begin_load(struct ufs_mount *um, struct ufs_buf *b)
{
	const size_t n = bytes_of(um, b->b_block);

	memset(b->b_data + n, 0, b->b_size - n);
	b->b_seg = (struct bio_seg){virt_to_phys(b->b_data), (uint32_t)n};
	b->b_read = (struct bio){.b_cmd = BIO_READ,
	    .b_offset = b->b_block << um->um_fs.fs_bshift,
	    .b_segs = &b->b_seg,
	    .b_nsegs = 1,
	    .b_done = loaded};
	bio_start(um->um_disk, &b->b_read);
}

/* Until it isn't being read. EINTR: the process ends. load_lock held. */
static int
await(struct ufs_buf *b, bool kill)
{
	int error = 0;

	while (b->b_loading && error == 0)
		if (kill)
			error = cv_wait_spin_kill(&b->b_loaded, &load_lock);
		else
			cv_wait_spin(&b->b_loaded, &load_lock);
	return (error);
}

/* One that failed for another thread is tried again. */
static int
load(struct ufs_mount *um, struct ufs_buf *b, bool kill)
{
	bool mine = false;
	int error = kill ? vn_missed(b->b_block) : 0;

	spin_lock(&load_lock);
	while (!b->b_valid && error == 0) {
		if (b->b_loading) {
			error = await(b, kill);
		} else if (mine && b->b_read.b_error != 0) {
			error = b->b_read.b_error;
		} else {
			mine = b->b_loading = true;
			b->b_outdated = false;
			spin_unlock(&load_lock);
			begin_load(um, b);
			spin_lock(&load_lock);
		}
	}
	spin_unlock(&load_lock);
	return (error);
}

static int
get(struct ufs_mount *um, uint64_t block, bool kill, struct ufs_buf **bp)
{
	struct ufs_buf *b;
	int error;

	/* Commits and searches for room go through many. */
	sched_maybe_yield();
	if (bytes_of(um, block) == 0)
		return (EINTEGRITY);
	b = find_or_make(um, block);
	if (b == NULL)
		return (ENOMEM);
	if (__predict_false(!atomic_load(&b->b_valid))) {
		error = load(um, b, kill);
		if (error != 0) {
			ufs_buf_release(um, b);
			return (error);
		}
	}
	*bp = b;
	return (0);
}

int
ufs_buf_get(struct ufs_mount *um, uint64_t block, struct ufs_buf **bp)
{
	return (get(um, block, false, bp));
}

int
ufs_buf_look(struct ufs_mount *um, uint64_t block, struct ufs_buf **bp)
{
	return (get(um, block, true, bp));
}

int
ufs_buf_read(struct ufs_mount *um, uint64_t block)
{
	struct ufs_buf *b;
	int error = ufs_buf_look(um, block, &b);

	if (error == 0)
		ufs_buf_release(um, b);
	return (error);
}

bool
ufs_buf_peek(
    struct ufs_mount *um, uint64_t block, size_t offset, void *buf, size_t n)
{
	struct ufs_buf *b;
	bool there;

	mutex_lock(&um->um_bufs_lock);
	b = radix_get(&um->um_bufs, block);
	there = b != NULL && atomic_load(&b->b_valid);
	if (there) {
		memcpy(buf, b->b_data + offset, n);
		if (b->b_refs == 0) {
			list_remove(&b->b_lru);
			list_push_back(&um->um_buf_lru, &b->b_lru);
		}
	}
	mutex_unlock(&um->um_bufs_lock);
	return (there);
}

int
ufs_buf_new(struct ufs_mount *um, uint64_t block, struct ufs_buf **bp)
{
	struct ufs_buf *b = find_or_make(um, block);

	if (b == NULL)
		return (ENOMEM);
	/* Somebody who has a number only may just be reading what was there. */
	spin_lock(&load_lock);
	(void)await(b, false);
	b->b_loading = true;
	spin_unlock(&load_lock);
	memset(b->b_data, 0, block_size(um));
	b->b_checked = false;
	spin_lock(&load_lock);
	b->b_loading = false;
	atomic_store(&b->b_valid, true);
	cv_broadcast(&b->b_loaded);
	spin_unlock(&load_lock);
	*bp = b;
	return (0);
}

/* um_bufs_lock held. */
static void
release(struct ufs_mount *um, struct ufs_buf *b)
{
	if (--b->b_refs == 0)
		list_push_back(&um->um_buf_lru, &b->b_lru);
}

void
ufs_buf_release(struct ufs_mount *um, struct ufs_buf *b)
{
	mutex_lock(&um->um_bufs_lock);
	release(um, b);
	mutex_unlock(&um->um_bufs_lock);
}

/* Fragments of the block that [offset, offset + len) touches, a bit each. */
static uint8_t
frag_mask(const struct ufs_mount *um, size_t offset, size_t len)
{
	unsigned first = (unsigned)(offset >> um->um_fs.fs_fshift);
	unsigned last = (unsigned)((offset + len - 1) >> um->um_fs.fs_fshift);

	return ((uint8_t)((2u << last) - (1u << first)));
}

void
ufs_buf_dirty(struct ufs_mount *um, struct ufs_buf *b, enum ufs_class class,
    size_t offset, size_t len)
{
	uint8_t mask = frag_mask(um, offset, len);

	mutex_lock(&um->um_bufs_lock);
	if (b->b_dirty == 0) {
		hold(b);
		b->b_class = class;
		list_push_back(&um->um_dirty[class], &b->b_link);
	}
	b->b_dirty |= mask;
	mutex_unlock(&um->um_bufs_lock);
}

void
ufs_buf_late(struct ufs_mount *um, struct ufs_buf *b, size_t offset, size_t len)
{
	/* What a commit that failed has written already isn't late: it would
	 * keep a later phase from being written. */
	mutex_lock(&um->um_bufs_lock);
	b->b_late |= frag_mask(um, offset, len) & b->b_dirty;
	mutex_unlock(&um->um_bufs_lock);
}

void
ufs_buf_fresh(struct ufs_mount *um, struct ufs_buf *b, enum ufs_class class,
    uint64_t frag, uint64_t count)
{
	uint64_t first = frag - b->b_block * (uint32_t)um->um_fs.fs_sb.fs_frag;
	size_t offset = first << um->um_fs.fs_fshift;
	size_t len = count << um->um_fs.fs_fshift;

	ufs_buf_dirty(um, b, class, offset, len);
	mutex_lock(&um->um_bufs_lock);
	b->b_new = ufs_buf_new_frags(um, b) | frag_mask(um, offset, len);
	b->b_batch = um->um_number;
	mutex_unlock(&um->um_bufs_lock);
}

/* um_bufs_lock held. */
static void
forget_frags(struct ufs_mount *um, struct ufs_buf *b, uint8_t mask)
{
	bool was_dirty = b->b_dirty != 0;

	b->b_dirty &= (uint8_t)~mask;
	b->b_new &= (uint8_t)~mask;
	/* Of a commit that failed. */
	b->b_late &= (uint8_t)~mask;
	if (was_dirty && b->b_dirty == 0) {
		list_remove(&b->b_link);
		release(um, b);
	}
}

void
ufs_buf_forget(struct ufs_mount *um, uint64_t frag, uint64_t count)
{
	const uint32_t per_block = (uint32_t)um->um_fs.fs_sb.fs_frag;
	struct ufs_buf *b;

	mutex_lock(&um->um_bufs_lock);
	while (count > 0) {
		uint64_t in_block = frag % per_block;
		uint64_t n = MIN(count, per_block - in_block);

		b = radix_get(&um->um_bufs, frag / per_block);
		if (b != NULL)
			forget_frags(um, b,
			    (uint8_t)((1u << (in_block + n)) -
				      (1u << in_block)));
		frag += n;
		count -= n;
	}
	mutex_unlock(&um->um_bufs_lock);
}

void
ufs_bufs_forget_all(struct ufs_mount *um)
{
	struct ufs_buf *b;

	mutex_lock(&um->um_bufs_lock);
	for (unsigned i = 0; i < UFS_BUF_CLASSES; i++)
		while ((b = LIST_FIRST(
			    &um->um_dirty[i], struct ufs_buf, b_link)) != NULL)
			forget_frags(um, b, UINT8_MAX);
	mutex_unlock(&um->um_bufs_lock);
}

uint64_t
ufs_buf_shrink(struct ufs_mount *um, uint64_t want)
{
	const uint64_t pages = atop(block_size(um));
	struct ufs_buf *b;
	uint64_t freed = 0;

	if (!mutex_trylock(&um->um_bufs_lock))
		return (0);
	while (freed < want && (b = LIST_FIRST(&um->um_buf_lru, struct ufs_buf,
				    b_lru)) != NULL) {
		evict(um, b);
		freed += pages;
	}
	mutex_unlock(&um->um_bufs_lock);
	return (freed);
}

void
ufs_buf_discard_all(struct ufs_mount *um)
{
	struct ufs_buf *b;

	mutex_lock(&um->um_bufs_lock);
	while ((b = LIST_FIRST(&um->um_buf_lru, struct ufs_buf, b_lru)) != NULL)
		evict(um, b);
	/* Those that are being looked at are read again next time. */
	for (uint64_t i = 0; (b = radix_next(&um->um_bufs, &i)) != NULL; i++) {
		spin_lock(&load_lock);
		atomic_store(&b->b_valid, false);
		b->b_outdated = true;
		spin_unlock(&load_lock);
		b->b_checked = false;
	}
	mutex_unlock(&um->um_bufs_lock);
}
