/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sockets within the machine (AF_UNIX): streams, datagrams and sequenced
 * packets between processes, found by names in the file system.
 *
 * A socket has a queue of messages to be received; sending puts a message into
 * the peer's queue if there is room.  What streams call bytes are messages
 * whose borders the receiver doesn't see.  Here: their life, what poll(2) sees
 * and options; unix_connect.c brings two together, unix_io.c moves messages,
 * unix_rights.c takes care of the files in them.
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
#include "info/sysctl.h"
#include "time/time.h"
#include "net/unix_impl.h"
#include "vfs/vnode.h"
#include "vm/kmem.h"

#define BUFFER_MAX (2ul << 20) /* of what is asked for, by setsockopt too */

/* net.local.*: what a new socket begins with, in bytes. (a) */
static unsigned long stream_sendspace = 64 * 1024;
static unsigned long stream_recvspace = 64 * 1024;
static unsigned long packet_max = 64 * 1024;
static unsigned long packet_recvspace = 64 * 1024;
static unsigned long dgram_recvspace = 16 * 1024;
unsigned long unix_dgram_max = 8 * 1024;

static sysctl_fn handle_space;
#define SPACE(id, name, ptr)                                                   \
	SYSCTL_PROC(id, name, CTL_AUTO, CTLTYPE_ULONG | CTLFLAG_RW, "LU",      \
	    handle_space, ptr)
SPACE(stream_send, "net.local.stream.sendspace", &stream_sendspace);
SPACE(stream_recv, "net.local.stream.recvspace", &stream_recvspace);
SPACE(packet_max, "net.local.seqpacket.maxseqpacket", &packet_max);
SPACE(packet_recv, "net.local.seqpacket.recvspace", &packet_recvspace);
SPACE(dgram_max, "net.local.dgram.maxdgram", &unix_dgram_max);
SPACE(dgram_recv, "net.local.dgram.recvspace", &dgram_recvspace);

static int socket_count; /* (a) */
SYSCTL_INT(
    socket_count, "net.local.sockcount", CTL_AUTO, CTLFLAG_RD, &socket_count);

struct mutex unix_lock = MUTEX_INITIALIZER(unix_lock, "unix");
struct list unix_sockets = LIST_INITIALIZER(unix_sockets);

static uint64_t socket_serial; /* (a) */

static int
handle_space(const struct sysctl_node *node, struct sysctl_req *req)
{
	unsigned long *space = node->sn_ptr, value = atomic_load(space);
	int error;

	error = sysctl_out(req, &value, sizeof(value));
	if (error != 0 || !sysctl_has_new(req))
		return (error);
	error = sysctl_in(req, &value, sizeof(value));
	if (error == 0 && (value == 0 || value > BUFFER_MAX))
		error = EINVAL;
	if (error == 0)
		atomic_store(space, value);
	return (error);
}

static void
queue_init(struct queue *q)
{
	list_init(&q->q_messages);
	q->q_used = 0;
}

static void
set_spaces(struct socket *so)
{
	switch (so->so_type) {
	case SOCK_STREAM:
		so->so_rcvbuf = atomic_load(&stream_recvspace);
		so->so_sndbuf = atomic_load(&stream_sendspace);
		break;
	case SOCK_DGRAM:
		so->so_rcvbuf = so->so_sndbuf = atomic_load(&dgram_recvspace);
		break;
	default:
		so->so_rcvbuf = atomic_load(&packet_recvspace);
		so->so_sndbuf = atomic_load(&packet_max);
	}
}

struct socket *
socket_create(int type)
{
	struct socket *so = kmem_alloc(sizeof(*so), KM_ZERO);

	if (so == NULL)
		return (NULL);
	so->so_type = type;
	so->so_birth = time_now();
	so->so_serial = atomic_add(&socket_serial, 1) + 1;
	set_spaces(so);
	list_init(&so->so_senders);
	list_init(&so->so_sender);
	queue_init(&so->so_queue);
	queue_init(&so->so_sent);
	list_init(&so->so_turns);
	list_init(&so->so_turn);
	list_init(&so->so_incoming);
	cv_init(&so->so_arrived, "sbwait");
	cv_init(&so->so_room, "sbroom");
	event_source_init(&so->so_events, "socket events");
	(void)atomic_add(&socket_count, 1);
	mutex_lock(&unix_lock);
	list_push_back(&unix_sockets, &so->so_link);
	mutex_unlock(&unix_lock);
	return (so);
}

