/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef FILE_KQUEUE_H
#define FILE_KQUEUE_H

#include "fbsd/event.h"
#include "file/file.h"

struct proc;

/* A descriptor is closed: events asked for by its number are forgotten. For
 * who has seen that the file has knotes, after the number was taken away. */
void knote_fdclose(struct thread *td, int fd, struct file *fp) __sleeps;
/* The same for all of a file that nothing refers to any more. */
void knote_file_gone(struct file *fp) __sleeps;

/*
 * parent has forked: who watches it with NOTE_TRACK watches the child from now
 * on.  The child is known by its number and doesn't run yet.
 */
void knote_fork(struct proc *parent, pid_t child) __sleeps;

int kern_kqueue(struct thread *td, unsigned flags, int *fdp) __sleeps;
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
    uint64_t deadline, int *count) __sleeps;

/*
 * kev, of a filter for asynchronous I/O, is told by es: event_notify() with the
 * errno that kev's data is to be, and event_source_drain() when it is to be
 * forgotten.  EBADF: fd is no kqueue; EINVAL, ENOMEM.
 */
int kern_kevent_source(struct thread *td, int fd, const struct kevent *kev,
    struct event_source *es) __sleeps;

bool file_is_kqueue(const struct file *fp);

#endif
