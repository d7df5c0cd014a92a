/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Blocks, fragments and inodes: the maps of the cylinder groups.
 *
 * All that is done to a map of fragments is changing the pattern of one block,
 * which set_pattern() does together with every count that depends on it.  What
 * is taken is taken at once; what is given back waits in um_frees until the
 * disk doesn't point to it any more.
 */
#include "fbsd/errno.h"
#include "fs/ufs/ufs_mount.h"
#include "core/printf.h"
#include "core/random.h"
#include "time/time.h"
#include "lib/string.h"
#include "vm/kmem.h"
#include "vm/pageout.h"

/* Blocks that are searched for a few free fragments before one that is all free
 * is begun. */
#define SEARCH_MAX 256
#define FREE_TRIES 16 /* at a group that can't be read, to give back to it */

static struct ufs_cg *
cg_of(const struct ufs_buf *b)
{
	return ((struct ufs_cg *)(void *)b->b_data);
}

static uint8_t *
map_at(struct ufs_cg *cg, uint32_t offset)
{
	return ((uint8_t *)cg + offset);
}

static bool
test_bit(const uint8_t *map, uint64_t i)
{
	return (map[i / 8] >> (i % 8) & 1);
}

static void
flip_bit(uint8_t *map, uint64_t i)
{
	map[i / 8] ^= (uint8_t)(1 << (i % 8));
}

/* Do the maps lie where they can, one behind the other? */
static bool
maps_possible(const struct ufs_mount *um, const struct ufs_cg *cg)
{
	const struct ufs_superblock *sb = &um->um_fs.fs_sb;
	const uint64_t size = (uint32_t)sb->fs_cgsize;
	const uint64_t blocks = ((uint32_t)sb->fs_fpg / (uint32_t)sb->fs_frag);

	if (cg->cg_iusedoff < sizeof(*cg) || cg->cg_freeoff > size ||
	    cg->cg_iusedoff + (sb->fs_ipg + 7ul) / 8 > cg->cg_freeoff ||
	    cg->cg_freeoff + ((uint32_t)sb->fs_fpg + 7ul) / 8 > size)
		return (false);
	if (sb->fs_contigsumsize <= 0)
		return (true);
	return (cg->cg_clustersumoff % 4 == 0 &&
		cg->cg_clustersumoff >= sizeof(*cg) &&
		cg->cg_clusteroff <= size &&
		cg->cg_clustersumoff + (uint64_t)sb->fs_contigsumsize * 4 + 4 <=
		    cg->cg_clusteroff &&
		cg->cg_clusteroff + (blocks + 7) / 8 <= size &&
		cg->cg_nclusterblks <= blocks);
}

static uint32_t
cg_hash(const struct ufs_mount *um, struct ufs_cg *cg)
{
	uint32_t was = cg->cg_ckhash, hash;

	cg->cg_ckhash = 0;
	hash = ufs_crc32c(~0u, cg, (size_t)um->um_fs.fs_sb.fs_cgsize);
	cg->cg_ckhash = was;
	return (hash);
}

static uint64_t
group_frags(const struct ufs_mount *um, uint32_t group)
{
	const uint64_t fpg = (uint32_t)um->um_fs.fs_sb.fs_fpg;

	return (MIN(fpg, um->um_fs.fs_frags - fpg * group));
}

static bool
possible(const struct ufs_mount *um, struct ufs_cg *cg, uint32_t group)
{
	const struct ufs_superblock *sb = &um->um_fs.fs_sb;

	return (cg->cg_magic == UFS_CG_MAGIC && cg->cg_cgx == group &&
		cg->cg_ndblk == group_frags(um, group) &&
		cg->cg_niblk == sb->fs_ipg && cg->cg_initediblk <= sb->fs_ipg &&
		maps_possible(um, cg) &&
		(!(sb->fs_metackhash & UFS_CK_CYLGRP) ||
		    cg_hash(um, cg) == cg->cg_ckhash));
}

static uint64_t
group_block(const struct ufs_mount *um, uint64_t group)
{
	const struct ufs_superblock *sb = &um->um_fs.fs_sb;

	return (ufs_frag_block(
	    um, (uint32_t)sb->fs_fpg * group + (uint32_t)sb->fs_cblkno));
}

