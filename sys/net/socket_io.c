/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets: messages, and what sending and receiving have in common. */
#include "lib/string.h"
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "fbsd/fcntl.h"
#include "fbsd/signal.h"
#include "net/socket_io.h"
#include "proc/signal.h"
#include "vm/kmem.h"

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
	q->q_sender = sender;
}

static struct message *
message_alloc(size_t n)
{
	struct message *m = kmem_alloc(sizeof(*m) + n, 0);

	if (m == NULL)
		return (NULL);
	*m = (struct message){.m_length = n};
	list_init(&m->m_link);
	return (m);
}

void
message_free(struct message *m)
{
	if (m->m_from != NULL)
		kmem_free(m->m_from, m->m_from->sa_len);
	kmem_free(m, sizeof(*m) + m->m_length);
}

/* (l) Something that so receives from now on; first: before all else. */
static void
queue_message(struct socket *so, struct queue *q, struct message *m, bool first)
{
	if (first)
		list_push_front(&q->q_messages, &m->m_link);
	else
		list_push_back(&q->q_messages, &m->m_link);
	so->so_bytes += m->m_length;
	q->q_bytes += m->m_length;
	atomic_store(&q->q_used, q->q_used + message_size(m));
}

/* (l) */
static void
message_unlink(struct socket *so, struct queue *q, struct message *m)
{
	list_remove(&m->m_link);
	so->so_bytes -= m->m_length;
	q->q_bytes -= m->m_length;
	atomic_store(&q->q_used, q->q_used - message_size(m));
	if (q == &so->so_queue)
		so->so_peeked = false;
	else if (list_empty(&q->q_messages))
		list_remove(&q->q_turn);
}

/* (l) The first of q, which isn't empty. */
static void
drop_first(struct socket *so, struct queue *q, struct control **doomed)
{
	struct message *m = LIST_FIRST(&q->q_messages, struct message, m_link);

	message_unlink(so, q, m);
	*control_end(&m->m_control) = *doomed;
	*doomed = m->m_control;
	message_free(m);
}

void
socket_flush(struct socket *so, struct control **doomed)
{
	struct queue *q;

	sockbuf_flush(&so->so_rcv, doomed);
	while ((q = socket_next(so)) != NULL)
		drop_first(so, q, doomed);
}

void
socket_keep(struct socket *so, struct queue *q, struct control **doomed)
{
	/* Or else many who come, send and go would fill it without end. */
	if (!list_empty(&so->so_queue.q_messages)) {
		while (!list_empty(&q->q_messages))
			drop_first(so, q, doomed);
		return;
	}
	list_splice(&so->so_queue.q_messages, &q->q_messages);
	so->so_queue.q_bytes += q->q_bytes;
	so->so_queue.q_used += q->q_used;
	q->q_bytes = 0;
	atomic_store(&q->q_used, 0);
	list_remove(&q->q_turn);
}

void
socket_append(struct socket *so, struct queue *q, struct message *m)
{
	if (q != &so->so_queue && list_empty(&q->q_messages))
		list_push_front(&so->so_turns, &q->q_turn);
	queue_message(so, q, m, false);
	socket_wake_reader(so);
}

bool
socket_receivable(struct socket *so, size_t wanted)
{
	const struct sockbuf *sb = &so->so_rcv;
	size_t bytes = sb->sb_ring.rb_count;

	if (atomic(so))
		return (socket_next(so) != NULL);
	return (bytes > 0 &&
		(bytes >= MIN(sb->sb_lowat, wanted) || sockbuf_room(sb) == 0));
}

/* timeout in ns; 0: none. */
static void
begin(struct transfer *t, struct thread *td, struct file *fp, struct uio *uio,
    int flags, uint64_t timeout)
{
	*t = (struct transfer){.t_td = td,
	    .t_so = fp->f_data,
	    .t_uio = uio,
	    .t_deadline = timeout == 0 ? NO_DEADLINE : clock_ns() + timeout,
	    .t_nonblock = (flags & MSG_DONTWAIT) != 0 || file_nonblock(fp)};
}

