/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The life of a mounted UFS2 disk: what stays over an unmount and what doesn't,
 * reading and writing in turn, no room left, no inodes left, attributes, times
 * and flags.  The disk is empty and small.
 */
#include <dirent.h>
#include <signal.h>
#include <sys/extattr.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <sys/wait.h>

#include "mounted.h"

#define ON "/mnt"

static int failures;
#define CHECK(x) check((x), #x, __LINE__)

static void
check(bool good, const char *what, int line)
{
	if (good)
		return;
	failures++;
	printf("line %d: not true: %s (errno %d)\n", line, what, errno);
}

static void
again(bool rdonly)
{
	CHECK(unmount_disk(ON) == 0);
	CHECK(mount_disk("ufs", DISK, ON, rdonly) == 0);
}

static int
put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	ssize_t n;

	if (fd < 0)
		return (-1);
	n = write(fd, text, strlen(text));
	return (close(fd) == 0 && n == (ssize_t)strlen(text) ? 0 : -1);
}

static bool
has(const char *path, const char *text)
{
	char buf[256] = {0};
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, sizeof(buf) - 1);

	if (fd >= 0)
		close(fd);
	return (n == (ssize_t)strlen(text) && strcmp(buf, text) == 0);
}

static bool
fails(int result, int error)
{
	return (result == -1 && errno == error);
}

/* Reading only, and writing, without unmounting it. */
static void
modes(void)
{
	int fd;

	CHECK(put(ON "/f", "one") == 0);
	again(true);
	CHECK(has(ON "/f", "one"));
	CHECK(fails(put(ON "/f", "two"), EROFS));
	CHECK(fails(unlink(ON "/f"), EROFS));
	CHECK(fails(mkdir(ON "/d", 0755), EROFS));
	CHECK(fails(rename(ON "/f", ON "/g"), EROFS));
	CHECK(fails(chmod(ON "/f", 0600), EROFS));
	fd = open(ON "/f", O_RDONLY);
	CHECK(update_disk(ON, "rw", NULL) == 0);
	CHECK(put(ON "/f", "two") == 0);
	CHECK(fails(unmount_disk(ON), EBUSY));
	close(fd);
	fd = open(ON "/f", O_WRONLY);
	CHECK(fails(update_disk(ON, "ro", NULL), EBUSY));
	CHECK(write(fd, "T", 1) == 1);
	close(fd);
	CHECK(update_disk(ON, "ro", NULL) == 0);
	CHECK(fails(put(ON "/f", "three"), EROFS));
	CHECK(has(ON "/f", "Two"));
	CHECK(update_disk(ON, "ro", "reload") == 0);
	CHECK(has(ON "/f", "Two"));
	CHECK(update_disk(ON, "rw", "sync") == 0);
	CHECK(put(ON "/f", "four") == 0);
	CHECK(fails(update_disk(ON, "rw", "reload"), EINVAL));
	again(false);
	CHECK(has(ON "/f", "four"));
	CHECK(fails(mount_disk("ufs", DISK, "/tmp", false), EBUSY));
	CHECK(unlink(ON "/f") == 0);
}

/* The disk's first 512 bytes of those, aligned, are others from now on. */
static void
overwrite(const char *old, const char *new)
{
	static char buf[65536];
	int fd = open(DISK, O_RDWR);
	size_t at = 0;
	ssize_t n;

	CHECK(fd >= 0);
	for (off_t where = 0;; where += n) {
		n = pread(fd, buf, sizeof(buf), where);
		CHECK(n > 0);
		for (at = 0; at < (size_t)n && memcmp(buf + at, old, 512) != 0;)
			at += 512;
		if (at < (size_t)n) {
			CHECK(pwrite(fd, new, 512, where + (off_t)at) == 512);
			CHECK(close(fd) == 0);
			return;
		}
	}
}

/*
 * Whoever repairs a file system does it by /dev, while that is read; what is in
 * memory doesn't outlive it when the file system becomes writable.
 */
