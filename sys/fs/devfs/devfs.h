/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * devfs: the devices there are, as files.
 *
 * Drivers make cdevs; each mount of devfs has a node for each of them, with
 * rights and times of its own, in a tree that follows the names' slashes.
 * cdev_lock, one for all, guards the list of cdevs and the trees: devices
 * are few, and nothing is done under it but walking them.  Names that were
 * found stay in the cache of names until their node leaves the tree.
 */
#ifndef FS_DEVFS_DEVFS_H
#define FS_DEVFS_DEVFS_H

#include "file/cdev.h"
#include "vfs/vnode.h"

/* (l) cdev_lock, (!) set once. */
struct devfs_node {
	struct vnode dn_vnode;
	struct devfs_node *dn_parent; /* (l) NULL: root, or removed */
	struct list dn_link;	      /* (l) in dn_parent's children */
	struct list dn_children;      /* (l) of a directory, by dn_ino */
	struct cdev *dn_cdev;	      /* (!) held; NULL: directory or link */
	char *dn_target;	      /* (!) of a symbolic link */
	uint64_t dn_ino;	      /* (!) */
	mode_t dn_mode;		      /* (v_lock) this and what follows */
	uid_t dn_uid;
	gid_t dn_gid;
	struct timespec dn_atime;
	struct timespec dn_mtime;
	struct timespec dn_ctime;
	char dn_name[64]; /* (!) */
};

struct devfs_mount {
	struct list dm_link;	    /* (l) */
	struct mount *dm_mount;	    /* (!) */
	struct devfs_node *dm_root; /* (!) */
};

extern const struct vnode_ops devfs_vnode_ops;

static inline struct devfs_node *
devfs_node(struct vnode *vp)
{
	return (container_of(vp, struct devfs_node, dn_vnode));
}

/* devfs_node.c; all but the last with cdev_lock. ENOMEM. */
int devfs_add(struct devfs_mount *dm, struct cdev *cd);
int devfs_add_link(struct devfs_mount *dm, struct devfs_node *dir,
    const char *name, const char *target, struct devfs_node **np) __sleeps;
struct devfs_node *devfs_find(
    struct devfs_node *dir, const char *name, size_t len);
void devfs_unlink(struct devfs_node *n) __sleeps; /* from its directory */
void devfs_drop(struct devfs_mount *dm, struct cdev *cd) __sleeps;
struct devfs_node *devfs_new_node(
    struct devfs_mount *dm, enum vtype type, const char *name, size_t len);
void devfs_node_free(struct devfs_node *n) __sleeps;

/* Devices that are nothing but themselves: null, zero, full, random. */
void devfs_mem_init(void) __sleeps;

#endif
