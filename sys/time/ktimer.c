/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * POSIX timers, timer_create(2): a callout each, and a signal story of its
 * own that waits in at most one queue.  What expires while the story still
 * waits is counted and told as overrun when the signal is taken.
 */
#include "core/sysctl.h"
#include "fbsd/errno.h"
#include "amd64/md.h"
#include "proc/sigqueue.h"
#include "proc/walk.h"
#include "time/timekeeper.h"
#include "vm/kmem.h"

#define KTIMER_MAX  128	    /* for a process */
#define OVERRUN_MAX INT_MAX /* DELAYTIMER_MAX */

SYSCTL_CONST_INT(
    p1003_1b_timers, "p1003_1b.timers", CTL_P1003_1B_TIMERS, 200112);
SYSCTL_CONST_INT(p1003_1b_timer_max, "p1003_1b.timer_max",
    CTL_P1003_1B_TIMER_MAX, KTIMER_MAX);
SYSCTL_CONST_INT(p1003_1b_delaytimer_max, "p1003_1b.delaytimer_max",
    CTL_P1003_1B_DELAYTIMER_MAX, OVERRUN_MAX);

struct ktimer {		      /* (p) unless said */
	struct list kt_link;  /* in p_ktimers, ascending kt_id */
	int kt_id;	      /* (!) */
	clockid_t kt_clock;   /* (!) */
	struct proc *kt_proc; /* (!) */
	struct callout kt_callout;
	int kt_notify;	/* (!) SIGEV_* */
	lwpid_t kt_tid; /* (!) SIGEV_THREAD_ID */
	struct ksiginfo kt_ksi;
	bool kt_wall;	      /* absolute, on a clock that steps */
	uint64_t kt_wall_at;  /* if so: expiry in kt_clock's time */
	uint64_t kt_next;     /* clock_ns(); NO_DEADLINE: off */
	uint64_t kt_interval; /* ns */
	int kt_missed;	      /* since the story was queued */
	int kt_overrun;	      /* of the signal last taken */
};

int
ktimer_overrun_taken(struct ktimer *kt)
{
	kt->kt_overrun = kt->kt_missed;
	kt->kt_missed = 0;
	return (kt->kt_overrun);
}

static void
count_missed(struct ktimer *kt, uint64_t n)
{
	kt->kt_missed = (int)MIN(n + (uint64_t)kt->kt_missed, OVERRUN_MAX);
}

/* n expiries at once. p_lock held. */
static void
notify(struct ktimer *kt, uint64_t n)
{
	struct thread *td = NULL;

	if (kt->kt_notify == SIGEV_NONE)
		return;
	if (kt->kt_ksi.ksi_queue != NULL) {
		count_missed(kt, n);
		return;
	}
	if (kt->kt_notify == SIGEV_THREAD_ID) {
		td = proc_thread(kt->kt_proc, kt->kt_tid);
		if (td == NULL)
			return;
	}
	kt->kt_missed = 0;
	count_missed(kt, n - 1);
	(void)sig_send_static(kt->kt_proc, td, &kt->kt_ksi);
}

static void
expire(void *arg)
{
	struct ktimer *kt = arg;
	uint64_t n;

	spin_lock(&kt->kt_proc->p_lock);
	n = interval_expire(&kt->kt_next, kt->kt_interval, clock_ns());
	kt->kt_wall_at += n * kt->kt_interval;
	if (n > 0)
		notify(kt, n);
	if (kt->kt_next != NO_DEADLINE)
		callout_set(&kt->kt_callout, kt->kt_next);
	spin_unlock(&kt->kt_proc->p_lock);
}

static struct ktimer *
find(struct proc *p, int id)
{
	struct ktimer *kt;

	LIST_FOREACH (kt, &p->p_ktimers, kt_link)
		if (kt->kt_id == id)
			return (kt);
	return (NULL);
}

/* Into the list, under the lowest free id. p_lock held. */
static int
enter(struct proc *p, struct ktimer *kt)
{
	struct ktimer *at;
	int id = 0;

	LIST_FOREACH (at, &p->p_ktimers, kt_link) {
		if (at->kt_id != id)
			break;
		id++;
	}
	if (id == KTIMER_MAX)
		return (EAGAIN);
	kt->kt_id = id;
	/* At the end of the list &at->kt_link is the list's head. */
	list_insert_before(&at->kt_link, &kt->kt_link);
	return (0);
}

static bool
event_valid(const struct sigevent *ev)
{
	switch (ev->sigev_notify) {
	case SIGEV_NONE:
		return (true);
	case SIGEV_SIGNAL:
	case SIGEV_THREAD_ID:
		return (sig_valid(ev->sigev_signo));
	default:
		return (false);
	}
}

int
kern_ktimer_create(
    struct thread *td, clockid_t id, const struct sigevent *ev, int *idp)
{
	struct proc *p = td->td_proc;
	struct ktimer *kt;
	struct siginfo *info;
	int error;

