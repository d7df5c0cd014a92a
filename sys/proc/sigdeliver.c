/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signals, the taking side: a thread on its way back to user mode, or in an
 * interruptible sleep, looks at what it could take.
 *
 * sigfastblock(2) gives a thread a word in its own memory with which it
 * blocks all signals without a call; the kernel looks at the word when there
 * is something to deliver, and leaves a mark in it.
 */
#include "fbsd/errno.h"
#include "fbsd/ucontext.h"
#include "proc/abi.h"
#include "proc/sigqueue.h"
#include "vm/vm.h"

sigset_t
sig_deliverable(struct thread *td)
{
	static const int stops[] = {SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU};
	struct proc *p = td->td_proc;
	sigset_t set = sigset_less(
	    sigset_or(td->td_sigqueue.sq_signals, p->p_sigqueue.sq_signals),
	    td->td_sigmask);

	for (unsigned i = 0; (p->p_flags & P_VFORK) && i < nitems(stops); i++)
		sigdelset(&set, stops[i]);
	return (set);
}

/* Those that even sigfastblock(2) can't hold back. */
static void
only_unstoppable(sigset_t *set)
{
	sigset_t s = *set;

	sigset_cantmask(&s);
	*set = sigset_less(*set, s);
}

static void
action_of(struct proc *p, int sig, struct sigaction *act)
{
	struct sigacts *sa = p->p_sigacts;

	spin_lock(&sa->sa_lock);
	*act = sa->sa_actions[sig - 1];
	spin_unlock(&sa->sa_lock);
}

static void
take(struct thread *td, int sig, struct siginfo *info)
{
	struct sigqueue *sq = &td->td_sigqueue;

	if (!sigismember(&sq->sq_signals, sig))
		sq = &td->td_proc->p_sigqueue;
	sigqueue_take(sq, sig, info);
}

static int
first_of(const sigset_t *set)
{
	return (sigismember(set, SIGKILL) ? SIGKILL : sigset_first(set));
}

/* Looks without faulting: a word that isn't resident wasn't just set. */
static bool
fast_blocked_nosleep(struct thread *td)
{
	struct vmspace *vs = td_vmspace(td);
	paddr_t pa;
	unsigned prot;

	if (td->td_sigblock == 0 || vs == NULL ||
	    !pmap_extract(vs->vs_pmap, td->td_sigblock, &pa, &prot))
		return (false);
	pa |= td->td_sigblock & PAGE_MASK;
	return (*(volatile uint32_t *)phys_to_virt(pa) & ~SIGFASTBLOCK_FLAGS);
}

/* Before user mode: also leaves the mark that something is pending. */
static bool
fast_blocked(struct thread *td)
{
	uint32_t *word = (uint32_t *)td->td_sigblock, val;

	if (td->td_sigblock == 0 || fueword32(word, &val) != 0)
		return (false);
	while (val & ~SIGFASTBLOCK_FLAGS) {
		uint32_t seen;

		if (casueword32(word, val, &seen, val | SIGFASTBLOCK_PEND) != 0)
			return (false);
		if (seen == val)
			return (true);
		val = seen;
	}
	return (false);
}

/*
 * What a pending signal means for a sleep: 0 if it is ignored, which forgets
 * it. p_lock held.
 */
static int
interruption(struct thread *td, int sig)
{
	struct sigaction act;
	struct siginfo info;

	action_of(td->td_proc, sig, &act);
	if (act.sa_handler != SIG_IGN && act.sa_handler != SIG_DFL)
		return (act.sa_flags & SA_RESTART ? ERESTART : EINTR);
	if (act.sa_handler == SIG_DFL && sig_is_stop(sig))
		return (ERESTART);
	if (act.sa_handler == SIG_DFL && sig_default(sig) < SD_IGNORE)
		return (EINTR);
	take(td, sig, &info);
	return (0);
}

int
sig_interrupts_slow(struct thread *td)
{
	struct proc *p = td->td_proc;
	sigset_t set, wanted;
	int sig, error = 0;
	bool fast;

	if (td->td_flags & TDF_SUSPEND)
		return (ERESTART);
	spin_lock(&p->p_lock);
	set = sig_deliverable(td);
	fast = !sigisempty(&set) && fast_blocked_nosleep(td);
	if (fast)
		only_unstoppable(&set);
	wanted = sigset_and(td->td_sigwait,
	    sigset_or(td->td_sigqueue.sq_signals, p->p_sigqueue.sq_signals));
	if (!sigisempty(&wanted))
		error = EINTR;
	while (error == 0 && (sig = first_of(&set)) != 0) {
		sigdelset(&set, sig);
		error = interruption(td, sig);
	}
	/* What a fast block holds back gets its mark before user mode. */
	if (error == 0 && !fast)
		atomic_and(&td->td_flags, ~TDF_SIGPENDING);
	spin_unlock(&p->p_lock);
	return (error);
}

