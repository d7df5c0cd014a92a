/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The syncer: has file systems write what has been dirty for a while, so that a
 * machine that loses power loses the work of some seconds at most.  It sleeps
 * while nothing is dirty.  The pageout daemon finds file systems here as well,
 * those that are only read with the others.
 */
#ifndef VFS_SYNCER_H
#define VFS_SYNCER_H

#include "lib/list.h"

/* A mounted file system. (!) set before it is added, (w) the syncer's. */
struct syncer_client {
	struct list sc_link; /* (w) */
	bool sc_dirty;	     /* (w) */
	/* Writes everything; at the end it isn't dirty, or an error is told by
	 * the file system and it is tried again later. */
	int (*sc_commit)(struct syncer_client *sc); /* (!) */
	/* Frees about so many pages: see struct shrinker. */
	uint64_t (*sc_shrink)(
	    struct syncer_client *sc, uint64_t want); /* (!) */
};

/* sc_commit and sc_shrink may be called from now on; and no more. */
void syncer_add(struct syncer_client *sc) __sleeps;
void syncer_remove(struct syncer_client *sc) __sleeps;
/* It is dirty, or isn't any more. Spin locks may be held. */
void syncer_note(struct syncer_client *sc);
void syncer_clean(struct syncer_client *sc);
/* What is dirty is to be written now; false: nothing is. Doesn't sleep. */
bool syncer_hurry(void);

#endif
