/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What kqueue(2) can watch: a filter each.  Those by descriptor and for vnodes
 * ask the object; signals, processes, timers and user events collect in the
 * knote what has happened.
 */
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "fbsd/poll.h"
#include "file/knote.h"
#include "file/poll.h"
#include "core/sysctl.h"
#include "file/procdesc.h"
#include "proc/signal.h"
#include "time/time.h"

static struct knote *
knote_of(struct event_waiter *ew)
{
	return (container_of(ew, struct knote, kn_waiter));
}

/* From any notification: look at it. */
static void
wake_notify(struct event_waiter *ew, long hint)
{
	struct knote *kn = knote_of(ew);

	if (hint == EVENT_GONE) {
		spin_lock(knote_lock(kn));
		kn->kn_gone = true;
		spin_unlock(knote_lock(kn));
	}
	knote_wake(kn);
}

static void
detach_source(struct knote *kn)
{
	event_detach(&kn->kn_waiter);
}

/*
 * EVFILT_READ, EVFILT_WRITE.
 */
static int
fd_attach(struct thread *td, struct knote *kn)
{
	const struct fileops *ops = kn->kn_file->f_ops;
	struct event_source *es;

	if (kn->kn_file->f_type == DTYPE_PROCDESC)
		return (EINVAL);
	es = ops->fo_events != NULL ? ops->fo_events(kn->kn_file) : NULL;
	if (es != NULL)
		event_attach(es, &kn->kn_waiter);
	return (0);
}

static int64_t
fd_amount(struct knote *kn)
{
	const struct fileops *ops = kn->kn_file->f_ops;

	if (ops->fo_ready == NULL)
		return (-1);
	return (ops->fo_ready(kn->kn_file, kn->kn_event.filter));
}

/* A named pipe that isn't open this way: nothing ever happens. */
static bool
one_way(const struct knote *kn)
{
	const struct file *fp = kn->kn_file;

	return (
	    fp->f_type == DTYPE_FIFO &&
	    (fp->f_flag &
		(kn->kn_event.filter == EVFILT_READ ? FREAD : FWRITE)) == 0);
}

/* Without fo_poll, as for plain files: ready while there is something. */
static bool
fd_ready(struct knote *kn, struct kevent *kev, int want, int end)
{
	struct file *fp = kn->kn_file;
	int64_t amount = fd_amount(kn), low = 1;
	int got = want;

	if (one_way(kn))
		return (false);
	if (kn->kn_gone) {
		kev->flags |= EV_EOF | EV_ONESHOT;
		kev->data = 0;
		return (true);
	}
	if (fp->f_ops->fo_poll != NULL)
		got = fp->f_ops->fo_poll(fp, want | end);
	else if (amount == 0 && !(kn->kn_wanted & NOTE_FILE_POLL))
		got = 0;
	kev->data = amount >= 0 ? amount : (got & want) != 0;
	kev->fflags = 0;
	if (got & (end | POLLHUP | POLLERR)) {
		kev->flags |= EV_EOF;
		return (true);
	}
	if (kn->kn_wanted & NOTE_LOWAT)
		low = kn->kn_event.data;
	return ((got & want) != 0 && (amount < 0 || kev->data >= low ||
					 !(kn->kn_wanted & NOTE_LOWAT)));
}

static bool
read_ready(struct knote *kn, struct kevent *kev)
{
	return (fd_ready(kn, kev, POLLIN | POLLRDNORM, POLLRDHUP));
}

static bool
write_ready(struct knote *kn, struct kevent *kev)
{
	return (fd_ready(kn, kev, POLLOUT, POLLWRHUP));
}

static bool
empty_ready(struct knote *kn, struct kevent *kev)
{
	return (true);
}

/*
 * EVFILT_VNODE.
 */
static void
collect_notify(struct event_waiter *ew, long hint)
{
	struct knote *kn = knote_of(ew);
	bool news;

	spin_lock(knote_lock(kn));
	if (hint == EVENT_GONE)
		kn->kn_gone = true;
	else if ((uint32_t)hint & kn->kn_wanted)
		/* Of what happens at once all is told, or nothing. */
		kn->kn_happened |= (uint32_t)hint;
	news = kn->kn_gone || kn->kn_happened != 0;
	spin_unlock(knote_lock(kn));
	if (news)
		knote_wake(kn);
}

