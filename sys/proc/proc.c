/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of processes, process groups and sessions (setsid(2),
 * setpgid(2)), and the kernel's own processes.  All under proctree_lock.
 */
#include "lib/string.h"
#include "amd64/fpu.h"
#include "fbsd/errno.h"
#include "fbsd/unistd.h"
#include "core/printf.h"
#include "proc/proc.h"
#include "file/procdesc.h"
#include "proc/signal.h"
#include "core/sysctl.h"
#include "proc/thread.h"
#include "tty/tty.h"
#include "vm/kmem.h"
#include "vm/vm.h"

#define BUCKETS 256u

struct mutex proctree_lock = MUTEX_INITIALIZER(proctree_lock, "proctree");
struct list allproc = LIST_INITIALIZER(allproc);
struct proc proc0;
struct proc *initproc;

static struct list pid_hash[BUCKETS];
static struct list pgrp_hash[BUCKETS];
static pid_t last_pid;
static unsigned nprocs;

SYSCTL_INT(kern_lastpid, "kern.lastpid", CTL_AUTO, CTLFLAG_RD, &last_pid);

static struct cred cred0 = {.cr_refs = 1};
static struct sigacts sigacts0;
static struct pgrp pgrp0;
static struct session session0 = {.s_refs = 1, .s_login = "root"};

struct proc *
proc_find_any(pid_t pid)
{
	struct proc *p;

	LIST_FOREACH (p, &pid_hash[(unsigned)pid % BUCKETS], p_hash)
		if (p->p_pid == pid)
			return (p);
	return (NULL);
}

struct proc *
proc_find(pid_t pid)
{
	struct proc *p = proc_find_any(pid);

	return (p != NULL && p->p_state == P_ALIVE ? p : NULL);
}

struct pgrp *
pgrp_find(pid_t id)
{
	struct pgrp *pg;

	LIST_FOREACH (pg, &pgrp_hash[(unsigned)id % BUCKETS], pg_link)
		if (pg->pg_id == id)
			return (pg);
	return (NULL);
}

unsigned
proc_count(void)
{
	return (atomic_load(&nprocs));
}

/* A session lives as long as a group of it, so its id is a group's or its
 * leader's: looking for processes, groups and sessions of groups suffices. */
static bool
pid_in_use(pid_t pid)
{
	struct proc *p;

	if (proc_find_any(pid) != NULL || pgrp_find(pid) != NULL ||
	    procdesc_keeps(pid))
		return (true);
	LIST_FOREACH (p, &allproc, p_all)
		if (p->p_pgrp->pg_session->s_sid == pid)
			return (true);
	return (false);
}

pid_t
pid_alloc(void)
{
	do {
		last_pid = last_pid >= PID_MAX ? 2 : last_pid + 1;
	} while (last_pid > 2 && pid_in_use(last_pid));
	return (last_pid);
}

void
proc_link(struct proc *p, struct proc *parent, struct pgrp *pg)
{
	list_push_back(&allproc, &p->p_all);
	list_push_front(&pid_hash[(unsigned)p->p_pid % BUCKETS], &p->p_hash);
	p->p_parent = parent;
	p->p_ppid = parent->p_pid;
	list_push_back(&parent->p_children, &p->p_sibling);
	pgrp_enter(p, pg);
	atomic_add(&nprocs, 1);
}

void
proc_unlink(struct proc *p)
{
	pgrp_leave(p);
	list_remove(&p->p_all);
	list_remove(&p->p_hash);
	list_remove(&p->p_sibling);
	atomic_sub(&nprocs, 1);
}

void
proc_reparent(struct proc *child, struct proc *parent)
{
	list_remove(&child->p_sibling);
	list_push_back(&parent->p_children, &child->p_sibling);
	child->p_parent = parent;
	child->p_ppid = parent->p_pid;
}

void
proc_hand_over(struct proc *p, struct proc *reaper)
{
	struct proc *q;

	LIST_FOREACH (q, &allproc, p_all)
		if (q->p_reaper == p) {
			q->p_reaper = reaper;
			q->p_subtree = p->p_subtree;
		}
}

/*
 * A member qualifies its group for job control if its parent is in another
 * group of the same session (POSIX's definition of an orphaned group).
 */
static bool
qualifies(const struct proc *p)
{
	const struct proc *parent = p->p_parent;

	return (p->p_state == P_ALIVE && parent != NULL &&
		parent->p_pgrp != NULL && p->p_pgrp != parent->p_pgrp &&
		p->p_pgrp->pg_session == parent->p_pgrp->pg_session);
}

