/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Waiting for several files at once: the heart of poll(2) and select(2).
 *
 * Each file is asked for its state.  If none has anything to say and the call
 * may wait, so that the CPU has time, a waiter is attached to each file's event
 * source, and the file asked again, so that nothing that happens in between is
 * missed.  Then the thread sleeps until some of the waiters are notified, and
 * asks those files only.
 */
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "core/event.h"
#include "file/file.h"
#include "file/poll.h"
#include "proc/signal.h"
#include "vm/kmem.h"

#define FEW 8 /* files without allocated memory */

/* One file that is polled. */
struct polled {
	struct event_waiter po_waiter;
	struct list po_link;  /* (s) in pc_notified */
	struct file *po_file; /* with a reference; NULL: no file */
	struct poll_call *po_call;
	bool po_attached;
};

/* (s) pc_lock; all else is the calling thread's. */
struct poll_call {
	struct pollfd *pc_fds;
	struct polled *pc_polled; /* one for each of them */
	unsigned pc_n;
	unsigned pc_ready; /* how many have something to say */
	struct spin pc_lock;
	struct cv pc_cv;	 /* (s) pc_notified isn't empty */
	struct list pc_notified; /* (s) to be asked again */
};

static void
notified(struct event_waiter *ew, long hint)
{
	struct polled *po = container_of(ew, struct polled, po_waiter);
	struct poll_call *pc = po->po_call;

	spin_lock(&pc->pc_lock);
	if (!list_linked(&po->po_link))
		list_push_back(&pc->pc_notified, &po->po_link);
	spin_unlock(&pc->pc_lock);
	cv_signal(&pc->pc_cv);
}

static void
attach(struct poll_call *pc, struct polled *po)
{
	const struct fileops *ops = po->po_file->f_ops;
	struct event_source *es;

	es = ops->fo_events == NULL ? NULL : ops->fo_events(po->po_file);
	if (es == NULL)
		return;
	po->po_call = pc;
	po->po_attached = true;
	list_init(&po->po_link);
	event_waiter_init(&po->po_waiter, notified);
	event_attach(es, &po->po_waiter);
}

static int
state_of(struct file *fp, int events)
{
	const int always = POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM;

	if (fp->f_ops->fo_poll == NULL)
		return (
		    (fp->f_flag & O_PATH) != 0 ? POLLNVAL : events & always);
	return (fp->f_ops->fo_poll(fp, events) &
		(events | POLLHUP | POLLERR | POLLNVAL));
}

/* Has it anything to say? fp NULL: there is no such file. */
static inline bool
ask(struct pollfd *pfd, struct file *fp)
{
	if (fp != NULL)
		pfd->revents = (int16_t)state_of(fp, pfd->events);
	else
		pfd->revents = pfd->fd < 0 ? 0 : POLLNVAL;
	return (pfd->revents != 0);
}

static void
release_files(struct poll_call *pc)
{
	for (unsigned i = 0; i < pc->pc_n; i++) {
		struct polled *po = &pc->pc_polled[i];

		if (po->po_attached)
			event_detach(&po->po_waiter);
		if (po->po_file != NULL)
			file_release(po->po_file);
	}
}

static void
ask_all(struct thread *td, struct poll_call *pc)
{
	for (unsigned i = 0; i < pc->pc_n; i++) {
		struct pollfd *pfd = &pc->pc_fds[i];
		struct polled *po = &pc->pc_polled[i];

		po->po_file = NULL;
		po->po_attached = false;
		if (pfd->fd >= 0)
			(void)fd_get(td, pfd->fd, 0, &po->po_file);
		pc->pc_ready += ask(pfd, po->po_file);
	}
}

/* What happened since a file was asked is seen once it is attached to. */
static void
attach_all(struct poll_call *pc)
{
	spin_init(&pc->pc_lock, "poll");
	cv_init(&pc->pc_cv, "select");
	list_init(&pc->pc_notified);
	for (unsigned i = 0; i < pc->pc_n && pc->pc_ready == 0; i++) {
		struct polled *po = &pc->pc_polled[i];

		if (po->po_file == NULL)
			continue;
		attach(pc, po);
		pc->pc_ready += ask(&pc->pc_fds[i], po->po_file);
	}
}

static void
ask_again(struct poll_call *pc, struct polled *po)
{
	struct pollfd *pfd = &pc->pc_fds[po - pc->pc_polled];

	pc->pc_ready -= pfd->revents != 0;
	pc->pc_ready += ask(pfd, po->po_file);
}

/* Until one of those that were notified has something to say. */
static int
wait_for_any(struct poll_call *pc, uint64_t deadline)
{
	struct polled *po;
	int error = 0;

	spin_lock(&pc->pc_lock);
	while (pc->pc_ready == 0 && error == 0) {
		while (list_empty(&pc->pc_notified) && error == 0)
			error = cv_wait_spin_sig(
			    &pc->pc_cv, &pc->pc_lock, deadline);
		while ((po = LIST_FIRST(&pc->pc_notified, struct polled,
			    po_link)) != NULL) {
			list_remove(&po->po_link);
			spin_unlock(&pc->pc_lock);
			ask_again(pc, po);
			spin_lock(&pc->pc_lock);
		}
	}
	spin_unlock(&pc->pc_lock);
	if (pc->pc_ready > 0 || error == ETIMEDOUT)
		return (0);
	return (error == ERESTART ? EINTR : error);
}

int
kern_poll(struct thread *td, struct pollfd *fds, unsigned n, uint64_t deadline,
    unsigned *ready)
{
	struct polled few[FEW];
	struct poll_call pc = {.pc_fds = fds, .pc_polled = few, .pc_n = n};
	int error = 0;

	if (n > FEW)
		pc.pc_polled = kmem_alloc(n * sizeof(*pc.pc_polled), 0);
	if (pc.pc_polled == NULL)
		return (ENOMEM);
	ask_all(td, &pc);
	if (pc.pc_ready == 0 && deadline != 0) {
		attach_all(&pc);
		error = wait_for_any(&pc, deadline);
	}
	release_files(&pc);
	if (pc.pc_polled != few)
		kmem_free(pc.pc_polled, n * sizeof(*pc.pc_polled));
	*ready = pc.pc_ready;
	return (error);
}
