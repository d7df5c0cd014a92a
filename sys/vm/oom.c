/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Out of memory: the process with the most pages is killed, one at a time,
 * and whoever needs memory waits for it to go.
 */
#include "fbsd/signal.h"
#include "fbsd/errno.h"
#include "kern/printf.h"
#include "kern/proc.h"
#include "kern/signal.h"
#include "vm/map.h"

#define GRACE NSEC_PER_SEC /* the victim's time to go */
#define NAP   (NSEC_PER_SEC / 1000)

/* Guarded by (l) lock. */
static struct {
	struct mutex lock;
	struct cv cv;	/* never signalled: naps end by time */
	pid_t victim;	/* (l) on its way out */
	uint64_t until; /* (l) clock_ns(): its time is over */
} oom = {.lock = MUTEX_INITIALIZER(oom.lock, "oom"),
    .cv = CV_INITIALIZER(oom.cv, "oom")};

/* (t) held. */
static struct proc *
largest(uint64_t *pages)
{
	struct proc *p, *found = NULL;

	*pages = 0;
	LIST_FOREACH (p, &allproc, p_all) {
		struct vmspace *vs = p->p_vm;
		uint64_t n;

		if (p->p_state != P_ALIVE || p->p_flags & P_KERNEL ||
		    vs == NULL)
			continue;
		n = vmspace_resident(vs);
		if (n > *pages) {
			*pages = n;
			found = p;
		}
	}
	return (found);
}

/* oom.lock held. */
static void
kill_one(void)
{
	struct proc *p;
	uint64_t pages;

	mutex_lock(&proctree_lock);
	p = largest(&pages);
	if (p != NULL) {
		oom.victim = p->p_pid;
		oom.until = clock_ns() + GRACE;
		kprintf("out of memory: killed %s, pid %d, with %lu pages\n",
		    p->p_comm, p->p_pid, pages);
		(void)sig_send(p, SIGKILL, NULL);
	}
	mutex_unlock(&proctree_lock);
}

bool
oom_relieve(void)
{
	struct thread *td = curthread();
	bool again;

	if (td->td_proc->p_flags & (P_KERNEL | P_EXITING))
		return (false);
	mutex_lock(&oom.lock);
	if (page_low() && clock_ns() >= oom.until)
		kill_one();
	again = oom.victim != td->td_proc->p_pid;
	if (again && page_low())
		(void)cv_timedwait(&oom.cv, &oom.lock, clock_ns() + NAP);
	mutex_unlock(&oom.lock);
	return (again);
}
