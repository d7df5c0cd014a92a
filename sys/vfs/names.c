/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Making, linking and removing names.  (rename(2) is in rename.c.)
 *
 * A path is resolved without locks; then the directory is locked and the
 * name looked up again.  If it doesn't mean the same file as before, someone
 * was faster, and all begins anew.
 */
#include "fbsd/errno.h"
#include "fbsd/fcntl.h"
#include "proc/proc.h"
#include "lib/string.h"
#include "fbsd/event.h"
#include "core/sysctl.h"
#include "vfs/acl.h"
#include "vfs/names.h"
#include "vfs/vnode.h"
#include "vfs/vop.h"

#define KEEP_FILE                                                              \
	(UF_IMMUTABLE | UF_APPEND | UF_NOUNLINK | SF_IMMUTABLE | SF_APPEND |   \
	    SF_NOUNLINK)
#define KEEP_NAMES (UF_APPEND | SF_APPEND)

int
vn_may_insert(struct vnode *dvp, enum vtype type, struct cred *cr)
{
	const int more = type == VDIR ? VAPPEND : 0;

	return (vfs_access(dvp, VWRITE | VEXEC | more, cr));
}

/* A list may allow it, on the file or the directory, or deny it; EAGAIN: it
 * says nothing. */
static int
list_on_removal(struct vnode *dvp, struct vnode *vp, struct cred *cr)
{
	int error;

	if (vn_acl_type(dvp) != ACL_TYPE_NFS4)
		return (EAGAIN);
	error = vfs_access(dvp, VEXEC, cr);
	if (error != 0)
		return (error);
	if (vfs_access(vp, VDELETE, cr) == 0 ||
	    vfs_access(dvp, VDELETE_CHILD, cr) == 0)
		return (0);
	error = vfs_access(dvp, VEXPLICIT_DENY | VDELETE_CHILD, cr);
	return (error != 0 ? error : EAGAIN);
}

/* The directory's writers may, but for what is others' in one that is
 * sticky. */
static int
may_unname(struct vnode *dvp, const struct vattr *dir, struct vnode *vp,
    const struct vattr *va, struct cred *cr)
{
	int error = list_on_removal(dvp, vp, cr);

	if (error != EAGAIN)
		return (error);
	error = vfs_access(dvp, VWRITE | VEXEC, cr);
	if (error != 0)
		return (error);
	if ((dir->va_mode & S_ISTXT) != 0 && cr->cr_uid != 0 &&
	    cr->cr_uid != dir->va_uid && cr->cr_uid != va->va_uid)
		return (EPERM);
	return (0);
}

int
vn_may_remove(struct vnode *dvp, struct vnode *vp, struct cred *cr)
{
	struct vattr dir, va;
	int error;

	error = vop_getattr(dvp, &dir);
	if (error == 0)
		error = vop_getattr(vp, &va);
	if (error == 0)
		error = may_unname(dvp, &dir, vp, &va, cr);
	if (error != 0)
		return (error);
	if ((dir.va_flags & KEEP_NAMES) != 0 || (va.va_flags & KEEP_FILE) != 0)
		return (EPERM);
	if (vp->v_mountedhere != NULL || vp->v_base->v_mountedhere != NULL)
		return (EBUSY);
	return (0);
}

int
vn_check_name(struct vnode *dvp, const struct cname *cn, const struct vnode *vp)
{
	struct vnode *now = NULL;
	int error = vop_lookup(dvp, cn, &now);

	if (error != 0 && error != ENOENT)
		return (error);
	if (now != NULL)
		vnode_release(now);
	return (now == vp ? 0 : EAGAIN);
}

/* A new file belongs to its maker and to its directory's group. */
static int
set_owner(struct vnode *dvp, struct vattr *va, const struct cred *cr)
{
	struct vattr dir;
	int error;

	error = vop_getattr(dvp, &dir);
	if (error != 0)
		return (error);
	va->va_uid = cr->cr_uid;
	va->va_gid = dir.va_gid;
	if ((va->va_mode & S_ISGID) != 0 && cr->cr_uid != 0 &&
	    !cred_in_group(cr, va->va_gid))
		va->va_mode &= (mode_t)~S_ISGID;
	return (0);
}

int
vn_create(struct vnode *dvp, const struct cname *cn, struct vattr *va,
    const char *target, struct vnode **vpp)
{
	int error;

	if (dvp->v_ops->vo_create == NULL)
		return (vn_cannot(dvp));
	rw_wlock(&dvp->v_base->v_lock);
	error = vn_check_name(dvp, cn, NULL);
	if (error == EAGAIN)
		error = EEXIST;
	if (error == 0)
		error = vn_may_insert(dvp, va->va_type, cn->cn_cred);
	if (error == 0)
		error = set_owner(dvp, va, cn->cn_cred);
	if (error == 0)
		error = vop_create(dvp, cn, va, target, vpp);
	rw_wunlock(&dvp->v_base->v_lock);
	if (error != 0)
		return (error);
	vn_note(dvp, va->va_type == VDIR ? NOTE_WRITE | NOTE_LINK : NOTE_WRITE);
	if (__predict_false(inotify_watches != 0))
		inotify_created(dvp, cn, *vpp, false);
	return (0);
}

