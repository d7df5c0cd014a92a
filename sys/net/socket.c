/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sockets: what all protocols have in common.
 *
 * A socket is two buffers, one for each direction, options and a state; a
 * protocol is a table of operations (protosw.h) that brings sockets together
 * and bytes or messages from one to another, be it AF_UNIX, which puts what is
 * sent into the receiver's buffer at once, or a network, which takes from one
 * buffer what it sends and puts into the other what arrives.  Neither knows of
 * descriptors, user memory, waiting, poll or kqueue: that is done here and in
 * the files beside, once.
 *
 * Each socket has a lock, which it shares with its peer if they are connected
 * for good; it is held for short.  Bytes are copied from and to user memory
 * without it: a stream's are copied to and from a ring (ringbuf.h), a message
 * is filled before it is known for certain that it may be sent.  A receiver
 * marks the reader's side as busy, for messages as well, and others wait for
 * that as for anything else: a signal ends it.
 *
 * Here: their life, connections, and what poll(2) and stat(2) see.
 * socket_stream.c sends and receives bytes, socket_io.c messages and what is
 * the same for both, socket_options.c has options.
 */
#include "lib/string.h"
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "fbsd/event.h"
#include "fbsd/fcntl.h"
#include "fbsd/filio.h"
#include "file/poll.h"
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
    CTLFLAG_RW, &backlog_max, "Connections that wait to be accepted at most");

SYSCTL_INT(kern_ipc_somaxconn, "kern.ipc.somaxconn", CTL_AUTO, CTLFLAG_RW,
    &backlog_max, "Connections that wait to be accepted at most");

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

/* What so_lock points into. */
struct socket_lock {
	struct mutex sl_mutex;
	unsigned sl_refs; /* (a) sockets */
};

/* The lock for a socket: of one that it is connected to, or a new one. */
static struct mutex *
lock_for(const struct socket *with)
{
	struct socket_lock *sl;

	if (with != NULL) {
		sl = container_of(with->so_lock, struct socket_lock, sl_mutex);
		refcount_take(&sl->sl_refs);
		return (with->so_lock);
	}
	sl = kmem_alloc(sizeof(*sl), 0);
	if (sl == NULL)
		return (NULL);
	mutex_init(&sl->sl_mutex, "socket");
	sl->sl_refs = 1;
	return (&sl->sl_mutex);
}

uint64_t
socket_last_serial(void)
{
	return (atomic_load(&socket_serial));
}

struct socket *
socket_alloc(const struct protosw *pr, struct socket *with)
{
	struct socket *so = kmem_alloc(pr->pr_size, KM_ZERO);

	if (so == NULL)
		return (NULL);
	so->so_lock = lock_for(with);
	if (so->so_lock == NULL) {
		kmem_free(so, pr->pr_size);
		return (NULL);
	}
	so->so_proto = pr;
	so->so_refs = 1;
	so->so_birth = time_now();
	so->so_serial = atomic_add(&socket_serial, 1) + 1;
	sockbuf_init(&so->so_rcv, so, "sbwait", "sbfill");
	sockbuf_init(&so->so_snd, so, "sbdrain", "sbroom");
	so->so_rcv.sb_lowat = 1;
	so->so_snd.sb_lowat = SNDLOWAT;
	queue_init(&so->so_queue, NULL);
	queue_init(&so->so_sent, so);
	list_init(&so->so_turns);
	list_init(&so->so_incoming);
	list_init(&so->so_accepted);
	event_source_init(&so->so_events, "socket events");
	pr->pr_attach(so);
	return (so);
}

void
socket_drop(struct socket *so)
{
	struct socket_lock *sl;

	if (!refcount_drop(&so->so_refs))
		return;
	sl = container_of(so->so_lock, struct socket_lock, sl_mutex);
	ringbuf_free(&so->so_rcv.sb_ring);
	ringbuf_free(&so->so_snd.sb_ring);
	kmem_free(so, so->so_proto->pr_size);
	if (refcount_drop(&sl->sl_refs))
		kmem_free(sl, sizeof(*sl));
}

