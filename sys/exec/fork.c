/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fork(2), vfork(2), rfork(2): a new process with one thread, which comes
 * back from the same call.
 */
#include "amd64/md.h"
#include "core/count.h"
#include "fbsd/errno.h"
#include "fbsd/event.h"
#include "fbsd/procdesc.h"
#include "fbsd/unistd.h"
#include "exec/exec.h"
#include "file/fdtable.h"
#include "file/kqueue.h"
#include "file/procdesc.h"
#include "proc/pid.h"
#include "proc/quiesce.h"
#include "proc/proc.h"
#include "proc/signal.h"
#include "proc/sigqueue.h"
#include "proc/thread.h"
#include "proc/uidinfo.h"
#include "proc/resource.h"
#include "time/time.h"
#include "vfs/namei.h"
#include "vm/kmem.h"

#define ROOT_RESERVE 10 /* processes that only root may have */

/* For one more process of p's user. proctree_lock held. */
static int
count_process(struct thread *td, struct proc *p)
{
	uint64_t limit = UINT64_MAX;
	unsigned most = (unsigned)maxproc;

	if (priv_check(td) != 0) {
		limit = proc_limit(td->td_proc, RLIMIT_NPROC);
		most -= ROOT_RESERVE;
	}
	if (proc_count() >= most)
		return (EAGAIN);
	return (uidinfo_count_proc(p->p_uidinfo, limit) ? 0 : EAGAIN);
}

/* Each part's share of the child: what it has in common with the parent, or a
 * copy of. 0 or ENOMEM. */
static int
fork_resources(
    struct proc *p, struct proc *parent, const struct fork_request *fa)
{
	int error;

	proc_fork(p, parent);
	dirs_fork(p, parent);
	itimer_fork(p);
	error = fdtable_fork(p, parent, fa->flags);
	if (error == 0)
		error = sigacts_fork(p, parent, fa->flags & RFSIGSHARE);
	if (error == 0)
		error = image_fork(p, parent, fa->flags & RFMEM);
	if (fa->fresh)
		p->p_flags &= P_KERNEL;
	if (fa->flags & RFPPWAIT)
		p->p_flags |= P_VFORK;
	p->p_exitsig = fa->exitsig;
	p->p_start = clock_ns();
	return (error);
}

static struct thread *
copy_thread(struct proc *p, struct thread *from, bool fresh)
{
	struct thread *td = fresh ? thread_alloc(p) : thread_copy(p, from);

	if (td == NULL || fresh)
		return (td);
	/* The child's result: 0 in %rax, 1 in %rdx, no error. */
	td->td_tf->tf_rax = 0;
	td->td_tf->tf_rdx = 1;
	td->td_tf->tf_rflags &= ~1ul;
	td->td_sigstk = from->td_sigstk;
	td->td_sigblock = from->td_sigblock;
	td->td_exterr_user = from->td_exterr_user;
	return (td);
}

/* A process that never ran. */
static void
undo(struct proc *p)
{
	image_exit(p);
	fdtable_exit(p);
	dirs_exit(p);
	proc_free(p);
}

static int
enter_tree(struct thread *td, struct proc *p, int flags, struct file *pdfile)
{
	struct proc *parent = td->td_proc;
	int error;

	mutex_lock(&proctree_lock);
	error = count_process(td, p);
	if (error == 0 && (p->p_id = pid_alloc()) == NULL) {
		uidinfo_uncount_proc(p->p_uidinfo);
		error = ENOMEM;
	}
	if (error == 0) {
		p->p_pid = p->p_id->pi_id;
		p->p_state = P_ALIVE;
		proc_link(p, parent, parent->p_pgrp);
		/* RFNOWAIT: the parent never wants to know. */
		if (flags & RFNOWAIT)
			proc_reparent(p, p->p_reaper);
		if (pdfile != NULL)
			procdesc_bind(pdfile, p);
	}
	mutex_unlock(&proctree_lock);
	return (error);
}

/*
 * The parent of vfork(2) waits until the child has its own memory.  By then
 * the child may have another parent, or have been waited for.  A parent that is
 * to end doesn't wait for that: it may never come.
 */
static struct cv vfork_cv = CV_INITIALIZER(vfork_cv, "ppwait");

static void
wait_for_vfork(pid_t pid)
{
	struct proc *p;
	int error = 0;

	mutex_lock(&proctree_lock);
	while (error == 0 && (p = proc_find_any(pid)) != NULL &&
	       (p->p_flags & P_VFORK))
		error = cv_wait_kill(&vfork_cv, &proctree_lock);
	mutex_unlock(&proctree_lock);
}

