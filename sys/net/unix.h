/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sockets within the machine (AF_UNIX), for the system calls.  A `struct file`
 * here is always of DTYPE_SOCKET.
 */
#ifndef NET_UNIX_H
#define NET_UNIX_H

#include "fbsd/socket.h"
#include "file/file.h"
#include "net/control.h"

/*
 * One control message of a sender: of SOL_SOCKET, type SCM_*, as many bytes of
 * data. *cp NULL: it has nothing to say. EINVAL, and those of its files.
 */
int unix_control(struct thread *td, int type, const char *data, size_t length,
    struct control **cp);

/* type: SOCK_*, flags: O_NONBLOCK. EPROTOTYPE, ENFILE, ENOMEM. */
int unix_socket(struct thread *td, int type, int flags, struct file **fpp);
int unix_socketpair(
    struct thread *td, int type, int flags, struct file *fps[2]);
/* Paths are kernel strings, relative to dirfd. As bind(2), connect(2). */
int unix_bind(struct thread *td, struct file *fp, int dirfd,
    const struct sockaddr_un *sun);
int unix_connect(
    struct thread *td, struct file *fp, int dirfd, const char *path);
int unix_disconnect(struct file *fp); /* datagrams; else EISCONN */
int unix_listen(struct thread *td, struct file *fp, int backlog);
/* A descriptor for the next connection; its file's flags, UF_*. */
int unix_accept(struct thread *td, struct file *fp, int flags, int uf, int *fdp,
    struct sockaddr_un *from);
int unix_shutdown(struct file *fp, int how);
/* ENOTCONN if the peer is asked for and there is none. */
int unix_name(struct file *fp, bool peer, struct sockaddr_un *sun);

/*
 * flags: MSG_*. to: a datagram's receiver, or NULL; c: NULL, or consumed, also
 * by a failure.  EPIPE raises SIGPIPE here.
 */
int unix_send(struct thread *td, struct file *fp, struct uio *uio, int flags,
    const char *to, struct control *c);
/* What unix_receive() is asked for, and what it found. */
struct received {
	int r_flags;	     /* in and out: MSG_* */
	bool r_want_control; /* in */
	size_t r_cut;	     /* out: with MSG_TRUNC in, bytes that were lost */
	struct sockaddr_un r_from; /* out, if it has a name */
	struct control *r_control; /* out: the caller's, also after an error */
};
int unix_receive(
    struct thread *td, struct file *fp, struct uio *uio, struct received *r);

/* *size in: room, out: what there is. ENOPROTOOPT, EINVAL. */
int unix_getopt(struct file *fp, int level, int name, void *val, size_t *size);
int unix_setopt(
    struct file *fp, int level, int name, const void *val, size_t size);
#define UNIX_OPTION_MAX 128 /* bytes of an option's value */

#endif
