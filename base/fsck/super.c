/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The superblock: found, or replaced by a copy, and in the end written.  What
 * the rest of a check reckons with is made sure of here.
 */
#include <string.h>

#include "impl.h"

#define SEARCH_END ((uint64_t)1 << 20) /* bytes: group 0 has a copy before */

static int
read_cached(struct ufs_device *dev, uint64_t offset, void *buf, size_t size)
{
	struct check *c =
	    (struct check *)((char *)dev - offsetof(struct check, ud));

	cache_read(c, offset, buf, size);
	return (0);
}

static uint64_t
frags_for(const struct ufs *fs, uint64_t bytes)
{
	return ((bytes + ((uint64_t)1 << fs->fs_fshift) - 1) >> fs->fs_fshift);
}

uint64_t
summary_first(const struct ufs *fs)
{
	return (fs->fs_ufs1 ? (uint32_t)fs->fs_sb.fs_old_csaddr
			    : (uint64_t)fs->fs_sb.fs_csaddr);
}

/* A group's own block with all its maps. */
static uint64_t
group_bytes(const struct ufs *fs)
{
	const struct ufs_superblock *sb = &fs->fs_sb;
	uint64_t n = sizeof(struct ufs_cg);

	n += (sb->fs_ipg + 7) / 8 + ((uint32_t)sb->fs_fpg + 7) / 8;
	if (sb->fs_contigsumsize > 0)
		n += ((uint32_t)sb->fs_fpg / (uint32_t)sb->fs_frag + 7) / 8 +
		     4 * (uint64_t)(uint32_t)sb->fs_contigsumsize;
	return (n);
}

/* Is there room for what a group begins with, one behind the other? */
static bool
places_possible(const struct ufs *fs)
{
	const struct ufs_superblock *sb = &fs->fs_sb;
	uint64_t inodes = sb->fs_ipg / sb->fs_inopb * (uint64_t)sb->fs_frag;
	uint64_t last =
	    fs->fs_frags - (uint64_t)sb->fs_fpg * (uint64_t)(sb->fs_ncg - 1);
	uint64_t shift = 0;

	/* The most that a group of UFS1 begins later than its first fragment.
	 */
	if (fs->fs_ufs1)
		shift = (uint64_t)(uint32_t)sb->fs_old_cgoffset *
			(uint32_t)~sb->fs_old_cgmask;

	return (sb->fs_sblkno > 0 && sb->fs_cblkno > sb->fs_sblkno &&
		sb->fs_iblkno > sb->fs_cblkno &&
		frags_for(fs, (uint64_t)sb->fs_sbsize) <=
		    (uint64_t)(sb->fs_cblkno - sb->fs_sblkno) &&
		frags_for(fs, (uint64_t)sb->fs_cgsize) <=
		    (uint64_t)(sb->fs_iblkno - sb->fs_cblkno) &&
		sb->fs_iblkno + inodes <= (uint64_t)sb->fs_dblkno &&
		sb->fs_dblkno <= sb->fs_fpg && last <= (uint64_t)sb->fs_fpg &&
		(uint64_t)sb->fs_dblkno + shift <= last);
}

bool
is_group_own(const struct ufs *fs, uint64_t frag)
{
	const struct ufs_superblock *sb = &fs->fs_sb;
	uint64_t group = frag / (uint32_t)sb->fs_fpg;
	uint64_t first = ufs_group_start(fs, (uint32_t)group);

	return (frag < first + (uint32_t)sb->fs_dblkno &&
		(group == 0 || frag >= first + (uint32_t)sb->fs_sblkno));
}

