/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Paths that stay below a directory (O_RESOLVE_BENEATH, AT_RESOLVE_BENEATH,
 * FD_RESOLVE_BENEATH), descriptors as paths (O_PATH, AT_EMPTY_PATH), and
 * fcntl(2)'s older commands.
 */
#include "files.h"
#include "fbsd/event.h"
#include "fbsd/filio.h"
#include "fbsd/poll.h"
#include "mounting.h"

enum {
	SYS_readv = 120,
	SYS_fchown = 123,
	SYS_fchmod = 124,
	SYS_ioctl = 54,
	SYS_select = 93,
	SYS_poll = 209,
	SYS_kqueue = 362,
	SYS_kevent = 560,
	SYS_fexecve = 492,
	SYS_faccessat = 489,
	SYS_fchmodat = 490,
	SYS_fchownat = 491,
	SYS_readlinkat = 500,
	SYS_renameat = 501,
	SYS_chflagsat = 540,
	SYS_fstatfs = 556,
};

static long
beneath(long fd, const char *path)
{
	long got = SYS(SYS_openat, fd, path, O_RDONLY | O_RESOLVE_BENEATH);

	if (got >= 0)
		(void)SYS(SYS_close, got);
	return (got >= 0 ? 0 : got);
}

static void
make_tree(void)
{
	CHECK_EQ(SYS(SYS_mkdir, "d", 0755), 0);
	CHECK_EQ(SYS(SYS_mkdir, "d/e", 0755), 0);
	CHECK_EQ(put("d/e/f", "inside"), 0);
	CHECK_EQ(put("out", "outside"), 0);
	CHECK_EQ(SYS(SYS_symlink, "../out", "d/up"), 0);
	CHECK_EQ(SYS(SYS_symlink, "/t/d/e/f", "d/abs"), 0);
	CHECK_EQ(SYS(SYS_symlink, "e/../e/f", "d/in"), 0);
	CHECK_EQ(SYS(SYS_symlink, "../e/f", "d/e/around"), 0);
}

static void
by_flag(void)
{
	long d = xopen("d", O_RDONLY | O_DIRECTORY, 0);
	struct stat st;

	CHECK_EQ(beneath(d, "e/f"), 0);
	CHECK_EQ(beneath(d, "."), 0);
	CHECK_EQ(beneath(d, "e/.."), 0);
	CHECK_EQ(beneath(d, "e/../e/./f"), 0);
	CHECK_EQ(beneath(d, "in"), 0);
	CHECK_EQ(beneath(d, "e/around"), 0);
	CHECK_EQ(beneath(d, ".."), -ENOTCAPABLE);
	CHECK_EQ(beneath(d, "e/../../out"), -ENOTCAPABLE);
	/* Back in isn't enough. */
	CHECK_EQ(beneath(d, "../d/e/f"), -ENOTCAPABLE);
	CHECK_EQ(beneath(d, "up"), -ENOTCAPABLE);
	CHECK_EQ(beneath(d, "abs"), -ENOTCAPABLE);
	CHECK_EQ(beneath(d, "/t/d/e/f"), -ENOTCAPABLE);
	CHECK_EQ(beneath(AT_FDCWD, "d/e/f"), 0);
	CHECK_EQ(beneath(AT_FDCWD, "d/../.."), -ENOTCAPABLE);
	CHECK_EQ(
	    SYS(SYS_fstatat, d, "up", &st, AT_RESOLVE_BENEATH), -ENOTCAPABLE);
	CHECK_EQ(SYS(SYS_fstatat, d, "up", &st,
		     AT_RESOLVE_BENEATH | AT_SYMLINK_NOFOLLOW),
	    0);
	CHECK_EQ(SYS(SYS_faccessat, d, "../out", R_OK, AT_RESOLVE_BENEATH),
	    -ENOTCAPABLE);
	CHECK_EQ(SYS(SYS_fchmodat, d, "../out", 0600, AT_RESOLVE_BENEATH),
	    -ENOTCAPABLE);
	CHECK_EQ(
	    SYS(SYS_unlinkat, d, "../out", AT_RESOLVE_BENEATH), -ENOTCAPABLE);
	CHECK_EQ(SYS(SYS_linkat, d, "../out", d, "x", AT_RESOLVE_BENEATH),
	    -ENOTCAPABLE);
	CHECK_EQ(SYS(SYS_chflagsat, d, "../out", 0, AT_RESOLVE_BENEATH),
	    -ENOTCAPABLE);
	CHECK_EQ(SYS(SYS_close, d), 0);
}

