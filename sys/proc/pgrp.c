/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Process groups and sessions: setsid(2), setpgid(2), orphaned groups.  All
 * under proctree_lock.
 */
#include "lib/string.h"
#include "fbsd/errno.h"
#include "proc/pid.h"
#include "proc/proc.h"
#include "proc/signal.h"
#include "proc/thread.h"
#include "vm/kmem.h"

static struct session session0 = {.s_refs = 1, .s_login = "root"};
static struct pgrp pgrp0 = {
    .pg_session = &session0, .pg_members = LIST_INITIALIZER(pgrp0.pg_members)};

struct pgrp *
pgrp_find(pid_t id)
{
	struct pid *pi = pid_find(id);

	return (pi != NULL ? pi->pi_pgrp : NULL);
}

/* A group that became orphaned with stopped members is hung up. */
static void
orphaned(struct pgrp *pg)
{
	struct proc *p;
	bool stopped = false;

	LIST_FOREACH (p, &pg->pg_members, p_pglink)
		stopped |= (p->p_flags & P_STOPPED) != 0;
	if (stopped) {
		sig_send_pgrp_locked(pg, SIGHUP);
		sig_send_pgrp_locked(pg, SIGCONT);
	}
}

/*
 * A member qualifies its group for job control if its parent is in another
 * group of the same session (POSIX's definition of an orphaned group).
 */
static bool
qualifies(const struct proc *p)
{
	const struct proc *parent = p->p_parent;

	return (p->p_state == P_ALIVE && parent != NULL &&
		parent->p_pgrp != NULL && p->p_pgrp != parent->p_pgrp &&
		p->p_pgrp->pg_session == parent->p_pgrp->pg_session);
}

void
pgrp_qualify(struct proc *p)
{
	struct pgrp *pg = p->p_pgrp;
	bool now = qualifies(p);

	if (now == p->p_qualifies)
		return;
	p->p_qualifies = now;
	if (now)
		pg->pg_jobc++;
	else if (--pg->pg_jobc == 0)
		orphaned(pg);
}

static void
session_release(struct session *s)
{
	if (--s->s_refs > 0)
		return;
	pid_release(s->s_pid);
	kmem_free(s, sizeof(*s));
}

/* The group that is named after p. */
static struct pgrp *
pgrp_create(struct proc *p, struct session *s)
{
	struct pgrp *pg = kmem_alloc(sizeof(*pg), KM_ZERO);

	if (pg == NULL)
		return (NULL);
	pg->pg_id = p->p_pid;
	pg->pg_pid = pid_hold(p->p_id);
	pg->pg_pid->pi_pgrp = pg;
	pg->pg_session = s;
	s->s_refs++;
	list_init(&pg->pg_members);
	return (pg);
}

static void
pgrp_destroy(struct pgrp *pg)
{
	tty_pgrp_gone(pg);
	session_release(pg->pg_session);
	pg->pg_pid->pi_pgrp = NULL;
	pid_release(pg->pg_pid);
	kmem_free(pg, sizeof(*pg));
}

void
pgrp_enter(struct proc *p, struct pgrp *pg)
{
	p->p_pgrp = pg;
	list_push_back(&pg->pg_members, &p->p_pglink);
	pg->pg_count++;
	pgrp_qualify(p);
}

void
pgrp_leave(struct proc *p)
{
	struct pgrp *pg = p->p_pgrp;
	bool last_to_qualify = p->p_qualifies && --pg->pg_jobc == 0;

	p->p_qualifies = false;
	list_remove(&p->p_pglink);
	pg->pg_count--;
	p->p_pgrp = NULL;
	if (list_empty(&pg->pg_members))
		pgrp_destroy(pg);
	else if (last_to_qualify)
		orphaned(pg);
}

static void
change_group(struct proc *p, struct pgrp *pg)
{
	struct proc *child;

	pgrp_leave(p);
	pgrp_enter(p, pg);
	LIST_FOREACH (child, &p->p_children, p_sibling)
		pgrp_qualify(child);
}

int
proc_setsid(struct proc *p)
{
	struct session *s;
	struct pgrp *pg = NULL;
	int error = 0;

	s = kmem_alloc(sizeof(*s), KM_ZERO);
	if (s == NULL)
		return (ENOMEM);
	mutex_lock(&proctree_lock);
	if (pgrp_find(p->p_pid) != NULL)
		error = EPERM;
	else if ((pg = pgrp_create(p, s)) == NULL)
		error = ENOMEM;
	if (error == 0) {
		s->s_sid = p->p_pid;
		s->s_pid = pid_hold(p->p_id);
		s->s_leader = p;
		strlcpy(s->s_login, p->p_pgrp->pg_session->s_login,
		    sizeof(s->s_login));
		change_group(p, pg);
		spin_lock(&p->p_lock);
		proc_flags_clear(p, P_CONTROLT);
		spin_unlock(&p->p_lock);
	}
	mutex_unlock(&proctree_lock);
	if (error != 0)
		kmem_free(s, sizeof(*s));
	return (error);
}

/* proctree_lock held. */
static int
setpgid(struct thread *td, pid_t pid, pid_t pgid)
{
	struct proc *self = td->td_proc;
	struct proc *p = pid == 0 ? self : proc_find(pid);
	struct session *s = self->p_pgrp->pg_session;
	struct pgrp *pg;

	if (p == NULL || (p != self && p->p_parent != self))
		return (ESRCH);
	if (p->p_pgrp->pg_session != s)
		return (EPERM);
	if (p != self && (p->p_flags & P_EXEC))
		return (EACCES);
	if (p->p_pgrp->pg_session->s_leader == p)
		return (EPERM);
	if (pgid == 0)
		pgid = p->p_pid;
	pg = pgrp_find(pgid);
	if (pg == NULL) {
		if (pgid != p->p_pid)
			return (EPERM);
		pg = pgrp_create(p, s);
		if (pg == NULL)
			return (ENOMEM);
	} else if (pg->pg_session != s) {
		return (EPERM);
	}
	if (p->p_pgrp != pg)
		change_group(p, pg);
	return (0);
}

int
proc_setpgid(struct thread *td, pid_t pid, pid_t pgid)
{
	int error;

	if (pgid < 0)
		return (EINVAL);
	mutex_lock(&proctree_lock);
	error = setpgid(td, pid, pgid);
	mutex_unlock(&proctree_lock);
	return (error);
}

void
pgrp_init(struct proc *zero)
{
	session0.s_pid = pid_hold(zero->p_id);
	pgrp0.pg_pid = pid_hold(zero->p_id);
	pgrp0.pg_pid->pi_pgrp = &pgrp0;
	pgrp_enter(zero, &pgrp0);
}
