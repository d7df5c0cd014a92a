/* SPDX-License-Identifier: BSD-2-Clause */
/* Limits, usage, priorities. */
#include "abi/freebsd/other_thread.h"
#include "abi/freebsd/sysargs.h"
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "fbsd/resource.h"
#include "fbsd/time.h"
#include "fbsd/user.h"
#include "file/file.h"
#include "info/kinfo.h"
#include "vm/vm.h"
#include "proc/resource.h"
#include "proc/uidinfo.h"
#include "proc/walk.h"

int
sys_getrlimit(struct thread *td, const struct getrlimit_args *a)
{
	struct rlimit rl;

	if (a->which >= RLIM_NLIMITS)
		return (EINVAL);
	spin_lock(&td->td_proc->p_lock);
	rl = td->td_proc->p_limits[a->which];
	spin_unlock(&td->td_proc->p_lock);
	return (copyout(&rl, a->rlp, sizeof(rl)));
}

int
sys_setrlimit(struct thread *td, const struct setrlimit_args *a)
{
	struct rlimit rl;
	int error = copyin(a->rlp, &rl, sizeof(rl));

	return (error != 0 ? error
			   : kern_setrlimit(td, td->td_proc, a->which, &rl));
}

#define GETRLIMITUSAGE_EUID 0x1

static uint64_t
processes_of(uid_t uid)
{
	struct uidinfo *ui = uidinfo_get(uid);
	uint64_t n;

	if (ui == NULL)
		return (0);
	n = atomic_load(&ui->ui_procs);
	uidinfo_release(ui);
	return (n);
}

/* What of a limit on memory is used, in bytes. */
static uint64_t
memory_used(struct thread *td, unsigned which)
{
	struct vmspace *vs = td_vmspace(td);
	struct kinfo_proc ki = {.ki_size = 0};

	kinfo_vm_sizes(vs, td->td_proc->p_image.text, &ki);
	switch (which) {
	case RLIMIT_DATA:
		return (ptoa((uint64_t)ki.ki_dsize));
	case RLIMIT_STACK:
		return (ptoa((uint64_t)ki.ki_ssize));
	case RLIMIT_RSS:
		return (ptoa((uint64_t)ki.ki_rssize));
	case RLIMIT_MEMLOCK:
		return (atomic_load(&vs->vs_wired));
	default:
		return (ki.ki_size);
	}
}

/* ENXIO: there is no count of it, as of what is limited for each file. */
int
sys_getrlimitusage(struct thread *td, const struct getrlimitusage_args *a)
{
	const struct cred *cr = td->td_cred;
	struct rusage ru;
	uint64_t used;

	if ((a->flags & ~GETRLIMITUSAGE_EUID) != 0 || a->which >= RLIM_NLIMITS)
		return (EINVAL);
	switch (a->which) {
	case RLIMIT_CPU:
		proc_rusage(td->td_proc, &ru);
		used = (uint64_t)(ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) +
		       (uint64_t)(ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) /
			   1000000;
		break;
	case RLIMIT_DATA:
	case RLIMIT_STACK:
	case RLIMIT_RSS:
	case RLIMIT_MEMLOCK:
	case RLIMIT_VMEM:
		used = memory_used(td, a->which);
		break;
	case RLIMIT_NPROC:
		used = processes_of(
		    a->flags & GETRLIMITUSAGE_EUID ? cr->cr_uid : cr->cr_ruid);
		break;
	case RLIMIT_NOFILE:
		used = fdtable_open(td->td_proc->p_fd);
		break;
	default:
		return (ENXIO);
	}
	return (copyout(&used, a->res, sizeof(used)));
}

int
sys_getrusage(struct thread *td, const struct getrusage_args *a)
{
	struct proc *p = td->td_proc;
	struct rusage ru;

	switch (a->who) {
	case RUSAGE_SELF:
		proc_rusage(p, &ru);
		break;
	case RUSAGE_CHILDREN:
		spin_lock(&p->p_lock);
		ru = p->p_cru;
		spin_unlock(&p->p_lock);
		break;
	case RUSAGE_THREAD:
		thread_rusage(td, &ru);
		break;
	default:
		return (EINVAL);
	}
	return (copyout(&ru, a->rusage, sizeof(ru)));
}

