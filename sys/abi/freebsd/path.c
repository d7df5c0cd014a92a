/* SPDX-License-Identifier: BSD-2-Clause */
#include "abi/freebsd/path.h"
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "fbsd/fcntl.h"

#define KNOWN (AT_SYMLINK_NOFOLLOW | AT_RESOLVE_BENEATH | AT_EMPTY_PATH)

int
path_copyin(const char __user *path, char *buf)
{
	size_t len;

	return (copyinstr(path, buf, MAXPATHLEN, &len));
}

int
path_namei(struct thread *td, struct namei *nd, int fd, const char __user *path,
    int flags, int others)
{
	unsigned how = 0;
	int error;

	if ((flags & ~(KNOWN | others)) != 0)
		return (EINVAL);
	error = path_copyin(path, nd->nd_buf);
	if (error != 0)
		return (error);
	if ((flags & AT_SYMLINK_NOFOLLOW) == 0)
		how |= NAMEI_FOLLOW;
	if ((flags & AT_RESOLVE_BENEATH) != 0)
		how |= NAMEI_BENEATH;
	if ((flags & AT_EMPTY_PATH) != 0)
		how |= NAMEI_EMPTY;
	return (namei_at(td, nd, fd, nd->nd_buf, how));
}
