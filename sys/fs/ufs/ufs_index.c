/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A directory's index: a hash table from names to the offsets of entries, and
 * how much room each block of 512 bytes has.  It is made when a name is first
 * looked up, and is only help: without memory for it, or if not all of it can
 * be read, directories are read from the start.
 *
 * A table that gets too full is followed by another one, to which each new
 * entry moves some of the old, so that none takes long; an entry is in one of
 * both.
 */
#include "fbsd/errno.h"
#include "fs/ufs/ufs_mount.h"
#include "lib/hash.h"
#include "lib/string.h"
#include "vm/kmem.h"

#define SLOTS_MIN     64u
#define FREE	      0u
#define REMOVED	      1u /* no entry is there: offsets are multiples of 4 */
#define PLACE(o)      ((uint32_t)(o) + 2)
#define USEFUL	      32u /* a block with less room is full */

#define MOVED_AT_ONCE 8u

struct slot {
	uint32_t hash;
	uint32_t place; /* FREE, REMOVED, or PLACE(offset) */
};

struct table {
	uint32_t slots; /* a power of 2, or 0 */
	uint32_t used;	/* not FREE */
	struct slot *slot;
};

/* All guarded by v_lock. */
struct ufs_index {
	struct table ix_now;
	struct table ix_old; /* what is still to be moved from there */
	uint32_t ix_moved;   /* slots of it that are empty now */
	uint32_t ix_live;    /* entries in both */
	uint32_t ix_blocks;  /* there is memory for */
	uint8_t *ix_room;    /* in units of 4 bytes, by block */
	uint32_t ix_first;   /* blocks before this one are full */
};

static uint32_t
hash_of(const struct ufs_node *dir, const char *name, size_t len)
{
	return ((uint32_t)(hash_name(dir->n_um->um_hash_key, name, len) >> 32));
}

static void
free_table(struct table *t)
{
	if (t->slot != NULL)
		kmem_free(t->slot, t->slots * sizeof(struct slot));
	*t = (struct table){0, 0, NULL};
}

static void
free_index(struct ufs_index *ix)
{
	free_table(&ix->ix_now);
	free_table(&ix->ix_old);
	if (ix->ix_room != NULL)
		kmem_free(ix->ix_room, ix->ix_blocks);
	kmem_free(ix, sizeof(*ix));
}

void
ufs_index_free(struct ufs_node *dir)
{
	if (dir->n_index != NULL)
		free_index(dir->n_index);
	dir->n_index = NULL;
}

static void
put(struct table *t, struct slot s)
{
	uint32_t i = s.hash & (t->slots - 1);

	while (t->slot[i].place > REMOVED)
		i = (i + 1) & (t->slots - 1);
	t->used += t->slot[i].place == FREE;
	t->slot[i] = s;
}

/* Empties so many slots of the old table. */
static void
move_some(struct ufs_index *ix, uint32_t count)
{
	struct table *old = &ix->ix_old;
	struct slot *s;

	for (; count > 0 && ix->ix_moved < old->slots; count--) {
		s = &old->slot[ix->ix_moved++];
		if (s->place > REMOVED) {
			put(&ix->ix_now, *s);
			s->place = REMOVED;
		}
	}
	if (ix->ix_moved == old->slots)
		free_table(old);
}

/*
 * Room for another entry: false without memory.  A table that is full of what
 * was removed is followed by one as large.  At least a quarter of the new one
 * is filled by new entries, so the old one is empty before it is full.
 */
static bool
grow_slots(struct ufs_index *ix)
{
	const struct table *now = &ix->ix_now;
	uint32_t n = MAX(now->slots, SLOTS_MIN);
	struct slot *slot;

	if (now->used < now->slots / 4 * 3)
		return (true);
	if (ix->ix_live > now->slots / 2)
		n *= 2;
	slot = kmem_alloc(n * sizeof(*slot), KM_ZERO);
	if (slot == NULL)
		return (false);
	ix->ix_old = *now;
	ix->ix_moved = 0;
	ix->ix_now = (struct table){n, 0, slot};
	return (true);
}

static bool
grow_room(struct ufs_index *ix, uint64_t blocks)
{
	uint32_t n = MAX(ix->ix_blocks, 16);
	uint8_t *room;

	if (blocks <= ix->ix_blocks)
		return (true);
	while (n < blocks)
		n *= 2;
	room = kmem_alloc(n, KM_ZERO);
	if (room == NULL)
		return (false);
	if (ix->ix_room != NULL) {
		memcpy(room, ix->ix_room, ix->ix_blocks);
		kmem_free(ix->ix_room, ix->ix_blocks);
	}
	ix->ix_room = room;
	ix->ix_blocks = n;
	return (true);
}

static bool
insert(struct ufs_index *ix, uint32_t hash, uint64_t offset)
{
	move_some(ix, MOVED_AT_ONCE);
	if (!grow_slots(ix))
		return (false);
	put(&ix->ix_now, (struct slot){hash, PLACE(offset)});
	ix->ix_live++;
	return (true);
}

