/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interval timers and the limit of CPU time.
 *
 * ITIMER_REAL is a callout at the nanosecond.  The others (and RLIMIT_CPU,
 * kept here as a fourth) wait for CPU time: their callout comes when it could
 * be used up at the earliest, with all threads running, looks, and if it
 * isn't sets itself again, LOOK_MIN later at the soonest.  it_next is in the
 * timer's own clock.
 */
#include "proc/signal.h"
#include "proc/resource.h"
#include "time/timekeeper.h"
#include "amd64/md.h"

#define ITIMER_LIMIT 3 /* RLIMIT_CPU */
#define LOOK_MIN     (NSEC_PER_SEC / 1000)

static const uint8_t itimer_signal[4] = {SIGALRM, SIGVTALRM, SIGPROF, SIGXCPU};

/* What the timer counts. p_lock not held. */
static uint64_t
itimer_clock(struct proc *p, int which)
{
	struct rusage ru;

	switch (which) {
	case ITIMER_REAL:
		return (clock_ns());
	case ITIMER_VIRTUAL:
		proc_rusage(p, &ru);
		return (timeval_ns(&ru.ru_utime));
	default:
		return (proc_cputime(p));
	}
}

/* When to look, at the earliest that the clock could have gone `left`. */
static uint64_t
look_at(struct proc *p, int which, uint64_t left)
{
	if (which != ITIMER_REAL)
		left = MAX(LOOK_MIN, left / MAX(1, MIN(p->p_nthreads, ncpus)));
	return (clock_ns() + left);
}

static void
expired(struct proc *p, int which)
{
	static const struct siginfo info = {.si_code = SI_TIMER};

	/* The hard limit of CPU time kills. */
	if (which == ITIMER_LIMIT &&
	    proc_cputime(p) / NSEC_PER_SEC >=
		(uint64_t)p->p_limits[RLIMIT_CPU].rlim_max)
		sig_send(p, SIGKILL, NULL);
	else
		sig_send(p, itimer_signal[which], &info);
}

static void
look(struct proc *p, int which)
{
	struct itimer *it = &p->p_itimers[which];
	uint64_t now = itimer_clock(p, which);
	bool due;

	spin_lock(&p->p_lock);
	/* Those that were missed are one. */
	due = interval_expire(&it->it_next, it->it_interval, now) > 0;
	if (it->it_next != NO_DEADLINE)
		callout_set(
		    &it->it_callout, look_at(p, which, it->it_next - now));
	spin_unlock(&p->p_lock);
	if (due)
		expired(p, which);
}

static void
look_real(void *p)
{
	look(p, ITIMER_REAL);
}

static void
look_virtual(void *p)
{
	look(p, ITIMER_VIRTUAL);
}

static void
look_prof(void *p)
{
	look(p, ITIMER_PROF);
}

static void
look_limit(void *p)
{
	look(p, ITIMER_LIMIT);
}

void
itimer_fork(struct proc *p)
{
	static void (*const looks[4])(void *) = {
	    look_real, look_virtual, look_prof, look_limit};

	for (int i = 0; i < 4; i++) {
		callout_init(&p->p_itimers[i].it_callout, looks[i], p);
		p->p_itimers[i].it_next = NO_DEADLINE;
		p->p_itimers[i].it_interval = 0;
	}
	list_init(&p->p_ktimers);
}

static void
disarm(struct proc *p, int which)
{
	spin_lock(&p->p_lock);
	p->p_itimers[which].it_next = NO_DEADLINE;
	p->p_itimers[which].it_interval = 0;
	spin_unlock(&p->p_lock);
	callout_drain(&p->p_itimers[which].it_callout);
}

static void
arm(struct proc *p, int which, uint64_t next, uint64_t interval, uint64_t now)
{
	struct itimer *it = &p->p_itimers[which];

	spin_lock(&p->p_lock);
	/* Not any more when itimer_exit() may have been here. */
	if ((p->p_flags & P_EXITING) == 0) {
		it->it_next = next;
		it->it_interval = interval;
		callout_set(&it->it_callout,
		    look_at(p, which, next > now ? next - now : 0));
	}
	spin_unlock(&p->p_lock);
}

int
kern_setitimer(struct proc *p, int which, uint64_t value, uint64_t interval)
{
	uint64_t now;

	disarm(p, which);
	if (value != 0) {
		now = itimer_clock(p, which);
		arm(p, which, now + value, interval, now);
	}
	return (0);
}

void
kern_getitimer(struct proc *p, int which, uint64_t *value, uint64_t *interval)
{
	struct itimer *it = &p->p_itimers[which];
	uint64_t now = itimer_clock(p, which);

	spin_lock(&p->p_lock);
	if (it->it_next == NO_DEADLINE)
		*value = 0;
	else
		/* A timer that is on never shows zero. */
		*value = it->it_next > now ? it->it_next - now : NSEC_PER_USEC;
	*interval = it->it_interval;
	spin_unlock(&p->p_lock);
}

void
itimer_cpu_limit(struct proc *p)
{
	int64_t limit;

	disarm(p, ITIMER_LIMIT);
	spin_lock(&p->p_lock);
	limit = p->p_limits[RLIMIT_CPU].rlim_cur;
	spin_unlock(&p->p_lock);
	/* Once over the soft limit, a signal each second of CPU time. */
	if (limit >= 0 && limit < RLIM_INFINITY / (int64_t)NSEC_PER_SEC)
		arm(p, ITIMER_LIMIT, (uint64_t)limit * NSEC_PER_SEC,
		    NSEC_PER_SEC, proc_cputime(p));
}

void
itimer_exec(struct proc *p)
{
	/* Interval timers go on; those of timer_create(2) don't. */
	ktimer_exit(p);
}

void
itimer_exit(struct proc *p)
{
	for (int i = 0; i < 4; i++)
		disarm(p, i);
	ktimer_exit(p);
}