static void
from_below(void)
{
	char old[512], new[512];
	int fd;

	memset(old, 'o', sizeof(old));
	memset(new, 'n', sizeof(new));
	fd = open(ON "/f", O_RDWR | O_CREAT, 0644);
	CHECK(write(fd, old, sizeof(old)) == sizeof(old));
	CHECK(close(fd) == 0);
	CHECK(update_disk(ON, "ro", NULL) == 0);
	overwrite(old, new);
	fd = open(ON "/f", O_RDONLY);
	CHECK(pread(fd, old, 1, 0) == 1 && old[0] == 'o');
	CHECK(update_disk(ON, "rw", NULL) == 0);
	CHECK(pread(fd, old, 512, 0) == 512 && memcmp(old, new, 512) == 0);
	CHECK(close(fd) == 0 && unlink(ON "/f") == 0);
}

static unsigned long
room(void)
{
	struct statvfs sv;

	CHECK(statvfs(ON, &sv) == 0);
	return (sv.f_bfree * sv.f_frsize);
}

/* Not all of a hole has room to become anything else. */
static void
map_hole(int fd)
{
	int status;
	char *map;
	pid_t pid;

	map = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(map != MAP_FAILED);
	CHECK(map[100000] == 0);
	pid = fork();
	if (pid == 0) {
		for (int i = 0; i < 1 << 20; i += 4096)
			map[i] = 1;
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS);
	CHECK(munmap(map, 1 << 20) == 0);
}

static void
no_room(void)
{
	static char buf[65536];
	unsigned long before = room();
	int fd, hole;
	long all = 0;
	ssize_t n;

	hole = open(ON "/hole", O_RDWR | O_CREAT, 0644);
	CHECK(ftruncate(hole, 1 << 20) == 0);
	fd = open(ON "/big", O_RDWR | O_CREAT, 0644);
	memset(buf, 'b', sizeof(buf));
	while ((n = write(fd, buf, sizeof(buf))) > 0)
		all += n;
	CHECK(fails((int)n, ENOSPC));
	CHECK(all > (long)before / 2);
	map_hole(hole);
	CHECK(lseek(fd, 0, SEEK_END) == all);
	CHECK(pread(fd, buf, 100, all - 100) == 100 && buf[99] == 'b');
	/* What is there can be changed, cut, and removed. */
	CHECK(pwrite(fd, "x", 1, 0) == 1 && fsync(fd) == 0);
	CHECK(put(ON "/small", "x") == -1 || unlink(ON "/small") == 0);
	CHECK(ftruncate(fd, all / 2) == 0);
	CHECK(put(ON "/small", "small") == 0);
	close(fd);
	close(hole);
	again(false);
	CHECK(has(ON "/small", "small"));
	CHECK(unlink(ON "/big") == 0 && unlink(ON "/hole") == 0);
	CHECK(unlink(ON "/small") == 0);
	CHECK(room() + 65536 > before);
}

static void
no_inodes(void)
{
	char path[64];
	int n = 0;

	CHECK(mkdir(ON "/many", 0755) == 0);
	do
		snprintf(path, sizeof(path), ON "/many/%d", n++);
	while (put(path, "") == 0);
	CHECK(errno == ENOSPC && n > 500);
	CHECK(fails(mkdir(ON "/d", 0755), ENOSPC));
	CHECK(fails(symlink("x", ON "/l"), ENOSPC));
	CHECK(unlink(ON "/many/7") == 0);
	CHECK(put(ON "/instead", "yes") == 0);
	CHECK(unlink(ON "/instead") == 0);
	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), ON "/many/%d", i);
		CHECK(unlink(path) == 0 || i == 7 || i == n - 1);
	}
	again(false);
	CHECK(rmdir(ON "/many") == 0);
}

