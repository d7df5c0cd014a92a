/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pipes.
 *
 * As FreeBSD's they go both ways: two ends, and for each the bytes that wait
 * to be read there.  One mutex guards all of it and is held while bytes are
 * copied, which may sleep for a page; who waits for bytes or room waits on the
 * side's condition variables, named for what they wait for.
 *
 * A side's buffer is small at first, and large once a writer had more to say
 * than it held.
 */
#include "lib/string.h"
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "fbsd/event.h"
#include "fbsd/fcntl.h"
#include "fbsd/filio.h"
#include "fbsd/poll.h"
#include "fbsd/stat.h"
#include "fbsd/user.h"
#include "file/file.h"
#include "time/time.h"
#include "vm/kmem.h"

#define PIPE_BUF     512 /* writes of this size aren't split */
#define SMALL_BUFFER PAGE_SIZE
#define LARGE_BUFFER (64 * 1024ul)

/* An end, and what can be read there.  (l) the pipe's lock, (!) set once. */
struct pipe_end {
	struct pipe *pe_pipe;	       /* (!) */
	struct pipe_end *pe_peer;      /* (!) */
	bool pe_open;		       /* (l) */
	char *pe_buffer;	       /* (l) NULL: nothing was written yet */
	size_t pe_size;		       /* (l) of the buffer */
	size_t pe_start;	       /* (l) first byte */
	size_t pe_count;	       /* (l) bytes */
	struct cv pe_nonempty;	       /* (l) bytes came, or the peer went */
	struct cv pe_nonfull;	       /* (l) room came, or this end went */
	struct event_source pe_events; /* both, for who polls this end */
	struct timespec pe_atime;      /* (l) */
	struct timespec pe_mtime;      /* (l) */
};

struct pipe {
	struct mutex p_lock;
	struct pipe_end p_ends[2];
	uint64_t p_serial;	 /* (!) st_ino */
	struct timespec p_birth; /* (!) */
};

static uint64_t pipe_serial; /* (a) */

static size_t
room(const struct pipe_end *end)
{
	return ((end->pe_buffer == NULL ? SMALL_BUFFER : end->pe_size) -
		end->pe_count);
}

/* Bytes came to this end. (l) */
static void
arrived(struct pipe_end *end)
{
	cv_broadcast(&end->pe_nonempty);
	event_notify(&end->pe_events, 0);
}

/* Bytes left this end: its peer may write. (l) */
static void
departed(struct pipe_end *end)
{
	cv_broadcast(&end->pe_nonfull);
	event_notify(&end->pe_peer->pe_events, 0);
}

/* Out of the buffer. (l) */
static int
take_bytes(struct pipe_end *end, struct uio *uio)
{
	size_t part, before;
	int error = 0;

	while (error == 0 && uio->uio_resid > 0 && end->pe_count > 0) {
		part = MIN(end->pe_count, end->pe_size - end->pe_start);
		before = uio->uio_resid;
		error = uiomove(
		    end->pe_buffer + end->pe_start, MIN(part, before), uio);
		before -= uio->uio_resid;
		end->pe_start += before;
		if (end->pe_start == end->pe_size)
			end->pe_start = 0;
		end->pe_count -= before;
	}
	if (end->pe_count == 0)
		end->pe_start = 0;
	return (error);
}

/* Into the buffer, which has room for n. (l) */
static int
put_bytes(struct pipe_end *end, struct uio *uio, size_t n)
{
	size_t at, part, before;
	int error = 0;

	while (error == 0 && n > 0) {
		at = end->pe_start + end->pe_count;
		if (at >= end->pe_size)
			at -= end->pe_size;
		part = MIN(n, end->pe_size - at);
		before = uio->uio_resid;
		error = uiomove(end->pe_buffer + at, part, uio);
		before -= uio->uio_resid;
		end->pe_count += before;
		n -= before;
	}
	return (error);
}

/*
 * Gives an end its first buffer, or a larger one if what comes doesn't fit.
 * ENOMEM only for the first. (l)
 */
static int
make_room(struct pipe_end *end, size_t wanted)
{
	size_t size = wanted > SMALL_BUFFER ? LARGE_BUFFER : SMALL_BUFFER;
	size_t tail;
	char *buffer;

	if (end->pe_size >= size ||
	    (end->pe_buffer != NULL && wanted <= room(end)))
		return (0);
	if (end->pe_buffer != NULL)
		size = LARGE_BUFFER;
	buffer = kmem_alloc(size, 0);
	if (buffer == NULL && end->pe_buffer == NULL)
		buffer = kmem_alloc(size = SMALL_BUFFER, 0);
	if (buffer == NULL)
		return (end->pe_buffer == NULL ? ENOMEM : 0);
	if (end->pe_buffer != NULL) {
		tail = MIN(end->pe_count, end->pe_size - end->pe_start);
		memcpy(buffer, end->pe_buffer + end->pe_start, tail);
		memcpy(buffer + tail, end->pe_buffer, end->pe_count - tail);
		kmem_free(end->pe_buffer, end->pe_size);
	}
	end->pe_buffer = buffer;
	end->pe_size = size;
	end->pe_start = 0;
	return (0);
}

