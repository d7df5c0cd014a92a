/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Condition variables, read/write locks and semaphores in user memory. Words
 * that say whether there are waiters change together with the queue, under
 * the bucket's b_busy.
 */
#include "fbsd/errno.h"
#include "amd64/md.h"
#include "proc/signal.h"
#include "ipc/umtxq.h"

static int
cond_timeout(struct thread *td, struct ucond *cv, const struct timespec *ts,
    uint32_t flags, struct umtx_timeout *t)
{
	uint32_t clock = CLOCK_REALTIME;

	t->t_given = t->t_absolute = false;
	t->t_deadline = NO_DEADLINE;
	if (ts == NULL)
		return (0);
	if ((flags & CVWAIT_CLOCKID) && fueword32(&cv->c_clockid, &clock) != 0)
		return (EFAULT);
	return (umtx_timeout_set(td, ts,
	    flags & CVWAIT_ABSTIME ? UMTX_ABSTIME : 0, (clockid_t)clock, t));
}

/* With the mutex unlocked until then. */
static int
cond_sleep(struct thread *td, struct ucond *cv, struct umutex *m,
    struct umtx_waiter *w, uint64_t deadline)
{
	int error;

	mutex_lock(&w->w_bucket->b_busy);
	error = suword32(&cv->c_has_waiters, 1);
	if (error == 0)
		umtx_enqueue(w);
	mutex_unlock(&w->w_bucket->b_busy);
	if (error != 0)
		return (error);
	error = umutex_unlock(td, m, false);
	if (error != 0)
		(void)umtx_dequeue(w);
	else
		error = umtx_sleep(w, deadline);
	if (error != 0) {
		mutex_lock(&w->w_bucket->b_busy);
		if (umtx_count(&w->w_key, UMTX_CV) == 0 &&
		    suword32(&cv->c_has_waiters, 0) != 0)
			error = EFAULT;
		mutex_unlock(&w->w_bucket->b_busy);
	}
	return (error == ERESTART ? EINTR : error);
}

int
ucond_wait(struct thread *td, struct ucond *cv, struct umutex *m,
    const struct timespec *ts, uint32_t flags)
{
	struct umtx_timeout t;
	struct umtx_waiter w;
	uint32_t cflags;
	int error;

	if (fueword32(&cv->c_flags, &cflags) != 0)
		return (EFAULT);
	error = cond_timeout(td, cv, ts, flags, &t);
	if (error == 0)
		error = umtx_waiter_init(
		    td, &w, cv, UMTX_CV, cflags & USYNC_PROCESS_SHARED);
	if (error != 0)
		return (error);
	error = cond_sleep(td, cv, m, &w, t.t_deadline);
	umtx_waiter_done(&w);
	return (error);
}

int
ucond_wake(struct thread *td, struct ucond *cv, bool all)
{
	struct umtx_bucket *b;
	struct vm_key key;
	uint32_t flags;
	int error;

	if (fueword32(&cv->c_flags, &flags) != 0)
		return (EFAULT);
	error = umtx_find(td, cv, flags & USYNC_PROCESS_SHARED, &key, &b);
	if (error != 0)
		return (error);
	mutex_lock(&b->b_busy);
	(void)umtx_wake_key(&key, UMTX_CV, all ? UINT_MAX : 1);
	if (umtx_count(&key, UMTX_CV) == 0)
		error = suword32(&cv->c_has_waiters, 0);
	mutex_unlock(&b->b_busy);
	return (error);
}

/* Changes bits of a word: 0, EFAULT, EAGAIN; *now is the result. */
static int
change_bits(uint32_t *word, uint32_t clear, uint32_t set, uint32_t *now)
{
	uint32_t old, seen;

	if (fueword32(word, &old) != 0)
		return (EFAULT);
	for (unsigned tries = 0; tries < UMTX_TRIES; tries++) {
		*now = (old & ~clear) | set;
		if (*now == old)
			return (0);
		if (casueword32(word, old, &seen, *now) != 0)
			return (EFAULT);
		if (seen == old)
			return (0);
		old = seen;
	}
	return (EAGAIN);
}

/* One side of a read/write lock. */
struct rw_side {
	enum umtx_kind kind;
	uint32_t waiters; /* the bit for our waiters */
	uint32_t busy;	  /* a state with these keeps us out */
	uint32_t take;	  /* added to get in */
};

static bool
rw_free(const struct rw_side *side, uint32_t state)
{
	/* A writer needs all of the readers gone, too. */
	return ((state & side->busy) == 0);
}

/*
 * Enters the queue and sets the bit, if the lock still isn't free: 0, EAGAIN,
 * EFAULT.
 */
