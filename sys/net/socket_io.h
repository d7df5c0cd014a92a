/* SPDX-License-Identifier: BSD-2-Clause */
/* Within sockets: a call that sends or receives. */
#ifndef NET_SOCKET_IO_H
#define NET_SOCKET_IO_H

#include "net/protosw.h"

struct transfer {
	struct thread *t_td;
	struct socket *t_so;
	struct uio *t_uio;
	uint64_t t_deadline;
	bool t_nonblock;
};

/* (l) What went wrong since the last call; each is told once. */
int take_error(struct socket *so);
/* (l) What came beside the bytes, before they are taken; released meanwhile. c
 * is no longer the caller's.  EMSGSIZE: there were no descriptors for the
 * files, and they are closed. */
int take_control(
    struct transfer *t, struct control *c, struct received *r) __sleeps;

/* Sends all; *cp, which goes with the first bytes, is NULL once it is sent. */
int stream_send(struct transfer *t, struct control **cp) __sleeps;
/* (l) Takes bytes that are there, with what comes beside the first, up to the
 * next that have something beside them. */
int stream_take(struct transfer *t, struct received *r) __sleeps;

#endif
