/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbered sets of CPUs: cpuset(2).  A process is in one, and its threads run
 * where that allows; a thread may have a choice of its own among these.
 */
#ifndef PROC_CPUSET_H
#define PROC_CPUSET_H

#include "core/sched.h"
#include "lib/list.h"

struct proc;
struct thread;

/* (l) the lock of all sets, (a) atomic, (!) set once. */
struct cpuset {
	struct list cs_link; /* (l) by number */
	unsigned cs_refs;    /* (a) processes, calls; the last goes with (l) */
	int cs_id;	     /* (!) */
	uint32_t cs_mask;    /* (a) UINT32_MAX: all there are */
};
extern struct cpuset cpuset_root;    /* 0: all CPUs, for ever */
extern struct cpuset cpuset_default; /* 1: what processes begin in */

/* A mask with all CPUs in it is the one for all, whatever CPUs there are. */
static inline uint32_t
cpuset_widen(uint64_t mask)
{
	const uint64_t all = (1ul << ncpus) - 1;

	return ((mask & all) == all ? UINT32_MAX : (uint32_t)mask);
}

struct cpuset *cpuset_hold(struct cpuset *cs);
void cpuset_release(struct cpuset *cs) __sleeps;
/* With a reference; NULL: there is none. */
struct cpuset *cpuset_find(int id) __sleeps;
struct cpuset *cpuset_create(void) __sleeps; /* of all CPUs; NULL: no memory */
/* p_lock held. The process is in the set, and so is the caller's reference;
 * *oldp is the one that it was in. EDEADLK: a thread has chosen others. */
int cpuset_enter(struct proc *p, struct cpuset *cs, struct cpuset **oldp);
/* Other CPUs for all that are in it: EPERM, the root's; EDEADLK, as above. */
int cpuset_change(struct cpuset *cs, uint32_t mask) __sleeps;
/* A thread's own choice. p_lock held. EINVAL: not among its set's. */
int cpuset_choose(struct thread *td, uint32_t mask);

#endif
