/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a file is: stat(2), access(2), readlink(2), pathconf(2).
 */
#include "abi/freebsd/path.h"
#include "abi/freebsd/results.h"
#include "abi/freebsd/sysargs.h"
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "fbsd/fcntl.h"
#include "fbsd/unistd.h"
#include "proc/proc.h"
#include "lib/string.h"
#include "vfs/vnode.h"
#include "vfs/vop.h"
#include "vm/kmem.h"

/* "" with AT_EMPTY_PATH may be about any descriptor, not only files. */
static bool
means_descriptor(int fd, const struct namei *nd, int flags)
{
	return ((flags & AT_EMPTY_PATH) != 0 && nd->nd_buf[0] == '\0' &&
		fd != AT_FDCWD);
}

static int
stat_at(struct thread *td, int fd, const char __user *path, int flags,
    struct stat *st)
{
	struct namei nd;
	int error;

	error = path_namei(td, &nd, fd, path, flags, 0);
	if (error == EBADF && means_descriptor(fd, &nd, flags))
		return (kern_fstat(td, fd, st));
	if (error != 0)
		return (error);
	error = vn_stat(nd.nd_vp, st);
	namei_done(&nd);
	return (error);
}

int
sys_fstatat(struct thread *td, const struct fstatat_args *a)
{
	struct stat st;
	int error;

	error = stat_at(td, a->fd, a->path, a->flag, &st);
	return (error != 0 ? error : copyout(&st, a->buf, sizeof(st)));
}

/* Numbers that the old structure has no room for are cut, as FreeBSD does
 * by default (vfs.ino64_trunc_error 0). */
int
copyout_old_stat(const struct stat *st, struct freebsd11_stat __user *to)
{
	struct freebsd11_stat old = {
	    .st_dev = (uint32_t)st->st_dev,
	    .st_ino = (uint32_t)st->st_ino,
	    .st_mode = st->st_mode,
	    .st_nlink = (uint16_t)MIN(st->st_nlink, UINT16_MAX),
	    .st_uid = st->st_uid,
	    .st_gid = st->st_gid,
	    .st_rdev = (uint32_t)st->st_rdev,
	    .st_atim = st->st_atim,
	    .st_mtim = st->st_mtim,
	    .st_ctim = st->st_ctim,
	    .st_size = st->st_size,
	    .st_blocks = st->st_blocks,
	    .st_blksize = st->st_blksize,
	    .st_flags = st->st_flags,
	    .st_gen = (uint32_t)st->st_gen,
	    .st_birthtim = st->st_birthtim,
	};

	return (copyout(&old, to, sizeof(old)));
}

static int
copyout_nstat(const struct stat *st, struct nstat __user *to)
{
	struct nstat n;

	memset(&n, 0, sizeof(n));
	n.st_dev = (uint32_t)st->st_dev;
	n.st_ino = (uint32_t)st->st_ino;
	n.st_mode = st->st_mode;
	n.st_nlink = (uint32_t)MIN(st->st_nlink, UINT32_MAX);
	n.st_uid = st->st_uid;
	n.st_gid = st->st_gid;
	n.st_rdev = (uint32_t)st->st_rdev;
	n.st_atim = st->st_atim;
	n.st_mtim = st->st_mtim;
	n.st_ctim = st->st_ctim;
	n.st_birthtim = st->st_birthtim;
	n.st_size = st->st_size;
	n.st_blocks = st->st_blocks;
	n.st_blksize = st->st_blksize;
	n.st_flags = st->st_flags;
	n.st_gen = (uint32_t)st->st_gen;
	return (copyout(&n, to, sizeof(n)));
}

int
sys_freebsd11_nstat(struct thread *td, const struct freebsd11_nstat_args *a)
{
	struct stat st;
	int error;

	error = stat_at(td, AT_FDCWD, a->path, 0, &st);
	return (error != 0 ? error : copyout_nstat(&st, a->ub));
}

int
sys_freebsd11_nlstat(struct thread *td, const struct freebsd11_nlstat_args *a)
{
	struct stat st;
	int error;

	error = stat_at(td, AT_FDCWD, a->path, AT_SYMLINK_NOFOLLOW, &st);
	return (error != 0 ? error : copyout_nstat(&st, a->ub));
}

int
sys_freebsd11_nfstat(struct thread *td, const struct freebsd11_nfstat_args *a)
{
	struct stat st;
	int error;

	error = kern_fstat(td, a->fd, &st);
	return (error != 0 ? error : copyout_nstat(&st, a->sb));
}

int
sys_freebsd11_stat(struct thread *td, const struct freebsd11_stat_args *a)
{
	struct stat st;
	int error;

	error = stat_at(td, AT_FDCWD, a->path, 0, &st);
	return (error != 0 ? error : copyout_old_stat(&st, a->ub));
}

int
sys_freebsd11_lstat(struct thread *td, const struct freebsd11_lstat_args *a)
{
	struct stat st;
	int error;

	error = stat_at(td, AT_FDCWD, a->path, AT_SYMLINK_NOFOLLOW, &st);
	return (error != 0 ? error : copyout_old_stat(&st, a->ub));
}

