/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rename(2): the one operation on two directories.
 *
 * A rename between directories holds rename_lock, so that the tree's shape
 * holds still while we see who is above whom: of the two directories the
 * upper one is locked first, as everybody else locks parents before their
 * children; unrelated ones by address.  The files come after their directories,
 * by address as well.
 *
 * So does one of a directory onto another in the same place.  Everybody without
 * rename_lock then goes down the tree only, but for files at its leaves, and
 * the one with it never goes up: nobody waits in a circle.
 */
#include "fbsd/errno.h"
#include "fbsd/fcntl.h"
#include "proc/proc.h"
#include "fbsd/event.h"
#include "vfs/names.h"
#include "vm/kmem.h"
#include "vfs/vop.h"

static struct mutex rename_lock = MUTEX_INITIALIZER(rename_lock, "rename");

#define HIGHEST 10000 /* directories above each other; more are a circle */

/*
 * Is vp `top`, or in the tree below it?  With rename_lock.  In a damaged file
 * system a way up may not end: then the answer is yes, and nothing is moved.
 */
static bool
is_below(struct vnode *vp, const struct vnode *top)
{
	static const struct cname dotdot = {"..", 2, NULL};
	unsigned steps = 0;
	struct vnode *up;
	int error;

	vnode_hold(vp);
	while (vp != top && (vp->v_flags & VV_ROOT) == 0) {
		if (steps++ == HIGHEST)
			break;
		rw_rlock(&vp->v_base->v_lock);
		error = vop_lookup(vp, &dotdot, &up);
		rw_runlock(&vp->v_base->v_lock);
		vnode_release(vp);
		if (error != 0)
			return (false);
		vp = up;
	}
	vnode_release(vp);
	return (vp == top || steps > HIGHEST);
}

/* With others locked that come before it. */
static void
lock_next(struct vnode *vp)
{
	rw_will_nest(&vp->v_base->v_lock);
	rw_wlock(&vp->v_base->v_lock);
}

/* Of two locks of unrelated vnodes, the one that is taken first. */
static bool
comes_before(const struct vnode *a, const struct vnode *b)
{
	return ((uintptr_t)a->v_base < (uintptr_t)b->v_base);
}

static void
lock_directories(struct vnode *a, struct vnode *b)
{
	if (a == b) {
		rw_wlock(&a->v_base->v_lock);
		return;
	}
	if (is_below(a, b) || (!is_below(b, a) && comes_before(b, a))) {
		rw_wlock(&b->v_base->v_lock);
		lock_next(a);
	} else {
		rw_wlock(&a->v_base->v_lock);
		lock_next(b);
	}
}

static void
unlock_both(struct vnode *a, struct vnode *b)
{
	rw_wunlock(&a->v_base->v_lock);
	if (b != NULL && b != a)
		rw_wunlock(&b->v_base->v_lock);
}

static void
lock_files(struct vnode *f, struct vnode *t)
{
	if (t != NULL && comes_before(t, f))
		lock_next(t);
	lock_next(f);
	if (t != NULL && comes_before(f, t))
		lock_next(t);
}

/* What needs no locks. */
static int
check_names(const struct namei *from, const struct namei *to, int flags)
{
	const struct vnode *fvp = from->nd_vp, *tvp = to->nd_vp;

	if (from->nd_dvp == NULL || to->nd_dvp == NULL)
		return (EINVAL);
	if (fvp == NULL)
		return (ENOENT);
	if (from->nd_dvp->v_mount != to->nd_dvp->v_mount ||
	    fvp->v_mount != from->nd_dvp->v_mount ||
	    (tvp != NULL && tvp->v_mount != to->nd_dvp->v_mount))
		return (EXDEV);
	if (from->nd_dvp->v_base->v_ops->vo_rename == NULL)
		return (EOPNOTSUPP);
	if (tvp != NULL && (flags & AT_RENAME_NOREPLACE) != 0)
		return (EEXIST);
	if (tvp == NULL && to->nd_trailing_slash && fvp->v_type != VDIR)
		return (ENOENT);
	if (tvp != NULL && fvp->v_type == VDIR && tvp->v_type != VDIR)
		return (ENOTDIR);
	if (tvp != NULL && fvp->v_type != VDIR && tvp->v_type == VDIR)
		return (EISDIR);
	return (0);
}

static bool
is_dir(const struct vnode *vp)
{
	return (vp != NULL && vp->v_type == VDIR);
}

