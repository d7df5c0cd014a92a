/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random mapping, unmapping, protection, inheritance and forks over a few
 * pages, beside a model of what each page must hold; then over as many pieces
 * that are large enough for a range of them to have page tables of its own.
 */
#include "freebsd.h"

#include "fbsd/mman.h"

enum { SYS_madvise = 75, SYS_minherit = 250 };

#define PAGES 48u
#define DEPTH 2 /* generations of children */

static struct {
	bool mapped;
	bool writable;
	bool loose; /* MADV_FREE: the value, or 0 */
	uint8_t inherit;
	uint32_t value;
} model[PAGES];

static size_t unit; /* of what is called a page here */
static char *window;
static uint64_t seed = 0x9e3779b97f4a7c15;
static int mistakes;

static unsigned
rnd(unsigned n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return ((unsigned)(seed >> 33) % n);
}

static volatile uint32_t *
word(unsigned page)
{
	return ((volatile uint32_t *)(window + page * unit));
}

static void
mistake(const char *what, unsigned page, long got)
{
	if (mistakes++ > 5)
		return;
	say(what);
	say(": page ");
	say_number(page);
	say(" has ");
	say_number(got);
	say(", not ");
	say_number(model[page].value);
	say("\n");
}

/* By a system call, which says EFAULT instead of raising a signal. */
static bool
readable(unsigned page, int fds[2])
{
	char c;
	long n = SYS(SYS_write, fds[1], word(page), 1);

	if (n == 1)
		(void)SYS(SYS_read, fds[0], &c, 1);
	return (n == 1);
}

static void
verify(int fds[2])
{
	for (unsigned i = 0; i < PAGES; i++) {
		uint32_t v;

		if (readable(i, fds) != model[i].mapped) {
			mistake("mapped or not", i, !model[i].mapped);
			continue;
		}
		if (!model[i].mapped)
			continue;
		v = *word(i);
		if (v != model[i].value && !(model[i].loose && v == 0))
			mistake("value", i, v);
		model[i].value = v;
	}
}

static void
change(unsigned start, unsigned n, unsigned what)
{
	char *at = window + start * unit;
	long r = 0;

	switch (what) {
	case 0:
		r = SYS(SYS_mmap, at, n * unit, PROT_RW,
		    MAP_ANON_PRIVATE | MAP_FIXED, -1, 0);
		r = r == (long)at ? 0 : r;
		break;
	case 1:
		r = SYS(SYS_munmap, at, n * unit);
		break;
	case 2:
		r = SYS(SYS_mprotect, at, n * unit, PROT_READ);
		break;
	case 3:
		r = SYS(SYS_mprotect, at, n * unit, PROT_RW);
		break;
	case 4:
		r = SYS(SYS_madvise, at, n * unit, MADV_FREE);
		break;
	default:
		r = SYS(SYS_minherit, at, n * unit, what - 5);
		break;
	}
	CHECK_EQ(r, 0);
	for (unsigned i = start; i < start + n; i++) {
		if (what == 0) {
			model[i].mapped = model[i].writable = true;
			model[i].loose = false;
			model[i].value = 0;
			model[i].inherit = INHERIT_COPY;
		} else if (what == 1) {
			model[i].mapped = false;
		} else if (what == 2 || what == 3) {
			model[i].writable = what == 3;
		} else if (what == 4) {
			model[i].loose = true;
		} else {
			model[i].inherit = (uint8_t)(what - 5);
		}
	}
}

static void
write_some(void)
{
	for (unsigned k = rnd(20); k > 0; k--) {
		unsigned i = rnd(PAGES);

		if (!model[i].mapped || !model[i].writable)
			continue;
		model[i].value = *word(i) = rnd(1000000) + 1;
		model[i].loose = false;
	}
}

/* What a child finds. */
static void
inherited(void)
{
	for (unsigned i = 0; i < PAGES; i++) {
		if (model[i].inherit == INHERIT_NONE)
			model[i].mapped = false;
		if (model[i].inherit == INHERIT_ZERO)
			model[i].value = 0;
	}
}

static void live(unsigned steps, int depth, int fds[2]);

static void
have_child(int depth, int fds[2])
{
	int status = -1;
	long pid = SYS(SYS_fork);

	if (pid == 0) {
		inherited();
		verify(fds);
		live(rnd(40), depth + 1, fds);
		(void)SYS(SYS_exit, mistakes != 0 || failures != 0);
	}
	if (rnd(2) == 0)
		write_some();
	CHECK_EQ(SYS(SYS_wait4, pid, &status, 0, NULL), pid);
	CHECK_EQ(status, 0);
}

static void
live(unsigned steps, int depth, int fds[2])
{
	while (steps-- > 0 && mistakes == 0) {
		unsigned start = rnd(PAGES), n = 1 + rnd(PAGES - start);
		/* 0..4, and minherit's COPY, NONE and ZERO: what is shared
		 * would need a model that is shared too. */
		unsigned what = rnd(8);

		change(start, n > 12 ? n / 4 : n, what < 5 ? what : what + 1);
		write_some();
		if (rnd(8) == 0 && depth < DEPTH)
			have_child(depth, fds);
		if (rnd(4) == 0)
			verify(fds);
	}
	verify(fds);
}

static void
over(size_t size, unsigned steps, int fds[2])
{
	unit = size;
	window = map_anon(PAGES * unit, MAP_ANON_PRIVATE);
	CHECK_EQ(SYS(SYS_munmap, window, PAGES * unit), 0);
	for (unsigned i = 0; i < PAGES; i++) {
		model[i].mapped = false;
		model[i].inherit = INHERIT_COPY;
	}
	live(steps, 0, fds);
	CHECK_EQ(SYS(SYS_munmap, window, PAGES * unit), 0);
}

int
main(int argc, char **argv)
{
	int fds[2];

	CHECK_EQ(SYS(SYS_pipe2, fds, 0), 0);
	over(4096, argc > 1 ? 25000 : 4000, fds);
	over(256 << 10, argc > 1 ? 25000 : 4000, fds);
	CHECK_EQ(mistakes, 0);
	return (result("memmodel"));
}
