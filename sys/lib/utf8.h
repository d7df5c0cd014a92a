/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LIB_UTF8_H
#define LIB_UTF8_H

#include "lib/types.h"

/* A code point's UTF-8, at `at`: where it ends; NULL if there is no room. */
static inline char *
utf8_put(char *at, const char *end, uint32_t c)
{
	const unsigned more = c < 0x80	    ? 0
			      : c < 0x800   ? 1
			      : c < 0x10000 ? 2
					    : 3;
	static const uint8_t first[] = {0, 0xc0, 0xe0, 0xf0};

	if (end - at <= (ptrdiff_t)more)
		return (NULL);
	*at++ = (char)(first[more] | c >> 6 * more);
	for (unsigned i = more; i-- > 0;)
		*at++ = (char)(0x80 | (c >> 6 * i & 0x3f));
	return (at);
}

#endif