static const char *
geometry(const struct ufs *fs)
{
	const struct ufs_superblock *sb = &fs->fs_sb;
	uint64_t summary = frags_for(fs, (uint64_t)sb->fs_ncg * 16);
	uint64_t first = summary_first(fs);

	if (sb->fs_fpg % sb->fs_frag != 0 || !places_possible(fs))
		return ("impossible places in its cylinder groups");
	if (sb->fs_cgsize <= 0 || sb->fs_cgsize > sb->fs_bsize ||
	    sb->fs_contigsumsize < 0 || sb->fs_contigsumsize > 64 ||
	    group_bytes(fs) > (uint64_t)sb->fs_cgsize)
		return ("impossible cylinder group size");
	if (sb->fs_cssize <= 0 ||
	    (uint64_t)sb->fs_cssize < (uint64_t)sb->fs_ncg * 16 ||
	    frags_for(fs, (uint64_t)sb->fs_cssize) > summary + 128 ||
	    first >= fs->fs_frags ||
	    frags_for(fs, (uint64_t)sb->fs_cssize) > fs->fs_frags - first)
		return ("impossible place of the groups' summary");
	for (uint64_t i = 0; i < frags_for(fs, (uint64_t)sb->fs_cssize); i++)
		if (is_group_own(fs, first + i))
			return ("impossible place of the groups' summary");
	if (fs->fs_ufs1 && sb->fs_old_inodefmt != 2)
		return ("it has the form of 4.2BSD, which isn't supported");
	return (NULL);
}

/* Any copy near the beginning that lies where it says that copies do. */
static bool
search(struct check *c)
{
	struct ufs *fs = &c->fs;
	const char *why;

	for (uint64_t at = 0;
	     at < SEARCH_END && at + UFS_SB_SIZE <= c->dev->cd_size;
	     at += UFS_FSIZE_MIN) {
		int32_t magic;

		cache_read(c, at + offsetof(struct ufs_superblock, fs_magic),
		    &magic, sizeof(magic));
		if ((magic != UFS2_MAGIC && magic != UFS1_MAGIC) ||
		    ufs_open_at(fs, &c->ud, at, &why) != 0 ||
		    geometry(fs) != NULL)
			continue;
		if (at >> fs->fs_fshift == (uint64_t)fs->fs_sb.fs_sblkno)
			return (true);
	}
	return (false);
}

/* May the first superblock be there? It lies before its copy in group 0. */
static bool
is_home(const struct ufs *fs, uint64_t where)
{
	for (unsigned i = 0; i < UFS_PLACES; i++)
		if (where == ufs_places[i])
			return (where + (uint64_t)fs->fs_sb.fs_sbsize <=
				(uint64_t)fs->fs_sb.fs_sblkno << fs->fs_fshift);
	return (false);
}

/* Is there one that says so, damaged as it may be? */
static bool
says_home(struct check *c, uint64_t where)
{
	struct ufs_superblock sb;

	if (!is_home(&c->fs, where))
		return (false);
	cache_read(c, where, &sb, sizeof(sb));
	return (sb.fs_magic == c->fs.fs_sb.fs_magic &&
		(c->ufs1 || sb.fs_sblockloc == (int64_t)where));
}

static void
find_home(struct check *c)
{
	struct ufs_superblock *sb = &c->fs.fs_sb;
	unsigned i = 0;

	while (i < UFS_PLACES && !says_home(c, ufs_places[i]))
		i++;
	if (is_home(&c->fs, c->fs.fs_where))
		c->home = c->fs.fs_where;
	else if (i < UFS_PLACES)
		c->home = ufs_places[i];
	else if (!c->ufs1 && is_home(&c->fs, (uint64_t)sb->fs_sblockloc))
		c->home = (uint64_t)sb->fs_sblockloc;
	else if (is_home(&c->fs, 65536) && !c->ufs1)
		c->home = 65536;
	else if (is_home(&c->fs, 8192))
		c->home = 8192;
	else
		check_fail(c, "impossible place of the superblock");
	if (!c->ufs1)
		sb->fs_sblockloc = (int64_t)c->home;
}

