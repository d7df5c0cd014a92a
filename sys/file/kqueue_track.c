/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * EVFILT_PROC's NOTE_TRACK: who watches a process watches its children, too.
 *
 * fork(2) looks for such knotes among the parent's waiters and makes one for
 * the child in the same kqueue.  That needs the kqueue's mutex, which is taken
 * before the waiters' lock: so each knote is marked, its kqueue held, the
 * waiters' lock let go, and the search begun again.
 */
#include "file/knote.h"
#include "file/kqueue.h"
#include "proc/proc.h"

static struct mutex track_lock = MUTEX_INITIALIZER(track_lock, "track");

/* The next knote that hasn't seen this child; its kqueue with a reference. */
static struct kqueue *
next_tracker(struct proc *parent, pid_t child, struct kevent *kev)
{
	struct event_source *es = &parent->p_events;
	struct kqueue *kq = NULL;
	struct event_waiter *ew;
	struct knote *kn;

	spin_lock(&es->es_lock);
	LIST_FOREACH (ew, &es->es_waiters, ew_link) {
		kn = knote_tracks(ew);
		if (kn == NULL || kn->kn_forked == child)
			continue;
		kn->kn_forked = child;
		*kev = kn->kn_event;
		kev->fflags = kn->kn_wanted;
		kq = kn->kn_kq;
		kqueue_hold(kq);
		break;
	}
	spin_unlock(&es->es_lock);
	return (kq);
}

/* Unless there is one already or the kqueue was closed: 0, or an errno. */
static int
add(struct kqueue *kq, const struct kevent *kev, pid_t parent)
{
	const struct knote_origin from = {.parent = parent};
	int error = 0;

	mutex_lock(&kq->kq_mutex);
	if (!kq->kq_closed && knote_find(kq, kev->filter, kev->ident) == NULL)
		error = knote_add(curthread(), kq, filter_find(kev->filter),
		    NULL, kev, &from);
	mutex_unlock(&kq->kq_mutex);
	return (error);
}

/* NOTE_* happened to this process, if it is still watched. */
static void
post(struct kqueue *kq, pid_t pid, uint32_t notes)
{
	struct knote *kn;

	mutex_lock(&kq->kq_mutex);
	kn = knote_find(kq, EVFILT_PROC, (uint64_t)pid);
	if (kn != NULL) {
		spin_lock(&kq->kq_lock);
		kn->kn_happened |= notes;
		spin_unlock(&kq->kq_lock);
		knote_wake(kn);
	}
	mutex_unlock(&kq->kq_mutex);
}

void
knote_fork(struct proc *parent, pid_t child)
{
	struct kqueue *kq;
	struct kevent kev;

	mutex_lock(&track_lock);
	while ((kq = next_tracker(parent, child, &kev)) != NULL) {
		kev.ident = (uint64_t)child;
		if (add(kq, &kev, parent->p_pid) != 0)
			post(kq, parent->p_pid, NOTE_TRACKERR);
		kqueue_release(kq);
	}
	mutex_unlock(&track_lock);
}
