/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is below sockets: a protocol is a table of operations, and
 * PROTOSW_SET(table) makes it known.  The idea is at the head of socket.c.
 */
#ifndef NET_PROTOSW_H
#define NET_PROTOSW_H

#include "core/sysctl.h"
#include "fbsd/time.h"
#include "ipc/ringbuf.h"
#include "net/socket.h"

struct protosw;
struct socket;

/* A message with borders, and what travels beside it. */
struct message {
	struct list m_link;	   /* (l) in a queue */
	struct control *m_control; /* (l) */
	size_t m_beside;	   /* (!) bytes of memory for m_control */
	struct sockaddr *m_from;   /* (!) kmem; NULL: the sender has no name */
	size_t m_length;	   /* (!) bytes */
	bool m_eor;		   /* (!) */
	char m_data[];
};

/*
 * Messages to be received and the memory that they take: a socket's own, or
 * those of one sender, who lends it its queue so as not to share room with
 * others.  (l) of who receives from it.
 */
struct queue {
	struct list q_messages;	 /* (l) */
	size_t q_bytes;		 /* (l) in them */
	size_t q_used;		 /* (l) memory */
	struct list q_turn;	 /* (l) in the receiver's so_turns */
	struct socket *q_sender; /* (!) NULL: the socket's own */
};

/*
 * One direction of a socket: what can be received, or what is to be sent by a
 * protocol that doesn't hand it to its receiver at once.  Messages are in
 * queues; a stream's bytes are in the ring, and what travels beside them is in
 * a list, in which each knows the byte that it comes with.
 */
struct sockbuf {
	struct socket *sb_socket;	 /* (!) whose it is */
	struct ringbuf sb_ring;		 /* (l) bytes; who waits, for either */
	struct control *sb_control;	 /* (l) each at its c_at */
	struct control **sb_control_end; /* (l) the next one's place */
	uint64_t sb_taken;		 /* (l) bytes that were here and went */
	size_t sb_beside;		 /* (l) memory for sb_control */
	size_t sb_limit;		 /* (l) bytes and memory beside them */
	size_t sb_lowat;     /* (l) bytes, or room, that are worth a wake-up */
	uint64_t sb_timeout; /* (l) of a call, ns; 0: none */
	bool sb_closed;	     /* (l) nothing comes, or goes, any more */
};

/*
 * (l) so_lock, (!) set once, (a) atomic.  Sockets that are connected for good
 * share a lock; others have their own.
 */
struct socket {
	const struct protosw *so_proto; /* (!) */
	struct mutex *so_lock;		/* (!) a socket_lock's */
	unsigned so_refs; /* (a) its file, and calls on others that use it */
	struct timespec so_birth; /* (!) */
	uint64_t so_serial;	  /* (!) st_ino */
	unsigned so_options;	  /* (l) SO_*, those that are bits */
	int so_error;		  /* (l) for the next call */
	bool so_connected;	  /* (l) now or once */
	bool so_gone;		  /* (l) its file is closed */

	struct sockbuf so_rcv; /* (l) */
	struct sockbuf so_snd; /* (l) */
	struct queue so_queue; /* (l) messages to be received */
	struct queue so_sent;  /* (l) of the peer: lent to it */
	struct list so_turns;  /* (l) queues of senders; these come first */
	bool so_peeked;	       /* (l) the first of so_queue before them */
	size_t so_bytes; /* (l) in messages to be received, in all queues */
	bool so_flush;	 /* (l) who receives empties all afterwards */
	struct event_source so_events;

	bool so_listening;	 /* (l) */
	unsigned so_transfers;	 /* (l) asynchronous ones under way */
	int so_backlog;		 /* (l) */
	int so_nincoming;	 /* (l) */
	struct list so_incoming; /* (l) connections, by so_accepted */
	struct list so_accepted; /* (l) of the listener */
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

	/* A new socket: limits of its buffers and what is the protocol's. */
	void (*pr_attach)(struct socket *so);
	/* The end of one that is so_gone, and empty: others forget it. */
	void (*pr_detach)(struct socket *so);

	int (*pr_bind)(struct socket *so, struct thread *td, int dirfd,
	    const union address *name);
	int (*pr_connect)(struct socket *so, struct thread *td, int dirfd,
	    const union address *name);
	int (*pr_disconnect)(struct socket *so);
	/* Of socketpair(2): they share a lock. (l) */
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

	/* Messages. The length of one at most, in bytes. */
	size_t (*pr_max)(struct socket *so);
	/* Sends m, which becomes the protocol's, but for an error. (l) Over a
	 * connection, that has room for it. */
	int (*pr_send)(struct socket *so, struct thread *td, struct message *m);
	/* A datagram. to: or NULL. One that there is no room for is ENOBUFS,
	 * and never waits. */
	int (*pr_sendto)(struct socket *so, struct thread *td,
	    struct message *m, const union address *to);

