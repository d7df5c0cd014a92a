/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * damage IMAGE KIND: damages a UFS2 file system that tests/imp/fsck.sh made, in
 * one way; `hashes` gives it check hashes, which every later damage keeps right
 * (but those that are about hashes).  `damage list` prints the kinds: name,
 * class of what is to be found (none: it is no damage), p if preening repairs
 * it and y if not, and the file that it spoils.
 */

#include <stdio.h>
#include <stdlib.h>

#include "../../base/fsck/cgroup.h"
#include "image.h"

#define ALL_HASHES   (UFS_CK_SUPERBLOCK | UFS_CK_CYLGRP | UFS_CK_INODE)
#define JOURNAL_TIME 1700000000
#define UF_NODUMP    0x00000001
#define SF_IMMUTABLE 0x00020000
#define SF_NOUNLINK  0x00100000

static bool keep_hashes;

static struct ufs_cg *
group(uint32_t i)
{
	return (frag_at(
	    (uint64_t)fs.fs_sb.fs_fpg * i + (uint64_t)fs.fs_sb.fs_cblkno));
}

/* The entry of a name in a directory whose first block it is in. */
static struct ufs_direct *
entry(const char *dir, const char *name, struct ufs_direct **before)
{
	uint8_t *block = frag_at((uint64_t)file(dir)->di_db[0]);
	struct ufs_direct *d, *last = NULL;

	for (size_t at = 0; at < file(dir)->di_size; at += d->d_reclen) {
		d = (struct ufs_direct *)(block + at);
		if (d->d_ino != 0 && d->d_namlen == strlen(name) &&
		    memcmp(d->d_name, name, d->d_namlen) == 0) {
			if (before != NULL)
				*before = last;
			return (d);
		}
		last = d;
	}
	errx(2, "%s: no entry in %s", name, dir);
}

static void
forget(const char *dir, const char *name)
{
	struct ufs_direct *before, *d = entry(dir, name, &before);

	before->d_reclen = (uint16_t)(before->d_reclen + d->d_reclen);
}

/* A further name, in the free space of the last entry of the first block. */
static void
name_again(const char *dir, const char *name, uint64_t ino, uint8_t type)
{
	uint8_t *block = frag_at((uint64_t)file(dir)->di_db[0]);
	struct ufs_direct *d = (void *)block;
	size_t at = 0, held;

	while (at + d->d_reclen < UFS_DIRBLKSIZE) {
		at += d->d_reclen;
		d = (void *)(block + at);
	}
	held = (sizeof(*d) + d->d_namlen + 4) & ~(size_t)3;
	if (d->d_reclen < held + 24)
		errx(2, "%s: no room", dir);
	at += held;
	held = d->d_reclen - held;
	d->d_reclen = (uint16_t)(d->d_reclen - held);
	d = (void *)(block + at);
	d->d_ino = (uint32_t)ino;
	d->d_reclen = (uint16_t)held;
	d->d_type = type;
	d->d_namlen = (uint8_t)strlen(name);
	memcpy(d->d_name, name, strlen(name) + 1);
}

static uint32_t
crc_of(void *what, size_t size, uint32_t *hash)
{
	*hash = 0;
	return (ufs_crc32c(~0u, what, size));
}

static void
rehash(void)
{
	for (uint64_t i = UFS_ROOT_INO; i < fs.fs_inodes; i++)
		if (inode(i)->di_mode != 0)
			inode(i)->di_ckhash = crc_of(inode(i),
			    sizeof(struct ufs2_dinode), &inode(i)->di_ckhash);
	for (uint32_t i = 0; i < fs.fs_sb.fs_ncg; i++)
		group(i)->cg_ckhash = crc_of(
		    group(i), (size_t)fs.fs_sb.fs_cgsize, &group(i)->cg_ckhash);
	sb->fs_ckhash = crc_of(sb, (size_t)fs.fs_sb.fs_sbsize, &sb->fs_ckhash);
}

