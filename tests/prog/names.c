/* SPDX-License-Identifier: BSD-2-Clause */
/* Names: making, linking, renaming, removing, walking; and who may. */
#include "fbsd/wait.h"
#include "files.h"

static void
trailing_slashes(void)
{
	CHECK_EQ(SYS(SYS_mkdir, "d/", 0755), 0);
	CHECK_EQ(SYS(SYS_mkdir, "d/", 0755), -EEXIST);
	CHECK_EQ(SYS(SYS_mkdir, "d/.", 0755), -EEXIST);
	CHECK_EQ(SYS(SYS_mkdir, "/", 0755), -EISDIR);
	CHECK_EQ(put("f", "text"), 0);
	CHECK_EQ(xopen("f/", O_RDONLY, 0), -ENOTDIR);
	CHECK_EQ(xopen("new/", O_WRONLY | O_CREAT, 0644), -ENOENT);
	CHECK_EQ(SYS(SYS_unlink, "f/"), -ENOTDIR);
	CHECK_EQ(SYS(SYS_symlink, "d", "s"), 0);
	long error;
	CHECK(S_ISLNK(lstat_of("s", &error).st_mode));
	CHECK(S_ISDIR(lstat_of("s/", &error).st_mode));
	CHECK_EQ(SYS(SYS_rename, "f", "g/"), -ENOENT);
	CHECK_EQ(SYS(SYS_rename, "d", "e/"), 0);
	CHECK_EQ(SYS(SYS_rmdir, "e/"), 0);
	CHECK_EQ(SYS(SYS_unlink, "s"), 0);
	CHECK_EQ(SYS(SYS_unlink, "f"), 0);
	CHECK_EQ(xopen("", O_RDONLY, 0), -ENOENT);
}

static void
dots(void)
{
	CHECK_EQ(SYS(SYS_mkdir, "d", 0755), 0);
	CHECK_EQ(SYS(SYS_rmdir, "d/."), -EINVAL);
	CHECK_EQ(SYS(SYS_rmdir, "d/.."), -EINVAL);
	CHECK_EQ(SYS(SYS_rename, "d/.", "e"), -EINVAL);
	CHECK_EQ(SYS(SYS_rename, "d", "d/.."), -EINVAL);
	CHECK_EQ(SYS(SYS_unlink, "d"), -EPERM);
	CHECK_EQ(SYS(SYS_rmdir, "/"), -EISDIR);
	CHECK_EQ(SYS(SYS_unlink, "/"), -EISDIR);
	CHECK_EQ(SYS(SYS_mkdir, "//", 0755), -EISDIR);
	CHECK_EQ(SYS(SYS_symlink, "d", "/"), -EISDIR);
	CHECK_EQ(SYS(SYS_rename, "/", "d/e"), -EISDIR);
	CHECK_EQ(SYS(SYS_rename, "d", "/"), -EINVAL);
	CHECK_EQ(SYS(SYS_rmdir, "/dev"), -EBUSY);
	CHECK_EQ(SYS(SYS_chdir, "/../../.."), 0);
	char cwd[64];
	CHECK_EQ(SYS(SYS___getcwd, cwd, sizeof(cwd)), 0);
	CHECK(same(cwd, "/", 2));
	CHECK_EQ(SYS(SYS_chdir, "/dev/fd/../../t/d"), 0);
	CHECK_EQ(SYS(SYS___getcwd, cwd, sizeof(cwd)), 0);
	CHECK(same(cwd, "/t/d", 5));
	CHECK_EQ(SYS(SYS___getcwd, cwd, 4), -ERANGE);
	CHECK_EQ(SYS(SYS_rmdir, "/t/d"), 0);
	/* A directory that is gone. */
	CHECK_EQ(SYS(SYS___getcwd, cwd, sizeof(cwd)), -ENOENT);
	CHECK_EQ(put("x", "x"), -ENOENT);
	CHECK_EQ(xopen("..", O_RDONLY, 0), -ENOENT);
	CHECK(xopen(".", O_RDONLY, 0) >= 0);
	CHECK_EQ(SYS(SYS_chdir, "/t"), 0);
}