/* What is to be done with processes, p_lock held, and its argument. */
struct action {
	int (*fn)(struct thread *td, struct proc *p, int *arg);
	int *arg;
};

/* If p is a program's, td may see it, and it is uid's (NULL: anybody's): ESRCH
 * if not, or what fn says. proctree_lock held. */
static int
do_to(
    struct thread *td, struct proc *p, const uid_t *uid, const struct action *a)
{
	int error = ESRCH;

	if (p == NULL || p->p_state != P_ALIVE || (p->p_flags & P_KERNEL))
		return (ESRCH);
	spin_lock(&p->p_lock);
	if ((uid == NULL || p->p_image.cred->cr_uid == *uid) &&
	    p_cansee(td, p) == 0)
		error = a->fn(td, p, a->arg);
	spin_unlock(&p->p_lock);
	return (error);
}

/* To the members of a group, or with NULL to all: ESRCH if there was none, else
 * what was said last. proctree_lock held. */
static int
do_to_many(struct thread *td, struct pgrp *pg, const uid_t *uid,
    const struct action *a)
{
	int error, last = ESRCH;
	struct proc_walk w;
	struct proc *p;

	proc_walk_begin(&w, pg);
	while ((p = proc_walk_next(&w)) != NULL) {
		error = do_to(td, p, uid, a);
		if (error != ESRCH)
			last = error;
	}
	proc_walk_end(&w);
	return (last);
}

static int
each_process(struct thread *td, int which, int who, const struct action *a)
{
	struct proc *self = td->td_proc;
	uid_t uid = who == 0 ? td->td_cred->cr_uid : (uid_t)who;
	struct pgrp *pg;
	int error;

	mutex_lock(&proctree_lock);
	switch (which) {
	case PRIO_PROCESS:
		error = do_to(td, who == 0 ? self : proc_find(who), NULL, a);
		break;
	case PRIO_PGRP:
		pg = who == 0 ? self->p_pgrp : pgrp_find(who);
		error = pg == NULL ? ESRCH : do_to_many(td, pg, NULL, a);
		break;
	case PRIO_USER:
		error = do_to_many(td, NULL, &uid, a);
		break;
	default:
		error = EINVAL;
	}
	mutex_unlock(&proctree_lock);
	return (error);
}

static int
lowest_nice(struct thread *td, struct proc *p, int *low)
{
	*low = MIN(*low, p->p_nice);
	return (0);
}

int
sys_getpriority(struct thread *td, const struct getpriority_args *a)
{
	int low = PRIO_MAX + 1;
	struct action look = {lowest_nice, &low};
	int error = each_process(td, a->which, a->who, &look);

	td->td_retval[0] = (uint64_t)(int64_t)low;
	return (error);
}

static int
set_nice(struct thread *td, struct proc *p, int *nice)
{
	int error = p_cansched(td, p);

	if (error != 0)
		return (error);
	if (*nice < p->p_nice && priv_check(td) != 0)
		return (EACCES);
	proc_set_nice(p, *nice);
	return (0);
}

int
sys_setpriority(struct thread *td, const struct setpriority_args *a)
{
	int nice = a->prio;
	struct action set = {set_nice, &nice};

	return (each_process(td, a->which, a->who, &set));
}

/* The first thread of a process, with its p_lock, or NULL. */
static struct thread *
first_thread(pid_t pid)
{
	struct thread *first = NULL;
	struct proc *p;

	mutex_lock(&proctree_lock);
	p = proc_find(pid);
	if (p != NULL) {
		spin_lock(&p->p_lock);
		first = LIST_FIRST(&p->p_threads, struct thread, td_plink);
		if (first == NULL)
			spin_unlock(&p->p_lock);
	}
	mutex_unlock(&proctree_lock);
	return (first);
}