	/* Streams. (l) Where bytes go that so sends, a buffer under the same
	 * lock; else why they can't. */
	int (*pr_target)(struct socket *so, struct sockbuf **sbp);
	/* (l) Adds what the receiver wants to know of the sender. ENOBUFS. */
	int (*pr_sign)(
	    struct socket *so, struct thread *td, struct control **cp);
	/* (l) Bytes came into the target. */
	void (*pr_sent)(struct socket *so);

	/* (l) Room came in a stream's so_rcv, or in q. */
	void (*pr_received)(struct socket *so, struct queue *q);

	/* fchmod(2). NULL: EINVAL */
	int (*pr_chmod)(struct socket *so, mode_t mode);

	/* As so_control(). */
	int (*pr_control)(struct thread *td, int type, const char *data,
	    size_t length, struct control **cp);
	/* Control messages are on their way from now on, or no longer. No locks
	 * held. */
	void (*pr_control_enter)(struct control *list);
	void (*pr_control_leave)(struct control *list);
	/* Those that nobody receives; NULL: they are freed as they are. */
	void (*pr_dispose)(struct control *doomed);

	/* (l) Options of other levels than SOL_SOCKET. */
	int (*pr_getopt)(
	    struct socket *so, int level, int name, void *val, size_t *size);
	/* The one it is connected to, or NULL. (l) */
	struct socket *(*pr_peer)(struct socket *so);
	int (*pr_setopt)(struct socket *so, int level, int name,
	    const void *val, size_t size);
};
#define PROTOSW_SET(p) LINKER_SET(protosw, p)

extern const struct fileops socket_fileops;

/* A socket without a file, as a listener's connections are; or NULL. with: or
 * NULL, the one whose lock it shares. */
struct socket *socket_alloc(const struct protosw *pr, struct socket *with);
/* One that never had a file, or has lost it. No locks held; may sleep. */
void socket_free(struct socket *so) __sleeps;
/* Its memory stays. */
static inline void
socket_hold(struct socket *so)
{
	refcount_take(&so->so_refs);
}

/* Any lock may be held but its own, unless another socket shares that. */
void socket_drop(struct socket *so);
/* (l) A connection for a listener, whose locks are both held; ECONNREFUSED:
 * there are too many. */
int socket_incoming(struct socket *listener, struct socket *so);
/* What stands for it where programs expect an address: unlike any other's, by
 * more than one. */
static inline uint64_t
socket_cookie(const struct socket *so)
{
	return (so->so_serial * 16);
}

/* The so_serial of the latest one. */
uint64_t socket_last_serial(void);
/* (l) Whoever waits for or polls so looks again. */
void socket_wake(struct socket *so);
/* (l) Whoever waits to receive. */
static inline void
socket_wake_reader(struct socket *so)
{
	cv_broadcast(&so->so_rcv.sb_ring.rb_nonempty);
	event_notify(&so->so_events, 0);
}

/* (l) Whoever waits to send. */
static inline void
socket_wake_writer(struct socket *so)
{
	cv_broadcast(&so->so_snd.sb_ring.rb_nonfull);
	event_notify(&so->so_events, 0);
}

/* (l) Bytes to be received. */
static inline size_t
socket_bytes(const struct socket *so)
{
	return (so->so_rcv.sb_ring.rb_count + so->so_bytes);
}

void queue_init(struct queue *q, struct socket *sender);
/* What is left of a limit; without the lock: for a moment. */
static inline size_t
queue_room(const struct queue *q, size_t limit)
{
	size_t used = atomic_load(&q->q_used);

	return (used >= limit ? 0 : limit - used);
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
bool socket_receivable(struct socket *so, size_t wanted);

/* (l) Appends to a queue of what so receives. */
void socket_append(struct socket *so, struct queue *q, struct message *m);
/* (l) A sender goes: what it sent is the receiver's own now, if that has
 * nothing in its own queue, and lost otherwise.  *doomed as in socket_flush().
 */
void socket_keep(struct socket *so, struct queue *q, struct control **doomed);
/* (l) Drops all that is to be received, but for control messages: those go to
 * the beginning of *doomed. Not while somebody receives. */
void socket_flush(struct socket *so, struct control **doomed);
/* Frees control messages that nobody receives. No locks held; may sleep. */
void socket_dispose(const struct protosw *pr, struct control *doomed) __sleeps;
/* A sysctl of a buffer's size, an unsigned long. */
sysctl_fn socket_handle_space;
/* The memory that a message takes. */
static inline size_t
message_size(const struct message *m)
{
	return (sizeof(*m) + m->m_length + m->m_beside);
}

void message_free(struct message *m); /* without its control */

/* (l) Room for bytes. */
static inline size_t
sockbuf_limit(const struct sockbuf *sb)
{
	return (
	    sb->sb_limit > sb->sb_beside ? sb->sb_limit - sb->sb_beside : 0);
}

static inline size_t
sockbuf_room(const struct sockbuf *sb)
{
	return (ringbuf_room(&sb->sb_ring, sockbuf_limit(sb)));
}

void sockbuf_init(struct sockbuf *sb, struct socket *so, const char *nonempty,
    const char *nonfull);
/* (l) As socket_flush(). Nobody reads from it. */
void sockbuf_flush(struct sockbuf *sb, struct control **doomed);

#endif
