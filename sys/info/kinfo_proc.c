/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern.proc.all, pid, uid, ...: a record for each process, or for each thread,
 * as ps(1) and top(1) read them.
 */
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "fbsd/stat.h"
#include "info/kinfo.h"
#include "proc/abi.h"
#include "proc/resource.h"
#include "proc/sigqueue.h"
#include "proc/walk.h"
#include "time/time.h"
#include "tty/tty_impl.h"
#include "lib/string.h"
#include "vm/kmem.h"
#include "vfs/acct.h"
#include "vm/vm.h"

#define SPARE_RECORDS 5 /* for processes that come while one asks */
#define FSCALE	      2048

static void
fill_ids(const struct proc *p, struct kinfo_proc *ki)
{
	const struct cred *cr = p->p_image.cred;
	int n = MIN(cr->cr_ngroups, KI_NGROUPS - 1);

	ki->ki_uid = cr->cr_uid;
	ki->ki_ruid = cr->cr_ruid;
	ki->ki_svuid = cr->cr_svuid;
	ki->ki_rgid = cr->cr_rgid;
	ki->ki_svgid = cr->cr_svgid;
	ki->ki_ngroups = (short)(n + 1);
	ki->ki_groups[0] = cr->cr_gid;
	memcpy(&ki->ki_groups[1], cr->cr_groups, (size_t)n * sizeof(gid_t));
	if (n < cr->cr_ngroups)
		ki->ki_cr_flags |= KI_CRF_GRP_OVERFLOW;
	strlcpy(
	    ki->ki_loginclass, cred_loginclass(cr), sizeof(ki->ki_loginclass));
}

/* Who is whose child; groups, session and terminal. */
static void
fill_tree(const struct proc *p, struct kinfo_proc *ki)
{
	const struct pgrp *pg = p->p_pgrp;
	const struct session *s = pg->pg_session;
	struct tty *tp = p->p_flags & P_CONTROLT ? s->s_tty : NULL;

	ki->ki_pid = p->p_pid;
	ki->ki_ppid = p->p_ppid;
	ki->ki_pgid = pg->pg_id;
	ki->ki_jobc = (short)pg->pg_jobc;
	ki->ki_sid = s->s_sid;
	strlcpy(ki->ki_login, s->s_login, sizeof(ki->ki_login));
	if (s->s_tty != NULL)
		ki->ki_kiflag |= KI_CTTY;
	if (s->s_leader == p)
		ki->ki_kiflag |= KI_SLEADER;
	ki->ki_tdev = UINT64_MAX;
	ki->ki_tdev_freebsd11 = UINT32_MAX;
	if (tp != NULL) {
		ki->ki_tdev = tty_dev(tp);
		ki->ki_tdev_freebsd11 = (uint32_t)ki->ki_tdev;
		ki->ki_tpgid =
		    tp->t_pgrp != NULL ? tp->t_pgrp->pg_id : KI_NO_PID;
		ki->ki_tsid = tp->t_session != NULL ? tp->t_session->s_sid : -1;
	}
}

static long
flags_of(const struct proc *p)
{
	static const struct {
		uint32_t ours;
		long theirs;
	} map[] = {{P_KERNEL, KP_SYSTEM | KP_KPROC}, {P_CONTROLT, KP_CONTROLT},
	    {P_VFORK, KP_PPWAIT}, {P_SUGID, KP_SUGID}, {P_WAITED, KP_WAITED},
	    {P_EXITING, KP_WEXIT}, {P_EXEC, KP_EXEC},
	    {P_CONTINUED, KP_CONTINUED}, {P_STOPPED, KP_STOPPED_SIG}};
	long flags = KP_INMEM;

	for (unsigned i = 0; i < nitems(map); i++)
		if (p->p_flags & map[i].ours)
			flags |= map[i].theirs;
	return (p->p_nthreads > 1 ? flags | KP_HADTHREADS : flags);
}

/* FreeBSD's share decays within a minute, ours is that of its whole life. */
static uint32_t
share(uint64_t runtime_ns, uint64_t life_ns)
{
	return (
	    (uint32_t)(runtime_ns / 1000 * FSCALE / MAX(life_ns / 1000, 1)));
}

static uint64_t
timeval_us(struct timeval tv)
{
	return ((uint64_t)tv.tv_sec * USEC_PER_SEC + (uint64_t)tv.tv_usec);
}