static int
rw_enter_queue(struct urwlock *rw, const struct rw_side *side, uint32_t state,
    struct umtx_waiter *w)
{
	uint32_t seen;
	int error;

	mutex_lock(&w->w_bucket->b_busy);
	error = casueword32(&rw->rw_state, state, &seen, state | side->waiters);
	if (error == 0 && seen != state)
		error = EAGAIN;
	if (error == 0)
		umtx_enqueue(w);
	mutex_unlock(&w->w_bucket->b_busy);
	return (error);
}

/*
 * The bits say who is in the queues.  A writer that gave up may have kept
 * readers out of a lock that readers hold.
 */
static int
rw_leave_queue(
    struct urwlock *rw, const struct rw_side *side, struct umtx_waiter *w)
{
	uint32_t state;
	int error = 0;

	mutex_lock(&w->w_bucket->b_busy);
	if (umtx_count(&w->w_key, side->kind) == 0) {
		error = change_bits(&rw->rw_state, side->waiters, 0, &state);
		if (error == 0 && side->kind == UMTX_WRITERS &&
		    (state & URWLOCK_READ_WAITERS) &&
		    (state & URWLOCK_WRITE_OWNER) == 0) {
			(void)umtx_wake_key(&w->w_key, UMTX_READERS, UINT_MAX);
			error = change_bits(
			    &rw->rw_state, URWLOCK_READ_WAITERS, 0, &state);
		}
	}
	mutex_unlock(&w->w_bucket->b_busy);
	return (error);
}

static int
rw_lock_as(struct thread *td, struct urwlock *rw, const struct rw_side *side,
    const struct umtx_timeout *t, struct umtx_waiter *w)
{
	uint32_t state, seen;
	int error = 0, ended = 0;

	while (error == 0) {
		if (fueword32(&rw->rw_state, &state) != 0)
			return (EFAULT);
		if (rw_free(side, state)) {
			if (side->kind == UMTX_READERS &&
			    (state & URWLOCK_MAX_READERS) ==
				URWLOCK_MAX_READERS)
				return (EAGAIN);
			if (casueword32(&rw->rw_state, state, &seen,
				state + side->take) != 0)
				return (EFAULT);
			if (seen == state)
				return (0);
			error = EAGAIN;
		}
		if (ended != 0)
			return (ended);
		if (error == 0)
			error = rw_enter_queue(rw, side, state, w);
		if (error == 0) {
			ended = umtx_sleep(w, t->t_deadline);
			if (ended != 0)
				error = rw_leave_queue(rw, side, w);
		} else if (error == EAGAIN) {
			if (umtx_asked_to_stop(td))
				return (ERESTART);
			error = 0;
		}
		if (ended != 0 && ended != ETIMEDOUT)
			ended = t->t_given ? EINTR : ERESTART;
	}
	return (error);
}

static int
rw_lock(struct thread *td, struct urwlock *rw, const struct rw_side *side,
    uint32_t flags, const struct umtx_timeout *t)
{
	struct umtx_waiter w;
	int error;

	error = umtx_waiter_init(
	    td, &w, rw, side->kind, flags & USYNC_PROCESS_SHARED);
	if (error != 0)
		return (error);
	error = rw_lock_as(td, rw, side, t, &w);
	umtx_waiter_done(&w);
	return (error);
}

int
urwlock_read(struct thread *td, struct urwlock *rw, uint32_t prefer,
    const struct umtx_timeout *t)
{
	struct rw_side side = {UMTX_READERS, URWLOCK_READ_WAITERS,
	    URWLOCK_WRITE_OWNER | URWLOCK_WRITE_WAITERS, 1};
	uint32_t flags;

	if (fueword32(&rw->rw_flags, &flags) != 0)
		return (EFAULT);
	if ((flags | prefer) & URWLOCK_PREFER_READER)
		side.busy = URWLOCK_WRITE_OWNER;
	return (rw_lock(td, rw, &side, flags, t));
}

int
urwlock_write(
    struct thread *td, struct urwlock *rw, const struct umtx_timeout *t)
{
	static const struct rw_side side = {UMTX_WRITERS, URWLOCK_WRITE_WAITERS,
	    URWLOCK_WRITE_OWNER | URWLOCK_MAX_READERS, URWLOCK_WRITE_OWNER};
	uint32_t flags;

	if (fueword32(&rw->rw_flags, &flags) != 0)
		return (EFAULT);
	return (rw_lock(td, rw, &side, flags, t));
}

