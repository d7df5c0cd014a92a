/* SPDX-License-Identifier: BSD-2-Clause */
/* Signals as a program meets them. */
#include "freebsd.h"

static volatile int caught, last_sig, last_code, order[64], norder;
static volatile long last_addr, last_value, last_pid;
static struct ucontext saved;

static void
remember(int sig, struct siginfo *si, struct ucontext *uc)
{
	caught++;
	last_sig = sig;
	last_code = si->si_code;
	last_addr = (long)si->si_addr;
	last_value = (long)si->si_value.sival_ptr;
	last_pid = si->si_pid;
	if (norder < 64)
		order[norder++] = sig;
	memcpy(&saved, uc, sizeof(saved));
}

static sigset_t
set_of(int sig)
{
	sigset_t s;

	sigemptyset(&s);
	if (sig != 0)
		sigaddset(&s, sig);
	return (s);
}

static long
mask(int how, int sig)
{
	sigset_t s = set_of(sig);

	return (SYS(SYS_sigprocmask, how, &s, NULL));
}

static long pid;

static void
send_and_catch(void)
{
	CHECK_EQ(handle(SIGUSR1, remember, SA_SIGINFO), 0);
	caught = 0;
	CHECK_EQ(SYS(SYS_kill, pid, SIGUSR1), 0);
	CHECK_EQ(caught, 1);
	CHECK_EQ(last_sig, SIGUSR1);
	CHECK_EQ(last_code, SI_USER);
	CHECK_EQ(last_pid, pid);
	CHECK_EQ(saved.uc_mcontext.mc_len, 800);
	CHECK_EQ(SYS(SYS_kill, pid, 0), 0);
	CHECK_EQ(SYS(SYS_kill, pid, 200), -EINVAL);
	CHECK_EQ(SYS(SYS_kill, 99998, SIGUSR1), -ESRCH);
	CHECK_EQ(handle(SIGKILL, remember, 0), -EINVAL);
	CHECK_EQ(handle(0, remember, 0), -EINVAL);
	CHECK_EQ(handle(SIGUSR1, remember, 0x4000), -EINVAL);
	CHECK_EQ(SYS(SYS_sigaction, SIGUSR1, 16, NULL), -EFAULT);
}

static void
blocked_and_pending(void)
{
	sigset_t set;

	caught = 0;
	CHECK_EQ(mask(SIG_BLOCK, SIGUSR1), 0);
	(void)SYS(SYS_kill, pid, SIGUSR1);
	(void)SYS(SYS_kill, pid, SIGUSR1);
	CHECK_EQ(caught, 0);
	CHECK_EQ(SYS(SYS_sigpending, &set), 0);
	CHECK(sigismember(&set, SIGUSR1));
	CHECK_EQ(mask(SIG_UNBLOCK, SIGUSR1), 0);
	CHECK_EQ(caught, 1);
	/* Ignoring forgets what is pending. */
	(void)mask(SIG_BLOCK, SIGUSR1);
	(void)SYS(SYS_kill, pid, SIGUSR1);
	CHECK_EQ(handle(SIGUSR1, (void *)SIG_IGN, 0), 0);
	CHECK_EQ(handle(SIGUSR1, remember, SA_SIGINFO), 0);
	(void)mask(SIG_UNBLOCK, SIGUSR1);
	CHECK_EQ(caught, 1);
	CHECK_EQ(SYS(SYS_sigprocmask, 7, &set, NULL), -EINVAL);
}