static void
long_names(void)
{
	static char name[300], path[1100];

	memset(name, 'n', 256);
	CHECK_EQ(put(name, "x"), -ENAMETOOLONG);
	name[255] = '\0';
	CHECK_EQ(put(name, "x"), 0);
	CHECK_EQ(SYS(SYS_unlink, name), 0);
	for (int i = 0; i < 1023; i++)
		path[i] = i % 2 == 0 ? '.' : '/';
	path[1023] = '\0';
	CHECK(xopen(path, O_RDONLY, 0) >= 0);
	path[1023] = '/';
	CHECK_EQ(xopen(path, O_RDONLY, 0), -ENAMETOOLONG);
	CHECK_EQ(xopen((char *)1, O_RDONLY, 0), -EFAULT);
}

static void
symlinks(void)
{
	char buf[16], name[2] = "a", target[2] = "b";

	CHECK_EQ(SYS(SYS_symlink, "loop2", "loop1"), 0);
	CHECK_EQ(SYS(SYS_symlink, "loop1", "loop2"), 0);
	CHECK_EQ(xopen("loop1", O_RDONLY, 0), -ELOOP);
	CHECK_EQ(SYS(SYS_readlink, "loop1", buf, 3), 3);
	CHECK(same(buf, "loo", 3));
	CHECK_EQ(SYS(SYS_symlink, "x", "loop1"), -EEXIST);
	CHECK_EQ(SYS(SYS_unlink, "loop1"), 0);
	CHECK_EQ(SYS(SYS_unlink, "loop2"), 0);
	/* A chain of 32 is fine, one of 33 isn't. */
	CHECK_EQ(put("A", "end"), 0);
	for (int i = 0; i < 33; i++) {
		name[0] = (char)(i < 25 ? 'B' + i : 'a' + i - 25);
		target[0] = (char)(i <= 25 ? 'A' + i : 'a' + i - 26);
		CHECK_EQ(SYS(SYS_symlink, target, name), 0);
		CHECK_EQ(xopen(name, O_RDONLY, 0) >= 0 ? 0 : 1, i >= 32);
	}
	CHECK_EQ(xopen("B", O_RDONLY | O_NOFOLLOW, 0), -EMLINK);
	/* O_CREAT makes what a dangling link names, O_EXCL refuses. */
	CHECK_EQ(SYS(SYS_symlink, "made", "dangling"), 0);
	CHECK_EQ(xopen("dangling", O_WRONLY | O_CREAT | O_EXCL, 0644), -EEXIST);
	CHECK(xopen("dangling", O_WRONLY | O_CREAT, 0644) >= 0);
	CHECK(exists("made"));
}

static void
hard_links(void)
{
	struct stat st;
	long fd, error;

	CHECK_EQ(put("one", "contents"), 0);
	CHECK_EQ(SYS(SYS_link, "one", "two"), 0);
	CHECK_EQ(SYS(SYS_link, "one", "two"), -EEXIST);
	CHECK_EQ(SYS(SYS_link, ".", "dir"), -EPERM);
	CHECK_EQ(SYS(SYS_link, "none", "three"), -ENOENT);
	CHECK_EQ(SYS(SYS_link, "one", "/dev/three"), -EXDEV);
	st = lstat_of("two", &error);
	CHECK_EQ(st.st_nlink, 2);
	/* Two names of one file: nothing happens. */
	CHECK_EQ(SYS(SYS_rename, "one", "two"), 0);
	CHECK(exists("one") && exists("two"));
	fd = xopen("one", O_RDWR, 0);
	CHECK_EQ(SYS(SYS_unlink, "one"), 0);
	CHECK_EQ(SYS(SYS_funlinkat, AT_FDCWD, "/t/A", fd, 0), -EDEADLK);
	CHECK_EQ(SYS(SYS_funlinkat, AT_FDCWD, "two", fd, 0), 0);
	CHECK_EQ(SYS(SYS_fstat, fd, &st), 0);
	CHECK_EQ(st.st_nlink, 0);
	CHECK_EQ(st.st_size, 8);
	CHECK_EQ(
	    SYS(SYS_linkat, fd, "", AT_FDCWD, "back", AT_EMPTY_PATH), -ENOENT);
	CHECK_EQ(SYS(SYS_close, fd), 0);
}

