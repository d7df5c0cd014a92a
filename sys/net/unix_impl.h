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
	size_t m_beside;	    /* (!) bytes of memory for m_control */
	struct sockaddr_un *m_from; /* (!) NULL: the sender has no name */
	size_t m_start;		    /* (l) first byte not yet received */
	size_t m_length;	    /* (l) bytes, with those before m_start */
	size_t m_room;		    /* (!) of m_data */
	bool m_eor;		    /* (!) */
	char m_data[];
};

/* Messages and the memory that they take. (l) */
struct queue {
	struct list q_messages;
	size_t q_used;
};

/* Who did something, at that time; NULL: nobody. (l) */
struct identity {
	struct cred *id_cred; /* a reference */
	pid_t id_pid;
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
	struct identity so_identity; /* (l) of who listens */
	struct identity so_peerid;   /* (l) of who connected or listened */
	int so_wantcred;	     /* (l) LOCAL_CREDS*, or 0 */

	struct queue so_queue; /* (l) to be received */
	size_t so_bytes;       /* (l) to be received, from all queues */
	size_t so_rcvbuf;      /* (l) limit of so_queue */
	size_t so_sndbuf;      /* (l) limit of so_sent, or of a packet */
	/* Datagrams: what this one sent to so_peer; so_turns are of those who
	 * sent something, and so_turn this one's link there. */
	struct queue so_sent; /* (l) */
	struct list so_turns; /* (l) */
	struct list so_turn;  /* (l) */
	bool so_peeked;	      /* (l) the first of so_queue was looked at */
	uint64_t so_rcvtimeo; /* (l) ns; 0: none */
	uint64_t so_sndtimeo; /* (l) */
	bool so_receiving;    /* (l) somebody copies from so_messages */
	bool so_cantrecv;     /* (l) shut down */
	bool so_cantsend;     /* (l) */
	struct cv so_arrived; /* messages, connections, the end */
	struct cv so_room;    /* the peer has room, or went */
	struct event_source so_events;

	bool so_listening;	 /* (l) */
	int so_backlog;		 /* (l) */
	int so_nincoming;	 /* (l) */
	struct list so_incoming; /* (l) sockets; linked by so_sender */

	unsigned so_inflight; /* (l) references from messages */
	bool so_reached;      /* (l) unix_rights.c */
};

extern struct list unix_sockets;     /* (l) all */
extern unsigned long unix_dgram_max; /* (a) bytes of a datagram */
extern const struct fileops unix_fileops;

struct socket *socket_create(int type); /* or NULL */
/* Out of all lists, the peer told; messages go to *doomed, a vnode to *vpp. */
void socket_detach(struct socket *so, struct list *doomed, struct vnode **vpp);
void socket_free(struct socket *so); /* after socket_detach() */
void socket_pair(struct socket *a, struct socket *b); /* (l) */
/* so and its peer, if it has one, know each other no longer. (l) */
void socket_leave_peer(struct socket *so);
void identity_set(struct identity *id, struct cred *cr, pid_t pid); /* (l) */
/* Whoever waits for or polls so looks again. (l) */
void socket_wake(struct socket *so);
/* The socket bound to a path; a reference to its vnode. */
int socket_find(
    struct thread *td, int dirfd, const char *path, struct vnode **vpp);

/* (l) How much more so's peer takes from it, as memory. */
size_t socket_room(const struct socket *so);
/* (l) The queue with the message that so receives next; NULL: there is none.
 * It is so's own, or the so_sent of who sent it. */
struct queue *socket_next(struct socket *so);
/* (l) Takes a message out of a queue of what so receives. */
void message_unlink(struct socket *so, struct queue *q, struct message *m);
/* (l) The same for all that so was to receive. */
void socket_flush(struct socket *so, struct list *doomed);
void message_free(struct message *m); /* not its control */

/* (l) The control's sockets are, or are no longer, in a message. */
void rights_sent(struct control *c);
void rights_received(struct control *c);
/* td's credentials as a control message that LOCAL_* asks for, or NULL. */
struct control *rights_credentials(struct thread *td, int option);
/*
 * Frees messages out of so_messages, or lets the thread do it that is at it
 * already, so that sockets within sockets don't nest; then looks for sockets
 * that only each other's messages refer to.  No locks held.
 */
void rights_dispose(struct list *doomed);

#endif
