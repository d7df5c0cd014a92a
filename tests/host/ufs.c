/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * ufs IMAGE ROUNDS: the image with some bytes changed, again and again, from a
 * fixed seed; all that can be reached is read.  Whatever is in it, the reader
 * stays in the memory and the device that it was given, and comes to an end.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/ufs/ufs.h"

#define S_IFMT	0170000
#define S_IFDIR 0040000
#define S_IFLNK 0120000
#define VISITS	5000 /* of inodes, in one round */
#define CHANGES 12
#define EIO	5

static uint8_t *image;
static size_t image_size;
static unsigned visits;

static int
read_image(struct ufs_device *dev, uint64_t offset, void *buf, size_t size)
{
	(void)dev;
	if (offset > image_size || size > image_size - offset) {
		fprintf(stderr, "read outside: %zu at %llu\n", size,
		    (unsigned long long)offset);
		abort();
	}
	memcpy(buf, image + offset, size);
	return (0);
}

static void
read_some(struct ufs *fs, const struct ufs_inode *ip, uint64_t at)
{
	static uint8_t buf[200000];
	size_t done;

	if (ufs_read(fs, ip, at, buf, sizeof(buf), &done) == 0 &&
	    done > sizeof(buf))
		abort();
}

static void
visit(struct ufs *fs, uint64_t ino, int depth)
{
	struct ufs_inode ip;
	struct ufs_dirent de = {.de_next = 0};
	char link[UFS_LINK_MAX];
	size_t len;

	if (depth > 20 || visits++ > VISITS || ufs_inode_get(fs, ino, &ip) != 0)
		return;
	if ((ip.i_mode & S_IFMT) == S_IFLNK) {
		(void)ufs_readlink(fs, &ip, link, &len);
		return;
	}
	read_some(fs, &ip, 0);
	read_some(fs, &ip, ip.i_size / 2);
	read_some(fs, &ip, ip.i_size - ip.i_size % 1000);
	if ((ip.i_mode & S_IFMT) != S_IFDIR)
		return;
	while (visits < VISITS && ufs_dir_next(fs, &ip, de.de_next, &de) == 0) {
		if (strlen(de.de_name) != de.de_namlen)
			abort();
		if (strcmp(de.de_name, ".") != 0 &&
		    strcmp(de.de_name, "..") != 0)
			visit(fs, de.de_ino, depth + 1);
	}
}

/* Mostly where structures lie: anywhere, or in the first 128 kB. */
static size_t
somewhere(void)
{
	size_t room =
	    rand() % 4 != 0 && image_size > 131072 ? 131072 : image_size;

	return ((size_t)rand() % room);
}

static void
one_round(const uint8_t *original)
{
	struct ufs_device dev = {read_image, image_size};
	struct ufs fs;
	const char *why;

	memcpy(image, original, image_size);
	for (int i = rand() % CHANGES; i >= 0; i--)
		image[somewhere()] = (uint8_t)rand();
	for (int i = rand() % 4; i > 0; i--)
		image[8192 + rand() % 1376] = (uint8_t)rand();
	visits = 0;
	if (ufs_open(&fs, &dev, &why) == 0)
		visit(&fs, UFS_ROOT_INO, 0);
	else if (why == NULL)
		abort();
}

int
main(int argc, char **argv)
{
	uint8_t *original;
	FILE *f;

	if (argc != 3 || (f = fopen(argv[1], "rb")) == NULL)
		return (1);
	fseek(f, 0, SEEK_END);
	image_size = (size_t)ftell(f);
	rewind(f);
	original = malloc(image_size);
	image = malloc(image_size);
	if (fread(original, 1, image_size, f) != image_size)
		return (1);
	srand(1);
	for (int i = atoi(argv[2]); i > 0; i--)
		one_round(original);
	free(original);
	free(image);
	printf("ufs: ok\n");
	return (0);
}