void
socket_dispose(const struct protosw *pr, struct control *doomed)
{
	if (doomed == NULL)
		return;
	if (pr->pr_dispose != NULL)
		pr->pr_dispose(doomed);
	else
		control_free(doomed);
}

/* From here on nobody connects to it, sends to it or waits in it. Connections
 * that nobody accepted go to *left. */
static void
end(struct socket *so, struct list *left)
{
	struct control *doomed = NULL;

	mutex_lock(so->so_lock);
	so->so_gone = so->so_rcv.sb_closed = so->so_snd.sb_closed = true;
	so->so_listening = false;
	list_splice(left, &so->so_incoming);
	socket_flush(so, &doomed);
	mutex_unlock(so->so_lock);
	so->so_proto->pr_detach(so);
	socket_dispose(so->so_proto, doomed);
	socket_drop(so);
}

void
socket_free(struct socket *so)
{
	struct list left = LIST_INITIALIZER(left);

	for (;;) {
		end(so, &left);
		so = LIST_FIRST(&left, struct socket, so_accepted);
		if (so == NULL)
			break;
		list_remove(&so->so_accepted);
	}
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

/* Of a protocol that was found; with: as socket_alloc(). */
static int
create(struct thread *td, const struct protosw *pr, struct socket *with,
    int flags, struct file **fpp)
{
	struct socket *so = socket_alloc(pr, with);

	if (so == NULL)
		return (ENOMEM);
	*fpp = file_alloc(
	    td, DTYPE_SOCKET, FREAD | FWRITE | flags, &socket_fileops, so);
	if (*fpp == NULL) {
		socket_free(so);
		return (ENFILE);
	}
	return (0);
}

int
so_create(struct thread *td, int domain, int type, int protocol, int flags,
    struct file **fpp)
{
	const struct protosw *pr;
	int error;

	error = find_proto(domain, type, protocol, &pr);
	return (error != 0 ? error : create(td, pr, NULL, flags, fpp));
}

int
so_pair(struct thread *td, int domain, int type, int protocol, int flags,
    struct file *fps[2])
{
	const struct protosw *pr;
	struct socket *a;
	int error;

	error = find_proto(domain, type, protocol, &pr);
	if (error == 0 && pr->pr_connect2 == NULL)
		error = EOPNOTSUPP;
	if (error == 0)
		error = create(td, pr, NULL, flags, &fps[0]);
	if (error != 0)
		return (error);
	error = create(td, pr, fps[0]->f_data, flags, &fps[1]);
	if (error != 0) {
		file_release(fps[0]);
		return (error);
	}
	a = fps[0]->f_data;
	mutex_lock(a->so_lock);
	pr->pr_connect2(a, fps[1]->f_data, td);
	mutex_unlock(a->so_lock);
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

	if ((pr->pr_flags & PR_CONNECTED) != 0 || pr->pr_disconnect == NULL)
		return (EISCONN);
	return (pr->pr_disconnect(so));
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
	error = so->so_connected || so->so_transfers > 0
		    ? EINVAL
		    : so->so_proto->pr_listen(so, td);
	if (error == 0) {
		so->so_listening = true;
		so->so_backlog = backlog < 0 || backlog > backlog_max
				     ? MAX(backlog_max, 1)
				     : MAX(backlog, 1);
	}
	mutex_unlock(so->so_lock);
	return (error);
}

/* (l) A buffer of a connection, as the listener's. */
static void
inherit(struct sockbuf *sb, const struct sockbuf *from)
{
	sb->sb_limit = from->sb_limit;
	sb->sb_lowat = from->sb_lowat;
	sb->sb_timeout = from->sb_timeout;
}

int
socket_incoming(struct socket *listener, struct socket *so)
{
	if (!listener->so_listening ||
	    listener->so_nincoming >= listener->so_backlog)
		return (ECONNREFUSED);
	so->so_options = listener->so_options;
	inherit(&so->so_rcv, &listener->so_rcv);
	inherit(&so->so_snd, &listener->so_snd);
	list_push_back(&listener->so_incoming, &so->so_accepted);
	listener->so_nincoming++;
	socket_wake(listener);
	return (0);
}

/* (l) Until a connection is there. */
static int
wait_incoming(struct socket *so, struct file *fp)
{
	struct sockbuf *sb = &so->so_rcv;
	uint64_t deadline =
	    sb->sb_timeout == 0 ? NO_DEADLINE : clock_ns() + sb->sb_timeout;
	int error;

	while (so->so_nincoming == 0) {
		if (!so->so_listening)
			return (EINVAL);
		if (so->so_error != 0) {
			error = so->so_error;
			so->so_error = 0;
			return (error);
		}
		error = ringbuf_wait_reader(
		    &sb->sb_ring, file_nonblock(fp), deadline);
		if (error != 0)
			return (error);
	}
	return (0);
}

/* The next connection, which isn't the listener's any more. */
static int
take_incoming(struct file *fp, struct socket **connp)
{
	struct socket *so = fp->f_data;
	int error;

	mutex_lock(so->so_lock);
	error = wait_incoming(so, fp);
	if (error == 0) {
		*connp =
		    LIST_FIRST(&so->so_incoming, struct socket, so_accepted);
		list_remove(&(*connp)->so_accepted);
		so->so_nincoming--;
	}
	mutex_unlock(so->so_lock);
	return (error);
}

/* The peer's name; it may have gone already. */
static void
peer_name(struct socket *so, union address *name)
{
	int error;

	mutex_lock(so->so_lock);
	error = so->so_proto->pr_name(so, true, name);
	mutex_unlock(so->so_lock);
	if (error != 0)
		name->sa = (struct sockaddr){.sa_len = sizeof(name->sa),
		    .sa_family = (uint8_t)so->so_proto->pr_domain};
}

int
so_accept(struct thread *td, struct file *fp, int flags, struct file **newp,
    union address *from)
{
	struct socket *conn;
	struct file *new;
	int error;

	new = file_alloc(
	    td, DTYPE_SOCKET, FREAD | FWRITE | flags, &socket_fileops, NULL);
	if (new == NULL)
		return (ENFILE);
	error = take_incoming(fp, &conn);
	if (error != 0) {
		file_release(new);
		return (error);
	}
	new->f_data = conn;
	peer_name(conn, from);
	*newp = new;
	return (0);
}

/* (l) */
static int
shut_down(struct socket *so, int how, struct control **doomed)
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
		so->so_rcv.sb_closed = true;
		if (so->so_rcv.sb_ring.rb_reading)
			so->so_flush = true;
		else
			socket_flush(so, doomed);
	}
	if (how != SHUT_RD)
		so->so_snd.sb_closed = true;
	socket_wake(so);
	return (error);
}

