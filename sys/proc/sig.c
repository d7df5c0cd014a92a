/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signals, the sending side.
 *
 * A signal sent to a process waits in the process's queue until a thread
 * takes it; the sender only chooses a thread that could and pokes it: sets
 * TDF_SIGPENDING, ends its interruptible sleep, or interrupts the CPU where
 * it runs.  If that thread blocks the signal before it took it, or exits, it
 * pokes another one (sig_reassign()).  A signal sent to a thread waits in the
 * thread's own queue.
 *
 * Ignored signals end here.  So does job control: the default action of stop
 * signals, and what SIGCONT does whatever its action, happens in the sender,
 * so that a process stops also where its threads sleep.
 *
 * All of it works under p_lock, in any context.  Lock order: p_lock,
 * sa_lock, es_lock.
 */
#include "fbsd/errno.h"
#include "core/sysctl.h"
#include "proc/sigqueue.h"
#include "proc/walk.h"

static const uint8_t defaults[32] = {
    [SIGQUIT] = SD_CORE,
    [SIGILL] = SD_CORE,
    [SIGTRAP] = SD_CORE,
    [SIGABRT] = SD_CORE,
    [SIGEMT] = SD_CORE,
    [SIGFPE] = SD_CORE,
    [SIGBUS] = SD_CORE,
    [SIGSEGV] = SD_CORE,
    [SIGSYS] = SD_CORE,
    [SIGURG] = SD_IGNORE,
    [SIGSTOP] = SD_STOP,
    [SIGTSTP] = SD_TTYSTOP,
    [SIGCONT] = SD_CONT,
    [SIGCHLD] = SD_IGNORE,
    [SIGTTIN] = SD_TTYSTOP,
    [SIGTTOU] = SD_TTYSTOP,
    [SIGIO] = SD_IGNORE,
    [SIGWINCH] = SD_IGNORE,
    [SIGINFO] = SD_IGNORE,
};

enum sig_default
sig_default(int sig)
{
	return ((unsigned)sig < nitems(defaults) ? defaults[sig] : SD_KILL);
}

/* What is ignored is pending nevertheless for who waits for it, or blocks it,
 * if this is 0. */
static int discard_ignored = 1;
SYSCTL_INT(kern_sig_discard_ign, "kern.sig_discard_ign", CTL_AUTO, CTLFLAG_RW,
    &discard_ignored);

static bool
ignores(struct proc *p, int sig)
{
	/* One word, so whole without sa_lock. */
	return (sigismember(&p->p_sigacts->sa_ignore, sig));
}

static bool
catches(struct proc *p, int sig)
{
	return (sigismember(&p->p_sigacts->sa_catch, sig));
}

void
sig_poke(struct thread *td)
{
	atomic_or(&td->td_flags, TDF_SIGPENDING | TDF_AST);
	if (td != curthread())
		sched_interrupt(td);
}

static bool
takes(struct thread *td, int sig)
{
	return (!sigismember(&td->td_sigmask, sig) &&
		(td->td_flags & TDF_EXITING) == 0);
}

/* This thread, the first, or one that took a signal before: there is hardly
 * ever one that takes it if none of these does. */
static struct thread *
find_taker(struct proc *p, int sig)
{
	struct thread *td = curthread();

	if (td->td_proc == p && takes(td, sig))
		return (td);
	td = LIST_FIRST(&p->p_threads, struct thread, td_plink);
	if (td != NULL && takes(td, sig))
		return (td);
	if (p->p_sigtaker != NULL && takes(p->p_sigtaker, sig))
		return (p->p_sigtaker);
	LIST_FOREACH (td, &p->p_threads, td_plink)
		if (takes(td, sig)) {
			p->p_sigtaker = td;
			return (td);
		}
	return (NULL);
}

/* A thread that would take sig; *waiting: it is in sigwait(2) for it. */
static struct thread *
choose_thread(struct proc *p, int sig, bool *waiting)
{
	struct thread *td;

	LIST_FOREACH (td, &p->p_sigwaiters, td_sigwlink)
		if (sigismember(&td->td_sigwait, sig)) {
			*waiting = true;
			return (td);
		}
	*waiting = false;
	return (find_taker(p, sig));
}

