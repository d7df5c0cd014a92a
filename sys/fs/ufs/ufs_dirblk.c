/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Directories being changed: entries within blocks of 512 bytes, which the disk
 * writes as a whole.  Entries never move, so that an entry's offset is its name
 * as long as it lives.
 */
#include "fbsd/errno.h"
#include "fbsd/stat.h"
#include "fs/ufs/ufs_mount.h"
#include "lib/string.h"

#define BLOCK_OF(offset) ((offset) & ~(uint64_t)(UFS_DIRBLKSIZE - 1))

/* What the radix trees of a directory go by, and have as a value. */
#define KEY(offset)	 ((offset) / 4)
#define VALUE(ino, type) ((void *)(((uintptr_t)(ino) << 8 | (type)) + 1))
#define INO(value)	 (((uintptr_t)(value)-1) >> 8)
#define TYPE(value)	 ((uint8_t)((uintptr_t)(value)-1))

static unsigned
entry_size(size_t len)
{
	return ((unsigned)roundup2(sizeof(struct ufs_direct) + len + 1, 4));
}

int
ufs_dirblk_get(
    struct ufs_node *dir, uint64_t offset, struct ufs_buf **bp, uint8_t **data)
{
	struct ufs_mount *um = dir->n_um;
	const uint64_t size = 1ul << um->um_fs.fs_bshift;
	const uint64_t lbn = offset >> um->um_fs.fs_bshift;
	uint64_t frag, run, at;
	int error;

	error = ufs_bmap(&um->um_fs, &dir->n_i, lbn, 1, &frag, &run);
	if (error != 0)
		return (error);
	at = (frag % (uint32_t)um->um_fs.fs_sb.fs_frag << um->um_fs.fs_fshift) +
	     (offset & (size - 1));
	if (frag == 0 || at + UFS_DIRBLKSIZE > size)
		return (EINTEGRITY);
	error = ufs_buf_look(um, ufs_frag_block(um, frag), bp);
	if (error == 0)
		*data = (*bp)->b_data + at;
	return (error);
}

int
ufs_dirblk_hold(struct ufs_node *dir, uint64_t offset, struct ufs_dirblk *at)
{
	at->start = BLOCK_OF(offset);
	return (ufs_dirblk_get(dir, at->start, &at->buf, &at->data));
}

void
ufs_dirblk_release(struct ufs_node *dir, struct ufs_dirblk *at)
{
	if (at->buf != NULL)
		ufs_buf_release(dir->n_um, at->buf);
	at->buf = NULL;
}

/* An entry that may be changed; NULL: it makes no sense. */
static struct ufs_direct *
entry_at(uint8_t *block, unsigned at)
{
	if (ufs_dirent_at(block, at) == NULL)
		return (NULL);
	return ((struct ufs_direct *)(void *)(block + at));
}

/* Bytes of the entry that another one could have. */
static unsigned
slack(const struct ufs_direct *d)
{
	return (d->d_ino == 0 ? d->d_reclen
			      : d->d_reclen - entry_size(d->d_namlen));
}

unsigned
ufs_dirblk_room(const uint8_t *block)
{
	const struct ufs_direct *d;
	unsigned most = 0;

	for (unsigned at = 0; at < UFS_DIRBLKSIZE; at += d->d_reclen) {
		d = ufs_dirent_at(block, at);
		if (d == NULL)
			return (0);
		most = MAX(most, slack(d));
	}
	return (most);
}

bool
ufs_dir_is_leaving(struct ufs_node *dir, uint64_t offset)
{
	bool leaving;

	if (__predict_true(atomic_load(&dir->n_leaving.root) == NULL))
		return (false);
	/* A commit takes them out meanwhile. */
	mutex_lock(&dir->n_map);
	leaving = radix_get(&dir->n_leaving, KEY(offset)) != NULL;
	mutex_unlock(&dir->n_map);
	return (leaving);
}

/* A commit takes an entry out before it forgets that it leaves. */
bool
ufs_dir_stays_there(
    struct ufs_node *dir, const struct ufs_direct *d, uint64_t offset)
{
	return (
	    !ufs_dir_is_leaving(dir, offset) && atomic_load(&d->d_ino) != 0);
}

bool
ufs_dir_is_added(const struct ufs_node *dir, uint64_t offset)
{
	return (radix_get(&dir->n_added, KEY(offset)) != NULL);
}

