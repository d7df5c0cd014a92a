/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mutexes in user memory: m_owner is the owner's thread id or 0, with
 * UMUTEX_CONTESTED set while others wait, so that unlocking comes here.
 *
 * A robust mutex whose owner ended reads UMUTEX_RB_OWNERDEAD; who locks it
 * then owns it and gets EOWNERDEAD.  Unlocked without having been repaired it
 * is UMUTEX_RB_NOTRECOV for ever.
 */
#include "fbsd/errno.h"
#include "amd64/md.h"
#include "proc/signal.h"
#include "ipc/umtxq.h"

static bool
dead(uint32_t owner)
{
	return (owner == UMUTEX_RB_OWNERDEAD || owner == UMUTEX_RB_NOTRECOV);
}

static bool
is_free(uint32_t owner)
{
	return (owner == UMUTEX_UNOWNED || owner == UMUTEX_CONTESTED);
}

/*
 * Tries to own a mutex that reads `owner`. 0, EOWNERDEAD (and owned),
 * ENOTRECOVERABLE, EFAULT; EBUSY: somebody has it; EAGAIN: it changed.
 */
static int
try_owner(struct thread *td, struct umutex *m, uint32_t owner)
{
	uint32_t seen, id = (uint32_t)td->td_tid;
	int error;

	if (owner == UMUTEX_RB_NOTRECOV)
		return (ENOTRECOVERABLE);
	if (!is_free(owner) && !dead(owner))
		return (EBUSY);
	if (owner != UMUTEX_UNOWNED)
		id |= UMUTEX_CONTESTED;
	error = casueword32(&m->m_owner, owner, &seen, id);
	if (error != 0)
		return (error);
	if (seen != owner)
		return (EAGAIN);
	return (dead(owner) ? EOWNERDEAD : 0);
}

/* The mutex's owner, as far as the word tells one. */
static lwpid_t
owner_of(uint32_t owner)
{
	owner &= ~UMUTEX_CONTESTED;
	return (owner <= INT_MAX ? (lwpid_t)owner : 0);
}

/* Marks the word and enters the queue, both or neither: 0, EAGAIN, EFAULT. */
static int
enter_queue(struct umutex *m, uint32_t owner, struct umtx_waiter *w)
{
	uint32_t seen;
	int error;

	mutex_lock(&w->w_bucket->b_busy);
	error =
	    casueword32(&m->m_owner, owner, &seen, owner | UMUTEX_CONTESTED);
	if (error == 0 && seen != owner)
		error = EAGAIN;
	if (error == 0)
		umtx_enqueue(w);
	mutex_unlock(&w->w_bucket->b_busy);
	return (error);
}

static int
lock_as(struct thread *td, struct umutex *m, uint32_t flags,
    enum umtx_lock_mode mode, const struct umtx_timeout *t,
    struct umtx_waiter *w)
{
	uint32_t owner;
	int error = 0, ended = 0;

	if (mode != UMTX_WAITFREE)
		error = umtx_pri_check(td, m, flags);
	while (error == 0) {
		if (fueword32(&m->m_owner, &owner) != 0)
			return (EFAULT);
		if (mode == UMTX_WAITFREE) {
			if (is_free(owner) || dead(owner))
				return (0);
		} else {
			error = try_owner(td, m, owner);
			if (error == 0 || error == EOWNERDEAD)
				umtx_pri_locked(td, m, flags, &w->w_key);
			if (error != EBUSY && error != EAGAIN)
				return (error);
			if (error == EBUSY && mode == UMTX_TRYLOCK)
				return (EBUSY);
		}
		/* Tried once more after the sleep's end; that was it. */
		if (ended != 0)
			return (ended);
		if (error != EAGAIN)
			error = enter_queue(m, owner, w);
		if (error == 0) {
			umtx_pri_wait(w, flags, owner_of(owner));
			ended = umtx_sleep(w, t->t_deadline);
			umtx_pri_done(w, flags);
		} else if (error == EAGAIN && umtx_asked_to_stop(td))
			return (ERESTART);
		if (error == EAGAIN)
			error = 0;
		if (ended != 0 && ended != ETIMEDOUT)
			ended = t->t_given || mode == UMTX_WAITFREE ? EINTR
								    : ERESTART;
	}
	return (error);
}

int
umutex_lock(struct thread *td, struct umutex *m, enum umtx_lock_mode mode,
    const struct umtx_timeout *t)
{
	struct umtx_waiter w;
	uint32_t flags;
	int error;

	if (fueword32(&m->m_flags, &flags) != 0)
		return (EFAULT);
	error = umtx_waiter_init(
	    td, &w, m, UMTX_MUTEX, flags & USYNC_PROCESS_SHARED);
	if (error != 0)
		return (error);
	error = lock_as(td, m, flags, mode, t, &w);
	umtx_waiter_done(&w);
	return (error);
}