static void
hashes(void)
{
	sb->fs_metackhash = ALL_HASHES;
	sb->fs_flags |= UFS_METACKHASH;
	rehash();
	for (uint32_t i = 0; i < fs.fs_sb.fs_ncg; i++)
		memcpy(frag_at((uint64_t)fs.fs_sb.fs_fpg * i +
			       (uint64_t)fs.fs_sb.fs_sblkno),
		    sb, (size_t)fs.fs_sb.fs_sbsize);
}

static void
softupdates(void)
{
	sb->fs_flags |= UFS_SOFTUPDATES;
}

/* Sums, summary and totals that fit the maps. */
static void
resum(void)
{
	struct ufs_csum *sums = frag_at((uint64_t)sb->fs_csaddr);

	sb->fs_cs_nbfree = sb->fs_cs_nifree = sb->fs_cs_nffree = 0;
	for (uint32_t i = 0; i < sb->fs_ncg; i++) {
		cg_sum(sb, group(i));
		sums[i] = group(i)->cg_cs;
		sb->fs_cs_nbfree += sums[i].cs_nbfree;
		sb->fs_cs_nifree += sums[i].cs_nifree;
		sb->fs_cs_nffree += sums[i].cs_nffree;
	}
}

static void
mark_free(uint64_t frag, int n, bool is_free)
{
	struct ufs_cg *cg = group((uint32_t)(frag / (uint32_t)sb->fs_fpg));
	uint32_t at = (uint32_t)(frag % (uint32_t)sb->fs_fpg);

	while (n-- > 0)
		cg_set((uint8_t *)cg + cg->cg_freeoff, at++, is_free);
}

/* The first whole block that is free, from the last group back. */
static int64_t
free_block(void)
{
	for (uint32_t i = sb->fs_ncg; i-- > 0;) {
		struct ufs_cg *cg = group(i);
		const uint8_t *map = (uint8_t *)cg + cg->cg_freeoff;
		int n;

		for (uint32_t at = 0; at + 8 <= cg->cg_ndblk;
		     at += (uint32_t)sb->fs_frag) {
			for (n = 0; n < sb->fs_frag; n++)
				if (!cg_bit(map, at + (uint32_t)n))
					break;
			if (n == sb->fs_frag)
				return ((int64_t)i * sb->fs_fpg + at);
		}
	}
	errx(2, "no free block");
}

static int64_t
take_block(void)
{
	int64_t frag = free_block();

	mark_free((uint64_t)frag, sb->fs_frag, false);
	memset(frag_at((uint64_t)frag), 0, (size_t)sb->fs_bsize);
	resum();
	return (frag);
}

