/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LIB_PRINTF_H
#define LIB_PRINTF_H

#include "lib/types.h"

/*
 * The one formatter.  Knows %d %i %u %x %X %o %c %s %p %%, the flags - 0 + #
 * and space, width and precision (also *), and hh h l ll z j t.
 * Calls out(arg, text, n) for each piece; returns the length of the whole.
 */
int vformat(void (*out)(void *arg, const char *s, size_t n), void *arg,
    const char *fmt, va_list ap);
int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap);
int snprintf(char *buf, size_t size, const char *fmt, ...) __printflike(3, 4);

#endif
