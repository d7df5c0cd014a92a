/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sockets within the machine (AF_UNIX): streams, datagrams and sequenced
 * packets between processes, found by names in the file system.
 *
 * What is sent goes into the receiver's buffer at once; a datagram socket that
 * has a peer lends it a queue of its own.  Here: their life, options and the
 * tables of operations; unix_connect.c brings two together, unix_io.c sends,
 * unix_rights.c takes care of the files in messages.
 */
#include "lib/string.h"
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "fbsd/stat.h"
#include "net/unix.h"
#include "vfs/vnode.h"

struct mutex unix_lock = MUTEX_INITIALIZER(unix_lock, "unix");

/* net.local.*: what a new socket begins with, in bytes. (a) */
static unsigned long stream_sendspace = 64 * 1024;
static unsigned long stream_recvspace = 64 * 1024;
static unsigned long packet_max = 64 * 1024;
static unsigned long packet_recvspace = 64 * 1024;
static unsigned long dgram_recvspace = 16 * 1024;
unsigned long unix_dgram_max = 8 * 1024;

#define SPACE(id, name, ptr)                                                   \
	SYSCTL_PROC(id, name, CTL_AUTO, CTLTYPE_ULONG | CTLFLAG_RW, "LU",      \
	    socket_handle_space, ptr)
SPACE(stream_send, "net.local.stream.sendspace", &stream_sendspace);
SPACE(stream_recv, "net.local.stream.recvspace", &stream_recvspace);
SPACE(packet_max, "net.local.seqpacket.maxseqpacket", &packet_max);
SPACE(packet_recv, "net.local.seqpacket.recvspace", &packet_recvspace);
SPACE(dgram_max, "net.local.dgram.maxdgram", &unix_dgram_max);
SPACE(dgram_recv, "net.local.dgram.recvspace", &dgram_recvspace);

static int socket_count; /* (a) */
SYSCTL_INT(socket_count, "net.local.sockcount", CTL_AUTO, CTLFLAG_RD,
    &socket_count, "Sockets within the machine");

SYSCTL_INT(kern_numsockets, "kern.ipc.numopensockets", CTL_AUTO, CTLFLAG_RD,
    &socket_count, "Sockets");

static void
unix_attach(struct socket *so)
{
	struct unix_socket *us = unix_of(so);

	switch (so->so_proto->pr_type) {
	case SOCK_STREAM:
		so->so_rcv.sb_limit = atomic_load(&stream_recvspace);
		so->so_snd.sb_limit = atomic_load(&stream_sendspace);
		break;
	case SOCK_DGRAM:
		so->so_rcv.sb_limit = so->so_snd.sb_limit =
		    atomic_load(&dgram_recvspace);
		break;
	default:
		so->so_rcv.sb_limit = atomic_load(&packet_recvspace);
		so->so_snd.sb_limit = atomic_load(&packet_max);
	}
	us->us_mode = ACCESSPERMS;
	list_init(&us->us_senders);
	list_init(&us->us_sender);
	list_init(&us->us_flight);
	list_init(&us->us_reached);
	(void)atomic_add(&socket_count, 1);
}

void
unix_join(struct unix_socket *a, struct unix_socket *b)
{
	a->us_peer = b;
	b->us_peer = a;
	a->us_socket.so_connected = b->us_socket.so_connected = true;
	if (unix_is_dgram(a)) {
		list_push_back(&b->us_senders, &a->us_sender);
		list_push_back(&a->us_senders, &b->us_sender);
	}
}

/* (l), which they share. */
static void
unix_connect2(struct socket *a, struct socket *b, struct thread *td)
{
	unix_join(unix_of(a), unix_of(b));
	if (unix_is_dgram(unix_of(a)))
		return;
	identity_set(&unix_of(a)->us_peerid, td->td_cred, td->td_proc->p_pid);
	identity_set(&unix_of(b)->us_peerid, td->td_cred, td->td_proc->p_pid);
}

