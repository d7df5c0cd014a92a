/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Knotes: how they are made, found, queued and dropped. See kqueue.c.
 */
#include "amd64/md.h"
#include "core/sched.h"
#include "fbsd/errno.h"
#include "file/fdtable.h"
#include "file/knote.h"
#include "file/kqueue.h"
#include "proc/proc.h"
#include "vm/kmem.h"
#include "vm/page.h"

#define FILE_LOCKS 64 /* a power of two */

/* For the trees of knotes of files: one for many files. */
static struct spin file_locks[FILE_LOCKS] = {
    [0 ... FILE_LOCKS - 1] = SPIN_INITIALIZER("knotes of files")};
static struct mutex nest_lock = MUTEX_INITIALIZER(nest_lock, "kqueues");

struct spin *
knote_lock(struct knote *kn)
{
	return (&kn->kn_kq->kq_lock);
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

/*
 * The queue.
 */

/* False if it is there already, or disabled. kq_lock held. */
static bool
enqueue(struct kqueue *kq, struct knote *kn)
{
	if (list_linked(&kn->kn_queued) || kn->kn_disabled)
		return (false);
	kn->kn_turn = ++kq->kq_turn;
	list_push_back(&kq->kq_queue, &kn->kn_queued);
	if (kq->kq_queued++ == 0)
		cv_broadcast(&kq->kq_cv);
	return (true);
}

/* kq_lock held. */
static void
dequeue(struct kqueue *kq, struct knote *kn)
{
	if (!list_linked(&kn->kn_queued))
		return;
	list_remove(&kn->kn_queued);
	kq->kq_queued--;
}

void
knote_requeue(struct knote *kn)
{
	struct kqueue *kq = kn->kn_kq;

	spin_lock(&kq->kq_lock);
	(void)enqueue(kq, kn);
	spin_unlock(&kq->kq_lock);
}

void
knote_wake(struct knote *kn)
{
	struct kqueue *kq = kn->kn_kq;
	bool news;

	spin_lock(&kq->kq_lock);
	news = enqueue(kq, kn);
	spin_unlock(&kq->kq_lock);
	if (news) {
		/* A kqueue that kq watches may have sent us: inner ones first.
		 */
		spin_will_nest(&kq->kq_events.es_lock);
		event_notify(&kq->kq_events, 0);
	}
}

struct knote *
knote_next(struct kqueue *kq, uint64_t turn)
{
	struct knote *kn;

	spin_lock(&kq->kq_lock);
	kn = LIST_FIRST(&kq->kq_queue, struct knote, kn_queued);
	if (kn != NULL && kn->kn_turn > turn)
		kn = NULL;
	if (kn != NULL)
		dequeue(kq, kn);
	spin_unlock(&kq->kq_lock);
	return (kn);
}

void
knote_disable(struct knote *kn, bool disabled)
{
	struct kqueue *kq = kn->kn_kq;

	spin_lock(&kq->kq_lock);
	kn->kn_disabled = disabled;
	if (disabled)
		dequeue(kq, kn);
	spin_unlock(&kq->kq_lock);
}

/*
 * The kqueue's tree.
 */
static int
compare(const struct knote *kn, int filter, uint64_t ident)
{
	if (__predict_true(kn->kn_event.ident != ident))
		return (kn->kn_event.ident < ident ? -1 : 1);
	if (kn->kn_event.filter != filter)
		return (kn->kn_event.filter < filter ? -1 : 1);
	return (0);
}

struct knote *
knote_find(struct kqueue *kq, int filter, uint64_t ident)
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
	atomic_add(&kq->kq_count, 1);
}

/*
 * The file's tree: by table of descriptors, then descriptor. Several kqueues
 * and filters may watch the same one; their order says nothing.
 */
static struct spin *
file_lock(const struct file *fp)
{
	return (&file_locks[(uintptr_t)fp / sizeof(*fp) % FILE_LOCKS]);
}

static int
compare_fd(const struct knote *kn, const struct fdtable *table, uint64_t fd)
{
	const struct fdtable *its = kn->kn_kq->kq_table;

	if (its != table)
		return (its < table ? -1 : 1);
	if (kn->kn_event.ident != fd)
		return (kn->kn_event.ident < fd ? -1 : 1);
	return (0);
}

/* A knote of this descriptor, or of any. (f) */
static struct knote *
find_in_file(struct file *fp, const struct fdtable *table, int fd)
{
	struct rb_node *n = fp->f_knotes.root;

	while (n != NULL) {
		struct knote *kn = container_of(n, struct knote, kn_fnode);
		int order = fd == -1 ? 0 : compare_fd(kn, table, (uint64_t)fd);

		if (order == 0)
			return (kn);
		n = order > 0 ? n->left : n->right;
	}
	return (NULL);
}

