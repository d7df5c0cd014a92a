/* SPDX-License-Identifier: BSD-2-Clause */
/* fork(2)'s other forms, wait6(2), and procctl(2)'s reapers. */
#include "freebsd.h"
#include "fbsd/procctl.h"
#include "fbsd/resource.h"
#include "fbsd/unistd.h"
#include "fbsd/wait.h"

enum {
	SYS_dup = 41,
	SYS_getppid = 39,
	SYS_vfork = 66,
	SYS_dup2 = 90,
	SYS_fcntl = 92,
	SYS_rfork = 251,
	SYS_wait6 = 532,
	SYS_procctl = 544,
};

static volatile int *shared; /* between all of us */

static void
forms_of_fork(void)
{
	volatile int mine = 0;
	int status;
	long pid;

	/* The parent stands still, and its memory is the child's. */
	pid = SYS(SYS_vfork);
	if (pid == 0) {
		mine = 1;
		(void)SYS(SYS_exit, 4);
	}
	CHECK_EQ(mine, 1);
	CHECK_EQ(SYS(SYS_wait4, pid, &status, 0, NULL), pid);
	CHECK_EQ(status, W_EXITCODE(4, 0));

	pid = SYS(SYS_rfork, RFPROC | RFFDG);
	if (pid == 0)
		(void)SYS(SYS_exit, 6);
	CHECK_EQ(SYS(SYS_wait4, pid, &status, 0, NULL), pid);
	CHECK_EQ(status, W_EXITCODE(6, 0));

	/* Nobody's to wait for. */
	pid = SYS(SYS_rfork, RFPROC | RFFDG | RFNOWAIT);
	if (pid == 0) {
		*shared = (int)SYS(SYS_getppid);
		(void)SYS(SYS_exit, 0);
	}
	CHECK_EQ(SYS(SYS_wait4, pid, &status, 0, NULL), -ECHILD);
	while (*shared == 0)
		sleep_ms(1);
	CHECK_EQ(*shared, 1);

	/* One table of descriptors for both; until one takes a copy. */
	pid = SYS(SYS_rfork, RFPROC);
	if (pid == 0) {
		(void)SYS(SYS_dup2, 1, 20);
		CHECK_EQ(SYS(SYS_rfork, RFFDG), 0);
		(void)SYS(SYS_dup2, 1, 21);
		(void)SYS(SYS_close, 20);
		(void)SYS(SYS_exit, failures);
	}
	CHECK_EQ(SYS(SYS_wait4, pid, &status, 0, NULL), pid);
	CHECK_EQ(status, 0);
	CHECK_EQ(SYS(SYS_close, 20), 0);
	CHECK_EQ(SYS(SYS_close, 21), -EBADF);

	pid = SYS(SYS_rfork, RFPROC | RFCFDG);
	if (pid == 0)
		(void)SYS(SYS_exit, SYS(SYS_close, 1) == -EBADF);
	CHECK_EQ(SYS(SYS_wait4, pid, &status, 0, NULL), pid);
	CHECK_EQ(status, W_EXITCODE(1, 0));

	CHECK_EQ(SYS(SYS_rfork, RFFDG | RFCFDG), -EINVAL);
	CHECK_EQ(SYS(SYS_rfork, RFMEM), -EINVAL);
	CHECK_EQ(SYS(SYS_rfork, (int)RFSPAWN | RFPROC), -EINVAL);
}

