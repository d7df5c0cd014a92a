/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sockets within the machine: names, and how two sockets come together.
 *
 * A name is a file of type VSOCK whose vnode points to the socket while that is
 * open.  Connecting a stream makes the server's socket at once and puts it into
 * the listener's queue, so that the client need not wait for accept(2).
 */
#include "lib/string.h"
#include "fbsd/errno.h"
#include "fbsd/fcntl.h"
#include "fbsd/stat.h"
#include "file/fdtable.h"
#include "core/sysctl.h"
#include "net/unix_impl.h"
#include "vfs/namei.h"
#include "vfs/vnode.h"

static int backlog_max = SOMAXCONN;
SYSCTL_INT(kern_ipc_soacceptqueue, "kern.ipc.soacceptqueue", CTL_AUTO,
    CTLFLAG_RW, &backlog_max);

/* The file for a name; referenced. */
static int
make_node(struct thread *td, int dirfd, const char *path, struct vnode **vpp)
{
	struct vattr va = {.va_type = VSOCK};
	struct namei nd;
	int error;

	va.va_mode = ACCESSPERMS & ~td->td_proc->p_umask;
	error = namei_at(td, &nd, dirfd, path, NAMEI_PARENT);
	if (error == 0 && (nd.nd_vp != NULL || nd.nd_dvp == NULL))
		error = EADDRINUSE;
	if (error == 0 && nd.nd_trailing_slash)
		error = ENOENT;
	if (error == 0)
		error = vn_create(nd.nd_dvp, &nd.nd_cn, &va, NULL, vpp);
	namei_done(&nd);
	return (error == EEXIST ? EADDRINUSE : error);
}

int
unix_bind(struct thread *td, struct file *fp, int dirfd,
    const struct sockaddr_un *sun)
{
	char path[sizeof(sun->sun_path) + 1] = {0};
	struct socket *so = fp->f_data;
	struct vnode *vp;
	int error = 0;

	memcpy(path, sun->sun_path,
	    sun->sun_len - offsetof(struct sockaddr_un, sun_path));
	mutex_lock(&unix_lock);
	if (so->so_addr.sun_len != 0)
		error = EINVAL;
	else if (so->so_binding)
		error = EALREADY;
	else
		so->so_binding = true;
	mutex_unlock(&unix_lock);
	if (error != 0)
		return (error);
	error = make_node(td, dirfd, path, &vp);
	mutex_lock(&unix_lock);
	so->so_binding = false;
	if (error == 0) {
		so->so_vnode = vp;
		so->so_addr = *sun;
		vp->v_base->v_socket = so;
	}
	mutex_unlock(&unix_lock);
	return (error);
}

int
socket_find(struct thread *td, int dirfd, const char *path, struct vnode **vpp)
{
	struct namei nd;
	int error;

	error = namei_at(td, &nd, dirfd, path, NAMEI_FOLLOW);
	if (error == 0 && nd.nd_vp->v_type != VSOCK)
		error = ENOTSOCK;
	if (error == 0) {
		rw_rlock(&nd.nd_vp->v_base->v_lock);
		error = vfs_access(nd.nd_vp, VWRITE, td->td_cred);
		rw_runlock(&nd.nd_vp->v_base->v_lock);
	}
	if (error == 0) {
		*vpp = nd.nd_vp;
		vnode_hold(*vpp);
	}
	namei_done(&nd);
	return (error);
}

/* A datagram socket's receiver from now on. (l) */
static void
connect_dgram(struct socket *so, struct socket *to)
{
	socket_leave_peer(so);
	so->so_peer = to;
	so->so_connected = true;
	list_push_back(&to->so_senders, &so->so_sender);
}

/* so and conn, a new socket, which waits to be accepted. (l) */
static int
connect_stream(struct thread *td, struct socket *so, struct socket *listener,
    struct socket *conn)
{
	if (so->so_listening)
		return (EOPNOTSUPP);
	if (so->so_peer != NULL)
		return (EISCONN);
	if (so->so_connected)
		return (EINVAL);
	if (!listener->so_listening ||
	    listener->so_nincoming >= listener->so_backlog)
		return (ECONNREFUSED);
	conn->so_addr = listener->so_addr;
	conn->so_options = listener->so_options;
	conn->so_rcvbuf = listener->so_rcvbuf;
	conn->so_sndbuf = listener->so_sndbuf;
	conn->so_wantcred = listener->so_wantcred;
	identity_set(&conn->so_peerid, td->td_cred, td->td_proc->p_pid);
	identity_set(&so->so_peerid, listener->so_identity.id_cred,
	    listener->so_identity.id_pid);
	socket_pair(so, conn);
	list_push_back(&listener->so_incoming, &conn->so_sender);
	listener->so_nincoming++;
	socket_wake(listener);
	socket_wake(so);
	return (0);
}

