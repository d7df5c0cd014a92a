/* SPDX-License-Identifier: BSD-2-Clause */
/* What ipc/umtx*.c share: queues of threads that wait at a user address. */
#ifndef IPC_UMTXQ_H
#define IPC_UMTXQ_H

#include "fbsd/umtx.h"
#include "proc/proc.h"
#include "ipc/umtx.h"
#include "vm/vm.h"

/*
 * A word is changed by comparing it with what it was, and tried again when it
 * was changed meanwhile.  That comes to an end with b_busy held, which others
 * wait for: who changes it without a pause gets EAGAIN.
 */
#define UMTX_TRIES 1000

/* Different uses of one address don't meet. */
enum umtx_kind {
	UMTX_SIMPLE,
	UMTX_MUTEX,
	UMTX_CV,
	UMTX_READERS,
	UMTX_WRITERS,
	UMTX_SEM,
};

struct umtx_bucket {
	struct mutex b_busy; /* the user's word and the queue change
				together: held around both */
	struct spin b_lock;
	struct list b_waiters; /* (b_lock) */
	uint64_t b_turn;       /* (b_lock) how many ever waited there */
};

/* On the waiter's stack. */
struct umtx_waiter {
	struct list w_link;	      /* (b_lock) */
	struct vm_key w_key;	      /* (!) */
	struct vm_object *w_object;   /* (!) the key's, held, so that no other
					 gets its place; or NULL */
	enum umtx_kind w_kind;	      /* (!) */
	bool w_queued;		      /* (b_lock) */
	uint64_t w_turn;	      /* (b_lock) b_turn when it came */
	struct umtx_bucket *w_bucket; /* (!) */
	struct thread *w_thread;      /* (!) who waits */
	struct list w_pi_link;	      /* (umtx_pri.c's lock) lends */
	lwpid_t w_pi_owner;	      /* (same) to whom; 0: nobody */
	struct cv w_cv;
};

struct umtx_bucket *umtx_bucket(const struct vm_key *key);
/* A user address's key, and the bucket with who waits there. EFAULT. */
int umtx_find(struct thread *td, const void *uaddr, bool shared,
    struct vm_key *key, struct umtx_bucket **bp) __sleeps;
/* The same of a waiter, which ends with umtx_waiter_done(). EFAULT. */
int umtx_waiter_init(struct thread *td, struct umtx_waiter *w,
    const void *uaddr, enum umtx_kind kind, bool shared) __sleeps;
static inline void
umtx_waiter_done(struct umtx_waiter *w)
{
	if (w->w_object != NULL)
		vm_object_release(w->w_object);
}

void umtx_enqueue(struct umtx_waiter *w);
/* False: it was woken, and isn't in the queue any more. */
bool umtx_dequeue(struct umtx_waiter *w);
/* Sleeps until woken: 0. Or EINTR, ERESTART, ETIMEDOUT: then not queued. */
int umtx_sleep(struct umtx_waiter *w, uint64_t deadline) __sleeps;
unsigned umtx_count(const struct vm_key *key, enum umtx_kind kind);
unsigned umtx_wake_key(
    const struct vm_key *key, enum umtx_kind kind, unsigned n) __sleeps;

struct umtx_timeout {
	uint64_t t_deadline; /* clock_ns() */
	bool t_given;
	bool t_absolute;
};
int umtx_timeout_get(struct thread *td, const void *uaddr, size_t size,
    struct umtx_timeout *t) __sleeps;
int umtx_timeout_set(struct thread *td, const struct timespec *ts,
    uint32_t flags, clockid_t id, struct umtx_timeout *t) __sleeps;

/* In a loop over a word that others keep changing: must the call end? */
static inline bool
umtx_asked_to_stop(struct thread *td)
{
	return (td->td_flags & (TDF_SUSPEND | TDF_SIGPENDING));
}

/*
 * umtx_pri.c: mutexes that change their owner's priority; without the flags
 * UMUTEX_PRIO_* these do nothing.
 */
/* Before locking: EINVAL (the caller's priority is above the ceiling). */
int umtx_pri_check(
    struct thread *td, struct umutex *m, uint32_t flags) __sleeps;
/* w waits for the mutex that this thread has; afterwards, woken or not. */
void umtx_pri_wait(
    struct umtx_waiter *w, uint32_t flags, lwpid_t owner) __sleeps;
void umtx_pri_done(struct umtx_waiter *w, uint32_t flags) __sleeps;
/* td has the mutex now, or no longer. */
void umtx_pri_locked(struct thread *td, struct umutex *m, uint32_t flags,
    const struct vm_key *key) __sleeps;
void umtx_pri_unlocked(struct thread *td, struct umutex *m, uint32_t flags,
    const struct vm_key *key) __sleeps;

/* The same place in memory? */
static inline bool
umtx_same_key(const struct vm_key *a, const struct vm_key *b)
{
	return (a->k_offset == b->k_offset && a->k_where == b->k_where);
}

enum umtx_lock_mode { UMTX_TRYLOCK, UMTX_LOCK, UMTX_WAITFREE };
int umutex_lock(struct thread *td, struct umutex *m, enum umtx_lock_mode mode,
    const struct umtx_timeout *t) __sleeps;
/* dead: the owner ended without unlocking (robust mutexes). */
int umutex_unlock(struct thread *td, struct umutex *m, bool dead) __sleeps;
int umutex_wake(struct thread *td, struct umutex *m) __sleeps;
int umutex_wake2(struct thread *td, struct umutex *m, uint32_t flags) __sleeps;
int umutex_set_ceiling(struct thread *td, struct umutex *m, uint32_t ceiling,
    uint32_t *old) __sleeps;
int ucond_wait(struct thread *td, struct ucond *cv, struct umutex *m,
    const struct timespec *ts, uint32_t flags) __sleeps;
int ucond_wake(struct thread *td, struct ucond *cv, bool all) __sleeps;
int urwlock_read(struct thread *td, struct urwlock *rw, uint32_t flags,
    const struct umtx_timeout *t) __sleeps;
int urwlock_write(struct thread *td, struct urwlock *rw,
    const struct umtx_timeout *t) __sleeps;
int urwlock_unlock(struct thread *td, struct urwlock *rw) __sleeps;
int usem2_wait(struct thread *td, struct usem2 *sem,
    const struct umtx_timeout *t) __sleeps;
int usem2_wake(struct thread *td, struct usem2 *sem) __sleeps;

/* UMTX_OP_SHM: flags is one of UMTX_SHM_*. A descriptor in td_retval[0]. */
int umtx_shm_op(struct thread *td, const void *uaddr, unsigned flags) __sleeps;

/* WAIT and its kin; wide: a long, else an unsigned int. */
int umtx_wait_word(struct thread *td, const void *uaddr, uint64_t val,
    bool wide, bool shared, const struct umtx_timeout *t) __sleeps;
int umtx_wake_addr(
    struct thread *td, const void *uaddr, unsigned n, bool shared) __sleeps;

#endif
