/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * imp image: makes disks, and looks into the file systems on them without
 * starting anything, by the kernel's own code for UFS.  This file knows the
 * sub-commands and has those that only show something.
 */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../../base/fsck/file.h"
#include "image.h"
#include "imp.h"
#include "lib/strerror.h"
#include "partition.h"

#define MAX_LINKS 40
#define CHUNK	  ((size_t)1 << 20)

static int
read_file(struct ufs_device *dev, uint64_t offset, void *buf, size_t size)
{
	const struct image *im = (const struct image *)dev;

	return (
	    read_at(im->fd, im->start + offset, buf, size) == 0 ? 0 : UFS_EIO);
}

/* Ends with the error as the kernel would have told it. */
_Noreturn void
image_fail(const struct image *im, const char *path, int error)
{
	const char *text = error_text(error);

	errx(EXIT_IMP, "%s: %s: %s", im->name, path,
	    text != NULL ? text : "unknown error");
}

void
image_open(struct image *im, const char *name)
{
	struct partition_place place;
	const char *why;

	partition_open(name, false, &place);
	im->name = name;
	im->fd = place.fd;
	im->start = place.start;
	im->device.ud_read = read_file;
	im->device.ud_size = place.size;
	if (ufs_open(&im->fs, &im->device, &why) != 0)
		errx(EXIT_IMP, "%s: %s", name, why);
	if (why != NULL)
		warnx("%s: %s; a copy of it is used", name, why);
}

/* The inode that a path leads to, `depth` symbolic links in. */
static void
find(struct image *im, uint64_t dir, const char *path, bool follow, int depth,
    struct ufs_inode *ip)
{
	const char *const whole = path;
	char link[UFS_LINK_MAX + 1], *rest;
	uint64_t ino = path[0] == '/' ? UFS_ROOT_INO : dir;
	size_t len;
	int error;

	error = ufs_inode_get(&im->fs, ino, ip);
	for (path += strspn(path, "/"); error == 0 && *path != '\0';
	     path += strspn(path, "/")) {
		len = strcspn(path, "/");
		dir = ip->i_ino;
		error = ufs_dir_lookup(&im->fs, ip, path, len, &ino);
		if (error == 0)
			error = ufs_inode_get(&im->fs, ino, ip);
		path += len;
		if (error != 0 || !S_ISLNK(ip->i_mode) ||
		    (*path == '\0' && !follow))
			continue;
		if (depth == MAX_LINKS)
			errx(EXIT_IMP, "%s: too many symbolic links", im->name);
		error = ufs_readlink(&im->fs, ip, link, &len);
		if (error != 0)
			break;
		link[len] = '\0';
		rest = format("%s%s", link, path);
		find(im, dir, rest, follow, depth + 1, ip);
		free(rest);
		return;
	}
	if (error != 0)
		image_fail(im, whole, error);
}

void
image_find(
    struct image *im, const char *path, bool follow, struct ufs_inode *ip)
{
	find(im, UFS_ROOT_INO, path, follow, 0, ip);
}

static const char *
mode_text(unsigned mode)
{
	static const char types[] = "?pc?d?b?-?l?s?w?";
	static char text[11];

	text[0] = types[mode >> 12 & 15];
	for (int i = 0; i < 9; i++)
		text[i + 1] = (mode >> (8 - i) & 1) ? "rwx"[i % 3] : '-';
	if (mode & S_ISUID)
		text[3] = mode & S_IXUSR ? 's' : 'S';
	if (mode & S_ISGID)
		text[6] = mode & S_IXGRP ? 's' : 'S';
	if (mode & S_ISVTX)
		text[9] = mode & S_IXOTH ? 't' : 'T';
	return (text);
}

/* A line as `ls -l` has it, with numbers for users and times in UTC. */
static void
list_one(struct image *im, const struct ufs_inode *ip, const char *name)
{
	char when[32] = "?", link[UFS_LINK_MAX];
	time_t t = ip->i_mtime.sec;
	struct tm tm;
	size_t len;

	if (gmtime_r(&t, &tm) != NULL)
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &tm);
	printf("%s %3u %5u %5u %10llu %s %s", mode_text(ip->i_mode),
	    ip->i_nlink, ip->i_uid, ip->i_gid, (unsigned long long)ip->i_size,
	    when, name);
	if (S_ISLNK(ip->i_mode) && ufs_readlink(&im->fs, ip, link, &len) == 0)
		printf(" -> %.*s", (int)len, link);
	putchar('\n');
}

static void
list(struct image *im, const char *path)
{
	struct ufs_inode dir, ip;
	struct ufs_dirent de = {.de_next = 0};
	int error;

	image_find(im, path, false, &dir);
	if (!S_ISDIR(dir.i_mode)) {
		list_one(im, &dir, path);
		return;
	}
	while ((error = ufs_dir_next(&im->fs, &dir, de.de_next, &de)) == 0) {
		if (strcmp(de.de_name, ".") == 0 ||
		    strcmp(de.de_name, "..") == 0)
			continue;
		error = ufs_inode_get(&im->fs, de.de_ino, &ip);
		if (error != 0)
			image_fail(im, de.de_name, error);
		list_one(im, &ip, de.de_name);
	}
	if (error != UFS_ENOENT)
		image_fail(im, path, error);
}

static void
cat(struct image *im, const char *path)
{
	char *buf = malloc(CHUNK);
	struct ufs_inode ip;
	uint64_t at = 0;
	size_t n;
	int error;

	if (buf == NULL)
		err(EXIT_IMP, NULL);
	image_find(im, path, true, &ip);
	if (!S_ISREG(ip.i_mode))
		errx(EXIT_IMP, "%s: %s: it isn't a file", im->name, path);
	do {
		error = ufs_read(&im->fs, &ip, at, buf, CHUNK, &n);
		if (error != 0)
			image_fail(im, path, error);
		if (fwrite(buf, 1, n, stdout) != n)
			err(EXIT_IMP, "standard output");
		at += n;
	} while (n != 0);
	free(buf);
}

static void
close_image(struct image *im)
{
	if (fflush(stdout) != 0)
		err(EXIT_IMP, "standard output");
	close(im->fd);
}

static int
image_ls(int argc, char **argv)
{
	struct image im;

	if (argc < 2)
		errx(EXIT_IMP, "image ls: in which disk?");
	image_open(&im, argv[1]);
	if (argc == 2)
		list(&im, "/");
	for (int i = 2; i < argc; i++)
		list(&im, argv[i]);
	close_image(&im);
	return (0);
}

static int
image_cat(int argc, char **argv)
{
	struct image im;

	if (argc < 3)
		errx(EXIT_IMP, "image cat: which file, in which disk?");
	image_open(&im, argv[1]);
	for (int i = 2; i < argc; i++)
		cat(&im, argv[i]);
	close_image(&im);
	return (0);
}

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
    {"cat", image_cat},
    {"cp", image_cp},
    {"create", image_create},
    {"fsck", cmd_fsck},
    {"ls", image_ls},
};

int
cmd_image(int argc, char **argv)
{
	if (argc < 2)
		errx(EXIT_IMP, "image: what is to be done? try: imp help "
			       "image");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return (commands[i].run(argc - 1, argv + 1));
	errx(EXIT_IMP,
	    "image: %s: there is no such command; try: imp help "
	    "image",
	    argv[1]);
}
