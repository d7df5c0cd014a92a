/* SPDX-License-Identifier: BSD-2-Clause */
/* What is in files: reading, writing, holes, times, flags, attributes. */
#include "files.h"

#include "fbsd/mman.h"
#include "fbsd/resource.h"

static char buf[8192], page[8192];

static void
basic(void)
{
	struct stat st;
	long fd = xopen("f", O_RDWR | O_CREAT | O_TRUNC, 0644);

	CHECK_EQ(SYS(SYS_write, fd, "hello, world", 12), 12);
	CHECK_EQ(SYS(SYS_lseek, fd, -5, SEEK_END), 7);
	CHECK_EQ(SYS(SYS_read, fd, buf, 100), 5);
	CHECK(same(buf, "world", 5));
	CHECK_EQ(SYS(SYS_read, fd, buf, 100), 0);
	CHECK_EQ(SYS(SYS_lseek, fd, -1, SEEK_SET), -EINVAL);
	CHECK_EQ(SYS(SYS_lseek, fd, 0, 77), -EINVAL);
	CHECK_EQ(SYS(SYS_pread, fd, buf, 5, 0), 5);
	CHECK_EQ(SYS(SYS_pread, fd, buf, 5, 100), 0);
	CHECK_EQ(SYS(SYS_pwrite, fd, "H", 1, 0), 1);
	CHECK_EQ(SYS(SYS_write, fd, (char *)16, 4), -EFAULT);
	CHECK_EQ(SYS(SYS_pwrite, fd, (char *)16, 4, 100), -EFAULT);
	CHECK_EQ(SYS(SYS_fstat, fd, &st), 0);
	CHECK_EQ(st.st_size, 12);
	CHECK_EQ(SYS(SYS_read, fd, (char *)16, 4), 0);
	CHECK_EQ(SYS(SYS_pread, fd, (char *)16, 4, 0), -EFAULT);
	CHECK_EQ(SYS(SYS_ftruncate, fd, 3), 0);
	CHECK_EQ(SYS(SYS_ftruncate, fd, 6), 0);
	CHECK_EQ(SYS(SYS_pread, fd, buf, 10, 0), 6);
	CHECK(same(buf, "Hel\0\0\0", 6));
	CHECK_EQ(SYS(SYS_ftruncate, fd, -1), -EINVAL);
	CHECK_EQ(SYS(SYS_truncate, "/t", 0), -EISDIR);
	CHECK_EQ(SYS(SYS_close, fd), 0);
	fd = xopen("f", O_WRONLY | O_APPEND, 0);
	CHECK_EQ(SYS(SYS_lseek, fd, 0, SEEK_SET), 0);
	CHECK_EQ(SYS(SYS_write, fd, "end", 3), 3);
	CHECK_EQ(SYS(SYS_lseek, fd, 0, SEEK_CUR), 9);
	CHECK_EQ(SYS(SYS_read, fd, buf, 1), -EBADF);
	CHECK_EQ(SYS(SYS_close, fd), 0);
	CHECK_EQ(SYS(SYS_unlink, "f"), 0);
}

#define FAR (1l << 38) /* UFS with small blocks has no room for more */

