/* SPDX-License-Identifier: BSD-2-Clause */
/* Credentials, and what they allow towards other processes. */
#include "lib/string.h"
#include "fbsd/errno.h"
#include "proc/proc.h"
#include "proc/uidinfo.h"
#include "core/sysctl.h"
#include "vm/kmem.h"
#include "vm/vm.h"

static int see_other_uids = 1;
static int see_other_gids = 1;
static int conservative_signals = 1;
static int unprivileged_proc_debug = 1;
static int unprivileged_idprio;

#define SYSCTL_POLICY(name)                                                    \
	SYSCTL_INT(security_bsd_##name, "security.bsd." #name, CTL_AUTO,       \
	    CTLFLAG_RW, &name)
SYSCTL_POLICY(see_other_uids);
SYSCTL_POLICY(see_other_gids);
SYSCTL_POLICY(conservative_signals);
SYSCTL_POLICY(unprivileged_proc_debug);
SYSCTL_POLICY(unprivileged_idprio);

/* Held from cred_edit() to cred_commit(). */
static struct mutex cred_lock = MUTEX_INITIALIZER(cred_lock, "cred");

struct cred *
cred_hold(struct cred *cr)
{
	refcount_take(&cr->cr_refs);
	return (cr);
}

void
cred_release(struct cred *cr)
{
	if (!refcount_drop(&cr->cr_refs))
		return;
	if (cr->cr_groups != NULL)
		kmem_free(
		    cr->cr_groups, (size_t)cr->cr_ngroups * sizeof(gid_t));
	kmem_free(cr, sizeof(*cr));
}

struct cred *
cred_copy(const struct cred *cr)
{
	struct cred *new = kmem_alloc(sizeof(*new), 0);
	size_t size = (size_t)cr->cr_ngroups * sizeof(gid_t);

	if (new == NULL)
		return (NULL);
	*new = *cr;
	new->cr_refs = 1;
	if (size == 0)
		return (new);
	new->cr_groups = kmem_alloc(size, 0);
	if (new->cr_groups == NULL) {
		kmem_free(new, sizeof(*new));
		return (NULL);
	}
	memcpy(new->cr_groups, cr->cr_groups, size);
	return (new);
}

