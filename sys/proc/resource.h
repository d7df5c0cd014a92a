/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PROC_RESOURCE_H
#define PROC_RESOURCE_H

#include "proc/proc.h"

void rusage_add(struct rusage *a, const struct rusage *b);
void thread_rusage(struct thread *td, struct rusage *ru);
int kern_setrlimit(struct thread *td, unsigned which, const struct rlimit *rl);
/* Priority class and level of a thread: EINVAL. (p) held for both. */
int thread_set_rtprio(struct thread *td, const struct rtprio *rtp);
void thread_get_rtprio(struct thread *td, struct rtprio *rtp);
void proc_set_nice(struct proc *p, int nice); /* (p) held */

/* time's (time/itimer.c): RLIMIT_CPU was set. */
void itimer_cpu_limit(struct proc *p);

#endif