/* No directory becomes its own ancestor; with rename_lock if they differ. */
static int
check_tree(const struct namei *from, const struct namei *to)
{
	if (from->nd_dvp == to->nd_dvp)
		return (0);
	if (is_dir(from->nd_vp) && is_below(to->nd_dvp, from->nd_vp))
		return (EINVAL);
	if (is_dir(to->nd_vp) && is_below(from->nd_dvp, to->nd_vp))
		return (ENOTEMPTY);
	return (0);
}

static int
check_rights(const struct namei *from, const struct namei *to)
{
	struct cred *cr = from->nd_cn.cn_cred;
	int error;

	error = vn_may_remove(from->nd_dvp, from->nd_vp, cr);
	if (error == 0)
		error = to->nd_vp != NULL
			    ? vn_may_remove(to->nd_dvp, to->nd_vp, cr)
			    : vn_may_insert(to->nd_dvp, cr);
	/* Its ".." is to be written. */
	if (error == 0 && from->nd_vp->v_type == VDIR &&
	    from->nd_dvp != to->nd_dvp)
		error = vfs_access(from->nd_vp, VWRITE, cr);
	return (error);
}

static void
notify(const struct namei *from, const struct namei *to)
{
	const bool within = from->nd_dvp == to->nd_dvp;
	long note = within ? NOTE_WRITE : NOTE_WRITE | NOTE_EXTEND;

	if (!within && is_dir(from->nd_vp))
		note |= NOTE_LINK;
	if (within && is_dir(to->nd_vp))
		note |= NOTE_LINK;
	vn_note(from->nd_dvp, note);
	/* A directory for another one: as many as before. */
	if (!within && is_dir(to->nd_vp))
		note &= ~(long)NOTE_LINK;
	if (!within)
		vn_note(to->nd_dvp, note);
	vn_note(from->nd_vp, NOTE_RENAME);
	if (to->nd_vp != NULL)
		vn_note(to->nd_vp, NOTE_DELETE);
	if (__predict_false(inotify_watches != 0))
		inotify_moved(from, to);
}

/* EAGAIN: a name has got another meaning since it was looked up. */
static int
rename_locked(const struct namei *from, const struct namei *to)
{
	struct vnode *fdvp = from->nd_dvp, *fvp = from->nd_vp;
	struct vnode *tdvp = to->nd_dvp, *tvp = to->nd_vp;
	int error;

	lock_directories(fdvp, tdvp);
	error = vn_check_name(fdvp, &from->nd_cn, fvp);
	if (error == 0)
		error = vn_check_name(tdvp, &to->nd_cn, tvp);
	if (error != 0 || fvp == tvp) {
		unlock_both(fdvp, tdvp);
		return (error);
	}
	lock_files(fvp, tvp);
	error = check_rights(from, to);
	if (error == 0)
		error =
		    vop_rename(fdvp, fvp, &from->nd_cn, tdvp, tvp, &to->nd_cn);
	unlock_both(fvp, tvp);
	unlock_both(fdvp, tdvp);
	if (error == 0)
		notify(from, to);
	return (error);
}

static int
rename_once(struct thread *td, struct namei *from, struct namei *to, int flags)
{
	bool alone;
	int error;

	error = check_names(from, to, flags);
	if (error != 0)
		return (error);
	alone = from->nd_dvp != to->nd_dvp ||
		(is_dir(from->nd_vp) && is_dir(to->nd_vp));
	if (alone)
		mutex_lock(&rename_lock);
	error = check_tree(from, to);
	if (error == 0)
		error = rename_locked(from, to);
	if (alone)
		mutex_unlock(&rename_lock);
	return (error);
}

int
kern_renameat(struct thread *td, int fd1, const char *path1, int fd2,
    const char *path2, int flags)
{
	struct namei from, *to;
	int error;

	if ((flags & ~AT_RENAME_NOREPLACE) != 0)
		return (EINVAL);
	to = kmem_alloc(sizeof(*to), 0);
	if (to == NULL)
		return (ENOMEM);
	do {
		error = namei_at(td, &from, fd1, path1, NAMEI_PARENT);
		if (error != 0)
			break;
		error = namei_at(td, to, fd2, path2, NAMEI_PARENT);
		if (error == 0) {
			error = rename_once(td, &from, to, flags);
			namei_done(to);
		}
		namei_done(&from);
	} while (error == EAGAIN);
	kmem_free(to, sizeof(*to));
	return (error);
}
