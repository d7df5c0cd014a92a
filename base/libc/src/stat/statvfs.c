/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include <sys/mount.h>
#include <sys/statvfs.h>

#include "syscall.h"

int
statfs(const char *path, struct statfs *st)
{
	return (syscall(SYS_statfs, path, st));
}

int
fstatfs(int fd, struct statfs *st)
{
	return (syscall(SYS_fstatfs, fd, st));
}

static void
convert(const struct statfs *from, struct statvfs *to)
{
	memset(to, 0, sizeof(*to));
	to->f_bsize = from->f_iosize;
	to->f_frsize = from->f_bsize;
	to->f_blocks = from->f_blocks;
	to->f_bfree = from->f_bfree;
	to->f_bavail = from->f_bavail < 0 ? 0 : from->f_bavail;
	to->f_files = from->f_files;
	to->f_ffree = to->f_favail = from->f_ffree < 0 ? 0 : from->f_ffree;
	to->f_fsid = (unsigned)from->f_fsid.val[0];
	to->f_flag = (from->f_flags & MNT_RDONLY ? ST_RDONLY : 0) |
		     (from->f_flags & MNT_NOSUID ? ST_NOSUID : 0);
	to->f_namemax = from->f_namemax;
}

int
statvfs(const char *restrict path, struct statvfs *restrict out)
{
	struct statfs st;

	if (statfs(path, &st) != 0)
		return (-1);
	convert(&st, out);
	return (0);
}

int
fstatvfs(int fd, struct statvfs *out)
{
	struct statfs st;

	if (fstatfs(fd, &st) != 0)
		return (-1);
	convert(&st, out);
	return (0);
}
