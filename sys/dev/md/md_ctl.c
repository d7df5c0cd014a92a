/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * /dev/mdctl: making, asking, resizing and taking away memory disks.
 */
#include "amd64/md.h"
#include "core/device.h"
#include "core/module.h"
#include "dev/md/md.h"
#include "fbsd/errno.h"
#include "fbsd/unistd.h"
#include "file/cdev.h"
#include "lib/string.h"
#include "vm/kmem.h"

#define SECTOR	 512
#define TEXT_MAX 1024 /* of paths and labels, with the NUL */

static struct mutex units_lock = MUTEX_INITIALIZER(units_lock, "md units");
static struct list units = LIST_INITIALIZER(units); /* (units_lock) */

/* A number and its place in the list.  EBUSY: it is taken. */
static int
take_unit(struct md *md, struct md_ioctl *mio)
{
	const bool any = (mio->md_options & MD_AUTOUNIT) != 0;
	unsigned unit = any ? 0 : mio->md_unit;
	struct list *at = &units;
	struct md *other;
	int error = 0;

	mutex_lock(&units_lock);
	LIST_FOREACH (other, &units, md_link) {
		if (other->md_unit > unit) {
			at = &other->md_link;
			break;
		}
		if (other->md_unit == unit && any)
			unit++;
		else if (other->md_unit == unit)
			error = EBUSY;
	}
	if (error == 0) {
		md->md_unit = unit;
		list_insert_before(at, &md->md_link);
	}
	mutex_unlock(&units_lock);
	return (error);
}

static void
leave_unit(struct md *md)
{
	mutex_lock(&units_lock);
	list_remove(&md->md_link);
	mutex_unlock(&units_lock);
}

/* The disk of that number, referenced; or NULL. */
static struct md *
find_unit(unsigned unit)
{
	struct md *md, *found = NULL;

	mutex_lock(&units_lock);
	LIST_FOREACH (md, &units, md_link)
		if (md->md_unit == unit && md->md_known) {
			disk_hold(&md->md_disk);
			found = md;
		}
	mutex_unlock(&units_lock);
	return (found);
}

/* A user's string; *text stays NULL if there is none. */
static int
copy_text(const char __user *from, char **text)
{
	char *buf;
	int error;

	if (from == NULL)
		return (0);
	buf = kmem_alloc(TEXT_MAX, 0);
	if (buf == NULL)
		return (ENOMEM);
	error = copyinstr(from, buf, TEXT_MAX, NULL);
	if (error == 0) {
		*text = kmem_strdup(buf);
		error = *text == NULL ? ENOMEM : 0;
	}
	kmem_free(buf, TEXT_MAX);
	return (error);
}

static int
set_up_malloc(struct md *md, const struct md_ioctl *mio)
{
	unsigned options = mio->md_options;

	if ((options & ~(unsigned)(MD_AUTOUNIT | MD_COMPRESS | MD_RESERVE)) !=
	    0)
		return (EINVAL);
	if (options & MD_RESERVE)
		options &= ~(unsigned)MD_COMPRESS;
	md->md_options = options & (MD_COMPRESS | MD_RESERVE);
	if (options & MD_RESERVE)
		return (md_memory_reserve(
		    md, 0, atop(md->md_disk.d_size + PAGE_MASK)));
	return (0);
}

/* Also of nothing. */
static int
set_up_pages(struct md *md, const struct md_ioctl *mio)
{
	if (mio->md_mediasize % (int64_t)PAGE_SIZE != 0)
		return (EDOM);
	if (mio->md_options & MD_VERIFY)
		return (EINVAL);
	md->md_options = mio->md_options & (MD_FORCE | MD_RESERVE);
	if (md->md_type == MD_SWAP && (md->md_options & MD_RESERVE) &&
	    md_memory_reserve(md, 0, atop(md->md_disk.d_size)) != 0)
		return (EDOM);
	return (0);
}

