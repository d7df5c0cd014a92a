/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kqueue(2).
 *
 * A kqueue keeps its knotes in a tree, and those about which something may
 * have happened also in a queue.  Whoever notifies only puts the knote into
 * the queue and wakes a waiter; the thread that collects events asks the
 * filter whether its condition holds, and leaves the knote in the queue if it
 * will be asked about again (a level, not EV_CLEAR).  So a notification
 * costs a few instructions under two spin locks, and conditions are looked
 * at where sleeping is allowed.
 *
 * The life of a knote.  knote_add() makes it and knote_drop() ends it, both
 * with kq_mutex held, and nothing else does: so whoever holds kq_mutex and
 * found the knote in the kqueue's tree may use it.  Four things point to it:
 *
 *	the kqueue's tree			guarded by kq_mutex
 *	the queue				kq_lock
 *	the tree of the file that it watches	that file's knote lock
 *	its event source, or its callout	es_lock; the callouts' own
 *
 * knote_drop() takes all four away before it frees the memory, the last one
 * first: after event_detach() and callout_drain() no notification runs or
 * comes, even if the source ends at the same time.
 *
 * A knote is no reference to the file that it watches.  A file that goes, or
 * a descriptor that is closed, finds the knotes by the file's tree, gets a
 * reference to the kqueue there, and drops them; the file's memory stays until
 * its tree is empty, and knote_drop() doesn't look at the file after it took
 * the knote out of it.
 *
 * A kqueue's memory stays while anybody has a reference.  Its close drops all
 * knotes, and they are what the others hold who don't have one: a notification
 * runs only while the knote is attached.  A kqueue that watches kqueues can't
 * be watched by one.
 *
 * Order of locks: the watching kqueue's kq_mutex, the watched one's; es_lock
 * of a source, kq_lock; the watched kqueue's kq_events, the watching one's
 * kq_lock.
 */
#include "file/kqueue.h"
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "fbsd/fcntl.h"
#include "fbsd/poll.h"
#include "fbsd/stat.h"
#include "file/fdtable.h"
#include "file/knote.h"
#include "proc/signal.h"
#include "core/sched.h"
#include "core/sync.h"
#include "lib/string.h"
#include "vm/kmem.h"

#define BATCH 8 /* events between two looks at user memory */

static const struct fileops kqueue_ops;

bool
file_is_kqueue(const struct file *fp)
{
	return (fp->f_ops == &kqueue_ops);
}

/* EV_ADD, EV_ENABLE, EV_DISABLE on a knote that exists. kq_mutex held. */
static int
change(struct knote *kn, const struct kevent *kev)
{
	int error = 0;

	if (!(kev->flags & EV_KEEPUDATA))
		kn->kn_event.udata = kev->udata;
	if ((kev->flags & EV_ADD) || kn->kn_event.filter == EVFILT_USER) {
		if (kn->kn_filter->fl_change != NULL)
			error = kn->kn_filter->fl_change(kn, kev);
		else
			kn->kn_wanted = kev->fflags;
		if (kn->kn_file != NULL)
			kn->kn_event.data = kev->data;
	}
	if (error != 0)
		return (error);
	if (kev->flags & (EV_DISABLE | EV_ENABLE))
		knote_disable(kn, kev->flags & EV_DISABLE);
	if (kev->flags & EV_FORCEONESHOT)
		kn->kn_event.flags |= EV_ONESHOT;
	knote_wake(kn);
	return (0);
}

static int
register_event(struct thread *td, struct kqueue *kq, const struct kevent *kev)
{
	const struct filter *fl = filter_find(kev->filter);
	struct file *fp = NULL;
	struct knote *kn;
	int error = 0;

	if (fl == NULL)
		return (EINVAL);
	if (fl->fl_fd) {
		if (kev->ident > INT_MAX)
			return (EBADF);
		error = fd_get(td, (int)kev->ident, 0, &fp);
		if (error != 0)
			return (error);
	}
	mutex_lock(&kq->kq_mutex);
	kn = knote_find(kq, kev->filter, kev->ident);
	if (kn != NULL && kn->kn_file != fp) {
		/* The number meant another file, whose close is under way. */
		knote_drop(kq, kn);
		kn = NULL;
	}
	if (kn == NULL)
		error = kev->flags & EV_ADD
			    ? knote_add(td, kq, fl, fp, kev, NULL)
			    : ENOENT;
	else if (kev->flags & EV_DELETE)
		knote_drop(kq, kn);
	else
		error = change(kn, kev);
	mutex_unlock(&kq->kq_mutex);
	if (fp != NULL)
		file_release(fp);
	return (error);
}