int
take_error(struct socket *so)
{
	int error = so->so_error;

	so->so_error = 0;
	return (error);
}

/* (l) Until the peer has room for a message. */
static int
wait_room(struct transfer *t, size_t n)
{
	struct socket *so = t->t_so;
	size_t room;
	int error;

	for (;;) {
		if (so->so_snd.sb_closed)
			return (EPIPE);
		error = take_error(so);
		if (error == 0)
			error = so->so_proto->pr_room(so, &room);
		if (error != 0)
			return (error);
		/* What is larger than all has to wait for all. */
		if (room > 0 && (room >= n || so->so_proto->pr_unread(so) == 0))
			return (0);
		error = ringbuf_wait_writer(
		    &so->so_snd.sb_ring, t->t_nonblock, t->t_deadline);
		if (error != 0)
			return (error);
	}
}

/* A message over a connection, when there is room for it. */
static int
send_packet(struct transfer *t, struct message *m)
{
	struct socket *so = t->t_so;
	int error;

	mutex_lock(so->so_lock);
	error = wait_room(t, m->m_length);
	if (error == 0)
		error = so->so_proto->pr_send(so, t->t_td, m);
	mutex_unlock(so->so_lock);
	return (error);
}

/* *cp is NULL once it is sent. */
static int
send_message(
    struct transfer *t, int flags, const union address *to, struct control **cp)
{
	size_t n = t->t_uio->uio_resid;
	struct socket *so = t->t_so;
	struct message *m;
	int error;

	if (n > so->so_proto->pr_max(so))
		return (EMSGSIZE);
	m = message_alloc(n);
	if (m == NULL)
		return (ENOBUFS);
	m->m_eor = (flags & MSG_EOR) != 0;
	m->m_control = *cp;
	*cp = NULL;
	error = uiomove(m->m_data, n, t->t_uio);
	if (error == 0)
		error = datagrams(so)
			    ? so->so_proto->pr_sendto(so, t->t_td, m, to)
			    : send_packet(t, m);
	if (error != 0) {
		t->t_uio->uio_resid = n;
		*cp = m->m_control;
		message_free(m);
	}
	return (error);
}

static int
send_all(
    struct transfer *t, int flags, const union address *to, struct control **cp)
{
	struct socket *so = t->t_so;

	if ((flags & MSG_OOB) != 0)
		return (EOPNOTSUPP);
	return (
	    atomic(so) ? send_message(t, flags, to, cp) : stream_send(t, cp));
}

/* With control messages. */
static int
send_beside(
    struct transfer *t, int flags, const union address *to, struct control *c)
{
	const struct protosw *pr = t->t_so->so_proto;
	int error;

	if (pr->pr_control_enter != NULL)
		pr->pr_control_enter(c);
	error = send_all(t, flags, to, &c);
	if (c != NULL && pr->pr_control_leave != NULL)
		pr->pr_control_leave(c);
	control_free(c);
	return (error);
}

/* SIGPIPE, for td or for whom it works: that is known to who made it. */
static void
broken_pipe(struct thread *td)
{
	if (td->td_space != NULL)
		td->td_broken = true;
	else
		(void)sig_send_thread(td, SIGPIPE, NULL);
}

