/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Directories: slots of 32 bytes, of files and of parts of their long names.
 * A search goes through all of them.
 */
#include "fbsd/errno.h"
#include "fs/msdosfs/msdosfs.h"
#include "lib/string.h"
#include "vm/page.h"

static bool
is_fixed_root(const struct msdosfs_node *dir)
{
	return (dir->n_parent == NULL && dir->n_mm->mm_layout.bits != 32);
}

/* Where the slot at `offset` is on the disk; ENOENT: behind the end. */
static int
slot_place(struct msdosfs_node *dir, uint32_t offset, uint64_t *place)
{
	struct msdosfs_mount *mm = dir->n_mm;
	const struct fat_layout *l = &mm->mm_layout;
	uint32_t cluster, last;
	int error;

	if (offset >= dir->n_size)
		return (ENOENT);
	if (is_fixed_root(dir)) {
		*place = l->root_start + offset;
		return (0);
	}
	mutex_lock(&mm->mm_fat);
	error = msdosfs_chain(dir, offset >> l->cluster_shift, &cluster, &last);
	mutex_unlock(&mm->mm_fat);
	if (error == 0 && cluster == 0)
		error = EINTEGRITY;
	if (error == 0)
		*place =
		    fat_cluster_at(l, cluster) + (offset & (l->cluster - 1));
	return (error);
}

/* A search goes through all of a directory. */
int
msdosfs_fetch(struct vnode *vp, uint64_t what)
{
	struct msdosfs_node *dir = msdosfs_node(vp);
	const uint32_t step =
	    MIN((uint32_t)PAGE_SIZE, dir->n_mm->mm_layout.cluster);
	uint32_t offset = 0;
	uint64_t place;
	int error = vm_object_fetch(&dir->n_mm->mm_meta, what);

	for (; error == 0 && vp->v_type == VDIR; offset += step) {
		error = slot_place(dir, offset, &place);
		if (error == 0)
			error =
			    vm_object_fetch(&dir->n_mm->mm_meta, atop(place));
	}
	return (error == ENOENT ? 0 : error);
}

static int
read_slot(
    struct msdosfs_node *dir, uint32_t offset, void *slot, uint64_t *place)
{
	struct page *pg;
	uint8_t *p;
	int error = slot_place(dir, offset, place);

	if (error == 0)
		error = msdosfs_meta(dir->n_mm, *place, false, &pg, &p);
	if (error != 0)
		return (error);
	memcpy(slot, p, FAT_DIRENT);
	page_release(pg);
	return (0);
}

/* A long name as its slots come. */
struct long_name {
	uint32_t first; /* offset of its first slot */
	unsigned left;	/* slots that are still to come; */
	unsigned slots; /* of so many; 0: there is none */
	uint8_t sum;
	uint16_t units[FAT_SLOTS * FAT_UNITS];
};

static void
take_long(struct long_name *ln, uint32_t offset, const struct fat_longname *l)
{
	unsigned order = l->l_order & (FAT_LAST - 1);

	if (l->l_order & FAT_LAST) {
		ln->slots = ln->left = order <= FAT_SLOTS ? order : 0;
		ln->sum = l->l_sum;
		ln->first = offset;
	}
	if (order == 0 || order != ln->left || l->l_sum != ln->sum) {
		ln->slots = ln->left = 0;
		return;
	}
	ln->left--;
	for (unsigned i = 0; i < FAT_UNITS; i++)
		ln->units[ln->left * FAT_UNITS + i] = fat_get_unit(l, i);
}

/* The names of a file; false: it has none. */
static bool
take_names(const struct msdosfs_node *dir, const struct long_name *ln,
    uint32_t offset, struct msdosfs_slot *s)
{
	const bool lower = dir->n_mm->mm_short_names;
	size_t n = 0;

	s->first = s->last = offset;
	s->len = 0;
	s->alias_len = fat_short_name(&s->entry, lower, s->alias);
	if (ln->slots > 0 && ln->left == 0 &&
	    ln->sum == fat_name_sum(s->entry.d_name)) {
		s->first = ln->first;
		while (n < ln->slots * FAT_UNITS && ln->units[n] != 0)
			n++;
		if (n <= FAT_LONG_MAX && !lower)
			s->len = fat_long_name(ln->units, n, s->name);
	}
	if (s->len == 0) {
		s->len = s->alias_len;
		memcpy(s->name, s->alias, s->alias_len);
	}
	return (s->len > 0);
}

