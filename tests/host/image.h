/* SPDX-License-Identifier: BSD-2-Clause */
/* A UFS2 file system in a file, and what is where in it, for programs of tests
 * on the host. */
#ifndef TESTS_HOST_IMAGE_H
#define TESTS_HOST_IMAGE_H

#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "fs/ufs/ufs.h"

static uint8_t *image;
static size_t image_size;
static struct ufs fs;
static struct ufs_superblock *sb; /* in the image */

static int
read_image(struct ufs_device *dev, uint64_t offset, void *buf, size_t size)
{
	(void)dev;
	if (offset > image_size || size > image_size - offset)
		return (5);
	memcpy(buf, image + offset, size);
	return (0);
}

static void *
frag_at(uint64_t frag)
{
	return (image + (frag << fs.fs_fshift));
}

static struct ufs2_dinode *
inode(uint64_t ino)
{
	uint64_t in_group = ino % fs.fs_sb.fs_ipg;
	uint64_t frag = ino / fs.fs_sb.fs_ipg * (uint64_t)fs.fs_sb.fs_fpg +
			(uint64_t)fs.fs_sb.fs_iblkno;
	struct ufs2_dinode *table = frag_at(frag);

	return (table + in_group);
}

static uint64_t
number(const char *path)
{
	uint64_t ino = UFS_ROOT_INO;
	struct ufs_inode dir;
	size_t n;

	for (; *path != '\0'; path += n + (path[n] == '/')) {
		n = strcspn(path, "/");
		if (ufs_inode_get(&fs, ino, &dir) != 0 ||
		    ufs_dir_lookup(&fs, &dir, path, n, &ino) != 0)
			errx(2, "%s: not in the image", path);
	}
	return (ino);
}

static struct ufs2_dinode *
file(const char *path)
{
	return (inode(number(path)));
}

static void
open_image(const char *name)
{
	static struct ufs_device dev = {.ud_read = read_image};
	int fd = open(name, O_RDWR);
	struct stat st;
	const char *why;

	if (fd < 0 || fstat(fd, &st) != 0)
		err(2, "%s", name);
	image_size = (size_t)st.st_size;
	image =
	    mmap(NULL, image_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (image == MAP_FAILED)
		err(2, "%s", name);
	dev.ud_size = image_size;
	if (ufs_open(&fs, &dev, &why) != 0 || why != NULL)
		errx(2, "%s: %s", name, why);
	sb = (struct ufs_superblock *)(image + fs.fs_where);
}

#endif
