/* SPDX-License-Identifier: BSD-2-Clause */
/* Clocks, sleeps and timers: the system calls. */
#include "lib/string.h"
#include "fbsd/errno.h"
#include "fbsd/timex.h"
#include "abi/freebsd/sysargs.h"
#include "abi/freebsd/timeout.h"
#include "amd64/md.h"
#include "proc/signal.h"
#include "time/timekeeper.h"

int
timeout_deadline(const struct timespec *ts, uint64_t *deadline)
{
	*deadline = 0;
	if (ts->tv_sec == 0 && ts->tv_nsec == 0)
		return (0);
	return (time_deadline(CLOCK_MONOTONIC, false, ts, deadline));
}

int
copyin_timeout(const struct timespec __user *uts, uint64_t *deadline)
{
	struct timespec ts;
	int error;

	*deadline = NO_DEADLINE;
	if (uts == NULL)
		return (0);
	error = copyin(uts, &ts, sizeof(ts));
	return (error != 0 ? error : timeout_deadline(&ts, deadline));
}

int
sys_clock_gettime(struct thread *td, const struct clock_gettime_args *a)
{
	struct timespec ts;
	uint64_t ns;
	int error;

	error = kern_clock_gettime(td, a->clock_id, &ns);
	if (error != 0)
		return (error);
	ts = ns_timespec(ns);
	return (copyout(&ts, a->tp, sizeof(ts)));
}

int
sys_clock_getres(struct thread *td, const struct clock_getres_args *a)
{
	struct timespec ts;
	uint64_t ns;
	int error;

	error = kern_clock_getres(td, a->clock_id, &ns);
	if (error != 0 || a->tp == NULL)
		return (error);
	ts = ns_timespec(ns);
	return (copyout(&ts, a->tp, sizeof(ts)));
}

/* The wall clock's range: up to the year 2554. */
static int
set_wall(struct thread *td, const struct timespec *ts)
{
	int error = priv_check(td);

	if (error != 0)
		return (error);
	if (!timespec_valid(ts) ||
	    ts->tv_sec >= (time_t)(UINT64_MAX / NSEC_PER_SEC))
		return (EINVAL);
	time_set_realtime(
	    (uint64_t)ts->tv_sec * NSEC_PER_SEC + (uint64_t)ts->tv_nsec);
	return (0);
}

int
sys_clock_settime(struct thread *td, const struct clock_settime_args *a)
{
	struct timespec ts;
	int error;

	error = copyin(a->tp, &ts, sizeof(ts));
	if (error != 0)
		return (error);
	return (a->clock_id == CLOCK_REALTIME ? set_wall(td, &ts) : EINVAL);
}

int
sys_gettimeofday(struct thread *td, const struct gettimeofday_args *a)
{
	struct timeval tv = ns_timeval(time_realtime());
	struct timezone tz = {0};
	int error = 0;

	if (a->tp != NULL)
		error = copyout(&tv, a->tp, sizeof(tv));
	if (error == 0 && a->tzp != NULL)
		error = copyout(&tz, a->tzp, sizeof(tz));
	return (error);
}

static bool
timeval_valid(const struct timeval *tv)
{
	return (tv->tv_sec >= 0 && tv->tv_usec >= 0 &&
		tv->tv_usec < (suseconds_t)USEC_PER_SEC);
}

int
sys_settimeofday(struct thread *td, const struct settimeofday_args *a)
{
	struct timezone tz;
	struct timeval tv;
	int error = 0;

	if (a->tv != NULL)
		error = copyin(a->tv, &tv, sizeof(tv));
	/* There is no time zone in the kernel to set. */
	if (error == 0 && a->tzp != NULL)
		error = copyin(a->tzp, &tz, sizeof(tz));
	if (error != 0)
		return (error);
	if (a->tv == NULL)
		return (priv_check(td));
	if (!timeval_valid(&tv))
		return (EINVAL);
	return (set_wall(td,
	    &(struct timespec){tv.tv_sec, tv.tv_usec * (long)NSEC_PER_USEC}));
}

int
sys_adjtime(struct thread *td, const struct adjtime_args *a)
{
	struct timeval tv;
	int64_t delta = 0, left;
	int error;

	if (a->delta != NULL) {
		error = priv_check(td);
		if (error == 0)
			error = copyin(a->delta, &tv, sizeof(tv));
		if (error != 0)
			return (error);
		if (tv.tv_sec > INT_MAX || tv.tv_sec < INT_MIN)
			return (EINVAL);
		delta = tv.tv_sec * (int64_t)NSEC_PER_SEC +
			tv.tv_usec * (int64_t)NSEC_PER_USEC;
	}
	left = time_slew(a->delta != NULL ? &delta : NULL);
	if (a->olddelta == NULL)
		return (0);
	tv.tv_sec = left / (int64_t)NSEC_PER_SEC;
	tv.tv_usec = left % (int64_t)NSEC_PER_SEC / (int64_t)NSEC_PER_USEC;
	return (copyout(&tv, a->olddelta, sizeof(tv)));
}

