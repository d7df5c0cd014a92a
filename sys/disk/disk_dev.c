/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Disks as character devices: whole sectors, straight to the disk.
 *
 * Data go by way of a buffer of the kernel's, a piece at a time, so that a
 * program needn't have its memory at hand while the disk works.
 */
#include "amd64/md.h"
#include "fbsd/disk.h"
#include "fbsd/errno.h"
#include "fbsd/fcntl.h"
#include "fbsd/unistd.h"
#include "disk/bio.h"
#include "disk/part.h"
#include "proc/signal.h"
#include "core/sysctl.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "file/cdev.h"
#include "file/devctl.h"
#include "vm/kmem.h"

#define OPERATOR_GID 5
#define PIECE_MAX    131072ul

/* A buffer for at most `want` bytes; *size is what there was memory for. */
static void *
piece_alloc(size_t want, size_t *size)
{
	void *buf = NULL;

	for (*size = MIN(want, PIECE_MAX); *size >= PAGE_SIZE; *size /= 2)
		if ((buf = kmem_alloc(*size, KM_PHYS)) != NULL)
			return (buf);
	return (*size > 0 ? kmem_alloc(*size, KM_PHYS) : NULL);
}

/* n bytes, whole sectors within the disk, between it and the uio. */
static int
move_piece(struct disk *dp, struct uio *uio, void *buf, size_t n)
{
	uint64_t offset = (uint64_t)uio->uio_offset;
	struct thread *td = curthread();
	int error = 0;

	if (uio->uio_write)
		error = uiomove(buf, n, uio);
	if (error != 0)
		return (error);
	thread_may_stay(td);
	error = uio->uio_write ? disk_write(dp, offset, buf, n)
			       : disk_read(dp, offset, buf, n);
	if (uio->uio_write)
		disk_wrote(dp, offset, n);
	if (thread_stayed(td))
		error = EINTR;
	if (error == 0 && !uio->uio_write)
		error = uiomove(buf, n, uio);
	return (error);
}

static int
move_all(struct disk *dp, struct uio *uio, size_t left)
{
	size_t size, n;
	void *buf = piece_alloc(
	    MIN(roundup2(left, (size_t)dp->d_sector), PIECE_MAX), &size);
	int error = 0;

	if (buf == NULL)
		return (ENOMEM);
	for (; error == 0 && left > 0; left -= n) {
		n = MIN(left, size);
		error = move_piece(dp, uio, buf, n);
		if (left > n && sig_interrupts(curthread()) != 0)
			break;
	}
	kmem_free(buf, size);
	return (error);
}

/* At uio_offset.  What is beyond the end isn't moved, as at a file's end. */
static int
transfer(struct disk *dp, struct uio *uio)
{
	uint64_t offset = (uint64_t)uio->uio_offset, left = uio->uio_resid;

	if (uio->uio_offset < 0 || ((offset | left) & (dp->d_sector - 1)) != 0)
		return (EINVAL);
	if (offset > dp->d_size)
		return (EIO);
	left = MIN(left, dp->d_size - offset);
	return (left == 0 ? 0 : move_all(dp, uio, left));
}

int
disk_move(struct disk *dp, struct file *fp, struct uio *uio, int flags)
{
	int error;

	if ((flags & FOF_OFFSET) != 0)
		return (transfer(dp, uio));
	mutex_lock(&fp->f_offset_lock);
	uio->uio_offset = fp->f_offset;
	error = transfer(dp, uio);
	fp->f_offset = uio->uio_offset;
	mutex_unlock(&fp->f_offset_lock);
	return (error);
}

static int
disk_rw(struct file *fp, struct uio *uio, int flags)
{
	return (disk_move(fp->f_data, fp, uio, flags));
}

static int
disk_seek(struct file *fp, off_t offset, int whence, off_t *res)
{
	const struct disk *dp = fp->f_data;

	return (file_seek(fp, dp->d_size, offset, whence, res));
}

/* The whole disk's serial number, with the partition's place behind it. */
static int
get_ident(struct disk *dp, char *text, size_t size)
{
	char ident[DISK_IDENT_MAX + 1];
	int error = disk_ident(dp->d_whole, ident);

	if (error != 0)
		return (error);
	if (ident[0] == '\0')
		return (ENOENT);
	snprintf(text, size, "%s%s", ident,
	    dp->d_name + strlen(dp->d_whole->d_name));
	return (0);
}

static int
get_attr(struct disk *dp, struct diocgattr_arg *arg)
{
	if (arg->len < 0 || (size_t)arg->len > sizeof(arg->value))
		return (EINVAL);
	arg->name[sizeof(arg->name) - 1] = '\0';
	if (strcmp(arg->name, "GEOM::candelete") == 0) {
		if (arg->len != sizeof(arg->value.i))
			return (EFAULT);
		arg->value.i = dp->d_delete;
		return (0);
	}
	if (strcmp(arg->name, "GEOM::ident") == 0)
		return (get_ident(dp, arg->value.str, (size_t)arg->len));
	return (EOPNOTSUPP);
}

/* Where the first partition begins: what's before it is the table's. */
static uint64_t
front_stuff(struct disk *dp)
{
	uint64_t front = 0;
	struct disk *d = NULL;

	while ((d = disk_next(d)) != NULL)
		if (d->d_whole == dp && d != dp &&
		    (front == 0 || d->d_start < front))
			front = d->d_start;
	return (front);
}

