/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What happens is counted, for vmstat(8) and its like: by each CPU for itself,
 * with one instruction and no lock.  Who reads adds them up, and what happens
 * meanwhile may be in the sum or not.
 */
#ifndef CORE_COUNT_H
#define CORE_COUNT_H

#include "amd64/md.h"
#include "core/sched.h"

/* vm.stats.sys and vm.stats.vm but for those said otherwise. */
enum count {
	COUNT_SYSCALL = CPU_COUNT_SYSCALL, /* by amd64/entry.S */
	COUNT_SWITCH,			   /* to another thread */
	COUNT_TRAP,
	COUNT_INTR,  /* of devices and timers */
	COUNT_TIMER, /* hw.intrcnt */
	COUNT_FAULT,
	COUNT_FAULT_READ, /* that had to wait for storage */
	COUNT_COW,
	COUNT_COW_SAVED, /* nobody else had the page any more */
	COUNT_ZERO,	 /* pages that had to be zeroed for a program */
	COUNT_BUSY,	 /* pages that somebody else was reading */
	COUNT_READS,
	COUNT_READ_PAGES,
	COUNT_WRITES,
	COUNT_WRITE_PAGES,
	COUNT_FORK,
	COUNT_FORK_PAGES,
	COUNT_VFORK,
	COUNT_VFORK_PAGES,
	COUNT_RFORK,
	COUNT_RFORK_PAGES,
	COUNT_KTHREAD,
	COUNT_DAEMON,	     /* the pageout daemon was woken */
	COUNT_DAEMON_PAGES,  /* it looked at */
	COUNT_DAEMON_FAILED, /* it freed nothing */
	COUNT_REACTIVATED,
	COUNT_FREED,
	COUNT_ENDED,	     /* pages that programs had mapped at their end */
	COUNT_NAME_HIT,	     /* vfs.cache.nchstats */
	COUNT_NAME_NEGATIVE, /* known not to be there */
	COUNT_NAME_MISS,
	COUNT_LARGE, /* kern.malloc_stats: whole pages of kmem */
	COUNT_LARGE_BYTES,
	COUNT_LARGE_FREE,
	COUNT_LARGE_FREE_BYTES,
	COUNTS
};
_Static_assert(COUNTS <= CPU_COUNTS_MAX, "c_counts");

/* n must be a constant; any context. */
#define count(n)	md_cpu_add(n, 1)
#define count_add(n, v) md_cpu_add(n, (uint64_t)(v))

static inline uint64_t
count_of(unsigned cpu, enum count n)
{
	return (atomic_load(&cpus[cpu].c_counts[n]));
}

static inline uint64_t
count_sum(enum count n)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < ncpus; i++)
		sum += count_of(i, n);
	return (sum);
}

#endif
