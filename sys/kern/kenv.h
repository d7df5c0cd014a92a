/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's environment, kenv(1): what the command line says, and what
 * was set since.
 */
#ifndef KERN_KENV_H
#define KERN_KENV_H

#include "core/sysctl.h"
#include "lib/types.h"

/* Longest name and value, without the NUL. */
#define KENV_MNAMELEN 128
#define KENV_MVALLEN  128

/* kenv(2)'s actions. */
enum { KENV_GET, KENV_SET, KENV_UNSET, KENV_DUMP };

/* All may sleep.  0; ENOENT leaves buf alone; a longer value is cut. */
int kenv_get(const char *name, char *buf, size_t size) __sleeps;
/* ENOMEM, ENOSPC (too many), ENAMETOOLONG. */
int kenv_set(const char *name, const char *value) __sleeps;
int kenv_unset(const char *name) __sleeps; /* ENOENT */
/* All of it, NAME=VALUE with a NUL each, as far as it fits; how long it is. */
size_t kenv_dump(char *buf, size_t size) __sleeps;
/* Is it yes, true, on or a number that isn't 0? */
bool kenv_true(const char *name) __sleeps;

/* RB_*: what boot_* variables and flags (-s, -v) say. */
int boothowto(void) __sleeps;

/*
 * A number that is a sysctl(3) node, and that the environment may set before
 * it is asked for first: NUMBER, or with a k, m, g or t behind it.  Types are
 * int and unsigned long, and no value is above the highest.
 */
struct tunable {
	const char *tn_name; /* (!) */
	uint64_t tn_value;   /* (a) */
	uint64_t tn_max;     /* (!) */
	bool tn_fetched;     /* (a) from the environment, if it is there */
};
uint64_t tunable_get(struct tunable *tn) __sleeps;
sysctl_fn sysctl_handle_tunable;

#define TUNABLE_(var, name, kind, fmt, size, value, max)                       \
	static struct tunable var = {(name), (value), (max), false};           \
	SYSCTL_NODE_(tunable_##var, name, CTL_AUTO, (kind) | CTLFLAG_TUN, fmt, \
	    sysctl_handle_tunable, &var, size, NULL)
/* flags: CTLFLAG_RD or CTLFLAG_RW. */
#define TUNABLE_INT(var, name, flags, value, max)                              \
	TUNABLE_(var, name, CTLTYPE_INT | (flags), "I", sizeof(int), value, max)
#define TUNABLE_ULONG(var, name, flags, value, max)                            \
	TUNABLE_(var, name, CTLTYPE_ULONG | (flags), "LU",                     \
	    sizeof(unsigned long), value, max)

#endif
