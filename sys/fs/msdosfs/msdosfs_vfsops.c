/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mounting.
 */
#include "fbsd/errno.h"
#include "fs/msdosfs/msdosfs.h"
#include "core/printf.h"
#include "lib/string.h"
#include "vm/kmem.h"

static int
syncer_commit(struct syncer_client *sc)
{
	return (
	    msdosfs_commit(container_of(sc, struct msdosfs_mount, mm_syncer)));
}

static uint64_t
syncer_shrink(struct syncer_client *sc, uint64_t want)
{
	return (msdosfs_nodes_shrink(
	    container_of(sc, struct msdosfs_mount, mm_syncer), want));
}

static struct msdosfs_mount *
new_mount(struct mount *mp, struct disk *dp)
{
	struct msdosfs_mount *mm = kmem_alloc(sizeof(*mm), KM_ZERO);

	if (mm == NULL)
		return (NULL);
	mm->mm_mount = mp;
	mm->mm_disk = dp;
	mm->mm_next = mm->mm_uncounted = FAT_FIRST;
	list_init(&mm->mm_syncer.sc_link);
	mm->mm_syncer.sc_commit = syncer_commit;
	mm->mm_syncer.sc_shrink = syncer_shrink;
	mutex_init(&mm->mm_batch, "msdosfs batch");
	list_init(&mm->mm_dirty);
	spin_init(&mm->mm_changes, "msdosfs changes");
	list_init(&mm->mm_written);
	mutex_init(&mm->mm_fat, "msdosfs fat");
	mutex_init(&mm->mm_nodes_lock, "msdosfs nodes");
	radix_init(&mm->mm_nodes);
	list_init(&mm->mm_node_lru);
	msdosfs_meta_init(mm);
	return (mm);
}

static void
free_mount(struct msdosfs_mount *mm)
{
	msdosfs_nodes_discard_all(mm);
	vm_object_release(&mm->mm_meta);
	kmem_free(mm, sizeof(*mm));
}

static int
set_options(struct msdosfs_mount *mm, const struct mount_opts *opts)
{
	uint32_t mask = 0755, dirmask;
	int error;

	error = mount_number(opts, "uid", 0, UINT32_MAX, &mm->mm_uid);
	if (error == 0)
		error = mount_number(opts, "gid", 0, UINT32_MAX, &mm->mm_gid);
	if (error == 0)
		error = mount_number(opts, "mask", 0, 0777, &mask);
	dirmask = mask;
	if (error == 0)
		error = mount_number(opts, "dirmask", 0, 0777, &dirmask);
	mm->mm_mask = (mode_t)mask;
	mm->mm_dirmask = (mode_t)dirmask;
	mm->mm_short_names = mount_opt(opts, "shortname") != NULL ||
			     mount_opt(opts, "shortnames") != NULL ||
			     mount_opt(opts, "nowin95") != NULL;
	return (error);
}

static int
read_boot(struct msdosfs_mount *mm, const struct mount_opts *opts)
{
	struct disk *dp = mm->mm_disk;
	const size_t size = MAX(dp->d_sector, 512);
	const char *why;
	uint8_t *boot;
	int error;

	if (dp->d_size < size) {
		mount_error(opts, "%s is empty", dp->d_name);
		return (EINVAL);
	}
	boot = kmem_alloc(size, 0);
	if (boot == NULL)
		return (ENOMEM);
	error = disk_read(dp, 0, boot, size);
	why = error == 0 ? fat_parse_boot(
			       boot, dp->d_size, dp->d_sector, &mm->mm_layout)
			 : "it can't be read";
	kmem_free(boot, size);
	if (why == NULL)
		return (0);
	mount_error(opts, "%s", why);
	return (error != 0 ? error : EINVAL);
}

