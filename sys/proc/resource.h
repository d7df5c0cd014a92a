/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PROC_RESOURCE_H
#define PROC_RESOURCE_H

#include "proc/proc.h"

/* What RLIMIT_STACK and RLIMIT_DATA may be at most, in bytes. */
#define STACK_MAX (512l << 20)
#define DATA_MAX  (32l << 30)

void rusage_add(struct rusage *a, const struct rusage *b);
void thread_rusage(struct thread *td, struct rusage *ru);
/* Of p, which is td's process, or proctree_lock is held: EINVAL; EPERM, only
 * root raises a hard limit. No limit is above what the system gives. */
int kern_setrlimit(
    struct thread *td, struct proc *p, unsigned which, const struct rlimit *rl);
/* Priority class and level of a thread: EINVAL. (p) held for both. */
int thread_set_rtprio(struct thread *td, const struct rtprio *rtp);
void thread_get_rtprio(struct thread *td, struct rtprio *rtp);
void proc_set_nice(struct proc *p, int nice); /* (p) held */

/* file's (file/descriptor.c): kern.maxfilesperproc. */
unsigned fd_most(void);
/* time's (time/itimer.c): RLIMIT_CPU was set. */
void itimer_cpu_limit(struct proc *p);

#endif
