/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kernel stacks, with nothing mapped below them.
 *
 * A gigabyte of kernel addresses is cut into slots, each for one stack in its
 * upper half; the lower half is the guard.  A stack that grows into it cannot
 * even take the page fault: that becomes a double fault, which has a stack of
 * its own.
 *
 * To map a stack is to write its entries: what wasn't mapped is in no TLB.
 * An unmapped one may still be, but nobody looks there before the slot is
 * used again.  So such slots are put aside, and when there are many all CPUs
 * flush their TLBs once for all of them.  The entries aren't global, so that
 * loading %cr3 is enough.
 */
#include "amd64/md.h"
#include "amd64/pte.h"
#include "core/printf.h"
#include "proc/proc.h"
#include "vm/page.h"

#define SLOT_PAGES (2 * KSTACK_PAGES)
#define PT_SLOTS   (PTES / SLOT_PAGES) /* of one page table */
#define SLOTS	   (PTES * PT_SLOTS)
#define NONE	   UINT32_MAX
#define STALE_MAX  512
#define AREA	   0xffffffff40000000ul /* kernel_pdpt[AREA_PDPT] */
#define AREA_PDPT  509

extern pte_t kernel_pdpt[];

static pte_t area_pd[PTES] __aligned(4096);
static pte_t first_pt[PTES] __aligned(4096); /* a page for most programs */

/* A slot's first entry is never present: it holds the next slot of a chain. */
static struct {
	struct spin lock;
	uint32_t nused;	     /* (lock) slots ever used: the lower ones */
	uint32_t free;	     /* (lock) chain of those in no TLB */
	uint32_t stale;	     /* (lock) chain of those perhaps in some */
	uint32_t stale_last; /* (lock) its end, unless stale is NONE */
	unsigned nstale;     /* (lock) */
} area = {.lock = SPIN_INITIALIZER("kstack"), .free = NONE, .stale = NONE};

void
kstack_init(void)
{
	area_pd[0] = kernel_phys(first_pt) | PTE_P | PTE_W;
	kernel_pdpt[AREA_PDPT] = kernel_phys(area_pd) | PTE_P | PTE_W;
}

static pte_t *
slot_entries(uint32_t slot)
{
	pte_t *pt = phys_to_virt(area_pd[slot / PT_SLOTS] & PTE_FRAME);

	return (pt + slot % PT_SLOTS * SLOT_PAGES);
}

static void
set_next(uint32_t slot, uint32_t next)
{
	*slot_entries(slot) = (pte_t)next << 1;
}

static uint32_t
get_next(uint32_t slot)
{
	return ((uint32_t)(*slot_entries(slot) >> 1));
}

static void
flush_tlb(void *arg)
{
	wcr3(rcr3());
}

/* Makes the stale slots free ones. */
static void
flush_stale(void)
{
	uint32_t first, last;

	spin_lock(&area.lock);
	first = area.stale;
	last = area.stale_last;
	area.stale = NONE;
	area.nstale = 0;
	spin_unlock(&area.lock);
	if (first == NONE)
		return;
	flush_tlb(NULL);
	cpu_broadcast(UINT32_MAX, flush_tlb, NULL);
	spin_lock(&area.lock);
	set_next(last, area.free);
	area.free = first;
	spin_unlock(&area.lock);
}

/* (lock) held. */
static uint32_t
take_slot(void)
{
	pte_t *pde = &area_pd[area.nused / PT_SLOTS];
	uint32_t slot = area.free;
	struct page *pg;

	if (slot != NONE) {
		area.free = get_next(slot);
		return (slot);
	}
	if (area.nused == SLOTS)
		return (NONE);
	if (*pde == 0) {
		pg = page_alloc(0, PAGE_ZEROED);
		if (pg == NULL)
			return (NONE);
		*pde = page_phys(pg) | PTE_P | PTE_W;
	}
	return (area.nused++);
}

void *
md_kstack_alloc(void)
{
	struct page *pg = page_alloc(KSTACK_ORDER, 0);
	pte_t *pte;
	uint32_t slot;

	if (pg == NULL)
		return (NULL);
	if (area.nstale >= STALE_MAX)
		flush_stale();
	spin_lock(&area.lock);
	slot = take_slot();
	spin_unlock(&area.lock);
	if (slot == NONE) {
		page_free(pg, KSTACK_ORDER);
		return (NULL);
	}
	pte = slot_entries(slot) + SLOT_PAGES - KSTACK_PAGES;
	for (unsigned i = 0; i < KSTACK_PAGES; i++)
		pte[i] = (page_phys(pg) + ptoa(i)) | pte_nx() | PTE_P | PTE_W |
			 PTE_A | PTE_D;
	return ((void *)(AREA + ptoa((slot + 1) * SLOT_PAGES - KSTACK_PAGES)));
}

void
md_kstack_free(void *stack)
{
	uint32_t slot = (uint32_t)(atop((uintptr_t)stack - AREA) / SLOT_PAGES);
	pte_t *pte = slot_entries(slot) + SLOT_PAGES - KSTACK_PAGES;
	struct page *pg = phys_to_page(pte[0] & PTE_FRAME);

	for (unsigned i = 0; i < KSTACK_PAGES; i++)
		pte[i] = 0;
	spin_lock(&area.lock);
	set_next(slot, area.stale);
	if (area.stale == NONE)
		area.stale_last = slot;
	area.stale = slot;
	area.nstale++;
	spin_unlock(&area.lock);
	page_free(pg, KSTACK_ORDER);
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

	return (va < bottom && bottom - va <= ptoa(SLOT_PAGES - KSTACK_PAGES));
}