static void
dirty(struct ufs_node *dir, struct ufs_buf *b, const uint8_t *block)
{
	ufs_buf_dirty(dir->n_um, b, UFS_BUF_NAMES, (size_t)(block - b->b_data),
	    UFS_DIRBLKSIZE);
}

static void
changed(struct ufs_node *dir)
{
	ufs_node_set_times(dir, true);
	ufs_node_touch(dir, UFS_N_META);
}

/* Fragments of block lbn go from one place to another, with their contents. */
static int
copy_frags(struct ufs_mount *um, uint64_t from, uint64_t to, uint64_t count)
{
	const uint32_t per_block = (uint32_t)um->um_fs.fs_sb.fs_frag;
	const unsigned shift = um->um_fs.fs_fshift;
	struct ufs_buf *a, *b;
	int error;

	error = ufs_buf_get(um, from / per_block, &a);
	if (error != 0)
		return (error);
	error = ufs_buf_get(um, to / per_block, &b);
	if (error == 0) {
		memcpy(b->b_data + (to % per_block << shift),
		    a->b_data + (from % per_block << shift), count << shift);
		/* Or it might be given up at once. */
		ufs_buf_fresh(um, b, UFS_BUF_NAMES, to, count);
		ufs_buf_release(um, b);
	}
	ufs_buf_release(um, a);
	return (error);
}

/* The last block of the directory has room for `want` fragments. */
static int
grow_storage(struct ufs_node *dir, uint64_t lbn, unsigned have, unsigned want)
{
	int error;

	if (have == want)
		return (0);
	mutex_lock(&dir->n_map);
	if (have == 0) {
		error = ufs_map_alloc(dir, lbn, want);
	} else {
		error = ufs_map_extend(dir, lbn, have, want);
		if (error == ENOSPC)
			error = ufs_map_move(dir, lbn, have, want, copy_frags);
	}
	mutex_unlock(&dir->n_map);
	return (error);
}

/* All of the fragments of the last block are written in phase A, from the first
 * one on that changed its place. */
static int
make_fresh(struct ufs_node *dir, uint64_t lbn, unsigned from, unsigned count)
{
	struct ufs_mount *um = dir->n_um;
	uint64_t frag, run;
	struct ufs_buf *b;
	int error;

	error = ufs_bmap(&um->um_fs, &dir->n_i, lbn, 1, &frag, &run);
	if (error == 0)
		error = ufs_buf_get(um, ufs_frag_block(um, frag), &b);
	if (error != 0)
		return (error);
	ufs_buf_fresh(um, b, UFS_BUF_NAMES, frag + from, count - from);
	ufs_buf_release(um, b);
	return (0);
}

/* The block at `offset` becomes empty; its fragments are new from `from` on. */
static int
make_empty(struct ufs_node *dir, uint64_t offset, unsigned from, unsigned count)
{
	struct ufs_direct *d;
	struct ufs_buf *b;
	uint8_t *block;
	int error;

	error =
	    make_fresh(dir, offset >> dir->n_um->um_fs.fs_bshift, from, count);
	if (error == 0)
		error = ufs_dirblk_get(dir, offset, &b, &block);
	if (error != 0)
		return (error);
	d = (struct ufs_direct *)(void *)block;
	memset(block, 0, UFS_DIRBLKSIZE);
	d->d_reclen = UFS_DIRBLKSIZE;
	dirty(dir, b, block);
	ufs_index_update(dir, offset, block);
	ufs_buf_release(dir->n_um, b);
	return (0);
}

/* One block more, empty: at what was the end. */
static int
grow(struct ufs_node *dir, uint64_t *offset)
{
	struct ufs_mount *um = dir->n_um;
	const unsigned shift = um->um_fs.fs_bshift;
	const uint64_t old = dir->n_i.i_size, lbn = old >> shift;
	const bool begun = (old & ((1ul << shift) - 1)) != 0;
	const unsigned want = ufs_frags_for(um, old + UFS_DIRBLKSIZE, lbn);
	const unsigned have = begun ? ufs_frags_for(um, old, lbn) : 0;
	uint64_t before = 0, after = 0, run;
	int error;

	if (old + UFS_DIRBLKSIZE > UINT32_MAX - UFS_DIRBLKSIZE)
		return (EFBIG);
	if (begun)
		(void)ufs_bmap(&um->um_fs, &dir->n_i, lbn, 1, &before, &run);
	error = grow_storage(dir, lbn, have, want);
	if (error != 0)
		return (error);
	dir->n_i.i_size = old + UFS_DIRBLKSIZE;
	error = ufs_bmap(&um->um_fs, &dir->n_i, lbn, 1, &after, &run);
	/* Where it stayed, what is new is the last fragment alone. */
	if (error == 0)
		error = make_empty(
		    dir, old, begun && before == after ? want - 1 : 0, want);
	if (error != 0) {
		mutex_lock(&dir->n_map);
		(void)ufs_map_cut(dir, old);
		mutex_unlock(&dir->n_map);
		return (error);
	}
	changed(dir);
	*offset = old;
	return (0);
}

