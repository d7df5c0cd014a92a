/* SPDX-License-Identifier: BSD-2-Clause */
/* musl's, with FreeBSD's calls that are declared there. */
#ifndef _FREEBSD_UNISTD_H
#define _FREEBSD_UNISTD_H

#include <musl/unistd.h>

#ifdef __cplusplus
extern "C" {
#endif

int revoke(const char *);
int setlogin(const char *);
int swapon(const char *);
int swapoff(const char *, unsigned);
int close_range(unsigned, unsigned, int);
void closefrom(int);

#ifdef __cplusplus
}
#endif

#endif
