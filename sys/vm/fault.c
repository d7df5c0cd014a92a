/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page faults.
 *
 * Most are resolved with vs_lock held for reading, so that threads fault side
 * by side; what an entry's amap and object hold is then guarded by their own
 * mutexes, amap first.  A page is entered into page tables with the mutex of
 * its holder held: whoever takes it out again, takes it out of page tables
 * too.  Only giving an entry its amap needs vs_lock for writing; resolve() says
 * so by EAGAIN.
 *
 * Nobody waits for storage with any of these held.  Where a page must be read,
 * or storage be found for one that is going to be written, resolve() says
 * EBUSY, with references to the object; when that has been seen to, the fault
 * begins anew, since all may have changed.
 */
#include "fbsd/errno.h"
#include "fbsd/mman.h"
#include "fbsd/signal.h"
#include "core/count.h"
#include "core/printf.h"
#include "core/thread.h"
#include "vm/map.h"

_Static_assert(PROT_READ == PMAP_READ && PROT_WRITE == PMAP_WRITE &&
		   PROT_EXEC == PMAP_EXEC,
    "protections are passed on as they are");

#define AROUND_PAGES 16u /* object pages mapped at once, aligned */
#define REGAIN_PAGES 8u	 /* anonymous pages made writable at once */

struct fault {
	struct vmspace *vs;
	struct vm_entry *e;
	vaddr_t va;
	unsigned access;
	void (*use)(void *arg, struct page *pg); /* NULL: only map it */
	void *arg;
	bool own; /* only has the page become the mapping's own, whatever its
		     rights: it isn't mapped */
	/* What resolve() said EBUSY for; referenced. */
	struct vm_object *object;
	struct vnode *vnode;
	uint64_t index;
	bool prepare; /* vo_prepare; or else vm_object_fetch() */
};

/* Maps the page. Whoever holds it is locked: what f->use does can't be
 * overtaken by a copy for somebody else. */
static int
enter(struct fault *f, struct page *pg, unsigned prot)
{
	int error;

	if (f->own)
		return (0);
	error =
	    pmap_enter(f->vs->vs_pmap, f->va, page_phys(pg), prot | PMAP_READ);
	if (error == 0 && f->use != NULL)
		f->use(f->arg, pg);
	return (error);
}

static uint64_t
object_index(const struct vm_entry *e, vaddr_t va)
{
	return (atop(e->e_ooff + (va - e->e_start)));
}

/* The object's page at the fault needs time. vs_lock held. */
static int
later(struct fault *f, bool prepare)
{
	entry_attach(f->e);
	f->object = f->e->e_object;
	f->vnode = f->e->e_vnode;
	f->index = object_index(f->e, f->va);
	f->prepare = prepare;
	return (EBUSY);
}

/* What later() was said for. No lock held. */
static int
see_to_it(struct fault *f)
{
	struct vm_object *o = f->object;
	int error = f->prepare ? o->o_ops->vo_prepare(o, f->index)
			       : vm_object_fetch(o, f->index);

	entry_let_go(o, f->vnode);
	return (error);
}

/* A page of the amap that nobody else has: am_lock held. */
static int
enter_own(struct fault *f, struct amap *am, struct page *pg)
{
	am->am_readonly = false;
	return (enter(f, pg, f->e->e_prot));
}

/*
 * After a fork whose other side is gone, the pages that follow are probably
 * read-only too without need. am_lock held.
 */
static void
regain_around(struct fault *f, struct amap *am)
{
	vaddr_t end = MIN(f->va + REGAIN_PAGES * PAGE_SIZE, f->e->e_end);

	for (vaddr_t va = f->va + PAGE_SIZE; va < end; va += PAGE_SIZE) {
		bool own;
		struct page *pg =
		    radix_look(&am->am_pages, amap_index(am, va), &own);

		if (pg == NULL || !own || atomic_load(&pg->pg_refs) != 1 ||
		    pmap_enter(f->vs->vs_pmap, va, page_phys(pg),
			f->e->e_prot | PMAP_READ) != 0)
			break;
	}
}

/* The amap has a page; for a write, on a way that isn't shared: `own`. am_lock
 * held. */
static int
anon_present(struct fault *f, struct amap *am, struct page *pg, bool own)
{
	struct page *copy;
	int error;

	if (own && atomic_load(&pg->pg_refs) == 1) {
		error = enter_own(f, am, pg);
		if (error == 0 && f->access & PMAP_WRITE) {
			count(COUNT_COW_SAVED);
			regain_around(f, am);
		}
		return (error);
	}
	if (!(f->access & PMAP_WRITE))
		return (enter(f, pg, f->e->e_prot & ~PMAP_WRITE));
	copy = page_alloc(0, 0);
	if (copy == NULL)
		return (ENOMEM);
	count(COUNT_COW);
	copy_page(page_virt(copy), page_virt(pg));
	/* Replacing what is there allocates nothing. */
	(void)radix_set(&am->am_pages, amap_index(am, f->va), copy);
	error = enter_own(f, am, copy);
	if (error != 0)
		pmap_remove(f->vs->vs_pmap, f->va, f->va + PAGE_SIZE);
	page_release(pg);
	return (error);
}

