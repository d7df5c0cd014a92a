/* SPDX-License-Identifier: BSD-2-Clause */
/* What proc/ and exec/ share. */
#ifndef PROC_THREAD_H
#define PROC_THREAD_H

#include "proc/proc.h"

void thread_init(void);
void pgrp_init(struct proc *zero); /* session and group 0, of process 0 */
/* A thread of p, not linked yet, with from's registers, mask, priority and
 * name; NULL: no memory. */
struct thread *thread_copy(struct proc *p, struct thread *from);
/* p's threads, but those that may go on, are to go to thread_suspend_check(): a
 * few at once, the others soon. p_lock held. */
void ask_to_suspend(struct proc *p);
void ask_init(struct proc *p);
/* td won't return to user mode: who waits for what it holds there hears of it.
 */
void thread_leave(struct thread *td) __sleeps;
void thread_unlink(struct thread *td);
/* heir, which is linked then, becomes what td was in its process, and td a
 * thread of another one. */
void thread_replace(struct thread *td, struct thread *heir, struct proc *to);
/* Adds td's counts to ru. p_lock held. */
void thread_usage(struct proc *p, struct thread *td, struct rusage *ru);
void proc_setup(struct proc *p); /* locks, lists */
/* What p has of its parent, but for what the parts above keep in it. */
void proc_fork(struct proc *p, struct proc *parent);
void proc_free(
    struct proc *p) __sleeps; /* after proc_unlink(), or if it never ran */
int proc_status(const struct proc *p); /* of one that ended: wait(2)'s word */
/* For wait(2): does p have something to tell? proctree_lock is held, and
 * released if so. */
bool proc_report(struct thread *td, struct proc *p, int options,
    struct wait_result *wr) __sleeps;
bool wait_options_valid(int options);
/* A zombie goes, td has waited for it. proctree_lock held; released. */
void proc_reap(struct thread *td, struct proc *p) __sleeps;
extern int maxproc;	  /* (!) what memory is enough for: kern.maxproc */
extern int maxprocperuid; /* kern.maxprocperuid */

#endif
