/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The disks of file systems: which one is meant, and claims to it that say why
 * they fail.
 */
#include "fbsd/errno.h"
#include "disk/bio.h"
#include "vfs/mount.h"

int
mount_find_disk(const struct mount_opts *opts, struct disk **dpp)
{
	const char *from = mount_opt(opts, "from");

	*dpp = from != NULL ? disk_find(from) : NULL;
	if (*dpp != NULL)
		return (0);
	mount_error(opts, "there is no disk %s", from != NULL ? from : "named");
	return (from != NULL ? ENOENT : EINVAL);
}

static int
say_claimed(const struct mount_opts *opts, const struct disk *dp, int error)
{
	if (error != 0)
		mount_error(opts, "%s is %s", dp->d_name,
		    error == EROFS   ? "read-only"
		    : error == ENXIO ? "gone"
				     : "in use");
	return (error);
}

int
mount_claim_disk(const struct mount_opts *opts, struct disk *dp, bool write)
{
	return (say_claimed(opts, dp, disk_claim(dp, write)));
}

int
mount_reclaim_disk(const struct mount_opts *opts, struct disk *dp, bool write)
{
	return (say_claimed(opts, dp, disk_reclaim(dp, write)));
}
