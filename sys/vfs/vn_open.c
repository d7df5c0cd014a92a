/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * open(2): from a path to an open file.
 *
 * First the name is found or made (find_or_create), then the vnode's type
 * and rights are checked against what is asked for (check_open), and then
 * the file comes into being (vn_open_vnode); from there on closing it undoes
 * everything.
 */
#include "fbsd/errno.h"
#include "fbsd/fcntl.h"
#include "proc/proc.h"
#include "lib/string.h"
#include "fbsd/event.h"
#include "vfs/fifo.h"
#include "vfs/vn_file.h"
#include "vfs/vnode.h"
#include "vfs/vop.h"

/* f_flag keeps these. */
#define KEPT                                                                   \
	(FREAD | FWRITE | O_NONBLOCK | O_APPEND | O_ASYNC | O_SYNC |           \
	    O_DIRECT | O_EXEC | O_PATH | O_DSYNC)

/* Makes the regular file that nd names; EEXIST if somebody else just did. */
static int
create_file(struct thread *td, struct namei *nd, mode_t mode)
{
	struct vnode *dvp = nd->nd_dvp;
	struct vattr va = {.va_type = VREG};
	int error;

	if (nd->nd_trailing_slash)
		return (ENOENT);
	va.va_mode = mode & ALLPERMS & (mode_t)~S_ISTXT & ~td->td_proc->p_umask;
	error = vn_create(dvp, &nd->nd_cn, &va, NULL, &nd->nd_vp);
	return (error);
}

/* Where a path that isn't absolute begins. */
struct origin {
	struct vnode *start; /* if not NULL; otherwise */
	int dirfd;	     /* as openat(2) has it */
};

static int
find(struct thread *td, struct namei *nd, struct origin from, const char *path,
    unsigned how)
{
	if (from.start == NULL)
		return (namei_at(td, nd, from.dirfd, path, how));
	nd->nd_path = path;
	nd->nd_start = from.start;
	nd->nd_flags = how;
	nd->nd_cred = NULL;
	nd->nd_confined = false;
	return (namei(td, nd));
}

static int
find_or_create(struct thread *td, struct namei *nd, struct origin from,
    const char *path, int flags, mode_t mode, bool *created)
{
	const bool follow = (flags & (O_NOFOLLOW | O_EXCL)) == 0;
	unsigned how = 0;
	int error;

	if ((flags & O_RESOLVE_BENEATH) != 0)
		how |= NAMEI_BENEATH;
	if ((flags & O_EMPTY_PATH) != 0)
		how |= NAMEI_EMPTY;
	if ((flags & O_CREAT) == 0) {
		if ((flags & O_NOFOLLOW) == 0)
			how |= NAMEI_FOLLOW;
		return (find(td, nd, from, path, how));
	}
	how |= NAMEI_PARENT | (follow ? NAMEI_FOLLOW : 0);
	do {
		error = find(td, nd, from, path, how);
		if (error != 0)
			return (error);
		if (nd->nd_vp != NULL)
			return ((flags & O_EXCL) != 0 ? EEXIST : 0);
		error = create_file(td, nd, mode);
		if (error == EEXIST && (flags & O_EXCL) == 0)
			namei_done(nd);
	} while (error == EEXIST && (flags & O_EXCL) == 0);
	*created = error == 0;
	return (error);
}

static int
check_type(struct vnode *vp, int flags)
{
	if ((flags & O_DIRECTORY) != 0 && vp->v_type != VDIR)
		return (ENOTDIR);
	if ((flags & O_PATH) != 0)
		return (
		    vp->v_type == VLNK && (flags & O_EXEC) != 0 ? EMLINK : 0);
	switch (vp->v_type) {
	case VLNK:
		return (EMLINK);
	case VSOCK:
		return (EOPNOTSUPP);
	case VDIR:
		return ((flags & (FWRITE | O_TRUNC)) != 0 ? EISDIR : 0);
	case VREG:
		if ((flags & O_EXEC) != 0 &&
		    (vp->v_mount->mnt_flags & MNT_NOEXEC) != 0)
			return (EACCES);
		return (0);
	default:
		return (0);
	}
}

static int
check_append_only(struct vnode *vp, int flags)
{
	struct vattr va;
	int error;

	error = vn_getattr(vp, &va);
	if (error == 0 && (va.va_flags & (UF_APPEND | SF_APPEND)) != 0 &&
	    (flags & (O_APPEND | O_TRUNC)) != O_APPEND)
		error = EPERM;
	return (error);
}

