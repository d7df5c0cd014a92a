/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The layout is that of FreeBSD's newfs(8): cylinder groups as large as a block
 * can describe, but at least four of them, each beginning with a copy of the
 * superblock, its own block and its inodes.  Only the first inodes of a group
 * are initialised; who needs more does that.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../fsck/cgroup.h"
#include "format.h"
#include "fs/ufs/ufs.h"

#define SUPERBLOCK_AT 65536
#define GROUPS_MIN    4
#define CLUSTER_BYTES 131072 /* that are written at once */
#define CLUSTERS_MAX  16
#define INODE_SIZE    256u
#define INITED_BLOCKS 2 /* of inodes, in each group */
#define SNAP_INO      (UFS_ROOT_INO + 1)
#define SNAP_GROUP    5 /* operator */
#define ALL_HASHES    (UFS_CK_SUPERBLOCK | UFS_CK_CYLGRP | UFS_CK_INODE)
#define FLAGS_UPDATED 0x80 /* fs_old_flags: fs_flags is meant */
#define DT_DIR	      4
#define DIR_MODE      0040755
#define SNAP_MODE     0040770

static uint64_t
round_up(uint64_t n, uint64_t to)
{
	return ((n + to - 1) / to * to);
}

static uint64_t
frags_for(const struct ufs_superblock *sb, uint64_t bytes)
{
	return ((bytes + (uint64_t)sb->fs_fsize - 1) >> sb->fs_fshift);
}

static const char *
check_sizes(const struct format_options *opt)
{
	if (opt->bsize < UFS_BSIZE_MIN || opt->bsize > UFS_BSIZE_MAX ||
	    (opt->bsize & (opt->bsize - 1)) != 0)
		return ("a block has 4096 to 65536 bytes, a power of two");
	if (opt->fsize < UFS_FSIZE_MIN || opt->fsize > opt->bsize ||
	    (opt->fsize & (opt->fsize - 1)) != 0)
		return ("a fragment has 512 bytes to a block, a power of two");
	if (opt->bsize / opt->fsize > UFS_FRAGS_MAX)
		return ("a block has at most 8 fragments");
	if (opt->density < opt->fsize)
		return ("there are more inodes than fragments");
	if (opt->minfree > 99)
		return ("more than 99 per cent can't be kept free");
	return (NULL);
}

static int32_t
log2_of(uint32_t n)
{
	return ((int32_t)__builtin_ctz(n));
}

static void
set_sizes(const struct format_options *opt, struct ufs_superblock *sb)
{
	uint32_t clusters = CLUSTER_BYTES / opt->bsize;
	uint64_t n;

	sb->fs_bsize = sb->fs_maxbsize = (int32_t)opt->bsize;
	sb->fs_fsize = (int32_t)opt->fsize;
	sb->fs_frag = (int32_t)(opt->bsize / opt->fsize);
	sb->fs_bmask = -sb->fs_bsize;
	sb->fs_fmask = -sb->fs_fsize;
	sb->fs_qbmask = sb->fs_bsize - 1;
	sb->fs_qfmask = sb->fs_fsize - 1;
	sb->fs_bshift = log2_of(opt->bsize);
	sb->fs_fshift = log2_of(opt->fsize);
	sb->fs_fragshift = sb->fs_bshift - sb->fs_fshift;
	sb->fs_fsbtodb = sb->fs_fshift - 9;
	sb->fs_nindir = (int32_t)(opt->bsize / 8);
	sb->fs_inopb = opt->bsize / INODE_SIZE;
	sb->fs_maxcontig = (int32_t)clusters;
	if (clusters > 1)
		sb->fs_contigsumsize =
		    (int32_t)(clusters < CLUSTERS_MAX ? clusters
						      : CLUSTERS_MAX);
	sb->fs_maxbpg = sb->fs_nindir;
	sb->fs_sbsize = (int32_t)round_up(sizeof(*sb), opt->fsize);
	if (sb->fs_sbsize > UFS_SB_SIZE)
		sb->fs_sbsize = UFS_SB_SIZE;
	n = opt->bsize / 8;
	sb->fs_maxfilesize =
	    ((UFS_NDIRECT + n + n * n + n * n * n) << sb->fs_bshift) - 1;
}

