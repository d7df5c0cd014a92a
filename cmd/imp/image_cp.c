/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * imp image cp: files and trees out of an image.  They get the permissions and
 * times that they have there, but belong to whoever copies.
 */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image.h"
#include "imp.h"

#define CHUNK ((size_t)1 << 20)

static char *buffer; /* of CHUNK bytes */
static uint64_t copied;

static void copy(struct image *im, const struct ufs_inode *ip, const char *from,
    const char *to);

static void
set_attributes(const struct ufs_inode *ip, const char *to)
{
	const struct timespec times[2] = {{ip->i_atime.sec, ip->i_atime.nsec},
	    {ip->i_mtime.sec, ip->i_mtime.nsec}};

	/* Who runs it isn't who it was made for: no set-id bits. */
	if (!S_ISLNK(ip->i_mode) && chmod(to, ip->i_mode & 01777) != 0)
		err(EXIT_IMP, "%s", to);
	if (utimensat(AT_FDCWD, to, times, AT_SYMLINK_NOFOLLOW) != 0)
		err(EXIT_IMP, "%s", to);
}

/* Data; what is zero from one end of a chunk to the other becomes a hole. */
static void
copy_data(struct image *im, const struct ufs_inode *ip, const char *from,
    const char *to, int fd)
{
	uint64_t at = 0;
	size_t n;
	int error;

	while (at < ip->i_size) {
		error = ufs_read(&im->fs, ip, at, buffer, CHUNK, &n);
		if (error != 0)
			image_fail(im, from, error);
		if (n == 0)
			break;
		if ((buffer[0] != 0 ||
			memcmp(buffer, buffer + 1, n - 1) != 0) &&
		    pwrite(fd, buffer, n, (off_t)at) != (ssize_t)n)
			err(EXIT_IMP, "%s", to);
		at += n;
		copied += n;
		progress(copied);
	}
	if (ftruncate(fd, (off_t)ip->i_size) != 0)
		err(EXIT_IMP, "%s", to);
}

static void
copy_file(struct image *im, const struct ufs_inode *ip, const char *from,
    const char *to)
{
	int fd = open(
	    to, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		err(EXIT_IMP, "%s", to);
	copy_data(im, ip, from, to, fd);
	if (close(fd) != 0)
		err(EXIT_IMP, "%s", to);
	set_attributes(ip, to);
}

static void
copy_link(struct image *im, const struct ufs_inode *ip, const char *from,
    const char *to)
{
	char target[UFS_LINK_MAX + 1];
	size_t n;
	int error = ufs_readlink(&im->fs, ip, target, &n);

	if (error != 0)
		image_fail(im, from, error);
	target[n] = '\0';
	(void)unlink(to);
	if (symlink(target, to) != 0)
		err(EXIT_IMP, "%s", to);
	set_attributes(ip, to);
}

static void
copy_dir(struct image *im, const struct ufs_inode *dir, const char *from,
    const char *to)
{
	struct ufs_dirent de = {.de_next = 0};
	struct ufs_inode ip;
	char *inner, *outer;
	struct stat st;
	int error;

	/* Through a link that an image made we'd leave the folder. */
	if (mkdir(to, 0700) != 0 &&
	    (errno != EEXIST || lstat(to, &st) != 0 || !S_ISDIR(st.st_mode)))
		errx(EXIT_IMP, "%s: can't be made a folder", to);
	while ((error = ufs_dir_next(&im->fs, dir, de.de_next, &de)) == 0) {
		if (strcmp(de.de_name, ".") == 0 ||
		    strcmp(de.de_name, "..") == 0)
			continue;
		/* A name with a slash in it leads elsewhere. */
		if (strchr(de.de_name, '/') != NULL)
			errx(EXIT_IMP, "%s: %s: '%s' is no name", im->name,
			    from, de.de_name);
		error = ufs_inode_get(&im->fs, de.de_ino, &ip);
		if (error != 0)
			image_fail(im, de.de_name, error);
		inner = format("%s/%s", from, de.de_name);
		outer = format("%s/%s", to, de.de_name);
		copy(im, &ip, inner, outer);
		free(inner);
		free(outer);
	}
	if (error != UFS_ENOENT)
		image_fail(im, from, error);
	set_attributes(dir, to);
}

static void
copy(struct image *im, const struct ufs_inode *ip, const char *from,
    const char *to)
{
	/* A hostile directory may hold itself. */
	if (strlen(from) > 4096)
		errx(EXIT_IMP, "%s: %.40s...: the path is too long", im->name,
		    from);
	if (S_ISREG(ip->i_mode))
		copy_file(im, ip, from, to);
	else if (S_ISDIR(ip->i_mode))
		copy_dir(im, ip, from, to);
	else if (S_ISLNK(ip->i_mode))
		copy_link(im, ip, from, to);
	else
		warnx("%s: %s: only files, folders and links are copied",
		    im->name, from);
}

static bool
is_dir(const char *path)
{
	struct stat st;

	return (stat(path, &st) == 0 && S_ISDIR(st.st_mode));
}

/* Into a folder by the same name, or to the name itself. */
static void
copy_one(struct image *im, char *from, const char *to)
{
	struct ufs_inode ip;
	const char *slash;
	char *whole;

	image_find(im, from, false, &ip);
	for (size_t n = strlen(from); n > 1 && from[n - 1] == '/'; n--)
		from[n - 1] = '\0';
	slash = strrchr(from, '/');
	slash = slash != NULL ? slash + 1 : from;
	whole = is_dir(to) && slash[0] != '\0' ? format("%s/%s", to, slash)
					       : format("%s", to);
	copy(im, &ip, from, whole);
	free(whole);
}

int
image_cp(int argc, char **argv)
{
	const char *to = argv[argc - 1];
	struct image im;

	if (argc < 4)
		errx(EXIT_IMP, "image cp: a disk, what is in it, and where "
			       "it shall go are needed");
	if (argc > 4 && !is_dir(to))
		errx(EXIT_IMP, "%s: it isn't a folder", to);
	buffer = malloc(CHUNK);
	if (buffer == NULL)
		err(EXIT_IMP, "memory");
	image_open(&im, argv[1]);
	progress_begin("copying", 0);
	for (int i = 2; i < argc - 1; i++)
		copy_one(&im, argv[i], to);
	progress_end();
	free(buffer);
	close(im.fd);
	return (0);
}
