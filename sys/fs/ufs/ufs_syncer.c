/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The syncer: commits what has been dirty for a while, so that a machine that
 * loses power loses the work of some seconds at most.  It sleeps while nothing
 * is dirty.  The pageout daemon finds the mounts here as well, those that are
 * only read with the others.
 */
#include "fs/ufs/ufs_mount.h"
#include "kern/printf.h"
#include "kern/proc.h"
#include "vm/pageout.h"

#define DELAY (5 * NSEC_PER_SEC)

/* (m) lock, (p) pages_lock: writers of the list hold both; (w) wake_lock. */
static struct {
	struct mutex lock;
	struct mutex pages_lock;
	struct list mounts; /* (m p) */
	bool running;	    /* (m) */
	struct spin wake_lock;
	struct cv cv;
	bool now;   /* (w) memory is short: don't wait */
	bool dirty; /* (w) something is */
} syncer = {.lock = MUTEX_INITIALIZER(syncer.lock, "syncer"),
    .pages_lock = MUTEX_INITIALIZER(syncer.pages_lock, "ufs mounts"),
    .mounts = LIST_INITIALIZER(syncer.mounts),
    .wake_lock = SPIN_INITIALIZER("syncer wake"),
    .cv = CV_INITIALIZER(syncer.cv, "syncer")};

static void
commit_all(void)
{
	struct ufs_mount *um;

	mutex_lock(&syncer.lock);
	LIST_FOREACH (um, &syncer.mounts, um_link)
		(void)ufs_commit(um);
	mutex_unlock(&syncer.lock);
}

/* Until something has been dirty for a while, or must be written now. */
static void
wait_for_work(void)
{
	uint64_t until;

	spin_lock(&syncer.wake_lock);
	while (!syncer.dirty && !syncer.now)
		cv_wait_spin(&syncer.cv, &syncer.wake_lock);
	until = clock_ns() + DELAY;
	while (!syncer.now && clock_ns() < until)
		(void)cv_wait_spin_sig(&syncer.cv, &syncer.wake_lock, until);
	syncer.now = syncer.dirty = false;
	spin_unlock(&syncer.wake_lock);
}

static void
syncer_main(void *arg)
{
	for (;;) {
		wait_for_work();
		commit_all();
	}
}

void
ufs_syncer_note(struct ufs_mount *um)
{
	if (um->um_dirty_since != 0)
		return;
	um->um_dirty_since = clock_ns();
	spin_lock(&syncer.wake_lock);
	if (!syncer.dirty) {
		syncer.dirty = true;
		cv_signal(&syncer.cv);
	}
	spin_unlock(&syncer.wake_lock);
}

static void
wake(void)
{
	spin_lock(&syncer.wake_lock);
	syncer.now = true;
	cv_signal(&syncer.cv);
	spin_unlock(&syncer.wake_lock);
}

static bool
push(void)
{
	struct ufs_mount *um;
	bool dirty = false;

	mutex_lock(&syncer.pages_lock);
	LIST_FOREACH (um, &syncer.mounts, um_link)
		if (atomic_load(&um->um_ndirty) > 0)
			dirty = true;
	mutex_unlock(&syncer.pages_lock);
	if (dirty)
		wake();
	return (dirty);
}

static uint64_t
shrink(uint64_t want)
{
	struct ufs_mount *um;
	uint64_t freed = 0;

	mutex_lock(&syncer.pages_lock);
	LIST_FOREACH (um, &syncer.mounts, um_link) {
		if (freed < want)
			freed += ufs_node_shrink(um, want - freed);
		if (freed < want)
			freed += ufs_buf_shrink(um, want - freed);
	}
	mutex_unlock(&syncer.pages_lock);
	return (freed);
}

void
ufs_syncer_add(struct ufs_mount *um)
{
	static struct shrinker shrinker = {
	    .sh_shrink = shrink, .sh_push = push};
	bool first;

	mutex_lock(&syncer.lock);
	first = !syncer.running;
	syncer.running = true;
	mutex_lock(&syncer.pages_lock);
	list_push_back(&syncer.mounts, &um->um_link);
	mutex_unlock(&syncer.pages_lock);
	mutex_unlock(&syncer.lock);
	if (!first)
		return;
	pageout_add(&shrinker);
	if (kthread_create("syncer", syncer_main, NULL) == NULL)
		kprintf("syncer: no memory to start it\n");
}

void
ufs_syncer_remove(struct ufs_mount *um)
{
	mutex_lock(&syncer.lock);
	mutex_lock(&syncer.pages_lock);
	list_remove(&um->um_link);
	mutex_unlock(&syncer.pages_lock);
	mutex_unlock(&syncer.lock);
}