static void
set_places(struct ufs_superblock *sb)
{
	uint64_t frag = (uint64_t)sb->fs_frag;

	sb->fs_sblockloc = sb->fs_sblockactualloc = SUPERBLOCK_AT;
	sb->fs_sblkno =
	    (int32_t)round_up(frags_for(sb, SUPERBLOCK_AT + UFS_SB_SIZE), frag);
	sb->fs_cblkno =
	    sb->fs_sblkno + (int32_t)round_up(frags_for(sb, UFS_SB_SIZE), frag);
	sb->fs_iblkno = sb->fs_cblkno + sb->fs_frag;
}

/* With so many fragments a group has so many inodes, */
static uint32_t
inodes_for(const struct format_options *opt, const struct ufs_superblock *sb,
    uint64_t fpg)
{
	uint64_t n = (fpg * opt->fsize + opt->density - 1) / opt->density;

	return ((uint32_t)round_up(n == 0 ? 1 : n, sb->fs_inopb));
}

static uint64_t
inode_frags(const struct ufs_superblock *sb, uint32_t ipg)
{
	return (ipg / sb->fs_inopb * (uint64_t)sb->fs_frag);
}

/* and its own block so many bytes. */
static uint64_t
group_bytes(const struct ufs_superblock *sb, uint64_t fpg, uint32_t ipg)
{
	uint64_t n = sizeof(struct ufs_cg) + 2 * sizeof(int32_t) +
		     (ipg + 7) / 8 + (fpg + 7) / 8;

	if (sb->fs_contigsumsize > 0)
		n += (uint64_t)sb->fs_contigsumsize * 4 +
		     (fpg / (uint64_t)sb->fs_frag + 7) / 8;
	return (n);
}

/* Groups are as large as can be; then so much smaller that the last one has
 * room for what each begins with. */
static const char *
set_groups(const struct format_options *opt, struct ufs_superblock *sb)
{
	const uint64_t frag = (uint64_t)sb->fs_frag,
		       size = (uint64_t)sb->fs_size;
	uint64_t fpg = round_up((uint64_t)sb->fs_iblkno + 2 * frag, frag);
	uint64_t least;

	while (size / fpg >= GROUPS_MIN &&
	       group_bytes(sb, fpg + frag, inodes_for(opt, sb, fpg + frag)) <=
		   opt->bsize)
		fpg += frag;
	for (;; fpg -= frag) {
		sb->fs_ipg = inodes_for(opt, sb, fpg);
		least = (uint64_t)sb->fs_iblkno + inode_frags(sb, sb->fs_ipg) +
			frag;
		if (fpg < least || size < least)
			return ("it is too small for a file system");
		if (size % fpg == 0 || size % fpg >= least)
			break;
	}
	sb->fs_fpg = (int32_t)fpg;
	sb->fs_ncg = (uint32_t)((size + fpg - 1) / fpg);
	if ((uint64_t)sb->fs_ncg * sb->fs_ipg > UINT32_MAX)
		return ("it has too many inodes");
	sb->fs_dblkno = sb->fs_iblkno + (int32_t)inode_frags(sb, sb->fs_ipg);
	sb->fs_cgsize =
	    (int32_t)round_up(group_bytes(sb, fpg, sb->fs_ipg), opt->fsize);
	return (NULL);
}

