/* SPDX-License-Identifier: BSD-2-Clause */
#include "amd64/md.h"
#include "core/event.h"

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

void
event_notify_waiters(struct event_source *es, long hint)
{
	struct event_waiter *ew, *next;

	spin_lock(&es->es_lock);
	LIST_FOREACH_SAFE (ew, &es->es_waiters, ew_link, next)
		ew->ew_notify(ew, hint);
	spin_unlock(&es->es_lock);
}

void
event_source_drain(struct event_source *es)
{
	struct event_waiter *ew;

	spin_lock(&es->es_lock);
	while ((ew = LIST_FIRST(
		    &es->es_waiters, struct event_waiter, ew_link)) != NULL) {
		ew->ew_notify(ew, EVENT_GONE);
		spin_lock(&ew->ew_lock);
		take_out(ew);
		spin_unlock(&ew->ew_lock);
	}
	spin_unlock(&es->es_lock);
}