/* What m_owner becomes when nobody has it. */
static uint32_t
free_value(uint32_t flags, bool owner_dead)
{
	if (owner_dead)
		return (UMUTEX_RB_OWNERDEAD);
	if (flags & UMUTEX_NONCONSISTENT)
		return (UMUTEX_RB_NOTRECOV);
	/* Locking one with a ceiling always goes through the kernel. */
	return (
	    flags & UMUTEX_PRIO_PROTECT ? UMUTEX_CONTESTED : UMUTEX_UNOWNED);
}

int
umutex_unlock(struct thread *td, struct umutex *m, bool owner_dead)
{
	uint32_t flags, owner, seen, new;
	struct umtx_bucket *b;
	struct vm_key key;
	unsigned waiting;
	int error;

	if (fueword32(&m->m_flags, &flags) != 0 ||
	    fueword32(&m->m_owner, &owner) != 0)
		return (EFAULT);
	if ((owner & ~UMUTEX_CONTESTED) != (uint32_t)td->td_tid)
		return (EPERM);
	error = umtx_find(td, m, flags & USYNC_PROCESS_SHARED, &key, &b);
	if (error != 0)
		return (error);
	mutex_lock(&b->b_busy);
	waiting = umtx_count(&key, UMTX_MUTEX);
	new = free_value(flags, owner_dead);
	if (waiting > 1)
		new |= UMUTEX_CONTESTED;
	error = EAGAIN;
	for (unsigned tries = 0; tries < UMTX_TRIES && error == EAGAIN;
	     tries++) {
		error = casueword32(&m->m_owner, owner, &seen, new);
		if (error == 0 && seen != owner) {
			owner = seen;
			error = EAGAIN;
		}
		/* Only the bit can change under the owner's feet. */
		if ((owner & ~UMUTEX_CONTESTED) != (uint32_t)td->td_tid)
			error = EPERM;
	}
	if (error == 0 || error == EFAULT)
		(void)umtx_wake_key(&key, UMTX_MUTEX,
		    error == 0 && new != UMUTEX_RB_NOTRECOV ? 1 : UINT_MAX);
	mutex_unlock(&b->b_busy);
	if (error == 0)
		umtx_pri_unlocked(td, m, flags, &key);
	return (error);
}

/*
 * The program has unlocked the mutex itself and found UMUTEX_CONTESTED: wakes
 * one waiter, and restores the bit as long as there are others.
 */
static int
wake_one(struct thread *td, struct umutex *m, uint32_t flags, bool clear)
{
	uint32_t owner, seen, new;
	struct umtx_bucket *b;
	struct vm_key key;
	unsigned waiting;
	int error;

	error = umtx_find(td, m, flags & USYNC_PROCESS_SHARED, &key, &b);
	if (error != 0)
		return (error);
	mutex_lock(&b->b_busy);
	waiting = umtx_count(&key, UMTX_MUTEX);
	error = fueword32(&m->m_owner, &owner);
	for (unsigned tries = 0; error == 0; tries++) {
		new = owner;
		if (waiting > 1 || (waiting == 1 && !is_free(owner)))
			new |= UMUTEX_CONTESTED;
		else if (clear && owner == UMUTEX_CONTESTED)
			new = UMUTEX_UNOWNED;
		if (new == owner)
			break;
		error = casueword32(&m->m_owner, owner, &seen, new);
		if (error == 0 && seen == owner)
			break;
		owner = seen;
		if (tries == UMTX_TRIES)
			error = EAGAIN;
	}
	/* Nobody knows what the word says: they look for themselves. */
	if (error != 0)
		(void)umtx_wake_key(&key, UMTX_MUTEX, UINT_MAX);
	else if (is_free(owner) || dead(owner))
		(void)umtx_wake_key(&key, UMTX_MUTEX, 1);
	mutex_unlock(&b->b_busy);
	return (error);
}

int
umutex_wake(struct thread *td, struct umutex *m)
{
	uint32_t flags;

	if (fueword32(&m->m_flags, &flags) != 0)
		return (EFAULT);
	return (wake_one(td, m, flags, true));
}

int
umutex_wake2(struct thread *td, struct umutex *m, uint32_t flags)
{
	return (wake_one(td, m, flags, false));
}

int
umutex_set_ceiling(
    struct thread *td, struct umutex *m, uint32_t ceiling, uint32_t *old)
{
	static const struct umtx_timeout forever = {NO_DEADLINE, false, false};
	uint32_t flags, owner;
	bool mine;
	int error;

	if (fueword32(&m->m_flags, &flags) != 0 ||
	    fueword32(&m->m_owner, &owner) != 0)
		return (EFAULT);
	if ((flags & UMUTEX_PRIO_PROTECT) == 0 || ceiling > RTP_PRIO_MAX)
		return (EINVAL);
	mine = (owner & ~UMUTEX_CONTESTED) == (uint32_t)td->td_tid;
	error = mine ? 0 : umutex_lock(td, m, UMTX_LOCK, &forever);
	if (error != 0)
		return (error);
	if (fueword32(&m->m_ceilings[0], old) != 0 ||
	    suword32(&m->m_ceilings[0], ceiling) != 0)
		error = EFAULT;
	if (!mine && error == 0)
		error = umutex_unlock(td, m, false);
	return (error);
}
