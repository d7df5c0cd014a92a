/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cylinder groups: the maps that follow from all that was found, compared with
 * those on the disk; their sums; and the summary of all groups.
 */
#include <string.h>

#include "impl.h"

static bool
get_bit(const uint8_t *map, uint32_t i)
{
	return (map[i / 8] >> i % 8 & 1);
}

static void
put_bit(uint8_t *map, uint32_t i, bool on)
{
	uint8_t bit = (uint8_t)(1 << i % 8);

	map[i / 8] = (uint8_t)(on ? map[i / 8] | bit : map[i / 8] & ~bit);
}

static uint32_t
group_frags(const struct check *c, uint32_t group)
{
	uint64_t first = (uint64_t)c->fs.fs_sb.fs_fpg * group;
	uint64_t left = c->fs.fs_frags - first;

	return (left < (uint32_t)c->fs.fs_sb.fs_fpg
		    ? (uint32_t)left
		    : (uint32_t)c->fs.fs_sb.fs_fpg);
}

static uint64_t
group_place(const struct check *c, uint32_t group)
{
	return ((group_first(c, group) + (uint32_t)c->fs.fs_sb.fs_cblkno)
		<< c->fs.fs_fshift);
}

static uint32_t
blocks_in(const struct check *c, uint32_t frags)
{
	return (frags / (uint32_t)c->fs.fs_sb.fs_frag);
}

/* The maps lie one behind the other and within the group's block.  The sums of
 * clusters begin with one that isn't used and may lie over what is before. */
static bool
maps_fit(const struct check *c, const struct ufs_cg *cg)
{
	const struct ufs_superblock *sb = &c->fs.fs_sb;
	uint64_t size = (uint64_t)sb->fs_cgsize, end;
	uint64_t sums = (uint64_t)sb->fs_contigsumsize;

	if (cg->cg_iusedoff < sizeof(*cg) ||
	    (uint64_t)cg->cg_iusedoff + (sb->fs_ipg + 7) / 8 > cg->cg_freeoff)
		return (false);
	end = (uint64_t)cg->cg_freeoff + ((uint32_t)sb->fs_fpg + 7) / 8;
	if (end > size)
		return (false);
	if (sums == 0)
		return (true);
	return (cg->cg_clustersumoff % 4 == 0 &&
		(uint64_t)cg->cg_clustersumoff + 4 >= end &&
		(uint64_t)cg->cg_clustersumoff + 4 * (sums + 1) <=
		    cg->cg_clusteroff &&
		(uint64_t)cg->cg_clusteroff +
			(blocks_in(c, (uint32_t)sb->fs_fpg) + 7) / 8 <=
		    size);
}

static bool
header_good(const struct check *c, uint32_t group, const struct ufs_cg *cg)
{
	const struct ufs_superblock *sb = &c->fs.fs_sb;
	uint32_t frags = group_frags(c, group);

	if (cg->cg_magic != UFS_CG_MAGIC || cg->cg_cgx != group ||
	    cg->cg_ndblk != frags || !maps_fit(c, cg))
		return (false);
	if (sb->fs_contigsumsize > 0 &&
	    cg->cg_nclusterblks != blocks_in(c, frags))
		return (false);
	return (c->ufs1 || (cg->cg_niblk == sb->fs_ipg &&
			       cg->cg_initediblk <= sb->fs_ipg));
}

bool
group_header(struct check *c, uint32_t group, struct ufs_cg *cg)
{
	cache_read(c, group_place(c, group), cg, sizeof(*cg));
	return (header_good(c, group, cg));
}

static uint32_t
group_hash(const struct check *c, uint8_t *group)
{
	struct ufs_cg *cg = (void *)group;
	uint32_t hash, saved = cg->cg_ckhash;

	cg->cg_ckhash = 0;
	hash = ufs_crc32c(~0u, group, (size_t)c->fs.fs_sb.fs_cgsize);
	cg->cg_ckhash = saved;
	return (hash);
}

static bool
hashed(const struct check *c)
{
	return (!c->ufs1 && (c->fs.fs_sb.fs_metackhash & UFS_CK_CYLGRP));
}

