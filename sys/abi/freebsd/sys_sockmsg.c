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

/* The files of one SCM_RIGHTS. */
static int
take_files(struct thread *td, struct control *c, const char *data, size_t len)
{
	struct file *fp;
	int error, fd;

	for (; len >= sizeof(fd); len -= sizeof(fd), data += sizeof(fd)) {
		memcpy(&fd, data, sizeof(fd));
		error = fd_get(td, fd, 0, &fp);
		if (error != 0)
			return (error);
		if (!fp->f_ops->fo_passable || c->c_count == c->c_room) {
			file_release(fp);
			return (EOPNOTSUPP);
		}
		c->c_files[c->c_count++] = fp;
	}
	return (0);
}

/* Control messages, as the user gave them. */
static int
parse_control(
    struct thread *td, struct control *c, const char *buf, size_t size)
{
	struct cmsghdr h;
	int error = 0;

	while (error == 0 && size >= sizeof(h)) {
		memcpy(&h, buf, sizeof(h));
		if (h.cmsg_len < HEADER || h.cmsg_len > size ||
		    h.cmsg_level != SOL_SOCKET)
			return (EINVAL);
		if (h.cmsg_type == SCM_RIGHTS)
			error = take_files(
			    td, c, buf + HEADER, h.cmsg_len - HEADER);
		else if (h.cmsg_type == SCM_CREDS)
			control_set_cred(c, td);
		else
			return (EINVAL);
		buf += MIN(CMSG_ALIGN(h.cmsg_len), size);
		size -= MIN(CMSG_ALIGN(h.cmsg_len), size);
	}
	return (error != 0 || size == 0 ? error : EINVAL);
}

static int
copyin_control(struct thread *td, const struct msghdr *msg, struct control **cp)
{
	size_t size = msg->msg_controllen;
	struct control *c;
	char *buf;
	int error;

	*cp = NULL;
	if (msg->msg_control == NULL || size == 0)
		return (0);
	if (size < sizeof(struct cmsghdr) || size > CONTROL_MAX)
		return (EINVAL);
	buf = kmem_alloc(size, 0);
	c = control_alloc((unsigned)(size / sizeof(int)));
	if (buf == NULL || c == NULL)
		error = ENOBUFS;
	else
		error = copyin(msg->msg_control, buf, size);
	if (error == 0)
		error = parse_control(td, c, buf, size);
	if (buf != NULL)
		kmem_free(buf, size);
	if (error == 0)
		*cp = c;
	else if (c != NULL)
		control_free(c);
	return (error);
}

