/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Regular files' pages.
 *
 * A page comes into the object when it is first needed: from the boot
 * archive, where it becomes ours as it lies if it is a whole, aligned page
 * and is copied otherwise; or filled with zeroes.  Each counts against the
 * mount's room until it is gone; pages that mappings bring in are counted as
 * well, since they come by the same way.
 */
#include "fbsd/errno.h"
#include "fbsd/fcntl.h"
#include "core/sched.h"
#include "fs/tmpfs/tmpfs.h"
#include "lib/string.h"
#include "vm/page.h"

bool
tmpfs_charge(struct tmpfs_mount *tm, uint64_t n)
{
	bool room;

	if (page_low())
		return (false);
	spin_lock(&tm->tm_lock);
	room = n <= tm->tm_max_pages && tm->tm_pages <= tm->tm_max_pages - n;
	if (room)
		tm->tm_pages += n;
	spin_unlock(&tm->tm_lock);
	return (room);
}

void
tmpfs_uncharge(struct tmpfs_mount *tm, uint64_t n)
{
	spin_lock(&tm->tm_lock);
	tm->tm_pages -= n;
	spin_unlock(&tm->tm_lock);
}

/* Bytes of page `index` that are in the archive. o_lock held. */
static size_t
archived(const struct tmpfs_node *n, uint64_t index)
{
	if (index >= atop(n->tn_file.archive_size + PAGE_MASK))
		return (0);
	return (MIN(PAGE_SIZE, n->tn_file.archive_size - ptoa(index)));
}

static bool
adoptable(const uint8_t *data, size_t size)
{
	return (size == PAGE_SIZE && ((uintptr_t)data & PAGE_MASK) == 0);
}

static int
tmpfs_get(struct vm_object *o, uint64_t index, struct page **pp)
{
	struct tmpfs_node *n = o->o_data;
	const size_t size = archived(n, index);
	const uint8_t *data = n->tn_file.archive + ptoa(index);
	struct page *pg;

	if (adoptable(data, size)) {
		*pp = page_adopt(virt_to_phys(data));
		return (0);
	}
	if (!tmpfs_charge(n->tn_mount, 1))
		return (ENOSPC);
	pg = page_alloc(0, size == 0 ? PAGE_ZEROED : 0);
	if (pg == NULL) {
		tmpfs_uncharge(n->tn_mount, 1);
		return (ENOSPC);
	}
	if (size > 0) {
		memcpy(page_virt(pg), data, size);
		memset((char *)page_virt(pg) + size, 0, PAGE_SIZE - size);
	}
	n->tn_file.charged++;
	*pp = pg;
	return (0);
}

static bool
tmpfs_at_hand(struct vm_object *o, uint64_t index)
{
	const struct tmpfs_node *n = o->o_data;

	return (
	    adoptable(n->tn_file.archive + ptoa(index), archived(n, index)));
}

const struct vm_object_ops tmpfs_object_ops = {
    .vo_get = tmpfs_get,
    .vo_at_hand = tmpfs_at_hand,
};

/*
 * Pages have been taken from the object: no more than it still has are in
 * use.  (Adopted ones were never charged, so the count may fall late, but
 * never below what is there.)
 */
static void
settle(struct tmpfs_node *n)
{
	struct vm_object *o = &n->tn_vnode.v_object;
	uint64_t over = 0;

	mutex_lock(&o->o_lock);
	if (n->tn_file.charged > o->o_npages) {
		over = n->tn_file.charged - o->o_npages;
		n->tn_file.charged = o->o_npages;
	}
	mutex_unlock(&o->o_lock);
	if (over > 0)
		tmpfs_uncharge(n->tn_mount, over);
}

/* The part of the archive from `from` on isn't the file's any more: its pages
 * that nobody asked for become free memory. o_lock held. */
static void
forget_archive(struct tmpfs_node *n, uint64_t from)
{
	struct vm_object *o = &n->tn_vnode.v_object;
	const uint8_t *data = n->tn_file.archive;
	uint64_t size = n->tn_file.archive_size;

	if (from >= size)
		return;
	if (((uintptr_t)data & PAGE_MASK) == 0)
		for (uint64_t i = atop(from + PAGE_MASK); i < atop(size); i++)
			if (radix_get(&o->o_pages, i) == NULL)
				page_release(
				    page_adopt(virt_to_phys(data + ptoa(i))));
	n->tn_file.archive_size = from;
}

void
tmpfs_file_free(struct tmpfs_node *n)
{
	struct vm_object *o = &n->tn_vnode.v_object;

	mutex_lock(&o->o_lock);
	forget_archive(n, 0);
	mutex_unlock(&o->o_lock);
	tmpfs_uncharge(n->tn_mount, n->tn_file.charged);
	vm_object_release(o);
}

