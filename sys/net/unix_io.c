/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets within the machine: sending. */
#include "lib/string.h"
#include "fbsd/errno.h"
#include "fbsd/fcntl.h"
#include "net/unix.h"
#include "vm/kmem.h"

/* (l) Who receives what a connection sends; else why nobody does. */
static int
find_peer(struct socket *so, struct socket **peer)
{
	struct unix_socket *us = unix_of(so);

	if (us->us_peer == NULL)
		return (so->so_connected ? EPIPE : ENOTCONN);
	*peer = &us->us_peer->us_socket;
	return ((*peer)->so_rcv.sb_closed ? EPIPE : 0);
}

int
unix_room(struct socket *so, size_t *room)
{
	struct socket *peer;
	int error;

	if (unix_is_dgram(unix_of(so))) {
		*room = queue_room(&so->so_sent, so->so_snd.sb_limit);
		return (0);
	}
	error = find_peer(so, &peer);
	if (error == 0)
		*room =
		    so->so_proto->pr_type == SOCK_STREAM
			? sockbuf_room(&peer->so_rcv)
			: queue_room(&peer->so_queue, peer->so_rcv.sb_limit);
	return (error);
}

size_t
unix_unread(struct socket *so)
{
	struct unix_socket *us = unix_of(so);

	if (unix_is_dgram(us))
		return (atomic_load(&so->so_sent.q_bytes));
	return (
	    us->us_peer != NULL ? socket_bytes(&us->us_peer->us_socket) : 0);
}

int
unix_target(struct socket *so, struct sockbuf **sbp)
{
	struct socket *peer;
	int error = find_peer(so, &peer);

	if (error == 0)
		*sbp = &peer->so_rcv;
	return (error);
}

void
unix_sent(struct socket *so)
{
	event_notify(&unix_of(so)->us_peer->us_socket.so_events, 0);
}

/* (l) */
void
unix_received(struct socket *so, struct queue *q)
{
	struct unix_socket *us = unix_of(so);

	if (q != NULL && q->q_sender != NULL)
		socket_wake_writer(q->q_sender);
	else if (!unix_is_dgram(us) && us->us_peer != NULL)
		socket_wake_writer(&us->us_peer->us_socket);
}

/*
 * (l) of to, which wants to know who sends, by an option of LOCAL_*: in place
 * of what the sender says of that himself.  A connection's LOCAL_CREDS is for
 * one message only.
 */
static int
identify(struct unix_socket *to, struct thread *td, struct control **list)
{
	struct control **at = list, *cred, *c;

	if (to->us_wantcred == 0)
		return (0);
	cred = rights_credentials(td, to->us_wantcred);
	if (cred == NULL)
		return (ENOBUFS);
	if (to->us_wantcred == LOCAL_CREDS && !unix_is_dgram(to))
		to->us_wantcred = 0;
	while ((c = *at) != NULL) {
		if (c->c_type != SCM_CREDS) {
			at = &c->c_next;
			continue;
		}
		*at = c->c_next;
		c->c_next = NULL;
		control_free(c);
	}
	cred->c_next = *list;
	*list = cred;
	return (0);
}

int
unix_sign(struct socket *so, struct thread *td, struct control **cp)
{
	return (identify(unix_of(so)->us_peer, td, cp));
}

int
unix_send(struct socket *so, struct thread *td, struct message *m)
{
	struct unix_socket *peer = unix_of(so)->us_peer;
	int error;

	error = identify(peer, td, &m->m_control);
	if (error != 0)
		return (error);
	m->m_beside = control_size(m->m_control);
	socket_append(&peer->us_socket, &peer->us_socket.so_queue, m);
	return (0);
}

/*
 * (l) of to. Gives a datagram to it, or says why not.  A socket's peers each
 * have a queue of their own there, so that none can fill it for the others.
 */
