/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A ring of bytes between processes, as in pipes.
 *
 * Its owner's mutex guards it, but isn't held while bytes are copied from or to
 * user memory, which may wait for a disk, or for a file system that never
 * answers; only a few bytes of memory that is there are moved with it held.
 * Meanwhile that side of the ring is busy: one reader and one writer
 * can copy at a time, and others who want to wait for it as they do for bytes
 * or room, so that a signal ends it.
 *
 * There is no memory until something is written, then little, and more once
 * somebody had more to say than fitted.
 */
#ifndef IPC_RINGBUF_H
#define IPC_RINGBUF_H

#include "core/sync.h"
#include "kern/uio.h"

#define RINGBUF_SMALL 4096ul
#define RINGBUF_LARGE (64 * 1024ul)
#define PIPE_BUF      512 /* writes of this size aren't split */

/* (l) the owner's lock, (!) set once. */
struct ringbuf {
	struct mutex *rb_lock; /* (!) */
	char *rb_data;	       /* (l) changes only while neither side is busy */
	size_t rb_size;	       /* (l) of it; at first, what it will be */
	size_t rb_start;       /* (l) first byte */
	size_t rb_count;       /* (l) bytes */
	bool rb_reading;       /* (l) busy: somebody copies out of it */
	bool rb_writing;       /* (l) busy: somebody copies into it */
	bool rb_missed;	       /* (l) who doesn't wait found it busy */
	struct cv rb_nonempty; /* bytes came, or the reader's side is free */
	struct cv rb_nonfull;  /* room came, or the writer's side is free */
};

void ringbuf_init(struct ringbuf *rb, struct mutex *lock);
void ringbuf_free(struct ringbuf *rb);
/* For a moment, without the lock: bytes of memory. */
static inline size_t
ringbuf_memory(const struct ringbuf *rb)
{
	return (rb->rb_data == NULL ? 0 : rb->rb_size);
}

/* (l) Bytes that may be written before somebody reads. */
static inline size_t
ringbuf_room(const struct ringbuf *rb)
{
	return (
	    (rb->rb_data == NULL ? RINGBUF_SMALL : rb->rb_size) - rb->rb_count);
}

/* (l) Memory for so many bytes at once, as far as there is some. ENOMEM: there
 * is none at all. */
int ringbuf_grow(struct ringbuf *rb, size_t wanted);
static inline int
ringbuf_prepare(struct ringbuf *rb, size_t wanted)
{
	return (rb->rb_data != NULL && wanted <= ringbuf_room(rb)
		    ? 0
		    : ringbuf_grow(rb, wanted));
}

/* (l) Waits for the reader's or the writer's side; of nonblock: EAGAIN. Ends
 * for any reason: look again. Else as cv_wait_sig(). */
int ringbuf_wait_reader(struct ringbuf *rb, bool nonblock);
int ringbuf_wait_writer(struct ringbuf *rb, bool nonblock);
/* (l) whose lock is released while bytes are copied; the side must not be busy.
 * Takes what there is, or puts n bytes, for which there is room.  EFAULT. */
int ringbuf_take(struct ringbuf *rb, struct uio *uio);
int ringbuf_put(struct ringbuf *rb, struct uio *uio, size_t n);
/* (l) Whether somebody found a side busy who waits for an event: once. */
static inline bool
ringbuf_missed(struct ringbuf *rb)
{
	bool missed = rb->rb_missed;

	if (missed)
		rb->rb_missed = false;
	return (missed);
}

#endif
