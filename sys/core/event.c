/* SPDX-License-Identifier: BSD-2-Clause */
#include "amd64/md.h"
#include "core/event.h"

#define AT_ONCE 64 /* notified with one hold of es_lock */

void
event_source_init(struct event_source *es, const char *name)
{
	spin_init(&es->es_lock, name);
	list_init(&es->es_waiters);
}

void
event_waiter_init(
    struct event_waiter *ew, void (*notify)(struct event_waiter *ew, long hint))
{
	spin_init(&ew->ew_lock, "event waiter");
	list_init(&ew->ew_link);
	ew->ew_source = NULL;
	ew->ew_notify = notify;
}

/* Nobody else knows the waiter before it is on the list. */
void
event_attach(struct event_source *es, struct event_waiter *ew)
{
	spin_lock(&es->es_lock);
	ew->ew_source = es;
	list_push_back(&es->es_waiters, &ew->ew_link);
	spin_unlock(&es->es_lock);
}

/* With es_lock and ew_lock held. */
static void
take_out(struct event_waiter *ew)
{
	list_remove(&ew->ew_link);
	ew->ew_source = NULL;
}

/*
 * The source is found by the waiter, so that its lock comes second: it is only
 * tried.  Whoever has it is on another CPU and may be draining.
 */
void
event_detach(struct event_waiter *ew)
{
	struct event_source *es;

	spin_lock(&ew->ew_lock);
	while ((es = ew->ew_source) != NULL && !spin_trylock(&es->es_lock)) {
		spin_unlock(&ew->ew_lock);
		cpu_relax();
		spin_lock(&ew->ew_lock);
	}
	if (es != NULL) {
		take_out(ew);
		spin_unlock(&es->es_lock);
	}
	spin_unlock(&ew->ew_lock);
}

/* Of a waiter that is only a mark on the list, its notifier's: it stays. */
static void
nothing(struct event_waiter *ew, long hint)
{
}

static void
mark(struct event_waiter *ew, struct list *before)
{
	event_waiter_init(ew, nothing);
	list_insert_before(before, &ew->ew_link);
}

static void
let_go(struct event_source *es)
{
	spin_unlock(&es->es_lock);
	cpu_relax();
	/* As it was taken at first. */
	spin_will_nest(&es->es_lock);
	spin_lock(&es->es_lock);
}

/* Those from l on to `end`, but not too many; the one behind. */
static struct list *
notify_some(struct list *l, const struct list *end, long hint)
{
	struct event_waiter *ew;

	for (int n = 0; n < AT_ONCE && l != end; n++) {
		ew = container_of(l, struct event_waiter, ew_link);
		l = l->next;
		ew->ew_notify(ew, hint);
	}
	return (l);
}

/* Those from l on that are there now; es_lock is let go of between some. */
static void
notify_rest(struct event_source *es, struct list *l, long hint)
{
	struct event_waiter here, end;

	mark(&end, &es->es_waiters);
	while (l != &end.ew_link) {
		mark(&here, l);
		let_go(es);
		l = here.ew_link.next;
		list_remove(&here.ew_link);
		l = notify_some(l, &end.ew_link, hint);
	}
	list_remove(&end.ew_link);
}

void
event_notify_waiters(struct event_source *es, long hint)
{
	struct list *l;

	spin_lock(&es->es_lock);
	l = notify_some(es->es_waiters.next, &es->es_waiters, hint);
	if (l != &es->es_waiters)
		notify_rest(es, l, hint);
	spin_unlock(&es->es_lock);
}

static void
drain_one(struct event_waiter *ew)
{
	ew->ew_notify(ew, EVENT_GONE);
	spin_lock(&ew->ew_lock);
	take_out(ew);
	spin_unlock(&ew->ew_lock);
}

void
event_source_drain(struct event_source *es)
{
	struct event_waiter *ew;
	unsigned n = 0;

	spin_lock(&es->es_lock);
	while ((ew = LIST_FIRST(
		    &es->es_waiters, struct event_waiter, ew_link)) != NULL) {
		/* Whoever set a mark is on another CPU and soon through. */
		if (ew->ew_notify == nothing) {
			let_go(es);
			continue;
		}
		drain_one(ew);
		if (++n % AT_ONCE == 0)
			let_go(es);
	}
	spin_unlock(&es->es_lock);
}
