/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Locks and condition variables over the scheduler's one way to sleep
 * (sched_wait_begin(), sched_wait(), sched_wake()).
 *
 * A mutex is one word: the owner, with its lowest bit set while threads may
 * wait for it.  Taking and releasing a free mutex is one compare-and-swap
 * each.  A releaser doesn't hand the mutex over: it wakes the first waiter,
 * which tries again like anybody else.
 *
 * A rwlock's state is one word as well: a writer, or the count of readers, and
 * RW_WAITERS while threads may wait.  As long as that bit is clear, taking and
 * releasing are one compare-and-swap; with it set all goes by rw_lock.
 *
 * Waking all that wait takes long if they are many, and whoever does it may
 * have interrupts off.  So he wakes a few, and each of those wakes a few more
 * on its way out, as long as any are left that waited at that time.
 */
#include "fbsd/errno.h"
#include "core/callout.h"
#include "core/kasan.h"
#include "core/lockdebug.h"
#include "core/printf.h"
#include "core/thread.h"
#include "core/sched.h"
#include "core/sync.h"

#define WAITERS	   1ul /* in m_owner */
#define SPIN_TRIES 1000
#define WAKE_FEW   32 /* with one hold of the lock */

/* A busy host may let a CPU that holds a spin lock wait for so long. */
#define SEIZE_PATIENCE (2 * NSEC_PER_SEC)

/* False: a signal or its timeout woke it at the same time. */
static bool
wake_first(struct list *waiters)
{
	struct thread *td = LIST_FIRST(waiters, struct thread, td_wlink);

	list_remove(&td->td_wlink);
	return (sched_wake(td, 0));
}

static void
wake_few(struct list *waiters)
{
	for (int i = 0; i < WAKE_FEW && !list_empty(waiters); i++)
		(void)wake_first(waiters);
}

void
spin_init(struct spin *s, const char *name)
{
	s->s_locked = 0;
	s->s_name = name;
}

/* Somebody else has it. */
static __attribute__((noinline)) void
spin_wait(struct spin *s)
{
	do
		while (s->s_locked != 0)
			cpu_relax();
	while (__atomic_exchange_n(&s->s_locked, 1, __ATOMIC_ACQUIRE) != 0);
}

void
spin_lock(struct spin *s)
{
	uint64_t flags = intr_disable();
	struct cpu *c = curcpu();

	if (c->c_spins++ == 0)
		c->c_spin_flags = flags;
	lockdebug_take(LOCK_USE(LOCK_SPIN, s, s->s_name));
	if (__predict_false(
		__atomic_exchange_n(&s->s_locked, 1, __ATOMIC_ACQUIRE) != 0))
		spin_wait(s);
	lockdebug_taken(LOCK_USE(LOCK_SPIN, s, s->s_name));
}

bool
spin_trylock(struct spin *s)
{
	uint64_t flags = intr_disable();
	struct cpu *c = curcpu();

	if (__atomic_exchange_n(&s->s_locked, 1, __ATOMIC_ACQUIRE) != 0) {
		intr_restore(flags);
		return (false);
	}
	if (c->c_spins++ == 0)
		c->c_spin_flags = flags;
	lockdebug_taken(LOCK_USE(LOCK_SPIN, s, s->s_name));
	return (true);
}

void
spin_unlock(struct spin *s)
{
	struct cpu *c = curcpu();

	lockdebug_release(LOCK_SPIN, s);
	__atomic_store_n(&s->s_locked, 0, __ATOMIC_RELEASE);
	if (--c->c_spins == 0)
		intr_restore(c->c_spin_flags);
}

void
spin_seize(struct spin *s)
{
	uint64_t deadline = clock_ns() + SEIZE_PATIENCE;

	while (__atomic_exchange_n(&s->s_locked, 1, __ATOMIC_ACQUIRE) != 0 &&
	       clock_ns() < deadline)
		cpu_relax();
}

static uintptr_t *
owner_word(struct mutex *m)
{
	return ((uintptr_t *)(uintptr_t)&m->m_owner);
}

void
mutex_init(struct mutex *m, const char *name)
{
	m->m_owner = NULL;
	spin_init(&m->m_lock, "mutex");
	list_init(&m->m_waiters);
	m->m_name = name;
}