/* A header as newfs(8) makes it. */
static void
header_make(struct check *c, uint32_t group, struct ufs_cg *cg)
{
	const struct ufs_superblock *sb = &c->fs.fs_sb;
	uint32_t end;

	memset(cg, 0, (size_t)sb->fs_cgsize);
	cg->cg_magic = UFS_CG_MAGIC;
	cg->cg_cgx = group;
	cg->cg_ndblk = group_frags(c, group);
	cg->cg_time = c->opt->now;
	cg->cg_iusedoff = sizeof(*cg);
	cg->cg_freeoff = cg->cg_iusedoff + (sb->fs_ipg + 7) / 8;
	end = cg->cg_freeoff + ((uint32_t)sb->fs_fpg + 7) / 8;
	if (sb->fs_contigsumsize > 0) {
		cg->cg_clustersumoff = ((end + 3) & ~3u) - 4;
		cg->cg_clusteroff = cg->cg_clustersumoff +
				    4 * ((uint32_t)sb->fs_contigsumsize + 1);
		cg->cg_nclusterblks = blocks_in(c, cg->cg_ndblk);
		end = cg->cg_clusteroff +
		      (blocks_in(c, (uint32_t)sb->fs_fpg) + 7) / 8;
	}
	cg->cg_nextfreeoff = end;
	cg->cg_niblk = sb->fs_ipg;
}

/* Whole free blocks that follow each other are counted by their number. */
static void
cluster_add(const struct check *c, uint8_t *group, uint32_t run)
{
	const struct ufs_cg *cg = (const void *)group;
	uint32_t most = (uint32_t)c->fs.fs_sb.fs_contigsumsize, n;
	uint8_t *at;

	if (run == 0 || most == 0)
		return;
	at = group + cg->cg_clustersumoff + 4 * (run < most ? run : most);
	memcpy(&n, at, 4);
	n++;
	memcpy(at, &n, 4);
}

static void
clusters_reset(const struct check *c, uint8_t *group)
{
	const struct ufs_cg *cg = (const void *)group;
	uint32_t most = (uint32_t)c->fs.fs_sb.fs_contigsumsize;

	if (most == 0)
		return;
	memset(group + cg->cg_clustersumoff + 4, 0, 4 * most);
	memset(group + cg->cg_clusteroff, 0,
	    (blocks_in(c, (uint32_t)c->fs.fs_sb.fs_fpg) + 7) / 8);
}

/* A block that isn't free as a whole: its free runs, by length. */
static void
frags_sum(struct ufs_cg *cg, const uint8_t *map, uint32_t at, uint32_t n)
{
	uint32_t run = 0;

	for (uint32_t i = 0; i <= n; i++) {
		if (i < n && get_bit(map, at + i)) {
			cg->cg_cs.cs_nffree++;
			run++;
			continue;
		}
		if (run > 0 && run < UFS_FRAGS_MAX)
			cg->cg_frsum[run]++;
		run = 0;
	}
}

/* All sums that follow from the two maps; cs_ndir stays. */
static void
group_sum(const struct check *c, uint8_t *group)
{
	struct ufs_cg *cg = (void *)group;
	const uint32_t frag = (uint32_t)c->fs.fs_sb.fs_frag;
	const uint8_t *iused = group + cg->cg_iusedoff;
	const uint8_t *map = group + cg->cg_freeoff;
	uint32_t run = 0, n, i;

	cg->cg_cs.cs_nbfree = cg->cg_cs.cs_nifree = cg->cg_cs.cs_nffree = 0;
	memset(cg->cg_frsum, 0, sizeof(cg->cg_frsum));
	clusters_reset(c, group);
	for (i = 0; i < c->fs.fs_sb.fs_ipg; i++)
		cg->cg_cs.cs_nifree += !get_bit(iused, i);
	for (uint32_t at = 0; at < cg->cg_ndblk; at += frag) {
		n = cg->cg_ndblk - at < frag ? cg->cg_ndblk - at : frag;
		for (i = 0; i < n && get_bit(map, at + i); i++)
			;
		if (i == frag) {
			cg->cg_cs.cs_nbfree++;
			run++;
			if (c->fs.fs_sb.fs_contigsumsize > 0)
				put_bit(
				    group + cg->cg_clusteroff, at / frag, true);
			continue;
		}
		frags_sum(cg, map, at, n);
		cluster_add(c, group, run);
		run = 0;
	}
	cluster_add(c, group, run);
}

struct differences {
	uint32_t inodes_free, inodes_used; /* wrongly so on the disk */
	uint32_t frags_free, frags_used;
};

