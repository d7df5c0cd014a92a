/* SPDX-License-Identifier: BSD-2-Clause */
/* Kernel stacks: mapped, used again, and what is below them. */
#include "amd64/md.h"
#include "boot/ktest.h"
#include "proc/proc.h"
#include "vm/page.h"

#define STACKS 200u
#define ROUNDS 20u

static uint64_t *
end_of(void *stack, unsigned which)
{
	return ((uint64_t *)stack +
		(which == 0 ? 0 : KSTACK_PAGES * PAGE_SIZE / 8 - 1));
}

/* All are memory of their own, again and again; and all of it comes back. */
KTEST(kstack_reuse)
{
	static void *stacks[STACKS];
	uintptr_t lowest = UINTPTR_MAX, highest = 0;
	uint64_t free = 0;

	for (unsigned round = 0; round < ROUNDS; round++) {
		/* Page tables, made by the first rounds, stay. */
		if (round == ROUNDS / 2)
			free = page_free_count();
		for (unsigned i = 0; i < STACKS; i++) {
			stacks[i] = md_kstack_alloc();
			KT_ASSERT(stacks[i] != NULL);
			*end_of(stacks[i], 0) = round * STACKS + i;
			*end_of(stacks[i], 1) = round * STACKS + i;
			lowest = MIN(lowest, (uintptr_t)stacks[i]);
			highest = MAX(highest, (uintptr_t)stacks[i]);
		}
		for (unsigned i = 0; i < STACKS; i++) {
			KT_ASSERT(*end_of(stacks[i], 0) == round * STACKS + i);
			KT_ASSERT(*end_of(stacks[i], 1) == round * STACKS + i);
			md_kstack_free(stacks[i]);
		}
	}
	KT_ASSERT(page_free_count() + 8 >= free);
	/* Far fewer addresses than stacks. */
	KT_ASSERT((highest - lowest) / (2 * KSTACK_PAGES * PAGE_SIZE) <
		  STACKS * ROUNDS / 2);
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
