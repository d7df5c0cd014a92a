/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef _SYS_SYSCTL_H
#define _SYS_SYSCTL_H

#ifdef __cplusplus
extern "C" {
#endif

#define __NEED_size_t
#include <bits/alltypes.h>
#include <fbsd/sysctl.h>

int sysctl(const int *, unsigned, void *, size_t *, const void *, size_t);
int sysctlbyname(const char *, void *, size_t *, const void *, size_t);
int sysctlnametomib(const char *, int *, size_t *);

#ifdef __cplusplus
}
#endif

#endif
