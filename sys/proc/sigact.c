/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signal actions of a process and signal masks of a thread.
 */
#include "lib/string.h"
#include "fbsd/errno.h"
#include "proc/sigqueue.h"
#include "vm/kmem.h"

#define SA_ALL                                                                 \
	(SA_ONSTACK | SA_RESTART | SA_RESETHAND | SA_NOCLDSTOP | SA_NODEFER |  \
	    SA_NOCLDWAIT | SA_SIGINFO)

void
sigacts_init(struct sigacts *sa)
{
	memset(sa, 0, sizeof(*sa));
	sa->sa_refs = 1;
	spin_init(&sa->sa_lock, "sigacts");
	for (int sig = 1; sig <= SIGRTMAX; sig++)
		if (sig_default(sig) == SD_IGNORE)
			sigaddset(&sa->sa_ignore, sig);
}

struct sigacts *
sigacts_copy(struct sigacts *sa)
{
	struct sigacts *new = kmem_alloc(sizeof(*new), 0);

	if (new == NULL)
		return (NULL);
	spin_lock(&sa->sa_lock);
	memcpy(new->sa_actions, sa->sa_actions, sizeof(new->sa_actions));
	new->sa_ignore = sa->sa_ignore;
	new->sa_catch = sa->sa_catch;
	spin_unlock(&sa->sa_lock);
	new->sa_refs = 1;
	spin_init(&new->sa_lock, "sigacts");
	return (new);
}

int
sigacts_fork(struct proc *p, struct proc *parent, bool share)
{
	if (share)
		refcount_take(&parent->p_sigacts->sa_refs);
	p->p_sigacts =
	    share ? parent->p_sigacts : sigacts_copy(parent->p_sigacts);
	return (p->p_sigacts == NULL ? ENOMEM : 0);
}

void
sigacts_release(struct sigacts *sa)
{
	if (refcount_drop(&sa->sa_refs))
		kmem_free(sa, sizeof(*sa));
}

int
sigacts_exec_copy(struct proc *p, struct sigacts **own)
{
	struct sigacts *sa = p->p_sigacts;

	*own = NULL;
	if (atomic_load(&sa->sa_refs) == 1)
		return (0);
	*own = sigacts_copy(sa);
	return (*own == NULL ? ENOMEM : 0);
}

struct sigaction
sigacts_action(struct proc *p, int sig)
{
	struct sigaction act;
	struct sigacts *sa;

	spin_lock(&p->p_lock);
	sa = p->p_sigacts;
	spin_lock(&sa->sa_lock);
	act = sa->sa_actions[sig - 1];
	spin_unlock(&sa->sa_lock);
	spin_unlock(&p->p_lock);
	return (act);
}

static void
set_action(struct sigacts *sa, int sig, const struct sigaction *act)
{
	sa->sa_actions[sig - 1] = *act;
	sigset_cantmask(&sa->sa_actions[sig - 1].sa_mask);
	sigdelset(&sa->sa_ignore, sig);
	sigdelset(&sa->sa_catch, sig);
	if (act->sa_handler == SIG_IGN ||
	    (act->sa_handler == SIG_DFL && sig_default(sig) == SD_IGNORE))
		sigaddset(&sa->sa_ignore, sig);
	else if (act->sa_handler != SIG_DFL)
		sigaddset(&sa->sa_catch, sig);
}

void
sigacts_reset(struct sigacts *sa, int sig)
{
	struct sigaction dfl = {.sa_handler = SIG_DFL};

	set_action(sa, sig, &dfl);
}

int
kern_sigaction(struct thread *td, int sig, const struct sigaction *act,
    struct sigaction *old)
{
	struct proc *p = td->td_proc;
	struct sigacts *sa = p->p_sigacts;

