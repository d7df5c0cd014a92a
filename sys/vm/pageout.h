/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pageout daemon: gets memory back from caches before it is all gone, while
 * free pages are few: pages of files first (vm/reclaim.c).  Another cache says
 * how it gives memory back, and is asked if those don't suffice.  The daemon
 * runs once there is a cache that can be asked.
 */
#ifndef VM_PAGEOUT_H
#define VM_PAGEOUT_H

#include "lib/list.h"

struct shrinker {
	struct list sh_link;
	/* Frees about `want` pages of what is used least; how many. In the
	 * daemon's thread: may sleep, but not for memory. */
	uint64_t (*sh_shrink)(uint64_t want);
	/* Has things written out, so that more can be freed next time; doesn't
	 * wait. False: there is nothing. */
	bool (*sh_push)(void);
};

/* For good; the first one starts the daemon. */
void pageout_add(struct shrinker *sh);
/* For caches, before they take a page: wakes the daemon if few are free. */
void pageout_check(void);
/* There was no memory. Waits for the daemon; true: it freed some, so that it is
 * worth trying again. */
bool pageout_try(void) __sleeps;
/* The same, and waits for what is being written, as long as that goes on. For
 * those who hold nothing that who writes needs. */
bool pageout_wait(void) __sleeps;
/* So many bytes of dirty data a file system may have; then it writes them. */
uint64_t pageout_dirty_max(void);
/* Pages were written out, that can be freed now. */
void pageout_wrote(unsigned pages);
uint64_t pageout_freed(void); /* pages, ever */

#endif
