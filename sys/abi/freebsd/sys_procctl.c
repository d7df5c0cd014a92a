/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * procctl(2).
 *
 * A reaper inherits orphans among its descendants. p_reaper is the nearest one
 * above a process; p_subtree is the reaper's child
 * that the process descends from, and stays what it was when that is gone.
 */
#include "abi/freebsd/sysargs.h"
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "fbsd/procctl.h"
#include "fbsd/wait.h"
#include "proc/proc.h"
#include "proc/signal.h"
#include "proc/walk.h"
#include "vm/kmem.h"
#include "vm/vm.h"

/* What is copied from the user before, and back to it after. */
union control {
	int value;
	struct procctl_reaper_status rs;
	struct procctl_reaper_pids rp;
	struct procctl_reaper_kill rk;
};

/* The nearest reaper above p; p itself if it is one. */
static struct proc *
reaper_of(struct proc *p)
{
	if (p->p_flags & P_REAPER || p == initproc)
		return (p);
	return (p->p_reaper);
}

static int
reap_status(struct proc *p, struct procctl_reaper_status *rs)
{
	struct proc *reaper = reaper_of(p);

	*rs = (struct procctl_reaper_status){.rs_pid = -1,
	    .rs_flags = (p == reaper ? REAPER_STATUS_OWNED : 0) |
			(reaper == initproc ? REAPER_STATUS_REALINIT : 0),
	    .rs_reaper = reaper->p_pid};
	/* A child, or whoever there is. */
	LIST_FOREACH (p, &reaper->p_wards, p_wardlink) {
		rs->rs_descendants++;
		if ((p->p_parent == reaper && rs->rs_children++ == 0) ||
		    rs->rs_pid == -1)
			rs->rs_pid = p->p_pid;
	}
	return (0);
}

static unsigned
pidinfo_flags(const struct proc *p, const struct proc *reaper)
{
	return (REAPER_PIDINFO_VALID |
		(p->p_parent == reaper ? REAPER_PIDINFO_CHILD : 0) |
		(p->p_flags & P_REAPER ? REAPER_PIDINFO_REAPER : 0) |
		(p->p_state == P_ZOMBIE ? REAPER_PIDINFO_ZOMBIE : 0) |
		(p->p_flags & P_STOPPED ? REAPER_PIDINFO_STOPPED : 0) |
		(p->p_flags & P_EXITING ? REAPER_PIDINFO_EXITING : 0));
}

/* pid: 0 is the caller. proctree_lock held, on success *pp's p_lock, too. */
static int
find_target(struct thread *td, int64_t pid,
    int (*may)(struct thread *td, struct proc *p), struct proc **pp)
{
	struct proc *p = pid == 0		    ? td->td_proc
			 : pid < 0 || pid > PID_MAX ? NULL
						    : proc_find((pid_t)pid);
	int error;

	*pp = p;
	if (p == NULL)
		return (ESRCH);
	spin_lock(&p->p_lock);
	error = may(td, p);
	if (error != 0)
		spin_unlock(&p->p_lock);
	return (error);
}

/* Up to room of those below p's reaper; p's id is pid. */
static int
list_below(struct thread *td, int64_t pid, struct procctl_reaper_pidinfo *list,
    unsigned room, unsigned *n)
{
	struct proc *p, *reaper;
	int error;

	*n = 0;
	mutex_lock(&proctree_lock);
	error = find_target(td, pid, p_cansee, &p);
	if (error == 0) {
		spin_unlock(&p->p_lock);
		reaper = reaper_of(p);
		LIST_FOREACH (p, &reaper->p_wards, p_wardlink)
			if (*n < room)
				list[(*n)++] = (struct procctl_reaper_pidinfo){
				    .pi_pid = p->p_pid,
				    .pi_subtree = p->p_subtree,
				    .pi_flags = pidinfo_flags(p, reaper)};
	}
	mutex_unlock(&proctree_lock);
	return (error);
}

/* As many as the caller has room for.  The first that isn't valid ends the
 * list. */
