/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Commits: what waits in memory is written, with flushes of the disk's cache
 * between what must come before something else:
 *
 *	data, and the FAT, but for where new clusters join a file's old ones;
 *	the FAT with that;
 *	entries of directories, with sizes and first clusters.
 *
 * The syncer does it some seconds after a change.
 */
#include "fbsd/errno.h"
#include "fs/msdosfs/msdosfs.h"
#include "kern/printf.h"
#include "kern/proc.h"
#include "lib/string.h"
#include "vm/page.h"
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
} syncer = {.lock = MUTEX_INITIALIZER(syncer.lock, "msdosfs syncer"),
    .pages_lock = MUTEX_INITIALIZER(syncer.pages_lock, "msdosfs mounts"),
    .mounts = LIST_INITIALIZER(syncer.mounts),
    .wake_lock = SPIN_INITIALIZER("msdosfs wake"),
    .cv = CV_INITIALIZER(syncer.cv, "syncer")};

static void
note_change(struct msdosfs_mount *mm)
{
	mm->mm_changed = true;
	spin_lock(&syncer.wake_lock);
	if (!syncer.dirty) {
		syncer.dirty = true;
		cv_signal(&syncer.cv);
	}
	spin_unlock(&syncer.wake_lock);
}

int
msdosfs_begin(struct msdosfs_mount *mm)
{
	int error = 0;

	mutex_lock(&mm->mm_batch);
	if (!mm->mm_writable)
		error = EROFS;
	else if (!mm->mm_marked)
		error = msdosfs_mark(mm, false);
	if (error != 0) {
		mutex_unlock(&mm->mm_batch);
		return (error);
	}
	mm->mm_marked = true;
	return (0);
}

void
msdosfs_end(struct msdosfs_mount *mm)
{
	if (!mm->mm_changed)
		note_change(mm);
	mutex_unlock(&mm->mm_batch);
}

void
msdosfs_touch(struct msdosfs_node *n)
{
	if (!n->n_gone && n->n_place != 0 && !list_linked(&n->n_dirty))
		list_push_back(&n->n_mm->mm_dirty, &n->n_dirty);
}

void
msdosfs_clean(struct msdosfs_node *n)
{
	list_remove(&n->n_dirty);
}

int
msdosfs_write_entry(struct msdosfs_node *n)
{
	struct fat_dirent d;
	struct page *pg;
	uint8_t *p;
	int error;

	if (n->n_gone)
		return (0);
	error = msdosfs_meta(n->n_mm, n->n_place, false, &pg, &p);
	if (error != 0)
		return (error);
	memcpy(&d, p, sizeof(d));
	msdosfs_put_entry(n, &d);
	memcpy(p, &d, sizeof(d));
	return (msdosfs_meta_write(n->n_mm, n->n_place, pg));
}

/* The FAT as it is, for good. */
static int
settle_fat(struct msdosfs_mount *mm)
{
	int error = msdosfs_fat_write(mm);

	return (error == 0 ? disk_flush(mm->mm_disk) : error);
}

static int
write_data(struct msdosfs_mount *mm, bool *joins)
{
	struct msdosfs_node *n;
	int error = 0;

	*joins = false;
	LIST_FOREACH (n, &mm->mm_dirty, n_dirty) {
		if (n->n_vnode.v_type == VREG && error == 0)
			error = msdosfs_file_write(n);
		*joins |= n->n_join_from != 0;
	}
	return (error);
}

static int
write_joins(struct msdosfs_mount *mm)
{
	struct msdosfs_node *n;
	int error = 0;

	LIST_FOREACH (n, &mm->mm_dirty, n_dirty)
		if (n->n_join_from != 0 && error == 0)
			error = msdosfs_fat_join(n);
	return (error == 0 ? settle_fat(mm) : error);
}

static int
write_entries(struct msdosfs_mount *mm)
{
	struct msdosfs_node *n;
	int error = 0;

	while (error == 0 && (n = LIST_FIRST(&mm->mm_dirty, struct msdosfs_node,
				  n_dirty)) != NULL) {
		error = msdosfs_write_entry(n);
		if (error == 0)
			msdosfs_clean(n);
	}
	return (error == 0 ? disk_flush(mm->mm_disk) : error);
}

int
msdosfs_commit_locked(struct msdosfs_mount *mm)
{
	bool joins;
	int error;

	if (!mm->mm_changed)
		return (0);
	error = write_data(mm, &joins);
	if (error == 0)
		error = settle_fat(mm);
	if (error == 0 && joins)
		error = write_joins(mm);
	if (error == 0)
		error = write_entries(mm);
	if (error == 0) {
		mm->mm_dirty_bytes = 0;
		mm->mm_changed = false;
	}
	return (error);
}

int
msdosfs_commit(struct msdosfs_mount *mm)
{
	int error;

	mutex_lock(&mm->mm_batch);
	error = msdosfs_commit_locked(mm);
	mutex_unlock(&mm->mm_batch);
	return (error);
}

static void
commit_all(void)
{
	struct msdosfs_mount *mm;

	mutex_lock(&syncer.lock);
	LIST_FOREACH (mm, &syncer.mounts, mm_link)
		(void)msdosfs_commit(mm);
	mutex_unlock(&syncer.lock);
}

static void
syncer_main(void *arg)
{
	uint64_t until;

	for (;;) {
		spin_lock(&syncer.wake_lock);
		while (!syncer.dirty && !syncer.now)
			cv_wait_spin(&syncer.cv, &syncer.wake_lock);
		until = clock_ns() + DELAY;
		while (!syncer.now && clock_ns() < until)
			(void)cv_wait_spin_sig(
			    &syncer.cv, &syncer.wake_lock, until);
		syncer.now = syncer.dirty = false;
		spin_unlock(&syncer.wake_lock);
		commit_all();
	}
}

static bool
push(void)
{
	bool dirty;

	spin_lock(&syncer.wake_lock);
	dirty = syncer.dirty;
	syncer.now = dirty;
	cv_signal(&syncer.cv);
	spin_unlock(&syncer.wake_lock);
	return (dirty);
}

static uint64_t
shrink(uint64_t want)
{
	struct msdosfs_mount *mm;
	uint64_t freed = 0;

	mutex_lock(&syncer.pages_lock);
	LIST_FOREACH (mm, &syncer.mounts, mm_link)
		if (freed < want)
			freed += msdosfs_nodes_shrink(mm, want - freed);
	mutex_unlock(&syncer.pages_lock);
	return (freed);
}

void
msdosfs_syncer_add(struct msdosfs_mount *mm)
{
	static struct shrinker shrinker = {
	    .sh_shrink = shrink, .sh_push = push};
	bool first;

	mutex_lock(&syncer.lock);
	first = !syncer.running;
	syncer.running = true;
	mutex_lock(&syncer.pages_lock);
	list_push_back(&syncer.mounts, &mm->mm_link);
	mutex_unlock(&syncer.pages_lock);
	mutex_unlock(&syncer.lock);
	if (!first)
		return;
	pageout_add(&shrinker);
	if (kthread_create("msdosfs syncer", syncer_main, NULL) == NULL)
		kprintf("msdosfs syncer: no memory to start it\n");
}

void
msdosfs_syncer_remove(struct msdosfs_mount *mm)
{
	mutex_lock(&syncer.lock);
	mutex_lock(&syncer.pages_lock);
	list_remove(&mm->mm_link);
	mutex_unlock(&syncer.pages_lock);
	mutex_unlock(&syncer.lock);
}
