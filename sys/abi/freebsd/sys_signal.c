/* SPDX-License-Identifier: BSD-2-Clause */
/* Signals and user contexts: the system calls. */
#include "fbsd/errno.h"
#include "abi/freebsd/context.h"
#include "abi/freebsd/sysargs.h"
#include "abi/freebsd/timeout.h"
#include "amd64/md.h"
#include "proc/signal.h"
#include "core/printf.h"
#include "lib/printf.h"
#include "time/time.h"

static struct siginfo
from_user(struct thread *td, int sig, int code)
{
	return ((struct siginfo){.si_signo = sig,
	    .si_code = code,
	    .si_pid = td->td_proc->p_pid,
	    .si_uid = td->td_cred->cr_ruid});
}

int
sys_kill(struct thread *td, const struct kill_args *a)
{
	struct siginfo info = from_user(td, a->signum, SI_USER);

	return (kern_kill(td, a->pid, a->signum, &info));
}

/* Of pthread_sigqueue(3): what is given is a thread of the caller's. */
#define SIGQUEUE_TID 0x80000000u

int
sys_sigqueue(struct thread *td, const struct sigqueue_args *a)
{
	const int sig = (int)((unsigned)a->signum & ~SIGQUEUE_TID);
	struct siginfo info = from_user(td, sig, SI_QUEUE);

	if (a->pid <= 0)
		return (EINVAL);
	info.si_value.sival_ptr = (uint64_t)a->value;
	if (sig != a->signum)
		return (
		    kern_thr_kill(td, td->td_proc->p_pid, a->pid, sig, &info));
	return (kern_kill(td, a->pid, sig, &info));
}

int
sys_thr_kill(struct thread *td, const struct thr_kill_args *a)
{
	struct siginfo info = from_user(td, a->sig, SI_LWP);

	return (kern_thr_kill(td, td->td_proc->p_pid, a->id, a->sig, &info));
}

int
sys_thr_kill2(struct thread *td, const struct thr_kill2_args *a)
{
	struct siginfo info = from_user(td, a->sig, SI_LWP);

	return (kern_thr_kill(td, a->pid, a->id, a->sig, &info));
}

int
sys_sigaction(struct thread *td, const struct sigaction_args *a)
{
	struct sigaction act, old;
	int error;

	if (a->act != NULL) {
		error = copyin(a->act, &act, sizeof(act));
		if (error != 0)
			return (error);
	}
	error = kern_sigaction(td, a->sig, a->act != NULL ? &act : NULL, &old);
	if (error == 0 && a->oact != NULL)
		error = copyout(&old, a->oact, sizeof(old));
	return (error);
}

int
sys_sigprocmask(struct thread *td, const struct sigprocmask_args *a)
{
	sigset_t set, old;
	int error;

	if (a->set != NULL) {
		error = copyin(a->set, &set, sizeof(set));
		if (error != 0)
			return (error);
	}
	error =
	    kern_sigprocmask(td, a->how, a->set != NULL ? &set : NULL, &old);
	if (error == 0 && a->oset != NULL)
		error = copyout(&old, a->oset, sizeof(old));
	return (error);
}

int
sys_sigpending(struct thread *td, const struct sigpending_args *a)
{
	struct proc *p = td->td_proc;
	sigset_t set;

	spin_lock(&p->p_lock);
	for (int i = 0; i < 4; i++)
		set.bits[i] = td->td_sigqueue.sq_signals.bits[i] |
			      p->p_sigqueue.sq_signals.bits[i];
	spin_unlock(&p->p_lock);
	return (copyout(&set, a->set, sizeof(set)));
}

int
sys_sigsuspend(struct thread *td, const struct sigsuspend_args *a)
{
	sigset_t mask;
	int error;

	error = copyin(a->sigmask, &mask, sizeof(mask));
	return (error != 0 ? error : kern_sigsuspend(td, &mask));
}

/* What isn't valid only matters if no signal is pending: *bad; one that is less
 * than nothing is over. */
