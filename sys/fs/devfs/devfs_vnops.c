/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * devfs's operations on vnodes, and mounting.
 */
#include "fbsd/dirent.h"
#include "fbsd/errno.h"
#include "fs/devfs/devfs.h"
#include "core/device.h"
#include "disk/bio.h"
#include "proc/proc.h"
#include "time/time.h"
#include "lib/string.h"
#include "vfs/namecache.h"
#include "vfs/vn_file.h"
#include "vm/kmem.h"

/* Entries' places in a directory are their numbers: they only grow. */
#define FIRST_COOKIE 2

static struct devfs_node *
find_visible(struct devfs_node *dir, const char *name, size_t len)
{
	struct devfs_node *n;

	LIST_FOREACH (n, &dir->dn_children, dn_link)
		if (devfs_visible(n) && strncmp(n->dn_name, name, len) == 0 &&
		    n->dn_name[len] == '\0')
			return (n);
	return (NULL);
}

static int
look_up(struct vnode *dvp, const struct cname *cn, struct vnode **vpp)
{
	struct devfs_node *dir = devfs_node(dvp), *n;

	mutex_lock(&cdev_lock);
	if (cname_is_dotdot(cn))
		n = dir->dn_parent;
	else
		n = find_visible(dir, cn->cn_name, cn->cn_len);
	if (n != NULL) {
		*vpp = &n->dn_vnode;
		vnode_hold(*vpp);
		/* What isn't there may come without anybody's asking. */
		namecache_enter(dvp, cn, *vpp);
	}
	mutex_unlock(&cdev_lock);
	return (n != NULL ? 0 : ENOENT);
}

/* A name that isn't there may be that of a partition, or of a driver, that
 * nobody asked for yet. Are there more names now? */
static bool
more_names(void)
{
	const bool drivers = device_attach_late();

	return (disk_taste() || drivers);
}

static int
devfs_lookup(struct vnode *dvp, const struct cname *cn, struct vnode **vpp)
{
	int error = look_up(dvp, cn, vpp);

	if (error == ENOENT && more_names())
		error = look_up(dvp, cn, vpp);
	return (error);
}

/* Only symbolic links, as the super-user's conveniences. */
static int
devfs_create(struct vnode *dvp, const struct cname *cn, const struct vattr *va,
    const char *target, struct vnode **vpp)
{
	struct devfs_mount *dm = dvp->v_mount->mnt_data;
	struct devfs_node *dir = devfs_node(dvp), *hidden, *n;
	char name[sizeof(n->dn_name)];
	int error;

	if (va->va_type != VLNK)
		return (EOPNOTSUPP);
	if (cn->cn_len >= sizeof(name))
		return (ENAMETOOLONG);
	memcpy(name, cn->cn_name, cn->cn_len);
	name[cn->cn_len] = '\0';
	mutex_lock(&cdev_lock);
	hidden = devfs_find(dir, name, cn->cn_len);
	error = devfs_add_link(dm, dir, name, target, &n);
	if (error == 0) {
		if (hidden != NULL)
			atomic_store(&hidden->dn_covered, true);
		n->dn_uid = va->va_uid;
		n->dn_gid = va->va_gid;
		*vpp = &n->dn_vnode;
		vnode_hold(*vpp);
	}
	mutex_unlock(&cdev_lock);
	return (error);
}

static int
devfs_remove(struct vnode *dvp, struct vnode *vp, const struct cname *cn)
{
	struct devfs_node *n = devfs_node(vp);
	int error = 0;

	mutex_lock(&cdev_lock);
	if (vp->v_type != VLNK)
		error = EPERM;
	else if (n->dn_parent != devfs_node(dvp))
		error = ENOENT;
	else
		devfs_unlink(n);
	mutex_unlock(&cdev_lock);
	return (error);
}

static int
devfs_rmdir(struct vnode *dvp, struct vnode *vp, const struct cname *cn)
{
	return (EPERM);
}

static int
devfs_access(struct vnode *vp, int mode, const struct cred *cr)
{
	const struct devfs_node *n = devfs_node(vp);

	return (vn_access_mode(vp->v_type, atomic_load(&n->dn_mode),
	    atomic_load(&n->dn_uid), atomic_load(&n->dn_gid), mode, cr));
}