static void
renames(void)
{
	struct stat st;
	long error;

	CHECK_EQ(SYS(SYS_mkdir, "p", 0755), 0);
	CHECK_EQ(SYS(SYS_mkdir, "p/q", 0755), 0);
	CHECK_EQ(SYS(SYS_mkdir, "p/q/r", 0755), 0);
	CHECK_EQ(SYS(SYS_rename, "p", "p/q/r/s"), -EINVAL);
	CHECK_EQ(SYS(SYS_rename, "p", "p"), 0);
	CHECK_EQ(SYS(SYS_rename, "p/q/r", "p"), -ENOTEMPTY);
	CHECK_EQ(put("file", "1"), 0);
	CHECK_EQ(SYS(SYS_rename, "file", "p"), -EISDIR);
	CHECK_EQ(SYS(SYS_rename, "p", "file"), -ENOTDIR);
	CHECK_EQ(SYS(SYS_rename, "none", "file"), -ENOENT);
	CHECK_EQ(SYS(SYS_rename, "file", "none/x"), -ENOENT);
	CHECK_EQ(SYS(SYS_rename, "file", "/dev/x"), -EXDEV);
	CHECK_EQ(lstat_of("p", &error).st_nlink, 3);
	CHECK_EQ(SYS(SYS_rename, "p/q/r", "moved"), 0);
	CHECK_EQ(lstat_of("p/q", &error).st_nlink, 2);
	st = lstat_of("moved/..", &error);
	CHECK_EQ(st.st_ino, lstat_of(".", &error).st_ino);
	/* Onto an empty directory, and onto a file. */
	CHECK_EQ(SYS(SYS_rename, "moved", "p/q"), 0);
	CHECK_EQ(SYS(SYS_rename, "p/q", "p"), -ENOTEMPTY);
	CHECK_EQ(put("old", "22"), 0);
	CHECK_EQ(SYS(SYS_renameat2, AT_FDCWD, "file", AT_FDCWD, "old",
		     AT_RENAME_NOREPLACE),
	    -EEXIST);
	CHECK_EQ(SYS(SYS_rename, "file", "old"), 0);
	CHECK_EQ(lstat_of("old", &error).st_size, 1);
	CHECK(!exists("file"));
	CHECK_EQ(SYS(SYS_rmdir, "p"), -ENOTEMPTY);
	CHECK_EQ(SYS(SYS_rmdir, "p/q"), 0);
	CHECK_EQ(SYS(SYS_unlinkat, AT_FDCWD, "p", AT_REMOVEDIR), 0);
	CHECK_EQ(SYS(SYS_unlink, "old"), 0);
}

static void
opens(void)
{
	long d, fd;
	struct stat st;

	CHECK_EQ(SYS(SYS_mkdir, "dir", 0755), 0);
	CHECK_EQ(xopen("dir", O_WRONLY, 0), -EISDIR);
	CHECK_EQ(xopen("dir", O_RDONLY | O_CREAT | O_EXCL, 0), -EEXIST);
	CHECK_EQ(xopen("dir", O_CREAT | O_DIRECTORY, 0755), -EINVAL);
	CHECK_EQ(xopen("dir", O_ACCMODE, 0), -EINVAL);
	CHECK_EQ(xopen("A", O_RDONLY | O_DIRECTORY, 0), -ENOTDIR);
	CHECK_EQ(xopen("A/x", O_RDONLY, 0), -ENOTDIR);
	d = xopen("dir", O_RDONLY | O_DIRECTORY, 0);
	CHECK(d >= 0);
	CHECK_EQ(SYS(SYS_read, d, &st, 1), -EISDIR);
	fd = SYS(SYS_openat, d, "in", O_RDWR | O_CREAT, 0600);
	CHECK(fd >= 0);
	CHECK_EQ(SYS(SYS_openat, fd, "in", O_RDONLY), -ENOTDIR);
	CHECK_EQ(SYS(SYS_openat, 99, "in", O_RDONLY), -EBADF);
	CHECK(SYS(SYS_openat, 99, "/t/dir/in", O_RDONLY) >= 0);
	CHECK_EQ(SYS(SYS_openat, d, "../A", O_RDONLY | O_RESOLVE_BENEATH),
	    -ENOTCAPABLE);
	CHECK_EQ(SYS(SYS_openat, d, "/t/A", O_RDONLY | O_RESOLVE_BENEATH),
	    -ENOTCAPABLE);
	CHECK(SYS(SYS_openat, d, "../dir/in", O_RDONLY) >= 0);
	CHECK(SYS(SYS_openat, d, "./in", O_RDONLY | O_RESOLVE_BENEATH) >= 0);
	fd = xopen("dir/in", O_PATH, 0);
	CHECK(fd >= 0);
	CHECK_EQ(SYS(SYS_read, fd, &st, 1), -EBADF);
	CHECK_EQ(SYS(SYS_fstat, fd, &st), 0);
	CHECK(SYS(SYS_openat, fd, "", O_RDONLY | O_EMPTY_PATH) >= 0);
	CHECK_EQ(SYS(SYS_fstatat, fd, "", &st, AT_EMPTY_PATH), 0);
	CHECK_EQ(SYS(SYS_fcntl, xopen("A", O_RDONLY | O_CLOEXEC, 0), F_GETFD),
	    FD_CLOEXEC);
	CHECK_EQ(SYS(SYS_unlink, "dir/in"), 0);
	CHECK_EQ(SYS(SYS_rmdir, "dir"), 0);
}

