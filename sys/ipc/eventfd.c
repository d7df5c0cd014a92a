/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * eventfd(2): a counter behind a descriptor.  Writing adds, reading takes all
 * (or one, of a semaphore) and waits while there is nothing to take; writing
 * waits while the sum would not fit.
 */
#include "fbsd/errno.h"
#include "fbsd/fcntl.h"
#include "fbsd/poll.h"
#include "fbsd/stat.h"
#include "fbsd/user.h"
#include "ipc/eventfd.h"
#include "file/file.h"
#include "lib/string.h"
#include "vm/kmem.h"

#define EVENTFD_MAX (UINT64_MAX - 1)

struct eventfd {
	struct spin e_lock;
	uint64_t e_count; /* (e_lock) */
	bool e_semaphore; /* (!) */
	struct cv e_cv;	  /* (e_lock) e_count changed */
	struct event_source e_events;
};

static void
changed(struct eventfd *e)
{
	cv_broadcast(&e->e_cv);
	event_notify(&e->e_events, 0);
}

static int
eventfd_read(struct file *fp, struct uio *uio, int flags)
{
	struct eventfd *e = fp->f_data;
	uint64_t value = 0;
	int error = 0;

	if (uio->uio_resid < sizeof(value))
		return (EINVAL);
	spin_lock(&e->e_lock);
	while (error == 0 && e->e_count == 0)
		error = file_wait(fp, &e->e_cv, &e->e_lock);
	if (error == 0) {
		value = e->e_semaphore ? 1 : e->e_count;
		e->e_count -= value;
	}
	spin_unlock(&e->e_lock);
	if (error != 0)
		return (error);
	changed(e);
	return (uiomove(&value, sizeof(value), uio));
}

static int
eventfd_write(struct file *fp, struct uio *uio, int flags)
{
	struct eventfd *e = fp->f_data;
	uint64_t value;
	int error;

	if (uio->uio_resid < sizeof(value))
		return (EINVAL);
	error = uiomove(&value, sizeof(value), uio);
	if (error == 0 && value == UINT64_MAX)
		error = EINVAL;
	if (error != 0)
		return (error);
	spin_lock(&e->e_lock);
	while (error == 0 && value > EVENTFD_MAX - e->e_count)
		error = file_wait(fp, &e->e_cv, &e->e_lock);
	if (error == 0)
		e->e_count += value;
	spin_unlock(&e->e_lock);
	if (error == 0)
		changed(e);
	else
		uio->uio_resid += sizeof(value);
	return (error);
}

static int
eventfd_poll(struct file *fp, int events)
{
	struct eventfd *e = fp->f_data;
	int ready = 0;

	spin_lock(&e->e_lock);
	if (e->e_count > 0)
		ready |= POLLIN | POLLRDNORM;
	if (e->e_count < EVENTFD_MAX)
		ready |= POLLOUT;
	spin_unlock(&e->e_lock);
	return (ready & events);
}

static struct event_source *
eventfd_events(struct file *fp)
{
	return (&((struct eventfd *)fp->f_data)->e_events);
}

static int
eventfd_stat(struct file *fp, struct stat *st)
{
	file_stat_plain(fp, S_IFIFO | 0600, st);
	return (0);
}

static void
eventfd_close(struct file *fp)
{
	struct eventfd *e = fp->f_data;

	event_source_drain(&e->e_events);
	kmem_free(e, sizeof(*e));
}

static void
eventfd_kinfo(struct file *fp, struct kinfo_file *kf)
{
	struct eventfd *e = fp->f_data;

	kf->kf_un.kf_eventfd.kf_eventfd_value = e->e_count;
	kf->kf_un.kf_eventfd.kf_eventfd_flags =
	    e->e_semaphore ? KF_EFD_SEMAPHORE : 0;
}

static const struct fileops eventfd_ops = {
    .fo_read = eventfd_read,
    .fo_write = eventfd_write,
    .fo_poll = eventfd_poll,
    .fo_events = eventfd_events,
    .fo_stat = eventfd_stat,
    .fo_close = eventfd_close,
    .fo_kinfo = eventfd_kinfo,
    .fo_passable = true,
};

int
kern_eventfd(
    struct thread *td, unsigned value, bool semaphore, int flags, int *fdp)
{
	struct eventfd *e = kmem_alloc(sizeof(*e), KM_ZERO);
	struct file *fp;

	if (e == NULL)
		return (ENOMEM);
	spin_init(&e->e_lock, "eventfd");
	cv_init(&e->e_cv, "evtfd");
	event_source_init(&e->e_events, "eventfd events");
	e->e_count = value;
	e->e_semaphore = semaphore;
	fp = file_alloc(td, DTYPE_EVENTFD,
	    FREAD | FWRITE | (flags & O_NONBLOCK), &eventfd_ops, e);
	if (fp == NULL) {
		kmem_free(e, sizeof(*e));
		return (ENFILE);
	}
	return (fd_open(td, fp, flags & O_CLOEXEC ? UF_EXCLOSE : 0, fdp));
}
