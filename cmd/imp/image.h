/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef IMAGE_H
#define IMAGE_H

/* What the sub-commands of `imp image` share.  Errors end the command. */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "fs/ufs/ufs.h"

/* A file system in a file, open to be read. */
struct image {
	struct ufs_device device;
	struct ufs fs;
	int fd;
	uint64_t start; /* bytes: where it begins in the file */
	const char *name;
};

/* image.c */
void image_open(struct image *im, const char *name); /* DISK[:PARTITION] */
void image_find(
    struct image *im, const char *path, bool follow, struct ufs_inode *ip);
_Noreturn void image_fail(const struct image *im, const char *path, int error);

/* FreeBSD's numbers, which sys/fs/ufs speaks. */
enum { UFS_ENOENT = 2, UFS_EIO = 5 };

/* One function for each; argv[0] is its name. */
int image_cp(int argc, char **argv);
int image_create(int argc, char **argv);

/* progress.c: on standard error, from when it takes more than a second. */
void progress_begin(const char *what, uint64_t total);
void progress(uint64_t done);
void progress_end(void);

/* gpt.c: an empty disk with one partition for FreeBSD's UFS. */
#define GPT_START     (UINT64_C(1) << 20)  /* bytes: where it begins */
#define GPT_END	      (UINT64_C(33) * 512) /* bytes: behind it */
#define GPT_LABEL_MAX 36
void gpt_write(int fd, uint64_t size, uint64_t part_size, const char *label);

#endif