bool
mutex_held(struct mutex *m)
{
	return (
	    (atomic_load(owner_word(m)) & ~WAITERS) == (uintptr_t)curthread());
}

static bool
try_lock(struct mutex *m)
{
	uintptr_t word = atomic_load(owner_word(m));
	struct thread *td = curthread();

	while ((word & ~WAITERS) == 0)
		if (atomic_cas(owner_word(m), &word, (uintptr_t)td | word)) {
			td->td_locks++;
			return (true);
		}
	return (false);
}

/* While the owner runs on another CPU it will soon be done. Thread structures
 * are never given back to the page allocator, so looking is safe. */
static __no_kasan bool
owner_runs(struct mutex *m)
{
	struct thread *owner =
	    (struct thread *)(atomic_load(owner_word(m)) & ~WAITERS);

	return (owner == NULL || (ncpus > 1 && owner->td_oncpu));
}

static void
mutex_lock_slow(struct mutex *m)
{
	struct thread *td = curthread();

	for (;;) {
		for (int i = 0; i < SPIN_TRIES && owner_runs(m); i++) {
			if (try_lock(m))
				return;
			cpu_relax();
		}
		sched_wait_begin(td, m->m_name, false);
		spin_lock(&m->m_lock);
		atomic_or(owner_word(m), WAITERS);
		if ((atomic_load(owner_word(m)) & ~WAITERS) == 0) {
			spin_unlock(&m->m_lock);
			if (try_lock(m))
				return;
			continue;
		}
		list_push_back(&m->m_waiters, &td->td_wlink);
		spin_unlock(&m->m_lock);
		sched_wait(td);
		kassert(!list_linked(&td->td_wlink));
	}
}

void
mutex_lock(struct mutex *m)
{
	struct thread *td = curthread();
	uintptr_t none = 0;

	lockdebug_take(LOCK_USE(LOCK_MUTEX, m, m->m_name));
	if (__predict_true(atomic_cas(owner_word(m), &none, (uintptr_t)td)))
		td->td_locks++;
	else
		mutex_lock_slow(m);
	lockdebug_taken(LOCK_USE(LOCK_MUTEX, m, m->m_name));
}

bool
mutex_trylock(struct mutex *m)
{
	if (!try_lock(m))
		return (false);
	lockdebug_taken(LOCK_USE(LOCK_MUTEX, m, m->m_name));
	return (true);
}

/*
 * Somebody waits, or did.  The mutex is given up at the very end, by one
 * operation on its word: from then on the next owner may free it.
 */
static void
mutex_unlock_slow(struct mutex *m, struct thread *td)
{
	struct thread *waiter;

	for (;;) {
		uintptr_t self = (uintptr_t)td;

		spin_lock(&m->m_lock);
		waiter = LIST_FIRST(&m->m_waiters, struct thread, td_wlink);
		if (waiter != NULL)
			list_remove(&waiter->td_wlink);
		if (list_empty(&m->m_waiters))
			atomic_and(owner_word(m), ~WAITERS);
		spin_unlock(&m->m_lock);
		if (waiter != NULL)
			break;
		/* Unless one has come since. */
		if (atomic_cas(owner_word(m), &self, 0))
			return;
	}
	/* Others that come meanwhile are for the one that wakes up now. */
	atomic_and(owner_word(m), WAITERS);
	sched_wake(waiter, 0);
}

void
mutex_unlock(struct mutex *m)
{
	struct thread *td = curthread();
	uintptr_t self = (uintptr_t)td;

	lockdebug_release(LOCK_MUTEX, m);
	td->td_locks--;
	if (__predict_true(atomic_cas(owner_word(m), &self, 0)))
		return;
	if ((self & ~WAITERS) != (uintptr_t)td)
		panic("mutex %s released by who doesn't hold it", m->m_name);
	mutex_unlock_slow(m, td);
}

void
rw_init(struct rwlock *rw, const char *name)
{
	spin_init(&rw->rw_lock, "rwlock");
	rw->rw_state = 0;
	rw->rw_writers_waiting = 0;
	list_init(&rw->rw_readers);
	list_init(&rw->rw_writers);
	rw->rw_name = name;
}

/* Will td stay behind if it is killed? */
static bool
may_stay(const struct thread *td)
{
	return (__predict_false(td->td_may_stay != 0) && !td->td_must_wait &&
		!(td->td_flags & TDF_STAYED));
}

