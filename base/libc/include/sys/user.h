/* SPDX-License-Identifier: BSD-2-Clause */
/* A process as sysctl(3)'s kern.proc tells of it. */
#ifndef _SYS_USER_H
#define _SYS_USER_H

#ifdef __cplusplus
extern "C" {
#endif

#include <signal.h>
#include <stdint.h>
#include <sys/time.h>
#include <sys/types.h>

/* FreeBSD's struct rusage, without the room that the library's has. */
struct __ki_rusage {
	struct timeval ru_utime;
	struct timeval ru_stime;
	long ru_maxrss;
	long ru_others[13];
};

#define KI_POINTER(type) type *
#define KI_SIGSET	 sigset_t
#define KI_RUSAGE	 struct __ki_rusage
#include <fbsd/user.h>

#if __STDC_VERSION__ >= 201112L
_Static_assert(sizeof(struct kinfo_proc) == 1088, "struct kinfo_proc");
#endif

#ifdef __cplusplus
}
#endif

#endif
