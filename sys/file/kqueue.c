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
 * Locks: kq_mutex for the tree and whoever collects, kq_lock for the queue.
 * A knote by descriptor is on a list of its file too, under files_lock, so
 * that closing finds it.  A kqueue that watches kqueues can't be watched.
 */
#include "file/kqueue.h"
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "fbsd/fcntl.h"
#include "fbsd/poll.h"
#include "fbsd/stat.h"
#include "file/fdtable.h"
#include "proc/signal.h"
#include "core/sync.h"
#include "lib/string.h"
#include "vm/kmem.h"

struct kqueue {
	unsigned kq_refs; /* (a) its file, forks in progress */
	struct mutex kq_mutex;
	bool kq_closed;		  /* (m) */
	struct rb_tree kq_knotes; /* (m) by filter, then ident */
	struct fdtable *kq_table; /* (!) whose descriptors it means */
	struct spin kq_lock;
	struct list kq_queue;	       /* (s) knotes to be looked at */
	unsigned kq_queued;	       /* (s) */
	struct cv kq_cv;	       /* (s) something in the queue */
	struct event_source kq_events; /* who polls this kqueue */
	unsigned kq_watches;	       /* (nest_lock) kqueues watched */
	unsigned kq_watched;	       /* (nest_lock) by kqueues */
};

static struct spin files_lock = SPIN_INITIALIZER("knotes of files");
static struct mutex nest_lock = MUTEX_INITIALIZER(nest_lock, "kqueues");
static const struct fileops kqueue_ops;

bool
file_is_kqueue(const struct file *fp)
{
	return (fp->f_ops == &kqueue_ops);
}

struct spin *
knote_lock(struct knote *kn)
{
	return (&kn->kn_kq->kq_lock);
}

/* Into the queue, if it isn't there. kq_lock held. True if it was empty. */
static bool
enqueue(struct kqueue *kq, struct knote *kn)
{
	if (list_linked(&kn->kn_queued) || kn->kn_disabled)
		return (false);
	list_push_back(&kq->kq_queue, &kn->kn_queued);
	return (kq->kq_queued++ == 0);
}

static void
dequeue(struct kqueue *kq, struct knote *kn)
{
	if (!list_linked(&kn->kn_queued))
		return;
	list_remove(&kn->kn_queued);
	kq->kq_queued--;
}

void
knote_wake(struct knote *kn)
{
	struct kqueue *kq = kn->kn_kq;
	bool first;

	spin_lock(&kq->kq_lock);
	first = enqueue(kq, kn);
	spin_unlock(&kq->kq_lock);
	if (first) {
		cv_broadcast(&kq->kq_cv);
		/* A kqueue that kq watches may have sent us: inner ones first.
		 */
		spin_will_nest(&kq->kq_events.es_lock);
		event_notify(&kq->kq_events, 0);
	}
}

static int
compare(const struct knote *kn, int filter, uint64_t ident)
{
	if (kn->kn_event.filter != filter)
		return (kn->kn_event.filter < filter ? -1 : 1);
	if (kn->kn_event.ident != ident)
		return (kn->kn_event.ident < ident ? -1 : 1);
	return (0);
}

static struct knote *
find(struct kqueue *kq, int filter, uint64_t ident)
{
	struct rb_node *n = kq->kq_knotes.root;

	while (n != NULL) {
		struct knote *kn = container_of(n, struct knote, kn_node);
		int order = compare(kn, filter, ident);

		if (order == 0)
			return (kn);
		n = order > 0 ? n->left : n->right;
	}
	return (NULL);
}

static void
insert(struct kqueue *kq, struct knote *kn)
{
	struct rb_node **link = &kq->kq_knotes.root, *parent = NULL;

	while (*link != NULL) {
		struct knote *other =
		    container_of(*link, struct knote, kn_node);

		parent = *link;
		link =
		    compare(other, kn->kn_event.filter, kn->kn_event.ident) > 0
			? &parent->left
			: &parent->right;
	}
	rb_insert(&kq->kq_knotes, &kn->kn_node, parent, link);
}

/*
 * A kqueue watches another: only one deep, so that notifications can't run
 * in a circle.
 */
static int
nest(struct kqueue *kq, struct file *fp)
{
	struct kqueue *inner = fp->f_data;
	int error = 0;

	mutex_lock(&nest_lock);
	if (inner == kq || inner->kq_watches > 0 || kq->kq_watched > 0) {
		error = EINVAL;
	} else {
		kq->kq_watches++;
		inner->kq_watched++;
	}
	mutex_unlock(&nest_lock);
	return (error);
}

static void
unnest(struct kqueue *kq, struct file *fp)
{
	mutex_lock(&nest_lock);
	kq->kq_watches--;
	((struct kqueue *)fp->f_data)->kq_watched--;
	mutex_unlock(&nest_lock);
}