/* It may be written from now on. */
static int
start_writing(struct msdosfs_mount *mm)
{
	bool clean;
	int error = msdosfs_get_clean(mm, &clean);

	if (error != 0)
		return (error);
	if (!clean)
		kprintf("%s: it was not unmounted; clusters may be lost\n",
		    mm->mm_disk->d_name);
	mutex_lock(&mm->mm_batch);
	atomic_store(&mm->mm_writable, true);
	mutex_unlock(&mm->mm_batch);
	return (0);
}

/* Everything is on the disk, and the disk says so, unless somebody has a file
 * that has no name and keeps its clusters. */
static int
stop_writing(struct msdosfs_mount *mm)
{
	int error;

	mutex_lock(&mm->mm_batch);
	error = msdosfs_commit_locked(mm);
	if (error == 0 && mm->mm_marked && atomic_load(&mm->mm_gone) == 0)
		error = msdosfs_mark(mm, true);
	if (error == 0) {
		atomic_store(&mm->mm_writable, false);
		atomic_store(&mm->mm_marked, false);
	}
	atomic_store(&mm->mm_ending, false);
	mutex_unlock(&mm->mm_batch);
	return (error);
}

static int
start(struct msdosfs_mount *mm, bool write, const struct mount_opts *opts)
{
	int error = mount_claim_disk(opts, mm->mm_disk, write);

	if (error != 0)
		return (error);
	error = read_boot(mm, opts);
	if (error == 0 && write)
		error = start_writing(mm);
	if (error != 0)
		disk_unclaim(mm->mm_disk, write);
	return (error);
}

static int
mount_from(struct mount *mp, struct disk *dp, const struct mount_opts *opts)
{
	const bool write = (mp->mnt_flags & MNT_RDONLY) == 0;
	struct msdosfs_mount *mm;
	int error;

	mm = msdosfs_node_init() == 0 ? new_mount(mp, dp) : NULL;
	if (mm == NULL)
		return (ENOMEM);
	error = set_options(mm, opts);
	if (error == 0)
		error = start(mm, write, opts);
	if (error != 0) {
		free_mount(mm);
		return (error);
	}
	mp->mnt_data = mm;
	syncer_add(&mm->mm_syncer);
	return (0);
}

static int
msdosfs_mount(struct mount *mp, const struct mount_opts *opts)
{
	struct disk *dp;
	int error = mount_find_disk(opts, &dp);

	if (error != 0)
		return (error);
	error = mount_from(mp, dp, opts);
	disk_release(dp);
	return (error);
}

static int
msdosfs_root(struct mount *mp, struct vnode **vpp)
{
	struct msdosfs_node *n;
	int error = msdosfs_node_root(mp->mnt_data, &n);

	if (error == 0)
		*vpp = &n->n_vnode;
	return (error);
}

/* What can't be written is lost with the memory that it is in. */
static void
give_up(struct msdosfs_mount *mm)
{
	struct msdosfs_node *n;
	unsigned files = 0;
	uint64_t pages;

	mutex_lock(&mm->mm_batch);
	pages = vm_object_dirty(&mm->mm_meta);
	LIST_FOREACH (n, &mm->mm_dirty, n_dirty) {
		files++;
		if (n->n_vnode.v_type == VREG)
			pages += vm_object_dirty(&n->n_vnode.v_object);
	}
	atomic_store(&mm->mm_writable, false);
	mm->mm_changed = false;
	mutex_unlock(&mm->mm_batch);
	kprintf("%s: %s: given up what can't be written: changes to %u files "
		"or directories, %lu KB of data\n",
	    mm->mm_disk->d_name, mm->mm_mount->mnt_on, files,
	    ptoa(pages) / 1024);
}

static int
msdosfs_unmount(struct mount *mp, enum unmount_how how)
{
	struct msdosfs_mount *mm = mp->mnt_data;
	const bool write = mm->mm_writable;
	struct disk *dp = mm->mm_disk;
	int error;

	if (how != UNMOUNT_UNKNOWN && msdosfs_nodes_busy(mm, true))
		return (EBUSY);
	error = write ? stop_writing(mm) : 0;
	if (error != 0 && how == UNMOUNT_IDLE)
		return (error);
	if (error != 0)
		give_up(mm);
	syncer_remove(&mm->mm_syncer);
	free_mount(mm);
	disk_unclaim(dp, write);
	return (0);
}