bool
sig_killed(struct thread *td)
{
	struct proc *p = td->td_proc;
	bool killed;

	spin_lock(&p->p_lock);
	killed = ((p->p_flags & P_SINGLE_EXIT) && p->p_single != td) ||
		 sigismember(&p->p_sigqueue.sq_signals, SIGKILL) ||
		 sigismember(&td->td_sigqueue.sq_signals, SIGKILL);
	spin_unlock(&p->p_lock);
	return (killed);
}

/* The default action. Called with p_lock held, which is held on return. */
static void
default_action(struct thread *td, int sig)
{
	struct proc *p = td->td_proc;

	if (p == initproc)
		return;
	switch (sig_default(sig)) {
	case SD_KILL:
	case SD_CORE:
		spin_unlock(&p->p_lock);
		kern_exit(td, 0, sig);
	case SD_STOP:
	case SD_TTYSTOP:
		if (!sig_stops(p, sig))
			break;
		sig_stop_process(p, sig);
		spin_unlock(&p->p_lock);
		(void)thread_suspend_check(td, false);
		spin_lock(&p->p_lock);
		break;
	case SD_IGNORE:
	case SD_CONT:
		break;
	}
}

/* The next signal with a handler, taken, or 0. p_lock held. */
static int
next_caught(
    struct thread *td, bool fast, struct sigaction *act, struct siginfo *info)
{
	struct proc *p = td->td_proc;
	sigset_t set;
	int sig;

	for (;;) {
		set = sig_deliverable(td);
		if (fast)
			only_unstoppable(&set);
		sig = first_of(&set);
		if (sig == 0)
			return (0);
		take(td, sig, info);
		action_of(p, sig, act);
		if (act->sa_handler == SIG_DFL)
			default_action(td, sig);
		else if (act->sa_handler != SIG_IGN)
			return (sig);
	}
}

/* Goes into the handler. p_lock held; not on return. */
static void
enter_handler(struct thread *td, int sig, const struct sigaction *act,
    const struct siginfo *info)
{
	struct proc *p = td->td_proc;
	sigset_t oldmask = td->td_sigmask, blocked;

	if (td->td_flags & TDF_OLDMASK) {
		oldmask = td->td_oldsigmask;
		atomic_and(&td->td_flags, ~TDF_OLDMASK);
	}
	td->td_sigmask = sigset_or(td->td_sigmask, act->sa_mask);
	if ((act->sa_flags & SA_NODEFER) == 0)
		sigaddset(&td->td_sigmask, sig);
	sigset_cantmask(&td->td_sigmask);
	if (!sigisempty(&p->p_sigqueue.sq_signals)) {
		blocked = sigset_and(td->td_sigmask, p->p_sigqueue.sq_signals);
		sig_reassign(p, blocked);
	}
	if (act->sa_flags & SA_RESETHAND) {
		spin_lock(&p->p_sigacts->sa_lock);
		sigacts_reset(p->p_sigacts, sig);
		spin_unlock(&p->p_sigacts->sa_lock);
	}
	spin_unlock(&p->p_lock);
	td->td_ru.nsignals++;
	p->p_abi->abi_sendsig(td, act, info, &oldmask);
}

void
sig_deliver(struct thread *td)
{
	struct proc *p = td->td_proc;
	struct sigaction act;
	struct siginfo info;
	bool fast;
	int sig;

	atomic_and(&td->td_flags, ~TDF_SIGPENDING);
	fast = fast_blocked(td);
	for (;;) {
		spin_lock(&p->p_lock);
		sig = next_caught(td, fast, &act, &info);
		if (sig == 0)
			break;
		enter_handler(td, sig, &act, &info);
	}
	spin_unlock(&p->p_lock);
}

void
trap_signal(struct thread *td, int sig, int code, uint64_t addr, int trapno)
{
	struct proc *p = td->td_proc;
	struct siginfo info = {.si_signo = sig,
	    .si_code = code,
	    .si_addr = addr,
	    .si_reason.fault.si_trapno = trapno};
	struct sigaction act;

	spin_lock(&p->p_lock);
	action_of(p, sig, &act);
	if (act.sa_handler == SIG_DFL || act.sa_handler == SIG_IGN ||
	    sigismember(&td->td_sigmask, sig)) {
		spin_unlock(&p->p_lock);
		kern_exit(td, 0, sig);
	}
	enter_handler(td, sig, &act, &info);
}

void
sig_thread_exit(struct thread *td)
{
	struct proc *p = td->td_proc;

	spin_lock(&p->p_lock);
	atomic_or(&td->td_flags, TDF_EXITING);
	if (p->p_sigtaker == td)
		p->p_sigtaker = NULL;
	sigqueue_flush(&td->td_sigqueue);
	if (p->p_nthreads > 1)
		sig_reassign(
		    p, sigset_less(p->p_sigqueue.sq_signals, td->td_sigmask));
	spin_unlock(&p->p_lock);
}