void
ufs_group_fetch(struct ufs_mount *um, uint64_t frag)
{
	const uint64_t group = frag / (uint32_t)um->um_fs.fs_sb.fs_fpg;

	/* Who needs it hears of errors. */
	(void)ufs_buf_read(um, group_block(um, group));
}

/* um_alloc held. */
static int
group_get(struct ufs_mount *um, uint32_t group, struct ufs_buf **bp)
{
	int error = ufs_buf_get(um, group_block(um, group), bp);

	if (error != 0 || (*bp)->b_checked)
		return (error);
	if (!possible(um, cg_of(*bp), group)) {
		if (!um->um_told)
			kprintf("%s: cylinder group %u is damaged: run fsck\n",
			    um->um_disk->d_name, group);
		um->um_told = true;
		ufs_buf_release(um, *bp);
		return (EINTEGRITY);
	}
	(*bp)->b_checked = true;
	return (0);
}

static void
group_dirty(struct ufs_mount *um, struct ufs_buf *b)
{
	ufs_buf_dirty(
	    um, b, UFS_BUF_GROUP, 0, (size_t)um->um_fs.fs_sb.fs_cgsize);
}

void
ufs_group_seal(struct ufs_mount *um, struct ufs_buf *b)
{
	struct ufs_cg *cg = cg_of(b);

	cg->cg_time = (int64_t)(time_realtime() / NSEC_PER_SEC);
	if (um->um_fs.fs_sb.fs_metackhash & UFS_CK_CYLGRP)
		cg->cg_ckhash = cg_hash(um, cg);
}

/* The free fragments of a block, a bit each. */
static unsigned
get_pattern(const struct ufs_mount *um, struct ufs_cg *cg, uint64_t block)
{
	const unsigned frag = (unsigned)um->um_fs.fs_sb.fs_frag;
	uint64_t first = block * frag;

	return (map_at(cg, cg->cg_freeoff)[first / 8] >> (first % 8) &
		((1u << frag) - 1));
}

static unsigned
full_pattern(const struct ufs_mount *um)
{
	return ((1u << (unsigned)um->um_fs.fs_sb.fs_frag) - 1);
}

/* The block became free, or isn't any more: its run of free blocks is joined or
 * cut. */
static void
count_clusters(
    const struct ufs_mount *um, struct ufs_cg *cg, uint64_t block, bool freed)
{
	const int64_t most = um->um_fs.fs_sb.fs_contigsumsize;
	uint8_t *map;
	int32_t *sum;
	int64_t before = 0, after = 0;

	if (most <= 0 || block >= cg->cg_nclusterblks)
		return;
	map = map_at(cg, cg->cg_clusteroff);
	sum = (int32_t *)(void *)map_at(cg, cg->cg_clustersumoff);
	if (test_bit(map, block) == freed)
		return;
	flip_bit(map, block);
	while (before < most && (uint64_t)before < block &&
	       test_bit(map, block - 1 - (uint64_t)before))
		before++;
	while (after < most &&
	       block + 1 + (uint64_t)after < cg->cg_nclusterblks &&
	       test_bit(map, block + 1 + (uint64_t)after))
		after++;
	if (before > 0)
		sum[before] += freed ? -1 : 1;
	if (after > 0)
		sum[after] += freed ? -1 : 1;
	sum[MIN(before + after + 1, most)] += freed ? 1 : -1;
}

static int
count_bits(unsigned pattern)
{
	int n = 0;

	for (; pattern != 0; pattern &= pattern - 1)
		n++;
	return (n);
}

/* Adds `by` to the counts of runs of free fragments that the pattern has. */
static void
count_runs(struct ufs_cg *cg, unsigned pattern, int by)
{
	unsigned run = 0;

	for (; pattern != 0; pattern >>= 1) {
		if (pattern & 1)
			run++;
		if (run > 0 && !(pattern & 2)) {
			cg->cg_frsum[run] += (uint32_t)by;
			run = 0;
		}
	}
}

static void
add_counts(struct ufs_mount *um, struct ufs_cg *cg, int blocks, int frags)
{
	struct ufs_superblock *sb = &um->um_fs.fs_sb;
	struct ufs_csum *cs = &um->um_csum[cg->cg_cgx];

	cg->cg_cs.cs_nbfree += blocks;
	cg->cg_cs.cs_nffree += frags;
	cs->cs_nbfree += blocks;
	cs->cs_nffree += frags;
	sb->fs_cs_nbfree += blocks;
	sb->fs_cs_nffree += frags;
}

