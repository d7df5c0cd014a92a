/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From paths to vnodes.
 *
 * The walk goes component by component.  The part of the path that is still
 * to be walked lies in nd_buf; a symbolic link's target is put before it.
 * Only one directory is locked at a time, for the look-up in it alone, so
 * that a walk never holds two locks and can't be part of a deadlock.
 *
 * As far as names are in the cache it glides: within a section, with neither
 * locks nor references, so that walks of the same directories write nothing
 * that they share.  What comes first that isn't known, or more than a name in a
 * directory, is one step with references, and from there it glides again.
 */
#include "core/count.h"
#include "core/section.h"
#include "fbsd/errno.h"
#include "fbsd/fcntl.h"
#include "proc/proc.h"
#include "lib/string.h"
#include "vfs/vnode.h"
#include "vfs/vop.h"
#include "vm/kmem.h"

struct walk {
	struct thread *td;
	struct namei *nd;
	struct cred *cr;
	struct vnode *dvp; /* where we are; held; NULL: at *begin, not held */
	struct vnode **begin; /* the process's directory or root */
	char *rest;	      /* what is left of the path, in nd_buf */
	const char *name;     /* this component, and its length */
	size_t len;
	bool last;	/* no component behind it */
	bool slash;	/* but a slash */
	bool missed;	/* it may be searched for, and isn't in the cache */
	unsigned links; /* symbolic links so far */
	struct vnode *start; /* NAMEI_BENEATH: where it began; held */
};

/* One of td's process's directories, within a section. */
static struct vnode *
glance_at_dir(struct vnode **place)
{
	struct vnode *vp = atomic_load(place);

	return (vp != NULL ? vp : rootvnode);
}

static struct vnode *
proc_dir(struct thread *td, struct vnode **place)
{
	struct proc *p = td->td_proc;
	struct vnode *vp;

	spin_lock(&p->p_lock);
	vp = *place != NULL ? *place : rootvnode;
	vnode_hold(vp);
	spin_unlock(&p->p_lock);
	return (vp);
}

struct vnode *
vn_cwd(struct thread *td)
{
	return (proc_dir(td, &td->td_proc->p_cwd));
}

struct vnode *
vn_root(struct thread *td)
{
	return (proc_dir(td, &td->td_proc->p_root));
}

bool
vn_is_root(struct thread *td, struct vnode *vp)
{
	struct proc *p = td->td_proc;
	bool is;

	if (vp == rootvnode)
		return (true);
	spin_lock(&p->p_lock);
	is = vp == p->p_root || vp == p->p_jailroot;
	spin_unlock(&p->p_lock);
	return (is);
}

/* Takes the next component off the path. */
static int
next_component(struct walk *w)
{
	char *p = w->rest;

	w->name = p;
	while (*p != '/' && *p != '\0')
		p++;
	w->len = (size_t)(p - w->name);
	if (w->len > NAME_MAX)
		return (ENAMETOOLONG);
	w->slash = *p == '/';
	while (*p == '/')
		p++;
	w->last = *p == '\0';
	w->rest = p;
	return (0);
}

static bool
is_dot(const struct walk *w)
{
	return (w->len == 1 && w->name[0] == '.');
}

static bool
is_dotdot(const struct walk *w)
{
	return (w->len == 2 && w->name[0] == '.' && w->name[1] == '.');
}

/* A covered directory is replaced by the root of what is mounted on it; after
 * an error, by nothing. */
static int
cross_down(struct vnode **vpp)
{
	int error;

	if (__predict_true(atomic_load(&(*vpp)->v_mountedhere) == NULL))
		return (0);
	error = mount_cross(vpp);
	if (error != 0) {
		vnode_release(*vpp);
		*vpp = NULL;
	}
	return (error);
}

/* The directory above vp, with a reference; the root is its own. */
static int
parent(struct thread *td, struct vnode *vp, struct vnode **vpp)
{
	struct vnode *covered;
	int error;

	vnode_hold(vp);
	while ((vp->v_flags & VV_ROOT) != 0 && !vn_is_root(td, vp)) {
		covered = mount_covered(vp);
		vnode_release(vp);
		if (covered == NULL)
			return (ENOENT);
		vp = covered;
	}
	if (vn_is_root(td, vp)) {
		*vpp = vp;
		return (0);
	}
	error = vn_parent(vp, vpp);
	vnode_release(vp);
	return (error);
}

