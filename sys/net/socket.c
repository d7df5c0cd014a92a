/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sockets: what all protocols have in common.
 *
 * A socket is queues of messages to be received, limits, options and a state;
 * a protocol is a table of operations (protosw.h) that brings sockets together
 * and messages from one to another, be it AF_UNIX, which puts what is sent into
 * the receiver's queue at once, or a network, which has its own buffers and
 * puts into queues what arrives.  Neither knows of descriptors, user memory,
 * waiting, poll or kqueue: that is done here and in socket_io.c, once.
 *
 * A protocol's sockets share its lock, so that it may go from one to another;
 * it is held for short.  Bytes are copied from and to user memory without it: a
 * sender fills a message before it knows for certain that it may be sent, a
 * receiver marks the socket as its own (so_receiving) and takes out what it has
 * copied.  Others who want to receive wait for that as for anything else: a
 * signal ends it.
 *
 * Here: their life, connections, and what poll(2) and stat(2) see.  socket_io.c
 * sends and receives, socket_options.c has options.
 */
#include "lib/string.h"
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "fbsd/event.h"
#include "fbsd/fcntl.h"
#include "fbsd/filio.h"
#include "fbsd/poll.h"
#include "fbsd/stat.h"
#include "fbsd/user.h"
#include "core/sysctl.h"
#include "net/protosw.h"
#include "time/time.h"
#include "vm/kmem.h"

#define SNDLOWAT 2048 /* FreeBSD's */

SET_DECLARE(protosw);

static int backlog_max = SOMAXCONN;
SYSCTL_INT(kern_ipc_soacceptqueue, "kern.ipc.soacceptqueue", CTL_AUTO,
    CTLFLAG_RW, &backlog_max);

static uint64_t socket_serial; /* (a) */

/* A domain, a type and, if it is not 0, a protocol that belongs to them. */
static int
find_proto(int domain, int type, int protocol, const struct protosw **prp)
{
	bool known = false;

	SET_FOREACH (p, protosw) {
		const struct protosw *pr = *p;

		if (pr->pr_domain != domain)
			continue;
		known = true;
		if (pr->pr_type == type &&
		    (protocol == 0 || pr->pr_protocol == protocol)) {
			*prp = pr;
			return (0);
		}
	}
	if (!known)
		return (EAFNOSUPPORT);
	return (protocol != 0 ? EPROTONOSUPPORT : EPROTOTYPE);
}

struct socket *
socket_alloc(const struct protosw *pr)
{
	struct socket *so = kmem_alloc(pr->pr_size, KM_ZERO);

	if (so == NULL)
		return (NULL);
	so->so_proto = pr;
	so->so_lock = pr->pr_lock;
	so->so_birth = time_now();
	so->so_serial = atomic_add(&socket_serial, 1) + 1;
	so->so_rcvlowat = 1;
	so->so_sndlowat = SNDLOWAT;
	queue_init(&so->so_queue, NULL);
	list_init(&so->so_turns);
	list_init(&so->so_incoming);
	list_init(&so->so_accepted);
	cv_init(&so->so_arrived, "sbwait");
	cv_init(&so->so_room, "sbroom");
	event_source_init(&so->so_events, "socket events");
	pr->pr_attach(so);
	return (so);
}

/* (l) Out of the protocol's sight, with the connections that nobody accepted;
 * those go to *left. */
static void
detach(struct socket *so, struct list *doomed, struct list *left)
{
	struct socket *conn;

	socket_flush(so, doomed);
	so->so_proto->pr_detach(so);
	while ((conn = LIST_FIRST(
		    &so->so_incoming, struct socket, so_accepted)) != NULL) {
		list_remove(&conn->so_accepted);
		detach(conn, doomed, left);
		list_push_back(left, &conn->so_accepted);
	}
}

void
socket_dispose(const struct protosw *pr, struct list *doomed)
{
	struct message *m;

	if (pr->pr_dispose != NULL) {
		pr->pr_dispose(doomed);
		return;
	}
	while ((m = LIST_FIRST(doomed, struct message, m_link)) != NULL) {
		list_remove(&m->m_link);
		message_free(m);
	}
}

void
socket_free(struct socket *so)
{
	const struct protosw *pr = so->so_proto;
	struct list doomed = LIST_INITIALIZER(doomed);
	struct list left = LIST_INITIALIZER(left);

	mutex_lock(so->so_lock);
	detach(so, &doomed, &left);
	mutex_unlock(so->so_lock);
	list_push_back(&left, &so->so_accepted);
	while ((so = LIST_FIRST(&left, struct socket, so_accepted)) != NULL) {
		list_remove(&so->so_accepted);
		if (pr->pr_free != NULL)
			pr->pr_free(so);
		kmem_free(so, pr->pr_size);
	}
	socket_dispose(pr, &doomed);
}

