/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How late a thread's timer is on one processor, while another thread has the
 * kernel do something; and a call after it that looks a process up.  For a
 * machine whose clock counts instructions, which are nanoseconds then.
 */
#ifndef TESTS_VM_LATE_H
#define TESTS_VM_LATE_H

#include "freebsd.h"
#include "fbsd/resource.h"

static struct {
	long tid;
	long nap; /* ns */
	bool realtime;
	volatile bool stop;
	volatile uint64_t worst; /* ns */
} late;

static inline void
late_sleeper(void *arg)
{
	enum { SYS_getsid = 310, SYS_rtprio_thread = 466 };
	struct timespec ts = {0, late.nap};
	struct rtprio rtp = {RTP_PRIO_REALTIME, 0};
	uint64_t start, ns;

	if (late.realtime)
		CHECK_EQ(SYS(SYS_rtprio_thread, RTP_SET, 0, &rtp), 0);
	while (!late.stop) {
		start = now_ns(CLOCK_MONOTONIC);
		(void)SYS(SYS_nanosleep, &ts, NULL);
		(void)SYS(SYS_getsid, 1);
		ns = now_ns(CLOCK_MONOTONIC) - start - (uint64_t)late.nap;
		if (ns > late.worst)
			late.worst = ns;
	}
	end_thread(arg);
}

/* Starts the thread that sleeps so long again and again. */
static inline void
late_begin(long nap, bool realtime)
{
	late.nap = nap;
	late.realtime = realtime;
	CHECK_EQ(start_thread(late_sleeper, &late.tid, &late.tid), 0);
}

static inline void
late_end(void)
{
	late.stop = true;
	join_thread(&late.tid);
}

/* What fn() returns; late.worst says how late the thread was meanwhile. */
static inline long
late_during(long (*fn)(void))
{
	long r;

	late.worst = 0;
	r = fn();
	/* Once more, with what happened at the end. */
	sleep_ms(2 * late.nap / 1000000 + 2);
	return (r);
}

/* The same, said and checked. */
static inline long
late_at_most(const char *what, long (*fn)(void), uint64_t limit)
{
	long r = late_during(fn);

	say(what);
	say(": at most ");
	say_number((long)(late.worst / 1000));
	say(" us late\n");
	CHECK(late.worst <= limit);
	return (r);
}

#endif
