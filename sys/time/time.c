/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Clocks.
 *
 * amd64 gives one monotonic clock, clock_ns().  The wall clock is that plus
 * an offset, `wall`, plus what adjtime(2) has slewed so far: a straight line
 * that starts at slew_start and ends when all of slew_total is in, computed
 * whenever somebody asks.  Nothing ticks.
 *
 * Programs compute the time themselves from a shared page, which is told the
 * same numbers; while a slew is under way they are sent back to the system
 * call, because the page knows but one straight line.  The page's counter has
 * 32 bits, and programs multiply within 64, which hold one second: its base
 * must be renewed more often than that.  While all CPUs are idle nobody reads
 * it, and nobody is woken for it; the first that has work to do renews it.
 *
 * State is guarded by time_lock for writers; readers take a copy and look at
 * the generation, which is odd while a writer is at work.
 */
#include "fbsd/errno.h"
#include "amd64/md.h"
#include "core/callout.h"
#include "proc/abi.h"
#include "proc/proc.h"
#include "core/sched.h"
#include "proc/signal.h"
#include "core/sysctl.h"
#include "time/timekeeper.h"

#define PAGE_RENEWAL  (NSEC_PER_SEC / 2)
#define SLEW_PPM      500  /* as other systems do, for up to */
#define SLEW_FAST_PPM 5000 /* a second; for more */

struct wall {
	uint64_t wall;	     /* realtime - clock_ns(), unslewed */
	uint64_t slew_start; /* clock_ns() */
	int64_t slew_total;  /* ns, 0: none */
	uint32_t slew_ppm;
};

static struct spin time_lock = SPIN_INITIALIZER("time");
static uint32_t generation;   /* (time_lock) writes */
static struct wall state;     /* (time_lock) writes */
static struct time_base base; /* (time_lock) */
static struct callout renewal;

/* What of the slew is in at clock_ns() == now. */
static int64_t
slewed(const struct wall *w, uint64_t now)
{
	uint64_t size, in, gone = now - w->slew_start;

	if (__predict_true(w->slew_total == 0))
		return (0);
	size = (uint64_t)(w->slew_total < 0 ? -w->slew_total : w->slew_total);
	in = gone / 1000000 * w->slew_ppm +
	     gone % 1000000 * w->slew_ppm / 1000000;
	if (in >= size)
		return (w->slew_total);
	return (w->slew_total < 0 ? -(int64_t)in : (int64_t)in);
}