/* A file that ends three levels of addresses deep. */
static void
triple(void)
{
	struct ufs2_dinode *di = file("empty-file");
	uint64_t n = (uint64_t)sb->fs_nindir;
	int64_t *at = &di->di_ib[2];

	for (int depth = 0; depth < 4; depth++) {
		*at = take_block();
		at = frag_at((uint64_t)*at);
		if (depth < 3)
			at += n - 1;
	}
	di->di_blocks += 4 * (uint64_t)sb->fs_bsize / 512;
	di->di_size = (UFS_NDIRECT + n + n * n + n * n * n)
		      << (uint64_t)sb->fs_bshift;
}
static void
triple_shorter(void)
{
	triple();
	file("empty-file")->di_size -= (uint64_t)sb->fs_bsize;
}
static void
attributes_good(void)
{
	struct ufs2_dinode *di = file("other");

	di->di_extsize = (uint32_t)sb->fs_bsize + 100;
	di->di_extb[0] = take_block();
	di->di_extb[1] = take_block();
	if (sb->fs_frag > 1)
		mark_free((uint64_t)di->di_extb[1] + 1, sb->fs_frag - 1, true);
	resum();
	di->di_blocks += (uint64_t)(sb->fs_bsize + sb->fs_fsize) / 512;
}
static void
attributes_unmarked(void)
{
	file("other")->di_extsize = 10;
	file("other")->di_extb[0] = free_block();
	file("other")->di_blocks += (uint64_t)sb->fs_fsize / 512;
}
static void
block_leaked(void)
{
	(void)take_block();
}
static void
unclean(void)
{
	sb->fs_clean = 0;
}
/* As FreeBSD leaves it when power fails; tunefs(8) tells no copy of it. */
static void
journal(void)
{
	struct ufs2_dinode *di = file(".sujournal");

	di->di_mode = 0100400;
	di->di_flags = SF_IMMUTABLE | SF_NOUNLINK | UF_NODUMP;
	di->di_modrev = JOURNAL_TIME;
	sb->fs_mtime = JOURNAL_TIME;
	sb->fs_flags |= UFS_SOFTUPDATES | UFS_SUJ;
	sb->fs_sujfree = (int32_t)number("rest");
	sb->fs_clean = 0;
}
static void
journal_clean(void)
{
	journal();
	sb->fs_sujfree = 0;
	sb->fs_clean = 1;
}
static void
journal_torn(void)
{
	journal();
	rehash();
	sb->fs_cs_nifree--;
	keep_hashes = true;
}
static void
journal_lost(void)
{
	journal();
	forget("", ".sujournal");
}
static void
journal_short(void)
{
	journal();
	file(".sujournal")->di_size /= 2;
}
static void
journal_hole(void)
{
	journal();
	file(".sujournal")->di_db[3] = 0;
}
static void
masks(void)
{
	sb->fs_bmask = -1;
	sb->fs_fshift++;
}
static void
totals(void)
{
	sb->fs_cs_nffree += 3;
}
static void
summary(void)
{
	struct ufs_csum *cs = frag_at((uint64_t)sb->fs_csaddr);

	cs[fs.fs_sb.fs_ncg - 1].cs_nifree--;
}
static void
pending(void)
{
	sb->fs_pendingblocks = 16;
}
static void
links_high(void)
{
	file("other")->di_nlink = 7;
}
static void
links_high_directory(void)
{
	file("sub")->di_nlink++;
}
static void
links_low(void)
{
	file("hard")->di_nlink = 1;
}
static void
links_negative(void)
{
	file("other")->di_nlink = -1;
}
static void
file_forgotten(void)
{
	forget("", "other");
}
static void
file_removed(void)
{
	memset(file("big"), 0, sizeof(struct ufs2_dinode));
	forget("", "big");
}
/* It was being made: the maps don't know of it yet. */
static void
file_unmarked(void)
{
	uint64_t i = number("other"), in_group = i % sb->fs_ipg;
	struct ufs_cg *cg = group((uint32_t)(i / sb->fs_ipg));

	cg_set((uint8_t *)cg + cg->cg_iusedoff, (uint32_t)in_group, false);
	mark_free((uint64_t)inode(i)->di_db[0],
	    30000 > sb->fs_bsize ? sb->fs_frag
				 : (30000 + sb->fs_fsize - 1) / sb->fs_fsize,
	    true);
	forget("", "other");
	resum();
}
static void
directory_unmarked(void)
{
	uint64_t i = number("empty"), in_group = i % sb->fs_ipg;
	struct ufs_cg *cg = group((uint32_t)(i / sb->fs_ipg));

	cg_set((uint8_t *)cg + cg->cg_iusedoff, (uint32_t)in_group, false);
	cg->cg_cs.cs_ndir--;
	sb->fs_cs_ndir--;
	mark_free((uint64_t)inode(i)->di_db[0], 1, true);
	memset(frag_at((uint64_t)inode(i)->di_db[0]), 0x55, 512);
	forget("", "empty");
	inode(UFS_ROOT_INO)->di_nlink--;
	resum();
}
static void
file_unlinked_open(void)
{
	file("other")->di_nlink = 0;
	forget("", "other");
}
static void
directory_forgotten(void)
{
	forget("", "sub");
}
static void
directory_renamed(void)
{
	name_again("", "sub-again", number("sub"), 4);
}
static void
directory_moved(void)
{
	name_again("empty", "moved", number("sub/deep"), 4);
	file("empty")->di_nlink++;
	entry("sub/deep", "..", NULL)->d_ino = (uint32_t)number("empty");
}
static void
circle(void)
{
	name_again("sub/deep", "up", number("sub"), 4);
}
static void
island(void)
{
	directory_forgotten();
	name_again("empty", "x", number("empty"), 4);
	forget("", "empty");
}
static void
block_shared(void)
{
	file("other")->di_db[0] = file("big")->di_db[0];
}
static void
block_outside(void)
{
	file("big")->di_db[3] = (int64_t)1 << 40;
}
static void
block_negative(void)
{
	file("big")->di_ib[0] = -1;
}
static void
block_metadata(void)
{
	file("big")->di_db[2] = fs.fs_sb.fs_iblkno;
}
static void
block_askew(void)
{
	file("big")->di_db[2]++;
}
static void
indirect_garbage(void)
{
	file("big")->di_ib[0] = file("big")->di_db[1];
}
static void
indirect_circle(void)
{
	int depth = file("big")->di_ib[1] != 0 ? 1 : 0;
	int64_t *block = frag_at((uint64_t)file("big")->di_ib[depth]);

	block[0] = file("big")->di_ib[depth];
}
static void
attributes(void)
{
	file("other")->di_extsize = 100;
	file("other")->di_extb[0] = (int64_t)1 << 50;
}
static void
attributes_size(void)
{
	file("other")->di_extsize = UINT32_MAX;
}
static void
blocks_wrong(void)
{
	file("big")->di_blocks += 8;
}
static void
shorter(void)
{
	file("big")->di_size /= 2;
}
static void
type_unknown(void)
{
	file("other")->di_mode = 0;
}
static void
type_impossible(void)
{
	file("other")->di_mode |= 0170000;
}
static void
size_impossible(void)
{
	file("other")->di_size = UINT64_MAX - 5;
}
static void
time_impossible(void)
{
	file("other")->di_mtimensec = -7;
}
static void
used_as_free(void)
{
	uint64_t frag = (uint64_t)file("big")->di_db[0];
	struct ufs_cg *cg = group((uint32_t)(frag / (uint32_t)sb->fs_fpg));

	frag %= (uint32_t)sb->fs_fpg;
	((uint8_t *)cg)[cg->cg_freeoff + frag / 8] |= (uint8_t)(1 << frag % 8);
}
static void
inode_as_free(void)
{
	uint64_t i = number("big");
	struct ufs_cg *cg = group((uint32_t)(i / sb->fs_ipg));

	i %= sb->fs_ipg;
	((uint8_t *)cg)[cg->cg_iusedoff + i / 8] &= (uint8_t) ~(1 << i % 8);
}
static void
sums_wrong(void)
{
	group(0)->cg_cs.cs_nbfree += 2;
}
static void
runs_wrong(void)
{
	group(0)->cg_frsum[1] += 2;
}
static void
directories_wrong(void)
{
	group(0)->cg_cs.cs_ndir -= 1;
}
static void
group_magic(void)
{
	group(0)->cg_magic = 1;
}
static void
group_offsets(void)
{
	group(0)->cg_freeoff = 0xfffffff0;
}
static void
group_zero(void)
{
	memset(group(sb->fs_ncg - 1), 0, (size_t)sb->fs_cgsize);
}
static void
group_hash(void)
{
	group(0)->cg_ckhash ^= 1;
	keep_hashes = true;
}
static void
inode_hash(void)
{
	file("big")->di_ckhash ^= 1;
	keep_hashes = true;
}
static void
super_hash(void)
{
	sb->fs_ckhash ^= 1;
	keep_hashes = true;
}
/* Power failed when some of its sectors were written. */
static void
super_torn(void)
{
	sb->fs_clean = 0;
	sb->fs_cs_nbfree--;
	keep_hashes = true;
}
static void
super_setting(void)
{
	sb->fs_minfree++;
	keep_hashes = true;
}
static void
super_magic(void)
{
	sb->fs_magic = 0;
}
static void
super_zero(void)
{
	memset(sb, 0, sizeof(*sb));
	keep_hashes = true;
}
static void
super_sizes(void)
{
	sb->fs_cblkno = 1000000;
}
static void
super_copy(void)
{
	memset(
	    frag_at((uint64_t)fs.fs_sb.fs_fpg + (uint64_t)fs.fs_sb.fs_sblkno),
	    0, 512);
}
static void
dot_wrong(void)
{
	entry("sub", ".", NULL)->d_ino = 5;
}
static void
dotdot_wrong(void)
{
	entry("sub/deep", "..", NULL)->d_ino = UFS_ROOT_INO;
}
static void
dot_missing(void)
{
	forget("sub", "..");
}
static void
entry_type(void)
{
	entry("", "other", NULL)->d_type = 4;
}
static void
entry_outside(void)
{
	entry("", "other", NULL)->d_ino = 0xfffffff0;
}
static void
entry_name(void)
{
	entry("", "other", NULL)->d_name[1] = '/';
}
static void
entry_length(void)
{
	entry("", "other", NULL)->d_reclen = 3;
}
static void
directory_garbage(void)
{
	memset(frag_at((uint64_t)file("sub")->di_db[0]), 0xa5, 512);
}
static void
directory_gone(void)
{
	memset(file("sub"), 0, sizeof(struct ufs2_dinode));
}
static void
directory_hole(void)
{
	file("many")->di_db[1] = 0;
}
static void
directory_empty(void)
{
	file("empty")->di_db[0] = 0;
}
static void
directory_size(void)
{
	file("empty")->di_size = 100;
}
static void
root_lost(void)
{
	memset(inode(UFS_ROOT_INO), 0, sizeof(struct ufs2_dinode));
}
static void
root_file(void)
{
	inode(UFS_ROOT_INO)->di_mode = 0100644;
}

