/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checks of every access to memory (options KASAN): the compiler has the
 * shadow asked before each, a byte for each eight of the kernel's memory,
 * whether they may be touched.  Allocators say so with the functions below.
 * Without the option all of it is nothing.
 */
#ifndef CORE_KASAN_H
#define CORE_KASAN_H

#include "lib/types.h"

/*
 * What a shadow byte says of its eight bytes: all may be touched (0), the
 * first 1 to 7 may, or none, and why.  The numbers for stacks are those that
 * GCC writes (gcc/asan.h).
 */
enum kasan_kind {
	KASAN_STACK_LEFT = 0xf1,
	KASAN_STACK_MIDDLE = 0xf2,
	KASAN_STACK_RIGHT = 0xf3,
	KASAN_STACK_SCOPE = 0xf8,
	KASAN_GLOBAL = 0xf9,	/* between globals */
	KASAN_SLAB = 0xfa,	/* between objects, or never handed out */
	KASAN_SLAB_FREE = 0xfb, /* an object that was freed */
	KASAN_PAGE_TAIL = 0xfc, /* behind an allocation of whole pages */
	KASAN_PAGE_FREE = 0xfd,
};

/* A bad access, and where it was made. */
struct kasan_report {
	uintptr_t addr; /* the first byte that may not be touched */
	uintptr_t where;
	size_t size;
	bool write;
	enum kasan_kind kind;
};

#ifdef OPT_KASAN
#define __no_kasan __attribute__((no_sanitize_address))

/* memset() of what may not be touched. */
void *md_memset(void *dst, int c, size_t n);

/* What a test sets to hear of accesses that would otherwise be a panic; they
 * are made all the same. */
extern void (*kasan_listener)(const struct kasan_report *);
/* Set by the allocator of slabs: prints what it knows of an address. */
extern void (*kasan_describe_slab)(uintptr_t addr);

void kasan_init(void); /* first of all: constants and variables */

/* p is aligned to eight bytes; what is behind size in the last eight may not
 * be touched in either case. */
void kasan_poison(const void *p, size_t size, enum kasan_kind kind);
void kasan_unpoison(const void *p, size_t size);

/* For what the compiler doesn't see. */
void kasan_check_read(const void *p, size_t size);
void kasan_check_write(const void *p, size_t size);
#else
#define __no_kasan
#define md_memset(dst, c, n) memset(dst, c, n)

static inline void
kasan_init(void)
{
}

static inline void
kasan_poison(const void *p, size_t size, enum kasan_kind kind)
{
}

static inline void
kasan_unpoison(const void *p, size_t size)
{
}

static inline void
kasan_check_read(const void *p, size_t size)
{
}

static inline void
kasan_check_write(const void *p, size_t size)
{
}
#endif

#endif
