/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Going through many processes, by ascending number.  proctree_lock is held,
 * but let go of now and then, so that nobody waits for a whole walk: what
 * isn't the process that was returned last may be another than before.  Each
 * process that there is from the walk's beginning until it comes to that number
 * is seen once, and none that came later.
 */
#ifndef PROC_WALK_H
#define PROC_WALK_H

#include "lib/types.h"

struct pgrp;
struct pid;
struct proc;

/* All the walker's own. */
struct proc_walk {
	pid_t pw_from;		/* numbers below it have been seen */
	unsigned pw_left;	/* so many until the lock is let go of */
	uint64_t pw_after;	/* p_serial is above it... */
	uint64_t pw_upto;	/* ...and not above this */
	struct pid *pw_group;	/* of its members, held; NULL: of all */
	bool pw_few;		/* go by the group's list... */
	struct proc *pw_member; /* ...where this is next */
};

/* All with proctree_lock held. */
/* Through pg's members; NULL: all processes, the kernel's and zombies too. */
void proc_walk_begin(struct proc_walk *w, struct pgrp *pg);
struct proc *proc_walk_next(struct proc_walk *w) __sleeps; /* NULL: no more */
/* Then: another walk, through those that came meanwhile? False: nobody did. */
bool proc_walk_again(struct proc_walk *w);
void proc_walk_end(struct proc_walk *w);

#endif
