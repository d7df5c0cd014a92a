/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The blocks of directories: taken apart, put right, and changed.  One that is
 * damaged keeps the entries before the damage.
 */
#include <string.h>

#include "impl.h"

#define DOT_SIZE 12u /* of the entries . and .. */

/* Bytes that an entry needs. */
static unsigned
needs(unsigned namlen)
{
	return ((unsigned)((sizeof(struct ufs_direct) + namlen + 1 + 3) & ~3u));
}

static struct ufs_direct *
at_entry(uint8_t *block, unsigned at)
{
	return ((struct ufs_direct *)(block + at));
}

static bool
well_formed(const uint8_t *block, unsigned at)
{
	const struct ufs_direct *d = (const void *)(block + at);

	if (UFS_DIRBLKSIZE - at < DOT_SIZE || d->d_reclen % 4 != 0 ||
	    d->d_reclen < DOT_SIZE || d->d_reclen > UFS_DIRBLKSIZE - at)
		return (false);
	return (d->d_ino == 0 || (needs(d->d_namlen) <= d->d_reclen &&
				     d->d_name[d->d_namlen] == '\0'));
}

static bool
name_possible(const struct ufs_direct *d)
{
	return (d->d_namlen > 0 &&
		memchr(d->d_name, '/', d->d_namlen) == NULL &&
		memchr(d->d_name, '\0', d->d_namlen) == NULL);
}

static bool
is_dots(const struct ufs_direct *d, unsigned n)
{
	return (d->d_ino != 0 && d->d_namlen == n &&
		memcmp(d->d_name, "..", n) == 0);
}

/* Where a 512-byte block of a directory lies, or 0. */
static uint64_t
block_place(struct check *c, const struct ufs2_dinode *di, uint64_t offset)
{
	struct ufs_inode in;
	uint64_t frag, run;
	uint64_t in_block = offset & ((uint64_t)c->fs.fs_sb.fs_bsize - 1);

	memset(&in, 0, sizeof(in));
	in.i_size = di->di_size;
	for (int i = 0; i < UFS_NDIRECT; i++)
		in.i_direct[i] = (uint64_t)di->di_db[i];
	for (int i = 0; i < UFS_NINDIRECT; i++)
		in.i_indirect[i] = (uint64_t)di->di_ib[i];
	if (offset >= di->di_size ||
	    ufs_bmap(&c->fs, &in, offset >> c->fs.fs_bshift, 1, &frag, &run) !=
		0 ||
	    frag == 0)
		return (0);
	return ((frag << c->fs.fs_fshift) + in_block);
}

/* Reads the block that an entry is in. */
static uint64_t
block_load(struct check *c, uint64_t dir, uint64_t offset, uint8_t *block)
{
	struct ufs2_dinode di;
	uint64_t place;

	inode_get(c, dir, &di);
	place = block_place(c, &di, offset & ~(uint64_t)(UFS_DIRBLKSIZE - 1));
	if (place != 0)
		cache_read(c, place, block, UFS_DIRBLKSIZE);
	return (place);
}

/* Ends with what is before the first entry that makes no sense. */
static bool
salvage(uint8_t *block)
{
	unsigned at, last = UFS_DIRBLKSIZE;

	for (at = 0; at < UFS_DIRBLKSIZE; at += at_entry(block, at)->d_reclen) {
		if (!well_formed(block, at))
			break;
		last = at;
	}
	if (at == UFS_DIRBLKSIZE)
		return (false);
	if (last == UFS_DIRBLKSIZE) {
		memset(block, 0, UFS_DIRBLKSIZE);
		last = 0;
	}
	at_entry(block, last)->d_reclen = (uint16_t)(UFS_DIRBLKSIZE - last);
	return (true);
}

static void
put_entry(uint8_t *block, unsigned at, unsigned reclen, uint32_t ino,
    uint8_t type, const char *name, unsigned namlen)
{
	struct ufs_direct *d = at_entry(block, at);

	memset(d, 0, needs(namlen));
	d->d_ino = ino;
	d->d_reclen = (uint16_t)reclen;
	d->d_type = type;
	d->d_namlen = (uint8_t)namlen;
	memcpy(d->d_name, name, namlen);
}

