/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets: the system calls that send and receive. */
#include "abi/freebsd/sockaddr.h"
#include "abi/freebsd/sysargs.h"
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "proc/signal.h"
#include "kern/uio.h"
#include "lib/string.h"
#include "vm/kmem.h"

#define CONTROL_MAX 2048 /* bytes of control messages */
#define HEADER	    CMSG_ALIGN(sizeof(struct cmsghdr))

/* What was moved counts more than why it ended. */
static int
finish(struct thread *td, const struct uio *uio, size_t asked, int error)
{
	if (uio->uio_resid != asked &&
	    (error == EINTR || error == ERESTART || error == EAGAIN))
		error = 0;
	if (error == 0)
		td->td_retval[0] = asked - uio->uio_resid;
	return (error);
}

/* Control messages, as the user gave them; *cp is what was made of them, also
 * after an error. */
static int
parse_control(struct thread *td, struct file *fp, const char *buf, size_t size,
    struct control **cp)
{
	struct cmsghdr h;
	size_t step;
	int error = 0;

	while (error == 0 && size >= sizeof(h)) {
		memcpy(&h, buf, sizeof(h));
		if (h.cmsg_len < HEADER || h.cmsg_len > size ||
		    h.cmsg_level != SOL_SOCKET)
			return (EINVAL);
		error = so_control(
		    td, fp, h.cmsg_type, buf + HEADER, h.cmsg_len - HEADER, cp);
		if (*cp != NULL)
			cp = &(*cp)->c_next;
		step = MIN(CMSG_ALIGN(h.cmsg_len), size);
		buf += step;
		size -= step;
	}
	return (error != 0 || size == 0 ? error : EINVAL);
}

static int
copyin_control(struct thread *td, struct file *fp, const struct msghdr *msg,
    struct control **cp)
{
	size_t size = msg->msg_controllen;
	char *buf;
	int error;

	*cp = NULL;
	if (msg->msg_control == NULL || size == 0)
		return (0);
	if (size < sizeof(struct cmsghdr) || size > CONTROL_MAX)
		return (EINVAL);
	buf = kmem_alloc(size, 0);
	if (buf == NULL)
		return (ENOBUFS);
	error = copyin(msg->msg_control, buf, size);
	if (error == 0)
		error = parse_control(td, fp, buf, size, cp);
	kmem_free(buf, size);
	if (error != 0) {
		control_free(*cp);
		*cp = NULL;
	}
	return (error);
}

/* msg's name and control are user's, its data are the uio's. */
static int
send_msg(struct thread *td, int s, const struct msghdr *msg, struct uio *uio,
    int flags)
{
	size_t asked = uio->uio_resid;
	struct control *c = NULL;
	union address to;
	struct file *fp;
	int error;

	error = socket_get(td, s, &fp);
	if (error != 0)
		return (error);
	if (msg->msg_name != NULL)
		error = address_copyin(&to, msg->msg_name, msg->msg_namelen);
	if (error == 0)
		error = copyin_control(td, fp, msg, &c);
	if (error == 0)
		error = so_send(
		    td, fp, uio, flags, msg->msg_name != NULL ? &to : NULL, c);
	file_release(fp);
	return (finish(td, uio, asked, error));
}

int
sys_sendto(struct thread *td, const struct sendto_args *a)
{
	struct msghdr msg = {
	    .msg_name = a->to, .msg_namelen = (uint32_t)a->tolen};
	struct iovec iov;
	struct uio uio;

	if (a->len > IOSIZE_MAX)
		return (EINVAL);
	uio_init(&uio, &iov, (uint64_t)a->buf, a->len, 0, true, true);
	return (send_msg(td, a->s, &msg, &uio, a->flags));
}

/* The header and its list of buffers; *first: for uio_done(). */
static int
copyin_msg(const void __user *umsg, struct msghdr *msg, struct uio *uio,
    struct iovec small[8], struct iovec **first, bool write)
{
	int error;

	error = copyin(umsg, msg, sizeof(*msg));
	if (error == 0 && (msg->msg_iovlen < 0 || msg->msg_iovlen > IOV_MAX))
		error = EMSGSIZE;
	if (error == 0)
		error = uio_copyin(
		    uio, msg->msg_iov, msg->msg_iovlen, 0, write, small);
	if (error == 0)
		*first = uio->uio_iov;
	return (error);
}

int
sys_sendmsg(struct thread *td, const struct sendmsg_args *a)
{
	struct iovec small[8], *first;
	struct msghdr msg;
	struct uio uio;
	int error;

	error = copyin_msg(a->msg, &msg, &uio, small, &first, true);
	if (error != 0)
		return (error);
	error = send_msg(td, a->s, &msg, &uio, a->flags);
	uio_done(&uio, first, small);
	return (error);
}

