/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef IPC_EVENTFD_H
#define IPC_EVENTFD_H

#include "fbsd/time.h"

struct thread;

/* eventfd(2). flags: O_NONBLOCK, O_CLOEXEC. ENOMEM, EMFILE, ENFILE. */
int kern_eventfd(struct thread *td, unsigned value, bool semaphore, int flags,
    int *fdp) __sleeps;

/* timerfd_create(2) and kin. EINVAL for another kind of descriptor or clock. */
int kern_timerfd_create(
    struct thread *td, clockid_t clock, int flags, int *fdp) __sleeps;
int kern_timerfd_gettime(
    struct thread *td, int fd, struct itimerspec *its) __sleeps;
int kern_timerfd_settime(struct thread *td, int fd, bool absolute,
    const struct itimerspec *new, struct itimerspec *old) __sleeps;

#endif
