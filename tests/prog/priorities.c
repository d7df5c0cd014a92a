/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Priorities on one processor: busy threads don't starve others of their
 * class, unless that is FIFO, nor are they starved by them, and mutexes lend
 * their waiters' priority to the owner.
 */
#include "freebsd.h"
#include "fbsd/user.h"

enum {
	SYS_setpriority = 96,
	SYS___sysctl = 202,
	SYS_sched_setparam = 327,
	SYS_sched_getparam = 328,
	SYS_sched_setscheduler = 329,
	SYS_sched_getscheduler = 330,
	SYS_sched_get_priority_max = 332,
	SYS_sched_get_priority_min = 333,
	SYS_sched_rr_get_interval = 334,
	SYS_rtprio_thread = 466,
	SYS_cpuset_setaffinity = 488,
};

#define PATIENCE_NS (60 * NSEC_PER_SEC) /* much more than it takes */

static struct umutex pi = {.m_flags = UMUTEX_PRIO_INHERIT};
static struct umutex outer = {.m_flags = UMUTEX_PRIO_INHERIT};
static volatile int locked, waiting, done, gave_up;
static long tids[4];

static long
set_rtprio(int class, int level)
{
	struct rtprio rtp = {(uint16_t) class, (uint16_t)level};

	return (SYS(SYS_rtprio_thread, RTP_SET, 0, &rtp));
}

static void
stay_on_first_cpu(void)
{
	uint64_t mask = 1;

	CHECK_EQ(SYS(SYS_cpuset_setaffinity, 3, 1, -1, sizeof(mask), &mask), 0);
}

static long
lock(struct umutex *m)
{
	return (SYS(SYS__umtx_op, m, UMTX_OP_MUTEX_LOCK, 0, 0, 0));
}

static long
unlock(struct umutex *m)
{
	return (SYS(SYS__umtx_op, m, UMTX_OP_MUTEX_UNLOCK, 0, 0, 0));
}

/* Priorities of this thread, as ps(1) sees them. */
static struct kinfo_proc *
self_info(void)
{
	static struct kinfo_proc records[8];
	int name[4] = {
	    1, 14, KERN_PROC_PID | KERN_PROC_INC_THREAD, (int)SYS(SYS_getpid)};
	size_t len = sizeof(records);
	long tid;

	(void)SYS(SYS_thr_self, &tid);
	CHECK_EQ(SYS(SYS___sysctl, name, 4, records, &len, NULL, 0), 0);
	for (size_t i = 0; i < len / sizeof(records[0]); i++)
		if (records[i].ki_tid == tid)
			return (&records[i]);
	return (&records[0]);
}

/* A nice child gets its turn while the parent is busy. */
static void
niceness(int nice)
{
	volatile int *turns = map_anon(4096, MAP_ANON_SHARED);
	uint64_t start = now_ns(CLOCK_MONOTONIC);
	long self = SYS(SYS_getpid), child = SYS(SYS_fork);

	if (SYS(SYS_getpid) != self) {
		(void)SYS(SYS_setpriority, PRIO_PROCESS, 0, nice);
		for (;;)
			++*turns;
	}
	while (*turns == 0 && now_ns(CLOCK_MONOTONIC) - start < PATIENCE_NS)
		;
	CHECK(*turns != 0);
	(void)SYS(SYS_kill, child, SIGKILL);
	CHECK_EQ(SYS(SYS_wait4, child, NULL, 0, 0), child);
}

/* Has the inner mutex until somebody waits. */
static void
low(void *arg)
{
	CHECK_EQ(set_rtprio(RTP_PRIO_NORMAL, 0), 0);
	CHECK_EQ(lock(&pi), 0);
	locked = 1;
	while (
	    !waiting || !(*(volatile uint32_t *)&pi.m_owner & UMUTEX_CONTESTED))
		;
	/* Only with somebody else's priority did it get here. */
	CHECK_EQ(self_info()->ki_pri.pri_level, 48 + 5);
	CHECK_EQ(unlock(&pi), 0);
	end_thread(arg);
}

/* Has the outer one, and waits for the inner. */
static void
link(void *arg)
{
	CHECK_EQ(set_rtprio(RTP_PRIO_NORMAL, 0), 0);
	CHECK_EQ(lock(&outer), 0);
	locked = 2;
	CHECK_EQ(lock(&pi), 0);
	CHECK_EQ(unlock(&pi), 0);
	CHECK_EQ(unlock(&outer), 0);
	end_thread(arg);
}

