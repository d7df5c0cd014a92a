/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who has which fragments.  Every file takes possession of its blocks, in one
 * walk over its addresses; an address that makes no sense becomes a hole.  A
 * block of indirect addresses is only followed by the first file that has it,
 * so that all walks together are bounded by the size of the file system.
 */
#include <string.h>

#include "impl.h"

/* Addresses of a snapshot that stand for no block. */
#define SNAPSHOT_MARKS 2

enum walk_mode { CLAIM, RELEASE, TRUNCATE };

struct walk {
	struct check *c;
	uint64_t ino;
	struct ufs2_dinode di;
	enum walk_mode mode;
	uint64_t size;	/* when its blocks were allocated */
	uint64_t limit; /* blocks that the size reaches */
	uint64_t next;	/* up to here there is no hole */
	uint64_t frags; /* that it has */
	bool changed;
	bool beyond; /* told that there are blocks behind the end */
};

bool
frags_used(const struct check *c, uint64_t frag, unsigned n)
{
	for (; n-- > 0; frag++)
		if (c->used[frag / 8] >> frag % 8 & 1)
			return (true);
	return (false);
}

void
frags_mark(struct check *c, uint64_t frag, unsigned n, bool used)
{
	for (; n-- > 0; frag++) {
		uint8_t bit = (uint8_t)(1 << frag % 8);

		if (((c->used[frag / 8] & bit) != 0) == used)
			continue;
		c->used[frag / 8] ^= bit;
		c->nused += used ? 1 : (uint64_t)-1;
	}
}

static uint64_t
summary_place(const struct check *c, uint64_t *n)
{
	const struct ufs_superblock *sb = &c->fs.fs_sb;

	*n = ((uint64_t)sb->fs_cssize + (uint64_t)sb->fs_fsize - 1) >>
	     c->fs.fs_fshift;
	return (summary_first(&c->fs));
}

void
metadata_claim(struct check *c)
{
	const struct ufs_superblock *sb = &c->fs.fs_sb;
	uint64_t first, n;

	c->used = check_alloc(c, c->fs.fs_frags / 8 + 1, 1);
	for (uint32_t i = 0; i < sb->fs_ncg; i++) {
		first = ufs_group_start(&c->fs, i);
		n = (uint32_t)sb->fs_dblkno;
		if (i != 0) {
			first += (uint32_t)sb->fs_sblkno;
			n -= (uint32_t)sb->fs_sblkno;
		}
		frags_mark(c, first, (unsigned)n, true);
	}
	first = summary_place(c, &n);
	frags_mark(c, first, (unsigned)n, true);
}

static bool
is_metadata(const struct check *c, uint64_t frag)
{
	uint64_t n, first = summary_place(c, &n);

	return (
	    is_group_own(&c->fs, frag) || (frag >= first && frag < first + n));
}

bool
is_short_link(const struct check *c, const struct ufs2_dinode *di)
{
	uint64_t room = c->ufs1 ? UFS_SHORT_LINK / 2 : UFS_SHORT_LINK;
	int32_t most = c->fs.fs_sb.fs_maxsymlinklen;

	return (DT_OF(di->di_mode) == DT_LNK && di->di_size <= room &&
		most > 0 && di->di_size < (uint32_t)most);
}

/* Fragments of block lbn of something that has `size` bytes. */
static unsigned
block_frags(const struct check *c, uint64_t size, uint64_t lbn)
{
	uint64_t rest;

	if (lbn >= UFS_NDIRECT || size >> c->fs.fs_bshift != lbn)
		return ((unsigned)c->fs.fs_sb.fs_frag);
	rest = size - (lbn << c->fs.fs_bshift);
	return ((unsigned)((rest + ((uint64_t)1 << c->fs.fs_fshift) - 1) >>
			   c->fs.fs_fshift));
}