/*
 * Waits on one of rw's lists; rw_lock is released meanwhile.  EINTR, if `kill`:
 * the process is to end.  Whoever wakes a waiter takes it off the list, with
 * rw_lock held until it is awake; signals don't.
 */
static int
rw_sleep(struct rwlock *rw, struct list *l, bool kill)
{
	struct thread *td = curthread();
	const bool stays = !kill && may_stay(td), ends = kill || stays;
	bool killed, waits;

	sched_wait_begin(td, rw->rw_name, ends);
	list_push_back(l, &td->td_wlink);
	spin_unlock(&rw->rw_lock);
	/* A signal that came before sched_wait_begin() would wake nobody. */
	if (ends && sig_killed(td))
		sched_wake(td, EINTR);
	(void)sched_wait(td);
	killed = ends && sig_killed(td);
	spin_lock(&rw->rw_lock);
	waits = list_linked(&td->td_wlink);
	kassert(ends || !waits);
	if (waits)
		list_remove(&td->td_wlink);
	if (!waits || !killed)
		return (0);
	if (kill)
		return (EINTR);
	spin_unlock(&rw->rw_lock);
	thread_stay(td);
	spin_lock(&rw->rw_lock);
	return (0);
}

/* One more reader, unless the state has one of these bits. */
static bool
try_read(struct rwlock *rw, uint32_t refuse)
{
	uint32_t state = atomic_load(&rw->rw_state);

	while ((state & refuse) == 0)
		if (atomic_cas(&rw->rw_state, &state, state + RW_READER))
			return (true);
	return (false);
}

static bool
try_write(struct rwlock *rw)
{
	uint32_t state = atomic_load(&rw->rw_state);

	while ((state & ~RW_WAITERS) == 0)
		if (atomic_cas(&rw->rw_state, &state, state | RW_WRITER))
			return (true);
	return (false);
}

/* Is RW_WAITERS still true? rw_lock held. */
static void
rw_settle(struct rwlock *rw)
{
	if (list_empty(&rw->rw_readers) && list_empty(&rw->rw_writers) &&
	    rw->rw_writers_waiting == 0)
		atomic_and(&rw->rw_state, ~RW_WAITERS);
}

/* No writer holds it. Each of those that get in calls this again. */
static void
rw_wake_readers(struct rwlock *rw)
{
	if (rw->rw_writers_waiting == 0)
		wake_few(&rw->rw_readers);
}

static int
rw_rlock_slow(struct rwlock *rw, bool kill)
{
	int error = 0;

	spin_lock(&rw->rw_lock);
	while (error == 0 &&
	       (rw->rw_writers_waiting > 0 || !try_read(rw, RW_WRITER))) {
		/* From here on whoever releases it needs rw_lock. */
		atomic_or(&rw->rw_state, RW_WAITERS);
		if (rw->rw_writers_waiting > 0 ||
		    (atomic_load(&rw->rw_state) & RW_WRITER) != 0)
			error = rw_sleep(rw, &rw->rw_readers, kill);
	}
	if (error == 0)
		rw_wake_readers(rw);
	rw_settle(rw);
	spin_unlock(&rw->rw_lock);
	return (error);
}

void
rw_rlock(struct rwlock *rw)
{
	lockdebug_take(LOCK_USE(LOCK_RW, rw, rw->rw_name));
	if (__predict_false(!try_read(rw, RW_WRITER | RW_WAITERS)))
		(void)rw_rlock_slow(rw, false);
	curthread()->td_locks++;
	lockdebug_taken(LOCK_USE(LOCK_RW, rw, rw->rw_name));
}

int
rw_rlock_kill(struct rwlock *rw)
{
	lockdebug_take(LOCK_USE(LOCK_RW, rw, rw->rw_name));
	if (__predict_false(!try_read(rw, RW_WRITER | RW_WAITERS)) &&
	    rw_rlock_slow(rw, true) != 0)
		return (EINTR);
	curthread()->td_locks++;
	lockdebug_taken(LOCK_USE(LOCK_RW, rw, rw->rw_name));
	return (0);
}

