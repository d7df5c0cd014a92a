/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Many processes and threads: each is found by its number, waited for by
 * whatever names it, counted for its user; groups, sessions and orphans.
 */
#include "freebsd.h"
#include "fbsd/dirent.h"
#include "fbsd/fcntl.h"
#include "fbsd/procctl.h"
#include "fbsd/resource.h"
#include "fbsd/wait.h"

enum {
	SYS_open = 5,
	SYS_setuid = 23,
	SYS_mkdir = 136,
	SYS_setsid = 147,
	SYS_getrlimit = 194,
	SYS_setrlimit = 195,
	SYS_sysctl = 202,
	SYS_getpgid = 207,
	SYS_getsid = 310,
	SYS_setresuid = 311,
	SYS_nmount = 378,
	SYS_wait6 = 532,
	SYS_procctl = 544,
	SYS_getdirentries = 554,
	SYS_sysctlbyname = 570,
};

#include "mounting.h"

#define MANY 200

static long pids[MANY];
static int gate[2];

/* A child that ends with this status when the gate opens. */
static long
waiter(int status)
{
	long pid = SYS(SYS_fork);
	char c;

	if (pid != 0)
		return (pid);
	(void)SYS(SYS_close, gate[1]);
	(void)SYS(SYS_read, gate[0], &c, 1);
	(void)SYS(SYS_exit, status);
	return (0);
}

static void
open_gate(void)
{
	(void)SYS(SYS_close, gate[0]);
	(void)SYS(SYS_close, gate[1]);
}

/* /proc has each of the numbers from `from` on once, ascending; how many. */
static int
listed(long from)
{
	static char entries[512];
	long fd = SYS(SYS_open, "/proc", O_RDONLY | O_DIRECTORY, 0), n;
	long last = 0, number;
	int count = 0;

	while ((n = SYS(SYS_getdirentries, fd, entries, 512, NULL)) > 0)
		for (long at = 0; at < n;) {
			struct dirent *d = (struct dirent *)(entries + at);

			at += d->d_reclen;
			number = parse_number(d->d_name);
			if (number == 0)
				continue;
			CHECK(number > last);
			last = number;
			count += number >= from;
		}
	CHECK_EQ(n, 0);
	(void)SYS(SYS_close, fd);
	return (count);
}

/* By number, from the middle on; then the others as they come. */
static void
by_number(void)
{
	int status, wrong = 0;

	CHECK_EQ(SYS(SYS_pipe2, gate, 0), 0);
	for (int i = 0; i < MANY; i++)
		wrong += (pids[i] = waiter(i)) <= 0;
	CHECK_EQ(wrong, 0);
	for (int i = 0; i < MANY; i++)
		wrong += SYS(SYS_kill, pids[i], 0) != 0 ||
			 SYS(SYS_getpgid, pids[i]) != SYS(SYS_getpid);
	CHECK_EQ(wrong, 0);
	(void)SYS(SYS_mkdir, "/proc", 0755);
	CHECK_EQ(MOUNT("procfs", "/proc"), 0);
	CHECK_EQ(listed(pids[0]), MANY);
	CHECK_EQ(SYS(SYS_wait4, pids[100], &status, WNOHANG, NULL), 0);
	CHECK_EQ(SYS(SYS_wait4, -1, &status, WNOHANG, NULL), 0);
	open_gate();
	for (int i = 100; i < MANY; i++) {
		wrong += SYS(SYS_wait4, pids[i], &status, 0, NULL) != pids[i] ||
			 status != W_EXITCODE(i, 0);
		wrong += SYS(SYS_wait4, pids[i], &status, 0, NULL) != -ECHILD;
		wrong += SYS(SYS_kill, pids[i], 0) != -ESRCH;
	}
	for (int i = 0; i < 100; i++)
		wrong += SYS(SYS_wait4, -1, &status, 0, NULL) <= 0;
	CHECK_EQ(wrong, 0);
	CHECK_EQ(SYS(SYS_wait4, -1, &status, 0, NULL), -ECHILD);
}