static struct wall
read_state(void)
{
	struct wall w;
	uint32_t gen;

	do {
		while ((gen = atomic_load(&generation)) & 1)
			cpu_relax();
		w = state;
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while (gen != generation);
	return (w);
}

static uint64_t
wall_at(uint64_t now)
{
	struct wall w = read_state();

	return (now + w.wall + (uint64_t)slewed(&w, now));
}

uint64_t
time_realtime(void)
{
	return (wall_at(clock_ns()));
}

struct timespec
time_now(void)
{
	return (ns_timespec(time_realtime()));
}

static void
write_begin(void)
{
	spin_lock(&time_lock);
	generation++;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static void
write_end(void)
{
	atomic_store(&generation, generation + 1);
	spin_unlock(&time_lock);
}

/* A slew that is over becomes part of the offset. Writer. */
static void
settle_slew(uint64_t now)
{
	if (state.slew_total != 0 && slewed(&state, now) == state.slew_total) {
		state.wall += (uint64_t)state.slew_total;
		state.slew_total = 0;
	}
}

/* Moves the base up to now along its line; nothing is rounded away. Writer. */
static void
advance_base(uint64_t tsc)
{
	unsigned __int128 ns;

	if (tsc < base.tsc)
		return;
	ns = (unsigned __int128)(tsc - base.tsc) * base.mult + base.frac;
	base.frac = (uint32_t)ns;
	base.ns += (uint64_t)(ns >> 32);
	base.tsc = tsc;
}

static void
publish(void)
{
	base.wall = state.wall;
	base.enabled = state.slew_total == 0;
	SET_FOREACH (p, abi) {
		const struct abi *abi = *p;

		abi->abi_publish_time(&base);
	}
}

static uint64_t
slew_end(void)
{
	uint64_t size = (uint64_t)(state.slew_total < 0 ? -state.slew_total
							: state.slew_total);

	return (state.slew_start + (size / state.slew_ppm + 1) * 1000000);
}

static bool
all_idle(void)
{
	for (unsigned i = 0; i < ncpus; i++)
		if ((atomic_load(&cpus_online) >> i & 1) &&
		    !atomic_load(&cpus[i].c_idling))
			return (false);
	return (true);
}

static void end_rest(void);

/* While all CPUs are idle nothing is renewed: then end_rest() is
 * sched_idle_over. */
static void
renew(void *arg __unused)
{
	uint64_t now = clock_ns(), next = now + PAGE_RENEWAL;

	write_begin();
	settle_slew(now);
	advance_base(clock_cycles());
	publish();
	if (state.slew_total != 0)
		next = MIN(next, slew_end());
	if (state.slew_total == 0) {
		/* A CPU that stops being idle looks after it has said so. */
		atomic_store(&sched_idle_over, end_rest);
		if (all_idle() || atomic_swap(&sched_idle_over, NULL) == NULL)
			next = NO_DEADLINE;
	}
	write_end();
	if (next != NO_DEADLINE)
		callout_set(&renewal, next);
}

static void
end_rest(void)
{
	if (atomic_swap(&sched_idle_over, NULL) != NULL)
		renew(NULL);
}

void
time_rate_changed(uint64_t tsc, uint64_t ns, uint64_t frequency)
{
	write_begin();
	base.tsc = tsc;
	base.ns = ns;
	base.frac = 0;
	base.mult = (NSEC_PER_SEC << 32) / frequency;
	publish();
	write_end();
}

void
time_init(void)
{
	write_begin();
	if (state.wall == 0)
		state.wall = clock_wall_at_entry();
	write_end();
	callout_init(&renewal, renew, NULL);
	renew(NULL);
}

void
time_set_realtime(uint64_t ns)
{
	write_begin();
	state.wall = ns - clock_ns();
	state.slew_total = 0;
	publish();
	write_end();
	sleep_clock_stepped();
	ktimer_clock_stepped();
}

int64_t
time_slew(const int64_t *delta)
{
	uint64_t now = clock_ns();
	int64_t in, left;

	write_begin();
	in = slewed(&state, now);
	left = state.slew_total - in;
	if (delta != NULL) {
		int64_t max = (int64_t)(365 * 86400 * NSEC_PER_SEC);

		state.wall += (uint64_t)in;
		state.slew_start = now;
		state.slew_total = MAX(-max, MIN(max, *delta));
		state.slew_ppm = *delta > (int64_t)NSEC_PER_SEC ||
					 *delta < -(int64_t)NSEC_PER_SEC
				     ? SLEW_FAST_PPM
				     : SLEW_PPM;
		publish();
	}
	write_end();
	if (delta != NULL)
		renew(NULL);
	return (left);
}

int time_tai_offset;
int
kern_clock_gettime(struct thread *td, clockid_t id, uint64_t *ns)
{
	struct rusage ru;

	switch (id) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_PRECISE:
	case CLOCK_REALTIME_FAST:
		*ns = time_realtime();
		return (0);
	case CLOCK_TAI:
		*ns =
		    time_realtime() + (uint64_t)time_tai_offset * NSEC_PER_SEC;
		return (0);
	case CLOCK_SECOND:
		*ns = time_realtime() / NSEC_PER_SEC * NSEC_PER_SEC;
		return (0);
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_PRECISE:
	case CLOCK_MONOTONIC_FAST:
	case CLOCK_UPTIME:
	case CLOCK_UPTIME_PRECISE:
	case CLOCK_UPTIME_FAST:
		*ns = clock_ns();
		return (0);
	case CLOCK_VIRTUAL:
		proc_rusage(td->td_proc, &ru);
		*ns = timeval_ns(&ru.ru_utime);
		return (0);
	case CLOCK_PROF:
		proc_rusage(td->td_proc, &ru);
		*ns = timeval_ns(&ru.ru_utime) + timeval_ns(&ru.ru_stime);
		return (0);
	default:
		return (cpu_clock(td, id, ns));
	}
}

int
kern_clock_getres(struct thread *td, clockid_t id, uint64_t *ns)
{
	uint64_t now;
	int error;

	switch (id) {
	case CLOCK_SECOND:
		*ns = NSEC_PER_SEC;
		return (0);
	case CLOCK_VIRTUAL:
	case CLOCK_PROF:
		*ns = NSEC_PER_USEC;
		return (0);
	default:
		error = kern_clock_gettime(td, id, &now);
		if (error == 0)
			*ns = MAX(1, NSEC_PER_SEC / clock_frequency());
		return (error);
	}
}

static uint64_t
add_saturating(uint64_t a, uint64_t b)
{
	return (a + b < a || a + b == NO_DEADLINE ? NO_DEADLINE - 1 : a + b);
}

int
time_deadline(clockid_t id, bool absolute, const struct timespec *when,
    uint64_t *deadline)
{
	uint64_t ns, shown, now;
	int error;

	if (when->tv_nsec < 0 || when->tv_nsec >= (long)NSEC_PER_SEC)
		return (EINVAL);
	error = kern_clock_gettime(curthread(), id, &shown);
	if (error != 0)
		return (error);
	now = clock_ns();
	if (when->tv_sec < 0) {
		*deadline = now;
		return (absolute ? 0 : EINVAL);
	}
	ns = timespec_ns(when);
	if (absolute)
		ns = ns > shown ? ns - shown : 0;
	*deadline = add_saturating(now, ns);
	return (0);
}

static int
sysctl_boottime(const struct sysctl_node *node __unused, struct sysctl_req *req)
{
	struct timeval tv = ns_timeval(wall_at(0));

	return (sysctl_out(req, &tv, sizeof(tv)));
}
SYSCTL_PROC(kern_boottime, "kern.boottime", KERN_BOOTTIME,
    CTLTYPE_OPAQUE | CTLFLAG_RD, "S,timeval", sysctl_boottime, NULL,
    "When the system was started");
