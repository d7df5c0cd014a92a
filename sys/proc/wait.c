/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Zombies, and waiting for children: what is left of a process after its end
 * is its number, its status and what it has used.
 */
#include "lib/string.h"
#include "fbsd/errno.h"
#include "fbsd/time.h"
#include "fbsd/wait.h"
#include "core/sysctl.h"
#include "proc/proc.h"
#include "proc/resource.h"
#include "proc/signal.h"
#include "proc/thread.h"
#include "proc/uidinfo.h"

int
proc_status(const struct proc *p)
{
	return (p->p_xsig != 0 ? p->p_xsig : W_EXITCODE(p->p_xexit & 0xff, 0));
}

static void
timeval_add(struct timeval *a, const struct timeval *b)
{
	a->tv_sec += b->tv_sec;
	a->tv_usec += b->tv_usec;
	if (a->tv_usec >= (suseconds_t)USEC_PER_SEC) {
		a->tv_sec++;
		a->tv_usec -= (suseconds_t)USEC_PER_SEC;
	}
}

void
rusage_add(struct rusage *a, const struct rusage *b)
{
	timeval_add(&a->ru_utime, &b->ru_utime);
	timeval_add(&a->ru_stime, &b->ru_stime);
	a->ru_maxrss = MAX(a->ru_maxrss, b->ru_maxrss);
	/* The counts are longs from ru_ixrss to the end. */
	for (const long *from = &b->ru_ixrss; from <= &b->ru_nivcsw; from++)
		(&a->ru_ixrss)[from - &b->ru_ixrss] += *from;
}

void
proc_reap(struct thread *td, struct proc *p)
{
	struct proc *self = td->td_proc;
	struct rusage ru;

	proc_rusage(p, &ru);
	spin_lock(&self->p_lock);
	rusage_add(&self->p_cru, &ru);
	rusage_add(&self->p_cru, &p->p_cru);
	self->p_cruntime += p->p_runtime + p->p_cruntime;
	spin_unlock(&self->p_lock);
	sig_withdraw_news(p);
	if (p->p_holder != NULL)
		p->p_holder->ph_ops->ph_reaped(p->p_holder);
	proc_unlink(p);
	uidinfo_uncount_proc(p->p_uidinfo);
	mutex_unlock(&proctree_lock);
	proc_free(p);
}

/* SIGCHLD of a child that lives goes when wait(2) has told what it is about. */
static int dequeue_sigchld = 1;
SYSCTL_INT(kern_wait_dequeue_sigchld, "kern.wait_dequeue_sigchld", CTL_AUTO,
    CTLFLAG_RW, &dequeue_sigchld);

static bool
has_owner(struct proc *p, int idtype, int64_t id)
{
	struct cred *cr = proc_cred_hold(p);
	bool has = (idtype == P_UID ? cr->cr_uid : cr->cr_gid) == (unsigned)id;

	cred_release(cr);
	return (has);
}

static bool
selected(struct proc *p, const struct proc *self, int idtype, int64_t id)
{
	switch (idtype) {
	case P_ALL:
		/* A descriptor's process is waited for by name only. */
		return (p->p_holder == NULL);
	case P_PID:
		return (p->p_pid == id);
	case P_PGID:
		return (
		    p->p_pgrp->pg_id == (id == 0 ? self->p_pgrp->pg_id : id));
	case P_SID:
		return (p->p_pgrp->pg_session->s_sid == id);
	case P_UID:
	case P_GID:
		return (has_owner(p, idtype, id));
	case P_JAILID:
		return (id == 0); /* all are in the host's */
	default:
		return (false);
	}
}

static bool
idtype_valid(int idtype)
{
	switch (idtype) {
	case P_ALL:
	case P_PID:
	case P_PGID:
	case P_SID:
	case P_UID:
	case P_GID:
	case P_JAILID:
		return (true);
	default:
		return (false);
	}
}

static void
describe(struct proc *p, struct wait_result *wr, int code, int status, int word)
{
	struct cred *cr = proc_cred_hold(p);

	memset(wr, 0, sizeof(*wr));
	wr->pid = p->p_pid;
	wr->status = word;
	proc_rusage(p, &wr->ru);
	wr->cru = p->p_cru;
	wr->info = (struct siginfo){.si_signo = SIGCHLD,
	    .si_code = code,
	    .si_status = status,
	    .si_pid = p->p_pid,
	    .si_uid = cr->cr_ruid};
	cred_release(cr);
}

/* Of a living child, and told for good? proctree_lock released. */
static bool
told(struct proc *p, int options)
{
	if (!(options & WNOWAIT) && dequeue_sigchld)
		sig_withdraw_news(p);
	mutex_unlock(&proctree_lock);
	return (true);
}

