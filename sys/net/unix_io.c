/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sockets within the machine: sending and receiving.
 *
 * Bytes are copied from and to user memory without the lock: the sender fills
 * a message before it knows for certain that it may be sent, the receiver marks
 * the queue as its own and takes out what it has copied.
 */
#include "lib/string.h"
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "fbsd/fcntl.h"
#include "fbsd/signal.h"
#include "proc/signal.h"
#include "net/unix_impl.h"
#include "vfs/vnode.h"
#include "vm/kmem.h"

#define CHUNK	      (16 * 1024ul) /* of a stream, in one message */
#define SMALL_MESSAGE 256	    /* small writes to a stream share one */

static size_t
message_size(const struct message *m)
{
	return (sizeof(*m) + m->m_room);
}

static struct message *
message_alloc(size_t n, bool stream)
{
	size_t room = stream ? MAX(n, SMALL_MESSAGE) : n;
	struct message *m = kmem_alloc(sizeof(*m) + room, 0);

	if (m == NULL)
		return (NULL);
	*m = (struct message){.m_length = n, .m_room = room};
	list_init(&m->m_link);
	return (m);
}

void
message_free(struct message *m)
{
	if (m->m_from != NULL)
		kmem_free(m->m_from, sizeof(*m->m_from));
	kmem_free(m, message_size(m));
}

void
message_unlink(struct socket *so, struct message *m)
{
	list_remove(&m->m_link);
	so->so_bytes -= m->m_length - m->m_start;
	so->so_used -= message_size(m);
}

/* Adds to a stream's last message what fits there whole. (l) */
static bool
merge(struct socket *to, const struct message *m)
{
	struct message *last;

	last = LIST_LAST(&to->so_messages, struct message, m_link);
	if (to->so_type != SOCK_STREAM || last == NULL ||
	    last->m_control != NULL || m->m_control != NULL ||
	    last->m_room - last->m_length < m->m_length)
		return (false);
	memcpy(last->m_data + last->m_length, m->m_data, m->m_length);
	last->m_length += m->m_length;
	to->so_bytes += m->m_length;
	return (true);
}

/* Puts a message into a queue; it may be freed by that. (l) */
static void
append(struct socket *to, struct message *m)
{
	if (merge(to, m)) {
		message_free(m);
	} else {
		if (m->m_control != NULL)
			rights_sent(m->m_control);
		list_push_back(&to->so_messages, &m->m_link);
		to->so_bytes += m->m_length;
		to->so_used += message_size(m);
	}
	cv_broadcast(&to->so_arrived);
	event_notify(&to->so_events, 0);
}

/* A call under way. */
struct transfer {
	struct thread *t_td;
	struct file *t_file;
	struct uio *t_uio;
	uint64_t t_deadline;
	bool t_nonblock;
};

/* timeout in ns; 0: none. */
static void
begin(struct transfer *t, struct thread *td, struct file *fp, struct uio *uio,
    int flags, uint64_t timeout)
{
	*t = (struct transfer){.t_td = td,
	    .t_file = fp,
	    .t_uio = uio,
	    .t_deadline = timeout == 0 ? NO_DEADLINE : clock_ns() + timeout,
	    .t_nonblock = (flags & MSG_DONTWAIT) != 0 ||
			  (atomic_load(&fp->f_flag) & O_NONBLOCK) != 0};
}

static int
wait_on(struct transfer *t, struct cv *cv)
{
	int error;

	if (t->t_nonblock)
		return (EAGAIN);
	error = cv_timedwait_sig(cv, &unix_lock, t->t_deadline);
	return (error == ETIMEDOUT ? EAGAIN : error);
}

/* Why so can't send to its peer; 0 if it can. (l) */
static int
cant_send(struct socket *so)
{
	int error = so->so_error;

	so->so_error = 0;
	if (so->so_cantsend)
		return (EPIPE);
	if (error != 0)
		return (error);
	if (so->so_peer == NULL)
		return (so->so_connected ? EPIPE : ENOTCONN);
	return (so->so_peer->so_cantrecv ? EPIPE : 0);
}

