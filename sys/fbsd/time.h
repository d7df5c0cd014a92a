/* SPDX-License-Identifier: BSD-2-Clause */
/* Time as programs see it: clock_gettime(2), setitimer(2). */
#ifndef FBSD_TIME_H
#define FBSD_TIME_H

#include "lib/types.h"

struct timespec {
	time_t tv_sec;
	long tv_nsec;
};

struct timeval {
	time_t tv_sec;
	suseconds_t tv_usec;
};

struct itimerval {
	struct timeval it_interval;
	struct timeval it_value;
};

struct itimerspec {
	struct timespec it_interval;
	struct timespec it_value;
};

struct timezone {
	int tz_minuteswest;
	int tz_dsttime;
};

#define CLOCK_REALTIME		 0
#define CLOCK_VIRTUAL		 1
#define CLOCK_PROF		 2
#define CLOCK_MONOTONIC		 4
#define CLOCK_UPTIME		 5
#define CLOCK_UPTIME_PRECISE	 7
#define CLOCK_UPTIME_FAST	 8
#define CLOCK_REALTIME_PRECISE	 9
#define CLOCK_REALTIME_FAST	 10
#define CLOCK_MONOTONIC_PRECISE	 11
#define CLOCK_MONOTONIC_FAST	 12
#define CLOCK_SECOND		 13
#define CLOCK_THREAD_CPUTIME_ID	 14
#define CLOCK_PROCESS_CPUTIME_ID 15
#define CLOCK_TAI		 16

#define TIMER_RELTIME		 0
#define TIMER_ABSTIME		 1

#define ITIMER_REAL		 0
#define ITIMER_VIRTUAL		 1
#define ITIMER_PROF		 2

static inline bool
timespec_valid(const struct timespec *ts)
{
	return (
	    ts->tv_sec >= 0 && ts->tv_nsec >= 0 && ts->tv_nsec < 1000000000);
}

/* Nanoseconds, saturating at the far end of time. */
static inline uint64_t
timespec_ns(const struct timespec *ts)
{
	if (ts->tv_sec >= (time_t)(INT64_MAX / 1000000000 - 1))
		return (INT64_MAX);
	return ((uint64_t)ts->tv_sec * 1000000000 + (uint64_t)ts->tv_nsec);
}

static inline struct timespec
ns_timespec(uint64_t ns)
{
	return ((struct timespec){
	    (time_t)(ns / 1000000000), (long)(ns % 1000000000)});
}

static inline struct timeval
ns_timeval(uint64_t ns)
{
	return ((struct timeval){
	    (time_t)(ns / 1000000000), (suseconds_t)(ns % 1000000000 / 1000)});
}

#endif
