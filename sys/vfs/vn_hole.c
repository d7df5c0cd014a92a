/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Holes in files: where they are (SEEK_DATA, SEEK_HOLE), how they are made
 * (fspacectl(2)) and kept (copy_file_range(2)).
 */
#include "fbsd/errno.h"
#include "fbsd/event.h"
#include "fbsd/fcntl.h"
#include "file/filecopy.h"
#include "proc/signal.h"
#include "vfs/vnode.h"
#include "vfs/vop.h"

/* A file without holes is data up to its end. */
int
vn_seek_hole(struct vnode *vp, int whence, off_t *offset)
{
	off_t size;
	int error;

	vp = vp->v_base;
	if (vp->v_type != VREG)
		return (ENOTTY);
	rw_rlock(&vp->v_lock);
	size = (off_t)vn_size(vp);
	if (*offset < 0 || *offset >= size)
		error = ENXIO;
	else if (vp->v_ops->vo_seekhole != NULL)
		error = vop_seekhole(vp, whence, offset);
	else {
		error = 0;
		if (whence == SEEK_HOLE)
			*offset = size;
	}
	rw_runlock(&vp->v_lock);
	return (error);
}

int
vn_punch(struct thread *td, struct vnode *vp, off_t start, off_t end)
{
	int error = 0;

	vp = vp->v_base;
	rw_wlock(&vp->v_lock);
	end = MIN(end, (off_t)vn_size(vp));
	if (start < end) {
		error = vp->v_ops->vo_punch == NULL ? ENODEV
						    : vop_punch(vp, start, end);
		if (error == 0)
			vop_modified(vp, td->td_cred);
	}
	rw_wunlock(&vp->v_lock);
	if (error == 0)
		vn_note(vp, NOTE_WRITE);
	return (error);
}

/* The file reaches to `end` at least. */
static int
extend(struct thread *td, struct vnode *vp, off_t end)
{
	struct vattr va = {.va_set = VA_SIZE, .va_size = (uint64_t)end};
	int error = vn_check_size(td, (uint64_t)end);

	if (error != 0)
		return (error);
	rw_wlock(&vp->v_base->v_lock);
	if ((uint64_t)end > vn_size(vp))
		error = vn_setattr(vp, &va, td->td_cred);
	rw_wunlock(&vp->v_base->v_lock);
	if (error == 0)
		vn_note(vp, NOTE_WRITE | NOTE_EXTEND);
	return (error);
}

/* ENODEV: the file system can't. */
static int
make_hole(struct thread *td, struct vnode *vp, off_t start, off_t end)
{
	int error = vn_punch(td, vp, start, end);

	return (error != 0 ? error : extend(td, vp, end));
}

/* What is at `at` of the file and how far it goes, *n at most; *n 0: the end
 * of the file. What has no pages is read to its end. */
static int
next_piece(struct vnode *vp, off_t at, off_t *n, bool *hole)
{
	off_t size = (off_t)vn_size(vp), next = at;
	int error;

	*hole = false;
	if (vp->v_base->v_ops->vo_read != NULL)
		return (0);
	*n = MIN(*n, MAX(size - at, 0));
	if (*n == 0)
		return (0);
	error = vn_seek_hole(vp, SEEK_DATA, &next);
	if (error == ENXIO)
		next = size;
	else if (error != 0)
		return (error);
	*hole = next > at;
	if (!*hole)
		error = vn_seek_hole(vp, SEEK_HOLE, &next);
	/* It may have been cut meanwhile. */
	*n = next > at ? MIN(*n, next - at) : 0;
	return (error == ENXIO ? 0 : error);
}

static int
copy_piece(struct thread *td, struct file *from, off_t *in, struct file *to,
    off_t *out, off_t n, bool hole, size_t *done)
{
	int error = ENODEV;

	if (hole)
		error = make_hole(td, to->f_vnode, *out, *out + n);
	if (error == ENODEV)
		return (file_copy(td, from, in, to, out, (size_t)n, done));
	*done = error == 0 ? (size_t)n : 0;
	*in += (off_t)*done;
	*out += (off_t)*done;
	return (error);
}

int
vn_copy_range(struct thread *td, struct file *from, off_t *in, struct file *to,
    off_t *out, size_t len, size_t *moved)
{
	size_t done;
	bool hole;
	off_t n;
	int error = 0;

	*moved = 0;
	while (*moved < len && error == 0) {
		n = (off_t)MIN(len - *moved, (size_t)(INT64_MAX - *out));
		if (n == 0)
			return (EFBIG);
		error = next_piece(from->f_vnode, *in, &n, &hole);
		if (error != 0 || n == 0)
			break;
		error = copy_piece(td, from, in, to, out, n, hole, &done);
		*moved += done;
		if (done < (size_t)n)
			break;
		if (error == 0 && *moved < len)
			error = sig_interrupts(td);
	}
	return (error);
}
