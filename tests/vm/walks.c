/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * walks NUMBER: how late a real-time thread's timer can be on one processor,
 * and a call after it that looks a process up, while another thread goes over
 * so many processes.  For a machine whose clock counts instructions.
 */
#include "late.h"
#include "fbsd/fcntl.h"
#include "fbsd/procctl.h"
#include "fbsd/resource.h"
#include "fbsd/wait.h"

enum {
	SYS_open = 5,
	SYS_setpriority = 96,
	SYS_mkdir = 136,
	SYS_sysctl = 202,
	SYS_nmount = 378,
	SYS_procctl = 544,
	SYS_getdirentries = 554,
};

#include "mounting.h"

#define LATE_MAX 200000ul /* instructions, which are nanoseconds */
#define NAP	 100000l
#define MANY	 10000

static long n;

static void
during(const char *what, long (*fn)(void), long expected)
{
	CHECK_EQ(late_at_most(what, fn, LATE_MAX), expected);
}

/* A reaper with so many children, in a group of theirs, which wait to be
 * killed; it says which group that is. */
static void
be_parent(int says)
{
	long first = 0, pid;

	CHECK_EQ(SYS(SYS_procctl, P_PID, 0, PROC_REAP_ACQUIRE, NULL), 0);
	for (long i = 0; i < n; i++) {
		pid = SYS(SYS_fork);
		while (pid == 0)
			sleep_ms(1000000);
		first = i == 0 ? pid : first;
		CHECK_EQ(SYS(SYS_setpgid, pid, first), 0);
	}
	(void)SYS(SYS_write, says, &first, sizeof(first));
	for (;;)
		sleep_ms(1000000);
}

static long parent, group;

static void
start(void)
{
	int fds[2];

	CHECK_EQ(SYS(SYS_procctl, P_PID, 0, PROC_REAP_ACQUIRE, NULL), 0);
	CHECK_EQ(SYS(SYS_pipe2, fds, 0), 0);
	parent = SYS(SYS_fork);
	if (parent == 0)
		be_parent(fds[1]);
	CHECK_EQ(SYS(SYS_read, fds[0], &group, sizeof(group)), sizeof(group));
}

static long
ask_group(void)
{
	return (SYS(SYS_kill, -group, 0));
}

/* Nobody minds it. */
static long
signal_group(void)
{
	return (SYS(SYS_kill, -group, SIGURG));
}

static long
signal_all(void)
{
	return (SYS(SYS_kill, -1, SIGURG));
}

static long
nice_all(void)
{
	return (SYS(SYS_setpriority, PRIO_USER, 0, 1));
}

static long
list_all(void)
{
	static char records[1200 * MANY];
	int mib[] = {1, 14, 8, 0};
	size_t len = sizeof(records);

	CHECK_EQ(SYS(SYS_sysctl, mib, 3, records, &len, NULL, 0), 0);
	return ((long)(len / 1088) > n);
}

static long
list_directory(void)
{
	static char entries[4096];
	long fd = SYS(SYS_open, "/proc", O_RDONLY | O_DIRECTORY, 0), r;

	while ((r = SYS(SYS_getdirentries, fd, entries, 4096, NULL)) > 0)
		continue;
	(void)SYS(SYS_close, fd);
	return (r);
}

static long
signal_wards(void)
{
	struct procctl_reaper_kill rk = {.rk_sig = SIGURG};

	CHECK_EQ(SYS(SYS_procctl, P_PID, 0, PROC_REAP_KILL, &rk), 0);
	return (rk.rk_killed);
}

/* They have another parent, who is their reaper: it ends, and they are ours. */
static long
parent_ends(void)
{
	struct procctl_reaper_status rs;

	CHECK_EQ(SYS(SYS_kill, parent, SIGKILL), 0);
	CHECK_EQ(SYS(SYS_wait4, parent, NULL, 0, NULL), parent);
	CHECK_EQ(SYS(SYS_procctl, P_PID, 0, PROC_REAP_STATUS, &rs), 0);
	return (rs.rs_children);
}

static long
end_all(void)
{
	long r = SYS(SYS_kill, -group, SIGKILL);

	for (long i = 0; i < n && r >= 0; i++)
		r = SYS(SYS_wait4, -1, NULL, 0, NULL);
	return (r > 0);
}

int
main(int argc, char **argv)
{
	n = argc > 1 ? parse_number(argv[1]) : 1000;
	CHECK(n < MANY);
	start();
	(void)SYS(SYS_mkdir, "/proc", 0755);
	CHECK_EQ(MOUNT("procfs", "/proc"), 0);
	late_begin(NAP, true);
	during("kill(-group, 0)", ask_group, 0);
	during("kill(-group, SIGURG)", signal_group, 0);
	during("kill(-1, SIGURG)", signal_all, 0);
	during("setpriority(PRIO_USER)", nice_all, 0);
	during("kern.proc.proc", list_all, 1);
	during("/proc", list_directory, 0);
	during("a reaper ends", parent_ends, n);
	during("PROC_REAP_KILL", signal_wards, n);
	during("kill(-group, SIGKILL), wait", end_all, 1);
	late_end();
	return (result("walks"));
}
