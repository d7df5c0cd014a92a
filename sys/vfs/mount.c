/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mounts: which file system's root stands in for which directory.
 *
 * A covered directory points to its mount, a mount to the directory; both
 * links, and the list of mounts, are changed with mount_lock.  Walks cross
 * downwards without it, in a section (core/section.h).  A mount that is to be
 * unmounted first says so, and nobody gets in any more: who crosses waits for
 * the outcome, and those who were just about to have their reference then, for
 * which the file system looks.  Upwards nothing is needed: the reference that a
 * walk has keeps everything mounted above.
 */
#include "fbsd/errno.h"
#include "fbsd/fcntl.h"
#include "core/printf.h"
#include "core/section.h"
#include "lib/printf.h"
#include "proc/proc.h"
#include "lib/string.h"
#include "vfs/acct.h"
#include "vfs/vn_file.h"
#include "vfs/vnode.h"
#include "vfs/vop.h"
#include "vm/kmem.h"

struct mutex mount_lock = MUTEX_INITIALIZER(mount_lock, "mount");
struct list mountlist = LIST_INITIALIZER(mountlist);
struct vnode *rootvnode;
static uint64_t last_fsid; /* (mount_lock) */
/* One has fewer users, or has been unmounted, or not. */
static struct cv mount_changed = CV_INITIALIZER(mount_changed, "mount");

SET_DECLARE(vfs);

const struct vfs_ops *
vfs_find(const char *name)
{
	SET_FOREACH (p, vfs) {
		const struct vfs_ops *ops = *p;

		if (strcmp(ops->vfs_name, name) == 0)
			return (ops);
	}
	return (NULL);
}

const char *
mount_opt(const struct mount_opts *opts, const char *name)
{
	if (opts == NULL)
		return (NULL);
	for (unsigned i = 0; i < opts->mo_count; i++)
		if (strcmp(opts->mo_list[i].mo_name, name) == 0)
			return (opts->mo_list[i].mo_value != NULL
				    ? opts->mo_list[i].mo_value
				    : "");
	return (NULL);
}

