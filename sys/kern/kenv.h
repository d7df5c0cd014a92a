/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's environment, kenv(1): what the command line says, and what
 * was set since.
 */
#ifndef KERN_KENV_H
#define KERN_KENV_H

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

#endif
