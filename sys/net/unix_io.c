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

/* The memory that it takes. */
static size_t
message_size(const struct message *m)
{
	return (sizeof(*m) + m->m_room + m->m_beside);
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
	kmem_free(m, sizeof(*m) + m->m_room);
}

/* (l) Something that so receives from now on; first: before all else. */
static void
queue_message(struct socket *so, struct queue *q, struct message *m, bool first)
{
	if (first)
		list_push_front(&q->q_messages, &m->m_link);
	else
		list_push_back(&q->q_messages, &m->m_link);
	so->so_bytes += m->m_length - m->m_start;
	q->q_used += message_size(m);
}

void
message_unlink(struct socket *so, struct queue *q, struct message *m)
{
	list_remove(&m->m_link);
	so->so_bytes -= m->m_length - m->m_start;
	q->q_used -= message_size(m);
	if (q == &so->so_queue)
		so->so_peeked = false;
	else if (list_empty(&q->q_messages))
		list_remove(&container_of(q, struct socket, so_sent)->so_turn);
}

void
socket_flush(struct socket *so, struct list *doomed)
{
	struct message *m;
	struct queue *q;

	while ((q = socket_next(so)) != NULL) {
		m = LIST_FIRST(&q->q_messages, struct message, m_link);
		message_unlink(so, q, m);
		list_push_back(doomed, &m->m_link);
	}
}

/* Adds to a stream's last message what fits there whole. (l) */
static bool
merge(struct socket *to, const struct message *m)
{
	struct message *last;

	last = LIST_LAST(&to->so_queue.q_messages, struct message, m_link);
	if (to->so_type != SOCK_STREAM || last == NULL ||
	    last->m_control != NULL || m->m_control != NULL ||
	    last->m_room - last->m_length < m->m_length)
		return (false);
	memcpy(last->m_data + last->m_length, m->m_data, m->m_length);
	last->m_length += m->m_length;
	to->so_bytes += m->m_length;
	return (true);
}

/* Gives to a message and what goes beside it; it may be freed by that. (l) */
static void
append(struct socket *to, struct queue *q, struct message *m)
{
	if (merge(to, m)) {
		message_free(m);
	} else {
		rights_sent(m->m_control);
		queue_message(to, q, m, false);
	}
	cv_broadcast(&to->so_arrived);
	event_notify(&to->so_events, 0);
}

/*
 * Who receives from so wants to know who sends, by *option of LOCAL_*: in
 * place of what the sender says of that himself.  cred is used up.
 */
static void
add_credentials(struct control **cp, struct control *cred)
{
	struct control **at = cp, *c;

	while ((c = *at) != NULL) {
		if (c->c_type != SCM_CREDS) {
			at = &c->c_next;
			continue;
		}
		*at = c->c_next;
		c->c_next = NULL;
		control_free(c);
	}
	cred->c_next = *cp;
	*cp = cred;
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
		*room = socket_room(so);
		/* What is larger than all has to wait for all. */
		if (*room > 0 &&
		    (*room >= n || socket_next(so->so_peer) == NULL))
			return (0);
		error = wait_on(t, &so->so_room);
		if (error != 0)
			break;
	}
	return (error);
}

/*
 * (l) The peer wants to know who sends; with LOCAL_CREDS once only.  The lock
 * is released meanwhile.
 */
static int
identify(struct transfer *t, struct socket *so, struct control **cp)
{
	int option = so->so_peer->so_wantcred;
	struct control *cred;

	if (option == 0)
		return (0);
	if (option == LOCAL_CREDS)
		so->so_peer->so_wantcred = 0;
	mutex_unlock(&unix_lock);
	cred = rights_credentials(t->t_td, option);
	if (cred != NULL)
		add_credentials(cp, cred);
	mutex_lock(&unix_lock);
	return (cred != NULL ? 0 : ENOBUFS);
}

/* (l) Waits for room, and says how much of a message there is. */
static int
prepare_piece(
    struct transfer *t, struct socket *so, size_t *n, struct control **cp)
{
	bool stream = so->so_type == SOCK_STREAM;
	size_t room;
	int error;