static int
reap_getpids(struct thread *td, int64_t pid, void *data)
{
	struct procctl_reaper_pids rp;
	struct procctl_reaper_pidinfo *list;
	unsigned room, n;
	size_t size;
	int error = copyin(data, &rp, sizeof(rp));

	if (error != 0)
		return (error);
	room = MIN(rp.rp_count, proc_count());
	size = (room + 1) * sizeof(*list);
	list = kmem_alloc(size, KM_ZERO);
	if (list == NULL)
		return (ENOMEM);
	error = list_below(td, pid, list, room, &n);
	if (error == 0)
		error = copyout(
		    list, rp.rp_pids, MIN(n + 1, rp.rp_count) * sizeof(*list));
	kmem_free(list, size);
	return (error);
}

/* The reaper, by its serial number: it may go meanwhile. */
static bool
is_target(
    const struct proc *p, uint64_t reaper, const struct procctl_reaper_kill *rk)
{
	if (p->p_state != P_ALIVE || p == &proc0 ||
	    p->p_reaper->p_serial != reaper)
		return (false);
	if (rk->rk_flags & REAPER_KILL_CHILDREN)
		return (p->p_parent->p_serial == reaper);
	if (rk->rk_flags & REAPER_KILL_SUBTREE)
		return (p->p_subtree == rk->rk_subtree);
	return (true);
}

/* What a target forks before it is its turn has its turn in another walk. */
static int
kill_targets(struct thread *td, uint64_t reaper, struct procctl_reaper_kill *rk)
{
	struct proc_walk w;
	struct proc *p;
	int error = ESRCH;

	proc_walk_begin(&w, NULL);
	do {
		while ((p = proc_walk_next(&w)) != NULL) {
			if (!is_target(p, reaper, rk))
				continue;
			error = kill_proc(td, p, rk->rk_sig, NULL);
			if (error == 0)
				rk->rk_killed++;
			else if (rk->rk_fpid == -1)
				rk->rk_fpid = p->p_pid;
		}
	} while (proc_walk_again(&w));
	proc_walk_end(&w);
	return (rk->rk_killed > 0 ? 0 : error);
}

static int
reap_kill(
    struct thread *td, struct proc *reaper, struct procctl_reaper_kill *rk)
{
	const unsigned some = REAPER_KILL_CHILDREN | REAPER_KILL_SUBTREE;

	if (!sig_valid(rk->rk_sig) || (rk->rk_flags & ~some) != 0 ||
	    (rk->rk_flags & some) == some)
		return (EINVAL);
	rk->rk_killed = 0;
	rk->rk_fpid = -1;
	return (kill_targets(td, reaper->p_serial, rk));
}

static int
reaper_acquire(struct proc *p)
{
	if (p->p_flags & P_REAPER || p == initproc)
		return (EBUSY);
	spin_lock(&p->p_lock);
	proc_flags_set(p, P_REAPER);
	spin_unlock(&p->p_lock);
	return (0);
}

static int
reaper_release(struct proc *p)
{
	if (p == initproc || !(p->p_flags & P_REAPER))
		return (EINVAL);
	spin_lock(&p->p_lock);
	proc_flags_clear(p, P_REAPER);
	spin_unlock(&p->p_lock);
	proc_hand_over(p);
	return (0);
}

static int
reaper_control(struct thread *td, struct proc *p, int com, union control *c)
{
	switch (com) {
	case PROC_REAP_ACQUIRE:
		return (p != td->td_proc ? EPERM : reaper_acquire(p));
	case PROC_REAP_RELEASE:
		return (p != td->td_proc ? EPERM : reaper_release(p));
	case PROC_REAP_STATUS:
		return (reap_status(p, &c->rs));
	default:
		return (reap_kill(td, reaper_of(p), &c->rk));
	}
}

static int
death_signal(struct thread *td, struct proc *p, int com, union control *c)
{
	if (p != td->td_proc)
		return (EINVAL);
	if (com == PROC_PDEATHSIG_STATUS)
		c->value = p->p_pdeathsig;
	else if (c->value != 0 && !sig_valid(c->value))
		return (EINVAL);
	else
		p->p_pdeathsig = c->value;
	return (0);
}

