/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The sysctl nodes that init, rc and the base system's tools ask for, and that
 * are nobody else's: what the kernel can do, and what this machine doesn't
 * have.
 */
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "fbsd/time.h"
#include "proc/proc.h"
#include "core/sysctl.h"
#include "lib/string.h"
#include "vfs/mount.h"

/* The kernel came from the loader, not from a file; FreeBSD's default. */
static char bootfile[128] = "/boot/kernel/kernel";
static char corefile[256] = "%N.core";

SYSCTL_STRING(kern_bootfile, "kern.bootfile", KERN_BOOTFILE, CTLFLAG_RW,
    bootfile, sizeof(bootfile), "The kernel's file");
SYSCTL_STRING(kern_corefile, "kern.corefile", CTL_AUTO, CTLFLAG_RW, corefile,
    sizeof(corefile), "Names of core files");
/* No core is ever dumped. */
SYSCTL_CONST_INT(
    kern_coredump, "kern.coredump", CTL_AUTO, 0, "Do processes dump core");
/* The machine can't sleep. */
SYSCTL_CONST_INT(kern_suspend_blocked, "kern.suspend_blocked", CTL_AUTO, 0,
    "Is sleep out of the question");
SYSCTL_CONST_INT(vfs_nfs_diskless, "vfs.nfs.diskless_valid", CTL_AUTO, 0);
/* What is cached of files and disks are pages; there are no buffers besides. */
static const long bufspace;
SYSCTL_NODE_(vfs_bufspace, "vfs.bufspace", CTL_AUTO, CTLTYPE_LONG | CTLFLAG_RD,
    "L", sysctl_handle_opaque, (void *)(uintptr_t)&bufspace, sizeof(bufspace),
    NULL);
static int usermount;
SYSCTL_INT(vfs_usermount, "vfs.usermount", CTL_AUTO, CTLFLAG_RD, &usermount,
    "May who isn't root mount");

/* The clock is UTC's; what adjkerntz(8) sets is kept for programs. */
static int adjkerntz, wall_cmos_clock, disable_rtc_set;
SYSCTL_INT(machdep_adjkerntz, "machdep.adjkerntz", CTL_AUTO, CTLFLAG_RW,
    &adjkerntz, "Seconds between the clock and UTC");
SYSCTL_INT(machdep_wall_cmos_clock, "machdep.wall_cmos_clock", CTL_AUTO,
    CTLFLAG_RW, &wall_cmos_clock, "Does the clock show local time");
SYSCTL_INT(machdep_disable_rtc_set, "machdep.disable_rtc_set", CTL_AUTO,
    CTLFLAG_RW, &disable_rtc_set, "Leave the clock alone");

/* struct clockinfo: there is no tick; user programs see FreeBSD's units. */
static struct {
	int hz, tick, spare, stathz, profhz;
} clockinfo = {.hz = 1000, .tick = 1000, .stathz = 127, .profhz = 8126};
SYSCTL_NODE_(kern_clockrate, "kern.clockrate", KERN_CLOCKRATE,
    CTLTYPE_OPAQUE | CTLFLAG_RD, "S,clockinfo", sysctl_handle_opaque,
    &clockinfo, sizeof(clockinfo), NULL);

/* What a file system type looks like to getvfsbyname(3). */
struct xvfsconf {
	uint64_t vfc_vfsops;
	char vfc_name[16];
	int vfc_typenum;
	int vfc_refcount;
	int vfc_flags;
	int vfc_spare;
	uint64_t vfc_next;
};
_Static_assert(sizeof(struct xvfsconf) == 48, "struct xvfsconf");

SET_DECLARE(vfs);

static int
mounts_of(const struct vfs_ops *ops)
{
	struct mount *mp;
	int n = 0;

	mutex_lock(&mount_lock);
	LIST_FOREACH (mp, &mountlist, mnt_link)
		n += mp->mnt_ops == ops;
	mutex_unlock(&mount_lock);
	return (n);
}

static int
sysctl_conflist(const struct sysctl_node *node, struct sysctl_req *req)
{
	struct xvfsconf xc;
	int error = 0, number = 0;

	SET_FOREACH (p, vfs) {
		const struct vfs_ops *ops = *p;

		xc = (struct xvfsconf){
		    .vfc_typenum = ++number, .vfc_refcount = mounts_of(ops)};
		strlcpy(xc.vfc_name, ops->vfs_name, sizeof(xc.vfc_name));
		if (error == 0)
			error = sysctl_out(req, &xc, sizeof(xc));
	}
	return (error);
}
SYSCTL_PROC(vfs_conflist, "vfs.conflist", CTL_AUTO, CTLTYPE_OPAQUE | CTLFLAG_RD,
    "S,xvfsconf", sysctl_conflist, NULL, "Kinds of file systems");