static void
holes(void)
{
	struct spacectl_range range, left;
	struct stat st;
	long block, error, fd = xopen("sparse", O_RDWR | O_CREAT, 0644);

	CHECK_EQ(SYS(SYS_pwrite, fd, "x", 1, FAR), 1);
	CHECK_EQ(SYS(SYS_fstat, fd, &st), 0);
	CHECK_EQ(st.st_size, FAR + 1);
	/* The block, and on disks those that lead to it. */
	block = st.st_blksize;
	CHECK(st.st_blocks >= 8 && st.st_blocks <= 4 * block / 512);
	CHECK_EQ(SYS(SYS_pread, fd, buf, 4096, FAR / 2), 4096);
	CHECK_EQ(buf[0] | buf[4095], 0);
	CHECK_EQ(SYS(SYS_lseek, fd, 0, SEEK_DATA), FAR);
	CHECK_EQ(SYS(SYS_lseek, fd, 0, SEEK_HOLE), 0);
	CHECK_EQ(SYS(SYS_lseek, fd, FAR, SEEK_HOLE), FAR + 1);
	CHECK_EQ(SYS(SYS_lseek, fd, FAR + 1, SEEK_DATA), -ENXIO);
	error = SYS(SYS_ftruncate, fd, INT64_MAX);
	CHECK(error == 0 || error == -EFBIG);
	CHECK_EQ(SYS(SYS_pwrite, fd, "x", 1, INT64_MAX), -EFBIG);
	CHECK_EQ(SYS(SYS_ftruncate, fd, 0), 0);
	memset(page, 'p', sizeof(page));
	for (long at = 0; at < 4 * block; at += 4096)
		CHECK_EQ(SYS(SYS_pwrite, fd, page, 4096, at), 4096);
	range.r_offset = range.r_len = block;
	CHECK_EQ(SYS(SYS_fspacectl, fd, SPACECTL_DEALLOC, &range, 0, &left), 0);
	CHECK_EQ(left.r_len, 0);
	CHECK_EQ(SYS(SYS_fstat, fd, &st), 0);
	CHECK_EQ(st.st_blocks, 3 * block / 512);
	CHECK_EQ(SYS(SYS_pread, fd, buf, 4096, block - 2048), 4096);
	CHECK(buf[2047] == 'p' && buf[2048] == 0 && buf[4095] == 0);
	range.r_offset = 100;
	range.r_len = 50;
	CHECK_EQ(SYS(SYS_fspacectl, fd, SPACECTL_DEALLOC, &range, 0, &left), 0);
	CHECK_EQ(SYS(SYS_pread, fd, buf, 4096, 0), 4096);
	CHECK(buf[99] == 'p' && buf[100] == 0 && buf[149] == 0 &&
	      buf[150] == 'p');
	CHECK_EQ(SYS(SYS_posix_fallocate, fd, 0L, 8 * block), 0);
	CHECK_EQ(SYS(SYS_fstat, fd, &st), 0);
	CHECK_EQ(st.st_size, 8 * block);
	CHECK_EQ(st.st_blocks, 8 * block / 512);
	CHECK_EQ(SYS(SYS_posix_fallocate, fd, 0L, 0L), EINVAL);
	CHECK_EQ(SYS(SYS_close, fd), 0);
	CHECK_EQ(SYS(SYS_unlink, "sparse"), 0);
}

/* Reading, writing and mapping are the same pages. */
static void
mapped(void)
{
	long fd = xopen("m", O_RDWR | O_CREAT, 0644);
	char *map, *priv;

	CHECK_EQ(SYS(SYS_write, fd, page, 5000), 5000);
	map = (char *)SYS(
	    SYS_mmap, 0, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0L);
	priv = (char *)SYS(
	    SYS_mmap, 0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0L);
	CHECK_EQ(map[4999], 'p');
	CHECK_EQ(map[5000], 0);
	map[0] = 'm';
	priv[1] = 'q';
	CHECK_EQ(SYS(SYS_pwrite, fd, "w", 1, 2), 1);
	CHECK_EQ(SYS(SYS_pread, fd, buf, 3, 0), 3);
	CHECK(same(buf, "mpw", 3));
	CHECK(same(map, "mpw", 3));
	CHECK_EQ(priv[1], 'q');
	/* From a mapping of the file into the file. */
	CHECK_EQ(SYS(SYS_pwrite, fd, map, 3, 4096), 3);
	CHECK(same(map + 4096, "mpw", 3));
	CHECK_EQ(SYS(SYS_munmap, map, 8192), 0);
	CHECK_EQ(SYS(SYS_munmap, priv, 8192), 0);
	CHECK_EQ(SYS(SYS_close, fd), 0);
	fd = xopen("m", O_RDONLY, 0);
	CHECK_EQ(
	    SYS(SYS_mmap, 0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0L),
	    -EACCES);
	CHECK_EQ(SYS(SYS_close, fd), 0);
	CHECK_EQ(SYS(SYS_unlink, "m"), 0);
}

/* Writes a byte behind the end of a file of 100 bytes, by a mapping. */
static void
write_behind(long fd, bool first_longer)
{
	char *map;

	CHECK_EQ(SYS(SYS_ftruncate, fd, first_longer ? 5000 : 100), 0);
	map = (char *)SYS(
	    SYS_mmap, 0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0L);
	CHECK((long)map > 0);
	map[50] = 'i';
	CHECK_EQ(SYS(SYS_ftruncate, fd, 100), 0);
	map[200] = 'x';
	CHECK_EQ(SYS(SYS_munmap, map, 4096), 0);
}