static int
copyin_wait_timeout(
    const struct timespec __user *uts, uint64_t *deadline, bool *bad)
{
	struct timespec ts;
	int error;

	*bad = false;
	*deadline = NO_DEADLINE;
	if (uts == NULL)
		return (0);
	error = copyin(uts, &ts, sizeof(ts));
	if (error != 0)
		return (error);
	*bad = ts.tv_nsec < 0 || ts.tv_nsec >= (long)NSEC_PER_SEC;
	*deadline = 0;
	return (*bad || ts.tv_sec < 0 ? 0 : timeout_deadline(&ts, deadline));
}

static int
wait_info(struct thread *td, const sigset_t *uset, struct siginfo *uinfo,
    const struct timespec *uts)
{
	struct siginfo info;
	uint64_t deadline;
	sigset_t set;
	bool bad;
	int error;

	error = copyin_wait_timeout(uts, &deadline, &bad);
	if (error == 0)
		error = copyin(uset, &set, sizeof(set));
	if (error == 0)
		error = kern_sigtimedwait(td, &set, &info, deadline);
	if (error == EAGAIN && bad)
		error = EINVAL;
	if (error == 0 && uinfo != NULL)
		error = copyout(&info, uinfo, sizeof(info));
	if (error == 0)
		td->td_retval[0] = (uint64_t)info.si_signo;
	return (error);
}

int
sys_sigtimedwait(struct thread *td, const struct sigtimedwait_args *a)
{
	return (wait_info(td, a->set, a->info, a->timeout));
}

int
sys_sigwaitinfo(struct thread *td, const struct sigwaitinfo_args *a)
{
	return (wait_info(td, a->set, a->info, NULL));
}

/* sigwait(2) returns its error; that isn't in errno. */
int
sys_sigwait(struct thread *td, const struct sigwait_args *a)
{
	struct siginfo info;
	sigset_t set;
	int error;

	error = copyin(a->set, &set, sizeof(set));
	if (error == 0)
		error = kern_sigtimedwait(td, &set, &info, NO_DEADLINE);
	if (error == EINTR || error == ERESTART)
		return (ERESTART);
	if (error == 0)
		error = copyout(&info.si_signo, a->sig, sizeof(*a->sig));
	td->td_retval[0] = (uint64_t)error;
	return (0);
}

int
sys_sigaltstack(struct thread *td, const struct sigaltstack_args *a)
{
	bool onstack = context_on_altstack(td, td_frame(td)->tf_rsp);
	struct sigaltstack old = td->td_sigstk, ss;
	int error;

	if (old.ss_size == 0)
		old.ss_flags = SS_DISABLE;
	else if (onstack)
		old.ss_flags = SS_ONSTACK;
	if (a->ss != NULL) {
		error = copyin(a->ss, &ss, sizeof(ss));
		if (error != 0)
			return (error);
		if (onstack)
			return (EPERM);
		if (ss.ss_flags & ~SS_DISABLE)
			return (EINVAL);
		if ((ss.ss_flags & SS_DISABLE) == 0 && ss.ss_size < MINSIGSTKSZ)
			return (ENOMEM);
		td->td_sigstk = ss;
	}
	return (a->oss != NULL ? copyout(&old, a->oss, sizeof(old)) : 0);
}

int
sys_sigfastblock(struct thread *td, const struct sigfastblock_args *a)
{
	uint32_t *word = (uint32_t *)td->td_sigblock, val;
	int error;

	switch (a->cmd) {
	case SIGFASTBLOCK_SETPTR:
		if (td->td_sigblock != 0)
			return (EBUSY);
		if ((uintptr_t)a->ptr % sizeof(uint32_t) != 0)
			return (EINVAL);
		error = fueword32(a->ptr, &val);
		if (error == 0)
			td->td_sigblock = (uint64_t)a->ptr;
		return (error);
	case SIGFASTBLOCK_UNSETPTR:
		if (td->td_sigblock == 0)
			return (EINVAL);
		if (fueword32(word, &val) != 0)
			return (EFAULT);
		if (val & ~SIGFASTBLOCK_FLAGS)
			return (EBUSY);
		td->td_sigblock = 0;
		break;
	case SIGFASTBLOCK_UNBLOCK:
		if (td->td_sigblock == 0)
			return (EINVAL);
		error = casueword32(word, SIGFASTBLOCK_PEND, &val, 0);
		if (error != 0)
			return (error);
		if (val != SIGFASTBLOCK_PEND)
			return (EBUSY);
		break;
	default:
		return (EINVAL);
	}
	/* What was held back comes now. */
	atomic_or(&td->td_flags, TDF_SIGPENDING | TDF_AST);
	return (0);
}

