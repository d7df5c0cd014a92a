/* SPDX-License-Identifier: BSD-2-Clause */
/* A ring of bytes: see ringbuf.h. */
#include "lib/string.h"
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "ipc/ringbuf.h"
#include "vm/kmem.h"
#include "vm/pageout.h"

#define FEW	512 /* bytes: not worth letting go of the lock */
#define AT_ONCE 32  /* rings looked at with interrupts off */

/* Rings with more memory than the little. */
static struct {
	struct spin lock;
	struct list rings; /* (lock) */
	unsigned count;	   /* (lock) of them */
	bool known;	   /* (lock) to the pageout daemon */
} large = {.lock = SPIN_INITIALIZER("large rings"),
    .rings = LIST_INITIALIZER(large.rings)};

/* Memory on its way to be freed. */
struct remains {
	struct remains *r_next;
	size_t r_size;
};

/* (l) and large.lock held. Adds what an empty ring has to *list. */
static void
strip(struct ringbuf *rb, struct remains **list)
{
	struct remains *r = (struct remains *)(void *)rb->rb_data;

	if (rb->rb_count != 0 || rb->rb_reading || rb->rb_writing)
		return;
	*r = (struct remains){*list, rb->rb_size};
	*list = r;
	list_remove(&rb->rb_large);
	large.count--;
	rb->rb_data = NULL;
	rb->rb_size = rb->rb_start = 0;
}

/* Looks at some rings; what is theirs is ours for as long as the list is
 * locked. */
static struct remains *
strip_some(unsigned n)
{
	struct remains *list = NULL;
	struct ringbuf *rb;

	spin_lock(&large.lock);
	for (; n > 0 && !list_empty(&large.rings); n--) {
		rb = LIST_FIRST(&large.rings, struct ringbuf, rb_large);
		list_remove(&rb->rb_large);
		list_push_back(&large.rings, &rb->rb_large);
		if (mutex_trylock(rb->rb_lock)) {
			strip(rb, &list);
			mutex_unlock(rb->rb_lock);
		}
	}
	spin_unlock(&large.lock);
	return (list);
}

static uint64_t
shrink(uint64_t want)
{
	unsigned left = atomic_load(&large.count), n;
	struct remains *r, *next;
	uint64_t freed = 0;

	for (; left > 0 && freed < want; left -= n) {
		n = MIN(left, AT_ONCE);
		for (r = strip_some(n); r != NULL; r = next) {
			next = r->r_next;
			freed += atop(r->r_size);
			kmem_free(r, r->r_size);
		}
	}
	return (freed);
}

static bool
push(void)
{
	return (false);
}

static struct shrinker shrinker = {.sh_shrink = shrink, .sh_push = push};

/* (l) One with much memory enters the list, or leaves it. */
static void
list_large(struct ringbuf *rb, bool enter)
{
	bool known = true;

	spin_lock(&large.lock);
	if (enter) {
		list_push_back(&large.rings, &rb->rb_large);
		large.count++;
		known = large.known;
		large.known = true;
	} else {
		list_remove(&rb->rb_large);
		large.count--;
	}
	spin_unlock(&large.lock);
	if (!known)
		pageout_add(&shrinker);
}

void
ringbuf_init(struct ringbuf *rb, struct mutex *lock, const char *nonempty,
    const char *nonfull)
{
	rb->rb_lock = lock;
	cv_init(&rb->rb_nonempty, nonempty);
	cv_init(&rb->rb_nonfull, nonfull);
	list_init(&rb->rb_large);
}

/* (l) Its memory is another one, or none, from now on. */
static void
replace(struct ringbuf *rb, char *data, size_t size)
{
	size_t old_size = rb->rb_size;
	char *old = rb->rb_data;

	rb->rb_data = data;
	rb->rb_size = size;
	rb->rb_start = 0;
	if ((old_size > RINGBUF_SMALL) != (size > RINGBUF_SMALL))
		list_large(rb, size > RINGBUF_SMALL);
	kmem_free(old, old_size);
}

