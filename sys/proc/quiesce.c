/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See quiesce.h.  A process that is asked (P_QUIESCE) is counted until it
 * stands still (P_STILL): all its threads are in thread_suspend_check(), or it
 * has none any more.  From then on it stays so, since nobody is left in it
 * that could start a thread; what a process forks before is asked as well, and
 * counted before its parent is through.  A child of vfork goes on until its
 * parent may, which couldn't stop before.
 */
#include "fbsd/errno.h"
#include "proc/proc.h"
#include "proc/quiesce.h"
#include "proc/thread.h"

/* Guarded by (l) lock, inside p_lock; (!) set before and after all that. */
static struct {
	struct spin lock;
	struct cv cv;	   /* with lock: left is 0 */
	struct thread *by; /* (l) the one that goes on, NULL: all do */
	unsigned left;	   /* (l) processes asked that don't stand still */
} quiesce = {.lock = SPIN_INITIALIZER("quiesce"),
    .cv = CV_INITIALIZER(quiesce.cv, "quiesce")};

bool
quiesce_holds(const struct proc *p, const struct thread *td)
{
	return ((p->p_flags & (P_QUIESCE | P_VFORK)) == P_QUIESCE &&
		td != quiesce.by);
}

bool
quiesce_joins(struct proc *p)
{
	spin_assert_held(&p->p_lock);
	if (__predict_true(atomic_load(&quiesce.by) == NULL) ||
	    (p->p_flags & P_KERNEL) != 0)
		return (false);
	spin_lock(&quiesce.lock);
	if (quiesce.by != NULL && (p->p_flags & P_QUIESCE) == 0) {
		proc_flags_set(p, P_QUIESCE);
		quiesce.left++;
	}
	spin_unlock(&quiesce.lock);
	return ((p->p_flags & P_QUIESCE) != 0);
}

void
quiesce_stopped(struct proc *p)
{
	unsigned but;

	spin_assert_held(&p->p_lock);
	if (__predict_true((p->p_flags & (P_QUIESCE | P_STILL)) != P_QUIESCE))
		return;
	but = quiesce.by != NULL && quiesce.by->td_proc == p ? 1 : 0;
	if (p->p_nsuspended + but != p->p_nthreads)
		return;
	proc_flags_set(p, P_STILL);
	spin_lock(&quiesce.lock);
	/* Or else it was given up meanwhile. */
	if (quiesce.by != NULL && --quiesce.left == 0)
		cv_broadcast(&quiesce.cv);
	spin_unlock(&quiesce.lock);
}

/* Somebody who doesn't stand still; 0: all do by now. */
static pid_t
who_goes_on(void)
{
	struct proc *p;
	pid_t pid = 0;

	mutex_lock(&proctree_lock);
	LIST_FOREACH (p, &allproc, p_all)
		if ((p->p_flags & (P_QUIESCE | P_STILL)) == P_QUIESCE)
			pid = p->p_pid;
	mutex_unlock(&proctree_lock);
	return (pid);
}

static bool
begin(struct thread *td)
{
	bool first;

	spin_lock(&quiesce.lock);
	first = quiesce.by == NULL;
	if (first)
		quiesce.by = td;
	spin_unlock(&quiesce.lock);
	return (first);
}

int
quiesce_begin(struct thread *td, uint64_t deadline, pid_t *pid)
{
	struct proc *p;
	int error = 0;

	if (!begin(td))
		return (EBUSY);
	mutex_lock(&proctree_lock);
	LIST_FOREACH (p, &allproc, p_all) {
		spin_lock(&p->p_lock);
		if (quiesce_joins(p)) {
			ask_to_suspend(p);
			quiesce_stopped(p);
		}
		spin_unlock(&p->p_lock);
	}
	mutex_unlock(&proctree_lock);
	spin_lock(&quiesce.lock);
	while (quiesce.left > 0 && error == 0)
		error = cv_timedwait_spin(&quiesce.cv, &quiesce.lock, deadline);
	error = quiesce.left > 0 ? ETIMEDOUT : 0;
	spin_unlock(&quiesce.lock);
	if (error != 0) {
		*pid = who_goes_on();
		quiesce_end();
	}
	return (error);
}

void
quiesce_end(void)
{
	struct proc *p;

	mutex_lock(&proctree_lock);
	spin_lock(&quiesce.lock);
	quiesce.by = NULL;
	quiesce.left = 0;
	spin_unlock(&quiesce.lock);
	LIST_FOREACH (p, &allproc, p_all) {
		spin_lock(&p->p_lock);
		proc_flags_clear(p, P_QUIESCE | P_STILL);
		cv_broadcast(&p->p_suspendcv);
		spin_unlock(&p->p_lock);
	}
	mutex_unlock(&proctree_lock);
}
