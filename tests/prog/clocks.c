/* SPDX-License-Identifier: BSD-2-Clause */
/* Clocks, the shared time page, sleeps and timers. */
#include "freebsd.h"
#include "fbsd/event.h"
#include "fbsd/resource.h"

#define AT_TIMEKEEP	    22
#define SYS_setrlimit	    195
#define SYS_kqueue	    362
#define SYS_kevent	    560
#define SYS_timerfd_create  585
#define SYS_timerfd_settime 587
#define MS		    1000000ul

struct bintime {
	int64_t sec;
	uint64_t frac;
};

struct timehands {
	uint32_t algo, gen;
	uint64_t scale;
	uint32_t offset_count, counter_mask;
	struct bintime offset, boottime;
	uint32_t shift, hpet, res[6];
};

struct timekeep {
	uint32_t ver, enabled, current, pad;
	struct timehands th[4];
};

static const volatile struct timekeep *tk;

/* As libc reads it; bt in ns. */
static uint64_t
page_ns(bool wall)
{
	for (;;) {
		uint32_t cur = __atomic_load_n(&tk->current, __ATOMIC_ACQUIRE);
		const volatile struct timehands *th = &tk->th[cur];
		uint32_t gen = __atomic_load_n(&th->gen, __ATOMIC_ACQUIRE);
		uint64_t sec = (uint64_t)th->offset.sec;
		uint64_t frac = th->offset.frac, add;
		uint32_t count =
		    (uint32_t)(__builtin_ia32_rdtsc() >> th->shift);

		add =
		    th->scale * ((count - th->offset_count) & th->counter_mask);
		frac += add;
		sec += frac < add;
		if (wall) {
			sec += (uint64_t)th->boottime.sec;
			frac += th->boottime.frac;
			sec += frac < th->boottime.frac;
		}
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (gen != 0 && gen == th->gen && cur == tk->current)
			return (sec * NSEC_PER_SEC +
				((frac >> 32) * NSEC_PER_SEC >> 32));
	}
}

/* Between two system calls the page shows a time between theirs. */
static void
page_agrees(bool wall)
{
	clockid_t id = wall ? CLOCK_REALTIME : CLOCK_MONOTONIC;
	int wrong = 0;

	for (int i = 0; i < 1000; i++) {
		uint64_t a = now_ns(id), b = page_ns(wall), c = now_ns(id);

		/* The count's resolution: up to 8 ns. */
		wrong += b + 16 < a || b > c + 16;
	}
	CHECK_EQ(wrong, 0);
}

static void
page(void)
{
	uint64_t last, now;
	int backwards = 0;

	CHECK(tk != NULL);
	if (tk == NULL)
		return;
	CHECK_EQ(tk->ver, 1);
	CHECK_EQ(tk->enabled, 1);
	CHECK_EQ(tk->th[tk->current].algo, 1);
	page_agrees(false);
	page_agrees(true);
	last = page_ns(false);
	for (int i = 0; i < 200000; i++) {
		now = page_ns(false);
		backwards += now < last;
		last = now;
	}
	CHECK_EQ(backwards, 0);
	/* Still after more than a second: what th_scale multiplies is to stay
	 * within 64 bits. */
	sleep_ms(1300);
	page_agrees(false);
	for (now = last = now_ns(CLOCK_MONOTONIC); now < last + 1300 * MS;)
		now = now_ns(CLOCK_MONOTONIC);
	page_agrees(true);
	CHECK_EQ(SYS(SYS_mprotect, (uint64_t)tk & ~4095ul, 4096, 3), -EACCES);
}

