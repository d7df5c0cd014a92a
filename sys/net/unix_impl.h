/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets within the machine: what unix*.c share. */
#ifndef NET_UNIX_IMPL_H
#define NET_UNIX_IMPL_H

#include "fbsd/time.h"
#include "net/unix.h"

/*
 * One lock for all sockets: pairs, queues and rights in flight reach from any
 * socket to any other, and it is held for short: bytes are copied without it.
 */
extern struct mutex unix_lock;

struct message {
	struct list m_link;	    /* (l) in so_messages */
	struct control *m_control;  /* (l) */
	struct sockaddr_un *m_from; /* (!) NULL: the sender has no name */
	size_t m_start;		    /* (l) first byte not yet received */
	size_t m_length;	    /* (l) bytes, with those before m_start */
	size_t m_room;		    /* (!) of m_data */
	bool m_eor;		    /* (!) */
	char m_data[];
};

/* (l) unix_lock, (!) set once. */
struct socket {
	int so_type;		  /* (!) SOCK_* */
	struct file *so_file;	  /* (l) NULL: not yet accepted */
	struct list so_link;	  /* (l) all sockets */
	struct timespec so_birth; /* (!) */
	uint64_t so_serial;	  /* (!) st_ino */
	unsigned so_options;	  /* (l) SO_*, those that are bits */
	int so_error;		  /* (l) for the next call */

	struct vnode *so_vnode;	    /* (l) bound: held */
	struct sockaddr_un so_addr; /* (l) sun_len 0: not bound */
	bool so_binding;	    /* (l) bind(2) in progress */
	struct socket *so_peer;	    /* (l) */
	bool so_connected;	    /* (l) now or once */
	struct list so_senders;	    /* (l) datagram sockets connected to this */
	struct list so_sender;	    /* (l) in so_peer's so_senders */
	struct xucred so_cred;	    /* (l) of who connected or listened */
	struct xucred so_peercred;  /* (l) */

	struct list so_messages; /* (l) to be received */
	size_t so_bytes;	 /* (l) in them */
	size_t so_used;		 /* (l) memory that they take */
	size_t so_rcvbuf;	 /* (l) limit of so_used */
	size_t so_sndbuf;	 /* (l) limit of a datagram */
	uint64_t so_rcvtimeo;	 /* (l) ns; 0: none */
	uint64_t so_sndtimeo;	 /* (l) */
	bool so_receiving;	 /* (l) somebody copies from so_messages */
	bool so_cantrecv;	 /* (l) shut down */
	bool so_cantsend;	 /* (l) */
	struct cv so_arrived;	 /* messages, connections, the end */
	struct cv so_room;	 /* the peer has room, or went */
	struct event_source so_events;

	bool so_listening;	 /* (l) */
	int so_backlog;		 /* (l) */
	int so_nincoming;	 /* (l) */
	struct list so_incoming; /* (l) sockets; linked by so_sender */

	unsigned so_inflight; /* (l) references from messages */
	bool so_reached;      /* (l) unix_rights.c */
};

extern struct list unix_sockets; /* (l) all */
extern unsigned unix_inflight;	 /* (l) sockets in messages */
extern const struct fileops unix_fileops;

struct socket *socket_create(int type); /* or NULL */
/* Out of all lists, the peer told; messages go to *doomed, a vnode to *vpp. */
void socket_detach(struct socket *so, struct list *doomed, struct vnode **vpp);
void socket_free(struct socket *so); /* after socket_detach() */
void socket_pair(struct socket *a, struct socket *b); /* (l) */
/* Whoever waits for or polls so looks again. (l) */
void socket_wake(struct socket *so);
/* The socket bound to a path; a reference to its vnode. */
int socket_find(
    struct thread *td, int dirfd, const char *path, struct vnode **vpp);

/* (l) How much more fits; nothing if so doesn't receive any more. */
size_t socket_room(const struct socket *so);
/* (l) Takes a message out of the queue. */
void message_unlink(struct socket *so, struct message *m);
void message_free(struct message *m); /* not its control */

/* (l) The control's sockets are, or are no longer, in a message. */
void rights_sent(struct control *c);
void rights_received(struct control *c);
/*
 * Frees messages out of so_messages, or lets the thread do it that is at it
 * already, so that sockets within sockets don't nest; then looks for sockets
 * that only each other's messages refer to.  No locks held.
 */
void rights_dispose(struct list *doomed);

#endif
