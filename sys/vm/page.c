/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Physical memory: a buddy allocator (Knuth, The Art of Computer Programming,
 * vol. 1, 2.5) under single pages that are kept as they are.
 *
 * At boot all memory is "untouched": ranges of frames that nothing is known
 * about.  When the free lists run dry, the next block of up to 4 MiB is cut
 * from a range, and only its first struct page is written.  Splitting a block
 * initialises the first struct page of the new half, so a struct page is
 * valid exactly if it heads a block that was ever cut or split off; that is
 * all that merging looks at.
 *
 * Nearly everybody wants single pages.  Those go round between each CPU's
 * cache and a common stack of loose pages, and are given back to the buddy
 * lists only when there are many of them, or when a larger block is wanted
 * and there is none.
 */
#include "amd64/md.h"
#include "core/kasan.h"
#include "core/count.h"
#include "core/printf.h"
#include "core/sched.h"
#include "core/sync.h"
#include "lib/string.h"
#include "vm/page.h"

#define ORDER_MAX   10
#define CACHE_SIZE  64u /* pages that a CPU keeps, at most */
#define CACHE_MOVE  16u /* moved at once; a block of CACHE_ORDER */
#define CACHE_ORDER 4
#define LOOSE_MAX   1024u /* loose pages, about */
#define MERGE	    64u	  /* of them given back at once */
#define RESERVE	    48u	  /* pages for PAGE_URGENT only */

/* What is kept free: a part of memory, but no more pages than that. */
#define KERNEL_PART 256u /* for PAGE_KERNEL only */
#define KERNEL_MAX  2048u
#define LOW_PART    32u /* page_low() */
#define LOW_MAX	    4096u
#define FEW_PART    16u /* page_few() */
#define FEW_MAX	    8192u

enum { PS_FREE = 1, PS_ALLOCATED = 2 };

struct page *page_array;

static struct {
	struct spin lock;
	struct list free[ORDER_MAX + 1]; /* (lock) */
	struct page *loose;		 /* (lock) by pg_index */
	unsigned nloose;		 /* (lock) */
	uint64_t nfree; /* (lock) in lists, loose and untouched */
	struct mem_range untouched[MEM_RANGES_MAX]; /* (lock) */
	struct mem_range range[MEM_RANGES_MAX];	    /* (!) all of each */
	unsigned nranges;
	uint64_t total;	 /* (!) */
	uint64_t kernel; /* (!) kept for PAGE_KERNEL */
	uint64_t low;	 /* (!) with fewer, page_low() */
	uint64_t few;	 /* (!) with fewer, page_few() */
} mem = {.lock = SPIN_INITIALIZER("page")};

/* Interrupts off while a CPU uses its own. */
static struct cache {
	unsigned n;
	struct page *page[CACHE_SIZE];
} __aligned(64) caches[MAXCPU];

static uint64_t
frame(const struct page *pg)
{
	return ((uint64_t)(pg - page_array));
}

/* Is pg's block cut from its range, so that its struct page says something? */
static bool
touched(const struct page *pg)
{
	paddr_t pa = page_phys(pg);

	for (unsigned i = 0; i < mem.nranges; i++)
		if (pa >= mem.range[i].start && pa < mem.untouched[i].start)
			return (true);
	return (false);
}

static void
free_block(struct page *pg, unsigned order)
{
	mem.nfree += 1ul << order;
	while (order < ORDER_MAX) {
		struct page *buddy = &page_array[frame(pg) ^ 1ul << order];

		if (!touched(buddy) || buddy->pg_state != PS_FREE ||
		    buddy->pg_order != order)
			break;
		list_remove(&buddy->pg_link);
		buddy->pg_state = PS_ALLOCATED;
		pg = MIN(pg, buddy);
		order++;
	}
	pg->pg_state = PS_FREE;
	pg->pg_order = (uint8_t)order;
	list_push_front(&mem.free[order], &pg->pg_link);
}

static void
init_head(struct page *pg)
{
	*pg = (struct page){.pg_link = {&pg->pg_link, &pg->pg_link}};
}

/* Cuts the next block from untouched memory into the free lists. */
static bool
cut_block(void)
{
	for (unsigned i = 0; i < mem.nranges; i++) {
		struct mem_range *r = &mem.untouched[i];
		unsigned order = ORDER_MAX;
		struct page *pg;

		if (r->start >= r->end)
			continue;
		while (r->start & ((PAGE_SIZE << order) - 1) ||
		       r->end - r->start < PAGE_SIZE << order)
			order--;
		pg = phys_to_page(r->start);
		kasan_poison(
		    page_virt(pg), PAGE_SIZE << order, KASAN_PAGE_FREE);
		init_head(pg);
		r->start += PAGE_SIZE << order;
		mem.nfree -= 1ul << order;
		free_block(pg, order);
		return (true);
	}
	return (false);
}