/* A descriptor that is confined: all that is looked up from it. */
static void
by_descriptor(void)
{
	long d = xopen("d", O_RDONLY | O_DIRECTORY, 0), e, dup;
	struct stat st;

	CHECK_EQ(SYS(SYS_fcntl, d, F_SETFD, FD_RESOLVE_BENEATH), 0);
	CHECK_EQ(SYS(SYS_fcntl, d, F_GETFD), FD_RESOLVE_BENEATH);
	/* It stays. */
	CHECK_EQ(SYS(SYS_fcntl, d, F_SETFD, FD_CLOEXEC), 0);
	CHECK_EQ(SYS(SYS_fcntl, d, F_GETFD), FD_RESOLVE_BENEATH | FD_CLOEXEC);
	CHECK_EQ(SYS(SYS_openat, d, "../out", O_RDONLY), -ENOTCAPABLE);
	CHECK_EQ(SYS(SYS_fstatat, d, "..", &st, 0), -ENOTCAPABLE);
	CHECK_EQ(SYS(SYS_unlinkat, d, "../out", 0), -ENOTCAPABLE);
	CHECK_EQ(SYS(SYS_renameat, d, "e/f", d, "../f"), -ENOTCAPABLE);
	CHECK_EQ(SYS(SYS_fstatat, d, "/t/out", &st, 0), 0);
	/* What is opened from it is confined as well, and copies are. */
	e = SYS(SYS_openat, d, "e", O_RDONLY | O_DIRECTORY);
	CHECK(e >= 0);
	CHECK_EQ(SYS(SYS_fcntl, e, F_GETFD), FD_RESOLVE_BENEATH);
	CHECK_EQ(SYS(SYS_openat, e, "../e/f", O_RDONLY), -ENOTCAPABLE);
	CHECK_EQ(SYS(SYS_openat, e, "around", O_RDONLY), -ENOTCAPABLE);
	dup = SYS(SYS_dup, e);
	CHECK_EQ(SYS(SYS_fcntl, dup, F_GETFD), FD_RESOLVE_BENEATH);
	CHECK_EQ(SYS(SYS_fcntl, dup, F_DUP2FD, 50), 50);
	CHECK_EQ(SYS(SYS_fcntl, 50, F_GETFD), FD_RESOLVE_BENEATH);
	CHECK_EQ(SYS(SYS_fchdir, d), -ENOTCAPABLE);
	CHECK_EQ(SYS(SYS_close, 50), 0);
	CHECK_EQ(SYS(SYS_close, dup), 0);
	CHECK_EQ(SYS(SYS_close, e), 0);
	CHECK_EQ(SYS(SYS_close, d), 0);
}

/* A name for the descriptor is it, and no way out. */
static void
by_name(void)
{
	long d = xopen("d", O_RDONLY | O_DIRECTORY, 0), got;
	char name[] = "/t/fd/0";

	CHECK(d < 10);
	name[6] = (char)('0' + d);
	CHECK_EQ(SYS(SYS_mkdir, "fd", 0755), 0);
	CHECK_EQ(MOUNT("fdescfs", "/t/fd"), 0);
	got = xopen(name, O_RDONLY, 0);
	CHECK_EQ(SYS(SYS_fcntl, got, F_GETFD), 0);
	CHECK_EQ(SYS(SYS_close, got), 0);
	CHECK_EQ(SYS(SYS_fcntl, d, F_SETFD, FD_RESOLVE_BENEATH), 0);
	got = xopen(name, O_RDONLY | O_CLOEXEC, 0);
	CHECK_EQ(SYS(SYS_fcntl, got, F_GETFD), FD_RESOLVE_BENEATH | FD_CLOEXEC);
	CHECK_EQ(SYS(SYS_openat, got, "../out", O_RDONLY), -ENOTCAPABLE);
	CHECK_EQ(SYS(SYS_close, got), 0);
	CHECK_EQ(SYS(SYS_close, d), 0);
	CHECK_EQ(SYS(SYS_unmount, "/t/fd", 0), 0);
}

/* "d/m/n" comes and goes as "o/n": from there ".." would lead outside. */
static volatile bool *stop;

static int
mover(void)
{
	while (!*stop) {
		(void)SYS(SYS_rename, "d/m/n", "o/n");
		(void)SYS(SYS_rename, "o/n", "d/m/n");
	}
	return (0);
}