/* The maps as they must be, into group_new; counts what was different. */
static void
maps_make(struct check *c, uint32_t group, struct differences *d)
{
	struct ufs_cg *cg = (void *)c->group_new;
	const uint64_t first = (uint64_t)c->fs.fs_sb.fs_fpg * group;
	const uint32_t ipg = c->fs.fs_sb.fs_ipg;
	uint8_t *iused = c->group_new + cg->cg_iusedoff;
	uint8_t *map = c->group_new + cg->cg_freeoff;
	uint64_t ino;
	bool is, was;

	memset(d, 0, sizeof(*d));
	cg->cg_cs.cs_ndir = 0;
	for (uint32_t i = 0; i < (ipg + 7) / 8 * 8; i++) {
		ino = (uint64_t)group * ipg + i;
		is = i < ipg && (ino < UFS_ROOT_INO || c->inodes[ino].type);
		cg->cg_cs.cs_ndir += i < ipg && c->inodes[ino].type == DT_DIR;
		was = get_bit(iused, i);
		d->inodes_free += is && !was;
		d->inodes_used += !is && was;
		put_bit(iused, i, is);
	}
	for (uint32_t i = 0; i < (uint32_t)c->fs.fs_sb.fs_fpg; i++) {
		is = i < cg->cg_ndblk && !frags_used(c, first + i, 1);
		was = get_bit(map, i);
		d->frags_used += is && !was;
		d->frags_free += !is && was;
		put_bit(map, i, is);
	}
}

static void
maps_report(struct check *c, uint32_t group, const struct differences *d)
{
	if (d->inodes_free != 0)
		report(c, CHECK_DAMAGE, HARD,
		    "group %u: %u inodes in use are marked as free", group,
		    d->inodes_free);
	if (d->frags_free != 0)
		report(c, CHECK_DAMAGE, HARD,
		    "group %u: %u fragments in use are marked as free", group,
		    d->frags_free);
	if (d->inodes_used != 0)
		report(c, CHECK_UNREFERENCED, HARMLESS,
		    "group %u: %u inodes are marked as in use, but aren't",
		    group, d->inodes_used);
	if (d->frags_used != 0)
		report(c, CHECK_UNREFERENCED, HARMLESS,
		    "group %u: %u fragments are marked as in use, but aren't",
		    group, d->frags_used);
}

/* Do the sums on the disk follow from its own maps? */
static void
sums_check(struct check *c, uint32_t group, const struct differences *d)
{
	const struct ufs_cg *old = (const void *)c->group;
	const struct ufs_cg *new = (const void *)c->group_new;
	size_t size = (size_t)c->fs.fs_sb.fs_cgsize;
	int64_t dirs = (int64_t)old->cg_cs.cs_ndir - new->cg_cs.cs_ndir;

	/* Directories that are freed are among the inodes that are. */
	if (dirs < 0 || dirs > d->inodes_used)
		report(c, CHECK_DAMAGE, HARMLESS,
		    "group %u: it counts %d directories, but has %d", group,
		    old->cg_cs.cs_ndir, new->cg_cs.cs_ndir);
	memcpy(c->group_sums, c->group, size);
	group_sum(c, c->group_sums);
	if (memcmp(c->group_sums, c->group, size) != 0)
		report(c, CHECK_DAMAGE, HARMLESS,
		    "group %u: its sums aren't those of its maps", group);
}

/* Where the last allocations were: only hints. */
static void
rotors_check(struct check *c, uint32_t group)
{
	struct ufs_cg *cg = (void *)c->group_new;

	if (cg->cg_rotor < cg->cg_ndblk && cg->cg_frotor < cg->cg_ndblk &&
	    cg->cg_irotor < c->fs.fs_sb.fs_ipg)
		return;
	report(c, CHECK_DAMAGE, HARMLESS,
	    "group %u: it looks for free blocks or inodes outside of it",
	    group);
	cg->cg_rotor = cg->cg_frotor = cg->cg_irotor = 0;
}

static void
add(struct ufs_superblock *sb, const struct ufs_csum *cs)
{
	sb->fs_cs_ndir += cs->cs_ndir;
	sb->fs_cs_nbfree += cs->cs_nbfree;
	sb->fs_cs_nifree += cs->cs_nifree;
	sb->fs_cs_nffree += cs->cs_nffree;
}