/*
 * The kernel doesn't discipline the clock by NTP's loop: an offset is slewed
 * as by adjtime(2), and the status stays "unsynchronised".
 */
int
sys_ntp_adjtime(struct thread *td, const struct ntp_adjtime_args *a)
{
	struct timex tx;
	int64_t delta;
	int error;

	error = copyin(a->tp, &tx, sizeof(tx));
	if (error == 0 && tx.modes != 0)
		error = priv_check(td);
	if (error == 0 && (tx.modes & MOD_FREQUENCY))
		error = EOPNOTSUPP;
	if (error != 0)
		return (error);
	if (tx.modes & MOD_OFFSET) {
		delta = tx.offset *
			(tx.modes & MOD_NANO ? 1 : (int64_t)NSEC_PER_USEC);
		(void)time_slew(&delta);
	}
	if ((tx.modes & MOD_TAI) && tx.constant > 0 && tx.constant < 1000)
		time_tai_offset = (int)tx.constant;
	memset(&tx, 0, sizeof(tx));
	tx.offset = time_slew(NULL);
	tx.maxerror = tx.esterror = (long)USEC_PER_SEC * 16;
	tx.status = STA_UNSYNC | STA_NANO;
	tx.precision = (long)MAX(1, NSEC_PER_SEC / clock_frequency());
	td->td_retval[0] = TIME_ERROR;
	return (copyout(&tx, a->tp, sizeof(tx)));
}

int
sys_ntp_gettime(struct thread *td, const struct ntp_gettime_args *a)
{
	struct ntptimeval ntv;

	memset(&ntv, 0, sizeof(ntv));
	ntv.time = time_now();
	ntv.maxerror = ntv.esterror = (long)USEC_PER_SEC * 16;
	ntv.tai = time_tai_offset;
	ntv.time_state = TIME_ERROR;
	td->td_retval[0] = TIME_ERROR;
	return (copyout(&ntv, a->ntvp, sizeof(ntv)));
}

static int
do_sleep(struct thread *td, clockid_t id, bool absolute,
    const struct timespec *urqt, struct timespec *urmt)
{
	struct timespec ts;
	uint64_t left = 0;
	int error;

	error = copyin(urqt, &ts, sizeof(ts));
	if (error != 0)
		return (error);
	error = kern_nanosleep(td, id, absolute, &ts, &left);
	if (error == EINTR && !absolute && urmt != NULL) {
		ts = ns_timespec(left);
		if (copyout(&ts, urmt, sizeof(ts)) != 0)
			error = EFAULT;
	}
	return (error);
}

int
sys_nanosleep(struct thread *td, const struct nanosleep_args *a)
{
	return (do_sleep(td, CLOCK_MONOTONIC, false, a->rqtp, a->rmtp));
}

/* Returns its error; that isn't in errno. */
int
sys_clock_nanosleep(struct thread *td, const struct clock_nanosleep_args *a)
{
	int error = EINVAL;

	if ((a->flags & ~TIMER_ABSTIME) == 0)
		error = do_sleep(td, a->clock_id, a->flags & TIMER_ABSTIME,
		    a->rqtp, a->rmtp);
	td->td_retval[0] = (uint64_t)error;
	return (0);
}

#define CPUCLOCK_WHICH_PID 0
#define CPUCLOCK_WHICH_TID 1

int
sys_clock_getcpuclockid2(
    struct thread *td, const struct clock_getcpuclockid2_args *a)
{
	int64_t id = a->id;
	clockid_t clock;
	uint64_t ns;

	switch (a->which) {
	case CPUCLOCK_WHICH_PID:
		if (id == 0)
			id = td->td_proc->p_pid;
		if (id < 0 || id > PID_MAX)
			return (ESRCH);
		clock = cpu_clock_of_proc((pid_t)id);
		break;
	case CPUCLOCK_WHICH_TID:
		if (id == 0)
			id = td->td_tid;
		if (id < 0 || id > INT_MAX)
			return (ESRCH);
		clock = cpu_clock_of_thread((lwpid_t)id);
		break;
	default:
		return (EINVAL);
	}
	if (kern_clock_gettime(td, clock, &ns) != 0)
		return (ESRCH);
	return (copyout(&clock, a->clock_id, sizeof(clock)));
}

