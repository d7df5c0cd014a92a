/* SPDX-License-Identifier: BSD-2-Clause */
/* FreeBSD's structure and numbers. */
#ifndef _WORDEXP_H
#define _WORDEXP_H

#ifdef __cplusplus
extern "C" {
#endif

#include <features.h>

#define __NEED_size_t
#include <bits/alltypes.h>

typedef struct {
	size_t we_wordc;
	char **we_wordv;
	size_t we_offs;
	char *__strings;
	size_t __nbytes;
} wordexp_t;

#define WRDE_APPEND  0x1
#define WRDE_DOOFFS  0x2
#define WRDE_NOCMD   0x4
#define WRDE_REUSE   0x8
#define WRDE_SHOWERR 0x10
#define WRDE_UNDEF   0x20

#define WRDE_BADCHAR 1
#define WRDE_BADVAL  2
#define WRDE_CMDSUB  3
#define WRDE_NOSPACE 4
#define WRDE_SYNTAX  5
#define WRDE_NOSYS   (-1)

int wordexp(const char *__restrict, wordexp_t *__restrict, int);
void wordfree(wordexp_t *);

#ifdef __cplusplus
}
#endif

#endif