/* The changes; errors become events as long as there is room. */
static int
take_changes(
    struct thread *td, struct kqueue *kq, struct kevent_io *io, int *count)
{
	struct kevent kev;
	int error;

	for (; io->ki_nchanges > 0; io->ki_nchanges--) {
		error = io->ki_get(io, &kev);
		if (error != 0)
			return (error);
		kev.flags &= ~EV_SYSFLAGS;
		error = register_event(td, kq, &kev);
		if (error == 0 && !(kev.flags & EV_RECEIPT))
			continue;
		if (*count == io->ki_nevents)
			return (error);
		kev.flags |= EV_ERROR;
		kev.data = error;
		error = io->ki_put(io, &kev);
		if (error != 0)
			return (error);
		++*count;
	}
	return (0);
}

/*
 * What becomes of a knote that was reported. While it was looked at it wasn't
 * queued, and somebody may have gone to sleep because of that. kq_mutex held.
 */
static void
reported(struct kqueue *kq, struct knote *kn, const struct kevent *kev)
{
	bool again;

	if ((kev->flags & EV_ONESHOT) != 0) {
		knote_drop(kq, kn);
		return;
	}
	spin_lock(&kq->kq_lock);
	if (kn->kn_event.flags & EV_CLEAR) {
		/* What came since it was looked at stays. */
		kn->kn_happened &= ~kev->fflags;
		kn->kn_count -= MIN(kn->kn_count, MAX(1, kev->data));
	}
	again = !(kn->kn_event.flags & EV_CLEAR) || kn->kn_count != 0 ||
		kn->kn_happened != 0;
	spin_unlock(&kq->kq_lock);
	if (kn->kn_event.flags & EV_DISPATCH)
		knote_disable(kn, true);
	else if (again)
		knote_requeue(kn);
}

/* Looks at what went into the queue up to *turn, 0: until now, and takes at
 * most max events; returns how many. */
static unsigned
take_events(
    struct kqueue *kq, struct kevent *kevs, unsigned max, uint64_t *turn)
{
	struct knote *kn;
	unsigned n = 0;

	mutex_lock(&kq->kq_mutex);
	if (*turn == 0)
		*turn = atomic_load(&kq->kq_turn);
	while (n < max && (kn = knote_next(kq, *turn)) != NULL) {
		kevs[n] = kn->kn_event;
		if (kn->kn_filter->fl_ready(kn, &kevs[n]))
			reported(kq, kn, &kevs[n++]);
		else if (kevs[n].flags & EV_DELETE)
			knote_drop(kq, kn);
	}
	mutex_unlock(&kq->kq_mutex);
	return (n);
}

/*
 * Looks once at all that is queued. User memory is written with no lock held:
 * if it isn't there, the events of the batch are lost.
 */
static int
collect(struct kqueue *kq, struct kevent_io *io, int *count)
{
	struct kevent kevs[BATCH];
	uint64_t turn = 0;
	unsigned n, max;
	int error;

	do {
		max = MIN((unsigned)(io->ki_nevents - *count), BATCH);
		n = take_events(kq, kevs, max, &turn);
		for (unsigned i = 0; i < n; i++) {
			error = io->ki_put(io, &kevs[i]);
			if (error != 0)
				return (error);
			++*count;
		}
	} while (n == BATCH && *count < io->ki_nevents);
	return (0);
}

static int
wait_queued(struct kqueue *kq, uint64_t deadline)
{
	int error = 0;

	spin_lock(&kq->kq_lock);
	while (kq->kq_queued == 0 && error == 0)
		error = cv_wait_spin_sig(&kq->kq_cv, &kq->kq_lock, deadline);
	spin_unlock(&kq->kq_lock);
	return (error);
}

static int
collect_until(
    struct kqueue *kq, struct kevent_io *io, uint64_t deadline, int *count)
{
	int error;

	for (;;) {
		error = collect(kq, io, count);
		if (error != 0 || *count > 0)
			return (error);
		if (deadline == 0)
			return (0);
		error = wait_queued(kq, deadline);
		if (error == ETIMEDOUT)
			return (0);
		if (error != 0)
			return (error == ERESTART ? EINTR : error);
	}
}

int
kern_kevent_source(struct thread *td, int fd, const struct kevent *kev,
    struct event_source *es)
{
	const struct knote_origin from = {.source = es};
	struct kqueue *kq;
	struct knote *kn;
	struct file *fp;
	int error = fd_get(td, fd, 0, &fp);

