/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets within the machine: sending. */
#include "lib/string.h"
#include "fbsd/errno.h"
#include "fbsd/fcntl.h"
#include "net/unix.h"
#include "vfs/vnode.h"
#include "vm/kmem.h"

int
unix_room(struct socket *so, size_t *room)
{
	struct unix_socket *us = unix_of(so);
	const struct socket *peer;

	if (unix_is_dgram(us)) {
		*room = queue_room(&us->us_sent, so->so_sndbuf);
		return (0);
	}
	if (us->us_peer == NULL)
		return (so->so_connected ? EPIPE : ENOTCONN);
	peer = &us->us_peer->us_socket;
	if (peer->so_cantrecv)
		return (EPIPE);
	*room = queue_room(&peer->so_queue, peer->so_rcvbuf);
	return (0);
}

size_t
unix_unread(struct socket *so)
{
	struct unix_socket *us = unix_of(so);
	struct message *m;
	size_t n = 0;

	if (!unix_is_dgram(us))
		return (
		    us->us_peer != NULL ? us->us_peer->us_socket.so_bytes : 0);
	LIST_FOREACH (m, &us->us_sent.q_messages, m_link)
		n += m->m_length;
	return (n);
}

/* (l) */
void
unix_received(struct socket *so, struct queue *q)
{
	struct unix_socket *us = unix_of(so);

	if (q->q_sender != NULL)
		socket_wake_writer(q->q_sender);
	else if (!unix_is_dgram(us) && us->us_peer != NULL)
		socket_wake_writer(&us->us_peer->us_socket);
}

/*
 * The receiver wants to know who sends, by an option of LOCAL_*: in place of
 * what the sender says of that himself.
 */
static int
identify(struct thread *td, struct message *m, int option)
{
	struct control **at = &m->m_control, *cred, *c;

	cred = rights_credentials(td, option);
	if (cred == NULL)
		return (ENOBUFS);
	while ((c = *at) != NULL) {
		if (c->c_type != SCM_CREDS) {
			at = &c->c_next;
			continue;
		}
		*at = c->c_next;
		c->c_next = NULL;
		control_free(c);
	}
	cred->c_next = m->m_control;
	m->m_control = cred;
	return (0);
}

/* (l) A message to a socket's queue. */
static void
append(struct unix_socket *to, struct queue *q, struct message *m)
{
	if (m->m_control != NULL)
		rights_sent(m->m_control);
	socket_append(&to->us_socket, q, m);
}

/* (l) Whether somebody is there to whom so can send. */
static int
check_peer(struct socket *so)
{
	const struct unix_socket *peer = unix_of(so)->us_peer;
	int error = so->so_error;

	so->so_error = 0;
	if (so->so_cantsend)
		return (EPIPE);
	if (error != 0)
		return (error);
	if (peer == NULL)
		return (so->so_connected ? EPIPE : ENOTCONN);
	return (peer->us_socket.so_cantrecv ? EPIPE : 0);
}

/* (l) LOCAL_CREDS of a connection is for one message only. */
static int
take_wish(struct unix_socket *peer)
{
	int option = peer->us_wantcred;

	if (option == LOCAL_CREDS)
		peer->us_wantcred = 0;
	return (option);
}

/* Streams and sequenced packets. */
static int
send_connected(struct unix_socket *us, struct thread *td, struct message *m)
{
	int error, option = 0;

	mutex_lock(&unix_lock);
	error = check_peer(&us->us_socket);
	if (error == 0 && us->us_peer->us_wantcred != 0) {
		option = take_wish(us->us_peer);
		mutex_unlock(&unix_lock);
		error = identify(td, m, option);
		mutex_lock(&unix_lock);
		if (error == 0)
			error = check_peer(&us->us_socket);
	}
	if (error == 0) {
		m->m_beside = control_size(m->m_control);
		append(us->us_peer, &us->us_peer->us_socket.so_queue, m);
	}
	mutex_unlock(&unix_lock);
	return (error);
}