static void
real_time_queue(void)
{
	int rt = SIGRTMIN + 3;
	long tid;

	CHECK_EQ(handle(rt, remember, SA_SIGINFO), 0);
	CHECK_EQ(handle(rt + 1, remember, SA_SIGINFO), 0);
	(void)mask(SIG_BLOCK, rt);
	(void)mask(SIG_BLOCK, rt + 1);
	caught = norder = 0;
	CHECK_EQ(SYS(SYS_sigqueue, pid, rt + 1, 30), 0);
	CHECK_EQ(SYS(SYS_sigqueue, pid, rt, 20), 0);
	/* By a thread's number, too. */
	CHECK_EQ(SYS(SYS_thr_self, &tid), 0);
	CHECK_EQ(SYS(SYS_sigqueue, tid, (unsigned)rt | 1u << 31, 10), 0);
	CHECK_EQ(SYS(SYS_sigqueue, pid, (unsigned)rt | 1u << 31, 20), -ESRCH);
	for (int i = 0; i < 3; i++) {
		sigset_t set = set_of(rt);
		struct siginfo si;

		sigaddset(&set, rt + 1);
		CHECK_EQ(SYS(SYS_sigwaitinfo, &set, &si), i < 2 ? rt : rt + 1);
		CHECK_EQ(si.si_code, SI_QUEUE);
		CHECK_EQ(si.si_value.sival_ptr, 10 * (i + 1));
	}
	/* The queue has an end, and says so. */
	long error = 0;
	int n = 0;

	while (error == 0 && n < 100000) {
		error = SYS(SYS_sigqueue, pid, rt, n);
		n += error == 0;
	}
	CHECK_EQ(error, -EAGAIN);
	(void)mask(SIG_UNBLOCK, rt);
	(void)mask(SIG_UNBLOCK, rt + 1);
	CHECK_EQ(caught, n);
}

static volatile int depth, deepest;

static void
nest(int sig)
{
	depth++;
	if (depth > deepest)
		deepest = depth;
	if (depth < 3)
		(void)SYS(SYS_kill, pid, sig);
	depth--;
}

static void
flags(void)
{
	struct sigaction sa;

	CHECK_EQ(handle(SIGUSR2, nest, SA_NODEFER), 0);
	deepest = 0;
	(void)SYS(SYS_kill, pid, SIGUSR2);
	CHECK_EQ(deepest, 3);
	CHECK_EQ(handle(SIGUSR2, remember, SA_RESETHAND | SA_SIGINFO), 0);
	caught = 0;
	(void)SYS(SYS_kill, pid, SIGUSR2);
	CHECK_EQ(caught, 1);
	CHECK_EQ(SYS(SYS_sigaction, SIGUSR2, NULL, &sa), 0);
	CHECK_EQ(sa.sa_handler, SIG_DFL);
}

static char altstack[32768] __aligned(16);
static volatile bool was_on_alt;
static struct sigaltstack seen_stack;

static void
on_alt(int sig)
{
	char here;

	was_on_alt = &here >= altstack && &here < altstack + sizeof(altstack);
	(void)SYS(SYS_sigaltstack, NULL, &seen_stack);
	CHECK_EQ(SYS(SYS_sigaltstack, &seen_stack, NULL), -EPERM);
}

static void
alternate_stack(void)
{
	struct sigaltstack ss = {(uint64_t)altstack, sizeof(altstack), 0};

	CHECK_EQ(SYS(SYS_sigaltstack, &ss, &seen_stack), 0);
	CHECK_EQ(seen_stack.ss_flags, SS_DISABLE);
	CHECK_EQ(handle(SIGUSR2, on_alt, SA_ONSTACK), 0);
	(void)SYS(SYS_kill, pid, SIGUSR2);
	CHECK(was_on_alt);
	CHECK_EQ(seen_stack.ss_flags, SS_ONSTACK);
	CHECK_EQ(handle(SIGUSR2, on_alt, 0), 0);
	ss.ss_size = 100;
	CHECK_EQ(SYS(SYS_sigaltstack, &ss, NULL), -ENOMEM);
	ss.ss_flags = SS_DISABLE;
	CHECK_EQ(SYS(SYS_sigaltstack, &ss, NULL), 0);
}

/* Registers come back from a handler whole, also those of a system call's
 * return path and of vectors. */