void
sig_reassign(struct proc *p, sigset_t set)
{
	struct thread *td;
	bool waiting;
	int sig;

	while ((sig = sigset_first(&set)) != 0) {
		sigdelset(&set, sig);
		td = choose_thread(p, sig, &waiting);
		if (td != NULL)
			sig_poke(td);
	}
}

void
sig_forget(struct proc *p, int sig)
{
	struct thread *td;

	sigqueue_delete(&p->p_sigqueue, sig);
	if (!sigismember(&p->p_tdsignals, sig))
		return;
	sigdelset(&p->p_tdsignals, sig);
	LIST_FOREACH (td, &p->p_threads, td_plink)
		sigqueue_delete(&td->td_sigqueue, sig);
}

static void
forget_stops(struct proc *p)
{
	sig_forget(p, SIGSTOP);
	sig_forget(p, SIGTSTP);
	sig_forget(p, SIGTTIN);
	sig_forget(p, SIGTTOU);
}

bool
sig_stops(struct proc *p, int sig)
{
	enum sig_default sd = sig_default(sig);

	/*
	 * Nobody could continue an orphaned group.  pg_jobc is read without
	 * proctree_lock, which interrupt handlers can't take; a stop that
	 * races with the orphaning may go either way.
	 */
	return (sd == SD_STOP || (sd == SD_TTYSTOP && p->p_pgrp != NULL &&
				     p->p_pgrp->pg_jobc != 0));
}

void
sig_stop_process(struct proc *p, int sig)
{
	if (p->p_flags & (P_STOPPED | P_EXITING))
		return;
	p->p_stopsig = sig;
	/* Nothing to wait for until sig_stopped() has told the parent. */
	proc_flags_clear(p, P_CONTINUED);
	proc_flags_set(p, P_WAITED);
	proc_stop(p);
}

/* What sig does to job control before anything else. */
static void
job_control(struct proc *p, int sig)
{
	if (sig_is_stop(sig)) {
		sig_forget(p, SIGCONT);
	} else if (sig == SIGCONT) {
		forget_stops(p);
		if (p->p_flags & P_STOPPED) {
			p->p_stopsig = SIGCONT;
			proc_continue(p);
		}
	} else if (sig == SIGKILL && (p->p_flags & P_STOPPED)) {
		proc_continue(p);
	}
}

/*
 * Does the signal end here? Otherwise *tdp (NULL: a signal for the whole
 * process) becomes the thread to poke, or NULL if all block it.
 */
static bool
settled(struct proc *p, int sig, struct thread **tdp)
{
	struct thread *td = *tdp;
	bool waiting, open;

	if ((p->p_flags & (P_KERNEL | P_EXITING)) || p->p_state == P_ZOMBIE ||
	    (td != NULL && (td->td_flags & TDF_EXITING)))
		return (true);
	if (event_wanted(&p->p_events))
		event_notify(&p->p_events, NOTE_SIGNAL | sig);
	if (td == NULL)
		td = choose_thread(p, sig, &waiting);
	else
		waiting = sigismember(&td->td_sigwait, sig);
	open =
	    td != NULL && !waiting && takes(td, sig) && !sig_held_back(p, sig);
	if (ignores(p, sig) && (discard_ignored || open))
		return (true);
	job_control(p, sig);
	*tdp = td;
	if (!open || catches(p, sig))
		return (false);
	/* What init doesn't expect does it no harm. */
	if (p == initproc)
		return (true);
	switch (sig_default(sig)) {
	case SD_CONT:
		return (true);
	case SD_STOP:
	case SD_TTYSTOP:
		if (sig_stops(p, sig))
			sig_stop_process(p, sig);
		return (true);
	default:
		return (false);
	}
}

/* Where sig is to wait: for a thread, or with NULL for the process. */
static struct sigqueue *
queue_for(struct proc *p, struct thread *td, int sig)
{
	if (td == NULL)
		return (&p->p_sigqueue);
	sigaddset(&p->p_tdsignals, sig);
	return (&td->td_sigqueue);
}

static int
send(struct proc *p, struct thread *td, int sig, const struct siginfo *info)
{
	struct sigqueue *sq = queue_for(p, td, sig);
	int error;

	if (settled(p, sig, &td))
		return (0);
	error = sigqueue_add(sq, sig, info);
	if (error == 0 && td != NULL)
		sig_poke(td);
	return (error);
}

