/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads that wait at an address of user memory.
 *
 * Locks of user programs are words in their own memory, which they change by
 * atomic instructions; only a thread that must wait, or has to wake another,
 * comes here.  The waiters sit in a hash table of queues by the key that
 * vm_key() gives for the address.
 *
 * A plain wait looks at the word after it has entered the queue, so a wake
 * after the word's change can't miss it.  The locks of umtx_mutex.c and
 * umtx_sync.c keep a bit in the word that says "there are waiters"; word and
 * queue must agree, so whoever changes both holds the bucket's b_busy, which
 * may sleep, as touching user memory may.  Never two of them at once.
 *
 * Mutexes with priority inheritance or protection queue and lock like any
 * other; what they do to their owner's priority is umtx_pri.c's.
 */
#include "fbsd/errno.h"
#include "amd64/md.h"
#include "core/sched.h"
#include "proc/signal.h"
#include "time/time.h"
#include "ipc/umtxq.h"

#define UMTX_BUCKETS 256  /* a power of two */
#define ROBUST_MAX   1000 /* mutexes walked in one list */
#define AT_ONCE	     64	  /* waiters woken with one hold of b_lock */

static struct umtx_bucket buckets[UMTX_BUCKETS];

void
umtx_init(void)
{
	for (unsigned i = 0; i < UMTX_BUCKETS; i++) {
		mutex_init(&buckets[i].b_busy, "umtx busy");
		spin_init(&buckets[i].b_lock, "umtx");
		list_init(&buckets[i].b_waiters);
	}
}

struct umtx_bucket *
umtx_bucket(const struct vm_key *key)
{
	uint64_t h = (uintptr_t)key->k_where ^ key->k_offset;

	/* Fibonacci hashing: the top bits of a product with 2^64 / phi. */
	return (&buckets[h * 0x9e3779b97f4a7c15ul >> 56]);
}
_Static_assert(UMTX_BUCKETS == 1 << (64 - 56), "umtx_bucket()'s shift");

static bool
same(const struct umtx_waiter *w, const struct vm_key *key, enum umtx_kind kind)
{
	return (umtx_same_key(&w->w_key, key) && w->w_kind == kind);
}

int
umtx_find(struct thread *td, const void *uaddr, bool shared, struct vm_key *key,
    struct umtx_bucket **bp)
{
	int error = vm_key(td_vmspace(td), (vaddr_t)uaddr, shared, key);

	if (error == 0)
		*bp = umtx_bucket(key);
	return (error);
}

int
umtx_waiter_init(struct thread *td, struct umtx_waiter *w, const void *uaddr,
    enum umtx_kind kind, bool shared)
{
	struct vmspace *vs = td_vmspace(td);
	int error;

	w->w_object = NULL;
	error = shared
		    ? vm_key_hold(vs, (vaddr_t)uaddr, &w->w_key, &w->w_object)
		    : vm_key(vs, (vaddr_t)uaddr, false, &w->w_key);
	if (error != 0)
		return (error);
	w->w_kind = kind;
	w->w_queued = false;
	w->w_thread = td;
	w->w_bucket = umtx_bucket(&w->w_key);
	cv_init(&w->w_cv, "umtx");
	return (0);
}

void
umtx_enqueue(struct umtx_waiter *w)
{
	struct umtx_bucket *b = w->w_bucket;

	spin_lock(&b->b_lock);
	w->w_queued = true;
	w->w_turn = ++b->b_turn;
	list_push_back(&b->b_waiters, &w->w_link);
	spin_unlock(&b->b_lock);
}

bool
umtx_dequeue(struct umtx_waiter *w)
{
	struct umtx_bucket *b = w->w_bucket;
	bool queued;

	spin_lock(&b->b_lock);
	queued = w->w_queued;
	if (queued) {
		list_remove(&w->w_link);
		w->w_queued = false;
	}
	spin_unlock(&b->b_lock);
	return (queued);
}

int
umtx_sleep(struct umtx_waiter *w, uint64_t deadline)
{
	struct umtx_bucket *b = w->w_bucket;
	int error = 0;

	spin_lock(&b->b_lock);
	while (w->w_queued && error == 0)
		error = cv_wait_spin_sig(&w->w_cv, &b->b_lock, deadline);
	if (w->w_queued) {
		list_remove(&w->w_link);
		w->w_queued = false;
	} else {
		error = 0;
	}
	spin_unlock(&b->b_lock);
	return (error);
}

unsigned
umtx_count(const struct vm_key *key, enum umtx_kind kind)
{
	struct umtx_bucket *b = umtx_bucket(key);
	struct umtx_waiter *w;
	unsigned n = 0;

	spin_lock(&b->b_lock);
	LIST_FOREACH (w, &b->b_waiters, w_link)
		n += same(w, key, kind);
	spin_unlock(&b->b_lock);
	return (n);
}

/* At most n of those that came up to that turn; b_lock held. */
static unsigned
wake_some(struct umtx_bucket *b, const struct vm_key *key, enum umtx_kind kind,
    unsigned n, uint64_t turn)
{
	struct umtx_waiter *w, *tmp;
	unsigned woken = 0;

	LIST_FOREACH_SAFE (w, &b->b_waiters, w_link, tmp) {
		if (woken == n || w->w_turn > turn)
			break;
		if (!same(w, key, kind))
			continue;
		list_remove(&w->w_link);
		w->w_queued = false;
		woken++;
		/* Until b_lock is free the waiter's stack stays. */
		cv_signal(&w->w_cv);
	}
	return (woken);
}

