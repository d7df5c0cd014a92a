/* SPDX-License-Identifier: BSD-2-Clause */
/* What time/time.c, sleep.c, itimer.c and ktimer.c share. */
#ifndef TIME_TIMEKEEPER_H
#define TIME_TIMEKEEPER_H

#include "proc/proc.h"
#include "time/time.h"

/* TAI is ahead of UTC by so many seconds, as ntp_adjtime(2) was told. */
extern int time_tai_offset;

static inline uint64_t
timeval_ns(const struct timeval *tv)
{
	return ((uint64_t)tv->tv_sec * NSEC_PER_SEC +
		(uint64_t)tv->tv_usec * NSEC_PER_USEC);
}

/* Does the clock follow settimeofday(2)? */
static inline bool
clock_is_wall(clockid_t id)
{
	return (id == CLOCK_REALTIME || id == CLOCK_REALTIME_PRECISE ||
		id == CLOCK_REALTIME_FAST || id == CLOCK_SECOND ||
		id == CLOCK_TAI);
}

/*
 * Sleeps until clock `id` shows `when` (absolute), or for that long. 0,
 * EINTR, EINVAL; *left (relative sleeps only) is what remained, ns.
 */
int kern_nanosleep(struct thread *td, clockid_t id, bool absolute,
    const struct timespec *when, uint64_t *left) __sleeps;
/* Those who sleep until a wall-clock time look again. */
void sleep_clock_stepped(void);
void ktimer_clock_stepped(void) __sleeps;

/* adjtime(2): ns of an earlier adjustment not made yet; *delta becomes the
 * new one, NULL: none. */
int64_t time_slew(const int64_t *delta);

/* CPU time of a process or of a thread of curproc; EINVAL. */
int cpu_clock(struct thread *td, clockid_t id, uint64_t *ns) __sleeps;
uint64_t proc_cputime(struct proc *p); /* p_lock not held */
/* The clock id of clock_getcpuclockid2(2). */
clockid_t cpu_clock_of_proc(pid_t pid);
clockid_t cpu_clock_of_thread(lwpid_t tid);

int kern_setitimer(
    struct proc *p, int which, uint64_t value, uint64_t interval);
void kern_getitimer(
    struct proc *p, int which, uint64_t *value, uint64_t *interval);

struct sigevent;
int kern_ktimer_create(
    struct thread *td, clockid_t id, const struct sigevent *ev, int *idp);
int kern_ktimer_delete(struct proc *p, int id);
/* value 0 disarms; ns. old may be NULL. */
struct ktimer_setting {
	uint64_t value;
	uint64_t interval;
};
int kern_ktimer_settime(struct proc *p, int id, bool absolute,
    const struct ktimer_setting *new, struct ktimer_setting *old) __sleeps;
int kern_ktimer_gettime(struct proc *p, int id, struct ktimer_setting *now);
int kern_ktimer_getoverrun(struct proc *p, int id, int *overrun);
void ktimer_exit(struct proc *p);

#endif