int
so_send(struct thread *td, struct file *fp, struct uio *uio, int flags,
    const union address *to, struct control *c)
{
	struct socket *so = fp->f_data;
	struct transfer t;
	int error;

	begin(&t, td, fp, uio, flags, so->so_snd.sb_timeout);
	if (c != NULL) {
		error = send_beside(&t, flags, to, c);
	} else {
		error = send_all(&t, flags, to, &c);
		control_free(c);
	}
	if (error == 0)
		td->td_ru.msgsnd++;
	if (error == EPIPE && (flags & MSG_NOSIGNAL) == 0 &&
	    (so->so_options & SO_NOSIGPIPE) == 0)
		broken_pipe(td);
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
	struct sockbuf *sb = &so->so_rcv;
	int error;

	for (*eof = false;;) {
		if (!sb->sb_ring.rb_reading) {
			if (socket_receivable(so, sb->sb_closed ? 1 : wanted))
				return (0);
			*eof = sb->sb_closed || (wanted == 0 && datagrams(so));
			error = take_error(so);
			if (error != 0 || *eof)
				return (error);
		}
		if (!so->so_connected && !datagrams(so))
			return (ENOTCONN);
		error = ringbuf_wait_reader(
		    &sb->sb_ring, t->t_nonblock, t->t_deadline);
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

int
take_control(struct transfer *t, struct control *c, struct received *r)
{
	const struct protosw *pr = t->t_so->so_proto;
	int error = 0;

	if (c == NULL)
		return (0);
	mutex_unlock(t->t_so->so_lock);
	if (pr->pr_control_leave != NULL)
		pr->pr_control_leave(c);
	if (r->r_want_control)
		error = control_reserve(t->t_td, c);
	if (error != 0 || !r->r_want_control) {
		control_free(c);
		c = NULL;
	}
	*control_end(&r->r_control) = c;
	mutex_lock(t->t_so->so_lock);
	return (error);
}

/* (l) A message's, before its bytes. */
static int
take_beside(struct transfer *t, struct message *m, struct received *r)
{
	struct control *c = m->m_control;

	m->m_control = NULL;
	return (take_control(t, c, r));
}

/* (l) released while bytes are copied. At most the message's. */
static int
copy_out(struct transfer *t, struct message *m, size_t *moved)
{
	size_t before = t->t_uio->uio_resid;
	int error;

	*moved = MIN(before, m->m_length);
	mutex_unlock(t->t_so->so_lock);
	error = uiomove(m->m_data, *moved, t->t_uio);
	mutex_lock(t->t_so->so_lock);
	*moved = before - t->t_uio->uio_resid;
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
		error = take_beside(t, m, r);
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
		error = take_beside(t, m, r);
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
    struct transfer *t, struct received *r, struct control **doomed, bool *eof)
{
	struct socket *so = t->t_so;
	struct ringbuf *rb = &so->so_rcv.sb_ring;
	int error;

	error = wait_message(t, eof);
	if (error != 0 || *eof)
		return (error);
	rb->rb_reading = true;
	if (!atomic(so))
		error = stream_take(t, r);
	else if (datagrams(so))
		error = take_datagram(t, r);
	else
		error = take_packet(t, r);
	rb->rb_reading = false;
	if (so->so_flush)
		socket_flush(so, doomed);
	so->so_flush = false;
	cv_broadcast(&rb->rb_nonempty);
	if (ringbuf_missed(rb))
		event_notify(&so->so_events, 0);
	return (error);
}

/* (l) */
static int
receive_all(struct transfer *t, struct received *r, struct control **doomed)
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
	while (error == 0 && again && !eof && t->t_uio->uio_resid > 0);
	if (stream || eof)
		r->r_flags &= ~MSG_TRUNC;
	return (error);
}

int
so_receive(
    struct thread *td, struct file *fp, struct uio *uio, struct received *r)
{
	struct socket *so = fp->f_data;
	struct control *doomed = NULL;
	struct transfer t;
	int error;

	if ((r->r_flags & MSG_OOB) != 0)
		return (EOPNOTSUPP);
	/* As long as nobody else says who it was. */
	if (r->r_from != NULL)
		r->r_from->sa =
		    (struct sockaddr){.sa_len = sizeof(struct sockaddr),
			.sa_family = (uint8_t)so->so_proto->pr_domain};
	begin(&t, td, fp, uio, r->r_flags, so->so_rcv.sb_timeout);
	mutex_lock(so->so_lock);
	error = receive_all(&t, r, &doomed);
	mutex_unlock(so->so_lock);
	socket_dispose(so->so_proto, doomed);
	if (error == 0)
		td->td_ru.msgrcv++;
	r->r_flags &= MSG_TRUNC | MSG_EOR;
	return (error);
}