void
unix_leave(struct unix_socket *us, struct control **doomed)
{
	struct unix_socket *peer = us->us_peer;

	if (peer == NULL)
		return;
	unix_lock_other(us, peer);
	us->us_peer = NULL;
	if (unix_is_dgram(us)) {
		socket_keep(&peer->us_socket, &us->us_socket.so_sent, doomed);
		list_remove(&us->us_sender);
	} else {
		peer->us_peer = NULL;
		peer->us_socket.so_rcv.sb_closed = true;
	}
	socket_wake(&peer->us_socket);
	unix_unlock_other(us, peer);
}

/* (l), (u). Those that are connected to a datagram socket that goes. */
static void
leave_senders(struct unix_socket *us)
{
	struct unix_socket *sender;

	while ((sender = LIST_FIRST(
		    &us->us_senders, struct unix_socket, us_sender)) != NULL) {
		unix_lock_other(us, sender);
		list_remove(&sender->us_sender);
		sender->us_peer = NULL;
		sender->us_socket.so_connected = false;
		sender->us_socket.so_error = ECONNRESET;
		socket_wake(&sender->us_socket);
		unix_unlock_other(us, sender);
	}
}

static void
unix_detach(struct socket *so)
{
	struct unix_socket *us = unix_of(so);
	bool dgram = unix_is_dgram(us);
	struct control *doomed = NULL;

	unix_unbind(us);
	if (dgram)
		mutex_lock(&unix_lock);
	mutex_lock(so->so_lock);
	unix_leave(us, &doomed);
	if (dgram)
		leave_senders(us);
	identity_set(&us->us_identity, NULL, 0);
	identity_set(&us->us_peerid, NULL, 0);
	mutex_unlock(so->so_lock);
	if (dgram)
		mutex_unlock(&unix_lock);
	socket_dispose(so->so_proto, doomed);
	(void)atomic_sub(&socket_count, 1);
	rights_closed();
}

/* (l) */
static int
unix_shutdown(struct socket *so, int how)
{
	struct unix_socket *us = unix_of(so), *peer = us->us_peer;

	if (peer == NULL)
		return (ENOTCONN);
	if (how != SHUT_RD && !unix_is_dgram(us))
		peer->us_socket.so_rcv.sb_closed = true;
	socket_wake(&peer->us_socket);
	return (0);
}

/* (l) */
static struct socket *
unix_peer(struct socket *so)
{
	struct unix_socket *peer = unix_of(so)->us_peer;

	return (peer != NULL ? &peer->us_socket : NULL);
}

/* (l) One without a name has an empty address. */
static int
unix_name(struct socket *so, bool peer, union address *name)
{
	const struct unix_socket *us = unix_of(so);

	if (peer)
		us = us->us_peer;
	if (us == NULL)
		return (ENOTCONN);
	if (us->us_addr.sun_len != 0)
		name->un = us->us_addr;
	else
		name->sa = (struct sockaddr){
		    .sa_len = sizeof(name->sa), .sa_family = AF_UNIX};
	return (0);
}

static size_t
unix_dgram_limit(struct socket *so)
{
	return (atomic_load(&unix_dgram_max));
}

