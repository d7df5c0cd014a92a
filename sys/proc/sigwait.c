/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads that wait for signals.  What ends a wait is decided under p_lock
 * by sig_interrupts(), which any interruptible sleep asks before it begins
 * and when it is poked; so the lock given to the sleep guards nothing.
 */
#include "fbsd/errno.h"
#include "proc/sigqueue.h"

static int
wait_poked(struct thread *td, uint64_t deadline)
{
	struct spin s;
	int error;

	spin_init(&s, "sigwait");
	spin_lock(&s);
	error = cv_wait_spin_sig(&td->td_sigcv, &s, deadline);
	spin_unlock(&s);
	return (error);
}

/* Takes a pending signal of set, if there is one. p_lock held. */
static bool
take_wanted(struct thread *td, sigset_t set, struct siginfo *info)
{
	struct sigqueue *own = &td->td_sigqueue;
	struct sigqueue *all = &td->td_proc->p_sigqueue;
	int sig;

	set = sigset_and(set, sigset_or(own->sq_signals, all->sq_signals));
	sig = sigset_first(&set);
	if (sig == 0)
		return (false);
	sigqueue_take(
	    sigismember(&own->sq_signals, sig) ? own : all, sig, info);
	return (true);
}

/* From now on td waits for these. p_lock held. */
static void
set_wanted(struct thread *td, sigset_t set)
{
	td->td_sigwait = set;
	list_remove(&td->td_sigwlink);
	if (!sigisempty(&set))
		list_push_back(&td->td_proc->p_sigwaiters, &td->td_sigwlink);
}

int
kern_sigtimedwait(struct thread *td, const sigset_t *setp, struct siginfo *info,
    uint64_t deadline)
{
	struct proc *p = td->td_proc;
	sigset_t set = *setp, none;
	bool got;
	int error;

	sigset_cantmask(&set);
	sigemptyset(&none);
	for (error = 0;;) {
		spin_lock(&p->p_lock);
		got = take_wanted(td, set, info);
		if (!got && error == 0 && deadline <= clock_ns())
			error = ETIMEDOUT;
		set_wanted(td, got || error != 0 ? none : set);
		spin_unlock(&p->p_lock);
		if (got) {
			td->td_ru.nsignals++;
			return (0);
		}
		if (error != 0)
			break;
		error = wait_poked(td, deadline);
	}
	if (error == ETIMEDOUT)
		return (EAGAIN);
	return (deadline != NO_DEADLINE && error == ERESTART ? EINTR : error);
}

int
kern_sigsuspend(struct thread *td, const sigset_t *mask)
{
	sig_push_mask(td, mask);
	while (wait_poked(td, NO_DEADLINE) == 0)
		;
	return (EINTR);
}