bool
cred_in_group(const struct cred *cr, gid_t gid)
{
	int lo = 0, hi = cr->cr_ngroups;

	if (cr->cr_gid == gid)
		return (true);
	while (lo < hi) {
		int mid = (lo + hi) / 2;

		if (cr->cr_groups[mid] == gid)
			return (true);
		if (cr->cr_groups[mid] < gid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return (false);
}

struct cred *
cred_edit(struct thread *td)
{
	struct cred *cr;

	mutex_lock(&cred_lock);
	cr = cred_copy(td->td_proc->p_image.cred);
	if (cr == NULL)
		mutex_unlock(&cred_lock);
	return (cr);
}

int
cred_commit(struct thread *td, struct cred *cr, int error)
{
	struct proc *p = td->td_proc;
	struct uidinfo *ui = NULL;
	struct cred *old = cr;

	if (error == 0 && (ui = uidinfo_get(cr->cr_ruid)) == NULL)
		error = ENOMEM;
	if (error == 0) {
		spin_lock(&p->p_lock);
		old = p->p_image.cred;
		p->p_image.cred = cr;
		ui = proc_exchange_uidinfo(p, ui);
		proc_flags_set(p, P_SUGID);
		spin_unlock(&p->p_lock);
	}
	mutex_unlock(&cred_lock);
	cred_release(old);
	if (ui != NULL)
		uidinfo_release(ui);
	if (error == 0)
		cred_refresh(td);
	return (error);
}

void
cred_refresh(struct thread *td)
{
	struct proc *p = td->td_proc;
	struct cred *old = td->td_cred;

	spin_lock(&p->p_lock);
	td->td_cred = cred_hold(p->p_image.cred);
	spin_unlock(&p->p_lock);
	cred_release(old);
}

int
priv_check(struct thread *td)
{
	return (td->td_cred->cr_uid == 0 ? 0 : EPERM);
}

/* Is gid among the real groups of cr: the real one or a supplementary one? */
static bool
has_real_group(const struct cred *cr, gid_t gid)
{
	if (cr->cr_rgid == gid)
		return (true);
	for (int i = 0; i < cr->cr_ngroups; i++)
		if (cr->cr_groups[i] == gid)
			return (true);
	return (false);
}

static bool
share_group(const struct cred *cr, const struct cred *to)
{
	if (has_real_group(to, cr->cr_rgid))
		return (true);
	for (int i = 0; i < cr->cr_ngroups; i++)
		if (has_real_group(to, cr->cr_groups[i]))
			return (true);
	return (false);
}

static int
cr_cansee(const struct cred *cr, const struct cred *to)
{
	if (cr->cr_uid == 0)
		return (0);
	if (!see_other_uids && cr->cr_ruid != to->cr_ruid)
		return (ESRCH);
	if (!see_other_gids && !share_group(cr, to))
		return (ESRCH);
	return (0);
}

int
p_cansee(struct thread *td, struct proc *p)
{
	return (p == td->td_proc ? 0 : cr_cansee(td->td_cred, p->p_image.cred));
}

int
p_cansched(struct thread *td, struct proc *p)
{
	const struct cred *cr = td->td_cred, *to = p->p_image.cred;
	int error = p_cansee(td, p);

	if (error != 0 || p == td->td_proc)
		return (error);
	/* What the kernel has set for its own threads it relies on. */
	if (p->p_flags & P_KERNEL)
		return (EPERM);
	if (cr->cr_uid != 0 && cr->cr_uid != to->cr_ruid &&
	    cr->cr_ruid != to->cr_ruid)
		return (EPERM);
	return (0);
}

/* What a set-id program may be sent by its user: what a terminal sends, and
 * what asks it to end. */
static bool
is_conservative(int sig)
{
	switch (sig) {
	case 0:
	case SIGKILL:
	case SIGINT:
	case SIGTERM:
	case SIGALRM:
	case SIGSTOP:
	case SIGTTIN:
	case SIGTTOU:
	case SIGTSTP:
	case SIGHUP:
	case SIGUSR1:
	case SIGUSR2:
		return (true);
	default:
		return (false);
	}
}

static bool
same_user(const struct cred *cr, const struct cred *to)
{
	return (cr->cr_ruid == to->cr_ruid || cr->cr_ruid == to->cr_svuid ||
		cr->cr_uid == to->cr_ruid || cr->cr_uid == to->cr_svuid);
}

static int
cr_cansignal(const struct cred *cr, struct proc *p, int sig)
{
	const struct cred *to = p->p_image.cred;
	int error = cr_cansee(cr, to);

	if (error != 0 || cr->cr_uid == 0)
		return (error);
	if (conservative_signals && (p->p_flags & P_SUGID) &&
	    !is_conservative(sig))
		return (EPERM);
	return (same_user(cr, to) ? 0 : EPERM);
}

bool
cr_cansigio(const struct cred *cr, struct proc *p)
{
	return (cr->cr_uid == 0 || same_user(cr, p->p_image.cred));
}

int
p_cansignal(struct thread *td, struct proc *p, int sig)
{
	const struct proc *self = td->td_proc;

	/* A shell continues its jobs, whoever they have become. */
	if (p == self || (sig == SIGCONT &&
			     p->p_pgrp->pg_session == self->p_pgrp->pg_session))
		return (0);
	return (cr_cansignal(td->td_cred, p, sig));
}

/* Has cr all the groups of another, so that it learns nothing it mustn't? */
static bool
has_all_groups(const struct cred *cr, const struct cred *to)
{
	if (!cred_in_group(cr, to->cr_gid) || !cred_in_group(cr, to->cr_rgid) ||
	    !cred_in_group(cr, to->cr_svgid))
		return (false);
	for (int i = 0; i < to->cr_ngroups; i++)
		if (!cred_in_group(cr, to->cr_groups[i]))
			return (false);
	return (true);
}

int
p_candebug(struct thread *td, struct proc *p)
{
	const struct cred *cr = td->td_cred, *to = p->p_image.cred;
	int error = p_cansee(td, p);

	if (error != 0 || p == td->td_proc || cr->cr_uid == 0)
		return (error);
	if (!unprivileged_proc_debug || cr->cr_uid != to->cr_uid ||
	    cr->cr_uid != to->cr_ruid || cr->cr_uid != to->cr_svuid ||
	    !has_all_groups(cr, to))
		return (EPERM);
	/* Who has changed ids may know what its user may not. */
	if (p->p_flags & (P_SUGID | P_KERNEL | P_NOTRACE))
		return (EPERM);
	return (0);
}

bool
proc_visible(struct thread *td, struct proc *p)
{
	int error;

	spin_lock(&p->p_lock);
	error = p_cansee(td, p);
	spin_unlock(&p->p_lock);
	return (error == 0);
}

struct cred *
proc_cred_hold(struct proc *p)
{
	struct cred *cr;

	spin_lock(&p->p_lock);
	cr = cred_hold(p->p_image.cred);
	spin_unlock(&p->p_lock);
	return (cr);
}

int
proc_debug_vmspace(struct thread *td, struct proc *p, struct vmspace **vsp)
{
	int error;

	*vsp = NULL;
	spin_lock(&p->p_lock);
	error = p_candebug(td, p);
	if (error == 0 && p->p_image.vm != NULL)
		vmspace_hold(*vsp = p->p_image.vm);
	spin_unlock(&p->p_lock);
	return (error);
}

int
priv_idle_priority(struct thread *td)
{
	return (unprivileged_idprio ? 0 : priv_check(td));
}
