/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scale_fork MEGABYTES...: what fork(2) costs a process that has so much
 * memory, and what comes after it: the first write to a page that the child
 * has too, a write elsewhere, the child's end.
 */
#include "scale.h"

#define PAGE  4096
#define TIMES 4

static uint64_t since;

static uint64_t
lap(void)
{
	uint64_t was = since;

	since = ticks();
	return (since - was);
}

static void
least(uint64_t *a, uint64_t b)
{
	*a = *a < b ? *a : b;
}

static void
measure(long megabytes)
{
	const size_t size = (size_t)megabytes << 20;
	char *memory = map_anon(size, MAP_ANON_PRIVATE);
	uint64_t fork = UINT64_MAX, first = fork, second = fork, end = fork;

	for (size_t i = 0; i < size; i += PAGE)
		memory[i] = 1;
	for (int i = 0; i < TIMES; i++) {
		int fds[2];
		long pid;
		char c = 0;

		CHECK_EQ(SYS(SYS_pipe2, fds, 0), 0);
		(void)lap();
		pid = SYS(SYS_fork);
		/* Here as long as its parent writes. */
		if (pid == 0) {
			(void)SYS(SYS_read, fds[0], &c, 1);
			(void)SYS(SYS_exit, 0);
		}
		least(&fork, lap());
		memory[0] = 2;
		least(&first, lap());
		memory[size / 2] = 2;
		least(&second, lap());
		CHECK_EQ(SYS(SYS_write, fds[1], &c, 1), 1);
		CHECK_EQ(SYS(SYS_wait4, pid, NULL, 0, NULL), pid);
		least(&end, lap());
		(void)SYS(SYS_close, fds[0]);
		(void)SYS(SYS_close, fds[1]);
	}
	say_line("fork", megabytes, fork);
	say_line("first-write", megabytes, first);
	say_line("write-elsewhere", megabytes, second);
	say_line("exit-wait", megabytes, end);
	(void)lap();
	(void)SYS(SYS_munmap, memory, size);
	say_line("munmap", megabytes, lap());
}

int
main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		measure(parse_number(argv[i]));
	return (failures != 0);
}
