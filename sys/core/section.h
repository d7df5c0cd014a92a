/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sections of code that look at things without a lock or a reference.
 *
 * Whoever ends such a thing first takes away all ways to it, and then waits
 * until those are through who may have found it before.  So to look costs
 * nothing that two CPUs share, and to end costs a wait: as long as a section at
 * most, which is short.
 *
 * Within a section nobody sleeps, and sections don't nest; spin locks may be
 * taken, if nobody waits for sections with one of them held.
 */
#ifndef CORE_SECTION_H
#define CORE_SECTION_H

#include "amd64/md.h"
#include "core/sched.h"

/* Odd within one.  The thread stays on its CPU, as it doesn't sleep. */
static inline void
section_enter(void)
{
	struct cpu *c = curcpu();

	__atomic_store_n(&c->c_section, c->c_section + 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static inline void
section_leave(void)
{
	struct cpu *c = curcpu();

	__atomic_store_n(&c->c_section, c->c_section + 1, __ATOMIC_RELEASE);
}

/* All sections that began before have ended. */
void section_wait(void) __sleeps;

#endif
