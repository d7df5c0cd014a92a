/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * /dev/ufssuspend: growfs(8) makes a mounted file system larger while others
 * use it.
 *
 * Between UFSSUSPEND and UFSRESUME, or the end of the descriptor, all is on the
 * disk that had changed, and whoever begins to change something waits
 * (ufs_begin()); only by this device is the disk written.  Then the superblock
 * and the cylinder groups are read anew.  Files stay as they are in memory:
 * nothing of theirs moves.
 */
#include "core/printf.h"
#include "fbsd/filio.h"
#include "file/cdev.h"
#include "fs/ufs/ufs_mount.h"
#include "vm/kmem.h"

#define UFSSUSPEND _IOW('U', 1, struct fsid)
#define UFSRESUME  _IO('U', 2)

/* What a descriptor has suspended. */
struct suspension {
	struct mutex s_lock;
	struct mount *s_mount; /* (s_lock) or NULL; it stays meanwhile */
	unsigned s_users;      /* (s_lock) read or write by it just now */
	struct cv s_unused;
};

int
ufs_wait_resumed(struct ufs_mount *um)
{
	int error = 0;

	mutex_lock(&um->um_resume_lock);
	while (um->um_suspended && error == 0)
		error = cv_wait_kill(&um->um_resumed, &um->um_resume_lock);
	mutex_unlock(&um->um_resume_lock);
	return (error);
}

static void
set_suspended(struct ufs_mount *um, bool suspended)
{
	mutex_lock(&um->um_resume_lock);
	atomic_store(&um->um_suspended, suspended);
	if (!suspended)
		cv_broadcast(&um->um_resumed);
	mutex_unlock(&um->um_resume_lock);
}

/* mnt_update held. EBUSY, EROFS, EIO. */
static int
suspend(struct ufs_mount *um)
{
	int error;

	if (atomic_load(&um->um_suspended))
		return (EBUSY);
	if (!um->um_writable)
		return (EROFS);
	(void)ufs_commit(um);
	set_suspended(um, true);
	error = ufs_commit_suspended(um);
	if (error != 0)
		set_suspended(um, false);
	return (error);
}

static int
begin(struct suspension *s, const struct fsid *id)
{
	const uint64_t fsid =
	    (uint64_t)(uint32_t)id->val[1] << 32 | (uint32_t)id->val[0];
	struct mount *mp;
	int error;

	if (s->s_mount != NULL)
		return (EBUSY);
	mp = mount_find(fsid);
	if (mp == NULL)
		return (ENOENT);
	mutex_lock(&mp->mnt_update);
	error = ufs_is_mount(mp) ? suspend(mp->mnt_data) : EINVAL;
	mutex_unlock(&mp->mnt_update);
	if (error == 0)
		s->s_mount = mp;
	else
		mount_drop(mp);
	return (error);
}

/* s_lock held: 0, or EINTR while another thread uses it, or ENOENT if that has
 * ended it. */
static int
end(struct suspension *s)
{
	struct mount *mp = s->s_mount;
	struct ufs_mount *um = mp->mnt_data;
	int error = 0;

	while (s->s_users > 0 && error == 0)
		error = cv_wait_kill(&s->s_unused, &s->s_lock);
	if (error == 0 && s->s_mount != mp)
		error = ENOENT;
	if (error != 0)
		return (error);
	s->s_mount = NULL;
	mutex_lock(&mp->mnt_update);
	error = ufs_resume(um);
	set_suspended(um, false);
	if (error != 0)
		kprintf("%s: %s: it can't be written any more: error %d\n",
		    um->um_disk->d_name, mp->mnt_on, error);
	else
		(void)ufs_commit(um);
	mutex_unlock(&mp->mnt_update);
	mount_drop(mp);
	return (error);
}

static int
suspend_ioctl(struct file *fp, unsigned long cmd, void *data, struct thread *td)
{
	struct suspension *s = fp->f_data;
	int error = 0;

	mutex_lock(&s->s_lock);
	if (cmd == UFSSUSPEND)
		error = begin(s, data);
	else if (cmd != UFSRESUME)
		error = ENXIO;
	else if (s->s_mount == NULL)
		error = ENOENT;
	else
		error = end(s);
	mutex_unlock(&s->s_lock);
	return (error);
}

/* The disk that is suspended, by whole sectors. */
static int
suspend_rw(struct file *fp, struct uio *uio, int flags)
{
	struct suspension *s = fp->f_data;
	struct ufs_mount *um;
	int error;

	mutex_lock(&s->s_lock);
	um = s->s_mount != NULL ? s->s_mount->mnt_data : NULL;
	s->s_users += um != NULL;
	mutex_unlock(&s->s_lock);
	if (um == NULL)
		return (ENXIO);
	error = disk_move(um->um_disk, fp, uio, flags);
	mutex_lock(&s->s_lock);
	if (--s->s_users == 0)
		cv_broadcast(&s->s_unused);
	mutex_unlock(&s->s_lock);
	return (error);
}

static int
suspend_seek(struct file *fp, off_t offset, int whence, off_t *res)
{
	return (file_seek(fp, 0, offset, whence, res));
}

static void
suspend_close(struct file *fp)
{
	struct suspension *s = fp->f_data;

	/* Nobody uses it: this was the last reference. */
	mutex_lock(&s->s_lock);
	if (s->s_mount != NULL)
		(void)end(s);
	mutex_unlock(&s->s_lock);
	kmem_free(s, sizeof(*s));
}

static const struct fileops suspend_fileops = {
    .fo_read = suspend_rw,
    .fo_write = suspend_rw,
    .fo_ioctl = suspend_ioctl,
    .fo_seek = suspend_seek,
    .fo_close = suspend_close,
    .fo_device = true,
    .fo_devtype = D_DISK,
};

static int
suspend_open(struct cdev *dev, struct file *fp, struct thread *td)
{
	struct suspension *s = kmem_alloc(sizeof(*s), KM_ZERO);

	if (s == NULL)
		return (ENOMEM);
	mutex_init(&s->s_lock, "ufs suspension");
	cv_init(&s->s_unused, "ufs suspension");
	fp->f_data = s;
	return (0);
}

void
ufs_make_device(void)
{
	static struct mutex lock = MUTEX_INITIALIZER(lock, "ufs device");
	static struct cdev *dev; /* (lock) */

	mutex_lock(&lock);
	if (dev == NULL)
		dev = make_open_dev(
		    &suspend_fileops, suspend_open, 0600, "ufssuspend");
	mutex_unlock(&lock);
}
