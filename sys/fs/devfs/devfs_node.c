/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tree of nodes that a mount has.  Each is held once by its place in the
 * tree.
 */
#include "fbsd/errno.h"
#include "fs/devfs/devfs.h"
#include "time/time.h"
#include "lib/string.h"
#include "vfs/namecache.h"
#include "vm/kmem.h"

/* Numbers of directories and links; devices have their cdev's. */
#define FIRST_INO 0x10000
static uint64_t last_ino = FIRST_INO; /* (cdev_lock) */

struct devfs_node *
devfs_new_node(
    struct devfs_mount *dm, enum vtype type, const char *name, size_t len)
{
	struct devfs_node *n = kmem_alloc(sizeof(*n), KM_ZERO);

	if (n == NULL)
		return (NULL);
	vnode_init(&n->dn_vnode, dm->dm_mount, type, &devfs_vnode_ops, n);
	list_init(&n->dn_link);
	list_init(&n->dn_children);
	n->dn_ino = ++last_ino;
	n->dn_mode = type == VLNK ? 0755 : 0555;
	n->dn_atime = n->dn_mtime = n->dn_ctime = time_now();
	memcpy(n->dn_name, name, MIN(len, sizeof(n->dn_name) - 1));
	return (n);
}

void
devfs_node_free(struct devfs_node *n)
{
	namecache_purge(&n->dn_vnode);
	if (n->dn_cdev != NULL)
		cdev_release(n->dn_cdev);
	if (n->dn_target != NULL)
		kmem_strfree(n->dn_target);
	kmem_free(n, sizeof(*n));
}

struct devfs_node *
devfs_find(struct devfs_node *dir, const char *name, size_t len)
{
	struct devfs_node *n;

	LIST_FOREACH (n, &dir->dn_children, dn_link)
		if (strncmp(n->dn_name, name, len) == 0 &&
		    n->dn_name[len] == '\0')
			return (n);
	return (NULL);
}

static void
enter(struct devfs_mount *dm, struct devfs_node *dir, struct devfs_node *n)
{
	n->dn_parent = dir;
	list_push_back(&dir->dn_children, &n->dn_link);
	dir->dn_mtime = dir->dn_ctime = time_now();
	devfs_rules_new(dm, n);
}

/* The directory for a device's name, made if need be; *name is what is left
 * behind the last slash. */
static struct devfs_node *
find_dir(struct devfs_mount *dm, const char **name)
{
	struct devfs_node *dir = dm->dm_root, *n;
	const char *slash;

	while ((slash = strchr(*name, '/')) != NULL) {
		size_t len = (size_t)(slash - *name);

		n = devfs_find(dir, *name, len);
		if (n == NULL) {
			n = devfs_new_node(dm, VDIR, *name, len);
			if (n == NULL)
				return (NULL);
			enter(dm, dir, n);
		}
		dir = n;
		*name = slash + 1;
	}
	return (dir);
}

int
devfs_add(struct devfs_mount *dm, struct cdev *cd)
{
	const char *name = cd->cd_name;
	struct devfs_node *dir, *n;

	dir = find_dir(dm, &name);
	n = dir == NULL ? NULL : devfs_new_node(dm, VCHR, name, strlen(name));
	if (n == NULL)
		return (ENOMEM);
	refcount_take(&cd->cd_refs);
	n->dn_cdev = cd;
	n->dn_mode = cd->cd_mode;
	n->dn_uid = cd->cd_uid;
	n->dn_gid = cd->cd_gid;
	n->dn_atime = n->dn_mtime = n->dn_ctime = cd->cd_made;
	enter(dm, dir, n);
	return (0);
}

int
devfs_add_link(struct devfs_mount *dm, struct devfs_node *dir, const char *name,
    const char *target, struct devfs_node **np)
{
	struct devfs_node *n = devfs_new_node(dm, VLNK, name, strlen(name));

	if (n == NULL)
		return (ENOMEM);
	n->dn_target = kmem_strdup(target);
	if (n->dn_target == NULL) {
		devfs_node_free(n);
		return (ENOMEM);
	}
	enter(dm, dir, n);
	if (np != NULL)
		*np = n;
	return (0);
}

/* What n was made over is to be seen again. */
static void
uncover(struct devfs_node *n)
{
	struct devfs_node *other;

	LIST_FOREACH (other, &n->dn_parent->dn_children, dn_link)
		if (other->dn_covered &&
		    strcmp(other->dn_name, n->dn_name) == 0)
			atomic_store(&other->dn_covered, false);
}

void
devfs_unlink(struct devfs_node *n)
{
	if (n->dn_vnode.v_type == VLNK)
		uncover(n);
	n->dn_parent->dn_mtime = n->dn_parent->dn_ctime = time_now();
	n->dn_parent = NULL;
	list_remove(&n->dn_link);
	namecache_forget(&n->dn_vnode);
	vnode_release(&n->dn_vnode);
}

/* The node of a device that has gone, with a directory it leaves empty. */
void
devfs_drop(struct devfs_mount *dm, struct cdev *cd)
{
	const char *name = cd->cd_name;
	struct devfs_node *dir = find_dir(dm, &name), *n;

	if (dir == NULL)
		return;
	LIST_FOREACH (n, &dir->dn_children, dn_link)
		if (n->dn_cdev == cd) {
			devfs_unlink(n);
			return;
		}
}