static void
clobber(int sig, struct siginfo *si, struct ucontext *uc)
{
	__asm__ volatile("pcmpeqd %%xmm0, %%xmm0\n"
			 "pcmpeqd %%xmm15, %%xmm15\n" ::
			     : "xmm0", "xmm15");
	caught++;
	/* As a debugger or Go's preemption would: go on elsewhere. */
	if (uc->uc_mcontext.mc_r12 == 0x1234)
		uc->uc_mcontext.mc_r13 = uc->uc_mcontext.mc_r12 + 1;
}

static void
registers(void)
{
	uint64_t rcx, r11, r13, x0, x15;

	CHECK_EQ(handle(SIGTRAP, clobber, SA_SIGINFO), 0);
	caught = 0;
	__asm__ volatile(
	    "movq $77, %%rax; movq %%rax, %%xmm0\n"
	    "movq $78, %%rax; movq %%rax, %%xmm15\n"
	    "movq $0x1234, %%r12; movq $5, %%r13\n"
	    "movq $11, %%rcx; movq $12, %%r11\n"
	    "int3\n"
	    "movq %%xmm0, %3; movq %%xmm15, %4\n"
	    : "=c"(rcx), "=&r"(r11), "=&r"(r13), "=&r"(x0), "=&r"(x15)
	    :
	    : "rax", "r12", "xmm0", "xmm15", "memory");
	CHECK_EQ(caught, 1);
	CHECK_EQ(rcx, 11);
	CHECK_EQ(x0, 77);
	CHECK_EQ(x15, 78);
}

static void *jump[5];

static void
escape(int sig, struct siginfo *si, struct ucontext *uc)
{
	remember(sig, si, uc);
	__builtin_longjmp(jump, 1);
}

static long
fault(int sig, void (*fn)(void *), void *arg)
{
	(void)handle(sig, escape, SA_SIGINFO | SA_NODEFER);
	caught = 0;
	if (__builtin_setjmp(jump) == 0)
		fn(arg);
	return (caught);
}

static void
poke(void *p)
{
	__asm__ volatile("movl $1, (%0)" ::"r"(p) : "memory");
}

static void
divide(void *p)
{
	int zero = 0;

	__asm__ volatile("cltd; idivl %0" ::"r"(zero), "a"(1) : "edx");
}

static void
undefined(void *p)
{
	__asm__ volatile("ud2");
}

static void
privileged(void *p)
{
	__asm__ volatile("hlt");
}

static void
faults(void)
{
	char *page = map_anon(4096, MAP_ANON_PRIVATE);

	CHECK_EQ(fault(SIGSEGV, poke, (void *)0x10), 1);
	CHECK_EQ(last_code, SEGV_MAPERR);
	CHECK_EQ(last_addr, 0x10);
	*page = 1;
	CHECK_EQ(SYS(SYS_mprotect, page, 4096, 1), 0);
	CHECK_EQ(fault(SIGSEGV, poke, page + 8), 1);
	CHECK_EQ(last_code, SEGV_ACCERR);
	CHECK_EQ(last_addr, (long)page + 8);
	CHECK_EQ(fault(SIGFPE, divide, NULL), 1);
	CHECK_EQ(last_code, FPE_INTDIV);
	CHECK_EQ(fault(SIGILL, undefined, NULL), 1);
	CHECK_EQ(last_code, ILL_PRVOPC);
	(void)handle(SIGSEGV, escape, SA_SIGINFO | SA_NODEFER);
	CHECK_EQ(fault(SIGBUS, privileged, NULL), 1);
	/* A non-canonical address has none to tell. */
	CHECK_EQ(fault(SIGBUS, poke, (void *)0x8000000000000000), 1);
}