void
socket_wake(struct socket *so)
{
	cv_broadcast(&so->so_arrived);
	cv_broadcast(&so->so_room);
	event_notify(&so->so_events, 0);
}

/* What a datagram socket sent is its receiver's own now. (l) */
static void
give_up_sent(struct socket *so)
{
	struct queue *sent = &so->so_sent, *q = &so->so_peer->so_queue;

	list_splice(&q->q_messages, &sent->q_messages);
	q->q_used += sent->q_used;
	sent->q_used = 0;
	list_remove(&so->so_turn);
}

void
socket_leave_peer(struct socket *so)
{
	struct socket *peer = so->so_peer;

	if (peer == NULL)
		return;
	if (so->so_type == SOCK_DGRAM)
		give_up_sent(so);
	so->so_peer = NULL;
	list_remove(&so->so_sender);
	if (peer->so_peer == so && so->so_type != SOCK_DGRAM)
		peer->so_peer = NULL;
	socket_wake(peer);
}

/* Those that are connected to a datagram socket that goes. (l) */
static void
leave_senders(struct socket *so)
{
	struct socket *sender;

	while ((sender = LIST_FIRST(
		    &so->so_senders, struct socket, so_sender)) != NULL) {
		list_remove(&sender->so_sender);
		sender->so_peer = NULL;
		sender->so_connected = false;
		sender->so_error = ECONNRESET;
		socket_wake(sender);
	}
}

void
socket_detach(struct socket *so, struct list *doomed, struct vnode **vpp)
{
	struct socket *conn;
	struct vnode *none;

	list_remove(&so->so_link);
	socket_leave_peer(so);
	socket_flush(so, doomed);
	leave_senders(so);
	*vpp = so->so_vnode;
	if (so->so_vnode != NULL)
		so->so_vnode->v_base->v_socket = NULL;
	while ((conn = LIST_FIRST(
		    &so->so_incoming, struct socket, so_sender)) != NULL) {
		list_remove(&conn->so_sender);
		socket_detach(conn, doomed, &none);
		socket_free(conn);
	}
}

void
socket_free(struct socket *so)
{
	identity_set(&so->so_identity, NULL, 0);
	identity_set(&so->so_peerid, NULL, 0);
	(void)atomic_sub(&socket_count, 1);
	kmem_free(so, sizeof(*so));
}

static void
unix_close(struct file *fp)
{
	struct list doomed = LIST_INITIALIZER(doomed);
	struct socket *so = fp->f_data;
	struct vnode *vp;

	/* A file for a connection that didn't come. */
	if (so == NULL)
		return;
	event_source_drain(&so->so_events);
	mutex_lock(&unix_lock);
	socket_detach(so, &doomed, &vp);
	mutex_unlock(&unix_lock);
	if (vp != NULL)
		vnode_release(vp);
	socket_free(so);
	rights_dispose(&doomed);
}

/* A socket that never got a file. */
static void
socket_discard(struct socket *so)
{
	struct list doomed = LIST_INITIALIZER(doomed);
	struct vnode *vp;

	mutex_lock(&unix_lock);
	socket_detach(so, &doomed, &vp);
	mutex_unlock(&unix_lock);
	socket_free(so);
}

int
unix_socket(struct thread *td, int type, int flags, struct file **fpp)
{
	struct socket *so;

	if (type != SOCK_STREAM && type != SOCK_DGRAM && type != SOCK_SEQPACKET)
		return (EPROTOTYPE);
	so = socket_create(type);
	if (so == NULL)
		return (ENOMEM);
	*fpp = file_alloc(
	    td, DTYPE_SOCKET, FREAD | FWRITE | flags, &unix_fileops, so);
	if (*fpp == NULL) {
		socket_discard(so);
		return (ENFILE);
	}
	mutex_lock(&unix_lock);
	so->so_file = *fpp;
	mutex_unlock(&unix_lock);
	return (0);
}

void
socket_pair(struct socket *a, struct socket *b)
{
	a->so_peer = b;
	b->so_peer = a;
	a->so_connected = b->so_connected = true;
	if (a->so_type == SOCK_DGRAM) {
		list_push_back(&b->so_senders, &a->so_sender);
		list_push_back(&a->so_senders, &b->so_sender);
	}
}