/* The block's entries and room into the index: 0, ENOMEM, EINTEGRITY. */
static int
add_block(struct ufs_node *dir, struct ufs_index *ix, uint64_t offset,
    const uint8_t *block)
{
	const struct ufs_direct *d;

	for (unsigned at = 0; at < UFS_DIRBLKSIZE; at += d->d_reclen) {
		d = ufs_dirent_at(block, at);
		if (d == NULL)
			return (EINTEGRITY);
		if (d->d_ino != 0 &&
		    !insert(
			ix, hash_of(dir, d->d_name, d->d_namlen), offset + at))
			return (ENOMEM);
	}
	ix->ix_room[offset / UFS_DIRBLKSIZE] =
	    (uint8_t)(ufs_dirblk_room(block) / 4);
	return (0);
}

static int
fill(struct ufs_node *dir, struct ufs_index *ix)
{
	struct ufs_buf *b;
	uint8_t *block;
	int error = 0;

	if (!grow_room(ix, dir->n_i.i_size / UFS_DIRBLKSIZE))
		return (ENOMEM);
	for (uint64_t offset = 0; offset < dir->n_i.i_size && error == 0;
	     offset += UFS_DIRBLKSIZE) {
		error = ufs_dirblk_get(dir, offset, &b, &block);
		if (error != 0)
			break;
		error = add_block(dir, ix, offset, block);
		ufs_buf_release(dir->n_um, b);
	}
	return (error);
}

/* The index, made if there is none: 0, ENOMEM, EIO, EINTEGRITY. Readers of the
 * directory may come at the same time. */
static int
get_index(struct ufs_node *dir, struct ufs_index **ixp)
{
	struct ufs_index *ix;
	int error = 0;

	*ixp = atomic_load(&dir->n_index);
	if (*ixp != NULL)
		return (0);
	if (dir->n_i.i_size % UFS_DIRBLKSIZE != 0 ||
	    dir->n_i.i_size > UINT32_MAX - UFS_DIRBLKSIZE)
		return (EINTEGRITY);
	ix = kmem_alloc(sizeof(*ix), KM_ZERO);
	if (ix == NULL)
		return (ENOMEM);
	error = fill(dir, ix);
	mutex_lock(&dir->n_map);
	if (error == 0 && dir->n_index == NULL) {
		atomic_store(&dir->n_index, ix);
		ix = NULL;
	}
	*ixp = dir->n_index;
	mutex_unlock(&dir->n_map);
	if (ix != NULL)
		free_index(ix);
	return (error);
}

/* What is looked for, and found. */
struct wanted {
	const char *name;
	size_t len;
	bool leaving;	 /* one that goes in phase E, or one that doesn't */
	uint64_t offset; /* of the entry */
	uint64_t ino;
};

static bool
matches(struct ufs_node *dir, const struct wanted *w,
    const struct ufs_direct *d, uint64_t offset)
{
	return (d->d_namlen == w->len &&
		memcmp(d->d_name, w->name, w->len) == 0 &&
		(w->leaving ? ufs_dir_is_leaving(dir, offset)
			    : ufs_dir_stays_there(dir, d, offset)));
}

/* Is the entry at `offset` the one? */
static int
look_at(struct ufs_node *dir, uint64_t offset, struct wanted *w)
{
	const struct ufs_direct *d;
	struct ufs_buf *b;
	uint8_t *block;
	int error;

	error = ufs_dirblk_get(
	    dir, offset & ~(uint64_t)(UFS_DIRBLKSIZE - 1), &b, &block);
	if (error != 0)
		return (error);
	d = ufs_dirent_at(block, offset % UFS_DIRBLKSIZE);
	error = ENOENT;
	if (d != NULL && d->d_ino != 0 && matches(dir, w, d, offset)) {
		w->offset = offset;
		w->ino = d->d_ino;
		error = 0;
	}
	ufs_buf_release(dir->n_um, b);
	return (error);
}

/* A commit takes entries out of the table meanwhile. */
static int
find_in_table(struct ufs_node *dir, const struct table *t, struct wanted *w)
{
	const uint32_t hash = hash_of(dir, w->name, w->len);
	uint32_t i = hash & (t->slots - 1), place;
	int error;

	for (; t->slots > 0 && (place = atomic_load(&t->slot[i].place)) != FREE;
	     i = (i + 1) & (t->slots - 1)) {
		if (t->slot[i].hash != hash || place == REMOVED)
			continue;
		error = look_at(dir, place - PLACE(0), w);
		if (error != ENOENT)
			return (error);
	}
	return (ENOENT);
}

/* In one block: 0, ENOENT, EINTEGRITY. */
static int
find_in_block(
    struct ufs_node *dir, const uint8_t *block, uint64_t base, struct wanted *w)
{
	const struct ufs_direct *d;

