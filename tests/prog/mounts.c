/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mounting: nmount(2)'s options and messages, updates, tmpfs's own options,
 * statfs(2), unmount(2) by name and by number.
 */
#include "files.h"

#include "mounting.h"

enum { SYS_setuid = 23, SYS_mount = 21, SYS_fchmod = 124 };

static struct statfs sf, list[16];

static void
options(void)
{
	struct stat st;
	long error;

	CHECK_EQ(SYS(SYS_mkdir, "m", 0755), 0);
	CHECK_EQ(MOUNT("tmpfs", "m", "size", "1m", "inodes", "5", "mode",
		     "1770", "uid", "7", "gid", "9", "noexec", NULL),
	    0);
	st = lstat_of("m", &error);
	CHECK_EQ(st.st_mode, S_IFDIR | 01770);
	CHECK_EQ(st.st_uid, 7);
	CHECK_EQ(st.st_gid, 9);
	CHECK_EQ(SYS(SYS_statfs, "m", &sf), 0);
	CHECK_EQ(sf.f_blocks * sf.f_bsize, 1 << 20);
	CHECK_EQ(sf.f_files, 5);
	CHECK_EQ(
	    sf.f_flags & (MNT_NOEXEC | MNT_RDONLY | MNT_ROOTFS), MNT_NOEXEC);
	CHECK(same(sf.f_mntonname, "/t/m", 5));
	CHECK(same(sf.f_fstypename, "tmpfs", 6));
	/* The root is one of the five. */
	CHECK_EQ(put("m/1", "x"), 0);
	CHECK_EQ(put("m/2", "x"), 0);
	CHECK_EQ(put("m/3", "x"), 0);
	CHECK_EQ(put("m/4", "x"), 0);
	CHECK_EQ(put("m/5", "x"), -ENOSPC);
	CHECK_EQ(SYS(SYS_truncate, "m/1", 2 << 20), 0);
	CHECK_EQ(SYS(SYS_statfs, "/", &sf), 0);
	CHECK(sf.f_flags & MNT_ROOTFS);
}

static void
updates(void)
{
	long fd = xopen("m/1", O_RDWR, 0), ro;

	/* Not while a file is open for writing. */
	CHECK_EQ(MOUNT("tmpfs", "m", "update", NULL, "ro", NULL), -EBUSY);
	CHECK_EQ(put("m/2", "y"), 0);
	CHECK_EQ(
	    MOUNT("tmpfs", "m", "update", NULL, "ro", NULL, "force", NULL), 0);
	CHECK_EQ(SYS(SYS_write, fd, "z", 1), -EROFS);
	CHECK_EQ(SYS(SYS_ftruncate, fd, 0), -EROFS);
	CHECK_EQ(SYS(SYS_fchmod, fd, 0600), -EROFS);
	CHECK_EQ(SYS(SYS_close, fd), 0);
	CHECK_EQ(put("m/2", "y"), -EROFS);
	CHECK_EQ(SYS(SYS_unlink, "m/2"), -EROFS);
	CHECK_EQ(SYS(SYS_mkdir, "m/d", 0755), -EROFS);
	ro = xopen("m/2", O_RDONLY, 0);
	CHECK(ro >= 0);
	CHECK_EQ(SYS(SYS_statfs, "m", &sf), 0);
	CHECK((sf.f_flags & MNT_RDONLY) != 0);
	CHECK_EQ(MOUNT("tmpfs", "m", "update", NULL, "rw", NULL), 0);
	CHECK_EQ(put("m/2", "y"), 0);
	/* One that only reads is in nobody's way. */
	CHECK_EQ(MOUNT("tmpfs", "m", "update", NULL, "ro", NULL), 0);
	CHECK_EQ(
	    MOUNT("tmpfs", "m", "update", NULL, "ro", NULL, "noro", NULL), 0);
	CHECK_EQ(SYS(SYS_close, ro), 0);
	CHECK_EQ(put("m/2", "y"), 0);
	/* tmpfs's size may change, but not below what is used. */
	CHECK_EQ(MOUNT("tmpfs", "m", "update", NULL, "size", "2m"), 0);
	CHECK_EQ(SYS(SYS_statfs, "m", &sf), 0);
	CHECK_EQ(sf.f_blocks * sf.f_bsize, 2 << 20);
	CHECK_EQ(MOUNT("tmpfs", "m", "update", NULL, "size", "1"), -EBUSY);
	CHECK_EQ(MOUNT("tmpfs", "/t", "update", NULL), -EINVAL);
}

