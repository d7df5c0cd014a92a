/* SPDX-License-Identifier: BSD-2-Clause */
/* User and group ids. */
#include "abi/freebsd/sysargs.h"
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "proc/proc.h"
#include "proc/signal.h"
#include "lib/string.h"
#include "vm/kmem.h"

static bool
root(const struct cred *cr)
{
	return (cr->cr_uid == 0);
}

static bool
own_uid(const struct cred *cr, uid_t uid)
{
	return (root(cr) || uid == cr->cr_ruid || uid == cr->cr_uid ||
		uid == cr->cr_svuid);
}

static bool
own_gid(const struct cred *cr, gid_t gid)
{
	return (root(cr) || gid == cr->cr_rgid || gid == cr->cr_gid ||
		gid == cr->cr_svgid);
}

#define GET_ID(call, field)                                                    \
	int sys_##call(struct thread *td, const struct call##_args *unused)    \
	{                                                                      \
		td->td_retval[0] = td->td_cred->field;                         \
		return (0);                                                    \
	}
GET_ID(getuid, cr_ruid)
GET_ID(geteuid, cr_uid)
GET_ID(getgid, cr_rgid)
GET_ID(getegid, cr_gid)

int
sys_issetugid(struct thread *td, const struct issetugid_args *unused)
{
	td->td_retval[0] = (td->td_proc->p_flags & P_SUGID) != 0;
	return (0);
}

int
sys_setuid(struct thread *td, const struct setuid_args *a)
{
	struct cred *cr = cred_edit(td);
	int error = 0;

	if (cr == NULL)
		return (ENOMEM);
	if (a->uid != cr->cr_ruid && a->uid != cr->cr_uid && !root(cr))
		error = EPERM;
	if (root(cr) || a->uid == cr->cr_ruid)
		cr->cr_ruid = cr->cr_svuid = a->uid;
	cr->cr_uid = a->uid;
	return (cred_commit(td, cr, error));
}

int
sys_seteuid(struct thread *td, const struct seteuid_args *a)
{
	struct cred *cr = cred_edit(td);
	int error;

	if (cr == NULL)
		return (ENOMEM);
	error = a->euid == cr->cr_ruid || a->euid == cr->cr_svuid || root(cr)
		    ? 0
		    : EPERM;
	cr->cr_uid = a->euid;
	return (cred_commit(td, cr, error));
}

int
sys_setgid(struct thread *td, const struct setgid_args *a)
{
	struct cred *cr = cred_edit(td);
	int error = 0;

	if (cr == NULL)
		return (ENOMEM);
	if (a->gid != cr->cr_rgid && a->gid != cr->cr_gid && !root(cr))
		error = EPERM;
	if (root(cr) || a->gid == cr->cr_rgid)
		cr->cr_rgid = cr->cr_svgid = a->gid;
	cr->cr_gid = a->gid;
	return (cred_commit(td, cr, error));
}

int
sys_setegid(struct thread *td, const struct setegid_args *a)
{
	struct cred *cr = cred_edit(td);
	int error;

	if (cr == NULL)
		return (ENOMEM);
	error = a->egid == cr->cr_rgid || a->egid == cr->cr_svgid || root(cr)
		    ? 0
		    : EPERM;
	cr->cr_gid = a->egid;
	return (cred_commit(td, cr, error));
}

/* An id of -1 stays what it is. */
#define KEEP UINT32_MAX

int
sys_setreuid(struct thread *td, const struct setreuid_args *a)
{
	uid_t ruid = (uid_t)a->ruid, euid = (uid_t)a->euid;
	struct cred *cr = cred_edit(td);
	int error = 0;

	if (cr == NULL)
		return (ENOMEM);
	if ((ruid != KEEP && ruid != cr->cr_ruid && ruid != cr->cr_svuid &&
		!root(cr)) ||
	    (euid != KEEP && !own_uid(cr, euid)))
		error = EPERM;
	if (euid != KEEP)
		cr->cr_uid = euid;
	if (ruid != KEEP)
		cr->cr_ruid = ruid;
	if (ruid != KEEP || cr->cr_uid != cr->cr_ruid)
		cr->cr_svuid = cr->cr_uid;
	return (cred_commit(td, cr, error));
}

