/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef IPC_UMTX_H
#define IPC_UMTX_H

#include "lib/types.h"

struct thread;

void umtx_init(void);
/* The thread's robust lists and exit; before its memory goes. */
void umtx_thread_exit(struct thread *td) __sleeps;
/* A new image: lists forgotten (after the robust ones were walked). */
void umtx_exec(struct thread *td);
/* Wakes up to n waiters at a word of curproc's memory; for thr_exit and
 * thr_new's tid words. */
int umtx_wake(struct thread *td, uint64_t uaddr, int n) __sleeps;

/* The memory that keys name by `where` (an object, a vmspace) is going. */

#endif
