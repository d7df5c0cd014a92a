/* SPDX-License-Identifier: BSD-2-Clause */
/* A ring of bytes between processes: see ringbuf.h. */
#include "lib/string.h"
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "ipc/ringbuf.h"
#include "vm/kmem.h"

#define SMALL 512 /* bytes: not worth letting go of the lock */

void
ringbuf_init(struct ringbuf *rb, struct mutex *lock)
{
	*rb = (struct ringbuf){.rb_lock = lock, .rb_size = RINGBUF_SMALL};
	cv_init(&rb->rb_nonempty, "piperd");
	cv_init(&rb->rb_nonfull, "pipewr");
}

void
ringbuf_free(struct ringbuf *rb)
{
	if (rb->rb_data != NULL)
		kmem_free(rb->rb_data, rb->rb_size);
}

static int
wait_on(struct ringbuf *rb, struct cv *cv, bool busy, bool nonblock)
{
	if (!nonblock)
		return (cv_wait_sig(cv, rb->rb_lock));
	rb->rb_missed = rb->rb_missed || busy;
	return (EAGAIN);
}

int
ringbuf_wait_reader(struct ringbuf *rb, bool nonblock)
{
	return (wait_on(rb, &rb->rb_nonempty, rb->rb_reading, nonblock));
}

int
ringbuf_wait_writer(struct ringbuf *rb, bool nonblock)
{
	return (wait_on(rb, &rb->rb_nonfull, rb->rb_writing, nonblock));
}

int
ringbuf_grow(struct ringbuf *rb, size_t wanted)
{
	size_t size = wanted > RINGBUF_SMALL ? RINGBUF_LARGE : RINGBUF_SMALL;
	size_t tail;
	char *data;

	if (rb->rb_data != NULL && rb->rb_size >= size)
		return (0);
	/* Somebody uses the one that is there. */
	if (rb->rb_reading || rb->rb_writing)
		return (0);
	if (rb->rb_data != NULL)
		size = RINGBUF_LARGE;
	data = kmem_alloc(size, 0);
	if (data == NULL && rb->rb_data == NULL)
		data = kmem_alloc(size = RINGBUF_SMALL, 0);
	if (data == NULL)
		return (rb->rb_data == NULL ? ENOMEM : 0);
	if (rb->rb_data != NULL) {
		tail = MIN(rb->rb_count, rb->rb_size - rb->rb_start);
		memcpy(data, rb->rb_data + rb->rb_start, tail);
		memcpy(data + tail, rb->rb_data, rb->rb_count - tail);
		kmem_free(rb->rb_data, rb->rb_size);
	}
	rb->rb_data = data;
	rb->rb_size = size;
	rb->rb_start = 0;
	return (0);
}

/* (l) released. Moves n bytes at `at`, which may go on at the beginning. */
static int
move_unlocked(struct ringbuf *rb, size_t at, size_t n, struct uio *uio)
{
	size_t part = MIN(n, rb->rb_size - at);
	int error;

	mutex_unlock(rb->rb_lock);
	error = uiomove(rb->rb_data + at, part, uio);
	if (error == 0 && part < n)
		error = uiomove(rb->rb_data, n - part, uio);
	mutex_lock(rb->rb_lock);
	return (error);
}

/* (l) What is small and in memory moves without ado; *busy is the side's. */
static inline int
move(struct ringbuf *rb, size_t at, size_t n, struct uio *uio, bool *busy)
{
	size_t resid = uio->uio_resid;
	int error;

	if (n <= SMALL && n <= rb->rb_size - at) {
		if (uiomove_nofault(rb->rb_data + at, n, uio) == 0)
			return (0);
		at += resid - uio->uio_resid;
		n -= resid - uio->uio_resid;
	}
	*busy = true;
	error = move_unlocked(rb, at, n, uio);
	*busy = false;
	return (error);
}

int
ringbuf_take(struct ringbuf *rb, struct uio *uio)
{
	size_t resid = uio->uio_resid;
	int error;

	error = move(
	    rb, rb->rb_start, MIN(rb->rb_count, resid), uio, &rb->rb_reading);
	resid -= uio->uio_resid;
	rb->rb_count -= resid;
	rb->rb_start += resid;
	if (rb->rb_start >= rb->rb_size)
		rb->rb_start -= rb->rb_size;
	if (rb->rb_count == 0 && !rb->rb_writing)
		rb->rb_start = 0;
	cv_broadcast(&rb->rb_nonempty);
	cv_broadcast(&rb->rb_nonfull);
	return (error);
}

int
ringbuf_put(struct ringbuf *rb, struct uio *uio, size_t n)
{
	size_t at = rb->rb_start + rb->rb_count, resid = uio->uio_resid;
	int error;

	if (at >= rb->rb_size)
		at -= rb->rb_size;
	error = move(rb, at, n, uio, &rb->rb_writing);
	rb->rb_count += resid - uio->uio_resid;
	cv_broadcast(&rb->rb_nonempty);
	cv_broadcast(&rb->rb_nonfull);
	return (error);
}