/* The pattern counts: by is 1 or -1. */
static void
count_pattern(struct ufs_mount *um, struct ufs_cg *cg, uint64_t block,
    unsigned pattern, int by)
{
	if (pattern == full_pattern(um)) {
		add_counts(um, cg, by, 0);
		count_clusters(um, cg, block, by > 0);
	} else if (pattern != 0) {
		add_counts(um, cg, 0, by * count_bits(pattern));
		count_runs(cg, pattern, by);
	}
}

static void
set_pattern(
    struct ufs_mount *um, struct ufs_cg *cg, uint64_t block, unsigned pattern)
{
	const unsigned frag = (unsigned)um->um_fs.fs_sb.fs_frag;
	const unsigned old = get_pattern(um, cg, block);
	uint64_t first = block * frag;

	map_at(cg, cg->cg_freeoff)[first / 8] ^=
	    (uint8_t)((old ^ pattern) << (first % 8));
	count_pattern(um, cg, block, old, -1);
	count_pattern(um, cg, block, pattern, 1);
}

/* The first free block of the group at or behind `from`, or before it. */
static bool
find_block(const struct ufs_mount *um, struct ufs_cg *cg, uint64_t from,
    uint64_t *block)
{
	const uint64_t blocks =
	    cg->cg_ndblk / (unsigned)um->um_fs.fs_sb.fs_frag;
	const unsigned full = full_pattern(um);

	if (cg->cg_cs.cs_nbfree <= 0)
		return (false);
	if (from >= blocks)
		from = 0;
	for (uint64_t i = 0; i < blocks; i++) {
		*block = from + i < blocks ? from + i : from + i - blocks;
		if (get_pattern(um, cg, *block) == full)
			return (true);
	}
	return (false);
}

/* Where in the pattern a run of so many begins: the shortest that will do. */
static int
find_run(unsigned pattern, unsigned count, unsigned frag, unsigned *length)
{
	int best = -1;
	unsigned best_length = frag + 1;

	for (unsigned i = 0; i < frag; i++) {
		unsigned run = 0;

		while (i + run < frag && (pattern >> (i + run) & 1))
			run++;
		if (run >= count && run < best_length) {
			best = (int)i;
			best_length = run;
		}
		i += run;
	}
	*length = best_length;
	return (best);
}

/* A block that isn't free, with a run of `count` free fragments, among so many
 * blocks at most. */
static bool
find_frags(const struct ufs_mount *um, struct ufs_cg *cg, uint64_t from,
    unsigned count, uint64_t most, uint64_t *block, unsigned *at)
{
	const unsigned frag = (unsigned)um->um_fs.fs_sb.fs_frag;
	const uint64_t blocks = cg->cg_ndblk / frag;
	unsigned length, any = count;
	int run;

	while (any < frag && cg->cg_frsum[any] == 0)
		any++;
	if (any >= frag)
		return (false);
	if (from >= blocks)
		from = 0;
	for (uint64_t i = 0; i < MIN(blocks, most); i++) {
		unsigned pattern;

		*block = from + i < blocks ? from + i : from + i - blocks;
		pattern = get_pattern(um, cg, *block);
		if (pattern == 0 || pattern == full_pattern(um))
			continue;
		run = find_run(pattern, count, frag, &length);
		if (run >= 0) {
			*at = (unsigned)run;
			return (true);
		}
	}
	return (false);
}

/*
 * A place for `count` fragments in the group: part of a block that is begun, or
 * a whole one.  `near` is a fragment of the group, or 0: then it begins where
 * the last one was found, so that what is full isn't searched each time.
 */
static bool
find_place(const struct ufs_mount *um, struct ufs_cg *cg, uint32_t near,
    unsigned count, uint64_t *block, unsigned *at)
{
	const unsigned per_block = (unsigned)um->um_fs.fs_sb.fs_frag;
	const uint64_t part = (near != 0 ? near : cg->cg_frotor) / per_block;
	const uint64_t all = (near != 0 ? near : cg->cg_rotor) / per_block;
	const bool fragments = count < per_block;

	*at = 0;
	if (fragments &&
	    find_frags(um, cg, part, count, SEARCH_MAX, block, at)) {
		cg->cg_frotor = (uint32_t)*block * per_block;
		return (true);
	}
	if (find_block(um, cg, all, block)) {
		cg->cg_rotor = (uint32_t)*block * per_block;
		if (fragments)
			cg->cg_frotor = cg->cg_rotor;
		return (true);
	}
	return (fragments &&
		find_frags(um, cg, part, count, UINT64_MAX, block, at));
}

