/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CPUs that threads run on: cpuset(2), cpuset_getaffinity(2) and kin.  One
 * memory domain is all there is: every policy comes to the same, and is kept
 * for who asks.
 */
#include "abi/freebsd/other_thread.h"
#include "abi/freebsd/sysargs.h"
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "lib/string.h"
#include "proc/cpuset.h"

#define CPU_LEVEL_ROOT	  1 /* all CPUs */
#define CPU_LEVEL_CPUSET  2 /* the set that it is in */
#define CPU_LEVEL_WHICH	  3 /* itself */
#define CPU_WHICH_TID	  1
#define CPU_WHICH_PID	  2
#define CPU_WHICH_CPUSET  3
#define CPU_WHICH_JAIL	  5
#define CPU_WHICH_DOMAIN  6
#define CPU_WHICH_TIDPID  9
#define CPUSET_BYTES	  128 /* 1024 CPUs */
#define ALL_CPUS	  ((uint32_t)((1ul << ncpus) - 1))

#define POLICY_FIRSTTOUCH 2 /* what nobody has set */
#define POLICY_MAX	  4
#define ONLY_DOMAIN	  1ul

static bool
fits(uint64_t mask, size_t size)
{
	return (size >= sizeof(mask) || mask >> size * 8 == 0);
}

/* A set of the user's size, which may be any that the CPUs there are fit
 * into: ERANGE. */
static int
copyout_set(uint64_t mask, void __user *uset, size_t size)
{
	size_t at = MIN(size, sizeof(mask));
	int error;

	if (!fits(mask, size))
		return (ERANGE);
	error = copyout(&mask, uset, at);
	while (error == 0 && at < size) {
		size_t n = MIN(size - at, PAGE_SIZE);

		error = zero_user((char *)uset + at, n);
		at += n;
		sched_maybe_yield();
	}
	return (error);
}

/* None but the first 64 may be in it: EINVAL. */
static int
copyin_set(const void __user *uset, size_t size, uint64_t *mask)
{
	uint64_t rest[32];
	int error = copyin(uset, mask, MIN(size, sizeof(*mask)));

	for (size_t at = sizeof(*mask); error == 0 && at < size;) {
		size_t n = MIN(size - at, sizeof(rest));

		memset(rest, 0, sizeof(rest));
		error = copyin((const char *)uset + at, rest, n);
		for (unsigned i = 0; error == 0 && i < nitems(rest); i++)
			error = rest[i] != 0 ? EINVAL : 0;
		at += n;
		sched_maybe_yield();
	}
	return (error);
}

/* A number may be that of a thread or of a process. */
static int
resolve(int which, int64_t id)
{
	if (which != CPU_WHICH_TIDPID)
		return (which);
	return (id == -1 || id > PID_MAX ? CPU_WHICH_TID : CPU_WHICH_PID);
}

static bool
is_thread(int which)
{
	return (which == CPU_WHICH_TID || which == CPU_WHICH_PID);
}

/* Placing a thread is scheduling, and so is asking where it is. -1: self. */
static int
lock_which(struct thread *td, int which, int64_t id, struct thread **tdp)
{
	if (id == -1)
		id = 0;
	if (id < 0 || id > INT_MAX)
		return (ESRCH);
	if (which == CPU_WHICH_TID)
		return (lock_thread(td, 0, (lwpid_t)id, p_cansched, tdp));
	return (lock_thread(td, (pid_t)id, 0, p_cansched, tdp));
}

/* The set of a thread or process, or by its number, held. ESRCH, EPERM; EINVAL:
 * what is asked for has none. */
static int
find_set(struct thread *td, int which, int64_t id, struct cpuset **csp)
{
	struct thread *other;
	int error;

	*csp = NULL;
	if (which == CPU_WHICH_JAIL)
		return (ESRCH);
	if (which == CPU_WHICH_CPUSET && id != -1) {
		if (id >= 0 && id <= INT_MAX)
			*csp = cpuset_find((int)id);
		return (*csp != NULL ? 0 : ESRCH);
	}
	if (which != CPU_WHICH_CPUSET && !is_thread(which))
		return (EINVAL);
	error =
	    lock_which(td, which, which == CPU_WHICH_CPUSET ? -1 : id, &other);
	if (error != 0)
		return (error);
	*csp = cpuset_hold(other->td_proc->p_cpuset);
	spin_unlock(&other->td_proc->p_lock);
	return (0);
}

