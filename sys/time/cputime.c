/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The clocks of CPU time used.  Another process's or thread's has an
 * id with the top bit set, as FreeBSD's <sys/time.h> forms them.
 */
#include "fbsd/errno.h"
#include "time/timekeeper.h"

#define CPUCLOCK	 0x80000000u
#define CPUCLOCK_PROCESS 0x40000000u
#define CPUCLOCK_ID	 0x3fffffffu

clockid_t
cpu_clock_of_proc(pid_t pid)
{
	return ((clockid_t)(CPUCLOCK | CPUCLOCK_PROCESS | (uint32_t)pid));
}

clockid_t
cpu_clock_of_thread(lwpid_t tid)
{
	return ((clockid_t)(CPUCLOCK | (uint32_t)tid));
}

uint64_t
proc_cputime(struct proc *p)
{
	struct thread *td;
	uint64_t ns;

	spin_lock(&p->p_lock);
	ns = p->p_runtime;
	LIST_FOREACH (td, &p->p_threads, td_plink)
		ns += sched_runtime(td);
	spin_unlock(&p->p_lock);
	return (ns);
}

static int
other_proc(struct thread *td, pid_t pid, uint64_t *ns)
{
	struct proc *p;
	int error = EINVAL;

	mutex_lock(&proctree_lock);
	p = proc_find(pid);
	if (p != NULL && proc_visible(td, p)) {
		*ns = proc_cputime(p);
		error = 0;
	}
	mutex_unlock(&proctree_lock);
	return (error);
}

static int
other_thread(struct thread *td, lwpid_t tid, uint64_t *ns)
{
	struct proc *p = td->td_proc;
	struct thread *other;

	spin_lock(&p->p_lock);
	other = proc_thread(p, tid);
	if (other != NULL)
		*ns = sched_runtime(other);
	spin_unlock(&p->p_lock);
	return (other != NULL ? 0 : EINVAL);
}

int
cpu_clock(struct thread *td, clockid_t id, uint64_t *ns)
{
	uint32_t code = (uint32_t)id;

	if (id == CLOCK_THREAD_CPUTIME_ID) {
		*ns = sched_runtime(td);
		return (0);
	}
	if (id == CLOCK_PROCESS_CPUTIME_ID) {
		*ns = proc_cputime(td->td_proc);
		return (0);
	}
	if ((code & CPUCLOCK) == 0)
		return (EINVAL);
	if (code & CPUCLOCK_PROCESS)
		return (other_proc(td, (pid_t)(code & CPUCLOCK_ID), ns));
	return (other_thread(td, (lwpid_t)(code & CPUCLOCK_ID), ns));
}
