/* SPDX-License-Identifier: BSD-2-Clause */
/* File systems made from archives: whose pages they use, and bad ones; and
 * paths. */
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "fbsd/fcntl.h"
#include "boot/ktest.h"
#include "proc/proc.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "vfs/vnode.h"
#include "vm/page.h"

#define BLOCK 512

/* A ustar header at `h`. */
static void
header(char *h, const char *name, char type, size_t size)
{
	unsigned sum = 0;

	memset(h, 0, BLOCK);
	strlcpy(h, name, 100);
	memcpy(h + 100, "0000644\0000000000\0000000000", 24);
	snprintf(h + 124, 12, "%011o", (unsigned)size);
	memcpy(h + 136, "00000000001", 11);
	h[156] = type;
	memcpy(h + 257, "ustar\00000", 8);
	memset(h + 148, ' ', 8);
	for (int i = 0; i < BLOCK; i++)
		sum += (uint8_t)h[i];
	snprintf(h + 148, 8, "%06o", sum);
}

/* Mounts a file system from the archive on /ktest. */
static int
mount_archive(const void *data, uint64_t size)
{
	static const struct mount_opt archive = {"archive", NULL, 0};
	const struct mount_opts opts = {&archive, 1, NULL};
	const paddr_t module = boot_module;
	const uint64_t module_size = boot_module_size;
	int error;

	(void)kern_mkdirat(curthread(), AT_FDCWD, "/ktest", 0755);
	boot_module = virt_to_phys(data);
	boot_module_size = size;
	error = vfs_mount(curthread(), "tmpfs", "/ktest", 0, &opts);
	boot_module = module;
	boot_module_size = module_size;
	return (error);
}

static int
unmount(void)
{
	struct mount *mp = LIST_LAST(&mountlist, struct mount, mnt_link);

	return (vfs_unmount(curthread(), mp->mnt_fsid, 0));
}

/* The file's page as read(2) finds it; 0: none. */
static paddr_t
page_of(const char *path, uint64_t index)
{
	struct page *pg = NULL;
	struct vnode *vp;
	paddr_t pa = 0;

	if (vn_open(curthread(), path, FREAD, 0, &vp) != 0)
		return (0);
	rw_rlock(&vp->v_lock);
	if (vp->v_ops->vo_getpage(vp, index, &pg) == 0 && pg != NULL) {
		pa = page_phys(pg);
		page_release(pg);
	}
	rw_runlock(&vp->v_lock);
	vnode_release(vp);
	return (pa);
}

/*
 * A whole aligned page is used where it lies; the last part of a page, behind
 * which another member begins, and what isn't aligned are copied.
 */
KTEST(archive_pages)
{
	struct page *pg = page_alloc(2, PAGE_ZEROED);
	char *data, tail[8];
	struct vnode *vp;
	size_t resid;

	KT_ASSERT(pg != NULL);
	data = page_virt(pg);
	header(data + PAGE_SIZE - BLOCK, "big", '0', PAGE_SIZE + 4);
	header(data, "pad", '0', PAGE_SIZE - 2 * BLOCK);
	memset(data + PAGE_SIZE, 'b', PAGE_SIZE + 4);
	header(data + 2 * PAGE_SIZE + BLOCK, "after", '0', 5);
	memcpy(data + 2 * PAGE_SIZE + 2 * BLOCK, "after", 5);
	KT_ASSERT(mount_archive(data, 4 * PAGE_SIZE) == 0);
	KT_ASSERT(page_of("/ktest/big", 0) == page_phys(pg) + PAGE_SIZE);
	KT_ASSERT(page_of("/ktest/big", 1) != page_phys(pg) + 2 * PAGE_SIZE);
	KT_ASSERT(page_of("/ktest/pad", 0) != page_phys(pg));
	KT_ASSERT(vn_open(curthread(), "/ktest/big", FREAD, 0, &vp) == 0);
	KT_ASSERT(vn_pread(vp, tail, sizeof(tail), PAGE_SIZE, &resid) == 0);
	KT_ASSERT(resid == 4 && memcmp(tail, "bbbb", 4) == 0);
	KT_ASSERT(unmount() == EBUSY);
	vnode_release(vp);
	KT_ASSERT(vn_open(curthread(), "/ktest/after", FREAD, 0, &vp) == 0);
	KT_ASSERT(vn_pread(vp, tail, 5, 0, NULL) == 0);
	KT_ASSERT(memcmp(tail, "after", 5) == 0);
	vnode_release(vp);
	/* The second page is free memory from here on. */
	KT_ASSERT(unmount() == 0);
	for (unsigned i = 0; i < 4; i++)
		if (i != 1)
			page_release(pg + i);
}

static int
mount_member(char *data, const char *name, char type, size_t size)
{
	header(data, name, type, size);
	return (mount_archive(data, PAGE_SIZE));
}

