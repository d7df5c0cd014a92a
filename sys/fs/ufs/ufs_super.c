/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Superblocks.  The first is at one of four places; each cylinder group has a
 * copy, which newfs(8) writes and which is used when the first is damaged.
 */
#include "fbsd/errno.h"
#include "fs/ufs/ufs.h"
#include "lib/string.h"

/* In the order in which FreeBSD looks; makefs(8) puts UFS2's where UFS1's
 * belongs. */
const uint64_t ufs_places[UFS_PLACES] = {65536, 8192, 0, 262144};
#define COPIES 4 /* that are tried */

/* What a byte does to the sum that is followed by 0 to 7 others; made when it
 * is first needed, by whoever comes, always the same. */
static uint32_t table[8][256];
static bool table_made;

static void
make_table(void)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t crc = i;

		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (0x82f63b78 & -(crc & 1));
		table[0][i] = crc;
	}
	for (int t = 1; t < 8; t++)
		for (int i = 0; i < 256; i++)
			table[t][i] = table[t - 1][i] >> 8 ^
				      table[0][table[t - 1][i] & 255];
	__atomic_store_n(&table_made, true, __ATOMIC_RELEASE);
}

static uint32_t
by_table(uint32_t crc, const void *data, size_t words)
{
	const uint8_t *p = data;
	uint64_t word;

	for (; words > 0; words--) {
		memcpy(&word, p, sizeof(word));
		p += sizeof(word);
		word ^= crc;
		crc = 0;
		for (int t = 0; t < 8; t++)
			crc ^= table[7 - t][word >> (8 * t) & 255];
	}
	return (crc);
}

static ufs_crc32c_fn *by_words = by_table;

void
ufs_crc32c_by(ufs_crc32c_fn *words)
{
	by_words = words;
}

uint32_t
ufs_crc32c(uint32_t crc, const void *data, size_t size)
{
	const uint8_t *p = data;
	const size_t words = size / sizeof(uint64_t);

	if (!__atomic_load_n(&table_made, __ATOMIC_ACQUIRE))
		make_table();
	crc = by_words(crc, p, words);
	for (size_t i = words * sizeof(uint64_t); i < size; i++)
		crc = crc >> 8 ^ table[0][(crc ^ p[i]) & 255];
	return (crc);
}

static bool
power_of_2(int64_t n)
{
	return (n > 0 && (n & (n - 1)) == 0);
}

static const char *
check_sizes(const struct ufs_superblock *sb)
{
	if (!power_of_2(sb->fs_bsize) || sb->fs_bsize < UFS_BSIZE_MIN ||
	    sb->fs_bsize > UFS_BSIZE_MAX)
		return ("impossible block size");
	if (!power_of_2(sb->fs_fsize) || sb->fs_fsize < UFS_FSIZE_MIN ||
	    sb->fs_fsize > sb->fs_bsize ||
	    sb->fs_bsize / sb->fs_fsize > UFS_FRAGS_MAX ||
	    sb->fs_frag != sb->fs_bsize / sb->fs_fsize)
		return ("impossible fragment size");
	if (sb->fs_sbsize < (int)sizeof(*sb) || sb->fs_sbsize > UFS_SB_SIZE)
		return ("impossible superblock size");
	return (NULL);
}

/* All that later reckoning relies on. */
static const char *
check(const struct ufs *fs)
{
	const struct ufs_superblock *sb = &fs->fs_sb;
	unsigned inode = fs->fs_ufs1 ? 128 : 256;
	uint64_t inode_frags;

	if (sb->fs_inopb != (uint32_t)sb->fs_bsize / inode ||
	    sb->fs_nindir != sb->fs_bsize / (fs->fs_ufs1 ? 4 : 8))
		return ("impossible inode or indirect block size");
	if (sb->fs_ncg == 0 || sb->fs_ipg == 0 || sb->fs_fpg <= 0 ||
	    sb->fs_ipg % sb->fs_inopb != 0 ||
	    (uint64_t)sb->fs_ncg * sb->fs_ipg > UINT32_MAX)
		return ("impossible cylinder groups");
	inode_frags = (uint64_t)sb->fs_ipg / sb->fs_inopb * sb->fs_frag;
	if (sb->fs_iblkno <= 0 || sb->fs_dblkno < sb->fs_iblkno ||
	    sb->fs_iblkno + inode_frags > (uint64_t)sb->fs_fpg)
		return ("cylinder groups too small for what is in them");
	if (fs->fs_frags == 0 ||
	    fs->fs_frags > fs->fs_device->ud_size >> fs->fs_fshift)
		return ("larger than what it lies on");
	if ((uint64_t)sb->fs_fpg * (sb->fs_ncg - 1) >= fs->fs_frags)
		return ("more cylinder groups than there is room for");
	if (fs->fs_ufs1 &&
	    (sb->fs_old_cgoffset < 0 || sb->fs_old_cgoffset > sb->fs_fpg))
		return ("impossible cylinder group offset");
	return (NULL);
}

