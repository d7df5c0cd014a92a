/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Everybody stands still: all threads that run programs, but for one, are
 * where a stop signal would hold them, at the border to user mode or in a
 * sleep that a signal may end, with no lock held.  Then the one may take the
 * file systems away, wait for the devices, or change what time it is, and
 * nobody is in the middle of anything.  The kernel's own threads go on.
 */
#ifndef PROC_QUIESCE_H
#define PROC_QUIESCE_H

#include "lib/types.h"

struct proc;
struct thread;

/*
 * Returns when all stand still but td, which is curthread: 0; or with nobody
 * held, ETIMEDOUT: *pid is of one that went on until the deadline (clock_ns());
 * EBUSY: another thread has done this.  Sleeps, no locks held.
 */
int quiesce_begin(struct thread *td, uint64_t deadline, pid_t *pid) __sleeps;
void quiesce_end(void) __sleeps; /* they go on */

/* For who starts, stops and ends threads; p_lock held.  A thread was added to
 * p: must it stop?  One has stopped or ended. */
bool quiesce_joins(struct proc *p);
void quiesce_stopped(struct proc *p);
/* Must td, of p, stop? */
bool quiesce_holds(const struct proc *p, const struct thread *td);

#endif