/* As an ordinary user. */
static int
unprivileged(void)
{
	CHECK_EQ(SYS(SYS_setgid, 100), 0);
	CHECK_EQ(SYS(SYS_seteuid, 1000), 0);
	CHECK_EQ(put("/t/root", "x"), -EACCES);
	CHECK_EQ(put("sticky/mine", "x"), 0);
	CHECK_EQ(SYS(SYS_unlink, "sticky/roots"), -EPERM);
	CHECK_EQ(SYS(SYS_rename, "sticky/roots", "sticky/x"), -EPERM);
	CHECK_EQ(SYS(SYS_rename, "sticky/mine", "sticky/roots"), -EPERM);
	CHECK_EQ(SYS(SYS_chmod, "sticky/roots", 0777), -EPERM);
	CHECK_EQ(SYS(SYS_chown, "sticky/mine", 0, -1), -EPERM);
	CHECK_EQ(SYS(SYS_chown, "sticky/mine", -1, 100), 0);
	CHECK_EQ(SYS(SYS_chmod, "sticky/mine", 01644), -EFTYPE);
	CHECK_EQ(SYS(SYS_chmod, "sticky/mine", 0400), 0);
	CHECK_EQ(xopen("sticky/mine", O_WRONLY, 0), -EACCES);
	CHECK_EQ(SYS(SYS_eaccess, "sticky/mine", R_OK), 0);
	CHECK_EQ(SYS(SYS_eaccess, "sticky/mine", W_OK), -EACCES);
	/* The real user is still root. */
	CHECK_EQ(SYS(SYS_access, "sticky/mine", W_OK), 0);
	CHECK_EQ(SYS(SYS_access, "sticky/mine", X_OK), -EACCES);
	CHECK_EQ(xopen("closed/in", O_RDONLY, 0), -EACCES);
	CHECK_EQ(SYS(SYS_chflags, "sticky/mine", SF_IMMUTABLE), -EPERM);
	CHECK_EQ(SYS(SYS_chflags, "sticky/mine", UF_IMMUTABLE), 0);
	CHECK_EQ(SYS(SYS_unlink, "sticky/mine"), -EPERM);
	CHECK_EQ(SYS(SYS_chflags, "sticky/mine", 0), 0);
	CHECK_EQ(SYS(SYS_unlink, "sticky/mine"), 0);
	CHECK_EQ(
	    SYS(SYS_utimensat, AT_FDCWD, "sticky/roots", NULL, 0), -EACCES);
	CHECK_EQ(SYS(SYS_chroot, "/t"), -EPERM);
	return (failures);
}

