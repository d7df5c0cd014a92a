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
#include "proc/walk.h"

/* Guarded by (l) lock, inside p_lock. */
static struct {
	struct spin lock;
	struct cv cv;	   /* with lock: left is 0 */
	bool busy;	   /* (l) from the beginning until the end is over */
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
	struct proc_walk w;
	struct proc *p;

	mutex_lock(&proctree_lock);
	proc_walk_begin(&w, NULL);
	do
		p = proc_walk_next(&w);
	while (p != NULL && (p->p_flags & (P_QUIESCE | P_STILL)) != P_QUIESCE);
	proc_walk_end(&w);
	mutex_unlock(&proctree_lock);
	return (p != NULL ? p->p_pid : 0);
}

static bool
begin(struct thread *td)
{
	bool first;

	spin_lock(&quiesce.lock);
	first = !quiesce.busy;
	if (first) {
		quiesce.busy = true;
		quiesce.by = td;
	}
	spin_unlock(&quiesce.lock);
	return (first);
}

/* Asks all that there are; who comes meanwhile is asked as it comes. */
static void
ask_all(void)
{
	struct proc_walk w;
	struct proc *p;

	mutex_lock(&proctree_lock);
	proc_walk_begin(&w, NULL);
	while ((p = proc_walk_next(&w)) != NULL) {
		spin_lock(&p->p_lock);
		if (quiesce_joins(p)) {
			ask_to_suspend(p);
			quiesce_stopped(p);
		}
		spin_unlock(&p->p_lock);
	}
	proc_walk_end(&w);
	mutex_unlock(&proctree_lock);
}

int
quiesce_begin(struct thread *td, uint64_t deadline, pid_t *pid)
{
	int error = 0;

	if (!begin(td))
		return (EBUSY);
	ask_all();
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

static void
let_all_go(void)
{
	struct proc_walk w;
	struct proc *p;

	mutex_lock(&proctree_lock);
	proc_walk_begin(&w, NULL);
	while ((p = proc_walk_next(&w)) != NULL) {
		spin_lock(&p->p_lock);
		proc_flags_clear(p, P_QUIESCE | P_STILL);
		cv_broadcast(&p->p_suspendcv);
		spin_unlock(&p->p_lock);
	}
	proc_walk_end(&w);
	mutex_unlock(&proctree_lock);
}

void
quiesce_end(void)
{
	spin_lock(&quiesce.lock);
	quiesce.by = NULL;
	quiesce.left = 0;
	spin_unlock(&quiesce.lock);
	/* Nobody joins any more. */
	let_all_go();
	spin_lock(&quiesce.lock);
	quiesce.busy = false;
	spin_unlock(&quiesce.lock);
}