/* Is vp the directory where the walk began, or below it? ENOTCAPABLE. */
static int
check_beneath(const struct walk *w, struct vnode *vp)
{
	struct vnode *up;
	int error = 0;

	vnode_hold(vp);
	while (error == 0 && vp != w->start) {
		error = parent(w->td, vp, &up);
		if (error != 0)
			break;
		if (up == vp)
			error = ENOTCAPABLE;
		vnode_release(vp);
		vp = up;
	}
	vnode_release(vp);
	return (error);
}

/*
 * "..".  Counting the levels wouldn't do for a walk that must stay beneath its
 * start: somebody may move the directory that we are in.
 */
static int
lookup_parent(struct walk *w, struct vnode **vpp)
{
	int error;

	if (w->start != NULL && w->dvp == w->start)
		return (ENOTCAPABLE);
	error = parent(w->td, w->dvp, vpp);
	if (error != 0 || w->start == NULL)
		return (error);
	error = check_beneath(w, *vpp);
	if (error != 0)
		vnode_release(*vpp);
	return (error);
}

/* With the directory's lock; what is about to be made or removed isn't worth an
 * entry in the cache. */
static int
look_into(struct walk *w, const struct cname *cn, struct vnode **vpp)
{
	struct vnode *dvp = w->dvp, *vp = NULL;
	struct vn_miss miss = {0, 0};
	int error;

	do {
		rw_rlock(&dvp->v_base->v_lock);
		vn_miss_begin(&miss);
		if (w->last && (w->nd->nd_flags & NAMEI_PARENT) != 0)
			error = vop_lookup(dvp, cn, &vp);
		else
			error = vop_find(dvp, cn, &vp);
		vn_miss_end();
		rw_runlock(&dvp->v_base->v_lock);
	} while (__predict_false(error == EMISSED) &&
		 (error = vn_fetch(dvp, &miss)) == 0);
	*vpp = vp;
	return (error);
}

/* Has the right to search dvp been checked when it was opened? */
static bool
searchable(const struct walk *w, const struct vnode *dvp)
{
	return (
	    (w->nd->nd_flags & NAMEI_SEARCHED) != 0 && dvp == w->nd->nd_start);
}

static int
lookup(struct walk *w, struct vnode **vpp)
{
	struct vnode *dvp = w->dvp;
	struct cname cn = {w->name, w->len, w->cr};
	int error = 0;

	if (!w->missed && !searchable(w, dvp)) {
		error = vn_access(dvp, VEXEC, w->cr);
		if (__predict_false(error != 0))
			return (error);
	}
	if (__predict_false(w->name[0] == '.')) {
		if (is_dot(w)) {
			vnode_hold(dvp);
			*vpp = dvp;
			return (0);
		}
		if (is_dotdot(w))
			return (lookup_parent(w, vpp));
	}
	if (w->missed || dvp->v_ops->vo_cached == NULL ||
	    !dvp->v_ops->vo_cached(dvp, &cn, vpp)) {
		count(COUNT_NAME_MISS);
		error = look_into(w, &cn, vpp);
	} else if (*vpp != NULL) {
		count(COUNT_NAME_HIT);
	} else {
		count(COUNT_NAME_NEGATIVE);
		error = ENOENT;
	}
	return (error == 0 ? cross_down(vpp) : error);
}

/* Puts the link's target before the rest of the path. */
static int
follow(struct walk *w, struct vnode *vp)
{
	struct namei *nd = w->nd;
	char *buf;
	size_t len = 0, rest;
	int error;

	if (++w->links > MAXSYMLINKS)
		return (ELOOP);
	if ((vp->v_mount->mnt_flags & MNT_NOSYMFOLLOW) != 0)
		return (EACCES);
	buf = kmem_alloc(MAXPATHLEN, 0);
	if (buf == NULL)
		return (ENOMEM);
	error = vn_readlink(vp, buf, &len);
	rest = strlen(w->rest);
	if (error == 0 && len == 0)
		error = ENOENT;
	if (error == 0 && len + 1 + rest >= MAXPATHLEN)
		error = ENAMETOOLONG;
	if (error == 0) {
		memmove(nd->nd_buf + len + w->slash, w->rest, rest + 1);
		memcpy(nd->nd_buf, buf, len);
		if (w->slash)
			nd->nd_buf[len] = '/';
		w->rest = nd->nd_buf;
	}
	kmem_free(buf, MAXPATHLEN);
	return (error);
}

