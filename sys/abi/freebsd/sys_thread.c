/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads as libthr and Go make them: thr_new(2) and kin; sysarch(2). */
#include "lib/string.h"
#include "abi/freebsd/sysargs.h"
#include "abi/freebsd/timeout.h"
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "fbsd/resource.h"
#include "fbsd/time.h"
#include "proc/proc.h"
#include "proc/resource.h"
#include "proc/signal.h"
#include "time/time.h"
#include "ipc/umtx.h"

/* sys/thr.h */
struct thr_param {
	uint64_t start_func;
	uint64_t arg;
	uint64_t stack_base;
	uint64_t stack_size;
	uint64_t tls_base;
	uint64_t tls_size;
	uint64_t child_tid;  /* long * */
	uint64_t parent_tid; /* long * */
	int flags;
	uint64_t rtp; /* struct rtprio * */
	uint64_t spare[3];
};
_Static_assert(sizeof(struct thr_param) == 104, "struct thr_param");

#define AMD64_GET_FSBASE 128
#define AMD64_SET_FSBASE 129
#define AMD64_GET_GSBASE 130
#define AMD64_SET_GSBASE 131
/* As the FS base: where thread-local variables are. FreeBSD 15's rtld. */
#define AMD64_GET_TLSBASE 135
#define AMD64_SET_TLSBASE 136

static bool
user_address(uint64_t va)
{
	return (va < USER_TOP);
}

/* The thread starts in a function that was called with one argument. */
static void
set_start(struct thread *td, const struct thr_param *tp)
{
	struct trapframe *tf = td_frame(td);

	tf->tf_rip = tp->start_func;
	tf->tf_rdi = tp->arg;
	tf->tf_rsp = ((tp->stack_base + tp->stack_size) & ~15ul) - 8;
	tf->tf_rbp = 0;
	td->td_md.md_fsbase = tp->tls_base;
}

static int
store_tids(struct thread *new, const struct thr_param *tp)
{
	int error = 0;

	if (tp->child_tid != 0)
		error = suword64((void *)tp->child_tid, (uint64_t) new->td_tid);
	if (error == 0 && tp->parent_tid != 0)
		error =
		    suword64((void *)tp->parent_tid, (uint64_t) new->td_tid);
	return (error);
}

/* May td start a thread with this priority? */
static int
check_priority(struct thread *td, const struct rtprio *rtp)
{
	switch (rtp->type) {
	case RTP_PRIO_REALTIME:
	case RTP_PRIO_FIFO:
		if (priv_check(td) != 0)
			return (EPERM);
		return (rtp->prio > RTP_PRIO_MAX ? EINVAL : 0);
	case RTP_PRIO_NORMAL:
		return (0);
	default:
		return (EINVAL);
	}
}

int
sys_thr_new(struct thread *td, const struct thr_new_args *a)
{
	struct thr_param tp;
	struct thread *new;
	struct rtprio rtp;
	int error;

	if (a->param_size < 0 || (size_t)a->param_size > sizeof(tp))
		return (EINVAL);
	memset(&tp, 0, sizeof(tp));
	error = copyin(a->param, &tp, (size_t)a->param_size);
	if (error == 0 && tp.rtp != 0)
		error = copyin((void *)tp.rtp, &rtp, sizeof(rtp));
	if (error == 0 && tp.rtp != 0)
		error = check_priority(td, &rtp);
	if (error != 0)
		return (error);
	if (!user_address(tp.start_func) || !user_address(tp.tls_base) ||
	    !user_address(tp.stack_base + tp.stack_size))
		return (EINVAL);
	error = kern_thr_create(td, &new);
	if (error != 0)
		return (error);
	set_start(new, &tp);
	/* As on FreeBSD, a bad address for the id is the caller's loss. */
	(void)store_tids(new, &tp);
	if (tp.rtp != 0) {
		spin_lock(&td->td_proc->p_lock);
		(void)thread_set_rtprio(new, &rtp);
		spin_unlock(&td->td_proc->p_lock);
	}
	/* thr_new(2): THR_SUSPENDED means nothing; who wants that waits. */
	sched_run(new);
	return (0);
}

