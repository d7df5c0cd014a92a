/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * iso UID: the volume that iso.sh made, by Rock Ridge's names, Joliet's and its
 * own; UID owns its files.
 */
#include <dirent.h>
#include <sys/mman.h>

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

static bool
fails(long result, int error)
{
	return (result == -1 && errno == error);
}

/* With up to two options. */
static int
mount_iso(const char *a, const char *b)
{
	const char *const s[] = {"fstype", "cd9660", "fspath", ON, "from", DISK,
	    "ssector", "0", a, NULL, b, NULL};
	struct iovec iov[12];
	unsigned n = 8 + (a != NULL ? 2 : 0) + (b != NULL ? 2 : 0);

	for (unsigned i = 0; i < n; i++)
		mount_option(&iov[i], s[i]);
	return (nmount(iov, n, MNT_RDONLY));
}

static struct stat
stat_of(const char *path)
{
	struct stat st = {0};

	CHECK(lstat(path, &st) == 0);
	return (st);
}

static bool
has(const char *path, const char *text)
{
	char buf[64] = {0};
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, sizeof(buf) - 1);

	if (fd >= 0)
		close(fd);
	return (n == (ssize_t)strlen(text) && strcmp(buf, text) == 0);
}

static unsigned
names_in(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *de;
	struct stat st;
	char name[600];
	unsigned n = 0;

	CHECK(d != NULL);
	while (d != NULL && (de = readdir(d)) != NULL) {
		snprintf(name, sizeof(name), "%s/%s", path, de->d_name);
		CHECK(lstat(name, &st) == 0);
		CHECK(strcmp(de->d_name, "..") == 0 || st.st_ino == de->d_ino);
		n++;
	}
	if (d != NULL)
		closedir(d);
	return (n);
}