static int
delete_range(struct file *fp, struct disk *dp, const struct disk_range *range)
{
	if ((fp->f_flag & FWRITE) == 0)
		return (EPERM);
	if (range->offset < 0 || range->length <= 0)
		return (EINVAL);
	disk_wrote(dp, (uint64_t)range->offset, (uint64_t)range->length);
	return (
	    disk_delete(dp, (uint64_t)range->offset, (uint64_t)range->length));
}

static int
disk_ioctl(struct file *fp, unsigned long cmd, void *data, struct thread *td)
{
	struct disk *dp = fp->f_data;

	if (disk_is_gone(dp))
		return (ENXIO);
	switch (cmd) {
	case DIOCGSECTORSIZE:
		*(unsigned *)data = dp->d_sector;
		return (0);
	case DIOCGMEDIASIZE:
		*(int64_t *)data = (int64_t)dp->d_size;
		return (0);
	case DIOCGFRONTSTUFF:
		*(int64_t *)data = (int64_t)front_stuff(dp);
		return (0);
	case DIOCGFLUSH:
		return (disk_flush(dp));
	case DIOCGDELETE:
		return (delete_range(fp, dp, data));
	case DIOCGIDENT:
		return (get_ident(dp, data, DISK_IDENT_SIZE));
	case DIOCGPROVIDERNAME:
		strlcpy(data, dp->d_name, sizeof(struct disk_path));
		return (0);
	case DIOCGSTRIPESIZE:
		*(int64_t *)data = dp->d_stripe;
		return (0);
	case DIOCGSTRIPEOFFSET:
		*(int64_t *)data = dp->d_stripe == 0
				       ? 0
				       : (int64_t)(dp->d_start % dp->d_stripe);
		return (0);
	case DIOCGATTR:
		return (get_attr(dp, data));
	default:
		return (ENOTTY);
	}
}

static int
open_disk(struct cdev *cd, struct file *fp, struct thread *td)
{
	return (disk_open(cdev_data(cd), (fp->f_flag & FWRITE) != 0));
}

/* Names of what was written are there when it is closed. */
static void
close_disk(struct file *fp)
{
	const bool write = (fp->f_flag & FWRITE) != 0;
	struct thread *td = curthread();

	disk_close(fp->f_data, write);
	if (!write)
		return;
	thread_may_stay(td);
	(void)disk_taste();
	(void)thread_stayed(td);
}

static const struct fileops disk_fileops = {
    .fo_read = disk_rw,
    .fo_write = disk_rw,
    .fo_ioctl = disk_ioctl,
    .fo_seek = disk_seek,
    .fo_close = close_disk,
    .fo_passable = true,
    .fo_device = true,
    .fo_devtype = D_DISK,
};

static void
release_disk(void *data)
{
	disk_release(data);
}

/* The device is a reference to the disk, for who has found it. */
static struct cdev *
make_one(struct disk *dp, const char *dir, const char *name)
{
	struct cdev *cd;

	if (name[0] == '\0')
		return (NULL);
	cd = new_dev(
	    &disk_fileops, dp, 0640, 0, OPERATOR_GID, "%s%s", dir, name);
	if (cd == NULL)
		return (NULL);
	disk_hold(dp);
	cdev_set_open(cd, open_disk);
	cdev_set_free(cd, release_disk);
	publish_dev(cd);
	devctl_notify("GEOM", "DEV", "CREATE", "cdev=%s", cd->cd_name);
	return (cd);
}

/* By its i-th label, if it has one and is the first. */
static struct cdev *
make_label(struct disk *dp, unsigned i)
{
	const char *folder, *label = disk_label(dp, i, &folder);
	char dir[16];

	snprintf(dir, sizeof(dir), "%s/", folder);
	return (make_one(dp, dir, disk_label_taken(dp, i) ? "" : label));
}

void
disk_make_devs(struct disk *dp)
{
	dp->d_devs[0] = make_one(dp, "", dp->d_name);
	for (unsigned i = 0; i < DISK_LABELS; i++)
		dp->d_devs[1 + i] = make_label(dp, i);
}

static void
destroy_one(struct disk *dp, unsigned i)
{
	struct cdev *dev = dp->d_devs[i];

	if (dev == NULL)
		return;
	devctl_notify("GEOM", "DEV", "DESTROY", "cdev=%s", dev->cd_name);
	destroy_dev(dev);
	dp->d_devs[i] = NULL;
}

void
disk_rename(struct disk *dp, unsigned i, const char *label)
{
	destroy_one(dp, 1 + i);
	disk_set_label(dp, i, label);
	if (dp->d_devs[0] != NULL)
		dp->d_devs[1 + i] = make_label(dp, i);
}

void
disk_destroy_devs(struct disk *dp)
{
	for (unsigned i = 0; i < nitems(dp->d_devs); i++)
		destroy_one(dp, i);
}

/* The whole disks' names. */
static int
sysctl_disks(const struct sysctl_node *node, struct sysctl_req *req)
{
	struct disk *dp = NULL;
	bool first = true;
	int error = 0;

	while (error == 0 && (dp = disk_next(dp)) != NULL) {
		if (dp->d_whole != dp || dp->d_class != NULL)
			continue;
		if (!first)
			error = sysctl_out(req, " ", 1);
		if (error == 0)
			error = sysctl_out(req, dp->d_name, strlen(dp->d_name));
		first = false;
	}
	if (dp != NULL)
		disk_release(dp);
	return (error != 0 ? error : sysctl_out(req, "", 1));
}

SYSCTL_PROC(kern_disks, "kern.disks", CTL_AUTO, CTLTYPE_STRING | CTLFLAG_RD,
    "A", sysctl_disks, NULL);
