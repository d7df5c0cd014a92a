/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a file has besides its bytes, by the calls that take a descriptor or
 * mean a link itself; and the limits of paths.
 */
#include "files.h"
#include "fbsd/event.h"
#include "fbsd/extattr.h"

enum {
	SYS_fchflags = 35,
	SYS_dup2 = 90,
	SYS_fpathconf = 192,
	SYS_futimes = 206,
	SYS_lchown = 254,
	SYS_lchmod = 274,
	SYS_lutimes = 276,
	SYS_kqueue = 362,
	SYS_extattr_set_fd = 371,
	SYS_extattr_get_fd = 372,
	SYS_extattr_delete_fd = 373,
	SYS_lchflags = 391,
	SYS_extattr_set_link = 412,
	SYS_extattr_get_link = 413,
	SYS_extattr_delete_link = 414,
	SYS_extattr_list_fd = 437,
	SYS_extattr_list_link = 439,
	SYS_futimesat = 494,
	SYS_mkdirat = 496,
	SYS_readlinkat = 500,
	SYS_symlinkat = 502,
	SYS_lpathconf = 513,
	SYS_chflagsat = 540,
	SYS_kevent = 560,
	SYS_fchroot = 590,
};

#define USER   EXTATTR_NAMESPACE_USER
#define SYSTEM EXTATTR_NAMESPACE_SYSTEM

static char buf[1000], path[2000];
static long fd; /* of f; l is a link to it */

static void
extended(void)
{
	CHECK_EQ(SYS(SYS_extattr_set_fd, fd, USER, "colour", "green", 5), 5);
	CHECK_EQ(SYS(SYS_extattr_get_fd, fd, USER, "colour", buf, 100), 5);
	CHECK(same(buf, "green", 5));
	CHECK_EQ(SYS(SYS_extattr_get_fd, fd, USER, "colour", NULL, 0), 5);
	CHECK_EQ(SYS(SYS_extattr_get_fd, fd, USER, "none", buf, 9), -ENOATTR);
	/* Names have a length before them; the spaces are apart. */
	CHECK_EQ(SYS(SYS_extattr_set_fd, fd, SYSTEM, "sys", "v", 1), 1);
	CHECK_EQ(SYS(SYS_extattr_list_fd, fd, USER, buf, 100), 7);
	CHECK(same(buf, "\6colour", 7));
	CHECK_EQ(SYS(SYS_extattr_list_fd, fd, SYSTEM, NULL, 0), 4);
	/* A link has its own. */
	CHECK_EQ(SYS(SYS_extattr_set_link, "l", USER, "on", "x", 1), 1);
	CHECK_EQ(SYS(SYS_extattr_get_fd, fd, USER, "on", buf, 9), -ENOATTR);
	CHECK_EQ(SYS(SYS_extattr_get_link, "l", USER, "on", buf, 9), 1);
	CHECK_EQ(SYS(SYS_extattr_list_link, "l", USER, buf, 9), 3);
	CHECK_EQ(SYS(SYS_extattr_delete_link, "l", USER, "on"), 0);
	CHECK_EQ(SYS(SYS_extattr_delete_fd, fd, USER, "colour"), 0);
	CHECK_EQ(SYS(SYS_extattr_delete_fd, fd, USER, "colour"), -ENOATTR);
	CHECK_EQ(SYS(SYS_extattr_set_fd, fd, 3, "a", "b", 1), -EINVAL);
	CHECK_EQ(SYS(SYS_extattr_get_fd, 99, USER, "a", buf, 1), -EBADF);
	memset(path, 'n', 300);
	path[300] = '\0';
	CHECK_EQ(
	    SYS(SYS_extattr_set_fd, fd, USER, path, "b", 1), -ENAMETOOLONG);
}

static long
changed(const char *name)
{
	long error;
	struct stat st = lstat_of(name, &error);

	return (st.st_mtim.tv_sec);
}

static void
times(void)
{
	struct timeval tv[2] = {{100, 5}, {200, 6}};
	struct stat st;

	CHECK_EQ(SYS(SYS_futimes, fd, tv), 0);
	CHECK_EQ(SYS(SYS_fstat, fd, &st), 0);
	CHECK_EQ(st.st_atim.tv_sec, 100);
	CHECK_EQ(st.st_mtim.tv_sec, 200);
	CHECK_EQ(st.st_mtim.tv_nsec, 6000);
	tv[1].tv_sec = 300;
	CHECK_EQ(SYS(SYS_lutimes, "l", tv), 0);
	CHECK_EQ(changed("l"), 300);
	CHECK_EQ(changed("f"), 200);
	CHECK_EQ(SYS(SYS_futimesat, AT_FDCWD, "l", tv), 0);
	CHECK_EQ(changed("f"), 300);
	tv[0].tv_usec = 1000000;
	CHECK_EQ(SYS(SYS_futimes, fd, tv), -EINVAL);
}