static void
socket_close(struct file *fp)
{
	struct socket *so = fp->f_data;

	/* A file for a connection that didn't come. */
	if (so == NULL)
		return;
	event_source_drain(&so->so_events);
	socket_free(so);
}

/* Of a protocol that was found. */
static int
create(
    struct thread *td, const struct protosw *pr, int flags, struct file **fpp)
{
	struct socket *so = socket_alloc(pr);

	if (so == NULL)
		return (ENOMEM);
	*fpp = file_alloc(
	    td, DTYPE_SOCKET, FREAD | FWRITE | flags, &socket_fileops, so);
	if (*fpp == NULL) {
		socket_free(so);
		return (ENFILE);
	}
	mutex_lock(so->so_lock);
	so->so_file = *fpp;
	mutex_unlock(so->so_lock);
	return (0);
}

int
so_create(struct thread *td, int domain, int type, int protocol, int flags,
    struct file **fpp)
{
	const struct protosw *pr;
	int error;

	error = find_proto(domain, type, protocol, &pr);
	return (error != 0 ? error : create(td, pr, flags, fpp));
}

int
so_pair(struct thread *td, int domain, int type, int protocol, int flags,
    struct file *fps[2])
{
	const struct protosw *pr;
	int error;

	error = find_proto(domain, type, protocol, &pr);
	if (error == 0 && pr->pr_connect2 == NULL)
		error = EOPNOTSUPP;
	if (error == 0)
		error = create(td, pr, flags, &fps[0]);
	if (error != 0)
		return (error);
	error = create(td, pr, flags, &fps[1]);
	if (error != 0) {
		file_release(fps[0]);
		return (error);
	}
	mutex_lock(pr->pr_lock);
	pr->pr_connect2(fps[0]->f_data, fps[1]->f_data, td);
	mutex_unlock(pr->pr_lock);
	return (0);
}

int
so_bind(
    struct thread *td, struct file *fp, int dirfd, const union address *name)
{
	struct socket *so = fp->f_data;

	return (so->so_proto->pr_bind(so, td, dirfd, name));
}

/* No peer any more; who sends over connections only keeps its own. */
static int
disconnect(struct socket *so)
{
	const struct protosw *pr = so->so_proto;
	int error;

	if ((pr->pr_flags & PR_CONNECTED) != 0 || pr->pr_disconnect == NULL)
		return (EISCONN);
	mutex_lock(so->so_lock);
	error = pr->pr_disconnect(so);
	mutex_unlock(so->so_lock);
	return (error);
}

int
so_connect(
    struct thread *td, struct file *fp, int dirfd, const union address *name)
{
	struct socket *so = fp->f_data;

	if (name->sa.sa_family == AF_UNSPEC)
		return (disconnect(so));
	return (so->so_proto->pr_connect(so, td, dirfd, name));
}

int
so_listen(struct thread *td, struct file *fp, int backlog)
{
	struct socket *so = fp->f_data;
	int error;

	if (so->so_proto->pr_listen == NULL)
		return (EOPNOTSUPP);
	mutex_lock(so->so_lock);
	error = so->so_connected ? EINVAL : so->so_proto->pr_listen(so, td);
	if (error == 0) {
		so->so_listening = true;
		so->so_backlog = backlog < 0 || backlog > backlog_max
				     ? MAX(backlog_max, 1)
				     : MAX(backlog, 1);
	}
	mutex_unlock(so->so_lock);
	return (error);
}

int
socket_incoming(struct socket *listener, struct socket *so)
{
	if (!listener->so_listening ||
	    listener->so_nincoming >= listener->so_backlog)
		return (ECONNREFUSED);
	so->so_options = listener->so_options;
	so->so_rcvbuf = listener->so_rcvbuf;
	so->so_sndbuf = listener->so_sndbuf;
	so->so_rcvlowat = listener->so_rcvlowat;
	so->so_sndlowat = listener->so_sndlowat;
	so->so_rcvtimeo = listener->so_rcvtimeo;
	so->so_sndtimeo = listener->so_sndtimeo;
	list_push_back(&listener->so_incoming, &so->so_accepted);
	listener->so_nincoming++;
	socket_wake(listener);
	return (0);
}