/* A file that isn't a regular one, under a name that must not exist. */
static int
make_file(struct thread *td, int dirfd, const char *path, struct vattr *va,
    const char *target)
{
	struct namei nd;
	int error;

	error = namei_at(td, &nd, dirfd, path, NAMEI_PARENT);
	if (error == ENOTDIR && nd.nd_trailing_slash)
		error = EEXIST;
	if (error == 0 && nd.nd_vp != NULL)
		error = namei_is_slash(&nd) ? EISDIR : EEXIST;
	if (error == 0 && nd.nd_trailing_slash && va->va_type != VDIR)
		error = ENOENT;
	if (error == 0)
		error = vn_create(nd.nd_dvp, &nd.nd_cn, va, target, &nd.nd_vp);
	namei_done(&nd);
	return (error);
}

int
kern_mkdirat(struct thread *td, int dirfd, const char *path, mode_t mode)
{
	struct vattr va = {.va_type = VDIR};

	va.va_mode = mode & ACCESSPERMS & ~td->td_proc->p_umask;
	return (make_file(td, dirfd, path, &va, NULL));
}

int
kern_symlinkat(
    struct thread *td, const char *target, int dirfd, const char *path)
{
	struct vattr va = {.va_type = VLNK};

	va.va_mode = ACCESSPERMS & ~td->td_proc->p_umask;
	return (make_file(td, dirfd, path, &va, target));
}

int
kern_mknodat(
    struct thread *td, int dirfd, const char *path, mode_t mode, dev_t rdev)
{
	struct vattr va = {.va_type = vn_mode_type(mode), .va_rdev = rdev};
	int error;

	switch (va.va_type) {
	case VCHR:
	case VBLK:
		error = priv_check(td);
		if (error != 0)
			return (error);
		break;
	case VFIFO:
		if (rdev != 0)
			return (EINVAL);
		break;
	default:
		return (EINVAL);
	}
	va.va_mode = mode & ALLPERMS & ~td->td_proc->p_umask;
	return (make_file(td, dirfd, path, &va, NULL));
}