static struct page *
take_block(unsigned order)
{
	unsigned o = order;
	struct page *pg;

	while (o <= ORDER_MAX && list_empty(&mem.free[o]))
		o++;
	if (o > ORDER_MAX)
		return (NULL);
	pg = LIST_FIRST(&mem.free[o], struct page, pg_link);
	list_remove(&pg->pg_link);
	while (o > order) {
		struct page *half = pg + (1ul << --o);

		init_head(half);
		half->pg_state = PS_FREE;
		half->pg_order = (uint8_t)o;
		list_push_front(&mem.free[o], &half->pg_link);
	}
	pg->pg_state = PS_ALLOCATED;
	pg->pg_order = (uint8_t)order;
	mem.nfree -= 1ul << order;
	return (pg);
}

/* Gives some of the loose pages back to the lists. mem.lock held. */
static void
merge_loose(void)
{
	struct page *pg;

	for (unsigned i = 0; i < MERGE && (pg = mem.loose) != NULL; i++) {
		mem.loose = (struct page *)pg->pg_index;
		mem.nloose--;
		mem.nfree--;
		free_block(pg, 0);
	}
}

/* May so many pages be had? What programs and files want stops first, so that
 * the kernel has the memory that it needs to get theirs back. */
static bool
enough(uint64_t n, unsigned flags)
{
	uint64_t keep = RESERVE;

	if (flags & PAGE_URGENT)
		return (true);
	if (!(flags & PAGE_KERNEL))
		keep = 2 * RESERVE + mem.kernel;
	return (mem.nfree >= keep + n);
}

/* mem.lock held. */
static struct page *
get_block(unsigned order, unsigned flags)
{
	struct page *pg;

	if (!enough(1ul << order, flags))
		return (NULL);
	while ((pg = take_block(order)) == NULL) {
		if (cut_block())
			continue;
		if (mem.nloose == 0)
			return (NULL);
		merge_loose();
	}
	return (pg);
}

/* Pages for an empty cache: loose ones, or else a block. mem.lock held. */
static void
fill_cache(struct cache *c, unsigned flags)
{
	struct page *pg;

	if (!enough(CACHE_MOVE, flags))
		return;
	for (; c->n < CACHE_MOVE && (pg = mem.loose) != NULL; mem.nfree--) {
		mem.loose = (struct page *)pg->pg_index;
		mem.nloose--;
		c->page[c->n++] = pg;
	}
	if (c->n > 0)
		return;
	pg = flags & PAGE_URGENT ? NULL : get_block(CACHE_ORDER, flags);
	if (pg == NULL) {
		pg = get_block(0, flags);
		if (pg != NULL)
			c->page[c->n++] = pg;
		return;
	}
	for (unsigned i = CACHE_MOVE; i-- > 0;) {
		init_head(pg + i);
		pg[i].pg_state = PS_ALLOCATED;
		c->page[c->n++] = pg + i;
	}
}

/* Some pages of a full cache become loose.  As refill_and_take(). */
static __attribute__((noinline)) void
drain_and_put(struct cache *c, struct page *put, uint64_t iflags)
{
	spin_lock(&mem.lock);
	for (unsigned i = 0; i < CACHE_MOVE; i++) {
		struct page *pg = c->page[--c->n];

		pg->pg_index = (uintptr_t)mem.loose;
		mem.loose = pg;
	}
	mem.nloose += CACHE_MOVE;
	mem.nfree += CACHE_MOVE;
	if (mem.nloose > LOOSE_MAX)
		merge_loose();
	spin_unlock(&mem.lock);
	c->page[c->n++] = put;
	intr_restore(iflags);
}

static inline void
put_single(struct page *pg)
{
	uint64_t iflags = intr_disable();
	struct cache *c = &caches[curcpu()->c_id];

	kassert(pg->pg_state == PS_ALLOCATED);
	kasan_poison(page_virt(pg), PAGE_SIZE, KASAN_PAGE_FREE);
	if (__predict_false(c->n == CACHE_SIZE)) {
		drain_and_put(c, pg, iflags);
		return;
	}
	c->page[c->n++] = pg;
	intr_restore(iflags);
}

static __attribute__((noinline)) struct page *
zeroed(struct page *pg, unsigned order)
{
	for (unsigned i = 0; i < 1u << order; i++)
		zero_page((char *)page_virt(pg) + i * PAGE_SIZE);
	return (pg);
}

