/* SPDX-License-Identifier: BSD-2-Clause */
/* What the benches of scale share. */
#ifndef BENCH_SCALE_H
#define BENCH_SCALE_H

#include "freebsd.h"

static inline uint64_t
ticks(void)
{
	uint32_t lo, hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return ((uint64_t)hi << 32 | lo);
}

/* A result: "name n value". */
static inline void
say_line(const char *name, long n, uint64_t value)
{
	say(name);
	say(" ");
	say_number(n);
	say(" ");
	say_number((long)value);
	say("\n");
}

#endif
