/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tree of processes, under proctree_lock, and the kernel's own processes.
 */
#include "core/count.h"
#include "lib/string.h"
#include "amd64/fpu.h"
#include "fbsd/errno.h"
#include "fbsd/unistd.h"
#include "core/printf.h"
#include "core/sysctl.h"
#include "proc/pid.h"
#include "proc/cpuset.h"
#include "proc/proc.h"
#include "proc/resource.h"
#include "proc/signal.h"
#include "proc/thread.h"
#include "proc/uidinfo.h"
#include "vm/kmem.h"
#include "vm/page.h"
#include "vm/vm.h"

#define PROC_PAGES 30 /* of memory, for each process that may be */

struct mutex proctree_lock = MUTEX_INITIALIZER(proctree_lock, "proctree");
struct list allproc = LIST_INITIALIZER(allproc);
uint64_t proc_serial;
struct proc proc0;
struct proc *initproc;

static unsigned nprocs;
int maxproc;
int maxprocperuid; /* what RLIMIT_NPROC begins with */

SYSCTL_INT(kern_maxproc, "kern.maxproc", KERN_MAXPROC, CTLFLAG_RD, &maxproc,
    "Processes at most");
SYSCTL_INT(kern_maxprocperuid, "kern.maxprocperuid", KERN_MAXPROCPERUID,
    CTLFLAG_RW, &maxprocperuid, "Processes of a user at most");

static struct cred cred0 = {.cr_refs = 1};
static struct sigacts sigacts0;
static struct pid pid0;

struct proc *
proc_find_any(pid_t pid)
{
	struct pid *id = pid_find(pid);

	return (id != NULL ? id->pi_proc : NULL);
}

struct proc *
proc_find(pid_t pid)
{
	struct proc *p = proc_find_any(pid);

	return (p != NULL && p->p_state == P_ALIVE ? p : NULL);
}

unsigned
proc_count(void)
{
	return (atomic_load(&nprocs));
}

/* Is p the reaper of its children's descendants? */
static bool
reaps(const struct proc *p)
{
	return ((p->p_flags & P_REAPER) || p == initproc || p == &proc0);
}

static void
set_reaper(struct proc *p, struct proc *reaper)
{
	list_remove(&p->p_wardlink);
	list_push_back(&reaper->p_wards, &p->p_wardlink);
	p->p_reaper = reaper;
}

void
proc_link(struct proc *p, struct proc *parent, struct pgrp *pg)
{
	p->p_id->pi_proc = p;
	p->p_serial = ++proc_serial;
	list_push_back(&allproc, &p->p_all);
	p->p_parent = parent;
	p->p_ppid = parent->p_pid;
	list_push_back(&parent->p_children, &p->p_sibling);
	set_reaper(p, reaps(parent) ? parent : parent->p_reaper);
	p->p_subtree = reaps(parent) ? p->p_pid : parent->p_subtree;
	pgrp_enter(p, pg);
	atomic_add(&nprocs, 1);
}

void
proc_unlink(struct proc *p)
{
	pgrp_leave(p);
	list_remove(&p->p_all);
	list_remove(&p->p_sibling);
	list_remove(&p->p_newslink);
	list_remove(&p->p_wardlink);
	p->p_id->pi_proc = NULL;
	pid_release(p->p_id);
	atomic_sub(&nprocs, 1);
}

/* Into the list of its parent's where wait(2) looks for it. */
static void
list_news(struct proc *p)
{
	struct proc *parent = p->p_parent;

	list_remove(&p->p_newslink);
	list_push_back(
	    p->p_state == P_ZOMBIE ? &parent->p_zombies : &parent->p_changed,
	    &p->p_newslink);
}

void
proc_news(struct proc *p)
{
	list_news(p);
	cv_broadcast(&p->p_parent->p_childcv);
}

void
proc_reparent(struct proc *child, struct proc *parent)
{
	sig_withdraw_news(child);
	list_remove(&child->p_sibling);
	list_push_back(&parent->p_children, &child->p_sibling);
	child->p_parent = parent;
	child->p_ppid = parent->p_pid;
	if (list_linked(&child->p_newslink))
		list_news(child);
	pgrp_qualify(child);
}

void
proctree_let_go(unsigned *left)
{
	if ((*left)-- > 0)
		return;
	*left = PROCTREE_STEP;
	mutex_unlock(&proctree_lock);
	sched_maybe_yield();
	mutex_lock(&proctree_lock);
}

/* Who forks meanwhile has had its turn, or gives p one more. */
void
proc_hand_over(struct proc *p)
{
	unsigned left = PROCTREE_STEP;
	struct proc *q;

	while ((q = LIST_FIRST(&p->p_wards, struct proc, p_wardlink)) != NULL) {
		set_reaper(q, p->p_reaper);
		q->p_subtree = p->p_subtree;
		proctree_let_go(&left);
	}
}