/* Would keep everybody with less priority away. */
static void
hog(void *arg)
{
	uint64_t start = now_ns(CLOCK_MONOTONIC);

	CHECK_EQ(set_rtprio(RTP_PRIO_REALTIME, 10), 0);
	while (!done)
		if (now_ns(CLOCK_MONOTONIC) - start > PATIENCE_NS) {
			gave_up = 1;
			break;
		}
	end_thread(arg);
}

static void
high(void *arg)
{
	CHECK_EQ(set_rtprio(RTP_PRIO_REALTIME, 5), 0);
	waiting = 1;
	CHECK_EQ(lock(&outer), 0);
	done = 1;
	CHECK_EQ(unlock(&outer), 0);
	end_thread(arg);
}

static void
begin(int i, void (*fn)(void *))
{
	CHECK_EQ(start_thread(fn, &tids[i], &tids[i]), 0);
}

/* high waits for link, which waits for low, while hog is busy. */
static void
inheritance(void)
{
	CHECK_EQ(set_rtprio(RTP_PRIO_REALTIME, 2), 0);
	begin(0, low);
	while (locked < 1)
		sleep_ms(1);
	begin(1, link);
	while (locked < 2)
		sleep_ms(1);
	while (!(*(volatile uint32_t *)&pi.m_owner & UMUTEX_CONTESTED))
		sleep_ms(1);
	begin(2, hog);
	begin(3, high);
	for (int i = 0; i < 4; i++)
		join_thread(&tids[i]);
	CHECK_EQ(done, 1);
	CHECK_EQ(gave_up, 0);
	CHECK_EQ(pi.m_owner & ~UMUTEX_CONTESTED, 0);
	CHECK_EQ(outer.m_owner & ~UMUTEX_CONTESTED, 0);
	CHECK_EQ(set_rtprio(RTP_PRIO_NORMAL, 0), 0);
}

static void
protection(void)
{
	static struct umutex a = {.m_owner = UMUTEX_CONTESTED,
	    .m_flags = UMUTEX_PRIO_PROTECT,
	    .m_ceilings = {20, UINT32_MAX}};
	static struct umutex b = {.m_owner = UMUTEX_CONTESTED,
	    .m_flags = UMUTEX_PRIO_PROTECT,
	    .m_ceilings = {25, 20}};
	uint8_t own = self_info()->ki_pri.pri_native;

	/* 31 is the best ceiling, 0 the best priority. */
	CHECK_EQ(lock(&a), 0);
	CHECK_EQ(self_info()->ki_pri.pri_level, 48 + 11);
	CHECK_EQ(self_info()->ki_pri.pri_native, own);
	CHECK_EQ(lock(&b), 0);
	CHECK_EQ(self_info()->ki_pri.pri_level, 48 + 6);
	CHECK_EQ(unlock(&b), 0);
	CHECK_EQ(self_info()->ki_pri.pri_level, 48 + 11);
	CHECK_EQ(unlock(&a), 0);
	CHECK(self_info()->ki_pri.pri_level >= own);
	/* Better than the ceiling, or no ceiling at all. */
	CHECK_EQ(set_rtprio(RTP_PRIO_REALTIME, 3), 0);
	CHECK_EQ(lock(&a), -EINVAL);
	CHECK_EQ(set_rtprio(RTP_PRIO_NORMAL, 0), 0);
	a.m_ceilings[0] = 32;
	CHECK_EQ(lock(&a), -EINVAL);
	a.m_ceilings[0] = UINT32_MAX;
	CHECK_EQ(lock(&a), -EINVAL);
}

enum { SCHED_FIFO = 1, SCHED_OTHER = 2, SCHED_RR = 3 };

