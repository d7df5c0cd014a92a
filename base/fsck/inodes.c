/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inodes: read and written in UFS2's form, looked at one by one, and in the
 * end their link counts compared with the names that were found.
 */
#include <string.h>

#include "impl.h"

uint64_t
inode_place(struct check *c, uint64_t ino)
{
	uint64_t frag;
	size_t offset;

	if (ufs_inode_place(&c->fs, ino, &frag, &offset) != 0)
		check_fail(c, "inode %llu lies beyond its end",
		    (unsigned long long)ino);
	return ((frag << c->fs.fs_fshift) + offset);
}

static void
from_ufs1(const struct ufs1_dinode *one, struct ufs2_dinode *di)
{
	memset(di, 0, sizeof(*di));
	di->di_mode = one->di_mode;
	di->di_nlink = one->di_nlink;
	di->di_size = one->di_size;
	di->di_blocks = (uint32_t)one->di_blocks;
	di->di_mtimensec = one->di_mtimensec;
	di->di_atimensec = one->di_atimensec;
	di->di_ctimensec = one->di_ctimensec;
	di->di_gen = one->di_gen;
	di->di_flags = one->di_flags;
	for (int i = 0; i < UFS_NDIRECT; i++)
		di->di_db[i] = (uint32_t)one->di_db[i];
	for (int i = 0; i < UFS_NINDIRECT; i++)
		di->di_ib[i] = (uint32_t)one->di_ib[i];
}

/* What a repair may have changed. */
static void
to_ufs1(const struct ufs2_dinode *di, struct ufs1_dinode *one)
{
	one->di_mode = di->di_mode;
	one->di_nlink = di->di_nlink;
	one->di_size = di->di_size;
	one->di_blocks = (uint32_t)di->di_blocks;
	one->di_mtimensec = di->di_mtimensec;
	one->di_atimensec = di->di_atimensec;
	one->di_ctimensec = di->di_ctimensec;
	for (int i = 0; i < UFS_NDIRECT; i++)
		one->di_db[i] = (int32_t)di->di_db[i];
	for (int i = 0; i < UFS_NINDIRECT; i++)
		one->di_ib[i] = (int32_t)di->di_ib[i];
}

void
inode_get(struct check *c, uint64_t ino, struct ufs2_dinode *di)
{
	struct ufs1_dinode one;

	if (!c->ufs1) {
		cache_read(c, inode_place(c, ino), di, sizeof(*di));
		return;
	}
	cache_read(c, inode_place(c, ino), &one, sizeof(one));
	from_ufs1(&one, di);
}

static uint32_t
inode_hash(const struct ufs2_dinode *di)
{
	struct ufs2_dinode copy = *di;

	copy.di_ckhash = 0;
	return (ufs_crc32c(~0u, &copy, sizeof(copy)));
}

static bool
hashed(const struct check *c, const struct ufs2_dinode *di)
{
	return ((c->fs.fs_sb.fs_metackhash & UFS_CK_INODE) && di->di_mode != 0);
}

void
inode_put(struct check *c, uint64_t ino, struct ufs2_dinode *di)
{
	struct ufs1_dinode one;

	if (!c->ufs1) {
		if (hashed(c, di))
			di->di_ckhash = inode_hash(di);
		cache_write(c, inode_place(c, ino), di, sizeof(*di));
		return;
	}
	cache_read(c, inode_place(c, ino), &one, sizeof(one));
	to_ufs1(di, &one);
	cache_write(c, inode_place(c, ino), &one, sizeof(one));
}

/* Free, but for the generation that NFS goes by. */
void
inode_clear(struct check *c, uint64_t ino)
{
	struct ufs2_dinode di;
	uint32_t gen;

	inode_get(c, ino, &di);
	gen = di.di_gen;
	memset(&di, 0, sizeof(di));
	di.di_gen = gen;
	inode_put(c, ino, &di);
	memset(&c->inodes[ino], 0, sizeof(c->inodes[ino]));
}

void
inode_links(struct check *c, uint64_t ino, int change)
{
	struct ufs2_dinode di;

	inode_get(c, ino, &di);
	di.di_nlink = (int16_t)(di.di_nlink + change);
	inode_put(c, ino, &di);
	c->inodes[ino].nlink = di.di_nlink;
}

/* A free one has neither contents nor size. */
static bool
is_blank(const struct ufs2_dinode *di)
{
	static const struct ufs2_dinode none;

	return (di->di_size == 0 &&
		memcmp(di->di_db, none.di_db, sizeof(none.di_db)) == 0 &&
		memcmp(di->di_ib, none.di_ib, sizeof(none.di_ib)) == 0);
}