static nlink_t
count_links(struct devfs_node *n)
{
	struct devfs_node *child;
	nlink_t links = 2;

	if (n->dn_vnode.v_type != VDIR)
		return (n->dn_parent != NULL ? 1 : 0);
	mutex_lock(&cdev_lock);
	LIST_FOREACH (child, &n->dn_children, dn_link)
		if (child->dn_vnode.v_type == VDIR && devfs_visible(child))
			links++;
	mutex_unlock(&cdev_lock);
	return (links);
}

static ino_t
node_ino(const struct devfs_node *n)
{
	return (n->dn_cdev != NULL ? n->dn_cdev->cd_number : n->dn_ino);
}

static int
devfs_getattr(struct vnode *vp, struct vattr *va)
{
	struct devfs_node *n = devfs_node(vp);

	*va = (struct vattr){
	    .va_type = vp->v_type,
	    .va_mode = atomic_load(&n->dn_mode),
	    .va_nlink = count_links(n),
	    .va_uid = atomic_load(&n->dn_uid),
	    .va_gid = atomic_load(&n->dn_gid),
	    .va_fsid = vp->v_mount->mnt_fsid,
	    .va_fileid = node_ino(n),
	    .va_blocksize = (blksize_t)PAGE_SIZE,
	    .va_atime = n->dn_atime,
	    .va_mtime = n->dn_mtime,
	    .va_ctime = n->dn_ctime,
	    .va_birthtime = n->dn_ctime,
	};
	if (n->dn_cdev != NULL)
		va->va_rdev = cdev_number(n->dn_cdev);
	if (n->dn_target != NULL)
		va->va_size = strlen(n->dn_target);
	if (vp->v_type == VDIR)
		va->va_size = 512;
	return (0);
}

static int
devfs_setattr(struct vnode *vp, const struct vattr *va)
{
	struct devfs_node *n = devfs_node(vp);

	if ((va->va_set & VA_FLAGS) != 0 && va->va_flags != 0)
		return (EINVAL);
	if ((va->va_set & VA_MODE) != 0)
		atomic_store(&n->dn_mode, va->va_mode);
	if ((va->va_set & VA_UID) != 0)
		atomic_store(&n->dn_uid, va->va_uid);
	if ((va->va_set & VA_GID) != 0)
		atomic_store(&n->dn_gid, va->va_gid);
	if ((va->va_set & VA_ATIME) != 0)
		n->dn_atime = va->va_atime;
	if ((va->va_set & VA_MTIME) != 0)
		n->dn_mtime = va->va_mtime;
	n->dn_ctime = time_now();
	return (0);
}

static bool
emit_node(struct dir_emit *de, struct devfs_node *n)
{
	static const uint8_t types[] = {
	    [VDIR] = DT_DIR, [VCHR] = DT_CHR, [VLNK] = DT_LNK};

	return (de->emit(de, n->dn_name, strlen(n->dn_name), node_ino(n),
	    types[n->dn_vnode.v_type], (off_t)n->dn_ino + 1));
}

static int
devfs_readdir(struct vnode *vp, struct dir_emit *de)
{
	struct devfs_node *dir = devfs_node(vp), *n;
	struct devfs_node *up = dir->dn_parent != NULL ? dir->dn_parent : dir;

	(void)device_attach_late();
	(void)disk_taste();
	mutex_lock(&cdev_lock);
	if (de->cookie == 0 && !de->emit(de, ".", 1, dir->dn_ino, DT_DIR, 1))
		goto full;
	if (de->cookie <= 1 &&
	    !de->emit(de, "..", 2, up->dn_ino, DT_DIR, FIRST_COOKIE))
		goto full;
	LIST_FOREACH (n, &dir->dn_children, dn_link)
		if (devfs_visible(n) && (off_t)n->dn_ino >= de->cookie &&
		    !emit_node(de, n))
			goto full;
	de->eof = true;
full:
	mutex_unlock(&cdev_lock);
	return (0);
}

static int
devfs_readlink(struct vnode *vp, char *buf, size_t *len)
{
	const struct devfs_node *n = devfs_node(vp);

	*len = strlen(n->dn_target);
	memcpy(buf, n->dn_target, *len);
	return (0);
}

