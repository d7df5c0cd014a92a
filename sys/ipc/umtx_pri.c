/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mutexes that change their owner's priority.
 *
 * Inheritance: who waits for such a mutex lends its priority to the owner, who
 * may wait for a mutex itself and then passes it on.  A waiter notes whom it
 * waits for; what a thread has been lent is the best priority among the
 * waiters that name it, found anew whenever one comes, goes or changes its
 * mind.  A program locks a free mutex without us, so the owner is known from
 * the word in its memory; a wrong one there harms nobody but the program's
 * own user.
 *
 * Protection: whoever has the mutex runs at least at its ceiling.  The word
 * m_ceilings[1] is the program's: the ceiling of the one locked before, or -1.
 */
#include "fbsd/errno.h"
#include "amd64/md.h"
#include "ipc/umtxq.h"

#define CHAIN_MAX 64 /* owners that wait for owners */

static struct mutex lend_lock = MUTEX_INITIALIZER(lend_lock, "umtx lending");
static struct list lenders = LIST_INITIALIZER(lenders); /* (lend_lock) */

static unsigned
priority(const struct thread *td)
{
	return (MIN(td->td_base_priority, td->td_lent_priority));
}

/* The best that is lent to td. */
static unsigned
lent_to(const struct thread *td)
{
	unsigned pri = td->td_ceiling;
	struct umtx_waiter *w;

	LIST_FOREACH (w, &lenders, w_pi_link)
		if (w->w_pi_owner == td->td_tid)
			pri = MIN(pri, priority(w->w_thread));
	return (pri);
}

/* Whom td itself waits for; 0: nobody. */
static lwpid_t
waits_for(const struct thread *td)
{
	struct umtx_waiter *w;

	LIST_FOREACH (w, &lenders, w_pi_link)
		if (w->w_thread == td)
			return (w->w_pi_owner);
	return (0);
}

/* What this thread is lent has changed, and so for those it waits for. */
static void
update(lwpid_t tid)
{
	struct thread *td;

	for (int i = 0; tid != 0 && i < CHAIN_MAX; i++) {
		td = thread_find(tid);
		if (td == NULL)
			return;
		/* The number is the user's: the kernel's threads run as the
		 * kernel wants. */
		if (td->td_proc->p_flags & P_KERNEL) {
			spin_unlock(&td->td_proc->p_lock);
			return;
		}
		sched_lend(td, lent_to(td));
		tid = waits_for(td);
		spin_unlock(&td->td_proc->p_lock);
	}
}

/* The ceiling as a priority, PRI_COUNT for -1: EFAULT, EINVAL. */
static int
ceiling_of(const uint32_t *word, unsigned *pri)
{
	uint32_t ceiling;

	if (fueword32(word, &ceiling) != 0)
		return (EFAULT);
	if (ceiling != UINT32_MAX && ceiling > RTP_PRIO_MAX)
		return (EINVAL);
	*pri = ceiling == UINT32_MAX ? PRI_COUNT
				     : PRI_REALTIME + RTP_PRIO_MAX - ceiling;
	return (0);
}

int
umtx_pri_check(struct thread *td, struct umutex *m, uint32_t flags)
{
	unsigned pri;
	int error;

	if (!(flags & UMUTEX_PRIO_PROTECT))
		return (0);
	error = ceiling_of(&m->m_ceilings[0], &pri);
	if (error == 0 && (pri == PRI_COUNT || td->td_base_priority < pri))
		error = EINVAL;
	return (error);
}

void
umtx_pri_wait(struct umtx_waiter *w, uint32_t flags, lwpid_t owner)
{
	if (!(flags & UMUTEX_PRIO_INHERIT))
		return;
	mutex_lock(&lend_lock);
	w->w_pi_owner = owner;
	list_push_back(&lenders, &w->w_pi_link);
	update(owner);
	mutex_unlock(&lend_lock);
}

void
umtx_pri_done(struct umtx_waiter *w, uint32_t flags)
{
	if (!(flags & UMUTEX_PRIO_INHERIT))
		return;
	mutex_lock(&lend_lock);
	list_remove(&w->w_pi_link);
	update(w->w_pi_owner);
	mutex_unlock(&lend_lock);
}

/* All that wait for this mutex wait for another owner now. */
static void
set_owner(const struct vm_key *key, lwpid_t owner)
{
	struct umtx_waiter *w;

	LIST_FOREACH (w, &lenders, w_pi_link)
		if (umtx_same_key(&w->w_key, key))
			w->w_pi_owner = owner;
}

/* A ceiling's priority; PRI_COUNT where there is none that counts: only who
 * may have real-time priority gets it by a ceiling. */
static unsigned
useful_ceiling(struct thread *td, const uint32_t *word, uint32_t flags)
{
	unsigned pri;

	if (!(flags & UMUTEX_PRIO_PROTECT) || priv_check(td) != 0 ||
	    ceiling_of(word, &pri) != 0)
		return (PRI_COUNT);
	return (pri);
}

void
umtx_pri_locked(struct thread *td, struct umutex *m, uint32_t flags,
    const struct vm_key *key)
{
	unsigned pri;

	if (!(flags & (UMUTEX_PRIO_INHERIT | UMUTEX_PRIO_PROTECT)))
		return;
	pri = useful_ceiling(td, &m->m_ceilings[0], flags);
	mutex_lock(&lend_lock);
	if (flags & UMUTEX_PRIO_INHERIT)
		set_owner(key, td->td_tid);
	td->td_ceiling = (uint8_t)MIN(td->td_ceiling, pri);
	update(td->td_tid);
	mutex_unlock(&lend_lock);
}

void
umtx_pri_unlocked(struct thread *td, struct umutex *m, uint32_t flags,
    const struct vm_key *key)
{
	unsigned pri;

	if (!(flags & (UMUTEX_PRIO_INHERIT | UMUTEX_PRIO_PROTECT)))
		return;
	pri = useful_ceiling(td, &m->m_ceilings[1], flags);
	mutex_lock(&lend_lock);
	if (flags & UMUTEX_PRIO_INHERIT)
		set_owner(key, 0);
	if (flags & UMUTEX_PRIO_PROTECT)
		td->td_ceiling = (uint8_t)pri;
	update(td->td_tid);
	mutex_unlock(&lend_lock);
}