int
unix_connect(struct thread *td, struct file *fp, int dirfd, const char *path)
{
	struct list none = LIST_INITIALIZER(none);
	struct socket *so = fp->f_data, *to, *conn = NULL;
	struct vnode *vp, *novp;
	int error;

	error = socket_find(td, dirfd, path, &vp);
	if (error != 0)
		return (error);
	if (so->so_type != SOCK_DGRAM &&
	    (conn = socket_create(so->so_type)) == NULL) {
		vnode_release(vp);
		return (ENOMEM);
	}
	mutex_lock(&unix_lock);
	to = vp->v_base->v_socket;
	if (to == NULL)
		error = ECONNREFUSED;
	else if (to->so_type != so->so_type)
		error = EPROTOTYPE;
	else if (conn != NULL)
		error = connect_stream(td, so, to, conn);
	else
		connect_dgram(so, to);
	if (error != 0 && conn != NULL) {
		socket_detach(conn, &none, &novp);
		socket_free(conn);
	}
	mutex_unlock(&unix_lock);
	vnode_release(vp);
	return (error);
}

int
unix_disconnect(struct file *fp)
{
	struct socket *so = fp->f_data;

	if (so->so_type != SOCK_DGRAM)
		return (EISCONN);
	mutex_lock(&unix_lock);
	socket_leave_peer(so);
	so->so_connected = false;
	mutex_unlock(&unix_lock);
	return (0);
}

int
unix_listen(struct thread *td, struct file *fp, int backlog)
{
	struct socket *so = fp->f_data;
	int error = 0;

	if (so->so_type == SOCK_DGRAM)
		return (EOPNOTSUPP);
	mutex_lock(&unix_lock);
	if (so->so_connected)
		error = EINVAL;
	else if (so->so_vnode == NULL)
		error = EDESTADDRREQ;
	if (error == 0) {
		so->so_listening = true;
		so->so_backlog = backlog < 0 || backlog > backlog_max
				     ? MAX(backlog_max, 1)
				     : MAX(backlog, 1);
		identity_set(&so->so_identity, td->td_cred, td->td_proc->p_pid);
	}
	mutex_unlock(&unix_lock);
	return (error);
}

/* A socket's name; one without has an empty address. (l) */
static void
name_of(const struct socket *so, struct sockaddr_un *sun)
{
	*sun = so->so_addr;
	if (sun->sun_len == 0) {
		sun->sun_len = sizeof(struct sockaddr);
		sun->sun_family = AF_UNIX;
	}
}

/* Until a connection is there. (l) */
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
		error = cv_timedwait_sig(&so->so_arrived, &unix_lock, deadline);
		if (error != 0)
			return (error == ETIMEDOUT ? EAGAIN : error);
	}
	return (0);
}

int
unix_accept(struct thread *td, struct file *fp, int flags, int uf, int *fdp,
    struct sockaddr_un *from)
{
	struct socket *so = fp->f_data, *conn;
	struct file *new;
	int error;

	new = file_alloc(
	    td, DTYPE_SOCKET, FREAD | FWRITE | flags, &unix_fileops, NULL);
	if (new == NULL)
		return (ENFILE);
	mutex_lock(&unix_lock);
	error = wait_incoming(so, fp);
	if (error == 0) {
		conn = LIST_FIRST(&so->so_incoming, struct socket, so_sender);
		/* The connection stays where it is if there is no number. */
		new->f_data = conn;
		error = fd_install(td, new, 0, uf, fdp);
		if (error != 0)
			new->f_data = NULL;
	}
	if (error == 0) {
		list_remove(&conn->so_sender);
		so->so_nincoming--;
		conn->so_file = new;
		*from = (struct sockaddr_un){
		    .sun_len = sizeof(struct sockaddr), .sun_family = AF_UNIX};
		if (conn->so_peer != NULL)
			name_of(conn->so_peer, from);
	}
	mutex_unlock(&unix_lock);
	file_release(new);
	return (error);
}

/* (l) released while somebody still receives. */
static void
shut_down(struct socket *so, int how, struct list *doomed)
{
	if (how != SHUT_WR) {
		so->so_cantrecv = true;
		while (so->so_receiving)
			cv_wait(&so->so_arrived, &unix_lock);
		socket_flush(so, doomed);
	}
	if (how != SHUT_RD)
		so->so_cantsend = true;
	socket_wake(so);
	if (so->so_peer != NULL)
		socket_wake(so->so_peer);
}

int
unix_shutdown(struct file *fp, int how)
{
	struct list doomed = LIST_INITIALIZER(doomed);
	struct socket *so = fp->f_data;
	int error = 0;

	if (how != SHUT_RD && how != SHUT_WR && how != SHUT_RDWR)
		return (EINVAL);
	mutex_lock(&unix_lock);
	if (so->so_peer == NULL)
		error = ENOTCONN;
	if (so->so_listening && how != SHUT_WR) {
		so->so_error = ECONNABORTED;
		socket_wake(so);
	}
	/* It is an error for a datagram socket without a peer, and wakes who
	 * waits to receive all the same. */
	if (error == 0 || so->so_type == SOCK_DGRAM)
		shut_down(so, how, &doomed);
	mutex_unlock(&unix_lock);
	rights_dispose(&doomed);
	return (error);
}

int
unix_name(struct file *fp, bool peer, struct sockaddr_un *sun)
{
	struct socket *so = fp->f_data;
	int error = 0;

	mutex_lock(&unix_lock);
	if (peer)
		so = so->so_peer;
	if (so != NULL)
		name_of(so, sun);
	else
		error = ENOTCONN;
	mutex_unlock(&unix_lock);
	return (error);
}
