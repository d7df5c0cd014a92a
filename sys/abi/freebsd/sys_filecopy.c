/* SPDX-License-Identifier: BSD-2-Clause */
/* sendfile(2) and copy_file_range(2). */
#include "fbsd/errno.h"
#include "fbsd/fcntl.h"
#include "abi/freebsd/sysargs.h"
#include "amd64/md.h"
#include "file/filecopy.h"
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

/* Writes a user's list of buffers to a descriptor; adds to *sent. */
static int
send_list(struct thread *td, int fd, uint64_t list, int count, off_t *sent)
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
	error = kern_writev(td, fd, &uio, -1);
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

	error = send_list(td, a->s, h->headers, h->hdr_cnt, sent);
	if (error != 0)
		return (error);
	error = file_copy(td, from, &offset, to, NULL, len, &moved);
	*sent += (off_t)moved;
	if (error == 0)
		error = send_list(td, a->s, h->trailers, h->trl_cnt, sent);
	return (error);
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
	error = fd_get(td, a->s, FWRITE, &to);
	if (error != 0) {
		file_release(from);
		return (error);
	}
	if (from->f_type != DTYPE_VNODE && from->f_type != DTYPE_SHM)
		error = EINVAL;
	else
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

/* Offsets come and go by reference; NULL: the file's own. */
static int
offset_in(const off_t __user *uoff, off_t *off, off_t **offp)
{
	*offp = uoff == NULL ? NULL : off;
	if (uoff == NULL)
		return (0);
	return (copyin(uoff, off, sizeof(*off)));
}

static int
copy_range(struct thread *td, const struct copy_file_range_args *a,
    struct file *from, struct file *to)
{
	off_t in, out, *inp, *outp;
	size_t moved;
	int error;

	if (from->f_type != DTYPE_VNODE || to->f_type != DTYPE_VNODE)
		return (EINVAL);
	if (from->f_vnode->v_type == VDIR)
		return (EISDIR);
	if (from->f_vnode->v_type != VREG || to->f_vnode->v_type != VREG)
		return (EINVAL);
	if ((atomic_load(&to->f_flag) & O_APPEND) != 0)
		return (EBADF);
	error = offset_in(a->inoffp, &in, &inp);
	if (error == 0)
		error = offset_in(a->outoffp, &out, &outp);
	if (error != 0)
		return (error);
	if ((inp != NULL && in < 0) || (outp != NULL && out < 0))
		return (EINVAL);
	/* Ranges of one file mustn't overlap. */
	if (from->f_vnode == to->f_vnode) {
		off_t i = inp != NULL ? in : from->f_offset;
		off_t o = outp != NULL ? out : to->f_offset;

		if ((uint64_t)(i < o ? o - i : i - o) < a->len)
			return (EINVAL);
	}
	error = file_copy(td, from, inp, to, outp, a->len, &moved);
	if (moved > 0)
		error = 0;
	if (error == 0 && inp != NULL)
		error = copyout(inp, a->inoffp, sizeof(*inp));
	if (error == 0 && outp != NULL)
		error = copyout(outp, a->outoffp, sizeof(*outp));
	td->td_retval[0] = moved;
	return (error);
}

int
sys_copy_file_range(struct thread *td, const struct copy_file_range_args *a)
{
	struct file *from, *to;
	int error;

	if (a->flags != 0 || a->len > IOSIZE_MAX)
		return (EINVAL);
	error = fd_get(td, a->infd, FREAD, &from);
	if (error != 0)
		return (error);
	error = fd_get(td, a->outfd, FWRITE, &to);
	if (error == 0) {
		error = copy_range(td, a, from, to);
		file_release(to);
	}
	file_release(from);
	return (error);
}
