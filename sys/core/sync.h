/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Three locks and one way to wait.
 *
 * spin   held for a few instructions, interrupts off; the only lock that
 *        interrupt handlers may take.  Nobody sleeps with one held.
 * mutex  may sleep; spins first while the owner runs on another CPU.
 * rwlock many readers or one writer; may sleep; writers go first.
 * cv     threads wait for a condition that a mutex or a spin lock guards.
 *
 * All live where their owner puts them and need no destruction.  A mutex may be
 * freed by whoever held it last, even while the holder before is on its way out
 * of mutex_unlock(); a rwlock only when nobody uses it any more.  In a kernel
 * with `options LOCKDEBUG` every acquisition is checked against the orders seen
 * so far, among all locks of the same kind and name: see core/lockdebug.c.
 */
#ifndef CORE_SYNC_H
#define CORE_SYNC_H

#include "lib/list.h"

struct thread;

struct spin {
	volatile uint32_t s_locked;
	const char *s_name;
};
#define SPIN_INITIALIZER(name)                                                 \
	{                                                                      \
		.s_name = (name)                                               \
	}

void spin_init(struct spin *s, const char *name);
void spin_lock(struct spin *s); /* nests with other spin locks */
bool spin_trylock(struct spin *s);
void spin_unlock(struct spin *s);
/* At the machine's end: it is the caller's for good, also if its holder, who
 * may be stopped, or the caller himself, doesn't release it in time. Interrupts
 * are off. */
void spin_seize(struct spin *s);

struct mutex {
	struct thread *volatile m_owner;
	struct spin m_lock;    /* guards m_waiters */
	struct list m_waiters; /* threads */
	const char *m_name;
};
#define MUTEX_INITIALIZER(m, name)                                             \
	{                                                                      \
		.m_lock = SPIN_INITIALIZER("mutex"),                           \
		.m_waiters = LIST_INITIALIZER((m).m_waiters), .m_name = (name) \
	}

void mutex_init(struct mutex *m, const char *name);
void mutex_lock(struct mutex *m) __sleeps;
bool mutex_trylock(struct mutex *m); /* true: it is held now */
void mutex_unlock(struct mutex *m);
bool mutex_held(struct mutex *m); /* by the caller? */

/* (l) rw_lock, (a) atomic, (!) set once. */
struct rwlock {
	uint32_t rw_state; /* (a) RW_* */
	struct spin rw_lock;
	unsigned rw_writers_waiting; /* (l) asleep, or woken and not yet in */
	struct list rw_readers;	     /* (l) threads that wait */
	struct list rw_writers;	     /* (l) */
	const char *rw_name;	     /* (!) */
};
#define RW_WRITER  1u
#define RW_WAITERS 2u /* rw_lock is needed to release it */
#define RW_READER  4u /* times their count */
#define RW_INITIALIZER(rw, name)                                               \
	{                                                                      \
		.rw_lock = SPIN_INITIALIZER("rwlock"),                         \
		.rw_readers = LIST_INITIALIZER((rw).rw_readers),               \
		.rw_writers = LIST_INITIALIZER((rw).rw_writers),               \
		.rw_name = (name)                                              \
	}

void rw_init(struct rwlock *rw, const char *name);
void rw_rlock(struct rwlock *rw) __sleeps;
/* 0; EINTR, and it isn't held: the process is to end. */
int rw_rlock_kill(struct rwlock *rw) __sleeps;
void rw_runlock(struct rwlock *rw);
void rw_wlock(struct rwlock *rw) __sleeps;
void rw_wunlock(struct rwlock *rw);

/* (l) cv_lock, (!) set once. */
struct cv {
	struct spin cv_lock;
	struct list cv_waiters; /* (l) threads, by priority */
	struct list cv_waking;	/* (l) those that others will wake: sync.c */
	const char *cv_name;	/* (!) ps's wait message */
};
#define CV_INITIALIZER(c, name)                                                \
	{                                                                      \
		.cv_lock = SPIN_INITIALIZER("cv"),                             \
		.cv_waiters = LIST_INITIALIZER((c).cv_waiters),                \
		.cv_waking = LIST_INITIALIZER((c).cv_waking),                  \
		.cv_name = (name)                                              \
	}

