/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hostile TYPE: mounts each partition of the first disk, uses all that can be
 * reached in it, and unmounts it.  Whatever is wrong with it, calls return,
 * and the kernel goes on.  What they return is counted, not judged.
 */
#include <dirent.h>

#include "mounted.h"

#define PATH_ROOM 2000
#define MAX_SEEN  1000 /* files */
#define MAX_DEPTH 12   /* a circle of folders would have no end */
#define MAX_READ  (4 << 20)

static const char *type;
static unsigned seen, errors, disks;
static char on[16]; /* where it is mounted */

static void
count(long result)
{
	errors += result < 0;
}

static void
use_file(const char *path, const struct stat *st, bool writable)
{
	static char buf[65536];
	ssize_t n;
	off_t left = MAX_READ;
	int fd = open(path, writable ? O_RDWR : O_RDONLY);

	count(fd);
	if (fd < 0)
		return;
	while (left > 0 && (n = read(fd, buf, sizeof(buf))) > 0)
		left -= n;
	count(pread(fd, buf, 100, st->st_size / 2));
	count(pread(fd, buf, 100, st->st_size - 1));
	if (writable) {
		count(pwrite(fd, "x", 1, st->st_size / 2));
		count(pwrite(fd, "end", 3, st->st_size));
		if (seen % 3 == 0)
			count(ftruncate(fd, st->st_size / 3));
		if (seen % 5 == 0)
			count(fsync(fd));
	}
	count(close(fd));
}

static void
use_link(const char *path)
{
	char buf[2000];

	count(readlink(path, buf, sizeof(buf)));
}

/* What was found is used, and some of it removed or moved. */
static void
walk(char *path, int depth, bool writable)
{
	const size_t len = strlen(path);
	char to[PATH_ROOM + 4];
	struct dirent *de;
	struct stat st;
	DIR *d;

	if (seen++ > MAX_SEEN || depth > MAX_DEPTH)
		return;
	if (lstat(path, &st) != 0) {
		errors++;
		return;
	}
	if (S_ISREG(st.st_mode))
		use_file(path, &st, writable);
	else if (S_ISLNK(st.st_mode))
		use_link(path);
	else if (S_ISDIR(st.st_mode) && (d = opendir(path)) != NULL) {
		while ((de = readdir(d)) != NULL) {
			if (strcmp(de->d_name, ".") == 0 ||
			    strcmp(de->d_name, "..") == 0 ||
			    len + strlen(de->d_name) + 2 > PATH_ROOM)
				continue;
			sprintf(path + len, "/%s", de->d_name);
			walk(path, depth + 1, writable);
			path[len] = '\0';
		}
		closedir(d);
	}
	if (!writable || len <= strlen(on))
		return;
	snprintf(to, sizeof(to), "%s.to", path);
	if (seen % 4 == 0)
		count(rename(path, to));
	else if (seen % 4 == 1)
		count(S_ISDIR(st.st_mode) ? rmdir(path) : unlink(path));
	else if (seen % 4 == 2)
		count(link(path, to));
}

static void
make_some(void)
{
	char name[64];

	for (int i = 0; i < 20; i++) {
		int fd;

		snprintf(name, sizeof(name), "%s/a new name %d", on, i);
		if (i % 4 == 0) {
			count(mkdir(name, 0755));
			continue;
		}
		fd = open(name, O_RDWR | O_CREAT, 0644);
		count(fd);
		if (fd < 0)
			continue;
		for (int n = 0; n < i; n++)
			count(write(fd, name, sizeof(name)));
		count(pwrite(fd, "far", 3, 70000));
		count(close(fd));
	}
	sync();
}

static void
use(const char *dev)
{
	static char path[PATH_ROOM + 300];
	struct statfs fs;
	bool writable = true;

	snprintf(on, sizeof(on), "/mnt%u", ++disks);
	must(mkdir(on, 0755) == 0, on);
	seen = errors = 0;
	printf("%s: ", strrchr(dev, '/') + 1);
	fflush(stdout);
	if (mount_disk(type, dev, on, false) != 0) {
		printf("rw: %s; ", strerror(errno));
		fflush(stdout);
		writable = false;
		if (mount_disk(type, dev, on, true) != 0) {
			printf("ro: %s\n", strerror(errno));
			return;
		}
	}
	count(statfs(on, &fs));
	strcpy(path, on);
	walk(path, 0, false);
	if (writable) {
		make_some();
		walk(path, 0, true);
	}
	printf("%u files, %u errors", seen, errors);
	fflush(stdout);
	/* What can't be written stays mounted. */
	if (unmount_disk(on) != 0)
		printf(", unmount: %s", strerror(errno));
	printf("\n");
}

int
main(int argc, char **argv)
{
	if (argc != 2)
		return (2);
	type = argv[1];
	printf("%d file systems\n", each_disk(use));
	return (0);
}
