/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Address spaces as wholes: made, copied by fork, given up; and the one page
 * that all share.
 */
#include "lib/string.h"
#include "fbsd/errno.h"
#include "fbsd/mman.h"
#include "core/printf.h"
#include "core/thread.h"
#include "core/sched.h"
#include "vm/kmem.h"
#include "vm/map.h"

#define MMAP_BASE   0x800000000ul /* mmap's choices start here, */
#define MMAP_RANDOM (1ul << 30)	  /* or up to so much higher, */
#define MMAP_STEP   (1ul << 21)	  /* in such steps: a page table each */

struct vm_object *vm_shared_page_object;
void *vm_shared_page;

static struct vmspace *
space_alloc(void)
{
	struct vmspace *vs = kmem_alloc(sizeof(*vs), KM_ZERO);

	if (vs == NULL)
		return (NULL);
	vs->vs_pmap = pmap_create();
	if (vs->vs_pmap == NULL) {
		kmem_free(vs, sizeof(*vs));
		return (NULL);
	}
	rw_init(&vs->vs_lock, "vmspace");
	vs->vs_refs = 1;
	return (vs);
}

struct vmspace *
vmspace_create(uint64_t random)
{
	struct vmspace *vs = space_alloc();

	if (vs == NULL)
		return (NULL);
	vs->vs_random = random != 0;
	vs->vs_base =
	    MMAP_BASE + random % (MMAP_RANDOM / MMAP_STEP) * MMAP_STEP;
	vs->vs_hint = vs->vs_base;
	return (vs);
}

void
vmspace_hold(struct vmspace *vs)
{
	refcount_take(&vs->vs_refs);
}

void
vmspace_activate(struct vmspace *vs)
{
	pmap_activate(vs->vs_pmap);
}

uint64_t
vmspace_resident(struct vmspace *vs)
{
	return (pmap_resident(vs->vs_pmap));
}

/* Where what e shows of its object ends. */
static vaddr_t
object_end(const struct vm_entry *e)
{
	struct vm_object *o = e->e_object;
	uint64_t size;

	if (o == NULL)
		return (e->e_start);
	mutex_lock(&o->o_lock);
	size = round_page(o->o_size);
	mutex_unlock(&o->o_lock);
	return (e->e_start + MIN(size - MIN(e->e_ooff, size), entry_size(e)));
}

/* The first page of e at or above va that its object has and e hasn't, so that
 * it may have to be read; 0: none.  vs_lock held. */
static vaddr_t
not_own(const struct vm_entry *e, vaddr_t va)
{
	const vaddr_t end = object_end(e);

	for (va = MAX(va, e->e_start); va < end; va += PAGE_SIZE) {
		if (!amap_has(e->e_amap, va))
			return (va);
		sched_maybe_yield();
	}
	return (0);
}

/* The page of am at index, or a copy if others have it too, for an object. */
static struct page *
give(const struct amap *am, uint64_t index, struct page *pg)
{
	struct page *copy;
	bool own;

	(void)radix_look(&am->am_pages, index, &own);
	if (own && atomic_load(&pg->pg_refs) == 1) {
		page_hold(pg);
		return (pg);
	}
	copy = page_alloc(0, 0);
	if (copy != NULL)
		copy_page(page_virt(copy), page_virt(pg));
	return (copy);
}

/* Puts e's own pages into o, which nobody knows yet. */
static int
fill_object(const struct vm_entry *e, struct vm_object *o)
{
	const struct amap *am = e->e_amap;
	const uint64_t first = amap_index(am, e->e_start);
	struct page *pg;
	int error = 0;

	for (uint64_t i = first;
	     error == 0 && (pg = radix_next(&am->am_pages, &i)) != NULL &&
	     i < first + atop(entry_size(e));
	     i++) {
		pg = give(am, i, pg);
		if (pg == NULL)
			return (ENOMEM);
		error = vm_object_insert(o, i - first, pg);
		if (error != 0)
			page_release(pg);
		sched_maybe_yield();
	}
	return (error);
}

/*
 * Private memory that parent and child are to share from now on becomes an
 * object of its own: all pages are e's own.  Parent's lock held for writing.
 */
