/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * copy SRC: mounts the first disk, or each of its partitions, copies the tree
 * into it with all that a file system keeps, and unmounts it: what others are
 * to read.
 */
#include <dirent.h>

#include "mounted.h"

#define ON	  "/mnt"
#define PATH_ROOM 4096
#define MAX_LINKS 100

/* Files with several names: where the first copy is. */
static struct {
	ino_t ino;
	char path[300];
} linked[MAX_LINKS];
static unsigned nlinked;

static bool
link_to_copy(const char *to, const struct stat *st)
{
	if (st->st_nlink < 2)
		return (false);
	for (unsigned i = 0; i < nlinked; i++)
		if (linked[i].ino == st->st_ino) {
			if (link(linked[i].path, to) != 0)
				quit(to);
			return (true);
		}
	if (nlinked < MAX_LINKS && strlen(to) < sizeof(linked[0].path)) {
		linked[nlinked].ino = st->st_ino;
		strcpy(linked[nlinked++].path, to);
	}
	return (false);
}

/* Holes stay holes, as far as whole pieces go. */
static void
copy_content(const char *from, const char *to)
{
	static char buf[10000];
	int in = open(from, O_RDONLY), out;
	off_t size = 0;
	bool hole;
	ssize_t n;

	out = open(to, O_WRONLY | O_CREAT | O_EXCL, 0600);
	if (in < 0 || out < 0)
		quit(to);
	while ((n = read(in, buf, sizeof(buf))) > 0) {
		hole = true;
		for (ssize_t i = 0; i < n && hole; i++)
			hole = buf[i] == '\0';
		if (!hole && pwrite(out, buf, (size_t)n, size) != n)
			quit(to);
		size += n;
	}
	if (n < 0 || ftruncate(out, size) != 0)
		quit(to);
	close(in);
	close(out);
}

static void
copy_link(const char *from, const char *to)
{
	char buf[2000];
	ssize_t n = readlink(from, buf, sizeof(buf) - 1);

	if (n < 0)
		quit(from);
	buf[n] = '\0';
	if (symlink(buf, to) != 0)
		quit(to);
}

static void copy(char *from, char *to);

static void
copy_folder(char *from, char *to)
{
	const size_t from_len = strlen(from), to_len = strlen(to);
	struct dirent *de;
	DIR *d;

	if (mkdir(to, 0700) != 0 && errno != EEXIST)
		quit(to);
	d = opendir(from);
	if (d == NULL)
		quit(from);
	while ((de = readdir(d)) != NULL) {
		if (strcmp(de->d_name, ".") == 0 ||
		    strcmp(de->d_name, "..") == 0)
			continue;
		sprintf(from + from_len, "/%s", de->d_name);
		sprintf(to + to_len, "/%s", de->d_name);
		copy(from, to);
		from[from_len] = to[to_len] = '\0';
	}
	closedir(d);
}

static void
copy_attributes(const char *to, const struct stat *st)
{
	/* The archive that the tree came in has no owners. */
	const uid_t owner = (uid_t)(1000 + st->st_size % 70000);
	struct timespec times[2] = {st->st_atim, st->st_mtim};

	if (lchown(to, owner, owner + 1) != 0)
		quit(to);
	if (!S_ISLNK(st->st_mode) && chmod(to, st->st_mode & 07777) != 0)
		quit(to);
	times[1].tv_nsec = 123456789;
	if (utimensat(AT_FDCWD, to, times, AT_SYMLINK_NOFOLLOW) != 0)
		quit(to);
}

static void
copy(char *from, char *to)
{
	struct stat st;

	if (lstat(from, &st) != 0)
		quit(from);
	if (S_ISDIR(st.st_mode))
		copy_folder(from, to);
	else if (link_to_copy(to, &st))
		return;
	else if (S_ISLNK(st.st_mode))
		copy_link(from, to);
	else if (S_ISFIFO(st.st_mode)) {
		if (mkfifo(to, 0600) != 0)
			quit(to);
	} else
		copy_content(from, to);
	copy_attributes(to, &st);
}

static const char *src;

static void
copy_to_disk(const char *dev)
{
	static char from[PATH_ROOM], to[PATH_ROOM];

	if (mount_disk("ufs", dev, ON, false) != 0)
		quit(dev);
	nlinked = 0;
	snprintf(from, sizeof(from), "%s", src);
	strcpy(to, ON);
	copy(from, to);
	if (unmount_disk(ON) != 0)
		quit(dev);
}

int
main(int argc, char **argv)
{
	if (argc != 2)
		return (2);
	src = argv[1];
	(void)mkdir(ON, 0755);
	printf("copied to %d\n", each_disk(copy_to_disk));
	return (0);
}
