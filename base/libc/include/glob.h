/* SPDX-License-Identifier: BSD-2-Clause */
/* FreeBSD's structure and numbers. */
#ifndef _GLOB_H
#define _GLOB_H

#ifdef __cplusplus
extern "C" {
#endif

#include <features.h>

#define __NEED_size_t
#include <bits/alltypes.h>

typedef struct {
	size_t gl_pathc;
	size_t gl_matchc;
	size_t gl_offs;
	int gl_flags;
	char **gl_pathv;
	void *__functions[6];
} glob_t;

#define GLOB_APPEND   0x0001
#define GLOB_DOOFFS   0x0002
#define GLOB_ERR      0x0004
#define GLOB_MARK     0x0008
#define GLOB_NOCHECK  0x0010
#define GLOB_NOSORT   0x0020
#define GLOB_TILDE    0x0800
#define GLOB_NOESCAPE 0x2000
/* musl's, with numbers that FreeBSD doesn't use. */
#define GLOB_PERIOD	 0x10000
#define GLOB_TILDE_CHECK 0x20000

#define GLOB_NOSPACE	 (-1)
#define GLOB_ABORTED	 (-2)
#define GLOB_NOMATCH	 (-3)
#define GLOB_NOSYS	 (-4)

int glob(const char *__restrict, int, int (*)(const char *, int),
    glob_t *__restrict);
void globfree(glob_t *);

#ifdef __cplusplus
}
#endif

#endif