static void
hostile_contexts(void)
{
	struct ucontext uc, good;

	CHECK_EQ(SYS(SYS_getcontext, &good), 0);
#define REFUSED(change)                                                        \
	do {                                                                   \
		memcpy(&uc, &good, sizeof(uc));                                \
		change;                                                        \
		CHECK_EQ(SYS(SYS_setcontext, &uc), -EINVAL);                   \
		CHECK_EQ(SYS(SYS_sigreturn, &uc), -EINVAL);                    \
	} while (0)
	REFUSED(uc.uc_mcontext.mc_rip = 0x800000000000);
	REFUSED(uc.uc_mcontext.mc_rip = 0xffffffff80000000);
	REFUSED(uc.uc_mcontext.mc_cs = 0x20);
	REFUSED(uc.uc_mcontext.mc_ss = 0x28);
	REFUSED(uc.uc_mcontext.mc_rflags |= 0x3000);
	REFUSED(uc.uc_mcontext.mc_rflags &= ~0x200ul);
	REFUSED(uc.uc_mcontext.mc_len = 799);
	REFUSED(uc.uc_mcontext.mc_flags |= 0x100);
	REFUSED(uc.uc_mcontext.mc_flags |= 2;
		uc.uc_mcontext.mc_gsbase = 0xffff800000000000);
	REFUSED(((uint32_t *)uc.uc_mcontext.mc_fpstate)[6] = 0xffffffff);
	REFUSED(uc.uc_mcontext.mc_fpformat = 5);
	REFUSED(uc.uc_mcontext.mc_flags |= MC_HASFPXSTATE;
		uc.uc_mcontext.mc_xfpustate_len = 1 << 30);
	memcpy(&uc, &good, sizeof(uc));
	CHECK_EQ(SYS(SYS_setcontext, 16), -EFAULT);
	CHECK_EQ(SYS(SYS_getcontext, 16), -EFAULT);
	CHECK_EQ(SYS(SYS_getcontext, NULL), -EINVAL);
}

static void
waiting(void)
{
	struct timespec ts = {0, 20000000};
	struct siginfo si;
	sigset_t set = set_of(SIGUSR1), none = set_of(0);
	uint64_t before;
	int sig = 0;

	(void)handle(SIGUSR1, remember, SA_SIGINFO);
	(void)mask(SIG_BLOCK, SIGUSR1);
	before = now_ns(CLOCK_MONOTONIC);
	CHECK_EQ(SYS(SYS_sigtimedwait, &set, &si, &ts), -EAGAIN);
	CHECK(now_ns(CLOCK_MONOTONIC) - before >= 20000000);
	/* One that isn't valid matters only if none is pending. */
	ts.tv_nsec = -1;
	CHECK_EQ(SYS(SYS_sigtimedwait, &set, &si, &ts), -EINVAL);
	(void)SYS(SYS_kill, pid, SIGUSR1);
	CHECK_EQ(SYS(SYS_sigtimedwait, &set, &si, &ts), SIGUSR1);
	ts = (struct timespec){-1, 500000000};
	CHECK_EQ(SYS(SYS_sigtimedwait, &set, &si, &ts), -EAGAIN);
	(void)SYS(SYS_kill, pid, SIGUSR1);
	CHECK_EQ(SYS(SYS_sigwait, &set, &sig), 0);
	CHECK_EQ(sig, SIGUSR1);
	caught = 0;
	(void)SYS(SYS_kill, pid, SIGUSR1);
	CHECK_EQ(SYS(SYS_sigsuspend, &none), -EINTR);
	CHECK_EQ(caught, 1);
	CHECK(sigismember(&saved.uc_sigmask, SIGUSR1));
	(void)mask(SIG_UNBLOCK, SIGUSR1);
}

/* What is ignored is forgotten even if it is blocked, unless the system is told
 * not to. */