int
sys_setregid(struct thread *td, const struct setregid_args *a)
{
	gid_t rgid = (gid_t)a->rgid, egid = (gid_t)a->egid;
	struct cred *cr = cred_edit(td);
	int error = 0;

	if (cr == NULL)
		return (ENOMEM);
	if ((rgid != KEEP && rgid != cr->cr_rgid && rgid != cr->cr_svgid &&
		!root(cr)) ||
	    (egid != KEEP && !own_gid(cr, egid)))
		error = EPERM;
	if (egid != KEEP)
		cr->cr_gid = egid;
	if (rgid != KEEP)
		cr->cr_rgid = rgid;
	if (rgid != KEEP || cr->cr_gid != cr->cr_rgid)
		cr->cr_svgid = cr->cr_gid;
	return (cred_commit(td, cr, error));
}

int
sys_setresuid(struct thread *td, const struct setresuid_args *a)
{
	struct cred *cr = cred_edit(td);
	int error = 0;

	if (cr == NULL)
		return (ENOMEM);
	if ((a->ruid != KEEP && !own_uid(cr, a->ruid)) ||
	    (a->euid != KEEP && !own_uid(cr, a->euid)) ||
	    (a->suid != KEEP && !own_uid(cr, a->suid)))
		error = EPERM;
	cr->cr_ruid = a->ruid != KEEP ? a->ruid : cr->cr_ruid;
	cr->cr_uid = a->euid != KEEP ? a->euid : cr->cr_uid;
	cr->cr_svuid = a->suid != KEEP ? a->suid : cr->cr_svuid;
	return (cred_commit(td, cr, error));
}

int
sys_setresgid(struct thread *td, const struct setresgid_args *a)
{
	struct cred *cr = cred_edit(td);
	int error = 0;

	if (cr == NULL)
		return (ENOMEM);
	if ((a->rgid != KEEP && !own_gid(cr, a->rgid)) ||
	    (a->egid != KEEP && !own_gid(cr, a->egid)) ||
	    (a->sgid != KEEP && !own_gid(cr, a->sgid)))
		error = EPERM;
	cr->cr_rgid = a->rgid != KEEP ? a->rgid : cr->cr_rgid;
	cr->cr_gid = a->egid != KEEP ? a->egid : cr->cr_gid;
	cr->cr_svgid = a->sgid != KEEP ? a->sgid : cr->cr_svgid;
	return (cred_commit(td, cr, error));
}

static int
store_ids(uint32_t *p1, uint32_t v1, uint32_t *p2, uint32_t v2, uint32_t *p3,
    uint32_t v3)
{
	int error = 0;

	if (p1 != NULL)
		error = suword32(p1, v1);
	if (error == 0 && p2 != NULL)
		error = suword32(p2, v2);
	if (error == 0 && p3 != NULL)
		error = suword32(p3, v3);
	return (error);
}

int
sys_getresuid(struct thread *td, const struct getresuid_args *a)
{
	const struct cred *cr = td->td_cred;

	return (store_ids(
	    a->ruid, cr->cr_ruid, a->euid, cr->cr_uid, a->suid, cr->cr_svuid));
}

int
sys_getresgid(struct thread *td, const struct getresgid_args *a)
{
	const struct cred *cr = td->td_cred;

	return (store_ids(
	    a->rgid, cr->cr_rgid, a->egid, cr->cr_gid, a->sgid, cr->cr_svgid));
}

/* From release 15 on the list is of supplementary groups only. */
int
sys_getgroups(struct thread *td, const struct getgroups_args *a)
{
	const struct cred *cr = td->td_cred;

	td->td_retval[0] = (uint64_t)cr->cr_ngroups;
	if (a->gidsetsize == 0)
		return (0);
	if (a->gidsetsize < cr->cr_ngroups)
		return (EINVAL);
	return (copyout(
	    cr->cr_groups, a->gidset, (size_t)cr->cr_ngroups * sizeof(gid_t)));
}

