/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rename(2): the one operation on two directories.
 *
 * Within one directory it goes like all others: the directory's lock, then that
 * of the file, and of the one that is replaced, by address.
 *
 * Between directories the tree's shape holds still: mnt_tree of the file system
 * (that of v_base, so that nullfs has no other one) is held for reading, or for
 * writing to move a directory.  Both directories are locked by their depth, and
 * by address where that is the same.  Everybody else goes down the tree from a
 * directory to what is in it, which is deeper, so nobody waits in a circle.
 * The files come after the directories: those that aren't directories are
 * leaves, and who moves a directory is alone and has seen that it isn't above
 * the other one.
 */
#include "fbsd/errno.h"
#include "fbsd/fcntl.h"
#include "proc/proc.h"
#include "fbsd/event.h"
#include "vfs/names.h"
#include "vm/kmem.h"
#include "vfs/vop.h"

#define DEEPEST 10000 /* directories in each other; more are a circle */

/*
 * The way up from vp to its file system's root, or to `top`: how long it is,
 * and whether it came to that one.  With mnt_tree.  ENOENT: vp was removed;
 * EINTEGRITY: the file system is damaged, and the way doesn't end.
 */
static int
go_up(struct vnode *vp, const struct vnode *top, unsigned *depth, bool *met)
{
	struct vnode *up;
	int error = 0;

	*depth = 0;
	vnode_hold(vp);
	while (error == 0 && vp != top && (vp->v_flags & VV_ROOT) == 0) {
		error = ++*depth < DEEPEST ? vn_parent(vp, &up) : EINTEGRITY;
		if (error == 0) {
			vnode_release(vp);
			vp = up;
		}
	}
	*met = vp == top;
	vnode_release(vp);
	return (error);
}

/* `error`: vp is `top`, or in the tree below it. */
static int
check_not_below(struct vnode *vp, const struct vnode *top, int error)
{
	unsigned depth;
	bool met;
	int failed = go_up(vp->v_base, top->v_base, &depth, &met);

	if (failed == 0 && met)
		failed = error;
	return (failed);
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

/* With mnt_tree if they differ. ENOENT, EIO, EINTEGRITY */
static int
lock_directories(struct vnode *a, struct vnode *b)
{
	unsigned a_depth, b_depth;
	struct vnode *swap;
	bool met;
	int error;

	if (a == b) {
		rw_wlock(&a->v_base->v_lock);
		return (0);
	}
	error = go_up(a->v_base, NULL, &a_depth, &met);
	if (error == 0)
		error = go_up(b->v_base, NULL, &b_depth, &met);
	if (error != 0)
		return (error);
	if (b_depth < a_depth || (b_depth == a_depth && comes_before(b, a))) {
		swap = a;
		a = b;
		b = swap;
	}
	rw_wlock(&a->v_base->v_lock);
	lock_next(b);
	return (0);
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

	if (namei_is_slash(from) ||
	    (namei_is_slash(to) && fvp != NULL && fvp->v_type != VDIR))
		return (EISDIR);
	if (from->nd_dvp == NULL || to->nd_dvp == NULL)
		return (EINVAL);
	if (fvp == NULL)
		return (ENOENT);
	if (from->nd_dvp->v_mount != to->nd_dvp->v_mount ||
	    fvp->v_mount != from->nd_dvp->v_mount ||
	    (tvp != NULL && tvp->v_mount != to->nd_dvp->v_mount))
		return (EXDEV);
	if (from->nd_dvp->v_base->v_ops->vo_rename == NULL)
		return (vn_cannot(from->nd_dvp));
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

/* No directory becomes its own ancestor. With mnt_tree for writing. */
static int
check_tree(const struct namei *from, const struct namei *to)
{
	int error = check_not_below(to->nd_dvp, from->nd_vp, EINVAL);

	if (error == 0 && to->nd_vp != NULL)
		error = check_not_below(from->nd_dvp, to->nd_vp, ENOTEMPTY);
	return (error);
}

static int
check_rights(const struct namei *from, const struct namei *to)
{
	struct cred *cr = from->nd_cn.cn_cred;
	int error;

	error = vn_may_remove(from->nd_dvp, from->nd_vp, cr);
	if (error == 0)
		error = vn_may_insert(to->nd_dvp, from->nd_vp->v_type, cr);
	if (error == 0 && to->nd_vp != NULL)
		error = vn_may_remove(to->nd_dvp, to->nd_vp, cr);
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

	error = lock_directories(fdvp, tdvp);
	if (error != 0)
		return (error);
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

/* From one directory to another. */
static int
move(const struct namei *from, const struct namei *to)
{
	struct rwlock *tree = &from->nd_dvp->v_base->v_mount->mnt_tree;
	int error;

	if (!is_dir(from->nd_vp)) {
		rw_rlock(tree);
		error = rename_locked(from, to);
		rw_runlock(tree);
		return (error);
	}
	rw_wlock(tree);
	error = check_tree(from, to);
	if (error == 0)
		error = rename_locked(from, to);
	rw_wunlock(tree);
	return (error);
}

static int
rename_once(const struct namei *from, const struct namei *to, int flags)
{
	int error = check_names(from, to, flags);

	if (error != 0)
		return (error);
	if (from->nd_dvp == to->nd_dvp)
		return (rename_locked(from, to));
	return (move(from, to));
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
			error = rename_once(&from, to, flags);
			namei_done(to);
		}
		namei_done(&from);
	} while (error == EAGAIN);
	kmem_free(to, sizeof(*to));
	return (error);
}
