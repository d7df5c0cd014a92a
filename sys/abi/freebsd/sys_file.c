/* SPDX-License-Identifier: BSD-2-Clause */
/* Descriptors: the system calls. */
#include "fbsd/errno.h"
#include "fbsd/fcntl.h"
#include "fbsd/filio.h"
#include "fbsd/stat.h"
#include "lib/string.h"
#include "abi/freebsd/exterr.h"
#include "abi/freebsd/sysargs.h"
#include "amd64/md.h"
#include "file/fdtable.h"
#include "info/kinfo.h"
#include "core/sysctl.h"
#include "kern/uio.h"
#include "vfs/vnode.h"
#include "vm/kmem.h"

static int
transfer_one(struct thread *td, int fd, const void *buf, size_t n, off_t offset,
    bool write)
{
	struct iovec iov;
	struct uio uio;

	if (n > IOSIZE_MAX)
		return (EINVAL);
	uio_init(&uio, &iov, (uint64_t)buf, n, offset, true, write);
	return (kern_transfer(td, fd, &uio, offset));
}

static int
transfer_list(struct thread *td, int fd, const void *list, unsigned count,
    off_t offset, bool write)
{
	struct iovec small[8], *first;
	struct uio uio;
	int error;

	error = uio_copyin(&uio, list, count > IOV_MAX ? -1 : (int)count,
	    offset, write, small);
	if (error != 0)
		return (error);
	first = uio.uio_iov;
	error = kern_transfer(td, fd, &uio, offset);
	uio_done(&uio, first, small);
	return (error);
}

int
sys_read(struct thread *td, const struct read_args *a)
{
	return (transfer_one(td, a->fd, a->buf, a->nbyte, -1, false));
}

int
sys_write(struct thread *td, const struct write_args *a)
{
	return (transfer_one(td, a->fd, a->buf, a->nbyte, -1, true));
}

static int
negative_offset(struct thread *td, int64_t offset)
{
	return (EXTERR(td, EINVAL, EXTERR_GENIO, "a negative offset",
	    (uint64_t)offset, 0));
}

int
sys_pread(struct thread *td, const struct pread_args *a)
{
	if (a->offset < 0)
		return (negative_offset(td, a->offset));
	return (transfer_one(td, a->fd, a->buf, a->nbyte, a->offset, false));
}

int
sys_pwrite(struct thread *td, const struct pwrite_args *a)
{
	if (a->offset < 0)
		return (negative_offset(td, a->offset));
	return (transfer_one(td, a->fd, a->buf, a->nbyte, a->offset, true));
}

int
sys_readv(struct thread *td, const struct readv_args *a)
{
	return (transfer_list(td, a->fd, a->iovp, a->iovcnt, -1, false));
}

int
sys_writev(struct thread *td, const struct writev_args *a)
{
	return (transfer_list(td, a->fd, a->iovp, a->iovcnt, -1, true));
}

int
sys_preadv(struct thread *td, const struct preadv_args *a)
{
	if (a->offset < 0)
		return (negative_offset(td, a->offset));
	return (transfer_list(td, a->fd, a->iovp, a->iovcnt, a->offset, false));
}

int
sys_pwritev(struct thread *td, const struct pwritev_args *a)
{
	if (a->offset < 0)
		return (negative_offset(td, a->offset));
	return (transfer_list(td, a->fd, a->iovp, a->iovcnt, a->offset, true));
}

int
sys_close(struct thread *td, const struct close_args *a)
{
	return (fd_close(td, a->fd));
}

int
sys_freebsd12_closefrom(
    struct thread *td, const struct freebsd12_closefrom_args *a)
{
	fd_close_range(td, (unsigned)MAX(a->lowfd, 0), UINT_MAX);
	return (0);
}

#define CLOSE_RANGE_CLOEXEC (1 << 2)
#define CLOSE_RANGE_CLOFORK (1 << 3)

int
sys_close_range(struct thread *td, const struct close_range_args *a)
{
	int flags = a->flags;

	if ((flags & ~(CLOSE_RANGE_CLOEXEC | CLOSE_RANGE_CLOFORK)) != 0 ||
	    a->highfd < a->lowfd)
		return (EINVAL);
	if ((flags & CLOSE_RANGE_CLOEXEC) != 0)
		fd_mark_range(td, a->lowfd, a->highfd, UF_EXCLOSE);
	if ((flags & CLOSE_RANGE_CLOFORK) != 0)
		fd_mark_range(td, a->lowfd, a->highfd, UF_FOCLOSE);
	if (flags == 0)
		fd_close_range(td, a->lowfd, a->highfd);
	return (0);
}

