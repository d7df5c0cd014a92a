/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mounting, to be read.
 */
#include "core/printf.h"
#include "fs/cd9660/cd9660.h"
#include "lib/string.h"
#include "vm/kmem.h"

/* There is never anything to be written. */
static int
syncer_commit(struct syncer_client *sc)
{
	return (0);
}

static uint64_t
syncer_shrink(struct syncer_client *sc, uint64_t want)
{
	return (cd9660_shrink(
	    container_of(sc, struct cd9660_mount, cm_syncer), want));
}

static struct cd9660_mount *
new_mount(struct mount *mp, struct disk *dp)
{
	struct cd9660_mount *cm = kmem_alloc(sizeof(*cm), KM_ZERO);

	if (cm == NULL)
		return (NULL);
	cm->cm_mount = mp;
	cm->cm_disk = dp;
	cm->cm_mask = cm->cm_dir_mask = ALLPERMS;
	list_init(&cm->cm_syncer.sc_link);
	cm->cm_syncer.sc_commit = syncer_commit;
	cm->cm_syncer.sc_shrink = syncer_shrink;
	mutex_init(&cm->cm_lock, "cd9660 nodes");
	radix_init(&cm->cm_nodes);
	list_init(&cm->cm_lru);
	cd9660_meta_init(cm);
	return (cm);
}

static void
free_mount(struct cd9660_mount *cm)
{
	cd9660_discard(cm);
	vm_object_release(&cm->cm_meta);
	kmem_free(cm, sizeof(*cm));
}

static int
set_options(struct cd9660_mount *cm, struct iso_options *iso,
    const struct mount_opts *opts)
{
	const struct {
		const char *name;
		uint32_t max, *n;
	} numbers[] = {
	    {"uid", UINT32_MAX, &cm->cm_uid},
	    {"gid", UINT32_MAX, &cm->cm_gid},
	    {"mask", UINT32_MAX, &cm->cm_mask},
	    {"dirmask", UINT32_MAX, &cm->cm_dir_mask},
	    {"ssector", INT32_MAX, &iso->first},
	};
	int error = 0;

	for (unsigned i = 0; i < nitems(numbers) && error == 0; i++)
		error = mount_number(
		    opts, numbers[i].name, 10, numbers[i].max, numbers[i].n);
	cm->cm_has_uid = mount_opt(opts, "uid") != NULL;
	cm->cm_has_gid = mount_opt(opts, "gid") != NULL;
	iso->no_rockridge = mount_opt(opts, "norrip") != NULL;
	iso->no_joliet = mount_opt(opts, "nojoliet") != NULL;
	iso->broken_joliet = mount_opt(opts, "brokenjoliet") != NULL;
	iso->generations = mount_opt(opts, "gens") != NULL;
	iso->attributes = mount_opt(opts, "extatt") != NULL;
	return (error);
}

static int
start(struct cd9660_mount *cm, const struct iso_options *iso,
    const struct mount_opts *opts)
{
	const char *why = NULL;
	int error = mount_claim_disk(opts, cm->cm_disk, false);

	if (error != 0)
		return (error);
	error = iso_open(&cm->cm_iso, &cm->cm_device, iso, &why);
	if (error == 0 && cm->cm_disk->d_sector > 1u << cm->cm_iso.i_shift) {
		why = "its blocks are smaller than the disk's sectors";
		error = EINVAL;
	}
	if (error != 0) {
		mount_error(opts, "%s", why);
		disk_unclaim(cm->cm_disk, false);
	}
	return (error);
}

static int
mount_from(struct mount *mp, struct disk *dp, const struct mount_opts *opts)
{
	struct iso_options iso = {.first = 0};
	struct cd9660_mount *cm;
	int error;

	cm = cd9660_node_init() == 0 ? new_mount(mp, dp) : NULL;
	if (cm == NULL)
		return (ENOMEM);
	error = set_options(cm, &iso, opts);
	if (error == 0)
		error = start(cm, &iso, opts);
	if (error != 0) {
		free_mount(cm);
		return (error);
	}
	mp->mnt_data = cm;
	syncer_add(&cm->cm_syncer);
	return (0);
}

static int
cd9660_mount(struct mount *mp, const struct mount_opts *opts)
{
	struct disk *dp;
	int error;

	if ((mp->mnt_flags & MNT_RDONLY) == 0) {
		mount_error(opts, "it can be mounted read-only alone");
		return (EROFS);
	}
	error = mount_find_disk(opts, &dp);
	if (error != 0)
		return (error);
	error = mount_from(mp, dp, opts);
	disk_release(dp);
	return (error);
}

static int
cd9660_update(struct mount *mp, uint64_t flags, const struct mount_opts *opts)
{
	return ((flags & MNT_RDONLY) != 0 ? 0 : EROFS);
}

static int
cd9660_unmount(struct mount *mp, enum unmount_how how)
{
	struct cd9660_mount *cm = mp->mnt_data;
	struct disk *dp = cm->cm_disk;

	if (how != UNMOUNT_UNKNOWN && cd9660_busy(cm))
		return (EBUSY);
	syncer_remove(&cm->cm_syncer);
	free_mount(cm);
	disk_unclaim(dp, false);
	return (0);
}

static int
get_vnode(struct cd9660_mount *cm, uint64_t ino, struct vnode **vpp)
{
	struct cd9660_node *n;
	int error = cd9660_node_get(cm, ino, &n);

	if (error == 0)
		*vpp = &n->n_vnode;
	return (error);
}

static int
cd9660_root(struct mount *mp, struct vnode **vpp)
{
	struct cd9660_mount *cm = mp->mnt_data;
	int error = get_vnode(cm, cm->cm_iso.i_root, vpp);

	return (error == ESTALE ? EINTEGRITY : error);
}

static int
cd9660_fhtovp(struct mount *mp, const struct fid *fid, struct vnode **vpp)
{
	uint64_t ino;

	if (fid->fid_len != sizeof(ino))
		return (ESTALE);
	memcpy(&ino, fid->fid_data, sizeof(ino));
	return (get_vnode(mp->mnt_data, ino, vpp) == 0 ? 0 : ESTALE);
}

static int
cd9660_statfs(struct mount *mp, struct statfs *sf)
{
	const struct iso *iso = &((struct cd9660_mount *)mp->mnt_data)->cm_iso;

	sf->f_bsize = sf->f_iosize = 1ul << iso->i_shift;
	sf->f_blocks = iso->i_blocks;
	return (0);
}

/* Without effect: names are UTF-8. */
static const char *const cd9660_options[] = {"brokenjoliet", "dirmask",
    "extatt", "gens", "gid", "mask", "nojoliet", "norrip", "ssector", "uid",
    "kiconv", "cs_disk", "cs_local", NULL};

static const struct vfs_ops cd9660_vfs_ops = {
    .vfs_name = "cd9660",
    .vfs_flags = MNT_LOCAL,
    .vfs_options = cd9660_options,
    .vfs_mount = cd9660_mount,
    .vfs_update = cd9660_update,
    .vfs_unmount = cd9660_unmount,
    .vfs_root = cd9660_root,
    .vfs_statfs = cd9660_statfs,
    .vfs_fhtovp = cd9660_fhtovp,
};
VFS_SET(cd9660_vfs_ops);