	if (error != 0)
		return (error);
	if (file_is_kqueue(fp)) {
		kq = fp->f_data;
		mutex_lock(&kq->kq_mutex);
		/* Of what had the same address before. */
		kn = knote_find(kq, kev->filter, kev->ident);
		if (kn != NULL)
			knote_drop(kq, kn);
		error = knote_add(
		    td, kq, filter_find(kev->filter), NULL, kev, &from);
		mutex_unlock(&kq->kq_mutex);
	} else {
		error = EBADF;
	}
	file_release(fp);
	return (error);
}

int
kern_kevent(struct thread *td, int fd, struct kevent_io *io, uint64_t deadline,
    int *count)
{
	struct kqueue *kq;
	struct file *fp;
	int error;

	*count = 0;
	error = fd_get(td, fd, 0, &fp);
	if (error != 0)
		return (error);
	if (!file_is_kqueue(fp)) {
		file_release(fp);
		return (EBADF);
	}
	kq = fp->f_data;
	error = take_changes(td, kq, io, count);
	if (error == 0 && *count == 0 && io->ki_nevents > 0)
		error = collect_until(kq, io, deadline, count);
	file_release(fp);
	return (error);
}

/* A kqueue is readable while one of its events holds. Looking isn't taking. */
static int
kqueue_poll(struct file *fp, int events)
{
	struct kqueue *kq = fp->f_data;
	const uint64_t turn = atomic_load(&kq->kq_turn);
	struct kevent kev;
	struct knote *kn;
	bool ready = false;

	/* One that watches this one may be held: those come first. */
	mutex_will_nest(&kq->kq_mutex);
	mutex_lock(&kq->kq_mutex);
	while (!ready && (kn = knote_next(kq, turn)) != NULL) {
		kev = kn->kn_event;
		ready = kn->kn_filter->fl_ready(kn, &kev);
		if (ready)
			knote_requeue(kn);
		else if (kev.flags & EV_DELETE)
			knote_drop(kq, kn);
	}
	mutex_unlock(&kq->kq_mutex);
	return (ready ? events & (POLLIN | POLLRDNORM) : 0);
}

static struct event_source *
kqueue_events(struct file *fp)
{
	return (&((struct kqueue *)fp->f_data)->kq_events);
}

static int64_t
kqueue_ready(struct file *fp, int filter)
{
	return (((struct kqueue *)fp->f_data)->kq_queued);
}

static int
kqueue_stat(struct file *fp, struct stat *st)
{
	memset(st, 0, sizeof(*st));
	st->st_mode = S_IFIFO;
	st->st_size = kqueue_ready(fp, EVFILT_READ);
	st->st_blksize = sizeof(struct kevent);
	return (0);
}

static size_t
kqueue_memory(struct file *fp)
{
	return (atomic_load(&((struct kqueue *)fp->f_data)->kq_count) *
		sizeof(struct knote));
}

static void
kqueue_close(struct file *fp)
{
	struct kqueue *kq = fp->f_data;
	struct rb_node *n;

	mutex_lock(&kq->kq_mutex);
	while ((n = rb_first(&kq->kq_knotes)) != NULL) {
		knote_drop(kq, container_of(n, struct knote, kn_node));
		sched_maybe_yield();
	}
	kq->kq_closed = true;
	mutex_unlock(&kq->kq_mutex);
	event_source_drain(&kq->kq_events);
	kqueue_release(kq);
}

static const struct fileops kqueue_ops = {
    .fo_poll = kqueue_poll,
    .fo_events = kqueue_events,
    .fo_ready = kqueue_ready,
    .fo_stat = kqueue_stat,
    .fo_memory = kqueue_memory,
    .fo_close = kqueue_close,
};

int
kern_kqueue(struct thread *td, unsigned flags, int *fdp)
{
	struct kqueue *kq;
	struct file *fp;

	if (flags & ~KQUEUE_CLOEXEC)
		return (EINVAL);
	kq = kmem_alloc(sizeof(*kq), KM_ZERO);
	if (kq == NULL)
		return (ENOMEM);
	kq->kq_refs = 1;
	mutex_init(&kq->kq_mutex, "kqueue");
	spin_init(&kq->kq_lock, "kqueue queue");
	list_init(&kq->kq_queue);
	cv_init(&kq->kq_cv, "kqread");
	event_source_init(&kq->kq_events, "kqueue events");
	kq->kq_table = td->td_proc->p_fd;
	fp = file_alloc(td, DTYPE_KQUEUE, FREAD | FWRITE, &kqueue_ops, kq);
	if (fp == NULL) {
		kmem_free(kq, sizeof(*kq));
		return (ENFILE);
	}
	return (fd_open(td, fp, flags & KQUEUE_CLOEXEC ? UF_EXCLOSE : 0, fdp));
}
