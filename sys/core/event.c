/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/event.h"

void
event_source_init(struct event_source *es, const char *name)
{
	spin_init(&es->es_lock, name);
	list_init(&es->es_waiters);
}

void
event_attach(struct event_source *es, struct event_waiter *ew)
{
	spin_lock(&es->es_lock);
	atomic_store(&ew->ew_source, es);
	list_push_back(&es->es_waiters, &ew->ew_link);
	spin_unlock(&es->es_lock);
}

void
event_detach(struct event_waiter *ew)
{
	struct event_source *es = atomic_load(&ew->ew_source);

	if (es == NULL)
		return;
	spin_lock(&es->es_lock);
	if (ew->ew_source == es) {
		list_remove(&ew->ew_link);
		ew->ew_source = NULL;
	}
	spin_unlock(&es->es_lock);
}

void
event_notify(struct event_source *es, long hint)
{
	struct event_waiter *ew, *next;

	if (!event_wanted(es))
		return;
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
		list_remove(&ew->ew_link);
		atomic_store(&ew->ew_source, NULL);
		ew->ew_notify(ew, EVENT_GONE);
	}
	spin_unlock(&es->es_lock);
}
