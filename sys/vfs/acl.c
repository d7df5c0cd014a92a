/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Access control lists: what may be asked of a file, by whom.
 */
#include "fbsd/event.h"
#include "lib/string.h"
#include "proc/proc.h"
#include "vfs/acl.h"
#include "vfs/vnode.h"
#include "vfs/vop.h"
#include "vm/kmem.h"

static size_t
size_of(unsigned room)
{
	return (sizeof(struct acl_list) + room * sizeof(struct acl_entry));
}

struct acl_list *
acl_alloc(unsigned room)
{
	struct acl_list *al = kmem_alloc(size_of(room), KM_ZERO);

	if (al != NULL)
		al->al_room = room;
	return (al);
}

void
acl_free(struct acl_list *al)
{
	if (al != NULL)
		kmem_free(al, size_of(al->al_room));
}

static void
copy_entries(struct acl_list *to, const struct acl_list *from)
{
	to->al_count = from->al_count;
	memcpy(to->al_entry, from->al_entry,
	    from->al_count * sizeof(struct acl_entry));
}

struct acl_list *
acl_copy(const struct acl_list *al)
{
	struct acl_list *to = acl_alloc(al->al_count);

	if (to != NULL)
		copy_entries(to, al);
	return (to);
}

int
vn_acl_type(const struct vnode *vp)
{
	const uint64_t flags = vp->v_base->v_mount->mnt_flags;

	return ((flags & MNT_NFS4ACLS) != 0 ? ACL_TYPE_NFS4
		: (flags & MNT_ACLS) != 0   ? ACL_TYPE_ACCESS
					    : 0);
}

/* Has the file system such lists?  Device nodes have none. */
static int
check_type(struct vnode *vp, int type)
{
	const int has = vn_acl_type(vp);

	if (has == 0 || vp->v_ops->vo_getacl == NULL || vp->v_type == VCHR ||
	    vp->v_type == VBLK)
		return (EOPNOTSUPP);
	if (type == ACL_TYPE_DEFAULT)
		type = ACL_TYPE_ACCESS;
	return (type == has ? 0 : EINVAL);
}

/* What is kept, or what the mode says. v_lock held. */
static int
get(struct vnode *vp, int type, struct acl_list *al)
{
	const struct acl_list *kept;
	struct vattr va;
	int error;

	error = vop_getattr(vp, &va);
	if (error == 0)
		error = vp->v_ops->vo_getacl(vp, type, &kept);
	if (error != 0)
		return (error);
	al->al_count = 0;
	if (kept != NULL)
		copy_entries(al, kept);
	else if (type == ACL_TYPE_ACCESS)
		acl_posix_from_mode(al, va.va_mode);
	else if (type == ACL_TYPE_NFS4)
		acl_nfs4_from_mode(al, va.va_mode);
	if (type == ACL_TYPE_ACCESS)
		acl_posix_take_mode(al, va.va_mode);
	return (0);
}

int
vn_getacl(struct thread *td, struct vnode *vp, int type, struct acl_list *al)
{
	struct vn_miss miss = {0, 0};
	int error = check_type(vp, type);

	if (error == 0 && type == ACL_TYPE_DEFAULT && vp->v_type != VDIR)
		error = EINVAL;
	if (error != 0)
		return (error);
	do {
		rw_rlock(&vp->v_base->v_lock);
		vn_miss_begin(&miss);
		if (type == ACL_TYPE_NFS4)
			error = vfs_access(vp, VREAD_ACL, td->td_cred);
		if (error == 0)
			error = get(vp, type, al);
		vn_miss_end();
		rw_runlock(&vp->v_base->v_lock);
	} while (error == EMISSED && (error = vn_fetch(vp, &miss)) == 0);
	return (error);
}

/* For chmod(2), which once split each entry in two and added six. */
#define NFS4_MOST ((ACL_MAX_ENTRIES - ACL_NFS4_OWN) / 2)

int
vn_aclcheck(struct vnode *vp, int type, const struct acl_list *al)
{
	int error = check_type(vp, type);

	if (error != 0)
		return (error);
	if (type == ACL_TYPE_NFS4)
		return (al->al_count > NFS4_MOST
			    ? ENOSPC
			    : acl_nfs4_check(al, vp->v_type == VDIR));
	if ((type == ACL_TYPE_DEFAULT && vp->v_type != VDIR) ||
	    al->al_count > OLDACL_MAX_ENTRIES)
		return (EINVAL);
	return (acl_posix_check(al));
}

/* Only a directory's default can go. */
static int
check_removal(struct vnode *vp, int type)
{
	int error = check_type(vp, type);

	if (error == 0 && type != ACL_TYPE_DEFAULT)
		error = EINVAL;
	return (error == 0 && vp->v_type != VDIR ? ENOTDIR : error);
}

/* v_lock is held. */
static int
set(struct thread *td, struct vnode *vp, int type, const struct acl_list *al)
{
	struct vattr va;
	int error;

	if ((vp->v_mount->mnt_flags & MNT_RDONLY) != 0)
		return (EROFS);
	error = vop_getattr(vp, &va);
	if (error == 0 && (va.va_flags & NOCHANGE) != 0)
		error = EPERM;
	if (error == 0)
		error = vfs_access(vp,
		    type == ACL_TYPE_NFS4 ? VWRITE_ACL : VADMIN, td->td_cred);
	return (error != 0 ? error : vp->v_ops->vo_setacl(vp, type, al));
}

int
vn_setacl(
    struct thread *td, struct vnode *vp, int type, const struct acl_list *al)
{
	int error;

	error =
	    al != NULL ? vn_aclcheck(vp, type, al) : check_removal(vp, type);
	if (error != 0)
		return (error);
	rw_wlock(&vp->v_base->v_lock);
	error = set(td, vp, type, al);
	rw_wunlock(&vp->v_base->v_lock);
	if (error == 0)
		vn_note(vp, NOTE_ATTRIB);
	return (error);
}
