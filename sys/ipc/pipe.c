/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pipes.
 *
 * As FreeBSD's they go both ways: two ends, and for each a ring of the bytes
 * that wait to be read there.  One mutex guards all of it; bytes are copied
 * without it (ringbuf.h).
 */
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "fbsd/event.h"
#include "fbsd/fcntl.h"
#include "fbsd/filio.h"
#include "fbsd/poll.h"
#include "fbsd/stat.h"
#include "fbsd/user.h"
#include "file/file.h"
#include "ipc/ringbuf.h"
#include "time/time.h"
#include "vm/kmem.h"

/* An end, and what can be read there.  (l) the pipe's lock, (!) set once. */
struct pipe_end {
	struct pipe *pe_pipe;	       /* (!) */
	struct pipe_end *pe_peer;      /* (!) */
	struct ringbuf pe_ring;	       /* (l) what can be read here */
	struct event_source pe_events; /* both, for who polls this end */
	uint64_t pe_atime;	       /* (l) wall clock, ns */
	uint64_t pe_mtime;	       /* (l) */
};

struct pipe {
	struct mutex p_lock;
	struct pipe_end p_ends[2];
	uint64_t p_serial; /* (!) st_ino */
	uint64_t p_birth;  /* (!) wall clock, ns */
};

static uint64_t pipe_serial; /* (a) */

/* Bytes left this end: its peer may write. (l) */
static void
departed(struct pipe_end *end)
{
	event_notify(&end->pe_peer->pe_events, 0);
	if (ringbuf_missed(&end->pe_ring))
		event_notify(&end->pe_events, 0);
}

/* Bytes came to this end, which may be read. (l) */
static void
arrived(struct pipe_end *end)
{
	event_notify(&end->pe_events, 0);
	if (ringbuf_missed(&end->pe_ring))
		event_notify(&end->pe_peer->pe_events, 0);
}

static int
pipe_read(struct file *fp, struct uio *uio, int flags)
{
	struct pipe_end *end = fp->f_data;
	struct ringbuf *rb = &end->pe_ring;
	int error;

	if (uio->uio_resid == 0)
		return (0);
	mutex_lock(rb->rb_lock);
	error = ringbuf_wait_bytes(rb, file_nonblock(fp));
	if (error == 0 && rb->rb_count > 0) {
		error = ringbuf_take(
		    rb, uio, MIN(rb->rb_count, uio->uio_resid), false);
		end->pe_atime = time_realtime();
		departed(end);
	}
	mutex_unlock(rb->rb_lock);
	return (error);
}

static int
pipe_write(struct file *fp, struct uio *uio, int flags)
{
	struct pipe_end *end = fp->f_data, *peer = end->pe_peer;
	struct ringbuf *rb = &peer->pe_ring;
	int error = 0;
	size_t n;

	mutex_lock(rb->rb_lock);
	if (rb->rb_no_reader)
		error = EPIPE;
	while (error == 0 && uio->uio_resid > 0) {
		error = ringbuf_wait_room(
		    rb, uio->uio_resid, file_nonblock(fp), &n);
		if (error != 0)
			break;
		error = ringbuf_put(rb, uio, n);
		arrived(peer);
	}
	peer->pe_mtime = time_realtime();
	mutex_unlock(rb->rb_lock);
	return (error);
}

static int
pipe_ioctl(struct file *fp, unsigned long cmd, void *data, struct thread *td)
{
	struct pipe_end *end = fp->f_data;
	int error = 0;

	mutex_lock(&end->pe_pipe->p_lock);
	switch (cmd) {
	case FIONREAD:
		*(int *)data = (int)end->pe_ring.rb_count;
		break;
	case FIONWRITE:
		*(int *)data = (int)end->pe_peer->pe_ring.rb_count;
		break;
	case FIONSPACE:
		*(int *)data =
		    (int)ringbuf_room(&end->pe_peer->pe_ring, PIPE_SIZE);
		break;
	default:
		error = ENOTTY;
	}
	mutex_unlock(&end->pe_pipe->p_lock);
	return (error);
}

static int
pipe_poll(struct file *fp, int events)
{
	struct pipe_end *end = fp->f_data, *peer = end->pe_peer;
	int ready = 0;

	mutex_lock(&end->pe_pipe->p_lock);
	if (end->pe_ring.rb_count > 0 || end->pe_ring.rb_no_writer)
		ready |= events & (POLLIN | POLLRDNORM);
	if (end->pe_ring.rb_no_writer)
		ready |= POLLHUP;
	else if (ringbuf_pipe_room(&peer->pe_ring) >= PIPE_BUF)
		ready |= events & (POLLOUT | POLLWRNORM);
	mutex_unlock(&end->pe_pipe->p_lock);
	return (ready);
}

static struct event_source *
pipe_events(struct file *fp)
{
	struct pipe_end *end = fp->f_data;

	return (&end->pe_events);
}