/* Detaches and frees. kq_mutex held. */
static void
drop(struct kqueue *kq, struct knote *kn)
{
	kn->kn_filter->fl_detach(kn);
	rb_remove(&kq->kq_knotes, &kn->kn_node);
	spin_lock(&kq->kq_lock);
	dequeue(kq, kn);
	spin_unlock(&kq->kq_lock);
	if (kn->kn_file != NULL) {
		spin_lock(&files_lock);
		list_remove(&kn->kn_flink);
		spin_unlock(&files_lock);
		if (file_is_kqueue(kn->kn_file))
			unnest(kq, kn->kn_file);
	}
	kmem_free(kn, sizeof(*kn));
}

/*
 * Forgets the knotes of a file that `td` knows as fd (fd -1: all of them).
 * Looked up anew for each: the kqueue's mutex can't be taken under
 * files_lock.
 */
static void
forget(struct file *fp, const struct fdtable *table, int fd)
{
	struct kqueue *kq;
	struct knote *kn;
	uint64_t ident;
	int filter;

	for (;;) {
		kq = NULL;
		spin_lock(&files_lock);
		LIST_FOREACH (kn, &fp->f_knotes, kn_flink)
			if (fd == -1 ||
			    (kn->kn_kq->kq_table == table &&
				kn->kn_event.ident == (uint64_t)fd)) {
				kq = kn->kn_kq;
				filter = kn->kn_event.filter;
				ident = kn->kn_event.ident;
				break;
			}
		spin_unlock(&files_lock);
		if (kq == NULL)
			return;
		mutex_lock(&kq->kq_mutex);
		kn = find(kq, filter, ident);
		if (kn != NULL && kn->kn_file == fp)
			drop(kq, kn);
		mutex_unlock(&kq->kq_mutex);
	}
}

void
knote_fdclose(struct thread *td, int fd, struct file *fp)
{
	if (!list_empty(&fp->f_knotes))
		forget(fp, td->td_proc->p_fd, fd);
}

void
knote_file_gone(struct file *fp)
{
	if (!list_empty(&fp->f_knotes))
		forget(fp, NULL, -1);
}

/* A knote is no reference to its file: closing forgets it. */
static int
attach_file(struct kqueue *kq, struct knote *kn, struct file *fp)
{
	int error = 0;

	if (file_is_kqueue(fp))
		error =
		    kn->kn_event.filter == EVFILT_READ ? nest(kq, fp) : EINVAL;
	if (error != 0)
		return (error);
	kn->kn_file = fp;
	spin_lock(&files_lock);
	list_push_back(&fp->f_knotes, &kn->kn_flink);
	spin_unlock(&files_lock);
	return (0);
}

static void
detach_file(struct kqueue *kq, struct knote *kn)
{
	if (kn->kn_file == NULL)
		return;
	spin_lock(&files_lock);
	list_remove(&kn->kn_flink);
	spin_unlock(&files_lock);
	if (file_is_kqueue(kn->kn_file))
		unnest(kq, kn->kn_file);
}

/* A new knote; fp: the descriptor's file. kq_mutex held. */
static int
add(struct thread *td, struct kqueue *kq, const struct filter *fl,
    struct file *fp, const struct kevent *kev, pid_t parent)
{
	struct knote *kn = kmem_alloc(sizeof(*kn), KM_ZERO);
	int error = 0;

	if (kn == NULL)
		return (ENOMEM);
	kn->kn_kq = kq;
	kn->kn_filter = fl;
	kn->kn_event = *kev;
	kn->kn_event.flags &= ~(EV_ADD | EV_DELETE | EV_ENABLE | EV_DISABLE |
				EV_RECEIPT | EV_FORCEONESHOT);
	kn->kn_wanted = kev->fflags;
	kn->kn_parent = parent;
	kn->kn_disabled = kev->flags & EV_DISABLE;
	list_init(&kn->kn_queued);
	list_init(&kn->kn_flink);
	if (fl->fl_clear)
		kn->kn_event.flags |= EV_CLEAR;
	if (fp != NULL)
		error = attach_file(kq, kn, fp);
	if (error == 0) {
		error = fl->fl_attach(td, kn);
		if (error != 0)
			detach_file(kq, kn);
	}
	if (error != 0) {
		kmem_free(kn, sizeof(*kn));
		return (error);
	}
	insert(kq, kn);
	/* What holds already is an event as well. */
	knote_wake(kn);
	return (0);
}

/* EV_ADD, EV_ENABLE, EV_DISABLE on a knote that exists. kq_mutex held. */
static int
change(struct kqueue *kq, struct knote *kn, const struct kevent *kev)
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
	spin_lock(&kq->kq_lock);
	if (kev->flags & EV_DISABLE) {
		kn->kn_disabled = true;
		dequeue(kq, kn);
	} else if (kev->flags & EV_ENABLE) {
		kn->kn_disabled = false;
	}
	if (kev->flags & EV_FORCEONESHOT)
		kn->kn_event.flags |= EV_ONESHOT;
	spin_unlock(&kq->kq_lock);
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
	kn = find(kq, kev->filter, kev->ident);
	if (kn == NULL)
		error =
		    kev->flags & EV_ADD ? add(td, kq, fl, fp, kev, 0) : ENOENT;
	else if (kev->flags & EV_DELETE)
		drop(kq, kn);
	else
		error = change(kq, kn, kev);
	mutex_unlock(&kq->kq_mutex);
	if (fp != NULL)
		file_release(fp);
	return (error);
}