/* Puts a new page into the amap. am_lock held; on failure pg is gone. */
static int
anon_add(struct fault *f, struct amap *am, struct page *pg)
{
	int error = radix_set(&am->am_pages, amap_index(am, f->va), pg);

	if (error != 0) {
		page_release(pg);
		return (error);
	}
	return (enter_own(f, am, pg));
}

/* am_lock held, the amap has no page. */
static int
anon_zero(struct fault *f, struct amap *am)
{
	struct page *pg = page_alloc(0, PAGE_ZEROED);

	count(COUNT_ZERO);
	return (pg != NULL ? anon_add(f, am, pg) : ENOMEM);
}

/* A private mapping is written where the amap has no page: am_lock held. */
static int
copy_up(struct fault *f, struct amap *am)
{
	struct vm_object *o = f->e->e_object;
	struct page *from, *pg = page_alloc(0, 0);
	int error;

	if (pg == NULL)
		return (ENOMEM);
	mutex_lock(&o->o_lock);
	error = object_page(o, object_index(f->e, f->va), 0, &from);
	if (error == 0)
		copy_page(page_virt(pg), page_virt(from));
	mutex_unlock(&o->o_lock);
	if (error != 0) {
		page_release(pg);
		return (error == EBUSY ? later(f, false) : error);
	}
	count(COUNT_COW);
	return (anon_add(f, am, pg));
}

static bool
at_hand(struct vm_object *o, uint64_t index)
{
	return (o->o_ops->vo_at_hand != NULL && o->o_ops->vo_at_hand(o, index));
}

/*
 * Maps pages next to the one at f->va that are there already, or that come
 * for nothing.  o_lock held; and am_lock, if there is an amap.
 */
static void
map_around(struct fault *f, unsigned prot)
{
	const struct vm_entry *e = f->e;
	struct vm_object *o = e->e_object;
	struct amap *am = e->e_amap;
	vaddr_t window = f->va & ~(AROUND_PAGES * PAGE_SIZE - 1);
	vaddr_t end = MIN(window + AROUND_PAGES * PAGE_SIZE, e->e_end);
	paddr_t pa;
	unsigned old;

	for (vaddr_t va = MAX(window, e->e_start); va < end; va += PAGE_SIZE) {
		uint64_t index = object_index(e, va);
		struct page *pg;

		if (va == f->va ||
		    (am != NULL &&
			radix_get(&am->am_pages, amap_index(am, va)) != NULL))
			continue;
		pg = radix_get(&o->o_pages, index);
		if (pg != NULL && atomic_load(&pg->pg_flags) & PG_BUSY)
			continue;
		if (pg == NULL &&
		    (!at_hand(o, index) || object_page(o, index, 0, &pg) != 0))
			continue;
		if (pmap_extract(f->vs->vs_pmap, va, &pa, &old))
			continue;
		if (pmap_enter(f->vs->vs_pmap, va, page_phys(pg), prot) != 0)
			break;
	}
}

/* Takes o_lock; if the mapping is about to be written, there is storage. */
static int
lock_object(struct fault *f, struct vm_object *o, uint64_t index)
{
	int error;

	mutex_lock(&o->o_lock);
	if (!(f->access & PMAP_WRITE) || o->o_ops->vo_prepared == NULL)
		return (0);
	error = o->o_ops->vo_prepared(o, index);
	if (error != 0)
		mutex_unlock(&o->o_lock);
	return (error == EAGAIN ? later(f, true) : error);
}

/*
 * Shows the object's own page.  What would have to be written out later is
 * mapped for writing only by a write, which marks it dirty.
 */
static int
object_show(struct fault *f)
{
	const struct vm_entry *e = f->e;
	struct vm_object *o = e->e_object;
	unsigned prot = e->e_prot | PMAP_READ, flags = 0;
	struct page *pg;
	int error;

	if (f->access & PMAP_WRITE)
		flags = VM_PAGE_WRITE;
	else if (e->e_flags & VME_COW || o->o_ops->vo_writeback != NULL)
		prot &= ~PMAP_WRITE;
	error = lock_object(f, o, object_index(e, f->va));
	if (error != 0)
		return (error);
	if (o->o_ops->vo_phys != NULL) {
		error = f->use != NULL
			    ? EFAULT
			    : pmap_enter(f->vs->vs_pmap, f->va,
				  o->o_ops->vo_phys(o, object_index(e, f->va)),
				  prot);
	} else {
		error = object_page(o, object_index(e, f->va), flags, &pg);
		if (error == EBUSY)
			error = later(f, false);
		if (prot & PMAP_WRITE)
			o->o_written = true;
		if (error == 0)
			error = enter(f, pg, prot);
		if (error == 0 && f->use == NULL)
			map_around(f,
			    prot & ~(o->o_ops->vo_writeback != NULL ? PMAP_WRITE
								    : 0u));
	}
	mutex_unlock(&o->o_lock);
	return (error);
}