static int
set_up_file(struct md *md, const struct md_ioctl *mio, struct thread *td)
{
	int error;

	if (mio->md_file == NULL)
		return (EFAULT);
	error = copy_text(mio->md_file, &md->md_path);
	md->md_options =
	    mio->md_options & (MD_ASYNC | MD_CACHE | MD_FORCE | MD_VERIFY |
				  MD_MUSTDEALLOC | MD_READONLY);
	md->md_disk.d_readonly = (md->md_options & MD_READONLY) != 0;
	return (error != 0 ? error : md_file_open(md, td));
}

static int
set_up(struct md *md, const struct md_ioctl *mio, struct thread *td)
{
	md->md_fwheads = mio->md_fwheads;
	md->md_fwsectors = mio->md_fwsectors;
	switch (md->md_type) {
	case MD_MALLOC:
		return (set_up_malloc(md, mio));
	case MD_SWAP:
	case MD_NULL:
		return (set_up_pages(md, mio));
	case MD_VNODE:
		return (set_up_file(md, mio, td));
	default: /* what a boot loader would have brought */
		return (EOPNOTSUPP);
	}
}

static struct md *
new_md(const struct md_ioctl *mio, uint32_t sector)
{
	struct md *md = kmem_alloc(sizeof(*md), KM_ZERO);

	if (md == NULL)
		return (NULL);
	mutex_init(&md->md_lock, "md");
	cv_init(&md->md_work, "mdwait");
	cv_init(&md->md_through, "mddestroy");
	list_init(&md->md_queue);
	list_init(&md->md_link);
	radix_init(&md->md_pages);
	md->md_type = (enum md_type)mio->md_type;
	md->md_disk.d_sector = sector;
	md->md_disk.d_size =
	    (uint64_t)mio->md_mediasize & ~(uint64_t)(sector - 1);
	return (md);
}

/* 0, and it is a disk; or an errno, and it is gone. */
static int
make(struct md *md, const struct md_ioctl *mio, struct thread *td)
{
	int error = copy_text(mio->md_label, &md->md_label);

	if (error == 0)
		error = set_up(md, mio, td);
	if (error == 0) {
		md->md_disk.d_delete = !md->md_disk.d_readonly;
		error = md_start(md);
	}
	if (error == 0)
		return (0);
	if (md->md_file != NULL)
		file_release(md->md_file);
	mutex_lock(&md->md_lock);
	md_memory_cut(md, 0);
	mutex_unlock(&md->md_lock);
	leave_unit(md);
	md_free(md);
	return (error);
}

static int
attach(struct md_ioctl *mio, struct thread *td)
{
	const uint32_t sector =
	    mio->md_sectorsize != 0 ? mio->md_sectorsize : SECTOR;
	struct md *md;
	int error;

	if (mio->md_type < MD_MALLOC || mio->md_type > MD_NULL)
		return (EINVAL);
	if (sector < SECTOR || sector > PAGE_SIZE ||
	    (sector & (sector - 1)) != 0 || mio->md_mediasize < (int64_t)sector)
		return (EINVAL);
	if ((mio->md_options & MD_AUTOUNIT) == 0 && mio->md_unit > INT32_MAX)
		return (EINVAL);
	md = new_md(mio, sector);
	if (md == NULL)
		return (ENOMEM);
	error = take_unit(md, mio);
	if (error != 0) {
		md_free(md);
		return (error);
	}
	mio->md_unit = md->md_unit;
	error = make(md, mio, td);
	if (error != 0)
		return (error);
	mutex_lock(&units_lock);
	md->md_known = true;
	mutex_unlock(&units_lock);
	/* Its name is in /dev when this is through. */
	(void)disk_taste();
	return (0);
}

static int
detach(struct md *md, const struct md_ioctl *mio)
{
	int error;

	error = disk_remove(
	    &md->md_disk, ((mio->md_options | md->md_options) & MD_FORCE) != 0);
	if (error == 0)
		leave_unit(md);
	return (error == ENXIO ? ENOENT : error);
}