static void
rw_wlock_slow(struct rwlock *rw)
{
	spin_lock(&rw->rw_lock);
	while (!try_write(rw)) {
		atomic_or(&rw->rw_state, RW_WAITERS);
		if ((atomic_load(&rw->rw_state) & ~RW_WAITERS) == 0)
			continue;
		rw->rw_writers_waiting++;
		(void)rw_sleep(rw, &rw->rw_writers, false);
		rw->rw_writers_waiting--;
	}
	rw_settle(rw);
	spin_unlock(&rw->rw_lock);
}

void
rw_wlock(struct rwlock *rw)
{
	uint32_t none = 0;

	lockdebug_take(LOCK_USE(LOCK_RW, rw, rw->rw_name));
	if (__predict_false(!atomic_cas(&rw->rw_state, &none, RW_WRITER)))
		rw_wlock_slow(rw);
	curthread()->td_locks++;
	lockdebug_taken(LOCK_USE(LOCK_RW, rw, rw->rw_name));
}

/* Nobody holds it: a writer goes first, else all readers. */
static void
rw_wake(struct rwlock *rw)
{
	if (!list_empty(&rw->rw_writers))
		(void)wake_first(&rw->rw_writers);
	else
		rw_wake_readers(rw);
}

/* Somebody may wait. `held`: what is given back. */
static void
rw_unlock_slow(struct rwlock *rw, uint32_t held)
{
	spin_lock(&rw->rw_lock);
	if (((atomic_sub(&rw->rw_state, held) - held) & ~RW_WAITERS) == 0)
		rw_wake(rw);
	rw_settle(rw);
	spin_unlock(&rw->rw_lock);
}

void
rw_runlock(struct rwlock *rw)
{
	uint32_t state = atomic_load(&rw->rw_state);

	while ((state & RW_WAITERS) == 0)
		if (atomic_cas(&rw->rw_state, &state, state - RW_READER))
			goto done;
	rw_unlock_slow(rw, RW_READER);
done:
	curthread()->td_locks--;
	lockdebug_release(LOCK_RW, rw);
}

void
rw_wunlock(struct rwlock *rw)
{
	uint32_t state = RW_WRITER;

	if (__predict_false(!atomic_cas(&rw->rw_state, &state, 0)))
		rw_unlock_slow(rw, RW_WRITER);
	curthread()->td_locks--;
	lockdebug_release(LOCK_RW, rw);
}

void
cv_init(struct cv *cv, const char *name)
{
	spin_init(&cv->cv_lock, "cv");
	list_init(&cv->cv_waiters);
	list_init(&cv->cv_waking);
	cv->cv_name = name;
}

static unsigned
priority(const struct thread *td)
{
	return (MIN(td->td_base_priority, td->td_lent_priority));
}

/* Behind its equals: whoever is woken to wake others isn't kept from the CPU by
 * what wouldn't keep them. */
static void
cv_add(struct cv *cv, struct thread *td)
{
	struct list *at = &cv->cv_waiters;

	spin_lock(&cv->cv_lock);
	while (at->prev != &cv->cv_waiters &&
	       priority(LIST_ENTRY(at->prev, struct thread, td_wlink)) >
		   priority(td))
		at = at->prev;
	list_insert_before(at, &td->td_wlink);
	spin_unlock(&cv->cv_lock);
}

/* After the wait. Whoever wakes takes the waiter off; signals and timeouts
 * don't. */
static void
cv_leave(struct cv *cv, struct thread *td)
{
	spin_lock(&cv->cv_lock);
	if (list_linked(&td->td_wlink))
		list_remove(&td->td_wlink);
	if (__predict_false(!list_empty(&cv->cv_waking)))
		wake_few(&cv->cv_waking);
	spin_unlock(&cv->cv_lock);
}

/* The lock that guards the condition: one of the two. */
struct guard {
	struct mutex *mutex;
	struct spin *spin;
};

static void
guard_release(const struct guard *g)
{
	if (g->mutex != NULL)
		mutex_unlock(g->mutex);
	else
		spin_unlock(g->spin);
}

static void
guard_take(const struct guard *g)
{
	if (g->mutex != NULL)
		mutex_lock(g->mutex);
	else
		spin_lock(g->spin);
}

/* What ends a wait but the cv and its deadline. */
enum ends { BY_NOTHING, BY_SIGNAL, BY_KILL };