static int
get_itimer(struct proc *p, unsigned which, struct itimerval *uitv)
{
	struct itimerval itv;
	uint64_t value, interval;

	kern_getitimer(p, (int)which, &value, &interval);
	/* A rest of less than a microsecond isn't nothing. */
	itv.it_value = ns_timeval(value + NSEC_PER_USEC - 1);
	itv.it_interval = ns_timeval(interval);
	return (copyout(&itv, uitv, sizeof(itv)));
}

int
sys_getitimer(struct thread *td, const struct getitimer_args *a)
{
	if (a->which > ITIMER_PROF)
		return (EINVAL);
	return (get_itimer(td->td_proc, a->which, a->itv));
}

#define ITIMER_MAX_SEC 100000000 /* FreeBSD's limit of an itimer */

int
sys_setitimer(struct thread *td, const struct setitimer_args *a)
{
	struct proc *p = td->td_proc;
	struct itimerval itv;
	int error;

	if (a->which > ITIMER_PROF)
		return (EINVAL);
	if (a->itv == NULL)
		return (a->oitv != NULL ? get_itimer(p, a->which, a->oitv) : 0);
	error = copyin(a->itv, &itv, sizeof(itv));
	if (error != 0)
		return (error);
	if (!timeval_valid(&itv.it_value) ||
	    itv.it_value.tv_sec > ITIMER_MAX_SEC)
		return (EINVAL);
	if (timeval_ns(&itv.it_value) == 0)
		itv.it_interval = itv.it_value;
	if (!timeval_valid(&itv.it_interval) ||
	    itv.it_interval.tv_sec > ITIMER_MAX_SEC)
		return (EINVAL);
	if (a->oitv != NULL) {
		error = get_itimer(p, a->which, a->oitv);
		if (error != 0)
			return (error);
	}
	return (kern_setitimer(p, (int)a->which, timeval_ns(&itv.it_value),
	    timeval_ns(&itv.it_interval)));
}

int
sys_ktimer_create(struct thread *td, const struct ktimer_create_args *a)
{
	struct sigevent ev;
	int error, id;

	if (a->evp != NULL) {
		error = copyin(a->evp, &ev, sizeof(ev));
		if (error != 0)
			return (error);
	}
	error = kern_ktimer_create(
	    td, a->clock_id, a->evp != NULL ? &ev : NULL, &id);
	if (error == 0) {
		error = copyout(&id, a->timerid, sizeof(id));
		if (error != 0)
			(void)kern_ktimer_delete(td->td_proc, id);
	}
	return (error);
}

int
sys_ktimer_delete(struct thread *td, const struct ktimer_delete_args *a)
{
	return (kern_ktimer_delete(td->td_proc, a->timerid));
}

static int
out_setting(const struct ktimer_setting *s, struct itimerspec *uits)
{
	struct itimerspec its = {.it_value = ns_timespec(s->value),
	    .it_interval = ns_timespec(s->interval)};

	return (copyout(&its, uits, sizeof(its)));
}

int
sys_ktimer_settime(struct thread *td, const struct ktimer_settime_args *a)
{
	struct ktimer_setting new, old;
	struct itimerspec its;
	int error;

	if (a->value == NULL)
		return (EINVAL);
	error = copyin(a->value, &its, sizeof(its));
	if (error != 0)
		return (error);
	if (!timespec_valid(&its.it_value) ||
	    (timespec_ns(&its.it_value) != 0 &&
		!timespec_valid(&its.it_interval)))
		return (EINVAL);
	new.value = timespec_ns(&its.it_value);
	new.interval = new.value != 0 ? timespec_ns(&its.it_interval) : 0;
	error = kern_ktimer_settime(
	    td->td_proc, a->timerid, a->flags & TIMER_ABSTIME, &new, &old);
	if (error == 0 && a->ovalue != NULL)
		error = out_setting(&old, a->ovalue);
	return (error);
}

int
sys_ktimer_gettime(struct thread *td, const struct ktimer_gettime_args *a)
{
	struct ktimer_setting now;
	int error;

	error = kern_ktimer_gettime(td->td_proc, a->timerid, &now);
	return (error != 0 ? error : out_setting(&now, a->value));
}

int
sys_ktimer_getoverrun(struct thread *td, const struct ktimer_getoverrun_args *a)
{
	int error, overrun;

	error = kern_ktimer_getoverrun(td->td_proc, a->timerid, &overrun);
	if (error == 0)
		td->td_retval[0] = (uint64_t)overrun;
	return (error);
}