static int
vnode_attach(struct thread *td, struct knote *kn)
{
	if (kn->kn_file->f_vnode == NULL)
		return (EINVAL);
	event_attach(
	    file_vnode_ops->events(kn->kn_file->f_vnode), &kn->kn_waiter);
	return (0);
}

static bool
collected_ready(struct knote *kn, struct kevent *kev)
{
	spin_lock(knote_lock(kn));
	kev->fflags = kn->kn_happened;
	kev->data = 0;
	if (kn->kn_gone)
		kev->flags |= EV_EOF | EV_ONESHOT;
	spin_unlock(knote_lock(kn));
	return (kev->fflags != 0 || (kev->flags & EV_EOF));
}

/*
 * EVFILT_PROC.  A child of whom NOTE_TRACK is asked gets its knote by fork(2)
 * (kqueue_track.c), since that can't be made within a notification.  Such a
 * knote's first event is NOTE_CHILD, told alone: its data is the parent, and
 * the end's are the status.
 */
static void
proc_notify(struct event_waiter *ew, long hint)
{
	struct knote *kn = knote_of(ew);
	uint32_t what = hint == EVENT_GONE ? 0 : (uint32_t)hint;

	if (what & NOTE_SIGNAL)
		return;
	spin_lock(knote_lock(kn));
	kn->kn_happened |= what & NOTE_PCTRLMASK & kn->kn_wanted;
	if (what & NOTE_EXIT) {
		kn->kn_gone = true;
		kn->kn_event.data = what & NOTE_PDATAMASK;
	}
	spin_unlock(knote_lock(kn));
	knote_wake(kn);
}

static int
proc_attach(struct thread *td, struct knote *kn)
{
	struct proc *p;
	int error = 0;

	if (kn->kn_event.ident > PID_MAX)
		return (ESRCH);
	kn->kn_event.data = 0;
	mutex_lock(&proctree_lock);
	p = proc_find_any((pid_t)kn->kn_event.ident);
	if (p == NULL || !proc_visible(td, p)) {
		error = ESRCH;
	} else if (p->p_state == P_ZOMBIE) {
		/* It has ended, and hasn't been waited for. */
		kn->kn_happened = kn->kn_wanted & NOTE_EXIT;
		kn->kn_gone = true;
		kn->kn_event.data =
		    p->p_xsig != 0 ? p->p_xsig : (p->p_xexit & 0xff) << 8;
	} else {
		event_attach(&p->p_events, &kn->kn_waiter);
	}
	if (kn->kn_parent != 0)
		kn->kn_happened |= NOTE_CHILD;
	mutex_unlock(&proctree_lock);
	return (error);
}

struct knote *
knote_tracks(struct event_waiter *ew)
{
	struct knote *kn = knote_of(ew);

	return (ew->ew_notify == proc_notify && (kn->kn_wanted & NOTE_TRACK)
		    ? kn
		    : NULL);
}

static bool
proc_ready(struct knote *kn, struct kevent *kev)
{
	spin_lock(knote_lock(kn));
	kev->fflags = kn->kn_happened;
	kev->data = 0;
	if (kev->fflags & NOTE_CHILD) {
		kev->fflags = NOTE_CHILD;
		kev->flags &= ~EV_ONESHOT;
		kev->data = kn->kn_parent;
	} else if (kn->kn_gone) {
		kev->flags |= EV_EOF | EV_ONESHOT;
		kev->data = kn->kn_event.data;
	}
	spin_unlock(knote_lock(kn));
	return (kev->fflags != 0);
}

/*
 * EVFILT_PROCDESC: the same for who has a descriptor; only the end.
 */
static int
procdesc_attach(struct thread *td, struct knote *kn)
{
	int error, status;

	kn->kn_event.data = 0;
	error = procdesc_watch(kn->kn_file, &kn->kn_waiter, &status);
	if (error == 0 && status != -1)
		proc_notify(&kn->kn_waiter, NOTE_EXIT | (uint32_t)status);
	return (error);
}

/*
 * EVFILT_SIGNAL: counts, also what is ignored.
 */
static void
signal_notify(struct event_waiter *ew, long hint)
{
	struct knote *kn = knote_of(ew);

	if (hint == EVENT_GONE || !(hint & NOTE_SIGNAL) ||
	    (hint & (long)NOTE_PCTRLMASK) ||
	    (uint64_t)(hint & ~NOTE_SIGNAL) != kn->kn_event.ident)
		return;
	spin_lock(knote_lock(kn));
	kn->kn_count++;
	spin_unlock(knote_lock(kn));
	knote_wake(kn);
}