/* What is so wrong that nothing of it can be believed, or NULL. */
static const char *
hopeless(const struct check *c, const struct ufs2_dinode *di)
{
	const uint64_t n = (uint64_t)c->fs.fs_sb.fs_nindir;
	const uint64_t most = (UFS_NDIRECT + n + n * n + n * n * n)
			      << c->fs.fs_bshift;

	switch (DT_OF(di->di_mode)) {
	case DT_FIFO:
	case DT_CHR:
	case DT_BLK:
	case DT_REG:
	case DT_SOCK:
	case DT_LNK:
		break;
	case DT_DIR:
		if (di->di_size == 0 || di->di_size > INT32_MAX)
			return ("impossible size of a directory");
		break;
	default:
		return ("unknown type");
	}
	if (di->di_size > most || di->di_size > INT64_MAX)
		return ("impossible size");
	return (NULL);
}

static bool
nsec_repair(int32_t *nsec)
{
	if (*nsec >= 0 && *nsec < 1000000000)
		return (false);
	*nsec = 0;
	return (true);
}

/* What can be put right. */
static void
inode_repair(struct check *c, uint64_t ino, struct ufs2_dinode *di)
{
	bool changed = false, times;

	if (hashed(c, di) && di->di_ckhash != inode_hash(di)) {
		report(c, CHECK_DAMAGE, HARD,
		    "inode %llu: its check hash is wrong",
		    (unsigned long long)ino);
		changed = true;
	}
	if (DT_OF(di->di_mode) == DT_DIR && di->di_size % UFS_DIRBLKSIZE != 0) {
		report(c, CHECK_DAMAGE, HARD,
		    "inode %llu: a directory with a block that isn't whole",
		    (unsigned long long)ino);
		di->di_size += UFS_DIRBLKSIZE - di->di_size % UFS_DIRBLKSIZE;
		changed = true;
	}
	times = nsec_repair(&di->di_atimensec);
	times |= nsec_repair(&di->di_mtimensec);
	times |= nsec_repair(&di->di_ctimensec);
	times |= nsec_repair(&di->di_birthnsec);
	if (times) {
		report(c, CHECK_DAMAGE, HARMLESS, "inode %llu: impossible time",
		    (unsigned long long)ino);
		changed = true;
	}
	if (changed)
		inode_put(c, ino, di);
}

static void
inode_look(struct check *c, uint64_t ino)
{
	struct ufs2_dinode di;
	const char *why;

	inode_get(c, ino, &di);
	if (di.di_mode == 0 && is_blank(&di))
		return;
	why = di.di_mode == 0 ? "free, but not empty" : hopeless(c, &di);
	if (why != NULL) {
		report(c, CHECK_DAMAGE, HARD, "inode %llu: %s",
		    (unsigned long long)ino, why);
		inode_clear(c, ino);
		return;
	}
	inode_repair(c, ino, &di);
	c->inodes[ino].type = DT_OF(di.di_mode);
	c->inodes[ino].nlink = di.di_nlink;
	if (c->inodes[ino].type == DT_DIR)
		directory_add(c, ino);
}

/* Inodes 0 and 1 have no use; those that weren't ever written aren't looked at.
 */
void
inodes_scan(struct check *c)
{
	const struct ufs_superblock *sb = &c->fs.fs_sb;

	c->inodes = check_alloc(c, c->fs.fs_inodes, sizeof(*c->inodes));
	c->inited = check_alloc(c, sb->fs_ncg, sizeof(*c->inited));
	for (uint32_t group = 0; group < sb->fs_ncg; group++) {
		uint64_t first = (uint64_t)group * sb->fs_ipg;

		c->inited[group] = group_inited(c, group);
		for (uint32_t i = 0; i < c->inited[group]; i++)
			if (first + i >= UFS_ROOT_INO)
				inode_look(c, first + i);
	}
}

/* Of one in use. */
static void
link_check(struct check *c, uint64_t ino)
{
	struct inode_info *in = &c->inodes[ino];
	struct ufs2_dinode di;

	if (in->nlink >= 0 && in->names == (uint32_t)in->nlink)
		return;
	if (in->names > INT16_MAX) {
		report(c, CHECK_DAMAGE, HARD, "inode %llu: too many names",
		    (unsigned long long)ino);
		c->incomplete = true;
		return;
	}
	if (in->nlink >= 0 && in->names < (uint32_t)in->nlink)
		report(c, CHECK_COUNT, HARMLESS,
		    "inode %llu: %d links, but %u names",
		    (unsigned long long)ino, in->nlink, in->names);
	else
		/* What was about to be removed may still name it. */
		report(c,
		    in->marks & INODE_LATE ? CHECK_UNREFERENCED : CHECK_DAMAGE,
		    in->marks & INODE_LATE ? HARMLESS : HARD,
		    "inode %llu: only %d links, but %u names",
		    (unsigned long long)ino, in->nlink, in->names);
	inode_get(c, ino, &di);
	di.di_nlink = (int16_t)in->names;
	inode_put(c, ino, &di);
}

void
links_check(struct check *c)
{
	for (uint64_t ino = UFS_ROOT_INO; ino < c->fs.fs_inodes; ino++)
		/* What there was no room for in lost+found waits there. */
		if (c->inodes[ino].type != 0 &&
		    (c->inodes[ino].marks & INODE_REJOIN) == 0)
			link_check(c, ino);
}
