/* SPDX-License-Identifier: BSD-2-Clause */
/* nullfs: one directory in two places, as one file system. */
#include "files.h"

#include "mounting.h"
#include "fbsd/mman.h"

enum {
	SYS_getfh = 161,
	SYS_fhopen = 298,
	SYS_fstatfs = 556,
	SYS_socket = 97,
	SYS_bind = 104,
	SYS_connect = 98,
	SYS_listen = 106,
};

static struct statfs sf;
static char buf[1100];

static bool
contents(const char *path, const char *text)
{
	long fd = xopen(path, O_RDONLY, 0), n;

	n = SYS(SYS_read, fd, buf, 100);
	(void)SYS(SYS_close, fd);
	return (n == (long)length(text) && same(buf, text, (size_t)n));
}

static void
both_ways(void)
{
	struct stat a, b;
	long error;

	CHECK_EQ(put("low/f", "lower"), 0);
	CHECK(contents("up/f", "lower"));
	CHECK_EQ(put("up/g", "upper"), 0);
	CHECK(contents("low/g", "upper"));
	CHECK_EQ(put("up/f", "changed"), 0);
	CHECK(contents("low/f", "changed"));
	a = lstat_of("low/f", &error);
	b = lstat_of("up/f", &error);
	CHECK_EQ(a.st_ino, b.st_ino);
	CHECK(a.st_dev != b.st_dev);
	CHECK_EQ(SYS(SYS_chmod, "up/f", 0600), 0);
	a = lstat_of("low/f", &error);
	CHECK_EQ(a.st_mode & 0777, 0600);
	CHECK_EQ(SYS(SYS_statfs, "up/f", &sf), 0);
	CHECK(same(sf.f_fstypename, "nullfs", 7));
	CHECK(same(sf.f_mntfromname, "/t/low", 7));
	CHECK(same(sf.f_mntonname, "/t/up", 6));
}

static void
names(void)
{
	CHECK_EQ(SYS(SYS_mkdir, "up/d", 0755), 0);
	CHECK_EQ(SYS(SYS_rename, "up/f", "up/d/f"), 0);
	CHECK(contents("low/d/f", "changed"));
	CHECK(!exists("low/f"));
	CHECK_EQ(SYS(SYS_rename, "up/d/f", "low/f"), -EXDEV);
	CHECK_EQ(SYS(SYS_link, "up/d/f", "low/f"), -EXDEV);
	CHECK_EQ(SYS(SYS_link, "up/d/f", "up/h"), 0);
	CHECK(contents("low/h", "changed"));
	CHECK_EQ(SYS(SYS_symlink, "d/f", "up/s"), 0);
	CHECK(contents("up/s", "changed"));
	CHECK_EQ(SYS(SYS_readlink, "low/s", buf, 16), 3);
	CHECK_EQ(SYS(SYS_rmdir, "up/d"), -ENOTEMPTY);
	CHECK_EQ(SYS(SYS_rename, "up/h", "up/d/f"), 0);
	CHECK_EQ(SYS(SYS_unlink, "up/h"), 0);
	CHECK(!exists("low/h"));
	CHECK_EQ(SYS(SYS_chdir, "up/d"), 0);
	CHECK_EQ(SYS(SYS___getcwd, buf, sizeof(buf)), 0);
	CHECK(same(buf, "/t/up/d", 8));
	CHECK(exists("../s") && exists("../../low"));
	CHECK_EQ(SYS(SYS_chdir, "/t"), 0);
	/* What stands for a mount point below can't be taken away. */
	CHECK_EQ(SYS(SYS_mkdir, "low/mp", 0755), 0);
	CHECK_EQ(MOUNT("tmpfs", "low/mp", "rw", NULL), 0);
	CHECK_EQ(SYS(SYS_rmdir, "up/mp"), -EBUSY);
	CHECK_EQ(SYS(SYS_unmount, "low/mp", 0), 0);
	CHECK_EQ(SYS(SYS_rmdir, "up/mp"), 0);
}

