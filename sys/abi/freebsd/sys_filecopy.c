/* SPDX-License-Identifier: BSD-2-Clause */
/* sendfile(2) and copy_file_range(2). */
#include "fbsd/errno.h"
#include "fbsd/fcntl.h"
#include "abi/freebsd/sysargs.h"
#include "amd64/md.h"
#include "file/filecopy.h"
#include "net/socket.h"
#include "proc/signal.h"
#include "vfs/vnode.h"

/* What to send before and behind the file: user pointers. */
struct sf_hdtr {
	uint64_t headers;
	int hdr_cnt;
	uint64_t trailers;
	int trl_cnt;
};
_Static_assert(sizeof(struct sf_hdtr) == 32, "struct sf_hdtr");

/* Writes a user's list of buffers to a socket; adds to *sent. */
static int
send_list(
    struct thread *td, struct file *to, uint64_t list, int count, off_t *sent)
{
	struct iovec small[8], *first;
	struct uio uio;
	int error;

	if (list == 0 || count == 0)
		return (0);
	error = uio_copyin(&uio, (void *)list, count, -1, true, small);
	if (error != 0)
		return (error);
	first = uio.uio_iov;
	error = file_transfer(td, to, &uio, -1);
	uio_done(&uio, first, small);
	if (error == 0)
		*sent += (off_t)td->td_retval[0];
	td->td_retval[0] = 0;
	return (error);
}

static int
send_parts(struct thread *td, const struct sendfile_args *a,
    const struct sf_hdtr *h, struct file *from, struct file *to, off_t *sent)
{
	size_t moved, len = a->nbytes == 0 ? IOSIZE_MAX : a->nbytes;
	off_t offset = a->offset;
	int error;

	error = send_list(td, to, h->headers, h->hdr_cnt, sent);
	if (error != 0)
		return (error);
	error = file_copy(td, from, &offset, to, NULL, len, &moved);
	*sent += (off_t)moved;
	if (error == 0)
		error = send_list(td, to, h->trailers, h->trl_cnt, sent);
	return (error);
}

/* From a regular file or shared memory to a stream socket, and in this order.
 */
static int
check_ends(struct file *from, struct file *to)
{
	size_t size = sizeof(int);
	int type, error;

	if (from->f_type != DTYPE_SHM &&
	    (from->f_type != DTYPE_VNODE || from->f_vnode->v_type != VREG))
		return (EINVAL);
	if (to->f_type != DTYPE_SOCKET)
		return (ENOTSOCK);
	error = so_getopt(to, SOL_SOCKET, SO_TYPE, &type, &size);
	if (error != 0)
		return (error);
	return (type == SOCK_STREAM ? 0 : EINVAL);
}

int
sys_sendfile(struct thread *td, const struct sendfile_args *a)
{
	struct sf_hdtr h = {0};
	struct file *from, *to;
	off_t sent = 0;
	int error, copied;

	if (a->offset < 0)
		return (EINVAL);
	error = a->hdtr == NULL ? 0 : copyin(a->hdtr, &h, sizeof(h));
	if (error == 0)
		error = fd_get(td, a->fd, FREAD, &from);
	if (error != 0)
		return (error);
	error = fd_get(td, a->s, 0, &to);
	if (error != 0) {
		file_release(from);
		return (error);
	}
	error = check_ends(from, to);
	if (error == 0)
		error = send_parts(td, a, &h, from, to, &sent);
	file_release(from);
	file_release(to);
	/* The caller sees by the count what an interrupted call did. */
	if (error == ERESTART && sent > 0)
		error = EINTR;
	copied =
	    a->sbytes == NULL ? 0 : copyout(&sent, a->sbytes, sizeof(sent));
	return (error != 0 ? error : copied);
}

/* One side's place: by reference, or the file's own. */
struct place {
	struct file *pl_file;
	off_t __user *pl_user; /* NULL: f_offset */
	off_t pl_offset;
};

