/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A directory of 100,000 entries, in little memory: made, looked at, and
 * removed again.
 */
#include <dirent.h>

#include "mounted.h"

#define ON "/mnt"
#define N  100000

static char path[64];

static const char *
name(int i)
{
	snprintf(path, sizeof(path), ON "/d/entry-%d", i);
	return (path);
}

static int
count(void)
{
	DIR *d = opendir(ON "/d");
	int n = 0;

	must(d != NULL, "opendir");
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return (n);
}

int
main(void)
{
	struct stat st;
	int fd;

	must(mkdir(ON, 0755) == 0, ON);
	must(mount_disk("ufs", DISK, ON, false) == 0, "mount");
	must(mkdir(ON "/d", 0755) == 0, "mkdir");
	for (int i = 0; i < N; i++) {
		fd = open(name(i), O_CREAT | O_EXCL | O_WRONLY, 0644);
		must(fd >= 0, path);
		close(fd);
	}
	must(unmount_disk(ON) == 0, "unmount");
	must(mount_disk("ufs", DISK, ON, false) == 0, "mount");
	must(count() == N + 2, "number of entries");
	for (int i = 0; i < N; i += 7)
		must(stat(name(i), &st) == 0, path);
	must(stat(name(N), &st) != 0, "one too many");
	for (int i = 0; i < N; i++)
		must(unlink(name(i)) == 0, path);
	must(count() == 2, "number of entries");
	must(rmdir(ON "/d") == 0, "rmdir");
	must(unmount_disk(ON) == 0, "unmount");
	printf("many: ok\n");
	return (0);
}
