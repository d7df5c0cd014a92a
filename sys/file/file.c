/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Open files, and reading and writing them by descriptor.
 *
 * A file is what open(2) makes: an offset and flags that all descriptors share
 * which were made from it by dup(2) and fork(2).  It lives while a descriptor
 * or a call in progress refers to it.  Tables of descriptors are fdtable.c's.
 */
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "fbsd/fcntl.h"
#include "fbsd/filio.h"
#include "fbsd/signal.h"
#include "file/fdtable.h"
#include "file/file.h"
#include "file/kqueue.h"
#include "file/sigio.h"
#include "proc/signal.h"
#include "core/printf.h"
#include "core/sysctl.h"
#include "fbsd/stat.h"
#include "vm/kmem.h"
#include "vm/page.h"

static struct kcache *file_cache; /* (!) */
static unsigned max_files;	  /* (a) kern.maxfiles */
unsigned open_files;
const struct file_vnode_ops *file_vnode_ops;

SYSCTL_INT(kern_maxfiles, "kern.maxfiles", KERN_MAXFILES, CTLFLAG_RW,
    &max_files, "Open files at most");
SYSCTL_INT(kern_openfiles, "kern.openfiles", CTL_AUTO, CTLFLAG_RD, &open_files,
    "Open files");

/* One for each page of memory: they take a twentieth of it. */
void
file_init(void)
{
	max_files = (unsigned)MIN(page_total(), INT_MAX);
	file_cache = kcache_create("file", sizeof(struct file), 0);
	fdtable_init(max_files);
}

/* One more may there be: the last twentieth is for root, and the very last for
 * nobody, as in FreeBSD. */
static bool
count_one(struct thread *td)
{
	const unsigned n = atomic_add(&open_files, 1) + 1;
	const unsigned most = atomic_load(&max_files);

	return (n < most - most / 20 || (n < most && priv_check(td) == 0));
}

struct file *
file_alloc(struct thread *td, enum file_type type, int flag,
    const struct fileops *ops, void *data)
{
	struct file *fp;

	if (__predict_false(!count_one(td)))
		goto full;
	fp = kcache_alloc(file_cache, KM_ZERO);
	if (fp == NULL)
		goto full;
	fp->f_refs = 1;
	fp->f_type = type;
	fp->f_flag = flag;
	fp->f_ops = ops;
	fp->f_data = data;
	fp->f_cred = cred_hold(td->td_cred);
	mutex_init(&fp->f_offset_lock, "file offset");
	return (fp);
full:
	atomic_sub(&open_files, 1);
	return (NULL);
}

/* Nobody has it any more; no lock is held. */
static void
file_end(struct file *fp)
{
	if (fp->f_knotes.root != NULL)
		knote_file_gone(fp);
	if (fp->f_async != NULL)
		(void)sigio_set(fp, false);
	if (fp->f_ops->fo_close != NULL)
		fp->f_ops->fo_close(fp);
	if (fp->f_vnode != NULL)
		file_vnode_ops->release(fp->f_vnode);
	cred_release(fp->f_cred);
	kcache_free(file_cache, fp);
	atomic_sub(&open_files, 1);
}

void
file_release(struct file *fp)
{
	struct thread *td = curthread();

	assert_may_sleep("file_release");
	if (!refcount_drop(&fp->f_refs))
		return;
	if (__predict_true(td->td_locks == 0)) {
		file_end(fp);
		return;
	}
	kassert(!(td->td_flags & TDF_KERNEL));
	fp->f_next_late = td->td_late_files;
	td->td_late_files = fp;
	atomic_or(&td->td_flags, TDF_AST);
}

void
files_end_late(struct thread *td)
{
	struct file *fp;

	while ((fp = td->td_late_files) != NULL) {
		td->td_late_files = fp->f_next_late;
		file_end(fp);
	}
}

int
file_wait(struct file *fp, struct cv *cv, struct spin *s)
{
	if (file_nonblock(fp))
		return (EAGAIN);
	return (cv_wait_spin_sig(cv, s, NO_DEADLINE));
}

void
file_stat_plain(struct file *fp, mode_t mode, struct stat *st)
{
	*st = (struct stat){
	    .st_mode = mode,
	    .st_uid = fp->f_cred->cr_uid,
	    .st_gid = fp->f_cred->cr_gid,
	};
}

int
file_seek(struct file *fp, uint64_t size, off_t offset, int whence, off_t *res)
{
	off_t base = 0;
	int error = 0;

	mutex_lock(&fp->f_offset_lock);
	if (whence == SEEK_CUR)
		base = fp->f_offset;
	else if (whence == SEEK_END)
		base = (off_t)size;
	else if (whence != SEEK_SET)
		error = EINVAL;
	if (error == 0 && __builtin_add_overflow(base, offset, &base))
		error = EOVERFLOW;
	if (error == 0 && base < 0)
		error = EINVAL;
	if (error == 0)
		fp->f_offset = *res = base;
	mutex_unlock(&fp->f_offset_lock);
	return (error);
}

