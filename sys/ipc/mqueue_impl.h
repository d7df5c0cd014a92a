/* SPDX-License-Identifier: BSD-2-Clause */
/* A POSIX message queue, as mqueue.c and mqueue_msg.c share it. */
#ifndef IPC_MQUEUE_IMPL_H
#define IPC_MQUEUE_IMPL_H

#include "core/event.h"
#include "fbsd/signal.h"
#include "file/file.h"
#include "ipc/mqueue.h"

/* Who is to be told that a message came, once: a process, by a descriptor. */
struct mq_notify {
	pid_t mn_pid;	    /* 0: nobody */
	uint64_t mn_serial; /* p_serial of the process that has the number */
	int mn_fd;
	const struct file *mn_file; /* of mn_fd; only compared */
	struct sigevent mn_event;
};

/* Guarded by (n) mqueue_names, (q) q_lock, (a) atomic, (!) set once. */
struct mqueue {
	unsigned q_refs;	       /* (a) the name, files, vnodes */
	struct list q_link;	       /* (n) in order of q_number */
	bool q_named;		       /* (n) */
	char q_name[MQUEUE_NAME_SIZE]; /* (!) */
	uint64_t q_number;	       /* (!) */
	struct owner q_owner;	       /* (n) */
	int64_t q_maxmsg;	       /* (!) */
	int64_t q_msgsize;	       /* (!) */
	struct mutex q_lock;
	struct list q_messages;	   /* (q) the highest priority first */
	int64_t q_count;	   /* (q) of them */
	uint64_t q_bytes;	   /* (q) theirs */
	unsigned q_receivers;	   /* (q) asleep */
	struct cv q_filled;	   /* (q) a message came */
	struct cv q_emptied;	   /* (q) one went */
	struct mq_notify q_notify; /* (q) */
	struct event_source q_events;
};

struct mq_message {
	struct list m_link;
	unsigned m_prio;
	size_t m_size;
	char m_text[];
};

extern struct mutex mqueue_names;

/* A queue's descriptor, with a reference to its file: EBADF. need: FREAD,
 * FWRITE. */
int mqueue_get(struct thread *td, int fd, int need, struct file **fpp) __sleeps;
/* p has closed fd, or fp has ended (p NULL). */
void mqueue_forget_notify(struct mqueue *q, const struct proc *p, int fd,
    const struct file *fp) __sleeps;
void mqueue_free_messages(struct mqueue *q);

#endif