static int
begin_writing(struct msdosfs_mount *mm, const struct mount_opts *opts)
{
	int error = mount_reclaim_disk(opts, mm->mm_disk, true);

	if (error != 0)
		return (error);
	/* Somebody may have repaired it below. */
	vm_object_discard(&mm->mm_meta, 0, UINT64_MAX);
	msdosfs_nodes_forget_names(mm);
	error = start_writing(mm);
	if (error != 0)
		(void)disk_reclaim(mm->mm_disk, false);
	return (error);
}

/* May it become read-only though it is used?  Neither while somebody could
 * write, nor while clusters are to become free. */
static bool
busy_writing(struct msdosfs_mount *mm)
{
	return (atomic_load(&mm->mm_mount->mnt_writers) > 0 ||
		atomic_load(&mm->mm_gone) > 0 ||
		msdosfs_nodes_mapped_to_write(mm));
}

static int
become_readonly(struct msdosfs_mount *mm)
{
	int error;

	mutex_lock(&mm->mm_batch);
	atomic_store(&mm->mm_ending, true);
	mutex_unlock(&mm->mm_batch);
	msdosfs_nodes_settle(mm);
	error = stop_writing(mm);
	return (error != 0 ? error : disk_reclaim(mm->mm_disk, false));
}

static int
msdosfs_update(struct mount *mp, uint64_t flags, const struct mount_opts *opts)
{
	struct msdosfs_mount *mm = mp->mnt_data;
	const bool readonly = (flags & MNT_RDONLY) != 0;

	if (flags & MNT_RELOAD) {
		mount_error(opts, "msdosfs can't be reloaded: unmount it");
		return (EOPNOTSUPP);
	}
	if (mm->mm_writable && readonly) {
		if (!(flags & MNT_FORCE) && busy_writing(mm))
			return (EBUSY);
		return (become_readonly(mm));
	}
	return (mm->mm_writable || readonly ? 0 : begin_writing(mm, opts));
}

static int
msdosfs_statfs(struct mount *mp, struct statfs *sf)
{
	struct msdosfs_mount *mm = mp->mnt_data;
	uint32_t count = 0;
	int error = msdosfs_count_free(mm, &count);

	sf->f_bsize = sf->f_iosize = mm->mm_layout.cluster;
	sf->f_blocks = mm->mm_layout.max_cluster - FAT_FIRST + 1;
	sf->f_bfree = count;
	sf->f_bavail = count;
	/* As many files as there is room for. */
	sf->f_files = mm->mm_layout.root_size / FAT_DIRENT;
	return (error);
}

static int
msdosfs_sync(struct mount *mp, bool wait)
{
	return (msdosfs_commit(mp->mnt_data));
}

/* Those without effect: long names and large disks are a matter of course, and
 * names are UTF-8. */
static const char *const msdosfs_options[] = {"uid", "gid", "mask", "dirmask",
    "shortname", "shortnames", "nowin95", "longname", "longnames", "large",
    "kiconv", "cs_win", "cs_dos", "cs_local", NULL};

static const struct vfs_ops msdosfs_vfs_ops = {
    .vfs_name = "msdosfs",
    .vfs_flags = MNT_LOCAL,
    .vfs_options = msdosfs_options,
    .vfs_mount = msdosfs_mount,
    .vfs_update = msdosfs_update,
    .vfs_unmount = msdosfs_unmount,
    .vfs_root = msdosfs_root,
    .vfs_statfs = msdosfs_statfs,
    .vfs_sync = msdosfs_sync,
};
VFS_SET(msdosfs_vfs_ops);
