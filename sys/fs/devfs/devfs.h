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
	bool dn_hidden;		      /* (l a) by a rule */
	bool dn_covered; /* (l a) by a link, made while it was hidden */
	mode_t dn_mode;	 /* (a) by v_lock's holder, and by rules */
	uid_t dn_uid;	 /* (a) the same */
	gid_t dn_gid;	 /* (a) the same */
	struct timespec dn_atime; /* (v_lock) this and what follows */
	struct timespec dn_mtime;
	struct timespec dn_ctime;
	char dn_name[64]; /* (!) */
};

struct devfs_mount {
	struct list dm_link;	    /* (l) */
	struct mount *dm_mount;	    /* (!) */
	struct devfs_node *dm_root; /* (!) */
	unsigned dm_ruleset;	    /* (l) for what comes to be, or 0 */
};

extern const struct vnode_ops devfs_vnode_ops;

static inline struct devfs_node *
devfs_node(struct vnode *vp)
{
	return (container_of(vp, struct devfs_node, dn_vnode));
}

/* devfs_node.c; all but the last with cdev_lock. ENOMEM. */
int devfs_add(struct devfs_mount *dm, struct cdev *cd) __sleeps;
int devfs_add_link(struct devfs_mount *dm, struct devfs_node *dir,
    const char *name, const char *target, struct devfs_node **np) __sleeps;
struct devfs_node *devfs_find(
    struct devfs_node *dir, const char *name, size_t len);
void devfs_unlink(struct devfs_node *n) __sleeps; /* from its directory */
void devfs_drop(struct devfs_mount *dm, struct cdev *cd) __sleeps;
struct devfs_node *devfs_new_node(
    struct devfs_mount *dm, enum vtype type, const char *name, size_t len);
void devfs_node_free(struct devfs_node *n) __sleeps;

/* Is it to be found by its name? */
static inline bool
devfs_visible(const struct devfs_node *n)
{
	return (!atomic_load(&n->dn_hidden) && !atomic_load(&n->dn_covered));
}

/*
 * devfs_rules.c, with cdev_lock: those of the mount's set for a new node; a set
 * for the mount, 0 for none (ENOMEM); its rules for all that is there; and
 * DEVFSIO_*, for root.
 */
void devfs_rules_new(struct devfs_mount *dm, struct devfs_node *n) __sleeps;
int devfs_rules_use(struct devfs_mount *dm, unsigned number);
void devfs_rules_apply(struct devfs_mount *dm) __sleeps;
int devfs_rules_ioctl(
    struct devfs_mount *dm, unsigned long cmd, void *data) __sleeps;

/* Devices that are nothing but themselves: null, zero, full, random. */
void devfs_mem_init(void) __sleeps;

#endif