/* Whether others than root may look into p: who said no to it for programs to
 * come is the only one who can take it back. */
static int
trace_control(struct thread *td, struct proc *p, int com, union control *c)
{
	uint32_t flags = 0;

	if (com == PROC_TRACE_STATUS) {
		c->value = p->p_flags & P_NOTRACE ? -1 : 0;
		return (0);
	}
	switch (c->value) {
	case PROC_TRACE_CTL_ENABLE:
		if (p != td->td_proc)
			return (EPERM);
		break;
	case PROC_TRACE_CTL_DISABLE:
		if ((p->p_flags & P_NOTRACE_EXEC) && p != td->td_proc)
			return (EPERM);
		flags |= P_NOTRACE;
		break;
	case PROC_TRACE_CTL_DISABLE_EXEC:
		flags |= P_NOTRACE | P_NOTRACE_EXEC;
		break;
	default:
		return (EINVAL);
	}
	proc_flags_clear(p, P_NOTRACE | P_NOTRACE_EXEC);
	proc_flags_set(p, flags);
	return (0);
}

/* Once said, it holds for the process and all its descendants to come. */
static int
privs_control(struct thread *td, struct proc *p, int com, union control *c)
{
	if (com == PROC_NO_NEW_PRIVS_STATUS)
		c->value = p->p_flags & P_NONEWPRIVS
			       ? PROC_NO_NEW_PRIVS_ENABLE
			       : PROC_NO_NEW_PRIVS_DISABLE;
	else if (c->value != PROC_NO_NEW_PRIVS_ENABLE)
		return (EINVAL);
	else
		proc_flags_set(p, P_NONEWPRIVS);
	return (0);
}

/*
 * Settings that programs make and ask back: four bits each in p_procctl, the
 * value that was set last. But for the random addresses (exec/aslr.c), what
 * they would change is the same for all processes here.
 */
static const struct setting {
	int ctl, status;
	unsigned shift;
	int max;    /* values 1..max may be set */
	int answer; /* status while nothing was set */
} settings[] = {
    {PROC_TRAPCAP_CTL, PROC_TRAPCAP_STATUS, 0, 2, 2},
    {PROC_ASLR_CTL, PROC_ASLR_STATUS, PROCCTL_ASLR_SHIFT, PROC_ASLR_NOFORCE,
	PROC_ASLR_NOFORCE},
    {PROC_PROTMAX_CTL, PROC_PROTMAX_STATUS, 8, 3, 3},
    {PROC_STACKGAP_CTL, PROC_STACKGAP_STATUS, 12, 0xf, 2 | 8},
    {PROC_WXMAP_CTL, PROC_WXMAP_STATUS, 16, 3, 1},
};

static int
setting(struct thread *td, struct proc *p, int com, union control *c)
{
	const struct setting *s = settings;

	while (com != s->ctl && com != s->status)
		s++;
	if (com == s->status) {
		c->value = p->p_procctl >> s->shift & 0xf;
		if (c->value == 0)
			c->value = s->answer;
		if (com == PROC_ASLR_STATUS && p->p_image.vm != NULL &&
		    p->p_image.vm->vs_random)
			c->value |= (int)PROC_ASLR_ACTIVE;
		return (0);
	}
	if (c->value < 1 || c->value > s->max)
		return (EINVAL);
	p->p_procctl = (p->p_procctl & ~(0xf << s->shift)) | c->value
								 << s->shift;
	return (0);
}

/* Whether the console hears of its end by a signal. */
static int
log_control(struct thread *td, struct proc *p, int com, union control *c)
{
	if (com == PROC_LOGSIGEXIT_STATUS)
		c->value = p->p_logsigexit != 0 ? p->p_logsigexit
						: PROC_LOGSIGEXIT_CTL_NOFORCE;
	else if (c->value < PROC_LOGSIGEXIT_CTL_NOFORCE ||
		 c->value > PROC_LOGSIGEXIT_CTL_FORCE_DISABLE)
		return (EINVAL);
	else
		p->p_logsigexit = c->value;
	return (0);
}