static int
deliver(struct thread *td, struct unix_socket *to, struct queue *q,
    size_t limit, struct message *m)
{
	int error;

	error = identify(to, td, &m->m_control);
	if (error != 0)
		return (error);
	m->m_beside = control_size(m->m_control);
	if (to->us_socket.so_rcv.sb_closed ||
	    queue_room(q, limit) < message_size(m))
		return (ENOBUFS);
	socket_append(&to->us_socket, q, m);
	return (0);
}

/* (l) Whether us may send a datagram; named: to somebody else than its peer. */
static int
may_send_dgram(struct unix_socket *us, bool named)
{
	int error = us->us_socket.so_error;

	us->us_socket.so_error = 0;
	if (us->us_socket.so_snd.sb_closed)
		return (EPIPE);
	if (error != 0)
		return (error);
	if (named)
		return (us->us_peer != NULL ? EISCONN : 0);
	return (us->us_peer == NULL ? EDESTADDRREQ : 0);
}

/* (l) The sender's name goes with a datagram. */
static int
add_name(struct unix_socket *us, struct message *m)
{
	const struct sockaddr_un *name = &us->us_addr;

	if (name->sun_len == 0 || m->m_from != NULL)
		return (0);
	m->m_from = kmem_alloc(name->sun_len, 0);
	if (m->m_from == NULL)
		return (ENOBUFS);
	memcpy(m->m_from, name, name->sun_len);
	return (0);
}

/* To whom us isn't connected. */
static int
send_named(struct unix_socket *us, struct thread *td, struct message *m,
    const union address *name)
{
	struct unix_socket *to;
	struct socket *so;
	int error;

	mutex_lock(us->us_socket.so_lock);
	error = may_send_dgram(us, true);
	if (error == 0)
		error = add_name(us, m);
	mutex_unlock(us->us_socket.so_lock);
	if (error == 0)
		error = unix_find(td, AT_FDCWD, name, &to);
	if (error != 0)
		return (error);
	so = &to->us_socket;
	mutex_lock(so->so_lock);
	if (so->so_proto != us->us_socket.so_proto)
		error = EPROTOTYPE;
	else if (so->so_gone)
		error = ECONNREFUSED;
	else
		error = deliver(td, to, &so->so_queue, so->so_rcv.sb_limit, m);
	mutex_unlock(so->so_lock);
	socket_drop(so);
	return (error);
}

/* (l) of the peer. */
static int
deliver_to_peer(struct unix_socket *us, struct thread *td, struct message *m)
{
	struct socket *so = &us->us_socket;

	return (deliver(td, us->us_peer, &so->so_sent, so->so_snd.sb_limit, m));
}

/* (l) released and taken again. The same for a peer with another lock;
 * ERESTART: it isn't the peer any more. */
static int
deliver_across(struct unix_socket *us, struct thread *td, struct message *m)
{
	struct unix_socket *to = us->us_peer;
	int error = ERESTART;

	socket_hold(&to->us_socket);
	mutex_unlock(us->us_socket.so_lock);
	mutex_lock(to->us_socket.so_lock);
	if (us->us_peer == to)
		error = deliver_to_peer(us, td, m);
	mutex_unlock(to->us_socket.so_lock);
	socket_drop(&to->us_socket);
	mutex_lock(us->us_socket.so_lock);
	return (error);
}

static int
send_dgram(struct unix_socket *us, struct thread *td, struct message *m)
{
	struct mutex *lock = us->us_socket.so_lock;
	int error;

	mutex_lock(lock);
	do {
		error = may_send_dgram(us, false);
		if (error == 0)
			error = add_name(us, m);
		if (error == 0)
			error = us->us_peer->us_socket.so_lock == lock
				    ? deliver_to_peer(us, td, m)
				    : deliver_across(us, td, m);
	} while (error == ERESTART);
	mutex_unlock(lock);
	return (error);
}

int
unix_sendto(struct socket *so, struct thread *td, struct message *m,
    const union address *to)
{
	struct unix_socket *us = unix_of(so);

	return (to != NULL ? send_named(us, td, m, to) : send_dgram(us, td, m));
}
