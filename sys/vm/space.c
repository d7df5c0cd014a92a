/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Address spaces as wholes: made, copied by fork, given up; and the one page
 * that all share.
 */
#include "lib/string.h"
#include "fbsd/errno.h"
#include "fbsd/mman.h"
#include "kern/printf.h"
#include "kern/proc.h"
#include "kern/random.h"
#include "kern/sched.h"
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

/*
 * Private memory that parent and child are to share from now on becomes an
 * object of its own.  Parent's lock held for writing.
 */
static int
make_shared(struct vmspace *vs, struct vm_entry *e)
{
	struct vm_object *o = vm_object_create(NULL, NULL, entry_size(e));
	struct vm_object *old = e->e_object;
	int error = 0;

	if (o == NULL)
		return (ENOMEM);
	for (uint64_t i = 0; i < atop(entry_size(e)) && error == 0; i++) {
		struct page *from = NULL, *to;
		uint64_t at = e->e_start + ptoa(i);

		if (e->e_view != NULL)
			from = radix_get(&e->e_view->av_amap->am_pages,
			    view_index(e->e_view, at));
		if (from != NULL)
			page_hold(from);
		else if (old == NULL || vm_object_page(old, atop(e->e_ooff) + i,
					    0, &from) != 0)
			continue; /* zeroes, or past the file's end */
		error = vm_object_page(o, i, VM_PAGE_WRITE, &to);
		if (error == 0) {
			copy_page(page_virt(to), page_virt(from));
			page_release(to);
		}
		page_release(from);
	}
	if (error != 0) {
		vm_object_release(o);
		return (error);
	}
	pmap_remove(vs->vs_pmap, e->e_start, e->e_end);
	if (e->e_view != NULL) {
		if (e->e_view->av_refs > 1 && !e->e_view->av_shared)
			view_discard(e->e_view, e->e_start, e->e_end);
		view_release(e->e_view);
		e->e_view = NULL;
	}
	if (old != NULL) {
		mutex_lock(&old->o_lock);
		list_remove(&e->e_olink);
		mutex_unlock(&old->o_lock);
		vm_object_release(old);
	}
	e->e_object = o;
	e->e_ooff = 0;
	e->e_flags &= (uint16_t)~VME_COW;
	mutex_lock(&o->o_lock);
	list_push_back(&o->o_entries, &e->e_olink);
	mutex_unlock(&o->o_lock);
	return (0);
}

/* The child's view of what e's view sees. */
static int
copy_view(struct vmspace *vs, struct vm_entry *e, struct vm_entry *new)
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
	/* What is shared already is mapped read-only already. */
	if (!shared && e->e_prot & PROT_WRITE)
		pmap_protect(vs->vs_pmap, e->e_start, e->e_end,
		    (e->e_prot | PMAP_READ) & ~PMAP_WRITE);
	return (0);
}

static int
fork_entry(struct vmspace *vs, struct vmspace *child, struct vm_entry *e)
{
	struct vm_entry *new;
	int error = 0;

	if (e->e_inherit == INHERIT_NONE)
		return (0);
	if (e->e_inherit == INHERIT_SHARE && e->e_flags & VME_COW &&
	    entry_counts(e))
		error = make_shared(vs, e);
	if (error != 0)
		return (error);
	new = entry_alloc();
	if (new == NULL)
		return (ENOMEM);
	*new = *e;
	list_init(&new->e_olink);
	new->e_view = NULL;
	new->e_flags &= (uint16_t)~VME_WIRED;
	if (e->e_inherit == INHERIT_ZERO) {
		new->e_object = NULL;
		new->e_vnode = NULL;
		new->e_flags |= VME_COW;
	} else if (e->e_view != NULL) {
		error = copy_view(vs, e, new);
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

struct vmspace *
vmspace_fork(struct vmspace *vs)
{
	struct vmspace *child = space_alloc();
	struct vm_entry *e;
	int error = 0;

	if (child == NULL)
		return (NULL);
	rw_wlock(&vs->vs_lock);
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
	ENTRIES_IN(e, vs, 0, USER_TOP)
	{
		if (e->e_inherit == INHERIT_NONE)
			child->vs_hint = child->vs_base;
		error = fork_entry(vs, child, e);
		if (error != 0)
			break;
	}
	finish_views(vs);
	rw_wunlock(&vs->vs_lock);
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

	vm_shared_page_object = vm_object_create(NULL, NULL, PAGE_SIZE);
	if (vm_shared_page_object == NULL ||
	    object_page(vm_shared_page_object, 0, 0, &pg) != 0)
		panic("no memory for the shared page");
	vm_shared_page = page_virt(pg);
}
