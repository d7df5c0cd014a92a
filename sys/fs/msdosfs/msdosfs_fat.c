/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file allocation table: for each cluster the one that follows it in its
 * file.  It is read and changed in pages of the disk's object; a commit writes
 * those that changed, to all copies.
 *
 * A chain on a damaged disk may lead anywhere: what isn't a cluster is an
 * error, and nobody follows a chain for longer than there are clusters.
 */
#include "fbsd/errno.h"
#include "fs/msdosfs/msdosfs.h"
#include "lib/string.h"
#include "vm/map.h"
#include "vm/page.h"
#include "vm/pageout.h"

#define BATCH_PAGES 32

/* FSInfo, of FAT32. */
#define INFO_SIGNATURE1 0x41615252u
#define INFO_SIGNATURE2 0x61417272u /* at 484 */
#define INFO_FREE	488
#define INFO_NEXT	492

/* One page: there is no reading ahead. */
static int
read_meta(struct vm_object *o, struct vm_read *rd)
{
	struct msdosfs_mount *mm = o->o_data;
	const uint64_t at = ptoa(rd->vr_index), size = mm->mm_disk->d_size;
	struct bio_batch io;

	rd->vr_valid = size;
	bio_batch_init_pages(&io, mm->mm_disk, rd);
	bio_batch_add(&io, at, page_virt(rd->vr_pages[0]),
	    (uint32_t)MIN(PAGE_SIZE, size - at));
	return (bio_batch_finish(&io));
}

void
msdosfs_meta_init(struct msdosfs_mount *mm)
{
	static const struct vm_object_ops ops = {.vo_read = read_meta};

	vm_object_init(&mm->mm_meta, &ops, mm, mm->mm_disk->d_size);
	/* Files' pages are found by it, with their lock held. */
	mutex_init(&mm->mm_meta.o_lock, "msdosfs disk");
}

/* How to ask for a page: what has begun to change isn't left half done. */
static unsigned
page_flags(struct msdosfs_mount *mm, bool dirty)
{
	return ((dirty ? VM_PAGE_WRITE : 0) |
		(mutex_held(&mm->mm_batch) ? VM_PAGE_NOKILL : 0));
}

/* Is the page with byte `at` there, or may it be read? EMISSED. */
static int
may_read(struct msdosfs_mount *mm, uint64_t at)
{
	struct page *pg;
	int error;

	if (__predict_true(curthread()->td_miss == NULL) ||
	    mutex_held(&mm->mm_batch))
		return (0);
	mutex_lock(&mm->mm_meta.o_lock);
	error = object_page(&mm->mm_meta, atop(at), 0, &pg);
	mutex_unlock(&mm->mm_meta.o_lock);
	return (error == EBUSY ? vn_missed(atop(at)) : 0);
}

int
msdosfs_meta(struct msdosfs_mount *mm, uint64_t at, bool dirty,
    struct page **pg, uint8_t **p)
{
	int error = may_read(mm, at);

	if (error != 0)
		return (error);
	do
		error = vm_object_page(
		    &mm->mm_meta, atop(at), page_flags(mm, dirty), pg);
	while (error == ENOMEM && pageout_wait());
	if (error == 0)
		*p = (uint8_t *)page_virt(*pg) + (at & PAGE_MASK);
	return (error);
}

int
msdosfs_meta_write(struct msdosfs_mount *mm, uint64_t at, struct page *pg)
{
	const uint64_t size = mm->mm_disk->d_sector;
	int error;

	at &= ~(size - 1);
	error = disk_write(
	    mm->mm_disk, at, (uint8_t *)page_virt(pg) + (at & PAGE_MASK), size);
	page_release(pg);
	return (error);
}

