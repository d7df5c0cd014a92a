/* SPDX-License-Identifier: BSD-2-Clause */
/* For tests of the C library: checks that say what failed. */
#ifndef TESTS_LIBC_CHECK_H
#define TESTS_LIBC_CHECK_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures;

#define CHECK(x)                                                               \
	do {                                                                   \
		if (!(x)) {                                                    \
			printf("%s:%d: %s (errno %d)\n", __FILE__, __LINE__,   \
			    #x, errno);                                        \
			failures++;                                            \
		}                                                              \
	} while (0)

static inline int
result(const char *name)
{
	if (failures == 0)
		printf("%s: ok\n", name);
	return (failures == 0 ? 0 : 1);
}

#endif