int
ufs_dir_reserve(struct ufs_node *dir, const struct cname *cn, uint64_t wish,
    uint64_t *block)
{
	const unsigned size = entry_size(cn->cn_len);
	struct ufs_buf *b;
	uint8_t *data;
	unsigned room;
	int error;

	if (dir->n_i.i_nlink == 0)
		return (ENOENT);
	/* The disk still has an old entry of that name. */
	if (dir->n_leaving.root != NULL &&
	    ufs_index_leaving(dir, cn->cn_name, cn->cn_len))
		return (UFS_COMMIT_FIRST);
	if (wish != UINT64_MAX) {
		*block = BLOCK_OF(wish);
		error = ufs_dirblk_get(dir, *block, &b, &data);
		if (error != 0)
			return (error);
		room = ufs_dirblk_room(data);
		ufs_buf_release(dir->n_um, b);
		if (room >= size)
			return (0);
	}
	error = ufs_index_room(dir, size, block);
	return (error == ENOSPC ? grow(dir, block) : error);
}

/* The place for an entry of that size in a block. */
static struct ufs_direct *
find_place(uint8_t *block, unsigned size)
{
	struct ufs_direct *d;

	for (unsigned at = 0; at < UFS_DIRBLKSIZE; at += d->d_reclen) {
		d = entry_at(block, at);
		if (d == NULL)
			return (NULL);
		if (slack(d) >= size)
			return (d);
	}
	return (NULL);
}

/* Cuts what d doesn't need from it, if it is in use. */
static struct ufs_direct *
split(struct ufs_direct *d)
{
	unsigned used = entry_size(d->d_namlen);
	struct ufs_direct *rest;

	if (d->d_ino == 0)
		return (d);
	rest = (struct ufs_direct *)(void *)((uint8_t *)d + used);
	rest->d_ino = 0;
	rest->d_reclen = (uint16_t)(d->d_reclen - used);
	d->d_reclen = (uint16_t)used;
	return (rest);
}

static void
fill(struct ufs_direct *d, const struct cname *cn, const struct ufs_node *n)
{
	d->d_type = (uint8_t)(n->n_i.i_mode >> 12);
	d->d_namlen = (uint8_t)cn->cn_len;
	memcpy(d->d_name, cn->cn_name, cn->cn_len);
	memset(d->d_name + cn->cn_len, 0,
	    entry_size(cn->cn_len) - sizeof(*d) - cn->cn_len);
	d->d_ino = (uint32_t)n->n_i.i_ino;
}

int
ufs_dir_enter(struct ufs_node *dir, const struct ufs_dirblk *at,
    const struct cname *cn, struct ufs_node *n, bool known)
{
	struct ufs_direct *d = find_place(at->data, entry_size(cn->cn_len));
	uint64_t offset;

	if (d == NULL)
		return (EINTEGRITY);
	offset = at->start + (uint64_t)((uint8_t *)d - at->data);
	if (d->d_ino != 0)
		offset += entry_size(d->d_namlen);
	if (!known && radix_set(&dir->n_added, KEY(offset), VALUE(0, 0)) != 0)
		return (ENOMEM);
	fill(split(d), cn, n);
	dirty(dir, at->buf, at->data);
	changed(dir);
	ufs_index_add(dir, cn->cn_name, cn->cn_len, offset);
	ufs_index_update(dir, at->start, at->data);
	return (0);
}

/* What the disk has at `offset` is remembered before it changes: 0, ENOMEM. */
static int
remember(struct ufs_node *dir, const struct ufs_dirblk *at, uint64_t offset)
{
	const struct ufs_direct *d = entry_at(at->data, offset - at->start);

	if (ufs_dir_is_added(dir, offset))
		return (0);
	return (
	    radix_set(&dir->n_added, KEY(offset), VALUE(d->d_ino, d->d_type)));
}

