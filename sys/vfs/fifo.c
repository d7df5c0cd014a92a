/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Named pipes: one buffer behind a vnode, between all who have it open for
 * reading and all who have it open for writing.
 *
 * Opening one way waits for somebody who opens it the other way.  That may
 * have come and gone again before we run, so each side counts its openings,
 * and a wait is over when the other side's count has changed.
 */
#include "fbsd/errno.h"
#include "fbsd/event.h"
#include "fbsd/fcntl.h"
#include "fbsd/filio.h"
#include "fbsd/poll.h"
#include "proc/proc.h"
#include "vfs/fifo.h"
#include "vfs/lockf.h"
#include "vfs/vn_file.h"
#include "vfs/vnode.h"
#include "vm/kmem.h"

#define FIFO_SIZE 16384ul
#define ATOMIC	  512 /* PIPE_BUF: writes of this size aren't split */

/* One direction's openers. */
struct side {
	unsigned open;	   /* files */
	uint64_t openings; /* ever */
};

/* All under ff_lock. */
struct fifo {
	struct mutex ff_lock;
	struct side ff_readers;
	struct side ff_writers;
	char *ff_buffer; /* FIFO_SIZE; NULL: nothing was written yet */
	size_t ff_start;
	size_t ff_count;
	struct cv ff_changed; /* bytes, room or openers */
	struct event_source ff_events;
};

static const struct fileops fifo_fileops;

/* The vnode's, made when it is first opened. */
static struct fifo *
get_fifo(struct vnode *vp)
{
	struct fifo *ff = atomic_load(&vp->v_fifo), *new;

	if (ff != NULL)
		return (ff);
	new = kmem_alloc(sizeof(*new), KM_ZERO);
	if (new == NULL)
		return (NULL);
	mutex_init(&new->ff_lock, "fifo");
	cv_init(&new->ff_changed, "fifo");
	event_source_init(&new->ff_events, "fifo events");
	if (!atomic_cas(&vp->v_fifo, &ff, new)) {
		kmem_free(new, sizeof(*new));
		return (ff);
	}
	return (new);
}

void
fifo_free(struct vnode *vp)
{
	struct fifo *ff = vp->v_fifo;

	if (ff->ff_buffer != NULL)
		kmem_free(ff->ff_buffer, FIFO_SIZE);
	kmem_free(ff, sizeof(*ff));
	vp->v_fifo = NULL;
}

static void
changed(struct fifo *ff)
{
	cv_broadcast(&ff->ff_changed);
	event_notify(&ff->ff_events, 0);
}

static void
enter(struct side *s)
{
	s->open++;
	s->openings++;
}

/* Waits until somebody has opened the other side. */
static int
wait_side(struct fifo *ff, struct side *other)
{
	const uint64_t before = other->openings;
	int error = 0;

	while (error == 0 && other->open == 0 && other->openings == before)
		error = cv_wait_sig(&ff->ff_changed, &ff->ff_lock);
	return (error);
}

static void
leave(struct fifo *ff, int flag)
{
	if ((flag & FREAD) != 0)
		ff->ff_readers.open--;
	if ((flag & FWRITE) != 0)
		ff->ff_writers.open--;
	if (ff->ff_readers.open == 0 && ff->ff_writers.open == 0)
		ff->ff_start = ff->ff_count = 0;
	changed(ff);
}

int
fifo_open(struct thread *td, struct vnode *vp, struct file *fp)
{
	const uint32_t flag = fp->f_flag;
	struct fifo *ff = get_fifo(vp->v_base);
	int error = 0;

	if (ff == NULL)
		return (ENOMEM);
	mutex_lock(&ff->ff_lock);
	if ((flag & (FREAD | FWRITE | O_NONBLOCK)) == (FWRITE | O_NONBLOCK) &&
	    ff->ff_readers.open == 0) {
		mutex_unlock(&ff->ff_lock);
		return (ENXIO);
	}
	/* Hang-ups count from now on. */
	fp->f_seqpos = ff->ff_writers.openings;
	if ((flag & FREAD) != 0)
		enter(&ff->ff_readers);
	if ((flag & FWRITE) != 0)
		enter(&ff->ff_writers);
	changed(ff);
	if ((flag & O_NONBLOCK) == 0 && (flag & (FREAD | FWRITE)) == FREAD)
		error = wait_side(ff, &ff->ff_writers);
	if ((flag & O_NONBLOCK) == 0 && (flag & (FREAD | FWRITE)) == FWRITE)
		error = wait_side(ff, &ff->ff_readers);
	if (error != 0)
		leave(ff, (int)flag);
	else
		fp->f_ops = &fifo_fileops;
	mutex_unlock(&ff->ff_lock);
	return (error);
}

static void
fifo_close(struct file *fp)
{
	struct vnode *vp = fp->f_vnode->v_base;
	struct fifo *ff = vp->v_fifo;

	mutex_lock(&ff->ff_lock);
	leave(ff, (int)fp->f_flag);
	mutex_unlock(&ff->ff_lock);
	if ((atomic_load(&vp->v_flags) & VV_LOCKS) != 0)
		advlocks_file_closed(fp);
	vn_note(vp, (fp->f_flag & FWRITE) != 0 ? NOTE_CLOSE_WRITE : NOTE_CLOSE);
}