int
msdosfs_dir_next(
    struct msdosfs_node *dir, uint32_t *offset, struct msdosfs_slot *s)
{
	struct long_name ln = {.slots = 0};
	struct fat_dirent *d = &s->entry;
	int error;

	for (; (error = read_slot(dir, *offset, d, &s->place)) == 0;
	     *offset += FAT_DIRENT) {
		if (d->d_name[0] == FAT_FREE_END)
			return (ENOENT);
		if (d->d_name[0] == FAT_FREE) {
			ln.slots = 0;
		} else if ((d->d_attr & FAT_ATTR_MASK) == FAT_ATTR_LONG) {
			take_long(&ln, *offset, (const void *)d);
		} else {
			/* "." and ".." are known without. */
			if ((d->d_attr & FAT_VOLUME) == 0 &&
			    d->d_name[0] != '.' &&
			    take_names(dir, &ln, *offset, s)) {
				*offset += FAT_DIRENT;
				return (0);
			}
			ln.slots = 0;
		}
	}
	return (error);
}

int
msdosfs_dir_find(struct msdosfs_node *dir, const char *name, size_t len,
    struct msdosfs_slot *s)
{
	uint32_t offset = 0;
	int error;

	while ((error = msdosfs_dir_next(dir, &offset, s)) == 0)
		if (fat_same_name(s->name, s->len, name, len) ||
		    fat_same_name(s->alias, s->alias_len, name, len))
			return (0);
	return (error);
}

int
msdosfs_dir_find_place(
    struct msdosfs_node *dir, uint64_t place, struct msdosfs_slot *s)
{
	uint32_t offset = 0;
	int error;

	while ((error = msdosfs_dir_next(dir, &offset, s)) == 0)
		if (s->place == place)
			return (0);
	return (error);
}

int
msdosfs_dir_empty(struct msdosfs_node *dir)
{
	struct msdosfs_slot s;
	uint32_t offset = 0;
	int error = msdosfs_dir_next(dir, &offset, &s);

	return (error == 0 ? ENOTEMPTY : error == ENOENT ? 0 : error);
}

/* All of a cluster is zero, here and on the disk, but for its first slots. */
static int
fill_cluster(struct msdosfs_mount *mm, uint32_t cluster,
    const struct fat_dirent *slots, unsigned n)
{
	const uint64_t start = fat_cluster_at(&mm->mm_layout, cluster);
	const uint64_t end = start + mm->mm_layout.cluster;
	const uint32_t sector = mm->mm_disk->d_sector;
	struct page *pg;
	uint8_t *p;
	int error = 0;

	for (uint64_t at = start; at < end && error == 0; at += sector) {
		error = msdosfs_meta(mm, at, false, &pg, &p);
		if (error != 0)
			break;
		memset(p, 0, sector);
		if (at == start && n > 0)
			memcpy(p, slots, n * sizeof(*slots));
		error = msdosfs_meta_write(mm, at, pg);
	}
	return (error);
}

/* One more cluster for the directory. */
static int
grow(struct msdosfs_node *dir)
{
	struct msdosfs_mount *mm = dir->n_mm;
	const struct fat_layout *l = &mm->mm_layout;
	const uint32_t count = dir->n_size >> l->cluster_shift;
	uint32_t cluster = 0, last;
	int error;

	if (is_fixed_root(dir) || dir->n_size + l->cluster > FAT_DIR_MAX)
		return (ENOSPC);
	/* What it is to be must be there before the FAT leads to it. */
	error = msdosfs_chain_grow(dir, count + 1);
	if (error != 0)
		return (error);
	mutex_lock(&mm->mm_fat);
	error = msdosfs_chain(dir, count, &cluster, &last);
	mutex_unlock(&mm->mm_fat);
	if (error == 0)
		error = fill_cluster(mm, cluster, NULL, 0);
	for (unsigned i = 0; i < 2 && error == 0; i++) {
		if (i > 0)
			error = msdosfs_fat_join(dir);
		if (error == 0)
			error = msdosfs_fat_write(mm);
		if (error == 0)
			error = disk_flush(mm->mm_disk);
	}
	if (error == 0)
		dir->n_size += l->cluster;
	else
		(void)msdosfs_chain_cut(dir, count);
	return (error);
}

