/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end of a process, and waiting for it.  What is left between the two is
 * a zombie: its number, its status and what it has used.
 */
#include "lib/string.h"
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "fbsd/event.h"
#include "fbsd/wait.h"
#include "file/file.h"
#include "core/printf.h"
#include "proc/proc.h"
#include "file/procdesc.h"
#include "proc/sigqueue.h"
#include "core/sysctl.h"
#include "proc/resource.h"
#include "host/run.h"
#include "proc/thread.h"
#include "proc/uidinfo.h"
#include "time/time.h"
#include "tty/tty.h"
#include "ipc/umtx.h"
#include "vfs/vnode.h"
#include "vm/kmem.h"
#include "vm/vm.h"

static int logsigexit = 1;
SYSCTL_INT(
    kern_logsigexit, "kern.logsigexit", CTL_AUTO, CTLFLAG_RW, &logsigexit);

static void
release_vnode(struct proc *p, struct vnode **vpp)
{
	struct vnode *vp = *vpp;

	spin_lock(&p->p_lock);
	*vpp = NULL;
	spin_unlock(&p->p_lock);
	if (vp != NULL)
		vnode_release(vp);
}

static void
release_text(struct proc *p)
{
	struct vnode *vp = p->p_image.text;

	spin_lock(&p->p_lock);
	p->p_image.text = NULL;
	spin_unlock(&p->p_lock);
	if (vp != NULL)
		vn_text_release(vp);
}

/* Memory last: closing files may need it... and vfork's parent waits. */
static void
release_resources(struct thread *td)
{
	struct proc *p = td->td_proc;
	struct vmspace *vs = p->p_image.vm;
	struct fdtable *ft = p->p_fd;

	itimer_exit(p);
	spin_lock(&p->p_lock);
	p->p_fd = NULL;
	spin_unlock(&p->p_lock);
	if (ft != NULL)
		fdtable_leave(p, ft);
	release_vnode(p, &p->p_cwd);
	release_vnode(p, &p->p_root);
	release_vnode(p, &p->p_jailroot);
	release_text(p);
	if (vs != NULL) {
		md_thread_free(td); /* no user mode any more */
		spin_lock(&p->p_lock);
		p->p_image.vm = NULL;
		spin_unlock(&p->p_lock);
		pmap_activate(NULL);
		vmspace_release(vs);
	}
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

/* Children go to the reaper; zombies among them are its to wait for. */
static void
leave_children(struct proc *p)
{
	struct proc *child, *next;
	struct proc *reaper = p->p_reaper;

	LIST_FOREACH_SAFE (child, &p->p_children, p_sibling, next) {
		proc_reparent(child, reaper);
		if (child->p_state == P_ZOMBIE)
			cv_broadcast(&reaper->p_childcv);
		else if (child->p_pdeathsig != 0)
			sig_send(child, child->p_pdeathsig, NULL);
	}
	if (p->p_flags & P_REAPER)
		proc_hand_over(p, reaper);
}

static int
status_of(const struct proc *p)
{
	return (p->p_xsig != 0 ? p->p_xsig : W_EXITCODE(p->p_xexit, 0));
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
	struct siginfo info = {.si_signo = p->p_exitsig,
	    .si_code = p->p_xsig != 0 ? CLD_KILLED : CLD_EXITED,
	    .si_status = p->p_xsig != 0 ? p->p_xsig : p->p_xexit,
	    .si_pid = p->p_pid,
	    .si_uid = curthread()->td_cred->cr_ruid};

	if (p->p_exitsig != 0 && p->p_procdesc == NULL)
		sig_send(p->p_parent, p->p_exitsig, &info);
	proc_news(p);
}

/* A program that failed is told of, not one that somebody ended. */
static void
log_signal(const struct proc *p, int sig)
{
	if (sig != 0 && logsigexit && sig_default(sig) == SD_CORE)
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
	run_exiting(p, code, sig);
	spin_lock(&p->p_lock);
	proc_flags_set(p, P_EXITING);
	p->p_xexit = code;
	p->p_xsig = sig;
	spin_unlock(&p->p_lock);
	umtx_thread_exit(td);
	callout_drain(&td->td_timeout);
	release_resources(td);

	mutex_lock(&proctree_lock);
	leave_session(p);
	p->p_state = P_ZOMBIE;
	pgrp_qualify(p);
	leave_children(p);
	thread_unlink(td);
	event_notify(&p->p_events, NOTE_EXIT | status_of(p));
	if (p->p_procdesc != NULL) {
		procdesc_exited(p, status_of(p));
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

void
proc_free(struct proc *p)
{
	event_source_drain(&p->p_events);
	sigqueue_flush(&p->p_sigqueue);
	release_vnode(p, &p->p_cwd);
	release_vnode(p, &p->p_root);
	release_vnode(p, &p->p_jailroot);
	release_text(p);
	cred_release(p->p_image.cred);
	uidinfo_release(p->p_uidinfo);
	pstr_release(p->p_image.path);
	pstr_release(p->p_image.args);
	kmem_free(p, sizeof(*p));
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
	if (p->p_procdesc != NULL)
		procdesc_reaped(p);
	proc_unlink(p);
	uidinfo_uncount_proc(p->p_uidinfo);
	mutex_unlock(&proctree_lock);
	if (p->p_sigacts != NULL)
		sigacts_release(p->p_sigacts);
	proc_free(p);
}

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
		return (p->p_procdesc == NULL);
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

bool
proc_report(
    struct thread *td, struct proc *p, int options, struct wait_result *wr)
{
	if (p->p_state == P_ZOMBIE) {
		if (!(options & WEXITED))
			return (false);
		describe(p, wr, p->p_xsig != 0 ? CLD_KILLED : CLD_EXITED,
		    p->p_xsig != 0 ? p->p_xsig : p->p_xexit, status_of(p));
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
		mutex_unlock(&proctree_lock);
		return (true);
	}
	if ((options & WCONTINUED) && (p->p_flags & P_CONTINUED)) {
		if (!(options & WNOWAIT))
			proc_flags_clear(p, P_CONTINUED);
		spin_unlock(&p->p_lock);
		describe(p, wr, CLD_CONTINUED, SIGCONT, W_CONTINUED);
		mutex_unlock(&proctree_lock);
		return (true);
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
	int error = 0;

	wr->pid = 0;
	if (!idtype_valid(idtype) || !wait_options_valid(options))
		return (EINVAL);
	mutex_lock(&proctree_lock);
	for (;;) {
		if (report_child(td, idtype, id, options, wr))
			return (0);
		if (error == 0 && !has_child(self, idtype, id))
			error = ECHILD;
		if (error != 0 || (options & WNOHANG))
			break;
		error = cv_wait_sig(&self->p_childcv, &proctree_lock);
	}
	mutex_unlock(&proctree_lock);
	return (error);
}