int
sys_freebsd11_fstat(struct thread *td, const struct freebsd11_fstat_args *a)
{
	struct stat st;
	int error;

	error = kern_fstat(td, a->fd, &st);
	return (error != 0 ? error : copyout_old_stat(&st, a->sb));
}

int
sys_freebsd11_fstatat(struct thread *td, const struct freebsd11_fstatat_args *a)
{
	struct stat st;
	int error;

	error = stat_at(td, a->fd, a->path, a->flag, &st);
	return (error != 0 ? error : copyout_old_stat(&st, a->buf));
}

/* With the effective ids, or, as access(2) asks, the real ones. */
static int
access_at(
    struct thread *td, int fd, const char __user *path, int mode, int flags)
{
	struct cred *cr = td->td_cred, *real = NULL;
	struct namei nd;
	int error;

	if ((mode & ~(R_OK | W_OK | X_OK)) != 0)
		return (EINVAL);
	if ((flags & AT_EACCESS) == 0 &&
	    (cr->cr_uid != cr->cr_ruid || cr->cr_gid != cr->cr_rgid)) {
		real = cred_copy(cr);
		if (real == NULL)
			return (ENOMEM);
		real->cr_uid = cr->cr_ruid;
		real->cr_gid = cr->cr_rgid;
		td->td_cred = real;
	}
	error = path_namei(td, &nd, fd, path, flags, AT_EACCESS);
	if (error == 0) {
		if ((mode & W_OK) != 0 &&
		    atomic_load(&nd.nd_vp->v_base->v_execs) > 0)
			error = ETXTBSY;
		else if (mode != F_OK)
			error = vn_access(nd.nd_vp, mode, td->td_cred);
		namei_done(&nd);
	}
	if (real != NULL) {
		td->td_cred = cr;
		cred_release(real);
	}
	return (error);
}

_Static_assert(R_OK == VREAD && W_OK == VWRITE && X_OK == VEXEC, "access");

int
sys_access(struct thread *td, const struct access_args *a)
{
	return (access_at(td, AT_FDCWD, a->path, a->amode, 0));
}

int
sys_eaccess(struct thread *td, const struct eaccess_args *a)
{
	return (access_at(td, AT_FDCWD, a->path, a->amode, AT_EACCESS));
}

int
sys_faccessat(struct thread *td, const struct faccessat_args *a)
{
	return (access_at(td, a->fd, a->path, a->amode, a->flag));
}

int
readlink_vnode(
    struct thread *td, struct vnode *vp, char __user *buf, size_t size)
{
	char *target;
	size_t len = 0;
	int error;

	if (vp->v_type != VLNK || vp->v_ops->vo_readlink == NULL)
		return (EINVAL);
	target = kmem_alloc(MAXPATHLEN, 0);
	if (target == NULL)
		return (ENOMEM);
	error = vn_readlink(vp, target, &len);
	if (error == 0) {
		len = MIN(len, size);
		error = copyout(target, buf, len);
		td->td_retval[0] = len;
	}
	kmem_free(target, MAXPATHLEN);
	return (error);
}

static int
readlink_at(struct thread *td, int fd, const char __user *path,
    char __user *buf, size_t size)
{
	struct namei nd;
	int error;

	if (size > INT64_MAX)
		return (EINVAL);
	error = path_namei(
	    td, &nd, fd, path, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH, 0);
	if (error != 0)
		return (error);
	error = readlink_vnode(td, nd.nd_vp, buf, size);
	namei_done(&nd);
	return (error);
}

int
sys_readlink(struct thread *td, const struct readlink_args *a)
{
	return (readlink_at(td, AT_FDCWD, a->path, a->buf, a->count));
}

int
sys_readlinkat(struct thread *td, const struct readlinkat_args *a)
{
	return (readlink_at(td, a->fd, a->path, a->buf, a->bufsize));
}

static int
pathconf_at(struct thread *td, const char __user *path, int flags, int name)
{
	struct namei nd;
	long value;
	int error;

	error = path_namei(td, &nd, AT_FDCWD, path, flags, 0);
	if (error != 0)
		return (error);
	error = vn_pathconf(nd.nd_vp, name, &value);
	if (error == 0)
		td->td_retval[0] = (uint64_t)value;
	namei_done(&nd);
	return (error);
}

int
sys_pathconf(struct thread *td, const struct pathconf_args *a)
{
	return (pathconf_at(td, a->path, 0, a->name));
}

int
sys_lpathconf(struct thread *td, const struct lpathconf_args *a)
{
	return (pathconf_at(td, a->path, AT_SYMLINK_NOFOLLOW, a->name));
}

int
sys_fpathconf(struct thread *td, const struct fpathconf_args *a)
{
	struct file *fp;
	long value;
	int error;

	error = fd_get(td, a->fd, 0, &fp);
	if (error != 0)
		return (error);
	if (a->name == _PC_ASYNC_IO) {
		value = 0;
	} else if (fp->f_vnode != NULL)
		error = vn_pathconf(fp->f_vnode, a->name, &value);
	else if (fp->f_type == DTYPE_PIPE && a->name == _PC_PIPE_BUF)
		value = PIPE_BUF;
	else
		error = EINVAL;
	if (error == 0)
		td->td_retval[0] = (uint64_t)value;
	file_release(fp);
	return (error);
}