/*
 * What every transfer does after its operation: what was moved counts more
 * than why it ended, and writing to nobody raises SIGPIPE (sockets see to that
 * themselves).
 */
static int
transferred(
    struct thread *td, uint8_t type, struct uio *uio, size_t asked, int error)
{
	if (error == EPIPE && uio->uio_write && type != DTYPE_SOCKET)
		(void)sig_send_thread(td, SIGPIPE, NULL);
	if (uio->uio_resid != asked &&
	    (error == EINTR || error == ERESTART || error == EAGAIN))
		error = 0;
	td->td_retval[0] = asked - uio->uio_resid;
	return (error);
}

int
file_move(struct file *fp, struct uio *uio, off_t offset)
{
	const struct fileops *ops = fp->f_ops;
	int flags = 0;

	assert_may_sleep("a file's read or write");
	if (offset != -1) {
		if (ops->fo_seek == NULL)
			return (ESPIPE);
		flags = FOF_OFFSET;
		uio->uio_offset = offset;
	}
	if (uio->uio_write)
		return (ops->fo_write == NULL ? EOPNOTSUPP
					      : ops->fo_write(fp, uio, flags));
	return (
	    ops->fo_read == NULL ? EOPNOTSUPP : ops->fo_read(fp, uio, flags));
}

int
file_transfer(struct thread *td, struct file *fp, struct uio *uio, off_t offset)
{
	size_t asked = uio->uio_resid;
	int error = file_move(fp, uio, offset);

	return (transferred(td, fp->f_type, uio, asked, error));
}

int
kern_transfer(struct thread *td, int fd, struct uio *uio, off_t offset)
{
	struct file *fp;
	int error;

	error = fd_get(td, fd, uio->uio_write ? FWRITE : FREAD, &fp);
	if (error != 0)
		return (error);
	error = file_transfer(td, fp, uio, offset);
	file_release(fp);
	return (error);
}

int
file_stat_named(struct file *fp, struct stat *st)
{
	return (file_vnode_ops->stat(fp->f_vnode, st));
}

int
file_stat(struct file *fp, struct stat *st)
{
	assert_may_sleep("file_stat");
	*st = (struct stat){0};
	if (fp->f_ops->fo_stat != NULL)
		return (fp->f_ops->fo_stat(fp, st));
	if (fp->f_vnode != NULL)
		return (file_stat_named(fp, st));
	return (EOPNOTSUPP);
}

int
kern_fstat(struct thread *td, int fd, struct stat *st)
{
	struct file *fp;
	int error;

	error = fd_get(td, fd, 0, &fp);
	if (error != 0)
		return (error);
	error = file_stat(fp, st);
	file_release(fp);
	return (error);
}

/* Sets or clears flags that the operations look at. */
static void
set_flags(struct file *fp, uint32_t mask, uint32_t value)
{
	uint32_t old = atomic_load(&fp->f_flag);

	while (!atomic_cas(&fp->f_flag, &old, (old & ~mask) | value))
		continue;
}

static int
set_async(struct file *fp, bool on)
{
	int error = sigio_set(fp, on);

	if (error == 0)
		set_flags(fp, O_ASYNC, on ? O_ASYNC : 0);
	return (error);
}

/* Those that concern the file and not what is behind it; -1: none of them. */
static int
file_ioctl(
    struct thread *td, struct file *fp, int fd, unsigned long cmd, void *data)
{
	switch (cmd) {
	case FIOCLEX:
		return (fd_set_flags(td, fd, UF_EXCLOSE, UF_EXCLOSE));
	case FIONCLEX:
		return (fd_set_flags(td, fd, UF_EXCLOSE, 0));
	case FIONBIO:
		set_flags(fp, O_NONBLOCK, *(int *)data != 0 ? O_NONBLOCK : 0);
		return (0);
	case FIOASYNC:
		return (set_async(fp, *(int *)data != 0));
	case FIOSETOWN:
		return (sigio_set_owner(fp, *(int *)data));
	case FIOGETOWN:
		*(int *)data = atomic_load(&fp->f_owner);
		return (0);
	case FIODTYPE:
		if (!fp->f_ops->fo_device)
			return (-1);
		*(int *)data = fp->f_ops->fo_devtype;
		return (0);
	default:
		return (-1);
	}
}

int
kern_ioctl(struct thread *td, int fd, unsigned long cmd, void *data)
{
	struct file *fp;
	int error;

	error = fd_get(td, fd, 0, &fp);
	if (error != 0)
		return (error);
	/* Neither a place nor a program that is only to be run. */
	if ((atomic_load(&fp->f_flag) & (FREAD | FWRITE)) == 0)
		error = EBADF;
	else
		error = file_ioctl(td, fp, fd, cmd, data);
	if (error == -1)
		error = fp->f_ops->fo_ioctl == NULL
			    ? ENOTTY
			    : fp->f_ops->fo_ioctl(fp, cmd, data, td);
	file_release(fp);
	return (error);
}