/* Offset of `count` free slots; *at_end: what follows them was never used. */
static int
find_room(
    struct msdosfs_node *dir, unsigned count, uint32_t *offset, bool *at_end)
{
	struct fat_dirent d;
	uint32_t at, run = 0;
	uint64_t place;
	int error = 0;

	*at_end = false;
	for (at = 0; run < count; at += FAT_DIRENT) {
		if (at >= dir->n_size) {
			error = grow(dir);
			if (error != 0)
				return (error);
		}
		error = read_slot(dir, at, &d, &place);
		if (error != 0)
			return (error);
		if (d.d_name[0] == FAT_FREE_END)
			*at_end = true;
		run = *at_end || d.d_name[0] == FAT_FREE ? run + 1 : 0;
	}
	*offset = at - count * FAT_DIRENT;
	return (0);
}

/* Slots one after the other, a sector of them at once. */
static int
put_slots(struct msdosfs_node *dir, uint32_t offset,
    const struct fat_longname *slots, unsigned n)
{
	struct msdosfs_mount *mm = dir->n_mm;
	const uint32_t sector = mm->mm_disk->d_sector;
	uint64_t place;
	struct page *pg;
	uint8_t *p;
	unsigned k;
	int error = 0;

	for (; n > 0 && error == 0; n -= k, slots += k) {
		error = slot_place(dir, offset, &place);
		if (error == 0)
			error = msdosfs_meta(mm, place, false, &pg, &p);
		if (error != 0)
			break;
		k = (sector - (place & (sector - 1))) / FAT_DIRENT;
		k = MIN(k, n);
		memcpy(p, slots, k * sizeof(*slots));
		error = msdosfs_meta_write(mm, place, pg);
		offset += k * FAT_DIRENT;
	}
	return (error);
}

/* Slots behind it would be taken for files. */
static int
put_end(struct msdosfs_node *dir, uint32_t offset)
{
	static const struct fat_longname end;
	struct fat_dirent d;
	uint64_t place;
	int error = read_slot(dir, offset, &d, &place);

	if (error == ENOENT || (error == 0 && d.d_name[0] == FAT_FREE_END))
		return (0);
	return (error == 0 ? put_slots(dir, offset, &end, 1) : error);
}

/* A short name that no other file has. */
static int
unique_alias(struct msdosfs_node *dir, uint8_t *name, bool whole)
{
	uint8_t tailed[FAT_SHORT];
	uint32_t offset = 0, highest = 0, number;
	struct msdosfs_slot s;
	bool taken = !whole;
	int error;

	while ((error = msdosfs_dir_next(dir, &offset, &s)) == 0) {
		taken |= memcmp(s.entry.d_name, name, FAT_SHORT) == 0;
		number = fat_tail_number(s.entry.d_name);
		if (number <= highest)
			continue;
		memcpy(tailed, name, sizeof(tailed));
		fat_short_tail(tailed, number);
		if (memcmp(s.entry.d_name, tailed, FAT_SHORT) == 0)
			highest = number;
	}
	if (error != ENOENT)
		return (error);
	if (taken && highest >= FAT_TAIL_MAX)
		return (ENOSPC);
	if (taken)
		fat_short_tail(name, highest + 1);
	return (0);
}

/* The slots of a long name. */
static unsigned
make_long(
    const uint16_t *units, size_t n, uint8_t sum, struct fat_longname *slots)
{
	const unsigned count = (unsigned)((n + FAT_UNITS - 1) / FAT_UNITS);

	for (unsigned k = 0; k < count; k++) {
		struct fat_longname *l = &slots[count - 1 - k];

		memset(l, 0, sizeof(*l));
		l->l_order =
		    (uint8_t)((k + 1) | (k + 1 == count ? FAT_LAST : 0));
		l->l_attr = FAT_ATTR_LONG;
		l->l_sum = sum;
		for (unsigned i = 0; i < FAT_UNITS; i++) {
			size_t at = k * FAT_UNITS + i;

			fat_put_unit(l, i,
			    at < n    ? units[at]
			    : at == n ? 0
				      : 0xffff);
		}
	}
	return (count);
}