static void
ignored_and_blocked(void)
{
	struct timespec now = {0, 0};
	sigset_t set = set_of(SIGUSR2);

	(void)handle(SIGUSR2, (void *)SIG_IGN, 0);
	(void)mask(SIG_BLOCK, SIGUSR2);
	(void)SYS(SYS_kill, pid, SIGUSR2);
	CHECK_EQ(SYS(SYS_sigtimedwait, &set, NULL, &now), -EAGAIN);
	CHECK_EQ(set_sysctl("kern.sig_discard_ign", 0), 0);
	(void)SYS(SYS_kill, pid, SIGUSR2);
	CHECK_EQ(SYS(SYS_sigtimedwait, &set, NULL, &now), SIGUSR2);
	(void)SYS(SYS_kill, pid, SIGUSR2);
	(void)mask(SIG_UNBLOCK, SIGUSR2);
	(void)SYS(SYS_kill, pid, SIGUSR2);
	(void)mask(SIG_BLOCK, SIGUSR2);
	CHECK_EQ(SYS(SYS_sigtimedwait, &set, NULL, &now), -EAGAIN);
	CHECK_EQ(set_sysctl("kern.sig_discard_ign", 1), 0);
	(void)mask(SIG_UNBLOCK, SIGUSR2);
}

static void
interrupted_calls(void)
{
	struct itimerval itv = {{0, 0}, {0, 20000}};
	struct timespec ts = {5, 0}, left = {0, 0};
	int fds[2];
	char c;

	(void)handle(SIGALRM, remember, SA_SIGINFO);
	CHECK_EQ(SYS(SYS_setitimer, 0, &itv, NULL), 0);
	CHECK_EQ(SYS(SYS_nanosleep, &ts, &left), -EINTR);
	CHECK(left.tv_sec == 4);
	CHECK_EQ(SYS(SYS_pipe2, fds, 0), 0);
	caught = 0;
	CHECK_EQ(SYS(SYS_setitimer, 0, &itv, NULL), 0);
	CHECK_EQ(SYS(SYS_read, fds[0], &c, 1), -EINTR);
	CHECK_EQ(caught, 1);
}

static volatile long thread_tid;
static volatile int thread_caught;

static void
in_thread(int sig)
{
	long self;

	(void)SYS(SYS_thr_self, &self);
	thread_caught += self == thread_tid;
}

static void
spin(void *arg)
{
	while (thread_caught < 3)
		;
	end_thread(arg);
}

static void
threads(void)
{
	static long tid;
	uint64_t until = now_ns(CLOCK_MONOTONIC) + 5 * NSEC_PER_SEC;

	(void)handle(SIGURG, in_thread, 0);
	CHECK_EQ(start_thread(spin, &tid, &tid), 0);
	thread_tid = tid;
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(SYS(SYS_thr_kill, thread_tid, SIGURG), 0);
		while (thread_caught <= i && now_ns(CLOCK_MONOTONIC) < until)
			(void)SYS(SYS_sched_yield);
	}
	CHECK_EQ(thread_caught, 3);
	thread_caught = 3;
	join_thread(&tid);
	/* Its joiner may be faster than its end. */
	while (SYS(SYS_thr_kill, thread_tid, 0) == 0 &&
	       now_ns(CLOCK_MONOTONIC) < until)
		(void)SYS(SYS_sched_yield);
	CHECK_EQ(SYS(SYS_thr_kill, thread_tid, SIGURG), -ESRCH);
	CHECK_EQ(SYS(SYS_thr_kill, -1, SIGURG), -ESRCH);
}

/* Threads that take a signal by turns, while all others block it. */
static struct taker {
	long tid;
	volatile enum { BLOCK, TAKE, STAND, END } wanted, is;
} takers[3];
static volatile long taken_by;

static void
note_thread(int sig)
{
	long tid;

	(void)SYS(SYS_thr_self, &tid);
	taken_by = tid;
}

static void
taker(void *arg)
{
	struct taker *t = arg;

	do {
		int wanted = t->wanted;

		(void)mask(wanted == TAKE ? SIG_UNBLOCK : SIG_BLOCK, SIGUSR1);
		t->is = wanted;
		while (t->wanted == t->is)
			sleep_ms(1);
	} while (t->wanted != END);
	end_thread(&t->tid);
}

