/* SPDX-License-Identifier: BSD-2-Clause */
/* Credentials, and what they allow towards other processes. */
#include "lib/string.h"
#include "fbsd/errno.h"
#include "proc/proc.h"
#include "vm/kmem.h"

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

void
cred_refresh(struct thread *td)
{
	struct proc *p = td->td_proc;
	struct cred *old = td->td_cred;

	spin_lock(&p->p_lock);
	td->td_cred = cred_hold(p->p_cred);
	spin_unlock(&p->p_lock);
	cred_release(old);
}

int
priv_check(struct thread *td)
{
	return (td->td_proc->p_cred->cr_uid == 0 ? 0 : EPERM);
}

int
cred_can_see(const struct cred *cr, struct proc *p)
{
	return (0);
}

/* POSIX kill(2): the sender's real or effective id is the target's real or
 * saved one. SIGCONT also goes anywhere within the session: the caller's. */
int
cred_can_signal(const struct cred *cr, struct proc *p, int sig)
{
	const struct cred *to = p->p_cred;

	if (cr->cr_uid == 0 || cr->cr_ruid == to->cr_ruid ||
	    cr->cr_ruid == to->cr_svuid || cr->cr_uid == to->cr_ruid ||
	    cr->cr_uid == to->cr_svuid)
		return (0);
	return (EPERM);
}

/* Who has changed ids may know what its user may not. */
int
proc_can_debug(struct thread *td, struct proc *p)
{
	const struct cred *cr = td->td_cred, *to = p->p_cred;

	if (cr->cr_uid == 0 || p == td->td_proc)
		return (0);
	if (cr->cr_uid != to->cr_ruid || cr->cr_uid != to->cr_svuid ||
	    cr->cr_uid != to->cr_uid || (p->p_flags & (P_SUGID | P_KERNEL)))
		return (EPERM);
	return (0);
}