static int
signal_attach(struct thread *td, struct knote *kn)
{
	if (kn->kn_event.ident > SIGRTMAX ||
	    !sig_valid((int)kn->kn_event.ident))
		return (EINVAL);
	event_attach(&td->td_proc->p_events, &kn->kn_waiter);
	return (0);
}

static bool
count_ready(struct knote *kn, struct kevent *kev)
{
	spin_lock(knote_lock(kn));
	kev->data = kn->kn_count;
	spin_unlock(knote_lock(kn));
	kev->fflags = 0;
	return (kev->data != 0);
}

/*
 * EVFILT_TIMER.
 */
static unsigned timers;		   /* (a) of all kqueues */
static unsigned max_timers = 4096; /* (a) kern.kq_calloutmax */
SYSCTL_INT(kern_kq_calloutmax, "kern.kq_calloutmax", CTL_AUTO, CTLFLAG_RW,
    &max_timers);

static void
timer_expired(void *arg)
{
	struct knote *kn = arg;
	uint64_t n;

	spin_lock(knote_lock(kn));
	n = interval_expire(&kn->kn_next, kn->kn_interval, clock_ns());
	if (kn->kn_next != NO_DEADLINE)
		callout_set(&kn->kn_callout, kn->kn_next);
	kn->kn_count += (int64_t)n;
	spin_unlock(knote_lock(kn));
	if (n > 0)
		knote_wake(kn);
}

/* ns of a timer's data in its unit; EINVAL. */
static int
timer_ns(const struct kevent *kev, uint64_t *ns)
{
	uint64_t unit;

	switch (kev->fflags & ~NOTE_ABSTIME) {
	case NOTE_SECONDS:
		unit = NSEC_PER_SEC;
		break;
	case 0:
	case NOTE_MSECONDS:
		unit = NSEC_PER_SEC / 1000;
		break;
	case NOTE_USECONDS:
		unit = NSEC_PER_USEC;
		break;
	case NOTE_NSECONDS:
		unit = 1;
		break;
	default:
		return (EINVAL);
	}
	if (kev->data < 0)
		return (EINVAL);
	*ns = (uint64_t)kev->data > (UINT64_MAX >> 2) / unit
		  ? UINT64_MAX >> 2
		  : (uint64_t)kev->data * unit;
	return (0);
}

static void
timer_stop(struct knote *kn)
{
	/* A call under way must not set it again. */
	spin_lock(knote_lock(kn));
	kn->kn_next = NO_DEADLINE;
	spin_unlock(knote_lock(kn));
	callout_drain(&kn->kn_callout);
}

static int
timer_arm(struct knote *kn, const struct kevent *kev)
{
	uint64_t ns, now = clock_ns(), wall;
	int error;

	error = timer_ns(kev, &ns);
	if (error != 0)
		return (error);
	timer_stop(kn);
	spin_lock(knote_lock(kn));
	kn->kn_count = 0;
	kn->kn_interval = 0;
	if (kev->fflags & NOTE_ABSTIME) {
		wall = time_realtime();
		kn->kn_next = ns > wall ? now + (ns - wall) : now;
	} else {
		if (!((kev->flags | kn->kn_event.flags) & EV_ONESHOT))
			kn->kn_interval = ns = MAX(ns, 1);
		kn->kn_next = now + ns;
	}
	callout_set(&kn->kn_callout, kn->kn_next);
	spin_unlock(knote_lock(kn));
	return (0);
}

/* A time that comes once has come for good: there is nothing to clear. */
static int
timer_attach(struct thread *td, struct knote *kn)
{
	int error;

	if (atomic_add(&timers, 1) >= atomic_load(&max_timers)) {
		atomic_sub(&timers, 1);
		return (ENOMEM);
	}
	if (!(kn->kn_wanted & NOTE_ABSTIME))
		kn->kn_event.flags |= EV_CLEAR;
	callout_init(&kn->kn_callout, timer_expired, kn);
	error = timer_arm(kn, &kn->kn_event);
	if (error != 0)
		atomic_sub(&timers, 1);
	return (error);
}

static void
timer_detach(struct knote *kn)
{
	timer_stop(kn);
	atomic_sub(&timers, 1);
}

/*
 * EVFILT_USER.
 */
