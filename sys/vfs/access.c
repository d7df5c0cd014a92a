/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who may do what with a file: by its mode, or by the list beside that.
 */
#include "fbsd/errno.h"
#include "proc/proc.h"
#include "vfs/acl.h"
#include "vfs/vnode.h"
#include "vfs/vop.h"

/*
 * The classic rights: the owner's bits, or the group's, or the others'; the
 * super-user may do all but run what nobody may run.
 */
int
vn_access_mode(enum vtype type, mode_t fmode, uid_t uid, gid_t gid, int mode,
    const struct cred *cr)
{
	int granted;

	if (cr->cr_uid == 0) {
		if ((mode & VEXEC) != 0 && type != VDIR &&
		    (fmode & (S_IXUSR | S_IXGRP | S_IXOTH)) == 0)
			return (EACCES);
		return (0);
	}
	if (cr->cr_uid == uid)
		granted = fmode >> 6;
	else if (cred_in_group(cr, gid))
		granted = fmode >> 3;
	else
		granted = fmode;
	return ((mode & ~granted & 7) == 0 ? 0 : EACCES);
}

bool
vn_has_storage(const struct vnode *vp)
{
	return (vp->v_type == VREG || vp->v_type == VDIR || vp->v_type == VLNK);
}

int
vfs_access_quick(struct vnode *vp, int rights, const struct cred *cr)
{
	if ((rights & VMODIFY_PERMS) != 0 &&
	    (vp->v_mount->mnt_flags & MNT_RDONLY) && vn_has_storage(vp))
		return (EROFS);
	if (vp->v_ops->vo_access == NULL ||
	    (rights & ~(VREAD | VWRITE | VEXEC | VAPPEND)) != 0)
		return (EACL);
	return (
	    vp->v_ops->vo_access(vp, rights & (VREAD | VWRITE | VEXEC), cr));
}

/* A mode knows the owner and three rights; of names it leaves all to the
 * directory's writers. */
static int
by_mode(const struct vnode *vp, const struct vattr *va, int rights,
    const struct cred *cr)
{
	if ((rights & VEXPLICIT_DENY) != 0)
		return (0);
	if ((rights & (VDELETE | VDELETE_CHILD)) != 0)
		return (EPERM);
	if ((rights & VADMIN_PERMS) != 0 && cr->cr_uid != 0 &&
	    cr->cr_uid != va->va_uid)
		return (EPERM);
	return (vn_access_mode(
	    vp->v_type, va->va_mode, va->va_uid, va->va_gid, rights, cr));
}

/* The list that vp is used by; NULL: its mode. */
static int
list_of(struct vnode *vp, int type, const struct acl_list **alp)
{
	*alp = NULL;
	if (type == 0 || vp->v_ops->vo_getacl == NULL)
		return (0);
	return (vp->v_ops->vo_getacl(vp, type, alp));
}

static int
by_attributes(struct vnode *vp, int rights, const struct cred *cr)
{
	const int type = vn_acl_type(vp);
	const struct acl_list *al;
	struct acl_question q;
	struct vattr va;
	int error;

	error = vop_getattr(vp, &va);
	if (error != 0)
		return (error);
	if ((rights & VMODIFY_PERMS & ~VADMIN_PERMS) != 0 &&
	    (va.va_flags & (UF_IMMUTABLE | SF_IMMUTABLE | SF_SNAPSHOT)) != 0)
		return (EPERM);
	error = list_of(vp, type, &al);
	/* A list that makes no sense: nobody knows whom it kept out. */
	if (error != 0 && (error != EPERM || cr->cr_uid != 0))
		return (error);
	if (al == NULL)
		return (by_mode(vp, &va, rights, cr));
	q = (struct acl_question){
	    vp->v_type == VDIR, va.va_mode, va.va_uid, va.va_gid, rights, cr};
	if (type == ACL_TYPE_NFS4)
		return (acl_nfs4_access(al, &q));
	if ((rights & VEXPLICIT_DENY) != 0)
		return (0);
	if ((rights & (VDELETE | VDELETE_CHILD)) != 0)
		return (EPERM);
	q.rights |= (rights & VADMIN_PERMS) != 0 ? VADMIN : 0;
	return (acl_posix_access(al, &q));
}

int
vfs_access(struct vnode *vp, int rights, const struct cred *cr)
{
	int error = vfs_access_quick(vp, rights, cr);

	return (error != EACL ? error : by_attributes(vp, rights, cr));
}

int
vn_access(struct vnode *vp, int rights, const struct cred *cr)
{
	struct rwlock *lock = &vp->v_base->v_lock;
	struct vn_miss miss = {0, 0};
	int error;

	error = vfs_access_quick(vp, rights, cr);
	if (__predict_true(error != EACL))
		return (error);
	do {
		rw_rlock(lock);
		vn_miss_begin(&miss);
		error = by_attributes(vp, rights, cr);
		vn_miss_end();
		rw_runlock(lock);
	} while (error == EMISSED && (error = vn_fetch(vp, &miss)) == 0);
	return (error);
}
