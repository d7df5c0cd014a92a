/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Access to memory, checked (options KASAN).
 *
 * GCC's code looks at the shadow before each access and calls
 * __asan_report_load8_noabort() and its like when something is wrong. It keeps
 * zones around variables on the stack, which it marks itself, and leaves a
 * list of global variables, whose zones kasan_init() marks.
 * Memory from the allocators is marked by them: a slab's objects have a zone
 * behind each and wait a while before they are used again, pages are marked
 * while they are free.
 *
 * This file, the allocator of slabs, which writes into free objects, and the
 * checks of locks, which would be too slow, aren't checked themselves (the
 * Makefile's UNCHECKED).
 */
#include "core/kasan.h"

#ifdef OPT_KASAN
#include "lib/string.h"
#include "amd64/kasan.h"
#include "amd64/md.h"
#include "core/ksyms.h"
#include "core/printf.h"
#include "core/thread.h"

#undef memcpy
#undef memset

#define GRAIN 8u /* bytes for each of the shadow's */

void (*kasan_listener)(const struct kasan_report *);
void (*kasan_describe_slab)(uintptr_t addr);

static bool reporting; /* of the panic to come: no more checks */

/* GCC's description of a global variable (libsanitizer, version 8). */
struct asan_global {
	uintptr_t addr;
	size_t size;
	size_t size_with_zone;
	const char *name;
	const char *file;
	size_t dynamic_init;
	const void *place;
	size_t indicator;
};

void
kasan_poison(const void *p, size_t size, enum kasan_kind kind)
{
	int8_t *shadow = kasan_shadow((uintptr_t)p);

	if (!kasan_covers((uintptr_t)p))
		return;
	md_memset(shadow, kind, (size + GRAIN - 1) / GRAIN);
}

void
kasan_unpoison(const void *p, size_t size)
{
	int8_t *shadow = kasan_shadow((uintptr_t)p);

	if (!kasan_covers((uintptr_t)p))
		return;
	md_memset(shadow, 0, size / GRAIN);
	if (size % GRAIN != 0)
		shadow[size / GRAIN] = (int8_t)(size % GRAIN);
}

static const char *
kind_name(enum kasan_kind kind)
{
	switch (kind) {
	case KASAN_STACK_LEFT:
	case KASAN_STACK_MIDDLE:
	case KASAN_STACK_RIGHT:
		return ("outside of a variable on the stack");
	case KASAN_STACK_SCOPE:
		return ("of a variable on the stack out of its scope");
	case KASAN_GLOBAL:
		return ("outside of a global variable");
	case KASAN_SLAB:
		return ("outside of an object");
	case KASAN_SLAB_FREE:
		return ("of a freed object");
	case KASAN_PAGE_TAIL:
		return ("behind an allocation of pages");
	case KASAN_PAGE_FREE:
		return ("of a free page");
	}
	return ("of memory marked in an unknown way");
}

static void
print_place(const char *what, uintptr_t where)
{
	uintptr_t off = 0;
	const char *name = ksym_lookup(where, &off);

	kprintf("%s %s+0x%lx", what, name != NULL ? name : "?", off);
}

/* From the variable before the zone. */
static void
describe_global(uintptr_t addr)
{
	uintptr_t off = 0;
	const char *name = ksym_lookup(addr, &off);

	if (name != NULL)
		kprintf("  0x%lx bytes from the start of %s\n", off, name);
}

static void
describe(const struct kasan_report *r)
{
	const int8_t *shadow = kasan_shadow(r->addr);

	switch (r->kind) {
	case KASAN_GLOBAL:
		describe_global(r->addr);
		break;
	case KASAN_SLAB:
	case KASAN_SLAB_FREE:
		kasan_describe_slab(r->addr);
		break;
	default:
		break;
	}
	kprintf("  shadow:");
	for (int i = -8; i < 8; i++)
		kprintf(i == 0 ? " [%02x]" : " %02x", (uint8_t)shadow[i]);
	kprintf("\n");
}

static void
report(uintptr_t addr, size_t size, bool write, uintptr_t where)
{
	const int8_t *shadow = kasan_shadow(addr);
	struct kasan_report r = {addr, where, size, write, 0};

	/* Of the eight bytes, the first that may not be touched. */
	while (*shadow == 0)
		r.addr = ((uintptr_t)r.addr | (GRAIN - 1)) + 1, shadow++;
	if (*shadow > 0) {
		r.addr = MAX(r.addr,
		    (r.addr & ~(uintptr_t)(GRAIN - 1)) + (uint8_t)*shadow);
		shadow++;
	}
	r.kind =
	    *shadow < 0 ? (enum kasan_kind)(uint8_t)*shadow : KASAN_PAGE_TAIL;
	if (kasan_listener != NULL) {
		kasan_listener(&r);
		return;
	}
	reporting = true;
	kconsole_seize();
	print_place(write ? "kasan: write at" : "kasan: read at", where);
	kprintf(": %zu bytes at %016lx, %016lx is %s\n", size, addr, r.addr,
	    kind_name(r.kind));
	describe(&r);
	panic("kasan: %s %s", write ? "write" : "read", kind_name(r.kind));
}