static void
messages(void)
{
	message[0] = '\0';
	CHECK_EQ(MOUNT("tmpfs", "m", "colour", "red"), -EINVAL);
	CHECK(same(message, "mount option <colour> is unknown", 33));
	CHECK_EQ(MOUNT("tmpfs", "m", "size", "many"), -EINVAL);
	CHECK(same(message, "size is not a size: many", 25));
	CHECK_EQ(MOUNT("tmpfs", "m", "mode", "9"), -EINVAL);
	CHECK_EQ(MOUNT("tmpfs", "m", "uid", "-1x"), -EINVAL);
	CHECK_EQ(MOUNT("tmpfs", "m", "size", "99999999999p"), -EINVAL);
	/* The boot archive isn't for users. */
	CHECK_EQ(MOUNT("tmpfs", "m", "archive", NULL), -EINVAL);
	CHECK_EQ(MOUNT("tmpfs", "m", "nocover", NULL), -EBUSY);
	CHECK_EQ(MOUNT("tmpfs", "m", "emptydir", NULL), -ENOTEMPTY);
	CHECK_EQ(MOUNT("tmpfs", "m", "union", NULL), -EOPNOTSUPP);
	CHECK(same(message, "what is covered", 15));
	CHECK_EQ(MOUNT("unionfs", "m", "from", "/t"), -ENODEV);
	CHECK_EQ(MOUNT("nonsensefs", "m", "ro", NULL), -ENODEV);
	CHECK(same(message, "Invalid fstype: nonsensefs", 27));
	CHECK_EQ(MOUNT("tmpfs", "nowhere", "ro", NULL), -ENOENT);
	CHECK_EQ(MOUNT("tmpfs", "m/1", "ro", NULL), -ENOTDIR);
}

/* A root on a disk, while nobody writes to it. */
static void
the_root(void)
{
	CHECK_EQ(SYS(SYS_statfs, "/", &sf), 0);
	if (!same(sf.f_fstypename, "ufs", 4))
		return;
	CHECK_EQ(MOUNT("ufs", "/", "update", NULL, "ro", NULL), 0);
	CHECK_EQ(put("new", "x"), -EROFS);
	CHECK_EQ(MOUNT("ufs", "/", "update", NULL, "rw", NULL), 0);
	CHECK_EQ(put("new", "x"), 0);
}

static void
all_of_them(void)
{
	long n = SYS(SYS_getfsstat, NULL, 0, MNT_NOWAIT);
	bool seen = false;

	CHECK(n >= 3);
	CHECK_EQ(SYS(SYS_getfsstat, list, sizeof(list), MNT_WAIT), n);
	for (long i = 0; i < n; i++)
		if (same(list[i].f_mntonname, "/t/m", 5)) {
			seen = true;
			sf = list[i];
		}
	CHECK(seen);
	CHECK_EQ(SYS(SYS_getfsstat, list, sizeof(list[0]), MNT_WAIT), 1);
	CHECK(same(list[0].f_mntonname, "/", 2));
	CHECK_EQ(SYS(SYS_getfsstat, list, sizeof(list), 77), -EINVAL);
}

static char *
number(char *p, unsigned n)
{
	char digits[12], *d = digits + sizeof(digits);

	do
		*--d = (char)('0' + n % 10);
	while ((n /= 10) != 0);
	while (d < digits + sizeof(digits))
		*p++ = *d++;
	return (p);
}

/* sf is the file system's to go. */
static void
unmounting(void)
{
	char name[64] = "FSID:", *p = name + 5;
	long fd = xopen("m/2", O_RDONLY, 0);

	p = number(p, (unsigned)sf.f_fsid.val[0]);
	*p++ = ':';
	p = number(p, (unsigned)sf.f_fsid.val[1]);
	*p = '\0';
	CHECK_EQ(SYS(SYS_unmount, name, MNT_BYFSID), -EBUSY);
	CHECK_EQ(SYS(SYS_close, fd), 0);
	CHECK_EQ(SYS(SYS_chdir, "m"), 0);
	CHECK_EQ(SYS(SYS_unmount, name, MNT_BYFSID), -EBUSY);
	CHECK_EQ(SYS(SYS_chdir, ".."), 0);
	CHECK_EQ(SYS(SYS_unmount, "/t", 0), -EINVAL);
	CHECK_EQ(SYS(SYS_unmount, "/none/such", 0), -EINVAL);
	CHECK_EQ(SYS(SYS_unmount, "FSID:x", MNT_BYFSID), -EINVAL);
	CHECK_EQ(SYS(SYS_unmount, name, MNT_BYFSID), 0);
	CHECK_EQ(SYS(SYS_unmount, name, MNT_BYFSID), -EINVAL);
	CHECK(!exists("m/2"));
	/* One over the other, taken away in turn. */
	CHECK_EQ(SYS(SYS_mount, "tmpfs", "m", MNT_RDONLY, NULL), 0);
	CHECK_EQ(put("m/x", "x"), -EROFS);
	CHECK_EQ(MOUNT("tmpfs", "m", "rw", NULL), 0);
	CHECK_EQ(put("m/x", "x"), 0);
	CHECK_EQ(SYS(SYS_unmount, "m", 0), 0);
	CHECK(!exists("m/x"));
	CHECK_EQ(SYS(SYS_unmount, "m", 0), 0);
	CHECK_EQ(SYS(SYS_unmount, "m", 0), -EINVAL);
	CHECK_EQ(SYS(SYS_rmdir, "m"), 0);
}