static void
insert_in_file(struct file *fp, struct knote *kn)
{
	struct rb_node **link = &fp->f_knotes.root, *parent = NULL;

	spin_lock(file_lock(fp));
	while (*link != NULL) {
		struct knote *other =
		    container_of(*link, struct knote, kn_fnode);

		parent = *link;
		link = compare_fd(
			   other, kn->kn_kq->kq_table, kn->kn_event.ident) > 0
			   ? &parent->left
			   : &parent->right;
	}
	rb_insert(&fp->f_knotes, &kn->kn_fnode, parent, link);
	spin_unlock(file_lock(fp));
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

/*
 * The caller has a reference to fp, but the descriptor may have been closed
 * since it was looked up.  Closing takes the number away, and then looks into
 * this tree: so either it finds the knote here, or the number is seen to mean
 * something else.
 */
static int
join_file(struct thread *td, struct knote *kn, struct file *fp)
{
	int error = 0;

	if (file_is_kqueue(fp))
		error = kn->kn_event.filter == EVFILT_READ ? nest(kn->kn_kq, fp)
							   : EINVAL;
	else if ((fp->f_flag & O_PATH) != 0 && fp->f_ops->fo_events == NULL)
		error = EBADF;
	if (error != 0)
		return (error);
	kn->kn_file = fp;
	insert_in_file(fp, kn);
	return (fd_is(td, (int)kn->kn_event.ident, fp) ? 0 : EBADF);
}

/* The last look at the file: it may be gone as soon as the knote isn't in its
 * tree. */
static void
leave_file(struct knote *kn)
{
	struct file *fp = kn->kn_file;
	struct spin *lock = file_lock(fp);

	if (file_is_kqueue(fp))
		unnest(kn->kn_kq, fp);
	spin_lock(lock);
	rb_remove(&fp->f_knotes, &kn->kn_fnode);
	spin_unlock(lock);
}

static void
init(struct knote *kn, struct kqueue *kq, const struct filter *fl,
    const struct kevent *kev, const struct knote_origin *from)
{
	kn->kn_kq = kq;
	kn->kn_filter = fl;
	kn->kn_event = *kev;
	kn->kn_event.flags &= ~(EV_ADD | EV_DELETE | EV_ENABLE | EV_DISABLE |
				EV_RECEIPT | EV_FORCEONESHOT);
	if (fl->fl_clear)
		kn->kn_event.flags |= EV_CLEAR;
	kn->kn_wanted = kev->fflags;
	if (from != NULL) {
		kn->kn_parent = from->parent;
		kn->kn_source = from->source;
	}
	kn->kn_disabled = kev->flags & EV_DISABLE;
	list_init(&kn->kn_queued);
	event_waiter_init(&kn->kn_waiter, fl->fl_notify);
}

int
knote_add(struct thread *td, struct kqueue *kq, const struct filter *fl,
    struct file *fp, const struct kevent *kev, const struct knote_origin *from)
{
	struct knote *kn;
	int error = 0;

	/* They end where programs' memory does, not where the kernel's does. */
	kn = page_low() ? NULL : kmem_alloc(sizeof(*kn), KM_ZERO);
	if (kn == NULL)
		return (ENOMEM);
	init(kn, kq, fl, kev, from);
	if (fp != NULL)
		error = join_file(td, kn, fp);
	if (error == 0)
		error = fl->fl_attach(td, kn);
	if (error != 0) {
		if (kn->kn_file != NULL)
			leave_file(kn);
		kmem_free(kn, sizeof(*kn));
		return (error);
	}
	insert(kq, kn);
	/* What holds already is an event as well. */
	knote_wake(kn);
	return (0);
}

void
knote_drop(struct kqueue *kq, struct knote *kn)
{
	kn->kn_filter->fl_detach(kn);
	if (kn->kn_file != NULL)
		leave_file(kn);
	rb_remove(&kq->kq_knotes, &kn->kn_node);
	atomic_sub(&kq->kq_count, 1);
	spin_lock(&kq->kq_lock);
	dequeue(kq, kn);
	spin_unlock(&kq->kq_lock);
	kmem_free(kn, sizeof(*kn));
}

/*
 * Drops the knotes of a descriptor, or with fd -1 all of a file.  Under the
 * tree's lock neither kqueue nor knote can go; but kq_mutex is taken before
 * that, so the kqueue gets a reference, and the knote is looked for again.
 */
static void
forget(struct file *fp, const struct fdtable *table, int fd)
{
	struct kqueue *kq;
	struct knote *kn;
	uint64_t ident;
	int filter;

	for (;;) {
		spin_lock(file_lock(fp));
		kn = find_in_file(fp, table, fd);
		if (kn == NULL)
			break;
		kq = kn->kn_kq;
		filter = kn->kn_event.filter;
		ident = kn->kn_event.ident;
		kqueue_hold(kq);
		spin_unlock(file_lock(fp));
		mutex_lock(&kq->kq_mutex);
		kn = knote_find(kq, filter, ident);
		if (kn != NULL && kn->kn_file == fp)
			knote_drop(kq, kn);
		mutex_unlock(&kq->kq_mutex);
		kqueue_release(kq);
		sched_maybe_yield();
	}
	spin_unlock(file_lock(fp));
}

void
knote_fdclose(struct thread *td, int fd, struct file *fp)
{
	forget(fp, td->td_proc->p_fd, fd);
}

void
knote_file_gone(struct file *fp)
{
	forget(fp, NULL, -1);
}