static void
policies(void)
{
	struct timespec ts = {-1, -1};
	int level = 10;

	CHECK_EQ(SYS(SYS_sched_getscheduler, 0), SCHED_OTHER);
	for (int policy = SCHED_FIFO; policy <= SCHED_RR; policy += 2) {
		CHECK_EQ(SYS(SYS_sched_get_priority_min, policy), 0);
		CHECK_EQ(SYS(SYS_sched_get_priority_max, policy), RTP_PRIO_MAX);
		CHECK_EQ(SYS(SYS_sched_setscheduler, 0, policy, &level), 0);
		CHECK_EQ(SYS(SYS_sched_getscheduler, 0), policy);
		level = 11;
		CHECK_EQ(SYS(SYS_sched_setparam, 0, &level), 0);
		CHECK_EQ(SYS(SYS_sched_getscheduler, 0), policy);
		level = 0;
		CHECK_EQ(SYS(SYS_sched_getparam, 0, &level), 0);
		CHECK_EQ(level, 11);
		level = 32;
		CHECK_EQ(
		    SYS(SYS_sched_setscheduler, 0, policy, &level), -EINVAL);
		level = 10;
	}
	CHECK_EQ(SYS(SYS_sched_setscheduler, 0, 4, &level), -EINVAL);
	CHECK_EQ(SYS(SYS_sched_get_priority_min, 4), -EINVAL);
	CHECK_EQ(SYS(SYS_sched_rr_get_interval, 0, &ts), 0);
	CHECK(ts.tv_sec == 0 && ts.tv_nsec > 0);
	CHECK_EQ(SYS(SYS_sched_rr_get_interval, 9999, &ts), -ESRCH);
	CHECK_EQ(SYS(SYS_sched_setscheduler, 0, SCHED_OTHER, &level), 0);
}

static int go;
static volatile int ready, ran;
static int class_of_equals;

static void
equal(void *arg)
{
	CHECK_EQ(set_rtprio(class_of_equals, 10), 0);
	ready = 1;
	while (go == 0)
		(void)SYS(SYS__umtx_op, &go, UMTX_OP_WAIT_UINT, 0, 0, 0);
	ran = 1;
	end_thread(arg);
}

/* Of two threads that are equal one runs until it waits, or they take turns. */
static void
equals(int class)
{
	uint64_t start;

	class_of_equals = class;
	go = ready = ran = 0;
	CHECK_EQ(set_rtprio(class, 10), 0);
	begin(0, equal);
	while (!ready)
		sleep_ms(1);
	go = 1;
	CHECK_EQ(SYS(SYS__umtx_op, &go, UMTX_OP_WAKE, 1, 0, 0), 0);
	start = now_ns(CLOCK_MONOTONIC);
	if (class == RTP_PRIO_FIFO) {
		while (now_ns(CLOCK_MONOTONIC) - start < 100000000)
			;
		CHECK_EQ(ran, 0);
	} else {
		while (!ran && now_ns(CLOCK_MONOTONIC) - start < PATIENCE_NS)
			;
		CHECK_EQ(ran, 1);
	}
	join_thread(&tids[0]);
	CHECK_EQ(set_rtprio(RTP_PRIO_NORMAL, 0), 0);
}

static int talk_to[2][2]; /* pipes: what thread i reads */
static volatile int fed, starved;

/* Sleeps and wakes all the time, and leaves no time for anybody. */
static void
talker(void *arg)
{
	int i = (int)((long *)arg - tids);
	uint64_t start = now_ns(CLOCK_MONOTONIC);
	char c = 0;

	while (!fed && !starved) {
		CHECK_EQ(SYS(SYS_write, talk_to[1 - i][1], &c, 1), 1);
		CHECK_EQ(SYS(SYS_read, talk_to[i][0], &c, 1), 1);
		if (now_ns(CLOCK_MONOTONIC) - start > PATIENCE_NS / 3)
			starved = 1;
	}
	CHECK_EQ(SYS(SYS_write, talk_to[1 - i][1], &c, 1), 1);
	end_thread(arg);
}

/* A busy thread goes on however many of its class wake up. */
static void
busy_among_wakers(void)
{
	for (int i = 0; i < 2; i++)
		CHECK_EQ(SYS(SYS_pipe2, talk_to[i], 0), 0);
	begin(0, talker);
	begin(1, talker);
	while (now_ns(CLOCK_THREAD_CPUTIME_ID) < 500000000 && !starved)
		;
	fed = 1;
	join_thread(&tids[0]);
	join_thread(&tids[1]);
	CHECK_EQ(starved, 0);
}

int
main(int argc, char **argv)
{
	stay_on_first_cpu();
	busy_among_wakers();
	niceness(7);
	niceness(20);
	inheritance();
	protection();
	policies();
	equals(RTP_PRIO_FIFO);
	equals(RTP_PRIO_REALTIME);
	return (result("priorities"));
}