static int
resume(struct thread *td, const struct ucontext *uctx)
{
	int error = context_set(td, uctx);

	return (error != 0 ? error : EJUSTRETURN);
}

int
sys_sigreturn(struct thread *td, const struct sigreturn_args *a)
{
	return (resume(td, a->sigcntxp));
}

int
sys_setcontext(struct thread *td, const struct setcontext_args *a)
{
	return (a->ucp != NULL ? resume(td, a->ucp) : EINVAL);
}

/* A context that, when resumed, has the call return 0. */
static int
save(struct thread *td, struct ucontext *uctx)
{
	struct ucontext uc;

	context_get(td, &uc);
	uc.uc_mcontext.mc_rax = 0;
	uc.uc_mcontext.mc_rdx = 0;
	uc.uc_mcontext.mc_rflags &= ~1ul; /* carry: no error */
	return (copyout(&uc, uctx, UC_COPY_SIZE));
}

int
sys_getcontext(struct thread *td, const struct getcontext_args *a)
{
	return (a->ucp != NULL ? save(td, a->ucp) : EINVAL);
}

int
sys_swapcontext(struct thread *td, const struct swapcontext_args *a)
{
	int error;

	if (a->oucp == NULL || a->ucp == NULL)
		return (EINVAL);
	error = save(td, a->oucp);
	return (error != 0 ? error : resume(td, a->ucp));
}

#define ABORT_WHY_MAX  128
#define ABORT_ARGS_MAX 16

/* What abort2(2) was called with, in words; false: it can't be read. */
static bool
abort_reason(const struct abort2_args *a, char *buf, size_t size)
{
	char why[ABORT_WHY_MAX] = "(null)";
	void *args[ABORT_ARGS_MAX];
	size_t at;
	int error;

	if (a->nargs < 0 || a->nargs > ABORT_ARGS_MAX)
		return (false);
	if (a->nargs > 0 &&
	    copyin(a->args, args, (unsigned)a->nargs * sizeof(args[0])) != 0)
		return (false);
	if (a->why != NULL) {
		error = copyinstr(a->why, why, sizeof(why), NULL);
		if (error != 0 && error != ENAMETOOLONG)
			return (false);
		why[sizeof(why) - 1] = '\0';
	}
	/* A terminal may show it. */
	for (char *c = why; *c != '\0'; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	at = (size_t)snprintf(buf, size, "%s", why);
	for (int i = 0; i < a->nargs; i++)
		at += (size_t)snprintf(buf + at, size - at, "%s%p%s",
		    i == 0 ? "(" : ", ", args[i], i + 1 == a->nargs ? ")" : "");
	return (true);
}

/* The process ends, and tells the system's log why; with SIGKILL if that is
 * more than it can say. */
int
sys_abort2(struct thread *td, const struct abort2_args *a)
{
	char reason[ABORT_WHY_MAX + ABORT_ARGS_MAX * 20 + 4];
	const struct proc *p = td->td_proc;
	bool told = abort_reason(a, reason, sizeof(reason));

	kprintf("%s(pid %d uid %u) aborted: %s\n", p->p_comm, p->p_pid,
	    td->td_cred->cr_uid, told ? reason : "(Reason text inaccessible)");
	kern_exit(td, 0, told ? SIGABRT : SIGKILL);
}
