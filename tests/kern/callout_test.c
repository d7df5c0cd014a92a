/* SPDX-License-Identifier: BSD-2-Clause */
#include "boot/ktest.h"
#include "core/callout.h"
#include "core/sched.h"
#include "proc/proc.h"

#define RUNS_NS (20 * 1000000ul)

static struct callout timer;
static bool started, ended; /* (a) */

/* Sets itself again first, as an interval timer does. */
static void
expired(void *arg)
{
	uint64_t until = clock_ns() + RUNS_NS;

	callout_set(&timer, NO_DEADLINE - 1);
	atomic_store(&started, true);
	while (clock_ns() < until)
		cpu_relax();
	atomic_store(&ended, true);
}

static void
use_cpu(unsigned n)
{
	(void)sched_set_affinity(curthread(), 1u << n);
	sched_yield();
}

static void
setter(void *arg)
{
	use_cpu(1);
	callout_set(&timer, clock_ns());
	kern_thr_exit(curthread());
}

/* What the function uses may be freed after it. */
KTEST(callout_drain_waits)
{
	bool was_set, over;

	KT_ASSERT(ncpus > 1);
	use_cpu(0);
	callout_init(&timer, expired, NULL);
	KT_ASSERT(kthread_create("test timer", setter, NULL) != NULL);
	while (!atomic_load(&started))
		cpu_relax();
	was_set = callout_drain(&timer);
	over = atomic_load(&ended);
	(void)sched_set_affinity(curthread(), cpus_online);
	KT_ASSERT(was_set && over);
	KT_ASSERT(!callout_drain(&timer));
}
