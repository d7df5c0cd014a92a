/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * procctl(2).
 *
 * A reaper inherits orphans among its descendants. p_reaper is the nearest one
 * above a process, NULL stands for process 1; p_subtree is the reaper's child
 * that the process descends from, and stays what it was when that is gone.
 */
#include "abi/freebsd/sysargs.h"
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "fbsd/procctl.h"
#include "fbsd/wait.h"
#include "proc/proc.h"
#include "proc/signal.h"
#include "lib/string.h"

static int
find_target(struct thread *td, int idtype, int64_t id, struct proc **pp)
{
	if (idtype != P_PID)
		return (EINVAL);
	*pp = id == 0 ? td->td_proc : proc_find((pid_t)id);
	return (*pp == NULL ? ESRCH : 0);
}

/* The nearest reaper above p; p itself if it is one. */
static struct proc *
reaper_of(struct proc *p)
{
	if (p->p_flags & P_REAPER || p == initproc)
		return (p);
	return (p->p_reaper != NULL ? p->p_reaper : initproc);
}

/* Is p below this reaper, with no other one between? */
static bool
is_below(const struct proc *p, const struct proc *reaper)
{
	const struct proc *own = p->p_reaper != NULL ? p->p_reaper : initproc;

	return (p != reaper && own == reaper && (p->p_flags & P_KERNEL) == 0);
}

static int
reap_status(struct proc *reaper, void *data)
{
	struct procctl_reaper_status rs = {.rs_pid = -1};
	struct proc *p;

	rs.rs_flags = (reaper->p_flags & P_REAPER ? REAPER_STATUS_OWNED : 0) |
		      (reaper == initproc ? REAPER_STATUS_REALINIT : 0);
	rs.rs_reaper = reaper->p_pid;
	LIST_FOREACH (p, &allproc, p_all) {
		if (!is_below(p, reaper))
			continue;
		rs.rs_descendants++;
		if (p->p_parent == reaper) {
			rs.rs_children++;
			if (rs.rs_pid == -1)
				rs.rs_pid = p->p_pid;
		}
	}
	return (copyout(&rs, data, sizeof(rs)));
}

static unsigned
pidinfo_flags(const struct proc *p, const struct proc *reaper)
{
	return (REAPER_PIDINFO_VALID |
		(p->p_parent == reaper ? REAPER_PIDINFO_CHILD : 0) |
		(p->p_flags & P_REAPER ? REAPER_PIDINFO_REAPER : 0) |
		(p->p_state == P_ZOMBIE ? REAPER_PIDINFO_ZOMBIE : 0) |
		(p->p_flags & P_STOPPED ? REAPER_PIDINFO_STOPPED : 0) |
		(p->p_flags & P_EXITING ? REAPER_PIDINFO_EXITING : 0));
}

/* As many as the caller has room for; the others' elements become zero. */
static int
reap_getpids(struct proc *reaper, void *data)
{
	struct procctl_reaper_pids rp;
	struct procctl_reaper_pidinfo pi;
	struct proc *p;
	unsigned n = 0;
	int error = copyin(data, &rp, sizeof(rp));

	if (error != 0)
		return (error);
	LIST_FOREACH (p, &allproc, p_all) {
		if (!is_below(p, reaper))
			continue;
		if (n == rp.rp_count)
			break;
		pi = (struct procctl_reaper_pidinfo){.pi_pid = p->p_pid,
		    .pi_subtree = p->p_subtree,
		    .pi_flags = pidinfo_flags(p, reaper)};
		error = copyout(&pi, &rp.rp_pids[n++], sizeof(pi));
		if (error != 0)
			return (error);
	}
	/* The first that isn't valid ends the list. */
	pi = (struct procctl_reaper_pidinfo){0};
	return (n < rp.rp_count ? copyout(&pi, &rp.rp_pids[n], sizeof(pi)) : 0);
}

static bool
is_target(const struct proc *p, const struct proc *reaper,
    const struct procctl_reaper_kill *rk)
{
	if (!is_below(p, reaper) || p->p_state != P_ALIVE)
		return (false);
	if (rk->rk_flags & REAPER_KILL_CHILDREN)
		return (p->p_parent == reaper);
	if (rk->rk_flags & REAPER_KILL_SUBTREE)
		return (p->p_subtree == rk->rk_subtree);
	return (true);
}

static int
reap_kill(struct thread *td, struct proc *reaper, void *data)
{
	const unsigned some = REAPER_KILL_CHILDREN | REAPER_KILL_SUBTREE;
	struct procctl_reaper_kill rk;
	struct proc *p;
	int error = copyin(data, &rk, sizeof(rk)), copied;

	if (error != 0)
		return (error);
	if (!sig_valid(rk.rk_sig) || (rk.rk_flags & ~some) != 0 ||
	    (rk.rk_flags & some) == some)
		return (EINVAL);
	rk.rk_killed = 0;
	rk.rk_fpid = -1;
	LIST_FOREACH (p, &allproc, p_all) {
		if (!is_target(p, reaper, &rk))
			continue;
		error = cred_can_signal(td->td_proc->p_cred, p, rk.rk_sig);
		if (error != 0) {
			if (rk.rk_fpid == -1)
				rk.rk_fpid = p->p_pid;
			continue;
		}
		sig_send(p, rk.rk_sig, NULL);
		rk.rk_killed++;
	}
	if (rk.rk_killed > 0)
		error = 0;
	else if (error == 0)
		error = ESRCH;
	copied = copyout(&rk, data, sizeof(rk));
	return (error != 0 ? error : copied);
}