static void
count_job_control(struct pgrp *pg)
{
	struct proc *p;

	pg->pg_jobc = 0;
	LIST_FOREACH (p, &pg->pg_members, p_pglink)
		pg->pg_jobc += qualifies(p);
}

/* A group that became orphaned with stopped members is hung up. */
static void
check_orphaned(struct pgrp *pg)
{
	int before = pg->pg_jobc;
	struct proc *p;
	bool stopped = false;

	count_job_control(pg);
	if (before == 0 || pg->pg_jobc > 0)
		return;
	LIST_FOREACH (p, &pg->pg_members, p_pglink)
		stopped |= (p->p_flags & P_STOPPED) != 0;
	if (stopped) {
		sig_send_pgrp(pg, SIGHUP, NULL);
		sig_send_pgrp(pg, SIGCONT, NULL);
	}
}

static void
session_release(struct session *s)
{
	if (--s->s_refs == 0)
		kmem_free(s, sizeof(*s));
}

static struct pgrp *
pgrp_create(pid_t id, struct session *s)
{
	struct pgrp *pg = kmem_alloc(sizeof(*pg), KM_ZERO);

	if (pg == NULL)
		return (NULL);
	pg->pg_id = id;
	pg->pg_session = s;
	s->s_refs++;
	list_init(&pg->pg_members);
	list_push_front(&pgrp_hash[(unsigned)id % BUCKETS], &pg->pg_link);
	return (pg);
}

void
pgrp_enter(struct proc *p, struct pgrp *pg)
{
	p->p_pgrp = pg;
	list_push_back(&pg->pg_members, &p->p_pglink);
	count_job_control(pg);
}

void
pgrp_leave(struct proc *p)
{
	struct pgrp *pg = p->p_pgrp;

	list_remove(&p->p_pglink);
	p->p_pgrp = NULL;
	if (!list_empty(&pg->pg_members)) {
		check_orphaned(pg);
		return;
	}
	list_remove(&pg->pg_link);
	tty_pgrp_gone(pg);
	session_release(pg->pg_session);
	kmem_free(pg, sizeof(*pg));
}

void
pgrp_orphan(struct proc *p)
{
	struct proc *child;

	check_orphaned(p->p_pgrp);
	LIST_FOREACH (child, &p->p_children, p_sibling)
		check_orphaned(child->p_pgrp);
}

static void
change_group(struct proc *p, struct pgrp *pg)
{
	struct proc *child;

	pgrp_leave(p);
	pgrp_enter(p, pg);
	LIST_FOREACH (child, &p->p_children, p_sibling)
		check_orphaned(child->p_pgrp);
}

int
proc_setsid(struct proc *p)
{
	struct session *s;
	struct pgrp *pg = NULL;
	int error = 0;

	s = kmem_alloc(sizeof(*s), KM_ZERO);
	if (s == NULL)
		return (ENOMEM);
	mutex_lock(&proctree_lock);
	if (pgrp_find(p->p_pid) != NULL)
		error = EPERM;
	else if ((pg = pgrp_create(p->p_pid, s)) == NULL)
		error = ENOMEM;
	if (error == 0) {
		s->s_sid = p->p_pid;
		s->s_leader = p;
		strlcpy(s->s_login, p->p_pgrp->pg_session->s_login,
		    sizeof(s->s_login));
		change_group(p, pg);
		spin_lock(&p->p_lock);
		proc_flags_clear(p, P_CONTROLT);
		spin_unlock(&p->p_lock);
	}
	mutex_unlock(&proctree_lock);
	if (error != 0)
		kmem_free(s, sizeof(*s));
	return (error);
}

/* proctree_lock held. */
static int
setpgid(struct thread *td, pid_t pid, pid_t pgid)
{
	struct proc *self = td->td_proc;
	struct proc *p = pid == 0 ? self : proc_find(pid);
	struct session *s = self->p_pgrp->pg_session;
	struct pgrp *pg;

	if (p == NULL || (p != self && p->p_parent != self))
		return (ESRCH);
	if (p->p_pgrp->pg_session != s)
		return (EPERM);
	if (p != self && (p->p_flags & P_EXEC))
		return (EACCES);
	if (p->p_pgrp->pg_session->s_leader == p)
		return (EPERM);
	if (pgid == 0)
		pgid = p->p_pid;
	pg = pgrp_find(pgid);
	if (pg == NULL) {
		if (pgid != p->p_pid)
			return (EPERM);
		pg = pgrp_create(pgid, s);
		if (pg == NULL)
			return (ENOMEM);
	} else if (pg->pg_session != s) {
		return (EPERM);
	}
	if (p->p_pgrp != pg)
		change_group(p, pg);
	return (0);
}