static void
waiting(void)
{
	struct siginfo info;
	struct {
		struct rusage own, children;
	} usage;
	int status;
	long pid = SYS(SYS_fork);

	if (pid == 0)
		(void)SYS(SYS_exit, 9);
	memset(&info, 0, sizeof(info));
	CHECK_EQ(SYS(SYS_wait6, P_PID, pid, &status, WEXITED | WNOWAIT, &usage,
		     &info),
	    pid);
	CHECK_EQ(info.si_signo, SIGCHLD);
	CHECK_EQ(info.si_code, CLD_EXITED);
	CHECK_EQ(info.si_status, 9);
	CHECK_EQ(info.si_pid, pid);
	CHECK_EQ(
	    SYS(SYS_wait6, P_PID, pid, &status, WSTOPPED | WNOHANG, NULL, NULL),
	    0);
	CHECK_EQ(
	    SYS(SYS_wait6, P_UID, 55, &status, WEXITED, NULL, NULL), -ECHILD);
	CHECK_EQ(SYS(SYS_wait6, P_UID, 0, &status, WEXITED, NULL, NULL), pid);
	CHECK_EQ(status, W_EXITCODE(9, 0));
	CHECK_EQ(
	    SYS(SYS_wait6, P_PID, pid, &status, WEXITED, NULL, NULL), -ECHILD);
	CHECK_EQ(SYS(SYS_wait6, P_ALL, 0, &status, 0, NULL, NULL), -EINVAL);
	CHECK_EQ(SYS(SYS_wait6, 99, 0, &status, WEXITED, NULL, NULL), -EINVAL);

	/* Stopped, going on, killed. */
	pid = SYS(SYS_fork);
	if (pid == 0)
		for (;;)
			sleep_ms(1000);
	(void)SYS(SYS_kill, pid, SIGSTOP);
	CHECK_EQ(
	    SYS(SYS_wait6, P_PID, pid, &status, WSTOPPED, NULL, &info), pid);
	CHECK_EQ(info.si_code, CLD_STOPPED);
	(void)SYS(SYS_kill, pid, SIGCONT);
	CHECK_EQ(
	    SYS(SYS_wait6, P_PID, pid, &status, WCONTINUED, NULL, &info), pid);
	CHECK_EQ(info.si_code, CLD_CONTINUED);
	(void)SYS(SYS_kill, pid, SIGKILL);
	CHECK_EQ(
	    SYS(SYS_wait6, P_PID, pid, &status, WEXITED, NULL, &info), pid);
	CHECK_EQ(info.si_code, CLD_KILLED);
	CHECK_EQ(info.si_status, SIGKILL);
}

/* Its status, when it has changed so; a limit for what never does. */
static int
status_of(long pid, int options)
{
	int status = -1;

	for (int i = 0; i < 10000; i++) {
		if (SYS(SYS_wait4, pid, &status, options | WNOHANG, NULL) ==
		    pid)
			return (status);
		sleep_ms(1);
	}
	return (-1);
}

static void linger(void);

/* Waits for a child (its number goes to *child) that lives until it is killed.
 */
static void
stand_still(volatile int *child)
{
	if (SYS(SYS_vfork) == 0) {
		*child = (int)SYS(SYS_getpid);
		linger();
	}
}

static volatile int nhandled;

static void
count(int sig)
{
	nhandled++;
}

static void
another_thread(void *arg)
{
	stand_still(arg);
	end_thread(NULL);
}

static long
standing(volatile int *child, bool in_thread)
{
	long pid = SYS(SYS_fork), tid;

	if (pid == 0) {
		(void)handle(SIGUSR1, (void *)count, 0);
		if (in_thread) {
			CHECK_EQ(start_thread(another_thread,
				     (void *)(uintptr_t)child, &tid),
			    0);
			while (*child == 0)
				sleep_ms(1);
		} else {
			stand_still(child);
		}
		(void)SYS(SYS_exit, 4 + nhandled);
	}
	while (*child == 0)
		sleep_ms(1);
	return (pid);
}

/* Who waits for a child to exec can be stopped and killed; but other signals
 * are for when the wait is over. */
