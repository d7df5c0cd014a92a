/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Changing what a file is: chmod(2), chown(2), chflags(2), utimes(2).
 */
#include "abi/freebsd/path.h"
#include "abi/freebsd/sysargs.h"
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "fbsd/event.h"
#include "fbsd/fcntl.h"
#include "proc/proc.h"
#include "time/time.h"
#include "vfs/vnode.h"
#include "vfs/vop.h"

/* A file's birth can't lie behind its last change. */
static void
set_birth(struct vnode *vp, struct vattr *va)
{
	struct vattr cur;

	if ((va->va_set & VA_MTIME) == 0 || vop_getattr(vp, &cur) != 0)
		return;
	if (va->va_mtime.tv_sec < cur.va_birthtime.tv_sec ||
	    (va->va_mtime.tv_sec == cur.va_birthtime.tv_sec &&
		va->va_mtime.tv_nsec < cur.va_birthtime.tv_nsec)) {
		va->va_birthtime = va->va_mtime;
		va->va_set |= VA_BIRTHTIME;
	}
}

static int
set_vnode(struct thread *td, struct vnode *vp, struct vattr *va)
{
	int error;

	rw_wlock(&vp->v_base->v_lock);
	set_birth(vp, va);
	error = vn_setattr(vp, va, td->td_cred);
	rw_wunlock(&vp->v_base->v_lock);
	if (error == 0)
		vn_note(vp, NOTE_ATTRIB);
	return (error);
}

static int
set_path(struct thread *td, int fd, const char __user *path, int flags,
    struct vattr *va)
{
	struct namei nd;
	int error;

	error = path_namei(td, &nd, fd, path, flags, 0);
	if (error != 0)
		return (error);
	error = set_vnode(td, nd.nd_vp, va);
	namei_done(&nd);
	return (error);
}

/* A file that isn't a vnode has a mode and owners at the most. */
static int
set_file(struct file *fp, const struct vattr *va)
{
	const struct fileops *ops = fp->f_ops;

	if (va->va_set == VA_MODE && ops->fo_chmod != NULL)
		return (ops->fo_chmod(fp, va->va_mode));
	if ((va->va_set & ~(VA_UID | VA_GID)) == 0 && ops->fo_chown != NULL)
		return (ops->fo_chown(fp,
		    va->va_set & VA_UID ? va->va_uid : (uid_t)-1,
		    va->va_set & VA_GID ? va->va_gid : (gid_t)-1));
	return (EINVAL);
}

static int
set_descriptor(struct thread *td, int fd, struct vattr *va)
{
	struct file *fp;
	int error;

	error = fd_get(td, fd, 0, &fp);
	if (error != 0)
		return (error);
	if ((fp->f_flag & O_PATH) != 0)
		error = EBADF;
	else if (fp->f_vnode != NULL)
		error = set_vnode(td, fp->f_vnode, va);
	else
		error = set_file(fp, va);
	file_release(fp);
	return (error);
}

static struct vattr
mode_attr(int mode)
{
	return ((struct vattr){
	    .va_set = VA_MODE, .va_mode = (mode_t)(mode & ALLPERMS)});
}

int
sys_chmod(struct thread *td, const struct chmod_args *a)
{
	struct vattr va = mode_attr(a->mode);

	return (set_path(td, AT_FDCWD, a->path, 0, &va));
}

int
sys_lchmod(struct thread *td, const struct lchmod_args *a)
{
	struct vattr va = mode_attr(a->mode);

	return (set_path(td, AT_FDCWD, a->path, AT_SYMLINK_NOFOLLOW, &va));
}

int
sys_fchmodat(struct thread *td, const struct fchmodat_args *a)
{
	struct vattr va = mode_attr(a->mode);

	return (set_path(td, a->fd, a->path, a->flag, &va));
}

int
sys_fchmod(struct thread *td, const struct fchmod_args *a)
{
	struct vattr va = mode_attr(a->mode);

	return (set_descriptor(td, a->fd, &va));
}

/* -1 leaves an owner as it is. */
static struct vattr
owner_attr(int uid, int gid)
{
	struct vattr va = {.va_uid = (uid_t)uid, .va_gid = (gid_t)gid};

	if (uid != -1)
		va.va_set |= VA_UID;
	if (gid != -1)
		va.va_set |= VA_GID;
	return (va);
}

int
sys_chown(struct thread *td, const struct chown_args *a)
{
	struct vattr va = owner_attr(a->uid, a->gid);

	return (set_path(td, AT_FDCWD, a->path, 0, &va));
}

int
sys_lchown(struct thread *td, const struct lchown_args *a)
{
	struct vattr va = owner_attr(a->uid, a->gid);

	return (set_path(td, AT_FDCWD, a->path, AT_SYMLINK_NOFOLLOW, &va));
}

int
sys_fchownat(struct thread *td, const struct fchownat_args *a)
{
	struct vattr va = owner_attr((int)a->uid, (int)a->gid);

	return (set_path(td, a->fd, a->path, a->flag, &va));
}