/* May all be touched? size > 0. */
static bool
accessible(uintptr_t addr, size_t size)
{
	uintptr_t last = addr + size - 1;
	const int8_t *shadow = kasan_shadow(addr), *end = kasan_shadow(last);

	for (; shadow < end; shadow++)
		if (__predict_false(*shadow != 0))
			return (false);
	return (
	    __predict_true(*shadow == 0) || (int8_t)(last % GRAIN) < *shadow);
}

static inline void
check(uintptr_t addr, size_t size, bool write, uintptr_t where)
{
	if (__predict_false(!kasan_covers(addr)) || size == 0)
		return;
	if (__predict_true(accessible(addr, size)) || reporting)
		return;
	report(addr, size, write, where);
}

#define WHERE ((uintptr_t)__builtin_return_address(0))

void
kasan_check_read(const void *p, size_t size)
{
	check((uintptr_t)p, size, false, WHERE);
}

void
kasan_check_write(const void *p, size_t size)
{
	check((uintptr_t)p, size, true, WHERE);
}

/* What the compiler calls. */
#define ACCESS(n)                                                              \
	void __asan_report_load##n##_noabort(uintptr_t addr);                  \
	void __asan_report_store##n##_noabort(uintptr_t addr);                 \
	void __asan_report_load##n##_noabort(uintptr_t addr)                   \
	{                                                                      \
		check(addr, n, false, WHERE);                                  \
	}                                                                      \
	void __asan_report_store##n##_noabort(uintptr_t addr)                  \
	{                                                                      \
		check(addr, n, true, WHERE);                                   \
	}
ACCESS(1)
ACCESS(2)
ACCESS(4)
ACCESS(8)
ACCESS(16)

void __asan_report_load_n_noabort(uintptr_t addr, size_t size);
void __asan_report_store_n_noabort(uintptr_t addr, size_t size);
void __asan_poison_stack_memory(const void *p, size_t size);
void __asan_unpoison_stack_memory(const void *p, size_t size);
void __asan_handle_no_return(void);
void __asan_register_globals(const struct asan_global *g, size_t n);
void __asan_unregister_globals(const struct asan_global *g, size_t n);

void
__asan_report_load_n_noabort(uintptr_t addr, size_t size)
{
	check(addr, size, false, WHERE);
}

void
__asan_report_store_n_noabort(uintptr_t addr, size_t size)
{
	check(addr, size, true, WHERE);
}

void
__asan_poison_stack_memory(const void *p, size_t size)
{
	kasan_poison(p, size, KASAN_STACK_SCOPE);
}

void
__asan_unpoison_stack_memory(const void *p, size_t size)
{
	kasan_unpoison(p, size);
}

/* A call that doesn't return leaves its callers' zones behind on a stack that
 * may be used again from its top. */
void
__asan_handle_no_return(void)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);
	const struct thread *td = curthread();
	uintptr_t stack = td == NULL ? 0 : (uintptr_t)td->td_kstack;

	here &= ~(uintptr_t)(GRAIN - 1);
	if (here - stack < ptoa(KSTACK_PAGES))
		kasan_unpoison((void *)here, stack + ptoa(KSTACK_PAGES) - here);
}

void
__asan_register_globals(const struct asan_global *g, size_t n)
{
	for (; n > 0; n--, g++) {
		size_t zone = roundup2(g->size, GRAIN);

		kasan_unpoison((void *)g->addr, g->size);
		kasan_poison((char *)g->addr + zone, g->size_with_zone - zone,
		    KASAN_GLOBAL);
	}
}

/* Named by the compiler, and never called: the kernel doesn't end. */
void
__asan_unregister_globals(const struct asan_global *g, size_t n)
{
}

void
kasan_init(void)
{
	extern void (*const init_array_start[])(void);
	extern void (*const init_array_end[])(void);

	for (void (*const *p)(void) = init_array_start; p < init_array_end; p++)
		(*p)();
}

/* The assembly's, which the compiler sees nothing of. */
void *md_memcpy(void *restrict dst, const void *restrict src, size_t n);

void *
memcpy(void *restrict dst, const void *restrict src, size_t n)
{
	check((uintptr_t)src, n, false, WHERE);
	check((uintptr_t)dst, n, true, WHERE);
	return (md_memcpy(dst, src, n));
}

void *
memset(void *dst, int c, size_t n)
{
	check((uintptr_t)dst, n, true, WHERE);
	return (md_memset(dst, c, n));
}
#endif
