/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef IMP_ARCHIVE_H
#define IMP_ARCHIVE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * A writer of ustar archives whose larger files begin on a page boundary.
 * Each function returns 0, or -1 with errno set; after a failure the archive
 * is of no use.
 */
struct archive {
	int fd;	    /* written by offset; its position doesn't matter */
	off_t size; /* bytes so far */
};

/* What a member has besides its name. */
struct archive_attr {
	unsigned mode;	/* permission bits */
	uint64_t mtime; /* seconds since the epoch */
};

/* Names are relative to the root, without a leading slash. */
int archive_dir(struct archive *a, const char *name, struct archive_attr attr);
int archive_symlink(struct archive *a, const char *name, const char *target,
    struct archive_attr attr);
int archive_fifo(struct archive *a, const char *name, struct archive_attr attr);
int archive_data(struct archive *a, const char *name, const void *data,
    size_t size, struct archive_attr attr);
/* Copies size bytes of fd, from its beginning; EIO if it turns out shorter. */
int archive_copy(struct archive *a, const char *name, int fd, uint64_t size,
    struct archive_attr attr);
int archive_end(struct archive *a);

#endif