/* The superblock as it is in memory, to one of its places. */
static void
super_write(struct check *c, uint64_t where)
{
	uint8_t image[UFS_SB_SIZE];
	struct ufs_superblock *sb = (void *)image;
	size_t size = (size_t)c->fs.fs_sb.fs_sbsize;

	memset(image, 0, sizeof(image));
	cache_read(c, c->fs.fs_where, image, size);
	memcpy(image, &c->fs.fs_sb, sizeof(c->fs.fs_sb));
	sb->fs_ckhash = 0;
	if (sb->fs_metackhash & UFS_CK_SUPERBLOCK)
		sb->fs_ckhash = ufs_crc32c(~0u, image, size);
	cache_write(c, where, image, size);
}

/* Does a copy say the same about sizes? */
static bool
same_sizes(const struct ufs_superblock *a, const struct ufs_superblock *b)
{
	return (a->fs_magic == b->fs_magic && a->fs_bsize == b->fs_bsize &&
		a->fs_fsize == b->fs_fsize && a->fs_ipg == b->fs_ipg &&
		a->fs_fpg == b->fs_fpg && a->fs_sblkno == b->fs_sblkno &&
		a->fs_cblkno == b->fs_cblkno && a->fs_iblkno == b->fs_iblkno &&
		a->fs_dblkno == b->fs_dblkno);
}

static void
check_copies(struct check *c)
{
	struct ufs copy;
	const char *why;
	uint64_t where;

	for (uint32_t i = 0; i < c->fs.fs_sb.fs_ncg; i++) {
		where = (ufs_group_start(&c->fs, i) +
			    (uint32_t)c->fs.fs_sb.fs_sblkno)
			<< c->fs.fs_fshift;
		if (where == c->home ||
		    (ufs_open_at(&copy, &c->ud, where, &why) == 0 &&
			same_sizes(&copy.fs_sb, &c->fs.fs_sb)))
			continue;
		report(c, CHECK_DAMAGE, HARMLESS,
		    "superblock: its copy in group %u is damaged", i);
		super_write(c, where);
	}
}

/* What follows from the two sizes, and others go by. */
static void
check_derived(struct check *c)
{
	struct ufs_superblock *sb = &c->fs.fs_sb;
	struct ufs_superblock want = *sb;

	want.fs_bmask = -sb->fs_bsize;
	want.fs_fmask = -sb->fs_fsize;
	want.fs_qbmask = sb->fs_bsize - 1;
	want.fs_qfmask = sb->fs_fsize - 1;
	want.fs_bshift = (int32_t)c->fs.fs_bshift;
	want.fs_fshift = (int32_t)c->fs.fs_fshift;
	want.fs_fragshift = want.fs_bshift - want.fs_fshift;
	want.fs_fsbtodb = want.fs_fshift - 9;
	if (memcmp(&want, sb, sizeof(want)) == 0)
		return;
	report(c, CHECK_DAMAGE, HARMLESS,
	    "superblock: it has masks or shifts of other sizes");
	*sb = want;
}

static void
check_marks(struct check *c)
{
	const struct ufs_superblock *sb = &c->fs.fs_sb;

	if (c->fs.fs_copy)
		return;
	if (sb->fs_flags & UFS_NEEDSFSCK)
		report(c, CHECK_SUMMARY, HARMLESS,
		    "superblock: marked as needing a check");
	else if (ufs_unclean(&c->fs) != NULL)
		report(
		    c, CHECK_SUMMARY, HARMLESS, "superblock: marked as in use");
	if (sb->fs_pendingblocks != 0 || sb->fs_pendinginodes != 0)
		report(c, CHECK_SUMMARY, HARMLESS,
		    "superblock: blocks or inodes are about to be freed");
}