/*
 * As many processes as there is memory for: the kernel's part of one is some
 * 60 KB (its thread's stack, its page tables), of which all together may take
 * half. Numbers of groups whose processes are gone are to be had, too.
 */
static void
init_maxproc(void)
{
	maxproc = (int)MAX(64, MIN(page_total() / PROC_PAGES, PID_MAX / 2));
	maxprocperuid = maxproc / 10 * 9;
}

static void
init_limits(struct proc *p)
{
	for (int i = 0; i < RLIM_NLIMITS; i++)
		p->p_limits[i] = (struct rlimit){RLIM_INFINITY, RLIM_INFINITY};
	p->p_limits[RLIMIT_STACK] = (struct rlimit){STACK_MAX, STACK_MAX};
	p->p_limits[RLIMIT_DATA] = (struct rlimit){DATA_MAX, DATA_MAX};
	p->p_limits[RLIMIT_NPROC] =
	    (struct rlimit){maxprocperuid, maxprocperuid};
}

void
proc_setup(struct proc *p)
{
	spin_init(&p->p_lock, "proc");
	list_init(&p->p_all);
	list_init(&p->p_children);
	list_init(&p->p_sibling);
	list_init(&p->p_zombies);
	list_init(&p->p_changed);
	list_init(&p->p_newslink);
	list_init(&p->p_wards);
	list_init(&p->p_wardlink);
	list_init(&p->p_pglink);
	list_init(&p->p_threads);
	list_init(&p->p_sigwaiters);
	list_init(&p->p_ktimers);
	cv_init(&p->p_childcv, "wait");
	cv_init(&p->p_threadcv, "single");
	cv_init(&p->p_suspendcv, "stopped");
	ask_init(p);
	event_source_init(&p->p_events, "proc events");
	sigqueue_init(&p->p_sigqueue);
	p->p_news.ksi_static = true;
}

/* A child has what its parent has now, all of it at one moment. */
void
proc_fork(struct proc *p, struct proc *parent)
{
	spin_lock(&parent->p_lock);
	p->p_image.cred = cred_hold(parent->p_image.cred);
	p->p_uidinfo = uidinfo_hold(parent->p_uidinfo);
	p->p_cpuset = cpuset_hold(parent->p_cpuset);
	p->p_image.path = pstr_hold(parent->p_image.path);
	p->p_image.args = pstr_hold(parent->p_image.args);
	p->p_procctl = parent->p_procctl;
	p->p_logsigexit = parent->p_logsigexit;
	p->p_umask = parent->p_umask;
	p->p_nice = parent->p_nice;
	p->p_osrel = parent->p_osrel;
	p->p_abi = parent->p_abi;
	p->p_flags = parent->p_flags & P_INHERITED;
	if (parent->p_flags & P_PROTECT_FORK)
		p->p_flags |= P_PROTECTED | P_PROTECT_FORK;
	memcpy(p->p_limits, parent->p_limits, sizeof(p->p_limits));
	memcpy(p->p_comm, parent->p_comm, sizeof(p->p_comm));
	spin_unlock(&parent->p_lock);
}

void
proc_free(struct proc *p)
{
	event_source_drain(&p->p_events);
	sigqueue_flush(&p->p_sigqueue);
	if (p->p_sigacts != NULL)
		sigacts_release(p->p_sigacts);
	cred_release(p->p_image.cred);
	uidinfo_release(p->p_uidinfo);
	cpuset_release(p->p_cpuset);
	pstr_release(p->p_image.path);
	pstr_release(p->p_image.args);
	kmem_free(p, sizeof(*p));
}

/* Process 0 has the idle threads and the kernel's own. */
void
proc_init(void)
{
	thread_init();
	fpu_init();
	proc_setup(&proc0);
	proc0.p_state = P_ALIVE;
	proc0.p_flags = P_KERNEL;
	proc0.p_image.cred = &cred0;
	sigacts_init(&sigacts0);
	proc0.p_sigacts = &sigacts0;
	proc0.p_umask = 022;
	strlcpy(proc0.p_comm, "kernel", sizeof(proc0.p_comm));
	init_maxproc();
	init_limits(&proc0);
	uidinfo_init();
	proc0.p_uidinfo = uidinfo_get(0);
	proc0.p_cpuset = &cpuset_default;
	pid_init(&pid0);
	proc0.p_id = &pid0;
	pid0.pi_proc = &proc0;
	proc0.p_serial = ++proc_serial;
	list_push_back(&allproc, &proc0.p_all);
	pgrp_init(&proc0);
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
	count(COUNT_KTHREAD);
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
	vs = p->p_image.vm;
	if (vs != NULL)
		vmspace_hold(vs);
	spin_unlock(&p->p_lock);
	return (vs);
}
