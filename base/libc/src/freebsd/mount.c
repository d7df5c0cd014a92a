/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <sys/mount.h>

#include "syscall.h"

int
mount(const char *type, const char *dir, int flags, void *data)
{
	return (syscall(SYS_mount, type, dir, flags, data));
}

int
nmount(struct iovec *iov, unsigned niov, int flags)
{
	return (syscall(SYS_nmount, iov, niov, flags));
}

int
unmount(const char *dir, int flags)
{
	return (syscall(SYS_unmount, dir, flags));
}

int
getfsstat(struct statfs *buf, long size, int mode)
{
	return (syscall(SYS_getfsstat, buf, size, mode));
}

/* The list is the library's, good until the next call. Some ask with a mode of
 * 0, which was MNT_WAIT once. */
int
getmntinfo(struct statfs **list, int mode)
{
	static struct statfs *mounts;
	static long room;
	int n;

	if (mode == 0)
		mode = MNT_WAIT;
	for (;;) {
		if ((n = getfsstat(NULL, 0, MNT_NOWAIT)) < 0)
			return (0);
		if (n >= room) {
			struct statfs *p;

			room = n + 4;
			p = realloc(mounts, room * sizeof(*p));
			if (p == NULL)
				return (0);
			mounts = p;
		}
		n = getfsstat(mounts, room * sizeof(*mounts), mode);
		if (n < 0)
			return (0);
		if (n < room)
			break;
	}
	*list = mounts;
	return (n);
}
