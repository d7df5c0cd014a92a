/* SPDX-License-Identifier: BSD-2-Clause */
/* For tests of files: system calls and a few short forms. */
#ifndef TESTS_PROG_FILES_H
#define TESTS_PROG_FILES_H

#include "freebsd.h"

#include "fbsd/dirent.h"
#include "fbsd/fcntl.h"
#include "fbsd/mount.h"
#include "fbsd/stat.h"
#include "fbsd/unistd.h"

enum {
	SYS_open = 5,
	SYS_link = 9,
	SYS_unlink = 10,
	SYS_sync = 36,
	SYS_chdir = 12,
	SYS_fchdir = 13,
	SYS_chmod = 15,
	SYS_chown = 16,
	SYS_unmount = 22,
	SYS_access = 33,
	SYS_chflags = 34,
	SYS_dup = 41,
	SYS_symlink = 57,
	SYS_readlink = 58,
	SYS_execve = 59,
	SYS_umask = 60,
	SYS_chroot = 61,
	SYS_fcntl = 92,
	SYS_rename = 128,
	SYS_flock = 131,
	SYS_mkfifo = 132,
	SYS_mkdir = 136,
	SYS_rmdir = 137,
	SYS_utimes = 138,
	SYS_setgid = 181,
	SYS_seteuid = 183,
	SYS_pathconf = 191,
	SYS_setrlimit = 195,
	SYS___sysctl = 202,
	SYS___getcwd = 326,
	SYS_extattr_set_file = 356,
	SYS_extattr_get_file = 357,
	SYS_extattr_delete_file = 358,
	SYS_eaccess = 376,
	SYS_nmount = 378,
	SYS_extattr_list_file = 438,
	SYS_pread = 475,
	SYS_pwrite = 476,
	SYS_lseek = 478,
	SYS_truncate = 479,
	SYS_ftruncate = 480,
	SYS_linkat = 495,
	SYS_openat = 499,
	SYS_unlinkat = 503,
	SYS_posix_fallocate = 530,
	SYS_posix_fadvise = 531,
	SYS_utimensat = 547,
	SYS_fstat = 551,
	SYS_fstatat = 552,
	SYS_getdirentries = 554,
	SYS_statfs = 555,
	SYS_getfsstat = 557,
	SYS_mknodat = 559,
	SYS_funlinkat = 568,
	SYS___realpathat = 574,
	SYS_fspacectl = 580,
	SYS_renameat2 = 602,
};

static inline long
xopen(const char *path, int flags, int mode)
{
	return (SYS(SYS_open, path, flags, mode));
}

/* Makes a file with this text: 0, or minus the error. */
static inline long
put(const char *path, const char *text)
{
	long fd = xopen(path, O_WRONLY | O_CREAT | O_TRUNC, 0644), n;

	if (fd < 0)
		return (fd);
	n = SYS(SYS_write, fd, text, length(text));
	(void)SYS(SYS_close, fd);
	return (n < 0 ? n : 0);
}

static inline struct stat
lstat_of(const char *path, long *error)
{
	struct stat st;

	*error = SYS(SYS_fstatat, AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW);
	return (st);
}

static inline bool
exists(const char *path)
{
	long error;

	(void)lstat_of(path, &error);
	return (error == 0);
}

/* Runs fn in a child: its exit status. */
static inline int
in_child(int (*fn)(void))
{
	int status = 0;
	long pid = SYS(SYS_fork);

	if (pid == 0)
		(void)SYS(SYS_exit, fn());
	(void)SYS(SYS_wait4, pid, &status, 0, NULL);
	return (status >> 8);
}

#endif