/* What mappings wrote behind a file's end isn't there when it grows. */
static void
tails(void)
{
	long fd = xopen("tail", O_RDWR | O_CREAT, 0644);

	CHECK_EQ(SYS(SYS_write, fd, page, 100), 100);
	for (int i = 0; i < 6; i++) {
		write_behind(fd, i % 2 == 1);
		if (i / 2 == 0)
			CHECK_EQ(SYS(SYS_ftruncate, fd, 300), 0);
		else if (i / 2 == 1)
			CHECK_EQ(SYS(SYS_pwrite, fd, "w", 1, 5000), 1);
		else
			CHECK_EQ(SYS(SYS_pwrite, fd, "w", 1, 250), 1);
		CHECK_EQ(SYS(SYS_pread, fd, buf, 1, 200), 1);
		CHECK_EQ(buf[0], 0);
		CHECK_EQ(SYS(SYS_pread, fd, buf, 1, 50), 1);
		CHECK_EQ(buf[0], 'i');
	}
	CHECK_EQ(SYS(SYS_close, fd), 0);
	CHECK_EQ(SYS(SYS_unlink, "tail"), 0);
}

static void
limits(void)
{
	struct rlimit rl = {100, RLIM_INFINITY};
	struct sigaction sa = {.sa_handler = SIG_IGN};
	long fd = xopen("l", O_RDWR | O_CREAT, 0644);

	CHECK_EQ(SYS(SYS_sigaction, SIGXFSZ, &sa, NULL), 0);
	CHECK_EQ(SYS(SYS_setrlimit, RLIMIT_FSIZE, &rl), 0);
	CHECK_EQ(SYS(SYS_write, fd, page, 200), 100);
	CHECK_EQ(SYS(SYS_write, fd, page, 1), -EFBIG);
	CHECK_EQ(SYS(SYS_ftruncate, fd, 101), -EFBIG);
	rl.rlim_cur = RLIM_INFINITY;
	CHECK_EQ(SYS(SYS_setrlimit, RLIMIT_FSIZE, &rl), 0);
	CHECK_EQ(SYS(SYS_close, fd), 0);
	CHECK_EQ(SYS(SYS_unlink, "l"), 0);
}

/* The file system fills up, and is there again when files go. */
static void
full(void)
{
	long fd = xopen("big", O_RDWR | O_CREAT, 0644), n, error;
	char *chunk = map_anon(1 << 20, MAP_ANON_PRIVATE);
	struct statfs sf;

	memset(chunk, 'x', 1 << 20);
	do
		n = SYS(SYS_write, fd, chunk, 1 << 20);
	while (n == 1 << 20);
	if (n > 0)
		n = SYS(SYS_write, fd, chunk, 1 << 20);
	CHECK_EQ(n, -ENOSPC);
	(void)lstat_of("big", &error);
	CHECK_EQ(error, 0);
	CHECK_EQ(SYS(SYS_close, fd), 0);
	CHECK_EQ(SYS(SYS_unlink, "big"), 0);
	CHECK_EQ(SYS(SYS_statfs, "/", &sf), 0);
	CHECK(sf.f_bfree > sf.f_blocks / 2);
	CHECK_EQ(SYS(SYS_munmap, chunk, 1 << 20), 0);
}

static void
times(void)
{
	struct timespec ts[2] = {{1000, 1}, {2000, 999999999}};
	struct stat st, old;
	long error;

	CHECK_EQ(put("t", "x"), 0);
	CHECK_EQ(SYS(SYS_utimensat, AT_FDCWD, "t", ts, 0), 0);
	st = lstat_of("t", &error);
	CHECK_EQ(st.st_atim.tv_sec, 1000);
	CHECK_EQ(st.st_atim.tv_nsec, 1);
	CHECK_EQ(st.st_mtim.tv_nsec, 999999999);
	CHECK_EQ(st.st_birthtim.tv_sec, 2000);
	ts[0].tv_nsec = UTIME_OMIT;
	ts[1].tv_nsec = UTIME_NOW;
	CHECK_EQ(SYS(SYS_utimensat, AT_FDCWD, "t", ts, 0), 0);
	st = lstat_of("t", &error);
	CHECK_EQ(st.st_atim.tv_sec, 1000);
	CHECK(st.st_mtim.tv_sec != 2000);
	ts[1].tv_nsec = 1000000000;
	CHECK_EQ(SYS(SYS_utimensat, AT_FDCWD, "t", ts, 0), -EINVAL);
	old = st;
	sleep_ms(2);
	long fd = xopen("t", O_RDWR, 0);
	CHECK_EQ(SYS(SYS_read, fd, buf, 1), 1);
	CHECK_EQ(SYS(SYS_fstat, fd, &st), 0);
	CHECK(st.st_atim.tv_sec != 1000);
	CHECK_EQ(st.st_mtim.tv_nsec, old.st_mtim.tv_nsec);
	CHECK_EQ(SYS(SYS_write, fd, "y", 1), 1);
	CHECK_EQ(SYS(SYS_fstat, fd, &st), 0);
	CHECK(st.st_mtim.tv_nsec != old.st_mtim.tv_nsec);
	CHECK(st.st_ctim.tv_nsec != old.st_ctim.tv_nsec);
	CHECK_EQ(SYS(SYS_close, fd), 0);
}

