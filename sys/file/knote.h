/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between knote.c, kqueue.c, kqueue_filters.c and kqueue_track.c; the life of
 * a knote is told at the top of kqueue.c.
 */
#ifndef FILE_KNOTE_H
#define FILE_KNOTE_H

#include "core/callout.h"
#include "fbsd/event.h"
#include "file/file.h"
#include "lib/rbtree.h"

/*
 * Guarded by (m) kq_mutex, (s) kq_lock, (f) the lock of the watched file's
 * knotes, (k) the tracking lock of kqueue_track.c, (n) nest_lock of knote.c,
 * (a) atomic, (!) set once.
 */
struct kqueue {
	unsigned kq_refs; /* (a) its file, calls that came by a knote */
	struct mutex kq_mutex;
	bool kq_closed;		  /* (m) */
	struct rb_tree kq_knotes; /* (m) by ident, then filter */
	unsigned kq_count;	  /* (a) how many these are */
	struct fdtable *kq_table; /* (!) whose descriptors it means */
	struct spin kq_lock;
	struct list kq_queue;	       /* (s) knotes to be looked at */
	unsigned kq_queued;	       /* (s) */
	uint64_t kq_turn;	       /* (s) how many ever went in there */
	struct cv kq_cv;	       /* (s) something in the queue */
	struct event_source kq_events; /* who watches this kqueue */
	unsigned kq_watches;	       /* (n) kqueues watched */
	unsigned kq_watched;	       /* (n) by kqueues */
};

/* A knote is one interest: filter and identifier. */
struct knote {
	struct rb_node kn_node;		/* (m) in kq_knotes */
	struct list kn_queued;		/* (s) in kq_queue */
	uint64_t kn_turn;		/* (s) kq_turn when it went in */
	struct rb_node kn_fnode;	/* (f) in the file's f_knotes */
	struct kqueue *kn_kq;		/* (!) */
	const struct filter *kn_filter; /* (!) */
	struct event_waiter kn_waiter;
	struct event_source *kn_source; /* asynchronous I/O: while it is made */
	struct file *kn_file;		/* (!) of filters by descriptor */
	struct kevent kn_event;		/* (m) as asked for; (s) fflags and
					   data of filters that collect */
	uint32_t kn_wanted;		/* (m) NOTE_* asked for */
	uint32_t kn_happened;		/* (s) NOTE_* since the last report */
	int64_t kn_count;		/* (s) signals, expirations, status */
	bool kn_disabled;		/* (s) */
	bool kn_gone;			/* (s) the object has ended */
	pid_t kn_forked;		/* (k) processes: child seen last */
	pid_t kn_parent;		/* (!) processes: NOTE_CHILD's data */
	struct callout kn_callout;	/* timers */
	uint64_t kn_next;		/* (s) timers: clock_ns() */
	uint64_t kn_interval;		/* (s) ns, 0: once */
};

struct filter {
	bool fl_fd;    /* ident is a descriptor */
	bool fl_clear; /* EV_CLEAR is understood */
	/* From its source. With (es_lock). */
	void (*fl_notify)(struct event_waiter *ew, long hint);
	/* Checks and attaches; what fails leaves nothing attached. (m) */
	int (*fl_attach)(struct thread *td, struct knote *kn);
	/* After it neither a notification nor a callout runs. (m) */
	void (*fl_detach)(struct knote *kn);
	/* A second EV_ADD. (m) NULL: nothing more to do. */
	int (*fl_change)(struct knote *kn, const struct kevent *kev);
	/* True if it holds now: fills data, fflags and EV_EOF of kev; takes
	 * nothing.  False with EV_DELETE: it never will any more. (m) */
	bool (*fl_ready)(struct knote *kn, struct kevent *kev);
};

const struct filter *filter_find(int number);

/* Where a knote comes from besides kevent(2). */
struct knote_origin {
	pid_t parent; /* fork(2): of the process that is watched; or 0 */
	struct event_source *source; /* asynchronous I/O; or NULL */
};

/*
 * knote.c. All but knote_wake() with (m) held.
 *
 * A new knote; fp: its file, which td has as descriptor ident, or NULL; from:
 * NULL, kevent(2).  EBADF: not any more; EINVAL, ENOMEM, and what the filter
 * says.
 */
int knote_add(struct thread *td, struct kqueue *kq, const struct filter *fl,
    struct file *fp, const struct kevent *kev,
    const struct knote_origin *from) __sleeps;
void knote_drop(struct kqueue *kq, struct knote *kn) __sleeps;
struct knote *knote_find(struct kqueue *kq, int filter, uint64_t ident);
/* Something may have happened: look at kn. Any context. */
void knote_wake(struct knote *kn);
/* Back into the queue after a look: nothing new for who watches the kqueue. */
void knote_requeue(struct knote *kn);
/* The first of the queue, taken out of it, unless it went in after `turn`. */
struct knote *knote_next(struct kqueue *kq, uint64_t turn);
/* Disabled, it is in no queue. */
void knote_disable(struct knote *kn, bool disabled);
struct spin *knote_lock(struct knote *kn); /* (s) */

/*
 * A reference keeps a kqueue's memory.  To take one, hold something that a
 * knote of it can't go away without.
 */
void kqueue_hold(struct kqueue *kq);
void kqueue_release(struct kqueue *kq);

/* Is this waiter of a process's events a knote with NOTE_TRACK? NULL: no.
 * With es_lock held. */
struct knote *knote_tracks(struct event_waiter *ew);

#endif