/* Bytes of a page that are the FAT's, to each copy. */
static void
add_page(struct msdosfs_mount *mm, struct bio_batch *io, struct page *pg)
{
	const struct fat_layout *l = &mm->mm_layout;
	const uint64_t at = ptoa(pg->pg_index);
	const uint64_t from = MAX(at, l->fat_start);
	const uint64_t to = MIN(at + PAGE_SIZE, l->fat_start + l->fat_size);

	for (unsigned i = 0; i < l->nfats && from < to; i++)
		bio_batch_add(io, from + i * l->fat_size,
		    (uint8_t *)page_virt(pg) + (from - at),
		    (uint32_t)(to - from));
}

int
msdosfs_fat_write(struct msdosfs_mount *mm)
{
	const struct fat_layout *l = &mm->mm_layout;
	const uint64_t end = atop(l->fat_start + l->fat_size + PAGE_MASK);
	struct page *pages[BATCH_PAGES];
	uint64_t index = atop(l->fat_start);
	struct bio_batch io;
	unsigned n;
	int error = 0;

	while (error == 0 && (n = vm_object_clean(&mm->mm_meta, &index, end,
				  pages, BATCH_PAGES)) > 0) {
		bio_batch_init(&io, mm->mm_disk, BIO_WRITE);
		for (unsigned i = 0; i < n; i++)
			add_page(mm, &io, pages[i]);
		error = bio_batch_finish(&io);
		vm_object_cleaned(&mm->mm_meta, pages, n, error != 0);
	}
	return (error);
}

/* Where a cluster's bits begin, in half bytes. */
static uint64_t
place_of(const struct fat_layout *l, uint32_t cluster)
{
	return ((uint64_t)cluster * (l->bits / 4));
}

/* The page of the FAT with byte `at`, held.  EAGAIN: mm_fat was let go of, so
 * that it could be read. */
static int
fat_page(struct msdosfs_mount *mm, uint64_t at, bool dirty, struct page **pg)
{
	struct vm_wait w = VM_WAIT_INITIALIZER;
	int error = may_read(mm, at);

	if (error != 0)
		return (error);
	error = vm_object_page_or_read(
	    &mm->mm_meta, atop(at), page_flags(mm, dirty), &w, pg);
	if (__predict_true(error != EBUSY && error != ENOMEM))
		return (error);
	mutex_unlock(&mm->mm_fat);
	if (error == EBUSY) {
		error = vm_object_read(&mm->mm_meta, &w, pg);
		if (*pg != NULL)
			page_release(*pg);
		*pg = NULL;
	}
	if (error == ENOMEM && pageout_wait())
		error = 0;
	mutex_lock(&mm->mm_fat);
	return (error == 0 ? EAGAIN : error);
}

/* The bits of `mask` become those of `value`; *old is what all were.  In FAT12
 * a cluster's bytes may lie in two pages.  EAGAIN: mm_fat was let go of, and
 * nothing done. */
static int
change_once(struct msdosfs_mount *mm, uint32_t cluster, uint32_t mask,
    uint32_t value, uint32_t *old)
{
	const uint64_t place = place_of(&mm->mm_layout, cluster);
	const uint64_t at = mm->mm_layout.fat_start + place / 2;
	const unsigned shift = place & 1 ? 4 : 0;
	const unsigned bytes = mm->mm_layout.bits == 32 ? 4 : 2;
	struct page *pg[2] = {NULL, NULL};
	uint32_t whole = 0;
	int error;

	mask <<= shift;
	value <<= shift;
	error = fat_page(mm, at, mask != 0, &pg[0]);
	if (error == 0 && atop(at + bytes - 1) != atop(at))
		error = fat_page(mm, at + bytes - 1, mask != 0, &pg[1]);
	for (unsigned i = 0; i < bytes && error == 0; i++) {
		struct page *here = pg[atop(at + i) != atop(at)];
		uint8_t *p =
		    (uint8_t *)page_virt(here) + ((at + i) & PAGE_MASK);

		whole |= (uint32_t)*p << 8 * i;
		if (mask != 0)
			*p = (uint8_t)((*p & ~(mask >> 8 * i)) |
				       (value & mask) >> 8 * i);
	}
	for (unsigned i = 0; i < nitems(pg); i++)
		if (pg[i] != NULL)
			page_release(pg[i]);
	*old = whole >> shift;
	return (error);
}