static void
fill_times(struct proc *p, struct kinfo_proc *ki)
{
	uint64_t life = clock_ns() - p->p_start;

	proc_rusage(p, &ki->ki_rusage);
	ki->ki_rusage_ch = p->p_cru;
	ki->ki_runtime = timeval_us(ki->ki_rusage.ru_utime) +
			 timeval_us(ki->ki_rusage.ru_stime);
	ki->ki_childtime = ns_timeval(
	    (timeval_us(p->p_cru.ru_utime) + timeval_us(p->p_cru.ru_stime)) *
	    1000);
	ki->ki_start = ns_timeval(time_realtime() - life);
	ki->ki_swtime = (unsigned)(life / NSEC_PER_SEC);
	ki->ki_pctcpu = share(ki->ki_runtime * 1000, life);
}

/* All that threads have in common. proctree_lock held. */
static void
fill_proc(struct proc *p, struct kinfo_proc *ki)
{
	*ki = (struct kinfo_proc){.ki_structsize = sizeof(*ki)};
	fill_tree(p, ki);
	fill_times(p, ki);
	spin_lock(&p->p_lock);
	fill_ids(p, ki);
	ki->ki_flag = flags_of(p);
	ki->ki_acflag = acct_flags(p);
	ki->ki_xstat =
	    (unsigned short)(p->p_xsig != 0 ? p->p_xsig
					    : (p->p_xexit & 0xff) << 8);
	ki->ki_nice = (signed char)p->p_nice;
	ki->ki_numthreads = (int)p->p_nthreads;
	ki->ki_siglist = p->p_sigqueue.sq_signals;
	if (p->p_sigacts != NULL) {
		ki->ki_sigignore = p->p_sigacts->sa_ignore;
		ki->ki_sigcatch = p->p_sigacts->sa_catch;
	}
	memcpy(ki->ki_comm, p->p_comm, sizeof(ki->ki_comm));
	spin_unlock(&p->p_lock);
	strlcpy(ki->ki_emul, p->p_abi != NULL ? p->p_abi->abi_name : "null",
	    sizeof(ki->ki_emul));
	ki->ki_sflag = PS_INMEM;
	ki->ki_stat = p->p_state == P_ZOMBIE ? SZOMB : SIDL;
	ki->ki_oncpu = ki->ki_lastcpu = KI_NOCPU;
	ki->ki_oncpu_old = ki->ki_lastcpu_old = KI_NOCPU_OLD;
}

static uint8_t
priority(unsigned pri)
{
	if (pri < PRI_TIMESHARE)
		return ((uint8_t)(KPRI_REALTIME + pri));
	if (pri < PRI_IDLE)
		return ((uint8_t)(KPRI_TIMESHARE + 3 * (pri - PRI_TIMESHARE)));
	return ((uint8_t)(KPRI_IDLE + (pri - PRI_IDLE)));
}

static char
state_of(const struct proc *p, const struct thread *td)
{
	switch (td->td_state) {
	case TD_RUNNING:
	case TD_RUNNABLE:
		return (SRUN);
	case TD_NEW:
		return (SIDL);
	default:
		return (p->p_flags & P_STOPPED ? SSTOP : SSLEEP);
	}
}

/* The record's part that is td's. p_lock held. */
static void
fill_thread(struct thread *td, struct kinfo_proc *ki)
{
	const char *wmesg = td->td_wmesg;
	size_t tdname = sizeof(ki->ki_tdname);

	ki->ki_tid = td->td_tid;
	ki->ki_stat = state_of(td->td_proc, td);
	ki->ki_sigmask = td->td_sigmask;
	for (unsigned i = 0; i < nitems(ki->ki_siglist.bits); i++)
		ki->ki_siglist.bits[i] |= td->td_sigqueue.sq_signals.bits[i];
	if (strlcpy(ki->ki_tdname, td->td_name, tdname) >= tdname)
		strlcpy(ki->ki_moretdname, td->td_name + tdname - 1,
		    sizeof(ki->ki_moretdname));
	if (ki->ki_stat == SSLEEP && wmesg != NULL)
		strlcpy(ki->ki_wmesg, wmesg, sizeof(ki->ki_wmesg));
	if (td->td_wait_sig)
		ki->ki_tdflags |= KTDF_SINTR;
	if (td == cpus[td->td_cpu].c_idle)
		ki->ki_tdflags |= KTDF_IDLETD;
	ki->ki_lastcpu = (int)td->td_cpu;
	ki->ki_lastcpu_old = (uint8_t)td->td_cpu;
	if (td->td_state == TD_RUNNING) {
		ki->ki_oncpu = ki->ki_lastcpu;
		ki->ki_oncpu_old = ki->ki_lastcpu_old;
	}
	ki->ki_rqindex = (char)td->td_priority;
	ki->ki_pri.pri_class = td->td_prio_class;
	ki->ki_pri.pri_level = priority(td->td_priority);
	ki->ki_pri.pri_native = priority(td->td_base_priority);
	ki->ki_pri.pri_user = ki->ki_pri.pri_native;
}

