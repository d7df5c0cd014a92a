/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's own tests (options ktest).  A test is a function in
 * tests/kern:
 *
 *	KTEST(page_alloc)
 *	{
 *		KT_ASSERT(page_total() > 0);
 *	}
 *
 * With ktest=NAME, or ktest=all, on its command line the kernel runs the
 * tests in a thread of its own instead of a program, and ends.
 */
#ifndef BOOT_KTEST_H
#define BOOT_KTEST_H

#include "lib/types.h"

struct ktest {
	const char *name;
	void (*fn)(void);
	bool panics;
};

#define KTEST(name) KTEST_(name, false)
/* One that ends in a panic; not among ktest=all (tests/kpanic.sh). */
#define KTEST_PANIC(name) KTEST_(name, true)

#define KTEST_(name, panics)                                                   \
	static void ktest_##name(void);                                        \
	static const struct ktest ktest_def_##name = {                         \
	    #name, ktest_##name, panics};                                      \
	LINKER_SET(ktest, ktest_def_##name);                                   \
	static void ktest_##name(void)

/* Ends the test if cond doesn't hold. */
#define KT_ASSERT(cond)                                                        \
	do {                                                                   \
		if (!(cond)) {                                                 \
			ktest_fail(__FILE__, __LINE__, #cond);                 \
			return;                                                \
		}                                                              \
	} while (0)

void ktest_fail(const char *file, int line, const char *cond);
/* Doesn't return if the command line asks for tests. */
void ktest_start(void);

#endif