/* The summary of all groups is the first group's first data. */
static const char *
set_summary(struct ufs_superblock *sb)
{
	uint64_t bytes = (uint64_t)sb->fs_ncg * sizeof(struct ufs_csum);
	uint64_t frags = frags_for(sb, bytes);

	if (frags > (uint64_t)INT32_MAX >> sb->fs_fshift ||
	    (uint64_t)sb->fs_dblkno + frags + (uint64_t)sb->fs_frag >
		(uint64_t)sb->fs_fpg)
		return ("it is too large for blocks of this size");
	sb->fs_csaddr = sb->fs_dblkno;
	sb->fs_cssize = (int32_t)(frags << sb->fs_fshift);
	sb->fs_dsize = sb->fs_size - sb->fs_sblkno -
		       (int64_t)sb->fs_ncg * (sb->fs_dblkno - sb->fs_sblkno) -
		       (int64_t)frags;
	return (NULL);
}

static void
set_rest(const struct format_options *opt, struct ufs_superblock *sb)
{
	sb->fs_magic = UFS2_MAGIC;
	sb->fs_minfree = (int32_t)opt->minfree;
	sb->fs_avgfilesize = opt->avgfilesize;
	sb->fs_avgfpdir = opt->avgfpdir;
	sb->fs_metaspace = (int64_t)sb->fs_fpg * sb->fs_minfree / 200 /
			   sb->fs_frag * sb->fs_frag;
	sb->fs_maxsymlinklen = UFS_SHORT_LINK;
	sb->fs_old_flags = (int8_t)FLAGS_UPDATED;
	sb->fs_flags = UFS_METACKHASH;
	if (opt->softupdates)
		sb->fs_flags |= UFS_SOFTUPDATES;
	sb->fs_metackhash = ALL_HASHES;
	sb->fs_clean = 1;
	sb->fs_time = sb->fs_mtime = opt->now;
	sb->fs_id[0] = (int32_t)opt->now;
	sb->fs_id[1] = (int32_t)opt->random();
	sb->fs_providersize = sb->fs_size;
	if (opt->label != NULL)
		memcpy(sb->fs_volname, opt->label, strlen(opt->label));
}

const char *
format_layout(const struct format_options *opt, struct ufs_superblock *sb)
{
	const char *why = check_sizes(opt);

	if (why == NULL && opt->label != NULL &&
	    strlen(opt->label) >= sizeof(sb->fs_volname))
		why = "the label has more than 31 bytes";
	if (why != NULL)
		return (why);
	memset(sb, 0, sizeof(*sb));
	set_sizes(opt, sb);
	sb->fs_size = (int64_t)(opt->size >> sb->fs_fshift);
	set_places(sb);
	why = set_groups(opt, sb);
	if (why == NULL)
		why = set_summary(sb);
	if (why == NULL)
		set_rest(opt, sb);
	return (why);
}

/* One that is being written. */
struct writing {
	struct format_target *target;
	const struct format_options *opt;
	struct ufs_superblock *sb;
	uint8_t *block;	       /* fs_bsize bytes */
	struct ufs_csum *sums; /* fs_cssize bytes */
};

static int
put(struct writing *w, uint64_t frag, const void *buf, size_t size)
{
	return (w->target->ft_write(
	    w->target, frag << w->sb->fs_fshift, buf, size));
}

/* Directories of the new file system, from inode 2 on, each with a fragment
 * behind the summary. */
static uint32_t
directories(const struct writing *w)
{
	return (w->opt->snap ? 2 : 1);
}

static uint64_t
directory_frag(const struct writing *w, uint32_t ino)
{
	return ((uint64_t)w->sb->fs_csaddr +
		frags_for(w->sb, (uint64_t)w->sb->fs_cssize) + ino -
		UFS_ROOT_INO);
}

