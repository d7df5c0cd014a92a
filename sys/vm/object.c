/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Objects: pages that a file, shared memory or a device has, wherever they
 * are mapped.  An object knows the entries that map it; when pages are taken
 * from it, it unmaps them through those.  That is safe without the address
 * spaces' locks, because an entry's range changes only with o_lock held, and
 * a fault enters an object's page into page tables under o_lock.
 */
#include "core/count.h"
#include "lib/string.h"
#include "fbsd/errno.h"
#include "fbsd/mman.h"
#include "core/printf.h"
#include "core/sched.h"
#include "vm/kmem.h"
#include "vm/map.h"
#include "vm/pageout.h"
#include "vm/vm.h"

void
vm_object_init(struct vm_object *o, const struct vm_object_ops *ops, void *data,
    uint64_t size)
{
	static const struct vm_object_ops memory_ops;

	memset(o, 0, sizeof(*o));
	mutex_init(&o->o_lock, "vm object");
	o->o_refs = 1;
	o->o_embedded = true;
	radix_init(&o->o_pages);
	o->o_size = size;
	list_init(&o->o_entries);
	o->o_ops = ops != NULL ? ops : &memory_ops;
	o->o_data = data;
}

struct vm_object *
vm_object_create(const struct vm_object_ops *ops, void *data, uint64_t size)
{
	struct vm_object *o = kmem_alloc(sizeof(*o), 0);

	if (o == NULL)
		return (NULL);
	vm_object_init(o, ops, data, size);
	o->o_embedded = false;
	return (o);
}

void
vm_object_hold(struct vm_object *o)
{
	refcount_take(&o->o_refs);
}

#define OFFER 256 /* pages looked at between offers of the CPU */

/* A page isn't the object's any more. o_lock held. */
static void
let_go(struct page *pg)
{
	reclaim_drop(pg);
	if (__predict_false(atomic_load(&pg->pg_flags) & PG_BUSY)) {
		if (page_leave_busy(pg))
			return;
	} else
		pg->pg_object = NULL;
	page_release(pg);
}

void
object_free_pages(struct vm_object *o, uint64_t start, uint64_t end)
{
	struct page *pg;
	unsigned n = 0;

	for (uint64_t i = start;
	     (pg = radix_next(&o->o_pages, &i)) != NULL && i < end; i++) {
		radix_del(&o->o_pages, i);
		o->o_npages--;
		let_go(pg);
		if (++n % OFFER == 0)
			sched_maybe_yield();
	}
}

static void
free_page(void *arg, void *value)
{
	unsigned *n = arg;

	let_go(value);
	if (++*n % OFFER == 0)
		sched_maybe_yield();
}

void
vm_object_release(struct vm_object *o)
{
	const bool queued = o->o_ops->vo_read != NULL;
	unsigned n = 0;

	assert_may_sleep("vm_object_release");
	if (!refcount_drop(&o->o_refs))
		return;
	kassert(list_empty(&o->o_entries));
	if (o->o_umtx)
		umtx_shm_forget(o);
	if (o->o_ops->vo_destroy != NULL)
		o->o_ops->vo_destroy(o);
	/* Reclaim may have it locked, which found it by one of its pages. */
	if (queued)
		mutex_lock(&o->o_lock);
	radix_clear(&o->o_pages, free_page, &n);
	o->o_npages = 0;
	if (queued)
		mutex_unlock(&o->o_lock);
	if (!o->o_embedded)
		kmem_free(o, sizeof(*o));
}

int
vm_object_insert(struct vm_object *o, uint64_t index, struct page *pg)
{
	int error = radix_set(&o->o_pages, index, pg);

	if (error != 0)
		return (error);
	pg->pg_object = o;
	pg->pg_index = index;
	o->o_npages++;
	return (0);
}

