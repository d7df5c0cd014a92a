/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOST_PUMP_H
#define HOST_PUMP_H

#include "core/sync.h"

/*
 * A worker that is asked to go on from any context, also by what it does
 * itself: only one works at a time, and the others leave word that there is
 * more.
 */
struct pump {
	struct spin pu_lock;
	bool pu_busy;	  /* (pu_lock) */
	bool pu_again;	  /* (pu_lock) */
	char pu_buf[512]; /* of who set pu_busy, as well as: */
	size_t pu_start;  /* what the other side hasn't taken */
	size_t pu_end;
};

/* Takes steps until one finds nothing to do; no lock is held meanwhile. */
void pump_run(struct pump *pu, bool (*step)(struct pump *pu));

#endif