/* am_lock held. */
static int
resolve_anon(struct fault *f, struct amap *am)
{
	const bool write = (f->access & PMAP_WRITE) != 0;
	bool own;
	struct page *pg =
	    radix_look(&am->am_pages, amap_index(am, f->va), &own);
	int error;

	if (pg == NULL && f->e->e_object != NULL && !write)
		return (object_show(f));
	if (pg != NULL && f->own)
		return (0);
	if (!own && (pg == NULL || write)) {
		error = amap_own(am, f->va);
		if (error != 0)
			return (error);
		own = true;
	}
	if (pg != NULL)
		return (anon_present(f, am, pg, own));
	return (f->e->e_object != NULL ? copy_up(f, am) : anon_zero(f, am));
}

/* vs_lock held, at least for reading. EAGAIN: the entry needs an amap. */
static int
resolve(struct fault *f)
{
	const struct vm_entry *e = f->e;
	struct amap *am = e->e_amap;
	int error;

	if (am == NULL) {
		if (e->e_flags & VME_COW &&
		    (e->e_object == NULL || f->access & PMAP_WRITE))
			return (EAGAIN);
		return (object_show(f));
	}
	mutex_lock(&am->am_lock);
	error = resolve_anon(f, am);
	mutex_unlock(&am->am_lock);
	return (error);
}

/* Finds the entry and checks rights. vs_lock held. */
static int
look_up(struct fault *f, int *code)
{
	struct vm_entry *e = entry_at(f->vs, f->va);

	f->e = e;
	*code = SEGV_MAPERR;
	if (e == NULL)
		return (EFAULT);
	if (f->own)
		return (e->e_flags & VME_COW ? 0 : EFAULT);
	if (e->e_flags & VME_GROWS)
		return (ESTALE);
	*code = SEGV_ACCERR;
	if (f->access & PMAP_READ && e->e_prot != PROT_NONE)
		return (0);
	return ((e->e_prot & f->access) == f->access ? 0 : EFAULT);
}

/* Gives the entry an amap; then resolves the fault, while nobody can interfere.
 */
static int
fault_exclusive(struct fault *f, int *code)
{
	int error;

	rw_wlock(&f->vs->vs_lock);
	error = look_up(f, code);
	if (error == 0) {
		struct vm_entry *e = f->e;

		if (e->e_amap == NULL)
			e->e_amap = amap_create(e->e_start);
		error = e->e_amap != NULL ? resolve(f) : ENOMEM;
	}
	rw_wunlock(&f->vs->vs_lock);
	return (error);
}

static int
fault_once(struct fault *f, int *code)
{
	int error;

	rw_rlock(&f->vs->vs_lock);
	error = look_up(f, code);
	if (__predict_true(error == 0))
		error = resolve(f);
	rw_runlock(&f->vs->vs_lock);
	if (error == EAGAIN)
		error = fault_exclusive(f, code);
	return (error);
}

static int
fault(struct fault *f, int *code)
{
	int error;

	count(COUNT_FAULT);
	for (;;) {
		error = fault_once(f, code);
		if (__predict_true(error == 0))
			break;
		if (error == EBUSY) {
			curthread()->td_ru.majflt++;
			count(COUNT_FAULT_READ);
			error = see_to_it(f);
			if (error == 0)
				continue;
			if (error != ENOMEM)
				return (error == EINTR ? EINTR : EIO);
		}
		if (error == ESTALE) {
			error = stack_grow(f->vs, f->va);
			if (error == 0)
				continue;
			*code = SEGV_ACCERR;
			if (error == EFAULT)
				break;
		}
		if (error != ENOMEM || !oom_relieve())
			break;
	}
	curthread()->td_ru.minflt++;
	/* Whatever a pager says else, the page could not be had. */
	if (error != 0 && error != EFAULT && error != EINVAL && error != ENOMEM)
		error = EIO;
	return (error);
}

int
vm_fault(struct vmspace *vs, vaddr_t va, unsigned access, int *code)
{
	struct fault f = {.vs = vs, .va = trunc_page(va), .access = access};

	return (fault(&f, code));
}

int
fault_use(struct vmspace *vs, vaddr_t va, unsigned access,
    void (*use)(void *arg, struct page *pg), void *arg)
{
	struct fault f = {.vs = vs,
	    .va = trunc_page(va),
	    .access = access,
	    .use = use,
	    .arg = arg};
	int code;

	return (fault(&f, &code));
}

int
fault_own(struct vmspace *vs, vaddr_t va)
{
	struct fault f = {
	    .vs = vs, .va = trunc_page(va), .access = PMAP_WRITE, .own = true};
	int code;

	return (fault(&f, &code));
}
