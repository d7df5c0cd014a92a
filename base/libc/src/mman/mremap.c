/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/mman.h>

#include "libc.h"

/* There is no such call; realloc() allocates anew. */
hidden void *
__mremap(void *old, size_t oldlen, size_t newlen, int flags, ...)
{
	errno = ENOMEM;
	return (MAP_FAILED);
}
