/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cylinder groups: the maps that follow from all that was found, compared with
 * those on the disk; their sums; and the summary of all groups.
 */
#include <string.h>

#include "cgroup.h"
#include "impl.h"

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
	return (
	    (ufs_group_start(&c->fs, group) + (uint32_t)c->fs.fs_sb.fs_cblkno)
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

/* One more than the last inode that a group's map has in use. */
static uint32_t
last_used(struct check *c, uint32_t group, const struct ufs_cg *cg)
{
	uint32_t i = c->fs.fs_sb.fs_ipg;
	uint8_t byte = 0;

	for (; i > 0; i--) {
		if (i == c->fs.fs_sb.fs_ipg || i % 8 == 0)
			cache_read(c,
			    group_place(c, group) + cg->cg_iusedoff +
				(i - 1) / 8,
			    &byte, 1);
		if (byte >> (i - 1) % 8 & 1)
			break;
	}
	return (i);
}

/* In UFS2 the group tells; if that can't be, by what it has in use. */
uint32_t
group_inited(struct check *c, uint32_t group)
{
	const struct ufs_superblock *sb = &c->fs.fs_sb;
	struct ufs_cg cg;
	uint32_t least;

	cache_read(c, group_place(c, group), &cg, sizeof(cg));
	if (c->ufs1 || !header_good(c, group, &cg))
		return (sb->fs_ipg);
	least = group == 0 ? UFS_ROOT_INO + 1 : 0;
	if (last_used(c, group, &cg) > least)
		least = last_used(c, group, &cg);
	least = (least + sb->fs_inopb - 1) / sb->fs_inopb * sb->fs_inopb;
	if (cg.cg_initediblk >= least && cg.cg_initediblk % sb->fs_inopb == 0)
		return (cg.cg_initediblk);
	report(c, CHECK_DAMAGE, HARD,
	    "group %u: inodes are in use that it hasn't initialised", group);
	return (least);
}

static bool
hashed(const struct check *c)
{
	return (!c->ufs1 && (c->fs.fs_sb.fs_metackhash & UFS_CK_CYLGRP));
}

/* What is wrongly marked on the disk. */
struct differences {
	uint32_t inodes_free, inodes_used;
	uint32_t frags_free, frags_used;
};

static bool
inode_used(const struct check *c, uint64_t ino)
{
	return (ino < UFS_ROOT_INO || c->inodes[ino].type != 0);
}

static bool
inode_named(const struct check *c, uint64_t ino)
{
	return (ino <= UFS_ROOT_INO || c->inodes[ino].names > 0);
}

/* The maps of the group that is in c->group. */
static void
maps_compare(const struct check *c, uint32_t group, struct differences *d)
{
	const struct ufs_cg *cg = (const void *)c->group;
	const uint64_t frag = (uint64_t)c->fs.fs_sb.fs_fpg * group;
	const uint64_t ino = (uint64_t)c->fs.fs_sb.fs_ipg * group;
	const uint8_t *iused = c->group + cg->cg_iusedoff;
	const uint8_t *map = c->group + cg->cg_freeoff;

	memset(d, 0, sizeof(*d));
	for (uint32_t i = 0; i < c->fs.fs_sb.fs_ipg; i++) {
		if (cg_bit(iused, i))
			d->inodes_used += !inode_used(c, ino + i);
		else
			d->inodes_free +=
			    inode_used(c, ino + i) && inode_named(c, ino + i);
	}
	for (uint32_t i = 0; i < cg->cg_ndblk; i++) {
		if (cg_bit(map, i))
			d->frags_free += frags_used(c, frag + i, 1);
		else
			d->frags_used += !frags_used(c, frag + i, 1);
	}
}

/* What has a name must not be marked as free.  What hasn't may be: a cut can
 * come before the maps are written. */
void
groups_named(struct check *c)
{
	struct differences d;
	struct ufs_cg *cg;

	c->group = check_alloc(c, (size_t)c->fs.fs_sb.fs_cgsize, 1);
	cg = (void *)c->group;
	for (uint32_t i = 0; i < c->fs.fs_sb.fs_ncg; i++) {
		cache_read(c, group_place(c, i), c->group,
		    (size_t)c->fs.fs_sb.fs_cgsize);
		if (!header_good(c, i, cg))
			continue;
		maps_compare(c, i, &d);
		if (d.inodes_free != 0)
			report(c, CHECK_DAMAGE, HARD,
			    "group %u: %u inodes in use are marked as free", i,
			    d.inodes_free);
		if (d.frags_free != 0)
			report(c, CHECK_DAMAGE, HARD,
			    "group %u: %u fragments in use are marked as free",
			    i, d.frags_free);
	}
}

static void
unused_report(struct check *c, uint32_t group, const struct differences *d)
{
	if (d->inodes_used != 0)
		report(c, CHECK_UNREFERENCED, HARMLESS,
		    "group %u: %u inodes are marked as in use, but aren't",
		    group, d->inodes_used);
	if (d->frags_used != 0)
		report(c, CHECK_UNREFERENCED, HARMLESS,
		    "group %u: %u fragments are marked as in use, but aren't",
		    group, d->frags_used);
}

/* The least and the most directories that a group may count: those without a
 * name, and those about to be freed, may be missing or still there. */
static void
directories_check(struct check *c, uint32_t group, const struct differences *d)
{
	const struct ufs_cg *cg = (const void *)c->group;
	const uint64_t ino = (uint64_t)c->fs.fs_sb.fs_ipg * group;
	int64_t least = 0, most = d->inodes_used;

	for (uint32_t i = 0; i < c->fs.fs_sb.fs_ipg; i++) {
		if (c->inodes[ino + i].type != DT_DIR)
			continue;
		most++;
		least += (c->inodes[ino + i].marks & INODE_REJOIN) == 0;
	}
	if (cg->cg_cs.cs_ndir < least || cg->cg_cs.cs_ndir > most)
		report(c, CHECK_SUMMARY, HARMLESS,
		    "group %u: it counts %d directories, but has %lld", group,
		    cg->cg_cs.cs_ndir, (long long)least);
}

/*
 * Do the sums on the disk follow from its own maps?  When power fails while a
 * group is written, some of its sectors are the new ones and others aren't:
 * then they don't, and its check hash is wrong.
 */
static void
sums_check(struct check *c, uint32_t group)
{
	size_t size = (size_t)c->fs.fs_sb.fs_cgsize;

	memcpy(c->group_new, c->group, size);
	cg_sum(&c->fs.fs_sb, (void *)c->group_new);
	if (memcmp(c->group_new, c->group, size) != 0)
		report(c, CHECK_SUMMARY, HARMLESS,
		    "group %u: its sums aren't those of its maps", group);
}

/* Where the last allocations were is only a hint, but must be in the group. */
static bool
rotors_good(const struct check *c, const struct ufs_cg *cg)
{
	return (cg->cg_rotor < cg->cg_ndblk && cg->cg_frotor < cg->cg_ndblk &&
		cg->cg_irotor < c->fs.fs_sb.fs_ipg);
}

/* One group as it is on the disk, in c->group; false: it makes no sense. */
static bool
group_check(struct check *c, uint32_t group)
{
	struct ufs_cg *cg = (void *)c->group;
	struct differences d;

	cache_read(
	    c, group_place(c, group), c->group, (size_t)c->fs.fs_sb.fs_cgsize);
	if (!header_good(c, group, cg)) {
		report(c, CHECK_DAMAGE, HARD,
		    "group %u: its header makes no sense", group);
		return (false);
	}
	if (hashed(c) && cg_hash(&c->fs.fs_sb, cg) != cg->cg_ckhash)
		report(c, CHECK_SUMMARY, HARMLESS,
		    "group %u: its check hash is wrong", group);
	if (!rotors_good(c, cg))
		report(c, CHECK_DAMAGE, HARMLESS,
		    "group %u: it looks for free space outside of itself",
		    group);
	maps_compare(c, group, &d);
	unused_report(c, group, &d);
	directories_check(c, group, &d);
	sums_check(c, group);
	return (true);
}

static uint64_t
summary_place(const struct check *c, uint32_t group)
{
	return ((summary_first(&c->fs) << c->fs.fs_fshift) +
		(uint64_t)group * sizeof(struct ufs_csum));
}

struct totals {
	int64_t ndir, nbfree, nifree, nffree;
};

static void
add(struct totals *t, const struct ufs_csum *cs)
{
	t->ndir += cs->cs_ndir;
	t->nbfree += cs->cs_nbfree;
	t->nifree += cs->cs_nifree;
	t->nffree += cs->cs_nffree;
}

static bool
totals_good(const struct check *c, const struct totals *t)
{
	const struct ufs_superblock *sb = &c->fs.fs_sb;

	if (c->ufs1)
		return (sb->fs_old_cstotal[0] == t->ndir &&
			sb->fs_old_cstotal[1] == t->nbfree &&
			sb->fs_old_cstotal[2] == t->nifree &&
			sb->fs_old_cstotal[3] == t->nffree);
	return (sb->fs_cs_ndir == t->ndir && sb->fs_cs_nbfree == t->nbfree &&
		sb->fs_cs_nifree == t->nifree && sb->fs_cs_nffree == t->nffree);
}

void
groups_check(struct check *c)
{
	const struct ufs_cg *cg = (const void *)c->group;
	struct totals totals = {0, 0, 0, 0};
	uint32_t stale = 0;
	bool all_good = true;
	struct ufs_csum cs;

	c->group_new = check_alloc(c, (size_t)c->fs.fs_sb.fs_cgsize, 1);
	for (uint32_t i = 0; i < c->fs.fs_sb.fs_ncg; i++) {
		if (!group_check(c, i)) {
			all_good = false;
			continue;
		}
		cache_read(c, summary_place(c, i), &cs, sizeof(cs));
		stale += memcmp(&cs, &cg->cg_cs, sizeof(cs)) != 0;
		add(&totals, &cg->cg_cs);
	}
	if (stale != 0)
		report(c, CHECK_SUMMARY, HARMLESS,
		    "groups: the counts of %u of them aren't up to date",
		    stale);
	if (all_good && !totals_good(c, &totals))
		report(c, CHECK_SUMMARY, HARMLESS,
		    "superblock: its totals aren't up to date");
}

/* The maps as they must be, into c->group_new. */
static void
maps_make(struct check *c, uint32_t group)
{
	struct ufs_cg *cg = (void *)c->group_new;
	const uint64_t frag = (uint64_t)c->fs.fs_sb.fs_fpg * group;
	const uint32_t ipg = c->fs.fs_sb.fs_ipg;
	uint8_t *iused = c->group_new + cg->cg_iusedoff;
	uint8_t *map = c->group_new + cg->cg_freeoff;

	cg->cg_cs.cs_ndir = 0;
	memset(iused, 0, (ipg + 7) / 8);
	for (uint32_t i = 0; i < ipg; i++) {
		uint64_t ino = (uint64_t)group * ipg + i;

		cg_set(iused, i, inode_used(c, ino));
		cg->cg_cs.cs_ndir += c->inodes[ino].type == DT_DIR;
	}
	memset(map, 0, ((uint32_t)c->fs.fs_sb.fs_fpg + 7) / 8);
	for (uint32_t i = 0; i < cg->cg_ndblk; i++)
		cg_set(map, i, !frags_used(c, frag + i, 1));
}

static void
group_write(struct check *c, uint32_t group)
{
	struct ufs_cg *new = (void *)c->group_new;
	size_t size = (size_t)c->fs.fs_sb.fs_cgsize;

	cache_read(c, group_place(c, group), new, size);
	if (!header_good(c, group, new))
		cg_header(&c->fs.fs_sb, group, group_frags(c, group),
		    c->opt->now, new);
	if (!rotors_good(c, new))
		new->cg_rotor = new->cg_frotor = new->cg_irotor = 0;
	if (!c->ufs1) {
		new->cg_initediblk = c->inited[group];
		new->cg_unrefs = 0;
	}
	maps_make(c, group);
	cg_sum(&c->fs.fs_sb, new);
	if (hashed(c))
		new->cg_ckhash = cg_hash(&c->fs.fs_sb, new);
	cache_write(c, group_place(c, group), new, size);
	cache_write(
	    c, summary_place(c, group), &new->cg_cs, sizeof(new->cg_cs));
}

/* All groups and totals as they are after the repairs. */
void
groups_write(struct check *c)
{
	struct ufs_superblock *sb = &c->fs.fs_sb;
	struct totals totals = {0, 0, 0, 0};

	for (uint32_t i = 0; i < sb->fs_ncg; i++) {
		group_write(c, i);
		add(&totals, &((const struct ufs_cg *)c->group_new)->cg_cs);
	}
	sb->fs_cs_ndir = totals.ndir;
	sb->fs_cs_nbfree = totals.nbfree;
	sb->fs_cs_nifree = totals.nifree;
	sb->fs_cs_nffree = totals.nffree;
}