static void
standing_still(void)
{
	volatile int *child = shared + 10;
	long pid = standing(&child[0], false);

	(void)SYS(SYS_kill, pid, SIGUSR1);
	(void)SYS(SYS_kill, pid, SIGSTOP);
	CHECK_EQ(status_of(pid, WUNTRACED), W_STOPCODE(SIGSTOP));
	(void)SYS(SYS_kill, pid, SIGCONT);
	CHECK_EQ(status_of(pid, WCONTINUED), SIGCONT);
	CHECK_EQ(SYS(SYS_wait4, pid, NULL, WNOHANG, NULL), 0);
	(void)SYS(SYS_kill, child[0], SIGKILL);
	CHECK_EQ(status_of(pid, 0), W_EXITCODE(5, 0));

	pid = standing(&child[1], false);
	(void)SYS(SYS_kill, pid, SIGKILL);
	CHECK_EQ(status_of(pid, 0), SIGKILL);
	CHECK_EQ(SYS(SYS_kill, child[1], SIGKILL), 0);

	/* Its process ends by another thread. */
	pid = standing(&child[2], true);
	CHECK_EQ(status_of(pid, 0), W_EXITCODE(4, 0));
	CHECK_EQ(SYS(SYS_kill, child[2], SIGKILL), 0);
}

static long
reap(int command, void *data)
{
	return (SYS(SYS_procctl, P_PID, 0, command, data));
}

/* A process that waits to be killed. */
static void
linger(void)
{
	for (;;)
		sleep_ms(1000);
}

/* A child with a child of its own; tells both numbers. */
static long
family(volatile int *grandchild)
{
	long pid = SYS(SYS_fork);

	if (pid == 0) {
		pid = SYS(SYS_fork);
		if (pid != 0)
			*grandchild = (int)pid;
		linger();
	}
	while (*grandchild == 0)
		sleep_ms(1);
	return (pid);
}

static struct procctl_reaper_pidinfo list[10];

/* What the list says about a process; NULL: it isn't there. */
static struct procctl_reaper_pidinfo *
listed(long pid)
{
	struct procctl_reaper_pids rp = {.rp_count = 10, .rp_pids = list};

	memset(list, 0xff, sizeof(list));
	CHECK_EQ(reap(PROC_REAP_GETPIDS, &rp), 0);
	for (int i = 0; i < 10; i++) {
		if ((list[i].pi_flags & REAPER_PIDINFO_VALID) == 0)
			return (NULL);
		if (list[i].pi_pid == pid)
			return (&list[i]);
	}
	return (NULL);
}

static void
reapers(void)
{
	struct procctl_reaper_status rs;
	struct procctl_reaper_kill rk = {.rk_sig = SIGKILL};
	volatile int *one = shared + 1, *two = shared + 2;
	long first, second;
	int status;

	CHECK_EQ(reap(PROC_REAP_STATUS, &rs), 0);
	CHECK_EQ(rs.rs_flags, REAPER_STATUS_REALINIT);
	CHECK_EQ(rs.rs_reaper, 1);
	CHECK_EQ(reap(PROC_REAP_RELEASE, NULL), -EINVAL);
	CHECK_EQ(reap(PROC_REAP_ACQUIRE, &rs), -EINVAL);
	CHECK_EQ(reap(PROC_REAP_ACQUIRE, NULL), 0);
	CHECK_EQ(reap(PROC_REAP_ACQUIRE, NULL), -EBUSY);
	first = family(one);
	second = family(two);
	CHECK_EQ(reap(PROC_REAP_STATUS, &rs), 0);
	CHECK_EQ(rs.rs_flags, REAPER_STATUS_OWNED);
	CHECK_EQ(rs.rs_reaper, SYS(SYS_getpid));
	CHECK_EQ(rs.rs_children, 2);
	CHECK_EQ(rs.rs_descendants, 4);
	/* A child isn't a reaper because its own is one. */
	CHECK_EQ(SYS(SYS_procctl, P_PID, *one, PROC_REAP_STATUS, &rs), 0);
	CHECK_EQ(rs.rs_flags, 0);
	CHECK_EQ(rs.rs_reaper, SYS(SYS_getpid));
	CHECK(rs.rs_pid == first || rs.rs_pid == second);
	CHECK_EQ(listed(first)->pi_subtree, first);
	CHECK(listed(first)->pi_flags & REAPER_PIDINFO_CHILD);
	CHECK_EQ(listed(*one)->pi_subtree, first);
	CHECK((listed(*one)->pi_flags & REAPER_PIDINFO_CHILD) == 0);
	CHECK_EQ(listed(*two)->pi_subtree, second);
	CHECK(listed(1) == NULL);

	/* One branch; the orphan becomes ours and stays in it. */
	(void)SYS(SYS_kill, first, SIGKILL);
	CHECK_EQ(SYS(SYS_wait4, first, &status, 0, NULL), first);
	CHECK_EQ(listed(*one)->pi_subtree, first);
	CHECK(listed(*one)->pi_flags & REAPER_PIDINFO_CHILD);
	rk.rk_flags = REAPER_KILL_SUBTREE;
	rk.rk_subtree = (pid_t)first;
	CHECK_EQ(reap(PROC_REAP_KILL, &rk), 0);
	CHECK_EQ(rk.rk_killed, 1);
	CHECK_EQ(SYS(SYS_wait4, *one, &status, 0, NULL), *one);
	CHECK_EQ(reap(PROC_REAP_KILL, &rk), -ESRCH);
	rk.rk_flags = REAPER_KILL_SUBTREE | REAPER_KILL_CHILDREN;
	CHECK_EQ(reap(PROC_REAP_KILL, &rk), -EINVAL);

	/* Children only; then all. */
	rk.rk_flags = REAPER_KILL_CHILDREN;
	CHECK_EQ(reap(PROC_REAP_KILL, &rk), 0);
	CHECK_EQ(rk.rk_killed, 1);
	CHECK_EQ(SYS(SYS_wait4, second, &status, 0, NULL), second);
	rk.rk_flags = 0;
	CHECK_EQ(reap(PROC_REAP_KILL, &rk), 0);
	CHECK_EQ(SYS(SYS_wait4, *two, &status, 0, NULL), *two);
	CHECK_EQ(SYS(SYS_wait4, -1, &status, 0, NULL), -ECHILD);
	CHECK_EQ(reap(PROC_REAP_RELEASE, NULL), 0);
	CHECK_EQ(reap(PROC_REAP_STATUS, &rs), 0);
	CHECK_EQ(rs.rs_reaper, 1);
}