#define SETFL_FLAGS                                                            \
	(O_NONBLOCK | O_APPEND | O_ASYNC | O_SYNC | O_DSYNC | O_DIRECT)

/* The commands on a file, given by its descriptor. */
static int
fcntl_file(struct thread *td, struct file *fp, int cmd, int64_t arg)
{
	uint32_t flag = atomic_load(&fp->f_flag);
	int error = 0;

	switch (cmd) {
	case F_GETFL:
		/* FREAD and FWRITE are one more than O_RDONLY and so on. */
		td->td_retval[0] =
		    (flag & (O_EXEC | O_PATH)) != 0 ? flag : flag - 1;
		return (0);
	case F_SETFL:
		if ((flag & O_PATH) != 0)
			return (EBADF);
		if (((flag | (uint32_t)arg) & O_ASYNC) != 0)
			error = set_async(fp, (arg & O_ASYNC) != 0);
		if (error == 0)
			set_flags(fp, SETFL_FLAGS, (uint32_t)arg & SETFL_FLAGS);
		return (error);
	case F_GETOWN:
		td->td_retval[0] = (uint64_t)(int64_t)atomic_load(&fp->f_owner);
		return (0);
	case F_SETOWN:
		return (sigio_set_owner(fp, (int)arg));
	case F_ISUNIONSTACK:
		td->td_retval[0] = 0;
		return (0);
	case F_RDAHEAD:
	case F_READAHEAD:
		/* All of a file is read ahead, or in memory. */
		return (fp->f_type == DTYPE_VNODE && (flag & O_PATH) == 0
			    ? 0
			    : EBADF);
	default:
		return (
		    fp->f_ops->fo_fcntl == NULL
			? EINVAL
			: fp->f_ops->fo_fcntl(fp, cmd, arg, &td->td_retval[0]));
	}
}

/* A copy of the descriptor at the first free number from min. */
static int
fcntl_dup(struct thread *td, int fd, int64_t min, int uf_flags)
{
	struct file *fp;
	int error, new, was;

	error = fd_get_flagged(td, fd, &fp, &was);
	if (error != 0)
		return (error);
	uf_flags |= was & UF_RESOLVE_BENEATH;
	if (min < 0 || (uint64_t)min >= fd_limit(td->td_proc))
		error = EINVAL;
	else
		error = fd_install(td, fp, (int)min, uf_flags, &new);
	file_release(fp);
	if (error == 0)
		td->td_retval[0] = new;
	return (error);
}

/* FD_* as UF_*. */
static int
descriptor_flags(int64_t fd_flags)
{
	return (
	    ((fd_flags & FD_CLOEXEC) != 0 ? UF_EXCLOSE : 0) |
	    ((fd_flags & FD_CLOFORK) != 0 ? UF_FOCLOSE : 0) |
	    ((fd_flags & FD_RESOLVE_BENEATH) != 0 ? UF_RESOLVE_BENEATH : 0));
}

static int
fcntl_descriptor(struct thread *td, int fd, int cmd, int64_t arg)
{
	switch (cmd) {
	case F_DUPFD:
		return (fcntl_dup(td, fd, (int)arg, 0));
	case F_DUPFD_CLOEXEC:
		return (fcntl_dup(td, fd, (int)arg, UF_EXCLOSE));
	case F_DUPFD_CLOFORK:
		return (fcntl_dup(td, fd, (int)arg, UF_FOCLOSE));
	case F_DUP2FD:
		td->td_retval[0] = (uint64_t)arg;
		return (fd_dup2(td, fd, (int)arg, 0));
	case F_DUP2FD_CLOEXEC:
		td->td_retval[0] = (uint64_t)arg;
		return (fd_dup2(td, fd, (int)arg, UF_EXCLOSE));
	case F_GETFD:
		return (fd_get_flags(td, fd, &td->td_retval[0]));
	case F_SETFD:
		/* What is confined stays so. */
		return (fd_set_flags(
		    td, fd, UF_EXCLOSE | UF_FOCLOSE, descriptor_flags(arg)));
	default:
		return (-1);
	}
}

int
kern_fcntl(struct thread *td, int fd, int cmd, int64_t arg)
{
	struct file *fp;
	int error;

	/* dup3(3): the new descriptor's flags come with the command. */
	if ((cmd & ((1 << F_DUP3FD_SHIFT) - 1)) == F_DUP3FD) {
		td->td_retval[0] = (uint64_t)arg;
		return (fd_dup2(td, fd, (int)arg,
		    descriptor_flags(cmd >> F_DUP3FD_SHIFT) &
			(UF_EXCLOSE | UF_FOCLOSE)));
	}
	error = fcntl_descriptor(td, fd, cmd, arg);
	if (error != -1)
		return (error);
	error = fd_get(td, fd, 0, &fp);
	if (error != 0)
		return (error);
	error = fcntl_file(td, fp, cmd, arg);
	file_release(fp);
	return (error);
}