/*
 * (l) Gives a datagram to a socket, or says why not.  A socket's peers each
 * have a queue of their own there, so that none can fill it for the others.
 */
static int
deliver(struct unix_socket *us, struct unix_socket *to, struct message *m,
    bool nonblock)
{
	bool connected = us->us_peer != NULL;
	struct queue *q = connected ? &us->us_sent : &to->us_socket.so_queue;
	size_t limit =
	    connected ? us->us_socket.so_sndbuf : to->us_socket.so_rcvbuf;

	m->m_beside = control_size(m->m_control);
	if (to->us_socket.so_cantrecv || queue_room(q, limit) < message_size(m))
		return (nonblock ? EAGAIN : ENOBUFS);
	append(to, q, m);
	return (0);
}

/* (l) Whether us may send a datagram; named: to somebody else than its peer. */
static int
may_send_dgram(struct unix_socket *us, bool named)
{
	int error = us->us_socket.so_error;

	us->us_socket.so_error = 0;
	if (us->us_socket.so_cantsend)
		return (EPIPE);
	if (error != 0)
		return (error);
	if (named)
		return (us->us_peer != NULL ? EISCONN : 0);
	return (us->us_peer == NULL ? EDESTADDRREQ : 0);
}

/* (l) Who gets a datagram: who is bound to vp, or without it, us's peer. */
static int
dgram_target(struct unix_socket *us, struct vnode *vp, struct unix_socket **to)
{
	struct socket *so;
	int error;

	error = may_send_dgram(us, vp != NULL);
	if (error != 0)
		return (error);
	if (vp == NULL) {
		*to = us->us_peer;
		return (0);
	}
	so = vp->v_base->v_socket;
	if (so == NULL)
		return (ECONNREFUSED);
	*to = unix_of(so);
	return (so->so_proto != us->us_socket.so_proto ? EPROTOTYPE : 0);
}

static int
send_to(struct unix_socket *us, struct thread *td, struct vnode *vp,
    struct message *m, bool nonblock)
{
	struct unix_socket *to;
	int error, option = 0;

	mutex_lock(&unix_lock);
	error = dgram_target(us, vp, &to);
	if (error == 0)
		option = to->us_wantcred;
	if (option != 0) {
		mutex_unlock(&unix_lock);
		error = identify(td, m, option);
		mutex_lock(&unix_lock);
		if (error == 0)
			error = dgram_target(us, vp, &to);
	}
	if (error == 0)
		error = deliver(us, to, m, nonblock);
	mutex_unlock(&unix_lock);
	return (error);
}

/* The sender's name goes with a datagram. */
static int
sign(struct message *m, const struct sockaddr_un *name)
{
	if (name->sun_len == 0)
		return (0);
	m->m_from = kmem_alloc(name->sun_len, 0);
	if (m->m_from == NULL)
		return (ENOBUFS);
	memcpy(m->m_from, name, name->sun_len);
	return (0);
}

static int
send_dgram(struct unix_socket *us, struct thread *td, struct message *m,
    const union address *to, bool nonblock)
{
	struct vnode *vp = NULL;
	struct sockaddr_un name;
	int error;

	mutex_lock(&unix_lock);
	error = may_send_dgram(us, to != NULL);
	name = us->us_addr;
	mutex_unlock(&unix_lock);
	if (error == 0)
		error = sign(m, &name);
	if (error == 0 && to != NULL)
		error = unix_find(td, AT_FDCWD, to, &vp);
	if (error == 0)
		error = send_to(us, td, vp, m, nonblock);
	if (vp != NULL)
		vnode_release(vp);
	return (error);
}

int
unix_send(struct socket *so, struct thread *td, struct message *m,
    const union address *to, bool nonblock)
{
	struct unix_socket *us = unix_of(so);

	return (unix_is_dgram(us) ? send_dgram(us, td, m, to, nonblock)
				  : send_connected(us, td, m));
}