/* Until the peer has room for n bytes, or any if n is 0. (l) */
static int
wait_room(struct transfer *t, struct socket *so, size_t n, size_t *room)
{
	int error;

	while ((error = cant_send(so)) == 0) {
		*room = socket_room(so->so_peer);
		/* What is larger than all has to wait for all. */
		if (*room > 0 &&
		    (*room >= n || list_empty(&so->so_peer->so_messages)))
			return (0);
		error = wait_on(t, &so->so_room);
		if (error != 0)
			break;
	}
	return (error);
}

/* Streams and sequenced packets: one message. *cp is NULL once it is sent. */
static int
send_piece(
    struct transfer *t, struct socket *so, int flags, struct control **cp)
{
	bool stream = so->so_type == SOCK_STREAM;
	size_t room, n = t->t_uio->uio_resid;
	struct message *m;
	int error;

	mutex_lock(&unix_lock);
	error = !stream && n > so->so_sndbuf
		    ? EMSGSIZE
		    : wait_room(t, so, stream ? 0 : n, &room);
	mutex_unlock(&unix_lock);
	if (error != 0)
		return (error);
	if (stream)
		n = MIN(n, MIN(room, CHUNK));
	m = message_alloc(n, stream);
	if (m == NULL)
		return (ENOBUFS);
	m->m_eor = (flags & MSG_EOR) != 0;
	error = uiomove(m->m_data, n, t->t_uio);
	mutex_lock(&unix_lock);
	if (error == 0)
		error = cant_send(so);
	if (error == 0) {
		m->m_control = *cp;
		*cp = NULL;
		append(so->so_peer, m);
		m = NULL;
	} else {
		/* Not sent after all. */
		t->t_uio->uio_resid += error == EFAULT ? 0 : n;
	}
	mutex_unlock(&unix_lock);
	if (m != NULL)
		message_free(m);
	return (error);
}

static int
send_connected(
    struct transfer *t, struct socket *so, int flags, struct control **cp)
{
	int error;

	/* Bytes carry the files. */
	if (so->so_type == SOCK_STREAM && t->t_uio->uio_resid == 0) {
		if (*cp != NULL)
			return (EINVAL);
		mutex_lock(&unix_lock);
		error = cant_send(so);
		mutex_unlock(&unix_lock);
		return (error);
	}
	do
		error = send_piece(t, so, flags, cp);
	while (error == 0 && t->t_uio->uio_resid > 0);
	return (error);
}

/* Gives a datagram to a socket, or says why not. (l) */
static int
deliver(struct socket *so, struct socket *to, struct message *m, bool nonblock)
{
	if (to == NULL)
		return (ECONNREFUSED);
	if (to->so_type != SOCK_DGRAM)
		return (EPROTOTYPE);
	/* Who has chosen a peer hears from nobody else. */
	if (to->so_peer != NULL && to->so_peer != so)
		return (EPERM);
	if (to->so_cantrecv)
		return (ENOBUFS);
	if (socket_room(to) < message_size(m))
		return (nonblock ? EAGAIN : ENOBUFS);
	append(to, m);
	return (0);
}

/* (l) */
static int
dgram_target(struct socket *so, struct vnode *vp, struct socket **to)
{
	int error = so->so_error;

	so->so_error = 0;
	if (so->so_cantsend)
		return (EPIPE);
	if (vp != NULL && so->so_peer != NULL)
		return (EISCONN);
	if (error != 0)
		return (error);
	*to = vp != NULL ? vp->v_base->v_socket : so->so_peer;
	return (vp == NULL && *to == NULL ? ENOTCONN : 0);
}

