/* SPDX-License-Identifier: BSD-2-Clause */
/* Usage, limits and priorities. */
#include "fbsd/errno.h"
#include "proc/resource.h"
#include "proc/thread.h"
#include "fbsd/time.h"
#include "vm/vm.h"

/* Nice moves a thread by half its value around the class's middle. */
#define NICE_MIDDLE (PRI_TIMESHARE + 10)

static void
set_times(struct rusage *ru, uint64_t total, uint64_t system)
{
	system = MIN(system, total);
	ru->ru_utime = ns_timeval(total - system);
	ru->ru_stime = ns_timeval(system);
}

void
proc_rusage(struct proc *p, struct rusage *ru)
{
	struct thread *td;
	uint64_t total, system;

	spin_lock(&p->p_lock);
	*ru = p->p_ru;
	total = p->p_runtime;
	system = p->p_stime;
	LIST_FOREACH (td, &p->p_threads, td_plink) {
		total += sched_runtime(td);
		system += td->td_stime;
		thread_usage(p, td, ru);
	}
	spin_unlock(&p->p_lock);
	set_times(ru, total, system);
	if (p->p_image.vm != NULL && p == curproc())
		ru->ru_maxrss = MAX(ru->ru_maxrss,
		    (long)(vmspace_resident(p->p_image.vm) * PAGE_SIZE / 1024));
}

void
thread_rusage(struct thread *td, struct rusage *ru)
{
	*ru = (struct rusage){0};
	spin_lock(&td->td_proc->p_lock);
	thread_usage(td->td_proc, td, ru);
	spin_unlock(&td->td_proc->p_lock);
	set_times(ru, sched_runtime(td), td->td_stime);
}

uint64_t
vm_limit(const struct vmspace *vs, int which)
{
	struct proc *p = curproc();

	return (vs == p->p_image.vm ? proc_limit(p, which) : RLIM_INFINITY);
}

/* What the system gives at most of a resource, and at least. */
static void
system_limits(unsigned which, int64_t *most, int64_t *least)
{
	*most = RLIM_INFINITY;
	*least = 0;
	switch (which) {
	case RLIMIT_DATA:
		*most = DATA_MAX;
		break;
	case RLIMIT_STACK:
		*most = STACK_MAX;
		break;
	case RLIMIT_NOFILE:
		*most = fd_most();
		break;
	case RLIMIT_NPROC:
		*most = maxprocperuid;
		*least = 1;
		break;
	}
}

int
kern_setrlimit(
    struct thread *td, struct proc *p, unsigned which, const struct rlimit *rl)
{
	struct rlimit new = *rl;
	int64_t most, least;
	int error = 0;

	if (which >= RLIM_NLIMITS)
		return (EINVAL);
	if (new.rlim_cur < 0)
		new.rlim_cur = RLIM_INFINITY;
	if (new.rlim_max < 0)
		new.rlim_max = RLIM_INFINITY;
	system_limits(which, &most, &least);
	spin_lock(&p->p_lock);
	if (new.rlim_cur > p->p_limits[which].rlim_max ||
	    new.rlim_max > p->p_limits[which].rlim_max)
		error = priv_check(td);
	new.rlim_cur = MIN(new.rlim_cur, new.rlim_max);
	new.rlim_cur = MAX(MIN(new.rlim_cur, most), least);
	new.rlim_max = MAX(MIN(new.rlim_max, most), least);
	if (error == 0)
		p->p_limits[which] = new;
	spin_unlock(&p->p_lock);
	if (error == 0 && which == RLIMIT_CPU)
		itimer_cpu_limit(p);
	return (error);
}

/* Of this class, with the level and the niceness that it has. */
static unsigned
priority_of(const struct thread *td, unsigned class)
{
	switch (class) {
	case RTP_PRIO_REALTIME:
	case RTP_PRIO_FIFO:
		return (PRI_REALTIME + td->td_prio);
	case RTP_PRIO_IDLE:
		return (PRI_IDLE + td->td_prio);
	default:
		return ((unsigned)(NICE_MIDDLE + td->td_proc->p_nice / 2));
	}
}

static void
set_priority(struct thread *td, unsigned class)
{
	sched_set_priority(td, class, priority_of(td, class));
}

int
thread_set_rtprio(struct thread *td, const struct rtprio *rtp)
{
	switch (rtp->type) {
	case RTP_PRIO_REALTIME:
	case RTP_PRIO_FIFO:
	case RTP_PRIO_IDLE:
	case RTP_PRIO_NORMAL:
		if (rtp->prio > RTP_PRIO_MAX && rtp->type != RTP_PRIO_NORMAL)
			return (EINVAL);
		break;
	default:
		return (EINVAL);
	}
	td->td_prio = rtp->prio;
	set_priority(td, rtp->type);
	return (0);
}

void
thread_get_rtprio(struct thread *td, struct rtprio *rtp)
{
	rtp->type = td->td_prio_class;
	rtp->prio = td->td_prio;
}

void
proc_set_nice(struct proc *p, int nice)
{
	struct thread *td;

	p->p_nice = MAX(PRIO_MIN, MIN(nice, PRIO_MAX));
	LIST_FOREACH (td, &p->p_threads, td_plink)
		set_priority(td, td->td_prio_class);
}
