/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Time of day over the monotonic clock (clock_ns(), amd64/md.h).
 */
#ifndef TIME_TIME_H
#define TIME_TIME_H

#include "fbsd/time.h"

struct cv;
struct mutex;
struct proc;
struct thread;

void time_init(void);
/* Wall clock: ns since 1970. */
uint64_t time_realtime(void);
void time_set_realtime(
    uint64_t ns) __sleeps;	/* settimeofday, imp.run's time= */
struct timespec time_now(void); /* wall clock, for file times */
/* Any FreeBSD clock; EINVAL for one that doesn't exist. */
int kern_clock_gettime(struct thread *td, clockid_t id, uint64_t *ns) __sleeps;
int kern_clock_getres(struct thread *td, clockid_t id, uint64_t *ns) __sleeps;
/* clock_ns() value at which clock `id` shows `when`; relative: from now. */
int time_deadline(clockid_t id, bool absolute, const struct timespec *when,
    uint64_t *deadline) __sleeps;
/* cv_wait_sig() until the wall clock shows *until; NULL: for ever. Returns 0 as
 * well if the clock was set. EINVAL, ETIMEDOUT, EINTR, ERESTART. */
int cv_wait_wall_sig(
    struct cv *cv, struct mutex *m, const struct timespec *until) __sleeps;
/* The clock's rate was set or refined (amd64): from count tsc, when it showed
 * ns, each cycle is floor(10^9 * 2^32 / frequency) / 2^32 ns. */
void time_rate_changed(uint64_t tsc, uint64_t ns, uint64_t frequency);

/* itimers and POSIX timers at exec, fork and exit. */
void itimer_fork(struct proc *p);
void itimer_exec(struct proc *p);
void itimer_exit(struct proc *p);

/*
 * What user programs need to compute the time themselves.  At cycle count
 * `tsc` the monotonic clock showed ns + frac / 2^32, and each cycle adds
 * mult / 2^32 ns; the wall clock is that plus `wall`.  Each
 * struct abi publishes it; enabled false makes them call us.
 */
struct time_base {
	uint64_t tsc;
	uint64_t ns;
	uint32_t frac;
	uint64_t mult;
	uint64_t wall;
	bool enabled;
};

#endif
