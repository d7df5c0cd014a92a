/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * timerfd_create(2): a timer behind a descriptor; reading takes the number of
 * expirations, and waits for the first.
 */
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "fbsd/fcntl.h"
#include "fbsd/poll.h"
#include "fbsd/stat.h"
#include "fbsd/user.h"
#include "core/callout.h"
#include "ipc/eventfd.h"
#include "file/file.h"
#include "time/time.h"
#include "lib/string.h"
#include "vm/kmem.h"

struct timerfd {
	struct spin t_lock;
	clockid_t t_clock;   /* (!) */
	uint64_t t_count;    /* (t_lock) expirations not read */
	uint64_t t_next;     /* (t_lock) clock_ns(), or NO_DEADLINE */
	uint64_t t_interval; /* (t_lock) ns, 0: once */
	struct callout t_callout;
	struct cv t_cv; /* (t_lock) t_count grew */
	struct event_source t_events;
};

static void
expire(void *arg)
{
	struct timerfd *t = arg;
	uint64_t n;

	spin_lock(&t->t_lock);
	n = interval_expire(&t->t_next, t->t_interval, clock_ns());
	t->t_count += n;
	if (t->t_next != NO_DEADLINE)
		callout_set(&t->t_callout, t->t_next);
	spin_unlock(&t->t_lock);
	if (n != 0) {
		cv_broadcast(&t->t_cv);
		event_notify(&t->t_events, 0);
	}
}

/* After it returns expire() neither runs nor will. */
static void
disarm(struct timerfd *t)
{
	spin_lock(&t->t_lock);
	t->t_next = NO_DEADLINE;
	spin_unlock(&t->t_lock);
	callout_drain(&t->t_callout);
}

static int
timerfd_read(struct file *fp, struct uio *uio, int flags)
{
	struct timerfd *t = fp->f_data;
	uint64_t count;
	int error = 0;

	if (uio->uio_resid < sizeof(count))
		return (EINVAL);
	spin_lock(&t->t_lock);
	while (error == 0 && t->t_count == 0)
		error = file_wait(fp, &t->t_cv, &t->t_lock);
	count = t->t_count;
	if (error == 0)
		t->t_count = 0;
	spin_unlock(&t->t_lock);
	return (error != 0 ? error : uiomove(&count, sizeof(count), uio));
}

static int
timerfd_poll(struct file *fp, int events)
{
	struct timerfd *t = fp->f_data;
	bool ready;

	spin_lock(&t->t_lock);
	ready = t->t_count != 0;
	spin_unlock(&t->t_lock);
	return (ready ? events & (POLLIN | POLLRDNORM) : 0);
}

static struct event_source *
timerfd_events(struct file *fp)
{
	return (&((struct timerfd *)fp->f_data)->t_events);
}

static int
timerfd_stat(struct file *fp, struct stat *st)
{
	file_stat_plain(fp, S_IFIFO | 0600, st);
	return (0);
}

static void
timerfd_close(struct file *fp)
{
	struct timerfd *t = fp->f_data;

	disarm(t);
	event_source_drain(&t->t_events);
	kmem_free(t, sizeof(*t));
}

static void
timerfd_kinfo(struct file *fp, struct kinfo_file *kf)
{
	struct timerfd *t = fp->f_data;

	kf->kf_un.kf_timerfd.kf_timerfd_clockid = (uint32_t)t->t_clock;
}

static const struct fileops timerfd_ops = {
    .fo_read = timerfd_read,
    .fo_poll = timerfd_poll,
    .fo_events = timerfd_events,
    .fo_stat = timerfd_stat,
    .fo_kinfo = timerfd_kinfo,
    .fo_close = timerfd_close,
    .fo_passable = true,
};

int
kern_timerfd_create(struct thread *td, clockid_t clock, int flags, int *fdp)
{
	struct timerfd *t;
	struct file *fp;

	if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC &&
	    clock != CLOCK_UPTIME)
		return (EINVAL);
	t = kmem_alloc(sizeof(*t), KM_ZERO);
	if (t == NULL)
		return (ENOMEM);
	spin_init(&t->t_lock, "timerfd");
	t->t_clock = clock;
	t->t_next = NO_DEADLINE;
	callout_init(&t->t_callout, expire, t);
	cv_init(&t->t_cv, "timerfd");
	event_source_init(&t->t_events, "timerfd events");
	fp = file_alloc(
	    td, DTYPE_TIMERFD, FREAD | (flags & O_NONBLOCK), &timerfd_ops, t);
	if (fp == NULL) {
		kmem_free(t, sizeof(*t));
		return (ENFILE);
	}
	return (fd_open(td, fp, flags & O_CLOEXEC ? UF_EXCLOSE : 0, fdp));
}

/* The file of a timer, with a reference: EBADF, EINVAL. */
static int
timer_file(struct thread *td, int fd, struct file **fpp)
{
	int error = fd_get(td, fd, 0, fpp);

	if (error == 0 && (*fpp)->f_ops != &timerfd_ops) {
		file_release(*fpp);
		error = EINVAL;
	}
	return (error);
}

static void
setting(struct timerfd *t, struct itimerspec *its)
{
	uint64_t now = clock_ns(), left = 0;

	spin_lock(&t->t_lock);
	if (t->t_next != NO_DEADLINE)
		left = t->t_next > now ? t->t_next - now : 1;
	its->it_value = ns_timespec(left);
	its->it_interval = ns_timespec(t->t_interval);
	spin_unlock(&t->t_lock);
}

int
kern_timerfd_gettime(struct thread *td, int fd, struct itimerspec *its)
{
	struct file *fp;
	int error = timer_file(td, fd, &fp);

	if (error != 0)
		return (error);
	setting(fp->f_data, its);
	file_release(fp);
	return (0);
}

int
kern_timerfd_settime(struct thread *td, int fd, bool absolute,
    const struct itimerspec *new, struct itimerspec *old)
{
	uint64_t deadline = NO_DEADLINE;
	struct timerfd *t;
	struct file *fp;
	int error;

	if (!timespec_valid(&new->it_value) ||
	    !timespec_valid(&new->it_interval))
		return (EINVAL);
	error = timer_file(td, fd, &fp);
	if (error != 0)
		return (error);
	t = fp->f_data;
	setting(t, old);
	if (timespec_ns(&new->it_value) != 0)
		error = time_deadline(
		    t->t_clock, absolute, &new->it_value, &deadline);
	if (error == 0) {
		disarm(t);
		spin_lock(&t->t_lock);
		t->t_count = 0;
		t->t_next = deadline;
		t->t_interval = timespec_ns(&new->it_interval);
		if (deadline != NO_DEADLINE)
			callout_set(&t->t_callout, deadline);
		spin_unlock(&t->t_lock);
	}
	file_release(fp);
	return (error);
}