static void
flags(void)
{
	long fd;

	CHECK_EQ(put("fl", "x"), 0);
	CHECK_EQ(SYS(SYS_chflags, "fl", UF_APPEND), 0);
	CHECK_EQ(xopen("fl", O_WRONLY, 0), -EPERM);
	CHECK_EQ(xopen("fl", O_WRONLY | O_APPEND | O_TRUNC, 0), -EPERM);
	fd = xopen("fl", O_WRONLY | O_APPEND, 0);
	CHECK(fd >= 0);
	CHECK_EQ(SYS(SYS_close, fd), 0);
	CHECK_EQ(SYS(SYS_truncate, "fl", 0), -EPERM);
	CHECK_EQ(SYS(SYS_unlink, "fl"), -EPERM);
	CHECK_EQ(SYS(SYS_chflags, "fl", SF_IMMUTABLE), 0);
	CHECK_EQ(xopen("fl", O_WRONLY | O_APPEND, 0), -EPERM);
	CHECK_EQ(SYS(SYS_chmod, "fl", 0600), -EPERM);
	CHECK_EQ(SYS(SYS_rename, "fl", "fm"), -EPERM);
	CHECK_EQ(SYS(SYS_link, "fl", "fm"), -EPERM);
	CHECK_EQ(SYS(SYS_chflags, "fl", 0), 0);
	CHECK_EQ(SYS(SYS_unlink, "fl"), 0);
}

static void
attributes(void)
{
	CHECK_EQ(put("a", "x"), 0);
	CHECK_EQ(SYS(SYS_extattr_get_file, "a", 1, "k", buf, 10), -ENOATTR);
	CHECK_EQ(SYS(SYS_extattr_set_file, "a", 1, "key", "value", 5), 5);
	CHECK_EQ(SYS(SYS_extattr_set_file, "a", 2, "sys", "", 0), 0);
	CHECK_EQ(SYS(SYS_extattr_get_file, "a", 1, "key", NULL, 0), 5);
	CHECK_EQ(SYS(SYS_extattr_get_file, "a", 1, "key", buf, 3), 3);
	CHECK(same(buf, "val", 3));
	CHECK_EQ(SYS(SYS_extattr_list_file, "a", 1, buf, 100), 4);
	CHECK(same(buf, "\3key", 4));
	CHECK_EQ(SYS(SYS_extattr_delete_file, "a", 1, "key"), 0);
	CHECK_EQ(SYS(SYS_extattr_delete_file, "a", 1, "key"), -ENOATTR);
	CHECK_EQ(SYS(SYS_extattr_list_file, "a", 1, NULL, 0), 0);
	CHECK_EQ(SYS(SYS_extattr_set_file, "a", 7, "key", "v", 1), -EINVAL);
	CHECK_EQ(
	    SYS(SYS_extattr_set_file, "a", 1, "k", (char *)16, 1), -EFAULT);
	CHECK_EQ(SYS(SYS_unlink, "a"), 0);
}

static struct iovec iov[16];
static unsigned niov;

static void
option(const char *name, const char *value)
{
	iov[niov].iov_base = name;
	iov[niov++].iov_len = length(name) + 1;
	iov[niov].iov_base = value;
	iov[niov++].iov_len = value != NULL ? length(value) + 1 : 0;
}

