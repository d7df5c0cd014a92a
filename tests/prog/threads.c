/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads against what concerns all of a process's threads: its end, stops,
 * being alone for rfork(2).
 */
#include "freebsd.h"
#include "fbsd/fcntl.h"
#include "fbsd/termios.h"
#include "fbsd/unistd.h"
#include "fbsd/wait.h"

enum {
	SYS_open = 5,
	SYS_ioctl = 54,
	SYS_sysarch = 165,
	SYS_setsid = 147,
	SYS_rfork = 251,
	SYS_thr_suspend = 442,
	SYS_thr_wake = 443,
	SYS_posix_openpt = 504,
};

#define THR_SUSPENDED 1
#define ROUNDS	      300

static volatile int arrived;

/* Waits at most five seconds. */
static bool
becomes(volatile int *what, int value)
{
	uint64_t until = now_ns(CLOCK_MONOTONIC) + 5 * NSEC_PER_SEC;

	while (*what != value && now_ns(CLOCK_MONOTONIC) < until)
		sleep_ms(1);
	return (*what == value);
}

/* As above, for a change of a child. */
static bool
changes(long pid, int options, int *status)
{
	uint64_t until = now_ns(CLOCK_MONOTONIC) + 5 * NSEC_PER_SEC;
	long r;

	while (
	    (r = SYS(SYS_wait4, pid, status, options | WNOHANG, NULL)) == 0 &&
	    now_ns(CLOCK_MONOTONIC) < until)
		sleep_ms(1);
	return (r == pid);
}

static void
arrive(void *arg)
{
	arrived = 1;
	for (;;)
		sleep_ms(1000);
}

/* With another thread that thr_new(2) was to make suspended, which FreeBSD
 * doesn't do, the process ends by itself (first), or lives. */
static void
with_suspended(bool first, volatile int *ready)
{
	static char stack[16384];
	long tid;
	struct thr_param tp = {.start_func = arrive,
	    .stack_base = stack,
	    .stack_size = sizeof(stack),
	    .parent_tid = &tid,
	    .flags = THR_SUSPENDED};

	if (SYS(SYS_thr_new, &tp, sizeof(tp)) != 0)
		(void)SYS(SYS_exit, 77);
	if (first)
		(void)SYS(SYS_exit, 5);
	*ready = becomes(&arrived, 1) ? 1 : 2;
	for (;;)
		sleep_ms(1000);
}

static void
suspended(volatile int *shared)
{
	int status;
	long pid = SYS(SYS_fork);

	if (pid == 0)
		with_suspended(true, shared);
	CHECK(changes(pid, 0, &status));
	CHECK_EQ(status, W_EXITCODE(5, 0));
	pid = SYS(SYS_fork);
	if (pid == 0)
		with_suspended(false, shared);
	CHECK(becomes(shared, 1));
	(void)SYS(SYS_kill, pid, SIGSTOP);
	CHECK(changes(pid, WUNTRACED, &status));
	CHECK_EQ(status, W_STOPCODE(SIGSTOP));
	(void)SYS(SYS_kill, pid, SIGCONT);
	CHECK(changes(pid, WCONTINUED, &status));
	(void)SYS(SYS_kill, pid, SIGKILL);
	CHECK(changes(pid, 0, &status));
	CHECK_EQ(status, SIGKILL);
}

/* thr_suspend(2): until thr_wake(2), which may come before. */
static volatile int woken;
static volatile int *ready_for_wake;

static void
suspend(void *arg)
{
	struct timespec none = {0, 0}, soon = {0, 1000000}, bad = {0, -1};
	long self;

	(void)SYS(SYS_thr_self, &self);
	CHECK_EQ(SYS(SYS_thr_suspend, &bad), -EINVAL);
	CHECK_EQ(SYS(SYS_thr_suspend, 16), -EFAULT);
	CHECK_EQ(SYS(SYS_thr_suspend, &none), -ETIMEDOUT);
	CHECK_EQ(SYS(SYS_thr_suspend, &soon), -ETIMEDOUT);
	CHECK_EQ(SYS(SYS_thr_wake, self), 0);
	CHECK_EQ(SYS(SYS_thr_suspend, NULL), 0);
	CHECK_EQ(SYS(SYS_thr_suspend, &none), -ETIMEDOUT);
	*ready_for_wake = 1;
	CHECK_EQ(SYS(SYS_thr_suspend, NULL), 0);
	woken = 1;
	end_thread(arg);
}

