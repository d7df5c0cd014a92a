/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * ufs IMAGE ROUNDS: the image with some bytes changed, again and again, from a
 * fixed seed; all that can be reached is read.  Whatever is in it, the reader
 * stays in the memory and the device that it was given, and comes to an end.
 */

#include <string.h>

#include "../disk/whole.h"
#include "ufs_visit.h"

#define VISITS	5000 /* of inodes, in one round */
#define CHANGES 12
#define EIO	5

static uint8_t *image;
static size_t image_size;

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
	visits = VISITS;
	if (ufs_open(&fs, &dev, &why) == 0)
		visit(&fs, UFS_ROOT_INO, 0);
	else if (why == NULL)
		abort();
}

int
main(int argc, char **argv)
{
	uint8_t *original;

	if (argc != 3)
		return (1);
	original = whole_file(argv[1], &image_size);
	image = malloc(image_size);
	srand(1);
	for (int i = atoi(argv[2]); i > 0; i--)
		one_round(original);
	free(original);
	free(image);
	printf("ufs: ok\n");
	return (0);
}