static void
make_inode(struct writing *w, uint32_t ino, struct ufs2_dinode *di)
{
	const struct writing *r = w;

	di->di_gen = w->opt->random();
	if (ino < UFS_ROOT_INO || ino >= UFS_ROOT_INO + directories(r))
		return;
	di->di_mode = ino == UFS_ROOT_INO ? DIR_MODE : SNAP_MODE;
	di->di_gid = ino == UFS_ROOT_INO ? 0 : SNAP_GROUP;
	di->di_nlink = 2;
	if (ino == UFS_ROOT_INO && w->opt->snap)
		di->di_nlink++;
	di->di_size = UFS_DIRBLKSIZE;
	di->di_blocks = (uint64_t)w->sb->fs_fsize / 512;
	di->di_db[0] = (int64_t)directory_frag(w, ino);
	di->di_atime = di->di_mtime = di->di_ctime = di->di_birthtime =
	    w->opt->now;
	di->di_dirdepth = ino == UFS_ROOT_INO ? 0 : 1;
	di->di_ckhash = ufs_crc32c(~0u, di, sizeof(*di));
}

static uint32_t
inited(const struct ufs_superblock *sb)
{
	uint32_t n = INITED_BLOCKS * sb->fs_inopb;

	return (n < sb->fs_ipg ? n : sb->fs_ipg);
}

static int
put_inodes(struct writing *w, uint32_t group)
{
	const struct ufs_superblock *sb = w->sb;
	struct ufs2_dinode *table = (void *)w->block;
	uint64_t frag =
	    (uint64_t)group * (uint64_t)sb->fs_fpg + (uint64_t)sb->fs_iblkno;
	uint32_t first = group * sb->fs_ipg;

	for (uint32_t at = 0; at < inited(sb); at += sb->fs_inopb) {
		memset(table, 0, (size_t)sb->fs_bsize);
		for (uint32_t i = 0; i < sb->fs_inopb; i++)
			make_inode(w, first + at + i, &table[i]);
		if (put(w, frag, table, (size_t)sb->fs_bsize) != 0)
			return (-1);
		frag += (uint64_t)sb->fs_frag;
	}
	return (0);
}

static uint32_t
group_frags(const struct ufs_superblock *sb, uint32_t group)
{
	int64_t left = sb->fs_size - (int64_t)group * sb->fs_fpg;

	return (uint32_t)(left < sb->fs_fpg ? left : sb->fs_fpg);
}

/* Is the fragment of a group in use from the beginning? */
static bool
taken(const struct writing *w, uint32_t group, uint32_t i)
{
	if (group == 0)
		return (i < directory_frag(w, UFS_ROOT_INO) + directories(w));
	return (
	    i >= (uint32_t)w->sb->fs_sblkno && i < (uint32_t)w->sb->fs_dblkno);
}

static int
put_group(struct writing *w, uint32_t group)
{
	struct ufs_superblock *sb = w->sb;
	struct ufs_cg *cg = (void *)w->block;
	uint8_t *bytes = w->block;

	memset(bytes, 0, (size_t)sb->fs_bsize);
	cg_header(sb, group, group_frags(sb, group), w->opt->now, cg);
	cg->cg_initediblk = inited(sb);
	if (group == 0) {
		for (uint32_t i = 0; i < UFS_ROOT_INO + directories(w); i++)
			cg_set(bytes + cg->cg_iusedoff, i, true);
		cg->cg_cs.cs_ndir = (int32_t)directories(w);
	}
	for (uint32_t i = 0; i < cg->cg_ndblk; i++)
		cg_set(bytes + cg->cg_freeoff, i, !taken(w, group, i));
	cg_sum(sb, cg);
	cg->cg_ckhash = cg_hash(sb, cg);
	w->sums[group] = cg->cg_cs;
	return (put(w,
	    (uint64_t)group * (uint64_t)sb->fs_fpg + (uint64_t)sb->fs_cblkno,
	    bytes, (size_t)sb->fs_bsize));
}

static uint8_t *
put_entry(uint8_t *at, uint32_t ino, unsigned reclen, const char *name)
{
	struct ufs_direct *d = (void *)at;

	d->d_ino = ino;
	d->d_reclen = (uint16_t)reclen;
	d->d_type = DT_DIR;
	d->d_namlen = (uint8_t)strlen(name);
	memcpy(d->d_name, name, strlen(name));
	return (at + reclen);
}