int
lock_thread(struct thread *td, pid_t pid, lwpid_t tid,
    int (*may)(struct thread *, struct proc *), struct thread **tdp)
{
	struct thread *other = td;
	int error;

	if (tid != 0 && tid != td->td_tid)
		other = thread_find(tid);
	else if (pid != 0 && pid != td->td_proc->p_pid)
		other = first_thread(pid);
	else
		spin_lock(&td->td_proc->p_lock);
	if (other == NULL)
		return (ESRCH);
	error = may(td, other->td_proc);
	if (error != 0)
		spin_unlock(&other->td_proc->p_lock);
	*tdp = other;
	return (error);
}

/* May td give anybody this class? */
static int
check_class(struct thread *td, const struct rtprio *rtp)
{
	switch (rtp->type) {
	case RTP_PRIO_REALTIME:
	case RTP_PRIO_FIFO:
		return (priv_check(td));
	case RTP_PRIO_IDLE:
		return (priv_idle_priority(td));
	default:
		return (0);
	}
}

/* FIFO is a way of being real-time. */
static unsigned
class_of(const struct rtprio *rtp)
{
	return (rtp->type == RTP_PRIO_FIFO ? RTP_PRIO_REALTIME : rtp->type);
}

static bool
is_better(const struct rtprio *a, const struct rtprio *b)
{
	return (class_of(a) < class_of(b) ||
		(class_of(a) == class_of(b) && a->prio < b->prio));
}

/* The best that a thread of p has. p_lock held. */
static void
best_rtprio(struct proc *p, struct rtprio *best)
{
	struct rtprio rtp;
	struct thread *td;

	*best = (struct rtprio){RTP_PRIO_IDLE, RTP_PRIO_MAX};
	LIST_FOREACH (td, &p->p_threads, td_plink) {
		thread_get_rtprio(td, &rtp);
		if (is_better(&rtp, best))
			*best = rtp;
	}
}

/* A thread's, or with its pid said the best of a process. */
static int
rtprio_lookup(struct thread *td, pid_t pid, lwpid_t tid, struct rtprio *urtp)
{
	struct thread *other;
	struct rtprio rtp;
	int error = lock_thread(td, pid, tid, p_cansee, &other);

	if (error != 0)
		return (error);
	if (pid != 0)
		best_rtprio(other->td_proc, &rtp);
	else
		thread_get_rtprio(other, &rtp);
	spin_unlock(&other->td_proc->p_lock);
	return (copyout(&rtp, urtp, sizeof(rtp)));
}

/* A thread, or with its pid said all of a process. */
static int
rtprio_set(struct thread *td, pid_t pid, lwpid_t tid, const struct rtprio *urtp)
{
	struct rtprio rtp = {0, 0};
	int copied = copyin(urtp, &rtp, sizeof(rtp)), error;
	struct thread *other, *each;
	struct proc *p;

	error = lock_thread(td, pid, tid, p_cansched, &other);
	if (error != 0)
		return (error);
	p = other->td_proc;
	error = copied != 0 ? copied : check_class(td, &rtp);
	if (error == 0 && pid == 0)
		error = thread_set_rtprio(other, &rtp);
	else if (error == 0)
		LIST_FOREACH (each, &p->p_threads, td_plink)
			error = thread_set_rtprio(each, &rtp);
	spin_unlock(&p->p_lock);
	return (error);
}

static int
rtprio(struct thread *td, int function, pid_t pid, lwpid_t tid,
    struct rtprio *urtp)
{
	switch (function) {
	case RTP_LOOKUP:
		return (rtprio_lookup(td, pid, tid, urtp));
	case RTP_SET:
		return (rtprio_set(td, pid, tid, urtp));
	default:
		return (EINVAL);
	}
}

int
sys_rtprio(struct thread *td, const struct rtprio_args *a)
{
	return (rtprio(td, a->function, a->pid, 0, a->rtp));
}

int
sys_rtprio_thread(struct thread *td, const struct rtprio_thread_args *a)
{
	return (rtprio(td, a->function, 0, a->lwpid, a->rtp));
}