/* Without what is written while the file system is in use. */
static void
keep_steady(struct ufs_superblock *sb)
{
	sb->fs_old_time = 0;
	memset(sb->fs_old_cstotal, 0, sizeof(sb->fs_old_cstotal));
	sb->fs_fmod = sb->fs_clean = sb->fs_ronly = 0;
	memset(sb->fs_fsmnt, 0, sizeof(sb->fs_fsmnt));
	sb->fs_cgrotor = 0;
	memset(sb->spare_6, 0, sizeof(sb->spare_6)); /* FreeBSD's pointers */
	sb->fs_unrefs = 0;
	sb->fs_sblockactualloc = 0;
	sb->fs_cs_ndir = sb->fs_cs_nbfree = 0;
	sb->fs_cs_nifree = sb->fs_cs_nffree = 0;
	sb->fs_time = sb->fs_mtime = 0;
	sb->fs_pendingblocks = 0;
	sb->fs_pendinginodes = 0;
	sb->fs_sujfree = 0;
	sb->fs_ckhash = 0;
	sb->fs_flags &= ~(UFS_UNCLEAN | UFS_NEEDSFSCK);
}

/*
 * Is the first superblock one of which only some sectors were written, when
 * power failed?  Then it has a wrong hash, and what isn't written while the
 * file system is in use is as in the copy.  tunefs(8) makes a journal and
 * doesn't tell the copies.
 */
static bool
is_torn(struct check *c, struct ufs_superblock *first)
{
	const int32_t journal = UFS_SUJ | UFS_SOFTUPDATES;
	struct ufs_superblock a, b = c->fs.fs_sb;

	cache_read(c, c->home, first, sizeof(*first));
	a = *first;
	if ((a.fs_flags & journal) == journal && !(b.fs_flags & UFS_SUJ))
		b.fs_flags |= journal;
	keep_steady(&a);
	keep_steady(&b);
	return (memcmp(&a, &b, sizeof(a)) == 0);
}

/* The first one isn't as it was written. */
static void
super_copy(struct check *c, const char *why)
{
	struct ufs_superblock first;

	if (!is_torn(c, &first)) {
		report(c, CHECK_DAMAGE, HARD,
		    "superblock: %s; the copy at byte %llu is used", why,
		    (unsigned long long)c->fs.fs_where);
		return;
	}
	report(c, CHECK_SUMMARY, HARMLESS,
	    "superblock: it was written in part; the copy at byte %llu agrees "
	    "with it",
	    (unsigned long long)c->fs.fs_where);
	c->fs.fs_sb = first;
}

void
super_open(struct check *c)
{
	const char *why = NULL;
	bool good;

	c->ud.ud_read = read_cached;
	c->ud.ud_size = c->dev->cd_size;
	good = ufs_open(&c->fs, &c->ud, &why) == 0;
	if (good && geometry(&c->fs) != NULL) {
		why = geometry(&c->fs);
		good = false;
	}
	if (!good && !search(c))
		check_fail(c, "%s", why);
	c->ufs1 = c->fs.fs_ufs1;
	find_home(c);
	if (why != NULL)
		super_copy(c, why);
	check_marks(c);
}

void
super_check(struct check *c)
{
	check_derived(c);
	check_copies(c);
}

void
super_begin(struct check *c)
{
	if (c->mark != AS_FOUND)
		return;
	c->mark = MARKING;
	c->fs.fs_sb.fs_clean = 0;
	journal_end(c);
	super_write(c, c->home);
	cache_flush_at(c, c->home);
	c->mark = MARKED;
}

void
super_finish(struct check *c)
{
	struct ufs_superblock *sb = &c->fs.fs_sb;
	struct ufs again;
	const char *why;

	groups_write(c);
	sb->fs_time = c->opt->now;
	sb->fs_pendingblocks = 0;
	sb->fs_pendinginodes = 0;
	sb->fs_unrefs = 0;
	sb->fs_fmod = 0;
	journal_end(c);
	/* A cut leaves it marked as in use, until all the rest is there: and of
	 * the superblock, too, only some sectors may be written. */
	sb->fs_clean = 0;
	super_write(c, c->home);
	if (ufs_open(&again, &c->ud, &why) != 0 || again.fs_where != c->home)
		check_fail(c, "something else is taken for its superblock");
	cache_flush(c);
	if (c->incomplete)
		return;
	sb->fs_clean = 1;
	sb->fs_flags &= ~(UFS_UNCLEAN | UFS_NEEDSFSCK);
	super_write(c, c->home);
	cache_flush(c);
}