static int
change(struct msdosfs_mount *mm, uint32_t cluster, uint32_t mask,
    uint32_t value, uint32_t *old)
{
	int error;

	do
		error = change_once(mm, cluster, mask, value, old);
	while (error == EAGAIN);
	return (error);
}

/* Those that count: FAT32 has four that are others'. */
static uint32_t
entry_mask(const struct fat_layout *l)
{
	return (l->bits == 32 ? 0x0fffffff : (1u << l->bits) - 1);
}

/* EAGAIN: mm_fat was let go of. */
static int
get_once(struct msdosfs_mount *mm, uint32_t cluster, uint32_t *next)
{
	const uint32_t mask = entry_mask(&mm->mm_layout);
	int error = change_once(mm, cluster, 0, 0, next);

	*next &= mask;
	/* The last eight numbers end a chain. */
	if (error == 0 && *next >= (mask & ~7u))
		*next = FAT_EOC;
	return (error);
}

int
msdosfs_fat_get(struct msdosfs_mount *mm, uint32_t cluster, uint32_t *next)
{
	int error;

	do
		error = get_once(mm, cluster, next);
	while (error == EAGAIN);
	return (error);
}

int
msdosfs_fat_set(struct msdosfs_mount *mm, uint32_t cluster, uint32_t next)
{
	uint32_t old;

	return (change(mm, cluster, entry_mask(&mm->mm_layout), next, &old));
}

/* What follows a cluster of a file: FAT_EOC, or else a cluster.  EAGAIN: mm_fat
 * was let go of, and the cluster may not be the file's any more. */
static int
follow(struct msdosfs_node *n, uint32_t cluster, uint32_t *next)
{
	struct msdosfs_mount *mm = n->n_mm;
	int error;

	if (n->n_join_from != 0 && cluster == n->n_join_from) {
		*next = n->n_join_to;
		return (0);
	}
	error = get_once(mm, cluster, next);
	if (error == 0 && *next != FAT_EOC &&
	    !fat_is_cluster(&mm->mm_layout, *next))
		error = EINTEGRITY;
	return (error);
}

/* As msdosfs_chain(), as far as mm_fat needn't be let go of: EAGAIN. */
static int
chain_once(
    struct msdosfs_node *n, uint32_t index, uint32_t *cluster, uint32_t *last)
{
	const struct fat_layout *l = &n->n_mm->mm_layout;
	uint32_t at = n->n_start, i = 0, next;
	int error;

	*cluster = *last = 0;
	if (at == 0)
		return (0);
	if (!fat_is_cluster(l, at) || index > l->max_cluster)
		return (EINTEGRITY);
	if (n->n_seen != 0 && n->n_seen_index <= index) {
		at = n->n_seen;
		i = n->n_seen_index;
	}
	for (; i < index; i++) {
		/* From here on, unless the file is cut while this waits. */
		n->n_seen = at;
		n->n_seen_index = i;
		error = follow(n, at, &next);
		if (error != 0)
			return (error);
		if (next == FAT_EOC)
			break;
		at = next;
	}
	n->n_seen = at;
	n->n_seen_index = i;
	*last = at;
	if (i == index)
		*cluster = at;
	return (0);
}

int
msdosfs_chain(
    struct msdosfs_node *n, uint32_t index, uint32_t *cluster, uint32_t *last)
{
	int error;

	do
		error = chain_once(n, index, cluster, last);
	while (error == EAGAIN);
	return (error);
}