/* Why no block can be there, or NULL. */
static const char *
impossible(const struct check *c, uint64_t frag, unsigned n)
{
	uint64_t in_block = frag % (unsigned)c->fs.fs_sb.fs_frag;

	if (frag >= c->fs.fs_frags || n > c->fs.fs_frags - frag)
		return ("lies outside of the file system");
	if (in_block + n > (unsigned)c->fs.fs_sb.fs_frag)
		return ("isn't at the start of a block");
	for (unsigned i = 0; i < n; i++)
		if (is_metadata(c, frag + i))
			return ("lies in the file system's own structures");
	return (NULL);
}

static void
share(struct walk *w, uint64_t pointer, uint64_t frag, unsigned n)
{
	struct check *c = w->c;

	c->shared = check_grow(
	    c, c->shared, c->nshared, &c->room_shared, sizeof(*c->shared));
	c->shared[c->nshared++] =
	    (struct shared_block){pointer, frag, (uint32_t)w->ino, n};
}

/* Does the address, which lies at `pointer`, stay? */
static bool
claim(struct walk *w, uint64_t pointer, uint64_t frag, unsigned n, bool data)
{
	struct check *c = w->c;
	const char *why = impossible(c, frag, n);
	bool copy = false;

	if (why == NULL && frags_used(c, frag, n)) {
		why = "is another's, too";
		copy = data && DT_OF(w->di.di_mode) == DT_REG && !c->late &&
		       !c->ufs1;
	}
	if (why == NULL) {
		frags_mark(c, frag, n, true);
		w->frags += n;
		return (true);
	}
	report(c, CHECK_DAMAGE, HARD, "inode %llu: its block at %llu %s",
	    (unsigned long long)w->ino, (unsigned long long)frag, why);
	if (!copy)
		return (false);
	share(w, pointer, frag, n);
	w->frags += n;
	return (true);
}

static bool
behind_end(struct walk *w)
{
	if (!w->beyond)
		report(w->c, CHECK_DAMAGE, HARMLESS,
		    "inode %llu: it has blocks behind its end",
		    (unsigned long long)w->ino);
	w->beyond = true;
	return (false);
}

/* A block of data or, with `span` blocks of these under it, of addresses. */
static bool
visit(struct walk *w, uint64_t pointer, uint64_t frag, unsigned n, uint64_t lbn,
    uint64_t span)
{
	struct check *c = w->c;

	if ((w->di.di_flags & SF_SNAPSHOT) && span == 0 &&
	    frag <= SNAPSHOT_MARKS)
		return (true);
	switch (w->mode) {
	case CLAIM:
		if (lbn >= w->limit)
			return (behind_end(w));
		if (!claim(w, pointer, frag, n, span == 0))
			return (false);
		break;
	case RELEASE:
		frags_mark(c, frag, n, false);
		break;
	case TRUNCATE:
		if (lbn >= w->limit) {
			frags_mark(c, frag, n, false);
			return (false);
		}
		w->frags += n;
		break;
	}
	if (span == 0 && lbn == w->next)
		w->next++;
	return (true);
}

static uint64_t
get_address(const struct check *c, const uint8_t *block, uint64_t i)
{
	uint64_t wide;
	uint32_t narrow;

	if (!c->ufs1) {
		memcpy(&wide, block + i * 8, 8);
		return (wide);
	}
	memcpy(&narrow, block + i * 4, 4);
	return (narrow);
}

static void
clear_address(const struct check *c, uint8_t *block, uint64_t i)
{
	size_t size = c->ufs1 ? 4 : 8;

	memset(block + i * size, 0, size);
}

/*
 * The tree under an address, `depth` 0 being data; its first block is lbn.
 * False: the address goes.
 */
