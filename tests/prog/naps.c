/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Short sleeps and then longer and longer ones.  The kernel takes the measure
 * of its clock by long sleeps; how it sets the timer for one mustn't depend on
 * what was left in it by a short one, on a machine whose timers are busy.
 */
#include "freebsd.h"

static long
monotonic(void)
{
	struct timespec ts;

	CHECK_EQ(SYS(SYS_clock_gettime, 4, &ts), 0);
	return (ts.tv_sec * 1000000000 + ts.tv_nsec);
}

static void
nap(long ns)
{
	struct timespec ts = {.tv_nsec = ns};
	long start = monotonic();

	CHECK_EQ(SYS(SYS_nanosleep, &ts, 0), 0);
	CHECK(monotonic() - start >= ns);
}

int
main(int argc, char **argv)
{
	long busy;

	(void)argc;
	(void)argv;
	busy = SYS(SYS_fork);
	if (busy == 0)
		for (;;)
			nap(1000);
	nap(12000000);
	for (long ns = 500000; ns < 100000000; ns *= 4) {
		for (int i = 0; i < 5; i++)
			nap(1000);
		nap(ns);
	}
	CHECK_EQ(SYS(SYS_kill, busy, SIGKILL), 0);
	CHECK_EQ(SYS(SYS_wait4, busy, 0, 0, 0), busy);
	return (result("naps"));
}