static void
moved_away(void)
{
	long d = xopen("d", O_RDONLY | O_DIRECTORY, 0), pid, got;
	bool bad = false;

	stop = map_anon(4096, MAP_ANON_SHARED);
	CHECK_EQ(SYS(SYS_mkdir, "o", 0755), 0);
	CHECK_EQ(put("o/secret", "x"), 0);
	CHECK_EQ(SYS(SYS_mkdir, "d/m", 0755), 0);
	CHECK_EQ(SYS(SYS_mkdir, "d/m/n", 0755), 0);
	pid = SYS(SYS_fork);
	if (pid == 0)
		(void)SYS(SYS_exit, mover());
	for (int i = 0; i < 3000; i++) {
		got = beneath(d, "m/n/../secret");
		if (got != -ENOENT && got != -ENOTCAPABLE)
			bad = true;
		got = beneath(d, "m/n/../../../out");
		if (got == 0)
			bad = true;
	}
	CHECK(!bad);
	*stop = true;
	CHECK_EQ(SYS(SYS_wait4, pid, NULL, 0, NULL), pid);
	CHECK_EQ(SYS(SYS_close, d), 0);
}

static void
paths(void)
{
	struct flock fl = {.l_type = F_RDLCK};
	char buf[16], *fs = map_anon(4096, MAP_ANON_PRIVATE);
	struct stat st;
	long p, fd;

	p = xopen("out", O_PATH, 0);
	CHECK(p >= 0);
	CHECK_EQ(SYS(SYS_read, p, buf, 1), -EBADF);
	CHECK_EQ(SYS(SYS_write, p, buf, 1), -EBADF);
	CHECK_EQ(SYS(SYS_ftruncate, p, 0), -EINVAL);
	CHECK_EQ(SYS(SYS_lseek, p, 0, SEEK_SET), -ESPIPE);
	CHECK_EQ(SYS(SYS_fchmod, p, 0600), -EBADF);
	CHECK_EQ(SYS(SYS_fchown, p, 1, 1), -EBADF);
	CHECK_EQ(SYS(SYS_fcntl, p, F_SETLK, &fl), -EBADF);
	CHECK_EQ(SYS(SYS_flock, p, LOCK_SH), -EOPNOTSUPP);
	CHECK_EQ(SYS(SYS_fcntl, p, F_GETFL), O_PATH);
	CHECK_EQ(SYS(SYS_ioctl, p, FIONREAD, buf), -EBADF);
	CHECK_EQ(SYS(SYS_ioctl, p, FIOCLEX, NULL), -EBADF);
	/* These return their error. */
	CHECK_EQ(SYS(SYS_posix_fallocate, p, 0, 10), ESPIPE);
	CHECK_EQ(SYS(SYS_posix_fadvise, p, 0, 10, 0), ESPIPE);
	CHECK_EQ(SYS(SYS_fcntl, p, F_SETFL, O_APPEND), -EBADF);
	CHECK_EQ(SYS(SYS_mmap, 0, 4096, 1, 1, p, 0), -ENODEV);
	CHECK_EQ(SYS(SYS_fstat, p, &st), 0);
	CHECK_EQ(st.st_size, 7);
	CHECK_EQ(SYS(SYS_fstatfs, p, fs), 0);
	CHECK_EQ(SYS(SYS_fchmodat, p, "", 0400, AT_EMPTY_PATH), 0);
	CHECK_EQ(SYS(SYS_fchownat, p, "", 0, 5, AT_EMPTY_PATH), 0);
	CHECK_EQ(SYS(SYS_faccessat, p, "", W_OK, AT_EMPTY_PATH), 0);
	CHECK_EQ(SYS(SYS_utimensat, p, "", NULL, AT_EMPTY_PATH), 0);
	CHECK_EQ(SYS(SYS_fstatat, p, "", &st, 0), -ENOENT);
	CHECK_EQ(SYS(SYS_fstatat, p, "", &st, AT_EMPTY_PATH), 0);
	CHECK_EQ(st.st_mode & 0777, 0400);
	CHECK_EQ(st.st_gid, 5);
	CHECK_EQ(SYS(SYS_linkat, p, "", AT_FDCWD, "out2", AT_EMPTY_PATH), 0);
	CHECK_EQ(SYS(SYS_openat, p, "", O_RDONLY), -ENOENT);
	fd = SYS(SYS_openat, p, "", O_RDONLY | O_EMPTY_PATH);
	CHECK_EQ(SYS(SYS_read, fd, buf, 16), 7);
	CHECK_EQ(SYS(SYS_close, fd), 0);
	CHECK_EQ(SYS(SYS_openat, p, "x", O_RDONLY), -ENOTDIR);
	CHECK_EQ(SYS(SYS_close, p), 0);
	/* A symbolic link itself. */
	CHECK_EQ(xopen("d/in", O_RDONLY | O_NOFOLLOW, 0), -EMLINK);
	p = xopen("d/in", O_PATH | O_NOFOLLOW, 0);
	CHECK(p >= 0);
	CHECK_EQ(SYS(SYS_readlinkat, p, "", buf, 16), 8);
	CHECK(same(buf, "e/../e/f", 8));
	CHECK_EQ(SYS(SYS_close, p), 0);
	/* A directory that may be searched. */
	p = xopen("d", O_PATH, 0);
	CHECK_EQ(SYS(SYS_fstatat, p, "e/f", &st, 0), 0);
	CHECK_EQ(SYS(SYS_getdirentries, p, fs, 4096, NULL), -EBADF);
	CHECK_EQ(SYS(SYS_fchdir, p), 0);
	CHECK(exists("e/f"));
	CHECK_EQ(SYS(SYS_chdir, "/t"), 0);
	CHECK_EQ(SYS(SYS_close, p), 0);
}

