/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names: link(2), symlink(2), unlink(2), rename(2), mkdir(2), rmdir(2),
 * mknod(2), mkfifo(2).
 */
#include "abi/freebsd/path.h"
#include "abi/freebsd/sysargs.h"
#include "fbsd/errno.h"
#include "fbsd/fcntl.h"
#include "fbsd/stat.h"

static int
two_paths(const char __user *u1, const char __user *u2, char *p1, char *p2)
{
	int error;

	error = path_copyin(u1, p1);
	return (error != 0 ? error : path_copyin(u2, p2));
}

static int
link_at(struct thread *td, int fd1, const char __user *path1, int fd2,
    const char __user *path2, int flags)
{
	char p1[MAXPATHLEN], p2[MAXPATHLEN];
	int error;

	error = two_paths(path1, path2, p1, p2);
	return (error != 0 ? error : kern_linkat(td, fd1, p1, fd2, p2, flags));
}

int
sys_link(struct thread *td, const struct link_args *a)
{
	return (link_at(
	    td, AT_FDCWD, a->path, AT_FDCWD, a->link, AT_SYMLINK_FOLLOW));
}

int
sys_linkat(struct thread *td, const struct linkat_args *a)
{
	return (link_at(td, a->fd1, a->path1, a->fd2, a->path2, a->flag));
}

static int
symlink_at(struct thread *td, const char __user *target, int fd,
    const char __user *path)
{
	char p1[MAXPATHLEN], p2[MAXPATHLEN];
	int error;

	error = two_paths(target, path, p1, p2);
	return (error != 0 ? error : kern_symlinkat(td, p1, fd, p2));
}

int
sys_symlink(struct thread *td, const struct symlink_args *a)
{
	return (symlink_at(td, a->path, AT_FDCWD, a->link));
}

int
sys_symlinkat(struct thread *td, const struct symlinkat_args *a)
{
	return (symlink_at(td, a->path1, a->fd, a->path2));
}

static int
unlink_at(
    struct thread *td, int dirfd, const char __user *path, int fd, int flags)
{
	char p[MAXPATHLEN];
	int error;

	error = path_copyin(path, p);
	return (error != 0 ? error : kern_unlinkat(td, dirfd, p, fd, flags));
}

int
sys_unlink(struct thread *td, const struct unlink_args *a)
{
	return (unlink_at(td, AT_FDCWD, a->path, FD_NONE, 0));
}

int
sys_unlinkat(struct thread *td, const struct unlinkat_args *a)
{
	return (unlink_at(td, a->fd, a->path, FD_NONE, a->flag));
}

int
sys_funlinkat(struct thread *td, const struct funlinkat_args *a)
{
	return (unlink_at(td, a->dfd, a->path, a->fd, a->flag));
}

int
sys_rmdir(struct thread *td, const struct rmdir_args *a)
{
	return (unlink_at(td, AT_FDCWD, a->path, FD_NONE, AT_REMOVEDIR));
}

static int
rename_at(struct thread *td, int fd1, const char __user *from, int fd2,
    const char __user *to, int flags)
{
	char p1[MAXPATHLEN], p2[MAXPATHLEN];
	int error;

	error = two_paths(from, to, p1, p2);
	return (
	    error != 0 ? error : kern_renameat(td, fd1, p1, fd2, p2, flags));
}

int
sys_rename(struct thread *td, const struct rename_args *a)
{
	return (rename_at(td, AT_FDCWD, a->from, AT_FDCWD, a->to, 0));
}

int
sys_renameat(struct thread *td, const struct renameat_args *a)
{
	return (rename_at(td, a->oldfd, a->old, a->newfd, a->new, 0));
}

int
sys_renameat2(struct thread *td, const struct renameat2_args *a)
{
	return (rename_at(td, a->oldfd, a->old, a->newfd, a->new, a->flags));
}

static int
mkdir_at(struct thread *td, int fd, const char __user *path, int mode)
{
	char p[MAXPATHLEN];
	int error;

	error = path_copyin(path, p);
	return (error != 0 ? error : kern_mkdirat(td, fd, p, (mode_t)mode));
}

int
sys_mkdir(struct thread *td, const struct mkdir_args *a)
{
	return (mkdir_at(td, AT_FDCWD, a->path, a->mode));
}

int
sys_mkdirat(struct thread *td, const struct mkdirat_args *a)
{
	return (mkdir_at(td, a->fd, a->path, a->mode));
}

static int
mknod_at(
    struct thread *td, int fd, const char __user *path, int mode, dev_t dev)
{
	char p[MAXPATHLEN];
	int error;

	error = path_copyin(path, p);
	return (
	    error != 0 ? error : kern_mknodat(td, fd, p, (mode_t)mode, dev));
}

int
sys_mknodat(struct thread *td, const struct mknodat_args *a)
{
	return (mknod_at(td, a->fd, a->path, a->mode, a->dev));
}

int
sys_freebsd11_mknod(struct thread *td, const struct freebsd11_mknod_args *a)
{
	return (mknod_at(td, AT_FDCWD, a->path, a->mode, a->dev));
}

int
sys_freebsd11_mknodat(struct thread *td, const struct freebsd11_mknodat_args *a)
{
	return (mknod_at(td, a->fd, a->path, a->mode, a->dev));
}

int
sys_mkfifo(struct thread *td, const struct mkfifo_args *a)
{
	return (
	    mknod_at(td, AT_FDCWD, a->path, (a->mode & ALLPERMS) | S_IFIFO, 0));
}

int
sys_mkfifoat(struct thread *td, const struct mkfifoat_args *a)
{
	return (
	    mknod_at(td, a->fd, a->path, (a->mode & ALLPERMS) | S_IFIFO, 0));
}