/* The superblock in fs_sb: NULL if it can be used. */
static const char *
accept(struct ufs *fs)
{
	struct ufs_superblock *sb = &fs->fs_sb;
	const char *why;

	fs->fs_ufs1 = sb->fs_magic == UFS1_MAGIC;
	/* Written by somebody who knows nothing of check hashes. */
	if ((sb->fs_flags & UFS_METACKHASH) == 0)
		sb->fs_metackhash = 0;
	why = check_sizes(sb);
	if (why != NULL)
		return (why);
	fs->fs_bshift = (unsigned)__builtin_ctz((unsigned)sb->fs_bsize);
	fs->fs_fshift = (unsigned)__builtin_ctz((unsigned)sb->fs_fsize);
	fs->fs_frags =
	    fs->fs_ufs1 ? (uint32_t)sb->fs_old_size : (uint64_t)sb->fs_size;
	fs->fs_data_frags =
	    fs->fs_ufs1 ? (uint32_t)sb->fs_old_dsize : (uint64_t)sb->fs_dsize;
	fs->fs_inodes = (uint64_t)sb->fs_ncg * sb->fs_ipg;
	return (check(fs));
}

/* The hash covers fs_sbsize bytes with itself zero. */
static int
check_hash(struct ufs *fs, uint64_t where, bool *right)
{
	struct ufs_superblock *sb = &fs->fs_sb;
	uint32_t size = (uint32_t)sb->fs_sbsize, crc = ~0u, hash;
	uint8_t chunk[256];
	int error;

	*right = true;
	if (fs->fs_ufs1 || (sb->fs_metackhash & UFS_CK_SUPERBLOCK) == 0)
		return (0);
	hash = sb->fs_ckhash;
	sb->fs_ckhash = 0;
	crc = ufs_crc32c(crc, sb, sizeof(*sb));
	sb->fs_ckhash = hash;
	for (uint32_t at = sizeof(*sb); at < size; at += sizeof(chunk)) {
		uint32_t n = size - at;

		if (n > sizeof(chunk))
			n = sizeof(chunk);
		error =
		    fs->fs_device->ud_read(fs->fs_device, where + at, chunk, n);
		if (error != 0)
			return (error);
		crc = ufs_crc32c(crc, chunk, n);
	}
	*right = crc == hash;
	return (0);
}

/* One place: 0, EINVAL if no superblock is there, or EINTEGRITY.  A copy may be
 * there that belongs to a first one elsewhere. */
static int
try_place(struct ufs *fs, uint64_t where, bool copy, const char **why)
{
	struct ufs_device *dev = fs->fs_device;
	struct ufs_superblock *sb = &fs->fs_sb;
	bool right;
	int error;

	if (dev->ud_size < where + UFS_SB_SIZE)
		return (EINVAL);
	error = dev->ud_read(dev, where, sb, sizeof(*sb));
	if (error != 0) {
		*why = "its superblock can't be read";
		return (error);
	}
	if (sb->fs_magic != UFS1_MAGIC && sb->fs_magic != UFS2_MAGIC)
		return (EINVAL);
	if (!copy && sb->fs_magic == UFS2_MAGIC &&
	    sb->fs_sblockloc != (int64_t)where)
		return (EINVAL);
	*why = accept(fs);
	if (*why != NULL)
		return (EINTEGRITY);
	error = check_hash(fs, where, &right);
	if (error == 0 && !right) {
		*why = "the superblock's check hash is wrong";
		error = EINTEGRITY;
	}
	fs->fs_where = where;
	fs->fs_copy = copy;
	return (error);
}

/* The copies in the first cylinder groups, found by the sizes that the damaged
 * superblock gives; without those there is nothing to go by. */
static int
try_copies(struct ufs *fs)
{
	const struct ufs_superblock damaged = fs->fs_sb;
	uint64_t frag = (uint64_t)damaged.fs_sblkno;
	const char *why;

	if (check_sizes(&damaged) != NULL || damaged.fs_fpg <= 0 ||
	    damaged.fs_sblkno <= 0)
		return (EINTEGRITY);
	for (unsigned i = 0; i < COPIES; i++) {
		if (try_place(
			fs, frag * (uint64_t)damaged.fs_fsize, true, &why) == 0)
			return (0);
		frag += (uint64_t)damaged.fs_fpg;
	}
	return (EINTEGRITY);
}

int
ufs_open_at(
    struct ufs *fs, struct ufs_device *dev, uint64_t where, const char **why)
{
	memset(fs, 0, sizeof(*fs));
	fs->fs_device = dev;
	*why = "there is no UFS superblock";
	return (try_place(fs, where, true, why));
}

int
ufs_open(struct ufs *fs, struct ufs_device *dev, const char **why)
{
	int error;

	memset(fs, 0, sizeof(*fs));
	fs->fs_device = dev;
	*why = NULL;
	for (unsigned i = 0; i < UFS_PLACES; i++) {
		error = try_place(fs, ufs_places[i], false, why);
		if (error == EINTEGRITY)
			return (try_copies(fs));
		if (error != EINVAL)
			return (error);
	}
	for (unsigned i = 0; i < UFS_PLACES; i++)
		if (try_place(fs, ufs_places[i], true, why) == 0) {
			*why = "the first superblock is lost";
			return (0);
		}
	*why = "there is no UFS superblock";
	return (EINVAL);
}

const char *
ufs_unclean(const struct ufs *fs)
{
	const struct ufs_superblock *sb = &fs->fs_sb;

	/* What a copy says was true when it was made. */
	if (fs->fs_copy)
		return ("its first superblock is damaged: run fsck");
	if (sb->fs_flags & UFS_NEEDSFSCK)
		return ("it is marked as needing fsck");
	if (sb->fs_clean == 0 || (sb->fs_flags & UFS_UNCLEAN))
		return ("it wasn't unmounted: run fsck");
	return (NULL);
}