static int64_t
pipe_ready(struct file *fp, int filter)
{
	struct pipe_end *end = fp->f_data;
	size_t ready;

	mutex_lock(&end->pe_pipe->p_lock);
	ready = filter == EVFILT_WRITE
		    ? ringbuf_pipe_room(&end->pe_peer->pe_ring)
		    : end->pe_ring.rb_count;
	mutex_unlock(&end->pe_pipe->p_lock);
	return ((int64_t)ready);
}

static int
pipe_stat(struct file *fp, struct stat *st)
{
	struct pipe_end *end = fp->f_data;

	file_stat_plain(fp, S_IFIFO | S_IRUSR | S_IWUSR, st);
	mutex_lock(&end->pe_pipe->p_lock);
	st->st_ino = end->pe_pipe->p_serial;
	st->st_nlink = 1;
	st->st_size = (off_t)end->pe_ring.rb_count;
	st->st_blksize = PAGE_SIZE;
	st->st_atim = ns_timespec(end->pe_atime);
	st->st_mtim = ns_timespec(end->pe_mtime);
	st->st_ctim = ns_timespec(end->pe_pipe->p_birth);
	st->st_birthtim = st->st_ctim;
	mutex_unlock(&end->pe_pipe->p_lock);
	return (0);
}

static void
pipe_free(struct pipe *p)
{
	for (int i = 0; i < 2; i++)
		ringbuf_free(&p->p_ends[i].pe_ring);
	kmem_free(p, sizeof(*p));
}

static void
pipe_close(struct file *fp)
{
	struct pipe_end *end = fp->f_data, *peer = end->pe_peer;
	struct pipe *p = end->pe_pipe;
	bool last;

	event_source_drain(&end->pe_events);
	mutex_lock(&p->p_lock);
	last = end->pe_ring.rb_no_writer;
	end->pe_ring.rb_no_reader = peer->pe_ring.rb_no_writer = true;
	/* Who writes to this end, and who reads from the other. */
	cv_broadcast(&end->pe_ring.rb_nonfull);
	cv_broadcast(&peer->pe_ring.rb_nonempty);
	event_notify(&peer->pe_events, 0);
	mutex_unlock(&p->p_lock);
	if (last)
		pipe_free(p);
}

static void
pipe_kinfo(struct file *fp, struct kinfo_file *kf)
{
	struct pipe_end *end = fp->f_data;

	mutex_lock(&end->pe_pipe->p_lock);
	kf->kf_un.kf_pipe.kf_pipe_buffer_cnt = (uint32_t)end->pe_ring.rb_count;
	kf->kf_un.kf_pipe.kf_pipe_buffer_size =
	    (uint32_t)ringbuf_memory(&end->pe_ring);
	mutex_unlock(&end->pe_pipe->p_lock);
}

static size_t
pipe_memory(struct file *fp)
{
	const struct pipe_end *end = fp->f_data;

	return (ringbuf_memory(&end->pe_ring));
}

static const struct fileops pipe_fileops = {
    .fo_read = pipe_read,
    .fo_write = pipe_write,
    .fo_ioctl = pipe_ioctl,
    .fo_poll = pipe_poll,
    .fo_events = pipe_events,
    .fo_ready = pipe_ready,
    .fo_stat = pipe_stat,
    .fo_kinfo = pipe_kinfo,
    .fo_memory = pipe_memory,
    .fo_close = pipe_close,
    .fo_passable = true,
};

static void
init_end(struct pipe *p, int i)
{
	struct pipe_end *end = &p->p_ends[i];

	end->pe_pipe = p;
	end->pe_peer = &p->p_ends[1 - i];
	end->pe_atime = end->pe_mtime = p->p_birth;
	ringbuf_init(&end->pe_ring, &p->p_lock, "piperd", "pipewr");
	event_source_init(&end->pe_events, "pipe events");
}

int
pipe_create(struct thread *td, int flags, struct file *fps[2])
{
	struct pipe *p = kmem_alloc(sizeof(*p), KM_ZERO);

	if (p == NULL)
		return (ENOMEM);
	mutex_init(&p->p_lock, "pipe");
	p->p_birth = time_realtime();
	p->p_serial = atomic_add(&pipe_serial, 1) + 1;
	init_end(p, 0);
	init_end(p, 1);
	flags = FREAD | FWRITE | (flags & O_NONBLOCK);
	fps[0] =
	    file_alloc(td, DTYPE_PIPE, flags, &pipe_fileops, &p->p_ends[0]);
	if (fps[0] == NULL) {
		pipe_free(p);
		return (ENFILE);
	}
	fps[1] =
	    file_alloc(td, DTYPE_PIPE, flags, &pipe_fileops, &p->p_ends[1]);
	if (fps[1] == NULL) {
		/* Closing the first end leaves the other to us. */
		p->p_ends[0].pe_ring.rb_no_writer = true;
		file_release(fps[0]);
		return (ENFILE);
	}
	return (0);
}