void
ringbuf_free(struct ringbuf *rb)
{
	if (rb->rb_data != NULL)
		replace(rb, NULL, 0);
}

static int
wait_on(struct ringbuf *rb, struct cv *cv, bool busy, bool nonblock,
    uint64_t deadline)
{
	int error;

	if (nonblock) {
		rb->rb_missed = rb->rb_missed || busy;
		return (EAGAIN);
	}
	error = cv_timedwait_sig(cv, rb->rb_lock, deadline);
	return (error == ETIMEDOUT ? EAGAIN : error);
}

int
ringbuf_wait_reader(struct ringbuf *rb, bool nonblock, uint64_t deadline)
{
	return (
	    wait_on(rb, &rb->rb_nonempty, rb->rb_reading, nonblock, deadline));
}

int
ringbuf_wait_writer(struct ringbuf *rb, bool nonblock, uint64_t deadline)
{
	return (wait_on(rb, &rb->rb_nonfull, rb->rb_reading || rb->rb_writing,
	    nonblock, deadline));
}

/* The least power of two that is enough, and not a part of a page but for the
 * smallest. */
static size_t
size_for(size_t bytes)
{
	size_t size = bytes <= RINGBUF_SMALL ? RINGBUF_SMALL : PAGE_SIZE;

	while (size < bytes)
		size *= 2;
	return (size);
}

int
ringbuf_grow(struct ringbuf *rb, size_t need, size_t *n)
{
	size_t size = size_for(rb->rb_count + *n), tail;
	char *data = NULL;

	/* Somebody else may use the one that is there. */
	if (!rb->rb_reading) {
		if (size > RINGBUF_SMALL)
			pageout_check();
		data = kmem_alloc(size, 0);
		if (data == NULL && rb->rb_data == NULL)
			data = kmem_alloc(size = RINGBUF_SMALL, 0);
	}
	if (data != NULL) {
		tail = MIN(rb->rb_count, rb->rb_size - rb->rb_start);
		memcpy(data, rb->rb_data + rb->rb_start, tail);
		memcpy(data + tail, rb->rb_data, rb->rb_count - tail);
		replace(rb, data, size);
	}
	*n = MIN(*n, rb->rb_size - rb->rb_count);
	if (*n >= need)
		return (0);
	return (rb->rb_reading ? EAGAIN : ENOMEM);
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
	bool was = *busy;
	int error;

	if (n <= FEW && n <= rb->rb_size - at) {
		if (uiomove_nofault(rb->rb_data + at, n, uio) == 0)
			return (0);
		at += resid - uio->uio_resid;
		n -= resid - uio->uio_resid;
	}
	*busy = true;
	error = move_unlocked(rb, at, n, uio);
	*busy = was;
	return (error);
}

int
ringbuf_take(struct ringbuf *rb, struct uio *uio, size_t n, bool peek)
{
	size_t resid = uio->uio_resid;
	int error;

	error = move(rb, rb->rb_start, n, uio, &rb->rb_reading);
	if (!peek) {
		resid -= uio->uio_resid;
		rb->rb_count -= resid;
		rb->rb_start = (rb->rb_start + resid) & (rb->rb_size - 1);
		if (rb->rb_count == 0 && !rb->rb_writing)
			rb->rb_start = 0;
	}
	cv_broadcast(&rb->rb_nonempty);
	cv_broadcast(&rb->rb_nonfull);
	return (error);
}

int
ringbuf_put(struct ringbuf *rb, struct uio *uio, size_t n)
{
	size_t at = (rb->rb_start + rb->rb_count) & (rb->rb_size - 1);
	size_t resid = uio->uio_resid;
	int error;

	error = move(rb, at, n, uio, &rb->rb_writing);
	rb->rb_count += resid - uio->uio_resid;
	cv_broadcast(&rb->rb_nonempty);
	cv_broadcast(&rb->rb_nonfull);
	return (error);
}
