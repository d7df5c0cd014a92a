/* SPDX-License-Identifier: BSD-2-Clause */
/* Limits, usage and priorities: getrlimit(2), getrusage(2), rtprio(2). */
#ifndef FBSD_RESOURCE_H
#define FBSD_RESOURCE_H

#include "fbsd/time.h"

struct rlimit {
	int64_t rlim_cur;
	int64_t rlim_max;
};

#define RLIM_INFINITY  INT64_MAX
#define RLIMIT_CPU     0
#define RLIMIT_FSIZE   1
#define RLIMIT_DATA    2
#define RLIMIT_STACK   3
#define RLIMIT_CORE    4
#define RLIMIT_RSS     5
#define RLIMIT_MEMLOCK 6
#define RLIMIT_NPROC   7
#define RLIMIT_NOFILE  8
#define RLIMIT_SBSIZE  9
#define RLIMIT_VMEM    10
#define RLIMIT_AS      RLIMIT_VMEM
#define RLIMIT_NPTS    11
#define RLIMIT_SWAP    12
#define RLIMIT_KQUEUES 13
#define RLIMIT_UMTXP   14
#define RLIMIT_PIPEBUF 15
#define RLIMIT_VMM     16
#define RLIM_NLIMITS   17

struct rusage {
	struct timeval ru_utime;
	struct timeval ru_stime;
	long ru_maxrss; /* KiB */
	long ru_ixrss;
	long ru_idrss;
	long ru_isrss;
	long ru_minflt;
	long ru_majflt;
	long ru_nswap;
	long ru_inblock;
	long ru_oublock;
	long ru_msgsnd;
	long ru_msgrcv;
	long ru_nsignals;
	long ru_nvcsw;
	long ru_nivcsw;
};
_Static_assert(sizeof(struct rusage) == 144, "struct rusage");

struct wrusage {
	struct rusage wru_self;
	struct rusage wru_children;
};

#define RUSAGE_SELF	0
#define RUSAGE_CHILDREN (-1)
#define RUSAGE_THREAD	1

#define PRIO_MIN	(-20)
#define PRIO_MAX	20
#define PRIO_PROCESS	0
#define PRIO_PGRP	1
#define PRIO_USER	2

struct rtprio {
	uint16_t type;
	uint16_t prio;
};
#define RTP_PRIO_REALTIME 2
#define RTP_PRIO_NORMAL	  3
#define RTP_PRIO_IDLE	  4
#define RTP_PRIO_FIFO	  10
#define RTP_PRIO_MAX	  31
#define RTP_LOOKUP	  0
#define RTP_SET		  1

#endif
