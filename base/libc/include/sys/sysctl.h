/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef _SYS_SYSCTL_H
#define _SYS_SYSCTL_H

#ifdef __cplusplus
extern "C" {
#endif

#define __NEED_size_t
#include <bits/alltypes.h>

#define CTL_MAXNAME 24

#define CTL_SYSCTL  0
#define CTL_KERN    1
#define CTL_VM	    2
#define CTL_VFS	    3
#define CTL_NET	    4
#define CTL_DEBUG   5
#define CTL_HW	    6
#define CTL_MACHDEP 7
#define CTL_USER    8

/* Below CTL_SYSCTL. */
#define CTL_SYSCTL_NAME	    1
#define CTL_SYSCTL_NEXT	    2
#define CTL_SYSCTL_NAME2OID 3
#define CTL_SYSCTL_OIDFMT   4
#define CTL_SYSCTL_OIDDESCR 5

#define KERN_OSTYPE	    1
#define KERN_OSRELEASE	    2
#define KERN_VERSION	    4
#define KERN_HOSTNAME	    10
#define KERN_PROC	    14
#define KERN_OSRELDATE	    24
#define KERN_ARND	    37

#define HW_MACHINE	    1
#define HW_NCPU		    3
#define HW_PHYSMEM	    5

/* The kind of a value, as CTL_SYSCTL_OIDFMT says it. */
#define CTLTYPE	       0xf
#define CTLTYPE_NODE   1
#define CTLTYPE_INT    2
#define CTLTYPE_STRING 3
#define CTLTYPE_S64    4
#define CTLTYPE_OPAQUE 5
#define CTLTYPE_UINT   6
#define CTLTYPE_LONG   7
#define CTLTYPE_ULONG  8
#define CTLTYPE_U64    9
#define CTLTYPE_U8     0xa
#define CTLTYPE_U16    0xb
#define CTLTYPE_S8     0xc
#define CTLTYPE_S16    0xd
#define CTLTYPE_S32    0xe
#define CTLTYPE_U32    0xf

int sysctl(const int *, unsigned, void *, size_t *, const void *, size_t);
int sysctlbyname(const char *, void *, size_t *, const void *, size_t);
int sysctlnametomib(const char *, int *, size_t *);

#ifdef __cplusplus
}
#endif

#endif
