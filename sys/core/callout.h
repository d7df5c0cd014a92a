/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CORE_CALLOUT_H
#define CORE_CALLOUT_H

#include "lib/rbtree.h"
#include "core/sync.h"

/*
 * A call in the future.  Runs in interrupt context on the CPU where it was
 * set: only spin locks, no sleeping.  The function may set its own callout
 * again, or free it.
 */
struct callout {
	struct rb_node co_node; /* (c) in the CPU's tree */
	uint64_t co_deadline;	/* (c) clock_ns() */
	void (*co_fn)(void *);
	void *co_arg;
	int co_cpu; /* (c) where it is set, -1: not set */
};

void callout_init(struct callout *co, void (*fn)(void *), void *arg);
/* Sets, or moves. A deadline in the past means as soon as possible. */
void callout_set(struct callout *co, uint64_t deadline);
/* True if it was set and now won't be called. Doesn't wait for a call that is
 * under way on another CPU. */
bool callout_cancel(struct callout *co);
/* As above, and waits until a call under way is over, which must not set it
 * again from now on; not from its own fn, nor with a spin lock held that fn
 * takes. */
bool callout_drain(struct callout *co);

/*
 * How often a timer that is due at *next, and then every `interval` ns (0: only
 * once), has expired by now.  *next moves to the first expiry after now, or to
 * NO_DEADLINE.  One step, however many there were.
 */
uint64_t interval_expire(uint64_t *next, uint64_t interval, uint64_t now);

/* Arms this CPU's timer anew after c_tick was set; interrupts off. */
struct cpu;
void callout_arm_tick(struct cpu *c);

/* From the clock interrupt, interrupts off. */
void callout_interrupt(void);

#endif
