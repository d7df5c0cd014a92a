/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets: messages, sending and receiving. */
#include "lib/string.h"
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "fbsd/fcntl.h"
#include "fbsd/signal.h"
#include "net/protosw.h"
#include "proc/signal.h"
#include "vm/kmem.h"

#define CHUNK	      (16 * 1024ul) /* of a stream, in one message */
#define SMALL_MESSAGE 256	    /* small writes to a stream share one */

static bool
atomic(const struct socket *so)
{
	return ((so->so_proto->pr_flags & PR_ATOMIC) != 0);
}

static bool
datagrams(const struct socket *so)
{
	return ((so->so_proto->pr_flags & PR_DATAGRAMS) != 0);
}

void
queue_init(struct queue *q, struct socket *sender)
{
	list_init(&q->q_messages);
	list_init(&q->q_turn);
	q->q_used = 0;
	q->q_sender = sender;
}

size_t
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
	control_free(m->m_control);
	if (m->m_from != NULL)
		kmem_free(m->m_from, m->m_from->sa_len);
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

/* (l) */
static void
message_unlink(struct socket *so, struct queue *q, struct message *m)
{
	list_remove(&m->m_link);
	so->so_bytes -= m->m_length - m->m_start;
	q->q_used -= message_size(m);
	if (q == &so->so_queue)
		so->so_peeked = false;
	else if (list_empty(&q->q_messages))
		list_remove(&q->q_turn);
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

void
socket_keep(struct socket *so, struct queue *q)
{
	list_splice(&so->so_queue.q_messages, &q->q_messages);
	so->so_queue.q_used += q->q_used;
	q->q_used = 0;
	list_remove(&q->q_turn);
}

/* (l) Adds to a stream's last message what fits there whole. */
static bool
merge(struct socket *so, struct queue *q, const struct message *m)
{
	struct message *last;

	last = LIST_LAST(&q->q_messages, struct message, m_link);
	if (atomic(so) || last == NULL || last->m_control != NULL ||
	    m->m_control != NULL || last->m_room - last->m_length < m->m_length)
		return (false);
	memcpy(last->m_data + last->m_length, m->m_data, m->m_length);
	last->m_length += m->m_length;
	so->so_bytes += m->m_length;
	return (true);
}

void
socket_append(struct socket *so, struct queue *q, struct message *m)
{
	if (q != &so->so_queue && list_empty(&q->q_messages))
		list_push_front(&so->so_turns, &q->q_turn);
	if (merge(so, q, m))
		message_free(m);
	else
		queue_message(so, q, m, false);
	socket_wake_reader(so);
}

/* A call under way. */
struct transfer {
	struct thread *t_td;
	struct socket *t_so;
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
	    .t_so = fp->f_data,
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
	error = cv_timedwait_sig(cv, t->t_so->so_lock, t->t_deadline);
	return (error == ETIMEDOUT ? EAGAIN : error);
}

/* (l) What went wrong since the last call; each is told once. */
static int
take_error(struct socket *so)
{
	int error = so->so_error;

	so->so_error = 0;
	return (error);
}

/* (l) Until the peer has room for n bytes, or any if n is 0. */
static int
wait_room(struct transfer *t, size_t n, size_t *room)
{
	struct socket *so = t->t_so;
	int error;

	for (;;) {
		if (so->so_cantsend)
			return (EPIPE);
		error = take_error(so);
		if (error == 0)
			error = so->so_proto->pr_room(so, room);
		if (error != 0)
			return (error);
		/* What is larger than all has to wait for all. */
		if (*room > 0 &&
		    (*room >= n || so->so_proto->pr_unread(so) == 0))
			return (0);
		error = wait_on(t, &so->so_room);
		if (error != 0)
			return (error);
	}
}

/* How much of the uio is sent at once, when that is possible. */
static int
wait_piece(struct transfer *t, size_t *n)
{
	struct socket *so = t->t_so;
	bool stream = !atomic(so);
	size_t room;
	int error;

	if (!stream && *n > so->so_proto->pr_max(so))
		return (EMSGSIZE);
	if (datagrams(so))
		return (0);
	mutex_lock(so->so_lock);
	error = wait_room(t, stream ? 0 : *n, &room);
	mutex_unlock(so->so_lock);
	if (error == 0 && stream)
		*n = MIN(*n, MIN(room, CHUNK));
	return (error);
}

/* One message. *cp is NULL once it is sent. */
static int
send_piece(
    struct transfer *t, int flags, const union address *to, struct control **cp)
{
	size_t n = t->t_uio->uio_resid;
	struct socket *so = t->t_so;
	struct message *m;
	int error;

	error = wait_piece(t, &n);
	if (error != 0)
		return (error);
	m = message_alloc(n, !atomic(so));
	if (m == NULL)
		return (ENOBUFS);
	m->m_eor = (flags & MSG_EOR) != 0;
	error = uiomove(m->m_data, n, t->t_uio);
	m->m_control = *cp;
	*cp = NULL;
	if (error == 0) {
		error =
		    so->so_proto->pr_send(so, t->t_td, m, to, t->t_nonblock);
		/* Not sent after all. */
		if (error != 0)
			t->t_uio->uio_resid += n;
	}
	if (error != 0)
		message_free(m);
	return (error);
}

/* (l) A stream has nothing to say, and hears whether it could. */
static int
send_nothing(struct socket *so)
{
	size_t room;
	int error;

	mutex_lock(so->so_lock);
	error = so->so_cantsend ? EPIPE : take_error(so);
	if (error == 0)
		error = so->so_proto->pr_room(so, &room);
	mutex_unlock(so->so_lock);
	return (error);
}

static int
send_all(
    struct transfer *t, int flags, const union address *to, struct control **cp)
{
	struct socket *so = t->t_so;
	int error;

	if (to != NULL && (so->so_proto->pr_flags & PR_CONNECTED) != 0)
		return (so->so_connected ? EISCONN : EOPNOTSUPP);
	/* Bytes carry the files. */
	if (!atomic(so) && t->t_uio->uio_resid == 0)
		return (*cp != NULL ? EINVAL : send_nothing(so));
	do
		error = send_piece(t, flags, to, cp);
	while (error == 0 && t->t_uio->uio_resid > 0);
	return (error);
}

int
so_send(struct thread *td, struct file *fp, struct uio *uio, int flags,
    const union address *to, struct control *c)
{
	struct socket *so = fp->f_data;
	struct transfer t;
	int error;

	begin(&t, td, fp, uio, flags, so->so_sndtimeo);
	error =
	    (flags & MSG_OOB) != 0 ? EOPNOTSUPP : send_all(&t, flags, to, &c);
	control_free(c);
	if (error == EPIPE && (flags & MSG_NOSIGNAL) == 0 &&
	    (so->so_options & SO_NOSIGPIPE) == 0)
		(void)sig_send_thread(td, SIGPIPE, NULL);
	return (error);
}

int
so_control(struct thread *td, struct file *fp, int type, const char *data,
    size_t length, struct control **cp)
{
	const struct protosw *pr = ((struct socket *)fp->f_data)->so_proto;

	return (pr->pr_control == NULL
		    ? EINVAL
		    : pr->pr_control(td, type, data, length, cp));
}

/*
 * (l) Until there is something to receive and nobody else is about it; *eof if
 * there won't be.
 */
static int
wait_message(struct transfer *t, bool *eof)
{
	size_t wanted = t->t_uio->uio_resid;
	struct socket *so = t->t_so;
	int error;

	for (*eof = false;;) {
		if (!so->so_receiving) {
			if (socket_receivable(so, so->so_cantrecv ? 1 : wanted))
				return (0);
			*eof =
			    so->so_cantrecv || (wanted == 0 && datagrams(so));
			error = take_error(so);
			if (error != 0 || *eof)
				return (error);
		}
		if (!so->so_connected && !datagrams(so))
			return (ENOTCONN);
		error = wait_on(t, &so->so_arrived);
		if (error != 0)
			return (error);
	}
}

/* (l) Room came in a queue that so receives from. */
static void
made_room(struct socket *so, struct queue *q)
{
	if (so->so_proto->pr_received != NULL)
		so->so_proto->pr_received(so, q);
}

/* UF_* of descriptors that come with a message. */
static int
number_flags(int flags)
{
	return (((flags & MSG_CMSG_CLOEXEC) != 0 ? UF_EXCLOSE : 0) |
		((flags & MSG_CMSG_CLOFORK) != 0 ? UF_FOCLOSE : 0));
}

/*
 * (l) What came beside the bytes, before they are taken; released meanwhile.
 * EMSGSIZE: there were no descriptors for the files, and they are closed.
 */
static int
take_control(struct transfer *t, struct message *m, struct received *r)
{
	const struct protosw *pr = t->t_so->so_proto;
	struct control *c = m->m_control;
	int error = 0;

	if (c == NULL)
		return (0);
	m->m_control = NULL;
	if (pr->pr_control_taken != NULL)
		pr->pr_control_taken(c);
	mutex_unlock(t->t_so->so_lock);
	if (r->r_want_control)
		error = control_number(t->t_td, c, number_flags(r->r_flags));
	if (error != 0 || !r->r_want_control) {
		control_free(c);
		c = NULL;
	}
	r->r_control = c;
	mutex_lock(t->t_so->so_lock);
	return (error);
}

/* (l) released while bytes are copied. At most the message's. */
static int
copy_out(struct transfer *t, struct message *m, size_t *moved)
{
	size_t before = t->t_uio->uio_resid;
	int error;

	*moved = MIN(before, m->m_length - m->m_start);
	mutex_unlock(t->t_so->so_lock);
	error = uiomove(m->m_data + m->m_start, *moved, t->t_uio);
	mutex_lock(t->t_so->so_lock);
	*moved = before - t->t_uio->uio_resid;
	return (error);
}

/* (l) From the first messages of a stream, up to one with control messages. */
static int
take_stream(struct transfer *t, struct received *r)
{
	bool peek = (r->r_flags & MSG_PEEK) != 0, beside = false;
	struct socket *so = t->t_so;
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
		/* What follows them isn't mixed with what is theirs. */
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
	if (m->m_from != NULL && r->r_from != NULL)
		memcpy(r->r_from, m->m_from, m->m_from->sa_len);
}

/* (l) The first packet, whole; what doesn't fit is lost. */
static int
take_packet(struct transfer *t, struct received *r)
{
	struct socket *so = t->t_so;
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
	if ((r->r_flags & MSG_PEEK) == 0) {
		message_unlink(so, q, m);
		message_free(m);
		made_room(so, q);
	}
	return (error);
}

/* (l) The next datagram, whole, which is lost when something fails. */
static int
take_datagram(struct transfer *t, struct received *r)
{
	struct socket *so = t->t_so;
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

/* (l) One turn of receiving; what a shutdown threw away meanwhile goes to
 * *doomed. */
static int
receive_once(
    struct transfer *t, struct received *r, struct list *doomed, bool *eof)
{
	struct socket *so = t->t_so;
	int error;

	error = wait_message(t, eof);
	if (error != 0 || *eof)
		return (error);
	so->so_receiving = true;
	if (!atomic(so))
		error = take_stream(t, r);
	else if (datagrams(so))
		error = take_datagram(t, r);
	else
		error = take_packet(t, r);
	so->so_receiving = false;
	if (so->so_flush)
		socket_flush(so, doomed);
	so->so_flush = false;
	cv_broadcast(&so->so_arrived);
	return (error);
}

/* (l) */
static int
receive_all(struct transfer *t, struct received *r, struct list *doomed)
{
	struct socket *so = t->t_so;
	bool stream = !atomic(so), again, eof = false;
	int error;

	if (stream && t->t_uio->uio_resid == 0)
		return (so->so_connected ? 0 : ENOTCONN);
	again = stream && (r->r_flags & MSG_WAITALL) != 0 &&
		(r->r_flags & MSG_PEEK) == 0;
	do
		error = receive_once(t, r, doomed, &eof);
	while (error == 0 && again && !eof && r->r_control == NULL &&
	       t->t_uio->uio_resid > 0);
	if (stream || eof)
		r->r_flags &= ~MSG_TRUNC;
	return (error);
}

int
so_receive(
    struct thread *td, struct file *fp, struct uio *uio, struct received *r)
{
	struct list doomed = LIST_INITIALIZER(doomed);
	struct socket *so = fp->f_data;
	struct transfer t;
	int error;

	if ((r->r_flags & MSG_OOB) != 0)
		return (EOPNOTSUPP);
	/* As long as nobody else says who it was. */
	if (r->r_from != NULL)
		r->r_from->sa =
		    (struct sockaddr){.sa_len = sizeof(struct sockaddr),
			.sa_family = (uint8_t)so->so_proto->pr_domain};
	begin(&t, td, fp, uio, r->r_flags, so->so_rcvtimeo);
	mutex_lock(so->so_lock);
	error = receive_all(&t, r, &doomed);
	mutex_unlock(so->so_lock);
	if (!list_empty(&doomed))
		socket_dispose(so->so_proto, &doomed);
	r->r_flags &= MSG_TRUNC | MSG_EOR;
	return (error);
}