/* Pages, locks and the running of programs are the file's, not the name's. */
static void
one_file(void)
{
	struct flock fl = {.l_type = F_WRLCK};
	long a = xopen("up/g", O_RDWR, 0), b = xopen("low/g", O_RDWR, 0);
	volatile char *m, *n;

	m = (char *)SYS(
	    SYS_mmap, 0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, a, 0);
	n = (char *)SYS(
	    SYS_mmap, 0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, b, 0);
	CHECK((long)m > 0 && (long)n > 0);
	m[0] = 'U';
	CHECK_EQ(n[0], 'U');
	CHECK_EQ(SYS(SYS_pwrite, b, "P", 1, 1), 1);
	CHECK_EQ(m[1], 'P');
	CHECK_EQ(SYS(SYS_pread, a, buf, 5, 0), 5);
	CHECK(same(buf, "UPper", 5));
	CHECK_EQ(SYS(SYS_flock, a, LOCK_EX), 0);
	CHECK_EQ(SYS(SYS_flock, b, LOCK_SH | LOCK_NB), -EAGAIN);
	CHECK_EQ(SYS(SYS_flock, a, LOCK_UN), 0);
	CHECK_EQ(SYS(SYS_flock, b, LOCK_EX | LOCK_NB), 0);
	CHECK_EQ(SYS(SYS_fcntl, b, F_SETLK, &fl), -EAGAIN);
	CHECK_EQ(SYS(SYS_posix_fallocate, a, 0, 8192), 0);
	CHECK_EQ(SYS(SYS_lseek, b, 0, SEEK_END), 8192);
	CHECK_EQ(SYS(SYS_ftruncate, a, 100), 0);
	CHECK_EQ(SYS(SYS_lseek, b, 0, SEEK_END), 100);
	CHECK_EQ(SYS(SYS_munmap, m, 4096), 0);
	CHECK_EQ(SYS(SYS_munmap, n, 4096), 0);
	CHECK_EQ(SYS(SYS_close, a), 0);
	CHECK_EQ(SYS(SYS_close, b), 0);
}

static int
through_fifo(void)
{
	long w = xopen("low/p", O_WRONLY, 0);

	return (SYS(SYS_write, w, "fifo", 4) == 4 ? 0 : 1);
}

static void
special_files(void)
{
	struct {
		uint8_t len, family;
		char path[16];
	} sun = {16, 1, "up/sock"};
	long pid, r, s, c;

	CHECK_EQ(SYS(SYS_mkfifo, "up/p", 0644), 0);
	pid = SYS(SYS_fork);
	if (pid == 0)
		(void)SYS(SYS_exit, through_fifo());
	r = xopen("up/p", O_RDONLY, 0);
	CHECK_EQ(SYS(SYS_read, r, buf, 16), 4);
	CHECK_EQ(SYS(SYS_wait4, pid, NULL, 0, NULL), pid);
	CHECK_EQ(SYS(SYS_close, r), 0);
	s = SYS(SYS_socket, 1, 1, 0);
	CHECK_EQ(SYS(SYS_bind, s, &sun, sizeof(sun)), 0);
	CHECK_EQ(SYS(SYS_listen, s, 1), 0);
	memcpy(sun.path, "low/sock", 9);
	c = SYS(SYS_socket, 1, 1, 0);
	CHECK_EQ(SYS(SYS_connect, c, &sun, sizeof(sun)), 0);
	CHECK_EQ(SYS(SYS_close, c), 0);
	CHECK_EQ(SYS(SYS_close, s), 0);
}

static void
busy(void)
{
	struct fhandle fh;
	long fd = xopen("up/g", O_RDWR, 0);
	volatile char *m;

	CHECK_EQ(SYS(SYS_unmount, "up", 0), -EBUSY);
	CHECK_EQ(SYS(SYS_fstatfs, fd, &sf), 0);
	CHECK(same(sf.f_fstypename, "nullfs", 7));
	m = (char *)SYS(SYS_mmap, 0, 4096, PROT_READ, MAP_SHARED, fd, 0);
	CHECK_EQ(SYS(SYS_close, fd), 0);
	/* A mapping is enough. */
	CHECK_EQ(SYS(SYS_unmount, "up", 0), -EBUSY);
	CHECK_EQ(m[0], 'U');
	CHECK_EQ(SYS(SYS_munmap, m, 4096), 0);
	CHECK_EQ(SYS(SYS_getfh, "up/g", &fh), 0);
	fd = SYS(SYS_fhopen, &fh, O_RDONLY);
	CHECK(fd >= 0);
	CHECK_EQ(SYS(SYS_close, fd), 0);
	CHECK_EQ(SYS(SYS_unmount, "up", 0), 0);
	CHECK(!exists("up/g"));
	CHECK(exists("low/g"));
	CHECK_EQ(SYS(SYS_fhopen, &fh, O_RDONLY), -ESTALE);
}