int
sys_fchown(struct thread *td, const struct fchown_args *a)
{
	struct vattr va = owner_attr(a->uid, a->gid);

	return (set_descriptor(td, a->fd, &va));
}

static struct vattr
flags_attr(unsigned long flags)
{
	return ((struct vattr){.va_set = VA_FLAGS, .va_flags = flags});
}

int
sys_chflags(struct thread *td, const struct chflags_args *a)
{
	struct vattr va = flags_attr(a->flags);

	return (set_path(td, AT_FDCWD, a->path, 0, &va));
}

int
sys_lchflags(struct thread *td, const struct lchflags_args *a)
{
	struct vattr va = flags_attr(a->flags);

	return (set_path(td, AT_FDCWD, a->path, AT_SYMLINK_NOFOLLOW, &va));
}

int
sys_chflagsat(struct thread *td, const struct chflagsat_args *a)
{
	struct vattr va = flags_attr(a->flags);

	return (set_path(td, a->fd, a->path, a->atflag, &va));
}

int
sys_fchflags(struct thread *td, const struct fchflags_args *a)
{
	struct vattr va = flags_attr(a->flags);

	return (set_descriptor(td, a->fd, &va));
}

/* Both times are now. */
static void
times_now(struct vattr *va)
{
	va->va_atime = va->va_mtime = time_now();
	va->va_set = VA_ATIME | VA_MTIME | VA_UTIMES_NULL;
}

/* Access and modification time in microseconds; NULL: now. */
static int
micro_times(const struct timeval __user *ut, struct vattr *va)
{
	struct timeval tv[2];
	int error;

	if (ut == NULL) {
		times_now(va);
		return (0);
	}
	error = copyin(ut, tv, sizeof(tv));
	if (error != 0)
		return (error);
	for (int i = 0; i < 2; i++)
		if (tv[i].tv_usec < 0 || tv[i].tv_usec >= 1000000)
			return (EINVAL);
	va->va_atime = (struct timespec){tv[0].tv_sec, tv[0].tv_usec * 1000};
	va->va_mtime = (struct timespec){tv[1].tv_sec, tv[1].tv_usec * 1000};
	va->va_set = VA_ATIME | VA_MTIME;
	return (0);
}

/* One of utimensat(2)'s times. */
static int
nano_time(struct timespec *ts, unsigned which, struct vattr *va)
{
	if (ts->tv_nsec == UTIME_OMIT)
		return (0);
	if (ts->tv_nsec == UTIME_NOW)
		*ts = time_now();
	else if (ts->tv_nsec < 0 || ts->tv_nsec >= 1000000000)
		return (EINVAL);
	va->va_set |= which;
	return (0);
}

static int
nano_times(const struct timespec __user *ut, struct vattr *va)
{
	struct timespec ts[2];
	int error;

	if (ut == NULL) {
		times_now(va);
		return (0);
	}
	error = copyin(ut, ts, sizeof(ts));
	if (error != 0)
		return (error);
	if (ts[0].tv_nsec == UTIME_NOW && ts[1].tv_nsec == UTIME_NOW) {
		times_now(va);
		return (0);
	}
	error = nano_time(&ts[0], VA_ATIME, va);
	if (error == 0)
		error = nano_time(&ts[1], VA_MTIME, va);
	va->va_atime = ts[0];
	va->va_mtime = ts[1];
	return (error);
}

static int
utimes_at(struct thread *td, int fd, const char __user *path,
    const struct timeval __user *tv, int flags)
{
	struct vattr va = {.va_set = 0};
	int error;

	error = micro_times(tv, &va);
	return (error != 0 ? error : set_path(td, fd, path, flags, &va));
}

int
sys_utimes(struct thread *td, const struct utimes_args *a)
{
	return (utimes_at(td, AT_FDCWD, a->path, a->tptr, 0));
}

int
sys_lutimes(struct thread *td, const struct lutimes_args *a)
{
	return (utimes_at(td, AT_FDCWD, a->path, a->tptr, AT_SYMLINK_NOFOLLOW));
}

int
sys_futimesat(struct thread *td, const struct futimesat_args *a)
{
	return (utimes_at(td, a->fd, a->path, a->times, 0));
}

int
sys_futimes(struct thread *td, const struct futimes_args *a)
{
	struct vattr va = {.va_set = 0};
	int error;

	error = micro_times(a->tptr, &va);
	return (error != 0 ? error : set_descriptor(td, a->fd, &va));
}

int
sys_utimensat(struct thread *td, const struct utimensat_args *a)
{
	struct vattr va = {.va_set = 0};
	int error;

	error = nano_times(a->times, &va);
	return (
	    error != 0 ? error : set_path(td, a->fd, a->path, a->flag, &va));
}

int
sys_futimens(struct thread *td, const struct futimens_args *a)
{
	struct vattr va = {.va_set = 0};
	int error;

	error = nano_times(a->times, &va);
	return (error != 0 ? error : set_descriptor(td, a->fd, &va));
}
