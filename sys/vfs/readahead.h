/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How much of a file to read at once: twice as much each time while its pages
 * are asked for in order, one page otherwise.
 */
#ifndef VFS_READAHEAD_H
#define VFS_READAHEAD_H

#include "lib/types.h"

#define READAHEAD_MAX 64u /* pages */

/* (o) o_lock of the file's object. */
struct readahead {
	uint64_t ra_next; /* (o) page behind the last one read */
	unsigned ra_size; /* (o) pages read at once */
};

/* Pages to read at index, where `first` are at a file's beginning, of so many
 * that are left. */
static inline unsigned
readahead_window(
    struct readahead *ra, uint64_t index, unsigned first, uint64_t left)
{
	if (index == 0)
		ra->ra_size = first;
	else if (index == ra->ra_next && ra->ra_size > 0)
		ra->ra_size = MIN(ra->ra_size * 2, READAHEAD_MAX);
	else
		ra->ra_size = 1;
	return ((unsigned)MIN(ra->ra_size, left));
}

#endif
