/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef FSCK_FILE_H
#define FSCK_FILE_H

/* What the programs that check and make file systems share: a disk or a file
 * to do it in, and how the outcome is told. */

#include "check.h"

/* All of it, at a place in bytes: 0, or -1 and errno; nothing may be behind the
 * end. */
int read_at(int fd, uint64_t offset, void *buf, size_t size);
int write_at(int fd, uint64_t offset, const void *buf, size_t size);

struct check_file {
	struct check_device device;
	int fd;
	uint64_t start; /* bytes: where the file system begins in it */
};
void check_file_init(
    struct check_file *f, int fd, uint64_t start, uint64_t size, bool write);

/* Whether to write the repairs, by whoever is at standard input. */
bool check_ask(void);

/* The manual pages promise these. */
enum {
	CHECK_EXIT_LEFTOVERS = 1,
	CHECK_EXIT_DAMAGED = 2,
	CHECK_EXIT_PERSON = 8 /* what was found needs a person, or it failed */
};
int check_exit(const struct check_result *res, enum check_mode mode);

#endif
