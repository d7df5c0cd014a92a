/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a program says about memory that it has: protection, inheritance,
 * advice; and what it asks about it.
 */
#include "fbsd/errno.h"
#include "fbsd/mman.h"
#include "core/sched.h"
#include "vm/map.h"

bool
bad_range(vaddr_t addr, uint64_t size)
{
	return ((addr & PAGE_MASK) != 0 || addr + size < addr ||
		addr + size > USER_TOP);
}

bool
no_holes(struct vmspace *vs, vaddr_t start, vaddr_t end)
{
	struct vm_entry *e;

	ENTRIES_IN(e, vs, start, end)
	{
		if (e->e_start > start || e->e_flags & VME_GUARD)
			return (false);
		start = e->e_end;
	}
	return (start >= end);
}

static int
may_protect(struct vmspace *vs, vaddr_t start, vaddr_t end, unsigned prot)
{
	struct vm_entry *e;

	ENTRIES_IN(e, vs, start, end)
	if (prot & ~e->e_maxprot)
		return (EACCES);
	return (0);
}

static void
protect_entry(
    struct vmspace *vs, struct vm_entry *e, unsigned prot, bool set_max)
{
	unsigned lost = e->e_prot & ~prot;

	if (set_max)
		e->e_maxprot = (uint8_t)prot;
	/* A reserve is given its rights when it becomes stack. */
	if (e->e_flags & (VME_GUARD | VME_GROWS))
		return;
	if (set_max && (e->e_prot & ~prot) == 0)
		return;
	e->e_prot = (uint8_t)(set_max ? e->e_prot & prot : prot);
	if (lost != 0)
		pmap_protect(vs->vs_pmap, e->e_start, e->e_end,
		    e->e_prot != PROT_NONE ? e->e_prot | PMAP_READ : 0);
}

int
vm_protect(struct vmspace *vs, vaddr_t addr, uint64_t size, unsigned prot,
    bool set_max)
{
	struct list dead = LIST_INITIALIZER(dead);
	vaddr_t end = addr + round_page(size);
	struct vm_entry *e;
	int error;

	if (bad_range(addr, size) || prot & ~(unsigned)PROT_ALL)
		return (EINVAL);
	rw_wlock(&vs->vs_lock);
	error = may_protect(vs, addr, end, prot);
	if (error == 0)
		error = entries_clip(vs, addr, end);
	if (error == 0) {
		ENTRIES_IN(e, vs, addr, end)
		protect_entry(vs, e, prot, set_max);
		entries_join(vs, addr, end, &dead);
	}
	rw_wunlock(&vs->vs_lock);
	entries_free(&dead);
	return (error);
}

int
vm_inherit(struct vmspace *vs, vaddr_t addr, uint64_t size, int inherit)
{
	struct list dead = LIST_INITIALIZER(dead);
	vaddr_t end = addr + round_page(size);
	struct vm_entry *e;
	int error;

	if (bad_range(addr, size) || inherit < INHERIT_SHARE ||
	    inherit > INHERIT_ZERO)
		return (EINVAL);
	rw_wlock(&vs->vs_lock);
	error = entries_clip(vs, addr, end);
	if (error == 0) {
		ENTRIES_IN(e, vs, addr, end)
		if (inherit != INHERIT_ZERO || e->e_object == NULL)
			e->e_inherit = (uint8_t)inherit;
		entries_join(vs, addr, end, &dead);
	}
	rw_wunlock(&vs->vs_lock);
	entries_free(&dead);
	return (error);
}

/*
 * MADV_FREE: the pages may be lost at once; the next touch finds zeroes.
 * Only anonymous memory; locked memory stays.
 */
static void
free_range(struct vmspace *vs, struct vm_entry *e, vaddr_t start, vaddr_t end)
{
	struct amap *am = e->e_amap;

	start = MAX(start, e->e_start);
	end = MIN(end, e->e_end);
	if (am == NULL || e->e_object != NULL || e->e_flags & VME_WIRED ||
	    amap_own_ends(am, start, end) != 0)
		return;
	pmap_remove(vs->vs_pmap, start, end);
	amap_discard(am, start, end);
}

/* Brings in what is there to bring in, without reading. */
static void
will_need(struct vmspace *vs, vaddr_t start, vaddr_t end)
{
	struct vm_entry *e;
	bool want;
	int code;

	for (vaddr_t va = start; va < end; va += PAGE_SIZE) {
		rw_rlock(&vs->vs_lock);
		e = entry_from(vs, va);
		want = e != NULL && e->e_start <= va && e->e_object != NULL &&
		       e->e_prot != PROT_NONE;
		if (e != NULL && !want)
			va = MAX(e->e_start, MAX(e->e_end, va + 1) - PAGE_SIZE);
		rw_runlock(&vs->vs_lock);
		if (e == NULL)
			break;
		if (want)
			(void)vm_fault(vs, va, PMAP_READ, &code);
		sched_maybe_yield();
	}
}

static void
set_flag(
    struct vmspace *vs, vaddr_t start, vaddr_t end, uint16_t flag, bool set)
{
	struct vm_entry *e;

	ENTRIES_IN(e, vs, start, end)
	e->e_flags = (uint16_t)(set ? e->e_flags | flag : e->e_flags & ~flag);
}