static void
ignore_it(int sig)
{
}

/* The next SIGCHLD, which is blocked; 0: none comes. */
static int
next_sigchld(struct siginfo *si)
{
	struct timespec now = {0, 0};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	return ((int)SYS(SYS_sigtimedwait, &set, si, &now) == SIGCHLD);
}

static void
block_sigchld(int how)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	(void)SYS(SYS_sigprocmask, how, &set, NULL);
}

static long
ends_with(int status)
{
	long pid = SYS(SYS_fork);

	if (pid == 0)
		(void)SYS(SYS_exit, status);
	CHECK_EQ(
	    SYS(SYS_wait6, P_PID, pid, NULL, WEXITED | WNOWAIT, NULL, NULL),
	    pid);
	return (pid);
}

/* Each child has a SIGCHLD of its own, until it was waited for. */
static void
stories(void)
{
	long pid[3] = {ends_with(5), ends_with(0x12345678), ends_with(7)};
	struct siginfo si;
	int status;

	CHECK_EQ(SYS(SYS_wait4, pid[0], &status, 0, NULL), pid[0]);
	CHECK_EQ(next_sigchld(&si), 1);
	CHECK_EQ(si.si_pid, pid[1]);
	CHECK_EQ(si.si_code, CLD_EXITED);
	CHECK_EQ(si.si_status, 0x12345678);
	CHECK_EQ(
	    SYS(SYS_wait6, P_PID, pid[1], &status, WEXITED, NULL, &si), pid[1]);
	CHECK_EQ(status, W_EXITCODE(0x78, 0));
	CHECK_EQ(si.si_status, 0x12345678);
	CHECK_EQ(SYS(SYS_wait4, -1, &status, 0, NULL), pid[2]);
	CHECK_EQ(next_sigchld(&si), 0);
}