/* (l) Until a connection is there. */
static int
wait_incoming(struct socket *so, struct file *fp)
{
	uint64_t deadline =
	    so->so_rcvtimeo == 0 ? NO_DEADLINE : clock_ns() + so->so_rcvtimeo;
	int error;

	while (so->so_nincoming == 0) {
		if (!so->so_listening)
			return (EINVAL);
		if (so->so_error != 0) {
			error = so->so_error;
			so->so_error = 0;
			return (error);
		}
		if ((atomic_load(&fp->f_flag) & O_NONBLOCK) != 0)
			return (EAGAIN);
		error =
		    cv_timedwait_sig(&so->so_arrived, so->so_lock, deadline);
		if (error != 0)
			return (error == ETIMEDOUT ? EAGAIN : error);
	}
	return (0);
}

/* (l) The first connection gets its file and a descriptor; it stays where it is
 * if there is no number. */
static int
take_incoming(
    struct thread *td, struct socket *so, struct file *new, int uf, int *fdp)
{
	struct socket *conn =
	    LIST_FIRST(&so->so_incoming, struct socket, so_accepted);
	int error;

	new->f_data = conn;
	error = fd_install(td, new, 0, uf, fdp);
	if (error != 0) {
		new->f_data = NULL;
		return (error);
	}
	list_remove(&conn->so_accepted);
	so->so_nincoming--;
	conn->so_file = new;
	return (0);
}

int
so_accept(struct thread *td, struct file *fp, int flags, int uf, int *fdp,
    union address *from)
{
	struct socket *so = fp->f_data;
	struct file *new;
	int error;

	new = file_alloc(
	    td, DTYPE_SOCKET, FREAD | FWRITE | flags, &socket_fileops, NULL);
	if (new == NULL)
		return (ENFILE);
	mutex_lock(so->so_lock);
	error = wait_incoming(so, fp);
	if (error == 0)
		error = take_incoming(td, so, new, uf, fdp);
	if (error == 0 && so->so_proto->pr_name(new->f_data, true, from) != 0) {
		/* Its peer has gone already. */
		from->sa = (struct sockaddr){.sa_len = sizeof(from->sa),
		    .sa_family = (uint8_t)so->so_proto->pr_domain};
	}
	mutex_unlock(so->so_lock);
	file_release(new);
	return (error);
}

/* (l) */
static int
shut_down(struct socket *so, int how, struct list *doomed)
{
	const struct protosw *pr = so->so_proto;
	int error;

	if (so->so_listening) {
		if (how != SHUT_WR) {
			so->so_error = ECONNABORTED;
			socket_wake(so);
		}
		return (ENOTCONN);
	}
	/* A datagram socket without a peer is shut down all the same. */
	error = pr->pr_shutdown(so, how);
	if (error != 0 && (pr->pr_flags & PR_CONNECTED) != 0)
		return (error);
	if (how != SHUT_WR) {
		so->so_cantrecv = true;
		if (so->so_receiving)
			so->so_flush = true;
		else
			socket_flush(so, doomed);
	}
	if (how != SHUT_RD)
		so->so_cantsend = true;
	socket_wake(so);
	return (error);
}

int
so_shutdown(struct file *fp, int how)
{
	struct list doomed = LIST_INITIALIZER(doomed);
	struct socket *so = fp->f_data;
	int error;

	if (how != SHUT_RD && how != SHUT_WR && how != SHUT_RDWR)
		return (EINVAL);
	mutex_lock(so->so_lock);
	error = shut_down(so, how, &doomed);
	mutex_unlock(so->so_lock);
	socket_dispose(so->so_proto, &doomed);
	return (error);
}

int
so_name(struct file *fp, bool peer, union address *name)
{
	struct socket *so = fp->f_data;
	int error;

	mutex_lock(so->so_lock);
	error = so->so_proto->pr_name(so, peer, name);
	mutex_unlock(so->so_lock);
	return (error);
}

void
socket_wake(struct socket *so)
{
	cv_broadcast(&so->so_arrived);
	socket_wake_writer(so);
}

/* (l) Enough is there, or never will be. */
static bool
readable(struct socket *so)
{
	return (so->so_nincoming > 0 || so->so_error != 0 || so->so_cantrecv ||
		socket_receivable(so, SIZE_MAX));
}

