/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nanosleep(2) and kin.  A sleeper waits for nothing but its deadline; one
 * that waits for an absolute wall-clock time shares a condition variable with
 * its like, on which a step of the clock is announced.
 */
#include "fbsd/errno.h"
#include "amd64/md.h"
#include "proc/signal.h"
#include "time/timekeeper.h"

static struct spin wall_lock = SPIN_INITIALIZER("wallsleep");
static struct cv wall_cv = CV_INITIALIZER(wall_cv, "wallsleep");
static uint64_t wall_steps; /* (wall_lock) */

void
sleep_clock_stepped(void)
{
	spin_lock(&wall_lock);
	wall_steps++;
	spin_unlock(&wall_lock);
	cv_broadcast(&wall_cv);
}

/* 0 when the deadline is over, else EINTR or ERESTART. */
static int
sleep_until(uint64_t deadline)
{
	struct spin lock;
	struct cv cv;
	int error;

	spin_init(&lock, "nanslp");
	cv_init(&cv, "nanslp");
	spin_lock(&lock);
	do
		error = cv_wait_spin_sig(&cv, &lock, deadline);
	while (error == 0);
	spin_unlock(&lock);
	return (error == ETIMEDOUT ? 0 : error);
}

static int
sleep_until_wall(clockid_t id, const struct timespec *when)
{
	uint64_t deadline, steps;
	int error;

	do {
		spin_lock(&wall_lock);
		steps = wall_steps;
		spin_unlock(&wall_lock);
		error = time_deadline(id, true, when, &deadline);
		if (error != 0)
			return (error);
		spin_lock(&wall_lock);
		while (error == 0 && steps == wall_steps)
			error =
			    cv_wait_spin_sig(&wall_cv, &wall_lock, deadline);
		spin_unlock(&wall_lock);
	} while (error == 0);
	return (error == ETIMEDOUT ? 0 : error);
}

int
cv_wait_wall_sig(struct cv *cv, struct mutex *m, const struct timespec *until)
{
	uint64_t deadline;
	int error;

	if (until == NULL)
		return (cv_wait_sig(cv, m));
	error = time_deadline(CLOCK_REALTIME, true, until, &deadline);
	if (error != 0)
		return (error);
	if (deadline <= clock_ns())
		return (ETIMEDOUT);
	error = cv_timedwait_sig(cv, m, deadline);
	/* The clock may have been set: who comes again will see. */
	return (error == ETIMEDOUT ? 0 : error);
}

/*
 * The CPU-time clock of a process stands still while all its threads sleep,
 * so it can't be slept on by a deadline; look again when it could be over.
 */
static int
sleep_cpu_clock(struct thread *td, clockid_t id, bool absolute, uint64_t ns)
{
	uint64_t shown, target;
	int error;

	error = kern_clock_gettime(td, id, &shown);
	if (error != 0)
		return (error);
	target = absolute ? ns : shown + ns;
	while (error == 0 && shown < target) {
		error = sleep_until(
		    clock_ns() + MAX(target - shown, NSEC_PER_SEC / 1000));
		if (error == 0)
			error = kern_clock_gettime(td, id, &shown);
	}
	return (error);
}

int
kern_nanosleep(struct thread *td, clockid_t id, bool absolute,
    const struct timespec *when, uint64_t *left)
{
	uint64_t deadline, now;
	int error;

	if (when->tv_nsec < 0 || when->tv_nsec >= (long)NSEC_PER_SEC)
		return (EINVAL);
	if (id == CLOCK_THREAD_CPUTIME_ID)
		return (EINVAL); /* it would never end */
	if (when->tv_sec < 0)	 /* that was already */
		return (kern_clock_gettime(td, id, &now));
	if (absolute && clock_is_wall(id)) {
		error = sleep_until_wall(id, when);
	} else if (id == CLOCK_PROCESS_CPUTIME_ID || id < 0) {
		error = sleep_cpu_clock(td, id, absolute, timespec_ns(when));
		*left = 0;
		return (error == ERESTART ? EINTR : error);
	} else {
		error = time_deadline(id, absolute, when, &deadline);
		if (error == 0)
			error = sleep_until(deadline);
		now = clock_ns();
		*left = now < deadline ? deadline - now : 0;
	}
	return (error == ERESTART ? EINTR : error);
}