KTEST(archive_hostile)
{
	struct page *pg = page_alloc(0, PAGE_ZEROED);
	const uint64_t before = page_free_count();
	char *data;

	KT_ASSERT(pg != NULL);
	data = page_virt(pg);
	KT_ASSERT(mount_member(data, "f", '0', PAGE_SIZE) == EINVAL);
	KT_ASSERT(mount_member(data, "../f", '0', 0) == EINVAL);
	KT_ASSERT(mount_member(data, "a/../../f", '0', 0) == EINVAL);
	KT_ASSERT(mount_member(data, "f", 'S', 0) == EINVAL);
	KT_ASSERT(mount_member(data, "f", '1', 0) == ENOENT);
	KT_ASSERT(mount_member(data, ".", '0', 0) == EISDIR);
	header(data + BLOCK, "f/g", '0', 0);
	KT_ASSERT(mount_member(data, "f", '0', 0) == ENOTDIR);
	header(data + BLOCK, "l/g", '0', 0);
	KT_ASSERT(mount_member(data, "l", '2', 0) == ENOTDIR);
	header(data + BLOCK, "f", '0', 0);
	data[BLOCK] = 'g';
	KT_ASSERT(mount_member(data, "f", '0', 0) == EINVAL);
	header(data + BLOCK, "f", '0', 0);
	KT_ASSERT(mount_member(data, "f", '0', 0) == 0);
	KT_ASSERT(unmount() == 0);
	/* Slabs keep some, but not with each failure. */
	for (int i = 0; i < 1000; i++)
		KT_ASSERT(mount_member(data, "a/b/c/../d", '0', 0) == EINVAL);
	KT_ASSERT(before - MIN(before, page_free_count()) < 64);
	page_release(pg);
}

KTEST(vfs_paths)
{
	char buf[64];
	struct vnode *vp;

	KT_ASSERT(vn_open(curthread(), "/dev/null", FREAD, 0, &vp) == 0);
	KT_ASSERT(vn_path(curthread(), vp, buf, sizeof(buf)) == 0);
	KT_ASSERT(strcmp(buf, "/dev/null") == 0);
	KT_ASSERT(vn_path(curthread(), vp, buf, 9) == ENOMEM);
	vnode_release(vp);
	KT_ASSERT(vn_path(curthread(), rootvnode, buf, sizeof(buf)) == 0);
	KT_ASSERT(strcmp(buf, "/") == 0);
	KT_ASSERT(
	    vn_open(curthread(), "/dev/../dev/./fd/..", FREAD, 0, &vp) == 0);
	KT_ASSERT(vn_path(curthread(), vp, buf, sizeof(buf)) == 0);
	KT_ASSERT(strcmp(buf, "/dev") == 0);
	vnode_release(vp);
}

#define WALKED 4 /* vnodes on the way to /ktest/d/f, with / and that one */

/* Everything on the way there, each with a reference. */
static void
take_way(struct vnode *way[WALKED])
{
	static const char *const paths[WALKED] = {
	    "/", "/ktest", "/ktest/d", "/ktest/d/f"};

	for (int i = 0; i < WALKED; i++)
		KT_ASSERT(namei_vnode(curthread(), paths[i], &way[i]) == 0);
}

static void
lock_way(struct vnode *way[WALKED])
{
	mutex_lock(&mount_lock);
	for (int i = 0; i < WALKED; i++) {
		if (i > 0)
			rw_will_nest(&way[i]->v_lock);
		rw_wlock(&way[i]->v_lock);
	}
}

static void
unlock_way(struct vnode *way[WALKED])
{
	for (int i = WALKED - 1; i >= 0; i--)
		rw_wunlock(&way[i]->v_lock);
	mutex_unlock(&mount_lock);
}

/*
 * A walk over names that are known, and a mount point, takes no lock that
 * others may have, and no reference on its way: not even for a moment, or it
 * would fail where the counts can't grow.
 */
KTEST(vfs_walk_shares_nothing)
{
	const struct mount_opts none = {NULL, 0, NULL};
	struct vnode *way[WALKED], *vp = NULL, *nothing;
	unsigned refs[WALKED];
	int found, absent;

	(void)kern_mkdirat(curthread(), AT_FDCWD, "/ktest", 0755);
	KT_ASSERT(vfs_mount(curthread(), "tmpfs", "/ktest", 0, &none) == 0);
	KT_ASSERT(kern_mkdirat(curthread(), AT_FDCWD, "/ktest/d", 0755) == 0);
	KT_ASSERT(kern_mknodat(curthread(), AT_FDCWD, "/ktest/d/f",
		      S_IFIFO | 0644, 0) == 0);
	take_way(way);
	KT_ASSERT(
	    namei_vnode(curthread(), "/ktest/d/none", &nothing) == ENOENT);
	lock_way(way);
	/* As if each directory were just being freed. */
	for (int i = 0; i < WALKED - 1; i++) {
		refs[i] = way[i]->v_refs;
		way[i]->v_refs = 0;
	}
	found = namei_vnode(curthread(), "/ktest/d/f", &vp);
	absent = namei_vnode(curthread(), "/ktest/d/none/more", &nothing);
	for (int i = 0; i < WALKED - 1; i++)
		way[i]->v_refs = refs[i];
	unlock_way(way);
	KT_ASSERT(found == 0 && vp == way[WALKED - 1]);
	KT_ASSERT(absent == ENOENT);
	vnode_release(vp);
	KT_ASSERT(unmount() == EBUSY);
	for (int i = 0; i < WALKED; i++)
		vnode_release(way[i]);
	KT_ASSERT(unmount() == 0);
}
