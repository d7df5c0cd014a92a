/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kernel memory that is contiguous by its addresses alone: pages from anywhere,
 * with nothing mapped below them.
 *
 * 510 gigabytes of kernel addresses are handed out in ranges of a power of two
 * of pages.  What is asked for lies at a range's upper end, and what is left
 * below, at least a page, is a guard.  For a stack, which has as much as
 * itself: when it grows into that it cannot even take the page fault, which
 * becomes a double fault, and that has a stack of its own.
 *
 * To map pages is to write their entries: what wasn't mapped is in no TLB.
 * An unmapped one may still be, but nobody looks there before the range is
 * used again.  So such ranges are put aside, and when there are many all CPUs
 * flush their TLBs once for all of them.  The entries aren't global, so that
 * loading %cr3 is enough.
 */
#include "amd64/kasan.h"
#include "amd64/md.h"
#include "amd64/pte.h"
#include "core/kasan.h"
#include "core/printf.h"
#include "core/sched.h"
#include "proc/proc.h"
#include "vm/page.h"

#define AREA	   KVA_BASE /* kernel_pdpt[0] and what follows */
#define AREA_PAGES (510u * PTES * PTES)
#define ORDERS	   27
#define STALE_MAX  512 /* ranges */
#define OFFER	   64  /* so many pages between offers to yield */

extern pte_t kernel_pdpt[];

static pte_t first_pd[PTES] __aligned(4096);
static pte_t first_pt[PTES] __aligned(4096); /* a page for most programs */

/* Ranges by the number of their first page, whose entry is never present: it
 * holds the number of the next one, or 0. */
struct chain {
	uint32_t first, last;
};

static struct {
	struct spin lock;
	uint32_t nused;		    /* (lock) pages ever used: the lower ones */
	struct chain free[ORDERS];  /* (lock) in no TLB */
	struct chain stale[ORDERS]; /* (lock) perhaps in some */
	unsigned nstale;	    /* (lock) ranges */
} area = {.lock = SPIN_INITIALIZER("kva"), .nused = 1};

void
kva_init(void)
{
	first_pd[0] = kernel_phys(first_pt) | PTE_P | PTE_W;
	kernel_pdpt[0] = kernel_phys(first_pd) | PTE_P | PTE_W;
}

static pte_t *
pd_entry(uint32_t page)
{
	pte_t *pd = phys_to_virt(kernel_pdpt[page / (PTES * PTES)] & PTE_FRAME);

	return (&pd[page / PTES % PTES]);
}

static pte_t *
entry(uint32_t page)
{
	pte_t *pt = phys_to_virt(*pd_entry(page) & PTE_FRAME);

	return (&pt[page % PTES]);
}

/* Two may come to make the same table. */
static bool
make_table(pte_t *e)
{
	pte_t none = 0;
	struct page *pg;

	if (atomic_load(e) != 0)
		return (true);
	pg = page_alloc(0, PAGE_ZEROED | PAGE_KERNEL);
	if (pg == NULL)
		return (false);
	if (!atomic_cas(e, &none, page_phys(pg) | PTE_P | PTE_W))
		page_free(pg, 0);
	return (true);
}

static bool
make_tables(uint32_t first, uint32_t end)
{
	for (uint32_t i = first / PTES * PTES; i < end; i += PTES)
		if (!make_table(&kernel_pdpt[i / (PTES * PTES)]) ||
		    !make_table(pd_entry(i)))
			return (false);
	return (true);
}

/* Puts b behind a. (lock) held. */
static void
join(struct chain *a, struct chain b)
{
	if (b.first == 0)
		return;
	if (a->first == 0)
		a->first = b.first;
	else
		*entry(a->last) = (pte_t)b.first << 1;
	a->last = b.last;
}

static void
flush_tlb(void *arg)
{
	wcr3(rcr3());
}

/* Makes the stale ranges free ones. */
static void
flush_stale(void)
{
	struct chain stale[ORDERS];

	spin_lock(&area.lock);
	for (unsigned i = 0; i < ORDERS; i++) {
		stale[i] = area.stale[i];
		area.stale[i] = (struct chain){0, 0};
	}
	area.nstale = 0;
	spin_unlock(&area.lock);
	flush_tlb(NULL);
	cpu_broadcast(UINT32_MAX, flush_tlb, NULL);
	spin_lock(&area.lock);
	for (unsigned i = 0; i < ORDERS; i++)
		join(&area.free[i], stale[i]);
	spin_unlock(&area.lock);
}