static int
socket_poll(struct file *fp, int events)
{
	struct socket *so = fp->f_data;
	bool mute, writable;
	size_t room = 0;
	int error, ready = 0;

	mutex_lock(so->so_lock);
	error = so->so_cantsend ? EPIPE : so->so_proto->pr_room(so, &room);
	mute = error == EPIPE;
	/* A low-water mark above all that fits is reached when all is taken. */
	writable = mute || so->so_error != 0 ||
		   (error == 0 && (room >= so->so_sndlowat ||
				      so->so_proto->pr_unread(so) == 0));
	if (readable(so))
		ready |= events & (POLLIN | POLLRDNORM);
	if (!so->so_listening && writable)
		ready |= events & (POLLOUT | POLLWRNORM);
	if (so->so_cantrecv)
		ready |= events & POLLRDHUP;
	if (so->so_cantrecv && mute)
		ready |= POLLHUP;
	mutex_unlock(so->so_lock);
	return (ready);
}

static struct event_source *
socket_events(struct file *fp)
{
	return (&((struct socket *)fp->f_data)->so_events);
}

/* (l) */
static size_t
room_now(struct socket *so)
{
	size_t room;

	return (so->so_proto->pr_room(so, &room) == 0 ? room : 0);
}

static int64_t
socket_ready(struct file *fp, int filter)
{
	struct socket *so = fp->f_data;
	size_t n;

	mutex_lock(so->so_lock);
	if (filter == EVFILT_WRITE)
		n = room_now(so);
	else
		n = so->so_listening ? (size_t)so->so_nincoming : so->so_bytes;
	mutex_unlock(so->so_lock);
	return ((int64_t)n);
}

static int
socket_read(struct file *fp, struct uio *uio, int flags)
{
	struct received r = {0};

	return (so_receive(curthread(), fp, uio, &r));
}

static int
socket_write(struct file *fp, struct uio *uio, int flags)
{
	return (so_send(curthread(), fp, uio, 0, NULL, NULL));
}

static int
socket_ioctl(struct file *fp, unsigned long cmd, void *data, struct thread *td)
{
	struct socket *so = fp->f_data;
	int error = 0;

	mutex_lock(so->so_lock);
	switch (cmd) {
	case FIONREAD:
		*(int *)data = (int)so->so_bytes;
		break;
	case FIONWRITE:
		*(int *)data = (int)so->so_proto->pr_unread(so);
		break;
	case FIONSPACE:
		*(int *)data = (int)room_now(so);
		break;
	default:
		error = ENOTTY;
	}
	mutex_unlock(so->so_lock);
	return (error);
}

static int
socket_stat(struct file *fp, struct stat *st)
{
	struct socket *so = fp->f_data;

	file_stat_plain(fp, S_IFSOCK | ACCESSPERMS, st);
	mutex_lock(so->so_lock);
	st->st_ino = so->so_serial;
	st->st_size = (off_t)so->so_bytes;
	st->st_blksize = (blksize_t)so->so_rcvbuf;
	st->st_atim = st->st_mtim = st->st_ctim = st->st_birthtim =
	    so->so_birth;
	mutex_unlock(so->so_lock);
	return (0);
}

/* (l) */
static void
kinfo_name(struct socket *so, bool peer, struct kf_sockaddr *to)
{
	union address name;

	if (so->so_proto->pr_name(so, peer, &name) == 0)
		memcpy(to, &name, MIN(name.sa.sa_len, sizeof(*to)));
}

static void
socket_kinfo(struct file *fp, struct kinfo_file *kf)
{
	struct socket *so = fp->f_data;

	mutex_lock(so->so_lock);
	kf->kf_un.kf_sock.kf_sock_domain = so->so_proto->pr_domain;
	kf->kf_un.kf_sock.kf_sock_type = so->so_proto->pr_type;
	kf->kf_un.kf_sock.kf_sock_protocol = so->so_proto->pr_protocol;
	kf->kf_un.kf_sock.kf_sock_recvq = (uint32_t)so->so_bytes;
	kf->kf_un.kf_sock.kf_sock_sendq = (uint32_t)so->so_proto->pr_unread(so);
	kinfo_name(so, false, &kf->kf_un.kf_sock.kf_sa_local);
	kinfo_name(so, true, &kf->kf_un.kf_sock.kf_sa_peer);
	mutex_unlock(so->so_lock);
}

static size_t
socket_memory(struct file *fp)
{
	struct socket *so = fp->f_data;

	return (so->so_queue.q_used);
}

const struct fileops socket_fileops = {
    .fo_read = socket_read,
    .fo_write = socket_write,
    .fo_ioctl = socket_ioctl,
    .fo_poll = socket_poll,
    .fo_events = socket_events,
    .fo_ready = socket_ready,
    .fo_stat = socket_stat,
    .fo_kinfo = socket_kinfo,
    .fo_memory = socket_memory,
    .fo_close = socket_close,
    .fo_passable = true,
};
