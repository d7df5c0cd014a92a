/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a user may do to the processes of others, and to the kernel's: nothing.
 * To its own: all, unless they are set-id programs or don't want it.  The
 * security.bsd.* settings make it less or more.
 */
#include "selfcopy.h"
#include "fbsd/procctl.h"
#include "fbsd/procdesc.h"
#include "fbsd/resource.h"
#include "fbsd/wait.h"

enum {
	SYS_getpriority = 100,
	SYS_setpriority = 96,
	SYS_rtprio = 166,
	SYS_getpgid = 207,
	SYS_getsid = 310,
	SYS_sched_setparam = 327,
	SYS_sched_getparam = 328,
	SYS_sched_setscheduler = 329,
	SYS_sched_getscheduler = 330,
	SYS_rtprio_thread = 466,
	SYS_cpuset_getaffinity = 487,
	SYS_cpuset_setaffinity = 488,
	SYS_pdfork = 518,
	SYS_pdkill = 519,
	SYS_procctl = 544,
};

#define PLAIN	      "/plain"
#define KERNEL_THREAD 100001
#define CPU_LEVEL     3
#define CPU_TID	      1
#define CPU_PID	      2

/* kern.proc.* with a process's number. */
enum {
	KERN_PROC_ARGS = 7,
	KERN_PROC_PATHNAME = 12,
	KERN_PROC_VMMAP = 32,
	KERN_PROC_FILEDESC = 33,
	KERN_PROC_ENV = 35,
	KERN_PROC_AUXV = 36,
	KERN_PROC_UMASK = 39,
	KERN_PROC_CWD = 42,
	KERN_PROC_NFDS = 43,
};

static struct rtprio normal = {RTP_PRIO_NORMAL, 0},
		     idle = {RTP_PRIO_IDLE, RTP_PRIO_MAX},
		     realtime = {RTP_PRIO_REALTIME, RTP_PRIO_MAX};

static long
rtprio(long pid, const struct rtprio *rtp)
{
	return (SYS(SYS_rtprio, RTP_SET, pid, rtp));
}

static long
rtprio_thread(long tid, const struct rtprio *rtp)
{
	return (SYS(SYS_rtprio_thread, RTP_SET, tid, rtp));
}

static long
place(int which, long id)
{
	uint64_t mask[16] = {1};

	return (SYS(
	    SYS_cpuset_setaffinity, CPU_LEVEL, which, id, sizeof(mask), mask));
}

static long
control(long pid, int command, int value)
{
	return (SYS(SYS_procctl, P_PID, pid, command,
	    command == PROC_REAP_ACQUIRE ? NULL : &value));
}

static long
look(int what, long pid)
{
	static char buf[65536];
	int mib[] = {1, 14, what, (int)pid};
	size_t len = sizeof(buf);

	return (SYS(SYS___sysctl, mib, 4, buf, &len, NULL, 0L));
}

static void
wait_forever(void)
{
	for (;;)
		sleep_ms(1000);
}

/* A child that waits to be killed. */
static long
sleeper(void)
{
	long pid = SYS(SYS_fork);

	if (pid == 0)
		wait_forever();
	return (pid);
}

static void
end(long pid)
{
	CHECK_EQ(SYS(SYS_kill, pid, SIGKILL), 0);
	CHECK_EQ(wait_for(pid), 1000 + SIGKILL);
}

/* Starts a thread with this priority, which ends. */
static long
start_with(const struct rtprio *rtp)
{
	static long tid;
	struct thr_param tp = {.start_func = (void (*)(void *))end_thread,
	    .arg = &tid,
	    .stack_size = 65536,
	    .parent_tid = &tid,
	    .rtp = (void *)(uintptr_t)rtp};
	long error;

	tp.stack_base = map_anon(tp.stack_size, MAP_ANON_PRIVATE);
	error = SYS(SYS_thr_new, &tp, sizeof(tp));
	if (error == 0)
		join_thread(&tid);
	return (error);
}

static long victim, victim_tid, victim_fd;

