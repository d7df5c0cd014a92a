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
#include "net/unix.h"
#include "vfs/namei.h"
#include "vfs/vnode.h"

#define PATH_OFFSET offsetof(struct sockaddr_un, sun_path)
#define PATH_ROOM   (sizeof(((struct sockaddr_un *)0)->sun_path) + 1)

/* The path of an address, with a NUL. */
static int
path_of(const union address *name, char path[PATH_ROOM])
{
	if (name->sa.sa_family != AF_UNIX)
		return (EAFNOSUPPORT);
	if (name->sa.sa_len > sizeof(name->un) ||
	    name->sa.sa_len <= PATH_OFFSET)
		return (EINVAL);
	memset(path, 0, PATH_ROOM);
	memcpy(path, name->un.sun_path, name->sa.sa_len - PATH_OFFSET);
	return (0);
}

/* The file for a name; referenced. */
static int
make_node(struct thread *td, int dirfd, const char *path, mode_t mode,
    struct vnode **vpp)
{
	struct vattr va = {.va_type = VSOCK};
	struct namei nd;
	int error;

	va.va_mode = mode & ~td->td_proc->p_umask;
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

/* The socket that is bound to a name, or none. */
static void
set_socket(struct vnode *vp, struct socket *so)
{
	rw_wlock(&vp->v_base->v_lock);
	vp->v_base->v_socket = so;
	rw_wunlock(&vp->v_base->v_lock);
}

int
unix_bind(
    struct socket *so, struct thread *td, int dirfd, const union address *name)
{
	struct unix_socket *us = unix_of(so);
	char path[PATH_ROOM];
	struct vnode *vp;
	int error;

	error = path_of(name, path);
	if (error == 0 && path[0] == '\0')
		error = EINVAL;
	if (error != 0)
		return (error);
	mutex_lock(so->so_lock);
	if (us->us_addr.sun_len != 0)
		error = EINVAL;
	else if (us->us_binding)
		error = EALREADY;
	else
		us->us_binding = true;
	mutex_unlock(so->so_lock);
	if (error != 0)
		return (error);
	error = make_node(td, dirfd, path, us->us_mode, &vp);
	mutex_lock(so->so_lock);
	us->us_binding = false;
	if (error == 0) {
		us->us_vnode = vp;
		us->us_addr = name->un;
	}
	mutex_unlock(so->so_lock);
	if (error == 0)
		set_socket(vp, so);
	return (error);
}

void
unix_unbind(struct unix_socket *us)
{
	struct vnode *vp = us->us_vnode;

	if (vp == NULL)
		return;
	set_socket(vp, NULL);
	us->us_vnode = NULL;
	vnode_release(vp);
}

/* v_lock held. The socket that is bound to vp, held, if td may send to it. */
static int
get_socket(struct thread *td, struct vnode *vp, struct unix_socket **usp)
{
	int error;

	error = vfs_access(vp, VWRITE, td->td_cred);
	if (error != 0)
		return (error);
	if (vp->v_base->v_socket == NULL)
		return (ECONNREFUSED);
	*usp = unix_of(vp->v_base->v_socket);
	socket_hold(&(*usp)->us_socket);
	return (0);
}

int
unix_find(struct thread *td, int dirfd, const union address *name,
    struct unix_socket **usp)
{
	char path[PATH_ROOM];
	struct namei nd;
	int error;

	error = path_of(name, path);
	if (error != 0)
		return (error);
	error = namei_at(td, &nd, dirfd, path, NAMEI_FOLLOW);
	if (error == 0 && nd.nd_vp->v_type != VSOCK)
		error = ENOTSOCK;
	if (error == 0) {
		rw_rlock(&nd.nd_vp->v_base->v_lock);
		error = get_socket(td, nd.nd_vp, usp);
		rw_runlock(&nd.nd_vp->v_base->v_lock);
	}
	namei_done(&nd);
	return (error);
}

/* (l) of both. A datagram socket's receiver from now on. */
static void
connect_dgram(struct unix_socket *us, struct unix_socket *to)
{
	us->us_peer = to;
	us->us_socket.so_connected = true;
	list_push_back(&to->us_senders, &us->us_sender);
}

/* (l) of both. us and conn, a new socket, which waits to be accepted. */
static int
connect_stream(struct thread *td, struct unix_socket *us,
    struct unix_socket *listener, struct unix_socket *conn)
{
	int error;