void
object_dirty(struct vm_object *o, struct page *pg)
{
	if (pg->pg_flags & PG_DIRTY)
		return;
	pg->pg_flags |= PG_DIRTY;
	radix_mark(&o->o_pages, pg->pg_index);
	if (o->o_ops->vo_dirtied != NULL)
		o->o_ops->vo_dirtied(o);
}

void
vm_object_wrote(struct vm_object *o, struct page *pg)
{
	/* What takes PG_DIRTY away reads the page after that. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (__predict_true(atomic_load(&pg->pg_flags) & PG_DIRTY))
		return;
	mutex_lock(&o->o_lock);
	if (pg->pg_object == o)
		object_dirty(o, pg);
	mutex_unlock(&o->o_lock);
}

/*
 * The addresses at which e maps its object's pages [first, end): false if
 * none. o_lock held.
 */
static bool
mapped_range(const struct vm_entry *e, uint64_t first, uint64_t end,
    vaddr_t *start, vaddr_t *stop)
{
	uint64_t from = atop(e->e_ooff);
	uint64_t to = from + atop(e->e_end - e->e_start);

	first = MAX(first, from);
	end = MIN(end, to);
	if (first >= end)
		return (false);
	*start = e->e_start + ptoa(first - from);
	*stop = e->e_start + ptoa(end - from);
	return (true);
}

/* o_lock held. */
static void
unmap_everywhere(struct vm_object *o, uint64_t first, uint64_t end)
{
	struct vm_entry *e;
	vaddr_t start, stop;

	LIST_FOREACH (e, &o->o_entries, e_olink)
		if (mapped_range(e, first, end, &start, &stop))
			pmap_remove(e->e_space->vs_pmap, start, stop);
}

void
object_discard(struct vm_object *o, uint64_t start, uint64_t end)
{
	uint64_t first = start;

	if (start >= end || radix_next(&o->o_pages, &first) == NULL ||
	    first >= end)
		return;
	unmap_everywhere(o, first, end);
	object_free_pages(o, first, end);
}

void
vm_object_discard(struct vm_object *o, uint64_t start, uint64_t end)
{
	mutex_lock(&o->o_lock);
	object_discard(o, start, end);
	mutex_unlock(&o->o_lock);
}

/* Zeroes what lies behind byte `from` in its page.  One that is being read is
 * given up: whoever wants it reads it with the size that is right now. o_lock
 * held. */
static void
zero_tail(struct vm_object *o, uint64_t from)
{
	const uint64_t index = atop(from), offset = from & PAGE_MASK;
	struct page *pg = radix_get(&o->o_pages, index);

	if (offset == 0 || pg == NULL)
		return;
	if (atomic_load(&pg->pg_flags) & PG_BUSY)
		object_free_pages(o, index, index + 1);
	else
		memset((char *)page_virt(pg) + offset, 0, PAGE_SIZE - offset);
}

void
vm_object_resize(struct vm_object *o, uint64_t size)
{
	uint64_t old;

	mutex_lock(&o->o_lock);
	old = o->o_size;
	o->o_size = size;
	if (size < old) {
		object_discard(o, atop(size + PAGE_MASK), UINT64_MAX);
		zero_tail(o, size);
	} else if (o->o_written) {
		/* As long as it is mapped that may go on. */
		zero_tail(o, old);
		o->o_written = !list_empty(&o->o_entries);
	}
	mutex_unlock(&o->o_lock);
}

/* How many entries map it; *writable: one that may be written, now or after
 * mprotect(2).  o_lock held. */
static unsigned
count_entries(struct vm_object *o, bool *writable)
{
	struct vm_entry *e;
	unsigned n = 0;

	*writable = false;
	LIST_FOREACH (e, &o->o_entries, e_olink) {
		n++;
		if ((e->e_flags & VME_COW) == 0 &&
		    (e->e_maxprot & PROT_WRITE) != 0)
			*writable = true;
	}
	return (n);
}

bool
vm_object_writable(struct vm_object *o, unsigned refs)
{
	bool writable;

	mutex_lock(&o->o_lock);
	refs += count_entries(o, &writable);
	if (atomic_load(&o->o_refs) > refs)
		writable = true;
	mutex_unlock(&o->o_lock);
	return (writable);
}

bool
vm_object_mapped_to_write(struct vm_object *o)
{
	bool writable;

	mutex_lock(&o->o_lock);
	(void)count_entries(o, &writable);
	mutex_unlock(&o->o_lock);
	return (writable);
}

/*
 * Pages [first, end) can't be written through mappings without a fault, which
 * marks them dirty.  o_lock held.
 */
static void
write_protect(struct vm_object *o, uint64_t first, uint64_t end)
{
	struct vm_entry *e;
	vaddr_t from, to;

	LIST_FOREACH (e, &o->o_entries, e_olink)
		if (!(e->e_flags & VME_COW) && (e->e_prot & PROT_WRITE) &&
		    mapped_range(e, first, end, &from, &to))
			pmap_write_protect(e->e_space->vs_pmap, from, to);
}

unsigned
vm_object_clean(struct vm_object *o, uint64_t *index, uint64_t end,
    struct page **pages, unsigned n)
{
	unsigned found = 0;
	struct page *pg;

	mutex_lock(&o->o_lock);
	for (; found < n &&
	       (pg = radix_next_marked(&o->o_pages, index)) != NULL &&
	       *index < end;
	     ++*index) {
		radix_unmark(&o->o_pages, *index);
		pg->pg_flags &= ~PG_DIRTY;
		pg->pg_flags |= PG_WRITING;
		page_hold(pg);
		pages[found++] = pg;
	}
	if (found > 0)
		write_protect(
		    o, pages[0]->pg_index, pages[found - 1]->pg_index + 1);
	/* What mappings wrote behind the end isn't written out. */
	if (found > 0 && o->o_written &&
	    pages[found - 1]->pg_index == atop(o->o_size))
		zero_tail(o, o->o_size);
	mutex_unlock(&o->o_lock);
	return (found);
}

void
vm_object_cleaned(
    struct vm_object *o, struct page **pages, unsigned n, bool error)
{
	mutex_lock(&o->o_lock);
	for (unsigned i = 0; i < n; i++) {
		pages[i]->pg_flags &= ~PG_WRITING;
		/* Unless it was freed meanwhile. */
		if (error && pages[i]->pg_object == o)
			object_dirty(o, pages[i]);
		page_release(pages[i]);
	}
	mutex_unlock(&o->o_lock);
	if (error)
		return;
	count(COUNT_WRITES);
	count_add(COUNT_WRITE_PAGES, n);
	pageout_wrote(n);
}

uint64_t
vm_object_dirty(struct vm_object *o)
{
	uint64_t n = 0;

	mutex_lock(&o->o_lock);
	for (uint64_t i = 0; radix_next_marked(&o->o_pages, &i) != NULL; i++)
		if (++n % OFFER == 0)
			sched_maybe_yield();
	mutex_unlock(&o->o_lock);
	return (n);
}

bool
object_page_touched(struct vm_object *o, const struct page *pg)
{
	struct vm_entry *e;
	vaddr_t start, stop;

	LIST_FOREACH (e, &o->o_entries, e_olink) {
		if (mapped_range(
			e, pg->pg_index, pg->pg_index + 1, &start, &stop) &&
		    (atomic_load(&e->e_flags) & VME_WIRED ||
			pmap_touched(e->e_space->vs_pmap, start)))
			return (true);
		sched_maybe_yield();
	}
	return (false);
}

void
object_unmap_later(struct vm_object *o, const struct page *pg, uint32_t *stale)
{
	struct vm_entry *e;
	vaddr_t start, stop;

	LIST_FOREACH (e, &o->o_entries, e_olink) {
		if (mapped_range(
			e, pg->pg_index, pg->pg_index + 1, &start, &stop))
			pmap_remove_later(
			    e->e_space->vs_pmap, start, stop, stale);
		sched_maybe_yield();
	}
}