static void
tell(struct taker *t, int wanted)
{
	t->wanted = wanted;
	if (wanted == END)
		join_thread(&t->tid);
	while (wanted != END && t->is != t->wanted)
		sleep_ms(1);
}

static bool
is_taken_by(const struct taker *t)
{
	taken_by = 0;
	(void)SYS(SYS_kill, pid, SIGUSR1);
	for (int i = 0; i < 5000 && taken_by == 0; i++)
		sleep_ms(1);
	return (taken_by == t->tid);
}

static void
taking_turns(void)
{
	struct taker *t = takers;

	(void)handle(SIGUSR1, note_thread, 0);
	(void)mask(SIG_BLOCK, SIGUSR1);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(start_thread(taker, &t[i], &t[i].tid), 0);
	for (int i = 0; i < 3; i++)
		tell(&t[i], STAND);
	for (int i = 0; i < 2; i++) {
		tell(&t[1], TAKE);
		CHECK(is_taken_by(&t[1]));
		CHECK(is_taken_by(&t[1]));
		tell(&t[1], BLOCK);
		tell(&t[2], TAKE);
		CHECK(is_taken_by(&t[2]));
		tell(&t[2], BLOCK);
	}
	/* Who took the last one is gone. */
	tell(&t[2], END);
	tell(&t[0], TAKE);
	CHECK(is_taken_by(&t[0]));
	tell(&t[0], END);
	tell(&t[1], END);
	(void)mask(SIG_UNBLOCK, SIGUSR1);
}

/* What was sent to a thread is forgotten with what all have pending. */
static void
forgotten(void)
{
	sigset_t set;
	long tid;

	(void)SYS(SYS_thr_self, &tid);
	(void)mask(SIG_BLOCK, SIGTSTP);
	(void)mask(SIG_BLOCK, SIGUSR1);
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(SYS(SYS_thr_kill, tid, SIGTSTP), 0);
		CHECK_EQ(SYS(SYS_thr_kill, tid, SIGUSR1), 0);
		CHECK_EQ(SYS(SYS_kill, pid, SIGCONT), 0);
		CHECK_EQ(SYS(SYS_sigpending, &set), 0);
		CHECK(!sigismember(&set, SIGTSTP));
		CHECK(sigismember(&set, SIGUSR1));
		(void)handle(SIGUSR1, (void *)SIG_IGN, 0);
		CHECK_EQ(SYS(SYS_sigpending, &set), 0);
		CHECK(!sigismember(&set, SIGUSR1));
		(void)handle(SIGUSR1, remember, SA_SIGINFO);
	}
	(void)mask(SIG_UNBLOCK, SIGUSR1);
	(void)mask(SIG_UNBLOCK, SIGTSTP);
}

static long
child_status(long child, int options)
{
	int status = 0;
	long got = SYS(SYS_wait4, child, &status, options, NULL);

	return (got == child ? status : got);
}

#define WUNTRACED  2
#define WCONTINUED 4

/* SIGCHLD has come, and told this. */
static bool
hears(int code)
{
	for (int i = 0; i < 5000 && last_code != code; i++)
		sleep_ms(1);
	return (last_code == code);
}

/* Before a wait(2), which would take the signal back. */
static void
stop_and_continue(void)
{
	long child;

	(void)handle(SIGCHLD, remember, SA_SIGINFO);
	child = SYS(SYS_fork);
	if (child == 0)
		for (;;)
			sleep_ms(1000);
	CHECK_EQ(SYS(SYS_kill, child, SIGSTOP), 0);
	CHECK(hears(CLD_STOPPED));
	CHECK_EQ(child_status(child, WUNTRACED), SIGSTOP << 8 | 0x7f);
	CHECK_EQ(SYS(SYS_kill, child, SIGCONT), 0);
	CHECK(hears(CLD_CONTINUED));
	CHECK_EQ(child_status(child, WCONTINUED), 0x13);
	CHECK_EQ(SYS(SYS_kill, child, SIGSTOP), 0);
	CHECK(hears(CLD_STOPPED));
	CHECK_EQ(child_status(child, WUNTRACED), SIGSTOP << 8 | 0x7f);
	CHECK_EQ(SYS(SYS_kill, child, SIGKILL), 0);
	CHECK(hears(CLD_KILLED));
	CHECK_EQ(child_status(child, 0), SIGKILL);
	(void)handle(SIGCHLD, (void *)SIG_DFL, 0);
}