static void
clocks(void)
{
	static const int ids[] = {
	    0, 1, 2, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
	struct timespec ts;
	clockid_t id;

	for (unsigned i = 0; i < nitems(ids); i++) {
		CHECK_EQ(SYS(SYS_clock_gettime, ids[i], &ts), 0);
		CHECK(ts.tv_nsec >= 0 && ts.tv_nsec < 1000000000);
		CHECK_EQ(SYS(SYS_clock_getres, ids[i], &ts), 0);
		CHECK(ts.tv_sec == 1 || ts.tv_nsec > 0);
	}
	CHECK_EQ(SYS(SYS_clock_gettime, 3, &ts), -EINVAL);
	CHECK_EQ(SYS(SYS_clock_gettime, 6, &ts), -EINVAL);
	CHECK_EQ(SYS(SYS_clock_gettime, 17, &ts), -EINVAL);
	CHECK_EQ(SYS(SYS_clock_gettime, 4, 16), -EFAULT);
	CHECK_EQ(SYS(SYS_clock_getcpuclockid2, 0, 0, &id), 0);
	CHECK_EQ(SYS(SYS_clock_gettime, id, &ts), 0);
	CHECK(ts.tv_sec != 0 || ts.tv_nsec != 0);
	CHECK_EQ(SYS(SYS_clock_getcpuclockid2, 0, 1, &id), 0);
	CHECK_EQ(SYS(SYS_clock_gettime, id, &ts), 0);
	CHECK_EQ(SYS(SYS_clock_getcpuclockid2, 99999, 0, &id), -ESRCH);
	CHECK_EQ(SYS(SYS_clock_getcpuclockid2, 0, 2, &id), -EINVAL);
}

/* How much of a sleep of 50 ms counts as CPU time. */
static uint64_t
counted_sleep(void)
{
	uint64_t cpu = now_ns(CLOCK_THREAD_CPUTIME_ID);

	sleep_ms(50);
	return (now_ns(CLOCK_THREAD_CPUTIME_ID) - cpu);
}

static void
cpu_time(void)
{
	uint64_t cpu = now_ns(CLOCK_PROCESS_CPUTIME_ID), mono, least = 50 * MS;

	/* Work counts, sleep doesn't; but a host that is busy may stop the
	 * processor on the way into a sleep, and that is work to it. */
	mono = now_ns(CLOCK_MONOTONIC);
	while (now_ns(CLOCK_MONOTONIC) - mono < 20 * MS)
		;
	CHECK(now_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu >= 10 * MS);
	for (int i = 0; i < 20 && least >= 20 * MS; i++)
		least = MIN(least, counted_sleep());
	CHECK(least < 20 * MS);
}

static void
sleeps(void)
{
	struct timespec ts = {0, 3 * (long)MS}, at;
	uint64_t before = now_ns(CLOCK_MONOTONIC), took;

	CHECK_EQ(SYS(SYS_nanosleep, &ts, NULL), 0);
	took = now_ns(CLOCK_MONOTONIC) - before;
	CHECK(took >= 3 * MS);
	at = ns_timespec(now_ns(CLOCK_MONOTONIC) + 3 * MS);
	CHECK_EQ(SYS(SYS_clock_nanosleep, CLOCK_MONOTONIC, 1, &at, NULL), 0);
	CHECK(now_ns(CLOCK_MONOTONIC) >= timespec_ns(&at));
	at = ns_timespec(now_ns(CLOCK_REALTIME) + 3 * MS);
	CHECK_EQ(SYS(SYS_clock_nanosleep, CLOCK_REALTIME, 1, &at, NULL), 0);
	CHECK(now_ns(CLOCK_REALTIME) >= timespec_ns(&at));
	ts.tv_nsec = 1000000000;
	CHECK_EQ(SYS(SYS_nanosleep, &ts, NULL), -EINVAL);
	ts = (struct timespec){-1, 0};
	CHECK_EQ(SYS(SYS_nanosleep, &ts, NULL), 0);
	CHECK_EQ(SYS(SYS_nanosleep, 16, NULL), -EFAULT);
	CHECK_EQ(SYS(SYS_clock_nanosleep, 3, 0, &at, NULL), EINVAL);
}

static volatile int ticks, overrun, value;

static void
tick(int sig, struct siginfo *si, void *uc)
{
	ticks++;
	overrun = si->si_reason.timer.si_overrun;
	value = si->si_value.sival_int;
}

static void
wait_ticks(int n)
{
	uint64_t until = now_ns(CLOCK_MONOTONIC) + 3 * NSEC_PER_SEC;

	while (ticks < n && now_ns(CLOCK_MONOTONIC) < until)
		sleep_ms(1);
}

static void
interval_timers(void)
{
	struct itimerval itv = {{0, 2000}, {0, 1000}}, old;

	(void)handle(SIGALRM, tick, SA_SIGINFO);
	ticks = 0;
	CHECK_EQ(SYS(SYS_setitimer, 0, &itv, NULL), 0);
	wait_ticks(3);
	CHECK(ticks >= 3);
	memset(&itv, 0, sizeof(itv));
	CHECK_EQ(SYS(SYS_setitimer, 0, &itv, &old), 0);
	CHECK_EQ(old.it_interval.tv_usec, 2000);
	CHECK_EQ(SYS(SYS_setitimer, 3, &itv, NULL), -EINVAL);
	itv.it_value.tv_usec = 1000000;
	CHECK_EQ(SYS(SYS_setitimer, 0, &itv, NULL), -EINVAL);
	/* CPU time. */
	(void)handle(SIGPROF, tick, SA_SIGINFO);
	ticks = 0;
	itv.it_value.tv_usec = 5000;
	CHECK_EQ(SYS(SYS_setitimer, 2, &itv, NULL), 0);
	uint64_t until = now_ns(CLOCK_MONOTONIC) + 3 * NSEC_PER_SEC;

	while (ticks == 0 && now_ns(CLOCK_MONOTONIC) < until)
		;
	CHECK_EQ(ticks, 1);
}

static void
posix_timers(void)
{
	struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL,
	    .sigev_signo = SIGRTMIN + 1,
	    .sigev_value.sival_int = 42};
	struct itimerspec its = {{0, 1 * MS}, {0, 1 * MS}}, now;
	sigset_t set;
	int id = -1;

	(void)handle(SIGRTMIN + 1, tick, SA_SIGINFO);
	CHECK_EQ(SYS(SYS_ktimer_create, CLOCK_MONOTONIC, &ev, &id), 0);
	CHECK_EQ(id, 0);
	ticks = 0;
	CHECK_EQ(SYS(SYS_ktimer_settime, id, 0, &its, NULL), 0);
	wait_ticks(3);
	CHECK(ticks >= 3);
	CHECK_EQ(value, 42);
	CHECK_EQ(SYS(SYS_ktimer_gettime, id, &now), 0);
	CHECK_EQ(now.it_interval.tv_nsec, 1 * MS);
	/* Blocked for many periods: one signal, the rest is overrun. */
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 1);
	(void)SYS(SYS_sigprocmask, SIG_BLOCK, &set, NULL);
	ticks = 0;
	sleep_ms(20);
	(void)SYS(SYS_sigprocmask, SIG_UNBLOCK, &set, NULL);
	CHECK(overrun >= 10 || ticks > 1);
	CHECK_EQ(SYS(SYS_ktimer_delete, id), 0);
	CHECK_EQ(SYS(SYS_ktimer_delete, id), -EINVAL);
	ticks = 0;
	sleep_ms(5);
	CHECK_EQ(ticks, 0);
	ev.sigev_signo = 0;
	CHECK_EQ(SYS(SYS_ktimer_create, CLOCK_MONOTONIC, &ev, &id), -EINVAL);
	CHECK_EQ(SYS(SYS_ktimer_create, 99, NULL, &id), -EINVAL);
	CHECK_EQ(SYS(SYS_ktimer_create, CLOCK_REALTIME, NULL, 16), -EFAULT);
	int n = 0;

	while (SYS(SYS_ktimer_create, CLOCK_REALTIME, NULL, &id) == 0)
		n++;
	CHECK(n >= 32 && n < 10000);
	while (n-- > 0)
		CHECK_EQ(SYS(SYS_ktimer_delete, n), 0);
}