static inline struct page *
hand_out(struct page *pg, unsigned order, unsigned flags)
{
	list_init(&pg->pg_link);
	pg->pg_refs = 1;
	pg->pg_object = NULL;
	pg->pg_index = 0;
	pg->pg_flags = 0;
	pg->pg_queue = 0;
	kasan_unpoison(page_virt(pg), PAGE_SIZE << order);
	return (flags & PAGE_ZEROED ? zeroed(pg, order) : pg);
}

/* Apart, to its end, so that what is frequent has nothing to save.  Interrupts
 * off; restored. */
static __attribute__((noinline)) struct page *
refill_and_take(struct cache *c, unsigned flags, uint64_t iflags)
{
	struct page *pg = NULL;

	spin_lock(&mem.lock);
	fill_cache(c, flags);
	spin_unlock(&mem.lock);
	if (c->n > 0)
		pg = c->page[--c->n];
	intr_restore(iflags);
	return (pg != NULL ? hand_out(pg, 0, flags) : NULL);
}

static __attribute__((noinline)) struct page *
alloc_block(unsigned order, unsigned flags)
{
	struct page *pg;

	if (order > ORDER_MAX)
		return (NULL);
	spin_lock(&mem.lock);
	pg = get_block(order, flags);
	spin_unlock(&mem.lock);
	return (pg != NULL ? hand_out(pg, order, flags) : NULL);
}

struct page *
page_alloc(unsigned order, unsigned flags)
{
	uint64_t iflags;
	struct cache *c;
	struct page *pg;

	if (__predict_false(order != 0))
		return (alloc_block(order, flags));
	iflags = intr_disable();
	c = &caches[curcpu()->c_id];
	if (__predict_false(c->n == 0))
		return (refill_and_take(c, flags, iflags));
	pg = c->page[--c->n];
	intr_restore(iflags);
	return (hand_out(pg, 0, flags));
}

static __attribute__((noinline)) void
give_block(struct page *pg, unsigned order)
{
	kasan_poison(page_virt(pg), PAGE_SIZE << order, KASAN_PAGE_FREE);
	spin_lock(&mem.lock);
	free_block(pg, order);
	spin_unlock(&mem.lock);
}

void
page_free(struct page *pg, unsigned order)
{
	count_add(COUNT_FREED, 1u << order);
	if (__predict_true(order == 0))
		put_single(pg);
	else
		give_block(pg, order);
}

struct page *
page_adopt(paddr_t pa)
{
	struct page *pg = phys_to_page(pa);

	init_head(pg);
	pg->pg_state = PS_ALLOCATED;
	pg->pg_refs = 1;
	return (pg);
}

uint64_t
page_total(void)
{
	return (mem.total);
}

uint64_t
page_free_count(void)
{
	uint64_t n = atomic_load(&mem.nfree);

	for (unsigned i = 0; i < ncpus; i++)
		n += atomic_load(&caches[i].n);
	return (n);
}

void
page_limits(struct page_limits *pl)
{
	*pl = (struct page_limits){.urgent = RESERVE,
	    .kernel = 2 * RESERVE + mem.kernel,
	    .low = mem.low,
	    .few = mem.few};
}

bool
page_low(void)
{
	return (mem.nfree < mem.low);
}

bool
page_few(void)
{
	return (mem.nfree < mem.few);
}

/* The array for all frames up to mem_top takes the start of a range, and is
 * not touched either. */
static void
place_array(void)
{
	uint64_t size = round_page(atop(mem_top) * sizeof(struct page));

	for (unsigned i = mem_nranges; i-- > 0;) {
		struct mem_range *m = &mem_ranges[i];

		if (m->end - m->start <= size)
			continue;
		page_array = phys_to_virt(m->start);
		kasan_unpoison(page_array, size);
		m->start += size;
		return;
	}
	panic("not enough memory to start");
}

void
vm_page_init(void)
{
	place_array();
	for (unsigned o = 0; o <= ORDER_MAX; o++)
		list_init(&mem.free[o]);
	for (unsigned i = 0; i < mem_nranges; i++) {
		mem.range[i] = mem.untouched[i] = mem_ranges[i];
		mem.nfree += atop(mem_ranges[i].end - mem_ranges[i].start);
	}
	mem.nranges = mem_nranges;
	mem.total = mem.nfree + atop(round_page(boot_module_size));
	mem.kernel = MIN(mem.total / KERNEL_PART, KERNEL_MAX);
	mem.low = MIN(mem.total / LOW_PART, LOW_MAX) + RESERVE;
	mem.few = MIN(mem.total / FEW_PART, FEW_MAX) + 2 * RESERVE;
}