static const struct kind {
	const char *name;
	void (*damage)(void);
	const char *class;
	const char *repair;
	const char *spoils;
} kinds[] = {
    {"triple", triple, "none", "-", "-"},
    {"attributes-good", attributes_good, "none", "-", "-"},
    {"unclean", unclean, "summary", "p", "-"},
    {"totals", totals, "summary", "p", "-"},
    {"summary", summary, "summary", "p", "-"},
    {"pending", pending, "summary", "p", "-"},
    {"journal", journal, "summary", "p", "-"},
    {"journal-torn-hash", journal_torn, "summary", "p", "-"},
    {"journal-lost", journal_lost, "damage", "p", ".sujournal"},
    {"journal-short", journal_short, "damage", "p", ".sujournal"},
    {"journal-hole", journal_hole, "damage", "p", ".sujournal"},
    {"links-high", links_high, "count", "p", "-"},
    {"links-high-directory", links_high_directory, "count", "p", "-"},
    {"file-forgotten", file_forgotten, "unreferenced", "p", "other"},
    {"file-removed", file_removed, "unreferenced", "p", "big"},
    {"file-unlinked-open", file_unlinked_open, "unreferenced", "p", "other"},
    {"file-unmarked", file_unmarked, "unreferenced", "p", "other"},
    {"directory-unmarked", directory_unmarked, "unreferenced", "p", "-"},
    {"block-leaked", block_leaked, "unreferenced", "p", "-"},
    {"directory-forgotten", directory_forgotten, "unreferenced", "p",
	"sub/deep/f"},
    {"directory-renamed", directory_renamed, "names", "p", "-"},
    {"directory-moved", directory_moved, "names", "p", "sub/deep/f"},
    {"island", island, "unreferenced", "p", "sub/deep/f"},
    {"links-low", links_low, "damage", "y", "-"},
    {"links-negative", links_negative, "damage", "y", "-"},
    {"circle", circle, "damage", "y", "-"},
    {"block-shared", block_shared, "damage", "y", "other"},
    {"block-outside", block_outside, "damage", "y", "big"},
    {"block-negative", block_negative, "damage", "y", "big"},
    {"block-metadata", block_metadata, "damage", "y", "big"},
    {"block-askew", block_askew, "damage", "y", "big"},
    {"indirect-garbage", indirect_garbage, "damage", "y", "big"},
    {"indirect-circle", indirect_circle, "damage", "y", "big"},
    {"attributes", attributes, "damage", "y", "-"},
    {"attributes-size", attributes_size, "damage", "y", "-"},
    {"attributes-unmarked", attributes_unmarked, "damage", "y", "-"},
    {"triple-shorter", triple_shorter, "damage", "p", "-"},
    {"blocks-wrong", blocks_wrong, "damage", "p", "-"},
    {"shorter", shorter, "damage", "p", "big"},
    {"type-unknown", type_unknown, "damage", "y", "other"},
    {"type-impossible", type_impossible, "damage", "y", "other"},
    {"size-impossible", size_impossible, "damage", "y", "other"},
    {"time-impossible", time_impossible, "damage", "p", "-"},
    {"used-as-free", used_as_free, "damage", "y", "-"},
    {"inode-as-free", inode_as_free, "damage", "y", "-"},
    {"sums-wrong", sums_wrong, "summary", "p", "-"},
    {"runs-wrong", runs_wrong, "summary", "p", "-"},
    {"directories-wrong", directories_wrong, "summary", "p", "-"},
    {"group-magic", group_magic, "damage", "y", "-"},
    {"group-offsets", group_offsets, "damage", "y", "-"},
    {"group-zero", group_zero, "damage", "y", "-"},
    {"group-hash", group_hash, "summary", "p", "-"},
    {"inode-hash", inode_hash, "damage", "y", "-"},
    {"super-hash", super_hash, "summary", "p", "-"},
    {"super-torn-hash", super_torn, "summary", "p", "-"},
    {"super-setting-hash", super_setting, "damage", "y", "-"},
    {"super-magic", super_magic, "damage", "y", "-"},
    {"super-zero", super_zero, "damage", "y", "-"},
    {"super-sizes", super_sizes, "damage", "y", "-"},
    {"masks", masks, "damage", "p", "-"},
    {"super-copy", super_copy, "damage", "p", "-"},
    {"dot-wrong", dot_wrong, "damage", "p", "-"},
    {"dotdot-wrong", dotdot_wrong, "damage", "p", "-"},
    {"dot-missing", dot_missing, "damage", "y", "-"},
    {"entry-type", entry_type, "damage", "p", "-"},
    {"entry-outside", entry_outside, "damage", "y", "other"},
    {"entry-name", entry_name, "damage", "y", "other"},
    {"entry-length", entry_length, "damage", "y", "all"},
    {"directory-garbage", directory_garbage, "damage", "y", "sub/deep/f"},
    {"directory-gone", directory_gone, "damage", "y", "sub/deep/f"},
    {"directory-hole", directory_hole, "damage", "y", "-"},
    {"directory-empty", directory_empty, "damage", "y", "-"},
    {"directory-size", directory_size, "damage", "y", "-"},
    {"root-lost", root_lost, "damage", "y", "all"},
    {"root-file", root_file, "damage", "y", "all"},
    {"hashes", hashes, NULL, NULL, NULL},
    {"softupdates", softupdates, NULL, NULL, NULL},
    {"journal-clean", journal_clean, NULL, NULL, NULL},
};
#define NKINDS (sizeof(kinds) / sizeof(kinds[0]))

int
main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "list") == 0) {
		for (size_t i = 0; i < NKINDS; i++)
			if (kinds[i].class != NULL)
				printf("%s %s %s %s\n", kinds[i].name,
				    kinds[i].class, kinds[i].repair,
				    kinds[i].spoils);
		return (0);
	}
	if (argc != 3)
		errx(2, "usage: damage IMAGE KIND");
	open_image(argv[1]);
	for (size_t i = 0; i < NKINDS; i++) {
		if (strcmp(kinds[i].name, argv[2]) != 0)
			continue;
		kinds[i].damage();
		if (sb->fs_metackhash != 0 && !keep_hashes)
			rehash();
		return (munmap(image, image_size) != 0);
	}
	errx(2, "%s: no such kind", argv[2]);
}
