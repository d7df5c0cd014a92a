/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Anonymous pages: amaps and address spaces' views of them.  See vm/vm.h.
 */
#include "fbsd/errno.h"
#include "core/printf.h"
#include "core/sched.h"
#include "vm/kmem.h"
#include "vm/map.h"

#define YIELD_PAGES 256 /* so many pages between offers to yield */

static struct amap *
amap_create(void)
{
	struct amap *am = kmem_alloc(sizeof(*am), 0);

	if (am == NULL)
		return (NULL);
	mutex_init(&am->am_lock, "amap");
	am->am_refs = 1;
	am->am_npages = 0;
	radix_init(&am->am_pages);
	return (am);
}

/* Frees the pages [start, end); am_lock held, or nobody else knows am. */
static void
free_pages(struct amap *am, uint64_t start, uint64_t end)
{
	struct page *pg;
	unsigned n = 0;

	for (uint64_t i = start;
	     (pg = radix_next(&am->am_pages, &i)) != NULL && i < end; i++) {
		radix_del(&am->am_pages, i);
		am->am_npages--;
		page_release(pg);
		if (++n % YIELD_PAGES == 0)
			sched_maybe_yield();
	}
}

static void
free_page(void *arg, void *value)
{
	unsigned *n = arg;

	page_release(value);
	if (++*n % YIELD_PAGES == 0)
		sched_maybe_yield();
}

static void
amap_release(struct amap *am)
{
	unsigned n = 0;

	if (!refcount_drop(&am->am_refs))
		return;
	radix_clear(&am->am_pages, free_page, &n);
	kmem_free(am, sizeof(*am));
}

static void
hold_page(void *value)
{
	page_hold(value);
	sched_maybe_yield();
}

/* A new amap with the same pages. */
static struct amap *
amap_copy(struct amap *from)
{
	struct amap *am = amap_create();
	int error;

	if (am == NULL)
		return (NULL);
	mutex_lock(&from->am_lock);
	error = radix_copy(&from->am_pages, &am->am_pages, hold_page);
	am->am_npages = from->am_npages;
	mutex_unlock(&from->am_lock);
	if (error != 0) {
		amap_release(am);
		return (NULL);
	}
	return (am);
}

static struct amap_view *
view_alloc(struct amap *am, vaddr_t base)
{
	struct amap_view *v = kmem_alloc(sizeof(*v), KM_ZERO);

	if (v == NULL)
		return (NULL);
	v->av_refs = 1;
	v->av_base = base;
	v->av_amap = am;
	return (v);
}

struct amap_view *
view_create(vaddr_t base)
{
	struct amap *am = amap_create();
	struct amap_view *v;

	if (am == NULL)
		return (NULL);
	v = view_alloc(am, base);
	if (v == NULL)
		amap_release(am);
	return (v);
}

struct amap_view *
view_share(struct amap_view *v)
{
	struct amap_view *new = view_alloc(v->av_amap, v->av_base);

	if (new == NULL)
		return (NULL);
	refcount_take(&v->av_amap->am_refs);
	new->av_fixed = v->av_fixed;
	new->av_shared = v->av_shared = true;
	return (new);
}

void
view_release(struct amap_view *v)
{
	if (--v->av_refs != 0)
		return;
	amap_release(v->av_amap);
	kmem_free(v, sizeof(*v));
}

int
view_own(struct amap_view *v)
{
	struct amap *copy;

	if (!v->av_shared)
		return (0);
	if (atomic_load(&v->av_amap->am_refs) != 1) {
		copy = amap_copy(v->av_amap);
		if (copy == NULL)
			return (ENOMEM);
		amap_release(v->av_amap);
		v->av_amap = copy;
	}
	v->av_shared = false;
	return (0);
}

void
view_discard(struct amap_view *v, vaddr_t start, vaddr_t end)
{
	struct amap *am = v->av_amap;

	kassert(!v->av_shared);
	mutex_lock(&am->am_lock);
	free_pages(am, view_index(v, start), view_index(v, end));
	mutex_unlock(&am->am_lock);
}