	if (!clock_is_wall(id) && id != CLOCK_MONOTONIC && id != CLOCK_UPTIME)
		return (EINVAL);
	if (ev != NULL && !event_valid(ev))
		return (EINVAL);
	kt = kmem_alloc(sizeof(*kt), KM_ZERO);
	if (kt == NULL)
		return (EAGAIN);
	kt->kt_proc = p;
	kt->kt_clock = id;
	kt->kt_next = NO_DEADLINE;
	callout_init(&kt->kt_callout, expire, kt);
	info = &kt->kt_ksi.ksi_info;
	info->si_signo = SIGALRM;
	kt->kt_notify = SIGEV_SIGNAL;
	if (ev != NULL) {
		kt->kt_notify = ev->sigev_notify;
		kt->kt_tid = ev->sigev_notify_thread_id;
		info->si_signo = ev->sigev_signo;
		info->si_value = ev->sigev_value;
	}
	info->si_code = SI_TIMER;
	list_init(&kt->kt_ksi.ksi_link);
	kt->kt_ksi.ksi_timer = kt;
	kt->kt_ksi.ksi_static = true;
	spin_lock(&p->p_lock);
	error = enter(p, kt);
	if (error == 0) {
		info->si_reason.timer.si_timerid = kt->kt_id;
		if (ev == NULL)
			info->si_value.sival_int = kt->kt_id;
		*idp = kt->kt_id;
	}
	spin_unlock(&p->p_lock);
	if (error != 0)
		kmem_free(kt, sizeof(*kt));
	return (error);
}

/* Out of the list already. p_lock not held. */
static void
destroy(struct ktimer *kt)
{
	callout_drain(&kt->kt_callout);
	spin_lock(&kt->kt_proc->p_lock);
	sigqueue_withdraw(&kt->kt_ksi);
	spin_unlock(&kt->kt_proc->p_lock);
	kmem_free(kt, sizeof(*kt));
}

int
kern_ktimer_delete(struct proc *p, int id)
{
	struct ktimer *kt;

	spin_lock(&p->p_lock);
	kt = find(p, id);
	if (kt != NULL) {
		list_remove(&kt->kt_link);
		kt->kt_next = NO_DEADLINE;
	}
	spin_unlock(&p->p_lock);
	if (kt == NULL)
		return (EINVAL);
	destroy(kt);
	return (0);
}

void
ktimer_exit(struct proc *p)
{
	struct ktimer *kt;

	spin_lock(&p->p_lock);
	while (
	    (kt = LIST_FIRST(&p->p_ktimers, struct ktimer, kt_link)) != NULL) {
		list_remove(&kt->kt_link);
		kt->kt_next = NO_DEADLINE;
		spin_unlock(&p->p_lock);
		destroy(kt);
		spin_lock(&p->p_lock);
	}
	spin_unlock(&p->p_lock);
}

static void
setting_now(struct ktimer *kt, struct ktimer_setting *s)
{
	uint64_t now = clock_ns();

	s->interval = kt->kt_interval;
	if (kt->kt_next == NO_DEADLINE)
		s->value = 0;
	else
		s->value = kt->kt_next > now ? kt->kt_next - now : 1;
}

int
kern_ktimer_gettime(struct proc *p, int id, struct ktimer_setting *now)
{
	struct ktimer *kt;

	spin_lock(&p->p_lock);
	kt = find(p, id);
	if (kt != NULL)
		setting_now(kt, now);
	spin_unlock(&p->p_lock);
	return (kt != NULL ? 0 : EINVAL);
}

int
kern_ktimer_getoverrun(struct proc *p, int id, int *overrun)
{
	struct ktimer *kt;

	spin_lock(&p->p_lock);
	kt = find(p, id);
	if (kt != NULL)
		*overrun = kt->kt_overrun;
	spin_unlock(&p->p_lock);
	return (kt != NULL ? 0 : EINVAL);
}

/* clock_ns() at which the wall clock shows `at`, as it is set now. */
static uint64_t
wall_deadline(struct ktimer *kt, uint64_t at)
{
	uint64_t shown, now = clock_ns();

	(void)kern_clock_gettime(curthread(), kt->kt_clock, &shown);
	return (at > shown ? now + (at - shown) : now);
}

int
kern_ktimer_settime(struct proc *p, int id, bool absolute,
    const struct ktimer_setting *new, struct ktimer_setting *old)
{
	struct ktimer *kt;

	spin_lock(&p->p_lock);
	kt = find(p, id);
	if (kt == NULL) {
		spin_unlock(&p->p_lock);
		return (EINVAL);
	}
	if (old != NULL)
		setting_now(kt, old);
	kt->kt_next = NO_DEADLINE;
	kt->kt_wall = false;
	callout_cancel(&kt->kt_callout);
	if (new->value != 0) {
		kt->kt_interval = new->interval;
		if (absolute && clock_is_wall(kt->kt_clock)) {
			kt->kt_wall = true;
			kt->kt_wall_at = new->value;
			kt->kt_next = wall_deadline(kt, new->value);
		} else {
			kt->kt_next = new->value + (absolute ? 0 : clock_ns());
		}
		callout_set(&kt->kt_callout, kt->kt_next);
	}
	spin_unlock(&p->p_lock);
	return (0);
}

void
ktimer_clock_stepped(void)
{
	struct proc_walk w;
	struct ktimer *kt;
	struct proc *p;

	mutex_lock(&proctree_lock);
	proc_walk_begin(&w, NULL);
	while ((p = proc_walk_next(&w)) != NULL) {
		spin_lock(&p->p_lock);
		LIST_FOREACH (kt, &p->p_ktimers, kt_link) {
			if (!kt->kt_wall || kt->kt_next == NO_DEADLINE)
				continue;
			kt->kt_next = wall_deadline(kt, kt->kt_wall_at);
			callout_set(&kt->kt_callout, kt->kt_next);
		}
		spin_unlock(&p->p_lock);
	}
	proc_walk_end(&w);
	mutex_unlock(&proctree_lock);
}