/* Before, the effective group came first. */
int
sys_freebsd14_getgroups(
    struct thread *td, const struct freebsd14_getgroups_args *a)
{
	const struct cred *cr = td->td_cred;
	unsigned n = (unsigned)cr->cr_ngroups + 1;
	int error;

	td->td_retval[0] = n;
	if (a->gidsetsize == 0)
		return (0);
	if (a->gidsetsize < n)
		return (EINVAL);
	error = suword32(a->gidset, cr->cr_gid);
	if (error == 0)
		error = copyout(
		    cr->cr_groups, a->gidset + 1, (n - 1) * sizeof(gid_t));
	return (error);
}

static void
sort(gid_t *g, int n)
{
	for (int i = 1; i < n; i++)
		for (int j = i; j > 0 && g[j - 1] > g[j]; j--) {
			gid_t t = g[j];

			g[j] = g[j - 1];
			g[j - 1] = t;
		}
}

/* n groups of the user's as credentials have them: ascending, each once. 0, and
 * kmem of *np of them (none: NULL); EFAULT, ENOMEM. */
static int
copyin_groups(const gid_t __user *ugroups, unsigned n, gid_t **gp, int *np)
{
	gid_t *all, *groups = NULL;
	unsigned kept = 0;
	int error;

	*gp = NULL;
	*np = 0;
	if (n == 0)
		return (0);
	all = kmem_alloc(n * sizeof(gid_t), 0);
	if (all == NULL)
		return (ENOMEM);
	error = copyin(ugroups, all, n * sizeof(gid_t));
	if (error == 0) {
		sort(all, (int)n);
		for (unsigned i = 0; i < n; i++)
			if (i == 0 || all[i] != all[i - 1])
				all[kept++] = all[i];
		groups = kmem_alloc(kept * sizeof(gid_t), 0);
		if (groups == NULL)
			error = ENOMEM;
	}
	if (error == 0) {
		memcpy(groups, all, kept * sizeof(gid_t));
		*gp = groups;
		*np = (int)kept;
	}
	kmem_free(all, n * sizeof(gid_t));
	return (error);
}

static void
replace_groups(struct cred *cr, gid_t *groups, int n)
{
	if (cr->cr_groups != NULL)
		kmem_free(
		    cr->cr_groups, (size_t)cr->cr_ngroups * sizeof(gid_t));
	cr->cr_groups = groups;
	cr->cr_ngroups = n;
}

static int
set_groups(struct thread *td, int n, const gid_t *ugroups, bool first_is_gid)
{
	struct cred *cr;
	gid_t *groups = NULL, egid = 0;
	int ngroups = 0, error = priv_check(td);

	if (error != 0)
		return (error);
	if (n < 0 || n > NGROUPS_MAX + 1)
		return (EINVAL);
	/* None at all means: only the effective group, which stays. */
	if (n == 0)
		first_is_gid = false;
	if (first_is_gid) {
		error = fueword32(ugroups++, &egid);
		n--;
	}
	if (error == 0)
		error = copyin_groups(ugroups, (unsigned)n, &groups, &ngroups);
	if (error != 0)
		return (error);
	cr = cred_edit(td);
	if (cr == NULL) {
		kmem_free(groups, (size_t)ngroups * sizeof(gid_t));
		return (ENOMEM);
	}
	replace_groups(cr, groups, ngroups);
	if (first_is_gid)
		cr->cr_gid = egid;
	return (cred_commit(td, cr, 0));
}

int
sys_setgroups(struct thread *td, const struct setgroups_args *a)
{
	return (set_groups(td, a->gidsetsize, a->gidset, false));
}

int
sys_freebsd14_setgroups(
    struct thread *td, const struct freebsd14_setgroups_args *a)
{
	return (
	    set_groups(td, a->gidsetsize > INT_MAX ? -1 : (int)a->gidsetsize,
		a->gidset, true));
}

