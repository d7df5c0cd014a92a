/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * membarrier(2): who may ask for what, and that it does what a barrier in each
 * of two threads does: with a store and then a load of the other's place in
 * both, one at least sees the other's store.
 */
#include "freebsd.h"

enum { SYS_execve = 59, SYS_membarrier = 584 };

enum {
	QUERY = 0,
	GLOBAL = 1,
	GLOBAL_FAST = 2,
	REGISTER_GLOBAL = 4,
	PRIVATE = 8,
	REGISTER_PRIVATE = 16,
	CORE = 32,
	REGISTER_CORE = 64,
};

#define ROUNDS 1000u

static long
barrier(int cmd)
{
	return (SYS(SYS_membarrier, cmd, 0, 0));
}

static volatile unsigned mine, others, seen, round, done;

/* The side that has no barrier of its own. */
static void
quick(void *tid)
{
	unsigned spins = 0;

	for (unsigned r = 1; r <= ROUNDS; r++) {
		while (round < r)
			if (++spins % 100 == 0)
				(void)SYS(SYS_sched_yield);
		others = r;
		__asm__ volatile("" ::: "memory");
		seen = mine;
		__asm__ volatile("" ::: "memory");
		done = r;
	}
	end_thread(tid);
}

static void
two_threads(int cmd)
{
	unsigned missed = 0;
	long tid = 0;

	mine = others = round = done = 0;
	CHECK_EQ(start_thread(quick, &tid, &tid), 0);
	for (unsigned r = 1; r <= ROUNDS; r++) {
		unsigned saw;

		round = r;
		mine = r;
		CHECK_EQ(barrier(cmd), 0);
		saw = others;
		while (done < r)
			(void)SYS(SYS_sched_yield);
		if (saw != r && seen != r)
			missed++;
	}
	join_thread(&tid);
	CHECK_EQ(missed, 0);
}

/* What a process has registered for, its children and programs haven't. */
static void
not_inherited(const char *self)
{
	const char *args[] = {self, "fresh", NULL}, *env[] = {NULL};
	long pid = SYS(SYS_fork);
	int status = -1;

	if (pid == 0) {
		if (barrier(PRIVATE) != -EPERM ||
		    barrier(REGISTER_PRIVATE) != 0 || barrier(PRIVATE) != 0)
			(void)SYS(SYS_exit, 2);
		(void)SYS(SYS_execve, self, args, env);
		(void)SYS(SYS_exit, 3);
	}
	CHECK_EQ(SYS(SYS_wait4, pid, &status, 0, NULL), pid);
	CHECK_EQ(status, 0);
}

int
main(int argc, char **argv)
{
	if (argc > 1)
		return (barrier(PRIVATE) != -EPERM);
	CHECK_EQ(barrier(QUERY), 0x7f);
	CHECK_EQ(SYS(SYS_membarrier, QUERY, 1, 0), -EINVAL);
	CHECK_EQ(barrier(128), -EINVAL);
	CHECK_EQ(barrier(GLOBAL | GLOBAL_FAST), -EINVAL);
	CHECK_EQ(barrier(GLOBAL), 0);
	CHECK_EQ(barrier(GLOBAL_FAST), -EPERM);
	CHECK_EQ(barrier(PRIVATE), -EPERM);
	CHECK_EQ(barrier(CORE), -EPERM);
	CHECK_EQ(barrier(REGISTER_PRIVATE), 0);
	CHECK_EQ(barrier(CORE), -EPERM);
	CHECK_EQ(barrier(REGISTER_CORE), 0);
	CHECK_EQ(barrier(CORE), 0);
	CHECK_EQ(barrier(REGISTER_GLOBAL), 0);
	two_threads(PRIVATE);
	two_threads(GLOBAL_FAST);
	not_inherited(argv[0]);
	return (result("membar"));
}
