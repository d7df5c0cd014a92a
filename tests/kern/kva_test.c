/* SPDX-License-Identifier: BSD-2-Clause */
/* Large kernel memory and kernel stacks: mapped, used again, and what is below
 * them. */
#include "amd64/md.h"
#include "boot/ktest.h"
#include "proc/proc.h"
#include "vm/kmem.h"
#include "vm/page.h"

#define STACKS 200u
#define ROUNDS 20u

static uint64_t *
end_of(void *stack, unsigned which)
{
	return ((uint64_t *)stack +
		(which == 0 ? 0 : KSTACK_PAGES * PAGE_SIZE / 8 - 1));
}

#define FEW (STACKS * ROUNDS / 2)

/* One of at most FEW different addresses? */
static bool
is_one_of_few(const void *address)
{
	static const void *seen[FEW];
	static unsigned n;

	for (unsigned i = 0; i < n; i++)
		if (seen[i] == address)
			return (true);
	if (n == FEW)
		return (false);
	seen[n++] = address;
	return (true);
}

/* All are memory of their own, again and again; and all of it comes back. */
KTEST(kstack_reuse)
{
	static void *stacks[STACKS];
	uint64_t free = 0;

	for (unsigned round = 0; round < ROUNDS; round++) {
		/* Page tables, made by the first rounds, stay. */
		if (round == ROUNDS / 2)
			free = page_free_count();
		for (unsigned i = 0; i < STACKS; i++) {
			stacks[i] = md_kva_alloc(KSTACK_PAGES, 0);
			KT_ASSERT(stacks[i] != NULL);
			*end_of(stacks[i], 0) = round * STACKS + i;
			*end_of(stacks[i], 1) = round * STACKS + i;
			/* Far fewer addresses than stacks. */
			KT_ASSERT(is_one_of_few(stacks[i]));
		}
		for (unsigned i = 0; i < STACKS; i++) {
			KT_ASSERT(*end_of(stacks[i], 0) == round * STACKS + i);
			KT_ASSERT(*end_of(stacks[i], 1) == round * STACKS + i);
			md_kva_free(stacks[i], KSTACK_PAGES);
		}
	}
	KT_ASSERT(page_free_count() + 8 >= free);
}

/* Large memory doesn't need free pages that are neighbours. */
KTEST(kmem_scattered)
{
	const size_t size = 9ul << 20;
	const uint64_t keep = page_free_count() / 2;
	struct page *all = NULL, *odd = NULL, *pg;
	uint8_t *p;

	/* Nearly all that there is, as single pages, and half of them again. */
	while ((pg = page_alloc(0, PAGE_KERNEL)) != NULL) {
		pg->pg_index = (uintptr_t)all;
		all = pg;
	}
	for (unsigned i = 0; (pg = all) != NULL && page_free_count() < keep;
	     i++) {
		all = (struct page *)pg->pg_index;
		if (page_phys(pg) & PAGE_SIZE) {
			pg->pg_index = (uintptr_t)odd;
			odd = pg;
		} else {
			page_free(pg, 0);
		}
	}
	KT_ASSERT(kmem_alloc(PAGE_SIZE * 64, KM_PHYS) == NULL);
	p = kmem_alloc(size, KM_ZERO);
	KT_ASSERT(p != NULL && !in_physmap(p));
	for (size_t i = 0; i < size; i += PAGE_SIZE) {
		KT_ASSERT(p[i] == 0 && p[i + PAGE_MASK] == 0);
		p[i] = (uint8_t)(i >> 12);
	}
	for (size_t i = 0; i < size; i += PAGE_SIZE)
		KT_ASSERT(p[i] == (uint8_t)(i >> 12));
	kmem_free(p, size);
	for (unsigned i = 0; i < 2; i++, all = odd)
		while ((pg = all) != NULL) {
			all = (struct page *)pg->pg_index;
			page_free(pg, 0);
		}
}

/* More than there is isn't to be had, nor what has no end; nothing is lost. */
KTEST(kmem_too_much)
{
	const uint64_t free = page_free_count();
	void *p;

	KT_ASSERT(kmem_alloc(ptoa(page_total()), 0) == NULL);
	KT_ASSERT(kmem_alloc(ptoa(free - 1), 0) == NULL);
	KT_ASSERT(kmem_alloc(SIZE_MAX, 0) == NULL);
	KT_ASSERT(kmem_alloc(SIZE_MAX - PAGE_MASK, 0) == NULL);
	p = kmem_alloc(5 * PAGE_SIZE, KM_PHYS | KM_ZERO);
	KT_ASSERT(p != NULL && in_physmap(p));
	kmem_free(p, 5 * PAGE_SIZE);
	p = kmem_alloc(PAGE_SIZE, 0);
	KT_ASSERT(p != NULL && in_physmap(p));
	kmem_free(p, PAGE_SIZE);
	/* But for page tables, and the shadow of KASAN. */
#ifdef OPT_KASAN
	KT_ASSERT(page_free_count() + free / 7 >= free);
#else
	KT_ASSERT(page_free_count() + 2 * (free / 512) + 16 >= free);
#endif
}

static __attribute__((noinline)) uint64_t
dig(uint64_t depth)
{
	volatile uint64_t hole[32];

	hole[0] = depth;
	if (depth > 0)
		hole[1] = dig(depth - 1);
	return (hole[0]);
}

KTEST_PANIC(kstack_overflow)
{
	dig(UINT64_MAX);
}
