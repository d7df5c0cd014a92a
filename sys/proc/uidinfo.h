/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a user (a real user id) has, over all of its processes, for limits.
 * Each of its processes has a reference.
 */
#ifndef PROC_UIDINFO_H
#define PROC_UIDINFO_H

#include "lib/idtable.h"

struct proc;

/* (a) atomic. */
struct uidinfo {
	struct idlink ui_link;
	unsigned ui_refs;  /* (a) */
	unsigned ui_procs; /* (a) processes, zombies too */
};

void uidinfo_init(void);
/* With a reference; NULL: no memory. Any context, as all of these. */
struct uidinfo *uidinfo_get(uid_t uid);
struct uidinfo *uidinfo_hold(struct uidinfo *ui);
void uidinfo_release(struct uidinfo *ui);
/* One process more; false if there are `limit` already. */
bool uidinfo_count_proc(struct uidinfo *ui, uint64_t limit);
void uidinfo_uncount_proc(struct uidinfo *ui);
/* p is ui's from now on, and so is the caller's reference; returns whose p
 * was, with p's. p_lock held. */
struct uidinfo *proc_exchange_uidinfo(struct proc *p, struct uidinfo *ui);

#endif