static void
wakes(volatile int *shared)
{
	static long tid;
	int status;
	long pid;

	*shared = 0;
	ready_for_wake = shared;
	CHECK_EQ(start_thread(suspend, &tid, &tid), 0);
	CHECK(becomes(shared, 1));
	sleep_ms(2);
	CHECK_EQ(woken, 0);
	CHECK_EQ(SYS(SYS_thr_wake, 99999), -ESRCH);
	CHECK_EQ(SYS(SYS_thr_wake, tid), 0);
	CHECK(becomes(&woken, 1));
	join_thread(&tid);
	/* Neither keeps its process from stopping, nor from ending. */
	*shared = 0;
	pid = SYS(SYS_fork);
	if (pid == 0) {
		(void)start_thread(suspend, &tid, &tid);
		(void)SYS(SYS_thr_suspend, NULL);
	}
	CHECK(becomes(shared, 1));
	(void)SYS(SYS_kill, pid, SIGSTOP);
	CHECK(changes(pid, WUNTRACED, &status));
	(void)SYS(SYS_kill, pid, SIGCONT);
	CHECK(changes(pid, WCONTINUED, &status));
	(void)SYS(SYS_kill, pid, SIGTERM);
	CHECK(changes(pid, 0, &status));
	CHECK_EQ(status, SIGTERM);
}

static long
terminal(void)
{
	char path[] = "/dev/pts/0";
	int number = -1;
	long master = SYS(SYS_posix_openpt, O_RDWR | O_NOCTTY);

	CHECK_EQ(SYS(SYS_ioctl, master, TIOCGPTN, &number), 0);
	path[9] = (char)('0' + number);
	return (SYS(SYS_open, path, O_RDWR | O_NOCTTY, 0));
}

static volatile int done;

/* Being alone is written in the process's flags, as is who stops. */
static void
alone(void *tid)
{
	for (int i = 0; i < ROUNDS; i++)
		(void)SYS(SYS_rfork, 0);
	done = 1;
	end_thread(tid);
}

/* Leads a session, whose terminal comes and goes meanwhile. */
static void
give_up_terminal(void)
{
	static long tid;
	long tty;

	failures = 0;
	(void)SYS(SYS_setsid);
	tty = terminal();
	CHECK_EQ(start_thread(alone, &tid, &tid), 0);
	while (failures == 0 && !done) {
		CHECK_EQ(SYS(SYS_ioctl, tty, TIOCSCTTY, 0), 0);
		CHECK_EQ(SYS(SYS_ioctl, tty, TIOCNOTTY, 0), 0);
	}
	(void)SYS(SYS_exit, failures != 0);
}

static void
flags(void)
{
	int status = -1;
	long pid = SYS(SYS_fork);

	if (pid == 0)
		give_up_terminal();
	CHECK(changes(pid, 0, &status));
	CHECK_EQ(status, 0);
	(void)SYS(SYS_kill, pid, SIGKILL);
}

/* Where thread-local variables are, by both of sysarch(2)'s names. */
static void
tls_base(void)
{
	enum { GET_FS = 128, SET_FS, GET_GS, SET_GS, GET_TLS = 135, SET_TLS };
	static uint64_t variables[2] = {11, 22};
	uint64_t base = (uint64_t)(uintptr_t)&variables[0], got = 0, value;

	CHECK_EQ(SYS(SYS_sysarch, SET_TLS, &base), 0);
	__asm__ volatile("mov %%fs:0, %0" : "=r"(value));
	CHECK_EQ(value, 11);
	CHECK_EQ(SYS(SYS_sysarch, GET_FS, &got), 0);
	CHECK_EQ(got, base);
	base += sizeof(variables[0]);
	CHECK_EQ(SYS(SYS_sysarch, SET_FS, &base), 0);
	CHECK_EQ(SYS(SYS_sysarch, GET_TLS, &got), 0);
	CHECK_EQ(got, base);
	CHECK_EQ(SYS(SYS_sysarch, GET_GS, &got), 0);
	CHECK_EQ(got, 0);
	base = 1ul << 63;
	CHECK_EQ(SYS(SYS_sysarch, SET_TLS, &base), -EINVAL);
	CHECK_EQ(SYS(SYS_sysarch, SET_TLS, 8), -EFAULT);
	__asm__ volatile("mov %%fs:0, %0" : "=r"(value));
	CHECK_EQ(value, 22);
	base = 0;
	CHECK_EQ(SYS(SYS_sysarch, SET_TLS, &base), 0);
}

int
main(int argc, char **argv)
{
	volatile int *shared = map_anon(4096, MAP_ANON_SHARED);

	tls_base();
	suspended(shared);
	wakes(shared);
	flags();
	return (result("threads"));
}