static void
read_only(void)
{
	CHECK_EQ(MOUNT("nullfs", "up", "target", "low", "ro", NULL), 0);
	CHECK(exists("up/g"));
	CHECK_EQ(put("up/g", "x"), -EROFS);
	CHECK_EQ(SYS(SYS_unlink, "up/g"), -EROFS);
	CHECK_EQ(SYS(SYS_chmod, "up/g", 0644), -EROFS);
	CHECK_EQ(put("low/g", "still"), 0);
	CHECK(contents("up/g", "still"));
	CHECK_EQ(SYS(SYS_unmount, "up", 0), 0);
	/* The lower one's being so counts as well; it is busy below ours. */
	CHECK_EQ(MOUNT("tmpfs", "low", "rw", NULL), 0);
	CHECK_EQ(put("low/x", "x"), 0);
	CHECK_EQ(MOUNT("nullfs", "up", "from", "/t/low"), 0);
	CHECK_EQ(
	    MOUNT("nullfs", "up", "update", NULL, "ro", NULL), -EOPNOTSUPP);
	CHECK_EQ(MOUNT("tmpfs", "low", "update", NULL, "ro", NULL), 0);
	CHECK_EQ(put("up/x", "y"), -EROFS);
	CHECK_EQ(SYS(SYS_chmod, "up/x", 0644), -EROFS);
	CHECK_EQ(SYS(SYS_mkdir, "up/d", 0755), -EROFS);
	CHECK_EQ(SYS(SYS_unmount, "low", 0), -EBUSY);
	CHECK_EQ(SYS(SYS_unmount, "up", 0), 0);
	CHECK_EQ(SYS(SYS_unmount, "low", 0), 0);
	CHECK_EQ(MOUNT("nullfs", "up", "ro", NULL), -EINVAL);
	CHECK_EQ(MOUNT("nullfs", "up", "target", "nowhere"), -ENOENT);
	CHECK_EQ(MOUNT("nullfs", "up", "target", "low/g"), -ENOTDIR);
}

/* nullfs upon nullfs, and of itself. */
static void
layers(void)
{
	CHECK_EQ(SYS(SYS_mkdir, "top", 0755), 0);
	CHECK_EQ(MOUNT("nullfs", "up", "target", "low"), 0);
	CHECK_EQ(MOUNT("nullfs", "top", "target", "up"), 0);
	CHECK_EQ(put("top/deep", "x"), 0);
	CHECK(contents("low/deep", "x"));
	CHECK_EQ(SYS(SYS_rename, "top/deep", "top/deeper"), 0);
	CHECK(exists("up/deeper"));
	CHECK_EQ(SYS(SYS_unmount, "up", 0), -EBUSY);
	CHECK_EQ(SYS(SYS_unmount, "top", 0), 0);
	CHECK_EQ(SYS(SYS_unmount, "up", 0), 0);
	CHECK_EQ(MOUNT("nullfs", "low", "target", "low"), 0);
	CHECK(exists("low/deeper"));
	CHECK_EQ(put("low/again", "x"), 0);
	CHECK_EQ(SYS(SYS_unmount, "low", 0), 0);
	CHECK(exists("low/again"));
	CHECK_EQ(MOUNT("nullfs", "up", "target", "/dev"), 0);
	CHECK_EQ(put("up/null", "x"), 0);
	CHECK_EQ(SYS(SYS_unmount, "up", 0), 0);
}

