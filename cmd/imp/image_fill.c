/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * Fills a file system that base/newfs made with a tree of files.
 *
 * Inodes are given out in the tree's order, blocks one after the other, those
 * of a file's addresses before what they lead to.  A file's last fragments go
 * where an earlier file's last ones left room.  What that takes depends on the
 * tree alone, so that it is counted first, by the code that writes it: with no
 * file to write to it only counts.
 */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../../base/fsck/cgroup.h"
#include "../../base/fsck/file.h"
#include "../../base/newfs/format.h"
#include "fs/ufs/ufs.h"
#include "image.h"
#include "image_tree.h"
#include "imp.h"

#define BLOCK	  UINT64_C(32768)
#define FRAGMENT  UINT64_C(4096)
#define FRAGS	  ((uint32_t)(BLOCK / FRAGMENT))
#define ADDRESSES (BLOCK / sizeof(int64_t)) /* in an indirect block */
#define PER_INODE 16384			    /* bytes, as newfs(8) has it */
#define LABEL_MAX 31			    /* bytes */

struct fill {
	struct format_target target;
	int fd;		/* -1: nothing is written */
	uint64_t start; /* bytes: where the file system begins there */
	struct ufs_superblock sb;
	uint8_t **groups; /* their own blocks */
	struct ufs_csum *sums;
	uint32_t group, at; /* no whole block is free before that one */
	uint64_t rest[UFS_FRAGS_MAX]; /* so many free fragments lie there, if it
					 isn't 0 */
	struct fill_need need;	      /* so far */
	uint8_t *buffer;	      /* a block */
};

/* What a file's blocks hold. */
struct source {
	const struct node *node;
	const uint8_t *bytes; /* or, if NULL: */
	int fd;
	uint64_t size;
	uint64_t data, hole; /* the file's next data is there, up to there */
	uint64_t frags;	     /* that it took */
};

static int
write_target(
    struct format_target *target, uint64_t offset, const void *buf, size_t size)
{
	struct fill *f = (struct fill *)target;

	return (write_at(f->fd, f->start + offset, buf, size));
}

static void
put(struct fill *f, uint64_t frag, const void *buf, size_t size)
{
	if (write_target(&f->target, frag * FRAGMENT, buf, size) != 0)
		err(EXIT_IMP, "writing the file system");
}

static uint32_t
random_number(void)
{
	uint32_t n;

	if (getrandom(&n, sizeof(n), 0) != sizeof(n))
		err(EXIT_IMP, "random numbers");
	return (n);
}

/* A block that is free as a whole, and is passed over from now on. */
static uint64_t
next_block(struct fill *f)
{
	const struct ufs_cg *cg;
	const uint8_t *map;
	uint32_t i;

	f->need.blocks++;
	if (f->fd < 0)
		return (f->need.blocks * FRAGS);
	for (; f->group < f->sb.fs_ncg; f->group++, f->at = 0) {
		cg = (void *)f->groups[f->group];
		map = f->groups[f->group] + cg->cg_freeoff;
		while (f->at + FRAGS <= cg->cg_ndblk) {
			for (i = 0; i < FRAGS && cg_bit(map, f->at + i); i++)
				;
			f->at += FRAGS;
			if (i == FRAGS)
				return ((uint64_t)f->group *
					    (uint64_t)f->sb.fs_fpg +
					f->at - FRAGS);
		}
	}
	errx(EXIT_IMP, "the folder has become larger meanwhile");
}

static void
mark(struct fill *f, uint64_t frag, uint32_t n)
{
	uint8_t *block;

	if (f->fd < 0)
		return;
	block = f->groups[frag / (uint64_t)f->sb.fs_fpg];
	for (uint32_t i = 0; i < n; i++)
		cg_set(block + ((struct ufs_cg *)block)->cg_freeoff,
		    (uint32_t)(frag % (uint64_t)f->sb.fs_fpg) + i, false);
}

static uint64_t
allocate(struct fill *f, struct source *src, uint32_t n)
{
	uint32_t room = n;
	uint64_t frag;

	while (room < FRAGS && f->rest[room] == 0)
		room++;
	if (room < FRAGS) {
		frag = f->rest[room];
		f->rest[room] = 0;
	} else
		frag = next_block(f);
	if (room > n)
		f->rest[room - n] = frag + n;
	mark(f, frag, n);
	src->frags += n;
	return (frag);
}

/* Is there nothing in this part of the file? */
static bool
is_hole(struct source *src, uint64_t offset, uint64_t size)
{
	off_t at;

	if (src->bytes != NULL || offset + size >= src->size)
		return (false);
	if (src->hole <= offset) {
		at = lseek(src->fd, (off_t)offset, SEEK_DATA);
		if (at < 0 && errno != ENXIO)
			err(EXIT_IMP, "%s", src->node->path);
		src->data = at < 0 ? src->size : (uint64_t)at;
		at = lseek(src->fd, (off_t)src->data, SEEK_HOLE);
		src->hole = at < 0 ? src->size : (uint64_t)at;
	}
	return (src->data >= offset + size);
}

