/* SPDX-License-Identifier: BSD-2-Clause */
/* POSIX message queues, and what mqueuefs shows of them. */
#ifndef IPC_MQUEUE_H
#define IPC_MQUEUE_H

#include "fbsd/mqueue.h"
#include "ipc/owner.h"

#define MQUEUE_NAME_SIZE 256 /* with a NUL */

struct mqueue;
struct sigevent;
struct thread;

/*
 * mq_open(3) and kin.  name: without a leading '/'.  attr: what a new queue is
 * to be like, or NULL.  EEXIST, ENOENT, EACCES, EINVAL; ENFILE, ENOSPC: there
 * are too many queues, or they could take too much memory; ENOMEM, EMFILE.
 */
int kern_kmq_open(struct thread *td, const char *name, int flags, mode_t mode,
    const struct mq_attr *attr, int *fdp) __sleeps;
int kern_kmq_unlink(struct thread *td, const char *name) __sleeps;
/* attr NULL: only looks. EBADF, as all that follow. */
int kern_kmq_setattr(struct thread *td, int fd, const struct mq_attr *attr,
    struct mq_attr *old) __sleeps;
/* msg is user memory; until NULL: waits as long as it takes.  EMSGSIZE, EAGAIN,
 * ETIMEDOUT, EINTR, ERESTART. */
int kern_kmq_send(struct thread *td, int fd, const void *msg, size_t size,
    unsigned prio, const struct timespec *until) __sleeps;
/* *size: room, and what there was. */
int kern_kmq_receive(struct thread *td, int fd, void *msg, size_t *size,
    unsigned *prio, const struct timespec *until) __sleeps;
/* NULL: no more. EBUSY: somebody is to be told already. */
int kern_kmq_notify(
    struct thread *td, int fd, const struct sigevent *ev) __sleeps;

/* For mqueuefs: queues by name. */
struct mqueue_info {
	char mi_name[MQUEUE_NAME_SIZE];
	uint64_t mi_number; /* ascending, from 1 */
	struct owner mi_owner;
	uint64_t mi_bytes; /* of the messages in it */
	struct mq_attr mi_attr;
};
/* With a reference; NULL: there is none. */
struct mqueue *mqueue_find(const char *name) __sleeps;
int mqueue_create(struct thread *td, const char *name, mode_t mode,
    const struct mq_attr *attr, struct mqueue **qp) __sleeps;
void mqueue_hold(struct mqueue *q);
void mqueue_release(struct mqueue *q) __sleeps;
void mqueue_look(struct mqueue *q, struct mqueue_info *mi) __sleeps;
/* Owner, mode and times become ow's; rights have been checked. */
void mqueue_set_owner(struct mqueue *q, const struct owner *ow) __sleeps;
/* The first whose number is higher; false: no more. */
bool mqueue_next(uint64_t number, struct mqueue_info *mi) __sleeps;
/* Takes its name away. EACCES, ENOENT: it has none. */
int mqueue_unlink(struct thread *td, struct mqueue *q) __sleeps;

#endif
