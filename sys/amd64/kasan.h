/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the shadow of options KASAN is: KASAN_OFFSET plus an eighth of the
 * address, an agreement with the compiler (the Makefile's KASANFLAGS).  Two
 * entries of the top page table hold it for all that the kernel maps.
 */
#ifndef AMD64_KASAN_H
#define AMD64_KASAN_H

#define KASAN_OFFSET	   0xdffffc0000000000
#define KASAN_PHYSMAP_PML4 472 /* of PHYSMAP_BASE and 4 TiB from there */
#define KASAN_KERNEL_PML4  503 /* of the last 4 TiB, the kernel's own */
#define KASAN_IMAGE_PD	   384 /* in that: the entry of KERNBASE */
#define KASAN_IMAGE_PAGES  512 /* of shadow: 16 MiB of kernel */

#ifndef __ASSEMBLER__
#include "lib/types.h"
#include "amd64/pte.h"

struct page;

static inline int8_t *
kasan_shadow(uintptr_t addr)
{
	return ((int8_t *)((addr >> 3) + KASAN_OFFSET));
}

#ifdef OPT_KASAN
/* Has addr a shadow? */
bool kasan_covers(uintptr_t addr);
/* The physmap's shadow, an eighth of the memory: its page tables, and what is
 * in it once they are in use. */
void kasan_pmap_init(pte_t *pml4);
void kasan_physmap_init(void);
/* In a program's page tables. */
void kasan_pmap_copy(pte_t *pml4);
/* Makes shadow for kernel addresses that aren't the physmap's; it stays.
 * False: no memory. Any context. */
bool kasan_map(const void *p, size_t size);
#else
static inline void
kasan_pmap_init(pte_t *pml4)
{
}

static inline void
kasan_physmap_init(void)
{
}

static inline void
kasan_pmap_copy(pte_t *pml4)
{
}

static inline bool
kasan_map(const void *p, size_t size)
{
	return (true);
}
#endif
#endif

#endif