/* They stay, all but those that were removed. */
static void
attributes(void)
{
	static char value[7000], found[7000];
	const char *f = ON "/attr";

	memset(value, 'v', sizeof(value));
	CHECK(put(f, "contents") == 0);
	CHECK(extattr_set_file(f, EXTATTR_NAMESPACE_USER, "one", "1", 1) == 1);
	CHECK(extattr_set_file(f, EXTATTR_NAMESPACE_USER, "long", value,
		  sizeof(value)) == sizeof(value));
	CHECK(
	    extattr_set_file(f, EXTATTR_NAMESPACE_SYSTEM, "one", "s", 1) == 1);
	CHECK(extattr_set_file(f, EXTATTR_NAMESPACE_USER, "gone", "g", 1) == 1);
	CHECK(extattr_delete_file(f, EXTATTR_NAMESPACE_USER, "gone") == 0);
	CHECK(
	    extattr_set_file(f, EXTATTR_NAMESPACE_USER, "one", "two", 3) == 3);
	again(false);
	CHECK(extattr_get_file(f, EXTATTR_NAMESPACE_USER, "one", found, 10) ==
		  3 &&
	      memcmp(found, "two", 3) == 0);
	CHECK(extattr_get_file(f, EXTATTR_NAMESPACE_USER, "long", found,
		  sizeof(found)) == sizeof(found) &&
	      memcmp(found, value, sizeof(value)) == 0);
	CHECK(extattr_get_file(f, EXTATTR_NAMESPACE_SYSTEM, "one", found, 10) ==
		  1 &&
	      found[0] == 's');
	CHECK(fails(
	    (int)extattr_get_file(f, EXTATTR_NAMESPACE_USER, "gone", found, 10),
	    ENOATTR));
	CHECK(extattr_list_file(f, EXTATTR_NAMESPACE_USER, found, 100) == 9);
	CHECK(has(f, "contents"));
	CHECK(unlink(f) == 0);
}

static void
times_and_flags(void)
{
	const struct timespec then[2] = {{1000000000, 1}, {2000000000, 999}};
	const char *f = ON "/f";
	struct stat before, after;
	char link[512], found[512];

	CHECK(put(f, "contents") == 0);
	CHECK(utimensat(AT_FDCWD, f, then, 0) == 0);
	CHECK(fails(chflags(f, 0x10000000), EOPNOTSUPP));
	CHECK(fails(chflags(f, 0x00200000), EPERM)); /* SF_SNAPSHOT */
	CHECK(chflags(f, UF_NODUMP | SF_IMMUTABLE) == 0);
	memset(link, 'l', 400);
	link[400] = '\0';
	CHECK(symlink(link, ON "/long") == 0 && symlink("f", ON "/short") == 0);
	CHECK(stat(f, &before) == 0);
	again(false);
	CHECK(stat(f, &after) == 0);
	CHECK(after.st_atim.tv_sec == 1000000000 && after.st_atim.tv_nsec == 1);
	CHECK(
	    after.st_mtim.tv_sec == 2000000000 && after.st_mtim.tv_nsec == 999);
	CHECK(memcmp(&before.st_ctim, &after.st_ctim, sizeof(before.st_ctim)) ==
	      0);
	CHECK(memcmp(&before.st_birthtim, &after.st_birthtim,
		  sizeof(before.st_birthtim)) == 0);
	CHECK(after.st_flags == (UF_NODUMP | SF_IMMUTABLE));
	CHECK(fails(unlink(f), EPERM));
	CHECK(chflags(f, 0) == 0);
	CHECK(readlink(ON "/long", found, sizeof(found)) == 400 &&
	      memcmp(found, link, 400) == 0);
	CHECK(has(ON "/short", "contents"));
	/* Reading counts, but with noatime. */
	again(false);
	CHECK(stat(f, &after) == 0 && after.st_atim.tv_sec > 1700000000);
	CHECK(utimensat(AT_FDCWD, f, then, 0) == 0);
	CHECK(update_disk(ON, "rw", "noatime") == 0);
	CHECK(has(f, "contents"));
	again(false);
	CHECK(stat(f, &after) == 0 && after.st_atim.tv_sec == 1000000000);
	/* A name's type goes with what it leads to; fsck looks. */
	CHECK(rename(ON "/short", f) == 0 && put(ON "/f2", "2") == 0);
	CHECK(rename(ON "/f2", ON "/long") == 0 && has(ON "/long", "2"));
	CHECK(mkdir(ON "/types", 0755) == 0 && put(ON "/types/f", "f") == 0);
	CHECK(symlink("f", ON "/types/l") == 0);
	CHECK(rename(ON "/types/f", ON "/types/l") == 0);
	CHECK(unlink(f) == 0 && unlink(ON "/long") == 0);
}

