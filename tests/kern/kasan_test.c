/* SPDX-License-Identifier: BSD-2-Clause */
/* Each kind of access to memory that nobody should touch is reported. */
#include "boot/ktest.h"
#include "core/kasan.h"

#ifdef OPT_KASAN
#include "fbsd/errno.h"
#include "lib/string.h"
#include "amd64/md.h"
#include "vm/kmem.h"
#include "vm/page.h"

static struct kasan_report last;
static unsigned reports;

static void
remember(const struct kasan_report *r)
{
	last = *r;
	reports++;
}

/* Functions of their own: the compiler takes what it calls before an access
 * for a function that changes and sees nothing. */
#define APART __attribute__((noinline))

static APART uint8_t
read_at(const void *p, size_t offset)
{
	return (((const volatile uint8_t *)p)[offset]);
}

static APART uint64_t
read_word(const void *p)
{
	return (*(const volatile uint64_t *)p);
}

static APART char *
fill(char *p, size_t n)
{
	memset(p, 0, n);
	return (p);
}

static APART void
listen(void)
{
	reports = 0;
	kasan_listener = remember;
}

/* One report since listen(), of this. */
static APART bool
heard(enum kasan_kind kind, const void *p, size_t offset)
{
	kasan_listener = NULL;
	return (reports == 1 && last.kind == kind && !last.write &&
		last.addr == (uintptr_t)p + offset);
}

KTEST(kasan_outside_of_object)
{
	/* Within what the allocator rounds up to, and just before. */
	char *p = kmem_alloc(100, 0);

	KT_ASSERT(p != NULL);
	listen();
	(void)read_at(p, 99);
	(void)read_at(p, 100);
	KT_ASSERT(heard(KASAN_SLAB, p, 100));
	listen();
	(void)read_at(p - 1, 0);
	KT_ASSERT(heard(KASAN_SLAB, p - 1, 0));
	kmem_free(p, 100);
}

KTEST(kasan_after_free)
{
	char *p = kmem_alloc(100, 0), *q;

	KT_ASSERT(p != NULL);
	kmem_free(p, 100);
	/* It isn't used again at once. */
	q = kmem_alloc(100, 0);
	KT_ASSERT(q != NULL && q != p);
	listen();
	(void)read_at(p, 8);
	KT_ASSERT(heard(KASAN_SLAB_FREE, p, 8));
	kmem_free(q, 100);
}

KTEST(kasan_pages)
{
	struct page *pg = page_alloc(2, PAGE_KERNEL);
	char *p = kmem_alloc(3 * PAGE_SIZE - 4, 0);

	KT_ASSERT(pg != NULL && p != NULL);
	listen();
	(void)read_at(p, 3 * PAGE_SIZE - 4);
	KT_ASSERT(heard(KASAN_PAGE_TAIL, p, 3 * PAGE_SIZE - 4));
	kmem_free(p, 3 * PAGE_SIZE - 4);
	page_free(pg, 2);
	p = page_virt(pg);
	listen();
	(void)read_at(p, PAGE_SIZE);
	KT_ASSERT(heard(KASAN_PAGE_FREE, p, PAGE_SIZE));
}

KTEST(kasan_globals)
{
	static char outside[13];

	listen();
	(void)read_at(outside, sizeof(outside) - 1);
	(void)read_at(outside, sizeof(outside));
	KT_ASSERT(heard(KASAN_GLOBAL, outside, sizeof(outside)));
}

KTEST(kasan_stack)
{
	char outside[20];

	memset(outside, 0, sizeof(outside));
	listen();
	(void)read_at(outside, sizeof(outside) - 1);
	(void)read_at(outside, sizeof(outside));
	KT_ASSERT(heard(KASAN_STACK_RIGHT, outside, sizeof(outside)));
}

KTEST(kasan_scope)
{
	char *left = NULL;

	for (int i = 0; i < 2; i++) {
		char within[40];

		left = fill(within, sizeof(within));
	}
	listen();
	(void)read_at(left, 0);
	KT_ASSERT(heard(KASAN_STACK_SCOPE, left, 0));
}

/* A word that begins within and ends outside; and a write. */
KTEST(kasan_across)
{
	char *p = kmem_alloc(20, 0);

	KT_ASSERT(p != NULL);
	listen();
	(void)read_word(p + 16);
	KT_ASSERT(heard(KASAN_SLAB, p, 20) && last.size == 8);
	listen();
	kasan_check_write(p + 12, 9);
	kasan_listener = NULL;
	KT_ASSERT(reports == 1 && last.write && last.size == 9);
	kmem_free(p, 20);
}

/* Assembly and strings. */
KTEST(kasan_functions)
{
	char *p = kmem_alloc(100, KM_ZERO), to[120];
	volatile size_t n = 101, result;

	KT_ASSERT(p != NULL);
	listen();
	memcpy(to, p, n);
	KT_ASSERT(heard(KASAN_SLAB, p, 100));
	listen();
	result = (size_t)memcmp(to, p, n);
	KT_ASSERT(heard(KASAN_SLAB, p, 100));
	memset(p, 'x', 100);
	listen();
	result = strnlen(p, n);
	KT_ASSERT(heard(KASAN_SLAB, p, 100));
	/* Nothing is mapped there, but the check comes first. */
	listen();
	KT_ASSERT(copyout(p, (void *)USER_MIN, n) == EFAULT);
	KT_ASSERT(heard(KASAN_SLAB, p, 100));
	KT_ASSERT(result == 101);
	kmem_free(p, 100);
}

KTEST_PANIC(kasan_report)
{
	char *p = kmem_alloc(100, 0);

	kmem_free(p, 100);
	kmem_free(p, 100);
}
#endif