static bool
walk_tree(struct walk *w, uint64_t pointer, uint64_t frag, unsigned depth,
    uint64_t lbn, unsigned n)
{
	struct check *c = w->c;
	const uint64_t fan = (uint64_t)c->fs.fs_sb.fs_nindir;
	uint64_t span = 1, address, place = frag << c->fs.fs_fshift;
	bool kept, changed = false;
	uint8_t *block;

	for (unsigned i = 1; i < depth; i++)
		span *= fan;
	if (depth == 0)
		return (visit(w, pointer, frag, n, lbn, 0));
	/* What goes is still followed if it was claimed before. */
	kept = visit(w, pointer, frag, n, lbn, span);
	if (!kept && w->mode == CLAIM)
		return (false);
	block = c->indirect[depth - 1];
	cache_read(c, place, block, (size_t)c->fs.fs_sb.fs_bsize);
	for (uint64_t i = 0; i < fan; i++) {
		address = get_address(c, block, i);
		if (address == 0 || walk_tree(w, place + i * 8, address,
					depth - 1, lbn + i * span, n))
			continue;
		clear_address(c, block, i);
		changed = true;
	}
	if (changed && kept)
		cache_write(c, place, block, (size_t)c->fs.fs_sb.fs_bsize);
	return (kept);
}

static void
walk_direct(struct walk *w, uint64_t place)
{
	struct check *c = w->c;
	unsigned n;

	for (uint64_t i = 0; i < UFS_NDIRECT; i++) {
		uint64_t at =
		    place + offsetof(struct ufs2_dinode, di_db) + i * 8;

		if (w->di.di_db[i] == 0)
			continue;
		n = block_frags(c, w->size, i);
		if (visit(w, at, (uint64_t)w->di.di_db[i], n, i, 0))
			continue;
		w->di.di_db[i] = 0;
		w->changed = true;
	}
}

static void
walk_indirect(struct walk *w, uint64_t place)
{
	struct check *c = w->c;
	uint64_t lbn = UFS_NDIRECT, span = 1;

	for (unsigned i = 0; i < UFS_NINDIRECT; i++) {
		uint64_t at =
		    place + offsetof(struct ufs2_dinode, di_ib) + i * 8;

		if (c->indirect[i] == NULL)
			c->indirect[i] =
			    check_alloc(c, (size_t)c->fs.fs_sb.fs_bsize, 1);
		span *= (uint64_t)c->fs.fs_sb.fs_nindir;
		if (w->di.di_ib[i] != 0 &&
		    !walk_tree(w, at, (uint64_t)w->di.di_ib[i], i + 1, lbn,
			(unsigned)c->fs.fs_sb.fs_frag)) {
			w->di.di_ib[i] = 0;
			w->changed = true;
		}
		lbn += span;
	}
}

/* Extended attributes: their blocks come before all others. */
static void
walk_attributes(struct walk *w, uint64_t place)
{
	struct check *c = w->c;
	uint64_t size = w->di.di_extsize, limit = w->limit, next = w->next;

	if (c->ufs1)
		return;
	w->limit =
	    (size + (uint64_t)c->fs.fs_sb.fs_bsize - 1) >> c->fs.fs_bshift;
	if (w->limit > UFS_NEXT) {
		report(c, CHECK_DAMAGE, HARD,
		    "inode %llu: impossible size of its attributes",
		    (unsigned long long)w->ino);
		w->limit = size = w->di.di_extsize = 0;
		w->changed = true;
	}
	for (uint64_t i = 0; i < UFS_NEXT; i++) {
		uint64_t at =
		    place + offsetof(struct ufs2_dinode, di_extb) + i * 8;

		if (w->di.di_extb[i] == 0)
			continue;
		if (visit(w, at, (uint64_t)w->di.di_extb[i],
			block_frags(c, size, i), i, 0))
			continue;
		w->di.di_extb[i] = 0;
		w->changed = true;
	}
	w->limit = limit;
	w->next = next;
}

/* All blocks of an inode. */
static void
walk(struct walk *w)
{
	struct check *c = w->c;
	uint64_t place = inode_place(c, w->ino);
	unsigned type = DT_OF(w->di.di_mode);

	w->next = 0;
	w->frags = 0;
	walk_attributes(w, place);
	/* Devices have their number there. */
	if (type == DT_CHR || type == DT_BLK || is_short_link(c, &w->di))
		return;
	walk_direct(w, place);
	walk_indirect(w, place);
}

