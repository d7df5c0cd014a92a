/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the three kinds of System V IPC have in common: a table in which things
 * are found by number or by key, and who may do what with them.
 *
 * A number is a place in the table and how many things had that place before
 * (seq), so that the number of one that is gone leads to none.  A table has
 * one lock for itself and all that is in it; no thread sleeps or touches user
 * memory with it held.  Who waits for something looks his number up again
 * afterwards.
 */
#ifndef IPC_SYSV_H
#define IPC_SYSV_H

#include "core/sync.h"
#include "fbsd/ipc.h"

struct thread;
struct tunable;

struct sysv_place {
	struct ipc_perm *sp_perm; /* NULL: free */
	uint16_t sp_seq;	  /* of the last that was here */
};

/* (l) t_lock, (!) set once. */
struct sysv_table {
	struct mutex t_lock;
	struct sysv_place *t_places; /* (l) NULL before the first use */
	struct tunable *t_limit;     /* (!) how many places there are to be */
	unsigned t_size;	     /* (l) how many there are */
	unsigned t_used;	     /* (l) */
};
#define SYSV_TABLE_INITIALIZER(t, name, limit)                                 \
	{                                                                      \
		.t_lock = MUTEX_INITIALIZER((t).t_lock, name),                 \
		.t_limit = (limit)                                             \
	}
#define SYSV_PLACES_MAX 0x8000u

/*
 * All with t_lock held.  A thing is known by its ipc_perm.
 *
 * sysv_by_key(), for the get calls: *pp is the one with this key, or NULL if
 * flags ask for a new one.  EEXIST, ENOENT.
 */
int sysv_by_key(
    struct sysv_table *t, long key, int flags, struct ipc_perm **pp);
/* NULL: none has this number. */
struct ipc_perm *sysv_by_id(const struct sysv_table *t, int id);
struct ipc_perm *sysv_at(const struct sysv_table *t, unsigned place);
/* p, all zeroes, is td's, with this key and mode. ENOSPC, ENOMEM. */
int sysv_enter(struct sysv_table *t, struct thread *td, long key, int mode,
    struct ipc_perm *p) __sleeps;
void sysv_remove(struct sysv_table *t, const struct ipc_perm *p);
int sysv_id(const struct sysv_table *t, const struct ipc_perm *p);

/* Has td the rights IPC_R, IPC_W, IPC_M of mode? 0 or EACCES. */
int sysv_permit(
    const struct thread *td, const struct ipc_perm *p, unsigned mode);
/* IPC_SET's part: owner, group and mode become new's. EACCES. */
int sysv_set(
    const struct thread *td, struct ipc_perm *p, const struct ipc_perm *new);

/*
 * A thread that waits until another has done for it what it came for; it lies
 * on its stack.  t_lock held.  sysv_wait() joins the queue, and returns the
 * result, or EINTR for a signal; sysv_done() takes it out and wakes it.
 */
struct sysv_waiter {
	struct list sw_link;
	struct cv sw_cv;
	int sw_result;
};
#define SYSV_WAITS (-1) /* no result yet */
int sysv_wait(struct sysv_table *t, struct list *queue, struct sysv_waiter *sw,
    const char *wmesg) __sleeps;
void sysv_done(struct sysv_waiter *sw, int result);

#endif