static int
resize_pages(struct md *md, uint64_t size, bool reserve)
{
	const uint64_t old = atomic_load(&md->md_disk.d_size);

	if (md->md_type == MD_SWAP && (size & PAGE_MASK) != 0)
		return (EDOM);
	if (size > old && reserve &&
	    md_memory_reserve(md, atop(old), atop(size)) != 0)
		return (EDOM);
	disk_resize(&md->md_disk, size);
	if (size < old) {
		mutex_lock(&md->md_lock);
		md_memory_cut(md, atop(size));
		mutex_unlock(&md->md_lock);
	}
	return (0);
}

static int
resize(struct md *md, const struct md_ioctl *mio)
{
	const uint64_t size =
	    (uint64_t)mio->md_mediasize & ~(uint64_t)(md->md_disk.d_sector - 1);
	const unsigned options = mio->md_options | md->md_options;

	if (mio->md_mediasize < (int64_t)md->md_disk.d_sector)
		return (EINVAL);
	if (size < atomic_load(&md->md_disk.d_size) &&
	    (options & MD_FORCE) == 0)
		return (EBUSY);
	if (md->md_type == MD_MALLOC)
		return (EOPNOTSUPP);
	return (resize_pages(
	    md, size, md->md_type == MD_SWAP && (options & MD_RESERVE) != 0));
}

static int
copy_out(const char *text, char __user *to)
{
	if (text == NULL)
		text = "";
	return (copyout(text, to, strlen(text) + 1));
}

static int
query(const struct md *md, struct md_ioctl *mio)
{
	int error = 0;

	mio->md_type = (int)md->md_type;
	mio->md_options = md->md_options;
	mio->md_mediasize = (int64_t)atomic_load(&md->md_disk.d_size);
	mio->md_sectorsize = md->md_disk.d_sector;
	if (mio->md_label != NULL)
		error = copy_out(md->md_label, mio->md_label);
	if (error == 0 && md->md_type == MD_VNODE)
		error = copy_out(md->md_path, mio->md_file);
	return (error);
}

/* What concerns a disk that there is. */
static int
change(unsigned long cmd, struct md_ioctl *mio)
{
	struct md *md = find_unit(mio->md_unit);
	int error;

	if (md == NULL)
		return (ENOENT);
	if (cmd == MDIOCDETACH)
		error = detach(md, mio);
	else if (cmd == MDIOCRESIZE)
		error = resize(md, mio);
	else
		error = query(md, mio);
	disk_release(&md->md_disk);
	return (error);
}

static int
ctl_ioctl(struct file *fp, unsigned long cmd, void *data, struct thread *td)
{
	struct md_ioctl *mio = data;

	if (cmd != MDIOCATTACH && cmd != MDIOCDETACH && cmd != MDIOCQUERY &&
	    cmd != MDIOCRESIZE)
		return (ENOTTY);
	if (mio->md_version != MDIOVERSION)
		return (EINVAL);
	if (cmd == MDIOCATTACH)
		return (attach(mio, td));
	if (cmd == MDIOCDETACH &&
	    (mio->md_mediasize != 0 ||
		(mio->md_options & ~(unsigned)MD_FORCE) != 0))
		return (EINVAL);
	if (cmd == MDIOCRESIZE &&
	    (mio->md_options & ~(unsigned)(MD_FORCE | MD_RESERVE)) != 0)
		return (EINVAL);
	return (change(cmd, mio));
}

static const struct fileops ctl_fileops = {
    .fo_ioctl = ctl_ioctl, .fo_passable = true, .fo_device = true};

static void
md_attach(void)
{
	(void)make_dev(&ctl_fileops, NULL, 0600, 0, 0, "mdctl");
}

static const struct driver md_driver = {
    .d_name = "md", .d_attach = md_attach, .d_late = true};
DRIVER_SET(md_driver);

MODULE(md, "g_md");
