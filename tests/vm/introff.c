/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * introff LIMIT: work of many kinds, after which the kernel (options
 * INTRDEBUG) tells the longest time that interrupts were off, and where. Under
 * -icount that is a number of instructions, and always the same.
 */
#include "files.h"

#define MB	  (1ul << 20)
#define PROCESSES 200

static int
ending(void)
{
	return (0);
}

static void
memory(void)
{
	char *p = map_anon(48 * MB, MAP_ANON_PRIVATE);

	for (size_t i = 0; i < 48 * MB; i += 4096)
		p[i] = 1;
	CHECK_EQ(in_child(ending), 0);
	CHECK_EQ(SYS(SYS_mprotect, p, 24 * MB, 1), 0);
	CHECK_EQ(SYS(SYS_munmap, p, 48 * MB), 0);
}

static void
files(void)
{
	static char buf[1 << 16];
	long fd = xopen("/tmp/introff", O_RDWR | O_CREAT | O_TRUNC, 0600);

	for (int i = 0; i < 320; i++)
		CHECK_EQ(SYS(SYS_write, fd, buf, sizeof(buf)), sizeof(buf));
	CHECK_EQ(SYS(SYS_lseek, fd, 0, 0), 0);
	while (SYS(SYS_read, fd, buf, sizeof(buf)) > 0)
		continue;
	CHECK_EQ(SYS(SYS_ftruncate, fd, 0), 0);
	(void)SYS(SYS_close, fd);
	CHECK_EQ(SYS(SYS_unlink, "/tmp/introff"), 0);
}

static void
descriptors(void)
{
	long last = 0;

	while (last < 4000)
		last = SYS(SYS_dup, 1);
	CHECK_EQ(in_child(ending), 0);
	while (last > 2)
		(void)SYS(SYS_close, last--);
}

static void
processes(void)
{
	int p[2];
	char c;

	CHECK_EQ(SYS(SYS_pipe2, p, 0), 0);
	for (int i = 0; i < PROCESSES; i++)
		if (SYS(SYS_fork) == 0) {
			(void)SYS(SYS_close, p[1]);
			(void)SYS(SYS_read, p[0], &c, 1);
			(void)SYS(SYS_exit, 0);
		}
	(void)SYS(SYS_close, p[1]);
	while (SYS(SYS_wait4, -1, NULL, 0, NULL) > 0)
		continue;
	(void)SYS(SYS_close, p[0]);
}

static long
by_name(const char *name, void *old, size_t *len, void *new, size_t newlen)
{
	return (
	    SYS(SYS___sysctlbyname, name, length(name), old, len, new, newlen));
}

int
main(int argc, char **argv)
{
	uint64_t max = 0;
	size_t len = sizeof(max);
	static char where[1024];

	CHECK_EQ(by_name("debug.intr_off_max", NULL, NULL, &max, len), 0);
	memory();
	files();
	descriptors();
	processes();
	CHECK_EQ(by_name("debug.intr_off_max", &max, &len, NULL, 0), 0);
	len = sizeof(where);
	CHECK_EQ(by_name("debug.intr_off_where", where, &len, NULL, 0), 0);
	say("interrupts were off for ");
	say_number((long)max);
	say(": ");
	say(where);
	say("\n");
	CHECK(max > 0 && argc > 1 && (long)max <= parse_number(argv[1]));
	return (result("introff"));
}
