/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tar archives in memory: POSIX ustar and pax, and GNU's long names.
 */
#ifndef FS_TMPFS_USTAR_H
#define FS_TMPFS_USTAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define USTAR_PATH_MAX 1024 /* with the NUL */

enum ustar_type {
	USTAR_FILE,
	USTAR_HARDLINK,
	USTAR_SYMLINK,
	USTAR_CHR,
	USTAR_BLK,
	USTAR_DIR,
	USTAR_FIFO,
};

struct ustar_time {
	int64_t sec;
	uint32_t nsec;
};

struct ustar_entry {
	enum ustar_type type;
	char path[USTAR_PATH_MAX];
	char link[USTAR_PATH_MAX]; /* hard and symbolic links' target */
	uint32_t mode;		   /* permission bits */
	uint32_t uid;
	uint32_t gid;
	uint32_t major;
	uint32_t minor;
	struct ustar_time mtime;
	uint64_t size;
	const uint8_t *data; /* size bytes, within the archive */
};

/* What extended headers say instead of the member's own; pointers into the
 * archive, without a NUL. */
struct ustar_override {
	const char *path;
	size_t path_len;
	const char *link;
	size_t link_len;
	struct ustar_time mtime;
	uint64_t size;
	uint64_t uid;
	uint64_t gid;
	unsigned set; /* of the last four: USTAR_SET_* in ustar.c */
};

struct ustar {
	const uint8_t *data;
	uint64_t size;
	uint64_t offset;	      /* of the next header */
	struct ustar_override global; /* from 'g' headers */
	const char *error;	      /* what was wrong, after USTAR_BAD */
};

enum ustar_result { USTAR_ENTRY, USTAR_END, USTAR_BAD };

void ustar_open(struct ustar *u, const void *data, uint64_t size);
/* The next member. After USTAR_BAD, u->error says why and u->offset where. */
enum ustar_result ustar_next(struct ustar *u, struct ustar_entry *e);

#endif
