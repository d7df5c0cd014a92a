/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sockets, for the system calls.  What is behind them is up to the protocol:
 * see protosw.h.  A `struct file` here is always of DTYPE_SOCKET.
 */
#ifndef NET_SOCKET_H
#define NET_SOCKET_H

#include "fbsd/socket.h"
#include "file/file.h"
#include "net/control.h"

/* An address of any family; sa_len bytes of it are used. */
#define ADDRESS_MAX 255
union address {
	struct sockaddr sa;
	struct sockaddr_un un;
	char bytes[ADDRESS_MAX + 1];
};

/* flags: O_NONBLOCK. EAFNOSUPPORT, EPROTONOSUPPORT, EPROTOTYPE, ENFILE, ENOMEM,
 * and the protocol's. */
int so_create(struct thread *td, int domain, int type, int protocol, int flags,
    struct file **fpp) __sleeps;
/* Two that are connected; also EOPNOTSUPP. */
int so_pair(struct thread *td, int domain, int type, int protocol, int flags,
    struct file *fps[2]) __sleeps;
/* dirfd: where names of files begin. As bind(2), connect(2). May sleep. */
int so_bind(
    struct thread *td, struct file *fp, int dirfd, const union address *name);
int so_connect(
    struct thread *td, struct file *fp, int dirfd, const union address *name);
int so_listen(struct thread *td, struct file *fp, int backlog) __sleeps;
/* The next connection as a file with these flags. */
int so_accept(struct thread *td, struct file *fp, int flags, struct file **newp,
    union address *from) __sleeps;
int so_shutdown(struct file *fp, int how) __sleeps;
/* ENOTCONN if the peer is asked for and there is none. */
int so_name(struct file *fp, bool peer, union address *name) __sleeps;

/*
 * One control message of a sender: of SOL_SOCKET, type SCM_*, as many bytes of
 * data. *cp NULL: it has nothing to say. EINVAL, and those of its files.
 */
int so_control(struct thread *td, struct file *fp, int type, const char *data,
    size_t length, struct control **cp);

/*
 * flags: MSG_*. to: the receiver, or NULL; c: consumed, also by a failure.
 * EPIPE raises SIGPIPE here.
 */
int so_send(struct thread *td, struct file *fp, struct uio *uio, int flags,
    const union address *to, struct control *c) __sleeps;

/* What so_receive() is asked for, and what it found. */
struct received {
	int r_flags;		   /* in and out: MSG_* */
	bool r_want_control;	   /* in */
	size_t r_cut;		   /* out: with MSG_TRUNC in, bytes lost */
	union address *r_from;	   /* room for the sender's, or NULL */
	struct control *r_control; /* out: the caller's, also after an error;
				      descriptors are reserved for files */
};
int so_receive(struct thread *td, struct file *fp, struct uio *uio,
    struct received *r) __sleeps;

/* *size in: room, out: what there is. ENOPROTOOPT, EINVAL. */
int so_getopt(
    struct file *fp, int level, int name, void *val, size_t *size) __sleeps;
int so_setopt(struct file *fp, int level, int name, const void *val,
    size_t size) __sleeps;
#define OPTION_MAX 128 /* bytes of an option's value */

#endif