/* `count` fragments of the group; near as above. um_alloc held. */
static int
take(struct ufs_mount *um, uint32_t group, uint32_t near, unsigned count,
    uint64_t *frag)
{
	const unsigned per_block = (unsigned)um->um_fs.fs_sb.fs_frag;
	uint64_t block;
	unsigned at;
	struct ufs_cg *cg;
	struct ufs_buf *b;
	int error;

	error = group_get(um, group, &b);
	if (error != 0)
		return (error);
	cg = cg_of(b);
	if (!find_place(um, cg, near, count, &block, &at)) {
		ufs_buf_release(um, b);
		return (ENOSPC);
	}
	set_pattern(um, cg, block,
	    get_pattern(um, cg, block) & ~(((1u << count) - 1) << at));
	group_dirty(um, b);
	ufs_buf_release(um, b);
	*frag = (uint64_t)(uint32_t)um->um_fs.fs_sb.fs_fpg * group +
		block * per_block + at;
	return (0);
}

/* The reserve is for the super-user. */
static bool
may_take(const struct ufs_mount *um, unsigned count)
{
	const struct ufs_superblock *sb = &um->um_fs.fs_sb;
	int64_t avail = sb->fs_cs_nbfree * sb->fs_frag + sb->fs_cs_nffree;

	if (avail < (int64_t)count)
		return (false);
	return (curthread()->td_cred->cr_uid == 0 ||
		avail - (int64_t)count >=
		    (int64_t)um->um_fs.fs_data_frags * sb->fs_minfree / 100);
}

static bool
group_has(const struct ufs_mount *um, uint32_t group, unsigned count)
{
	const struct ufs_csum *cs = &um->um_csum[group];

	return (
	    cs->cs_nbfree > 0 || (count < (unsigned)um->um_fs.fs_sb.fs_frag &&
				     cs->cs_nffree >= (int32_t)count));
}

int
ufs_alloc_frags(
    struct ufs_mount *um, uint64_t near, unsigned count, uint64_t *frag)
{
	const uint32_t ncg = um->um_fs.fs_sb.fs_ncg;
	const uint32_t fpg = (uint32_t)um->um_fs.fs_sb.fs_fpg;
	uint32_t group = (uint32_t)(near / fpg) % ncg;
	int error = ENOSPC, e;

	mutex_lock(&um->um_alloc);
	if (may_take(um, count))
		for (uint32_t i = 0; i < ncg && error != 0; i++) {
			uint32_t g = (group + i) % ncg;

			if (!group_has(um, g, count))
				continue;
			e = take(um, g, i == 0 ? (uint32_t)(near % fpg) : 0,
			    count, frag);
			/* A damaged group is no reason to give up. */
			if (e == 0 || error == ENOSPC)
				error = e;
		}
	mutex_unlock(&um->um_alloc);
	return (error);
}

int
ufs_alloc_block(struct ufs_mount *um, uint64_t near, uint64_t *frag)
{
	return (
	    ufs_alloc_frags(um, near, (unsigned)um->um_fs.fs_sb.fs_frag, frag));
}

int
ufs_alloc_extend(
    struct ufs_mount *um, uint64_t frag, unsigned have, unsigned want)
{
	const unsigned per_block = (unsigned)um->um_fs.fs_sb.fs_frag;
	const uint32_t fpg = (uint32_t)um->um_fs.fs_sb.fs_fpg;
	const unsigned at = (unsigned)(frag % per_block);
	const unsigned more = ((1u << (want - have)) - 1) << (at + have);
	const uint64_t block = frag % fpg / per_block;
	unsigned pattern;
	struct ufs_buf *b;
	int error;

