/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * open(2), revoke(2) and the process's directories: chdir(2), chroot(2),
 * getcwd(3), umask(2).
 */
#include "abi/freebsd/path.h"
#include "abi/freebsd/sysargs.h"
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "fbsd/fcntl.h"
#include "proc/proc.h"
#include "lib/string.h"
#include "vfs/vnode.h"
#include "vm/kmem.h"

/* The access mode becomes FREAD and FWRITE. */
static int
kernel_flags(int flags, int *out)
{
	if ((flags & O_PATH) != 0) {
		*out = flags & ~O_ACCMODE;
		return (0);
	}
	if ((flags & O_EXEC) != 0) {
		*out = flags;
		return ((flags & O_ACCMODE) != 0 ? EINVAL : 0);
	}
	*out = (flags & ~O_ACCMODE) | ((flags & O_ACCMODE) + 1);
	return ((flags & O_ACCMODE) == O_ACCMODE ? EINVAL : 0);
}

static int
open_path(
    struct thread *td, int dirfd, const char __user *upath, int flags, int mode)
{
	char path[MAXPATHLEN];
	int error, fd, how, uf_flags = 0;
	bool confined = false;
	struct file *fp;

	error = kernel_flags(flags, &how);
	if (error == 0)
		error = path_copyin(upath, path);
	if (error == 0)
		error = vn_open_at(
		    td, dirfd, path, how, (mode_t)mode, &fp, &confined);
	if (error != 0)
		return (error);
	if ((flags & O_CLOEXEC) != 0)
		uf_flags |= UF_EXCLOSE;
	if ((flags & O_CLOFORK) != 0)
		uf_flags |= UF_FOCLOSE;
	if (confined)
		uf_flags |= UF_RESOLVE_BENEATH;
	error = fd_open(td, fp, uf_flags, &fd);
	if (error == 0)
		td->td_retval[0] = (uint64_t)fd;
	return (error);
}

int
sys_open(struct thread *td, const struct open_args *a)
{
	return (open_path(td, AT_FDCWD, a->path, a->flags, a->mode));
}

int
sys_openat(struct thread *td, const struct openat_args *a)
{
	return (open_path(td, a->fd, a->path, a->flag, a->mode));
}

int
sys_ocreat(struct thread *td, const struct ocreat_args *a)
{
	return (open_path(
	    td, AT_FDCWD, a->path, O_WRONLY | O_CREAT | O_TRUNC, a->mode));
}

/* Everybody's files on a device end: for its owner and the super-user. */
int
sys_revoke(struct thread *td, const struct revoke_args *a)
{
	struct vattr va;
	struct namei nd;
	int error;

	error = path_namei(td, &nd, AT_FDCWD, a->path, 0, 0);
	if (error != 0)
		return (error);
	error = vn_getattr(nd.nd_vp, &va);
	if (error == 0 && nd.nd_vp->v_ops->vo_revoke == NULL)
		error = EINVAL;
	if (error == 0 && td->td_cred->cr_uid != va.va_uid)
		error = priv_check(td);
	if (error == 0)
		error = nd.nd_vp->v_ops->vo_revoke(nd.nd_vp);
	namei_done(&nd);
	return (error);
}

int
sys_umask(struct thread *td, const struct umask_args *a)
{
	struct proc *p = td->td_proc;

	spin_lock(&p->p_lock);
	td->td_retval[0] = p->p_umask;
	p->p_umask = (mode_t)(a->newmask & ALLPERMS);
	spin_unlock(&p->p_lock);
	return (0);
}

static int
may_enter(struct thread *td, struct vnode *vp)
{
	if (vp->v_type != VDIR)
		return (ENOTDIR);
	return (vn_access(vp, VEXEC, td->td_cred));
}

