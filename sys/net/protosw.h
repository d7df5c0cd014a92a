/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is below sockets: a protocol is a table of operations, and
 * PROTOSW_SET(table) makes it known.  The idea is at the head of socket.c.
 */
#ifndef NET_PROTOSW_H
#define NET_PROTOSW_H

#include "core/sysctl.h"
#include "fbsd/time.h"
#include "net/socket.h"

struct protosw;
struct socket;

/* Bytes on their way, and what travels beside them. */
struct message {
	struct list m_link;	   /* (l) in a queue */
	struct control *m_control; /* (l) */
	size_t m_beside;	   /* (!) bytes of memory for m_control */
	struct sockaddr *m_from;   /* (!) kmem; NULL: the sender has no name */
	size_t m_start;		   /* (l) first byte not yet received */
	size_t m_length;	   /* (l) bytes, with those before m_start */
	size_t m_room;		   /* (!) of m_data */
	bool m_eor;		   /* (!) */
	char m_data[];
};

/*
 * Messages to be received and the memory that they take: a socket's own, or
 * those of one sender, who lends it its queue so as not to share room with
 * others.
 */
struct queue {
	struct list q_messages;	 /* (l) */
	size_t q_used;		 /* (l) */
	struct list q_turn;	 /* (l) in the receiver's so_turns */
	struct socket *q_sender; /* (!) NULL: the socket's own */
};

/* (l) so_lock, (!) set once, (f) one call at a time (so_receiving). */
struct socket {
	const struct protosw *so_proto; /* (!) */
	struct mutex *so_lock;		/* (!) the protocol's */
	struct file *so_file;		/* (l) NULL: not yet accepted */
	struct timespec so_birth;	/* (!) */
	uint64_t so_serial;		/* (!) st_ino */
	unsigned so_options;		/* (l) SO_*, those that are bits */
	int so_error;			/* (l) for the next call */
	bool so_connected;		/* (l) now or once */

	struct queue so_queue; /* (l) to be received */
	struct list so_turns;  /* (l) queues of senders; these come first */
	bool so_peeked;	       /* (l) the first of so_queue before them */
	size_t so_bytes;       /* (l) to be received, in all queues */
	size_t so_rcvbuf;      /* (l) limit of so_queue */
	size_t so_sndbuf;      /* (l) limit of what is sent at once */
	size_t so_rcvlowat;    /* (l) bytes that are worth a wake-up */
	size_t so_sndlowat;    /* (l) room that is */
	uint64_t so_rcvtimeo;  /* (l) ns; 0: none */
	uint64_t so_sndtimeo;  /* (l) */
	bool so_receiving;     /* (l) somebody copies from a queue */
	bool so_flush;	       /* (l) whoever that is empties it afterwards */
	bool so_cantrecv;      /* (l) nothing comes any more */
	bool so_cantsend;      /* (l) */
	struct cv so_arrived;  /* messages, connections, the end */
	struct cv so_room;     /* whoever receives has room, or went */
	struct event_source so_events;

	bool so_listening;	 /* (l) */
	int so_backlog;		 /* (l) */
	int so_nincoming;	 /* (l) */
	struct list so_incoming; /* (l) connections, by so_accepted */
	struct list so_accepted; /* (l) not yet so */
};

#define PR_CONNECTED 0x1 /* sends only over a connection */
#define PR_ATOMIC    0x2 /* messages have borders */
#define PR_DATAGRAMS 0x4 /* what fails is lost, nobody waits for room */

/*
 * Operations; sockets are referenced by their files.  (l): called with so_lock
 * held and doesn't sleep; the others may sleep.  NULL means EOPNOTSUPP, or
 * nothing to do.
 */
struct protosw {
	int pr_domain;	 /* AF_* */
	int pr_type;	 /* SOCK_* */
	int pr_protocol; /* 0: the type's only one */
	unsigned pr_flags;
	size_t pr_size; /* of a socket, struct socket first; zeroed */
	struct mutex *pr_lock;

	/* A new socket: limits of its buffers and what is the protocol's. */
	void (*pr_attach)(struct socket *so);
	/* (l) The end of one whose queues are empty: others forget it. */
	void (*pr_detach)(struct socket *so);
	/* What pr_detach left, before the memory goes. */
	void (*pr_free)(struct socket *so);