static void
default_actions(void)
{
	static const int killers[] = {SIGHUP, SIGTERM, SIGUSR2, SIGRTMIN};
	long child;

	for (unsigned i = 0; i < nitems(killers); i++) {
		child = SYS(SYS_fork);
		if (child == 0) {
			(void)handle(killers[i], (void *)SIG_DFL, 0);
			(void)SYS(SYS_kill, SYS(SYS_getpid), killers[i]);
			(void)SYS(SYS_exit, 9);
		}
		CHECK_EQ(child_status(child, 0), killers[i]);
	}
	/* A blocked or ignored trap kills all the same. */
	child = SYS(SYS_fork);
	if (child == 0) {
		(void)handle(SIGSEGV, (void *)SIG_IGN, 0);
		poke((void *)0x10);
		(void)SYS(SYS_exit, 9);
	}
	CHECK_EQ(child_status(child, 0), SIGSEGV);
	/* No stack for the handler. */
	child = SYS(SYS_fork);
	if (child == 0) {
		(void)handle(SIGSEGV, remember, SA_SIGINFO);
		__asm__ volatile("movq $64, %rsp; pushq %rax");
	}
	CHECK_EQ(child_status(child, 0) & 0x7f, SIGILL);
}

/* Calls that FreeBSD hasn't got, or only had, or has in modules only. */
static void
no_such_calls(void)
{
	static const long numbers[] = {273, 377, 440, 3000000};

	(void)handle(SIGSYS, remember, SA_SIGINFO);
	for (int i = 0; i < 4; i++) {
		caught = 0;
		CHECK_EQ(SYS(numbers[i]), -ENOSYS);
		CHECK_EQ(caught, 1);
	}
	(void)handle(SIGSYS, (void *)SIG_DFL, 0);
}

static void
fast_block(void)
{
	static volatile uint32_t word;

	(void)handle(SIGUSR1, remember, SA_SIGINFO);
	CHECK_EQ(SYS(SYS_sigfastblock, SIGFASTBLOCK_UNSETPTR, 0), -EINVAL);
	CHECK_EQ(SYS(SYS_sigfastblock, SIGFASTBLOCK_SETPTR, &word), 0);
	CHECK_EQ(SYS(SYS_sigfastblock, SIGFASTBLOCK_SETPTR, &word), -EBUSY);
	word = 0x10;
	caught = 0;
	(void)SYS(SYS_kill, pid, SIGUSR1);
	CHECK_EQ(caught, 0);
	CHECK_EQ(word, 0x11);
	sleep_ms(1);
	word -= 0x10;
	CHECK_EQ(SYS(SYS_sigfastblock, SIGFASTBLOCK_UNBLOCK, 0), 0);
	CHECK_EQ(caught, 1);
	CHECK_EQ(word, 0);
	CHECK_EQ(SYS(SYS_sigfastblock, SIGFASTBLOCK_UNSETPTR, 0), 0);
}

int
main(int argc, char **argv)
{
	pid = SYS(SYS_getpid);
	send_and_catch();
	blocked_and_pending();
	real_time_queue();
	flags();
	alternate_stack();
	registers();
	faults();
	hostile_contexts();
	waiting();
	ignored_and_blocked();
	interrupted_calls();
	fast_block();
	no_such_calls();
	threads();
	taking_turns();
	forgotten();
	stop_and_continue();
	default_actions();
	return (result("signals"));
}