	if (!sig_valid(sig))
		return (EINVAL);
	if (act != NULL && (act->sa_flags & ~SA_ALL))
		return (EINVAL);
	if ((sig == SIGKILL || sig == SIGSTOP) && act != NULL &&
	    act->sa_handler != SIG_DFL)
		return (EINVAL);
	spin_lock(&p->p_lock);
	spin_lock(&sa->sa_lock);
	if (old != NULL)
		*old = sa->sa_actions[sig - 1];
	if (act != NULL) {
		set_action(sa, sig, act);
		if (sigismember(&sa->sa_ignore, sig))
			sig_forget(p, sig);
		if (sig == SIGCHLD) {
			proc_flags_clear(p, P_NOCHLDWAIT);
			if (act->sa_handler == SIG_IGN ||
			    (act->sa_flags & SA_NOCLDWAIT))
				proc_flags_set(p, P_NOCHLDWAIT);
		}
	}
	spin_unlock(&sa->sa_lock);
	spin_unlock(&p->p_lock);
	return (0);
}

void
sig_exec(struct proc *p)
{
	struct thread *td = curthread();
	struct sigacts *sa = p->p_sigacts;
	int sig;

	spin_lock(&p->p_lock);
	spin_lock(&sa->sa_lock);
	while ((sig = sigset_first(&sa->sa_catch)) != 0) {
		sigacts_reset(sa, sig);
		if (sig_default(sig) == SD_IGNORE)
			sig_forget(p, sig);
	}
	/* To wait for one's children is a new program's good right. */
	sigacts_reset(sa, SIGCHLD);
	proc_flags_clear(p, P_NOCHLDWAIT);
	spin_unlock(&sa->sa_lock);
	spin_unlock(&p->p_lock);
	if (td->td_proc == p) {
		td->td_sigstk = (struct sigaltstack){.ss_flags = SS_DISABLE};
		td->td_sigblock = 0;
	}
}

/* td_sigmask becomes mask. p_lock held. */
static void
change_mask(struct thread *td, sigset_t mask)
{
	struct proc *p = td->td_proc;
	sigset_t blocked, open;

	sigset_cantmask(&mask);
	blocked = sigset_less(mask, td->td_sigmask);
	td->td_sigmask = mask;
	if (!sigisempty(&p->p_sigqueue.sq_signals)) {
		/* What it would have taken is for others now. */
		blocked = sigset_and(blocked, p->p_sigqueue.sq_signals);
		sig_reassign(p, blocked);
	}
	open = sig_deliverable(td);
	if (!sigisempty(&open))
		atomic_or(&td->td_flags, TDF_SIGPENDING | TDF_AST);
}

void
sig_set_mask(struct thread *td, const sigset_t *mask)
{
	struct proc *p = td->td_proc;

	spin_lock(&p->p_lock);
	change_mask(td, *mask);
	spin_unlock(&p->p_lock);
}

void
sig_push_mask(struct thread *td, const sigset_t *mask)
{
	td->td_oldsigmask = td->td_sigmask;
	atomic_or(&td->td_flags, TDF_OLDMASK | TDF_AST);
	sig_set_mask(td, mask);
}

void
sig_pop_mask(struct thread *td)
{
	if ((td->td_flags & TDF_OLDMASK) == 0)
		return;
	atomic_and(&td->td_flags, ~TDF_OLDMASK);
	sig_set_mask(td, &td->td_oldsigmask);
}

int
kern_sigprocmask(struct thread *td, int how, const sigset_t *set, sigset_t *old)
{
	sigset_t mask = td->td_sigmask;

	if (old != NULL)
		*old = mask;
	if (set == NULL)
		return (0);
	switch (how) {
	case SIG_BLOCK:
		mask = sigset_or(mask, *set);
		break;
	case SIG_UNBLOCK:
		mask = sigset_less(mask, *set);
		break;
	case SIG_SETMASK:
		mask = *set;
		break;
	default:
		return (EINVAL);
	}
	sigset_cantmask(&mask);
	if (!sigset_equal(&mask, &td->td_sigmask))
		sig_set_mask(td, &mask);
	return (0);
}
