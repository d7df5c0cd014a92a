/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Attributes of files, and the table of operations.  FAT keeps no owners and no
 * rights but one: a file may be read-only.  The others are the mount's.
 *
 * Times are of two seconds, and by whichever clock the disk's other users go;
 * here that is UTC.
 */
#include "fbsd/errno.h"
#include "fbsd/unistd.h"
#include "fs/msdosfs/msdosfs.h"
#include "time/time.h"
#include "lib/string.h"
#include "vfs/namecache.h"

#define DAY	   86400
#define FIRST_YEAR 1980
#define LAST_YEAR  2107

/* Days from 1970 to a day of the Gregorian calendar; months from 1. */
static int64_t
days_to(int64_t year, unsigned month, unsigned day)
{
	static const uint16_t before[] = {
	    0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
	const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
	const int64_t y = year - 1;

	return (365 * (year - 1970) + y / 4 - y / 100 + y / 400 - 477 +
		before[month - 1] + (leap && month > 2) + day - 1);
}

static struct timespec
from_dos(uint32_t t, unsigned hundredths)
{
	const unsigned month = t >> 21 & 15, day = t >> 16 & 31;
	struct timespec ts = {0, 0};

	/* 0 is none; others make no sense. */
	if (month < 1 || month > 12 || day < 1)
		return (ts);
	ts.tv_sec = days_to(FIRST_YEAR + (t >> 25), month, day) * DAY +
		    (t >> 11 & 31) * 3600 + (t >> 5 & 63) * 60 + (t & 31) * 2 +
		    hundredths / 100;
	ts.tv_nsec = hundredths % 100 * 10000000;
	return (ts);
}

static uint32_t
to_dos(struct timespec ts)
{
	int64_t year = FIRST_YEAR, days = ts.tv_sec / DAY;
	const uint32_t second = (uint32_t)(ts.tv_sec % DAY);
	unsigned month = 12;

	if (ts.tv_sec < days_to(FIRST_YEAR, 1, 1) * DAY)
		return (1u << 21 | 1u << 16);
	if (ts.tv_sec >= days_to(LAST_YEAR + 1, 1, 1) * DAY)
		return (UINT32_C(0xff9fbf7d));
	while (days_to(year + 1, 1, 1) <= days)
		year++;
	while (days_to(year, month, 1) > days)
		month--;
	return ((uint32_t)(year - FIRST_YEAR) << 25 | month << 21 |
		(uint32_t)(days - days_to(year, month, 1) + 1) << 16 |
		second / 3600 << 11 | second / 60 % 60 << 5 | second % 60 / 2);
}

uint32_t
msdosfs_now(void)
{
	return (to_dos(time_now()));
}

void
msdosfs_get_times(struct msdosfs_node *n, const struct fat_dirent *d)
{
	n->n_mtime = (uint32_t)d->d_mdate << 16 | d->d_mtime;
	n->n_ctime = (uint32_t)d->d_cdate << 16 | d->d_ctime;
	n->n_ctenths = d->d_ctenths;
	n->n_adate = d->d_adate;
}

/* All but the name.  A file without data has no cluster. */
void
msdosfs_put_entry(const struct msdosfs_node *n, struct fat_dirent *d)
{
	const bool is_dir = n->n_vnode.v_type == VDIR;
	const uint32_t start = is_dir || n->n_size > 0 ? n->n_start : 0;

	d->d_attr = n->n_attr;
	d->d_mtime = (uint16_t)n->n_mtime;
	d->d_mdate = (uint16_t)(n->n_mtime >> 16);
	d->d_ctime = (uint16_t)n->n_ctime;
	d->d_cdate = (uint16_t)(n->n_ctime >> 16);
	d->d_ctenths = n->n_ctenths;
	d->d_adate = n->n_adate;
	d->d_start = (uint16_t)start;
	if (n->n_mm->mm_layout.bits == 32)
		d->d_start_high = (uint16_t)(start >> 16);
	d->d_size = is_dir ? 0 : n->n_size;
}

static const struct {
	uint8_t attr;
	uint16_t flag;
} attr_flags[] = {
    {FAT_READONLY, UF_READONLY},
    {FAT_HIDDEN, UF_HIDDEN},
    {FAT_SYSTEM, UF_SYSTEM},
    {FAT_ARCHIVE, UF_ARCHIVE},
};

static mode_t
mode_of(const struct msdosfs_node *n)
{
	const struct msdosfs_mount *mm = n->n_mm;

	if (n->n_vnode.v_type == VDIR)
		return (mm->mm_dirmask);
	return (n->n_attr & FAT_READONLY ? mm->mm_mask & (mode_t)~0222
					 : mm->mm_mask);
}

static int
msdosfs_getattr(struct vnode *vp, struct vattr *va)
{
	const struct msdosfs_node *n = msdosfs_node(vp);
	const struct msdosfs_mount *mm = n->n_mm;
	const uint64_t size =
	    vp->v_type == VREG ? vp->v_object.o_size : n->n_size;

	*va = (struct vattr){
	    .va_type = vp->v_type,
	    .va_mode = mode_of(n),
	    .va_nlink = n->n_gone ? 0 : 1,
	    .va_uid = mm->mm_uid,
	    .va_gid = mm->mm_gid,
	    .va_fsid = vp->v_mount->mnt_fsid,
	    .va_fileid = msdosfs_ino(n->n_place),
	    .va_size = size,
	    .va_blocksize = (blksize_t)mm->mm_layout.cluster,
	    .va_mtime = from_dos(n->n_mtime, 0),
	    .va_ctime = from_dos(n->n_mtime, 0),
	    .va_atime = from_dos((uint32_t)n->n_adate << 16, 0),
	    .va_birthtime = from_dos(n->n_ctime, n->n_ctenths),
	    .va_bytes = roundup2(size, (uint64_t)mm->mm_layout.cluster),
	};
	for (unsigned i = 0; i < nitems(attr_flags); i++)
		if (n->n_attr & attr_flags[i].attr)
			va->va_flags |= attr_flags[i].flag;
	return (0);
}

/* What can't be kept may be set to what it is. */
static int
check_attr(const struct msdosfs_node *n, const struct vattr *va)
{
	unsigned long known = 0;

	for (unsigned i = 0; i < nitems(attr_flags); i++)
		known |= attr_flags[i].flag;
	if ((va->va_set & VA_FLAGS) != 0 && (va->va_flags & ~known) != 0)
		return (EOPNOTSUPP);
	if (((va->va_set & VA_UID) != 0 && va->va_uid != n->n_mm->mm_uid) ||
	    ((va->va_set & VA_GID) != 0 && va->va_gid != n->n_mm->mm_gid))
		return (EPERM);
	return (0);
}

static void
set_fields(struct msdosfs_node *n, const struct vattr *va)
{
	if ((va->va_set & VA_MODE) != 0 && n->n_vnode.v_type == VREG) {
		n->n_attr &= (uint8_t)~FAT_READONLY;
		if ((va->va_mode & S_IWUSR) == 0)
			n->n_attr |= FAT_READONLY;
	}
	for (unsigned i = 0;
	     (va->va_set & VA_FLAGS) != 0 && i < nitems(attr_flags); i++) {
		n->n_attr &= (uint8_t)~attr_flags[i].attr;
		if (va->va_flags & attr_flags[i].flag)
			n->n_attr |= attr_flags[i].attr;
	}
	if (va->va_set & VA_ATIME)
		n->n_adate = (uint16_t)(to_dos(va->va_atime) >> 16);
	if (va->va_set & VA_MTIME)
		n->n_mtime = to_dos(va->va_mtime);
	if (va->va_set & VA_BIRTHTIME) {
		n->n_ctime = to_dos(va->va_birthtime);
		n->n_ctenths = 0;
	}
}

static int
msdosfs_setattr(struct vnode *vp, const struct vattr *va)
{
	struct msdosfs_node *n = msdosfs_node(vp);
	int error = check_attr(n, va);

	if (error == 0 && (va->va_set & VA_SIZE) && vp->v_type == VREG)
		error = msdosfs_set_size(n, va->va_size);
	if (error == 0)
		error = msdosfs_begin(n->n_mm);
	if (error != 0)
		return (error);
	if (va->va_set & VA_SIZE)
		n->n_mtime = msdosfs_now();
	set_fields(n, va);
	msdosfs_touch(n);
	msdosfs_end(n->n_mm);
	return (0);
}

static int
msdosfs_access(struct vnode *vp, int mode, const struct cred *cr)
{
	const struct msdosfs_node *n = msdosfs_node(vp);

	return (vn_access_mode(vp->v_type, mode_of(n), n->n_mm->mm_uid,
	    n->n_mm->mm_gid, mode, cr));
}

static void
msdosfs_modified(struct vnode *vp, const struct cred *cr)
{
	struct msdosfs_node *n = msdosfs_node(vp);

	if (msdosfs_begin(n->n_mm) != 0)
		return;
	n->n_mtime = msdosfs_now();
	n->n_adate = (uint16_t)(n->n_mtime >> 16);
	n->n_attr |= FAT_ARCHIVE;
	msdosfs_touch(n);
	msdosfs_end(n->n_mm);
}

static int
msdosfs_fsync(struct vnode *vp, bool datasync)
{
	return (msdosfs_commit(msdosfs_node(vp)->n_mm));
}

static int
msdosfs_pathconf(struct vnode *vp, int name, long *val)
{
	switch (name) {
	case _PC_LINK_MAX:
		*val = 1;
		return (0);
	case _PC_FILESIZEBITS:
		*val = 33;
		return (0);
	default:
		return (EINVAL);
	}
}

const struct vnode_ops msdosfs_vnode_ops = {
    .vo_lookup = msdosfs_lookup,
    .vo_cached = namecache_find,
    .vo_names = NAMES_LOOSE,
    .vo_create = msdosfs_create,
    .vo_remove = msdosfs_remove,
    .vo_rmdir = msdosfs_rmdir,
    .vo_rename = msdosfs_rename,
    .vo_getattr = msdosfs_getattr,
    .vo_setattr = msdosfs_setattr,
    .vo_readdir = msdosfs_readdir,
    .vo_fetch = msdosfs_fetch,
    .vo_prefetch = msdosfs_prefetch,
    .vo_write_begin = msdosfs_write_begin,
    .vo_modified = msdosfs_modified,
    .vo_fsync = msdosfs_fsync,
    .vo_pathconf = msdosfs_pathconf,
    .vo_name = msdosfs_name,
    .vo_access = msdosfs_access,
    .vo_inactive = msdosfs_node_inactive,
};
