/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef FILE_POLL_H
#define FILE_POLL_H

#include "fbsd/poll.h"

/* For fo_poll, by kqueue(2) alone, and beyond what a program can ask for:
 * nothing that is written would ever be read. */
#define POLLWRHUP 0x10000

struct thread;

/*
 * poll(2) on kernel memory: fills revents in; *ready is how many have any.
 * Waits until there is one, or clock_ns() reaches deadline; 0 doesn't wait.
 * 0, EINTR, ENOMEM.
 */
int kern_poll(struct thread *td, struct pollfd *fds, unsigned n,
    uint64_t deadline, unsigned *ready) __sleeps;

#endif