/* Who ends first is reported first; stops and ends don't hide each other. */
static void
in_order(void)
{
	int status;
	long a, b;

	CHECK_EQ(SYS(SYS_pipe2, gate, 0), 0);
	a = waiter(1);
	b = waiter(2);
	(void)SYS(SYS_kill, b, SIGSTOP);
	CHECK_EQ(
	    SYS(SYS_wait6, P_ALL, 0, &status, WSTOPPED | WNOWAIT, NULL, NULL),
	    b);
	CHECK_EQ(SYS(SYS_wait6, P_ALL, 0, &status, WSTOPPED, NULL, NULL), b);
	CHECK_EQ(
	    SYS(SYS_wait6, P_ALL, 0, &status, WSTOPPED | WNOHANG, NULL, NULL),
	    0);
	(void)SYS(SYS_kill, a, SIGKILL);
	CHECK_EQ(
	    SYS(SYS_wait6, P_ALL, 0, &status, WEXITED | WNOWAIT, NULL, NULL),
	    a);
	(void)SYS(SYS_kill, b, SIGCONT);
	CHECK_EQ(SYS(SYS_wait6, P_ALL, 0, &status, WCONTINUED, NULL, NULL), b);
	(void)SYS(SYS_kill, b, SIGKILL);
	CHECK_EQ(
	    SYS(SYS_wait6, P_PID, b, &status, WEXITED | WNOWAIT, NULL, NULL),
	    b);
	CHECK_EQ(SYS(SYS_wait4, -1, &status, WUNTRACED, NULL), a);
	CHECK_EQ(SYS(SYS_wait4, -1, &status, WUNTRACED, NULL), b);
	open_gate();
}

/* Nobody cares for these: who waits hears when the last is gone. */
static void
uncared_for(void)
{
	int status;

	(void)handle(SIGCHLD, (void *)SIG_IGN, 0);
	CHECK_EQ(SYS(SYS_pipe2, gate, 0), 0);
	for (int i = 0; i < 5; i++)
		CHECK(waiter(0) > 0);
	open_gate();
	CHECK_EQ(SYS(SYS_wait4, -1, &status, 0, NULL), -ECHILD);
	(void)handle(SIGCHLD, (void *)SIG_DFL, 0);
}

/* A group goes on without the process it is named after. */
static void
groups(void)
{
	int status;
	long leader, member;

	CHECK_EQ(SYS(SYS_pipe2, gate, 0), 0);
	leader = waiter(1);
	member = waiter(2);
	CHECK_EQ(SYS(SYS_setpgid, member, leader), -EPERM);
	CHECK_EQ(SYS(SYS_setpgid, leader, leader), 0);
	CHECK_EQ(SYS(SYS_setpgid, member, leader), 0);
	(void)SYS(SYS_kill, leader, SIGKILL);
	CHECK_EQ(SYS(SYS_wait6, P_PGID, leader, &status, WEXITED, NULL, NULL),
	    leader);
	CHECK_EQ(SYS(SYS_getpgid, member), leader);
	CHECK_EQ(SYS(SYS_kill, leader, 0), -ESRCH);
	CHECK_EQ(SYS(SYS_kill, -leader, SIGTERM), 0);
	CHECK_EQ(SYS(SYS_wait6, P_PGID, leader, &status, WEXITED, NULL, NULL),
	    member);
	CHECK_EQ(status, SIGTERM);
	CHECK_EQ(SYS(SYS_kill, -leader, 0), -ESRCH);
	CHECK_EQ(SYS(SYS_wait6, P_PGID, leader, &status, WEXITED, NULL, NULL),
	    -ECHILD);
	open_gate();
}

/* The shell of a session: its job stops, and the shell ends. */
static void
shell(void)
{
	int status;
	long job;

	(void)SYS(SYS_setsid);
	job = SYS(SYS_fork);
	if (job == 0) {
		(void)SYS(SYS_setpgid, 0, 0);
		(void)SYS(SYS_kill, SYS(SYS_getpid), SIGSTOP);
		(void)SYS(SYS_exit, 9);
	}
	(void)SYS(SYS_wait4, job, &status, WUNTRACED, NULL);
	(void)SYS(SYS_exit, 0);
}

/* A stopped job whose shell is gone is hung up, and comes to the reaper. */
static void
orphans(void)
{
	int status;
	long pid, job;

	CHECK_EQ(SYS(SYS_procctl, P_PID, 0, PROC_REAP_ACQUIRE, NULL), 0);
	pid = SYS(SYS_fork);
	if (pid == 0)
		shell();
	CHECK_EQ(SYS(SYS_wait4, pid, &status, 0, NULL), pid);
	CHECK_EQ(status, 0);
	job = SYS(SYS_wait4, -1, &status, 0, NULL);
	CHECK(job > 0 && job != pid);
	CHECK_EQ(status, SIGHUP);
	CHECK_EQ(SYS(SYS_procctl, P_PID, 0, PROC_REAP_RELEASE, NULL), 0);
}