	if (at + want > per_block)
		return (ENOSPC);
	mutex_lock(&um->um_alloc);
	error = may_take(um, want - have)
		    ? group_get(um, (uint32_t)(frag / fpg), &b)
		    : ENOSPC;
	if (error == 0) {
		pattern = get_pattern(um, cg_of(b), block);
		if ((pattern & more) == more) {
			set_pattern(um, cg_of(b), block, pattern & ~more);
			group_dirty(um, b);
		} else
			error = ENOSPC;
		ufs_buf_release(um, b);
	}
	mutex_unlock(&um->um_alloc);
	return (error);
}

void
ufs_leak(struct ufs_mount *um, const char *what, uint64_t number)
{
	atomic_store(&um->um_leaks, true);
	kprintf("%s: %s %lu can't be freed: run fsck\n", um->um_disk->d_name,
	    what, number);
}

/* A group to give something back to: 0; ENOMEM, EIO if it must wait.  One that
 * can't be had keeps what it would get, *bp being NULL: fsck is to find it.
 * um_alloc held. */
static int
group_get_back(struct ufs_mount *um, uint32_t group, struct ufs_buf **bp)
{
	int error;

	*bp = NULL;
	do
		error = group_get(um, group, bp);
	while (error == ENOMEM && pageout_wait());
	if (error == 0)
		um->um_free_tries = 0;
	if (error == 0 || error == ENOMEM ||
	    (error == EIO && um->um_free_tries++ < FREE_TRIES))
		return (error);
	*bp = NULL;
	ufs_leak(um, "something of group", group);
	return (0);
}

/* Fragments of one block become free in the map. 0; ENOMEM, EIO: not yet.
 * um_alloc held. */
static int
give(struct ufs_mount *um, uint64_t frag, unsigned count)
{
	const unsigned per_block = (unsigned)um->um_fs.fs_sb.fs_frag;
	const uint32_t fpg = (uint32_t)um->um_fs.fs_sb.fs_fpg;
	const uint64_t block = frag % fpg / per_block;
	const unsigned mask = ((1u << count) - 1) << (frag % per_block);
	unsigned pattern;
	struct ufs_buf *b;
	int error;

	error = group_get_back(um, (uint32_t)(frag / fpg), &b);
	if (error != 0 || b == NULL)
		return (error);
	pattern = get_pattern(um, cg_of(b), block);
	if ((pattern & mask) != 0)
		kprintf("%s: fragment %lu is free already: run fsck\n",
		    um->um_disk->d_name, frag);
	set_pattern(um, cg_of(b), block, pattern | mask);
	group_dirty(um, b);
	ufs_buf_release(um, b);
	return (0);
}

/* On an error *x is what is left. */
static int
give_extent(struct ufs_mount *um, struct ufs_extent *x)
{
	const unsigned per_block = (unsigned)um->um_fs.fs_sb.fs_frag;
	uint64_t n;
	int error;

	for (; x->count > 0; x->frag += n, x->count -= n) {
		n = MIN(x->count, per_block - x->frag % per_block);
		error = give(um, x->frag, (unsigned)n);
		if (error != 0)
			return (error);
	}
	return (0);
}

void
ufs_alloc_undo(struct ufs_mount *um, uint64_t frag, unsigned count)
{
	struct ufs_extent x = {frag, count};
	int error;

	ufs_buf_forget(um, frag, count);
	mutex_lock(&um->um_alloc);
	error = give_extent(um, &x);
	mutex_unlock(&um->um_alloc);
	if (error != 0)
		ufs_free_later(um, x.frag, x.count);
}

/* Room for another extent, or NULL. um_alloc held. */
static struct ufs_extents *
extents_with_room(struct ufs_mount *um)
{
	struct ufs_extents *e = um->um_frees;
	unsigned tries = 0;

	if (e != NULL && e->n < UFS_EXTENTS)
		return (e);
	do
		e = kmem_alloc(sizeof(*e), 0);
	while (e == NULL && tries++ < 10 && pageout_try());
	if (e == NULL)
		return (NULL);
	e->n = 0;
	e->next = um->um_frees;
	um->um_frees = e;
	return (e);
}

void
ufs_free_later(struct ufs_mount *um, uint64_t frag, uint64_t count)
{
	struct ufs_extents *e;
	struct ufs_extent *last;

	if (frag >= um->um_fs.fs_frags || count > um->um_fs.fs_frags - frag)
		return;
	mutex_lock(&um->um_alloc);
	e = um->um_frees;
	last = e != NULL && e->n > 0 ? &e->extent[e->n - 1] : NULL;
	um->um_freeing += count;
	if (last != NULL && last->frag + last->count == frag)
		last->count += count;
	else if (last != NULL && frag + count == last->frag) {
		last->frag = frag;
		last->count += count;
	} else if ((e = extents_with_room(um)) != NULL)
		e->extent[e->n++] = (struct ufs_extent){frag, count};
	else
		ufs_leak(um, "fragment", frag);
	mutex_unlock(&um->um_alloc);
}

