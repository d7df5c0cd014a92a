/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asynchronous I/O: aio(4). A request is known to its process by the address of
 * its control block, which the kernel reads once and else only writes results
 * to.
 */
#ifndef VFS_AIO_H
#define VFS_AIO_H

#include "fbsd/signal.h"
#include "lib/types.h"

struct aio_list;
struct proc;
struct thread;

/* What is to be done; the first two are the bits of LIO_READ and LIO_WRITE. */
enum aio_op { AIO_WRITE = 1, AIO_READ = 2, AIO_SYNC, AIO_DSYNC, AIO_MLOCK };

struct aio_args {
	uint64_t ucb; /* its name */
	enum aio_op op;
	bool vectored;
	bool at_offset; /* false: at the file's own, which advances */
	int fd;
	off_t offset;
	uint64_t buf; /* memory, or a list of it */
	size_t n;     /* bytes, or elements of the list */
	struct sigevent event;
};

/* The results of one that is through. */
struct aio_result {
	uint64_t ucb;
	long status; /* bytes, or -1 */
	int error;
};

/*
 * Begins one; list: it belongs to a list of several, or NULL.  EAGAIN: too many
 * are under way; EBADF, EINVAL, EFAULT, EFBIG, ENOMEM, EOPNOTSUPP.
 */
int aio_begin(struct thread *td, const struct aio_args *args,
    struct aio_list *list) __sleeps;
/* More than the machine or the process may have? */
bool aio_full(struct thread *td);
unsigned aio_most(void); /* of a process */
/* Takes one back that is through: 0; EINPROGRESS; EINVAL, there is none such.
 */
int aio_take(
    struct thread *td, uint64_t ucb, struct aio_result *result) __sleeps;
/* Of one that is there: EINPROGRESS or how it ended; -1: there is none. */
int aio_state(struct thread *td, uint64_t ucb) __sleeps;
/* Waits for the next and takes it; EAGAIN at the deadline, EINTR, ERESTART. */
int aio_take_next(
    struct thread *td, uint64_t deadline, struct aio_result *result) __sleeps;
/* Waits until one of these is through, or none is there. EAGAIN, EINTR. */
int aio_wait_any(struct thread *td, const uint64_t *ucbs, unsigned n,
    uint64_t deadline) __sleeps;
/* Those by fd, or one of them (ucb not 0), that nobody works on end with
 * ECANCELED: how many, and how many may yet come to their end, as they will if
 * they needn't wait for it. */
void aio_cancel(struct thread *td, int fd, uint64_t ucb, unsigned *cancelled,
    unsigned *others) __sleeps;

/*
 * A list of requests, and what is told when all are through: `event` (NULL:
 * nothing), whose kevent has `name` as its ident.  aio_list_end(): none is
 * added any more, and with `wait` it waits for them; EINTR.  EINVAL, ENOMEM,
 * EBADF.
 */
int aio_list_begin(struct thread *td, const struct sigevent *event,
    uint64_t name, struct aio_list **listp) __sleeps;
int aio_list_end(struct thread *td, struct aio_list *list, bool wait) __sleeps;

/* p ends, or becomes another program, and has but one thread: its requests end,
 * though a transfer that is under way comes to its end without it. */
void aio_leave(struct proc *p) __sleeps;

#endif