static int
check_open(struct vnode *vp, int flags, struct cred *cr, bool created)
{
	int error, mode = 0;

	error = check_type(vp, flags);
	if (error != 0 || created)
		return (error);
	if ((flags & FREAD) != 0)
		mode |= VREAD;
	if ((flags & (FWRITE | O_TRUNC)) != 0)
		mode |= VWRITE;
	if ((flags & O_EXEC) != 0)
		mode |= VEXEC;
	error = mode == 0 ? 0 : vn_access(vp, mode, cr);
	if (error == 0 && (flags & FWRITE) != 0 && vp->v_type == VREG)
		error = check_append_only(vp, flags);
	return (error);
}

static int
truncate_opened(struct vnode *vp, struct cred *cr)
{
	struct vattr va = {.va_set = VA_SIZE, .va_size = 0};
	int error;

	vn_prefetch_size(vp, 0);
	rw_wlock(&vp->v_base->v_lock);
	error = vn_setattr(vp, &va, cr);
	rw_wunlock(&vp->v_base->v_lock);
	if (error == 0)
		vn_note(vp, NOTE_ATTRIB);
	return (error);
}

/* Files open for writing keep their file system from becoming read-only, and
 * the one below it. */
static void
count_in_mounts(struct vnode *vp, unsigned n)
{
	atomic_add(&vp->v_mount->mnt_writers, n);
	if (vp->v_base != vp)
		atomic_add(&vp->v_base->v_mount->mnt_writers, n);
}

/* Writers and running programs keep one another out. */
static int
count_writer(struct vnode *vp)
{
	struct vnode *base = vp->v_base;
	int error = 0;

	spin_lock(&base->v_interlock);
	if (base->v_execs > 0)
		error = ETXTBSY;
	else
		base->v_writers++;
	spin_unlock(&base->v_interlock);
	if (error != 0)
		return (error);
	count_in_mounts(vp, 1);
	if ((atomic_load(&vp->v_mount->mnt_flags) & MNT_RDONLY) == 0)
		return (0);
	vn_writer_done(vp);
	return (EROFS);
}

void
vn_writer_done(struct vnode *vp)
{
	struct vnode *base = vp->v_base;

	count_in_mounts(vp, -1u);
	spin_lock(&base->v_interlock);
	base->v_writers--;
	spin_unlock(&base->v_interlock);
}

int
vn_exec_begin(struct vnode *vp)
{
	struct vnode *base = vp->v_base;
	int error = 0;

	spin_lock(&base->v_interlock);
	if (base->v_writers > 0)
		error = ETXTBSY;
	else
		base->v_execs++;
	spin_unlock(&base->v_interlock);
	return (error);
}

void
vn_exec_end(struct vnode *vp)
{
	struct vnode *base = vp->v_base;

	spin_lock(&base->v_interlock);
	base->v_execs--;
	spin_unlock(&base->v_interlock);
}

int
vn_open_dup(struct thread *td, int fd, int flags, struct open_dup *dup)
{
	const int asked = flags & (FREAD | FWRITE);
	struct file *fp;
	int error, uf_flags;

	error = fd_get_flagged(td, fd, &fp, &uf_flags);
	if (error != 0)
		return (error);
	if ((atomic_load(&fp->f_flag) & asked) != (uint32_t)asked) {
		file_release(fp);
		return (EACCES);
	}
	*dup = (struct open_dup){fp, (uf_flags & UF_RESOLVE_BENEATH) != 0};
	return (0);
}

void
vn_text_hold(struct vnode *vp)
{
	struct vnode *base = vp->v_base;

	vnode_hold(vp);
	spin_lock(&base->v_interlock);
	base->v_execs++;
	spin_unlock(&base->v_interlock);
}

void
vn_text_release(struct vnode *vp)
{
	vn_exec_end(vp);
	vnode_release(vp);
}

/* What may still fail once the file is there; closing undoes it. */
static int
open_file(struct thread *td, struct vnode *vp, int flags, struct file *fp,
    struct open_dup *dup)
{
	int error = 0;

	if (vp->v_type == VFIFO)
		error = fifo_open(td, vp, fp);
	else if (vp->v_ops->vo_open != NULL)
		error = vp->v_ops->vo_open(vp, flags, fp, dup);
	if (dup->od_file != NULL)
		return (error);
	if (error == 0 && (flags & (O_EXLOCK | O_SHLOCK)) != 0)
		error = vn_flock(td, fp,
		    ((flags & O_EXLOCK) != 0 ? LOCK_EX : LOCK_SH) |
			((flags & O_NONBLOCK) != 0 ? LOCK_NB : 0));
	if (error == 0 && (flags & O_TRUNC) != 0 && vp->v_type == VREG)
		error = truncate_opened(vp, td->td_cred);
	return (error);
}

/* For O_PATH: kqueue(2) watches only what could be read. */
static const struct fileops *
path_ops(struct thread *td, struct vnode *vp)
{
	return (vp->v_type != VFIFO && vp->v_type != VSOCK &&
			vn_access(vp, VREAD, td->td_cred) == 0
		    ? &vn_watched_path_fileops
		    : &vn_path_fileops);
}