static int
user_change(struct knote *kn, const struct kevent *kev)
{
	uint32_t value = kev->fflags & NOTE_FFLAGSMASK;

	spin_lock(knote_lock(kn));
	switch (kev->fflags & NOTE_FFCTRLMASK) {
	case NOTE_FFAND:
		kn->kn_wanted &= value;
		break;
	case NOTE_FFOR:
		kn->kn_wanted |= value;
		break;
	case NOTE_FFCOPY:
		kn->kn_wanted = value;
		break;
	default:
		break;
	}
	kn->kn_event.data = kev->data;
	if (kev->fflags & NOTE_TRIGGER)
		kn->kn_count = 1;
	spin_unlock(knote_lock(kn));
	return (0);
}

static int
user_attach(struct thread *td, struct knote *kn)
{
	kn->kn_count = (kn->kn_wanted & NOTE_TRIGGER) != 0;
	kn->kn_wanted &= NOTE_FFLAGSMASK;
	return (0);
}

static bool
user_ready(struct knote *kn, struct kevent *kev)
{
	bool triggered;

	spin_lock(knote_lock(kn));
	triggered = kn->kn_count != 0;
	kev->fflags = kn->kn_wanted;
	kev->data = kn->kn_event.data;
	spin_unlock(knote_lock(kn));
	return (triggered);
}

/*
 * EVFILT_AIO, EVFILT_LIO: of requests that ask for it, by their addresses, and
 * until they are taken back.  Nobody asks by kevent(2).
 */
static void
aio_notify(struct event_waiter *ew, long hint)
{
	struct knote *kn = knote_of(ew);

	spin_lock(knote_lock(kn));
	if (hint == EVENT_GONE) {
		kn->kn_gone = true;
		kn->kn_disabled = false;
	} else {
		kn->kn_count = 1;
		kn->kn_event.data = hint;
	}
	spin_unlock(knote_lock(kn));
	knote_wake(kn);
}

static int
aio_attach(struct thread *td, struct knote *kn)
{
	if (kn->kn_source == NULL)
		return (EPERM);
	event_attach(kn->kn_source, &kn->kn_waiter);
	kn->kn_source = NULL;
	return (0);
}

static bool
aio_ready(struct knote *kn, struct kevent *kev)
{
	bool done;

	spin_lock(knote_lock(kn));
	done = kn->kn_count != 0 && !kn->kn_gone;
	kev->data = kn->kn_event.data;
	if (kn->kn_gone)
		kev->flags |= EV_DELETE;
	else if (kev->filter == EVFILT_AIO)
		kev->flags |= EV_EOF;
	spin_unlock(knote_lock(kn));
	return (done);
}

static void
detach_nothing(struct knote *kn)
{
}

static int
attach_nothing(struct thread *td, struct knote *kn)
{
	return (0);
}

static const struct filter filters[EVFILT_COUNT] = {
    [~EVFILT_READ] = {true, false, wake_notify, fd_attach, detach_source, NULL,
	read_ready},
    [~EVFILT_WRITE] = {true, false, wake_notify, fd_attach, detach_source, NULL,
	write_ready},
    [~EVFILT_VNODE] = {true, true, collect_notify, vnode_attach, detach_source,
	NULL, collected_ready},
    [~EVFILT_PROC] = {false, true, proc_notify, proc_attach, detach_source,
	NULL, proc_ready},
    [~EVFILT_SIGNAL] = {false, true, signal_notify, signal_attach,
	detach_source, NULL, count_ready},
    [~EVFILT_TIMER] = {false, false, NULL, timer_attach, timer_detach,
	timer_arm, count_ready},
    [~EVFILT_PROCDESC] = {true, true, proc_notify, procdesc_attach,
	detach_source, NULL, proc_ready},
    [~EVFILT_AIO] = {false, false, aio_notify, aio_attach, detach_source, NULL,
	aio_ready},
    [~EVFILT_LIO] = {false, false, aio_notify, aio_attach, detach_source, NULL,
	aio_ready},
    [~EVFILT_USER] = {false, false, NULL, user_attach, detach_nothing,
	user_change, user_ready},
    [~EVFILT_EMPTY] = {true, false, NULL, attach_nothing, detach_nothing, NULL,
	empty_ready},
};

const struct filter *
filter_find(int number)
{
	if (number >= 0 || number < -EVFILT_COUNT ||
	    filters[~number].fl_ready == NULL)
		return (NULL);
	return (&filters[~number]);
}