int
sys_dup(struct thread *td, const struct dup_args *a)
{
	return (kern_fcntl(td, (int)a->fd, F_DUPFD, 0));
}

int
sys_dup2(struct thread *td, const struct dup2_args *a)
{
	struct file *fp;
	int error;

	/* Onto itself it leaves the flags alone. */
	if (a->from == a->to) {
		error = fd_get(td, (int)a->from, 0, &fp);
		if (error == 0)
			file_release(fp);
	} else
		error = fd_dup2(td, (int)a->from, (int)a->to, 0);
	td->td_retval[0] = a->to;
	return (error);
}

int
sys_getdtablesize(struct thread *td, const struct getdtablesize_args *a)
{
	td->td_retval[0] = fd_limit(td->td_proc);
	return (0);
}

static bool
takes_locks(const struct file *fp)
{
	return ((fp->f_type == DTYPE_VNODE || fp->f_type == DTYPE_FIFO) &&
		(fp->f_flag & O_PATH) == 0);
}

static int
advlock(struct thread *td, int fd, int cmd, struct flock *fl)
{
	struct file *fp;
	int error;

	error = fd_get(td, fd, 0, &fp);
	if (error != 0)
		return (error);
	if (takes_locks(fp))
		error = vn_advlock(td, fp, cmd, fl);
	else
		error = EBADF;
	if (error == 0 && cmd != F_GETLK && fl->l_type != F_UNLCK)
		fd_claimed(td, fd, fp);
	file_release(fp);
	return (error);
}

/* F_GETLK and kin: the lock travels through user memory. */
static int
fcntl_lock(struct thread *td, int fd, int cmd, void __user *arg)
{
	struct flock fl = {0};
	int error;

	error = copyin(arg, &fl, sizeof(fl));
	if (error == 0)
		error = advlock(td, fd, cmd, &fl);
	if (error == 0 && cmd == F_GETLK)
		error = copyout(&fl, arg, sizeof(fl));
	return (error);
}

/* As they were before locks had a system's number: release 7 and older. */
static int
fcntl_old_lock(struct thread *td, int fd, int cmd, void __user *arg)
{
	struct oflock ofl;
	struct flock fl;
	int error;

	error = copyin(arg, &ofl, sizeof(ofl));
	if (error != 0)
		return (error);
	fl = (struct flock){
	    ofl.l_start, ofl.l_len, ofl.l_pid, ofl.l_type, ofl.l_whence, 0};
	error = advlock(td, fd, cmd, &fl);
	if (error != 0 || cmd != F_GETLK)
		return (error);
	ofl = (struct oflock){
	    fl.l_start, fl.l_len, fl.l_pid, fl.l_type, fl.l_whence};
	return (copyout(&ofl, arg, sizeof(ofl)));
}

/* F_KINFO: the caller says by kf_structsize which record it knows. */
static int
fcntl_kinfo(struct thread *td, int fd, void __user *arg)
{
	struct kinfo_file *kf;
	struct file *fp;
	int error, size;

	error = fd_get(td, fd, 0, &fp);
	if (error != 0)
		return (error);
	kf = kmem_alloc(sizeof(*kf), 0);
	error = kf == NULL ? ENOMEM : copyin(arg, &size, sizeof(size));
	if (error == 0 && size != (int)sizeof(*kf))
		error = EINVAL;
	if (error == 0) {
		kinfo_file_fill(td, fp, kf);
		kf->kf_structsize = size;
		kf->kf_fd = fd;
		error = copyout(kf, arg, sizeof(*kf));
	}
	if (kf != NULL)
		kmem_free(kf, sizeof(*kf));
	file_release(fp);
	return (error);
}

int
sys_fcntl(struct thread *td, const struct fcntl_args *a)
{
	switch (a->cmd) {
	case F_GETLK:
	case F_SETLK:
	case F_SETLKW:
		return (fcntl_lock(td, a->fd, a->cmd, (void *)a->arg));
	case F_OGETLK:
	case F_OSETLK:
	case F_OSETLKW:
		return (fcntl_old_lock(
		    td, a->fd, a->cmd - F_OGETLK + F_GETLK, (void *)a->arg));
	case F_KINFO:
		return (fcntl_kinfo(td, a->fd, (void *)a->arg));
	default:
		return (kern_fcntl(td, a->fd, a->cmd, a->arg));
	}
}

int
sys_flock(struct thread *td, const struct flock_args *a)
{
	struct file *fp;
	int error;

	error = fd_get(td, a->fd, 0, &fp);
	if (error != 0)
		return (error);
	if (!takes_locks(fp))
		error = EOPNOTSUPP;
	else
		error = vn_flock(td, fp, a->how);
	file_release(fp);
	return (error);
}