/* msg's name and control are user's, its data are the uio's. */
static int
send_msg(struct thread *td, int s, const struct msghdr *msg, struct uio *uio,
    int flags)
{
	size_t asked = uio->uio_resid;
	char path[SUN_PATH_MAX];
	struct control *c = NULL;
	struct sockaddr_un sun;
	struct file *fp;
	int error;

	error = socket_get(td, s, &fp);
	if (error != 0)
		return (error);
	if (msg->msg_name != NULL) {
		error = sockaddr_copyin(
		    &sun, msg->msg_name, msg->msg_namelen, NULL);
		if (error == 0)
			sockaddr_path(&sun, path);
	}
	if (error == 0)
		error = copyin_control(td, msg, &c);
	if (error == 0)
		error = unix_send(
		    td, fp, uio, flags, msg->msg_name != NULL ? path : NULL, c);
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

int
sys_recvfrom(struct thread *td, const struct recvfrom_args *a)
{
	struct sockaddr_un from = {
	    .sun_len = sizeof(struct sockaddr), .sun_family = AF_UNIX};
	size_t asked = a->len;
	int error, flags = a->flags;
	struct iovec iov;
	struct file *fp;
	struct uio uio;

	if (asked > IOSIZE_MAX)
		return (EINVAL);
	error = socket_get(td, a->s, &fp);
	if (error != 0)
		return (error);
	uio_init(&uio, &iov, (uint64_t)a->buf, asked, 0, true, false);
	error = unix_receive(td, fp, &uio, &flags, &from, NULL);
	file_release(fp);
	error = finish(td, &uio, asked, error);
	if (error == 0 && a->from != NULL)
		error = sockaddr_copyout(&from, a->from, a->fromlenaddr);
	return (error);
}

/* Where received control messages are put together. */
struct builder {
	char *b_buf;
	size_t b_size; /* of it, and of the user's */
	size_t b_used;
};

/* A header with room for n bytes behind it; NULL if it doesn't fit. */
static char *
add_header(struct builder *b, int type, size_t n)
{
	struct cmsghdr h = {.cmsg_len = (uint32_t)CMSG_LEN(n),
	    .cmsg_level = SOL_SOCKET,
	    .cmsg_type = type};
	char *at = b->b_buf + b->b_used;

	if (b->b_size < b->b_used || b->b_size - b->b_used < CMSG_LEN(n))
		return (NULL);
	memcpy(at, &h, sizeof(h));
	b->b_used += CMSG_SPACE(n);
	return (at + HEADER);
}

/* Descriptors for the files; all or none, for the rest can't be named. */
static int
install_files(struct thread *td, struct control *c, struct builder *b, int uf)
{
	char *data = add_header(b, SCM_RIGHTS, c->c_count * sizeof(int));
	int error, fd;

	if (data == NULL)
		return (EMSGSIZE);
	for (unsigned i = 0; i < c->c_count; i++) {
		error = fd_install(td, c->c_files[i], 0, uf, &fd);
		if (error != 0) {
			while (i-- > 0) {
				memcpy(&fd, data + i * sizeof(fd), sizeof(fd));
				(void)fd_close(td, fd);
			}
			b->b_used = 0;
			return (error);
		}
		memcpy(data + i * sizeof(fd), &fd, sizeof(fd));
	}
	return (0);
}

/* Closes what install_files() made. */
static void
uninstall_files(struct thread *td, unsigned count, const char *data)
{
	int fd;

	for (unsigned i = 0; i < count; i++) {
		memcpy(&fd, data + i * sizeof(fd), sizeof(fd));
		(void)fd_close(td, fd);
	}
}

/* c to the user, as far as there is room; frees it. */
static int
copyout_control(
    struct thread *td, struct control *c, struct msghdr *msg, int flags)
{
	int uf = (flags & MSG_CMSG_CLOEXEC) != 0 ? UF_EXCLOSE : 0;
	struct builder b = {
	    .b_size = MIN(msg->msg_controllen, 2 * CONTROL_MAX)};
	unsigned count = 0;
	char *data;
	int error = 0;

	b.b_buf = kmem_alloc(3 * CONTROL_MAX, KM_ZERO);
	if (b.b_buf == NULL)
		b.b_size = 0;
	if (c->c_count > 0) {
		if (install_files(td, c, &b, uf) == 0)
			count = c->c_count;
		else
			msg->msg_flags |= MSG_CTRUNC;
	}
	if (c->c_has_cred) {
		data = add_header(&b, SCM_CREDS, sizeof(c->c_cred));
		if (data != NULL)
			memcpy(data, &c->c_cred, sizeof(c->c_cred));
		else
			msg->msg_flags |= MSG_CTRUNC;
	}
	msg->msg_controllen = (uint32_t)MIN(b.b_used, b.b_size);
	if (b.b_buf != NULL) {
		error = copyout(b.b_buf, msg->msg_control, msg->msg_controllen);
		if (error != 0)
			uninstall_files(td, count, b.b_buf + HEADER);
		kmem_free(b.b_buf, 3 * CONTROL_MAX);
	}
	control_free(c);
	return (error);
}

/* What came besides the data. */
static int
copyout_rest(struct thread *td, struct msghdr *msg,
    const struct sockaddr_un *from, struct control *c, int flags)
{
	int error = 0;

	if (msg->msg_name != NULL) {
		error = copyout(
		    from, msg->msg_name, MIN(msg->msg_namelen, from->sun_len));
		msg->msg_namelen = from->sun_len;
	}
	if (c == NULL) {
		msg->msg_controllen = 0;
	} else if (error != 0 || msg->msg_control == NULL) {
		msg->msg_flags |= MSG_CTRUNC;
		msg->msg_controllen = 0;
		control_free(c);
	} else {
		error = copyout_control(td, c, msg, flags);
	}
	return (error);
}

static int
receive_msg(
    struct thread *td, int s, struct msghdr *msg, struct uio *uio, int flags)
{
	struct sockaddr_un from = {
	    .sun_len = sizeof(struct sockaddr), .sun_family = AF_UNIX};
	size_t asked = uio->uio_resid;
	struct control *c = NULL;
	int error, got = flags;
	struct file *fp;

	error = socket_get(td, s, &fp);
	if (error != 0)
		return (error);
	error = unix_receive(td, fp, uio, &got, &from, &c);
	file_release(fp);
	error = finish(td, uio, asked, error);
	if (error != 0) {
		if (c != NULL)
			control_free(c);
		return (error);
	}
	msg->msg_flags = got;
	return (copyout_rest(td, msg, &from, c, flags));
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