/* Bytes between the buffer at `at` and the uio, up to its wrap. */
static int
move_part(struct fifo *ff, size_t at, size_t n, struct uio *uio, size_t *moved)
{
	const size_t before = uio->uio_resid;
	int error;

	error = uiomove(ff->ff_buffer + at, MIN(n, FIFO_SIZE - at), uio);
	*moved = before - uio->uio_resid;
	return (error);
}

static int
take_bytes(struct fifo *ff, struct uio *uio)
{
	size_t moved;
	int error = 0;

	while (error == 0 && uio->uio_resid > 0 && ff->ff_count > 0) {
		error = move_part(ff, ff->ff_start,
		    MIN(ff->ff_count, uio->uio_resid), uio, &moved);
		ff->ff_start = (ff->ff_start + moved) % FIFO_SIZE;
		ff->ff_count -= moved;
	}
	return (error);
}

static int
put_bytes(struct fifo *ff, struct uio *uio)
{
	size_t moved;
	int error = 0;

	while (error == 0 && uio->uio_resid > 0 && ff->ff_count < FIFO_SIZE) {
		error = move_part(ff, (ff->ff_start + ff->ff_count) % FIFO_SIZE,
		    MIN(FIFO_SIZE - ff->ff_count, uio->uio_resid), uio, &moved);
		ff->ff_count += moved;
	}
	return (error);
}

static int
wait_changed(struct file *fp, struct fifo *ff)
{
	if ((atomic_load(&fp->f_flag) & O_NONBLOCK) != 0)
		return (EAGAIN);
	return (cv_wait_sig(&ff->ff_changed, &ff->ff_lock));
}

static int
fifo_read(struct file *fp, struct uio *uio, int flags)
{
	struct fifo *ff = fp->f_vnode->v_base->v_fifo;
	int error = 0;

	mutex_lock(&ff->ff_lock);
	while (error == 0 && ff->ff_count == 0 && ff->ff_writers.open > 0 &&
	       uio->uio_resid > 0)
		error = wait_changed(fp, ff);
	if (error == 0 && ff->ff_count > 0) {
		error = take_bytes(ff, uio);
		changed(ff);
	}
	mutex_unlock(&ff->ff_lock);
	return (error);
}

static int
wait_room(struct file *fp, struct fifo *ff, size_t n)
{
	const size_t need = n <= ATOMIC ? n : 1;
	int error = 0;

	while (error == 0 && ff->ff_readers.open > 0 &&
	       FIFO_SIZE - ff->ff_count < need)
		error = wait_changed(fp, ff);
	return (error == 0 && ff->ff_readers.open == 0 ? EPIPE : error);
}

static int
fifo_write(struct file *fp, struct uio *uio, int flags)
{
	struct fifo *ff = fp->f_vnode->v_base->v_fifo;
	int error = 0;

	mutex_lock(&ff->ff_lock);
	if (ff->ff_buffer == NULL)
		ff->ff_buffer = kmem_alloc(FIFO_SIZE, 0);
	if (ff->ff_buffer == NULL)
		error = ENOMEM;
	while (error == 0 && uio->uio_resid > 0) {
		error = wait_room(fp, ff, uio->uio_resid);
		if (error == 0) {
			error = put_bytes(ff, uio);
			changed(ff);
		}
	}
	mutex_unlock(&ff->ff_lock);
	return (error);
}

static int
fifo_poll(struct file *fp, int events)
{
	struct fifo *ff = fp->f_vnode->v_base->v_fifo;
	bool hangup;
	int ready = 0;

	mutex_lock(&ff->ff_lock);
	if ((fp->f_flag & FREAD) != 0) {
		hangup = ff->ff_writers.open == 0 &&
			 ff->ff_writers.openings != fp->f_seqpos;
		if (ff->ff_count > 0 || hangup)
			ready |= events & (POLLIN | POLLRDNORM);
		if (hangup)
			ready |= POLLHUP;
	}
	if ((fp->f_flag & FWRITE) != 0) {
		if (ff->ff_readers.open == 0)
			ready |= POLLHUP;
		else if (FIFO_SIZE - ff->ff_count >= ATOMIC)
			ready |= events & (POLLOUT | POLLWRNORM);
	}
	mutex_unlock(&ff->ff_lock);
	return (ready);
}

static struct event_source *
fifo_events(struct file *fp)
{
	return (&fp->f_vnode->v_base->v_fifo->ff_events);
}

static int64_t
fifo_ready(struct file *fp, int filter)
{
	struct fifo *ff = fp->f_vnode->v_base->v_fifo;
	size_t n;

	mutex_lock(&ff->ff_lock);
	n = filter == EVFILT_WRITE ? FIFO_SIZE - ff->ff_count : ff->ff_count;
	mutex_unlock(&ff->ff_lock);
	return ((int64_t)n);
}

static int
fifo_ioctl(struct file *fp, unsigned long cmd, void *data, struct thread *td)
{
	if (cmd != FIONREAD)
		return (ENOTTY);
	*(int *)data = (int)fifo_ready(fp, EVFILT_READ);
	return (0);
}

static const struct fileops fifo_fileops = {
    .fo_read = fifo_read,
    .fo_write = fifo_write,
    .fo_ioctl = fifo_ioctl,
    .fo_poll = fifo_poll,
    .fo_events = fifo_events,
    .fo_ready = fifo_ready,
    .fo_close = fifo_close,
    .fo_passable = true,
};
