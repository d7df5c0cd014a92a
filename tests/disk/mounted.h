/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mounting disks, for programs that are built for Imp (by imp-cc) and for
 * Linux (where they are the whole initramfs, and load the modules that it
 * has).  What fails ends the program, with one line that says why.
 */
#ifndef TESTS_DISK_MOUNTED_H
#define TESTS_DISK_MOUNTED_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static inline _Noreturn void
quit(const char *what)
{
	printf("%s: %s\n", what, strerror(errno));
	fflush(stdout);
	exit(1);
}

static inline void
must(bool good, const char *what)
{
	if (!good)
		quit(what);
}

#ifdef __linux__
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* The modules that lie in /: 1.ko, 2.ko, and so on, in that order. */
static inline void
load_modules(void)
{
	char name[16];
	int fd;

	for (int i = 1;; i++) {
		snprintf(name, sizeof(name), "/%d.ko", i);
		fd = open(name, O_RDONLY);
		if (fd < 0)
			return;
		if (syscall(SYS_finit_module, fd, "", 0) != 0)
			quit(name);
		close(fd);
	}
}

/* Runs the program proper in a child, so that the kernel outlives it. */
static inline void
system_start(void)
{
	pid_t pid;

	if (getpid() != 1)
		return;
	load_modules();
	mkdir("/dev", 0755);
	if (mount("dev", "/dev", "devtmpfs", 0, NULL) != 0)
		quit("/dev");
	pid = fork();
	if (pid == 0)
		return;
	waitpid(pid, NULL, 0);
	sync();
	reboot(RB_AUTOBOOT);
	_exit(0);
}

#define DISK	  "/dev/vda"
#define PARTITION "/dev/vda%d"

/* UFS must be told apart by hand. */
static inline int
mount_disk(const char *type, const char *dev, const char *on, bool rdonly)
{
	const unsigned long flags = rdonly ? MS_RDONLY : 0;

	if (strcmp(type, "ufs") != 0)
		return (mount(dev, on, type, flags, NULL));
	return (mount(dev, on, type, flags, "ufstype=ufs2") == 0
		    ? 0
		    : mount(dev, on, type, flags, "ufstype=44bsd"));
}

static inline int
unmount_disk(const char *on)
{
	return (umount2(on, 0));
}

#else

#define DISK	  "/dev/vtbd0"
#define PARTITION "/dev/vtbd0p%d"

static inline void
system_start(void)
{
}

static inline void
mount_option(struct iovec *iov, const char *s)
{
	iov->iov_base = (void *)(uintptr_t)s;
	iov->iov_len = s != NULL ? strlen(s) + 1 : 0;
}

/* As on Linux: 0, or -1 and errno. */
static inline int
mount_disk(const char *type, const char *dev, const char *on, bool rdonly)
{
	struct iovec iov[8];

	mount_option(iov, "fstype");
	mount_option(iov + 1, type);
	mount_option(iov + 2, "fspath");
	mount_option(iov + 3, on);
	mount_option(iov + 4, "from");
	mount_option(iov + 5, dev);
	mount_option(iov + 6, rdonly ? "ro" : "rw");
	mount_option(iov + 7, NULL);
	return (nmount(iov, 8, rdonly ? MNT_RDONLY : 0));
}

/* Of what is mounted there, with one more option or two; `b` may be NULL. */
static inline int
update_disk(const char *on, const char *a, const char *b)
{
	struct iovec iov[10];

	mount_option(iov, "fstype");
	mount_option(iov + 1, "ufs");
	mount_option(iov + 2, "fspath");
	mount_option(iov + 3, on);
	mount_option(iov + 4, "update");
	mount_option(iov + 5, NULL);
	mount_option(iov + 6, a);
	mount_option(iov + 7, NULL);
	mount_option(iov + 8, b);
	mount_option(iov + 9, NULL);
	return (nmount(iov, b != NULL ? 10 : 8, 0));
}

static inline int
unmount_disk(const char *on)
{
	return (unmount(on, 0));
}
#endif

/* Calls fn for each partition, or for the disk if it has none; how often. */
static inline int
each_disk(void (*fn)(const char *dev))
{
	char dev[32];
	int n = 0;

	for (;; n++) {
		snprintf(dev, sizeof(dev), PARTITION, n + 1);
		if (access(dev, F_OK) != 0)
			break;
		fn(dev);
	}
	if (n > 0)
		return (n);
	fn(DISK);
	return (1);
}

#endif
