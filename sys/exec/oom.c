/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Out of memory: the process with the most pages, of its own and of what its
 * descriptors stand for, is killed, and whoever needs memory waits for it to
 * go.  If it doesn't go in time, perhaps because it waits for something that
 * the one who needs memory holds, the next is killed, until it is the turn of
 * that one itself.
 */
#include "fbsd/signal.h"
#include "fbsd/errno.h"
#include "core/printf.h"
#include "file/file.h"
#include "proc/proc.h"
#include "proc/signal.h"
#include "proc/walk.h"
#include "vm/map.h"
#include "vm/pageout.h"

#define GRACE NSEC_PER_SEC /* the victim's time to go */
#define NAP   (NSEC_PER_SEC / 1000)

/* Guarded by (l) lock. */
static struct {
	struct mutex lock;
	struct cv cv;	/* never signalled: naps end by time */
	uint64_t until; /* (l) clock_ns(): its time is over */
} oom = {.lock = MUTEX_INITIALIZER(oom.lock, "oom"),
    .cv = CV_INITIALIZER(oom.cv, "oom")};

/* Its number, 0: there is none. (t) held, and let go of meanwhile. */
static pid_t
largest(uint64_t *pages)
{
	struct proc_walk w;
	struct proc *p;
	pid_t found = 0;

	*pages = 0;
	proc_walk_begin(&w, NULL);
	while ((p = proc_walk_next(&w)) != NULL) {
		uint64_t n = 0;

		spin_lock(&p->p_lock);
		/* Exit gives the memory up after P_EXITING. */
		if (p->p_state == P_ALIVE && p->p_image.vm != NULL &&
		    !(p->p_flags &
			(P_KERNEL | P_EXITING | P_OOMKILLED | P_PROTECTED)))
			n = vmspace_resident(p->p_image.vm);
		spin_unlock(&p->p_lock);
		if (n != 0)
			n += fdtable_memory(p) / PAGE_SIZE;
		if (n > *pages) {
			*pages = n;
			found = p->p_pid;
		}
	}
	proc_walk_end(&w);
	return (found);
}

/* False: there is nobody left. oom.lock held. */
static bool
kill_one(void)
{
	struct proc *p;
	uint64_t pages;
	pid_t pid;

	mutex_lock(&proctree_lock);
	pid = largest(&pages);
	p = proc_find(pid);
	if (pid != 0 && p != NULL) {
		oom.until = clock_ns() + GRACE;
		kprintf("out of memory: killed %s, pid %d, with %lu pages\n",
		    p->p_comm, p->p_pid, pages);
		spin_lock(&p->p_lock);
		proc_flags_set(p, P_OOMKILLED);
		(void)sig_send_locked(p, SIGKILL, NULL);
		spin_unlock(&p->p_lock);
	}
	mutex_unlock(&proctree_lock);
	return (pid != 0);
}

bool
oom_relieve(void)
{
	struct proc *p = curproc();
	bool again = true;

	if (p->p_flags & (P_KERNEL | P_EXITING | P_OOMKILLED))
		return (false);
	if (pageout_wait())
		return (true);
	mutex_lock(&oom.lock);
	if (page_low() && clock_ns() >= oom.until)
		again = kill_one();
	if (p->p_flags & P_OOMKILLED)
		again = false;
	if (again && page_low())
		(void)cv_timedwait(&oom.cv, &oom.lock, clock_ns() + NAP);
	mutex_unlock(&oom.lock);
	return (again);
}