static size_t
unix_packet_limit(struct socket *so)
{
	return (so->so_snd.sb_limit);
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

/* (l) Who listened or connected, as LOCAL_PEERCRED tells it. */
static int
get_peercred(const struct unix_socket *us, struct xucred *xu)
{
	const struct cred *cr = us->us_peerid.id_cred;
	int n;

	if (cr == NULL)
		return (unix_is_dgram(us) ? EINVAL : ENOTCONN);
	n = MIN(cr->cr_ngroups, XU_NGROUPS - 1);
	*xu = (struct xucred){.cr_uid = cr->cr_uid,
	    .cr_ngroups = (int16_t)(n + 1),
	    .cr_pid = us->us_peerid.id_pid};
	xu->cr_groups[0] = cr->cr_gid;
	for (int i = 0; i < n; i++)
		xu->cr_groups[i + 1] = cr->cr_groups[i];
	return (0);
}

/* (l) */
static int
unix_getopt(struct socket *so, int level, int name, void *val, size_t *size)
{
	const struct unix_socket *us = unix_of(so);

	if (level != SOL_LOCAL)
		return (EINVAL);
	switch (name) {
	case LOCAL_PEERCRED:
		*size = sizeof(struct xucred);
		return (get_peercred(us, val));
	case LOCAL_CREDS:
	case LOCAL_CREDS_PERSISTENT:
		*size = sizeof(int);
		*(int *)val = us->us_wantcred == name;
		return (0);
	default:
		return (EOPNOTSUPP);
	}
}

/* (l) The two options exclude each other. */
static int
unix_setopt(
    struct socket *so, int level, int name, const void *val, size_t size)
{
	struct unix_socket *us = unix_of(so);
	int value;

	if (level != SOL_LOCAL)
		return (EINVAL);
	if (name != LOCAL_CREDS && name != LOCAL_CREDS_PERSISTENT)
		return (ENOPROTOOPT);
	if (size < sizeof(value))
		return (EINVAL);
	memcpy(&value, val, sizeof(value));
	if (value != 0 && us->us_wantcred != 0 && us->us_wantcred != name)
		return (EINVAL);
	if (value != 0 || us->us_wantcred == name)
		us->us_wantcred = value != 0 ? name : 0;
	return (0);
}

/* The file of a name will have this mode; when it is there, it has its own. */
static int
unix_chmod(struct socket *so, mode_t mode)
{
	struct unix_socket *us = unix_of(so);
	int error = 0;

	if ((mode & (mode_t)~ACCESSPERMS) != 0)
		return (EINVAL);
	mutex_lock(so->so_lock);
	if (us->us_addr.sun_len != 0 || us->us_binding)
		error = EINVAL;
	else
		us->us_mode = mode;
	mutex_unlock(so->so_lock);
	return (error);
}

/* What is the same for all types. */
#define UNIX_OPERATIONS                                                        \
	.pr_domain = AF_UNIX, .pr_size = sizeof(struct unix_socket),           \
	.pr_attach = unix_attach, .pr_detach = unix_detach,                    \
	.pr_bind = unix_bind, .pr_connect = unix_connect,                      \
	.pr_connect2 = unix_connect2, .pr_shutdown = unix_shutdown,            \
	.pr_peer = unix_peer, .pr_name = unix_name, .pr_room = unix_room,      \
	.pr_unread = unix_unread, .pr_received = unix_received,                \
	.pr_control = unix_control, .pr_control_enter = rights_enter,          \
	.pr_control_leave = rights_leave, .pr_dispose = rights_dispose,        \
	.pr_getopt = unix_getopt, .pr_setopt = unix_setopt,                    \
	.pr_chmod = unix_chmod

static const struct protosw unix_stream = {
    UNIX_OPERATIONS,
    .pr_type = SOCK_STREAM,
    .pr_flags = PR_CONNECTED,
    .pr_listen = unix_listen,
    .pr_target = unix_target,
    .pr_sign = unix_sign,
    .pr_sent = unix_sent,
};
PROTOSW_SET(unix_stream);

static const struct protosw unix_dgram = {
    UNIX_OPERATIONS,
    .pr_type = SOCK_DGRAM,
    .pr_flags = PR_ATOMIC | PR_DATAGRAMS,
    .pr_disconnect = unix_disconnect,
    .pr_max = unix_dgram_limit,
    .pr_sendto = unix_sendto,
};
PROTOSW_SET(unix_dgram);

static const struct protosw unix_packet = {
    UNIX_OPERATIONS,
    .pr_type = SOCK_SEQPACKET,
    .pr_flags = PR_CONNECTED | PR_ATOMIC,
    .pr_listen = unix_listen,
    .pr_max = unix_packet_limit,
    .pr_send = unix_send,
};
PROTOSW_SET(unix_packet);