/* A stop's is gone with the wait for it, or isn't. */
static void
stop_stories(void)
{
	struct siginfo si;
	int status;
	long pid;

	for (int dequeue = 1; dequeue >= 0; dequeue--) {
		CHECK_EQ(set_sysctl("kern.wait_dequeue_sigchld", dequeue), 0);
		pid = SYS(SYS_fork);
		if (pid == 0)
			linger();
		(void)SYS(SYS_kill, pid, SIGSTOP);
		CHECK_EQ(SYS(SYS_wait4, pid, &status, WUNTRACED, NULL), pid);
		CHECK_EQ(next_sigchld(&si), !dequeue);
		if (!dequeue)
			CHECK_EQ(si.si_code, CLD_STOPPED);
		(void)SYS(SYS_kill, pid, SIGKILL);
		CHECK_EQ(SYS(SYS_wait4, pid, &status, 0, NULL), pid);
		CHECK_EQ(next_sigchld(&si), 0);
	}
	CHECK_EQ(set_sysctl("kern.wait_dequeue_sigchld", 1), 0);
}

/* What a child leaves behind dead is told to the reaper. */
static void
inherited_story(void)
{
	struct siginfo si;
	int status;
	long pid;

	CHECK_EQ(reap(PROC_REAP_ACQUIRE, NULL), 0);
	pid = SYS(SYS_fork);
	if (pid == 0) {
		*shared = (int)ends_with(2);
		(void)SYS(SYS_exit, 3);
	}
	CHECK_EQ(SYS(SYS_wait4, pid, &status, 0, NULL), pid);
	CHECK_EQ(next_sigchld(&si), 1);
	CHECK_EQ(si.si_pid, *shared);
	CHECK_EQ(si.si_code, CLD_EXITED);
	CHECK_EQ(si.si_status, 2);
	CHECK_EQ(SYS(SYS_wait4, -1, &status, 0, NULL), *shared);
	CHECK_EQ(reap(PROC_REAP_RELEASE, NULL), 0);
}

/* More than a queue has room for; other signals have theirs nevertheless. */
static void
many_stories(void)
{
	sigset_t set;
	int status;

	for (int i = 0; i < 150; i++)
		(void)ends_with(i);
	(void)handle(SIGUSR1, ignore_it, 0);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	(void)SYS(SYS_sigprocmask, SIG_BLOCK, &set, NULL);
	CHECK_EQ(SYS(SYS_sigqueue, SYS(SYS_getpid), SIGUSR1, 1), 0);
	(void)SYS(SYS_sigprocmask, SIG_UNBLOCK, &set, NULL);
	for (int i = 0; i < 150; i++)
		CHECK(SYS(SYS_wait4, -1, &status, 0, NULL) > 0);
}

static void
sigchld(void)
{
	struct siginfo si;

	(void)handle(SIGCHLD, ignore_it, 0);
	block_sigchld(SIG_BLOCK);
	while (next_sigchld(&si))
		continue;
	stories();
	stop_stories();
	inherited_story();
	many_stories();
	block_sigchld(SIG_UNBLOCK);
	(void)handle(SIGCHLD, (void *)SIG_DFL, 0);
}

/* Of a group; and protection from being killed for memory, which is root's. */
static void
group_controls(void)
{
	long leader = SYS(SYS_fork), member;
	int value = PROC_TRACE_CTL_DISABLE, status;

	if (leader == 0)
		linger();
	member = SYS(SYS_fork);
	if (member == 0)
		linger();
	(void)SYS(SYS_setpgid, leader, leader);
	(void)SYS(SYS_setpgid, member, leader);
	CHECK_EQ(SYS(SYS_procctl, P_PGID, leader, PROC_TRACE_CTL, &value), 0);
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(SYS(SYS_procctl, P_PID, i == 0 ? leader : member,
			     PROC_TRACE_STATUS, &value),
		    0);
		CHECK_EQ(value, -1);
	}
	CHECK_EQ(SYS(SYS_procctl, P_PGID, leader, PROC_TRACE_STATUS, &value),
	    -EINVAL);
	value = PROC_TRACE_CTL_ENABLE;
	CHECK_EQ(
	    SYS(SYS_procctl, P_PGID, leader, PROC_TRACE_CTL, &value), -EPERM);
	CHECK_EQ(
	    SYS(SYS_procctl, P_PGID, 99998, PROC_TRACE_CTL, &value), -ESRCH);
	value = PPROT_SET | PPROT_DESCEND;
	CHECK_EQ(SYS(SYS_procctl, P_PGID, leader, PROC_SPROTECT, &value), 0);
	CHECK_EQ(reap(PROC_SPROTECT, &value), 0);
	value = PPROT_CLEAR | PPROT_DESCEND;
	CHECK_EQ(reap(PROC_SPROTECT, &value), 0);
	value = 3;
	CHECK_EQ(reap(PROC_SPROTECT, &value), -EINVAL);
	value = PPROT_SET | 0x40;
	CHECK_EQ(reap(PROC_SPROTECT, &value), -EINVAL);
	CHECK_EQ(SYS(SYS_kill, -leader, SIGKILL), 0);
	CHECK_EQ(SYS(SYS_wait4, leader, &status, 0, NULL), leader);
	CHECK_EQ(SYS(SYS_wait4, member, &status, 0, NULL), member);
}