/* A thread of several has times of its own. p_lock not held. */
static void
fill_thread_times(struct thread *td, struct kinfo_proc *ki, uint64_t life)
{
	uint64_t ns = sched_runtime(td);

	ki->ki_rusage = (struct rusage){0};
	ki->ki_rusage.ru_utime = ns_timeval(ns - MIN(ns, td->td_stime));
	ki->ki_rusage.ru_stime = ns_timeval(MIN(ns, td->td_stime));
	ki->ki_runtime = ns / 1000;
	ki->ki_pctcpu = share(ns, life);
}

/* All records of one process. */
struct records {
	struct kinfo_proc *list;
	unsigned count, room;
	struct vmspace *space;
};

/* proctree_lock held; ENOMEM. */
static int
collect(struct proc *p, bool threads, struct records *r)
{
	uint64_t life = clock_ns() - p->p_start;
	struct thread *td;

	r->room = threads && p->p_nthreads > 1 ? p->p_nthreads : 1;
	r->list = kmem_alloc(r->room * sizeof(*r->list), 0);
	if (r->list == NULL)
		return (ENOMEM);
	r->count = 0;
	fill_proc(p, &r->list[0]);
	spin_lock(&p->p_lock);
	LIST_FOREACH (td, &p->p_threads, td_plink) {
		struct kinfo_proc *ki = &r->list[r->count];

		if (r->count + 1 < r->room)
			ki[1] = ki[0];
		fill_thread(td, ki);
		if (threads)
			fill_thread_times(td, ki, life);
		if (++r->count == r->room)
			break;
	}
	spin_unlock(&p->p_lock);
	r->count = MAX(r->count, 1); /* a zombie has no thread */
	r->space = proc_vmspace(p);
	return (0);
}

/* Ends what collect() began: memory, and out with it. No lock held. */
static int
put_out(struct sysctl_req *req, struct records *r, const struct vnode *text)
{
	int error = 0;

	if (r->space != NULL) {
		kinfo_vm_sizes(r->space, text, &r->list[0]);
		vmspace_release(r->space);
	}
	for (unsigned i = 1; i < r->count; i++) {
		r->list[i].ki_size = r->list[0].ki_size;
		r->list[i].ki_rssize = r->list[0].ki_rssize;
		r->list[i].ki_swrss = r->list[0].ki_swrss;
		r->list[i].ki_tsize = r->list[0].ki_tsize;
		r->list[i].ki_dsize = r->list[0].ki_dsize;
		r->list[i].ki_ssize = r->list[0].ki_ssize;
	}
	error = sysctl_out(req, r->list, r->count * sizeof(*r->list));
	kmem_free(r->list, r->room * sizeof(*r->list));
	return (error);
}

/* A process by its number: ESRCH if there is none. */
static int
out_proc(struct sysctl_req *req, pid_t pid, bool threads)
{
	const struct vnode *text = NULL;
	struct records r;
	struct proc *p;
	int error = ESRCH;

	mutex_lock(&proctree_lock);
	p = proc_find_any(pid);
	if (p != NULL && proc_visible(req->td, p)) {
		/* Only compared with: it needn't live on. */
		text = p->p_image.text;
		error = collect(p, threads, &r);
	}
	mutex_unlock(&proctree_lock);
	return (error != 0 ? error : put_out(req, &r, text));
}

static bool
has_id(struct proc *p, int what, unsigned id)
{
	struct cred *cr = proc_cred_hold(p);
	unsigned own = what == KERN_PROC_UID	? cr->cr_uid
		       : what == KERN_PROC_RUID ? cr->cr_ruid
		       : what == KERN_PROC_GID	? cr->cr_gid
						: cr->cr_rgid;

	cred_release(cr);
	return (own == id);
}

