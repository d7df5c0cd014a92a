/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end of a process.  What is left is a zombie: see proc/wait.c.
 */
#include "amd64/md.h"
#include "fbsd/event.h"
#include "fbsd/procctl.h"
#include "exec/exec.h"
#include "file/fdtable.h"
#include "core/printf.h"
#include "ipc/sysv_sem.h"
#include "proc/proc.h"
#include "proc/sigqueue.h"
#include "core/sysctl.h"
#include "proc/thread.h"
#include "time/time.h"
#include "tty/tty.h"
#include "vfs/acct.h"
#include "vfs/aio.h"
#include "vfs/namei.h"

void (*exit_hook)(const struct proc *p, int code, int sig);

static int logsigexit = 1;
SYSCTL_INT(kern_logsigexit, "kern.logsigexit", CTL_AUTO, CTLFLAG_RW,
    &logsigexit, "Log processes that signals end");

/* Each part lets go of what it has for p.  Memory last: closing files may need
 * it... and vfork's parent waits. */
static void
release_resources(struct thread *td)
{
	struct proc *p = td->td_proc;

	itimer_exit(p);
	aio_leave(p);
	if (p->p_sem != NULL)
		sem_exit(p);
	fdtable_exit(p);
	dirs_exit(p);
	md_thread_free(td); /* no user mode any more */
	image_exit(p);
	proc_vfork_done(p);
}

static void
leave_session(struct proc *p)
{
	struct session *s = p->p_pgrp->pg_session;

	if (s->s_leader != p)
		return;
	if (s->s_tty != NULL)
		tty_session_gone(s->s_tty, s);
	s->s_leader = NULL;
}

/* p has no thread any more that could change its credentials. */
static void
send_end(struct proc *p)
{
	uid_t ruid = p->p_image.cred->cr_ruid;

	if (p->p_xsig != 0)
		sig_send_news(p, CLD_KILLED, p->p_xsig, ruid);
	else
		sig_send_news(p, CLD_EXITED, p->p_xexit, ruid);
}

/* Children go to the reaper; zombies among them are its to wait for.  When p
 * isn't a reaper itself any more no others can come. */
static void
leave_children(struct proc *p)
{
	struct proc *child;
	unsigned left = PROCTREE_STEP;

	if (p->p_flags & P_REAPER)
		proc_hand_over(p);
	while ((child = LIST_FIRST(&p->p_children, struct proc, p_sibling)) !=
	       NULL) {
		proc_reparent(child, p->p_reaper);
		if (child->p_state == P_ZOMBIE) {
			send_end(child);
			cv_broadcast(&p->p_reaper->p_childcv);
		} else if (child->p_pdeathsig != 0)
			sig_send(child, child->p_pdeathsig, NULL);
		proctree_let_go(&left);
	}
}

/* Would the parent ever wait? SIGCHLD ignored or SA_NOCLDWAIT: no. */
static bool
parent_cares(struct proc *parent)
{
	struct sigaction act;

	if (parent->p_flags & P_KERNEL || parent == initproc)
		return (true);
	act = sigacts_action(parent, SIGCHLD);
	return (act.sa_handler != SIG_IGN && !(act.sa_flags & SA_NOCLDWAIT));
}

static void
tell_parent(struct proc *p)
{
	if (p->p_holder == NULL && p->p_exitsig == SIGCHLD)
		send_end(p);
	else if (p->p_holder == NULL && p->p_exitsig != 0)
		sig_send(p->p_parent, p->p_exitsig, NULL);
	proc_news(p);
}

/* A program that failed is told of, not one that somebody ended. */
static void
log_signal(const struct proc *p, int sig)
{
	bool log = logsigexit;

	if (p->p_logsigexit == PROC_LOGSIGEXIT_CTL_FORCE_ENABLE)
		log = true;
	else if (p->p_logsigexit == PROC_LOGSIGEXIT_CTL_FORCE_DISABLE)
		log = false;
	if (sig != 0 && log && sig_default(sig) == SD_CORE)
		kprintf("pid %d (%s), jid 0, uid %u: exited on signal %d\n",
		    p->p_pid, p->p_comm, curthread()->td_cred->cr_uid, sig);
}

void
kern_exit(struct thread *td, int code, int sig)
{
	struct proc *p = td->td_proc;

	if (p == initproc)
		panic("init died: status %d, signal %d", code, sig);
	/* Another thread may be ending the process already. */
	while (proc_single(td, true) != 0)
		thread_suspend_check(td, false);
	log_signal(p, sig);
	if (exit_hook != NULL)
		exit_hook(p, code, sig);
	spin_lock(&p->p_lock);
	proc_flags_set(p, P_EXITING);
	p->p_xexit = code;
	p->p_xsig = sig;
	spin_unlock(&p->p_lock);
	/* Nobody sets it any more: there is only one thread to ask. */
	callout_drain(&p->p_asking);
	thread_leave(td);
	release_resources(td);

	mutex_lock(&proctree_lock);
	if (__predict_false(atomic_load(&accounting) != NULL))
		acct_record(p);
	leave_session(p);
	leave_children(p);
	p->p_state = P_ZOMBIE;
	pgrp_qualify(p);
	thread_unlink(td);
	event_notify(&p->p_events, NOTE_EXIT | proc_status(p));
	if (p->p_holder != NULL) {
		p->p_holder->ph_ops->ph_exited(p->p_holder, proc_status(p));
	} else if (!parent_cares(p->p_parent)) {
		/* Who waits for it may have nobody to wait for now. */
		cv_broadcast(&p->p_parent->p_childcv);
		proc_reparent(p, p->p_reaper);
	}
	tell_parent(p);
	/* From here on a waiter may free p: it waits for the lock. Nothing
	 * looks at a dead thread's process. */
	(void)intr_disable();
	mutex_unlock(&proctree_lock);
	sched_exit_thread();
}
