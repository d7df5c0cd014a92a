/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Locked memory.  What programs have locked all together they take from what
 * everybody needs, so that there is a limit, vm.max_user_wired.
 *
 * A call that locks a range marks its entries first, so that the limits hold,
 * and then has all pages present, which takes time.  What it marked is
 * VME_WIRING until then: if a page can't be had it takes just that back.  Calls
 * may overlap: who ends well marks all of its range again, in case that
 * another one took something back.
 */
#include "core/sched.h"
#include "core/sysctl.h"
#include "core/sync.h"
#include "fbsd/errno.h"
#include "fbsd/mman.h"
#include "fbsd/resource.h"
#include "vm/map.h"
#include "vm/page.h"

static uint64_t user_wired; /* (a) pages */
/* (a) of those; UINT64_MAX: as at first */
static uint64_t limit = UINT64_MAX;

static uint64_t
most(void)
{
	uint64_t n = atomic_load(&limit);

	return (n != UINT64_MAX ? n : page_total() / 3);
}

void
wired_grow(struct vmspace *vs, uint64_t size)
{
	vs->vs_wired += size;
	(void)atomic_add(&user_wired, atop(size));
}

void
wired_shrink(struct vmspace *vs, uint64_t size)
{
	vs->vs_wired -= size;
	(void)atomic_sub(&user_wired, atop(size));
}

/* Grows by size, unless the process or all of them had too much then. */
static bool
may_grow(struct vmspace *vs, uint64_t size)
{
	if (vs->vs_wired + size > vm_limit(vs, RLIMIT_MEMLOCK))
		return (false);
	wired_grow(vs, size);
	if (size == 0 || atomic_load(&user_wired) <= most())
		return (true);
	wired_shrink(vs, size);
	return (false);
}

static bool
can_wire(const struct vm_entry *e)
{
	return (entry_counts(e) && e->e_prot & (PROT_READ | PROT_EXEC));
}

static bool
can_wire_all(struct vmspace *vs, vaddr_t start, vaddr_t end)
{
	struct vm_entry *e;

	ENTRIES_IN(e, vs, start, end)
	{
		if (e->e_start > start || !can_wire(e))
			return (false);
		start = e->e_end;
	}
	return (start >= end);
}

/* Marks what can be locked of [start, end); with `all`, that must be all of
 * it. 0, ENOMEM; or EAGAIN, it isn't. vs_lock held for writing. */
static int
mark(struct vmspace *vs, vaddr_t start, vaddr_t end, bool all)
{
	uint64_t more = 0;
	struct vm_entry *e;
	int error;

	if (all && !can_wire_all(vs, start, end))
		return (EAGAIN);
	error = entries_clip(vs, start, end);
	if (error != 0)
		return (error);
	ENTRIES_IN(e, vs, start, end)
	if (can_wire(e) && !(e->e_flags & VME_WIRED))
		more += entry_size(e);
	if (!may_grow(vs, more))
		return (ENOMEM);
	ENTRIES_IN(e, vs, start, end)
	if (can_wire(e) && !(e->e_flags & VME_WIRED))
		e->e_flags |= VME_WIRED | VME_WIRING;
	return (0);
}

/* What was marked of [start, end) and isn't settled is, one way or the other.
 * vs_lock held for writing. */
static void
settle(struct vmspace *vs, vaddr_t start, vaddr_t end, bool locked)
{
	struct vm_entry *e;

	ENTRIES_IN(e, vs, start, end)
	{
		if (!(e->e_flags & VME_WIRING))
			continue;
		e->e_flags &= (uint16_t)~VME_WIRING;
		if (locked)
			continue;
		e->e_flags &= (uint16_t)~VME_WIRED;
		wired_shrink(vs, entry_size(e));
	}
}

/* The first page at or above *va that is being locked, and the access that
 * brings what it is going to stay; 0: there is none. */
static unsigned
next_page(struct vmspace *vs, vaddr_t *va, vaddr_t end)
{
	unsigned access = 0;
	struct vm_entry *e;

	rw_rlock(&vs->vs_lock);
	ENTRIES_IN(e, vs, *va, end)
	if (e->e_flags & VME_WIRING)
		break;
	if (e != NULL && e->e_start < end) {
		*va = MAX(*va, e->e_start);
		access = e->e_flags & VME_COW && e->e_prot & PROT_WRITE
			     ? PMAP_WRITE
			     : PMAP_READ;
	}
	rw_runlock(&vs->vs_lock);
	return (access);
}