static long
poll_one(long fd, short events)
{
	struct pollfd pfd = {(int)fd, events, 0};
	long n = SYS(SYS_poll, &pfd, 1, 0);

	return (n == 1 ? pfd.revents : n);
}

static long
watch(long kq, long fd, short filter, unsigned fflags)
{
	struct kevent kev = {.ident = (uint64_t)fd,
	    .filter = filter,
	    .flags = EV_ADD | EV_CLEAR,
	    .fflags = fflags};

	return (SYS(SYS_kevent, kq, &kev, 1, NULL, 0, NULL));
}

/* Nothing can be waited for there, but what is there can be watched, by who
 * could read it. */
static void
watched_paths(void)
{
	long p = xopen("d/e/f", O_PATH | O_CREAT | O_TRUNC, 0), fd, kq;
	uint64_t bits = 1ul << p;
	struct timespec now = {0, 0};
	struct kevent kev;

	CHECK_EQ(poll_one(p, POLLIN), POLLNVAL);
	CHECK_EQ(poll_one(p, POLLOUT), POLLNVAL);
	CHECK_EQ(SYS(SYS_select, p + 1, &bits, NULL, NULL, &now), 0);
	kq = SYS(SYS_kqueue);
	CHECK_EQ(watch(kq, p, EVFILT_READ, 0), 0);
	CHECK_EQ(SYS(SYS_kevent, kq, NULL, 0, &kev, 1, &now), 1);
	CHECK_EQ(kev.data, 6);
	kev.flags = EV_DELETE;
	CHECK_EQ(SYS(SYS_kevent, kq, &kev, 1, NULL, 0, NULL), 0);
	CHECK_EQ(watch(kq, p, EVFILT_VNODE, NOTE_WRITE | NOTE_OPEN), 0);
	CHECK_EQ(SYS(SYS_kevent, kq, NULL, 0, &kev, 1, &now), 0);
	fd = xopen("d/e/f", O_PATH, 0);
	CHECK_EQ(SYS(SYS_close, fd), 0);
	CHECK_EQ(SYS(SYS_kevent, kq, NULL, 0, &kev, 1, &now), 0);
	fd = xopen("d/e/f", O_WRONLY, 0);
	CHECK_EQ(SYS(SYS_kevent, kq, NULL, 0, &kev, 1, &now), 1);
	CHECK_EQ(kev.fflags, NOTE_OPEN);
	CHECK_EQ(SYS(SYS_close, fd), 0);
	CHECK_EQ(SYS(SYS_close, p), 0);
	/* Nobody's: no. */
	CHECK_EQ(SYS(SYS_mknodat, AT_FDCWD, "pipe", S_IFIFO | 0600, 0), 0);
	p = xopen("pipe", O_PATH, 0);
	CHECK_EQ(watch(kq, p, EVFILT_READ, 0), -EBADF);
	CHECK_EQ(watch(kq, p, EVFILT_VNODE, NOTE_WRITE), -EBADF);
	CHECK_EQ(SYS(SYS_flock, p, LOCK_SH), -EOPNOTSUPP);
	CHECK_EQ(SYS(SYS_close, p), 0);
	CHECK_EQ(SYS(SYS_close, kq), 0);
}