/* The files' own offsets stand still meanwhile. */
static void
lock_offsets(struct place *a, struct place *b)
{
	if (a->pl_user != NULL || b->pl_user != NULL) {
		if (a->pl_user == NULL)
			mutex_lock(&a->pl_file->f_offset_lock);
		if (b->pl_user == NULL)
			mutex_lock(&b->pl_file->f_offset_lock);
		return;
	}
	if ((uintptr_t)a->pl_file > (uintptr_t)b->pl_file) {
		struct place *other = a;

		a = b;
		b = other;
	}
	mutex_lock(&a->pl_file->f_offset_lock);
	if (a->pl_file == b->pl_file)
		return;
	mutex_will_nest(&b->pl_file->f_offset_lock);
	mutex_lock(&b->pl_file->f_offset_lock);
}

static void
unlock_offsets(struct place *a, struct place *b)
{
	if (a->pl_user == NULL)
		mutex_unlock(&a->pl_file->f_offset_lock);
	if (b->pl_user == NULL &&
	    (a->pl_user != NULL || a->pl_file != b->pl_file))
		mutex_unlock(&b->pl_file->f_offset_lock);
}

static int
place_in(struct place *pl)
{
	if (pl->pl_user == NULL)
		return (0);
	return (copyin(pl->pl_user, &pl->pl_offset, sizeof(pl->pl_offset)));
}

static int
place_out(const struct place *pl)
{
	if (pl->pl_user == NULL)
		return (0);
	return (copyout(&pl->pl_offset, pl->pl_user, sizeof(pl->pl_offset)));
}

/* Offsets are known, and don't change. */
static int
copy_between(struct thread *td, struct place *from, struct place *to,
    size_t len, size_t *moved)
{
	off_t in = from->pl_offset, out = to->pl_offset;

	*moved = 0;
	if (in < 0 || out < 0)
		return (EINVAL);
	/* Ranges of one file mustn't overlap. */
	if (from->pl_file->f_vnode->v_base == to->pl_file->f_vnode->v_base &&
	    (uint64_t)(in < out ? out - in : in - out) < len)
		return (EINVAL);
	return (vn_copy_range(td, from->pl_file, &from->pl_offset, to->pl_file,
	    &to->pl_offset, len, moved));
}

static int
copy_range(struct thread *td, struct place *from, struct place *to, size_t len)
{
	size_t moved;
	int error;

	lock_offsets(from, to);
	if (from->pl_user == NULL)
		from->pl_offset = from->pl_file->f_offset;
	if (to->pl_user == NULL)
		to->pl_offset = to->pl_file->f_offset;
	error = copy_between(td, from, to, len, &moved);
	if (from->pl_user == NULL)
		from->pl_file->f_offset = from->pl_offset;
	if (to->pl_user == NULL)
		to->pl_file->f_offset = to->pl_offset;
	unlock_offsets(from, to);
	td->td_retval[0] = moved;
	return (moved > 0 ? 0 : error);
}

static int
check_files(const struct file *from, const struct file *to)
{
	if (from->f_type != DTYPE_VNODE || to->f_type != DTYPE_VNODE)
		return (EINVAL);
	if (from->f_vnode->v_type == VDIR)
		return (EISDIR);
	if (from->f_vnode->v_type != VREG || to->f_vnode->v_type != VREG)
		return (EINVAL);
	return ((atomic_load(&to->f_flag) & O_APPEND) != 0 ? EBADF : 0);
}

int
sys_copy_file_range(struct thread *td, const struct copy_file_range_args *a)
{
	struct place from = {.pl_user = a->inoffp},
		     to = {.pl_user = a->outoffp};
	int error;

	if (a->flags != 0 || a->len > IOSIZE_MAX)
		return (EINVAL);
	error = fd_get(td, a->infd, FREAD, &from.pl_file);
	if (error != 0)
		return (error);
	error = fd_get(td, a->outfd, FWRITE, &to.pl_file);
	if (error != 0) {
		file_release(from.pl_file);
		return (error);
	}
	error = check_files(from.pl_file, to.pl_file);
	if (error == 0)
		error = place_in(&from);
	if (error == 0)
		error = place_in(&to);
	if (error == 0)
		error = copy_range(td, &from, &to, a->len);
	if (error == 0)
		error = place_out(&from);
	if (error == 0)
		error = place_out(&to);
	file_release(from.pl_file);
	file_release(to.pl_file);
	return (error);
}