static int
fault_in(struct vmspace *vs, vaddr_t va, vaddr_t end)
{
	unsigned access;
	int error = 0, code;

	for (; error == 0 && (access = next_page(vs, &va, end)) != 0;
	     va += PAGE_SIZE) {
		error = vm_fault(vs, va, access, &code);
		sched_maybe_yield();
	}
	return (error);
}

/* Locks what can be locked of [start, end), or nothing that wasn't before. 0;
 * ENOMEM, over a limit; EAGAIN, a page can't be had, or with `all`, there are
 * places without. */
static int
wire(struct vmspace *vs, vaddr_t start, vaddr_t end, bool all)
{
	struct list dead = LIST_INITIALIZER(dead);
	int error;

	rw_wlock(&vs->vs_lock);
	error = mark(vs, start, end, all);
	rw_wunlock(&vs->vs_lock);
	if (error != 0)
		return (error);
	if (fault_in(vs, start, end) != 0)
		error = EAGAIN;
	rw_wlock(&vs->vs_lock);
	if (error == 0)
		error = mark(vs, start, end, all);
	settle(vs, start, end, error == 0);
	entries_join(vs, start, end, &dead);
	rw_wunlock(&vs->vs_lock);
	entries_free(&dead);
	return (error);
}

int
vm_wire(struct vmspace *vs, vaddr_t addr, uint64_t size)
{
	if (bad_range(addr, size))
		return (EINVAL);
	return (
	    wire(vs, addr, addr + round_page(size), true) != 0 ? ENOMEM : 0);
}

void
wire_new(struct vmspace *vs, vaddr_t start, vaddr_t end)
{
	(void)wire(vs, start, end, false);
}

/* vs_lock held for writing. */
static int
unmark(struct vmspace *vs, vaddr_t start, vaddr_t end)
{
	struct vm_entry *e;
	int error = entries_clip(vs, start, end);

	if (error != 0)
		return (error);
	ENTRIES_IN(e, vs, start, end)
	{
		if (!(e->e_flags & VME_WIRED))
			continue;
		e->e_flags &= (uint16_t) ~(VME_WIRED | VME_WIRING);
		wired_shrink(vs, entry_size(e));
	}
	return (0);
}

int
vm_unwire(struct vmspace *vs, vaddr_t addr, uint64_t size)
{
	struct list dead = LIST_INITIALIZER(dead);
	vaddr_t end = addr + round_page(size);
	int error;

	if (bad_range(addr, size))
		return (EINVAL);
	rw_wlock(&vs->vs_lock);
	error = no_holes(vs, addr, end) ? unmark(vs, addr, end) : ENOMEM;
	if (error == 0)
		entries_join(vs, addr, end, &dead);
	rw_wunlock(&vs->vs_lock);
	entries_free(&dead);
	return (error);
}

static void
set_future(struct vmspace *vs, bool on)
{
	rw_wlock(&vs->vs_lock);
	vs->vs_wire_future = on;
	rw_wunlock(&vs->vs_lock);
}

int
vm_wire_all(struct vmspace *vs, bool current, bool future)
{
	if (future)
		set_future(vs, true);
	return (current ? wire(vs, 0, USER_TOP, false) : 0);
}

int
vm_unwire_all(struct vmspace *vs)
{
	struct list dead = LIST_INITIALIZER(dead);
	int error;

	set_future(vs, false);
	rw_wlock(&vs->vs_lock);
	error = unmark(vs, 0, USER_TOP);
	entries_join(vs, 0, USER_TOP, &dead);
	rw_wunlock(&vs->vs_lock);
	entries_free(&dead);
	return (error);
}

static int
sysctl_max_user_wired(const struct sysctl_node *node, struct sysctl_req *req)
{
	uint64_t n = most();
	int error = sysctl_out(req, &n, sizeof(n));

	if (error != 0 || !sysctl_has_new(req))
		return (error);
	error = sysctl_in(req, &n, sizeof(n));
	if (error == 0)
		atomic_store(&limit, n);
	return (error);
}
SYSCTL_PROC(vm_max_user_wired, "vm.max_user_wired", CTL_AUTO,
    CTLTYPE_ULONG | CTLFLAG_RW, "LU", sysctl_max_user_wired, NULL,
    "Pages that users may keep in memory at most");

static int
sysctl_user_wired(const struct sysctl_node *node, struct sysctl_req *req)
{
	uint64_t n = atomic_load(&user_wired);

	return (sysctl_out(req, &n, sizeof(n)));
}
SYSCTL_PROC(v_user_wire_count, "vm.stats.vm.v_user_wire_count", CTL_AUTO,
    CTLTYPE_ULONG | CTLFLAG_RD, "LU", sysctl_user_wired, NULL);