static void
rights(void)
{
	long error;

	CHECK_EQ(SYS(SYS_mkdir, "sticky", 0777), 0);
	CHECK_EQ(SYS(SYS_chmod, "sticky", 01777), 0);
	CHECK_EQ(put("sticky/roots", "x"), 0);
	CHECK_EQ(SYS(SYS_mkdir, "closed", 0700), 0);
	CHECK_EQ(put("closed/in", "x"), 0);
	CHECK_EQ(in_child(unprivileged), 0);
	(void)SYS(SYS_umask, 027);
	CHECK_EQ(put("masked", "x"), 0);
	CHECK_EQ(lstat_of("masked", &error).st_mode, S_IFREG | 0640);
	CHECK_EQ(SYS(SYS_umask, 022), 027);
}

/* Many names, read while some go. */
static void
many(void)
{
	static char buf[4096];
	char name[] = "many/00000";
	long fd, file, n, seen = 0, removed = 0;

	CHECK_EQ(SYS(SYS_mkdir, "many", 0755), 0);
	for (int i = 0; i < 3000; i++) {
		for (int d = 0, v = i; d < 5; d++, v /= 10)
			name[9 - d] = (char)('0' + v % 10);
		CHECK_EQ(
		    SYS(SYS_mknodat, AT_FDCWD, name, S_IFIFO | 0644, 0L), 0);
	}
	fd = xopen("many", O_RDONLY, 0);
	CHECK_EQ(SYS(SYS_getdirentries, fd, buf, 8, NULL), -EINVAL);
	file = xopen("masked", O_RDONLY, 0);
	CHECK_EQ(
	    SYS(SYS_getdirentries, file, buf, sizeof(buf), NULL), -ENOTDIR);
	CHECK_EQ(SYS(SYS_close, file), 0);
	while ((n = SYS(SYS_getdirentries, fd, buf, sizeof(buf), NULL)) > 0)
		for (long at = 0; at < n;) {
			struct dirent *d = (struct dirent *)(buf + at);

			at += d->d_reclen;
			seen++;
			if (d->d_name[0] == '.')
				continue;
			CHECK_EQ(d->d_type, DT_FIFO);
			CHECK_EQ(SYS(SYS_unlinkat, fd, d->d_name, 0), 0);
			removed++;
		}
	CHECK_EQ(n, 0);
	CHECK_EQ(seen, 3002);
	CHECK_EQ(removed, 3000);
	CHECK_EQ(SYS(SYS_rmdir, "many"), 0);
	/* Nothing is in a directory that was removed, nor can be. */
	CHECK_EQ(SYS(SYS_lseek, fd, 0L, SEEK_SET), 0);
	CHECK_EQ(SYS(SYS_getdirentries, fd, buf, sizeof(buf), NULL), -ENOENT);
	CHECK_EQ(SYS(SYS_openat, fd, "x", O_CREAT | O_WRONLY, 0644), -ENOENT);
	CHECK_EQ(SYS(SYS_close, fd), 0);
}

/* This program runs: nobody writes to it, but it may be replaced. */
static void
busy_text(void)
{
	static const int pathname[] = {1, 14, 12, -1}; /* kern.proc.pathname */
	static char self[1024];
	size_t len = sizeof(self);

	CHECK_EQ(SYS(SYS___sysctl, pathname, 4, self, &len, NULL, 0L), 0);
	CHECK_EQ(xopen(self, O_WRONLY, 0), -ETXTBSY);
	CHECK_EQ(SYS(SYS_access, self, W_OK), -ETXTBSY);
	CHECK_EQ(SYS(SYS_access, self, R_OK), 0);
	CHECK_EQ(xopen(self, O_RDONLY | O_TRUNC, 0), -ETXTBSY);
	CHECK_EQ(SYS(SYS_truncate, self, 0L), -ETXTBSY);
	CHECK_EQ(put("script", "not a program"), 0);
	long fd = xopen("script", O_WRONLY, 0);
	CHECK_EQ(SYS(SYS_chmod, "script", 0755), 0);
	CHECK_EQ(SYS(SYS_execve, "script", NULL, NULL), -ETXTBSY);
	CHECK_EQ(SYS(SYS_close, fd), 0);
	CHECK_EQ(SYS(SYS_execve, "script", NULL, NULL), -ENOEXEC);
	fd = xopen("script", O_WRONLY, 0);
	CHECK(fd >= 0);
}