/* What is remembered of a name by one way changes by the other. */
static void
remembered(void)
{
	static const char *const ways[] = {"low", "up"};
	char cwd[64];

	CHECK_EQ(MOUNT("nullfs", "up", "target", "low"), 0);
	for (int i = 0; i < 2; i++) {
		const char *one = ways[i], *other = ways[1 - i];

		CHECK_EQ(SYS(SYS_chdir, one), 0);
		CHECK(!exists("new") && !exists("../up/new"));
		CHECK_EQ(put("new", one), 0);
		CHECK_EQ(SYS(SYS_mkdir, "dir", 0755), 0);
		CHECK_EQ(SYS(SYS_chdir, "/t"), 0);
		CHECK_EQ(SYS(SYS_chdir, other), 0);
		CHECK(contents("new", one) && exists("dir"));
		CHECK_EQ(SYS(SYS_rename, "new", "dir/moved"), 0);
		CHECK_EQ(SYS(SYS_chdir, "/t"), 0);
		CHECK_EQ(SYS(SYS_chdir, one), 0);
		CHECK(!exists("new") && exists("dir/moved"));
		CHECK_EQ(SYS(SYS_chdir, "dir"), 0);
		CHECK(exists("../dir/moved") && exists("../../up/dir/moved"));
		CHECK_EQ(SYS(SYS_rename, "/t/low/dir", "/t/low/other"), 0);
		CHECK_EQ(SYS(SYS___getcwd, cwd, sizeof(cwd)), 0);
		CHECK(same(
		    cwd, i == 0 ? "/t/low/other" : "/t/up/other", length(cwd)));
		CHECK_EQ(SYS(SYS_unlink, "/t/up/other/moved"), 0);
		CHECK(!exists("moved") && !exists("../other/moved"));
		CHECK_EQ(SYS(SYS_chdir, "/t"), 0);
		CHECK_EQ(SYS(SYS_rmdir, "up/other"), 0);
		CHECK(!exists("low/other"));
	}
	CHECK_EQ(SYS(SYS_unmount, "up", 0), 0);
}

/* Renames through both, between the same directories. */
#define ROUNDS 300

static int
shuffler(void)
{
	for (int i = 0; i < ROUNDS; i++) {
		(void)SYS(SYS_rename, "up/a/x", "up/b/x");
		(void)SYS(SYS_rename, "up/b/y", "up/b/x");
		(void)SYS(SYS_rename, "up/a/dir", "up/b/dir");
		(void)put("up/a/y", "y");
		(void)SYS(SYS_unlink, "up/b/y");
		(void)exists("up/b/dir/../../a/x");
	}
	return (0);
}

static void
shuffle(void)
{
	long pid[3];

	CHECK_EQ(MOUNT("nullfs", "up", "target", "low"), 0);
	CHECK_EQ(SYS(SYS_mkdir, "low/a", 0755), 0);
	CHECK_EQ(SYS(SYS_mkdir, "low/b", 0755), 0);
	CHECK_EQ(SYS(SYS_mkdir, "low/a/dir", 0755), 0);
	CHECK_EQ(put("low/a/x", "x"), 0);
	for (int i = 0; i < 3; i++) {
		pid[i] = SYS(SYS_fork);
		if (pid[i] == 0)
			(void)SYS(SYS_exit, shuffler());
	}
	for (int i = 0; i < ROUNDS; i++) {
		(void)SYS(SYS_rename, "low/b/x", "low/a/x");
		(void)SYS(SYS_rename, "low/b/x", "low/b/y");
		(void)SYS(SYS_rename, "low/b/dir", "low/a/dir");
		(void)SYS(SYS_link, "low/a/y", "low/b/y");
		(void)SYS(SYS_unlink, "low/a/y");
	}
	for (int i = 0; i < 3; i++)
		CHECK_EQ(SYS(SYS_wait4, pid[i], NULL, 0, NULL), pid[i]);
	CHECK(exists("up/a/dir") || exists("up/b/dir"));
	CHECK_EQ(SYS(SYS_unmount, "up", 0), 0);
}

int
main(int argc, char **argv)
{
	CHECK_EQ(SYS(SYS_mkdir, "/t", 0755), 0);
	CHECK_EQ(SYS(SYS_chdir, "/t"), 0);
	CHECK_EQ(SYS(SYS_mkdir, "low", 0755), 0);
	CHECK_EQ(SYS(SYS_mkdir, "up", 0755), 0);
	CHECK_EQ(MOUNT("nullfs", "up", "from", "/t/low"), 0);
	both_ways();
	names();
	one_file();
	special_files();
	busy();
	read_only();
	layers();
	remembered();
	shuffle();
	return (result("nullfs"));
}