	if (!stream && *n > so->so_sndbuf)
		return (EMSGSIZE);
	error = wait_room(t, so, stream ? 0 : *n, &room);
	if (error == 0)
		error = identify(t, so, cp);
	if (stream)
		*n = MIN(*n, MIN(room, CHUNK));
	return (error);
}

/* Streams and sequenced packets: one message. *cp is NULL once it is sent. */
static int
send_piece(
    struct transfer *t, struct socket *so, int flags, struct control **cp)
{
	size_t n = t->t_uio->uio_resid;
	struct message *m;
	int error;

	mutex_lock(&unix_lock);
	error = prepare_piece(t, so, &n, cp);
	mutex_unlock(&unix_lock);
	if (error != 0)
		return (error);
	m = message_alloc(n, so->so_type == SOCK_STREAM);
	if (m == NULL)
		return (ENOBUFS);
	m->m_eor = (flags & MSG_EOR) != 0;
	error = uiomove(m->m_data, n, t->t_uio);
	mutex_lock(&unix_lock);
	if (error == 0)
		error = cant_send(so);
	if (error == 0) {
		m->m_control = *cp;
		m->m_beside = control_size(*cp);
		*cp = NULL;
		append(so->so_peer, &so->so_peer->so_queue, m);
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

/*
 * Gives a datagram to a socket, or says why not.  A socket's peers each have a
 * queue of their own there, so that none can fill it for the others; who sends
 * seldom comes first. (l)
 */
static int
deliver(struct socket *so, struct socket *to, struct message *m, bool nonblock)
{
	bool connected = so->so_peer != NULL;
	struct queue *q = connected ? &so->so_sent : &to->so_queue;
	size_t limit = connected ? so->so_sndbuf : to->so_rcvbuf;

	if (to->so_cantrecv || q->q_used >= limit ||
	    limit - q->q_used < message_size(m))
		return (nonblock ? EAGAIN : ENOBUFS);
	if (connected && list_empty(&q->q_messages))
		list_push_front(&to->so_turns, &so->so_turn);
	append(to, q, m);
	return (0);
}

/* (l) Whether so may send a datagram, to somebody else than its peer. */
static int
may_send_dgram(struct socket *so, bool named)
{
	int error = so->so_error;

	so->so_error = 0;
	if (so->so_cantsend)
		return (EPIPE);
	if (error != 0)
		return (error);
	if (named)
		return (so->so_peer != NULL ? EISCONN : 0);
	return (so->so_peer == NULL ? EDESTADDRREQ : 0);
}

/* (l) Who gets a datagram: so's peer, or without one, who is bound to vp. */
static int
dgram_target(struct socket *so, struct vnode *vp, struct socket **to)
{
	int error = may_send_dgram(so, vp != NULL);

	if (error != 0)
		return (error);
	*to = vp != NULL ? vp->v_base->v_socket : so->so_peer;
	if (*to == NULL)
		return (ECONNREFUSED);
	return ((*to)->so_type != SOCK_DGRAM ? EPROTOTYPE : 0);
}

/* A datagram from the uio. */
static int
make_dgram(struct transfer *t, struct socket *so, struct message **mp)
{
	size_t n = t->t_uio->uio_resid;
	struct message *m;
	int error;

	if (n > atomic_load(&unix_dgram_max))
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

/* The message to so's peer, or to who is bound to vp. */
static int
send_to(struct transfer *t, struct socket *so, struct vnode *vp,
    struct message *m, struct control **cp)
{
	struct control *cred = NULL;
	struct socket *to;
	int error, option = 0;

	mutex_lock(&unix_lock);
	error = dgram_target(so, vp, &to);
	if (error == 0)
		option = to->so_wantcred;
	mutex_unlock(&unix_lock);
	if (option != 0) {
		cred = rights_credentials(t->t_td, option);
		if (cred == NULL)
			return (ENOBUFS);
		add_credentials(cp, cred);
	}
	if (error != 0)
		return (error);
	m->m_control = *cp;
	m->m_beside = control_size(*cp);
	mutex_lock(&unix_lock);
	error = dgram_target(so, vp, &to);
	if (error == 0)
		error = deliver(so, to, m, t->t_nonblock);
	mutex_unlock(&unix_lock);
	if (error == 0)
		*cp = NULL;
	return (error);
}

static int
send_dgram(struct transfer *t, struct socket *so, const char *path,
    struct control **cp)
{
	size_t asked = t->t_uio->uio_resid;
	struct vnode *vp = NULL;
	struct message *m;
	int error;

	error = make_dgram(t, so, &m);
	if (error != 0) {
		t->t_uio->uio_resid = asked;
		return (error);
	}
	mutex_lock(&unix_lock);
	error = may_send_dgram(so, path != NULL);
	mutex_unlock(&unix_lock);
	if (error == 0 && path != NULL)
		error = socket_find(t->t_td, AT_FDCWD, path, &vp);
	if (error == 0)
		error = send_to(t, so, vp, m, cp);
	if (error != 0) {
		message_free(m);
		t->t_uio->uio_resid = asked;
	}
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
		if (!so->so_receiving && socket_next(so) != NULL)
			return (0);
		if (so->so_error != 0) {
			error = so->so_error;
			so->so_error = 0;
			return (error);
		}
		*eof = so->so_cantrecv;
		if (so->so_type == SOCK_DGRAM) {
			*eof = *eof || t->t_uio->uio_resid == 0;
		} else if (!*eof) {
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

/* Room has come in what so receives, by a message out of q. (l) */
static void
made_room(struct socket *so, struct queue *q)
{
	struct socket *sender;

	if (so->so_type != SOCK_DGRAM)
		sender = so->so_peer;
	else
		sender = q != &so->so_queue
			     ? container_of(q, struct socket, so_sent)
			     : NULL;
	if (sender == NULL)
		return;
	cv_broadcast(&sender->so_room);
	event_notify(&sender->so_events, 0);
}

/*
 * (l) What came beside the bytes, before they are taken; released meanwhile.
 * EMSGSIZE: there were no descriptors for the files, and they are closed.
 */
static int
take_control(struct transfer *t, struct message *m, struct received *r)
{
	struct control *c = m->m_control;
	int error = 0;

	if (c == NULL)
		return (0);
	m->m_control = NULL;
	rights_received(c);
	mutex_unlock(&unix_lock);
	if (r->r_want_control)
		error = control_number(t->t_td, c,
		    (r->r_flags & MSG_CMSG_CLOEXEC) != 0 ? UF_EXCLOSE : 0);
	if (error != 0 || !r->r_want_control) {
		control_free(c);
		c = NULL;
	}
	r->r_control = c;
	mutex_lock(&unix_lock);
	return (error);
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
take_stream(struct transfer *t, struct socket *so, struct received *r)
{
	bool peek = (r->r_flags & MSG_PEEK) != 0, beside = false;
	struct queue *q = &so->so_queue;
	struct message *m, *next;
	size_t moved;
	int error = 0;

	m = LIST_FIRST(&q->q_messages, struct message, m_link);
	for (; m != NULL && error == 0 && t->t_uio->uio_resid > 0; m = next) {
		if (m->m_control != NULL && !peek) {
			beside = true;
			error = take_control(t, m, r);
			if (error != 0)
				break;
		}
		error = copy_out(t, m, &moved);
		next = LIST_NEXT(m, &q->q_messages, m_link);
		if (peek)
			continue;
		m->m_start += moved;
		so->so_bytes -= moved;
		if (m->m_start < m->m_length)
			break;
		message_unlink(so, q, m);
		message_free(m);
		/* What follows files isn't mixed with them. */
		if (beside || (next != NULL && next->m_control != NULL))
			break;
	}
	made_room(so, q);
	return (error);
}

/* (l) What there is to say of a packet, of which so much was moved. */
static void
describe(const struct message *m, size_t moved, struct received *r)
{
	if (moved < m->m_length) {
		/* Who asks is told of datagrams how long they were. */
		if ((r->r_flags & MSG_TRUNC) != 0)
			r->r_cut = m->m_length - moved;
		r->r_flags |= MSG_TRUNC;
	} else {
		r->r_flags &= ~MSG_TRUNC;
	}
	if (m->m_eor)
		r->r_flags |= MSG_EOR;
	if (m->m_from != NULL)
		r->r_from = *m->m_from;
}

/* The first packet, whole; what doesn't fit is lost. (l) */
static int
take_packet(struct transfer *t, struct socket *so, struct received *r)
{
	struct queue *q = &so->so_queue;
	struct message *m = LIST_FIRST(&q->q_messages, struct message, m_link);
	size_t moved;
	int error = 0;

	if ((r->r_flags & MSG_PEEK) == 0)
		error = take_control(t, m, r);
	if (error != 0)
		return (error);
	error = copy_out(t, m, &moved);
	r->r_flags &= ~MSG_TRUNC;
	describe(m, moved, r);
	r->r_cut = 0;
	if ((r->r_flags & MSG_PEEK) == 0) {
		message_unlink(so, q, m);
		message_free(m);
		made_room(so, q);
	}
	return (error);
}

/* The next datagram, whole, which is lost when something fails. (l) */
static int
take_dgram(struct transfer *t, struct socket *so, struct received *r)
{
	struct queue *q = socket_next(so);
	struct message *m = LIST_FIRST(&q->q_messages, struct message, m_link);
	bool peek = (r->r_flags & MSG_PEEK) != 0;
	size_t moved = 0;
	int error = 0;

	message_unlink(so, q, m);
	made_room(so, q);
	if (peek) {
		/* What was looked at is what comes next. */
		queue_message(so, &so->so_queue, m, true);
		so->so_peeked = true;
	} else {
		error = take_control(t, m, r);
	}
	if (error == 0)
		error = copy_out(t, m, &moved);
	if (error == 0)
		describe(m, moved, r);
	if (!peek)
		message_free(m);
	return (error);
}

/* One turn of receiving. (l) */
static int
receive_once(
    struct transfer *t, struct socket *so, struct received *r, bool *eof)
{
	int error;

	error = wait_message(t, so, eof);
	if (error != 0 || *eof)
		return (error);
	so->so_receiving = true;
	if (so->so_type == SOCK_STREAM)
		error = take_stream(t, so, r);
	else if (so->so_type == SOCK_DGRAM)
		error = take_dgram(t, so, r);
	else
		error = take_packet(t, so, r);
	so->so_receiving = false;
	cv_broadcast(&so->so_arrived);
	return (error);
}

int
unix_receive(
    struct thread *td, struct file *fp, struct uio *uio, struct received *r)
{
	struct socket *so = fp->f_data;
	bool again, eof = false;
	struct transfer t;
	int error = 0;

	if ((r->r_flags & MSG_OOB) != 0)
		return (EOPNOTSUPP);
	begin(&t, td, fp, uio, r->r_flags, so->so_rcvtimeo);
	again = so->so_type == SOCK_STREAM && (r->r_flags & MSG_WAITALL) != 0 &&
		(r->r_flags & MSG_PEEK) == 0;
	mutex_lock(&unix_lock);
	if (so->so_type == SOCK_STREAM && uio->uio_resid == 0)
		error = so->so_connected ? 0 : ENOTCONN;
	else
		do
			error = receive_once(&t, so, r, &eof);
		while (error == 0 && again && !eof && r->r_control == NULL &&
		       uio->uio_resid > 0);
	mutex_unlock(&unix_lock);
	if (so->so_type == SOCK_STREAM || eof)
		r->r_flags &= ~MSG_TRUNC;
	r->r_flags &= MSG_TRUNC | MSG_EOR;
	return (error);
}