/* POSIX scheduling over the same classes: sched.h. */
#define SCHED_FIFO  1
#define SCHED_OTHER 2
#define SCHED_RR    3

int
sys_sched_get_priority_max(
    struct thread *td, const struct sched_get_priority_max_args *a)
{
	if (a->policy < SCHED_FIFO || a->policy > SCHED_RR)
		return (EINVAL);
	td->td_retval[0] = a->policy == SCHED_OTHER ? 103 : RTP_PRIO_MAX;
	return (0);
}

int
sys_sched_get_priority_min(
    struct thread *td, const struct sched_get_priority_min_args *a)
{
	if (a->policy < SCHED_FIFO || a->policy > SCHED_RR)
		return (EINVAL);
	td->td_retval[0] = 0;
	return (0);
}

static int
policy_of(const struct thread *td)
{
	switch (td->td_prio_class) {
	case RTP_PRIO_REALTIME:
		return (SCHED_RR);
	case RTP_PRIO_FIFO:
		return (SCHED_FIFO);
	default:
		return (SCHED_OTHER);
	}
}

int
sys_sched_rr_get_interval(
    struct thread *td, const struct sched_rr_get_interval_args *a)
{
	const struct timespec ts = {0, 10000000};
	struct thread *other;
	int error = lock_thread(td, a->pid, 0, p_cansee, &other);

	if (error != 0)
		return (error);
	spin_unlock(&other->td_proc->p_lock);
	return (copyout(&ts, a->interval, sizeof(ts)));
}

int
sys_sched_getscheduler(
    struct thread *td, const struct sched_getscheduler_args *a)
{
	struct thread *other;
	int error = lock_thread(td, a->pid, 0, p_cansee, &other);

	if (error != 0)
		return (error);
	td->td_retval[0] = (uint64_t)policy_of(other);
	spin_unlock(&other->td_proc->p_lock);
	return (0);
}

int
sys_sched_getparam(struct thread *td, const struct sched_getparam_args *a)
{
	struct thread *other;
	int level, error = lock_thread(td, a->pid, 0, p_cansee, &other);

	if (error != 0)
		return (error);
	level =
	    policy_of(other) != SCHED_OTHER ? RTP_PRIO_MAX - other->td_prio : 0;
	spin_unlock(&other->td_proc->p_lock);
	return (copyout(&level, a->param, sizeof(level)));
}

static int
set_scheduler(struct thread *td, pid_t pid, int policy, const void *uparam)
{
	struct rtprio rtp = {RTP_PRIO_NORMAL, 0};
	struct thread *other;
	int level, error = copyin(uparam, &level, sizeof(level));

	if (error == 0)
		error = lock_thread(td, pid, 0, p_cansched, &other);
	if (error != 0)
		return (error);
	if (policy == 0)
		policy = policy_of(other);
	if (policy < SCHED_FIFO || policy > SCHED_RR) {
		error = EINVAL;
	} else if (policy != SCHED_OTHER) {
		if (level < 0 || level > RTP_PRIO_MAX)
			error = EINVAL;
		else
			error = priv_check(td);
		rtp.type =
		    policy == SCHED_FIFO ? RTP_PRIO_FIFO : RTP_PRIO_REALTIME;
		rtp.prio = (uint16_t)(RTP_PRIO_MAX - level);
	}
	if (error == 0)
		error = thread_set_rtprio(other, &rtp);
	spin_unlock(&other->td_proc->p_lock);
	return (error);
}

int
sys_sched_setparam(struct thread *td, const struct sched_setparam_args *a)
{
	return (set_scheduler(td, a->pid, 0, a->param));
}

int
sys_sched_setscheduler(
    struct thread *td, const struct sched_setscheduler_args *a)
{
	int error = priv_check(td);

	if (error == 0 && a->policy == 0)
		error = EINVAL;
	if (error != 0)
		return (error);
	return (set_scheduler(td, a->pid, a->policy, a->param));
}
