/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The types and small macros that every file of the kernel uses.
 */
#ifndef LIB_TYPES_H
#define LIB_TYPES_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Not from <limits.h>, which would bring the host's limits along. */
#define INT_MAX	  __INT_MAX__
#define INT_MIN	  (-INT_MAX - 1)
#define UINT_MAX  (INT_MAX * 2u + 1)
#define LONG_MAX  __LONG_MAX__
#define LONG_MIN  (-LONG_MAX - 1)
#define ULONG_MAX (LONG_MAX * 2ul + 1)

typedef int64_t ssize_t;
typedef int64_t off_t;
typedef int32_t pid_t;
typedef int32_t lwpid_t;
typedef uint32_t uid_t;
typedef uint32_t gid_t;
typedef uint16_t mode_t;
typedef uint64_t ino_t;
typedef uint64_t nlink_t;
typedef uint64_t dev_t;
typedef int64_t time_t;
typedef int64_t suseconds_t;
typedef int64_t blkcnt_t;
typedef int32_t blksize_t;
typedef uint32_t fflags_t;
typedef int32_t clockid_t;
typedef uint64_t paddr_t; /* a physical address */
typedef uint64_t vaddr_t; /* a user virtual address */

#define PAGE_SHIFT     12
#define PAGE_SIZE      4096ul
#define PAGE_MASK      (PAGE_SIZE - 1)
#define trunc_page(x)  ((x) & ~PAGE_MASK)
#define round_page(x)  (((x) + PAGE_MASK) & ~PAGE_MASK)
#define atop(x)	       ((uint64_t)(x) >> PAGE_SHIFT)
#define ptoa(x)	       ((uint64_t)(x) << PAGE_SHIFT)

#define NSEC_PER_SEC   1000000000ul
#define NSEC_PER_USEC  1000ul
#define USEC_PER_SEC   1000000ul

#define nitems(a)      (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b)      ((a) < (b) ? (a) : (b))
#define MAX(a, b)      ((a) > (b) ? (a) : (b))
#define roundup2(x, y) (((x) + ((y)-1)) & ~((y)-1))
#define container_of(p, type, field)                                           \
	((type *)((char *)(p)-offsetof(type, field)))

#define __packed	   __attribute__((packed))
#define __aligned(n)	   __attribute__((aligned(n)))
#define __unused	   __attribute__((unused))
#define __noreturn	   __attribute__((noreturn))
#define __hot		   __attribute__((hot))
#define __cold		   __attribute__((cold))
#define __printflike(f, a) __attribute__((format(printf, f, a)))
#define __predict_true(x)  __builtin_expect(!!(x), 1)
#define __predict_false(x) __builtin_expect(!!(x), 0)

/* A pointer into user memory; only copyin/copyout may follow it. */
#define __user

/*
 * Behind a function's declaration in a header: it may sleep, so it is called
 * with no spin lock held, interrupts on and outside sections.  Whatever doesn't
 * say so never sleeps (tools/sleeps.sh holds the kernel against it).
 */
#define __sleeps

/*
 * Linker sets: LINKER_SET(name, object) adds the address of `object`
 * to the array set_name; SET_FOREACH walks it.  That is how a driver or a
 * file system adds itself without a list somewhere else.
 */
#define LINKER_SET(set, object)                                                \
	static const void *const set_##set##_##object                          \
	    __attribute__((used, section("set_" #set))) = &(object)
#define SET_DECLARE(set)                                                       \
	extern const void *const __start_set_##set[] __attribute__((weak));    \
	extern const void *const __stop_set_##set[] __attribute__((weak))
#define SET_FOREACH(p, set)                                                    \
	for (const void *const *p = __start_set_##set; p < __stop_set_##set;   \
	     p++)

#endif
