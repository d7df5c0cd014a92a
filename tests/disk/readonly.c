/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * readonly [TYPE]: when a file system that is used can become read-only, and
 * when it is busy: while somebody has a file open for writing, or mapped so
 * that it could be written, or has one open that has no name any more.  Nothing
 * else is in the way.
 */
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "mounted.h"

#define ON "/mnt"

static const char *type = "ufs";

/* It becomes read-only and is written again, or else is busy. */
static void
try(bool busy, const char *what)
{
	int ret = update_disk(ON, "ro", NULL);

	if (busy ? ret == 0 || errno != EBUSY : ret != 0)
		quit(what);
	must(update_disk(ON, "rw", NULL) == 0, what);
}

static int
have(const char *path, int flags)
{
	int fd = open(path, flags, 0644);

	must(fd >= 0, path);
	return (fd);
}

static void
opened(void)
{
	int fd = have(ON "/f", O_RDONLY);

	try(false, "open for reading");
	close(fd);
	fd = have(ON "/f", O_RDWR);
	try(true, "open for writing");
	close(fd);
	try(false, "closed");
	if (mkfifo(ON "/fifo", 0644) == 0) {
		fd = have(ON "/fifo", O_RDWR);
		try(false, "a FIFO");
		close(fd);
	}
	must(chdir(ON) == 0, "chdir");
	try(false, "a working directory");
	must(chdir("/") == 0, "chdir");
}

static void
mapped_as(int open_flags, int map_flags, bool busy, const char *what)
{
	int fd = have(ON "/f", open_flags);
	char *map = mmap(NULL, 4096, PROT_READ, map_flags, fd, 0);

	must(map != MAP_FAILED, what);
	close(fd);
	(void)*(volatile char *)map;
	try(busy, what);
	munmap(map, 4096);
	try(false, "unmapped");
}

static void
nameless(const char *what, int fd, bool folder)
{
	must((folder ? rmdir(ON "/g") : unlink(ON "/g")) == 0, what);
	try(true, what);
	close(fd);
	try(false, what);
}

/* By force: then a mapping can't be written any more, but what it was before is
 * on the disk. */
static void
forced(void)
{
	int fd = have(ON "/f", O_RDWR), status;
	char *map, c = 0;
	pid_t pid;

	map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	must(map != MAP_FAILED, "mmap");
	*map = 'y';
	must(update_disk(ON, "ro", "force") == 0, "by force");
	pid = fork();
	if (pid == 0) {
		*(volatile char *)map = 'z';
		_exit(0);
	}
	must(waitpid(pid, &status, 0) == pid, "waitpid");
	must(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS, "SIGBUS");
	must(munmap(map, 4096) == 0 && close(fd) == 0, "munmap");
	must(unmount_disk(ON) == 0, "unmount");
	must(mount_disk(type, DISK, ON, false) == 0, "mount");
	fd = have(ON "/f", O_RDONLY);
	must(read(fd, &c, 1) == 1 && c == 'y', "what was mapped");
	close(fd);
}

int
main(int argc, char **argv)
{
	int fd;

	if (argc > 1)
		type = argv[1];

	mkdir(ON, 0755);
	must(mount_disk(type, DISK, ON, false) == 0, "mount");
	fd = have(ON "/f", O_CREAT | O_WRONLY);
	must(write(fd, "x", 1) == 1, "write");
	close(fd);
	opened();
	mapped_as(O_RDONLY, MAP_SHARED, false, "mapped to be read");
	mapped_as(O_RDWR, MAP_PRIVATE, false, "mapped for itself");
	mapped_as(O_RDWR, MAP_SHARED, true, "mapped to be written");
	forced();
	nameless("a file", have(ON "/g", O_CREAT | O_RDONLY), false);
	must(mkdir(ON "/g", 0755) == 0, "mkdir");
	nameless("a directory", have(ON "/g", O_RDONLY), true);
	must(unmount_disk(ON) == 0, "unmount");
	return (0);
}