void
proc_vfork_done(struct proc *p)
{
	if (!(p->p_flags & P_VFORK))
		return;
	mutex_lock(&proctree_lock);
	spin_lock(&p->p_lock);
	proc_flags_clear(p, P_VFORK);
	/* It may stop now. */
	sig_poke(curthread());
	if (quiesce_holds(p, curthread()))
		ask_to_suspend(p);
	spin_unlock(&p->p_lock);
	cv_broadcast(&vfork_cv);
	mutex_unlock(&proctree_lock);
}

/* The parent's descriptor for a child to be: the child doesn't have it, its
 * table is its own by now. */
static int
make_procdesc(struct thread *td, struct fork_request *fa, struct file **fpp)
{
	int error;

	if (!(fa->flags & RFPROCDESC))
		return (0);
	error = fd_reserve(td, &fa->pdtable, &fa->pdfd);
	if (error != 0)
		return (error);
	error = procdesc_create(td, fa->pdflags, fpp);
	if (error != 0)
		fd_unreserve(fa->pdtable, fa->pdfd);
	return (error);
}

/* The descriptor of a child that didn't come to be. */
static void
undo_procdesc(struct thread *td, struct fork_request *fa, struct file *fp)
{
	if (fp == NULL)
		return;
	fd_unreserve(fa->pdtable, fa->pdfd);
	file_release(fp);
}

/* All of the child but its place among the others. */
static int
make_child(struct thread *td, struct fork_request *fa, struct proc *p,
    struct file **pd)
{
	int error;

	error = fork_resources(p, td->td_proc, fa);
	if (error != 0)
		return (error);
	if (fa->dropcaught)
		sig_exec(p);
	fa->child_td = copy_thread(p, td, fa->fresh);
	if (fa->child_td == NULL)
		return (ENOMEM);
	error = make_procdesc(td, fa, pd);
	if (error == 0)
		error = enter_tree(td, p, fa->flags, *pd);
	if (error != 0)
		thread_free(fa->child_td);
	return (error);
}

/* Its memory in pages, for vmstat(8)'s forks. */
static void
count_fork(const struct thread *td, uint32_t flags)
{
	const struct vmspace *vs = td_vmspace(td);
	const uint64_t pages = vs != NULL ? atop(vs->vs_size) : 0;

	if (vs == NULL) {
		count(COUNT_KTHREAD);
	} else if ((flags & (RFMEM | RFPPWAIT)) == 0) {
		count(COUNT_FORK);
		count_add(COUNT_FORK_PAGES, pages);
	} else if ((flags & RFPPWAIT) != 0) {
		count(COUNT_VFORK);
		count_add(COUNT_VFORK_PAGES, pages);
	} else {
		count(COUNT_RFORK);
		count_add(COUNT_RFORK_PAGES, pages);
	}
}

/* What the parent hears of it, and the child's first step. */
static void
start_child(struct thread *td, struct fork_request *fa, pid_t pid)
{
	struct proc *parent = td->td_proc;

	td->td_retval[0] = (uint64_t)pid;
	td->td_retval[1] = 0;
	if (event_wanted(&parent->p_events)) {
		event_notify(&parent->p_events, NOTE_FORK | pid);
		knote_fork(parent, pid);
	}
	if (fa->stopped)
		return;
	/* It may be gone as soon as it has run, but not vfork's. */
	sched_run(fa->child_td);
	if (fa->flags & RFPPWAIT)
		wait_for_vfork(pid);
}

int
kern_fork(struct thread *td, struct fork_request *fa)
{
	struct proc *p = kmem_alloc(sizeof(*p), KM_ZERO);
	struct file *pdfile = NULL;
	int error;

	if (p == NULL)
		return (ENOMEM);
	proc_setup(p);
	error = make_child(td, fa, p, &pdfile);
	if (error != 0) {
		undo_procdesc(td, fa, pdfile);
		undo(p);
		return (error);
	}
	count_fork(td, (uint32_t)fa->flags);
	thread_link(p, fa->child_td);
	/* It may fire at once, and finds a whole process then. */
	if (p->p_limits[RLIMIT_CPU].rlim_cur != RLIM_INFINITY)
		itimer_cpu_limit(p);
	fa->child = p;
	if (pdfile != NULL)
		fd_fill(fa->pdtable, fa->pdfd, pdfile,
		    fa->pdflags & PD_CLOEXEC ? UF_EXCLOSE : 0);
	start_child(td, fa, p->p_pid);
	return (0);
}
