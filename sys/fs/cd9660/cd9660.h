/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cd9660: ISO 9660 volumes, which are only read.
 *
 * What isn't a file's contents is read as pages of an object that stands for
 * the disk (cm_meta), by the parser (iso.h); a file's data as pages of its own,
 * which lie one behind the other on the disk.  A file is known by its number,
 * which is a place on the disk, and nothing of it ever changes: what is read
 * once is right for good, and v_lock is only what callers expect to be held.
 */
#ifndef FS_CD9660_CD9660_H
#define FS_CD9660_CD9660_H

#include "fbsd/errno.h"
#include "fs/cd9660/iso.h"
#include "disk/bio.h"
#include "vm/radix.h"
#include "vfs/syncer.h"
#include "vfs/vop.h"

/* (!) set once, (n) cm_lock. */
struct cd9660_mount {
	struct iso cm_iso;	     /* (!) */
	struct iso_device cm_device; /* (!) by way of cm_meta */
	struct mount *cm_mount;	     /* (!) */
	struct disk *cm_disk;	     /* (!) */
	struct vm_object cm_meta;
	struct syncer_client cm_syncer; /* for memory that is short */

	/* options */
	bool cm_has_uid, cm_has_gid;   /* (!) instead of the volume's */
	uint32_t cm_uid, cm_gid;       /* (!) */
	uint32_t cm_mask, cm_dir_mask; /* (!) rights that may be had */

	struct mutex cm_lock;
	struct radix cm_nodes; /* (n) by number */
	struct list cm_lru;    /* (n) all, the oldest first */
	unsigned cm_nnodes;    /* (n) */
};

/* (!) set once, (n) cm_lock, (a) atomic. */
struct cd9660_node {
	struct vnode n_vnode;
	struct cd9660_mount *n_cm; /* (!) */
	struct iso_inode n_i;	   /* (!) with the mount's owners and rights */
	struct list n_lru;	   /* (n) */
	uint64_t n_parent;	   /* (a) where it was found last, or 0 */
};

static inline struct cd9660_node *
cd9660_node(struct vnode *vp)
{
	return (container_of(vp, struct cd9660_node, n_vnode));
}

extern const struct vnode_ops cd9660_vnode_ops;
extern const struct vm_object_ops cd9660_object_ops;

/* cd9660_node.c.  The file with that number, referenced: ESTALE, EINTEGRITY,
 * EIO, EINTR, EMISSED, ENOMEM. */
int cd9660_node_init(void);
int cd9660_node_get(
    struct cd9660_mount *cm, uint64_t ino, struct cd9660_node **np) __sleeps;
uint64_t cd9660_shrink(struct cd9660_mount *cm, uint64_t want) __sleeps;
/* Is somebody besides the cache using one, or more than mnt_root the root? */
bool cd9660_busy(struct cd9660_mount *cm) __sleeps;
/* Nobody else knows of them. */
void cd9660_discard(struct cd9660_mount *cm) __sleeps;

/* cd9660_io.c */
void cd9660_meta_init(struct cd9660_mount *cm);
int cd9660_fetch(struct vnode *vp, uint64_t page) __sleeps;

#endif