/* A relative path begins where the caller says, or the process is. */
static void
start(struct walk *w)
{
	w->dvp = w->nd->nd_start;
	if (w->dvp != NULL)
		vnode_hold(w->dvp);
	else
		w->begin = &w->td->td_proc->p_cwd;
	if ((w->nd->nd_flags & NAMEI_BENEATH) != 0) {
		if (w->dvp == NULL)
			w->dvp = vn_cwd(w->td);
		w->start = w->dvp;
		vnode_hold(w->start);
	}
}

/* An absolute path, or link, begins at the root. */
static int
go_to_root(struct walk *w)
{
	if ((w->nd->nd_flags & NAMEI_BENEATH) != 0)
		return (ENOTCAPABLE);
	while (*w->rest == '/')
		w->rest++;
	if (w->dvp != NULL)
		vnode_release(w->dvp);
	w->dvp = NULL;
	w->begin = &w->td->td_proc->p_root;
	return (0);
}

static bool
begins_at_root(const struct walk *w)
{
	return (w->begin == &w->td->td_proc->p_root);
}

/* The beginning, with a reference.  What is mounted on a root is the root; on
 * the directory where one is, it isn't seen from there. */
static int
take_begin(struct walk *w)
{
	w->dvp = proc_dir(w->td, w->begin);
	return (begins_at_root(w) ? cross_down(&w->dvp) : 0);
}

/* Hands the last component over: vp is held, or NULL if there is none. */
static int
finish(struct walk *w, struct vnode *vp)
{
	struct namei *nd = w->nd;

	nd->nd_trailing_slash = w->slash;
	nd->nd_vp = vp;
	if (vp != NULL && w->slash && vp->v_type != VDIR) {
		nd->nd_vp = NULL;
		vnode_release(vp);
		return (ENOTDIR);
	}
	if ((nd->nd_flags & NAMEI_PARENT) == 0)
		return (0);
	nd->nd_cn = (struct cname){w->name, w->len, w->cr};
	if (w->len == 0 || is_dot(w) || is_dotdot(w))
		vnode_release(w->dvp);
	else
		nd->nd_dvp = w->dvp;
	w->dvp = NULL;
	return (0);
}

/* One component. *done: the last one has been handed over. */
static int
step(struct walk *w, bool *done)
{
	const unsigned flags = w->nd->nd_flags;
	struct vnode *vp;
	int error;

	if (w->dvp->v_type != VDIR)
		return (ENOTDIR);
	error = next_component(w);
	if (error == 0)
		error = lookup(w, &vp);
	if (error == ENOENT && w->last && (flags & NAMEI_PARENT) != 0 &&
	    !is_dotdot(w)) {
		*done = true;
		return (finish(w, NULL));
	}
	if (error != 0)
		return (error);
	if (vp->v_type == VLNK &&
	    (!w->last || w->slash || (flags & NAMEI_FOLLOW) != 0)) {
		error = follow(w, vp);
		vnode_release(vp);
		if (error == 0 && *w->rest == '/')
			error = go_to_root(w);
		return (error);
	}
	if (w->last) {
		*done = true;
		return (finish(w, vp));
	}
	vnode_release(w->dvp);
	w->dvp = vp;
	return (0);
}

/* Nothing is left of the path ("/", or a link to it): dvp is the file. */
static int
finish_here(struct walk *w)
{
	struct vnode *vp = w->dvp;

	vnode_hold(vp);
	w->name = w->rest;
	w->len = 0;
	return (finish(w, vp));
}

enum glance { UNKNOWN, FOUND, ABSENT };