static void
block_init(uint8_t *block, uint32_t ino, uint32_t parent)
{
	memset(block, 0, UFS_DIRBLKSIZE);
	put_entry(block, 0, DOT_SIZE, ino, DT_DIR, ".", 1);
	put_entry(block, DOT_SIZE, UFS_DIRBLKSIZE - DOT_SIZE, parent, DT_DIR,
	    "..", 2);
}

/* An entry into the free part of the block; false: there is none so large. */
static bool
block_add(uint8_t *block, const char *name, unsigned namlen, uint32_t ino,
    uint8_t type)
{
	for (unsigned at = 0; at < UFS_DIRBLKSIZE;) {
		struct ufs_direct *d = at_entry(block, at);
		unsigned reclen = d->d_reclen;
		unsigned held = d->d_ino == 0 ? 0 : needs(d->d_namlen);

		if (reclen - held >= needs(namlen)) {
			if (held != 0)
				d->d_reclen = (uint16_t)held;
			put_entry(block, at + held, reclen - held, ino, type,
			    name, namlen);
			return (true);
		}
		at += reclen;
	}
	return (false);
}

static void
block_remove(uint8_t *block, unsigned at)
{
	unsigned before = UFS_DIRBLKSIZE, i = 0;

	while (i < at) {
		before = i;
		i += at_entry(block, i)->d_reclen;
	}
	if (i != at || at >= UFS_DIRBLKSIZE)
		return;
	if (before != UFS_DIRBLKSIZE)
		at_entry(block, before)->d_reclen =
		    (uint16_t)(at_entry(block, before)->d_reclen +
			       at_entry(block, at)->d_reclen);
	else
		at_entry(block, at)->d_ino = 0;
}

/* A first block that doesn't begin with . and .. gets them, and what else was
 * there as far as there is room. */
static void
rebuild(const struct directory *dir, uint8_t *block)
{
	_Alignas(8) uint8_t old[UFS_DIRBLKSIZE];
	uint32_t parent = dir->parent;

	memcpy(old, block, sizeof(old));
	if (parent == 0 || parent == PARENT_LOST)
		parent = UFS_ROOT_INO;
	block_init(block, dir->ino, parent);
	for (unsigned at = 0; at < UFS_DIRBLKSIZE;
	     at += at_entry(old, at)->d_reclen) {
		const struct ufs_direct *d = at_entry(old, at);

		if (d->d_ino != 0 && !is_dots(d, 1) && !is_dots(d, 2))
			(void)block_add(
			    block, d->d_name, d->d_namlen, d->d_ino, d->d_type);
	}
}

/* The first block: . and .. are its first entries.  True: it was changed. */
static bool
check_dots(struct check *c, struct directory *dir, uint8_t *block)
{
	struct ufs_direct *dot = at_entry(block, 0), *dotdot;
	bool changed = false;

	dotdot = at_entry(
	    block, dot->d_reclen < UFS_DIRBLKSIZE ? dot->d_reclen : 0u);
	if (!is_dots(dot, 1) || !is_dots(dotdot, 2)) {
		report(c, CHECK_DAMAGE, HARD,
		    "directory %u: it doesn't begin with . and ..", dir->ino);
		rebuild(dir, block);
		dot = at_entry(block, 0);
		dotdot = at_entry(block, DOT_SIZE);
		changed = true;
	}
	if (dot->d_ino != dir->ino || dot->d_type != DT_DIR ||
	    dotdot->d_type != DT_DIR) {
		report(c, CHECK_DAMAGE, HARMLESS,
		    "directory %u: its . isn't itself, or its .. isn't a "
		    "directory",
		    dir->ino);
		dot->d_ino = dir->ino;
		dot->d_type = dotdot->d_type = DT_DIR;
		changed = true;
	}
	dir->dotdot = dotdot->d_ino;
	return (changed);
}

