/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A ring of bytes between who writes and who reads: in pipes, named pipes and
 * streams of sockets.
 *
 * Its owner's mutex guards it, but isn't held while bytes are copied from or to
 * user memory, which may wait for a disk, or for a file system that never
 * answers; only a few bytes of memory that is there are moved with it held.
 * Meanwhile that side of the ring is busy: one reader and one writer
 * can copy at a time, and others who want to wait for it as they do for bytes
 * or room, so that a signal ends it.
 *
 * There is no memory until something is written, then little, and more as more
 * is written than fits.  It is kept for what comes next; what an empty ring has
 * beyond the little is given back when the machine's memory becomes scarce.
 */
#ifndef IPC_RINGBUF_H
#define IPC_RINGBUF_H

#include "amd64/md.h"
#include "core/sync.h"
#include "fbsd/errno.h"
#include "kern/uio.h"

#define RINGBUF_SMALL 512ul
#define PIPE_SIZE     (64 * 1024ul) /* bytes in a pipe at most */
#define PIPE_FIRST    (16 * 1024ul) /* what an empty one is said to hold */
#define PIPE_BUF      512	    /* writes of this size aren't split */

/* (l) the owner's lock, (!) set once, (e) the list's. */
struct ringbuf {
	struct mutex *rb_lock; /* (!) */
	char *rb_data;	       /* (l) changes only while neither side is busy */
	size_t rb_size;	       /* (l) of it: a power of two, or 0 */
	size_t rb_start;       /* (l) first byte */
	size_t rb_count;       /* (l) bytes */
	bool rb_reading;       /* (l) busy: somebody copies out of it */
	bool rb_writing;       /* (l) busy: somebody copies into it */
	bool rb_missed;	       /* (l) who doesn't wait found it busy */
	bool rb_no_reader;     /* (l) the owner's: nobody can read from it, */
	bool rb_no_writer;     /* (l) or write to it, any more */
	struct cv rb_nonempty; /* bytes came, or the reader's side is free */
	struct cv rb_nonfull;  /* room came, or the writer's side is free */
	struct list rb_large;  /* (e) those that have much memory */
};

/* In memory that is zero. The names are those of ps's wait messages. */
void ringbuf_init(struct ringbuf *rb, struct mutex *lock, const char *nonempty,
    const char *nonfull);
/* Nobody knows it any more. */
void ringbuf_free(struct ringbuf *rb);
/* (l) Drops all bytes. The reader's side isn't busy; what somebody writes
 * meanwhile comes after that. */
static inline void
ringbuf_clear(struct ringbuf *rb)
{
	rb->rb_start = rb->rb_writing
			   ? (rb->rb_start + rb->rb_count) & (rb->rb_size - 1)
			   : 0;
	rb->rb_count = 0;
}

/* For a moment, without the lock: bytes of memory. */
static inline size_t
ringbuf_memory(const struct ringbuf *rb)
{
	return (rb->rb_size);
}

/* (l) Bytes that may be written, before somebody reads, to one that holds so
 * many at most. */
static inline size_t
ringbuf_room(const struct ringbuf *rb, size_t limit)
{
	return (rb->rb_count >= limit ? 0 : limit - rb->rb_count);
}

/* (l) Of pipes: the room that who waits for some is told of.  A writer who
 * doesn't wait for it makes a pipe larger. */
static inline size_t
ringbuf_pipe_room(const struct ringbuf *rb)
{
	return (ringbuf_room(rb, MAX(rb->rb_size, PIPE_FIRST)));
}

/* (l) ringbuf_prepare()'s, when there isn't the memory for *n bytes. */
int ringbuf_grow(struct ringbuf *rb, size_t need, size_t *n);
/*
 * (l) How many of `wanted` bytes can be put now into one that holds up to
 * limit, as long as it's `need` of them: 0. EAGAIN: ringbuf_wait_writer() and
 * try again. ENOMEM.
 */
static inline int
ringbuf_prepare(
    struct ringbuf *rb, size_t limit, size_t need, size_t wanted, size_t *n)
{
	*n = MIN(wanted, ringbuf_room(rb, limit));
	if (rb->rb_writing || *n < need)
		return (EAGAIN);
	return (
	    *n <= rb->rb_size - rb->rb_count ? 0 : ringbuf_grow(rb, need, n));
}

/* (l) Waits for the reader's or the writer's side; of nonblock, or when
 * clock_ns() reaches deadline: EAGAIN. Ends for any reason: look again. Else as
 * cv_wait_sig(). */
int ringbuf_wait_reader(
    struct ringbuf *rb, bool nonblock, uint64_t deadline) __sleeps;
int ringbuf_wait_writer(
    struct ringbuf *rb, bool nonblock, uint64_t deadline) __sleeps;

/* (l) Of pipes: waits until there are bytes, or, if nobody can write any, there
 * are none. 0, or as ringbuf_wait_reader(). */
static inline int
ringbuf_wait_bytes(struct ringbuf *rb, bool nonblock)
{
	int error = 0;

	while (error == 0 &&
	       (rb->rb_reading || (rb->rb_count == 0 && !rb->rb_no_writer)))
		error = ringbuf_wait_reader(rb, nonblock, NO_DEADLINE);
	return (error);
}

/*
 * (l) Of pipes: waits until some of `wanted` bytes can be put, *n: all, if they
 * are so few that they mustn't be split. 0, EPIPE: nobody can read them,
 * ENOMEM, or as ringbuf_wait_writer().
 */
static inline int
ringbuf_wait_room(struct ringbuf *rb, size_t wanted, bool nonblock, size_t *n)
{
	size_t need = wanted <= PIPE_BUF ? wanted : 1;
	int error;

	for (;;) {
		if (rb->rb_no_reader)
			return (EPIPE);
		error = ringbuf_prepare(rb, PIPE_SIZE, need, wanted, n);
		if (error != EAGAIN)
			return (error);
		error = ringbuf_wait_writer(rb, nonblock, NO_DEADLINE);
		if (error != 0)
			return (error);
	}
}

/*
 * (l) whose lock is released while bytes are copied; the side must not be busy,
 * but for a caller who has made it so.  Takes n bytes, which are there and stay
 * there with peek, or puts n, which ringbuf_prepare() has found memory for.
 * EFAULT.
 */
int ringbuf_take(
    struct ringbuf *rb, struct uio *uio, size_t n, bool peek) __sleeps;
int ringbuf_put(struct ringbuf *rb, struct uio *uio, size_t n) __sleeps;
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