/* At its level: all sets are children of the root. */
static int
find_set_at(
    struct thread *td, int level, int which, int64_t id, struct cpuset **csp)
{
	int error = find_set(td, which, id, csp);

	if (error != 0 || level != CPU_LEVEL_ROOT)
		return (error);
	cpuset_release(*csp);
	*csp = cpuset_hold(&cpuset_root);
	return (0);
}

/* Where a thread, or any of a process's, may run. */
static int
own_mask(struct thread *td, int which, int64_t id, uint64_t *mask)
{
	struct thread *other, *each;
	int error = lock_which(td, which, id, &other);

	if (error != 0)
		return (error);
	*mask = other->td_affinity;
	if (which == CPU_WHICH_PID)
		LIST_FOREACH (each, &other->td_proc->p_threads, td_plink)
			*mask |= each->td_affinity;
	spin_unlock(&other->td_proc->p_lock);
	return (0);
}

int
sys_cpuset_getaffinity(
    struct thread *td, const struct cpuset_getaffinity_args *a)
{
	const int which = resolve(a->which, a->id);
	uint64_t mask = UINT32_MAX;
	struct cpuset *cs;
	int error = 0;

	if (a->level < CPU_LEVEL_ROOT || a->level > CPU_LEVEL_WHICH)
		return (EINVAL);
	if (a->level == CPU_LEVEL_WHICH && which == CPU_WHICH_DOMAIN) {
		error = a->id == 0 ? 0 : ESRCH;
	} else if (a->level == CPU_LEVEL_WHICH && is_thread(which)) {
		error = own_mask(td, which, a->id, &mask);
	} else {
		error = find_set_at(td, a->level, which, a->id, &cs);
		if (error == 0) {
			mask = atomic_load(&cs->cs_mask);
			cpuset_release(cs);
		}
	}
	if (error != 0)
		return (error);
	return (copyout_set(mask & ALL_CPUS, a->mask, a->cpusetsize));
}

/* A thread's own choice, or that of all threads of a process. */
static int
choose(struct thread *td, int which, int64_t id, uint32_t mask)
{
	struct thread *other, *each;
	int error = lock_which(td, which, id, &other);

	if (error != 0)
		return (error);
	if (which == CPU_WHICH_TID)
		error = cpuset_choose(other, mask);
	else
		LIST_FOREACH (each, &other->td_proc->p_threads, td_plink)
			if (error == 0)
				error = cpuset_choose(each, mask);
	spin_unlock(&other->td_proc->p_lock);
	return (error);
}

int
sys_cpuset_setaffinity(
    struct thread *td, const struct cpuset_setaffinity_args *a)
{
	const int which = resolve(a->which, a->id);
	uint64_t mask = 0;
	struct cpuset *cs;
	int error = copyin_set(a->mask, a->cpusetsize, &mask);

	if (error != 0)
		return (error);
	if (mask == 0)
		return (EDEADLK);
	if (a->level < CPU_LEVEL_ROOT || a->level > CPU_LEVEL_WHICH ||
	    (mask & ~(uint64_t)ALL_CPUS) != 0)
		return (EINVAL);
	if (a->level == CPU_LEVEL_WHICH && is_thread(which))
		return (choose(td, which, a->id, cpuset_widen(mask)));
	error = find_set_at(td, a->level, which, a->id, &cs);
	if (error != 0)
		return (error);
	error = priv_check(td);
	if (error == 0)
		error = cpuset_change(cs, cpuset_widen(mask));
	cpuset_release(cs);
	return (error);
}

/* The process goes to cs, whose reference is the caller's. */
static int
move_to(struct thread *td, int64_t id, struct cpuset *cs)
{
	struct cpuset *old;
	struct thread *other;
	int error = lock_which(td, CPU_WHICH_PID, id, &other);

	if (error == 0) {
		error = cpuset_enter(other->td_proc, cs, &old);
		spin_unlock(&other->td_proc->p_lock);
	}
	cpuset_release(error == 0 ? old : cs);
	return (error);
}