static void
mounts(void)
{
	static struct statfs sf[8];
	long before = SYS(SYS_getfsstat, NULL, 0L, MNT_NOWAIT), fd;

	CHECK(before >= 2);
	CHECK_EQ(SYS(SYS_mkdir, "mnt", 0755), 0);
	option("fstype", "tmpfs");
	option("fspath", "/t/mnt");
	option("size", "1m");
	CHECK_EQ(SYS(SYS_nmount, iov, niov, 0), 0);
	CHECK_EQ(SYS(SYS_getfsstat, sf, sizeof(sf), MNT_WAIT), before + 1);
	CHECK(same(sf[before].f_mntonname, "/t/mnt", 7));
	CHECK_EQ(put("mnt/f", "x"), 0);
	CHECK_EQ(SYS(SYS_rename, "mnt/f", "f"), -EXDEV);
	CHECK_EQ(SYS(SYS_rmdir, "mnt"), -EBUSY);
	CHECK_EQ(SYS(SYS_rename, "mnt", "mnt2"), -EXDEV);
	fd = xopen("mnt/f", O_RDWR, 0);
	for (int i = 0; i < 200; i++)
		CHECK_EQ(SYS(SYS_pwrite, fd, page, 4096, i * 4096l),
		    i < 256 ? 4096 : -ENOSPC);
	CHECK_EQ(SYS(SYS_pwrite, fd, page, 8192, 1l << 30), 8192);
	CHECK_EQ(SYS(SYS_unmount, "mnt", 0), -EBUSY);
	CHECK_EQ(SYS(SYS_close, fd), 0);
	CHECK_EQ(SYS(SYS_chdir, "mnt"), 0);
	CHECK_EQ(SYS(SYS___getcwd, buf, 100), 0);
	CHECK(same(buf, "/t/mnt", 7));
	CHECK_EQ(SYS(SYS_unmount, "/t/mnt", 0), -EBUSY);
	CHECK_EQ(SYS(SYS_chdir, ".."), 0);
	CHECK_EQ(SYS(SYS_unmount, "mnt", 0), 0);
	CHECK(!exists("mnt/f"));
	CHECK_EQ(SYS(SYS_unmount, "mnt", 0), -EINVAL);
	CHECK_EQ(SYS(SYS_unmount, "/", 0), -EINVAL);
	CHECK_EQ(SYS(SYS_rmdir, "mnt"), 0);
}

static void
devices(void)
{
	long fd = xopen("/dev/null", O_RDWR, 0), zero;
	size_t len = sizeof(buf);
	struct stat st;
	char *map;

	CHECK_EQ(SYS(SYS_write, fd, buf, 100), 100);
	CHECK_EQ(SYS(SYS_read, fd, buf, 100), 0);
	CHECK_EQ(SYS(SYS_fstat, fd, &st), 0);
	CHECK(S_ISCHR(st.st_mode));
	CHECK_EQ(SYS(SYS___sysctlbyname, "kern.devname", 12L, buf, &len,
		     &st.st_rdev, 8L),
	    0);
	CHECK(same(buf, "null", 5));
	CHECK_EQ(SYS(SYS_close, fd), 0);
	zero = xopen("/dev/zero", O_RDWR, 0);
	buf[0] = 1;
	CHECK_EQ(SYS(SYS_read, zero, buf, 100), 100);
	CHECK_EQ(buf[0], 0);
	map = (char *)SYS(
	    SYS_mmap, 0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, zero, 0L);
	map[5] = 1;
	CHECK_EQ(map[6], 0);
	fd = xopen("/dev/full", O_RDWR, 0);
	CHECK_EQ(SYS(SYS_write, fd, buf, 1), -ENOSPC);
	fd = xopen("/dev/random", O_RDONLY, 0);
	CHECK_EQ(SYS(SYS_read, fd, buf, 32), 32);
	CHECK(!same(buf, buf + 16, 16));
	CHECK_EQ(xopen("/dev/newfile", O_WRONLY | O_CREAT, 0644), -EOPNOTSUPP);
	/* Descriptors by name. */
	CHECK_EQ(put("d", "x"), 0);
	fd = xopen("/dev/fd/1", O_WRONLY, 0);
	CHECK(fd >= 0);
	CHECK_EQ(SYS(SYS_close, fd), 0);
	CHECK(xopen("/dev/stdout", O_WRONLY, 0) >= 0);
}

/* Makes sure that a directory's entries are all there to be seen. */
static long
list(const char *path)
{
	static char entries[8192];
	long dir = xopen(path, O_RDONLY | O_DIRECTORY, 0), n, count = 0;

	while ((n = SYS(SYS_getdirentries, dir, entries, 512, NULL)) > 0)
		for (long at = 0; at < n; count++)
			at += ((struct dirent *)(entries + at))->d_reclen;
	CHECK_EQ(n, 0);
	CHECK_EQ(SYS(SYS_close, dir), 0);
	return (count);
}