static int
put_directory(struct writing *w, uint32_t ino)
{
	uint8_t *at = w->block;
	unsigned rest = UFS_DIRBLKSIZE - 12;

	memset(w->block, 0, (size_t)w->sb->fs_fsize);
	at = put_entry(at, ino, 12, ".");
	if (ino == UFS_ROOT_INO && w->opt->snap) {
		at = put_entry(at, UFS_ROOT_INO, 12, "..");
		put_entry(at, SNAP_INO, rest - 12, ".snap");
	} else
		put_entry(at, UFS_ROOT_INO, rest, "..");
	return (
	    put(w, directory_frag(w, ino), w->block, (size_t)w->sb->fs_fsize));
}

static void
add_up(struct ufs_superblock *sb, const struct ufs_csum *sums)
{
	sb->fs_cs_ndir = sb->fs_cs_nbfree = 0;
	sb->fs_cs_nifree = sb->fs_cs_nffree = 0;
	for (uint32_t i = 0; i < sb->fs_ncg; i++) {
		sb->fs_cs_ndir += sums[i].cs_ndir;
		sb->fs_cs_nbfree += sums[i].cs_nbfree;
		sb->fs_cs_nifree += sums[i].cs_nifree;
		sb->fs_cs_nffree += sums[i].cs_nffree;
	}
}

int
format_finish(struct format_target *target, struct ufs_superblock *sb,
    const struct ufs_csum *sums)
{
	static uint64_t room[UFS_SB_SIZE / sizeof(uint64_t)];
	struct ufs_superblock *image = (void *)room;

	if (target->ft_write(target, (uint64_t)sb->fs_csaddr << sb->fs_fshift,
		sums, (size_t)sb->fs_cssize) != 0)
		return (-1);
	add_up(sb, sums);
	*image = *sb;
	image->fs_ckhash = ufs_crc32c(~0u, image, (size_t)sb->fs_sbsize);
	for (uint64_t i = sb->fs_ncg; i-- > 0;)
		if (target->ft_write(target,
			(i * (uint64_t)sb->fs_fpg + (uint64_t)sb->fs_sblkno)
			    << sb->fs_fshift,
			image, UFS_SB_SIZE) != 0)
			return (-1);
	return (target->ft_write(target, SUPERBLOCK_AT, image, UFS_SB_SIZE));
}

static int
put_all(struct writing *w)
{
	uint8_t *zero = w->block;

	/* One that was there before mustn't be found if this isn't finished,
	 * or at a place that is looked at earlier. */
	memset(zero, 0, UFS_SB_SIZE);
	if (w->target->ft_write(w->target, SUPERBLOCK_AT, zero, UFS_SB_SIZE) !=
		0 ||
	    w->target->ft_write(w->target, 8192, zero, UFS_SB_SIZE) != 0)
		return (-1);
	for (uint32_t i = 0; i < w->sb->fs_ncg; i++)
		if (put_inodes(w, i) != 0 || put_group(w, i) != 0)
			return (-1);
	for (uint32_t i = 0; i < directories(w); i++)
		if (put_directory(w, UFS_ROOT_INO + i) != 0)
			return (-1);
	return (format_finish(w->target, w->sb, w->sums));
}

int
format_write(struct format_target *target, const struct format_options *opt,
    struct ufs_superblock *sb)
{
	struct writing w = {.target = target, .opt = opt, .sb = sb};
	size_t room = opt->bsize < UFS_SB_SIZE ? UFS_SB_SIZE : opt->bsize;
	int error = -1;

	w.block = calloc(1, room);
	w.sums = calloc(1, (size_t)sb->fs_cssize);
	if (w.block != NULL && w.sums != NULL)
		error = put_all(&w);
	free(w.block);
	free(w.sums);
	return (error);
}