/* One process is protected from being killed for memory, or isn't any more. */
static bool
protect_one(struct thread *td, struct proc *p, int how)
{
	uint32_t flags = P_PROTECTED;
	bool may;

	spin_lock(&p->p_lock);
	may = (p->p_flags & P_KERNEL) == 0 && p_cansched(td, p) == 0;
	if (how & PPROT_INHERIT)
		flags |= P_PROTECT_FORK;
	if (may && PPROT_OP(how) == PPROT_SET)
		proc_flags_set(p, flags);
	else if (may)
		proc_flags_clear(p, P_PROTECTED | P_PROTECT_FORK);
	spin_unlock(&p->p_lock);
	return (may);
}

/* After p, among top and what is below it: children, then siblings. */
static struct proc *
next_below(struct proc *p, struct proc *top)
{
	struct proc *next = LIST_FIRST(&p->p_children, struct proc, p_sibling);

	while (next == NULL && p != top) {
		next = LIST_NEXT(p, &p->p_parent->p_children, p_sibling);
		p = p->p_parent;
	}
	return (next);
}

static int
protect(struct thread *td, struct proc *top, int com, union control *c)
{
	int how = c->value, error;
	bool any = false;

	if ((PPROT_OP(how) != PPROT_SET && PPROT_OP(how) != PPROT_CLEAR) ||
	    (PPROT_FLAGS(how) & ~(PPROT_DESCEND | PPROT_INHERIT)) != 0)
		return (EINVAL);
	error = priv_check(td);
	if (error != 0)
		return (error);
	for (struct proc *p = top; p != NULL;
	     p = how & PPROT_DESCEND ? next_below(p, top) : NULL)
		any |= protect_one(td, p, how);
	return (any ? 0 : EPERM);
}

/* struct command's flags */
#define C_TREE	 1 /* fn has proctree_lock alone, not p's p_lock */
#define C_GROUP	 2 /* a group's members, too: P_PGID */
#define C_SELF	 4 /* no such process: it isn't the caller's, EINVAL */
#define C_NODATA 8 /* data must be NULL */

/*
 * What a command copies and whose right it needs.  fn works on what is already
 * here: user memory isn't touched with a lock held.
 */
static const struct command {
	unsigned flags;
	unsigned in, out; /* bytes of union control */
	int (*may)(struct thread *td, struct proc *p);
	int (*fn)(struct thread *td, struct proc *p, int com, union control *c);
} commands[] = {
#define SET(flags, fn)                                                         \
	{                                                                      \
		flags, sizeof(int), 0, p_candebug, fn                          \
	}
#define TELL(fn)                                                               \
	{                                                                      \
		0, 0, sizeof(int), p_cansee, fn                                \
	}
    [PROC_SPROTECT] = {C_TREE | C_GROUP, sizeof(int), 0, p_cansee, protect},
    [PROC_REAP_ACQUIRE] = {C_TREE | C_NODATA, 0, 0, p_cansee, reaper_control},
    [PROC_REAP_RELEASE] = {C_TREE | C_NODATA, 0, 0, p_cansee, reaper_control},
    [PROC_REAP_STATUS] = {C_TREE, 0, sizeof(struct procctl_reaper_status),
	p_cansee, reaper_control},
    [PROC_REAP_KILL] = {C_TREE, sizeof(struct procctl_reaper_kill),
	sizeof(struct procctl_reaper_kill), p_cansee, reaper_control},
    [PROC_TRACE_CTL] = SET(C_GROUP, trace_control),
    [PROC_TRACE_STATUS] = TELL(trace_control),
    [PROC_TRAPCAP_CTL] = SET(C_GROUP, setting),
    [PROC_TRAPCAP_STATUS] = TELL(setting),
    [PROC_PDEATHSIG_CTL] = {C_SELF, sizeof(int), 0, p_cansee, death_signal},
    [PROC_PDEATHSIG_STATUS] = {C_SELF, 0, sizeof(int), p_cansee, death_signal},
    [PROC_ASLR_CTL] = SET(0, setting),
    [PROC_ASLR_STATUS] = TELL(setting),
    [PROC_PROTMAX_CTL] = SET(0, setting),
    [PROC_PROTMAX_STATUS] = TELL(setting),
    [PROC_STACKGAP_CTL] = SET(0, setting),
    [PROC_STACKGAP_STATUS] = TELL(setting),
    [PROC_NO_NEW_PRIVS_CTL] = SET(0, privs_control),
    [PROC_NO_NEW_PRIVS_STATUS] = TELL(privs_control),
    [PROC_WXMAP_CTL] = SET(0, setting),
    [PROC_WXMAP_STATUS] = TELL(setting),
    [PROC_LOGSIGEXIT_CTL] = SET(0, log_control),
    [PROC_LOGSIGEXIT_STATUS] = TELL(log_control),
#undef SET
#undef TELL
};