static int
reaper_acquire(struct proc *p)
{
	if (p->p_flags & P_REAPER || p == initproc)
		return (EBUSY);
	spin_lock(&p->p_lock);
	proc_flags_set(p, P_REAPER);
	spin_unlock(&p->p_lock);
	return (0);
}

static int
reaper_release(struct proc *p)
{
	if (p == initproc || !(p->p_flags & P_REAPER))
		return (EINVAL);
	spin_lock(&p->p_lock);
	proc_flags_clear(p, P_REAPER);
	spin_unlock(&p->p_lock);
	proc_hand_over(p, p->p_reaper);
	return (0);
}

static int
reaper_control(struct thread *td, struct proc *p, int com, void *data)
{
	switch (com) {
	case PROC_REAP_ACQUIRE:
		return (p != td->td_proc ? EPERM : reaper_acquire(p));
	case PROC_REAP_RELEASE:
		return (p != td->td_proc ? EPERM : reaper_release(p));
	case PROC_REAP_STATUS:
		return (reap_status(reaper_of(p), data));
	case PROC_REAP_GETPIDS:
		return (reap_getpids(reaper_of(p), data));
	default:
		return (reap_kill(td, reaper_of(p), data));
	}
}

static int
death_signal(struct thread *td, struct proc *p, int com, void *data)
{
	int sig, error;

	if (p != td->td_proc)
		return (EINVAL);
	if (com == PROC_PDEATHSIG_STATUS)
		return (copyout(&p->p_pdeathsig, data, sizeof(int)));
	error = copyin(data, &sig, sizeof(sig));
	if (error == 0 && sig != 0 && !sig_valid(sig))
		error = EINVAL;
	if (error == 0)
		p->p_pdeathsig = sig;
	return (error);
}

/*
 * Settings that programs make and ask back: two bits each in p_procctl, the
 * value that was set last. What they would change is the same for all
 * processes here.
 */
static const struct setting {
	int ctl, status;
	int max;    /* values 1..max may be set */
	int answer; /* status while nothing was set */
} settings[] = {
    {PROC_TRACE_CTL, PROC_TRACE_STATUS, 3, 0},
    {PROC_TRAPCAP_CTL, PROC_TRAPCAP_STATUS, 2, 2},
    {PROC_ASLR_CTL, PROC_ASLR_STATUS, 3, (int)0x80000003},
    {PROC_PROTMAX_CTL, PROC_PROTMAX_STATUS, 3, 3},
    {PROC_STACKGAP_CTL, PROC_STACKGAP_STATUS, 0xf, 2 | 8},
    {PROC_NO_NEW_PRIVS_CTL, PROC_NO_NEW_PRIVS_STATUS, 1, 2},
    {PROC_WXMAP_CTL, PROC_WXMAP_STATUS, 3, 1},
    {PROC_LOGSIGEXIT_CTL, PROC_LOGSIGEXIT_STATUS, 3, 3},
};

static int
setting(struct proc *p, int com, void *data)
{
	for (size_t i = 0; i < nitems(settings); i++) {
		const struct setting *s = &settings[i];
		unsigned shift = (unsigned)i * 4;
		int value, error;

		if (com == s->status) {
			value = p->p_procctl >> shift & 0xf;
			if (value == 0)
				value = s->answer;
			return (copyout(&value, data, sizeof(value)));
		}
		if (com != s->ctl)
			continue;
		error = copyin(data, &value, sizeof(value));
		if (error != 0)
			return (error);
		if (value < 1 || value > s->max)
			return (EINVAL);
		spin_lock(&p->p_lock);
		p->p_procctl = (p->p_procctl & ~(0xf << shift)) | value
								      << shift;
		spin_unlock(&p->p_lock);
		return (0);
	}
	return (EINVAL);
}

int
sys_procctl(struct thread *td, const struct procctl_args *a)
{
	struct proc *p;
	int error;

	mutex_lock(&proctree_lock);
	error = find_target(td, a->idtype, a->id, &p);
	if (error != 0)
		;
	else if (a->com >= PROC_REAP_ACQUIRE && a->com <= PROC_REAP_KILL)
		error = reaper_control(td, p, a->com, a->data);
	else if (a->com == PROC_PDEATHSIG_CTL ||
		 a->com == PROC_PDEATHSIG_STATUS)
		error = death_signal(td, p, a->com, a->data);
	else if (a->com == PROC_SPROTECT)
		error = priv_check(td);
	else
		error = setting(p, a->com, a->data);
	mutex_unlock(&proctree_lock);
	return (error);
}