int
kqueue_add(struct kqueue *kq, const struct kevent *kev, pid_t parent)
{
	int error = 0;

	mutex_lock(&kq->kq_mutex);
	if (!kq->kq_closed && find(kq, kev->filter, kev->ident) == NULL)
		error = add(curthread(), kq, filter_find(kev->filter), NULL,
		    kev, parent);
	mutex_unlock(&kq->kq_mutex);
	return (error);
}

void
kqueue_post(struct kqueue *kq, pid_t pid, uint32_t notes)
{
	struct knote *kn;

	mutex_lock(&kq->kq_mutex);
	kn = find(kq, EVFILT_PROC, (uint64_t)pid);
	if (kn != NULL) {
		spin_lock(&kq->kq_lock);
		kn->kn_happened |= notes;
		spin_unlock(&kq->kq_lock);
		knote_wake(kn);
	}
	mutex_unlock(&kq->kq_mutex);
}

void
kqueue_hold(struct kqueue *kq)
{
	refcount_take(&kq->kq_refs);
}

void
kqueue_release(struct kqueue *kq)
{
	if (refcount_drop(&kq->kq_refs))
		kmem_free(kq, sizeof(*kq));
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

/* The first of the queue, taken out of it, or NULL. */
static struct knote *
next_queued(struct kqueue *kq)
{
	struct knote *kn;

	spin_lock(&kq->kq_lock);
	kn = LIST_FIRST(&kq->kq_queue, struct knote, kn_queued);
	if (kn != NULL)
		dequeue(kq, kn);
	spin_unlock(&kq->kq_lock);
	return (kn);
}

/*
 * What becomes of a knote that was reported. While it was looked at it wasn't
 * queued, and somebody may have gone to sleep because of that. kq_mutex held.
 */
static void
reported(struct kqueue *kq, struct knote *kn, const struct kevent *kev)
{
	bool again = false;

	if ((kev->flags & EV_ONESHOT) != 0) {
		drop(kq, kn);
		return;
	}
	spin_lock(&kq->kq_lock);
	if (kn->kn_event.flags & EV_CLEAR) {
		/* What came since it was looked at stays. */
		kn->kn_happened &= ~kev->fflags;
		kn->kn_count -= MIN(kn->kn_count, MAX(1, kev->data));
	}
	if (kn->kn_event.flags & EV_DISPATCH) {
		kn->kn_disabled = true;
		dequeue(kq, kn);
	} else {
		again = !(kn->kn_event.flags & EV_CLEAR) || kn->kn_count != 0 ||
			kn->kn_happened != 0;
	}
	spin_unlock(&kq->kq_lock);
	if (again)
		knote_wake(kn);
}

/* Looks once at all that is queued. */
static int
collect(struct kqueue *kq, struct kevent_io *io, int *count)
{
	struct kevent kev;
	struct knote *kn;
	unsigned n;
	int error = 0;

	mutex_lock(&kq->kq_mutex);
	for (n = kq->kq_queued; n > 0 && *count < io->ki_nevents; n--) {
		kn = next_queued(kq);
		if (kn == NULL)
			break;
		kev = kn->kn_event;
		if (!kn->kn_filter->fl_ready(kn, &kev))
			continue;
		/* User memory: with the mutex held, not the spin lock. */
		error = io->ki_put(io, &kev);
		if (error != 0) {
			knote_wake(kn);
			break;
		}
		++*count;
		reported(kq, kn, &kev);
	}
	mutex_unlock(&kq->kq_mutex);
	return (error);
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

/* A kqueue is readable while one of its events holds. */
static int
kqueue_poll(struct file *fp, int events)
{
	struct kqueue *kq = fp->f_data;
	struct kevent kev;
	struct knote *kn;
	bool ready = false;

	/* One that watches this one may be held: those come first. */
	mutex_will_nest(&kq->kq_mutex);
	mutex_lock(&kq->kq_mutex);
	for (unsigned n = kq->kq_queued; n > 0 && !ready; n--) {
		kn = next_queued(kq);
		if (kn == NULL)
			break;
		kev = kn->kn_event;
		ready = kn->kn_filter->fl_ready(kn, &kev);
		/* Looking isn't taking. */
		if (ready)
			knote_wake(kn);
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

static void
kqueue_close(struct file *fp)
{
	struct kqueue *kq = fp->f_data;
	struct rb_node *n;

	mutex_lock(&kq->kq_mutex);
	while ((n = rb_first(&kq->kq_knotes)) != NULL)
		drop(kq, container_of(n, struct knote, kn_node));
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