/* All that can be said of a name. */
struct new_name {
	uint16_t units[FAT_LONG_MAX + 1];
	struct fat_longname slots[FAT_SLOTS + 1];
	unsigned n;
};

static int
make_name(struct msdosfs_node *dir, const struct cname *cn,
    struct fat_dirent *d, struct new_name *nn)
{
	bool exact,
	    whole = fat_to_short(cn->cn_name, cn->cn_len, d->d_name, &exact);
	size_t n = fat_to_units(cn->cn_name, cn->cn_len, nn->units);
	int error;

	nn->n = 0;
	if (n == 0 || (dir->n_mm->mm_short_names && !whole))
		return (EINVAL);
	d->d_case = 0;
	if (!(whole && exact) && !dir->n_mm->mm_short_names) {
		error = unique_alias(dir, d->d_name, whole);
		if (error != 0)
			return (error);
		nn->n =
		    make_long(nn->units, n, fat_name_sum(d->d_name), nn->slots);
	}
	memcpy(&nn->slots[nn->n++], d, sizeof(*d));
	return (0);
}

int
msdosfs_dir_enter(struct msdosfs_node *dir, const struct cname *cn,
    struct fat_dirent *d, uint64_t *place)
{
	struct new_name nn;
	uint32_t offset;
	bool at_end;
	int error = make_name(dir, cn, d, &nn);

	if (error == 0)
		error = find_room(dir, nn.n, &offset, &at_end);
	if (error == 0 && at_end)
		error = put_end(dir, offset + nn.n * FAT_DIRENT);
	if (error == 0)
		error = put_slots(dir, offset, nn.slots, nn.n);
	if (error == 0)
		error =
		    slot_place(dir, offset + (nn.n - 1) * FAT_DIRENT, place);
	return (error);
}

int
msdosfs_dir_remove(struct msdosfs_node *dir, const struct msdosfs_slot *s)
{
	struct msdosfs_mount *mm = dir->n_mm;
	const uint32_t mask = mm->mm_disk->d_sector - 1;
	unsigned n = (s->last - s->first) / FAT_DIRENT + 1;
	uint64_t place;
	struct page *pg;
	uint8_t *p;
	int error = 0;

	/* The file first: what is left of its name then is nobody's. */
	while (n > 0 && error == 0) {
		error =
		    slot_place(dir, s->first + (n - 1) * FAT_DIRENT, &place);
		if (error == 0)
			error = msdosfs_meta(mm, place, false, &pg, &p);
		if (error != 0)
			break;
		/* All that are in this sector. */
		for (uint64_t at = place; n > 0; at -= FAT_DIRENT) {
			*p = FAT_FREE;
			p -= FAT_DIRENT;
			n--;
			if ((at & mask) == 0)
				break;
		}
		error = msdosfs_meta_write(mm, place, pg);
	}
	return (error);
}

int
msdosfs_dir_fill(struct msdosfs_mount *mm, uint32_t cluster, uint32_t parent)
{
	const uint32_t now = msdosfs_now();
	struct fat_dirent d[2] = {{.d_attr = FAT_DIRECTORY,
	    .d_mtime = (uint16_t)now,
	    .d_mdate = (uint16_t)(now >> 16),
	    .d_start = (uint16_t)cluster,
	    .d_start_high = (uint16_t)(cluster >> 16)}};

	memset(d[0].d_name, ' ', sizeof(d[0].d_name));
	d[0].d_name[0] = '.';
	d[1] = d[0];
	d[1].d_name[1] = '.';
	d[1].d_start = (uint16_t)parent;
	d[1].d_start_high = (uint16_t)(parent >> 16);
	return (fill_cluster(mm, cluster, d, nitems(d)));
}