static ino_t
number(const char *path)
{
	long error = 0;
	struct stat st = lstat_of(path, &error);

	return (error == 0 ? st.st_ino : 0);
}

/* Each name is asked for before and after it changes: what was found once, or
 * wasn't, is remembered, but not for longer than it's true. */
static void
remembered(void)
{
	ino_t a, b;

	CHECK_EQ(SYS(SYS_mkdir, "n", 0755), 0);
	CHECK_EQ(number("n/a"), 0);
	CHECK_EQ(number("n/b"), 0);
	CHECK_EQ(put("n/a", "a"), 0);
	a = number("n/a");
	CHECK(a != 0);
	CHECK_EQ(SYS(SYS_link, "n/a", "n/b"), 0);
	CHECK_EQ(number("n/b"), a);
	CHECK_EQ(SYS(SYS_unlink, "n/a"), 0);
	CHECK_EQ(number("n/a"), 0);
	CHECK_EQ(number("n/b"), a);
	CHECK_EQ(SYS(SYS_mkdir, "n/a", 0755), 0);
	b = number("n/a");
	CHECK(b != 0);
	CHECK_EQ(number("n/a/c"), 0);
	CHECK_EQ(SYS(SYS_rename, "n/b", "n/a/c"), 0);
	CHECK_EQ(number("n/b"), 0);
	CHECK_EQ(number("n/a/c"), a);
	/* By another way to the same directory. */
	CHECK_EQ(number("m"), 0);
	CHECK_EQ(SYS(SYS_rename, "n/a", "m"), 0);
	CHECK_EQ(number("n/a"), 0);
	CHECK_EQ(number("m"), b);
	CHECK_EQ(number("m/c"), a);
	CHECK_EQ(number("m/../n/a/c"), 0);
	/* Over another one. */
	CHECK_EQ(put("m/d", "d"), 0);
	CHECK(number("m/d") != a);
	CHECK_EQ(SYS(SYS_rename, "m/c", "m/d"), 0);
	CHECK_EQ(number("m/d"), a);
	CHECK_EQ(number("m/c"), 0);
	CHECK_EQ(SYS(SYS_symlink, "d", "m/c"), 0);
	CHECK(number("m/c") != 0 && number("m/c") != a);
	CHECK_EQ(SYS(SYS_mknodat, AT_FDCWD, "m/e", S_IFIFO | 0644, 0L), 0);
	CHECK(exists("m/e"));
	CHECK_EQ(SYS(SYS_unlink, "m/e"), 0);
	CHECK(!exists("m/e"));
	CHECK_EQ(SYS(SYS_unlink, "m/c"), 0);
	CHECK_EQ(SYS(SYS_unlink, "m/d"), 0);
	CHECK_EQ(SYS(SYS_rmdir, "m"), 0);
	CHECK_EQ(number("m"), 0);
	CHECK_EQ(number("m/d"), 0);
	CHECK_EQ(SYS(SYS_rmdir, "n"), 0);
}

#define MOVES 3000

/* The name goes to and fro, and comes anew now and then. */
static int
mover(void)
{
	for (int i = 0; i < MOVES; i++) {
		CHECK_EQ(SYS(SYS_rename, "r/a", "r/b"), 0);
		CHECK_EQ(SYS(SYS_rename, "r/b", "r/a"), 0);
		CHECK_EQ(put("r/c", "x"), 0);
		CHECK_EQ(SYS(SYS_unlink, "r/c"), 0);
		if (failures)
			break;
	}
	CHECK_EQ(SYS(SYS_unlink, "r/a"), 0);
	return (failures);
}