int
ufs_apply_frees(struct ufs_mount *um)
{
	struct ufs_extents *e;
	struct ufs_extent *x;
	int error = 0;

	mutex_lock(&um->um_alloc);
	while (error == 0 && (e = um->um_frees) != NULL) {
		for (; error == 0 && e->n > 0; e->n -= error == 0) {
			x = &e->extent[e->n - 1];
			ufs_buf_forget(um, x->frag, x->count);
			um->um_freeing -= x->count;
			error = give_extent(um, x);
			um->um_freeing += x->count;
		}
		if (error == 0) {
			um->um_frees = e->next;
			kmem_free(e, sizeof(*e));
		}
	}
	mutex_unlock(&um->um_alloc);
	return (error);
}

uint64_t
ufs_near(struct ufs_mount *um, uint64_t ino)
{
	const struct ufs_superblock *sb = &um->um_fs.fs_sb;

	return (ino / sb->fs_ipg * (uint32_t)sb->fs_fpg);
}

/* Blocks of inodes are made when they are first needed; they must be on the
 * disk before the group says that there are so many. um_alloc held. */
static int
make_inodes(struct ufs_mount *um, struct ufs_cg *cg)
{
	const struct ufs_superblock *sb = &um->um_fs.fs_sb;
	uint64_t frag =
	    (uint64_t)(uint32_t)sb->fs_fpg * cg->cg_cgx +
	    (uint32_t)sb->fs_iblkno +
	    (uint64_t)cg->cg_initediblk / sb->fs_inopb * (uint32_t)sb->fs_frag;
	struct ufs2_dinode *di;
	struct ufs_buf *b;
	int error;

	error = ufs_buf_new(um, ufs_frag_block(um, frag), &b);
	if (error != 0)
		return (error);
	di = (void *)b->b_data;
	for (uint32_t i = 0; i < sb->fs_inopb; i++)
		random_bytes(&di[i].di_gen, sizeof(di[i].di_gen));
	error = disk_write(um->um_disk, frag << um->um_fs.fs_fshift, b->b_data,
	    (size_t)sb->fs_bsize);
	ufs_buf_release(um, b);
	if (error != 0)
		return (error);
	um->um_inodes_made = true;
	cg->cg_initediblk += sb->fs_inopb;
	return (0);
}

static bool
find_inode(struct ufs_cg *cg, uint32_t *index)
{
	const uint8_t *used = map_at(cg, cg->cg_iusedoff);
	uint32_t from = cg->cg_irotor < cg->cg_niblk ? cg->cg_irotor : 0;

	for (uint32_t i = 0; i < cg->cg_niblk; i++) {
		*index = from + i < cg->cg_niblk ? from + i
						 : from + i - cg->cg_niblk;
		if (!test_bit(used, *index))
			return (true);
	}
	return (false);
}

static void
count_inode(struct ufs_mount *um, struct ufs_cg *cg, int inodes, int dirs)
{
	struct ufs_superblock *sb = &um->um_fs.fs_sb;
	struct ufs_csum *cs = &um->um_csum[cg->cg_cgx];

	cg->cg_cs.cs_nifree += inodes;
	cg->cg_cs.cs_ndir += dirs;
	cs->cs_nifree += inodes;
	cs->cs_ndir += dirs;
	sb->fs_cs_nifree += inodes;
	sb->fs_cs_ndir += dirs;
}

/* um_alloc held. */
static int
take_inode(struct ufs_mount *um, uint32_t group, bool dir, uint64_t *ino)
{
	struct ufs_cg *cg;
	struct ufs_buf *b;
	uint32_t index;
	int error;

	error = group_get(um, group, &b);
	if (error != 0)
		return (error);
	cg = cg_of(b);
	if (!find_inode(cg, &index))
		error = ENOSPC;
	while (error == 0 && index >= cg->cg_initediblk)
		error = make_inodes(um, cg);
	if (error == 0) {
		flip_bit(map_at(cg, cg->cg_iusedoff), index);
		cg->cg_irotor = index;
		count_inode(um, cg, -1, dir ? 1 : 0);
		group_dirty(um, b);
		*ino = (uint64_t)group * um->um_fs.fs_sb.fs_ipg + index;
	}
	ufs_buf_release(um, b);
	return (error);
}

