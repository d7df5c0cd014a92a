/* SPDX-License-Identifier: BSD-2-Clause */
/* musl's, with FreeBSD's numbers; chflags(2). */
#ifndef _FREEBSD_SYS_STAT_H
#define _FREEBSD_SYS_STAT_H

#include <musl/sys/stat.h>

#undef UTIME_NOW
#undef UTIME_OMIT
#define UTIME_NOW    (-1)
#define UTIME_OMIT   (-2)

#define UF_NODUMP    0x00000001
#define UF_IMMUTABLE 0x00000002
#define UF_APPEND    0x00000004
#define UF_OPAQUE    0x00000008
#define UF_NOUNLINK  0x00000010
#define SF_ARCHIVED  0x00010000
#define SF_IMMUTABLE 0x00020000
#define SF_APPEND    0x00040000
#define SF_NOUNLINK  0x00100000

#ifdef __cplusplus
extern "C" {
#endif
int chflags(const char *, unsigned long);
int fchflags(int, unsigned long);
int lchflags(const char *, unsigned long);
#ifdef __cplusplus
}
#endif

#endif
