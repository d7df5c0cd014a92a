/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end of the system.  The machine has no switch that software could
 * turn: restarting, halting and powering off are all a reset, at which QEMU
 * (-no-reboot) ends.
 */
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "kern/printf.h"
#include "kern/proc.h"
#include "kern/reboot.h"
#include "kern/run.h"
#include "lib/string.h"
#include "vfs/vnode.h"

void
machine_end(const char *why)
{
	kprintf("%s\n", why);
	kconsole_flush();
	md_reset();
}

/* Writes back what file systems hold. */
static void
sync_all(void)
{
	struct mount *mp;

	mutex_lock(&mount_lock);
	LIST_FOREACH (mp, &mountlist, mnt_link)
		if (mp->mnt_ops->vfs_sync != NULL)
			(void)mp->mnt_ops->vfs_sync(mp, true);
	mutex_unlock(&mount_lock);
}

/* The last mount whose number is below `before`, and the path that it is on;
 * 0: none. */
static uint64_t
last_mount(uint64_t before, char *on, size_t size)
{
	struct mount *mp;
	uint64_t last = 0;

	mutex_lock(&mount_lock);
	LIST_FOREACH (mp, &mountlist, mnt_link)
		if (mp->mnt_fsid < before && mp->mnt_fsid > last) {
			last = mp->mnt_fsid;
			strlcpy(on, mp->mnt_on, size);
		}
	mutex_unlock(&mount_lock);
	return (last);
}

/* Unmounts what can be, the newest first; what is in use, such as the root,
 * becomes read-only, and is clean then. */
static void
unmount_all(struct thread *td)
{
	static const struct mount_opts none = {.mo_count = 0};
	uint64_t fsid = UINT64_MAX;
	char on[MNAMELEN];

	while ((fsid = last_mount(fsid, on, sizeof(on))) != 0)
		if (vfs_unmount(td, fsid, 0) != 0)
			(void)vfs_mount(td, NULL, on,
			    MNT_UPDATE | MNT_RDONLY | MNT_FORCE, &none);
}

int
kern_reboot(struct thread *td, int howto)
{
	int error = priv_check(td);

	if (error != 0)
		return (error);
	if (howto & RB_REROOT)
		return (EOPNOTSUPP);
	if ((howto & RB_NOSYNC) == 0) {
		sync_all();
		unmount_all(td);
		sync_all();
	}
	/* Under `imp run` the host wants to know that this is no accident. */
	run_end(0);
	if (howto & RB_POWEROFF)
		machine_end("The system powers off.");
	if (howto & RB_HALT)
		machine_end("The operating system has halted.");
	machine_end("The system restarts.");
}