int
so_shutdown(struct file *fp, int how)
{
	struct socket *so = fp->f_data;
	struct control *doomed = NULL;
	int error;

	if (how != SHUT_RD && how != SHUT_WR && how != SHUT_RDWR)
		return (EINVAL);
	mutex_lock(so->so_lock);
	error = shut_down(so, how, &doomed);
	mutex_unlock(so->so_lock);
	socket_dispose(so->so_proto, doomed);
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
	cv_broadcast(&so->so_rcv.sb_ring.rb_nonempty);
	socket_wake_writer(so);
}

/* (l) Enough is there, or never will be. */
static bool
readable(struct socket *so)
{
	return (so->so_nincoming > 0 || so->so_error != 0 ||
		so->so_rcv.sb_closed || socket_receivable(so, SIZE_MAX));
}

static int
socket_poll(struct file *fp, int events)
{
	struct socket *so = fp->f_data;
	bool mute, writable;
	size_t room = 0;
	int error, ready = 0;

	mutex_lock(so->so_lock);
	error = so->so_snd.sb_closed ? EPIPE : so->so_proto->pr_room(so, &room);
	mute = error == EPIPE;
	/* A low-water mark above all that fits is reached when all is taken. */
	writable = mute || so->so_error != 0 ||
		   (error == 0 && (room >= so->so_snd.sb_lowat ||
				      so->so_proto->pr_unread(so) == 0));
	if (readable(so))
		ready |= events & (POLLIN | POLLRDNORM);
	if (!so->so_listening && writable)
		ready |= events & (POLLOUT | POLLWRNORM);
	if (so->so_rcv.sb_closed)
		ready |= events & POLLRDHUP;
	if (mute)
		ready |= events & POLLWRHUP;
	if (so->so_rcv.sb_closed && mute)
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
		n = so->so_listening ? (size_t)so->so_nincoming
				     : socket_bytes(so);
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
		*(int *)data = (int)socket_bytes(so);
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
	st->st_size = (off_t)socket_bytes(so);
	st->st_blksize = (blksize_t)so->so_rcv.sb_limit;
	st->st_atim = st->st_mtim = st->st_ctim = st->st_birthtim =
	    so->so_birth;
	mutex_unlock(so->so_lock);
	return (0);
}