/* The death signal, and what only remembers what it is told. */
static void
controls(void)
{
	int value = SIGUSR1;

	CHECK_EQ(reap(PROC_PDEATHSIG_CTL, &value), 0);
	value = 0;
	CHECK_EQ(reap(PROC_PDEATHSIG_STATUS, &value), 0);
	CHECK_EQ(value, SIGUSR1);
	value = 1000;
	CHECK_EQ(reap(PROC_PDEATHSIG_CTL, &value), -EINVAL);
	value = 0;
	CHECK_EQ(reap(PROC_PDEATHSIG_CTL, &value), 0);
	/* Only one's own is to be asked for. */
	CHECK_EQ(
	    SYS(SYS_procctl, P_PID, 1, PROC_PDEATHSIG_CTL, &value), -EINVAL);
	CHECK_EQ(SYS(SYS_procctl, P_PID, 99998, PROC_PDEATHSIG_CTL, &value),
	    -EINVAL);
	CHECK_EQ(SYS(SYS_procctl, P_PID, 99998, PROC_PDEATHSIG_STATUS, &value),
	    -EINVAL);
	CHECK_EQ(reap(PROC_PDEATHSIG_CTL, NULL), -EFAULT);
	CHECK_EQ(reap(PROC_LOGSIGEXIT_STATUS, &value), 0);
	CHECK_EQ(value, PROC_LOGSIGEXIT_CTL_NOFORCE);
	value = PROC_LOGSIGEXIT_CTL_FORCE_DISABLE;
	CHECK_EQ(reap(PROC_LOGSIGEXIT_CTL, &value), 0);
	CHECK_EQ(reap(PROC_LOGSIGEXIT_STATUS, &value), 0);
	CHECK_EQ(value, PROC_LOGSIGEXIT_CTL_FORCE_DISABLE);
	value = 4;
	CHECK_EQ(reap(PROC_LOGSIGEXIT_CTL, &value), -EINVAL);
	CHECK_EQ(reap(PROC_TRACE_STATUS, &value), 0);
	CHECK_EQ(value, 0);
	CHECK_EQ(reap(PROC_ASLR_STATUS, &value), 0);
	CHECK_EQ(
	    SYS(SYS_procctl, P_PID, 9999, PROC_TRACE_STATUS, &value), -ESRCH);
	CHECK_EQ(SYS(SYS_procctl, P_PID, 0, 999, &value), -EINVAL);
	CHECK_EQ(SYS(SYS_procctl, 99, 0, PROC_TRACE_STATUS, &value), -EINVAL);
	CHECK_EQ(SYS(SYS_procctl, P_PID, 0, PROC_TRACE_STATUS, 8), -EFAULT);
}

int
main(int argc, char **argv)
{
	shared = map_anon(4096, MAP_ANON_SHARED);
	forms_of_fork();
	waiting();
	standing_still();
	reapers();
	controls();
	group_controls();
	sigchld();
	return (result("children"));
}
