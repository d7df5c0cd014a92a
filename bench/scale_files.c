/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What descriptors cost while a process has many: "name number ticks" lines,
 * where a tick of the time-stamp counter is an instruction under `-icount
 * shift=0`.  Arguments: how many, ascending.
 */
#include "scale.h"
#include "fbsd/event.h"
#include "fbsd/poll.h"

enum {
	SYS_dup = 41,
	SYS_poll = 209,
	SYS_kqueue = 362,
	SYS_kevent = 560,
	SYS_close_range = 575,
	SYS___specialfd = 577,
};

#define ROUNDS 3
#define TIMES  20

static long first, last, kq; /* descriptors, one behind the other; a queue */
static struct pollfd *fds;   /* all of them */

static void
measure(const char *name, void (*op)(void), long n, long share)
{
	uint64_t best = UINT64_MAX, start, took;
	/* What goes over many needn't be done often. */
	unsigned times = share < 1000 ? TIMES : 1;

	for (int r = 0; r < ROUNDS; r++) {
		start = ticks();
		for (unsigned i = 0; i < times; i++)
			op();
		took = (ticks() - start) / times / (uint64_t)share;
		if (took < best)
			best = took;
	}
	say_line(name, n, best);
}

static void
op_dup_close(void)
{
	(void)SYS(SYS_close, SYS(SYS_dup, 0));
}

static void
op_poll(void)
{
	(void)SYS(SYS_poll, fds, last - first + 1, 0);
}

/* Only the last one is ready: the call is prepared to wait for all others. */
static void
op_poll_last(void)
{
	(void)SYS(SYS_poll, fds, last - first + 1, -1);
}

static void
set_last(void)
{
	uint64_t one = 1;

	(void)SYS(SYS_write, last, &one, 8);
}

static void
clear_last(void)
{
	uint64_t value;

	(void)SYS(SYS_read, last, &value, 8);
}

/* One becomes ready, is told, and is ready no more. */
static void
op_wake(void)
{
	struct kevent kev;

	set_last();
	(void)SYS(SYS_kevent, kq, 0, 0, &kev, 1, 0);
	clear_last();
}

static void
watch_all(long n)
{
	struct kevent kev = {.filter = EVFILT_READ, .flags = EV_ADD};
	uint64_t start;

	kq = SYS(SYS_kqueue);
	start = ticks();
	for (long fd = first; fd <= last; fd++) {
		kev.ident = (uint64_t)fd;
		if (SYS(SYS_kevent, kq, &kev, 1, 0, 0, 0) != 0)
			say("kevent failed\n");
	}
	say_line("kevent_add_each", n, (ticks() - start) / (uint64_t)n);
	measure("kevent_wake_one", op_wake, n, 1);
}

static bool
open_all(long n)
{
	struct {
		unsigned value;
		int flags;
	} req = {0, 0};

	for (long i = 0; i < n; i++) {
		last = SYS(SYS___specialfd, 1, &req, sizeof(req));
		if (i == 0)
			first = last;
		if (last < 0)
			return (false);
		fds[i] = (struct pollfd){(int)last, POLLIN, 0};
	}
	return (true);
}

static void
scale(long n)
{
	uint64_t start;

	fds = map_anon((size_t)n * sizeof(*fds), MAP_ANON_PRIVATE);
	start = ticks();
	if (!open_all(n)) {
		say("no more descriptors\n");
		return;
	}
	say_line("open_each", n, (ticks() - start) / (uint64_t)n);
	measure("dup_close", op_dup_close, n, 1);
	measure("poll_each", op_poll, n, n);
	set_last();
	measure("poll_last_each", op_poll_last, n, n);
	clear_last();
	watch_all(n);
	start = ticks();
	(void)SYS(SYS_close_range, first, last, 0);
	say_line("close_each", n, (ticks() - start) / (uint64_t)n);
	(void)SYS(SYS_close, kq);
	(void)SYS(SYS_munmap, fds, (size_t)n * sizeof(*fds));
}

int
main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		scale(parse_number(argv[i]));
	return (0);
}