/* What *vpp leads to when mount points are crossed; false: one of them is just
 * being unmounted.  Within a section. */
static bool
glance_down(struct vnode **vpp)
{
	struct mount *mp;

	while ((mp = atomic_load(&(*vpp)->v_mountedhere)) != NULL) {
		if (atomic_load(&mp->mnt_leaving))
			return (false);
		*vpp = mp->mnt_root;
	}
	return (true);
}

/* Where the next component in dvp leads, if that is all known and nothing but a
 * name that is looked up.  Within a section. */
static enum glance
glance(struct walk *w, struct vnode *dvp, struct vnode **vpp)
{
	const struct vnode_ops *ops = dvp->v_ops;
	struct vnode *vp;

	if (*w->rest == '\0' || dvp->v_type != VDIR ||
	    ops->vo_cached != namecache_find || ops->vo_access == NULL ||
	    next_component(w) != 0)
		return (UNKNOWN);
	if (__predict_false(w->name[0] == '.') && (is_dot(w) || is_dotdot(w)))
		return (UNKNOWN);
	if (!searchable(w, dvp) && ops->vo_access(dvp, VEXEC, w->cr) != 0)
		return (UNKNOWN);
	w->missed =
	    !namecache_look(dvp, &(struct cname){w->name, w->len, w->cr}, vpp);
	if (w->missed)
		return (UNKNOWN);
	vp = *vpp;
	if (vp == NULL) {
		count(COUNT_NAME_NEGATIVE);
		return (ABSENT);
	}
	if (__predict_false(vp->v_mountedhere != NULL) && !glance_down(vpp))
		return (UNKNOWN);
	/* A link to be followed, or an error. */
	if (vp->v_type != VDIR &&
	    (!w->last || w->slash ||
		(vp->v_type == VLNK && (w->nd->nd_flags & NAMEI_FOLLOW) != 0)))
		return (UNKNOWN);
	count(COUNT_NAME_HIT);
	return (FOUND);
}

/* Goes on while all is known: what it comes to last, in *dvpp.  *dvpp is w->dvp
 * if nothing is known.  Within a section. */
static enum glance
glance_along(struct walk *w, struct vnode **dvpp, struct vnode **vpp)
{
	struct vnode *dvp = w->dvp;
	enum glance found;
	char *rest;

	*dvpp = dvp;
	if (dvp == NULL) {
		dvp = glance_at_dir(w->begin);
		if (begins_at_root(w) && !glance_down(&dvp))
			return (UNKNOWN);
	}
	for (;;) {
		rest = w->rest;
		found = glance(w, dvp, vpp);
		if (found != FOUND || w->last)
			break;
		dvp = *vpp;
	}
	if (found == UNKNOWN)
		w->rest = rest;
	*dvpp = dvp;
	return (found);
}

/*
 * Goes on as far as all is known: *done, if that is to the end.  If somebody
 * just takes away what it came to, it stays where it was.
 */
static int
glide(struct walk *w, bool *done)
{
	struct vnode *dvp, *vp, *old = w->dvp, *lost = NULL;
	char *const from = w->rest;
	enum glance found;
	bool stays, held;

	w->missed = false;
	section_enter();
	found = glance_along(w, &dvp, &vp);
	stays = found == UNKNOWN ||
		(w->last && (w->nd->nd_flags & NAMEI_PARENT) != 0);
	if (!stays)
		dvp = old;
	held = dvp == old || vnode_tryhold(dvp);
	if (held && found == FOUND && !vnode_tryhold(vp)) {
		held = false;
		lost = dvp;
	}
	section_leave();
	if (!held) {
		w->rest = from;
		w->missed = false;
		dvp = old;
	}
	if (lost != NULL && lost != old)
		vnode_release(lost);
	if (dvp != old && old != NULL)
		vnode_release(old);
	w->dvp = dvp;
	if (!held || found == UNKNOWN)
		return (0);
	if (found == ABSENT && !stays)
		return (ENOENT);
	*done = true;
	return (finish(w, found == FOUND ? vp : NULL));
}