/* A new file, and one that is to be run. */
static void
made_paths(void)
{
	char buf[4];
	long p;

	p = xopen("fresh", O_PATH | O_CREAT, 0600);
	CHECK(p >= 0);
	CHECK_EQ(SYS(SYS_read, p, buf, 1), -EBADF);
	CHECK_EQ(SYS(SYS_close, p), 0);
	CHECK_EQ(xopen("fresh", O_PATH | O_CREAT | O_EXCL, 0600), -EEXIST);
	CHECK_EQ(xopen("fresh", O_PATH | O_EXEC, 0), -EACCES);
	CHECK_EQ(xopen("d/in", O_PATH | O_EXEC | O_NOFOLLOW, 0), -EMLINK);
	CHECK_EQ(SYS(SYS_fchmodat, AT_FDCWD, "fresh", 0700, 0), 0);
	p = xopen("fresh", O_PATH | O_EXEC, 0);
	CHECK_EQ(SYS(SYS_fcntl, p, F_GETFL), O_PATH | O_EXEC);
	CHECK_EQ(SYS(SYS_fexecve, p, NULL, NULL), -ENOEXEC);
	CHECK_EQ(SYS(SYS_close, p), 0);
	/* To be run only, and asked for nothing else. */
	p = xopen("fresh", O_EXEC, 0);
	CHECK_EQ(SYS(SYS_fcntl, p, F_GETFL), O_EXEC);
	CHECK_EQ(SYS(SYS_ioctl, p, FIONREAD, buf), -EBADF);
	CHECK_EQ(SYS(SYS_close, p), 0);
	CHECK_EQ(SYS(SYS_unlinkat, AT_FDCWD, "fresh", 0), 0);
}

/* This program by a descriptor that is only a place, without an environment. */
static int
run_self(void)
{
	static const int pathname[] = {1, 14, 12, -1}; /* kern.proc.pathname */
	static char self[1024];
	const char *const args[] = {self, "again", NULL};
	size_t len = sizeof(self);

	CHECK_EQ(SYS(SYS___sysctl, pathname, 4, self, &len, NULL, 0L), 0);
	return (
	    (int)SYS(SYS_fexecve, xopen(self, O_PATH | O_EXEC, 0), args, NULL));
}

static int
old_in_the_way(void)
{
	struct oflock ofl = {.l_start = 3, .l_len = 1, .l_type = F_RDLCK};
	long fd = xopen("d/e/f", O_RDWR, 0);

	CHECK_EQ(SYS(SYS_fcntl, fd, F_OGETLK, &ofl), 0);
	CHECK_EQ(ofl.l_type, F_WRLCK);
	CHECK_EQ(ofl.l_start, 2);
	CHECK_EQ(ofl.l_len, 4);
	CHECK_EQ(SYS(SYS_fcntl, fd, F_OSETLK, &ofl), -EAGAIN);
	ofl = (struct oflock){.l_start = 0, .l_len = 2, .l_type = F_WRLCK};
	CHECK_EQ(SYS(SYS_fcntl, fd, F_OSETLKW, &ofl), 0);
	return (failures);
}

static void
old_commands(void)
{
	struct oflock ofl = {.l_start = 2, .l_len = 4, .l_type = F_WRLCK};
	long fd = xopen("d/e/f", O_RDWR, 0);

	CHECK_EQ(SYS(SYS_fcntl, fd, F_OSETLK, &ofl), 0);
	CHECK_EQ(in_child(old_in_the_way), 0);
	CHECK_EQ(SYS(SYS_fcntl, fd, F_OSETLK, 8), -EFAULT);
	/* dup3(3) */
	CHECK_EQ(
	    SYS(SYS_fcntl, fd, F_DUP3FD | FD_CLOEXEC << F_DUP3FD_SHIFT, 60),
	    60);
	CHECK_EQ(SYS(SYS_fcntl, 60, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(SYS(SYS_fcntl, fd, F_DUP3FD, 61), 61);
	CHECK_EQ(SYS(SYS_fcntl, 61, F_GETFD), 0);
	CHECK_EQ(SYS(SYS_close, 60), 0);
	CHECK_EQ(SYS(SYS_close, 61), 0);
	CHECK_EQ(SYS(SYS_close, fd), 0);
}

int
main(int argc, char **argv)
{
	if (argc > 1) /* run_self()'s, with nothing behind the arguments */
		return (argv[argc + 1] == NULL ? 0 : 1);
	CHECK_EQ(SYS(SYS_mkdir, "/t", 0755), 0);
	CHECK_EQ(SYS(SYS_chdir, "/t"), 0);
	make_tree();
	by_flag();
	by_descriptor();
	by_name();
	moved_away();
	paths();
	watched_paths();
	made_paths();
	CHECK_EQ(in_child(run_self), 0);
	old_commands();
	return (result("beneath"));
}
