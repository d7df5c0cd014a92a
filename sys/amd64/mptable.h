/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef AMD64_MPTABLE_H
#define AMD64_MPTABLE_H

#include "lib/types.h"

#define MPTABLE_MAXCPU 16

struct mptable {
	unsigned ncpus;
	uint8_t apic_ids[MPTABLE_MAXCPU]; /* the boot CPU's first */
	uint32_t lapic;			  /* physical addresses, 0: not told */
	uint32_t ioapic;
};

/*
 * Looks for an MP floating pointer in `size` bytes of physical memory that
 * begin at physical address `base` and are mapped at `mem`, and reads the
 * configuration table that it names, which must lie within them too
 * (MultiProcessor Specification 1.4, chapter 4).  False: none, or damaged.
 */
bool mptable_find(
    const void *mem, uint64_t base, size_t size, struct mptable *mp);

#endif