	int (*pr_bind)(struct socket *so, struct thread *td, int dirfd,
	    const union address *name);
	int (*pr_connect)(struct socket *so, struct thread *td, int dirfd,
	    const union address *name);
	int (*pr_disconnect)(struct socket *so); /* (l) */
	/* (l) Of socketpair(2). */
	void (*pr_connect2)(
	    struct socket *a, struct socket *b, struct thread *td);
	int (*pr_listen)(struct socket *so, struct thread *td); /* (l) */
	/* (l) so isn't going to receive or to send any more, as SHUT_* says.
	 * ENOTCONN: it has no peer to hear of that. */
	int (*pr_shutdown)(struct socket *so, int how);
	int (*pr_name)(
	    struct socket *so, bool peer, union address *name); /* (l) */

	/* (l) How much may be sent now, as memory; else why it can't. */
	int (*pr_room)(struct socket *so, size_t *room);
	size_t (*pr_unread)(struct socket *so); /* (l) sent, not yet taken */
	size_t (*pr_max)(struct socket *so);	/* of a message: bytes */
	/* Sends m, which becomes the protocol's. to: or NULL. nonblock: what
	 * can't be sent at once is EAGAIN. */
	int (*pr_send)(struct socket *so, struct thread *td, struct message *m,
	    const union address *to, bool nonblock);
	/* (l) Room came in q, which so receives from. */
	void (*pr_received)(struct socket *so, struct queue *q);

	/* As so_control(). */
	int (*pr_control)(struct thread *td, int type, const char *data,
	    size_t length, struct control **cp);
	/* (l) A message's control goes to the receiver. */
	void (*pr_control_taken)(struct control *list);
	/* Messages that nobody receives; NULL: they are freed as they are. */
	void (*pr_dispose)(struct list *doomed);

	/* (l) Options of other levels than SOL_SOCKET. */
	int (*pr_getopt)(
	    struct socket *so, int level, int name, void *val, size_t *size);
	int (*pr_setopt)(struct socket *so, int level, int name,
	    const void *val, size_t size);
};
#define PROTOSW_SET(p) LINKER_SET(protosw, p)

extern const struct fileops socket_fileops;

/* A socket without a file, as a listener's connections are; or NULL. */
struct socket *socket_alloc(const struct protosw *pr);
/* One that never had a file, or has lost it. */
void socket_free(struct socket *so);
/* (l) A connection for a listener; ECONNREFUSED: there are too many. */
int socket_incoming(struct socket *listener, struct socket *so);
/* (l) Whoever waits for or polls so looks again. */
void socket_wake(struct socket *so);
/* (l) Whoever waits to receive. */
static inline void
socket_wake_reader(struct socket *so)
{
	cv_broadcast(&so->so_arrived);
	event_notify(&so->so_events, 0);
}

/* (l) Whoever waits to send. */
static inline void
socket_wake_writer(struct socket *so)
{
	cv_broadcast(&so->so_room);
	event_notify(&so->so_events, 0);
}

void queue_init(struct queue *q, struct socket *sender);
/* What is left of a limit. */
static inline size_t
queue_room(const struct queue *q, size_t limit)
{
	return (q->q_used >= limit ? 0 : limit - q->q_used);
}
/* (l) The queue with the message that so receives next, or NULL. */
static inline struct queue *
socket_next(struct socket *so)
{
	if (!list_empty(&so->so_turns) && !so->so_peeked)
		return (LIST_FIRST(&so->so_turns, struct queue, q_turn));
	return (list_empty(&so->so_queue.q_messages) ? NULL : &so->so_queue);
}

/* (l) There is enough to receive, be it all that is wanted. */
static inline bool
socket_receivable(struct socket *so, size_t wanted)
{
	if (socket_next(so) == NULL)
		return (false);
	return (so->so_bytes >= MIN(so->so_rcvlowat, wanted) ||
		so->so_bytes >= so->so_rcvbuf ||
		(so->so_proto->pr_flags & PR_ATOMIC) != 0);
}

/* (l) Appends to a queue of what so receives. m may be freed by that. */
void socket_append(struct socket *so, struct queue *q, struct message *m);
/* (l) What a sender lent is the receiver's own now. */
void socket_keep(struct socket *so, struct queue *q);
/* (l) Takes all messages out. Not while so_receiving. */
void socket_flush(struct socket *so, struct list *doomed);
/* Frees messages that nobody receives. No locks held; may sleep. */
void socket_dispose(const struct protosw *pr, struct list *doomed);
/* A sysctl of a buffer's size, an unsigned long. */
sysctl_fn socket_handle_space;
/* The memory that a message takes. */
size_t message_size(const struct message *m);
void message_free(struct message *m); /* its control is freed as well */

#endif
