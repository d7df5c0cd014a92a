/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files' storage: truncate(2), posix_fallocate(2), posix_fadvise(2),
 * fspacectl(2), fsync(2), sync(2).  (ftruncate(2) is in sys_file.c.)
 */
#include "abi/freebsd/path.h"
#include "abi/freebsd/sysargs.h"
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "fbsd/event.h"
#include "fbsd/fcntl.h"
#include "proc/proc.h"
#include "vfs/vnode.h"
#include "vfs/vop.h"

static int
truncate_path(struct thread *td, const char __user *path, off_t length)
{
	struct vattr va = {.va_set = VA_SIZE, .va_size = (uint64_t)length};
	struct namei nd;
	int error;

	if (length < 0)
		return (EINVAL);
	error = path_namei(td, &nd, AT_FDCWD, path, 0, 0);
	if (error != 0)
		return (error);
	vn_prefetch_size(nd.nd_vp, va.va_size);
	rw_wlock(&nd.nd_vp->v_base->v_lock);
	error = nd.nd_vp->v_type == VDIR ? EISDIR : 0;
	if (error == 0)
		error = vfs_access(nd.nd_vp, VWRITE, td->td_cred);
	if (error == 0 && nd.nd_vp->v_base->v_execs > 0)
		error = ETXTBSY;
	if (error == 0)
		error = vn_check_size(td, va.va_size);
	/* POSIX leaves open what becomes of others: nothing does. */
	if (error == 0 && nd.nd_vp->v_type == VREG)
		error = vn_setattr(nd.nd_vp, &va, td->td_cred);
	rw_wunlock(&nd.nd_vp->v_base->v_lock);
	if (error == 0)
		vn_note(nd.nd_vp, NOTE_ATTRIB);
	namei_done(&nd);
	return (error);
}

int
sys_truncate(struct thread *td, const struct truncate_args *a)
{
	return (truncate_path(td, a->path, a->length));
}

int
sys_otruncate(struct thread *td, const struct otruncate_args *a)
{
	return (truncate_path(td, a->path, a->length));
}

int
sys_freebsd6_truncate(struct thread *td, const struct freebsd6_truncate_args *a)
{
	return (truncate_path(td, a->path, a->length));
}

/* Only these have places. */
static bool
seekable(const struct file *fp)
{
	return (fp->f_type != DTYPE_PIPE && fp->f_type != DTYPE_FIFO &&
		(fp->f_flag & O_PATH) == 0);
}

/* A file with storage, open for writing: ESPIPE, EBADF. */
static int
get_storage(struct thread *td, int fd, struct file **fpp)
{
	int error;

	error = fd_get(td, fd, 0, fpp);
	if (error != 0)
		return (error);
	if (!seekable(*fpp))
		error = ESPIPE;
	else if ((atomic_load(&(*fpp)->f_flag) & FWRITE) == 0)
		error = EBADF;
	if (error != 0)
		file_release(*fpp);
	return (error);
}

int
sys_posix_fallocate(struct thread *td, const struct posix_fallocate_args *a)
{
	struct file *fp;
	int error;

	/* The result is the error, which never goes to errno. */
	if (a->offset < 0 || a->len <= 0)
		error = EINVAL;
	else if (a->offset > INT64_MAX - a->len)
		error = EFBIG;
	else
		error = get_storage(td, a->fd, &fp);
	if (error == 0) {
		error = fp->f_ops->fo_allocate == NULL
			    ? ENODEV
			    : fp->f_ops->fo_allocate(
				  fp, a->offset, a->offset + a->len);
		file_release(fp);
	}
	td->td_retval[0] = (uint64_t)error;
	return (0);
}

/* All files are in memory: there is nothing to advise. */
int
sys_posix_fadvise(struct thread *td, const struct posix_fadvise_args *a)
{
	struct file *fp;
	int error = 0;

	if (a->offset < 0 || a->len < 0 || a->advice < POSIX_FADV_NORMAL ||
	    a->advice > POSIX_FADV_NOREUSE)
		error = EINVAL;
	if (error == 0)
		error = fd_get(td, a->fd, 0, &fp);
	if (error == 0) {
		if (!seekable(fp))
			error = ESPIPE;
		else if (fp->f_vnode == NULL || fp->f_vnode->v_type != VREG)
			error = ENODEV;
		file_release(fp);
	}
	td->td_retval[0] = (uint64_t)error;
	return (0);
}

int
sys_fspacectl(struct thread *td, const struct fspacectl_args *a)
{
	struct spacectl_range range;
	struct file *fp;
	off_t end, size;
	int error;

	error = copyin(a->rqsr, &range, sizeof(range));
	if (error != 0)
		return (error);
	if (a->cmd != SPACECTL_DEALLOC || a->flags != 0 || range.r_offset < 0 ||
	    range.r_len <= 0 || range.r_offset > INT64_MAX - range.r_len)
		return (EINVAL);
	error = get_storage(td, a->fd, &fp);
	if (error != 0)
		return (error);
	end = range.r_offset + range.r_len;
	error = fp->f_ops->fo_punch == NULL
		    ? ENODEV
		    : fp->f_ops->fo_punch(fp, range.r_offset, end, &size);
	file_release(fp);
	if (error == 0)
		end = MIN(end, size);
	/* What is left: nothing, behind the range or the file. */
	range.r_offset = MAX(end, range.r_offset);
	range.r_len = 0;
	if (error == 0 && a->rmsr != NULL)
		error = copyout(&range, a->rmsr, sizeof(range));
	return (error);
}

static int
sync_file(struct thread *td, int fd, bool datasync)
{
	struct vnode *vp;
	struct file *fp;
	int error;

	error = fd_get(td, fd, 0, &fp);
	if (error != 0)
		return (error);
	vp = fp->f_vnode;
	if (vp == NULL || (fp->f_flag & O_PATH) != 0)
		error = vp == NULL ? EINVAL : EBADF;
	else
		error = vn_fsync(vp, datasync);
	file_release(fp);
	return (error);
}

int
sys_fsync(struct thread *td, const struct fsync_args *a)
{
	return (sync_file(td, a->fd, false));
}

int
sys_fdatasync(struct thread *td, const struct fdatasync_args *a)
{
	return (sync_file(td, a->fd, true));
}

int
sys_sync(struct thread *td, const struct sync_args *a)
{
	vfs_sync_all();
	return (0);
}
