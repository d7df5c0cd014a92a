/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events: the one mechanism under poll(2), select(2) and kqueue(2).
 *
 * Everything that can become ready holds an event_source and calls
 * event_notify() after a change.  Whoever wants to know attaches a waiter.
 * A notification says only "look again" (and, for vnodes and processes, what
 * happened, as NOTE_* bits): the waiter asks the object for its state.
 */
#ifndef CORE_EVENT_H
#define CORE_EVENT_H

#include "core/sync.h"

struct event_source {
	struct spin es_lock;
	struct list es_waiters; /* (es_lock) */
};

/*
 * ew_source is changed with both es_lock and ew_lock held, in this order: so
 * either keeps it, and whoever holds ew_lock and sees a source there knows
 * that the source's memory isn't gone.
 */
struct event_waiter {
	struct list ew_link;		/* (es_lock) */
	struct spin ew_lock;		/* after es_lock */
	struct event_source *ew_source; /* NULL: not attached */
	/* With es_lock held: a few instructions, no sleep, no detach. */
	void (*ew_notify)(struct event_waiter *ew, long hint);
};

void event_source_init(struct event_source *es, const char *name);
void event_waiter_init(struct event_waiter *ew,
    void (*notify)(struct event_waiter *ew, long hint));
/* ew: initialised, and not attached. */
void event_attach(struct event_source *es, struct event_waiter *ew);
/*
 * If it is attached. After it returns ew_notify won't be called, nor be
 * running, even if the source is drained at the same time.
 */
void event_detach(struct event_waiter *ew);
/* Of a source that has waiters. */
void event_notify_waiters(struct event_source *es, long hint);
/* Before the source's memory goes: detaches everybody, after a last
 * notification with hint EVENT_GONE. */
#define EVENT_GONE (-1L)
void event_source_drain(struct event_source *es);

static inline bool
event_wanted(const struct event_source *es)
{
	return (!list_empty(&es->es_waiters));
}

/* Any context. */
static inline void
event_notify(struct event_source *es, long hint)
{
	if (event_wanted(es))
		event_notify_waiters(es, hint);
}

#endif