/* p's p_lock held, and released. */
static int
perform(struct thread *td, struct proc *p, int com, union control *c)
{
	const struct command *k = &commands[com];
	int error;

	if (k->flags & C_TREE) {
		spin_unlock(&p->p_lock);
		return (k->fn(td, p, com, c));
	}
	error = k->fn(td, p, com, c);
	spin_unlock(&p->p_lock);
	return (error);
}

static int
control_process(struct thread *td, int64_t pid, int com, union control *c)
{
	const struct command *k = &commands[com];
	struct proc *p;
	int error = find_target(td, pid, k->may, &p);

	if (error == ESRCH && (k->flags & C_SELF))
		return (EINVAL);
	return (error != 0 ? error : perform(td, p, com, c));
}

/* Those that td has no right to are left out; one success is success. */
static int
control_group(struct thread *td, int64_t id, int com, union control *c)
{
	struct pgrp *pg = id < 0 || id > PID_MAX ? NULL : pgrp_find((pid_t)id);
	int error, first = ESRCH;
	struct proc_walk w;
	struct proc *p;
	bool done = false;

	if (pg == NULL)
		return (ESRCH);
	proc_walk_begin(&w, pg);
	while ((p = proc_walk_next(&w)) != NULL) {
		spin_lock(&p->p_lock);
		if (p->p_state != P_ALIVE || commands[com].may(td, p) != 0) {
			spin_unlock(&p->p_lock);
			continue;
		}
		error = perform(td, p, com, c);
		done |= error == 0;
		if (first == ESRCH)
			first = error;
	}
	proc_walk_end(&w);
	return (done ? 0 : first);
}

static int
control(struct thread *td, int idtype, int64_t id, int com, union control *c)
{
	int error;

	mutex_lock(&proctree_lock);
	if (idtype == P_PID)
		error = control_process(td, id, com, c);
	else
		error = control_group(td, id, com, c);
	mutex_unlock(&proctree_lock);
	return (error);
}

int
sys_procctl(struct thread *td, const struct procctl_args *a)
{
	const struct command *k;
	union control c = {0};
	int error, copied;

	if (a->com == PROC_REAP_GETPIDS && a->idtype == P_PID)
		return (reap_getpids(td, a->id, a->data));
	if (a->com < 0 || (unsigned)a->com >= nitems(commands) ||
	    commands[a->com].fn == NULL)
		return (EINVAL);
	k = &commands[a->com];
	error = k->in > 0 ? copyin(a->data, &c, k->in) : 0;
	if (error != 0)
		return (error);
	if (((k->flags & C_NODATA) && a->data != NULL) ||
	    (a->idtype != P_PID &&
		(a->idtype != P_PGID || !(k->flags & C_GROUP))))
		return (EINVAL);
	error = control(td, a->idtype, a->id, a->com, &c);
	if (k->out == 0 || (error != 0 && k->in == 0))
		return (error);
	copied = copyout(&c, a->data, k->out);
	return (error != 0 ? error : copied);
}