/* A free cluster, which ends a chain from now on. */
static int
take_cluster(struct msdosfs_mount *mm, uint32_t *cluster)
{
	const uint32_t max = mm->mm_layout.max_cluster;
	uint32_t at = mm->mm_next, next;
	int error;

	for (uint32_t i = FAT_FIRST; i <= max; i++, at++) {
		if (!fat_is_cluster(&mm->mm_layout, at))
			at = FAT_FIRST;
		error = msdosfs_fat_get(mm, at, &next);
		if (error != 0)
			return (error);
		if (next != 0)
			continue;
		error = msdosfs_fat_set(mm, at, FAT_EOC);
		if (error != 0)
			return (error);
		if (at < mm->mm_uncounted)
			mm->mm_free--;
		mm->mm_next = at + 1;
		*cluster = at;
		return (0);
	}
	return (ENOSPC);
}

int
msdosfs_new_cluster(struct msdosfs_mount *mm, uint32_t *cluster)
{
	int error;

	mutex_lock(&mm->mm_fat);
	error = take_cluster(mm, cluster);
	mutex_unlock(&mm->mm_fat);
	return (error);
}

void
msdosfs_free_cluster(struct msdosfs_mount *mm, uint32_t cluster)
{
	mutex_lock(&mm->mm_fat);
	if (msdosfs_fat_set(mm, cluster, 0) == 0 && cluster < mm->mm_uncounted)
		mm->mm_free++;
	mutex_unlock(&mm->mm_fat);
}

int
msdosfs_fat_join(struct msdosfs_node *n)
{
	int error;

	mutex_lock(&n->n_mm->mm_fat);
	error = msdosfs_fat_set(n->n_mm, n->n_join_from, n->n_join_to);
	if (error == 0)
		n->n_join_from = n->n_join_to = 0;
	mutex_unlock(&n->n_mm->mm_fat);
	return (error);
}

/* One more cluster at the end of a chain, which is `last`. */
static int
append(struct msdosfs_node *n, uint32_t last)
{
	uint32_t cluster;
	int error = take_cluster(n->n_mm, &cluster);

	if (error != 0)
		return (error);
	if (last == 0)
		n->n_start = cluster;
	else if (n->n_join_from == 0) {
		/* The disk's chain must not lead there yet. */
		n->n_join_from = last;
		n->n_join_to = cluster;
	} else
		error = msdosfs_fat_set(n->n_mm, last, cluster);
	return (error);
}

int
msdosfs_chain_grow(struct msdosfs_node *n, uint32_t count)
{
	uint32_t cluster = 0, last;
	int error;

	if (count > n->n_mm->mm_layout.max_cluster)
		return (ENOSPC);
	mutex_lock(&n->n_mm->mm_fat);
	do {
		error = msdosfs_chain(n, count - 1, &cluster, &last);
		if (error == 0 && cluster == 0)
			error = append(n, last);
	} while (error == 0 && cluster == 0);
	mutex_unlock(&n->n_mm->mm_fat);
	return (error);
}

/* A chain becomes free, as far as it makes sense. */
static int
free_chain(struct msdosfs_node *n, uint32_t cluster)
{
	struct msdosfs_mount *mm = n->n_mm;
	uint32_t next;
	int error = 0;

	while (error == 0 && fat_is_cluster(&mm->mm_layout, cluster)) {
		error = msdosfs_fat_get(mm, cluster, &next);
		if (error != 0 || next == 0)
			break;
		if (cluster == n->n_join_from) {
			next = n->n_join_to;
			n->n_join_from = n->n_join_to = 0;
		}
		error = msdosfs_fat_set(mm, cluster, 0);
		if (error == 0 && cluster < mm->mm_uncounted)
			mm->mm_free++;
		cluster = next;
	}
	return (error);
}

