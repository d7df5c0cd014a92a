/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Open files on vnodes.
 */
#include "fbsd/errno.h"
#include "fbsd/fcntl.h"
#include "fbsd/filio.h"
#include "fbsd/mman.h"
#include "proc/proc.h"
#include "fbsd/event.h"
#include "vfs/lockf.h"
#include "vfs/vn_file.h"
#include "vfs/vnode.h"
#include "vfs/vop.h"

static int
vn_file_io(struct file *fp, struct uio *uio, int flags, int ioflag,
    int (*io)(struct vnode *, struct uio *, int))
{
	int error;

	if ((flags & FOF_OFFSET) != 0)
		return (io(fp->f_vnode, uio, ioflag));
	mutex_lock(&fp->f_offset_lock);
	uio->uio_offset = fp->f_offset;
	error = io(fp->f_vnode, uio, ioflag);
	fp->f_offset = uio->uio_offset;
	mutex_unlock(&fp->f_offset_lock);
	return (error);
}

static int
vn_file_read(struct file *fp, struct uio *uio, int flags)
{
	return (vn_file_io(fp, uio, flags, 0, vn_read));
}

static int
vn_file_write(struct file *fp, struct uio *uio, int flags)
{
	int ioflag = 0;

	if ((fp->f_flag & O_APPEND) != 0)
		ioflag |= IO_APPEND;
	if ((fp->f_flag & (O_SYNC | O_DSYNC)) != 0)
		ioflag |= IO_SYNC;
	return (vn_file_io(fp, uio, flags, ioflag, vn_write));
}

static int
vn_file_size(struct file *fp, off_t *size)
{
	struct vnode *vp = fp->f_vnode;
	struct vattr va;
	int error;

	error = vn_getattr(vp, &va);
	*size = (off_t)va.va_size;
	return (error);
}

static int
seek_to(struct file *fp, off_t offset, int whence, off_t *to)
{
	off_t base;
	int error;

	switch (whence) {
	case SEEK_SET:
		base = 0;
		break;
	case SEEK_CUR:
		base = fp->f_offset;
		break;
	case SEEK_END:
		error = vn_file_size(fp, &base);
		if (error != 0)
			return (error);
		break;
	case SEEK_DATA:
	case SEEK_HOLE:
		*to = offset;
		return (vn_seek_hole(fp->f_vnode, whence, to));
	default:
		return (EINVAL);
	}
	if (__builtin_add_overflow(base, offset, to))
		return (EOVERFLOW);
	return (*to < 0 && fp->f_vnode->v_type != VCHR ? EINVAL : 0);
}

int
vn_file_seek(struct file *fp, off_t offset, int whence, off_t *res)
{
	off_t to = 0;
	int error;

	if (fp->f_type == DTYPE_FIFO)
		return (ESPIPE);
	mutex_lock(&fp->f_offset_lock);
	error = seek_to(fp, offset, whence, &to);
	if (error == 0)
		fp->f_offset = *res = to;
	mutex_unlock(&fp->f_offset_lock);
	return (error);
}

static int
vn_file_ioctl(struct file *fp, unsigned long cmd, void *data, struct thread *td)
{
	off_t size;
	int error;

	if (fp->f_vnode->v_type != VREG && fp->f_vnode->v_type != VDIR)
		return (ENOTTY);
	switch (cmd) {
	case FIONREAD:
		error = vn_file_size(fp, &size);
		if (error != 0)
			return (error);
		size -= fp->f_offset;
		*(int *)data = (int)MAX(0, MIN(size, INT_MAX));
		return (0);
	case FIOSEEKDATA:
	case FIOSEEKHOLE:
		return (vn_seek_hole(fp->f_vnode,
		    cmd == FIOSEEKDATA ? SEEK_DATA : SEEK_HOLE, data));
	default:
		if (fp->f_vnode->v_ops->vo_ioctl != NULL)
			return (fp->f_vnode->v_ops->vo_ioctl(
			    fp->f_vnode, cmd, data, td));
		return (ENOTTY);
	}
}

static struct event_source *
vn_file_events(struct file *fp)
{
	return (&fp->f_vnode->v_base->v_events);
}

/* Bytes to the end of the file, for EVFILT_READ; room without end. */
static int64_t
vn_file_ready(struct file *fp, int filter)
{
	off_t size;

	if (fp->f_vnode->v_type != VREG)
		return (1);
	if (vn_file_size(fp, &size) != 0)
		return (0);
	return (size - fp->f_offset);
}

static int
vn_file_setattr(struct file *fp, struct vattr *va)
{
	struct vnode *vp = fp->f_vnode;
	int error;

	rw_wlock(&vp->v_base->v_lock);
	error = vn_setattr(vp, va, curthread()->td_cred);
	rw_wunlock(&vp->v_base->v_lock);
	if (error == 0)
		vn_note(vp, NOTE_ATTRIB);
	return (error);
}

static int
vn_file_truncate(struct file *fp, off_t length)
{
	struct vattr va = {.va_set = VA_SIZE, .va_size = (uint64_t)length};
	int error;

	if (length < 0)
		return (EINVAL);
	if (fp->f_vnode->v_type == VDIR)
		return (EISDIR);
	error = vn_check_size(curthread(), (uint64_t)length);
	if (error != 0)
		return (error);
	vn_prefetch_size(fp->f_vnode, va.va_size);
	return (vn_file_setattr(fp, &va));
}