static int
make_shared(struct vmspace *vs, struct vm_entry *e, struct list *dead)
{
	struct vm_object *o = vm_object_create(NULL, NULL, entry_size(e));
	struct vm_entry *new = entry_alloc();
	int error = o == NULL || new == NULL ? ENOMEM : 0;

	if (error == 0 && e->e_amap != NULL)
		error = fill_object(e, o);
	if (error == 0 && e->e_amap != NULL && e->e_amap->am_refs > 1)
		error = amap_own_ends(e->e_amap, e->e_start, e->e_end);
	if (error != 0) {
		if (o != NULL)
			vm_object_release(o);
		if (new != NULL)
			kmem_free(new, sizeof(*new));
		return (error);
	}
	*new = *e;
	list_init(&new->e_olink);
	new->e_amap = NULL;
	new->e_vnode = NULL;
	new->e_object = o;
	new->e_ooff = 0;
	new->e_flags &= (uint16_t)~VME_COW;
	pmap_remove(vs->vs_pmap, e->e_start, e->e_end);
	if (e->e_amap != NULL && e->e_amap->am_refs > 1)
		amap_discard(e->e_amap, e->e_start, e->e_end);
	entry_detach(vs, e, dead);
	entry_insert(vs, new);
	if (new->e_flags & VME_WIRED)
		wired_grow(vs, entry_size(new));
	return (0);
}

static bool
is_to_be_shared(const struct vm_entry *e)
{
	return (e->e_inherit == INHERIT_SHARE && e->e_flags & VME_COW &&
		entry_counts(e));
}

/* Before any amap is copied. EAGAIN: first own_pages(). */
static int
share_entries(struct vmspace *vs, struct list *dead)
{
	struct vm_entry *e = entry_from(vs, 0), *next;
	int error = 0;

	for (; e != NULL && error == 0; e = next) {
		next = entry_next(e);
		if (is_to_be_shared(e))
			error = not_own(e, 0) != 0 ? EAGAIN
						   : make_shared(vs, e, dead);
	}
	return (error);
}

/* The first page at or above va that not_own() says of an entry to be shared;
 * 0: none. */
static vaddr_t
next_not_own(struct vmspace *vs, vaddr_t va)
{
	struct vm_entry *e;
	vaddr_t found = 0;

	rw_rlock(&vs->vs_lock);
	for (e = entry_from(vs, va); e != NULL && found == 0; e = entry_next(e))
		if (is_to_be_shared(e))
			found = not_own(e, va);
	rw_runlock(&vs->vs_lock);
	return (found);
}

/* Copies what is to be shared of files, which may have to be read, with no lock
 * held. */
static int
own_pages(struct vmspace *vs)
{
	int error = 0;

	for (vaddr_t va = 0; (va = next_not_own(vs, va)) != 0;
	     va += PAGE_SIZE) {
		error = fault_own(vs, va);
		/* The mapping is gone, or the file has become shorter. */
		if (error != 0 && error != EFAULT && error != EINVAL)
			return (error);
		sched_maybe_yield();
	}
	return (0);
}

/* The child's copy of e's amap. */
static int
copy_amap(struct vm_entry *e, struct vm_entry *new)
{
	struct amap *am = e->e_amap;

	if (am->am_child == NULL) {
		am->am_child = amap_fork(am);
		if (am->am_child == NULL)
			return (ENOMEM);
		am->am_child->am_refs = 0;
	}
	new->e_amap = am->am_child;
	new->e_amap->am_refs++;
	return (0);
}

/* No page of an amap that is going to be copied may be written in place. */
static void
write_protect(struct vmspace *vs, const struct vm_entry *e)
{
	if (e->e_amap != NULL && !e->e_amap->am_readonly &&
	    e->e_prot & PROT_WRITE)
		pmap_write_protect(vs->vs_pmap, e->e_start, e->e_end);
}

/*
 * Shared memory of which the child is to have a copy: from now on it is below,
 * and what either of them writes is its own.  A file's stays the parent's as
 * it is, and the child sees it as any private mapping does; a device's can't
 * be copied.
 */