/* A datagram from the uio. */
static int
make_dgram(struct transfer *t, struct socket *so, struct message **mp)
{
	size_t n = t->t_uio->uio_resid;
	struct message *m;
	int error;

	if (n > so->so_sndbuf)
		return (EMSGSIZE);
	m = message_alloc(n, false);
	if (m == NULL)
		return (ENOBUFS);
	error = uiomove(m->m_data, n, t->t_uio);
	if (error == 0 && so->so_addr.sun_len != 0) {
		m->m_from = kmem_alloc(sizeof(*m->m_from), 0);
		if (m->m_from != NULL)
			*m->m_from = so->so_addr;
		else
			error = ENOBUFS;
	}
	if (error != 0)
		message_free(m);
	*mp = m;
	return (error);
}

static int
send_dgram(struct transfer *t, struct socket *so, const char *path,
    struct control **cp)
{
	size_t asked = t->t_uio->uio_resid;
	struct vnode *vp = NULL;
	struct socket *to = NULL;
	struct message *m;
	int error;

	if (path != NULL) {
		error = socket_find(t->t_td, AT_FDCWD, path, &vp);
		if (error != 0)
			return (error);
	}
	error = make_dgram(t, so, &m);
	if (error == 0) {
		m->m_control = *cp;
		mutex_lock(&unix_lock);
		error = dgram_target(so, vp, &to);
		if (error == 0)
			error = deliver(so, to, m, t->t_nonblock);
		mutex_unlock(&unix_lock);
		if (error == 0)
			*cp = NULL;
		else
			message_free(m);
	}
	if (error != 0)
		t->t_uio->uio_resid = asked;
	if (vp != NULL)
		vnode_release(vp);
	return (error);
}

int
unix_send(struct thread *td, struct file *fp, struct uio *uio, int flags,
    const char *to, struct control *c)
{
	struct socket *so = fp->f_data;
	struct transfer t;
	int error;

	begin(&t, td, fp, uio, flags, so->so_sndtimeo);
	if ((flags & MSG_OOB) != 0)
		error = EOPNOTSUPP;
	else if (so->so_type == SOCK_DGRAM)
		error = send_dgram(&t, so, to, &c);
	else if (to != NULL)
		error = so->so_connected ? EISCONN : EOPNOTSUPP;
	else
		error = send_connected(&t, so, flags, &c);
	if (c != NULL)
		control_free(c);
	if (error == EPIPE && (flags & MSG_NOSIGNAL) == 0 &&
	    (so->so_options & SO_NOSIGPIPE) == 0)
		(void)sig_send_thread(td, SIGPIPE, NULL);
	return (error);
}

/*
 * Until there is something to receive and nobody else is about it; *eof if
 * there won't be. (l)
 */
static int
wait_message(struct transfer *t, struct socket *so, bool *eof)
{
	int error;

	for (*eof = false;;) {
		if (!so->so_receiving && !list_empty(&so->so_messages))
			return (0);
		if (so->so_error != 0) {
			error = so->so_error;
			so->so_error = 0;
			return (error);
		}
		*eof = so->so_cantrecv;
		if (so->so_type != SOCK_DGRAM && !*eof) {
			if (!so->so_connected)
				return (ENOTCONN);
			*eof = so->so_peer == NULL || so->so_peer->so_cantsend;
		}
		*eof = *eof && !so->so_receiving;
		if (*eof)
			return (0);
		error = wait_on(t, &so->so_arrived);
		if (error != 0)
			return (error);
	}
}

/* Room has come in so's queue. (l) */
static void
made_room(struct socket *so)
{
	struct socket *sender;

	if (so->so_type != SOCK_DGRAM) {
		if (so->so_peer == NULL)
			return;
		cv_broadcast(&so->so_peer->so_room);
		event_notify(&so->so_peer->so_events, 0);
		return;
	}
	LIST_FOREACH (sender, &so->so_senders, so_sender)
		event_notify(&sender->so_events, 0);
}

/* What to do with the files of a message that is received. */
static struct control *
take_control(struct message *m)
{
	struct control *c = m->m_control;

	m->m_control = NULL;
	if (c != NULL)
		rights_received(c);
	return (c);
}