unsigned
umtx_wake_key(const struct vm_key *key, enum umtx_kind kind, unsigned n)
{
	struct umtx_bucket *b = umtx_bucket(key);
	unsigned woken = 0, some, most;
	uint64_t turn;

	spin_lock(&b->b_lock);
	turn = b->b_turn;
	for (;;) {
		most = MIN(n - woken, AT_ONCE);
		some = wake_some(b, key, kind, most, turn);
		woken += some;
		if (some < AT_ONCE || woken == n)
			break;
		spin_unlock(&b->b_lock);
		sched_maybe_yield();
		spin_lock(&b->b_lock);
	}
	spin_unlock(&b->b_lock);
	return (woken);
}

int
umtx_timeout_set(struct thread *td, const struct timespec *ts, uint32_t flags,
    clockid_t id, struct umtx_timeout *t)
{
	int error;

	if (!timespec_valid(ts))
		return (EINVAL);
	t->t_given = true;
	t->t_absolute = flags & UMTX_ABSTIME;
	error = time_deadline(id, t->t_absolute, ts, &t->t_deadline);
	if (error == 0 && t->t_absolute && td->td_proc->p_umtx_min != 0)
		t->t_deadline =
		    MAX(t->t_deadline, clock_ns() + td->td_proc->p_umtx_min);
	return (error);
}

int
umtx_timeout_get(
    struct thread *td, const void *uaddr, size_t size, struct umtx_timeout *t)
{
	struct umtx_time ut = {.clockid = CLOCK_REALTIME};
	int error;

	t->t_given = t->t_absolute = false;
	t->t_deadline = NO_DEADLINE;
	if (uaddr == NULL)
		return (0);
	error = copyin(uaddr, &ut,
	    size <= sizeof(struct timespec) ? sizeof(struct timespec)
					    : sizeof(ut));
	if (error != 0)
		return (error);
	return (umtx_timeout_set(
	    td, &ut.timeout, ut.flags, (clockid_t)ut.clockid, t));
}

/* As long as the word has this value. */
static int
wait_for_change(struct umtx_waiter *w, const void *uaddr, uint64_t val,
    bool wide, uint64_t deadline)
{
	uint64_t now;
	uint32_t now32;
	int error;

	umtx_enqueue(w);
	if (wide) {
		error = fueword64(uaddr, &now);
	} else {
		error = fueword32(uaddr, &now32);
		now = now32;
		val = (uint32_t)val;
	}
	if (error != 0 || now != val) {
		(void)umtx_dequeue(w);
		return (error);
	}
	error = umtx_sleep(w, deadline);
	return (error == ERESTART ? EINTR : error);
}

int
umtx_wait_word(struct thread *td, const void *uaddr, uint64_t val, bool wide,
    bool shared, const struct umtx_timeout *t)
{
	struct umtx_waiter w;
	int error;

	error = umtx_waiter_init(td, &w, uaddr, UMTX_SIMPLE, shared);
	if (error != 0)
		return (error);
	error = wait_for_change(&w, uaddr, val, wide, t->t_deadline);
	umtx_waiter_done(&w);
	return (error);
}

int
umtx_wake_addr(struct thread *td, const void *uaddr, unsigned n, bool shared)
{
	struct vm_key key;
	int error;

	error = vm_key(td_vmspace(td), (vaddr_t)uaddr, shared, &key);
	if (error == 0)
		(void)umtx_wake_key(&key, UMTX_SIMPLE, n);
	return (error);
}

int
umtx_wake(struct thread *td, uint64_t uaddr, int n)
{
	return (umtx_wake_addr(td, (const void *)uaddr, (unsigned)n, true));
}

/*
 * A robust mutex of a thread that ends: the next to lock it is told so. The
 * inactive one may have been unlocked already. *next is its successor.
 */
static int
robust_unlock(struct thread *td, uint64_t uaddr, bool inactive, uint64_t *next)
{
	struct umutex m;
	int error;

	error = copyin((const void *)uaddr, &m, sizeof(m));
	if (error != 0)
		return (error);
	*next = m.m_rb_lnk;
	if ((m.m_flags & UMUTEX_ROBUST) == 0)
		return (EINVAL);
	if ((m.m_owner & ~UMUTEX_CONTESTED) != (uint32_t)td->td_tid)
		return (inactive ? 0 : EINVAL);
	return (umutex_unlock(td, (struct umutex *)uaddr, true));
}

static void
robust_walk(struct thread *td, uint64_t head, uint64_t inactive)
{
	uint64_t uaddr, next;
	int error;

	if (head == 0 || fueword64((const void *)head, &uaddr) != 0)
		return;
	for (int i = 0; uaddr != 0 && i < ROBUST_MAX; i++) {
		error = robust_unlock(td, uaddr, uaddr == inactive, &next);
		if (error != 0)
			break;
		uaddr = next;
	}
}

void
umtx_thread_exit(struct thread *td)
{
	uint64_t inactive = 0, next;

	if ((td->td_robust_list | td->td_privrobust_list |
		td->td_robust_inact) == 0)
		return;
	if (td->td_robust_inact != 0 &&
	    fueword64((const void *)td->td_robust_inact, &inactive) != 0)
		inactive = 0;
	robust_walk(td, td->td_robust_list, inactive);
	robust_walk(td, td->td_privrobust_list, inactive);
	if (inactive != 0)
		(void)robust_unlock(td, inactive, true, &next);
	td->td_robust_list = td->td_privrobust_list = td->td_robust_inact = 0;
}

void
umtx_exec(struct thread *td)
{
	td->td_robust_list = td->td_privrobust_list = td->td_robust_inact = 0;
	td->td_proc->p_umtx_min = 0;
}