static void
links(void)
{
	struct stat st;
	long error, dir;

	CHECK_EQ(SYS(SYS_lchmod, "l", 0700), 0);
	CHECK_EQ(SYS(SYS_lchown, "l", 5, 6), 0);
	st = lstat_of("l", &error);
	CHECK_EQ(st.st_mode & 07777, 0700);
	CHECK_EQ(st.st_uid, 5);
	st = lstat_of("f", &error);
	CHECK_EQ(st.st_mode & 07777, 0644);
	CHECK_EQ(st.st_uid, 0);
	CHECK_EQ(SYS(SYS_mkdirat, AT_FDCWD, "d", 0755), 0);
	dir = xopen("d", O_RDONLY | O_DIRECTORY, 0);
	CHECK_EQ(SYS(SYS_mkdirat, dir, "e", 0755), 0);
	CHECK_EQ(SYS(SYS_symlinkat, "../f", dir, "s"), 0);
	CHECK_EQ(SYS(SYS_readlinkat, dir, "s", buf, 100), 4);
	CHECK(same(buf, "../f", 4));
	CHECK_EQ(SYS(SYS_readlinkat, dir, "s", buf, 2), 2);
	if (SYS(SYS_fork) == 0) {
		failures = 0;
		CHECK_EQ(SYS(SYS_fchroot, dir), 0);
		CHECK(exists("/e") && !exists("/../../f"));
		(void)SYS(SYS_exit, failures);
	}
	(void)SYS(SYS_wait4, -1, buf, 0, NULL);
	CHECK_EQ(*(int *)(void *)buf, 0);
	(void)SYS(SYS_close, dir);
}

static void
flags(void)
{
	CHECK_EQ(SYS(SYS_fchflags, fd, UF_IMMUTABLE), 0);
	CHECK_EQ(SYS(SYS_unlink, "f"), -EPERM);
	CHECK_EQ(SYS(SYS_rename, "f", "g"), -EPERM);
	CHECK_EQ(xopen("f", O_WRONLY, 0), -EPERM);
	CHECK_EQ(SYS(SYS_fchflags, fd, 0), 0);
	CHECK_EQ(SYS(SYS_lchflags, "l", UF_NOUNLINK), 0);
	CHECK_EQ(SYS(SYS_unlink, "l"), -EPERM);
	CHECK_EQ(SYS(SYS_chflagsat, AT_FDCWD, "l", 0, AT_SYMLINK_NOFOLLOW), 0);
	CHECK_EQ(SYS(SYS_fchflags, fd, UF_APPEND), 0);
	CHECK_EQ(xopen("f", O_WRONLY, 0), -EPERM);
	CHECK_EQ(SYS(SYS_close, xopen("f", O_WRONLY | O_APPEND, 0)), 0);
	/* Flags that there aren't, or not on tmpfs. */
	CHECK_EQ(SYS(SYS_fchflags, fd, 0x10000000), -EOPNOTSUPP);
	CHECK_EQ(SYS(SYS_fchflags, fd, SF_SNAPSHOT), -EOPNOTSUPP);
	CHECK_EQ(SYS(SYS_fchflags, fd, UF_NODUMP | UF_HIDDEN | SF_ARCHIVED), 0);
	CHECK_EQ(SYS(SYS_fchflags, fd, 0), 0);
}

/* Descriptors as files: there is nothing to be changed. */
static void
descriptors(void)
{
	struct stat st;
	char name[] = "/dev/fd/0";
	long path_fd;

	name[8] = (char)('0' + fd);
	CHECK_EQ(SYS(SYS_fstatat, AT_FDCWD, name, &st, 0), 0);
	CHECK_EQ(st.st_size, 5);
	CHECK_EQ(SYS(SYS_chmod, "/dev/fd/0", 0600), -EOPNOTSUPP);
	CHECK_EQ(SYS(SYS_chmod, "/dev/fd", 0700), -EOPNOTSUPP);
	CHECK_EQ(SYS(SYS_unlink, "/dev/fd/0"), -EOPNOTSUPP);
	/* What has no size takes any. */
	CHECK_EQ(SYS(SYS_truncate, "/dev/fd/0", 0), 0);
	CHECK(exists("/dev/fd/0"));
	/* A descriptor of the file that describes it. */
	path_fd = xopen("/dev/fd/0", O_PATH, 0);
	CHECK(path_fd > 0);
	CHECK_EQ(SYS(SYS_dup2, path_fd, 0), 0);
	CHECK_EQ(SYS(SYS_fstat, 0, &st), 0);
	CHECK(exists("/dev/fd/0"));
	CHECK_EQ(SYS(SYS_rename, "/dev/fd/0", "/dev/fd/1"), -EOPNOTSUPP);
	CHECK(SYS(SYS_rename, "f", "/dev/fd/1") < 0);
	CHECK(SYS(SYS_link, "f", "/dev/fd/100") < 0);
	CHECK(SYS(SYS_mkdir, "/dev/fd/100", 0755) < 0);
}

