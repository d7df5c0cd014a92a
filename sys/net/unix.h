/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets within the machine: what unix*.c share. */
#ifndef NET_UNIX_H
#define NET_UNIX_H

#include "net/protosw.h"

/*
 * Locks.  Streams and sequenced packets share a lock with their peer, and so do
 * pairs of datagram sockets: what they send and receive concerns nobody else.
 *
 * unix_lock is for what reaches from any socket to any other: making and
 * breaking connections between sockets with different locks, and files in
 * messages (unix_rights.c).  It comes first, and only with it held may the
 * locks of two sockets be held at once, in any order.
 *
 * A name's vnode points to its socket under v_lock, which is held alone.
 */
extern struct mutex unix_lock;

/* Who did something, at that time; NULL: nobody. */
struct identity {
	struct cred *id_cred; /* a reference */
	pid_t id_pid;
};

/* (l) so_lock, (u) unix_lock, (!) set once. */
struct unix_socket {
	struct socket us_socket;

	struct vnode *us_vnode;	    /* (l) bound: held */
	struct sockaddr_un us_addr; /* (l) sun_len 0: not bound; then (!) */
	bool us_binding;	    /* (l) bind(2) in progress */
	mode_t us_mode;		    /* (l) of the file that it will be */
	/* (l) changes with this one's and the peer's lock held: either will do
	 * for whoever knows one of the two. */
	struct unix_socket *us_peer;
	struct list us_senders;	     /* (l) datagrams: who has this as a peer */
	struct list us_sender;	     /* in us_peer's us_senders */
	struct identity us_identity; /* (l) of who listens */
	struct identity us_peerid;   /* (l) of who connected or listened */
	int us_wantcred;	     /* (l) LOCAL_CREDS*, or 0 */

	/* unix_rights.c's. */
	struct file *us_file;	/* (u) while there are references: its own */
	unsigned us_inflight;	/* (u) references from messages */
	struct list us_flight;	/* (u) in the list of those that have some */
	bool us_suspect;	/* (u) has no others */
	unsigned us_fromwithin; /* (u) references from suspects */
	struct list us_reached; /* (u) not suspect after all, to be followed */
};

extern unsigned long unix_dgram_max; /* (a) bytes of a datagram */

static inline struct unix_socket *
unix_of(struct socket *so)
{
	return (container_of(so, struct unix_socket, us_socket));
}

static inline bool
unix_is_dgram(const struct unix_socket *us)
{
	return ((us->us_socket.so_proto->pr_flags & PR_DATAGRAMS) != 0);
}

/* Another one's lock, unless it is the same. unix_lock is held. */
static inline void
unix_lock_other(struct unix_socket *us, struct unix_socket *other)
{
	if (other->us_socket.so_lock == us->us_socket.so_lock)
		return;
	mutex_will_nest(other->us_socket.so_lock);
	mutex_lock(other->us_socket.so_lock);
}

static inline void
unix_unlock_other(struct unix_socket *us, struct unix_socket *other)
{
	if (other->us_socket.so_lock != us->us_socket.so_lock)
		mutex_unlock(other->us_socket.so_lock);
}

/* (l) of both. They are each other's peers. */
void unix_join(struct unix_socket *a, struct unix_socket *b);
/* (l), (u) for datagrams. us and its peer, if it has one, know each other no
 * longer. *doomed: for socket_dispose(). */
void unix_leave(struct unix_socket *us, struct control **doomed) __sleeps;
void identity_set(struct identity *id, struct cred *cr, pid_t pid);

int unix_bind(struct socket *so, struct thread *td, int dirfd,
    const union address *name) __sleeps;
/* Nobody finds it by its name any more. */
void unix_unbind(struct unix_socket *us) __sleeps;
int unix_connect(struct socket *so, struct thread *td, int dirfd,
    const union address *name) __sleeps;
int unix_disconnect(struct socket *so) __sleeps;
int unix_listen(struct socket *so, struct thread *td);
/* The socket that a name leads to, held. */
int unix_find(struct thread *td, int dirfd, const union address *name,
    struct unix_socket **usp) __sleeps;

int unix_room(struct socket *so, size_t *room);
size_t unix_unread(struct socket *so);
int unix_send(struct socket *so, struct thread *td, struct message *m) __sleeps;
int unix_sendto(struct socket *so, struct thread *td, struct message *m,
    const union address *to) __sleeps;
int unix_target(struct socket *so, struct sockbuf **sbp);
int unix_sign(
    struct socket *so, struct thread *td, struct control **cp) __sleeps;
void unix_sent(struct socket *so);
void unix_received(struct socket *so, struct queue *q);

int unix_control(struct thread *td, int type, const char *data, size_t length,
    struct control **cp) __sleeps;
/* td's credentials as a control message that LOCAL_* asks for, or NULL. */
struct control *rights_credentials(struct thread *td, int option);
/* Files in control messages are on their way from now on, or no longer. No
 * locks held. */
void rights_enter(struct control *list) __sleeps;
void rights_leave(struct control *list) __sleeps;
/*
 * Frees control messages, or lets the thread do it that is at it already, so
 * that sockets within sockets don't nest.  No locks held.
 */
void rights_dispose(struct control *doomed) __sleeps;
/* A socket was closed: has those looked for that only each other's messages
 * refer to, if there can be any. No locks held. */
void rights_closed(void) __sleeps;

#endif