static int
socket_chmod(struct file *fp, mode_t mode)
{
	struct socket *so = fp->f_data;

	return (so->so_proto->pr_chmod == NULL
		    ? EINVAL
		    : so->so_proto->pr_chmod(so, mode));
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
	struct socket *so = fp->f_data, *peer;

	mutex_lock(so->so_lock);
	peer = so->so_proto->pr_peer(so);
	kf->kf_un.kf_sock.kf_sock_pcb = socket_cookie(so);
	kf->kf_un.kf_sock.kf_sock_unpconn =
	    peer != NULL ? socket_cookie(peer) : 0;
	kf->kf_un.kf_sock.kf_sock_domain = so->so_proto->pr_domain;
	kf->kf_un.kf_sock.kf_sock_type = so->so_proto->pr_type;
	kf->kf_un.kf_sock.kf_sock_protocol = so->so_proto->pr_protocol;
	kf->kf_un.kf_sock.kf_sock_recvq = (uint32_t)socket_bytes(so);
	kf->kf_un.kf_sock.kf_sock_sendq = (uint32_t)so->so_proto->pr_unread(so);
	kinfo_name(so, false, &kf->kf_un.kf_sock.kf_sa_local);
	kinfo_name(so, true, &kf->kf_un.kf_sock.kf_sa_peer);
	mutex_unlock(so->so_lock);
}

static size_t
socket_memory(struct file *fp)
{
	const struct socket *so = fp->f_data;

	return (so->so_proto->pr_size + ringbuf_memory(&so->so_rcv.sb_ring) +
		ringbuf_memory(&so->so_snd.sb_ring) + so->so_rcv.sb_beside +
		so->so_queue.q_used + so->so_sent.q_used);
}

/* A socket either listens or moves bytes. */
static int
socket_aio_begin(struct file *fp)
{
	struct socket *so = fp->f_data;
	int error = 0;

	mutex_lock(so->so_lock);
	if (so->so_listening)
		error = EINVAL;
	else
		so->so_transfers++;
	mutex_unlock(so->so_lock);
	return (error);
}

static void
socket_aio_end(struct file *fp)
{
	struct socket *so = fp->f_data;

	mutex_lock(so->so_lock);
	so->so_transfers--;
	mutex_unlock(so->so_lock);
}

const struct fileops socket_fileops = {
    .fo_read = socket_read,
    .fo_write = socket_write,
    .fo_ioctl = socket_ioctl,
    .fo_poll = socket_poll,
    .fo_events = socket_events,
    .fo_ready = socket_ready,
    .fo_stat = socket_stat,
    .fo_chmod = socket_chmod,
    .fo_aio_begin = socket_aio_begin,
    .fo_aio_end = socket_aio_end,
    .fo_kinfo = socket_kinfo,
    .fo_memory = socket_memory,
    .fo_close = socket_close,
    .fo_passable = true,
};