static int
interrupts(struct thread *td, enum ends ends)
{
	switch (ends) {
	case BY_SIGNAL:
		return (sig_interrupts(td));
	case BY_KILL:
		if ((td->td_flags & (TDF_SIGPENDING | TDF_SUSPEND)) == 0)
			return (0);
		if (sig_killed(td))
			return (EINTR);
		/* To be suspended meanwhile. */
		return ((td->td_flags & TDF_SUSPEND) && td->td_locks == 0
			    ? ERESTART
			    : 0);
	default:
		return (0);
	}
}

static int
cv_sleep(
    struct cv *cv, const struct guard *g, enum ends ends, uint64_t deadline)
{
	struct thread *td = curthread();
	const bool stays = ends == BY_NOTHING && may_stay(td);
	int error;

	if (stays)
		ends = BY_KILL;
	sched_wait_begin(td, cv->cv_name, ends != BY_NOTHING);
	cv_add(cv, td);
	guard_release(g);
	assert_may_sleep(cv->cv_name);
	/* A signal that came before sched_wait_begin() would wake nobody. */
	if ((error = interrupts(td, ends)) != 0)
		sched_wake(td, error);
	if (deadline != NO_DEADLINE)
		callout_set(&td->td_timeout, deadline);
	error = sched_wait(td);
	if (deadline != NO_DEADLINE)
		callout_drain(&td->td_timeout);
	cv_leave(cv, td);
	if (error == EINTR || error == ERESTART)
		error = thread_suspend_check(td, true);
	if (error == 0)
		error = interrupts(td, ends);
	if (stays && error != ETIMEDOUT) {
		if (error == EINTR)
			thread_stay(td);
		error = 0;
	}
	guard_take(g);
	return (error);
}

void
cv_wait(struct cv *cv, struct mutex *m)
{
	cv_sleep(cv, &(struct guard){.mutex = m}, BY_NOTHING, NO_DEADLINE);
}

int
cv_wait_sig(struct cv *cv, struct mutex *m)
{
	return (
	    cv_sleep(cv, &(struct guard){.mutex = m}, BY_SIGNAL, NO_DEADLINE));
}

static int
wait_kill(struct cv *cv, const struct guard *g)
{
	return (cv_sleep(cv, g, BY_KILL, NO_DEADLINE) == EINTR ? EINTR : 0);
}

int
cv_wait_kill(struct cv *cv, struct mutex *m)
{
	return (wait_kill(cv, &(struct guard){.mutex = m}));
}

int
cv_wait_spin_kill(struct cv *cv, struct spin *s)
{
	return (wait_kill(cv, &(struct guard){.spin = s}));
}

int
cv_timedwait(struct cv *cv, struct mutex *m, uint64_t deadline)
{
	return (
	    cv_sleep(cv, &(struct guard){.mutex = m}, BY_NOTHING, deadline));
}

int
cv_timedwait_sig(struct cv *cv, struct mutex *m, uint64_t deadline)
{
	return (cv_sleep(cv, &(struct guard){.mutex = m}, BY_SIGNAL, deadline));
}

void
cv_wait_spin(struct cv *cv, struct spin *s)
{
	cv_sleep(cv, &(struct guard){.spin = s}, BY_NOTHING, NO_DEADLINE);
}

int
cv_timedwait_spin(struct cv *cv, struct spin *s, uint64_t deadline)
{
	return (cv_sleep(cv, &(struct guard){.spin = s}, BY_NOTHING, deadline));
}

int
cv_wait_spin_sig(struct cv *cv, struct spin *s, uint64_t deadline)
{
	return (cv_sleep(cv, &(struct guard){.spin = s}, BY_SIGNAL, deadline));
}

/* Takes waiters off until one was really asleep: one that a signal or its
 * timeout woke at the same time must not swallow the wakeup. */
void
cv_signal(struct cv *cv)
{
	bool woken = false;

	if (list_empty(&cv->cv_waiters))
		return;
	spin_lock(&cv->cv_lock);
	while (!woken && !list_empty(&cv->cv_waiters))
		woken = wake_first(&cv->cv_waiters);
	spin_unlock(&cv->cv_lock);
}

void
cv_wake_all(struct cv *cv)
{
	spin_lock(&cv->cv_lock);
	wake_few(&cv->cv_waiters);
	list_splice(&cv->cv_waking, &cv->cv_waiters);
	spin_unlock(&cv->cv_lock);
}
