/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See walk.h.  Numbers are steady while others come and go, so all that a walk
 * has to know is the next one.  A group with few members is gone through by its
 * list, with the lock held; one with many is looked for among all.
 */
#include "proc/pid.h"
#include "proc/proc.h"
#include "proc/walk.h"

#define FEW PROCTREE_STEP

void
proc_walk_begin(struct proc_walk *w, struct pgrp *pg)
{
	*w = (struct proc_walk){
	    .pw_left = PROCTREE_STEP, .pw_upto = proc_serial};
	if (pg == NULL)
		return;
	w->pw_group = pid_hold(pg->pg_pid);
	w->pw_few = pg->pg_count <= FEW;
	w->pw_member = LIST_FIRST(&pg->pg_members, struct proc, p_pglink);
}

static struct proc *
next_member(struct proc_walk *w)
{
	struct proc *p = w->pw_member;

	if (p != NULL)
		w->pw_member = LIST_NEXT(p, &p->p_pgrp->pg_members, p_pglink);
	return (p);
}

static bool
wanted(const struct proc_walk *w, const struct proc *p)
{
	return (p->p_serial > w->pw_after && p->p_serial <= w->pw_upto &&
		(w->pw_group == NULL || p->p_pgrp->pg_pid == w->pw_group));
}

struct proc *
proc_walk_next(struct proc_walk *w)
{
	struct pid *id;

	if (w->pw_few)
		return (next_member(w));
	do {
		proctree_let_go(&w->pw_left);
		id = pid_find_from(w->pw_from);
		if (id == NULL)
			return (NULL);
		w->pw_from = id->pi_id + 1;
	} while (id->pi_proc == NULL || !wanted(w, id->pi_proc));
	return (id->pi_proc);
}

bool
proc_walk_again(struct proc_walk *w)
{
	if (w->pw_upto == proc_serial)
		return (false);
	w->pw_from = 0;
	w->pw_after = w->pw_upto;
	w->pw_upto = proc_serial;
	return (true);
}

void
proc_walk_end(struct proc_walk *w)
{
	if (w->pw_group != NULL)
		pid_release(w->pw_group);
}