#define NO_DEADLINE UINT64_MAX /* clock_ns() that never comes */

void cv_init(struct cv *cv, const char *name);
/*
 * Waits until woken, with the lock released meanwhile and held again on
 * return.  Spurious returns happen: loop on the condition.
 *
 * The _sig forms also end for a signal: EINTR or ERESTART (as the signal's
 * action says), or because the process stops running threads (exit, exec).
 * The _kill forms end only for a process that is to end: EINTR; other signals
 * are for when this is over.
 * The timed forms end with ETIMEDOUT when clock_ns() reaches deadline.
 */
void cv_wait(struct cv *cv, struct mutex *m) __sleeps;
int cv_wait_sig(struct cv *cv, struct mutex *m) __sleeps;
int cv_wait_kill(struct cv *cv, struct mutex *m) __sleeps;
int cv_timedwait(struct cv *cv, struct mutex *m, uint64_t deadline) __sleeps;
int cv_timedwait_sig(
    struct cv *cv, struct mutex *m, uint64_t deadline) __sleeps;
void cv_wait_spin(struct cv *cv, struct spin *s) __sleeps;
int cv_timedwait_spin(
    struct cv *cv, struct spin *s, uint64_t deadline) __sleeps;
int cv_wait_spin_sig(struct cv *cv, struct spin *s, uint64_t deadline) __sleeps;
int cv_wait_spin_kill(struct cv *cv, struct spin *s) __sleeps;
/* Any context; the caller need not hold the condition's lock. */
void cv_signal(struct cv *cv);	 /* one waiter */
void cv_wake_all(struct cv *cv); /* of a cv that has waiters */
static inline void
cv_broadcast(struct cv *cv) /* all */
{
	if (!list_empty(&cv->cv_waiters))
		cv_wake_all(cv);
}

/*
 * Said before a lock is taken while another of the same name is held: the
 * caller knows of an order among them, which LOCKDEBUG cannot check.
 */
#ifdef OPT_LOCKDEBUG
void spin_will_nest(const struct spin *s);
void mutex_will_nest(const struct mutex *m);
void rw_will_nest(const struct rwlock *rw);
/* Panics unless the caller holds it. */
void spin_assert_held(const struct spin *s);
void mutex_assert_held(const struct mutex *m);
void rw_assert_held(const struct rwlock *rw, bool write); /* at least so */
/* Panics if the caller may not sleep, in `what`: it holds a spin lock, has
 * interrupts off or is within a section. In all that sleeps now and then; locks
 * and waits do it themselves. */
void assert_may_sleep(const char *what);
#else
static inline void
spin_will_nest(const struct spin *s)
{
}

static inline void
mutex_will_nest(const struct mutex *m)
{
}

static inline void
rw_will_nest(const struct rwlock *rw)
{
}

static inline void
spin_assert_held(const struct spin *s)
{
}

static inline void
mutex_assert_held(const struct mutex *m)
{
}

static inline void
rw_assert_held(const struct rwlock *rw, bool write)
{
}

static inline void
assert_may_sleep(const char *what)
{
}
#endif

/* Atomics: plain GCC builtins under the field's names. */
#define atomic_load(p)	   __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define atomic_store(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define atomic_add(p, v)   __atomic_fetch_add((p), (v), __ATOMIC_SEQ_CST)
#define atomic_sub(p, v)   __atomic_fetch_sub((p), (v), __ATOMIC_SEQ_CST)
#define atomic_or(p, v)	   __atomic_fetch_or((p), (v), __ATOMIC_SEQ_CST)
#define atomic_and(p, v)   __atomic_fetch_and((p), (v), __ATOMIC_SEQ_CST)
#define atomic_swap(p, v)  __atomic_exchange_n((p), (v), __ATOMIC_SEQ_CST)
#define atomic_cas(p, oldp, new)                                               \
	__atomic_compare_exchange_n(                                           \
	    (p), (oldp), (new), false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)

/* Reference counts: refcount_drop() is true for the last one. */
static inline void
refcount_take(unsigned *r)
{
	__atomic_fetch_add(r, 1, __ATOMIC_RELAXED);
}

static inline bool
refcount_drop(unsigned *r)
{
	return (__atomic_fetch_sub(r, 1, __ATOMIC_ACQ_REL) == 1);
}

#endif