static int
devfs_open(struct vnode *vp, int flags, struct file *fp, struct open_dup *dup)
{
	struct cdev *cd = devfs_node(vp)->dn_cdev;
	int error = 0;

	if (cd == NULL)
		return (0);
	if (cd->cd_gone)
		return (ENXIO);
	if (cd->cd_dupfd >= 0)
		return (vn_open_dup(curthread(), cd->cd_dupfd, flags, dup));
	fp->f_ops = cd->cd_ops;
	fp->f_data = cd->cd_data;
	if (cd->cd_open != NULL)
		error = cd->cd_open(cd, fp, curthread());
	if (error != 0)
		fp->f_ops = &vn_opening_fileops;
	return (error);
}

static int
devfs_ioctl(struct vnode *vp, unsigned long cmd, void *data, struct thread *td)
{
	int error;

	if (vp->v_type != VDIR)
		return (ENOTTY);
	error = priv_check(td);
	if (error != 0)
		return (error);
	mutex_lock(&cdev_lock);
	error = devfs_rules_ioctl(vp->v_mount->mnt_data, cmd, data);
	mutex_unlock(&cdev_lock);
	return (error);
}

static int
devfs_revoke(struct vnode *vp)
{
	struct cdev *cd = devfs_node(vp)->dn_cdev;

	if (cd == NULL)
		return (EINVAL);
	if (cd->cd_revoke == NULL)
		return (EOPNOTSUPP);
	cd->cd_revoke(cd);
	return (0);
}

static int
devfs_name(struct vnode *vp, struct vnode **dvpp, char *buf, size_t *len)
{
	struct devfs_node *n = devfs_node(vp);
	size_t size = strlen(n->dn_name);
	int error = ENOENT;

	mutex_lock(&cdev_lock);
	if (n->dn_parent != NULL && size <= *len) {
		memcpy(buf, n->dn_name, size);
		*len = size;
		*dvpp = &n->dn_parent->dn_vnode;
		vnode_hold(*dvpp);
		error = 0;
	}
	mutex_unlock(&cdev_lock);
	return (error);
}

static void
devfs_inactive(struct vnode *vp)
{
	devfs_node_free(devfs_node(vp));
}

const struct vnode_ops devfs_vnode_ops = {
    .vo_lookup = devfs_lookup,
    .vo_cached = namecache_find,
    .vo_access = devfs_access,
    .vo_create = devfs_create,
    .vo_remove = devfs_remove,
    .vo_rmdir = devfs_rmdir,
    .vo_getattr = devfs_getattr,
    .vo_setattr = devfs_setattr,
    .vo_readdir = devfs_readdir,
    .vo_readlink = devfs_readlink,
    .vo_open = devfs_open,
    .vo_ioctl = devfs_ioctl,
    .vo_revoke = devfs_revoke,
    .vo_name = devfs_name,
    .vo_inactive = devfs_inactive,
};

/* Frees a tree that nobody else refers to; with cdev_lock. */
static void
free_tree(struct devfs_node *n)
{
	struct devfs_node *child;

	while ((child = LIST_FIRST(
		    &n->dn_children, struct devfs_node, dn_link)) != NULL) {
		list_remove(&child->dn_link);
		free_tree(child);
	}
	devfs_node_free(n);
}

static int
fill(struct devfs_mount *dm)
{
	static const char *const links[][2] = {
	    {"stdin", "fd/0"}, {"stdout", "fd/1"}, {"stderr", "fd/2"}};
	struct cdev *cd;
	int error = 0;

	LIST_FOREACH (cd, &cdevs, cd_link)
		if (error == 0)
			error = devfs_add(dm, cd);
	for (unsigned i = 0; i < nitems(links) && error == 0; i++)
		error = devfs_add_link(
		    dm, dm->dm_root, links[i][0], links[i][1], NULL);
	return (error);
}

static struct list devfs_mounts = LIST_INITIALIZER(devfs_mounts); /* (l) */

/* A mount that has no memory for the node goes without it. (l) */
static void
add_everywhere(struct cdev *cd)
{
	struct devfs_mount *dm;

	LIST_FOREACH (dm, &devfs_mounts, dm_link)
		(void)devfs_add(dm, cd);
}