/* Has root alone other names made for files of others? (a) */
static int link_check_uid, link_check_gid;
#define LINK_POLICY(id, descr)                                                 \
	SYSCTL_INT(link_check_##id, "security.bsd.hardlink_check_" #id,        \
	    CTL_AUTO, CTLFLAG_RW, &link_check_##id, descr)
LINK_POLICY(uid, "Who isn't root can't make hard links to others' files");
LINK_POLICY(gid, "Who isn't root can't make hard links to other groups' files");

static bool
forbidden(const struct vattr *va, const struct cred *cr)
{
	return (cr->cr_uid != 0 && ((atomic_load(&link_check_uid) != 0 &&
					va->va_uid != cr->cr_uid) ||
				       (atomic_load(&link_check_gid) != 0 &&
					   !cred_in_group(cr, va->va_gid))));
}

static int
may_link(struct vnode *dvp, struct vnode *vp, struct cred *cr)
{
	struct vattr va;
	int error;

	error = vn_may_insert(dvp, vp->v_type, cr);
	if (error == 0)
		error = vop_getattr(vp, &va);
	if (error == 0 &&
	    ((va.va_flags & KEEP_FILE) != 0 || forbidden(&va, cr)))
		error = EPERM;
	return (error);
}

/* Another name for vp. */
static int
link_vnode(struct vnode *vp, struct namei *nd)
{
	struct vnode *dvp = nd->nd_dvp;
	int error;

	if (nd->nd_vp != NULL || dvp == NULL)
		return (namei_is_slash(nd) ? EISDIR : EEXIST);
	if (nd->nd_trailing_slash)
		return (ENOENT);
	if (vp->v_mount != dvp->v_mount)
		return (EXDEV);
	if (vp->v_type == VDIR)
		return (EPERM);
	if (dvp->v_ops->vo_link == NULL)
		return ((dvp->v_mount->mnt_flags & MNT_RDONLY) != 0 ? EROFS
								    : EPERM);
	rw_wlock(&dvp->v_base->v_lock);
	rw_will_nest(&vp->v_base->v_lock);
	rw_wlock(&vp->v_base->v_lock);
	error = vn_check_name(dvp, &nd->nd_cn, NULL);
	if (error == EAGAIN)
		error = EEXIST;
	if (error == 0)
		error = may_link(dvp, vp, nd->nd_cn.cn_cred);
	if (error == 0)
		error = vop_link(dvp, vp, &nd->nd_cn);
	rw_wunlock(&vp->v_base->v_lock);
	rw_wunlock(&dvp->v_base->v_lock);
	if (error == 0) {
		vn_note(vp, NOTE_LINK);
		vn_note(dvp, NOTE_WRITE);
		if (__predict_false(inotify_watches != 0))
			inotify_created(dvp, &nd->nd_cn, vp, true);
	}
	return (error);
}

int
kern_link_vnode(
    struct thread *td, struct vnode *vp, int dirfd, const char *path)
{
	struct namei nd;
	int error;

	error = namei_at(td, &nd, dirfd, path, NAMEI_PARENT);
	if (error == 0) {
		error = link_vnode(vp, &nd);
		namei_done(&nd);
	}
	return (error);
}

int
kern_linkat(struct thread *td, int fd1, const char *path1, int fd2,
    const char *path2, int at_flags)
{
	struct namei nd;
	unsigned how = 0;
	int error;

	if ((at_flags &
		~(AT_SYMLINK_FOLLOW | AT_RESOLVE_BENEATH | AT_EMPTY_PATH)) != 0)
		return (EINVAL);
	if ((at_flags & AT_SYMLINK_FOLLOW) != 0)
		how |= NAMEI_FOLLOW;
	if ((at_flags & AT_RESOLVE_BENEATH) != 0)
		how |= NAMEI_BENEATH;
	if ((at_flags & AT_EMPTY_PATH) != 0)
		how |= NAMEI_EMPTY;
	if (path1[0] == '\0' && how & NAMEI_EMPTY && priv_check(td) != 0)
		return (EPERM);
	error = namei_at(td, &nd, fd1, path1, how);
	if (error != 0)
		return (error);
	error = kern_link_vnode(td, nd.nd_vp, fd2, path2);
	namei_done(&nd);
	return (error);
}

/* EAGAIN: the name has got another meaning since it was looked up. */
static int
remove_vnode(struct namei *nd, bool dir)
{
	struct vnode *dvp = nd->nd_dvp, *vp = nd->nd_vp;
	int error;

	rw_wlock(&dvp->v_base->v_lock);
	error = vn_check_name(dvp, &nd->nd_cn, vp);
	if (error != 0) {
		rw_wunlock(&dvp->v_base->v_lock);
		return (error);
	}
	rw_will_nest(&vp->v_base->v_lock);
	rw_wlock(&vp->v_base->v_lock);
	error = vn_may_remove(dvp, vp, nd->nd_cn.cn_cred);
	if (error == 0)
		error = dir ? vop_rmdir(dvp, vp, &nd->nd_cn)
			    : vop_remove(dvp, vp, &nd->nd_cn);
	rw_wunlock(&vp->v_base->v_lock);
	rw_wunlock(&dvp->v_base->v_lock);
	if (error == 0) {
		vn_note(vp, NOTE_DELETE);
		vn_note(dvp, dir ? NOTE_WRITE | NOTE_LINK : NOTE_WRITE);
		if (__predict_false(inotify_watches != 0))
			inotify_removed(dvp, &nd->nd_cn, vp);
	}
	return (error);
}

/* What can be said against a removal before anything is locked. */
static int
check_unlink(const struct namei *nd, const struct vnode *named, bool dir)
{
	if (nd->nd_dvp == NULL) {
		if (namei_is_slash(nd))
			return (EISDIR);
		return (dir ? EINVAL : EPERM);
	}
	if (nd->nd_vp == NULL)
		return (ENOENT);
	/* Where names can't be removed each look at one may find another
	 * vnode: no reason to try again. */
	if (nd->nd_dvp->v_base->v_ops->vo_remove == NULL)
		return (vn_cannot(nd->nd_dvp));
	if ((nd->nd_vp->v_flags & VV_ROOT) != 0)
		return (EBUSY);
	if (named != NULL && nd->nd_vp != named)
		return (EDEADLK);
	if (dir && nd->nd_vp->v_type != VDIR)
		return (ENOTDIR);
	if (!dir && nd->nd_vp->v_type == VDIR)
		return (EPERM);
	return (0);
}

int
kern_unlinkat(
    struct thread *td, int dirfd, const char *path, int fd, int at_flags)
{
	const bool dir = (at_flags & AT_REMOVEDIR) != 0;
	struct file *fp = NULL;
	struct namei nd;
	unsigned how = NAMEI_PARENT;
	int error;

	if ((at_flags & ~(AT_REMOVEDIR | AT_RESOLVE_BENEATH)) != 0)
		return (EINVAL);
	if ((at_flags & AT_RESOLVE_BENEATH) != 0)
		how |= NAMEI_BENEATH;
	if (fd != FD_NONE) {
		error = fd_get(td, fd, 0, &fp);
		if (error != 0)
			return (error);
	}
	do {
		error = namei_at(td, &nd, dirfd, path, how);
		if (error != 0)
			break;
		error = check_unlink(&nd, fp != NULL ? fp->f_vnode : NULL, dir);
		if (error == 0)
			error = remove_vnode(&nd, dir);
		namei_done(&nd);
	} while (error == EAGAIN);
	if (fp != NULL)
		file_release(fp);
	return (error);
}
