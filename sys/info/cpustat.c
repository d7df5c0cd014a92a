/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern.cp_time, kern.cp_times: how busy the CPUs were since the start, in
 * ticks of FreeBSD's statistics clock.  Nothing samples here: a CPU's idle
 * thread knows its time exactly, and the rest counts as programs'; what of
 * that was the kernel's isn't measured.
 */
#include "amd64/md.h"
#include "fbsd/time.h"
#include "core/sched.h"
#include "core/sysctl.h"

#define STATHZ 127 /* as in kern.clockrate */

enum { CP_USER, CP_NICE, CP_SYS, CP_INTR, CP_IDLE, CPUSTATES };

static long
ticks(uint64_t ns)
{
	return ((long)(ns / (NSEC_PER_SEC / STATHZ)));
}

static void
add_cpu(unsigned i, uint64_t now, long times[CPUSTATES])
{
	uint64_t idle = MIN(sched_idle_time(i), now);

	times[CP_USER] += ticks(now - idle);
	times[CP_IDLE] += ticks(idle);
}

static int
sysctl_cp_time(const struct sysctl_node *node, struct sysctl_req *req)
{
	long times[CPUSTATES] = {0};
	uint64_t now = clock_ns();

	for (unsigned i = 0; i < ncpus; i++)
		if (cpus[i].c_online)
			add_cpu(i, now, times);
	return (sysctl_out(req, times, sizeof(times)));
}
SYSCTL_PROC(kern_cp_time, "kern.cp_time", CTL_AUTO, CTLTYPE_LONG | CTLFLAG_RD,
    "LU", sysctl_cp_time, NULL);

static int
sysctl_cp_times(const struct sysctl_node *node, struct sysctl_req *req)
{
	uint64_t now = clock_ns();
	int error = 0;

	for (unsigned i = 0; i < ncpus && error == 0; i++) {
		long times[CPUSTATES] = {0};

		if (cpus[i].c_online)
			add_cpu(i, now, times);
		error = sysctl_out(req, times, sizeof(times));
	}
	return (error);
}
SYSCTL_PROC(kern_cp_times, "kern.cp_times", CTL_AUTO, CTLTYPE_LONG | CTLFLAG_RD,
    "LU", sysctl_cp_times, NULL);