static void
contents(void)
{
	char line[17] = {0}, *map;
	int fd = open(ON "/big", O_RDONLY);
	struct stat st = stat_of(ON "/big");

	must(st.st_size == 65537 * 16, "big");
	for (int i = 0; i < 65537; i += 4097)
		CHECK(pread(fd, line, 16, i * 16l) == 16 && atoi(line) == i);
	CHECK(pread(fd, line, 16, st.st_size - 3) == 3);
	CHECK(pread(fd, line, 16, st.st_size) == 0);
	map = mmap(NULL, 65538 * 16, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(map != MAP_FAILED &&
	      memcmp(map + 65536 * 16, "0000000000655", 13) == 0);
	CHECK(map[65537 * 16] == 0);
	CHECK(munmap(map, 65538 * 16) == 0 && close(fd) == 0);
}

static void
links(const char *zeroes)
{
	char text[1100] = {0}, wanted[1100];

	CHECK(readlink(ON "/link", text, sizeof(text)) == 10);
	CHECK(strcmp(text, "Hello.Text") == 0);
	CHECK(has(ON "/link", "hello\n"));
	snprintf(
	    wanted, sizeof(wanted), "/../x/./%s/%s/%s", zeroes, zeroes, zeroes);
	memset(text, 0, sizeof(text));
	CHECK(readlink(ON "/longlink", text, sizeof(text)) ==
	      (ssize_t)strlen(wanted));
	CHECK(strcmp(text, wanted) == 0);
	CHECK(stat_of(ON "/longlink").st_size == (off_t)strlen(wanted));
}

static void
rock_ridge(uid_t uid)
{
	char zeroes[201], path[300], cwd[300];
	struct stat st;

	snprintf(zeroes, sizeof(zeroes), "%0200d", 7);
	must(mount_iso(NULL, NULL) == 0, "mount");
	st = stat_of(ON "/Hello.Text");
	CHECK(st.st_mode == (S_IFREG | 04751) && st.st_uid == uid);
	CHECK(st.st_nlink == 2 && st.st_size == 6);
	CHECK(st.st_mtime == 981173106);
	CHECK(has(ON "/second", "hello\n") && has(ON "/empty", ""));
	CHECK(fails(open(ON "/hello.text", O_RDONLY), ENOENT));
	CHECK(S_ISFIFO(stat_of(ON "/fifo").st_mode));
	CHECK(stat_of(ON "/deep").st_mode == (S_IFDIR | 0700));
	snprintf(path, sizeof(path), ON "/%s", zeroes);
	CHECK(has(path, "long\n"));
	CHECK(has(ON "/ä€", "umlaut\n"));
	contents();
	links(zeroes);
	/* A directory that lies elsewhere is where it was. */
	CHECK(chdir(ON "/deep/2/3/4/5/6/7/8/9") == 0);
	CHECK(has("nine", "nine\n"));
	CHECK(getcwd(cwd, sizeof(cwd)) != NULL);
	CHECK(strcmp(cwd, ON "/deep/2/3/4/5/6/7/8/9") == 0);
	CHECK(stat_of("..").st_ino == stat_of(ON "/deep/2/3/4/5/6/7/8").st_ino);
	CHECK(names_in("../../..") == 3);
	CHECK(fails(unmount_disk(ON), EBUSY));
	CHECK(chdir("/") == 0);
	CHECK(names_in(ON "/many") == 702);
	CHECK(access(ON "/many/file-number-699", R_OK) == 0);
	CHECK(fails(access(ON "/many/file-number-700", R_OK), ENOENT));
	CHECK(unmount_disk(ON) == 0);
}

/* Nothing can be written. */
static void
only_read(void)
{
	CHECK(fails(mount_disk("cd9660", DISK, ON, false), EROFS));
	CHECK(mount_iso(NULL, NULL) == 0);
	CHECK(fails(open(ON "/empty", O_RDWR), EROFS));
	CHECK(fails(open(ON "/new", O_RDWR | O_CREAT, 0644), EROFS));
	CHECK(fails(mkdir(ON "/new", 0755), EROFS));
	CHECK(fails(unlink(ON "/empty"), EROFS));
	CHECK(fails(rmdir(ON "/many"), EROFS));
	CHECK(fails(rename(ON "/empty", ON "/new"), EROFS));
	CHECK(fails(link(ON "/empty", ON "/new"), EROFS));
	CHECK(fails(chmod(ON "/empty", 0), EROFS));
	CHECK(fails(truncate(ON "/empty", 1), EROFS));
	CHECK(unmount_disk(ON) == 0);
}

static void
other_names(void)
{
	struct stat st;

	CHECK(mount_iso("norrip", NULL) == 0);
	CHECK(has(ON "/Hello.Text", "hello\n") && has(ON "/ä€", "umlaut\n"));
	CHECK(fails(access(ON "/link", F_OK), ENOENT));
	st = stat_of(ON "/Hello.Text");
	CHECK(st.st_mode == (S_IFREG | 0555) && st.st_uid == 0);
	CHECK(names_in(ON "/many") == 702);
	CHECK(unmount_disk(ON) == 0);
	CHECK(mount_iso("norrip", "nojoliet") == 0);
	CHECK(
	    has(ON "/hello.tex", "hello\n") && has(ON "/HELLO.TEX", "hello\n"));
	CHECK(names_in(ON "/many") == 702);
	CHECK(unmount_disk(ON) == 0);
}

static int
mount_with(const char *name, const char *value)
{
	const char *const s[] = {
	    "fstype", "cd9660", "fspath", ON, "from", DISK, name, value};
	struct iovec iov[8];

	for (unsigned i = 0; i < 8; i++)
		mount_option(&iov[i], s[i]);
	return (nmount(iov, 8, MNT_RDONLY));
}

static void
options(void)
{
	CHECK(mount_with("uid", "77") == 0);
	CHECK(stat_of(ON "/empty").st_uid == 77);
	CHECK(unmount_disk(ON) == 0);
	CHECK(mount_with("mask", "292") == 0); /* 0444 */
	CHECK(stat_of(ON "/Hello.Text").st_mode == (S_IFREG | 0440));
	CHECK(stat_of(ON "/deep").st_mode == (S_IFDIR | 0700));
	CHECK(unmount_disk(ON) == 0);
	CHECK(fails(mount_with("uid", "x"), EINVAL));
	CHECK(fails(mount_with("nothing", NULL), EINVAL));
	CHECK(fails(mount_with("ssector", "1000000000"), EINVAL));
	CHECK(
	    fails(mount_with("ssector", "1"), EINVAL) || unmount_disk(ON) == 0);
}

int
main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	mkdir(ON, 0755);
	rock_ridge(argc > 1 ? (uid_t)atoi(argv[1]) : 0);
	only_read();
	other_names();
	options();
	return (failures != 0);
}
