/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Swap space, as far as there is any: Imp never pages out.  A disk is accepted,
 * since systems' start scripts insist, and is reported as one of which nothing
 * is in use.
 */
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "fbsd/fcntl.h"
#include "disk/bio.h"
#include "core/printf.h"
#include "proc/proc.h"
#include "vfs/swap.h"
#include "core/sync.h"
#include "core/sysctl.h"
#include "vfs/vnode.h"

#define SWAP_MAX       16
#define XSWDEV_VERSION 2

static struct mutex swap_lock = MUTEX_INITIALIZER(swap_lock, "swap");

/* (swap_lock) in the order of swapon(2). */
static struct swap_device {
	struct disk *sd_disk;
	dev_t sd_dev;
} devices[SWAP_MAX];
static int ndevices;

/* vm.swap_info.N, for swapinfo(8). */
struct xswdev {
	uint32_t xsw_version;
	dev_t xsw_dev;
	int xsw_flags;
	int xsw_nblks; /* pages; none of them is ever used */
	int xsw_used;
};
_Static_assert(sizeof(struct xswdev) == 32, "struct xswdev");

/* The disk that a path names, which the caller releases, and its number. */
static int
find_device(struct thread *td, const char *path, struct swap_device *sd)
{
	struct namei nd;
	struct vattr va;
	int error = namei_at(td, &nd, AT_FDCWD, path, NAMEI_FOLLOW);

	if (error != 0)
		return (error);
	error = vn_getattr(nd.nd_vp, &va);
	namei_done(&nd);
	if (error != 0)
		return (error);
	sd->sd_disk = va.va_type == VCHR ? disk_find(path) : NULL;
	sd->sd_dev = va.va_rdev;
	return (sd->sd_disk != NULL ? 0 : ENOTBLK);
}

/* (swap_lock) its index, or -1. */
static int
index_of(const struct disk *dp)
{
	for (int i = 0; i < ndevices; i++)
		if (devices[i].sd_disk == dp)
			return (i);
	return (-1);
}

int
kern_swapon(struct thread *td, const char *path)
{
	struct swap_device sd;
	int error = priv_check(td);

	if (error == 0)
		error = find_device(td, path, &sd);
	if (error != 0)
		return (error);
	mutex_lock(&swap_lock);
	if (index_of(sd.sd_disk) >= 0)
		error = EBUSY;
	else if (ndevices == SWAP_MAX)
		error = ENOSPC;
	else
		error = disk_open(sd.sd_disk, false);
	if (error == 0)
		devices[ndevices++] = sd;
	mutex_unlock(&swap_lock);
	disk_release(sd.sd_disk);
	if (error == 0)
		kprintf("swap: %s won't be used: nothing is paged out\n", path);
	return (error);
}

int
kern_swapoff(struct thread *td, const char *path)
{
	struct swap_device sd;
	int error = priv_check(td), at;

	if (error == 0)
		error = find_device(td, path, &sd);
	if (error != 0)
		return (error);
	mutex_lock(&swap_lock);
	at = index_of(sd.sd_disk);
	if (at >= 0)
		for (ndevices--; at < ndevices; at++)
			devices[at] = devices[at + 1];
	else
		error = EINVAL;
	mutex_unlock(&swap_lock);
	if (error == 0)
		disk_close(sd.sd_disk, false);
	disk_release(sd.sd_disk);
	return (error);
}

static int
sysctl_swap_info(const struct sysctl_node *node, struct sysctl_req *req)
{
	struct xswdev xsw = {.xsw_version = XSWDEV_VERSION};
	const struct swap_device *sd;
	int error = 0;

	if (req->namelen != 1)
		return (EINVAL);
	mutex_lock(&swap_lock);
	if (req->name[0] >= 0 && req->name[0] < ndevices) {
		sd = &devices[req->name[0]];
		xsw.xsw_dev = sd->sd_dev;
		xsw.xsw_nblks =
		    (int)MIN(atop(sd->sd_disk->d_size), (uint64_t)INT32_MAX);
	} else
		error = ENOENT;
	mutex_unlock(&swap_lock);
	return (error != 0 ? error : sysctl_out(req, &xsw, sizeof(xsw)));
}
SYSCTL_PROC(vm_swap_info, "vm.swap_info", CTL_AUTO, CTLTYPE_NODE | CTLFLAG_RD,
    "S,xswdev", sysctl_swap_info, NULL);

/* A device may have as many as swap_info can tell of. */
static const uint64_t max_pages = INT32_MAX;
SYSCTL_NODE_(vm_swap_maxpages, "vm.swap_maxpages", CTL_AUTO,
    CTLTYPE_ULONG | CTLFLAG_RD, "LU", sysctl_handle_opaque,
    (void *)(uintptr_t)&max_pages, sizeof(max_pages),
    "Maximum amount of swap supported");
SYSCTL_INT(vm_nswapdev, "vm.nswapdev", CTL_AUTO, CTLFLAG_RD, &ndevices);