bool
proc_report(
    struct thread *td, struct proc *p, int options, struct wait_result *wr)
{
	if (p->p_state == P_ZOMBIE) {
		if (!(options & WEXITED))
			return (false);
		describe(p, wr, p->p_xsig != 0 ? CLD_KILLED : CLD_EXITED,
		    p->p_xsig != 0 ? p->p_xsig : p->p_xexit, proc_status(p));
		if (options & WNOWAIT)
			mutex_unlock(&proctree_lock);
		else
			proc_reap(td, p);
		return (true);
	}
	spin_lock(&p->p_lock);
	if ((options & WUNTRACED) && (p->p_flags & P_STOPPED) &&
	    !(p->p_flags & P_WAITED) && p->p_nsuspended == p->p_nthreads) {
		if (!(options & WNOWAIT))
			proc_flags_set(p, P_WAITED);
		spin_unlock(&p->p_lock);
		describe(
		    p, wr, CLD_STOPPED, p->p_stopsig, W_STOPCODE(p->p_stopsig));
		return (told(p, options));
	}
	if ((options & WCONTINUED) && (p->p_flags & P_CONTINUED)) {
		if (!(options & WNOWAIT))
			proc_flags_clear(p, P_CONTINUED);
		spin_unlock(&p->p_lock);
		describe(p, wr, CLD_CONTINUED, SIGCONT, W_CONTINUED);
		return (told(p, options));
	}
	spin_unlock(&p->p_lock);
	return (false);
}

bool
wait_options_valid(int options)
{
	return (!(options & ~(WNOHANG | WUNTRACED | WCONTINUED | WNOWAIT |
				WEXITED | WTRAPPED)) &&
		(options & (WEXITED | WUNTRACED | WCONTINUED | WTRAPPED)));
}

/* The child with this number, or NULL. */
static struct proc *
child_of(const struct proc *self, int64_t pid)
{
	struct proc *p =
	    pid < 0 || pid > PID_MAX ? NULL : proc_find_any((pid_t)pid);

	return (p != NULL && p->p_parent == self ? p : NULL);
}

/* Is there a child to wait for? */
static bool
has_child(const struct proc *self, int idtype, int64_t id)
{
	struct proc *p;

	if (idtype == P_PID)
		return (child_of(self, id) != NULL);
	LIST_FOREACH (p, &self->p_children, p_sibling)
		if (selected(p, self, idtype, id))
			return (true);
	return (false);
}

/* Has a living child something to tell, whoever asks? */
static bool
has_changed(struct proc *p)
{
	bool changed;

	spin_lock(&p->p_lock);
	changed = (p->p_flags & (P_STOPPED | P_WAITED)) == P_STOPPED ||
		  (p->p_flags & P_CONTINUED);
	spin_unlock(&p->p_lock);
	return (changed);
}

/* As proc_report(), for the first child that was asked for. */
static bool
report_child(struct thread *td, int idtype, int64_t id, int options,
    struct wait_result *wr)
{
	struct proc *self = td->td_proc, *p, *next;

	if (idtype == P_PID) {
		p = child_of(self, id);
		return (p != NULL && proc_report(td, p, options, wr));
	}
	if (options & WEXITED)
		LIST_FOREACH (p, &self->p_zombies, p_newslink)
			if (selected(p, self, idtype, id))
				return (proc_report(td, p, options, wr));
	if (options & (WUNTRACED | WCONTINUED))
		LIST_FOREACH_SAFE (p, &self->p_changed, p_newslink, next) {
			if (!has_changed(p))
				list_remove(&p->p_newslink);
			else if (selected(p, self, idtype, id) &&
				 proc_report(td, p, options, wr))
				return (true);
		}
	return (false);
}

int
kern_wait(struct thread *td, int idtype, int64_t id, int options,
    struct wait_result *wr)
{
	struct proc *self = td->td_proc;
	int error;

	wr->pid = 0;
	if (!idtype_valid(idtype) || !wait_options_valid(options))
		return (EINVAL);
	mutex_lock(&proctree_lock);
	/* A signal goes first: what it tells of is withdrawn by the report. */
	do {
		if (report_child(td, idtype, id, options, wr))
			return (0);
		error = has_child(self, idtype, id) ? 0 : ECHILD;
		if (options & WNOHANG)
			break;
		if (error == 0)
			error = cv_wait_sig(&self->p_childcv, &proctree_lock);
	} while (error == 0);
	mutex_unlock(&proctree_lock);
	return (error);
}