int
proc_setpgid(struct thread *td, pid_t pid, pid_t pgid)
{
	int error;

	if (pgid < 0)
		return (EINVAL);
	mutex_lock(&proctree_lock);
	error = setpgid(td, pid, pgid);
	mutex_unlock(&proctree_lock);
	return (error);
}

static void
init_limits(struct proc *p)
{
	for (int i = 0; i < RLIM_NLIMITS; i++)
		p->p_limits[i] = (struct rlimit){RLIM_INFINITY, RLIM_INFINITY};
	p->p_limits[RLIMIT_STACK] = (struct rlimit){512l << 20, 512l << 20};
	p->p_limits[RLIMIT_DATA] = (struct rlimit){32l << 30, 32l << 30};
	p->p_limits[RLIMIT_NOFILE] = (struct rlimit){58095, 58095};
	p->p_limits[RLIMIT_NPROC] = (struct rlimit){8192, 8192};
}

void
proc_setup(struct proc *p)
{
	spin_init(&p->p_lock, "proc");
	list_init(&p->p_all);
	list_init(&p->p_hash);
	list_init(&p->p_children);
	list_init(&p->p_sibling);
	list_init(&p->p_pglink);
	list_init(&p->p_threads);
	list_init(&p->p_ktimers);
	cv_init(&p->p_childcv, "wait");
	cv_init(&p->p_threadcv, "single");
	cv_init(&p->p_suspendcv, "stopped");
	event_source_init(&p->p_events, "proc events");
	sigqueue_init(&p->p_sigqueue);
}

/* Process 0 has the idle threads and the kernel's own. */
void
proc_init(void)
{
	for (unsigned i = 0; i < BUCKETS; i++) {
		list_init(&pid_hash[i]);
		list_init(&pgrp_hash[i]);
	}
	thread_init();
	fpu_init();
	proc_setup(&proc0);
	proc0.p_state = P_ALIVE;
	proc0.p_flags = P_KERNEL;
	proc0.p_cred = &cred0;
	sigacts_init(&sigacts0);
	proc0.p_sigacts = &sigacts0;
	proc0.p_umask = 022;
	strlcpy(proc0.p_comm, "kernel", sizeof(proc0.p_comm));
	init_limits(&proc0);
	list_init(&pgrp0.pg_members);
	pgrp0.pg_session = &session0;
	list_push_front(&pgrp_hash[0], &pgrp0.pg_link);
	list_push_front(&pid_hash[0], &proc0.p_hash);
	list_push_back(&allproc, &proc0.p_all);
	pgrp_enter(&proc0, &pgrp0);
	curthread()->td_cred = &cred0; /* this code's, while it boots */
	nprocs = 1;
}

struct thread *
kthread_create(const char *name, void (*fn)(void *), void *arg)
{
	struct thread *td = thread_alloc(&proc0);

	if (td == NULL)
		return (NULL);
	td->td_flags = TDF_KERNEL;
	strlcpy(td->td_name, name, sizeof(td->td_name));
	thread_link(&proc0, td);
	md_thread_entry(td, fn, arg);
	sched_run(td);
	return (td);
}

struct proc *
kproc_create(const char *name, void (*fn)(void *), void *arg)
{
	struct fork_request fa = {
	    .flags = RFPROC | RFCFDG, .stopped = true, .fresh = true};

	if (kern_fork(curthread(), &fa) != 0)
		return (NULL);
	/* No signal reaches it; exec makes it a program's. */
	spin_lock(&fa.child->p_lock);
	proc_flags_set(fa.child, P_KERNEL);
	spin_unlock(&fa.child->p_lock);
	if (fa.child->p_pid == 1)
		initproc = fa.child;
	strlcpy(fa.child->p_comm, name, sizeof(fa.child->p_comm));
	strlcpy(fa.child_td->td_name, name, sizeof(fa.child_td->td_name));
	md_thread_entry(fa.child_td, fn, arg);
	sched_run(fa.child_td);
	return (fa.child);
}

uint64_t
proc_limit(struct proc *p, int which)
{
	return ((uint64_t)atomic_load(&p->p_limits[which].rlim_cur));
}

struct vmspace *
proc_vmspace(struct proc *p)
{
	struct vmspace *vs;

	spin_lock(&p->p_lock);
	vs = p->p_vm;
	if (vs != NULL)
		vmspace_hold(vs);
	spin_unlock(&p->p_lock);
	return (vs);
}