/* Within a reaper one more: what that leaves comes to the outer one. */
static void
nested_reapers(void)
{
	struct procctl_reaper_status rs;
	int status, n = 0;
	long pid;

	CHECK_EQ(SYS(SYS_procctl, P_PID, 0, PROC_REAP_ACQUIRE, NULL), 0);
	CHECK_EQ(SYS(SYS_pipe2, gate, 0), 0);
	pid = SYS(SYS_fork);
	if (pid == 0) {
		(void)SYS(SYS_procctl, P_PID, 0, PROC_REAP_ACQUIRE, NULL);
		for (int i = 0; i < 3; i++)
			if (SYS(SYS_fork) == 0) {
				(void)waiter(0);
				(void)SYS(SYS_exit, waiter(0) <= 0);
			}
		for (int i = 0; i < 3; i++)
			(void)SYS(SYS_wait4, -1, &status, 0, NULL);
		(void)SYS(SYS_exit, 0);
	}
	CHECK_EQ(SYS(SYS_wait4, pid, &status, 0, NULL), pid);
	CHECK_EQ(SYS(SYS_procctl, P_PID, 0, PROC_REAP_STATUS, &rs), 0);
	CHECK_EQ(rs.rs_descendants, 6);
	CHECK_EQ(rs.rs_children, 6);
	open_gate();
	while (SYS(SYS_wait4, -1, &status, 0, NULL) > 0)
		n++;
	CHECK_EQ(n, 6);
	CHECK_EQ(SYS(SYS_procctl, P_PID, 0, PROC_REAP_RELEASE, NULL), 0);
}

/* How many processes a user gets, with itself; all end. */
static int
fork_all(void)
{
	int n = 1, status;

	(void)SYS(SYS_pipe2, gate, 0);
	while (n < 50 && waiter(0) > 0)
		n++;
	open_gate();
	for (int i = 1; i < n; i++)
		(void)SYS(SYS_wait4, -1, &status, 0, NULL);
	return (n);
}

/* RLIMIT_NPROC: of the real user, whoever started them; root has no limit. */
static void
as_user(void)
{
	struct rlimit limit = {8, 8};
	bool ok;

	(void)SYS(SYS_setrlimit, RLIMIT_NPROC, &limit);
	ok = fork_all() == 50;
	/* Effective only: still root's process. */
	ok &= SYS(SYS_setresuid, -1, 1234, -1) == 0;
	ok &= SYS(SYS_setresuid, -1, 0, -1) == 0;
	ok &= SYS(SYS_setuid, 1234) == 0;
	ok &= fork_all() == 8;
	/* And again: those are no more. */
	ok &= fork_all() == 8;
	ok &= SYS(SYS_fork) >= 0;
	(void)SYS(SYS_exit, !ok);
}

static void
users(void)
{
	int status, left = 0;
	long pid = SYS(SYS_fork);

	if (pid == 0)
		as_user();
	CHECK_EQ(SYS(SYS_wait4, pid, &status, 0, NULL), pid);
	CHECK_EQ(status, 0);
	while (SYS(SYS_wait4, -1, &status, 0, NULL) > 0)
		left++;
	CHECK_EQ(left, 0);
}

/* What there may be is by memory, and a user doesn't get all of it. */
static void
limits(void)
{
	static const char user[] = "kern.maxprocperuid";
	int mib[2] = {1, 6}, all = 0, of_user = 0;
	size_t size = sizeof(all);
	struct rlimit limit;

	CHECK_EQ(SYS(SYS_sysctl, mib, 2, &all, &size, NULL, 0), 0);
	CHECK_EQ(SYS(SYS_sysctlbyname, user, sizeof(user) - 1, &of_user, &size,
		     NULL, 0),
	    0);
	CHECK(all >= 64);
	CHECK(of_user >= all / 2 && of_user < all);
	CHECK_EQ(SYS(SYS_getrlimit, RLIMIT_NPROC, &limit), 0);
	CHECK_EQ(limit.rlim_max, of_user);
}

/* Threads, each found by its number. */
static volatile int handled;
static long tids[MANY];
static char stacks[MANY][8192];

static void
count(int sig)
{
	__atomic_fetch_add(&handled, 1, __ATOMIC_SEQ_CST);
}

static void
thread_main(void *arg)
{
	long *tid = arg;

	while (handled < MANY)
		sleep_ms(1);
	end_thread(tid);
}

static void
threads(void)
{
	int wrong = 0;

	(void)handle(SIGUSR1, count, 0);
	for (int i = 0; i < MANY; i++) {
		struct thr_param tp = {.start_func = thread_main,
		    .arg = &tids[i],
		    .stack_base = stacks[i],
		    .stack_size = sizeof(stacks[i]),
		    .parent_tid = &tids[i]};

		wrong += SYS(SYS_thr_new, &tp, sizeof(tp)) != 0;
	}
	CHECK_EQ(wrong, 0);
	for (int i = 0; i < MANY; i++)
		wrong += SYS(SYS_thr_kill, tids[i], SIGUSR1) != 0;
	CHECK_EQ(wrong, 0);
	for (int i = 0; i < MANY; i++)
		join_thread(&tids[i]);
	CHECK_EQ(handled, MANY);
	CHECK_EQ(SYS(SYS_thr_kill, 100000, SIGUSR1), -ESRCH);
}

int
main(int argc, char **argv)
{
	limits();
	by_number();
	in_order();
	uncared_for();
	groups();
	orphans();
	nested_reapers();
	users();
	threads();
	return (result("crowd"));
}