static volatile bool enough;
static volatile long opener;

/* Opens what has locks of its own at one and the same number, and closes it. */
static void
open_and_close(void *arg)
{
	while (!enough)
		CHECK_EQ(SYS(SYS_close, SYS(SYS_kqueue)), 0);
	end_thread((long *)&opener);
}

/* Whoever looks at a descriptor may be the last to have its file. */
static void
closed_meanwhile(void)
{
	char name[] = "/dev/fd/0";
	long next = SYS(SYS_kqueue), found = 0, error;
	uint64_t until = now_ns(CLOCK_MONOTONIC) + 20 * NSEC_PER_SEC;
	struct kevent kev = {
	    .ident = (uint64_t)fd, .filter = EVFILT_READ, .flags = EV_ADD};
	struct stat st;

	CHECK(next > 0 && next < 10);
	/* A queue's lock is taken before that of a file in it. */
	CHECK_EQ(SYS(SYS_kevent, next, &kev, 1, &kev, 1, NULL), 1);
	name[8] = (char)('0' + next);
	CHECK_EQ(SYS(SYS_close, next), 0);
	CHECK_EQ(start_thread(open_and_close, NULL, (long *)&opener), 0);
	for (unsigned i = 0; i < 3000 || found == 0; i++) {
		error = SYS(SYS_fstatat, AT_FDCWD, name, &st, 0);
		found += error == 0;
		CHECK(error == 0 || error == -ENOENT || error == -EBADF);
		if (now_ns(CLOCK_MONOTONIC) > until)
			break;
	}
	CHECK(found > 0);
	enough = true;
	join_thread(&opener);
}

static void
limits(void)
{
	char older[] = "k00", newer[] = "k00";

	memset(path, 'a', sizeof(path));
	path[255] = '\0';
	CHECK_EQ(SYS(SYS_mkdir, path, 0755), 0);
	path[255] = 'a';
	path[256] = '\0';
	CHECK_EQ(SYS(SYS_mkdir, path, 0755), -ENAMETOOLONG);
	for (int i = 0; i < 1024; i++)
		path[i] = i % 2 == 0 ? '.' : '/';
	path[1023] = '\0';
	CHECK_EQ(SYS(SYS_access, path, 0), 0);
	path[1023] = '/';
	path[1024] = '\0';
	CHECK_EQ(SYS(SYS_access, path, 0), -ENAMETOOLONG);
	/* Thirty-two links in a row, and no more. */
	CHECK_EQ(SYS(SYS_symlink, "f", "k00"), 0);
	for (int i = 1; i <= 32; i++) {
		newer[1] = (char)('0' + i / 10);
		newer[2] = (char)('0' + i % 10);
		CHECK_EQ(SYS(SYS_symlink, older, newer), 0);
		CHECK_EQ(SYS(SYS_access, newer, 0), i < 32 ? 0 : -ELOOP);
		memcpy(older, newer, sizeof(older));
	}
	CHECK_EQ(SYS(SYS_symlink, "self", "self"), 0);
	CHECK_EQ(SYS(SYS_access, "self", 0), -ELOOP);
	CHECK_EQ(xopen("l", O_RDONLY | O_NOFOLLOW, 0), -EMLINK);
	CHECK_EQ(SYS(SYS_pathconf, "f", 4), 255);  /* name */
	CHECK_EQ(SYS(SYS_fpathconf, fd, 5), 1024); /* path */
	CHECK_EQ(SYS(SYS_lpathconf, "l", 18), 1024);
	CHECK_EQ(SYS(SYS_fpathconf, fd, 1000), -EINVAL);
}

int
main(int argc, char **argv)
{
	CHECK_EQ(SYS(SYS_mkdir, "/tmp/attributes", 0755), 0);
	CHECK_EQ(SYS(SYS_chdir, "/tmp/attributes"), 0);
	CHECK_EQ(put("f", "hello"), 0);
	CHECK_EQ(SYS(SYS_symlink, "f", "l"), 0);
	fd = xopen("f", O_RDWR, 0);
	extended();
	times();
	links();
	flags();
	descriptors();
	closed_meanwhile();
	limits();
	return (result("attributes"));
}