/* Receives; what was moved counts, and with MSG_TRUNC what was cut off too. */
static int
receive(struct thread *td, int s, struct uio *uio, struct received *r)
{
	size_t asked = uio->uio_resid;
	struct file *fp;
	int error;

	error = socket_get(td, s, &fp);
	if (error != 0)
		return (error);
	error = so_receive(td, fp, uio, r);
	file_release(fp);
	error = finish(td, uio, asked, error);
	if (error == 0)
		td->td_retval[0] += r->r_cut;
	return (error);
}

int
sys_recvfrom(struct thread *td, const struct recvfrom_args *a)
{
	union address from;
	struct received r = {
	    .r_flags = a->flags, .r_from = a->from != NULL ? &from : NULL};
	struct iovec iov;
	struct uio uio;
	int error;

	if (a->len > IOSIZE_MAX)
		return (EINVAL);
	uio_init(&uio, &iov, (uint64_t)a->buf, a->len, 0, true, false);
	error = receive(td, a->s, &uio, &r);
	if (error == 0 && a->from != NULL)
		error = address_copyout(&from, a->from, a->fromlenaddr);
	return (error);
}

/* One message into the user's room of size bytes; *used: how many of them. */
static int
copyout_one(const struct control *c, char __user *to, size_t size, size_t *used)
{
	struct cmsghdr h = {.cmsg_len = (uint32_t)CMSG_LEN(c->c_length),
	    .cmsg_level = c->c_level,
	    .cmsg_type = c->c_type};
	int error;

	error = copyout(&h, to, sizeof(h));
	if (error == 0)
		error = copyout(control_data(c), to + HEADER, c->c_length);
	*used = MIN(CMSG_SPACE(c->c_length), size);
	return (error);
}

/* UF_* of descriptors that come with a message. */
static int
number_flags(int flags)
{
	return (((flags & MSG_CMSG_CLOEXEC) != 0 ? UF_EXCLOSE : 0) |
		((flags & MSG_CMSG_CLOFORK) != 0 ? UF_FOCLOSE : 0));
}

/*
 * The messages as far as there is room, and no further than the first that
 * doesn't fit.  What got there is taken out of *list.
 */
static int
copyout_control(struct control **list, struct msghdr *msg, int uf)
{
	size_t size = msg->msg_controllen, done = 0, used;
	char __user *to = msg->msg_control;
	struct control **at = list, *rest;
	int error = 0;

	while (error == 0 && *at != NULL &&
	       size - done >= CMSG_LEN((*at)->c_length)) {
		error = copyout_one(*at, to + done, size - done, &used);
		done += used;
		if (error == 0)
			at = &(*at)->c_next;
	}
	msg->msg_controllen = (uint32_t)done;
	if (error != 0)
		return (error);
	rest = *at;
	*at = NULL;
	control_fill(*list, uf);
	control_free(*list);
	*list = rest;
	return (0);
}

static int
receive_msg(
    struct thread *td, int s, struct msghdr *msg, struct uio *uio, int flags)
{
	union address from;
	struct received r = {.r_flags = flags,
	    .r_want_control = msg->msg_control != NULL,
	    .r_from = msg->msg_name != NULL ? &from : NULL};
	int error;

	error = receive(td, s, uio, &r);
	/* What was asked for is told, too. */
	msg->msg_flags = (flags & ~(MSG_TRUNC | MSG_EOR)) | r.r_flags;
	if (error == 0 && msg->msg_name != NULL) {
		error = copyout(&from, msg->msg_name,
		    MIN(msg->msg_namelen, from.sa.sa_len));
		msg->msg_namelen = from.sa.sa_len;
	}
	if (error == 0)
		error = copyout_control(&r.r_control, msg, number_flags(flags));
	if (r.r_control != NULL) {
		msg->msg_flags |= MSG_CTRUNC;
		control_discard(r.r_control);
	}
	return (error);
}

int
sys_recvmsg(struct thread *td, const struct recvmsg_args *a)
{
	struct iovec small[8], *first;
	struct msghdr msg;
	struct uio uio;
	int error;

	error = copyin_msg(a->msg, &msg, &uio, small, &first, false);
	if (error != 0)
		return (error);
	error = receive_msg(td, a->s, &msg, &uio, a->flags);
	uio_done(&uio, first, small);
	return (error != 0 ? error : copyout(&msg, a->msg, sizeof(msg)));
}
