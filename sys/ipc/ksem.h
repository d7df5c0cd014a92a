/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ksem_*(2): POSIX semaphores that the kernel has, which C libraries used
 * before release 9 (those of today keep them in memory and files, and wait by
 * _umtx_op(2)).
 */
#ifndef IPC_KSEM_H
#define IPC_KSEM_H

#include "lib/types.h"

struct thread;
struct timespec;

/* A descriptor for a new semaphore without a name, or for one with a name,
 * which begins with '/'; flags are O_CREAT, O_EXCL.  EINVAL, EEXIST, ENOENT,
 * EPERM; ENOSPC, ENFILE: there are too many; ENOMEM, EMFILE. */
int kern_ksem_init(struct thread *td, unsigned value, int *fdp) __sleeps;
int kern_ksem_open(struct thread *td, const char *name, int flags, mode_t mode,
    unsigned value, int *fdp) __sleeps;
int kern_ksem_unlink(struct thread *td, const char *name) __sleeps;
/* EINVAL if fd is none, as all that follow. */
int kern_ksem_post(struct thread *td, int fd) __sleeps; /* EOVERFLOW */
/* try: EAGAIN; until NULL: for ever. ETIMEDOUT, EINTR, ERESTART. */
int kern_ksem_wait(
    struct thread *td, int fd, bool try, const struct timespec *until) __sleeps;
int kern_ksem_getvalue(struct thread *td, int fd, int *value) __sleeps;
/* Closes one with a name; ends one without, unless somebody waits (EBUSY). */
int kern_ksem_close(struct thread *td, int fd) __sleeps;
int kern_ksem_destroy(struct thread *td, int fd) __sleeps;

#endif
