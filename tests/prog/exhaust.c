/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Descriptors, processes and threads until there are no more, and then all
 * over again: what was taken comes back.
 */
#include "freebsd.h"
#include "fbsd/fcntl.h"
#include "fbsd/resource.h"

enum {
	SYS_dup = 41,
	SYS_getrlimit = 194,
	SYS_setrlimit = 195,
	SYS_kqueue = 362,
	SYS_close_range = 575,
};

static void
descriptors(void)
{
	struct rlimit rl = {200, 200};
	int p[2];
	long fd, n = 0;

	CHECK_EQ(SYS(SYS_setrlimit, RLIMIT_NOFILE, &rl), 0);
	while ((fd = SYS(SYS_dup, 1)) >= 0)
		n++;
	CHECK_EQ(fd, -EMFILE);
	CHECK(n >= 190 && n < 200);
	CHECK_EQ(SYS(SYS_pipe2, p, 0), -EMFILE);
	CHECK_EQ(SYS(SYS_kqueue), -EMFILE);
	(void)SYS(SYS_close, 150);
	/* Room for one is not enough for a pipe, and nothing is left over. */
	CHECK_EQ(SYS(SYS_pipe2, p, 0), -EMFILE);
	CHECK_EQ(SYS(SYS_dup, 1), 150);
	CHECK_EQ(SYS(SYS_close_range, 3, ~0u, 0), 0);
	CHECK_EQ(SYS(SYS_dup, 1), 3);
	(void)SYS(SYS_close, 3);
}

#define MANY 1000

static long children[MANY];

static void
processes(void)
{
	int status, p[2], alive = 0;
	char c;

	CHECK_EQ(SYS(SYS_pipe2, p, 0), 0);
	for (int i = 0; i < MANY; i++) {
		children[i] = SYS(SYS_fork);
		if (children[i] == 0) {
			/* Until the parent has closed the other end. */
			(void)SYS(SYS_close, p[1]);
			(void)SYS(SYS_read, p[0], &c, 1);
			(void)SYS(SYS_exit, i & 0x7f);
		}
		alive += children[i] > 0;
	}
	CHECK_EQ(alive, MANY);
	(void)SYS(SYS_close, p[1]);
	for (int i = 0; i < MANY; i++) {
		CHECK_EQ(
		    SYS(SYS_wait4, children[i], &status, 0, NULL), children[i]);
		CHECK_EQ(status, (i & 0x7f) << 8);
	}
	CHECK_EQ(SYS(SYS_wait4, -1, &status, 0, NULL), -ECHILD);
	(void)SYS(SYS_close, p[0]);
}

static void
process_limit(void)
{
	struct rlimit rl = {20, 20}, cpu = {3600, 3600};
	int status, n = 0;
	long child;

	/* root has no limit. */
	child = SYS(SYS_fork);
	if (child == 0) {
		/* Each child has a timer for that, and so has one that doesn't
		 * come to be. */
		(void)SYS(SYS_setrlimit, RLIMIT_CPU, &cpu);
		(void)SYS(SYS_setrlimit, RLIMIT_NPROC, &rl);
		if (SYS(23, 1001) != 0) /* setuid */
			(void)SYS(SYS_exit, 1);
		while ((child = SYS(SYS_fork)) > 0)
			n++;
		if (child == 0)
			for (;;)
				sleep_ms(1000);
		for (int i = 0; i < 20; i++)
			if (SYS(SYS_fork) != -EAGAIN)
				(void)SYS(SYS_exit, 3);
		(void)SYS(SYS_kill, -1, SIGKILL);
		(void)SYS(
		    SYS_exit, child == -EAGAIN && n > 10 && n <= 20 ? 0 : 2);
	}
	CHECK_EQ(SYS(SYS_wait4, child, &status, 0, NULL), child);
	CHECK_EQ(status, 0);
}

/* A limit of CPU time that is over before the child has begun. */
static void
no_time(void)
{
	struct rlimit none = {0, 3600};
	long child = SYS(SYS_fork), grandchild;
	int status;

	if (child == 0) {
		(void)handle(24 /* SIGXCPU */, (void *)1, 0);
		(void)SYS(SYS_setrlimit, RLIMIT_CPU, &none);
		for (int i = 0; i < 50; i++) {
			grandchild = SYS(SYS_fork);
			if (grandchild == 0)
				(void)SYS(SYS_exit, 0);
			(void)SYS(SYS_wait4, grandchild, &status, 0, NULL);
		}
		(void)SYS(SYS_exit, 0);
	}
	CHECK_EQ(SYS(SYS_wait4, child, &status, 0, NULL), child);
	CHECK_EQ(status, 0);
}

static volatile long tids[500];

static void
ends(void *tid)
{
	end_thread(tid);
}

static void
threads(void)
{
	static char stacks[500][4096] __aligned(16);

	for (int round = 0; round < 4; round++) {
		for (int i = 0; i < 500; i++) {
			struct thr_param tp = {.start_func = ends,
			    .arg = (void *)&tids[i],
			    .stack_base = stacks[i],
			    .stack_size = sizeof(stacks[i]),
			    .parent_tid = (long *)&tids[i]};

			CHECK_EQ(SYS(SYS_thr_new, &tp, sizeof(tp)), 0);
		}
		for (int i = 0; i < 500; i++)
			join_thread(&tids[i]);
	}
}

int
main(int argc, char **argv)
{
	processes();
	process_limit();
	no_time();
	threads();
	descriptors();
	return (result("exhaust"));
}