/* RLIMIT_CPU: a signal at the soft limit, the end at the hard one. */
static void
cpu_limit(void)
{
	struct rlimit soft = {0, 100}, hard = {0, 0};
	int status;
	long child;

	for (int i = 0; i < 2; i++) {
		child = SYS(SYS_fork);
		if (child == 0) {
			(void)handle(SIGXCPU, (void *)SIG_DFL, 0);
			(void)SYS(
			    SYS_setrlimit, RLIMIT_CPU, i == 0 ? &soft : &hard);
			for (;;)
				;
		}
		CHECK_EQ(SYS(SYS_wait4, child, &status, 0, NULL), child);
		CHECK_EQ(status, i == 0 ? SIGXCPU : SIGKILL);
	}
}

static void
stepped_clock(void)
{
	struct timespec was = ns_timespec(now_ns(CLOCK_REALTIME)), ts = was;
	uint64_t mono = now_ns(CLOCK_MONOTONIC);

	ts.tv_sec += 1000;
	CHECK_EQ(SYS(SYS_clock_settime, CLOCK_REALTIME, &ts), 0);
	CHECK(now_ns(CLOCK_REALTIME) / NSEC_PER_SEC >= (uint64_t)ts.tv_sec);
	CHECK(now_ns(CLOCK_MONOTONIC) - mono < 100 * NSEC_PER_SEC);
	if (tk != NULL)
		page_agrees(true);
	CHECK_EQ(SYS(SYS_clock_settime, CLOCK_REALTIME, &was), 0);
	CHECK_EQ(SYS(SYS_clock_settime, CLOCK_MONOTONIC, &was), -EINVAL);
	ts.tv_nsec = -1;
	CHECK_EQ(SYS(SYS_clock_settime, CLOCK_REALTIME, &ts), -EINVAL);
}