static void
copy_shared(struct vmspace *vs, struct vm_entry *e, struct vm_entry *new)
{
	if (e->e_object == NULL || e->e_object->o_ops->vo_phys != NULL)
		return;
	new->e_flags |= VME_COW;
	if (e->e_vnode != NULL)
		return;
	e->e_flags |= VME_COW;
	pmap_write_protect(vs->vs_pmap, e->e_start, e->e_end);
}

static int
fork_entry(struct vmspace *vs, struct vmspace *child, struct vm_entry *e)
{
	struct vm_entry *new;
	int error = 0;

	write_protect(vs, e);
	if (e->e_inherit == INHERIT_NONE)
		return (0);
	new = entry_copy(e);
	if (new == NULL)
		return (ENOMEM);
	new->e_amap = NULL;
	new->e_flags &= (uint16_t) ~(VME_WIRED | VME_WIRING);
	if (e->e_inherit == INHERIT_ZERO) {
		new->e_object = NULL;
		new->e_vnode = NULL;
		new->e_flags |= VME_COW;
	} else if (e->e_amap != NULL) {
		error = copy_amap(e, new);
	}
	if (e->e_inherit == INHERIT_COPY && (e->e_flags & VME_COW) == 0)
		copy_shared(vs, e, new);
	if (error != 0) {
		kmem_free(new, sizeof(*new));
		return (error);
	}
	entry_attach(new);
	entry_insert(child, new);
	return (0);
}

/*
 * Ends the bookkeeping of copy_amap(): a child's amap with fewer entries than
 * its parent's has pages where there is no entry, so its entries must not grow.
 * With `all`, all entries are write-protected.
 */
static void
finish_amaps(struct vmspace *vs, bool all)
{
	struct vm_entry *e;

	ENTRIES_IN(e, vs, 0, USER_TOP)
	{
		struct amap *am = e->e_amap;

		if (am == NULL)
			continue;
		if (am->am_child != NULL &&
		    am->am_child->am_refs != am->am_refs)
			am->am_child->am_fixed = true;
		if (all)
			am->am_readonly = true;
		am->am_child = NULL;
	}
}

static void
copy_layout(const struct vmspace *vs, struct vmspace *child)
{
	child->vs_brk_start = vs->vs_brk_start;
	child->vs_brk = vs->vs_brk;
	child->vs_base = vs->vs_base;
	child->vs_random = vs->vs_random;
	child->vs_hint = vs->vs_hint;
	child->vs_hole = vs->vs_hole;
	child->vs_stack_top = vs->vs_stack_top;
	child->vs_stack_size = vs->vs_stack_size;
	child->vs_ps_strings = vs->vs_ps_strings;
	child->vs_timekeep = vs->vs_timekeep;
	child->vs_sigcode = vs->vs_sigcode;
}

struct vmspace *
vmspace_fork(struct vmspace *vs)
{
	struct vmspace *child = space_alloc();
	struct list dead = LIST_INITIALIZER(dead);
	struct vm_entry *e;
	int error;

	if (child == NULL)
		return (NULL);
	rw_wlock(&vs->vs_lock);
	while ((error = share_entries(vs, &dead)) == EAGAIN) {
		rw_wunlock(&vs->vs_lock);
		error = own_pages(vs);
		rw_wlock(&vs->vs_lock);
		if (error != 0)
			break;
	}
	copy_layout(vs, child);
	for (e = entry_from(vs, 0); e != NULL && error == 0;
	     e = entry_next(e)) {
		/* Holes that the parent doesn't have. */
		if (e->e_inherit == INHERIT_NONE)
			child->vs_hint = child->vs_base;
		error = fork_entry(vs, child, e);
	}
	finish_amaps(vs, error == 0);
	rw_wunlock(&vs->vs_lock);
	entries_free(&dead);
	if (error != 0) {
		vmspace_release(child);
		return (NULL);
	}
	return (child);
}

/* There are no threads yet, so no mutex may be taken. */
void
vm_init(void)
{
	struct page *pg;

	reclaim_init();
	pager_init();
	vm_shared_page_object = vm_object_create(NULL, NULL, PAGE_SIZE);
	if (vm_shared_page_object == NULL ||
	    object_page(vm_shared_page_object, 0, 0, &pg) != 0)
		panic("no memory for the shared page");
	vm_shared_page = page_virt(pg);
}