int
unix_socketpair(struct thread *td, int type, int flags, struct file *fps[2])
{
	int error;

	error = unix_socket(td, type, flags, &fps[0]);
	if (error != 0)
		return (error);
	error = unix_socket(td, type, flags, &fps[1]);
	if (error != 0) {
		file_release(fps[0]);
		return (error);
	}
	mutex_lock(&unix_lock);
	socket_pair(fps[0]->f_data, fps[1]->f_data);
	if (type != SOCK_DGRAM)
		for (int i = 0; i < 2; i++)
			identity_set(
			    &((struct socket *)fps[i]->f_data)->so_peerid,
			    td->td_cred, td->td_proc->p_pid);
	mutex_unlock(&unix_lock);
	return (0);
}

void
identity_set(struct identity *id, struct cred *cr, pid_t pid)
{
	struct cred *old = id->id_cred;

	id->id_cred = cr != NULL ? cred_hold(cr) : NULL;
	id->id_pid = pid;
	if (old != NULL)
		cred_release(old);
}

size_t
socket_room(const struct socket *so)
{
	bool dgram = so->so_type == SOCK_DGRAM;
	const struct socket *peer = so->so_peer;
	size_t limit = dgram ? so->so_sndbuf : peer->so_rcvbuf;
	size_t used = dgram ? so->so_sent.q_used : peer->so_queue.q_used;

	return (peer->so_cantrecv || used >= limit ? 0 : limit - used);
}

struct queue *
socket_next(struct socket *so)
{
	if (!so->so_peeked && !list_empty(&so->so_turns))
		return (&LIST_FIRST(&so->so_turns, struct socket, so_turn)
			     ->so_sent);
	return (list_empty(&so->so_queue.q_messages) ? NULL : &so->so_queue);
}

/* Nothing will come any more. (l) */
static bool
ended(const struct socket *so)
{
	return (so->so_cantrecv ||
		(so->so_type != SOCK_DGRAM && so->so_connected &&
		    (so->so_peer == NULL || so->so_peer->so_cantsend)));
}

/* Nothing can be sent any more. (l) */
static bool
mute(const struct socket *so)
{
	return (so->so_cantsend ||
		(so->so_type != SOCK_DGRAM && so->so_connected &&
		    (so->so_peer == NULL || so->so_peer->so_cantrecv)));
}

/* (l) */
static bool
writable(const struct socket *so)
{
	if (mute(so) || so->so_error != 0)
		return (true);
	if (so->so_peer == NULL)
		return (so->so_type == SOCK_DGRAM);
	return (socket_room(so) >= (so->so_type == SOCK_DGRAM
					   ? so->so_sndbuf
					   : so->so_peer->so_rcvbuf) /
				       8);
}

static int
unix_poll(struct file *fp, int events)
{
	struct socket *so = fp->f_data;
	int ready = 0;

	mutex_lock(&unix_lock);
	if (socket_next(so) != NULL || so->so_nincoming > 0 ||
	    so->so_error != 0 || ended(so))
		ready |= events & (POLLIN | POLLRDNORM);
	if (!so->so_listening && writable(so))
		ready |= events & (POLLOUT | POLLWRNORM);
	if (ended(so))
		ready |= events & POLLRDHUP;
	if (ended(so) && mute(so))
		ready |= POLLHUP;
	mutex_unlock(&unix_lock);
	return (ready);
}

static struct event_source *
unix_events(struct file *fp)
{
	return (&((struct socket *)fp->f_data)->so_events);
}

static int64_t
unix_ready(struct file *fp, int filter)
{
	struct socket *so = fp->f_data;
	int64_t n;

	mutex_lock(&unix_lock);
	if (filter == EVFILT_WRITE)
		n = so->so_peer != NULL ? (int64_t)socket_room(so) : 0;
	else
		n = so->so_listening ? so->so_nincoming : (int64_t)so->so_bytes;
	mutex_unlock(&unix_lock);
	return (n);
}

static int
unix_read(struct file *fp, struct uio *uio, int flags)
{
	struct received r = {0};
	int error;

	error = unix_receive(curthread(), fp, uio, &r);
	control_free(r.r_control);
	return (error);
}

static int
unix_write(struct file *fp, struct uio *uio, int flags)
{
	return (unix_send(curthread(), fp, uio, 0, NULL, NULL));
}

static int
unix_ioctl(struct file *fp, unsigned long cmd, void *data, struct thread *td)
{
	struct socket *so = fp->f_data;
	int error = 0;

	mutex_lock(&unix_lock);
	switch (cmd) {
	case FIONREAD:
		*(int *)data = (int)so->so_bytes;
		break;
	case FIONWRITE:
		*(int *)data =
		    so->so_peer != NULL ? (int)so->so_peer->so_bytes : 0;
		break;
	case FIONSPACE:
		*(int *)data = so->so_peer != NULL ? (int)socket_room(so) : 0;
		break;
	default:
		error = ENOTTY;
	}
	mutex_unlock(&unix_lock);
	return (error);
}