void
mount_error(const struct mount_opts *opts, const char *fmt, ...)
{
	va_list ap;

	if (opts == NULL || opts->mo_message == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(opts->mo_message, MOUNT_MESSAGE, fmt, ap);
	va_end(ap);
}

int
mount_number(const struct mount_opts *opts, const char *name, int base,
    uint32_t max, uint32_t *n)
{
	const char *s = mount_opt(opts, name), *end;
	uint64_t value;

	if (s == NULL || *s == '\0')
		return (0);
	value = strtoull(s, &end, base);
	if (end == s || *end != '\0' || value > max) {
		mount_error(opts, "%s is not a number: %s", name, s);
		return (EINVAL);
	}
	*n = (uint32_t)value;
	return (0);
}

static void
free_mount(struct mount *mp)
{
	if (mp->mnt_from != NULL)
		kmem_strfree(mp->mnt_from);
	if (mp->mnt_on != NULL)
		kmem_strfree(mp->mnt_on);
	kmem_free(mp, sizeof(*mp));
}

static struct mount *
new_mount(struct thread *td, const struct vfs_ops *ops, const char *on,
    uint64_t flags, const struct mount_opts *opts)
{
	const char *from = mount_opt(opts, "from");
	struct mount *mp;

	if (from == NULL)
		from = mount_opt(opts, "target");

	mp = kmem_alloc(sizeof(*mp), KM_ZERO);
	if (mp == NULL)
		return (NULL);
	list_init(&mp->mnt_link);
	mutex_init(&mp->mnt_update, "mount update");
	rw_init(&mp->mnt_tree, "mount tree");
	mp->mnt_ops = ops;
	mp->mnt_flags = (flags & MNT_SETTABLE) | ops->vfs_flags;
	mp->mnt_owner = td != NULL ? td->td_cred->cr_uid : 0;
	mp->mnt_from = kmem_strdup(from != NULL ? from : ops->vfs_name);
	mp->mnt_on = kmem_strdup(on);
	if (mp->mnt_from == NULL || mp->mnt_on == NULL) {
		free_mount(mp);
		return (NULL);
	}
	mutex_lock(&mount_lock);
	mp->mnt_fsid = ++last_fsid;
	mutex_unlock(&mount_lock);
	return (mp);
}

/* Starts a file system; it isn't anywhere yet. */
static int
start_fs(struct mount *mp, const struct mount_opts *opts)
{
	int error;

	error = mp->mnt_ops->vfs_mount(mp, opts);
	if (error != 0)
		return (error);
	error = mp->mnt_ops->vfs_root(mp, &mp->mnt_root);
	if (error != 0)
		mp->mnt_ops->vfs_unmount(mp, UNMOUNT_UNKNOWN);
	return (error);
}

static void
stop_fs(struct mount *mp)
{
	vnode_release(mp->mnt_root);
	mp->mnt_ops->vfs_unmount(mp, UNMOUNT_UNKNOWN);
}

/* The directory is covered from now on; vp's reference is the mount's. */
static int
cover(struct mount *mp, struct vnode *vp)
{
	int error = 0;

	mutex_lock(&mount_lock);
	if (vp != NULL && vp->v_mountedhere != NULL)
		error = EBUSY;
	else {
		mp->mnt_covered = vp;
		list_push_back(&mountlist, &mp->mnt_link);
		if (vp != NULL)
			atomic_store(&vp->v_mountedhere, mp);
	}
	mutex_unlock(&mount_lock);
	return (error);
}

int
vfs_mount_on(struct thread *td, const char *fstype, struct vnode *vp,
    const char *on, uint64_t flags, const struct mount_opts *opts)
{
	const struct vfs_ops *ops = vfs_find(fstype);
	struct mount *mp;
	int error;

	if (ops == NULL) {
		mount_error(opts, "Invalid fstype: %s", fstype);
		return (ENODEV);
	}
	if ((flags & MNT_UNION) != 0) {
		mount_error(opts, "what is covered can't be seen: no union");
		return (EOPNOTSUPP);
	}
	mp = new_mount(td, ops, on, flags, opts);
	if (mp == NULL)
		return (ENOMEM);
	error = start_fs(mp, opts);
	if (error == 0) {
		error = cover(mp, vp);
		if (error == 0)
			return (0);
		stop_fs(mp);
	}
	free_mount(mp);
	return (error);
}

/*
 * New flags.  Whoever opens a file for writing counts itself and looks at the
 * flags after that; so either we see it or it sees us.  By force it stays as
 * it is, and its writes fail.
 */
static int
set_flags(struct mount *mp, uint64_t flags)
{
	const uint64_t old = mp->mnt_flags;
	int error = 0;

	mutex_lock(&mount_lock);
	atomic_store(
	    &mp->mnt_flags, (old & ~MNT_SETTABLE) | (flags & MNT_SETTABLE));
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if ((flags & MNT_RDONLY) != 0 && (old & MNT_RDONLY) == 0 &&
	    (flags & MNT_FORCE) == 0 && atomic_load(&mp->mnt_writers) > 0) {
		atomic_store(&mp->mnt_flags, old);
		error = EBUSY;
	}
	mutex_unlock(&mount_lock);
	return (error);
}

void
mount_set_flags(struct mount *mp, uint64_t which, uint64_t flags)
{
	mutex_lock(&mount_lock);
	atomic_store(&mp->mnt_flags, (mp->mnt_flags & ~which) | flags);
	mutex_unlock(&mount_lock);
}

/*
 * The file system and the flags change: to read-only, the flags go first, so
 * that nobody begins to write while it ends; otherwise they come last.
 */
static int
change(struct mount *mp, uint64_t flags, const struct mount_opts *opts)
{
	const uint64_t old = mp->mnt_flags;
	int error = 0;

	if ((flags & MNT_RDONLY) != 0)
		error = set_flags(mp, flags);
	if (error == 0 && mp->mnt_ops->vfs_update != NULL) {
		error = mp->mnt_ops->vfs_update(mp, flags, opts);
		if (error != 0 && (flags & MNT_RDONLY) != 0)
			(void)set_flags(mp, old | MNT_FORCE);
	}
	if (error == 0 && (flags & MNT_RDONLY) == 0)
		error = set_flags(mp, flags);
	return (error);
}

static int
update(struct vnode *vp, uint64_t flags, const struct mount_opts *opts)
{
	struct mount *mp = vp->v_mount;
	int error;

	if ((vp->v_flags & VV_ROOT) == 0) {
		mount_error(opts, "nothing is mounted there");
		return (EINVAL);
	}
	mutex_lock(&mp->mnt_update);
	error = change(mp, flags, opts);
	mutex_unlock(&mp->mnt_update);
	return (error);
}

/* Does a directory have no names but those of all? */
static bool
only_dots(struct dir_emit *de, const char *name, size_t len, ino_t ino,
    uint8_t type, off_t next_cookie)
{
	de->cookie = next_cookie;
	return (len <= 2 && memcmp(name, "..", len) == 0);
}

static int
check_empty(struct vnode *vp)
{
	struct dir_emit de = {.emit = only_dots};
	int error;

	if (vp->v_ops->vo_readdir == NULL)
		return (0);
	rw_rlock(&vp->v_base->v_lock);
	error = vop_readdir(vp, &de);
	rw_runlock(&vp->v_base->v_lock);
	return (error == 0 && !de.eof ? ENOTEMPTY : error);
}

/* May it be covered, by what the flags say? */
static int
check_place(struct vnode *vp, uint64_t flags)
{
	if ((flags & MNT_NOCOVER) != 0 && (vp->v_flags & VV_ROOT) != 0)
		return (EBUSY);
	return ((flags & MNT_EMPTYDIR) != 0 ? check_empty(vp) : 0);
}

int
vfs_mount(struct thread *td, const char *fstype, const char *path,
    uint64_t flags, const struct mount_opts *opts)
{
	struct namei nd;
	char *on;
	int error;

	error = namei_at(td, &nd, AT_FDCWD, path, NAMEI_FOLLOW);
	if (error != 0)
		return (error);
	on = kmem_alloc(MAXPATHLEN, 0);
	/* Mounting and updating end as they will; nobody hears of it then. */
	thread_may_stay(td);
	if (on == NULL)
		error = ENOMEM;
	else if (nd.nd_vp->v_type != VDIR)
		error = ENOTDIR;
	else if ((flags & MNT_UPDATE) != 0)
		error = update(nd.nd_vp, flags, opts);
	else {
		error = check_place(nd.nd_vp, flags);
		if (error == 0)
			error = vn_path(td, nd.nd_vp, on, MAXPATHLEN);
		if (error == 0)
			error =
			    vfs_mount_on(td, fstype, nd.nd_vp, on, flags, opts);
		if (error == 0)
			nd.nd_vp = NULL;
	}
	(void)thread_stayed(td);
	if (on != NULL)
		kmem_free(on, MAXPATHLEN);
	namei_done(&nd);
	return (error);
}

/* With mount_lock: for what becomes of one that leaves, or for its users. */
static int
wait_for_change(void)
{
	return (cv_wait_kill(&mount_changed, &mount_lock));
}

/* The one with that number that stays mounted for now, or NULL. mount_lock is
 * held, but not all the time. */
static struct mount *
find_mount(uint64_t fsid)
{
	struct mount *mp;
	int error;

	do {
		error = 0;
		LIST_FOREACH (mp, &mountlist, mnt_link)
			if (mp->mnt_fsid == fsid)
				break;
		if (&mp->mnt_link == &mountlist)
			return (NULL);
		if (!mp->mnt_leaving)
			return (mp);
		error = wait_for_change();
	} while (error == 0);
	return (NULL);
}

struct mount *
mount_find(uint64_t fsid)
{
	struct mount *mp;

	mutex_lock(&mount_lock);
	mp = find_mount(fsid);
	if (mp != NULL)
		mp->mnt_users++;
	mutex_unlock(&mount_lock);
	return (mp);
}

/* mount_lock is held. */
static void
drop(struct mount *mp)
{
	if (--mp->mnt_users == 0 && mp->mnt_leaving)
		cv_broadcast(&mount_changed);
}

void
mount_drop(struct mount *mp)
{
	mutex_lock(&mount_lock);
	drop(mp);
	mutex_unlock(&mount_lock);
}

/* The first one behind l, which is a mount's link or the list itself; as it is
 * with mount_next(). mount_lock is held, but not all the time. */
static struct mount *
next_staying(struct list *l, bool wait)
{
	struct list *at = l->next;
	struct mount *mp;

	while (at != &mountlist) {
		mp = LIST_ENTRY(at, struct mount, mnt_link);
		if (!mp->mnt_leaving)
			return (mp);
		if (!wait)
			at = at->next;
		else if (wait_for_change() == 0)
			at = l->next;
		else
			break;
	}
	return (NULL);
}

struct mount *
mount_next(struct mount *mp, bool wait)
{
	struct mount *next;

	mutex_lock(&mount_lock);
	next = next_staying(mp != NULL ? &mp->mnt_link : &mountlist, wait);
	if (next != NULL)
		next->mnt_users++;
	if (mp != NULL)
		drop(mp);
	mutex_unlock(&mount_lock);
	return (next);
}

struct vnode *
mount_covered(const struct vnode *vp)
{
	struct vnode *covered = vp->v_mount->mnt_covered;

	if (covered != NULL)
		vnode_hold(covered);
	return (covered);
}

/* *rootp: the root of what is mounted on vp, referenced, or NULL.  False: that
 * is just being unmounted. */
static bool
try_root(struct vnode *vp, struct vnode **rootp)
{
	struct mount *mp;
	bool stays = true;

	*rootp = NULL;
	section_enter();
	mp = atomic_load(&vp->v_mountedhere);
	if (mp != NULL && !atomic_load(&mp->mnt_leaving)) {
		*rootp = mp->mnt_root;
		vnode_hold(*rootp);
	} else if (mp != NULL)
		stays = false;
	section_leave();
	return (stays);
}

static int
wait_while_leaving(struct vnode *vp)
{
	int error = 0;

	mutex_lock(&mount_lock);
	while (error == 0 && vp->v_mountedhere != NULL &&
	       vp->v_mountedhere->mnt_leaving)
		error = wait_for_change();
	mutex_unlock(&mount_lock);
	return (error);
}

int
mount_cross(struct vnode **vpp)
{
	struct vnode *root;
	int error = 0;

	while (error == 0 && atomic_load(&(*vpp)->v_mountedhere) != NULL) {
		if (!try_root(*vpp, &root))
			error = wait_while_leaving(*vpp);
		else if (root != NULL) {
			vnode_release(*vpp);
			*vpp = root;
		}
	}
	return (error);
}

int
vn_fhandle(struct vnode *vp, struct fhandle *fh)
{
	const uint64_t fsid = vp->v_mount->mnt_fsid;

	if (vp->v_ops->vo_fid == NULL)
		return (EOPNOTSUPP);
	memset(fh, 0, sizeof(*fh));
	fh->fh_fsid.val[0] = (int32_t)fsid;
	fh->fh_fsid.val[1] = (int32_t)(fsid >> 32);
	return (vp->v_ops->vo_fid(vp, &fh->fh_fid));
}

int
vn_by_fhandle(const struct fhandle *fh, struct vnode **vpp)
{
	const uint64_t fsid = (uint64_t)(uint32_t)fh->fh_fsid.val[1] << 32 |
			      (uint32_t)fh->fh_fsid.val[0];
	struct mount *mp;
	int error;

	mp = mount_find(fsid);
	if (mp == NULL)
		return (ESTALE);
	error = mp->mnt_ops->vfs_fhtovp == NULL
		    ? EOPNOTSUPP
		    : mp->mnt_ops->vfs_fhtovp(mp, &fh->fh_fid, vpp);
	mount_drop(mp);
	return (error);
}

/* Has it been unmounted, or does it stay?  With mount_lock. */
static void
tell_outcome(struct mount *mp, bool gone)
{
	if (gone) {
		atomic_store(&mp->mnt_covered->v_mountedhere, NULL);
		list_remove(&mp->mnt_link);
	} else
		atomic_store(&mp->mnt_leaving, false);
	cv_broadcast(&mount_changed);
}

/* It is to be unmounted: nobody looks at it, and nobody gets in from now on.
 * EINVAL: it is the root; EINTR. mount_lock is held, but not all the time. */
static int
close_mount(struct mount *mp)
{
	int error = 0;

	if (mp->mnt_covered == NULL)
		return (EINVAL);
	atomic_store(&mp->mnt_leaving, true);
	while (error == 0 && mp->mnt_users > 0)
		error = wait_for_change();
	if (error != 0)
		tell_outcome(mp, false);
	else
		section_wait();
	return (error);
}

int
vfs_unmount(struct thread *td, uint64_t fsid, uint64_t flags)
{
	struct mount *mp;
	int error;

	/* Otherwise what is watched is in use. */
	if ((flags & MNT_FORCE) != 0 && inotify_watches != 0)
		inotify_unmount(fsid);
	if ((flags & MNT_FORCE) != 0)
		acct_unmount(fsid);
	mutex_lock(&mount_lock);
	mp = find_mount(fsid);
	error = mp != NULL ? close_mount(mp) : EINVAL;
	mutex_unlock(&mount_lock);
	if (error != 0)
		return (error);
	thread_may_stay(td);
	error = mp->mnt_ops->vfs_unmount(
	    mp, (flags & MNT_FORCE) != 0 ? UNMOUNT_FORCED : UNMOUNT_IDLE);
	(void)thread_stayed(td);
	mutex_lock(&mount_lock);
	tell_outcome(mp, error == 0);
	mutex_unlock(&mount_lock);
	if (error != 0)
		return (error);
	section_wait();
	vnode_release(mp->mnt_covered);
	free_mount(mp);
	return (0);
}

/* The last mount with storage whose number is below `before`, or NULL. */
static struct mount *
last_storage(uint64_t before)
{
	struct mount *mp, *last = NULL;

	mutex_lock(&mount_lock);
	LIST_FOREACH (mp, &mountlist, mnt_link)
		if (mp->mnt_ops->vfs_sync != NULL && mp->mnt_fsid < before &&
		    (last == NULL || mp->mnt_fsid > last->mnt_fsid))
			last = mp;
	mutex_unlock(&mount_lock);
	return (last);
}

void
vfs_end_storage(void)
{
	static const struct mount_opts none = {.mo_count = 0};
	uint64_t fsid = UINT64_MAX, flags;
	struct mount *mp;

	/* Nobody else unmounts any more. */
	while ((mp = last_storage(fsid)) != NULL) {
		fsid = mp->mnt_fsid;
		if (vfs_unmount(curthread(), fsid, 0) == 0)
			continue;
		flags = mp->mnt_flags | MNT_RDONLY | MNT_FORCE;
		(void)change(mp, flags, &none);
	}
}

static void
copy_string(char *to, const char *from, size_t size)
{
	memset(to, 0, size);
	strlcpy(to, from, size);
}

int
vfs_statfs(struct mount *mp, struct statfs *sf)
{
	memset(sf, 0, sizeof(*sf));
	sf->f_version = STATFS_VERSION;
	sf->f_bsize = sf->f_iosize = PAGE_SIZE;
	sf->f_namemax = NAME_MAX;
	sf->f_flags = mp->mnt_flags;
	sf->f_owner = mp->mnt_owner;
	sf->f_fsid.val[0] = (int32_t)mp->mnt_fsid;
	sf->f_fsid.val[1] = (int32_t)(mp->mnt_fsid >> 32);
	copy_string(sf->f_fstypename, mp->mnt_ops->vfs_name, MFSNAMELEN);
	copy_string(sf->f_mntfromname, mp->mnt_from, MNAMELEN);
	copy_string(sf->f_mntonname, mp->mnt_on, MNAMELEN);
	return (mp->mnt_ops->vfs_statfs(mp, sf));
}

void
vfs_init(void)
{
	vm_file_ops = &vn_map_ops;
	file_vnode_ops = &vn_file_vnode_ops;
}

void
vfs_mount_dev(void)
{
	static const struct mount_opts none = {NULL, 0, NULL};
	struct thread *td = curthread();
	int error;

	error = kern_mkdirat(td, AT_FDCWD, "/dev", 0755);
	if (error == 0 || error == EEXIST)
		error = vfs_mount(td, "devfs", "/dev", 0, &none);
	if (error != 0)
		kprintf("/dev: cannot mount devfs: error %d\n", error);
	else if (vfs_find("fdescfs") != NULL)
		(void)vfs_mount(td, "fdescfs", "/dev/fd", 0, &none);
}

int
vfs_mount_root(void)
{
	int error;

	error = vfs_mount_on(NULL, "tmpfs", NULL, "/", 0,
	    &(const struct mount_opts){
		&(const struct mount_opt){"archive", NULL, 0}, 1, NULL});
	if (error != 0) {
		kprintf("root: cannot make it: error %d\n", error);
		return (error);
	}
	rootvnode = LIST_FIRST(&mountlist, struct mount, mnt_link)->mnt_root;
	rootvnode->v_mount->mnt_flags |= MNT_ROOTFS;
	vfs_mount_dev();
	return (0);
}
