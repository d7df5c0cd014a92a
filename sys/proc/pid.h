/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbers of processes, process groups and sessions.
 *
 * All three, and a process descriptor, share one number space: a number is
 * taken as long as any of them has a reference to its struct pid, and can't be
 * given to a new process.  A group or session is named after a process, so its
 * number exists when it is made.
 */
#ifndef PROC_PID_H
#define PROC_PID_H

#include "lib/idtable.h"

struct pgrp;
struct proc;

/* All under proctree_lock, (!) set before others can see it. */
struct pid {
	struct idlink pi_link;
	pid_t pi_id; /* (!) */
	unsigned pi_refs;
	struct proc *pi_proc; /* NULL: waited for */
	struct pgrp *pi_pgrp; /* NULL: no such group */
};

/* All with proctree_lock held. */
/* The next free number, with a reference; NULL: no memory. */
struct pid *pid_alloc(void);
struct pid *pid_hold(struct pid *id);
void pid_release(struct pid *id);
/* NULL: free. */
struct pid *pid_find(pid_t id);
struct pid *pid_find_from(pid_t id); /* the lowest from id on; or NULL */
/* Enters process 0's, which is the caller's and stays. */
void pid_init(struct pid *zero);

#endif