/* The entries behind the first `skip` ones.  True: the block was changed. */
static bool
visit_entries(struct check *c, struct directory *dir, uint8_t *block,
    uint64_t base, unsigned skip, entry_visit *visit)
{
	bool changed = false;
	unsigned next;

	for (unsigned at = 0; at < UFS_DIRBLKSIZE; at = next) {
		struct ufs_direct *d = at_entry(block, at);
		struct entry e = {
		    base + at, d->d_ino, d->d_type, d->d_namlen, d->d_name};
		enum verdict verdict = KEEP;

		next = at + d->d_reclen;
		if (skip > 0) {
			skip--;
			continue;
		}
		if (d->d_ino == 0)
			continue;
		if (!name_possible(d) || is_dots(d, 1) || is_dots(d, 2)) {
			report(c, CHECK_DAMAGE, HARD,
			    "directory %u: an impossible name at byte %llu",
			    dir->ino, (unsigned long long)e.where);
			verdict = REMOVE;
		} else
			verdict = visit(c, dir, &e);
		if (verdict == CHANGED)
			d->d_type = e.type;
		else if (verdict == REMOVE)
			block_remove(block, at);
		changed |= verdict != KEEP;
	}
	return (changed);
}

void
directory_read(struct check *c, struct directory *dir, entry_visit *visit)
{
	_Alignas(8) uint8_t block[UFS_DIRBLKSIZE];
	struct ufs2_dinode di;
	uint64_t place;
	bool changed;

	inode_get(c, dir->ino, &di);
	for (uint64_t at = 0; at < di.di_size; at += UFS_DIRBLKSIZE) {
		place = block_place(c, &di, at);
		if (place == 0)
			break;
		cache_read(c, place, block, sizeof(block));
		changed = salvage(block);
		if (changed)
			report(c, CHECK_DAMAGE, HARD,
			    "directory %u: the block at byte %llu is damaged",
			    dir->ino, (unsigned long long)at);
		if (at == 0)
			changed |= check_dots(c, dir, block);
		changed |=
		    visit_entries(c, dir, block, at, at == 0 ? 2 : 0, visit);
		if (changed)
			cache_write(c, place, block, sizeof(block));
	}
}

void
entry_remove(struct check *c, uint64_t dir, uint64_t where)
{
	_Alignas(8) uint8_t block[UFS_DIRBLKSIZE];
	uint64_t place = block_load(c, dir, where, block);

	if (place == 0)
		return;
	block_remove(block, (unsigned)(where % UFS_DIRBLKSIZE));
	cache_write(c, place, block, sizeof(block));
}

void
dotdot_set(struct check *c, struct directory *dir, uint32_t parent)
{
	_Alignas(8) uint8_t block[UFS_DIRBLKSIZE];
	uint64_t place = block_load(c, dir->ino, 0, block);

	if (place == 0)
		return;
	at_entry(block, at_entry(block, 0)->d_reclen)->d_ino = parent;
	cache_write(c, place, block, sizeof(block));
	dir->dotdot = parent;
}

/* Nothing was made sure of yet. */
uint32_t
dotdot_get(struct check *c, uint64_t dir)
{
	_Alignas(8) uint8_t block[UFS_DIRBLKSIZE];
	const struct ufs_direct *d = at_entry(block, DOT_SIZE);

	if (block_load(c, dir, 0, block) == 0 || !is_dots(d, 2))
		return (0);
	return (d->d_ino);
}

bool
directory_create(struct check *c, uint32_t ino, uint32_t parent, uint16_t mode)
{
	_Alignas(8) uint8_t block[UFS_DIRBLKSIZE];
	uint64_t frag = frags_alloc(c, 1);
	struct ufs2_dinode di;

	if (frag == 0)
		return (false);
	block_init(block, ino, parent);
	cache_write(c, frag << c->fs.fs_fshift, block, sizeof(block));
	inode_clear(c, ino);
	inode_get(c, ino, &di);
	di.di_mode = mode;
	di.di_nlink = 2;
	di.di_size = UFS_DIRBLKSIZE;
	di.di_blocks = (uint64_t)c->fs.fs_sb.fs_fsize / 512;
	di.di_atime = di.di_mtime = di.di_ctime = di.di_birthtime = c->opt->now;
	di.di_db[0] = (int64_t)frag;
	inode_put(c, ino, &di);
	c->inodes[ino] =
	    (struct inode_info){2, DT_DIR, INODE_CLAIMED, .names = 2};
	return (true);
}