/* (l) released while bytes are copied. At most the message's. */
static int
copy_out(struct transfer *t, struct message *m, size_t *moved)
{
	size_t before = t->t_uio->uio_resid;
	int error;

	*moved = MIN(before, m->m_length - m->m_start);
	mutex_unlock(&unix_lock);
	error = uiomove(m->m_data + m->m_start, *moved, t->t_uio);
	mutex_lock(&unix_lock);
	*moved = before - t->t_uio->uio_resid;
	return (error);
}

/* From the first messages of a stream, up to one with files. (l) */
static int
take_stream(
    struct transfer *t, struct socket *so, bool peek, struct control **cp)
{
	struct message *m, *next;
	size_t moved;
	int error = 0;

	m = LIST_FIRST(&so->so_messages, struct message, m_link);
	for (; m != NULL && error == 0 && t->t_uio->uio_resid > 0; m = next) {
		if (m->m_control != NULL && !peek) {
			if (*cp != NULL)
				break;
			*cp = take_control(m);
		}
		error = copy_out(t, m, &moved);
		next = LIST_NEXT(m, &so->so_messages, m_link);
		if (peek)
			continue;
		m->m_start += moved;
		so->so_bytes -= moved;
		if (m->m_start < m->m_length)
			break;
		message_unlink(so, m);
		message_free(m);
		/* What follows files isn't mixed with them. */
		if (*cp != NULL || (next != NULL && next->m_control != NULL))
			break;
	}
	return (error);
}

/* The first message, whole; what doesn't fit is lost. (l) */
static int
take_record(struct transfer *t, struct socket *so, int *flags,
    struct sockaddr_un *from, struct control **cp)
{
	struct message *m;
	size_t moved;
	int error;

	m = LIST_FIRST(&so->so_messages, struct message, m_link);
	error = copy_out(t, m, &moved);
	if (error == 0 && moved < m->m_length)
		*flags |= MSG_TRUNC;
	if (m->m_eor)
		*flags |= MSG_EOR;
	if (from != NULL && m->m_from != NULL)
		*from = *m->m_from;
	if ((*flags & MSG_PEEK) == 0) {
		*cp = take_control(m);
		message_unlink(so, m);
		message_free(m);
	}
	return (error);
}

/* One turn of receiving. (l) */
static int
receive_once(struct transfer *t, struct socket *so, int *flags,
    struct sockaddr_un *from, struct control **cp, bool *eof)
{
	int error;

	error = wait_message(t, so, eof);
	if (error != 0 || *eof)
		return (error);
	so->so_receiving = true;
	if (so->so_type == SOCK_STREAM)
		error = take_stream(t, so, (*flags & MSG_PEEK) != 0, cp);
	else
		error = take_record(t, so, flags, from, cp);
	so->so_receiving = false;
	cv_broadcast(&so->so_arrived);
	made_room(so);
	return (error);
}

int
unix_receive(struct thread *td, struct file *fp, struct uio *uio, int *flags,
    struct sockaddr_un *from, struct control **cp)
{
	struct socket *so = fp->f_data;
	struct control *c = NULL;
	struct transfer t;
	bool again, eof;
	int error;

	if ((*flags & MSG_OOB) != 0)
		return (EOPNOTSUPP);
	begin(&t, td, fp, uio, *flags, so->so_rcvtimeo);
	again = so->so_type == SOCK_STREAM && (*flags & MSG_WAITALL) != 0 &&
		(*flags & MSG_PEEK) == 0;
	*flags &= MSG_PEEK;
	mutex_lock(&unix_lock);
	if (so->so_type == SOCK_STREAM && uio->uio_resid == 0)
		error = so->so_connected ? 0 : ENOTCONN;
	else
		do
			error = receive_once(&t, so, flags, from, &c, &eof);
		while (error == 0 && again && !eof && c == NULL &&
		       uio->uio_resid > 0);
	mutex_unlock(&unix_lock);
	*flags &= ~MSG_PEEK;
	if (cp != NULL)
		*cp = c;
	else if (c != NULL)
		control_free(c);
	return (error);
}