int
sys_cpuset(struct thread *td, const struct cpuset_args *a)
{
	struct cpuset *cs = cpuset_create();
	int error;

	if (cs == NULL)
		return (ENOMEM);
	error = suword32(a->setid, (uint32_t)cs->cs_id);
	if (error != 0) {
		cpuset_release(cs);
		return (error);
	}
	return (move_to(td, -1, cs));
}

int
sys_cpuset_setid(struct thread *td, const struct cpuset_setid_args *a)
{
	struct cpuset *cs;

	if (a->which != CPU_WHICH_PID)
		return (EINVAL);
	cs = cpuset_find(a->setid);
	return (cs != NULL ? move_to(td, a->id, cs) : ESRCH);
}

int
sys_cpuset_getid(struct thread *td, const struct cpuset_getid_args *a)
{
	struct cpuset *cs;
	int error;

	if (a->level == CPU_LEVEL_WHICH && a->which != CPU_WHICH_CPUSET)
		return (EINVAL);
	error = find_set_at(td, a->level, resolve(a->which, a->id), a->id, &cs);
	if (error != 0)
		return (error);
	error = suword32(a->setid, (uint32_t)cs->cs_id);
	cpuset_release(cs);
	return (error);
}

/*
 * Memory.
 */
static bool
bad_domain_size(size_t size)
{
	return (size < sizeof(uint64_t) || size > CPUSET_BYTES);
}

/* Is there a policy to ask for or to set? 0, EINVAL, ESRCH, EPERM. */
static int
check_target(struct thread *td, int level, int which, int64_t id)
{
	struct cpuset *cs;
	int error;

	if (level < CPU_LEVEL_ROOT || level > CPU_LEVEL_WHICH)
		return (EINVAL);
	error = find_set(td, which, id, &cs);
	if (error == 0)
		cpuset_release(cs);
	return (error);
}

int
sys_cpuset_getdomain(struct thread *td, const struct cpuset_getdomain_args *a)
{
	const int which = resolve(a->which, a->id);
	uint32_t policy = POLICY_FIRSTTOUCH;
	struct thread *other;
	int error;

	if (bad_domain_size(a->domainsetsize))
		return (ERANGE);
	error = check_target(td, a->level, which, a->id);
	if (error == 0 && a->level == CPU_LEVEL_WHICH && is_thread(which)) {
		error = lock_which(td, which, a->id, &other);
		if (error == 0) {
			if (other->td_memory_policy != 0)
				policy = other->td_memory_policy;
			spin_unlock(&other->td_proc->p_lock);
		}
	}
	if (error == 0)
		error = copyout_set(ONLY_DOMAIN, a->mask, a->domainsetsize);
	return (error != 0 ? error : suword32(a->policy, policy));
}

int
sys_cpuset_setdomain(struct thread *td, const struct cpuset_setdomain_args *a)
{
	const int which = resolve(a->which, a->id);
	struct thread *other, *each;
	uint64_t mask = 0;
	int error;

	if (bad_domain_size(a->domainsetsize))
		return (ERANGE);
	error = copyin_set(a->mask, a->domainsetsize, &mask);
	if (error == 0 && (a->policy <= 0 || a->policy > POLICY_MAX))
		error = EINVAL;
	if (error == 0 && mask != ONLY_DOMAIN)
		error = mask == 0 ? EDEADLK : EINVAL;
	if (error == 0)
		error = check_target(td, a->level, which, a->id);
	if (error != 0)
		return (error);
	/* Of a set there is but the one it has. */
	if (a->level != CPU_LEVEL_WHICH || !is_thread(which))
		return (priv_check(td));
	error = lock_which(td, which, a->id, &other);
	if (error != 0)
		return (error);
	LIST_FOREACH (each, &other->td_proc->p_threads, td_plink)
		if (each == other || which == CPU_WHICH_PID)
			each->td_memory_policy = (uint8_t)a->policy;
	spin_unlock(&other->td_proc->p_lock);
	return (0);
}