int
ufs_dir_replace(struct ufs_node *dir, const struct ufs_dirblk *at,
    uint64_t offset, uint64_t ino, uint16_t mode, bool known)
{
	struct ufs_direct *d = entry_at(at->data, offset - at->start);
	int error;

	if (d == NULL)
		return (EINTEGRITY);
	error = known ? 0 : remember(dir, at, offset);
	if (error != 0)
		return (error);
	d->d_ino = (uint32_t)ino;
	d->d_type = (uint8_t)(mode >> 12);
	dirty(dir, at->buf, at->data);
	changed(dir);
	return (0);
}

/* Takes the entry at `at` out of its block: the one before gets its bytes. */
static void
take_out(uint8_t *block, unsigned at)
{
	struct ufs_direct *d = entry_at(block, at), *before;
	unsigned i = 0;

	if (d == NULL)
		return;
	d->d_ino = 0;
	while (i < at && (before = entry_at(block, i)) != NULL) {
		i += before->d_reclen;
		if (i == at)
			before->d_reclen =
			    (uint16_t)(before->d_reclen + d->d_reclen);
	}
}

int
ufs_dir_will_leave(struct ufs_node *dir, uint64_t offset)
{
	int error;

	mutex_lock(&dir->n_map);
	error = radix_set(&dir->n_leaving, KEY(offset), VALUE(0, 0));
	mutex_unlock(&dir->n_map);
	return (error);
}

void
ufs_dir_stays(struct ufs_node *dir, uint64_t offset)
{
	mutex_lock(&dir->n_map);
	(void)radix_del(&dir->n_leaving, KEY(offset));
	mutex_unlock(&dir->n_map);
}

void
ufs_dir_remove(struct ufs_node *dir, const struct ufs_dirblk *at,
    uint64_t offset, const struct cname *cn, bool later)
{
	/* The disk has never had it, or only for another file: if this one goes
	 * as well, nothing writes a count that includes it. */
	if (ufs_dir_is_added(dir, offset))
		later = false;
	if (later)
		later = ufs_dir_will_leave(dir, offset) == 0;
	if (!later) {
		ufs_dir_stays(dir, offset);
		(void)radix_del(&dir->n_added, KEY(offset));
		take_out(at->data, offset - at->start);
		dirty(dir, at->buf, at->data);
		ufs_index_update(dir, at->start, at->data);
		ufs_index_remove(dir, cn->cn_name, cn->cn_len, offset);
	}
	changed(dir);
}

#define DOT_SIZE 12 /* of the entry "." */

int
ufs_dir_make(struct ufs_node *dir, uint64_t parent)
{
	struct ufs_direct *d;
	struct ufs_buf *b;
	uint64_t offset;
	uint8_t *data;
	int error;

	error = grow(dir, &offset);
	if (error == 0)
		error = ufs_dirblk_get(dir, 0, &b, &data);
	if (error != 0)
		return (error);
	d = (struct ufs_direct *)(void *)data;
	*d = (struct ufs_direct){.d_ino = (uint32_t)dir->n_i.i_ino,
	    .d_reclen = DOT_SIZE,
	    .d_type = S_IFDIR >> 12,
	    .d_namlen = 1};
	memcpy(d->d_name, ".\0\0", 4);
	d = (struct ufs_direct *)(void *)(data + DOT_SIZE);
	*d = (struct ufs_direct){.d_ino = (uint32_t)parent,
	    .d_reclen = UFS_DIRBLKSIZE - DOT_SIZE,
	    .d_type = S_IFDIR >> 12,
	    .d_namlen = 2};
	memcpy(d->d_name, "..\0", 4);
	ufs_buf_release(dir->n_um, b);
	return (0);
}

/* Where ".." is in a directory's first block; 0: nowhere. */
static uint64_t
find_parent(const struct ufs_dirblk *at)
{
	const struct ufs_direct *d;

	for (unsigned i = 0; i < UFS_DIRBLKSIZE; i += d->d_reclen) {
		d = ufs_dirent_at(at->data, i);
		if (d == NULL)
			return (0);
		if (d->d_ino != 0 && d->d_namlen == 2 &&
		    memcmp(d->d_name, "..", 2) == 0)
			return (i);
	}
	return (0);
}

int
ufs_dir_prepare_parent(struct ufs_node *dir, const struct ufs_dirblk *at)
{
	uint64_t offset = find_parent(at);

	if (offset == 0)
		return (EINTEGRITY);
	if (atomic_load(&dir->n_state) & UFS_N_NEW)
		return (0);
	return (remember(dir, at, offset));
}