/* One component, or the end, whatever is known. */
static int
step_on(struct walk *w, bool *done)
{
	int error = w->dvp == NULL ? take_begin(w) : 0;

	if (error != 0)
		return (error);
	if (*w->rest != '\0')
		return (step(w, done));
	*done = true;
	return (finish_here(w));
}

int
namei(struct thread *td, struct namei *nd)
{
	struct walk w = {.td = td, .nd = nd};
	bool done = false;
	int error = 0;

	nd->nd_vp = nd->nd_dvp = NULL;
	nd->nd_trailing_slash = false;
	w.cr = nd->nd_cred != NULL ? nd->nd_cred : td->td_cred;
	if (nd->nd_path != nd->nd_buf &&
	    strlcpy(nd->nd_buf, nd->nd_path, MAXPATHLEN) >= MAXPATHLEN)
		return (ENAMETOOLONG);
	if (nd->nd_buf[0] == '\0' && (nd->nd_flags & NAMEI_EMPTY) == 0)
		return (ENOENT);
	w.rest = nd->nd_buf;
	if (nd->nd_buf[0] == '/')
		error = go_to_root(&w);
	else
		start(&w);
	while (error == 0 && !done) {
		error = glide(&w, &done);
		if (error == 0 && !done)
			error = step_on(&w, &done);
	}
	if (w.dvp != NULL)
		vnode_release(w.dvp);
	if (w.start != NULL)
		vnode_release(w.start);
	return (error);
}

void
namei_done(struct namei *nd)
{
	if (nd->nd_vp != NULL)
		vnode_release(nd->nd_vp);
	if (nd->nd_dvp != NULL)
		vnode_release(nd->nd_dvp);
	nd->nd_vp = nd->nd_dvp = NULL;
}

int
namei_vnode(struct thread *td, const char *path, struct vnode **vpp)
{
	struct namei *nd = kmem_alloc(sizeof(*nd), KM_ZERO);
	int error;

	if (nd == NULL)
		return (ENOMEM);
	nd->nd_path = path;
	nd->nd_flags = NAMEI_FOLLOW;
	error = namei(td, nd);
	if (error == 0)
		*vpp = nd->nd_vp;
	kmem_free(nd, sizeof(*nd));
	return (error);
}

/* nd_start for a directory's descriptor, with a reference. */
static int
start_at_descriptor(struct thread *td, int fd, struct namei *nd)
{
	const bool empty = nd->nd_buf[0] == '\0';
	struct file *fp;
	int error, uf_flags;

	error = fd_get_flagged(td, fd, &fp, &uf_flags);
	if (error != 0)
		return (error);
	if (fp->f_vnode == NULL)
		error = empty ? EBADF : ENOTDIR;
	else if (fp->f_vnode->v_type != VDIR && !empty)
		error = ENOTDIR;
	else {
		nd->nd_start = fp->f_vnode;
		vnode_hold(nd->nd_start);
		if ((fp->f_flag & O_SEARCH) != 0)
			nd->nd_flags |= NAMEI_SEARCHED;
		if ((uf_flags & UF_RESOLVE_BENEATH) != 0) {
			nd->nd_flags |= NAMEI_BENEATH;
			nd->nd_confined = true;
		}
	}
	file_release(fp);
	return (error);
}

int
namei_at(struct thread *td, struct namei *nd, int dirfd, const char *path,
    unsigned flags)
{
	int error;

	nd->nd_path = nd->nd_buf;
	nd->nd_start = nd->nd_vp = nd->nd_dvp = NULL;
	nd->nd_flags = flags;
	nd->nd_cred = NULL;
	nd->nd_confined = false;
	if (path != nd->nd_buf &&
	    strlcpy(nd->nd_buf, path, MAXPATHLEN) >= MAXPATHLEN)
		return (ENAMETOOLONG);
	if (dirfd == AT_FDCWD || nd->nd_buf[0] == '/')
		return (namei(td, nd));
	if (nd->nd_buf[0] == '\0' && (flags & NAMEI_EMPTY) == 0)
		return (ENOENT);
	error = start_at_descriptor(td, dirfd, nd);
	if (error == 0) {
		error = namei(td, nd);
		vnode_release(nd->nd_start);
		nd->nd_start = NULL;
	}
	return (error);
}
