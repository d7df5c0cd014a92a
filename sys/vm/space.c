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
#include "core/random.h"
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
vmspace_create(void)
{
	struct vmspace *vs = space_alloc();
	uint64_t r;

	if (vs == NULL)
		return (NULL);
	random_bytes(&r, sizeof(r));
	vs->vs_base = MMAP_BASE + r % (MMAP_RANDOM / MMAP_STEP) * MMAP_STEP;
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

/* The page that e shows at va, held; NULL: zeroes, or past a file's end. */
static struct page *
visible_page(struct vm_entry *e, vaddr_t va)
{
	struct page *pg = NULL;

	if (e->e_view != NULL)
		pg = radix_get(
		    &e->e_view->av_amap->am_pages, view_index(e->e_view, va));
	if (pg != NULL)
		page_hold(pg);
	else if (e->e_object != NULL)
		(void)vm_object_page(
		    e->e_object, atop(e->e_ooff + (va - e->e_start)), 0, &pg);
	return (pg);
}

/* Copies what e shows into o. */
static int
fill_object(struct vm_entry *e, struct vm_object *o)
{
	uint64_t n = atop(entry_size(e)), i, at;
	int error = 0;

	for (i = 0; i < n && error == 0; i++) {
		struct page *from, *to;

		/* Where there is no file below, only what is in the amap. */
		if (e->e_object == NULL) {
			at = view_index(e->e_view, e->e_start) + i;
			if (radix_next(&e->e_view->av_amap->am_pages, &at) ==
			    NULL)
				break;
			i = at - view_index(e->e_view, e->e_start);
			if (i >= n)
				break;
		}
		from = visible_page(e, e->e_start + ptoa(i));
		if (from == NULL)
			continue;
		error = vm_object_page(o, i, VM_PAGE_WRITE, &to);
		if (error == 0) {
			copy_page(page_virt(to), page_virt(from));
			page_release(to);
		}
		page_release(from);
		sched_maybe_yield();
	}
	return (error);
}

/*
 * Private memory that parent and child are to share from now on becomes an
 * object of its own.  Parent's lock held for writing.
 */
static int
make_shared(struct vmspace *vs, struct vm_entry *e, struct list *dead)
{
	struct vm_object *o = vm_object_create(NULL, NULL, entry_size(e));
	struct vm_entry *new = entry_alloc();
	int error = o == NULL || new == NULL ? ENOMEM : 0;

	if (error == 0 && (e->e_view != NULL || e->e_object != NULL))
		error = fill_object(e, o);
	if (error == 0 && e->e_view != NULL && e->e_view->av_refs > 1)
		error = view_own(e->e_view);
	if (error != 0) {
		if (o != NULL)
			vm_object_release(o);
		if (new != NULL)
			kmem_free(new, sizeof(*new));
		return (error);
	}
	*new = *e;
	list_init(&new->e_olink);
	new->e_view = NULL;
	new->e_vnode = NULL;
	new->e_object = o;
	new->e_ooff = 0;
	new->e_flags &= (uint16_t)~VME_COW;
	pmap_remove(vs->vs_pmap, e->e_start, e->e_end);
	if (e->e_view != NULL && e->e_view->av_refs > 1)
		view_discard(e->e_view, e->e_start, e->e_end);
	entry_detach(vs, e, dead);
	entry_insert(vs, new);
	if (new->e_flags & VME_WIRED)
		wired_grow(vs, entry_size(new));
	return (0);
}

/* Before any view is copied. */
static int
share_entries(struct vmspace *vs, struct list *dead)
{
	struct vm_entry *e = entry_from(vs, 0), *next;
	int error = 0;

	for (; e != NULL && error == 0; e = next) {
		next = entry_next(e);
		if (e->e_inherit == INHERIT_SHARE && e->e_flags & VME_COW &&
		    entry_counts(e))
			error = make_shared(vs, e, dead);
	}
	return (error);
}

/* The child's view of what e's view sees. */
static int
copy_view(struct vm_entry *e, struct vm_entry *new)
{
	struct amap_view *v = e->e_view;
	bool shared = v->av_shared;

	if (v->av_child == NULL) {
		v->av_child = view_share(v);
		if (v->av_child == NULL)
			return (ENOMEM);
		v->av_child->av_refs = 0;
		v->av_shared = shared; /* until finish_views() */
	}
	new->e_view = v->av_child;
	new->e_view->av_refs++;
	return (0);
}

/*
 * No page of an amap that is going to be shared may be written in place, also
 * where the child has no entry: it may get one by a later fork.  What is
 * shared already is mapped read-only already.
 */
static void
write_protect(struct vmspace *vs, const struct vm_entry *e)
{
	if (e->e_view != NULL && !e->e_view->av_shared &&
	    e->e_prot & PROT_WRITE)
		pmap_protect(vs->vs_pmap, e->e_start, e->e_end,
		    (e->e_prot | PMAP_READ) & ~PMAP_WRITE);
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
	new->e_view = NULL;
	new->e_flags &= (uint16_t) ~(VME_WIRED | VME_WIRING);
	if (e->e_inherit == INHERIT_ZERO) {
		new->e_object = NULL;
		new->e_vnode = NULL;
		new->e_flags |= VME_COW;
	} else if (e->e_view != NULL) {
		error = copy_view(e, new);
	}
	if (error != 0) {
		kmem_free(new, sizeof(*new));
		return (error);
	}
	entry_attach(new);
	entry_insert(child, new);
	return (0);
}

/*
 * Ends the bookkeeping of copy_view(): a child's view with fewer entries than
 * its parent's sees pages where it has no entry, so its entries must not grow.
 */
static void
finish_views(struct vmspace *vs)
{
	struct vm_entry *e;

	ENTRIES_IN(e, vs, 0, USER_TOP)
	{
		struct amap_view *v = e->e_view;

		if (v == NULL || v->av_child == NULL)
			continue;
		if (v->av_child->av_refs != v->av_refs)
			v->av_child->av_fixed = true;
		v->av_shared = true;
		v->av_child = NULL;
	}
}

static void
copy_layout(const struct vmspace *vs, struct vmspace *child)
{
	child->vs_brk_start = vs->vs_brk_start;
	child->vs_brk = vs->vs_brk;
	child->vs_base = vs->vs_base;
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
	copy_layout(vs, child);
	error = share_entries(vs, &dead);
	for (e = entry_from(vs, 0); e != NULL && error == 0;
	     e = entry_next(e)) {
		/* Holes that the parent doesn't have. */
		if (e->e_inherit == INHERIT_NONE)
			child->vs_hint = child->vs_base;
		error = fork_entry(vs, child, e);
	}
	finish_views(vs);
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