/* Whoever finds it meanwhile finds that file, and nothing when it's over. */
static void
moving_names(void)
{
	struct stat st;
	long child, error, status;
	ino_t is;

	CHECK_EQ(SYS(SYS_mkdir, "r", 0755), 0);
	CHECK_EQ(put("r/a", "x"), 0);
	is = number("r/a");
	child = SYS(SYS_fork);
	if (child == 0)
		SYS(SYS_exit, mover());
	do {
		for (int i = 0; i < 100; i++) {
			st = lstat_of(i % 2 ? "r/a" : "r/b", &error);
			CHECK(error == -ENOENT ||
			      (error == 0 && st.st_ino == is));
			st = lstat_of("r/c", &error);
			CHECK(error == -ENOENT ||
			      (error == 0 && st.st_ino != is));
		}
	} while (SYS(SYS_wait4, child, &status, WNOHANG, NULL) == 0);
	CHECK_EQ((int)status, 0);
	CHECK(!exists("r/a") && !exists("r/b") && !exists("r/c"));
	CHECK_EQ(SYS(SYS_rmdir, "r"), 0);
}

static int
in_root(void)
{
	char cwd[16];

	CHECK_EQ(SYS(SYS_chroot, "jail"), 0);
	CHECK_EQ(SYS(SYS_chdir, "/"), 0);
	CHECK_EQ(SYS(SYS_chdir, "../.."), 0);
	CHECK_EQ(SYS(SYS___getcwd, cwd, sizeof(cwd)), 0);
	CHECK(same(cwd, "/", 2));
	CHECK(exists("/inside"));
	CHECK(!exists("/t"));
	return (failures);
}

#define MOVED 600

/* "LETTER/number" */
static const char *
numbered(char *path, char letter, unsigned i)
{
	char *p = path + 2;

	path[0] = letter;
	path[1] = '/';
	for (unsigned digit = 1000; digit > 0; digit /= 10)
		*p++ = (char)('0' + i / digit % 10);
	*p = '\0';
	return (path);
}

/* The least that it takes to create a file in "v". */
static uint64_t
time_to_create(void)
{
	uint64_t least = UINT64_MAX, start;
	char path[16];

	for (unsigned i = 0; i < 16; i++) {
		start = now_ns(CLOCK_THREAD_CPUTIME_ID);
		CHECK_EQ(put(numbered(path, 'v', MOVED + i), ""), 0);
		start = now_ns(CLOCK_THREAD_CPUTIME_ID) - start;
		least = start < least ? start : least;
		CHECK_EQ(SYS(SYS_unlink, path), 0);
	}
	return (least);
}

/* A directory that many were moved out of is as fast as before. */
static void
moved_out(void)
{
	char from[16], to[16];
	uint64_t before;

	CHECK_EQ(SYS(SYS_mkdir, "v", 0755), 0);
	CHECK_EQ(SYS(SYS_mkdir, "w", 0755), 0);
	for (unsigned i = 0; i < MOVED; i++)
		CHECK_EQ(put(numbered(from, 'v', i), ""), 0);
	CHECK_EQ(SYS(SYS_sync), 0);
	before = time_to_create();
	for (unsigned i = 0; i < MOVED; i++)
		CHECK_EQ(SYS(SYS_rename, numbered(from, 'v', i),
			     numbered(to, 'w', i)),
		    0);
	CHECK(time_to_create() < 8 * before);
	/* The names can be used again, for others. */
	for (unsigned i = 0; i < MOVED; i += 100)
		CHECK_EQ(put(numbered(from, 'v', i), "new"), 0);
	for (unsigned i = 0; i < MOVED; i++) {
		CHECK_EQ(SYS(SYS_unlink, numbered(to, 'w', i)), 0);
		CHECK_EQ(SYS(SYS_unlink, numbered(from, 'v', i)),
		    (i % 100 == 0 ? 0 : -ENOENT));
	}
	CHECK_EQ(SYS(SYS_rmdir, "v"), 0);
	CHECK_EQ(SYS(SYS_rmdir, "w"), 0);
}

int
main(int argc, char **argv)
{
	CHECK_EQ(SYS(SYS_mkdir, "/t", 0755), 0);
	CHECK_EQ(SYS(SYS_chdir, "/t"), 0);
	trailing_slashes();
	dots();
	long_names();
	symlinks();
	hard_links();
	renames();
	opens();
	rights();
	many();
	remembered();
	moving_names();
	moved_out();
	busy_text();
	CHECK_EQ(SYS(SYS_mkdir, "jail", 0755), 0);
	CHECK_EQ(put("jail/inside", "x"), 0);
	CHECK_EQ(in_child(in_root), 0);
	return (result("names"));
}
