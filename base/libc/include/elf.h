/* SPDX-License-Identifier: BSD-2-Clause */
/* musl's, with FreeBSD's auxiliary vector. */
#ifndef _FREEBSD_ELF_H
#define _FREEBSD_ELF_H

#include <musl/elf.h>

#undef AT_EXECFN
#undef AT_RANDOM
#undef AT_HWCAP
#undef AT_HWCAP2
#undef AT_SECURE
#undef AT_SYSINFO
#undef AT_SYSINFO_EHDR
#undef AT_MINSIGSTKSZ
#undef AT_UID
#undef AT_EUID
#undef AT_GID
#undef AT_EGID
#undef AT_PLATFORM
#undef AT_CLKTCK
#define AT_EXECPATH  15
#define AT_CANARY    16
#define AT_CANARYLEN 17
#define AT_OSRELDATE 18
#define AT_NCPUS     19
#define AT_TIMEKEEP  22
#define AT_STACKPROT 23
#define AT_HWCAP     25
#define AT_HWCAP2    26
/* Names that musl's code uses; at 16 there are random bytes as well. */
#define AT_EXECFN      AT_EXECPATH
#define AT_RANDOM      AT_CANARY
#define AT_MINSIGSTKSZ 0
/* Not in the vector: getauxval() answers by itself, and there is no shared
 * object of the kernel's. */
#define AT_SECURE	1000
#define AT_SYSINFO	1001
#define AT_SYSINFO_EHDR 1002

#endif