/* Does p belong to what is asked for? proctree_lock held. */
static bool
selected(struct proc *p, int what, int number)
{
	const struct session *s = p->p_pgrp->pg_session;

	switch (what) {
	case KERN_PROC_PGRP:
		return (p->p_pgrp->pg_id == number);
	case KERN_PROC_SESSION:
		return (s->s_sid == number);
	case KERN_PROC_TTY:
		return ((p->p_flags & P_CONTROLT) && s->s_tty != NULL &&
			tty_dev(s->s_tty) == (dev_t)(unsigned)number);
	case KERN_PROC_UID:
	case KERN_PROC_RUID:
	case KERN_PROC_GID:
	case KERN_PROC_RGID:
		return (has_id(p, what, (unsigned)number));
	default:
		return (true);
	}
}

/* Numbers of all that are selected; the array's room in *room. */
static pid_t *
list_pids(int what, int number, unsigned *room, unsigned *count)
{
	struct proc_walk w;
	struct proc *p;
	pid_t *pids;

	*count = 0;
	mutex_lock(&proctree_lock);
	/* Those that the walk sees, at most. */
	*room = proc_count();
	pids = kmem_alloc(*room * sizeof(*pids), 0);
	proc_walk_begin(&w, NULL);
	while (pids != NULL && (p = proc_walk_next(&w)) != NULL)
		if (selected(p, what, number))
			pids[(*count)++] = p->p_pid;
	proc_walk_end(&w);
	mutex_unlock(&proctree_lock);
	return (pids);
}

static int
out_list(struct sysctl_req *req, int what, int number, bool threads)
{
	unsigned room, count;
	pid_t *pids;
	int error = 0;

	pids = list_pids(what, number, &room, &count);
	if (pids == NULL)
		return (ENOMEM);
	/* ESRCH: gone meanwhile. ENOMEM goes on: it counts. */
	for (unsigned i = 0; i < count && error != EFAULT; i++) {
		int e = out_proc(req, pids[i], threads);

		if (e != ESRCH && e != 0)
			error = e;
		sched_maybe_yield();
	}
	kmem_free(pids, room * sizeof(*pids));
	if (error == 0 && req->oldptr == 0)
		req->oldidx += SPARE_RECORDS * sizeof(struct kinfo_proc);
	return (error);
}

static int
sysctl_proc(const struct sysctl_node *node, struct sysctl_req *req)
{
	int what = node->sn_number & ~KERN_PROC_INC_THREAD;
	bool threads =
	    (node->sn_number & KERN_PROC_INC_THREAD) || what == KERN_PROC_ALL;

	if (what == KERN_PROC_ALL    ? req->namelen != 0
	    : what == KERN_PROC_PROC ? req->namelen > 1
				     : req->namelen != 1)
		return (EINVAL);
	if (what == KERN_PROC_PID)
		return (out_proc(req, req->name[0], threads));
	return (
	    out_list(req, what, req->namelen == 1 ? req->name[0] : 0, threads));
}

#define SELECTOR(id, number)                                                   \
	SYSCTL_PROC(kern_proc_##id, "kern.proc." #id, number,                  \
	    CTLTYPE_NODE | CTLFLAG_RD, "S,proc", sysctl_proc, NULL);           \
	SYSCTL_PROC(kern_proc_##id##_td, "kern.proc." #id "_td",               \
	    (number) | KERN_PROC_INC_THREAD, CTLTYPE_NODE | CTLFLAG_RD,        \
	    "S,proc", sysctl_proc, NULL)

SYSCTL_PROC(kern_proc_all, "kern.proc.all", KERN_PROC_ALL,
    CTLTYPE_OPAQUE | CTLFLAG_RD, "S,proc", sysctl_proc, NULL,
    "All processes and threads");
SELECTOR(pid, KERN_PROC_PID);
SELECTOR(pgrp, KERN_PROC_PGRP);
SELECTOR(session, KERN_PROC_SESSION);
SELECTOR(tty, KERN_PROC_TTY);
SELECTOR(uid, KERN_PROC_UID);
SELECTOR(ruid, KERN_PROC_RUID);
SELECTOR(proc, KERN_PROC_PROC);
SELECTOR(rgid, KERN_PROC_RGID);
SELECTOR(gid, KERN_PROC_GID);