static int
unix_stat(struct file *fp, struct stat *st)
{
	struct socket *so = fp->f_data;

	file_stat_plain(fp, S_IFSOCK | ACCESSPERMS, st);
	mutex_lock(&unix_lock);
	st->st_ino = so->so_serial;
	st->st_size = (off_t)so->so_bytes;
	st->st_blksize = (blksize_t)so->so_rcvbuf;
	st->st_atim = st->st_mtim = st->st_ctim = st->st_birthtim =
	    so->so_birth;
	mutex_unlock(&unix_lock);
	return (0);
}

static void
unix_kinfo(struct file *fp, struct kinfo_file *kf)
{
	struct socket *so = fp->f_data, *peer;

	mutex_lock(&unix_lock);
	peer = so->so_peer;
	kf->kf_un.kf_sock.kf_sock_domain = AF_UNIX;
	kf->kf_un.kf_sock.kf_sock_type = so->so_type;
	kf->kf_un.kf_sock.kf_sock_recvq = (uint32_t)so->so_bytes;
	memcpy(
	    &kf->kf_un.kf_sock.kf_sa_local, &so->so_addr, sizeof(so->so_addr));
	if (peer != NULL) {
		kf->kf_un.kf_sock.kf_sock_sendq = (uint32_t)peer->so_bytes;
		memcpy(&kf->kf_un.kf_sock.kf_sa_peer, &peer->so_addr,
		    sizeof(peer->so_addr));
	}
	mutex_unlock(&unix_lock);
}

const struct fileops unix_fileops = {
    .fo_read = unix_read,
    .fo_write = unix_write,
    .fo_ioctl = unix_ioctl,
    .fo_poll = unix_poll,
    .fo_events = unix_events,
    .fo_ready = unix_ready,
    .fo_stat = unix_stat,
    .fo_kinfo = unix_kinfo,
    .fo_close = unix_close,
    .fo_passable = true,
};

/* An integer option's value. (l) */
static int
int_option(struct socket *so, int name, int *value)
{
	switch (name) {
	case SO_REUSEADDR:
	case SO_KEEPALIVE:
	case SO_BROADCAST:
	case SO_REUSEPORT:
	case SO_NOSIGPIPE:
		*value = (so->so_options & (unsigned)name) != 0 ? name : 0;
		return (0);
	case SO_ACCEPTCONN:
		*value = so->so_listening ? SO_ACCEPTCONN : 0;
		return (0);
	case SO_SNDBUF:
		*value = (int)so->so_sndbuf;
		return (0);
	case SO_RCVBUF:
		*value = (int)so->so_rcvbuf;
		return (0);
	case SO_ERROR:
		*value = so->so_error;
		so->so_error = 0;
		return (0);
	case SO_TYPE:
		*value = so->so_type;
		return (0);
	case SO_LISTENQLIMIT:
		*value = so->so_backlog;
		return (0);
	case SO_LISTENQLEN:
		*value = so->so_nincoming;
		return (0);
	case SO_PROTOCOL:
		*value = 0;
		return (0);
	case SO_DOMAIN:
		*value = AF_UNIX;
		return (0);
	default:
		return (ENOPROTOOPT);
	}
}

/* (l) Who listened or connected, as LOCAL_PEERCRED tells it. */
static int
get_peercred(const struct socket *so, struct xucred *xu)
{
	const struct cred *cr = so->so_peerid.id_cred;
	int n;

	if (cr == NULL)
		return (so->so_type == SOCK_DGRAM ? EINVAL : ENOTCONN);
	n = MIN(cr->cr_ngroups, XU_NGROUPS - 1);
	*xu = (struct xucred){.cr_uid = cr->cr_uid,
	    .cr_ngroups = (int16_t)(n + 1),
	    .cr_pid = so->so_peerid.id_pid};
	xu->cr_groups[0] = cr->cr_gid;
	for (int i = 0; i < n; i++)
		xu->cr_groups[i + 1] = cr->cr_groups[i];
	return (0);
}