	for (unsigned at = 0; at < UFS_DIRBLKSIZE; at += d->d_reclen) {
		d = ufs_dirent_at(block, at);
		if (d == NULL)
			return (EINTEGRITY);
		if (d->d_ino == 0 || !matches(dir, w, d, base + at))
			continue;
		w->offset = base + at;
		w->ino = d->d_ino;
		return (0);
	}
	return (ENOENT);
}

/* Without an index.  What can't be read may have the name, if no other block
 * does. */
static int
find_slowly(struct ufs_node *dir, struct wanted *w)
{
	struct ufs_buf *b;
	uint8_t *block;
	int error = ENOENT, e;

	for (uint64_t at = 0; at < dir->n_i.i_size; at += UFS_DIRBLKSIZE) {
		e = ufs_dirblk_get(dir, at, &b, &block);
		if (e != 0) {
			error = e;
			/* Nor can the others of what is read at once. */
			at |= (1ul << dir->n_um->um_fs.fs_bshift) -
			      UFS_DIRBLKSIZE;
			continue;
		}
		e = find_in_block(dir, block, at, w);
		ufs_buf_release(dir->n_um, b);
		if (e != ENOENT)
			return (e);
	}
	return (error);
}

static int
find(struct ufs_node *dir, struct wanted *w)
{
	struct ufs_index *ix;
	int error = get_index(dir, &ix);

	if (error == ENOMEM || error == EIO)
		return (find_slowly(dir, w));
	if (error != 0)
		return (error);
	error = find_in_table(dir, &ix->ix_now, w);
	if (error == ENOENT)
		error = find_in_table(dir, &ix->ix_old, w);
	return (error);
}

int
ufs_index_find(struct ufs_node *dir, const char *name, size_t len,
    uint64_t *offset, uint64_t *ino)
{
	struct wanted w = {.name = name, .len = len};
	int error = find(dir, &w);

	if (error == 0) {
		*offset = w.offset;
		*ino = w.ino;
	}
	return (error);
}

bool
ufs_index_leaving(struct ufs_node *dir, const char *name, size_t len)
{
	struct wanted w = {.name = name, .len = len, .leaving = true};

	return (find(dir, &w) == 0);
}

static int
room_slowly(struct ufs_node *dir, unsigned size, uint64_t *block)
{
	struct ufs_buf *b;
	uint8_t *data;
	unsigned room;
	int error;

	for (*block = 0; *block < dir->n_i.i_size; *block += UFS_DIRBLKSIZE) {
		error = ufs_dirblk_get(dir, *block, &b, &data);
		if (error != 0)
			return (error);
		room = ufs_dirblk_room(data);
		ufs_buf_release(dir->n_um, b);
		if (room >= size)
			return (0);
	}
	return (ENOSPC);
}

int
ufs_index_room(struct ufs_node *dir, unsigned size, uint64_t *block)
{
	const uint64_t blocks = dir->n_i.i_size / UFS_DIRBLKSIZE;
	struct ufs_index *ix;
	int error = get_index(dir, &ix);

	if (error == ENOMEM)
		return (room_slowly(dir, size, block));
	if (error != 0)
		return (error);
	while (ix->ix_first < blocks && ix->ix_room[ix->ix_first] * 4u < USEFUL)
		ix->ix_first++;
	for (uint64_t i = ix->ix_first; i < blocks; i++)
		if (ix->ix_room[i] * 4u >= size) {
			*block = i * UFS_DIRBLKSIZE;
			return (0);
		}
	return (ENOSPC);
}

void
ufs_index_add(
    struct ufs_node *dir, const char *name, size_t len, uint64_t offset)
{
	if (dir->n_index != NULL &&
	    !insert(dir->n_index, hash_of(dir, name, len), offset))
		ufs_index_free(dir);
}

/* False: it isn't in this table. */
static bool
take(struct table *t, uint32_t hash, uint64_t offset)
{
	uint32_t i = hash & (t->slots - 1);

	for (; t->slots > 0 && t->slot[i].place != FREE;
	     i = (i + 1) & (t->slots - 1))
		if (t->slot[i].place == PLACE(offset)) {
			atomic_store(&t->slot[i].place, REMOVED);
			return (true);
		}
	return (false);
}

void
ufs_index_remove(
    struct ufs_node *dir, const char *name, size_t len, uint64_t offset)
{
	struct ufs_index *ix = dir->n_index;
	uint32_t hash;

	if (ix == NULL)
		return;
	hash = hash_of(dir, name, len);
	if (take(&ix->ix_now, hash, offset) || take(&ix->ix_old, hash, offset))
		ix->ix_live--;
}

void
ufs_index_update(struct ufs_node *dir, uint64_t offset, const uint8_t *block)
{
	struct ufs_index *ix = dir->n_index;
	uint64_t i = offset / UFS_DIRBLKSIZE;

	if (ix == NULL)
		return;
	if (!grow_room(ix, i + 1)) {
		ufs_index_free(dir);
		return;
	}
	ix->ix_room[i] = (uint8_t)(ufs_dirblk_room(block) / 4);
	ix->ix_first = MIN(ix->ix_first, (uint32_t)i);
}