/* A child's memory, by its own addresses, and another user's. */
static void
process_memory(void)
{
	static volatile char word[] = "before";
	long self = SYS(SYS_getpid), child, file, status;
	char path[] = "/proc/00000/mem", *digit = path + 10;

	child = SYS(SYS_fork);
	if (SYS(SYS_getpid) != self) {
		while (word[0] != 'a')
			sleep_ms(1);
		SYS(SYS_exit, word[4] == 'r' ? 6 : 7);
	}
	memcpy(path, "/proc/", 6);
	for (long n = child; n > 0; n /= 10)
		*digit-- = (char)('0' + n % 10);
	/* Numbers do not begin with 0. */
	for (long i = 0; i <= 9 - (digit - path) + 1 + 4; i++)
		path[6 + i] = digit[1 + i];
	file = xopen(path, O_RDWR, 0);
	CHECK(file > 0);
	CHECK_EQ(SYS(SYS_pread, file, buf, 7, &word), 7);
	CHECK(same(buf, "before", 7));
	CHECK_EQ(SYS(SYS_pread, file, buf, 7, 16), -EFAULT);
	CHECK_EQ(SYS(SYS_pwrite, file, buf, 7, &process_memory), -EFAULT);
	CHECK_EQ(SYS(SYS_pwrite, file, "after", 6, &word), 6); /* it ends */
	CHECK(word[0] == 'b');
	CHECK_EQ(SYS(SYS_wait4, child, &status, 0, 0), child);
	CHECK_EQ((int)status, 6 << 8);
	CHECK_EQ(SYS(SYS_pread, file, buf, 7, &word), -ESRCH);
	CHECK_EQ(SYS(SYS_close, file), 0);
	file = xopen("/proc/curproc/osrel", O_RDWR, 0);
	CHECK_EQ(SYS(SYS_read, file, buf, 100), 8);
	CHECK(same(buf, "1500068\n", 8));
	CHECK_EQ(SYS(SYS_pwrite, file, "x", 1, 0), -EINVAL);
	CHECK_EQ(SYS(SYS_pwrite, file, "1400000\n", 8, 0), 8);
	CHECK_EQ(SYS(SYS_pread, file, buf, 100, 0), 8);
	CHECK(same(buf, "1400000\n", 8));
	CHECK_EQ(SYS(SYS_pwrite, file, "1500068", 7, 0), 7);
	CHECK_EQ(SYS(SYS_close, file), 0);
	file = xopen("/proc/curproc/status", O_WRONLY, 0);
	CHECK_EQ(SYS(SYS_write, file, "x", 1), -EOPNOTSUPP);
	CHECK_EQ(SYS(SYS_close, file), 0);
}

static void
processes(void)
{
	long n, file;

	(void)SYS(SYS_mkdir, "/proc", 0755);
	niov = 0;
	option("fstype", "procfs");
	option("fspath", "/proc");
	CHECK_EQ(SYS(SYS_nmount, iov, niov, 0), 0);
	CHECK(list("/proc") >= 5);
	CHECK_EQ(list("/proc/curproc/"), 11);
	n = SYS(SYS_readlink, "/proc/curproc/file", buf, 100);
	CHECK(n > 6 && same(buf + n - 6, "fileio", 6));
	file = xopen("/proc/curproc/status", O_RDONLY, 0);
	CHECK(SYS(SYS_read, file, buf, 100) > 20);
	CHECK(same(buf, "fileio ", 7));
	CHECK_EQ(SYS(SYS_close, file), 0);
	file = xopen("/proc/self/map", O_RDONLY, 0);
	CHECK(SYS(SYS_read, file, buf, 4000) > 100);
	CHECK_EQ(SYS(SYS_unmount, "/proc", 0), -EBUSY);
	CHECK_EQ(SYS(SYS_close, file), 0);
	process_memory();
	CHECK_EQ(xopen("/proc/0", O_RDONLY, 0), -ENOENT);
	CHECK_EQ(xopen("/proc/99998", O_RDONLY, 0), -ENOENT);
	CHECK_EQ(SYS(SYS_unmount, "/proc", 0), 0);
	/* fdescfs: 0, 1, 2, more, and the one that lists. */
	CHECK(list("/dev/fd") >= 6);
	CHECK_EQ(xopen("/dev/fd/77", O_RDONLY, 0), -ENOENT);
}

int
main(int argc, char **argv)
{
	CHECK_EQ(SYS(SYS_mkdir, "/t", 0755), 0);
	CHECK_EQ(SYS(SYS_chdir, "/t"), 0);
	basic();
	holes();
	mapped();
	tails();
	limits();
	full();
	times();
	flags();
	attributes();
	mounts();
	devices();
	processes();
	return (result("fileio"));
}
