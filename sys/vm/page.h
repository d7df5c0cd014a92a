/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Physical pages.  A struct page exists for every page of RAM, in one array
 * by frame number, but is initialised only when the page is first handed
 * out, so that boot costs the same with any amount of memory.
 */
#ifndef VM_PAGE_H
#define VM_PAGE_H

#include "lib/list.h"
#include "amd64/md.h"

struct vm_object;

/*
 * Guarded by: (f) the page allocator's lock while free; (o) the lock of the
 * object or amap that holds it; (q) o_lock and the queue's lock to change it;
 * (a) atomic.
 */
struct page {
	struct list pg_link;	     /* (f) free list; (q) queue; owner's use */
	struct vm_object *pg_object; /* (o) owner, NULL: anonymous, kernel;
					doesn't change while in a queue */
	uint64_t pg_index;	     /* (o) page number within the object */
	uint32_t pg_refs;	     /* (a) holders */
	uint16_t pg_flags;	     /* (o) */
	union {
		uint8_t pg_order; /* (f) log2 of the block's pages */
		uint8_t pg_queue; /* (q) vm/reclaim.c; 0: in none */
	};
	uint8_t pg_state; /* (f) free, allocated, reserved */
};

#define PG_DIRTY   0x0001 /* newer than the object's storage */
#define PG_WRITING 0x0002 /* on its way to the object's storage */
#define PG_SLAB	   0x0004 /* kernel allocator's */
#define PG_SEEN	   0x0008 /* was used */
#define PG_BUSY	   0x0010 /* contents aren't there: see vm/pager.c */
#define PG_WANTED  0x0020 /* and somebody waits for them */
#define PG_FAILED  0x0040 /* nor will they be: reading failed */
#define PG_USED	   0x0080 /* used again since reclaim last looked */

extern struct page *page_array; /* by frame number */

static inline paddr_t
page_phys(const struct page *pg)
{
	return (ptoa(pg - page_array));
}

static inline void *
page_virt(const struct page *pg)
{
	return (phys_to_virt(page_phys(pg)));
}

static inline struct page *
phys_to_page(paddr_t pa)
{
	return (&page_array[atop(pa)]);
}

void vm_page_init(void); /* after md_pmap_init() */

#define PAGE_ZEROED 0x1 /* filled with zeroes */
#define PAGE_KERNEL 0x4 /* the kernel's own: has more than programs have */
#define PAGE_URGENT                                                            \
	0x2 /* may use the reserve (page tables for                            \
	       exit paths, network) */
/*
 * 2^order pages with one reference, or NULL. Never sleeps; any context, but
 * not within the allocator's own callers. free: all 2^order at once.
 */
struct page *page_alloc(unsigned order, unsigned flags);
void page_free(struct page *pg, unsigned order);

/* References to a single page; the last page_release() frees it. */
static inline void
page_hold(struct page *pg)
{
	__atomic_fetch_add(&pg->pg_refs, 1, __ATOMIC_RELAXED);
}

static inline void
page_release(struct page *pg)
{
	if (__atomic_fetch_sub(&pg->pg_refs, 1, __ATOMIC_ACQ_REL) == 1)
		page_free(pg, 0);
}

/*
 * Makes RAM that isn't the allocator's (the boot module) into pages with one
 * reference each, on first use; afterwards page_release() frees it for good.
 */
struct page *page_adopt(paddr_t pa);

uint64_t page_total(void); /* RAM under management, pages */
uint64_t page_free_count(void);
/* Are so few left that nothing new that stays should be made? */
bool page_low(void);
/* How many free pages are kept for whom. */
struct page_limits {
	uint64_t urgent; /* of the rest the kernel's may have all */
	uint64_t kernel; /* and programs' what is beyond this */
	uint64_t low;	 /* page_low(): programs wait */
	uint64_t few;	 /* page_few(): the pageout daemon's aim */
};
void page_limits(struct page_limits *pl);
/* Before that: so few that caches should give some back? */
bool page_few(void);

#endif