int
sys_getloginclass(struct thread *td, const struct getloginclass_args *a)
{
	const char *name = cred_loginclass(td->td_cred);
	size_t len = strlen(name) + 1;

	return (len > a->namelen ? ERANGE : copyout(name, a->namebuf, len));
}

int
sys_setloginclass(struct thread *td, const struct setloginclass_args *a)
{
	char name[MAXLOGNAME];
	struct cred *cr;
	int error = priv_check(td);

	if (error == 0)
		error = copyinstr(a->namebuf, name, sizeof(name), NULL);
	if (error == ENAMETOOLONG || (error == 0 && name[0] == '\0'))
		error = EINVAL;
	if (error != 0)
		return (error);
	cr = cred_edit(td);
	if (cr == NULL)
		return (ENOMEM);
	memcpy(cr->cr_loginclass, name, sizeof(name));
	return (cred_commit(td, cr, 0));
}

/* All of a process's ids at once: setcred(2). */
struct setcred {
	uid_t sc_uid;
	uid_t sc_ruid;
	uid_t sc_svuid;
	gid_t sc_gid;
	gid_t sc_rgid;
	gid_t sc_svgid;
	unsigned sc_pad;
	unsigned sc_supp_groups_nb;
	const gid_t __user *sc_supp_groups;
	const void *sc_label;
};
_Static_assert(sizeof(struct setcred) == 48, "struct setcred");

/* Which of them. */
#define SETCREDF_UID	     0x01u
#define SETCREDF_RUID	     0x02u
#define SETCREDF_SVUID	     0x04u
#define SETCREDF_GID	     0x08u
#define SETCREDF_RGID	     0x10u
#define SETCREDF_SVGID	     0x20u
#define SETCREDF_SUPP_GROUPS 0x40u
#define SETCREDF_MAC_LABEL   0x80u

static void
set_ids(struct cred *cr, unsigned flags, const struct setcred *sc)
{
	if (flags & SETCREDF_UID)
		cr->cr_uid = sc->sc_uid;
	if (flags & SETCREDF_RUID)
		cr->cr_ruid = sc->sc_ruid;
	if (flags & SETCREDF_SVUID)
		cr->cr_svuid = sc->sc_svuid;
	if (flags & SETCREDF_GID)
		cr->cr_gid = sc->sc_gid;
	if (flags & SETCREDF_RGID)
		cr->cr_rgid = sc->sc_rgid;
	if (flags & SETCREDF_SVGID)
		cr->cr_svgid = sc->sc_svgid;
}

/* There are no labels (MAC) to set: EOPNOTSUPP. */
int
sys_setcred(struct thread *td, const struct setcred_args *a)
{
	gid_t *groups = NULL;
	struct setcred sc;
	struct cred *cr;
	int n = 0, error;

	if ((a->flags & ~0xffu) != 0 || a->size != sizeof(sc))
		return (EINVAL);
	error = copyin(a->wcred, &sc, sizeof(sc));
	if (error == 0 && (a->flags & SETCREDF_SUPP_GROUPS)) {
		if (sc.sc_supp_groups_nb > NGROUPS_MAX)
			return (EINVAL);
		error = copyin_groups(
		    sc.sc_supp_groups, sc.sc_supp_groups_nb, &groups, &n);
	}
	if (error == 0 && (a->flags & SETCREDF_MAC_LABEL))
		error = EOPNOTSUPP;
	if (error == 0)
		error = priv_check(td);
	cr = error == 0 ? cred_edit(td) : NULL;
	if (cr == NULL) {
		kmem_free(groups, (size_t)n * sizeof(gid_t));
		return (error != 0 ? error : ENOMEM);
	}
	set_ids(cr, a->flags, &sc);
	if (a->flags & SETCREDF_SUPP_GROUPS)
		replace_groups(cr, groups, n);
	return (cred_commit(td, cr, 0));
}
