/* SPDX-License-Identifier: BSD-2-Clause */
/* Between aio.c, which knows requests, and aio_pool.c, which carries them out.
 */
#ifndef VFS_AIO_IMPL_H
#define VFS_AIO_IMPL_H

#include "core/event.h"
#include "file/file.h"
#include "kern/uio.h"
#include "proc/sigqueue.h"
#include "vfs/aio.h"

/*
 * Guarded by (l) a_lock, (q) the pool's lock, (a) atomic, (!) set once, (w)
 * only touched by who has it in hand, see aio_pool.c.  a_lock comes before the
 * pool's lock and p_lock.
 */
struct aio {
	struct mutex a_lock;
	unsigned a_refs;     /* (a) the process, and each request */
	struct proc *a_proc; /* (l) NULL: it has left */
	struct list a_all;   /* (l) requests, as they came */
	struct list a_done;  /* (l) those of them that are through */
	unsigned a_count;    /* (l) of all */
	struct cv a_cv;	     /* (l) one more is through */
	unsigned a_inhand;   /* (q) those that are worked on */
	struct list a_lists; /* (l) struct aio_list */
};

enum aio_phase {
	AIO_QUEUED,  /* to be worked on */
	AIO_WAITING, /* for its file to become ready, or for others before it */
	AIO_INHAND,  /* somebody works on it */
	AIO_DONE,
};

struct aio_request {
	struct list rq_all;	 /* (l) */
	struct list rq_done;	 /* (l) */
	struct list rq_queue;	 /* (q) */
	struct aio *rq_aio;	 /* (!) held */
	enum aio_phase rq_phase; /* (q); DONE also (l) */
	bool rq_again;		 /* (q) it should be queued rather than wait */
	struct aio_args rq_args; /* (!) */
	struct file *rq_file;	 /* (!) held until it is done */
	bool rq_begun;		 /* (!) fo_aio_begin() */
	bool rq_stream;		 /* (!) the file becomes ready */
	bool rq_ordered; /* (!) those before it in its direction first */
	struct vmspace *rq_space;      /* (!) held until it is done */
	struct cred *rq_cred;	       /* (!) the same */
	struct event_waiter rq_waiter; /* of the file's events */
	struct uio rq_uio;	       /* (w) */
	uint64_t rq_sent, rq_received; /* (w) messages, for getrusage(2) */
	bool rq_broken;		       /* (w) SIGPIPE is due */
	size_t rq_asked;	       /* (!) bytes */
	struct iovec *rq_iov;	       /* (!) as uio_copyin() gave it */
	struct iovec rq_small[8];
	long rq_status;		       /* (l) once it is done */
	int rq_error;		       /* (l) */
	bool rq_cancelled;	       /* (l) it is not to wait any more */
	struct aio_list *rq_list;      /* (!) or NULL */
	struct event_source rq_events; /* EVFILT_AIO */
	struct ksiginfo rq_ksi;
};

/* aio_pool.c. A new one, in hand; and one in hand is through. a_lock held. */
void aio_admit(struct aio_request *rq);
void aio_retire(struct aio_request *rq);
/* In hand, it is to be carried out. EAGAIN: there is nobody to do that, and it
 * is still in hand. */
int aio_submit(struct aio_request *rq);
/* Takes one in hand that nobody has; false: somebody has, or it is done. */
bool aio_claim(struct aio_request *rq);
/* One that waits is to be looked at again. Any context. */
void aio_look_again(struct aio_request *rq);

/* aio.c: does one before it come first? a_lock held. */
bool aio_blocked(const struct aio_request *rq);
/* What was in hand is through, and may be gone after that. */
void aio_finish(struct aio_request *rq, int error) __sleeps;

#endif
