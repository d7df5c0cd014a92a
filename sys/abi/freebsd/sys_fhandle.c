/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * File handles: getfh(2), fhopen(2), fhstat(2), fhlink(2), fhreadlink(2).
 * They are for servers of files and go round all directories' rights, so only
 * the super-user may use them.
 */
#include "abi/freebsd/path.h"
#include "abi/freebsd/results.h"
#include "abi/freebsd/sysargs.h"
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "fbsd/fcntl.h"
#include "proc/proc.h"
#include "vfs/vnode.h"

static int
get_handle(struct thread *td, int fd, const char __user *path, int flags,
    struct fhandle __user *to)
{
	struct fhandle fh;
	struct namei nd;
	int error;

	if ((flags & ~(AT_SYMLINK_NOFOLLOW | AT_RESOLVE_BENEATH)) != 0)
		return (EINVAL);
	error = priv_check(td);
	if (error == 0)
		error = path_namei(td, &nd, fd, path, flags, 0);
	if (error != 0)
		return (error);
	error = vn_fhandle(nd.nd_vp, &fh);
	namei_done(&nd);
	return (error != 0 ? error : copyout(&fh, to, sizeof(fh)));
}

int
sys_getfh(struct thread *td, const struct getfh_args *a)
{
	return (get_handle(td, AT_FDCWD, a->fname, 0, a->fhp));
}

int
sys_lgetfh(struct thread *td, const struct lgetfh_args *a)
{
	return (
	    get_handle(td, AT_FDCWD, a->fname, AT_SYMLINK_NOFOLLOW, a->fhp));
}

int
sys_getfhat(struct thread *td, const struct getfhat_args *a)
{
	return (get_handle(td, a->fd, a->path, a->flags, a->fhp));
}

/* The file that a user's handle means, held. */
static int
find_file(
    struct thread *td, const struct fhandle __user *ufh, struct vnode **vpp)
{
	struct fhandle fh;
	int error;

	error = priv_check(td);
	if (error == 0)
		error = copyin(ufh, &fh, sizeof(fh));
	return (error != 0 ? error : vn_by_fhandle(&fh, vpp));
}

int
sys_fhopen(struct thread *td, const struct fhopen_args *a)
{
	const int how = (a->flags & ~O_ACCMODE) | ((a->flags & O_ACCMODE) + 1);
	struct vnode *vp;
	struct file *fp;
	int error, fd;

	error = priv_check(td);
	if (error != 0)
		return (error);
	if ((a->flags & O_ACCMODE) == O_ACCMODE ||
	    (a->flags & (O_CREAT | O_EXEC | O_PATH)) != 0)
		return (EINVAL);
	error = find_file(td, a->u_fhp, &vp);
	if (error != 0)
		return (error);
	error = vn_open_known(td, vp, how, &fp);
	vnode_release(vp);
	if (error == 0)
		error = fd_open(td, fp,
		    (a->flags & O_CLOEXEC ? UF_EXCLOSE : 0) |
			(a->flags & O_CLOFORK ? UF_FOCLOSE : 0),
		    &fd);
	if (error == 0)
		td->td_retval[0] = (uint64_t)fd;
	return (error);
}

static int
stat_handle(
    struct thread *td, const struct fhandle __user *ufh, struct stat *st)
{
	struct vnode *vp;
	int error;

	error = find_file(td, ufh, &vp);
	if (error != 0)
		return (error);
	error = vn_stat(vp, st);
	vnode_release(vp);
	return (error);
}

int
sys_fhstat(struct thread *td, const struct fhstat_args *a)
{
	struct stat st;
	int error;

	error = stat_handle(td, a->u_fhp, &st);
	return (error != 0 ? error : copyout(&st, a->sb, sizeof(st)));
}

int
sys_freebsd11_fhstat(struct thread *td, const struct freebsd11_fhstat_args *a)
{
	struct stat st;
	int error;

	error = stat_handle(td, a->u_fhp, &st);
	return (error != 0 ? error : copyout_old_stat(&st, a->sb));
}

static int
statfs_handle(struct thread *td, const struct fhandle __user *ufh,
    void __user *to, enum statfs_form form)
{
	struct vnode *vp;
	int error;

	error = find_file(td, ufh, &vp);
	if (error != 0)
		return (error);
	error = statfs_vnode(vp, to, form);
	vnode_release(vp);
	return (error);
}

int
sys_fhstatfs(struct thread *td, const struct fhstatfs_args *a)
{
	return (statfs_handle(td, a->u_fhp, a->buf, STATFS_NOW));
}

int
sys_freebsd11_fhstatfs(
    struct thread *td, const struct freebsd11_fhstatfs_args *a)
{
	return (statfs_handle(td, a->u_fhp, a->buf, STATFS_11));
}

int
sys_freebsd4_fhstatfs(struct thread *td, const struct freebsd4_fhstatfs_args *a)
{
	return (statfs_handle(td, a->u_fhp, a->buf, STATFS_4));
}

static int
link_handle(struct thread *td, const struct fhandle __user *ufh, int dirfd,
    const char __user *upath)
{
	char path[MAXPATHLEN];
	struct vnode *vp;
	int error;

	error = find_file(td, ufh, &vp);
	if (error != 0)
		return (error);
	error = path_copyin(upath, path);
	if (error == 0)
		error = kern_link_vnode(td, vp, dirfd, path);
	vnode_release(vp);
	return (error);
}

int
sys_fhlink(struct thread *td, const struct fhlink_args *a)
{
	return (link_handle(td, a->fhp, AT_FDCWD, a->to));
}

int
sys_fhlinkat(struct thread *td, const struct fhlinkat_args *a)
{
	return (link_handle(td, a->fhp, a->tofd, a->to));
}

int
sys_fhreadlink(struct thread *td, const struct fhreadlink_args *a)
{
	struct vnode *vp;
	int error;

	if (a->bufsize > IOSIZE_MAX)
		return (EINVAL);
	error = find_file(td, a->fhp, &vp);
	if (error != 0)
		return (error);
	error = readlink_vnode(td, vp, a->buf, a->bufsize);
	vnode_release(vp);
	return (error);
}
