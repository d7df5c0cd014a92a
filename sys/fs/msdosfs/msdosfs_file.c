/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Regular files: pages from and to the disk, and clusters for what is written.
 * There are no holes: what lies between the old end of a file and what is
 * written behind it becomes pages of zeroes.
 */
#include "fbsd/errno.h"
#include "fs/msdosfs/msdosfs.h"
#include "lib/string.h"
#include "vm/page.h"
#include "vm/pageout.h"

#define BATCH_PAGES 64
#define GROW_STEP   (1u << 20) /* bytes, at once */

/* Adds what the disk has of a page to the requests. */
static int
add_page(struct msdosfs_node *n, struct bio_batch *io, uint64_t index,
    struct page *pg, uint64_t size)
{
	const struct fat_layout *l = &n->n_mm->mm_layout;
	const uint64_t at = ptoa(index);
	uint64_t end =
	    MIN(at + PAGE_SIZE, roundup2(size, (uint64_t)l->cluster));
	uint32_t cluster, last, len;
	int error = 0;

	for (uint64_t from = at; from < end && error == 0; from += len) {
		const uint32_t in_cluster = from & (l->cluster - 1);

		len = (uint32_t)MIN(end - from, l->cluster - in_cluster);
		mutex_lock(&n->n_mm->mm_fat);
		error = msdosfs_chain(
		    n, (uint32_t)(from >> l->cluster_shift), &cluster, &last);
		mutex_unlock(&n->n_mm->mm_fat);
		if (error == 0 && cluster == 0)
			error = EINTEGRITY;
		if (error == 0)
			bio_batch_add(io,
			    fat_cluster_at(l, cluster) + in_cluster,
			    (uint8_t *)page_virt(pg) + (from - at), len);
	}
	return (error);
}

static int
read_pages(struct vm_object *o, struct vm_read *rd)
{
	struct msdosfs_node *n = o->o_data;
	const uint64_t size = atomic_load(&o->o_size);
	struct bio_batch io;
	int error = 0, e;

	rd->vr_valid = size;
	bio_batch_init_pages(&io, n->n_mm->mm_disk, rd);
	for (unsigned i = 0; i < rd->vr_n && error == 0; i++)
		error =
		    add_page(n, &io, rd->vr_index + i, rd->vr_pages[i], size);
	e = bio_batch_finish(&io);
	return (error != 0 ? error : e);
}

/* Pages [first, end) are there, and dirty. */
static int
dirty_pages(struct msdosfs_node *n, uint64_t first, uint64_t end, unsigned flag)
{
	struct page *pg;
	int error = 0;

	for (uint64_t i = first; i < end && error == 0; i++) {
		error = vm_object_page(&n->n_vnode.v_object, i, flag, &pg);
		if (error == 0)
			page_release(pg);
	}
	return (error);
}

static uint32_t
clusters_for(const struct msdosfs_node *n, uint64_t size)
{
	const struct fat_layout *l = &n->n_mm->mm_layout;

	return ((uint32_t)((size + l->cluster - 1) >> l->cluster_shift));
}

/* The file ends at `size`, which isn't far behind where it did; within a
 * batch. */
static int
grow_step(struct msdosfs_node *n, uint64_t size)
{
	struct vm_object *o = &n->n_vnode.v_object;
	const uint64_t old = o->o_size;
	int error;

	error = msdosfs_chain_grow(n, clusters_for(n, size));
	/* What is behind the old end in its page becomes a part of the file. */
	if (error == 0 && (old & PAGE_MASK) != 0)
		error = dirty_pages(n, atop(old), atop(old) + 1, VM_PAGE_WRITE);
	if (error == 0) {
		vm_object_resize(o, size);
		error = dirty_pages(n, atop(round_page(old)),
		    atop(round_page(size)), VM_PAGE_OVERWRITE);
		if (error != 0)
			vm_object_resize(o, old);
	}
	if (error != 0) {
		(void)msdosfs_chain_cut(n, clusters_for(n, old));
		return (error);
	}
	n->n_size = (uint32_t)size;
	n->n_mm->mm_dirty_bytes += size - old;
	msdosfs_touch(n);
	return (0);
}

static int
grow(struct msdosfs_node *n, uint64_t size)
{
	struct msdosfs_mount *mm = n->n_mm;
	const uint64_t limit = pageout_dirty_max();
	uint64_t next;
	int error = 0;

	if (size > UINT32_MAX)
		return (EFBIG);
	while (error == 0 && (next = n->n_vnode.v_object.o_size) < size) {
		next = MIN(size, next + GROW_STEP);
		error = msdosfs_begin(mm);
		if (error != 0)
			break;
		if (mm->mm_dirty_bytes > limit)
			error = msdosfs_commit_locked(mm);
		if (error == 0)
			error = grow_step(n, next);
		msdosfs_end(mm);
		if (error == ENOMEM && pageout_wait())
			error = 0;
	}
	return (error);
}