/* (l) */
static void
drop_everywhere(struct cdev *cd)
{
	struct devfs_mount *dm;

	LIST_FOREACH (dm, &devfs_mounts, dm_link)
		devfs_drop(dm, cd);
}

static const struct cdev_watcher watcher = {
    .cw_made = add_everywhere,
    .cw_gone = drop_everywhere,
};

static int
devfs_mount(struct mount *mp, const struct mount_opts *opts)
{
	uint32_t ruleset = 0;
	struct devfs_mount *dm;
	int error = mount_number(opts, "ruleset", 10, UINT16_MAX, &ruleset);

	if (error != 0)
		return (error);
	dm = kmem_alloc(sizeof(*dm), KM_ZERO);
	if (dm == NULL)
		return (ENOMEM);
	error = ENOMEM;
	devfs_mem_init();
	dm->dm_mount = mp;
	mp->mnt_data = dm;
	mutex_lock(&cdev_lock);
	cdev_watch(&watcher);
	dm->dm_root = devfs_new_node(dm, VDIR, "", 0);
	if (dm->dm_root != NULL) {
		dm->dm_root->dn_vnode.v_flags |= VV_ROOT;
		error = devfs_rules_use(dm, ruleset);
		if (error == 0)
			error = fill(dm);
		if (error != 0) {
			(void)devfs_rules_use(dm, 0);
			free_tree(dm->dm_root);
		} else
			list_push_back(&devfs_mounts, &dm->dm_link);
	}
	mutex_unlock(&cdev_lock);
	if (error != 0)
		kmem_free(dm, sizeof(*dm));
	return (error);
}

/* Another set for what is there and what comes. */
static int
devfs_update(struct mount *mp, uint64_t flags, const struct mount_opts *opts)
{
	struct devfs_mount *dm = mp->mnt_data;
	uint32_t ruleset = 0;
	int error = mount_number(opts, "ruleset", 10, UINT16_MAX, &ruleset);

	if (error != 0 || mount_opt(opts, "ruleset") == NULL)
		return (error);
	mutex_lock(&cdev_lock);
	error = devfs_rules_use(dm, ruleset);
	if (error == 0)
		devfs_rules_apply(dm);
	mutex_unlock(&cdev_lock);
	return (error);
}

/* Each node is held by its place in the tree, the root by mnt_root too. */
static bool
in_use(struct devfs_node *n, unsigned expected)
{
	struct devfs_node *child;

	if (atomic_load(&n->dn_vnode.v_refs) != expected)
		return (true);
	LIST_FOREACH (child, &n->dn_children, dn_link)
		if (in_use(child, 1))
			return (true);
	return (false);
}

static int
devfs_unmount(struct mount *mp, enum unmount_how how)
{
	struct devfs_mount *dm = mp->mnt_data;

	mutex_lock(&cdev_lock);
	if (how != UNMOUNT_UNKNOWN && in_use(dm->dm_root, 2)) {
		mutex_unlock(&cdev_lock);
		return (EBUSY);
	}
	list_remove(&dm->dm_link);
	(void)devfs_rules_use(dm, 0);
	free_tree(dm->dm_root);
	mutex_unlock(&cdev_lock);
	kmem_free(dm, sizeof(*dm));
	return (0);
}

static int
devfs_root(struct mount *mp, struct vnode **vpp)
{
	struct devfs_mount *dm = mp->mnt_data;

	*vpp = &dm->dm_root->dn_vnode;
	vnode_hold(*vpp);
	return (0);
}

static int
devfs_statfs(struct mount *mp, struct statfs *sf)
{
	sf->f_bsize = sf->f_iosize = 512;
	sf->f_blocks = 2;
	return (0);
}

static const struct vfs_ops devfs_vfs_ops = {
    .vfs_name = "devfs",
    .vfs_mount = devfs_mount,
    .vfs_update = devfs_update,
    .vfs_unmount = devfs_unmount,
    .vfs_root = devfs_root,
    .vfs_statfs = devfs_statfs,
};
VFS_SET(devfs_vfs_ops);