/*
 * A file on vp, which the caller holds and keeps holding; rights have been
 * checked. *confined is set if it is that of a descriptor which is.
 */
static int
vn_open_vnode(struct thread *td, struct vnode *vp, int flags, struct file **fpp,
    bool *confined)
{
	const bool writer = vp->v_type == VREG && (flags & FWRITE) != 0;
	const bool path = (flags & O_PATH) != 0;
	struct open_dup dup = {NULL, false};
	struct file *fp;
	int error;

	if (writer || (vp->v_type == VREG && (flags & O_TRUNC) != 0)) {
		error = count_writer(vp);
		if (error != 0)
			return (error);
		if (!writer)
			vn_writer_done(vp);
	}
	fp = file_alloc(td,
	    vp->v_type == VFIFO && !path ? DTYPE_FIFO : DTYPE_VNODE,
	    flags & KEPT, path ? path_ops(td, vp) : &vn_opening_fileops, vp);
	if (fp == NULL) {
		if (writer)
			vn_writer_done(vp);
		return (ENFILE);
	}
	vnode_hold(vp);
	fp->f_vnode = vp;
	*fpp = fp;
	if (path) {
		inotify_note(vp, NOTE_OPEN);
		return (0);
	}
	error = open_file(td, vp, flags, fp, &dup);
	if (error == 0 && dup.od_file == NULL) {
		if (fp->f_ops == &vn_opening_fileops)
			fp->f_ops = &vnode_fileops;
		vn_note(vp, NOTE_OPEN);
		return (0);
	}
	file_release(fp);
	*fpp = dup.od_file;
	*confined |= dup.od_confined;
	return (error);
}

int
vn_open_known(struct thread *td, struct vnode *vp, int flags, struct file **fpp)
{
	bool confined = false;
	int error;

	error = check_open(vp, flags, td->td_cred, false);
	return (
	    error != 0 ? error : vn_open_vnode(td, vp, flags, fpp, &confined));
}

/* What the flags may not be together. */
static int
check_flags(int flags)
{
	if ((flags & O_PATH) != 0)
		return (0);
	if ((flags & O_EXEC) != 0 && (flags & (FREAD | FWRITE)) != 0)
		return (EINVAL);
	if ((flags & (O_EXEC | FREAD | FWRITE)) == 0)
		return (EINVAL);
	if ((flags & O_CREAT) != 0 && (flags & O_DIRECTORY) != 0)
		return (EINVAL);
	if ((flags & O_SHLOCK) != 0 && (flags & O_EXLOCK) != 0)
		return (EINVAL);
	return (0);
}

static int
open_from(struct thread *td, struct origin from, const char *path, int flags,
    mode_t mode, struct file **fpp, bool *confined)
{
	bool created = false;
	struct namei nd;
	int error;

	error = check_flags(flags);
	if (error != 0)
		return (error);
	if ((flags & O_PATH) != 0)
		flags &= O_PATH | O_EXEC | O_CREAT | O_EXCL | O_NOFOLLOW |
			 O_DIRECTORY | O_RESOLVE_BENEATH | O_EMPTY_PATH;
	nd.nd_vp = nd.nd_dvp = NULL;
	error = find_or_create(td, &nd, from, path, flags, mode, &created);
	if (error == 0)
		error = check_open(nd.nd_vp, flags, td->td_cred, created);
	*confined = nd.nd_confined;
	if (error == 0)
		error = vn_open_vnode(td, nd.nd_vp, flags, fpp, confined);
	namei_done(&nd);
	return (error);
}

int
vn_open_at(struct thread *td, int dirfd, const char *path, int flags,
    mode_t mode, struct file **fpp, bool *confined)
{
	return (open_from(td, (struct origin){NULL, dirfd}, path, flags, mode,
	    fpp, confined));
}

int
vn_open_file(struct thread *td, const char *path, struct vnode *start,
    int flags, mode_t mode, struct file **fpp)
{
	bool confined;

	return (open_from(td, (struct origin){start, AT_FDCWD}, path, flags,
	    mode, fpp, &confined));
}

int
vn_open(struct thread *td, const char *path, int flags, mode_t mode,
    struct vnode **vpp)
{
	const struct origin cwd = {NULL, AT_FDCWD};
	bool created = false;
	struct namei nd;
	int error;

	nd.nd_vp = nd.nd_dvp = NULL;
	error = find_or_create(td, &nd, cwd, path, flags, mode, &created);
	if (error == 0)
		error = check_open(nd.nd_vp, flags, td->td_cred, created);
	if (error == 0) {
		*vpp = nd.nd_vp;
		nd.nd_vp = NULL;
	}
	namei_done(&nd);
	return (error);
}
