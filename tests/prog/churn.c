/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Four processes do anything to a few names for a while; afterwards, when all
 * is removed, no node and no page may be missing.
 */
#include "files.h"

#include "fbsd/mman.h"

#define WORKERS 4
#define RUN_NS	1000000000ul

static uint64_t seed;
static char buf[20000];

static unsigned
pick(unsigned n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return ((unsigned)(seed >> 33) % n);
}

/* A path of one to four components, each one of four letters. */
static char *
path(void)
{
	static char paths[4][16];
	static unsigned next;
	char *p = paths[next++ % 4], *end = p;

	for (unsigned n = 1 + pick(4); n > 0; n--) {
		*end++ = (char)('a' + pick(4));
		*end++ = '/';
	}
	end[pick(20) == 0 ? 0 : -1] = '\0';
	return (p);
}

/* Reads and writes the file's mapping by the file itself. */
static void
use_file(long fd)
{
	char *map;

	(void)SYS(SYS_pwrite, fd, buf, pick(20000), (long)pick(100000));
	if (pick(3) == 0)
		(void)SYS(SYS_ftruncate, fd, (long)pick(50000));
	map = (char *)SYS(
	    SYS_mmap, 0, 40000, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0L);
	(void)SYS(SYS_pread, fd, map, 5000, 0L);
	(void)SYS(SYS_pwrite, fd, map, 5000, 1000L);
	(void)SYS(SYS_munmap, map, 40000);
	(void)SYS(SYS_flock, fd, LOCK_EX | LOCK_NB);
	(void)SYS(SYS_close, fd);
}

static void
use_name(void)
{
	long fd;

	switch (pick(6)) {
	case 0:
		fd = xopen(path(), O_RDWR | O_CREAT | O_NONBLOCK, 0644);
		if (fd >= 0)
			use_file(fd);
		break;
	case 1:
		fd = xopen(path(), O_RDONLY | O_NONBLOCK, 0);
		(void)SYS(SYS_getdirentries, fd, buf, 2000, NULL);
		(void)SYS(SYS_close, fd);
		break;
	case 2:
		if (SYS(SYS_chdir, path()) == 0)
			(void)SYS(SYS___getcwd, buf, 1024);
		(void)SYS(SYS_chdir, "/t");
		break;
	case 3:
		(void)SYS(SYS_extattr_set_file, path(), 1, "k", buf,
		    (long)pick(5000));
		break;
	case 4:
		(void)SYS(SYS_utimensat, AT_FDCWD, path(), NULL, 0);
		break;
	default:
		(void)SYS(SYS_truncate, path(), (long)pick(100000));
	}
}

static void
churn(void)
{
	const uint64_t end = now_ns(CLOCK_MONOTONIC) + RUN_NS;

	while (now_ns(CLOCK_MONOTONIC) < end) {
		switch (pick(12)) {
		case 0:
		case 1:
			(void)SYS(SYS_mkdir, path(), 0755);
			break;
		case 2:
			(void)SYS(SYS_rmdir, path());
			break;
		case 3:
			(void)SYS(SYS_unlink, path());
			break;
		case 4:
		case 5:
			(void)SYS(SYS_rename, path(), path());
			break;
		case 6:
			(void)SYS(SYS_link, path(), path());
			break;
		case 7:
			(void)SYS(SYS_symlink, path(), path());
			break;
		case 8:
			(void)SYS(SYS_mkfifo, path(), 0644);
			break;
		default:
			use_name();
		}
	}
}

/* Removes what is in the directory `dir`, which is closed. */
static void
empty(long dir)
{
	char list[1024];
	long n;

	while ((n = SYS(SYS_getdirentries, dir, list, sizeof(list), NULL)) > 0)
		for (long at = 0; at < n;) {
			struct dirent *d = (struct dirent *)(list + at);

			at += d->d_reclen;
			if (d->d_name[0] == '.')
				continue;
			if (d->d_type == DT_DIR)
				empty(SYS(SYS_openat, dir, d->d_name,
				    O_RDONLY | O_DIRECTORY));
			CHECK_EQ(SYS(SYS_unlinkat, dir, d->d_name,
				     d->d_type == DT_DIR ? AT_REMOVEDIR : 0),
			    0);
		}
	(void)SYS(SYS_close, dir);
}

int
main(int argc, char **argv)
{
	struct statfs before, after;
	long pid[WORKERS];

	CHECK_EQ(SYS(SYS_mkdir, "/t", 0755), 0);
	CHECK_EQ(SYS(SYS_chdir, "/t"), 0);
	CHECK_EQ(SYS(SYS_statfs, "/", &before), 0);
	for (unsigned i = 0; i < WORKERS; i++) {
		seed = i + 1;
		pid[i] = SYS(SYS_fork);
		if (pid[i] == 0) {
			churn();
			(void)SYS(SYS_exit, 0);
		}
	}
	for (unsigned i = 0; i < WORKERS; i++)
		CHECK_EQ(SYS(SYS_wait4, pid[i], NULL, 0, NULL), pid[i]);
	empty(xopen("/t", O_RDONLY | O_DIRECTORY, 0));
	CHECK_EQ(SYS(SYS_statfs, "/", &after), 0);
	CHECK_EQ(after.f_ffree, before.f_ffree);
	CHECK_EQ(after.f_bfree, before.f_bfree);
	return (result("churn"));
}