static void
fetch(struct fill *f, const struct source *src, uint64_t offset, size_t size)
{
	ssize_t n;

	memset(f->buffer, 0, BLOCK);
	if (src->bytes != NULL) {
		memcpy(f->buffer, src->bytes + offset, size);
		return;
	}
	for (size_t done = 0; done < size; done += (size_t)n) {
		n = pread(src->fd, f->buffer + done, size - done,
		    (off_t)(offset + done));
		if (n < 0)
			err(EXIT_IMP, "%s", src->node->path);
		if (n == 0)
			errx(EXIT_IMP, "%s: it has become shorter meanwhile",
			    src->node->path);
	}
}

/* A block of data; one of zeros need not be written to a new file. */
static uint64_t
put_data(struct fill *f, struct source *src, uint64_t lbn)
{
	uint64_t offset = lbn * BLOCK, frag;
	uint32_t n = FRAGS;
	size_t size = BLOCK;

	if (src->size - offset <= BLOCK) {
		size = (size_t)(src->size - offset);
		if (lbn < UFS_NDIRECT)
			n = (uint32_t)((size + FRAGMENT - 1) / FRAGMENT);
	}
	frag = allocate(f, src, n);
	if (f->fd < 0)
		return (frag);
	fetch(f, src, offset, size);
	if (f->buffer[0] != 0 ||
	    memcmp(f->buffer, f->buffer + 1, size - 1) != 0)
		put(f, frag, f->buffer, n * FRAGMENT);
	progress(f->need.blocks * BLOCK);
	return (frag);
}

/* What begins with the block, below so many levels of addresses: where it
 * lies, or 0 for a hole or the end. */
static uint64_t
put_blocks(struct fill *f, struct source *src, unsigned level, uint64_t lbn)
{
	uint64_t span = 1, frag, *table;

	for (unsigned i = 0; i < level; i++)
		span *= ADDRESSES;
	if (lbn * BLOCK >= src->size || is_hole(src, lbn * BLOCK, span * BLOCK))
		return (0);
	if (level == 0)
		return (put_data(f, src, lbn));
	table = calloc(ADDRESSES, sizeof(*table));
	if (table == NULL)
		err(EXIT_IMP, "memory");
	frag = allocate(f, src, FRAGS);
	span /= ADDRESSES;
	for (uint64_t i = 0; i < ADDRESSES; i++)
		table[i] = put_blocks(f, src, level - 1, lbn + i * span);
	if (f->fd >= 0)
		put(f, frag, table, BLOCK);
	free(table);
	return (frag);
}

static void
put_contents(struct fill *f, struct source *src, struct ufs2_dinode *di)
{
	uint64_t lbn = 0, span = 1;

	for (; lbn < UFS_NDIRECT; lbn++)
		di->di_db[lbn] = (int64_t)put_blocks(f, src, 0, lbn);
	for (unsigned i = 0; i < UFS_NINDIRECT; i++) {
		di->di_ib[i] = (int64_t)put_blocks(f, src, i + 1, lbn);
		span *= ADDRESSES;
		lbn += span;
	}
	di->di_size = src->size;
	di->di_blocks = src->frags * (FRAGMENT / 512);
}

