/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbered sets of CPUs. */
#include "proc/cpuset.h"
#include "fbsd/errno.h"
#include "proc/proc.h"
#include "proc/walk.h"
#include "vm/kmem.h"

#define FIRST_ID 3 /* 2 is FreeBSD's for the kernel's own threads */

/* Before p_lock; after proctree_lock. */
static struct mutex cpusets_lock = MUTEX_INITIALIZER(cpusets_lock, "cpusets");

struct cpuset cpuset_root = {.cs_refs = 1, .cs_mask = UINT32_MAX};
struct cpuset cpuset_default = {
    .cs_refs = 1, .cs_id = 1, .cs_mask = UINT32_MAX};
static struct list sets = LIST_INITIALIZER(sets); /* (lock) from FIRST_ID on */

struct cpuset *
cpuset_hold(struct cpuset *cs)
{
	refcount_take(&cs->cs_refs);
	return (cs);
}

void
cpuset_release(struct cpuset *cs)
{
	unsigned refs = atomic_load(&cs->cs_refs);

	/* The last one goes with the lock: nobody finds it meanwhile. */
	while (refs > 1)
		if (atomic_cas(&cs->cs_refs, &refs, refs - 1))
			return;
	mutex_lock(&cpusets_lock);
	if (refcount_drop(&cs->cs_refs)) {
		list_remove(&cs->cs_link);
		kmem_free(cs, sizeof(*cs));
	}
	mutex_unlock(&cpusets_lock);
}

struct cpuset *
cpuset_find(int id)
{
	struct cpuset *cs, *found = NULL;

	if (id == cpuset_root.cs_id)
		return (cpuset_hold(&cpuset_root));
	if (id == cpuset_default.cs_id)
		return (cpuset_hold(&cpuset_default));
	mutex_lock(&cpusets_lock);
	LIST_FOREACH (cs, &sets, cs_link)
		if (cs->cs_id == id) {
			found = cpuset_hold(cs);
			break;
		}
	mutex_unlock(&cpusets_lock);
	return (found);
}

struct cpuset *
cpuset_create(void)
{
	struct cpuset *cs = kmem_alloc(sizeof(*cs), KM_ZERO), *at;
	int id = FIRST_ID;

	if (cs == NULL)
		return (NULL);
	cs->cs_refs = 1;
	cs->cs_mask = UINT32_MAX;
	mutex_lock(&cpusets_lock);
	/* The lowest that is free. */
	LIST_FOREACH (at, &sets, cs_link) {
		if (at->cs_id != id)
			break;
		id++;
	}
	cs->cs_id = id;
	/* At the list's end this is its head. */
	list_insert_before(&at->cs_link, &cs->cs_link);
	mutex_unlock(&cpusets_lock);
	return (cs);
}

/* Where td may run if its process's set becomes this. */
static uint32_t
within(const struct thread *td, uint32_t mask)
{
	return (td->td_pinned ? td->td_affinity & mask : mask);
}

/* Would all of p's threads have a CPU? p_lock held. */
static bool
all_can(struct proc *p, uint32_t mask)
{
	struct thread *td;

	LIST_FOREACH (td, &p->p_threads, td_plink)
		if ((within(td, mask) & atomic_load(&cpus_online)) == 0)
			return (false);
	return (true);
}

/* p_lock held. */
static void
apply(struct proc *p, uint32_t mask)
{
	struct thread *td;

	LIST_FOREACH (td, &p->p_threads, td_plink)
		(void)sched_set_affinity(td, within(td, mask));
}

int
cpuset_enter(struct proc *p, struct cpuset *cs, struct cpuset **oldp)
{
	uint32_t mask = atomic_load(&cs->cs_mask);

	if (!all_can(p, mask))
		return (EDEADLK);
	*oldp = p->p_cpuset;
	p->p_cpuset = cs;
	apply(p, mask);
	return (0);
}

/* Calls fn for each process of a set, until it says false. */
static bool
each_member(const struct cpuset *cs, bool (*fn)(struct proc *p, uint32_t mask),
    uint32_t mask)
{
	struct proc_walk w;
	struct proc *p;
	bool going = true;

	mutex_lock(&proctree_lock);
	proc_walk_begin(&w, NULL);
	while (going && (p = proc_walk_next(&w)) != NULL) {
		spin_lock(&p->p_lock);
		if (p->p_cpuset == cs && !(p->p_flags & P_KERNEL))
			going = fn(p, mask);
		spin_unlock(&p->p_lock);
	}
	proc_walk_end(&w);
	mutex_unlock(&proctree_lock);
	return (going);
}

static bool
apply_to(struct proc *p, uint32_t mask)
{
	apply(p, mask);
	return (true);
}

/* Who comes in meanwhile comes by the new mask; a choice that is made meanwhile
 * from the old ones is cut to nothing, and then has no effect. */
int
cpuset_change(struct cpuset *cs, uint32_t mask)
{
	if (cs == &cpuset_root)
		return (EPERM);
	if ((mask & atomic_load(&cpus_online)) == 0 ||
	    !each_member(cs, all_can, mask))
		return (EDEADLK);
	atomic_store(&cs->cs_mask, mask);
	(void)each_member(cs, apply_to, mask);
	return (0);
}

int
cpuset_choose(struct thread *td, uint32_t mask)
{
	uint32_t allowed = atomic_load(&td->td_proc->p_cpuset->cs_mask);
	int error;

	/* All there are are fewer than all. */
	if (mask == UINT32_MAX)
		mask = allowed == UINT32_MAX ? mask : (1u << ncpus) - 1;
	if ((mask & ~allowed) != 0)
		return (EINVAL);
	error = sched_set_affinity(td, mask);
	if (error == 0)
		td->td_pinned = true;
	return (error);
}