/* A whole block more, behind those that have their address in the inode. */
static uint64_t
extend_indirect(struct check *c, struct ufs2_dinode *di, uint64_t lbn)
{
	const unsigned whole = (unsigned)c->fs.fs_sb.fs_frag;
	const uint64_t sectors = (uint64_t)c->fs.fs_sb.fs_bsize / 512;
	uint8_t zero[UFS_DIRBLKSIZE] = {0};
	uint64_t frag;

	if (lbn - UFS_NDIRECT >= (uint64_t)c->fs.fs_sb.fs_nindir)
		return (0);
	if (di->di_ib[0] == 0) {
		frag = frags_alloc(c, whole);
		if (frag == 0)
			return (0);
		di->di_ib[0] = (int64_t)frag;
		di->di_blocks += sectors;
		for (uint64_t at = 0; at < (uint64_t)c->fs.fs_sb.fs_bsize;
		     at += sizeof(zero))
			cache_write(c, (frag << c->fs.fs_fshift) + at, zero,
			    sizeof(zero));
	}
	frag = frags_alloc(c, whole);
	if (frag == 0)
		return (0);
	di->di_blocks += sectors;
	cache_write(c,
	    ((uint64_t)di->di_ib[0] << c->fs.fs_fshift) +
		(lbn - UFS_NDIRECT) * 8,
	    &frag, 8);
	return (frag);
}

/* A fragment more than the last block has: 0 if there is none.  A block has as
 * many as the size says, so all of it moves. */
static uint64_t
extend_direct(struct check *c, struct ufs2_dinode *di, uint64_t lbn)
{
	uint64_t rest = di->di_size & ((uint64_t)c->fs.fs_sb.fs_bsize - 1);
	uint64_t old = (uint64_t)di->di_db[lbn], frag;
	uint8_t buf[UFS_DIRBLKSIZE];
	unsigned had = (unsigned)(rest >> c->fs.fs_fshift);

	frag = frags_alloc(c, had + 1);
	if (frag == 0)
		return (0);
	for (uint64_t at = 0; at < rest; at += sizeof(buf)) {
		cache_read(c, (old << c->fs.fs_fshift) + at, buf, sizeof(buf));
		cache_write(
		    c, (frag << c->fs.fs_fshift) + at, buf, sizeof(buf));
	}
	frags_mark(c, old, had, false);
	di->di_blocks += (uint64_t)c->fs.fs_sb.fs_fsize / 512;
	di->di_db[lbn] = (int64_t)frag;
	return (frag);
}

/* One more 512 bytes at a directory's end. */
static bool
extend(struct check *c, uint64_t dir)
{
	_Alignas(8) uint8_t block[UFS_DIRBLKSIZE] = {0};
	struct ufs2_dinode di;
	uint64_t lbn, frag = 1;

	inode_get(c, dir, &di);
	lbn = di.di_size >> c->fs.fs_bshift;
	if (lbn >= UFS_NDIRECT) {
		if (di.di_size % (uint64_t)c->fs.fs_sb.fs_bsize == 0)
			frag = extend_indirect(c, &di, lbn);
	} else if (di.di_size % (uint64_t)c->fs.fs_sb.fs_fsize == 0)
		frag = extend_direct(c, &di, lbn);
	if (frag == 0)
		return (false);
	di.di_size += UFS_DIRBLKSIZE;
	inode_put(c, dir, &di);
	at_entry(block, 0)->d_reclen = UFS_DIRBLKSIZE;
	cache_write(c, block_place(c, &di, di.di_size - UFS_DIRBLKSIZE), block,
	    sizeof(block));
	return (true);
}

bool
entry_add(
    struct check *c, uint64_t dir, const char *name, uint32_t ino, uint8_t type)
{
	_Alignas(8) uint8_t block[UFS_DIRBLKSIZE];
	uint64_t place;

	if (c->add_dir != dir)
		c->add_hint = 0;
	c->add_dir = dir;
	for (;; c->add_hint += UFS_DIRBLKSIZE) {
		place = block_load(c, dir, c->add_hint, block);
		if (place == 0) {
			if (!extend(c, dir))
				return (false);
			place = block_load(c, dir, c->add_hint, block);
		}
		if (block_add(block, name, (unsigned)strlen(name), ino, type))
			break;
	}
	cache_write(c, place, block, sizeof(block));
	return (true);
}
