/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TABLES_H
#define TABLES_H

/* Partition tables in a file; for host and kernel headers alike. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct table_entry {
	char name[12];	/* as the kernel's: p4, s1, s1a */
	char label[56]; /* GPT's, or "" */
	uint64_t start; /* bytes */
	uint64_t size;
};

struct table_source {
	/* False: it can't be read. */
	bool (*read)(
	    struct table_source *src, uint64_t offset, void *buf, size_t size);
	uint64_t size; /* bytes */
};

#define TABLE_MAX 128 /* partitions */

/* How many partitions there are; -1 without a table, or with a damaged one,
 * which *why then tells of (NULL otherwise). */
int table_read(struct table_source *src, struct table_entry *list,
    uint8_t *scratch, const char **why);
#define TABLE_SCRATCH (128u << 10) /* bytes */

#endif
