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
#include "core/printf.h"
#include "proc/proc.h"
#include "lib/string.h"
#include "vm/page.h"
#include "vm/pageout.h"

static void
note_change(struct msdosfs_mount *mm)
{
	mm->mm_changed = true;
	syncer_note(&mm->mm_syncer);
}

int
msdosfs_begin(struct msdosfs_mount *mm)
{
	int error = 0;

	mutex_lock(&mm->mm_batch);
	if (!mm->mm_writable || mm->mm_ending)
		error = EROFS;
	else if (!mm->mm_marked)
		error = msdosfs_mark(mm, false);
	if (error != 0) {
		mutex_unlock(&mm->mm_batch);
		return (error);
	}
	atomic_store(&mm->mm_marked, true);
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

/* Whose pages became dirty: those are written, whoever did it, and what
 * mappings wrote counts as a modification now. */
static void
take_written(struct msdosfs_mount *mm)
{
	struct msdosfs_node *n;

	spin_lock(&mm->mm_changes);
	while ((n = LIST_FIRST(
		    &mm->mm_written, struct msdosfs_node, n_written)) != NULL) {
		/* It is in a list all the time, and stays for that. */
		msdosfs_touch(n);
		list_remove(&n->n_written);
		if (atomic_swap(&n->n_mapped_write, false))
			n->n_mtime = msdosfs_now();
		mm->mm_changed = true;
	}
	spin_unlock(&mm->mm_changes);
}

/* All that had changed is written. */
static void
tell_syncer(struct msdosfs_mount *mm)
{
	spin_lock(&mm->mm_changes);
	if (list_empty(&mm->mm_written))
		syncer_clean(&mm->mm_syncer);
	spin_unlock(&mm->mm_changes);
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

	take_written(mm);
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
		tell_syncer(mm);
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
