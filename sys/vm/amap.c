/* SPDX-License-Identifier: BSD-2-Clause */
/* Anonymous pages.  See vm/vm.h. */
#include "fbsd/errno.h"
#include "core/printf.h"
#include "core/sched.h"
#include "vm/kmem.h"
#include "vm/map.h"

#define YIELD_PAGES 256 /* so many pages between offers to yield */

struct amap *
amap_create(vaddr_t base)
{
	struct amap *am = kmem_alloc(sizeof(*am), 0);

	if (am == NULL)
		return (NULL);
	mutex_init(&am->am_lock, "amap");
	radix_init(&am->am_pages);
	am->am_refs = 1;
	am->am_fixed = false;
	am->am_readonly = true;
	am->am_base = base;
	am->am_child = NULL;
	return (am);
}

static void
hold_page(void *value)
{
	page_hold(value);
}

/* *arg counts them. */
static void
free_page(void *arg, void *value)
{
	unsigned *n = arg;

	page_release(value);
	if (++*n % YIELD_PAGES == 0)
		sched_maybe_yield();
}

struct amap *
amap_fork(struct amap *am)
{
	struct amap *child = amap_create(am->am_base);

	if (child == NULL)
		return (NULL);
	radix_share(&am->am_pages, &child->am_pages, hold_page);
	child->am_fixed = am->am_fixed;
	return (child);
}

void
amap_release(struct amap *am)
{
	unsigned n = 0;

	if (--am->am_refs != 0)
		return;
	radix_clear(&am->am_pages, free_page, &n);
	kmem_free(am, sizeof(*am));
}

bool
amap_has(struct amap *am, vaddr_t va)
{
	bool found;

	if (am == NULL)
		return (false);
	mutex_lock(&am->am_lock);
	found = radix_get(&am->am_pages, amap_index(am, va)) != NULL;
	mutex_unlock(&am->am_lock);
	return (found);
}

int
amap_own(struct amap *am, vaddr_t va)
{
	unsigned n = 0;

	return (radix_own(
	    &am->am_pages, amap_index(am, va), hold_page, free_page, &n));
}

int
amap_own_ends(struct amap *am, vaddr_t start, vaddr_t end)
{
	int error;

	mutex_lock(&am->am_lock);
	error = amap_own(am, start);
	if (error == 0)
		error = amap_own(am, end - PAGE_SIZE);
	mutex_unlock(&am->am_lock);
	return (error);
}

void
amap_discard(struct amap *am, vaddr_t start, vaddr_t end)
{
	unsigned n = 0;

	mutex_lock(&am->am_lock);
	radix_cut(&am->am_pages, amap_index(am, start), amap_index(am, end) - 1,
	    free_page, &n);
	mutex_unlock(&am->am_lock);
}