static void
walk_start(struct walk *w, struct check *c, uint64_t ino, enum walk_mode mode)
{
	unsigned type;

	memset(w, 0, sizeof(*w));
	w->c = c;
	w->ino = ino;
	w->mode = mode;
	inode_get(c, ino, &w->di);
	w->size = w->di.di_size;
	type = DT_OF(w->di.di_mode);
	if (type == DT_REG || type == DT_DIR || type == DT_LNK)
		w->limit =
		    (w->di.di_size + (uint64_t)c->fs.fs_sb.fs_bsize - 1) >>
		    c->fs.fs_bshift;
}

/* A directory has no holes: it ends before the first. */
static void
cut_at_hole(struct walk *w)
{
	report(w->c, CHECK_DAMAGE, HARD, "directory %llu: it has a hole",
	    (unsigned long long)w->ino);
	w->limit = w->next;
	w->di.di_size = w->limit << w->c->fs.fs_bshift;
	w->mode = TRUNCATE;
	w->changed = true;
	walk(w);
}

bool
blocks_claim(struct check *c, uint64_t ino)
{
	struct walk w;
	uint64_t sectors;

	walk_start(&w, c, ino, CLAIM);
	walk(&w);
	c->inodes[ino].marks |= INODE_CLAIMED;
	if (c->inodes[ino].type == DT_DIR && w.next < w.limit)
		cut_at_hole(&w);
	sectors = w.frags << (c->fs.fs_fshift - 9);
	if (w.di.di_blocks != sectors) {
		report(c, CHECK_DAMAGE, HARMLESS,
		    "inode %llu: it says that it has %llu sectors, but has "
		    "%llu",
		    (unsigned long long)ino, (unsigned long long)w.di.di_blocks,
		    (unsigned long long)sectors);
		w.di.di_blocks = sectors;
		w.changed = true;
	}
	if (w.changed)
		inode_put(c, ino, &w.di);
	return (c->inodes[ino].type != DT_DIR || w.limit > 0);
}

void
blocks_release(struct check *c, uint64_t ino)
{
	struct walk w;

	walk_start(&w, c, ino, RELEASE);
	walk(&w);
}

/* The first free run of n fragments in the block at `frag`; n if none is. */
static bool
fits(const struct check *c, uint64_t frag, unsigned n, uint64_t *found)
{
	for (unsigned i = 0; i + n <= (unsigned)c->fs.fs_sb.fs_frag; i++) {
		if (frag + i + n > c->fs.fs_frags)
			return (false);
		if (!frags_used(c, frag + i, n)) {
			*found = frag + i;
			return (true);
		}
	}
	return (false);
}

uint64_t
frags_alloc(struct check *c, unsigned n)
{
	const unsigned whole = (unsigned)c->fs.fs_sb.fs_frag;
	uint64_t found;

	for (; c->alloc_hint < c->fs.fs_frags; c->alloc_hint += whole)
		if (fits(c, c->alloc_hint, n, &found)) {
			frags_mark(c, found, n, true);
			return (found);
		}
	return (0);
}

static void
copy_one(struct check *c, const struct shared_block *s, uint64_t to)
{
	uint8_t buf[4096];
	uint64_t size = (uint64_t)s->frags << c->fs.fs_fshift, n;

	for (uint64_t at = 0; at < size; at += n) {
		n = size - at < sizeof(buf) ? size - at : sizeof(buf);
		cache_read(c, (s->frag << c->fs.fs_fshift) + at, buf, n);
		cache_write(c, (to << c->fs.fs_fshift) + at, buf, n);
	}
}

/* Each file but the first gets a copy of a block that several have. */
void
shared_copy(struct check *c)
{
	struct ufs2_dinode di;

	if (c->opt->mode != CHECK_REPAIR)
		return;
	for (size_t i = 0; i < c->nshared; i++) {
		const struct shared_block *s = &c->shared[i];
		uint64_t to = frags_alloc(c, s->frags);

		if (to != 0)
			copy_one(c, s, to);
		else
			c->incomplete = true;
		cache_write(c, s->pointer, &to, sizeof(to));
		inode_get(c, s->ino, &di);
		if (to == 0)
			di.di_blocks -= (uint64_t)s->frags
					<< (c->fs.fs_fshift - 9);
		inode_put(c, s->ino, &di);
	}
}