int
sys_thr_self(struct thread *td, const struct thr_self_args *a)
{
	return (suword64(a->id, (uint64_t)td->td_tid) != 0 ? EFAULT : 0);
}

int
sys_thr_exit(struct thread *td, const struct thr_exit_args *a)
{
	/* Before a joiner knows: what the thread held is free. */
	umtx_thread_exit(td);
	if (a->state != NULL) {
		(void)suword64(a->state, 1);
		(void)umtx_wake(td, (uint64_t)a->state, INT_MAX);
	}
	kern_thr_exit(td);
}

int
sys_thr_suspend(struct thread *td, const struct thr_suspend_args *a)
{
	struct spin *lock = &td->td_proc->p_lock;
	uint64_t deadline;
	int error = copyin_timeout(a->timeout, &deadline);

	if (error != 0)
		return (error);
	spin_lock(lock);
	while (error == 0 && !td->td_woken)
		error = cv_wait_spin_sig(&td->td_sigcv, lock, deadline);
	if (td->td_woken)
		error = 0;
	td->td_woken = false;
	spin_unlock(lock);
	return (error == ERESTART && deadline != NO_DEADLINE ? EINTR : error);
}

/* Also before it suspends itself: then that ends at once. */
int
sys_thr_wake(struct thread *td, const struct thr_wake_args *a)
{
	struct proc *p = td->td_proc;
	struct thread *other;

	spin_lock(&p->p_lock);
	other = proc_thread(p, (lwpid_t)a->id);
	if (other != NULL) {
		other->td_woken = true;
		cv_signal(&other->td_sigcv);
	}
	spin_unlock(&p->p_lock);
	return (other != NULL ? 0 : ESRCH);
}

int
sys_thr_set_name(struct thread *td, const struct thr_set_name_args *a)
{
	char name[MAXCOMLEN + 1] = "";
	struct thread *other;
	int error;

	if (a->name != NULL) {
		error = copyinstr(a->name, name, sizeof(name), NULL);
		if (error != 0 && error != ENAMETOOLONG)
			return (error);
		name[MAXCOMLEN] = '\0';
	}
	spin_lock(&td->td_proc->p_lock);
	other = proc_thread(td->td_proc, (lwpid_t)a->id);
	if (other != NULL)
		strlcpy(other->td_name, name, sizeof(other->td_name));
	spin_unlock(&td->td_proc->p_lock);
	return (other != NULL ? 0 : ESRCH);
}

int
sys_sysarch(struct thread *td, const struct sysarch_args *a)
{
	uint64_t base;
	int error;

	switch (a->op) {
	case AMD64_GET_FSBASE:
	case AMD64_GET_TLSBASE:
		return (suword64(a->parms, md_get_fsbase(td)));
	case AMD64_GET_GSBASE:
		return (suword64(a->parms, md_get_gsbase(td)));
	case AMD64_SET_FSBASE:
	case AMD64_SET_GSBASE:
	case AMD64_SET_TLSBASE:
		error = fueword64(a->parms, &base);
		if (error != 0)
			return (error);
		if (!user_address(base))
			return (EINVAL);
		if (a->op == AMD64_SET_GSBASE)
			md_set_gsbase(td, base);
		else
			md_set_fsbase(td, base);
		return (0);
	default:
		return (EINVAL);
	}
}

int
sys_yield(struct thread *td, const struct yield_args *unused)
{
	td->td_retval[0] = 0;
	sched_yield();
	return (0);
}

int
sys_sched_yield(struct thread *td, const struct sched_yield_args *unused)
{
	sched_yield();
	return (0);
}

int
sys_sched_getcpu(struct thread *td, const struct sched_getcpu_args *unused)
{
	td->td_retval[0] = td->td_cpu;
	return (0);
}
