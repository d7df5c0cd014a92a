/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What processes cost while many others live: "name number ticks" lines, where
 * a tick of the time-stamp counter is an instruction under `-icount shift=0`.
 * Arguments: the numbers of other processes, ascending.
 */
#include "scale.h"

#define ROUNDS 5
#define TIMES  20

static int gate[2]; /* the others read it, and go at its end */

static long
fork_child(void)
{
	long pid, child;

	__asm__ volatile("syscall"
			 : "=a"(pid), "=d"(child)
			 : "0"((long)SYS_fork)
			 : "rcx", "r11", "memory", "cc");
	return (child ? 0 : pid);
}

static void
op_fork(long unused)
{
	long pid = fork_child();

	if (pid == 0)
		(void)SYS(SYS_exit, 0);
	(void)SYS(SYS_wait4, pid, 0, 0, 0);
}

static void
op_kill(long pid)
{
	(void)SYS(SYS_kill, pid, 0);
}

/* To a group of its own, and back. */
static void
op_setpgid(long pid)
{
	(void)SYS(SYS_setpgid, pid, pid);
	(void)SYS(SYS_setpgid, pid, SYS(SYS_getpid));
}

static void
measure(const char *name, void (*op)(long), long arg, long n)
{
	uint64_t best = UINT64_MAX, start, took;

	for (int r = 0; r < ROUNDS; r++) {
		start = ticks();
		for (int i = 0; i < TIMES; i++)
			op(arg);
		took = (ticks() - start) / TIMES;
		if (took < best)
			best = took;
	}
	say_line(name, n, best);
}

/* One more that waits at the gate; its number. */
static long
add_other(void)
{
	long pid = fork_child();
	char c;

	if (pid != 0)
		return (pid);
	(void)SYS(SYS_close, gate[1]);
	(void)SYS(SYS_read, gate[0], &c, 1);
	(void)SYS(SYS_exit, 0);
	return (0);
}

/* All go, each counted from the gate's opening to the last wait. */
static void
end_others(long n)
{
	uint64_t start = ticks();

	(void)SYS(SYS_close, gate[0]);
	(void)SYS(SYS_close, gate[1]);
	for (long i = 0; i < n; i++)
		if (SYS(SYS_wait4, -1, 0, 0, 0) <= 0)
			say("a process is missing\n");
	say_line("end_each", n, (ticks() - start) / (uint64_t)(n > 0 ? n : 1));
}

static void
scale(long n)
{
	long first = 0, pid;

	if (SYS(SYS_pipe2, gate, 0) != 0)
		return;
	for (long i = 0; i < n; i++) {
		pid = add_other();
		if (pid < 0) {
			say("no more processes\n");
			n = i;
			break;
		}
		if (first == 0)
			first = pid;
	}
	measure("fork_exit_wait", op_fork, 0, n);
	measure("kill", op_kill, first, n);
	measure("setpgid_twice", op_setpgid, first, n);
	end_others(n);
}

int
main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		scale(parse_number(argv[i]));
	return (0);
}
