/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The calls that FreeBSD has in another form than musl expects: see
 * arch/x86_64/syscall_arch.h. Each takes musl's arguments and returns what
 * Linux would have returned.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <string.h>

#include "futex.h"
#include "pthread_impl.h"

#define UMTX_OP_WAKE		  3
#define UMTX_OP_WAIT_UINT	  11
#define UMTX_OP_WAIT_UINT_PRIVATE 15
#define UMTX_OP_WAKE_PRIVATE	  16

#define CPU_LEVEL_WHICH		  3
#define CPU_WHICH_TID		  1
#define CPU_WHICH_PID		  2

hidden _Noreturn void __thr_leave(volatile int *);

static long
gettid(void)
{
	long tid;

	__syscall(SYS_thr_self, &tid);
	return (tid);
}

/*
 * The word to clear when the thread ends. It is the lock of the list of
 * threads but for a thread that failed to start; the field isn't used
 * otherwise, since there are no robust mutexes.
 */
static long
set_tid_address(volatile int *word)
{
	__pthread_self()->robust_list.off =
	    word == &__thread_list_lock ? 0 : (long)word;
	return (gettid());
}

static _Noreturn void
thread_exit(void)
{
	pthread_t self = __pthread_self();
	volatile int *word = (volatile int *)self->robust_list.off;

	/* No signal may find the stack, which others free from then on. */
	__block_all_sigs(NULL);
	__thr_leave(word != NULL ? word : &__thread_list_lock);
}

/*
 * A wait without a limit is restarted after a signal, which would keep a
 * cancelled thread waiting; one with a limit ends with EINTR. So there is
 * always one, and musl's callers look at the word again.
 */
static long
futex_wait(
    volatile int *word, int private, int value, const struct timespec *timeout)
{
	static const struct timespec year = {365 * 86400, 0};
	long error;

	if (timeout == NULL)
		timeout = &year;
	error = __syscall(SYS__umtx_op, word,
	    private ? UMTX_OP_WAIT_UINT_PRIVATE : UMTX_OP_WAIT_UINT,
	    (unsigned)value, sizeof(*timeout), timeout);
	if (error == -ETIMEDOUT && timeout == &year)
		return (0);
	return (error);
}

static long
futex(volatile int *word, int op, int value, const struct timespec *timeout)
{
	int private = op & FUTEX_PRIVATE;

	switch (op & ~FUTEX_PRIVATE) {
	case FUTEX_WAIT:
		return (futex_wait(word, private, value, timeout));
	case FUTEX_REQUEUE:
		/* It is woken instead, and takes the other lock by itself. */
		value = 1;
		/* FALLTHROUGH */
	case FUTEX_WAKE:
		return (__syscall(SYS__umtx_op, word,
		    private ? UMTX_OP_WAKE_PRIVATE : UMTX_OP_WAKE, value, 0,
		    0));
	default:
		return (-ENOSYS);
	}
}

static long
getcwd_(char *buf, size_t size)
{
	long error = __syscall(SYS___getcwd, buf, size);

	return (error < 0 ? error : (long)strlen(buf) + 1);
}

/* The sixth argument of pselect6 points to the mask and its size. */
static long
pselect6(long n, long in, long out, long ex, long timeout, const long *mask)
{
	return (__syscall(
	    SYS_pselect, n, in, out, ex, timeout, mask != NULL ? mask[0] : 0));
}

static long
sched_affinity(long call, long pid, size_t size, void *set)
{
	long error;

	memset(set, 0, call == SYS_cpuset_getaffinity ? size : 0);
	/* The kernel's sets have up to 1,024 bits. */
	if (size > 128)
		size = 128;
	error = __syscall(call, CPU_LEVEL_WHICH,
	    pid >= 100000 ? CPU_WHICH_TID : CPU_WHICH_PID, pid == 0 ? -1 : pid,
	    size, set);
	return (
	    error < 0 || call != SYS_cpuset_getaffinity ? error : (long)size);
}

/* What musl's timer_create() makes of a struct sigevent. */
struct ksigevent {
	union sigval value;
	int signo;
	int notify;
	int tid;
};

static long
timer_create_(long clock, const struct ksigevent *from, int *id)
{
	struct sigevent event;

	if (from == NULL)
		return (__syscall(SYS_ktimer_create, clock, 0, id));
	memset(&event, 0, sizeof(event));
	event.sigev_notify = from->notify;
	event.sigev_signo = from->signo;
	event.sigev_value = from->value;
	event.sigev_notify_thread_id = from->tid;
	return (__syscall(SYS_ktimer_create, clock, &event, id));
}

long
__emulate(long n, long a, long b, long c, long d, long e, long f)
{
	switch (n) {
	case SYS_exit:
		thread_exit();
	case SYS_gettid:
		return (gettid());
	case SYS_set_tid_address:
		return (set_tid_address((volatile int *)a));
	case SYS_futex:
		return (futex((volatile int *)a, (int)b, (int)c,
		    (const struct timespec *)d));
	case SYS_getcwd:
		return (getcwd_((char *)a, (size_t)b));
	case SYS_getdents:
		return (__syscall(SYS_getdirentries, a, b, c, 0));
	case SYS_pselect6:
		return (pselect6(a, b, c, d, e, (const long *)f));
	case SYS_fadvise:
		/* It returns the error itself. */
		return (-__syscall(SYS_posix_fadvise, a, b, c, d));
	case SYS_sched_getaffinity:
		return (sched_affinity(
		    SYS_cpuset_getaffinity, a, (size_t)b, (void *)c));
	case SYS_sched_setaffinity:
		return (sched_affinity(
		    SYS_cpuset_setaffinity, a, (size_t)b, (void *)c));
	case SYS_timer_create:
		return (
		    timer_create_(a, (const struct ksigevent *)b, (int *)c));
	case SYS_rt_sigqueueinfo:
		return (__syscall(SYS_sigqueue, a, b,
		    ((const siginfo_t *)c)->si_value.sival_ptr));
	default:
		return (-ENOSYS);
	}
}
