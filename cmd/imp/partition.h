/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PARTITION_H
#define PARTITION_H

#include <stdbool.h>
#include <stdint.h>

/* Where a file system lies: a file, or a part of one. */
struct partition_place {
	int fd;
	uint64_t start, size; /* bytes */
};

/*
 * Opens DISK[:PARTITION].  The partition is a number, a name as p4 or s1, or a
 * GPT label; without one it is all of the file or, if that has a partition
 * table, the first partition with a UFS file system.  Errors end the command.
 */
void partition_open(
    const char *name, bool writable, struct partition_place *place);

#endif