/* Advice that changes entries. */
static int
flag_advice(struct vmspace *vs, vaddr_t start, vaddr_t end, int advice)
{
	struct list dead = LIST_INITIALIZER(dead);
	bool set = advice == MADV_NOSYNC || advice == MADV_NOCORE;
	uint16_t flag = advice == MADV_NOSYNC || advice == MADV_AUTOSYNC
			    ? VME_NOSYNC
			    : VME_NOCORE;
	int error;

	rw_wlock(&vs->vs_lock);
	error = entries_clip(vs, start, end);
	if (error == 0) {
		set_flag(vs, start, end, flag, set);
		entries_join(vs, start, end, &dead);
	}
	rw_wunlock(&vs->vs_lock);
	entries_free(&dead);
	return (error);
}

int
vm_advise(struct vmspace *vs, vaddr_t addr, uint64_t size, int advice)
{
	vaddr_t end;
	struct vm_entry *e;

	/* madvise(2) takes any address within the first page. */
	size += addr & PAGE_MASK;
	addr = trunc_page(addr);
	if (bad_range(addr, size))
		return (EINVAL);
	end = addr + round_page(size);
	switch (advice) {
	case MADV_FREE:
		rw_wlock(&vs->vs_lock);
		ENTRIES_IN(e, vs, addr, end)
		free_range(vs, e, addr, end);
		rw_wunlock(&vs->vs_lock);
		return (0);
	case MADV_WILLNEED:
		will_need(vs, addr, end);
		return (0);
	case MADV_NOSYNC:
	case MADV_AUTOSYNC:
	case MADV_NOCORE:
	case MADV_CORE:
		return (flag_advice(vs, addr, end, advice));
	case MADV_NORMAL:
	case MADV_RANDOM:
	case MADV_SEQUENTIAL:
	case MADV_DONTNEED: /* keeps anonymous memory, on FreeBSD */
		return (0);
	default:
		return (EINVAL);
	}
}

/* The file of a shared mapping at or above *va whose pages can be written
 * out, held; and which pages. NULL: none below end, or a hole: *error. */
static struct vnode *
next_to_sync(struct vmspace *vs, vaddr_t *va, vaddr_t end, uint64_t *first,
    uint64_t *last, int *error)
{
	struct vnode *vp = NULL;
	struct vm_entry *e;

	rw_rlock(&vs->vs_lock);
	ENTRIES_IN(e, vs, *va, end)
	{
		vaddr_t start = MAX(*va, e->e_start);
		vaddr_t stop = MIN(end, e->e_end);

		if (e->e_start > *va)
			break;
		*va = stop;
		if (e->e_vnode == NULL || e->e_flags & VME_COW ||
		    e->e_object->o_ops->vo_writeback == NULL)
			continue;
		vp = e->e_vnode;
		vm_file_ops->hold(vp);
		*first = atop(e->e_ooff + (start - e->e_start));
		*last = *first + atop(stop - start);
		break;
	}
	if (vp == NULL && *va < end)
		*error = ENOMEM;
	rw_runlock(&vs->vs_lock);
	return (vp);
}

int
vm_sync(struct vmspace *vs, vaddr_t addr, uint64_t size, int flags)
{
	uint64_t first, last;
	struct vnode *vp;
	vaddr_t end = addr + round_page(size);
	int error = 0;

	if (bad_range(addr, size) || flags & ~(MS_ASYNC | MS_INVALIDATE) ||
	    flags == (MS_ASYNC | MS_INVALIDATE))
		return (EINVAL);
	while (error == 0 && addr < end &&
	       (vp = next_to_sync(vs, &addr, end, &first, &last, &error)) !=
		   NULL) {
		error = vm_file_ops->writeback(
		    vp, first, last, !(flags & MS_ASYNC));
		vm_file_ops->release(vp);
	}
	return (error);
}

/* What mincore(2) says of one page. vs_lock held. */
static uint8_t
core_flags(struct vmspace *vs, struct vm_entry *e, vaddr_t va)
{
	struct vm_object *o = e->e_object;
	unsigned prot;
	bool found;
	paddr_t pa;

	if (pmap_extract(vs->vs_pmap, va, &pa, &prot))
		return (MINCORE_INCORE | MINCORE_REFERENCED |
			(prot & PMAP_WRITE ? MINCORE_MODIFIED : 0));
	found = amap_has(e->e_amap, va);
	if (!found && o != NULL) {
		mutex_lock(&o->o_lock);
		found = radix_get(&o->o_pages,
			    atop(e->e_ooff + (va - e->e_start))) != NULL;
		mutex_unlock(&o->o_lock);
	}
	return (found ? MINCORE_INCORE | MINCORE_REFERENCED_OTHER : 0);
}

int
vm_mincore(struct vmspace *vs, vaddr_t addr, uint64_t size,
    int (*fn)(void *arg, uint64_t page, uint8_t flags), void *arg)
{
	vaddr_t start = addr, end = addr + round_page(size);
	struct vm_entry *e;
	int error = 0;

	if (bad_range(addr, size))
		return (size > USER_TOP || addr > USER_TOP - size ? ENOMEM
								  : EINVAL);
	rw_rlock(&vs->vs_lock);
	if (!no_holes(vs, start, end))
		error = ENOMEM;
	for (vaddr_t va = start; va < end && error == 0; va += PAGE_SIZE) {
		e = entry_at(vs, va);
		error = fn(arg, atop(va - start), core_flags(vs, e, va));
		sched_maybe_yield();
	}
	rw_runlock(&vs->vs_lock);
	return (error);
}