/*
 * While a timer of a nanosecond runs threads go on, sleeps end, and no expiry
 * is lost.  Returns how long that was, in ns.
 */
static uint64_t
goes_on(void)
{
	uint64_t start = now_ns(CLOCK_MONOTONIC);
	volatile int steps = 0;

	while (steps < 100000)
		steps++;
	sleep_ms(5);
	return (now_ns(CLOCK_MONOTONIC) - start);
}

static void
shortest_event(void)
{
	struct kevent kev = {.ident = 1,
	    .filter = EVFILT_TIMER,
	    .flags = EV_ADD,
	    .fflags = NOTE_NSECONDS,
	    .data = 1};
	struct timespec none = {0, 0};
	long kq = SYS(SYS_kqueue);
	uint64_t ns;

	CHECK_EQ(SYS(SYS_kevent, kq, &kev, 1, NULL, 0, NULL), 0);
	ns = goes_on();
	CHECK_EQ(SYS(SYS_kevent, kq, NULL, 0, &kev, 1, &none), 1);
	CHECK(kev.data >= (int64_t)(ns - MS));
	(void)SYS(SYS_close, kq);
}

static void
shortest_signal(int notify)
{
	struct sigevent ev = {.sigev_notify = notify, .sigev_signo = SIGALRM};
	struct itimerspec its = {{0, 1}, {0, 1}};
	int id = -1;

	CHECK_EQ(SYS(SYS_ktimer_create, CLOCK_MONOTONIC, &ev, &id), 0);
	CHECK_EQ(SYS(SYS_ktimer_settime, id, 0, &its, NULL), 0);
	(void)goes_on();
	CHECK_EQ(SYS(SYS_ktimer_delete, id), 0);
}

static void
shortest_descriptor(void)
{
	struct itimerspec its = {{0, 1}, {0, 1}}, old;
	long fd = SYS(SYS_timerfd_create, CLOCK_MONOTONIC, 0);
	uint64_t n = 0, ns;

	CHECK_EQ(SYS(SYS_timerfd_settime, fd, 0, &its, &old), 0);
	ns = goes_on();
	CHECK_EQ(SYS(SYS_read, fd, &n, 8), 8);
	CHECK(n >= ns - MS);
	(void)SYS(SYS_close, fd);
}

static void
shortest_interval(void)
{
	struct itimerval itv = {{0, 1}, {0, 1}};

	ticks = 0;
	(void)handle(SIGALRM, tick, SA_SIGINFO);
	CHECK_EQ(SYS(SYS_setitimer, 0, &itv, NULL), 0);
	wait_ticks(3);
	(void)handle(SIGALRM, (void *)SIG_IGN, 0);
	(void)goes_on();
	memset(&itv, 0, sizeof(itv));
	CHECK_EQ(SYS(SYS_setitimer, 0, &itv, NULL), 0);
	CHECK(ticks >= 3);
}

/* Many at once: each has its turn, and so have threads. */
static void
many_short(void)
{
	struct kevent kev = {.filter = EVFILT_TIMER,
	    .flags = EV_ADD,
	    .fflags = NOTE_NSECONDS,
	    .data = 1};
	struct timespec none = {0, 0};
	long kq = SYS(SYS_kqueue);
	int seen = 0;

	for (kev.ident = 0; kev.ident < 200; kev.ident++)
		CHECK_EQ(SYS(SYS_kevent, kq, &kev, 1, NULL, 0, NULL), 0);
	(void)goes_on();
	for (int i = 0; i < 200; i++) {
		CHECK_EQ(SYS(SYS_kevent, kq, NULL, 0, &kev, 1, &none), 1);
		seen += kev.data > 0;
	}
	CHECK_EQ(seen, 200);
	(void)SYS(SYS_close, kq);
}

static void
shortest_timers(void)
{
	(void)handle(SIGALRM, (void *)SIG_IGN, 0);
	shortest_event();
	shortest_signal(SIGEV_SIGNAL);
	shortest_signal(SIGEV_NONE);
	shortest_descriptor();
	shortest_interval();
	many_short();
}

int
main(int argc, char **argv)
{
	char **p = argv + argc + 1;
	uint64_t *aux;

	while (*p != NULL)
		p++;
	for (aux = (uint64_t *)(p + 1); aux[0] != 0; aux += 2)
		if (aux[0] == AT_TIMEKEEP)
			tk = (const volatile struct timekeep *)aux[1];
	page();
	clocks();
	cpu_time();
	sleeps();
	interval_timers();
	posix_timers();
	cpu_limit();
	stepped_clock();
	shortest_timers();
	return (result("clocks"));
}