int
sig_send_locked(struct proc *p, int sig, const struct siginfo *info)
{
	return (send(p, NULL, sig, info));
}

int
sig_send_thread_locked(struct thread *td, int sig, const struct siginfo *info)
{
	return (send(td->td_proc, td, sig, info));
}

int
sig_send(struct proc *p, int sig, const struct siginfo *info)
{
	int error;

	spin_lock(&p->p_lock);
	error = send(p, NULL, sig, info);
	spin_unlock(&p->p_lock);
	return (error);
}

int
sig_send_thread(struct thread *td, int sig, const struct siginfo *info)
{
	struct proc *p = td->td_proc;
	int error;

	spin_lock(&p->p_lock);
	error = send(p, td, sig, info);
	spin_unlock(&p->p_lock);
	return (error);
}

bool
sig_send_static(struct proc *p, struct thread *td, struct ksiginfo *ksi)
{
	struct sigqueue *sq = queue_for(p, td, ksi->ksi_info.si_signo);

	if (settled(p, ksi->ksi_info.si_signo, &td))
		return (false);
	sigqueue_add_static(sq, ksi);
	if (td != NULL)
		sig_poke(td);
	return (true);
}

void
sig_send_pgrp(struct pgrp *pg, int sig)
{
	struct proc_walk w;
	struct proc *p;

	proc_walk_begin(&w, pg);
	do {
		while ((p = proc_walk_next(&w)) != NULL)
			sig_send(p, sig, NULL);
	} while (proc_walk_again(&w));
	proc_walk_end(&w);
}

void
sig_send_pgrp_locked(struct pgrp *pg, int sig)
{
	struct proc *p;

	LIST_FOREACH (p, &pg->pg_members, p_pglink)
		sig_send(p, sig, NULL);
}

void
sig_send_news(struct proc *p, int code, int status, uid_t ruid)
{
	struct proc *parent = p->p_parent;

	spin_lock(&parent->p_lock);
	p->p_news.ksi_info = (struct siginfo){.si_signo = SIGCHLD,
	    .si_code = code,
	    .si_status = status,
	    .si_pid = p->p_pid,
	    .si_uid = ruid};
	if (p->p_news.ksi_queue == NULL)
		(void)sig_send_static(parent, NULL, &p->p_news);
	spin_unlock(&parent->p_lock);
}

void
sig_withdraw_news(struct proc *p)
{
	/* Only with proctree_lock held does it come into the queue. */
	if (atomic_load(&p->p_news.ksi_queue) == NULL)
		return;
	spin_lock(&p->p_parent->p_lock);
	sigqueue_withdraw(&p->p_news);
	spin_unlock(&p->p_parent->p_lock);
}

/* The parent hears of a change, if it wants to. proctree_lock not held. */
static void
tell_parent(struct proc *p, int code, int status)
{
	struct proc *parent;
	uid_t ruid;

	mutex_lock(&proctree_lock);
	parent = p->p_parent;
	/* With proctree_lock held wait(2) doesn't see it before the signal. */
	spin_lock(&p->p_lock);
	if (code == CLD_CONTINUED)
		proc_flags_set(p, P_CONTINUED);
	else
		proc_flags_clear(p, P_WAITED);
	ruid = p->p_image.cred->cr_ruid;
	spin_unlock(&p->p_lock);
	if (parent != NULL && (parent->p_flags & P_KERNEL) == 0 &&
	    !(sigacts_action(parent, SIGCHLD).sa_flags & SA_NOCLDSTOP))
		sig_send_news(p, code, status, ruid);
	if (parent != NULL)
		proc_news(p);
	if (p->p_holder != NULL)
		p->p_holder->ph_ops->ph_changed(p->p_holder);
	mutex_unlock(&proctree_lock);
}

void
sig_stopped(struct proc *p)
{
	tell_parent(p, CLD_STOPPED, p->p_stopsig);
}

void
sig_continued(struct proc *p)
{
	/* Continued to be killed is no news to anybody. */
	if (p->p_stopsig == SIGCONT)
		tell_parent(p, CLD_CONTINUED, SIGCONT);
}