	if (us->us_socket.so_listening)
		return (EOPNOTSUPP);
	if (us->us_peer != NULL)
		return (EISCONN);
	if (us->us_socket.so_connected)
		return (EINVAL);
	error = socket_incoming(&listener->us_socket, &conn->us_socket);
	if (error != 0)
		return (error);
	conn->us_addr = listener->us_addr;
	conn->us_wantcred = listener->us_wantcred;
	identity_set(&conn->us_peerid, td->td_cred, td->td_proc->p_pid);
	identity_set(&us->us_peerid, listener->us_identity.id_cred,
	    listener->us_identity.id_pid);
	unix_join(us, conn);
	socket_wake(&us->us_socket);
	return (0);
}

/* (l), (u). conn: the other end, for streams. */
static int
connect_to(struct thread *td, struct unix_socket *us, struct unix_socket *to,
    struct unix_socket *conn, struct control **doomed)
{
	int error = 0;

	if (to->us_socket.so_proto != us->us_socket.so_proto)
		return (EPROTOTYPE);
	/* The former peer's lock isn't held together with the new one's. */
	if (conn == NULL) {
		unix_leave(us, doomed);
		us->us_socket.so_connected = false;
	}
	unix_lock_other(us, to);
	if (to->us_socket.so_gone)
		error = ECONNREFUSED;
	else if (conn != NULL)
		error = connect_stream(td, us, to, conn);
	else
		connect_dgram(us, to);
	unix_unlock_other(us, to);
	return (error);
}

static int
connect_found(struct thread *td, struct unix_socket *us, struct unix_socket *to)
{
	struct control *doomed = NULL;
	struct socket *conn = NULL;
	int error;

	if (!unix_is_dgram(us)) {
		conn = socket_alloc(us->us_socket.so_proto, &us->us_socket);
		if (conn == NULL)
			return (ENOMEM);
	}
	mutex_lock(&unix_lock);
	mutex_lock(us->us_socket.so_lock);
	error = connect_to(
	    td, us, to, conn != NULL ? unix_of(conn) : NULL, &doomed);
	mutex_unlock(us->us_socket.so_lock);
	mutex_unlock(&unix_lock);
	socket_dispose(us->us_socket.so_proto, doomed);
	if (error != 0 && conn != NULL)
		socket_free(conn);
	return (error);
}

int
unix_connect(
    struct socket *so, struct thread *td, int dirfd, const union address *name)
{
	struct unix_socket *to;
	int error;

	error = unix_find(td, dirfd, name, &to);
	if (error != 0)
		return (error);
	error = connect_found(td, unix_of(so), to);
	socket_drop(&to->us_socket);
	return (error);
}

int
unix_disconnect(struct socket *so)
{
	struct control *doomed = NULL;

	mutex_lock(&unix_lock);
	mutex_lock(so->so_lock);
	unix_leave(unix_of(so), &doomed);
	so->so_connected = false;
	mutex_unlock(so->so_lock);
	mutex_unlock(&unix_lock);
	socket_dispose(so->so_proto, doomed);
	return (0);
}

int
unix_listen(struct socket *so, struct thread *td)
{
	struct unix_socket *us = unix_of(so);

	if (us->us_vnode == NULL)
		return (EDESTADDRREQ);
	identity_set(&us->us_identity, td->td_cred, td->td_proc->p_pid);
	return (0);
}
