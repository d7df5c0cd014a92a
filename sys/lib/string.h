/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LIB_STRING_H
#define LIB_STRING_H

#include "lib/types.h"

void *memcpy(void *restrict dst, const void *restrict src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
void *memchr(const void *s, int c, size_t n);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);
/* Always terminates; returns strlen(src), so >= size means truncated. */
size_t strlcpy(char *restrict dst, const char *restrict src, size_t size);
/* Base 0 (0x, 0 prefixes), 8, 10 or 16; *end is the first unused char. */
uint64_t strtoull(const char *s, const char **end, int base);

/* -ffreestanding takes from the compiler what it knows of these; so that small
 * ones become a few instructions, it is told again. */
#define memcpy(dst, src, n) __builtin_memcpy((dst), (src), (n))
#define memcmp(a, b, n)	    __builtin_memcmp((a), (b), (n))
#define memset(dst, c, n)   __builtin_memset((dst), (c), (n))

#endif