/* Reads a group's block, makes the one that it must be, and compares. */
static bool
group_check(struct check *c, uint32_t group)
{
	struct ufs_cg *cg = (void *)c->group, *new = (void *)c->group_new;
	size_t size = (size_t)c->fs.fs_sb.fs_cgsize;
	struct differences d;
	bool good;

	cache_read(c, group_place(c, group), c->group, size);
	good = header_good(c, group, cg);
	if (good) {
		memcpy(new, cg, size);
	} else {
		report(c, CHECK_DAMAGE, HARD,
		    "group %u: its header makes no sense", group);
		header_make(c, group, new);
	}
	if (good && hashed(c) && group_hash(c, c->group) != cg->cg_ckhash)
		report(c, CHECK_DAMAGE, HARD,
		    "group %u: its check hash is wrong", group);
	maps_make(c, group, &d);
	if (good) {
		maps_report(c, group, &d);
		sums_check(c, group, &d);
		rotors_check(c, group);
	}
	if (!c->ufs1)
		new->cg_initediblk = c->inited[group];
	group_sum(c, c->group_new);
	if (hashed(c))
		new->cg_ckhash = group_hash(c, c->group_new);
	cache_write(c, group_place(c, group), new, size);
	return (good);
}

/* The summary's entry of a group: is it that of the disk's group? */
static bool
summary_check(struct check *c, uint32_t group, bool good)
{
	const struct ufs_superblock *sb = &c->fs.fs_sb;
	const struct ufs_cg *cg = (const void *)c->group;
	const struct ufs_cg *new = (const void *)c->group_new;
	uint64_t frag =
	    c->ufs1 ? (uint32_t)sb->fs_old_csaddr : (uint64_t)sb->fs_csaddr;
	uint64_t place = (frag << c->fs.fs_fshift) +
			 (uint64_t)group * sizeof(struct ufs_csum);
	struct ufs_csum cs;

	cache_read(c, place, &cs, sizeof(cs));
	cache_write(c, place, &new->cg_cs, sizeof(cs));
	return (!good || memcmp(&cs, &cg->cg_cs, sizeof(cs)) == 0);
}

static bool
same_totals(const struct check *c, const struct ufs_superblock *a)
{
	const struct ufs_superblock *sb = &c->fs.fs_sb;

	if (c->ufs1)
		return (sb->fs_old_cstotal[0] == a->fs_cs_ndir &&
			sb->fs_old_cstotal[1] == a->fs_cs_nbfree &&
			sb->fs_old_cstotal[2] == a->fs_cs_nifree &&
			sb->fs_old_cstotal[3] == a->fs_cs_nffree);
	return (sb->fs_cs_ndir == a->fs_cs_ndir &&
		sb->fs_cs_nbfree == a->fs_cs_nbfree &&
		sb->fs_cs_nifree == a->fs_cs_nifree &&
		sb->fs_cs_nffree == a->fs_cs_nffree);
}

static void
totals_set(struct ufs_superblock *sb, const struct ufs_superblock *from)
{
	sb->fs_cs_ndir = from->fs_cs_ndir;
	sb->fs_cs_nbfree = from->fs_cs_nbfree;
	sb->fs_cs_nifree = from->fs_cs_nifree;
	sb->fs_cs_nffree = from->fs_cs_nffree;
}

void
groups_check(struct check *c)
{
	struct ufs_superblock *sb = &c->fs.fs_sb;
	size_t size = (size_t)sb->fs_cgsize;
	struct ufs_superblock old = {.fs_cs_ndir = 0}, new = old;
	uint32_t stale = 0;
	bool good, all_good = true;

	c->group = check_alloc(c, size, 1);
	c->group_new = check_alloc(c, size, 1);
	c->group_sums = check_alloc(c, size, 1);
	for (uint32_t i = 0; i < sb->fs_ncg; i++) {
		good = group_check(c, i);
		all_good &= good;
		stale += !summary_check(c, i, good);
		add(&old, &((const struct ufs_cg *)c->group)->cg_cs);
		add(&new, &((const struct ufs_cg *)c->group_new)->cg_cs);
	}
	if (stale != 0)
		report(c, CHECK_SUMMARY, HARMLESS,
		    "groups: the counts of %u of them aren't up to date",
		    stale);
	if (all_good && !same_totals(c, &old))
		report(c, CHECK_SUMMARY, HARMLESS,
		    "superblock: its totals aren't up to date");
	totals_set(sb, &new);
}
