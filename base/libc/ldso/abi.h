/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For functions that stand in front of musl's own, whose arguments they
 * translate.
 */
#ifndef LDSO_ABI_H
#define LDSO_ABI_H

/* musl's function, by the name that shared.sh gives it: musl_NAME(). */
#define MUSL(name) extern __typeof(name) musl_##name

/* What a type that is a pointer for FreeBSD leads to, which musl has as a
 * structure. */
static inline void *
contents(const void *slot)
{
	return (*(void *const volatile *)slot);
}

#endif
