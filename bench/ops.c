/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a kernel's operations cost, in ticks of the time-stamp counter: under
 * `-icount shift=0` a tick is an instruction.  The same source is built for
 * FreeBSD (freestanding) and, with -DLINUX, for Linux (static glibc, for its
 * vDSO), where it also is /init.  Prints "name ticks" lines.
 *
 * Each operation runs often enough for its first-time costs not to matter;
 * the smallest of several rounds counts.
 */
#ifdef LINUX
#define _GNU_SOURCE
#include <linux/futex.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "bench_linux.h"
#else
#include "freebsd.h"
#include "bench_freebsd.h"
#endif

#define ROUNDS 5
#define MEMORY (256 * 4096)

static inline uint64_t
ticks(void)
{
	uint32_t lo, hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return ((uint64_t)hi << 32 | lo);
}

static void
op_getppid(void)
{
	os_getppid();
}

static void
op_clock(void)
{
	os_clock();
}

static void
op_fork(void)
{
	long pid = os_fork();

	if (pid == 0)
		os_exit(0);
	os_wait(pid);
}

static void
op_exec(void)
{
	long pid = os_fork();

	if (pid == 0) {
		os_exec(OS_TINY);
		os_exit(1);
	}
	os_wait(pid);
}

static int ping[2], pong[2];

static void
op_pipe(void)
{
	char c = 'x';

	os_write(ping[1], &c, 1);
	os_read(pong[0], &c, 1);
}

/* The other side of op_pipe(): ends with the pipe. */
static long
start_echo(void)
{
	char c;
	long pid;

	os_pipe(ping);
	os_pipe(pong);
	pid = os_fork();
	if (pid != 0)
		return (pid);
	os_close(ping[1]);
	while (os_read(ping[0], &c, 1) == 1)
		os_write(pong[1], &c, 1);
	os_exit(0);
	return (0);
}

static void
op_thread(void)
{
	os_thread();
}

static uint64_t
measure(void (*op)(void), int times)
{
	uint64_t best = UINT64_MAX;

	for (int round = 0; round < ROUNDS; round++) {
		uint64_t start = ticks(), each;

		for (int i = 0; i < times; i++)
			op();
		each = (ticks() - start) / (uint64_t)times;
		if (each < best)
			best = each;
	}
	return (best);
}

/* Touching each page of fresh memory once. */
static uint64_t
measure_touch(void)
{
	uint64_t best = UINT64_MAX;

	for (int round = 0; round < ROUNDS; round++) {
		volatile char *p = os_memory(MEMORY);
		uint64_t start = ticks(), each;

		for (size_t i = 0; i < MEMORY; i += 4096)
			p[i] = 1;
		each = (ticks() - start) / (MEMORY / 4096);
		if (each < best)
			best = each;
		os_release((void *)p, MEMORY);
	}
	return (best);
}

int
main(int argc, char **argv)
{
	uint64_t start = ticks();

	os_begin(argv);
	os_report("start", start);
	os_report("getppid", measure(op_getppid, 1000));
	os_report("clock_gettime", measure(op_clock, 1000));
	start_echo();
	os_report("pipe-round-trip", measure(op_pipe, 200));
	os_close(ping[1]);
	os_wait(-1);
	os_report("fork-exit-wait", measure(op_fork, 50));
	os_report("fork-exec-wait", measure(op_exec, 50));
	os_report("first-touch", measure_touch());
	os_report("thread-create-join", measure(op_thread, 50));
	os_end();
	return (0);
}
