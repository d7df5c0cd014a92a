/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Waiting for several files at once: the heart of poll(2) and select(2).
 *
 * First each file is asked for its state.  If none has anything to say, a
 * waiter is attached to every event source, and all are asked again, for
 * something may have happened in between; then the thread sleeps until one of
 * the waiters is notified, and asks anew.
 */
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "core/event.h"
#include "file/file.h"
#include "file/poll.h"
#include "proc/signal.h"
#include "vm/kmem.h"

#define SMALL 8 /* files without allocated memory */

/* (s) ps_lock. */
struct poll_state {
	struct spin ps_lock;
	struct cv ps_notified;
	bool ps_again; /* (s) something happened */
};

/* One file that is polled. */
struct polled {
	struct event_waiter po_waiter; /* first */
	struct file *po_file;	       /* with a reference; NULL: no file */
	struct poll_state *po_state;
};

static void
notified(struct event_waiter *ew, long hint)
{
	struct poll_state *ps = ((struct polled *)ew)->po_state;

	spin_lock(&ps->ps_lock);
	ps->ps_again = true;
	spin_unlock(&ps->ps_lock);
	cv_signal(&ps->ps_notified);
}

static int
ask(struct file *fp, int events)
{
	const int always = POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM;

	if (fp->f_ops->fo_poll == NULL)
		return (events & always);
	return (fp->f_ops->fo_poll(fp, events) &
		(events | POLLHUP | POLLERR | POLLNVAL));
}

/* Asks all; returns how many have something to say. */
static unsigned
ask_all(struct pollfd *fds, struct polled *po, unsigned n)
{
	unsigned ready = 0;

	for (unsigned i = 0; i < n; i++) {
		if (fds[i].fd < 0)
			fds[i].revents = 0;
		else if (po[i].po_file == NULL)
			fds[i].revents = POLLNVAL;
		else
			fds[i].revents =
			    (int16_t)ask(po[i].po_file, fds[i].events);
		ready += fds[i].revents != 0;
	}
	return (ready);
}

static void
attach_all(struct polled *po, unsigned n, struct poll_state *ps)
{
	struct event_source *es;

	for (unsigned i = 0; i < n; i++) {
		if (po[i].po_file == NULL ||
		    po[i].po_file->f_ops->fo_events == NULL)
			continue;
		es = po[i].po_file->f_ops->fo_events(po[i].po_file);
		if (es == NULL)
			continue;
		po[i].po_state = ps;
		po[i].po_waiter.ew_notify = notified;
		event_attach(es, &po[i].po_waiter);
	}
}

/* Until a file has something to say; 0 as well if the time is over. */
static int
wait_for_any(struct pollfd *fds, struct polled *po, unsigned n,
    uint64_t deadline, unsigned *ready)
{
	struct poll_state ps = {.ps_again = false};
	int error = 0;

	spin_init(&ps.ps_lock, "poll");
	cv_init(&ps.ps_notified, "select");
	attach_all(po, n, &ps);
	while ((*ready = ask_all(fds, po, n)) == 0 && error == 0) {
		spin_lock(&ps.ps_lock);
		while (!ps.ps_again && error == 0)
			error = cv_wait_spin_sig(
			    &ps.ps_notified, &ps.ps_lock, deadline);
		ps.ps_again = false;
		spin_unlock(&ps.ps_lock);
	}
	for (unsigned i = 0; i < n; i++)
		if (po[i].po_waiter.ew_notify != NULL)
			event_detach(&po[i].po_waiter);
	if (*ready > 0 || error == ETIMEDOUT)
		return (0);
	return (error == ERESTART ? EINTR : error);
}

int
kern_poll(struct thread *td, struct pollfd *fds, unsigned n, uint64_t deadline,
    unsigned *ready)
{
	struct polled small[SMALL], *po = small;
	int error = 0;

	if (n > SMALL)
		po = kmem_alloc(n * sizeof(*po), 0);
	if (po == NULL)
		return (ENOMEM);
	for (unsigned i = 0; i < n; i++) {
		po[i] = (struct polled){0};
		if (fds[i].fd >= 0)
			(void)fd_get(td, fds[i].fd, 0, &po[i].po_file);
	}
	*ready = ask_all(fds, po, n);
	if (*ready == 0 && deadline != 0)
		error = wait_for_any(fds, po, n, deadline, ready);
	for (unsigned i = 0; i < n; i++)
		if (po[i].po_file != NULL)
			file_release(po[i].po_file);
	if (po != small)
		kmem_free(po, n * sizeof(*po));
	return (error);
}