/* The FAT, where the file ends, and where others are free. */
void
msdosfs_prefetch(struct vnode *vp, uint64_t start, uint64_t end)
{
	struct msdosfs_node *n = msdosfs_node(vp);
	struct msdosfs_mount *mm = n->n_mm;
	const uint64_t size = atomic_load(&vp->v_object.o_size);
	uint32_t cluster, next;
	int error = 0;

	if (end <= size || (end == UINT64_MAX && start == size))
		return;
	mutex_lock(&mm->mm_fat);
	if (size > 0)
		error = msdosfs_chain(
		    n, clusters_for(n, size) - 1, &cluster, &next);
	if (error == 0 && fat_is_cluster(&mm->mm_layout, mm->mm_next))
		(void)msdosfs_fat_get(mm, mm->mm_next, &next);
	mutex_unlock(&mm->mm_fat);
}

int
msdosfs_write_begin(struct vnode *vp, uint64_t start, uint64_t *end)
{
	struct msdosfs_node *n = msdosfs_node(vp);
	int error;

	*end = MIN(*end, start + GROW_STEP);
	if (*end > vp->v_object.o_size)
		return (grow(n, *end));
	error = msdosfs_begin(n->n_mm);
	if (error != 0)
		return (error);
	if (n->n_mm->mm_dirty_bytes > pageout_dirty_max())
		error = msdosfs_commit_locked(n->n_mm);
	n->n_mm->mm_dirty_bytes += *end - start;
	msdosfs_touch(n);
	msdosfs_end(n->n_mm);
	return (error);
}

/* The entry first: what it doesn't lead to any more becomes free after that. */
static int
cut(struct msdosfs_node *n, uint64_t size)
{
	const uint32_t old = n->n_size;
	int error;

	/* What is written must not need what waits for a commit. */
	error = msdosfs_commit_locked(n->n_mm);
	if (error != 0)
		return (error);
	n->n_size = (uint32_t)size;
	error = msdosfs_write_entry(n);
	if (error == 0)
		error = disk_flush(n->n_mm->mm_disk);
	if (error != 0) {
		n->n_size = old;
		return (error);
	}
	vm_object_resize(&n->n_vnode.v_object, size);
	return (msdosfs_chain_cut(n, clusters_for(n, size)));
}

int
msdosfs_set_size(struct msdosfs_node *n, uint64_t size)
{
	int error;

	if (size >= n->n_vnode.v_object.o_size)
		return (grow(n, size));
	error = msdosfs_begin(n->n_mm);
	if (error != 0)
		return (error);
	error = cut(n, size);
	msdosfs_end(n->n_mm);
	return (error);
}

int
msdosfs_file_write(struct msdosfs_node *n)
{
	struct vm_object *o = &n->n_vnode.v_object;
	struct page *pages[BATCH_PAGES];
	uint64_t index = 0;
	struct bio_batch io;
	unsigned count;
	int error = 0, e;

	while (error == 0 && (count = vm_object_clean(o, &index, UINT64_MAX,
				  pages, BATCH_PAGES)) > 0) {
		bio_batch_init(&io, n->n_mm->mm_disk, BIO_WRITE);
		for (unsigned i = 0; i < count && error == 0; i++)
			error = add_page(
			    n, &io, pages[i]->pg_index, pages[i], n->n_size);
		e = bio_batch_finish(&io);
		error = error != 0 ? error : e;
		vm_object_cleaned(o, pages, count, error != 0);
	}
	return (error);
}

static int
writeback(struct vm_object *o, uint64_t start, uint64_t end)
{
	struct msdosfs_node *n = o->o_data;

	return (msdosfs_commit(n->n_mm));
}

/* A mapping is about to be written to: there is room, but the disk must say
 * that it is in use. */
static int
prepared(struct vm_object *o, uint64_t index)
{
	struct msdosfs_node *n = o->o_data;
	const struct msdosfs_mount *mm = n->n_mm;

	if (!atomic_load(&mm->mm_writable) || atomic_load(&mm->mm_ending))
		return (EROFS);
	if (!atomic_load(&mm->mm_marked))
		return (EAGAIN);
	atomic_store(&n->n_mapped_write, true);
	return (0);
}

static int
prepare(struct vm_object *o, uint64_t index)
{
	struct msdosfs_node *n = o->o_data;
	int error = msdosfs_begin(n->n_mm);

	if (error == 0)
		msdosfs_end(n->n_mm);
	return (error);
}

static void
dirtied(struct vm_object *o)
{
	struct msdosfs_node *n = o->o_data;
	struct msdosfs_mount *mm = n->n_mm;

	spin_lock(&mm->mm_changes);
	if (!list_linked(&n->n_written)) {
		list_push_back(&mm->mm_written, &n->n_written);
		syncer_note(&mm->mm_syncer);
	}
	spin_unlock(&mm->mm_changes);
}

const struct vm_object_ops msdosfs_object_ops = {
    .vo_read = read_pages,
    .vo_first = 8,
    .vo_writeback = writeback,
    .vo_prepared = prepared,
    .vo_prepare = prepare,
    .vo_dirtied = dirtied,
};
