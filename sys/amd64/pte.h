/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page-table entries: Intel SDM vol. 3, 4.5.
 */
#ifndef AMD64_PTE_H
#define AMD64_PTE_H

#include "amd64/asm.h"
#include "amd64/cpu.h"

typedef uint64_t pte_t;

#define PTE_P	  0x001ul
#define PTE_W	  0x002ul
#define PTE_U	  0x004ul
#define PTE_A	  0x020ul
#define PTE_D	  0x040ul
#define PTE_PS	  0x080ul
#define PTE_G	  0x100ul
#define PTE_NX	  (1ul << 63)
#define PTE_FRAME 0x000ffffffffff000ul
#define PTES	  512

static inline pte_t
pte_nx(void)
{
	return (cpu_features.nx ? PTE_NX : 0);
}

/* Of something linked into the kernel. */
static inline paddr_t
kernel_phys(const void *p)
{
	return ((uintptr_t)p - KERNBASE);
}

#endif