int
sys_chdir(struct thread *td, const struct chdir_args *a)
{
	struct namei nd;
	int error;

	error = path_namei(td, &nd, AT_FDCWD, a->path, 0, 0);
	if (error != 0)
		return (error);
	error = may_enter(td, nd.nd_vp);
	if (error == 0) {
		dirs_set(td->td_proc, &td->td_proc->p_cwd, nd.nd_vp);
		nd.nd_vp = NULL;
	}
	namei_done(&nd);
	return (error);
}

/* The directory that a descriptor refers to, held. */
static int
descriptor_dir(struct thread *td, int fd, struct vnode **vpp)
{
	struct file *fp;
	int error, uf_flags;

	error = fd_get_flagged(td, fd, &fp, &uf_flags);
	if (error != 0)
		return (error);
	/* From the process's directory the way up would be free. */
	if ((uf_flags & UF_RESOLVE_BENEATH) != 0)
		error = ENOTCAPABLE;
	else if (fp->f_vnode == NULL)
		error = ENOTDIR;
	else
		error = may_enter(td, fp->f_vnode);
	if (error == 0) {
		*vpp = fp->f_vnode;
		vnode_hold(*vpp);
	}
	file_release(fp);
	return (error);
}

int
sys_fchdir(struct thread *td, const struct fchdir_args *a)
{
	struct vnode *vp;
	int error;

	error = descriptor_dir(td, a->fd, &vp);
	if (error == 0)
		dirs_set(td->td_proc, &td->td_proc->p_cwd, vp);
	return (error);
}

/* Takes over the reference to vp. */
static void
change_root(struct proc *p, struct vnode *vp)
{
	bool first;

	spin_lock(&p->p_lock);
	first = p->p_jailroot == NULL;
	spin_unlock(&p->p_lock);
	if (first) {
		vnode_hold(vp);
		dirs_set(p, &p->p_jailroot, vp);
	}
	dirs_set(p, &p->p_root, vp);
}

int
sys_chroot(struct thread *td, const struct chroot_args *a)
{
	struct namei nd;
	int error;

	error = priv_check(td);
	if (error == 0)
		error = path_namei(td, &nd, AT_FDCWD, a->path, 0, 0);
	if (error != 0)
		return (error);
	error = may_enter(td, nd.nd_vp);
	if (error == 0) {
		change_root(td->td_proc, nd.nd_vp);
		nd.nd_vp = NULL;
	}
	namei_done(&nd);
	return (error);
}

int
sys_fchroot(struct thread *td, const struct fchroot_args *a)
{
	struct vnode *vp;
	int error;

	error = priv_check(td);
	if (error == 0)
		error = descriptor_dir(td, a->fd, &vp);
	if (error == 0)
		change_root(td->td_proc, vp);
	return (error);
}

/* The vnode's path, to the user's buffer. `small` if it doesn't fit. */
static int
copyout_path(struct thread *td, struct vnode *vp, char __user *buf, size_t size,
    int small)
{
	char *path = kmem_alloc(MAXPATHLEN, 0);
	size_t len;
	int error;

	if (path == NULL)
		return (ENOMEM);
	error = vn_path(td, vp, path, MAXPATHLEN);
	if (error == 0) {
		len = strlen(path) + 1;
		error = len > size ? small : copyout(path, buf, len);
	}
	kmem_free(path, MAXPATHLEN);
	return (error);
}

int
sys___getcwd(struct thread *td, const struct __getcwd_args *a)
{
	struct vnode *cwd;
	int error;

	if (a->buflen < 2)
		return (EINVAL);
	cwd = vn_cwd(td);
	error = copyout_path(td, cwd, a->buf, a->buflen, ERANGE);
	vnode_release(cwd);
	return (error);
}

int
sys___realpathat(struct thread *td, const struct __realpathat_args *a)
{
	struct namei nd;
	int error;

	if (a->flags != 0)
		return (EINVAL);
	error = path_namei(td, &nd, a->fd, a->path, 0, 0);
	if (error != 0)
		return (error);
	error = copyout_path(td, nd.nd_vp, a->buf, a->size, ENAMETOOLONG);
	namei_done(&nd);
	return (error);
}