void
ufs_dir_set_parent(
    struct ufs_node *dir, const struct ufs_dirblk *at, uint64_t parent)
{
	(void)ufs_dir_replace(dir, at, find_parent(at), parent, S_IFDIR, true);
	if (!(atomic_load(&dir->n_state) & UFS_N_NEW))
		ufs_node_touch(dir, UFS_N_META | UFS_N_MOVED);
}

void
ufs_dir_restore_parent(struct ufs_node *dir, const struct ufs_dirblk *at)
{
	uint64_t offset = find_parent(at);
	void *was = radix_get(&dir->n_added, KEY(offset));

	if (was != NULL)
		(void)ufs_dir_replace(dir, at, offset, INO(was), S_IFDIR, true);
}

int
ufs_dir_parent_late(struct ufs_node *dir)
{
	struct ufs_dirblk at;
	int error = ufs_dirblk_hold(dir, 0, &at);

	if (error != 0)
		return (error);
	ufs_buf_late(dir->n_um, at.buf, (size_t)(at.data - at.buf->b_data),
	    UFS_DIRBLKSIZE);
	ufs_dirblk_release(dir, &at);
	return (0);
}

bool
ufs_dir_any_leaving(const struct ufs_node *dir)
{
	return (dir->n_leaving.root != NULL);
}

/* Nothing but "." and ".."? */
static bool
block_empty(struct ufs_node *dir, const uint8_t *block, uint64_t offset)
{
	const struct ufs_direct *d;

	for (unsigned at = 0; at < UFS_DIRBLKSIZE; at += d->d_reclen) {
		d = ufs_dirent_at(block, at);
		if (d == NULL)
			return (false);
		if (d->d_ino == 0 || ufs_dir_is_leaving(dir, offset + at) ||
		    (d->d_namlen == 1 && d->d_name[0] == '.') ||
		    (d->d_namlen == 2 && memcmp(d->d_name, "..", 2) == 0))
			continue;
		return (false);
	}
	return (true);
}

int
ufs_dir_empty(struct ufs_node *dir, bool *empty)
{
	struct ufs_buf *b;
	uint8_t *block;
	int error = 0;

	*empty = true;
	for (uint64_t offset = 0; *empty && offset < dir->n_i.i_size;
	     offset += UFS_DIRBLKSIZE) {
		error = ufs_dirblk_get(dir, offset, &b, &block);
		if (error != 0)
			return (error);
		*empty = block_empty(dir, block, offset);
		ufs_buf_release(dir->n_um, b);
	}
	return (0);
}

int
ufs_dir_mask_added(struct ufs_node *dir)
{
	struct ufs_direct *d;
	struct ufs_dirblk at;
	void *was;
	int error;

	for (uint64_t key = 0; (was = radix_next(&dir->n_added, &key)) != NULL;
	     key++) {
		error = ufs_dirblk_hold(dir, key * 4, &at);
		if (error != 0)
			return (error);
		if (at.buf->b_image != NULL) {
			d = (struct ufs_direct *)(void *)(at.buf->b_image +
							  (at.data -
							      at.buf->b_data) +
							  key * 4 %
							      UFS_DIRBLKSIZE);
			d->d_ino = (uint32_t)INO(was);
			d->d_type = TYPE(was);
		}
		ufs_dirblk_release(dir, &at);
	}
	return (0);
}

void
ufs_dir_forget_changes(struct ufs_node *dir)
{
	mutex_lock(&dir->n_map);
	radix_clear(&dir->n_added, NULL, NULL);
	radix_clear(&dir->n_leaving, NULL, NULL);
	mutex_unlock(&dir->n_map);
}

static void
finish_leaving(
    struct ufs_node *dir, const struct ufs_dirblk *at, uint64_t offset)
{
	const struct ufs_direct *d = entry_at(at->data, offset - at->start);

	if (d != NULL)
		ufs_index_remove(dir, d->d_name, d->d_namlen, offset);
	take_out(at->data, offset - at->start);
	dirty(dir, at->buf, at->data);
	ufs_index_update(dir, at->start, at->data);
}

/* On an error the others stay, for the next commit. */
int
ufs_dir_finish_leaving(struct ufs_node *dir)
{
	struct ufs_dirblk at;
	int error;

	for (uint64_t key = 0; radix_next(&dir->n_leaving, &key) != NULL;
	     key++) {
		error = ufs_dirblk_hold(dir, key * 4, &at);
		if (error != 0)
			return (error);
		finish_leaving(dir, &at, key * 4);
		ufs_dirblk_release(dir, &at);
		ufs_dir_stays(dir, key * 4);
	}
	return (0);
}