/* v_lock held. */
static int
allocate(struct thread *td, struct vnode *vp, off_t start, off_t end)
{
	const uint64_t old = vn_size(vp);
	struct vattr va = {.va_set = VA_SIZE, .va_size = old};
	int error;

	error = vn_check_size(td, (uint64_t)end);
	if (error != 0)
		return (error);
	if (vp->v_ops->vo_allocate == NULL)
		return (EINVAL);
	error = vop_allocate(vp, start, end);
	if (error == 0)
		vop_modified(vp, td->td_cred);
	else if (vn_size(vp) > old)
		(void)vop_setattr(vp, &va);
	return (error);
}

static int
vn_file_allocate(struct file *fp, off_t start, off_t end)
{
	struct vnode *vp = fp->f_vnode->v_base;
	int error;

	if (vp->v_type != VREG)
		return (ENODEV);
	rw_wlock(&vp->v_lock);
	error = allocate(curthread(), vp, start, end);
	rw_wunlock(&vp->v_lock);
	return (error);
}

static int
vn_file_punch(struct file *fp, off_t start, off_t end, off_t *size)
{
	int error;

	if (fp->f_vnode->v_type != VREG)
		return (ENODEV);
	error = vn_punch(curthread(), fp->f_vnode, start, end);
	*size = (off_t)vn_size(fp->f_vnode);
	return (error);
}

static int
vn_file_mmap(struct file *fp, struct vm_mapping *m)
{
	struct vnode *vp = fp->f_vnode;
	struct vattr va;
	unsigned max = PROT_READ | PROT_WRITE | PROT_EXEC;
	int error;

	if (vp->v_type != VREG || vp->v_base->v_ops->vo_read != NULL)
		return (ENODEV);
	if ((fp->f_flag & FREAD) == 0)
		return (EACCES);
	if ((vp->v_mount->mnt_flags & MNT_NOEXEC) != 0)
		max &= ~PROT_EXEC;
	if ((m->flags & MAP_SHARED) != 0) {
		error = vn_getattr(vp, &va);
		if (error != 0)
			return (error);
		if ((fp->f_flag & FWRITE) == 0 ||
		    (va.va_flags & (UF_IMMUTABLE | UF_APPEND | SF_IMMUTABLE |
				       SF_APPEND)) != 0)
			max &= ~PROT_WRITE;
	}
	if ((m->prot & ~max) != 0)
		return (EACCES);
	m->maxprot &= max;
	m->object = &vp->v_base->v_object;
	vm_object_hold(m->object);
	m->vnode = vp;
	return (0);
}

/* The file is about to go; its reference to the vnode goes with it. */
static void
close_common(struct file *fp)
{
	if (fp->f_vnode->v_type == VREG && (fp->f_flag & FWRITE) != 0)
		vn_writer_done(fp->f_vnode);
	advlocks_file_closed(fp);
}

/* msync(2) of a mapping of vp. */
static int
vn_map_writeback(struct vnode *vp, uint64_t first, uint64_t end, bool all)
{
	return (vn_writeback(vp->v_base, first, end, all));
}

static struct event_source *
vn_event_source(struct vnode *vp)
{
	return (&vp->v_base->v_events);
}

static bool
vn_is_stream(const struct vnode *vp)
{
	return (vp->v_type == VCHR || vp->v_type == VFIFO);
}

static bool
vn_by_process(const struct vnode *vp)
{
	return ((vp->v_base->v_flags & VV_PROCDEP) != 0);
}

const struct file_vnode_ops vn_file_vnode_ops = {
    .release = vnode_release,
    .stat = vn_stat,
    .events = vn_event_source,
    .stream = vn_is_stream,
    .by_process = vn_by_process,
    .descriptor_closed = vn_advlock_close,
};

const struct vm_file_ops vn_map_ops = {
    .hold = vnode_hold,
    .release = vnode_release,
    .writeback = vn_map_writeback,
};

static void
vn_file_close(struct file *fp)
{
	struct vnode *vp = fp->f_vnode;

	close_common(fp);
	if (vp->v_ops->vo_close != NULL)
		vp->v_ops->vo_close(vp, fp);
	vn_note(vp, (fp->f_flag & FWRITE) != 0 ? NOTE_CLOSE_WRITE : NOTE_CLOSE);
}

static int
vn_path_chmod(struct file *fp, mode_t mode)
{
	return (EBADF);
}

static int
vn_path_chown(struct file *fp, uid_t uid, gid_t gid)
{
	return (EBADF);
}

static void
vn_path_close(struct file *fp)
{
}

const struct fileops vnode_fileops = {
    .fo_read = vn_file_read,
    .fo_write = vn_file_write,
    .fo_ioctl = vn_file_ioctl,
    .fo_events = vn_file_events,
    .fo_ready = vn_file_ready,
    .fo_truncate = vn_file_truncate,
    .fo_seek = vn_file_seek,
    .fo_allocate = vn_file_allocate,
    .fo_punch = vn_file_punch,
    .fo_mmap = vn_file_mmap,
    .fo_close = vn_file_close,
    .fo_passable = true,
};

const struct fileops vn_opening_fileops = {
    .fo_close = close_common,
};

const struct fileops vn_path_fileops = {
    .fo_chmod = vn_path_chmod,
    .fo_chown = vn_path_chown,
    .fo_close = vn_path_close,
    .fo_passable = true,
};

const struct fileops vn_watched_path_fileops = {
    .fo_events = vn_file_events,
    .fo_ready = vn_file_ready,
    .fo_chmod = vn_path_chmod,
    .fo_chown = vn_path_chown,
    .fo_close = vn_path_close,
    .fo_passable = true,
};