/* Wakes who may come next; b_busy held. */
static int
rw_wake(struct urwlock *rw, const struct vm_key *key, uint32_t state,
    bool prefer_reader)
{
	bool writers = state & URWLOCK_WRITE_WAITERS;
	bool readers = state & URWLOCK_READ_WAITERS;

	if (readers && (prefer_reader || !writers)) {
		(void)umtx_wake_key(key, UMTX_READERS, UINT_MAX);
		return (change_bits(
		    &rw->rw_state, URWLOCK_READ_WAITERS, 0, &state));
	}
	if (!writers || (state & URWLOCK_MAX_READERS) != 0)
		return (0);
	(void)umtx_wake_key(key, UMTX_WRITERS, 1);
	if (umtx_count(key, UMTX_WRITERS) != 0)
		return (0);
	return (change_bits(&rw->rw_state, URWLOCK_WRITE_WAITERS, 0, &state));
}

int
urwlock_unlock(struct thread *td, struct urwlock *rw)
{
	uint32_t flags, state, seen, new;
	struct vm_key key;
	struct umtx_bucket *b;
	int error;

	if (fueword32(&rw->rw_flags, &flags) != 0 ||
	    fueword32(&rw->rw_state, &state) != 0)
		return (EFAULT);
	error = umtx_find(td, rw, flags & USYNC_PROCESS_SHARED, &key, &b);
	if (error != 0)
		return (error);
	mutex_lock(&b->b_busy);
	for (unsigned tries = 0;; tries++) {
		if (state & URWLOCK_WRITE_OWNER)
			new = state & ~URWLOCK_WRITE_OWNER;
		else if (state & URWLOCK_MAX_READERS)
			new = state - 1;
		else
			error = EPERM;
		if (error == 0 &&
		    casueword32(&rw->rw_state, state, &seen, new) != 0)
			error = EFAULT;
		if (error != 0 || seen == state)
			break;
		if (tries == UMTX_TRIES)
			error = EAGAIN;
		state = seen;
	}
	if (error == 0)
		error = rw_wake(rw, &key, new, flags & URWLOCK_PREFER_READER);
	mutex_unlock(&b->b_busy);
	return (error);
}

/* Until somebody posts; at once if the count isn't 0. */
static int
sem_sleep(struct usem2 *sem, struct umtx_waiter *w, uint64_t deadline)
{
	uint32_t count, seen;
	bool wait = false;
	int error;

	mutex_lock(&w->w_bucket->b_busy);
	for (unsigned tries = 0;; tries++) {
		error = fueword32(&sem->count, &count);
		wait = error == 0 && (count & USEM_MAX_COUNT) == 0;
		if (!wait || count == USEM_HAS_WAITERS)
			break;
		error =
		    casueword32(&sem->count, count, &seen, USEM_HAS_WAITERS);
		if (error != 0 || seen == count)
			break;
		if (tries == UMTX_TRIES) {
			error = EAGAIN;
			break;
		}
	}
	if (error == 0 && wait)
		umtx_enqueue(w);
	mutex_unlock(&w->w_bucket->b_busy);
	return (error != 0 || !wait ? error : umtx_sleep(w, deadline));
}

int
usem2_wait(struct thread *td, struct usem2 *sem, const struct umtx_timeout *t)
{
	struct umtx_waiter w;
	uint32_t flags;
	int error;

	if (fueword32(&sem->flags, &flags) != 0)
		return (EFAULT);
	error = umtx_waiter_init(
	    td, &w, sem, UMTX_SEM, flags & USYNC_PROCESS_SHARED);
	if (error != 0)
		return (error);
	error = sem_sleep(sem, &w, t->t_deadline);
	umtx_waiter_done(&w);
	if (error == ERESTART && t->t_given && !t->t_absolute)
		error = EINTR;
	return (error);
}

int
usem2_wake(struct thread *td, struct usem2 *sem)
{
	struct umtx_bucket *b;
	struct vm_key key;
	uint32_t flags, count;
	unsigned waiting;
	int error;

	if (fueword32(&sem->flags, &flags) != 0)
		return (EFAULT);
	error = umtx_find(td, sem, flags & USYNC_PROCESS_SHARED, &key, &b);
	if (error != 0)
		return (error);
	mutex_lock(&b->b_busy);
	/* Without a waiter the semaphore may be gone already. */
	waiting = umtx_count(&key, UMTX_SEM);
	if (waiting == 1)
		error = change_bits(&sem->count, USEM_HAS_WAITERS, 0, &count);
	(void)umtx_wake_key(&key, UMTX_SEM, error == 0 ? 1 : UINT_MAX);
	mutex_unlock(&b->b_busy);
	return (error);
}