void
tmpfs_resize(struct tmpfs_node *n, uint64_t size)
{
	struct vm_object *o = &n->tn_vnode.v_object;

	mutex_lock(&o->o_lock);
	forget_archive(n, size);
	mutex_unlock(&o->o_lock);
	vm_object_resize(o, size);
	settle(n);
}

int
tmpfs_extend(struct vnode *vp, uint64_t size)
{
	if (size > INT64_MAX)
		return (EFBIG);
	vm_object_resize(&vp->v_object, size);
	return (0);
}

/* Room is taken page by page as data come: files may have holes. */
int
tmpfs_write_begin(struct vnode *vp, uint64_t start, uint64_t *end)
{
	return (*end > vn_size(vp) ? tmpfs_extend(vp, *end) : 0);
}

void
tmpfs_written(struct vnode *vp, const struct cred *cr)
{
	struct tmpfs_node *n = tmpfs_node(vp);

	tmpfs_modified(n);
	if (cr->cr_uid != 0)
		n->tn_mode &= (mode_t) ~(S_ISUID | S_ISGID);
}

int
tmpfs_getpage(struct vnode *vp, uint64_t index, struct page **pp)
{
	struct vm_object *o = &vp->v_object;
	bool hole = false;

	mutex_lock(&o->o_lock);
	*pp = radix_get(&o->o_pages, index);
	if (*pp != NULL)
		page_hold(*pp);
	else
		hole = archived(tmpfs_node(vp), index) == 0;
	mutex_unlock(&o->o_lock);
	if (*pp != NULL || hole)
		return (0);
	return (vm_object_page(o, index, 0, pp));
}

/* Has page `index` data? o_lock held. */
static bool
has_data(struct tmpfs_node *n, uint64_t index)
{
	return (radix_get(&n->tn_vnode.v_object.o_pages, index) != NULL ||
		archived(n, index) > 0);
}

/* The first page from index on with data; UINT64_MAX: none. o_lock held. */
static uint64_t
next_data(struct tmpfs_node *n, uint64_t index)
{
	if (archived(n, index) > 0)
		return (index);
	if (radix_next(&n->tn_vnode.v_object.o_pages, &index) == NULL)
		return (UINT64_MAX);
	return (index);
}

int
tmpfs_seekhole(struct vnode *vp, int whence, off_t *off)
{
	struct tmpfs_node *n = tmpfs_node(vp);
	struct vm_object *o = &vp->v_object;
	const uint64_t first = atop(*off), end = atop(o->o_size + PAGE_MASK);
	uint64_t i = first;

	mutex_lock(&o->o_lock);
	if (whence == SEEK_DATA)
		i = next_data(n, i);
	else
		for (; i < end && has_data(n, i); i++)
			sched_maybe_yield();
	mutex_unlock(&o->o_lock);
	if (whence == SEEK_DATA && i >= end)
		return (ENXIO);
	if (i > first)
		*off = (off_t)MIN(ptoa(i), o->o_size);
	return (0);
}

static int
zero_range(struct vnode *vp, uint64_t start, uint64_t end)
{
	struct page *pg;
	uint64_t n;
	int error;

	for (; start < end; start += n) {
		n = MIN(end - start, PAGE_SIZE - (start & PAGE_MASK));
		sched_maybe_yield();
		error = tmpfs_getpage(vp, atop(start), &pg);
		if (error != 0)
			return (error);
		if (pg == NULL)
			continue;
		memset((char *)page_virt(pg) + (start & PAGE_MASK), 0, n);
		page_release(pg);
	}
	return (0);
}

/* What is still in the archive is zeroed page by page: a page taken away
 * would come back from there. */
int
tmpfs_punch(struct vnode *vp, off_t start, off_t end)
{
	struct tmpfs_node *n = tmpfs_node(vp);
	uint64_t from = (uint64_t)start, to = (uint64_t)end, first, last;
	int error;

	first = MAX(round_page(from), round_page(n->tn_file.archive_size));
	last = trunc_page(to);
	if (to == vn_size(vp))
		last = round_page(to);
	if (first >= last)
		return (zero_range(vp, from, to));
	error = zero_range(vp, from, first);
	if (error == 0 && last < to)
		error = zero_range(vp, last, to);
	if (error != 0)
		return (error);
	vm_object_discard(&vp->v_object, atop(first), atop(last));
	settle(n);
	return (0);
}

int
tmpfs_allocate(struct vnode *vp, off_t start, off_t end)
{
	struct page *pg;
	int error = 0;

	if ((uint64_t)end > vn_size(vp))
		error = tmpfs_extend(vp, (uint64_t)end);
	if (error != 0)
		return (error);
	for (uint64_t i = atop(start); i < atop((uint64_t)end + PAGE_MASK);
	     i++) {
		error = vm_object_page(&vp->v_object, i, 0, &pg);
		if (error != 0)
			return (error == ENOMEM ? ENOSPC : error);
		page_release(pg);
		sched_maybe_yield();
	}
	return (0);
}