/* Directories go where there is more room than on the average, files to their
 * directory. */
static bool
group_suits(const struct ufs_mount *um, uint32_t group, bool dir)
{
	const struct ufs_superblock *sb = &um->um_fs.fs_sb;
	const struct ufs_csum *cs = &um->um_csum[group];

	if (!dir)
		return (cs->cs_nifree > 0 && cs->cs_nbfree > 0);
	return (cs->cs_nifree > 0 &&
		cs->cs_nifree >= sb->fs_cs_nifree / sb->fs_ncg / 2 &&
		cs->cs_nbfree >= sb->fs_cs_nbfree / sb->fs_ncg / 2);
}

int
ufs_alloc_inode(struct ufs_mount *um, uint64_t parent, bool dir, uint64_t *ino)
{
	const struct ufs_superblock *sb = &um->um_fs.fs_sb;
	uint32_t first = (uint32_t)(parent / sb->fs_ipg);
	int error = ENOSPC, e;

	mutex_lock(&um->um_alloc);
	/* First where it suits, then wherever there is one. */
	for (uint32_t i = 0; i < 2 * sb->fs_ncg && error != 0; i++) {
		uint32_t group = (first + i) % sb->fs_ncg;

		if (um->um_csum[group].cs_nifree <= 0 ||
		    (i < sb->fs_ncg && !group_suits(um, group, dir)))
			continue;
		e = take_inode(um, group, dir, ino);
		if (e == 0 || error == ENOSPC)
			error = e;
	}
	mutex_unlock(&um->um_alloc);
	return (error);
}

int
ufs_free_inode(struct ufs_mount *um, uint64_t ino, bool dir)
{
	const uint32_t ipg = um->um_fs.fs_sb.fs_ipg;
	struct ufs_cg *cg;
	struct ufs_buf *b;
	uint8_t *used;
	int error;

	mutex_lock(&um->um_alloc);
	error = group_get_back(um, (uint32_t)(ino / ipg), &b);
	if (error == 0 && b != NULL) {
		cg = cg_of(b);
		used = map_at(cg, cg->cg_iusedoff);
		if (test_bit(used, ino % ipg)) {
			flip_bit(used, ino % ipg);
			count_inode(um, cg, 1, dir ? -1 : 0);
			cg->cg_irotor =
			    MIN(cg->cg_irotor, (uint32_t)(ino % ipg));
			group_dirty(um, b);
		}
		ufs_buf_release(um, b);
	}
	mutex_unlock(&um->um_alloc);
	return (error);
}

/* The table of all groups' counts lies in the first group's data. */
static int
csum_io(struct ufs_mount *um, bool write)
{
	const struct ufs_superblock *sb = &um->um_fs.fs_sb;
	uint64_t offset = (uint64_t)sb->fs_csaddr << um->um_fs.fs_fshift;
	size_t size = (size_t)sb->fs_cssize;

	if (write)
		return (disk_write(um->um_disk, offset, um->um_csum, size));
	return (disk_read(um->um_disk, offset, um->um_csum, size));
}

int
ufs_csum_read(struct ufs_mount *um)
{
	const struct ufs_superblock *sb = &um->um_fs.fs_sb;
	uint64_t size = (uint64_t)sb->fs_cssize;

	if (sb->fs_cssize <= 0 ||
	    size < (uint64_t)sb->fs_ncg * sizeof(struct ufs_csum) ||
	    size % (uint32_t)sb->fs_fsize != 0 || size > 64ul << 20 ||
	    sb->fs_csaddr <= 0 ||
	    (uint64_t)sb->fs_csaddr + (size >> um->um_fs.fs_fshift) >
		um->um_fs.fs_frags)
		return (EINTEGRITY);
	um->um_csum = kmem_alloc(size, 0);
	if (um->um_csum == NULL)
		return (ENOMEM);
	return (csum_io(um, false));
}

int
ufs_csum_write(struct ufs_mount *um)
{
	return (csum_io(um, true));
}