#define WALKERS 3
#define COMINGS 200

/* Walks in and out, and asks for what is mounted: each finds "m" as it is with
 * the file system, or without. */
static int
walk_about(void)
{
	static struct statfs all[16];
	char cwd[64];
	long fd, n;

	while (exists("going")) {
		fd = xopen("m/../m/in", O_RDONLY, 0);
		CHECK(fd >= 0 || fd == -ENOENT);
		if (fd >= 0)
			CHECK_EQ(SYS(SYS_close, fd), 0);
		if (SYS(SYS_chdir, "m") == 0) {
			CHECK_EQ(SYS(SYS___getcwd, cwd, sizeof(cwd)), 0);
			CHECK(same(cwd, "/t/m", 5));
			CHECK_EQ(SYS(SYS_chdir, "../../t"), 0);
		}
		n = SYS(SYS_getfsstat, all, sizeof(all), MNT_NOWAIT);
		CHECK(n >= 2);
		n = SYS(SYS_getfsstat, all, sizeof(all), MNT_WAIT);
		for (long i = 0; i < n; i++)
			CHECK(all[i].f_mntonname[0] == '/');
	}
	return (failures);
}

/* While others walk through it a file system comes and goes. */
static void
come_and_go(void)
{
	const uint64_t end = now_ns(CLOCK_MONOTONIC) + 1500000000;
	unsigned times = 0;
	long error;

	for (; times < COMINGS && now_ns(CLOCK_MONOTONIC) < end; times++) {
		CHECK_EQ(MOUNT("tmpfs", "m", "size", "64k"), 0);
		CHECK_EQ(put("m/in", "x"), 0);
		do
			error = SYS(SYS_unmount, "m", 0);
		while (error == -EBUSY);
		CHECK_EQ(error, 0);
		CHECK(!exists("m/in"));
	}
	CHECK(times > 0);
}

static void
storm(void)
{
	long pid[WALKERS];
	int status;

	CHECK_EQ(SYS(SYS_mkdir, "m", 0755), 0);
	CHECK_EQ(put("going", ""), 0);
	for (unsigned i = 0; i < WALKERS; i++) {
		pid[i] = SYS(SYS_fork);
		if (pid[i] == 0)
			(void)SYS(SYS_exit, walk_about());
	}
	come_and_go();
	CHECK_EQ(SYS(SYS_unlink, "going"), 0);
	for (unsigned i = 0; i < WALKERS; i++) {
		CHECK_EQ(SYS(SYS_wait4, pid[i], &status, 0, NULL), pid[i]);
		CHECK_EQ(status, 0);
	}
	CHECK_EQ(SYS(SYS_rmdir, "m"), 0);
}

static int
nobody(void)
{
	CHECK_EQ(SYS(SYS_setuid, 1001), 0);
	CHECK_EQ(MOUNT("tmpfs", "/t", "rw", NULL), -EPERM);
	CHECK_EQ(SYS(SYS_unmount, "/dev", 0), -EPERM);
	CHECK_EQ(SYS(SYS_statfs, "/", &sf), 0);
	return (failures);
}

int
main(int argc, char **argv)
{
	CHECK_EQ(SYS(SYS_mkdir, "/t", 0777), 0);
	CHECK_EQ(SYS(SYS_chdir, "/t"), 0);
	options();
	updates();
	messages();
	the_root();
	all_of_them();
	unmounting();
	storm();
	CHECK_EQ(in_child(nobody), 0);
	return (result("mounts"));
}