static void
schedule(void)
{
	uint64_t mask[16];
	int level = 0;

	CHECK_EQ(rtprio(victim, &idle), -EPERM);
	CHECK_EQ(rtprio(victim, &normal), -EPERM);
	CHECK_EQ(rtprio(0, &normal), 0);
	CHECK_EQ(rtprio(0, &realtime), -EPERM);
	CHECK_EQ(rtprio(0, &idle), -EPERM);
	CHECK_EQ(rtprio_thread(victim_tid, &normal), -EPERM);
	CHECK_EQ(rtprio_thread(KERNEL_THREAD, &normal), -EPERM);
	CHECK_EQ(rtprio_thread(0, &idle), -EPERM);
	CHECK_EQ(start_with(&realtime), -EPERM);
	CHECK_EQ(start_with(&idle), -EINVAL);
	CHECK_EQ(start_with(&normal), 0);
	CHECK_EQ(SYS(SYS_sched_setparam, victim, &level), -EPERM);
	CHECK_EQ(SYS(SYS_sched_setscheduler, victim, 2, &level), -EPERM);
	CHECK_EQ(SYS(SYS_sched_setscheduler, 0, 1, &level), -EPERM);
	CHECK_EQ(SYS(SYS_sched_getparam, victim, &level), 0);
	CHECK(SYS(SYS_sched_getscheduler, victim) > 0);
	CHECK_EQ(place(CPU_PID, victim), -EPERM);
	CHECK_EQ(place(CPU_TID, victim_tid), -EPERM);
	CHECK_EQ(place(CPU_TID, KERNEL_THREAD), -EPERM);
	CHECK_EQ(place(CPU_TID, -1), 0);
	CHECK_EQ(SYS(SYS_cpuset_getaffinity, CPU_LEVEL, CPU_PID, victim,
		     sizeof(mask), mask),
	    -EPERM);
	CHECK_EQ(SYS(SYS_setpriority, PRIO_PROCESS, victim, 5), -EPERM);
	CHECK_EQ(SYS(SYS_getpriority, PRIO_PROCESS, victim), 0);
	CHECK_EQ(SYS(SYS_setpriority, PRIO_USER, 0, 5), 0);
}

static void
signals(void)
{
	CHECK_EQ(SYS(SYS_kill, victim, 0), -EPERM);
	CHECK_EQ(SYS(SYS_kill, victim, SIGTERM), -EPERM);
	/* Whoever it has become, a shell continues its job. */
	CHECK_EQ(SYS(SYS_kill, victim, SIGCONT), 0);
	CHECK_EQ(SYS(SYS_sigqueue, victim, SIGTERM, 0), -EPERM);
	CHECK_EQ(SYS(SYS_thr_kill2, victim, victim_tid, SIGTERM), -EPERM);
	CHECK_EQ(SYS(SYS_thr_kill2, victim, -1, 0), -EPERM);
	CHECK_EQ(SYS(SYS_pdkill, victim_fd, SIGTERM), -EPERM);
	CHECK_EQ(SYS(SYS_kill, 0, 0), 0); /* to itself, at least */
	CHECK_EQ(SYS(SYS_kill, 1, 0), -EPERM);
	/* Of another session. */
	CHECK_EQ(SYS(SYS_fcntl, 1, F_SETOWN, 1), -EPERM);
	CHECK_EQ(SYS(SYS_fcntl, 1, F_SETOWN, 99998), -ESRCH);
}

static void
settings(void)
{
	static const int commands[] = {PROC_TRACE_CTL, PROC_TRAPCAP_CTL,
	    PROC_ASLR_CTL, PROC_PROTMAX_CTL, PROC_STACKGAP_CTL,
	    PROC_NO_NEW_PRIVS_CTL, PROC_WXMAP_CTL, PROC_LOGSIGEXIT_CTL,
	    PROC_REAP_ACQUIRE, PROC_SPROTECT};
	struct procctl_reaper_kill rk = {.rk_sig = SIGTERM};

	for (unsigned i = 0; i < sizeof(commands) / sizeof(int); i++) {
		CHECK_EQ(control(victim, commands[i], 1), -EPERM);
		/* Not that process, whatever the low half says. */
		CHECK_EQ(control(victim | 1l << 32, commands[i], 1), -ESRCH);
	}
	CHECK_EQ(control(victim, PROC_TRACE_STATUS, 0), 0);
	CHECK_EQ(control(victim, PROC_PDEATHSIG_CTL, SIGTERM), -EINVAL);
	CHECK_EQ(SYS(SYS_procctl, P_PID, victim, PROC_REAP_KILL, &rk), -EPERM);
	CHECK_EQ(rk.rk_killed, 0);
	CHECK_EQ(control(0, PROC_TRACE_CTL, PROC_TRACE_CTL_ENABLE), 0);
}

static void
looks(long pid, long private, long public)
{
	CHECK_EQ(look(KERN_PROC_VMMAP, pid), private);
	CHECK_EQ(look(KERN_PROC_FILEDESC, pid), private);
	CHECK_EQ(look(KERN_PROC_ENV, pid), private);
	CHECK_EQ(look(KERN_PROC_AUXV, pid), private);
	CHECK_EQ(look(KERN_PROC_UMASK, pid), private);
	CHECK_EQ(look(KERN_PROC_CWD, pid), private);
	CHECK_EQ(look(KERN_PROC_NFDS, pid), private);
	CHECK_EQ(look(KERN_PROC_ARGS, pid), public);
	CHECK_EQ(look(KERN_PROC_PATHNAME, pid), public);
	CHECK_EQ(SYS(SYS_getsid, pid) > 0 ? 0 : SYS(SYS_getsid, pid), public);
	CHECK_EQ(SYS(SYS_getpgid, pid) > 0 ? 0 : SYS(SYS_getpgid, pid), public);
}