/* The request's argument, in kernel memory of its size. */
static int
ioctl_copied(
    struct thread *td, const struct ioctl_args *a, void *data, size_t size)
{
	int error = 0;

	if ((a->com & IOC_IN) != 0)
		error = copyin(a->data, data, size);
	else
		memset(data, 0, size);
	if (error == 0)
		error = kern_ioctl(td, a->fd, a->com, data);
	if (error == 0 && (a->com & IOC_OUT) != 0)
		error = copyout(data, a->data, size);
	return (error);
}

int
sys_ioctl(struct thread *td, const struct ioctl_args *a)
{
	size_t size = IOCPARM_LEN(a->com);
	uint64_t small[16];
	void *large;
	int error, value;

	if ((a->com & (IOC_VOID | IOC_INOUT)) == 0)
		return (ENOTTY);
	if ((a->com & IOC_VOID) != 0 || size == 0) {
		/* An int by value, or nothing. */
		value = (int)(intptr_t)a->data;
		return (kern_ioctl(td, a->fd, a->com & 0xffffffff, &value));
	}
	if (size <= sizeof(small))
		return (ioctl_copied(td, a, small, size));
	large = kmem_alloc(size, 0);
	if (large == NULL)
		return (ENOMEM);
	error = ioctl_copied(td, a, large, size);
	kmem_free(large, size);
	return (error);
}

int
sys_fstat(struct thread *td, const struct fstat_args *a)
{
	struct stat st;
	int error;

	error = kern_fstat(td, a->fd, &st);
	return (error != 0 ? error : copyout(&st, a->sb, sizeof(st)));
}

int
sys_lseek(struct thread *td, const struct lseek_args *a)
{
	off_t result = 0;
	struct file *fp;
	int error;

	error = fd_get(td, a->fd, 0, &fp);
	if (error != 0)
		return (error);
	error = fp->f_ops->fo_seek == NULL
		    ? ESPIPE
		    : fp->f_ops->fo_seek(fp, a->offset, a->whence, &result);
	file_release(fp);
	td->td_retval[0] = (uint64_t)result;
	return (error);
}

int
sys_ftruncate(struct thread *td, const struct ftruncate_args *a)
{
	struct file *fp;
	int error;

	if (a->length < 0)
		return (EXTERR(td, EINVAL, EXTERR_GENIO, "a negative length",
		    (uint64_t)a->length, 0));
	error = fd_get(td, a->fd, 0, &fp);
	if (error != 0)
		return (error);
	if ((fp->f_flag & FWRITE) == 0 || fp->f_ops->fo_truncate == NULL)
		error = EINVAL;
	else
		error = fp->f_ops->fo_truncate(fp, a->length);
	file_release(fp);
	return (error);
}

/*
 * As programs built for releases before 7 call them: a word of padding keeps
 * the offset aligned.  4.3BSD's offset was a long, which is as large here.
 */
int
sys_freebsd6_pread(struct thread *td, const struct freebsd6_pread_args *a)
{
	return (sys_pread(td, &(struct pread_args){
				  .fd = a->fd,
				  .buf = a->buf,
				  .nbyte = a->nbyte,
				  .offset = a->offset,
			      }));
}

int
sys_freebsd6_pwrite(struct thread *td, const struct freebsd6_pwrite_args *a)
{
	return (sys_pwrite(td, &(struct pwrite_args){
				   .fd = a->fd,
				   .buf = a->buf,
				   .nbyte = a->nbyte,
				   .offset = a->offset,
			       }));
}

int
sys_freebsd6_lseek(struct thread *td, const struct freebsd6_lseek_args *a)
{
	return (sys_lseek(td, &(struct lseek_args){
				  .fd = a->fd,
				  .offset = a->offset,
				  .whence = a->whence,
			      }));
}

int
sys_olseek(struct thread *td, const struct olseek_args *a)
{
	return (sys_lseek(td, &(struct lseek_args){
				  .fd = a->fd,
				  .offset = a->offset,
				  .whence = a->whence,
			      }));
}

int
sys_freebsd6_ftruncate(
    struct thread *td, const struct freebsd6_ftruncate_args *a)
{
	return (sys_ftruncate(td, &(struct ftruncate_args){
				      .fd = a->fd,
				      .length = a->length,
				  }));
}

int
sys_oftruncate(struct thread *td, const struct oftruncate_args *a)
{
	return (sys_ftruncate(td, &(struct ftruncate_args){
				      .fd = a->fd,
				      .length = a->length,
				  }));
}