static int
pipe_read(struct file *fp, struct uio *uio, int flags)
{
	struct pipe_end *end = fp->f_data;
	struct mutex *lock = &end->pe_pipe->p_lock;
	int error = 0;

	mutex_lock(lock);
	while (end->pe_count == 0 && end->pe_peer->pe_open && error == 0 &&
	       uio->uio_resid > 0) {
		if ((atomic_load(&fp->f_flag) & O_NONBLOCK) != 0)
			error = EAGAIN;
		else
			error = cv_wait_sig(&end->pe_nonempty, lock);
	}
	if (error == 0 && end->pe_count > 0 && uio->uio_resid > 0) {
		error = take_bytes(end, uio);
		end->pe_atime = time_now();
		departed(end);
	}
	mutex_unlock(lock);
	return (error);
}

/*
 * Waits until some of n bytes can be written to the peer: all, if they are so
 * few that they mustn't be split. 0, EPIPE, EAGAIN, or a signal's. (l)
 */
static int
wait_room(struct file *fp, struct pipe_end *peer, size_t n)
{
	size_t need = n <= PIPE_BUF ? n : 1;
	int error;

	for (;;) {
		if (!peer->pe_open)
			return (EPIPE);
		error = make_room(peer, n);
		if (error != 0)
			return (error);
		if (room(peer) >= need)
			return (0);
		if ((atomic_load(&fp->f_flag) & O_NONBLOCK) != 0)
			return (EAGAIN);
		error = cv_wait_sig(&peer->pe_nonfull, &peer->pe_pipe->p_lock);
		if (error != 0)
			return (error);
	}
}

static int
pipe_write(struct file *fp, struct uio *uio, int flags)
{
	struct pipe_end *end = fp->f_data, *peer = end->pe_peer;
	int error = 0;

	mutex_lock(&end->pe_pipe->p_lock);
	if (!peer->pe_open)
		error = EPIPE;
	while (error == 0 && uio->uio_resid > 0) {
		error = wait_room(fp, peer, uio->uio_resid);
		if (error != 0)
			break;
		error = put_bytes(peer, uio, MIN(room(peer), uio->uio_resid));
		arrived(peer);
	}
	peer->pe_mtime = time_now();
	mutex_unlock(&end->pe_pipe->p_lock);
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
		*(int *)data = (int)end->pe_count;
		break;
	case FIONWRITE:
		*(int *)data = (int)end->pe_peer->pe_count;
		break;
	case FIONSPACE:
		*(int *)data = (int)room(end->pe_peer);
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
	if (end->pe_count > 0 || !peer->pe_open)
		ready |= events & (POLLIN | POLLRDNORM);
	if (!peer->pe_open)
		ready |= POLLHUP;
	else if (room(peer) >= PIPE_BUF)
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
	ready = filter == EVFILT_WRITE ? room(end->pe_peer) : end->pe_count;
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
	st->st_size = (off_t)end->pe_count;
	st->st_blksize = PAGE_SIZE;
	st->st_atim = end->pe_atime;
	st->st_mtim = end->pe_mtime;
	st->st_ctim = end->pe_pipe->p_birth;
	st->st_birthtim = end->pe_pipe->p_birth;
	mutex_unlock(&end->pe_pipe->p_lock);
	return (0);
}

static void
pipe_free(struct pipe *p)
{
	for (int i = 0; i < 2; i++)
		if (p->p_ends[i].pe_buffer != NULL)
			kmem_free(p->p_ends[i].pe_buffer, p->p_ends[i].pe_size);
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
	end->pe_open = false;
	last = !peer->pe_open;
	cv_broadcast(&end->pe_nonfull);
	arrived(peer);
	mutex_unlock(&p->p_lock);
	if (last)
		pipe_free(p);
}

static void
pipe_kinfo(struct file *fp, struct kinfo_file *kf)
{
	struct pipe_end *end = fp->f_data;

	mutex_lock(&end->pe_pipe->p_lock);
	kf->kf_un.kf_pipe.kf_pipe_buffer_cnt = (uint32_t)end->pe_count;
	kf->kf_un.kf_pipe.kf_pipe_buffer_size = (uint32_t)end->pe_size;
	mutex_unlock(&end->pe_pipe->p_lock);
}

static size_t
pipe_memory(struct file *fp)
{
	const struct pipe_end *end = fp->f_data;

	return (end->pe_buffer == NULL ? 0 : end->pe_size);
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
	end->pe_open = true;
	end->pe_atime = end->pe_mtime = p->p_birth;
	cv_init(&end->pe_nonempty, "piperd");
	cv_init(&end->pe_nonfull, "pipewr");
	event_source_init(&end->pe_events, "pipe events");
}

int
pipe_create(struct thread *td, int flags, struct file *fps[2])
{
	struct pipe *p = kmem_alloc(sizeof(*p), KM_ZERO);

	if (p == NULL)
		return (ENOMEM);
	mutex_init(&p->p_lock, "pipe");
	p->p_birth = time_now();
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
		p->p_ends[1].pe_open = false;
		file_release(fps[0]);
		return (ENFILE);
	}
	return (0);
}
