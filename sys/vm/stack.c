/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stacks grow down.  A MAP_STACK mapping begins as its topmost part and a
 * reserve below, VME_GROWS, that nobody may touch but a fault: it turns the
 * upper end of the reserve into stack, as an entry of its own, at least
 * doubling what there is.  The reserve's last page stays a guard.
 */
#include "fbsd/errno.h"
#include "fbsd/mman.h"
#include "fbsd/resource.h"
#include "core/thread.h"
#include "vm/map.h"

#define FIRST_SIZE (128ul << 10)

uint64_t
stack_first_size(uint64_t size)
{
	if (size <= FIRST_SIZE + STACK_GUARD)
		return (size - STACK_GUARD);
	return (FIRST_SIZE);
}

/* The end of the stack whose lowest entry is e. */
static vaddr_t
stack_end(struct vm_entry *e)
{
	struct vm_entry *next;

	while ((next = entry_next(e)) != NULL && next->e_start == e->e_end &&
	       next->e_flags & VME_STACK)
		e = next;
	return (e->e_end);
}

/* vs_lock held for writing; e is the reserve. */
static int
grow(struct vmspace *vs, struct vm_entry *e, vaddr_t va)
{
	struct vm_entry *stack = entry_next(e), *new;
	uint64_t room = entry_size(e) - MIN(entry_size(e), STACK_GUARD);
	uint64_t need = e->e_end - va, have, by;

	if (stack == NULL || stack->e_start != e->e_end ||
	    !(stack->e_flags & VME_STACK) || need > room)
		return (EFAULT);
	have = stack_end(stack) - e->e_end;
	by = MIN(MAX(need, have), room);
	if (va < vs->vs_stack_top &&
	    va >= vs->vs_stack_top - vs->vs_stack_size) {
		uint64_t limit = vm_limit(vs, RLIMIT_STACK);

		if (have + need > limit)
			return (EFAULT);
		by = MIN(by, trunc_page(limit - have));
		by = MAX(by, need);
	}
	if (vs->vs_size + by > vm_limit(vs, RLIMIT_AS))
		return (ENOMEM);
	new = entry_copy(stack);
	if (new == NULL)
		return (ENOMEM);
	new->e_amap = NULL;
	new->e_flags &= (uint16_t) ~(VME_WIRED | VME_WIRING);
	/* What a fork shared is as large as it was then. */
	new->e_flags |= VME_COW;
	new->e_object = NULL;
	new->e_end = e->e_end;
	new->e_start = e->e_end = e->e_end - by;
	entry_insert(vs, new);
	return (0);
}

int
stack_grow(struct vmspace *vs, vaddr_t va)
{
	struct vm_entry *e;
	int error = 0;

	rw_wlock(&vs->vs_lock);
	e = entry_at(vs, va);
	if (e == NULL)
		error = EFAULT;
	else if (e->e_flags & VME_GROWS) /* else somebody did it */
		error = grow(vs, e, trunc_page(va));
	rw_wunlock(&vs->vs_lock);
	return (error);
}
