/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who gets a signal that a process sends, and whether it may.
 */
#include "fbsd/errno.h"
#include "proc/sigqueue.h"
#include "proc/walk.h"

int
kill_proc(
    struct thread *td, struct proc *p, int sig, const struct siginfo *info)
{
	int error;

	spin_lock(&p->p_lock);
	error = p_cansignal(td, p, sig);
	if (error == 0 && sig != 0)
		error = sig_send_locked(p, sig, info);
	spin_unlock(&p->p_lock);
	return (error);
}

/* One success is success; else the first refusal; nobody: ESRCH. */
static void
merge(int *result, int error)
{
	if (error == 0 || *result == ESRCH)
		*result = *result == 0 ? 0 : error;
}

/*
 * A group, or with NULL all but the sender; not the kernel's, nor init.  What
 * one forks before it is its turn comes later than the walk, and has its turn
 * in a second one.
 */
static int
kill_many(
    struct thread *td, struct pgrp *pg, int sig, const struct siginfo *info)
{
	const struct proc *but = pg == NULL ? td->td_proc : NULL;
	int result = ESRCH;
	struct proc_walk w;
	struct proc *p;

	proc_walk_begin(&w, pg);
	do {
		while ((p = proc_walk_next(&w)) != NULL)
			if (p->p_pid > 1 && !(p->p_flags & P_KERNEL) &&
			    p != but)
				merge(&result, kill_proc(td, p, sig, info));
	} while (proc_walk_again(&w));
	proc_walk_end(&w);
	return (result);
}

static int
kill_group(
    struct thread *td, struct pgrp *pg, int sig, const struct siginfo *info)
{
	return (pg == NULL ? ESRCH : kill_many(td, pg, sig, info));
}

int
kern_kill(struct thread *td, pid_t pid, int sig, const struct siginfo *info)
{
	struct proc *p;
	int error;

	if (sig != 0 && !sig_valid(sig))
		return (EINVAL);
	if (pid == td->td_proc->p_pid)
		return (sig == 0 ? 0 : sig_send(td->td_proc, sig, info));
	mutex_lock(&proctree_lock);
	if (pid > 0) {
		p = proc_find_any(pid);
		error = p != NULL ? kill_proc(td, p, sig, info) : ESRCH;
	} else if (pid == 0) {
		error = kill_group(td, td->td_proc->p_pgrp, sig, info);
	} else if (pid == -1) {
		error = kill_many(td, NULL, sig, info);
	} else {
		error = pid == INT_MIN
			    ? ESRCH
			    : kill_group(td, pgrp_find(-pid), sig, info);
	}
	mutex_unlock(&proctree_lock);
	return (error);
}

/* All threads of p but the sender and those on their way out, which may have
 * given their numbers back already. p_lock held. */
static int
kill_threads(
    struct thread *td, struct proc *p, int sig, const struct siginfo *info)
{
	struct thread *other;
	int error = ESRCH;

	LIST_FOREACH (other, &p->p_threads, td_plink) {
		if (other == td ||
		    (atomic_load(&other->td_flags) & TDF_EXITING))
			continue;
		error = 0;
		if (sig != 0)
			(void)sig_send_thread_locked(other, sig, info);
	}
	return (error);
}

static int
kill_thread(struct thread *td, struct proc *p, int64_t tid, int sig,
    const struct siginfo *info)
{
	struct thread *other;
	int error;

	spin_lock(&p->p_lock);
	error = p_cansignal(td, p, sig);
	if (error == 0 && tid == -1) {
		error = kill_threads(td, p, sig, info);
	} else if (error == 0) {
		other = tid == td->td_tid && p == td->td_proc ? td
			: tid < 0 || tid > INT_MAX
			    ? NULL
			    : proc_thread(p, (lwpid_t)tid);
		if (other == NULL)
			error = ESRCH;
		else if (sig != 0)
			error = sig_send_thread_locked(other, sig, info);
	}
	spin_unlock(&p->p_lock);
	return (error);
}

int
kern_thr_kill(struct thread *td, pid_t pid, int64_t tid, int sig,
    const struct siginfo *info)
{
	struct proc *p;
	int error;

	if (sig != 0 && !sig_valid(sig))
		return (EINVAL);
	if (pid == td->td_proc->p_pid)
		return (kill_thread(td, td->td_proc, tid, sig, info));
	mutex_lock(&proctree_lock);
	p = proc_find(pid);
	error = p != NULL ? kill_thread(td, p, tid, sig, info) : ESRCH;
	mutex_unlock(&proctree_lock);
	return (error);
}
