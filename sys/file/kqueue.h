/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef FILE_KQUEUE_H
#define FILE_KQUEUE_H

#include "fbsd/event.h"
#include "file/file.h"
#include "lib/rbtree.h"

struct kqueue;
struct proc;

/* A descriptor is closed: events asked for by its number are forgotten. */
void knote_fdclose(struct thread *td, int fd, struct file *fp);
/* The same for a file that nothing refers to any more. */
void knote_file_gone(struct file *fp);

/*
 * parent has forked: who watches it with NOTE_TRACK watches the child from now
 * on.  The child is known by its number and doesn't run yet. May sleep.
 */
void knote_fork(struct proc *parent, pid_t child);

int kern_kqueue(struct thread *td, unsigned flags, int *fdp);
/*
 * kevent(2): changes and events go through the two functions, which return 0
 * or EFAULT; *count becomes the number of events put.
 */
struct kevent_io {
	int (*ki_get)(struct kevent_io *io, struct kevent *kev);
	int (*ki_put)(struct kevent_io *io, const struct kevent *kev);
	uint64_t ki_changes; /* user addresses, advanced */
	uint64_t ki_events;
	int ki_nchanges;
	int ki_nevents;
};
int kern_kevent(struct thread *td, int fd, struct kevent_io *io,
    uint64_t deadline, int *count);

/*
 * Between kqueue.c and kqueue_filters.c.
 *
 * A knote is one interest: filter and identifier. Guarded by (m) the kqueue's
 * kq_mutex, (s) its kq_lock, (f) the files' lock of kqueue.c, (k) the tracking
 * lock of kqueue_track.c, (!) set once.
 */
struct knote {
	struct rb_node kn_node;		/* (m) in kq_knotes */
	struct list kn_queued;		/* (s) in kq_queue */
	struct list kn_flink;		/* (f) in the file's f_knotes */
	struct kqueue *kn_kq;		/* (!) */
	const struct filter *kn_filter; /* (!) */
	struct event_waiter kn_waiter;
	struct file *kn_file;	   /* (!) of filters by descriptor */
	struct kevent kn_event;	   /* (m) as asked for; (s) fflags and
				      data of filters that collect */
	uint32_t kn_wanted;	   /* (m) NOTE_* asked for */
	uint32_t kn_happened;	   /* (s) NOTE_* since the last report */
	int64_t kn_count;	   /* (s) signals, expirations, status */
	bool kn_disabled;	   /* (s) */
	bool kn_gone;		   /* (s) the object has ended */
	pid_t kn_forked;	   /* (k) processes: child seen last */
	pid_t kn_parent;	   /* (!) processes: NOTE_CHILD's data */
	struct callout kn_callout; /* timers */
	uint64_t kn_next;	   /* (s) timers: clock_ns() */
	uint64_t kn_interval;	   /* (s) ns, 0: once */
};

struct filter {
	bool fl_fd;    /* ident is a descriptor */
	bool fl_clear; /* EV_CLEAR is understood */
	/* Checks and attaches. (m) */
	int (*fl_attach)(struct thread *td, struct knote *kn);
	void (*fl_detach)(struct knote *kn);
	/* A second EV_ADD. (m) NULL: nothing more to do. */
	int (*fl_change)(struct knote *kn, const struct kevent *kev);
	/* True if it holds now: fills data, fflags and EV_EOF of kev; takes
	 * nothing. (m) */
	bool (*fl_ready)(struct knote *kn, struct kevent *kev);
};

const struct filter *filter_find(int number);
/* Something may have happened: look at kn. Any context. */
void knote_wake(struct knote *kn);
struct spin *knote_lock(struct knote *kn); /* (s) */
/* Is this waiter of a process's events a knote with NOTE_TRACK? NULL: no.
 * With es_lock held. */
struct knote *knote_tracks(struct event_waiter *ew);
/*
 * A reference keeps a kqueue's memory.  To take one, hold something that a
 * knote of it can't go away without.
 */
void kqueue_hold(struct kqueue *kq);
void kqueue_release(struct kqueue *kq);
/* Adds an event of the kernel's own making, unless there is one already or
 * the kqueue was closed: 0, or an errno. */
int kqueue_add(struct kqueue *kq, const struct kevent *kev, pid_t parent);
/* NOTE_* happened to this process, if it is still watched. */
void kqueue_post(struct kqueue *kq, pid_t pid, uint32_t notes);
bool file_is_kqueue(const struct file *fp);

#endif