/* What is written to a mapping, holes too, is the file's. */
static void
mappings(void)
{
	const struct timespec then[2] = {{1000000000, 1}, {1000000000, 1}};
	const char *f = ON "/map";
	struct stat st;
	char buf[4];
	char *map;
	int fd = open(f, O_RDWR | O_CREAT, 0644);

	CHECK(ftruncate(fd, 1000000) == 0);
	map = mmap(NULL, 1000000, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(map != MAP_FAILED);
	memcpy(map + 500000, "in", 2);
	CHECK(pread(fd, buf, 2, 500000) == 2 && memcmp(buf, "in", 2) == 0);
	CHECK(msync(map + 499712, 4096, MS_SYNC) == 0);
	/* It counts as a modification. */
	CHECK(utimensat(AT_FDCWD, f, then, 0) == 0);
	memcpy(map + 500000, "in", 2);
	CHECK(msync(map + 499712, 4096, MS_SYNC) == 0);
	CHECK(fstat(fd, &st) == 0 && st.st_mtim.tv_sec > 1700000000);
	memcpy(map + 500000, "in", 2);
	CHECK(utimensat(AT_FDCWD, f, then, 0) == 0);
	sync();
	CHECK(fstat(fd, &st) == 0 && st.st_mtim.tv_sec == 1000000000);
	memcpy(map + 999990, "end", 3);
	memcpy(map + 500000, "IN", 2);
	CHECK(munmap(map, 1000000) == 0);
	close(fd);
	again(false);
	fd = open(f, O_RDONLY);
	CHECK(pread(fd, buf, 2, 500000) == 2 && memcmp(buf, "IN", 2) == 0);
	CHECK(pread(fd, buf, 3, 999990) == 3 && memcmp(buf, "end", 3) == 0);
	CHECK(pread(fd, buf, 1, 499999) == 1 && buf[0] == 0);
	CHECK(fstat(fd, &st) == 0 && st.st_mtim.tv_sec > 1700000000);
	close(fd);
	CHECK(unlink(f) == 0);
}

/* Files without a name: they live while somebody has them open. */
static void
nameless(void)
{
	unsigned long before = room();
	static char buf[100000];
	int fd = open(ON "/n", O_RDWR | O_CREAT, 0644);

	CHECK(write(fd, buf, sizeof(buf)) == sizeof(buf));
	CHECK(unlink(ON "/n") == 0);
	sync();
	CHECK(room() < before);
	CHECK(pread(fd, buf, 10, 99990) == 10);
	CHECK(write(fd, buf, sizeof(buf)) == sizeof(buf));
	CHECK(fails(unmount_disk(ON), EBUSY));
	close(fd);
	CHECK(room() == before);
	CHECK(mkdir(ON "/d", 0755) == 0 && chdir(ON "/d") == 0);
	CHECK(rmdir(ON "/d") == 0);
	CHECK(fails(open("f", O_CREAT | O_RDWR, 0644), ENOENT));
	CHECK(chdir("/") == 0);
	CHECK(room() == before);
}

int
main(void)
{
	CHECK(mkdir(ON, 0755) == 0 || errno == EEXIST);
	if (mount_disk("ufs", DISK, ON, false) != 0)
		quit(DISK);
	modes();
	from_below();
	no_room();
	no_inodes();
	attributes();
	times_and_flags();
	mappings();
	nameless();
	CHECK(unmount_disk(ON) == 0);
	printf("life: %s\n", failures == 0 ? "ok" : "failed");
	return (failures != 0);
}
