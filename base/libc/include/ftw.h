/* SPDX-License-Identifier: BSD-2-Clause */
/* FreeBSD's numbers. */
#ifndef _FTW_H
#define _FTW_H

#ifdef __cplusplus
extern "C" {
#endif

#include <features.h>
#include <sys/stat.h>

#define FTW_F	  0
#define FTW_D	  1
#define FTW_DNR	  2
#define FTW_DP	  3
#define FTW_NS	  4
#define FTW_SL	  5
#define FTW_SLN	  6

#define FTW_PHYS  1
#define FTW_MOUNT 2
#define FTW_DEPTH 4
#define FTW_CHDIR 8

struct FTW {
	int base;
	int level;
};

int ftw(const char *, int (*)(const char *, const struct stat *, int), int);
int nftw(const char *,
    int (*)(const char *, const struct stat *, int, struct FTW *), int, int);

#ifdef __cplusplus
}
#endif

#endif
