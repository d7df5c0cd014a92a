/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Named pipes: one ring of bytes behind a vnode, between all who have it open
 * for reading and all who have it open for writing.
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
#include "ipc/ringbuf.h"
#include "proc/proc.h"
#include "vfs/fifo.h"
#include "vfs/lockf.h"
#include "vfs/vn_file.h"
#include "vfs/vnode.h"
#include "vm/kmem.h"

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
	struct ringbuf ff_ring;
	struct cv ff_opened; /* one side has more openers */
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
	ringbuf_init(&new->ff_ring, &new->ff_lock, "piperd", "pipewr");
	cv_init(&new->ff_opened, "fifo");
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

	ringbuf_free(&ff->ff_ring);
	kmem_free(ff, sizeof(*ff));
	vp->v_fifo = NULL;
}

/* Openers came or went. */
static void
changed(struct fifo *ff)
{
	ff->ff_ring.rb_no_reader = ff->ff_readers.open == 0;
	ff->ff_ring.rb_no_writer = ff->ff_writers.open == 0;
	cv_broadcast(&ff->ff_opened);
	cv_broadcast(&ff->ff_ring.rb_nonempty);
	cv_broadcast(&ff->ff_ring.rb_nonfull);
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
		error = cv_wait_sig(&ff->ff_opened, &ff->ff_lock);
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
		ringbuf_clear(&ff->ff_ring);
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
	advlocks_file_closed(fp);
	vn_note(vp, (fp->f_flag & FWRITE) != 0 ? NOTE_CLOSE_WRITE : NOTE_CLOSE);
}

static int
fifo_read(struct file *fp, struct uio *uio, int flags)
{
	struct fifo *ff = fp->f_vnode->v_base->v_fifo;
	struct ringbuf *rb = &ff->ff_ring;
	int error;

	if (uio->uio_resid == 0)
		return (0);
	mutex_lock(&ff->ff_lock);
	error = ringbuf_wait_bytes(rb, file_nonblock(fp));
	if (error == 0 && rb->rb_count > 0) {
		error = ringbuf_take(
		    rb, uio, MIN(rb->rb_count, uio->uio_resid), false);
		event_notify(&ff->ff_events, 0);
	}
	mutex_unlock(&ff->ff_lock);
	return (error);
}

static int
fifo_write(struct file *fp, struct uio *uio, int flags)
{
	struct fifo *ff = fp->f_vnode->v_base->v_fifo;
	struct ringbuf *rb = &ff->ff_ring;
	int error = 0;
	size_t n;

	mutex_lock(&ff->ff_lock);
	while (error == 0 && uio->uio_resid > 0) {
		error = ringbuf_wait_room(
		    rb, uio->uio_resid, file_nonblock(fp), &n);
		if (error != 0)
			break;
		error = ringbuf_put(rb, uio, n);
		event_notify(&ff->ff_events, 0);
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
		if (ff->ff_ring.rb_count > 0 || hangup)
			ready |= events & (POLLIN | POLLRDNORM);
		if (hangup)
			ready |= POLLHUP;
	}
	if ((fp->f_flag & FWRITE) != 0) {
		if (ff->ff_readers.open == 0)
			ready |= POLLHUP;
		else if (ringbuf_pipe_room(&ff->ff_ring) >= PIPE_BUF)
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
	n = filter == EVFILT_WRITE ? ringbuf_pipe_room(&ff->ff_ring)
				   : ff->ff_ring.rb_count;
	mutex_unlock(&ff->ff_lock);
	return ((int64_t)n);
}

static int
fifo_ioctl(struct file *fp, unsigned long cmd, void *data, struct thread *td)
{
	if (cmd != FIONREAD)
		return (ENOTTY);
	*(int *)data =
	    (fp->f_flag & FREAD) != 0 ? (int)fifo_ready(fp, EVFILT_READ) : 0;
	return (0);
}

static size_t
fifo_memory(struct file *fp)
{
	return (ringbuf_memory(&fp->f_vnode->v_base->v_fifo->ff_ring));
}

static const struct fileops fifo_fileops = {
    .fo_read = fifo_read,
    .fo_write = fifo_write,
    .fo_ioctl = fifo_ioctl,
    .fo_poll = fifo_poll,
    .fo_events = fifo_events,
    .fo_ready = fifo_ready,
    .fo_memory = fifo_memory,
    .fo_close = fifo_close,
    .fo_passable = true,
};