/* (l) Options of SOL_LOCAL. */
static int
get_local(const struct socket *so, int name, void *val, size_t *size)
{
	switch (name) {
	case LOCAL_PEERCRED:
		*size = sizeof(struct xucred);
		return (get_peercred(so, val));
	case LOCAL_CREDS:
	case LOCAL_CREDS_PERSISTENT:
		*size = sizeof(int);
		*(int *)val = so->so_wantcred == name;
		return (0);
	default:
		return (EOPNOTSUPP);
	}
}

/* (l) Into val of UNIX_OPTION_MAX. */
static int
get_option(struct socket *so, int level, int name, void *val, size_t *size)
{
	struct timeval tv;

	if (level == SOL_LOCAL)
		return (get_local(so, name, val, size));
	if (level != SOL_SOCKET)
		return (EINVAL);
	if (name == SO_RCVTIMEO || name == SO_SNDTIMEO) {
		tv = ns_timeval(
		    name == SO_RCVTIMEO ? so->so_rcvtimeo : so->so_sndtimeo);
		memcpy(val, &tv, sizeof(tv));
		*size = sizeof(tv);
		return (0);
	}
	*size = sizeof(int);
	return (int_option(so, name, val));
}

int
unix_getopt(struct file *fp, int level, int name, void *val, size_t *size)
{
	uint64_t room[UNIX_OPTION_MAX / 8];
	size_t have;
	int error;

	mutex_lock(&unix_lock);
	error = get_option(fp->f_data, level, name, room, &have);
	mutex_unlock(&unix_lock);
	if (error != 0)
		return (error);
	*size = MIN(*size, have);
	memcpy(val, room, *size);
	return (0);
}

static int
set_timeout(struct socket *so, int name, const void *val, size_t size)
{
	struct timeval tv;
	uint64_t ns;

	if (size < sizeof(tv))
		return (EINVAL);
	memcpy(&tv, val, sizeof(tv));
	if (tv.tv_sec < 0 || tv.tv_usec < 0 || tv.tv_usec >= 1000000)
		return (EDOM);
	/* What is longer than 30 years has no end. */
	ns = tv.tv_sec > 1000000000 ? 0
				    : (uint64_t)tv.tv_sec * 1000000000 +
					  (uint64_t)tv.tv_usec * 1000;
	if (name == SO_RCVTIMEO)
		so->so_rcvtimeo = ns;
	else
		so->so_sndtimeo = ns;
	return (0);
}

/* (l) */
static int
set_option(struct socket *so, int name, const void *val, size_t size)
{
	int value;

	if (name == SO_RCVTIMEO || name == SO_SNDTIMEO)
		return (set_timeout(so, name, val, size));
	if (size < sizeof(value))
		return (EINVAL);
	memcpy(&value, val, sizeof(value));
	switch (name) {
	case SO_REUSEADDR:
	case SO_KEEPALIVE:
	case SO_BROADCAST:
	case SO_REUSEPORT:
	case SO_NOSIGPIPE:
		if (value != 0)
			so->so_options |= (unsigned)name;
		else
			so->so_options &= ~(unsigned)name;
		return (0);
	case SO_SNDBUF:
	case SO_RCVBUF:
		if (value <= 0)
			return (EINVAL);
		if ((unsigned)value > BUFFER_MAX)
			return (ENOBUFS);
		if (name == SO_SNDBUF)
			so->so_sndbuf = (size_t)value;
		else
			so->so_rcvbuf = (size_t)value;
		if (so->so_peer != NULL)
			socket_wake(so->so_peer);
		return (0);
	default:
		return (ENOPROTOOPT);
	}
}

/* (l) The two options exclude each other. */
static int
set_local(struct socket *so, int name, const void *val, size_t size)
{
	int value;

	if (name != LOCAL_CREDS && name != LOCAL_CREDS_PERSISTENT)
		return (ENOPROTOOPT);
	if (size < sizeof(value))
		return (EINVAL);
	memcpy(&value, val, sizeof(value));
	if (value != 0 && so->so_wantcred != 0 && so->so_wantcred != name)
		return (EINVAL);
	if (value != 0 || so->so_wantcred == name)
		so->so_wantcred = value != 0 ? name : 0;
	return (0);
}

int
unix_setopt(struct file *fp, int level, int name, const void *val, size_t size)
{
	int error;

	if (level != SOL_SOCKET && level != SOL_LOCAL)
		return (EINVAL);
	mutex_lock(&unix_lock);
	if (level == SOL_SOCKET)
		error = set_option(fp->f_data, name, val, size);
	else
		error = set_local(fp->f_data, name, val, size);
	mutex_unlock(&unix_lock);
	return (error);
}
