/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checks of a debug kernel (options LOCKDEBUG), called by core/sync.c: locks
 * are taken in one order only, each once, and nobody sleeps with a spin lock
 * held, or touches user memory with one that giving memory back may need.
 * Without the option all of it is nothing.
 */
#ifndef CORE_LOCKDEBUG_H
#define CORE_LOCKDEBUG_H

#include "lib/types.h"
#include "core/sync.h"

enum lock_kind {
	LOCK_SPIN,
	LOCK_MUTEX,
	LOCK_RW,
};

/* A lock as the checks see it, and the place where it is taken. */
struct lock_use {
	const void *lock;
	const char *name;
	uintptr_t where;
	enum lock_kind kind;
	uint16_t class; /* lockdebug.c's */
};

/* Locks of one class were taken while locks of another were held. */
struct lock_order {
	struct lock_use held;
	struct lock_use taken;
};

/* Orders that form a circle: each takes what the next holds, and the last
 * takes what the first holds.  The first is what was just attempted. */
#define LOCK_CIRCLE_MAX 8
struct lock_circle {
	unsigned n; /* of order[]; the circle may be longer */
	struct lock_order order[LOCK_CIRCLE_MAX];
};

#define HELD_MAX 16
struct held_locks {
	unsigned n;
	struct lock_use use[HELD_MAX];
	const void *nested; /* X_will_nest() was said of it */
};

#ifdef OPT_LOCKDEBUG
/* What a test sets to hear of circles that would otherwise be a panic. It is
 * called wherever a lock is taken, so it may take none. */
extern void (*lockdebug_report)(const struct lock_circle *);

/* User memory is about to be touched: copy.S. */
void lockdebug_user_memory(void) __sleeps;
void lockdebug_take(struct lock_use use); /* about to be taken */
void lockdebug_taken(struct lock_use use);
void lockdebug_release(enum lock_kind kind, const void *lock);
#else
static inline void
lockdebug_take(struct lock_use use)
{
}

static inline void
lockdebug_taken(struct lock_use use)
{
}

static inline void
lockdebug_release(enum lock_kind kind, const void *lock)
{
}
#endif

/* For the functions that take locks: where they were called. */
#define LOCK_USE(k, l, n)                                                      \
	((struct lock_use){.lock = (l),                                        \
	    .name = (n),                                                       \
	    .where = (uintptr_t)__builtin_return_address(0),                   \
	    .kind = (k)})

#endif