/* A range that was used before, or 0. (lock) held. */
static uint32_t
take_free(unsigned order)
{
	uint32_t range = area.free[order].first;

	if (range != 0) {
		area.free[order].first = (uint32_t)(*entry(range) >> 1);
		*entry(range) = 0;
	}
	return (range);
}

/* One that wasn't used before: 0, no memory for tables, or all are in use. */
static uint32_t
take_new(unsigned order)
{
	const uint32_t n = 1u << order;
	uint32_t range = 0;

	spin_lock(&area.lock);
	if (n <= AREA_PAGES - area.nused) {
		range = area.nused;
		area.nused += n;
	}
	spin_unlock(&area.lock);
	if (range == 0 || make_tables(range, range + n))
		return (range);
	/* If somebody else has taken one since, these addresses are lost. */
	spin_lock(&area.lock);
	if (area.nused == range + n)
		area.nused = range;
	spin_unlock(&area.lock);
	return (0);
}

static void
give_back(uint32_t range, unsigned order)
{
	spin_lock(&area.lock);
	*entry(range) = 0;
	join(&area.stale[order], (struct chain){range, range});
	area.nstale++;
	spin_unlock(&area.lock);
}

/* May other threads run, and other CPUs be waited for? */
static bool
at_ease(void)
{
	return (intr_enabled() && curcpu()->c_spins == 0);
}

static void
unmap(uint32_t first, size_t pages)
{
	for (uint32_t i = 0; i < pages; i++) {
		pte_t *e = entry(first + i);
		struct page *pg = phys_to_page(*e & PTE_FRAME);

		*e = 0;
		page_free(pg, 0);
		if (i % OFFER == OFFER - 1 && at_ease())
			sched_maybe_yield();
	}
}

static bool
map(uint32_t first, size_t pages, unsigned flags)
{
	for (uint32_t i = 0; i < pages; i++) {
		struct page *pg = page_alloc(0, flags);

		if (pg == NULL) {
			unmap(first, i);
			return (false);
		}
		*entry(first + i) =
		    page_phys(pg) | pte_nx() | PTE_P | PTE_W | PTE_A | PTE_D;
		if (i % OFFER == OFFER - 1 && at_ease())
			sched_maybe_yield();
	}
	return (true);
}

/* Of the range for so many pages, with a guard. */
static unsigned
order_of(size_t pages)
{
	unsigned order = 1;

	while (1ul << order <= pages)
		order++;
	return (order);
}

void *
md_kva_alloc(size_t pages, unsigned flags)
{
	const unsigned order = order_of(pages);
	uint32_t range, first;
	void *va;

	if (order >= ORDERS || pages >= page_free_count())
		return (NULL);
	if (area.nstale >= STALE_MAX && at_ease())
		flush_stale();
	spin_lock(&area.lock);
	range = take_free(order);
	spin_unlock(&area.lock);
	if (range == 0 && (range = take_new(order)) == 0)
		return (NULL);
	first = range + (1u << order) - (uint32_t)pages;
	va = (void *)(AREA + ptoa(first));
	if (!kasan_map(va, ptoa(pages)) || !map(first, pages, flags)) {
		give_back(range, order);
		return (NULL);
	}
	kasan_unpoison(va, ptoa(pages));
	return (va);
}

void
md_kva_free(void *va, size_t pages)
{
	const unsigned order = order_of(pages);
	const uint32_t first = (uint32_t)atop((uintptr_t)va - AREA);

	kasan_poison(va, ptoa(pages), KASAN_PAGE_FREE);
	unmap(first, pages);
	give_back(first + (uint32_t)pages - (1u << order), order);
}

void *
md_start_stack(unsigned cpu)
{
	return (start_stacks + cpu * START_STACK_SIZE + PAGE_SIZE);
}

bool
kstack_overflowed(const struct thread *td, uintptr_t va)
{
	uintptr_t bottom = (uintptr_t)td->td_kstack;

	return (va < bottom && bottom - va <= ptoa(KSTACK_PAGES));
}