/* Those behind `last`, which is the last one then. */
static int
cut_behind(struct msdosfs_node *n, uint32_t last)
{
	uint32_t next;
	int error;

	do
		error = follow(n, last, &next);
	while (error == EAGAIN);
	if (error == EINTEGRITY)
		next = FAT_EOC;
	else if (error != 0 || next == FAT_EOC)
		return (error);
	if (last == n->n_join_from)
		n->n_join_from = n->n_join_to = 0;
	error = msdosfs_fat_set(n->n_mm, last, FAT_EOC);
	return (error == 0 ? free_chain(n, next) : error);
}

int
msdosfs_chain_cut(struct msdosfs_node *n, uint32_t count)
{
	uint32_t cluster, last;
	int error;

	mutex_lock(&n->n_mm->mm_fat);
	if (count == 0) {
		cluster = n->n_start;
		n->n_start = 0;
		error = free_chain(n, cluster);
		n->n_join_from = n->n_join_to = 0;
	} else {
		error = msdosfs_chain(n, count - 1, &cluster, &last);
		if (error == 0 && cluster != 0)
			error = cut_behind(n, cluster);
	}
	n->n_seen = 0;
	mutex_unlock(&n->n_mm->mm_fat);
	return (error);
}

int
msdosfs_count_free(struct msdosfs_mount *mm, uint32_t *count)
{
	uint32_t next;
	int error = 0;

	mutex_lock(&mm->mm_fat);
	while (error == 0 && mm->mm_uncounted <= mm->mm_layout.max_cluster) {
		/* Others change and count them while this one waits. */
		error = get_once(mm, mm->mm_uncounted, &next);
		if (error == 0) {
			mm->mm_free += next == 0;
			mm->mm_uncounted++;
		} else if (error == EAGAIN)
			error = 0;
	}
	*count = mm->mm_free;
	mutex_unlock(&mm->mm_fat);
	return (error);
}

/* In the entry of cluster 1; FAT12 has none. */
static uint32_t
clean_bit(const struct fat_layout *l)
{
	return (l->bits == 32 ? 0x08000000 : l->bits == 16 ? 0x8000 : 0);
}

int
msdosfs_get_clean(struct msdosfs_mount *mm, bool *clean)
{
	const uint32_t bit = clean_bit(&mm->mm_layout);
	uint32_t value;
	int error;

	mutex_lock(&mm->mm_fat);
	error = change(mm, 1, 0, 0, &value);
	mutex_unlock(&mm->mm_fat);
	*clean = (value & bit) == bit;
	return (error);
}

/* FSInfo's hints, if it is one. */
static int
write_info(struct msdosfs_mount *mm)
{
	const uint64_t at = mm->mm_layout.info_start;
	uint32_t signature[2], hint[2];
	struct page *pg;
	uint8_t *p;
	int error;

	if (at == 0)
		return (0);
	error = msdosfs_count_free(mm, &hint[0]);
	if (error == 0)
		error = msdosfs_meta(mm, at, false, &pg, &p);
	if (error != 0)
		return (error);
	memcpy(&signature[0], p, 4);
	memcpy(&signature[1], p + 484, 4);
	hint[1] = mm->mm_next;
	if (signature[0] == INFO_SIGNATURE1 &&
	    signature[1] == INFO_SIGNATURE2) {
		memcpy(p + INFO_FREE, hint, sizeof(hint));
		return (msdosfs_meta_write(mm, at, pg));
	}
	page_release(pg);
	return (0);
}

int
msdosfs_mark(struct msdosfs_mount *mm, bool clean)
{
	const uint32_t bit = clean_bit(&mm->mm_layout);
	uint32_t old;
	int error = clean ? write_info(mm) : 0;

	mutex_lock(&mm->mm_fat);
	if (error == 0 && bit != 0)
		error = change(mm, 1, bit, clean ? bit : 0, &old);
	mutex_unlock(&mm->mm_fat);
	if (error == 0)
		error = msdosfs_fat_write(mm);
	if (error == 0)
		error = disk_flush(mm->mm_disk);
	return (error);
}
