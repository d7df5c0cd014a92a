/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets within the machine: what unix*.c share. */
#ifndef NET_UNIX_H
#define NET_UNIX_H

#include "net/protosw.h"

/*
 * One lock for all of these sockets: pairs, queues and rights in flight reach
 * from any to any other.
 */
extern struct mutex unix_lock;

/* Who did something, at that time; NULL: nobody. */
struct identity {
	struct cred *id_cred; /* a reference */
	pid_t id_pid;
};

/* (l) unix_lock. */
struct unix_socket {
	struct socket us_socket;

	struct vnode *us_vnode;	     /* (l) bound: held */
	struct sockaddr_un us_addr;  /* (l) sun_len 0: not bound */
	bool us_binding;	     /* (l) bind(2) in progress */
	struct unix_socket *us_peer; /* (l) */
	struct list us_senders;	     /* (l) datagrams: who has this as a peer */
	struct list us_sender;	     /* (l) in us_peer's us_senders */
	struct queue us_sent;	     /* (l) datagrams: lent to us_peer */
	struct identity us_identity; /* (l) of who listens */
	struct identity us_peerid;   /* (l) of who connected or listened */
	int us_wantcred;	     /* (l) LOCAL_CREDS*, or 0 */

	/* unix_rights.c's. */
	unsigned us_inflight;	/* (l) references from messages */
	struct list us_flight;	/* (l) in the list of those that have some */
	bool us_suspect;	/* (l) has no others */
	unsigned us_fromwithin; /* (l) references from suspects */
	struct list us_reached; /* (l) not suspect after all, to be followed */
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

/* (l) They are each other's peers. */
void unix_join(struct unix_socket *a, struct unix_socket *b);
/* (l) us and its peer, if it has one, know each other no longer. */
void unix_leave(struct unix_socket *us);
void identity_set(struct identity *id, struct cred *cr, pid_t pid);

int unix_bind(
    struct socket *so, struct thread *td, int dirfd, const union address *name);
int unix_connect(
    struct socket *so, struct thread *td, int dirfd, const union address *name);
int unix_disconnect(struct socket *so);
int unix_listen(struct socket *so, struct thread *td);
/* The file that a name leads to, with a reference. */
int unix_find(struct thread *td, int dirfd, const union address *name,
    struct vnode **vpp);

int unix_room(struct socket *so, size_t *room);
size_t unix_unread(struct socket *so);
int unix_send(struct socket *so, struct thread *td, struct message *m,
    const union address *to, bool nonblock);
void unix_received(struct socket *so, struct queue *q);

int unix_control(struct thread *td, int type, const char *data, size_t length,
    struct control **cp);
/* (l) The control's sockets are, or are no longer, in a message. */
void rights_sent(struct control *c);
void rights_received(struct control *c);
/* td's credentials as a control message that LOCAL_* asks for, or NULL. */
struct control *rights_credentials(struct thread *td, int option);
/*
 * Frees messages, or lets the thread do it that is at it already, so that
 * sockets within sockets don't nest; then has those looked for that only each
 * other's messages refer to.  No locks held.
 */
void rights_dispose(struct list *doomed);

#endif
