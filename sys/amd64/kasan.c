/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The shadow's memory (options KASAN).
 *
 * The kernel's own is a part of it, mapped from the first instruction on
 * (boot.S), since the compiler's code writes into the shadow of the stack
 * that it starts on.  The physmap's is an eighth of the memory, set aside
 * before the page allocator sees it and mapped by large pages; it is written
 * only when a block is first cut from untouched memory, or here for what the
 * allocator doesn't have.  Other kernel addresses get theirs when they are
 * first mapped.
 */
#include "amd64/kasan.h"

#ifdef OPT_KASAN
#include "amd64/md.h"
#include "core/kasan.h"
#include "core/printf.h"
#include "core/sync.h"
#include "vm/page.h"

#define LARGE (PTES * PAGE_SIZE)

extern char kernel_end[];
extern pte_t kasan_pdpt[]; /* boot.S */

static pte_t *root;	      /* (!) kernel_pml4 */
static uint64_t physmap_size; /* (!) of it that has a shadow; 0: not yet */
static struct spin map_lock = SPIN_INITIALIZER("kasan map");

bool
kasan_covers(uintptr_t addr)
{
	return (addr - PHYSMAP_BASE < physmap_size ||
		(addr >= KVA_BASE && addr < (uintptr_t)kernel_end));
}

/* From the end of a range of memory, as its large pages. */
static paddr_t
set_aside(uint64_t size)
{
	for (unsigned i = mem_nranges; i-- > 0;) {
		struct mem_range *m = &mem_ranges[i];
		paddr_t end = m->end & ~(LARGE - 1);

		if (end > m->start && end - m->start > size) {
			m->end = end - size;
			return (m->end);
		}
	}
	panic("not enough memory for the shadow");
}

/* All that isn't in the ranges is in use for good. */
void
kasan_physmap_init(void)
{
	paddr_t from = 0;

	physmap_size = mem_top;

	for (unsigned i = 0; i <= mem_nranges; i++) {
		paddr_t to = i < mem_nranges ? mem_ranges[i].start : mem_top;

		kasan_unpoison(phys_to_virt(from), to - from);
		if (i < mem_nranges)
			from = mem_ranges[i].end;
	}
}

void
kasan_pmap_init(pte_t *pml4)
{
	uint64_t size = roundup2(mem_top / 8, LARGE);
	pte_t *pdpt = md_boot_alloc(PAGE_SIZE), *pd = NULL;
	paddr_t pa = set_aside(size);

	for (uint64_t i = 0; i < size / LARGE; i++, pa += LARGE) {
		if (i % PTES == 0) {
			pd = md_boot_alloc(PAGE_SIZE);
			pdpt[i / PTES] = virt_to_phys(pd) | PTE_P | PTE_W;
		}
		pd[i % PTES] = pa | PTE_PS | PTE_P | PTE_W | PTE_G | pte_nx();
	}
	pml4[KASAN_PHYSMAP_PML4] = virt_to_phys(pdpt) | PTE_P | PTE_W;
	pml4[KASAN_KERNEL_PML4] = kernel_phys(kasan_pdpt) | PTE_P | PTE_W;
	root = pml4;
}

void
kasan_pmap_copy(pte_t *pml4)
{
	pml4[KASAN_PHYSMAP_PML4] = root[KASAN_PHYSMAP_PML4];
	pml4[KASAN_KERNEL_PML4] = root[KASAN_KERNEL_PML4];
}

/* What e leads to, made if there is nothing; NULL: no memory. */
static void *
next_page(pte_t *e)
{
	struct page *pg;

	if (!(*e & PTE_P)) {
		pg = page_alloc(0, PAGE_ZEROED);
		if (pg == NULL)
			return (NULL);
		*e = page_phys(pg) | PTE_P | PTE_W | PTE_A | PTE_D | pte_nx();
	}
	/* The kernel's own tables were linked. */
	return (phys_to_virt(*e & PTE_FRAME));
}

static bool
map_page(uintptr_t shadow)
{
	pte_t *table = root;

	for (int shift = 39; shift >= PAGE_SHIFT && table != NULL; shift -= 9)
		table = next_page(&table[shadow >> shift & (PTES - 1)]);
	return (table != NULL);
}

bool
kasan_map(const void *p, size_t size)
{
	uintptr_t at = trunc_page((uintptr_t)kasan_shadow((uintptr_t)p));
	uintptr_t end = (uintptr_t)kasan_shadow((uintptr_t)p + size);
	bool done = true;

	spin_lock(&map_lock);
	for (; at < end && done; at += PAGE_SIZE)
		done = map_page(at);
	spin_unlock(&map_lock);
	return (done);
}
#endif