static void
put_file(struct fill *f, const struct node *n, struct ufs2_dinode *di)
{
	struct source src = {.node = n, .size = n->size};

	src.fd = open(n->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (src.fd < 0)
		err(EXIT_IMP, "%s", n->path);
	put_contents(f, &src, di);
	close(src.fd);
}

static void
put_link(struct fill *f, const struct node *n, struct ufs2_dinode *di)
{
	struct source src = {
	    .node = n, .bytes = (const uint8_t *)n->link, .size = n->size};

	di->di_size = n->size;
	if (n->size < UFS_SHORT_LINK)
		memcpy(di->di_link, n->link, n->size);
	else
		put_contents(f, &src, di);
}

/* A directory's bytes as they become more. */
struct entries {
	uint8_t *bytes;
	size_t size;
	struct ufs_direct *last;
	size_t last_at;
};

static void
add_entry(struct entries *e, uint32_t ino, uint32_t mode, const char *name)
{
	size_t len = strlen(name), need = (sizeof(*e->last) + len + 4) & ~3u;
	size_t used = e->last != NULL
			  ? (sizeof(*e->last) + e->last->d_namlen + 4u) & ~3u
			  : UFS_DIRBLKSIZE;
	size_t at = e->last_at + used;

	if (e->last == NULL || e->last->d_reclen - used < need) {
		at = e->size;
		e->size += UFS_DIRBLKSIZE;
		e->bytes = realloc(e->bytes, e->size);
		if (e->bytes == NULL)
			err(EXIT_IMP, "memory");
		memset(e->bytes + at, 0, UFS_DIRBLKSIZE);
		used = UFS_DIRBLKSIZE;
	} else {
		e->last->d_reclen = (uint16_t)used;
		used = UFS_DIRBLKSIZE - at % UFS_DIRBLKSIZE;
	}
	e->last_at = at;
	e->last = (struct ufs_direct *)(e->bytes + at);
	e->last->d_ino = ino;
	e->last->d_reclen = (uint16_t)used;
	e->last->d_type = (uint8_t)(mode >> 12);
	e->last->d_namlen = (uint8_t)len;
	memcpy(e->last->d_name, name, len);
}

static void
put_directory(struct fill *f, const struct node *dir, struct ufs2_dinode *di)
{
	struct entries e = {0};
	struct source src = {.node = dir};

	add_entry(&e, dir->ino, S_IFDIR, ".");
	add_entry(&e, dir->parent->ino, S_IFDIR, "..");
	for (const struct node *n = dir->first; n != NULL; n = n->next)
		add_entry(&e, n->file->ino, n->file->mode, n->name);
	src.bytes = e.bytes;
	src.size = e.size;
	put_contents(f, &src, di);
	free(e.bytes);
	for (; dir->parent != dir; dir = dir->parent)
		di->di_dirdepth++;
}

/* In its group: marked, and written. */
static void
put_inode(struct fill *f, const struct node *n, struct ufs2_dinode *di)
{
	uint32_t group = n->ino / f->sb.fs_ipg, i = n->ino % f->sb.fs_ipg;
	struct ufs_cg *cg = (void *)f->groups[group];
	uint64_t at = (uint64_t)group * (uint64_t)f->sb.fs_fpg +
		      (uint64_t)f->sb.fs_iblkno;

	cg_set(f->groups[group] + cg->cg_iusedoff, i, true);
	while (cg->cg_initediblk <= i)
		cg->cg_initediblk += f->sb.fs_inopb;
	if (S_ISDIR(n->mode))
		cg->cg_cs.cs_ndir++;
	di->di_gen = random_number();
	di->di_ckhash = ufs_crc32c(~0u, di, sizeof(*di));
	if (write_target(&f->target, at * FRAGMENT + i * sizeof(*di), di,
		sizeof(*di)) != 0)
		err(EXIT_IMP, "writing the file system");
}

static void
put_node(struct node *n, void *arg)
{
	struct fill *f = arg;
	struct ufs2_dinode di = {.di_mode = (uint16_t)n->mode,
	    .di_nlink = (int16_t)n->links,
	    .di_uid = n->uid,
	    .di_gid = n->gid,
	    .di_flags = n->flags};

	if (n->file != n)
		return;
	if (strlen(n->name) > UFS_NAME_MAX)
		errx(EXIT_IMP, "%s: a name has at most 255 bytes", n->path);
	di.di_atime = di.di_mtime = di.di_ctime = di.di_birthtime =
	    n->time.tv_sec;
	di.di_atimensec = di.di_mtimensec = di.di_ctimensec = di.di_birthnsec =
	    (int32_t)n->time.tv_nsec;
	if (S_ISREG(n->mode))
		put_file(f, n, &di);
	else if (S_ISDIR(n->mode))
		put_directory(f, n, &di);
	else if (S_ISLNK(n->mode))
		put_link(f, n, &di);
	else
		di.di_db[0] = (int64_t)n->device;
	if (f->fd >= 0)
		put_inode(f, n, &di);
}

/* Numbers of inodes, and how many names each has. */
static void
number_node(struct node *n, void *arg)
{
	struct fill *f = arg;

	if (n->file == n)
		n->ino = (uint32_t)(UFS_ROOT_INO + f->need.inodes++);
	if (n->links == INT16_MAX || n->parent->links == INT16_MAX)
		errx(EXIT_IMP, "%s: it would have too many links", n->path);
	n->file->links++;
	if (S_ISDIR(n->mode)) {
		n->links = n->parent == n ? 2 : n->links + 1;
		if (n->parent != n)
			n->parent->links++;
	}
}

void
fill_count(struct node *root, struct fill_need *need)
{
	struct fill f = {.fd = -1};

	tree_visit(root, number_node, &f);
	tree_visit(root, put_node, &f);
	*need = f.need;
}

static struct format_options
layout_options(const struct fill_need *need, const char *label, uint64_t size)
{
	uint64_t density = size / (need->inodes + need->inodes / 4 + 1024);

	if (density < FRAGMENT)
		density = FRAGMENT;
	return ((struct format_options){.size = size,
	    .bsize = BLOCK,
	    .fsize = FRAGMENT,
	    .density = density < PER_INODE ? (uint32_t)density : PER_INODE,
	    .minfree = 8,
	    .avgfilesize = 16384,
	    .avgfpdir = 64,
	    .softupdates = true,
	    .label = strlen(label) <= LABEL_MAX ? label : NULL,
	    .now = time(NULL),
	    .random = random_number});
}

/* Whole blocks for data, when the first directory is made anew. */
static uint64_t
capacity(const struct ufs_superblock *sb)
{
	uint64_t fpg = (uint64_t)sb->fs_fpg, frags = (uint64_t)sb->fs_size;
	uint64_t summary = (uint64_t)sb->fs_cssize / FRAGMENT;
	uint64_t blocks = 0, n;

	for (uint32_t i = 0; i < sb->fs_ncg; i++, frags -= n) {
		n = frags < fpg ? frags : fpg;
		blocks += (n - (uint64_t)sb->fs_dblkno) / FRAGS;
		if (i > 0)
			blocks += (uint64_t)sb->fs_sblkno / FRAGS;
	}
	return (blocks - (summary + FRAGS - 1) / FRAGS);
}

static bool
fits(const struct fill_need *need, uint64_t size)
{
	struct format_options format = layout_options(need, "", size);
	struct ufs_superblock sb;

	return (format_layout(&format, &sb) == NULL &&
		capacity(&sb) >= need->blocks &&
		(uint64_t)sb.fs_ncg * sb.fs_ipg - UFS_ROOT_INO >= need->inodes);
}

uint64_t
fill_least(const struct fill_need *need, uint64_t from)
{
	uint64_t size = need->blocks * BLOCK;

	if (size < from)
		size = from;
	while (!fits(need, size))
		size += BLOCK;
	return (size);
}

static void
fill_load(struct fill *f)
{
	uint64_t frag = (uint64_t)f->sb.fs_cblkno;

	f->buffer = malloc(BLOCK);
	f->groups = calloc(f->sb.fs_ncg, sizeof(*f->groups));
	f->sums = calloc(1, (size_t)f->sb.fs_cssize);
	if (f->buffer == NULL || f->groups == NULL || f->sums == NULL)
		err(EXIT_IMP, "memory");
	for (uint32_t i = 0; i < f->sb.fs_ncg; i++) {
		f->groups[i] = malloc(BLOCK);
		if (f->groups[i] == NULL)
			err(EXIT_IMP, "memory");
		if (read_at(f->fd, f->start + frag * FRAGMENT, f->groups[i],
			BLOCK) != 0)
			err(EXIT_IMP, "reading the file system");
		frag += (uint64_t)f->sb.fs_fpg;
	}
}

/* The root directory that newfs made makes room for ours. */
static void
forget_root(struct fill *f)
{
	struct ufs_cg *cg = (void *)f->groups[0];
	uint64_t frag =
	    (uint64_t)f->sb.fs_csaddr + (uint64_t)f->sb.fs_cssize / FRAGMENT;

	cg_set(f->groups[0] + cg->cg_freeoff, (uint32_t)frag, true);
	cg->cg_cs.cs_ndir = 0;
}

static void
fill_store(struct fill *f)
{
	uint64_t frag = (uint64_t)f->sb.fs_cblkno;
	struct ufs_cg *cg;

	for (uint32_t i = 0; i < f->sb.fs_ncg; i++) {
		cg = (void *)f->groups[i];
		cg_sum(&f->sb, cg);
		cg->cg_ckhash = cg_hash(&f->sb, cg);
		f->sums[i] = cg->cg_cs;
		put(f, frag, cg, BLOCK);
		frag += (uint64_t)f->sb.fs_fpg;
		free(f->groups[i]);
	}
	if (format_finish(&f->target, &f->sb, f->sums) != 0)
		err(EXIT_IMP, "writing the file system");
	free(f->groups);
	free(f->sums);
	free(f->buffer);
}

void
fill_write(struct node *root, const struct fill_need *need,
    const struct fill_place *place)
{
	struct format_options format =
	    layout_options(need, place->label, place->size);
	struct fill f = {
	    .target = {write_target}, .fd = place->fd, .start = place->start};

	if (format_layout(&format, &f.sb) != NULL ||
	    format_write(&f.target, &format, &f.sb) != 0)
		err(EXIT_IMP, "writing the file system");
	fill_load(&f);
	forget_root(&f);
	progress_begin("making the file system", need->blocks * BLOCK);
	tree_visit(root, put_node, &f);
	progress_end();
	fill_store(&f);
}