static int
as_nobody(void)
{
	failures = 0;
	become(NOBODY);
	schedule();
	signals();
	settings();
	looks(victim, -EPERM, 0);
	return (failures);
}

/* A process of the same user that has changed its ids: what a terminal may
 * send it gets, and nobody looks into it. */
static int
changed_ids(void)
{
	long pid;

	failures = 0;
	become(NOBODY);
	pid = sleeper();
	CHECK_EQ(SYS(SYS_kill, pid, SIGWINCH), -EPERM);
	CHECK_EQ(SYS(SYS_kill, pid, 0), 0);
	looks(pid, -EPERM, 0);
	CHECK_EQ(rtprio(pid, &normal), 0);
	CHECK_EQ(control(pid, PROC_ASLR_CTL, 1), -EPERM);
	end(pid);
	return (failures);
}

/* A plain program's child is its own in all respects, until it says no. */
static int
plain(void)
{
	long pid = sleeper();

	failures = 0;
	CHECK_EQ(SYS(SYS_kill, pid, SIGWINCH), 0);
	looks(pid, 0, 0);
	CHECK_EQ(control(pid, PROC_TRACE_CTL, PROC_TRACE_CTL_ENABLE), -EPERM);
	CHECK_EQ(control(pid, PROC_TRACE_CTL, PROC_TRACE_CTL_DISABLE), 0);
	looks(pid, -EPERM, 0);
	CHECK_EQ(control(pid, PROC_TRACE_CTL, PROC_TRACE_CTL_DISABLE), -EPERM);
	CHECK_EQ(SYS(SYS_setpriority, PRIO_PROCESS, pid, 5), 0);
	CHECK_EQ(SYS(SYS_setpriority, PRIO_PROCESS, pid, 4), -EACCES);
	end(pid);
	return (failures);
}

static int
unseen(void)
{
	failures = 0;
	become(NOBODY);
	CHECK_EQ(SYS(SYS_kill, victim, 0), -ESRCH);
	CHECK_EQ(rtprio(victim, &normal), -ESRCH);
	CHECK_EQ(control(victim, PROC_TRACE_STATUS, 0), -ESRCH);
	CHECK_EQ(SYS(SYS_setpriority, PRIO_PROCESS, victim, 5), -ESRCH);
	looks(victim, -ESRCH, -ESRCH);
	return (failures);
}

static int
policies(void)
{
	long pid = sleeper();

	failures = 0;
	CHECK_EQ(look(KERN_PROC_VMMAP, pid), -EPERM);
	CHECK_EQ(rtprio(0, &idle), 0);
	end(pid);
	return (failures);
}

/* A child of root's, which says its thread's number. */
static void
make_victim(void)
{
	int fd, p[2];

	CHECK_EQ(SYS(SYS_pipe2, p, 0), 0);
	victim = SYS(SYS_pdfork, &fd, 0);
	if (victim == 0) {
		long tid;

		(void)SYS(SYS_thr_self, &tid);
		(void)SYS(SYS_write, p[1], &tid, sizeof(tid));
		wait_forever();
	}
	victim_fd = fd;
	CHECK_EQ(SYS(SYS_read, p[0], &victim_tid, sizeof(victim_tid)),
	    sizeof(victim_tid));
}

int
main(int argc, char **argv)
{
	if (argc > 1)
		return (argv[1][0] == 'p' ? plain() : policies());
	copy_self(PLAIN, 0755);
	make_victim();
	CHECK_EQ(in_child(as_nobody), 0);
	CHECK_EQ(in_child(changed_ids), 0);
	CHECK_EQ(ask(NOBODY, PLAIN, "plain", NULL), 0);
	CHECK_EQ(set_sysctl("security.bsd.see_other_uids", 0), 0);
	CHECK_EQ(in_child(unseen), 0);
	CHECK_EQ(set_sysctl("security.bsd.see_other_uids", 1), 0);
	CHECK_EQ(set_sysctl("security.bsd.see_other_gids", 0), 0);
	CHECK_EQ(in_child(unseen), 0);
	CHECK_EQ(set_sysctl("security.bsd.see_other_gids", 1), 0);
	CHECK_EQ(set_sysctl("security.bsd.unprivileged_proc_debug", 0), 0);
	CHECK_EQ(set_sysctl("security.bsd.unprivileged_idprio", 1), 0);
	CHECK_EQ(ask(NOBODY, PLAIN, "unusual", NULL), 0);
	/* Root may. */
	CHECK_EQ(start_with(&realtime), 0);
	looks(victim, 0, 0);
	CHECK_EQ(rtprio(victim, &idle), 0);
	CHECK_EQ(rtprio_thread(KERNEL_THREAD, &normal), -EPERM);
	CHECK_EQ(SYS(SYS_pdkill, victim_fd, SIGKILL), 0);
	return (result("rights"));
}
