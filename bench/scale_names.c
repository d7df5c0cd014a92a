/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What names and files cost while there are many of them, in one directory:
 * "name number ticks" lines, where a tick of the time-stamp counter is an
 * instruction under `-icount shift=0`.  Arguments: how many, ascending, each
 * time with new files; and before them a directory where others than the root's
 * file system are to be measured.
 */
#include "scale.h"
#include "fbsd/fcntl.h"
#include "fbsd/stat.h"

enum {
	SYS_open = 5,
	SYS_unlink = 10,
	SYS_chdir = 12,
	SYS_rename = 128,
	SYS_mkdir = 136,
	SYS_rmdir = 137,
	SYS_fstatat = 552,
};

#define FEW  100
#define DEEP 12

/* The i-th name. */
static const char *
name(char first, long i)
{
	static char text[16];
	char *p = text + sizeof(text) - 1;

	do
		*--p = (char)('0' + i % 10);
	while ((i /= 10) != 0);
	*--p = first;
	return (p);
}

static struct sum {
	uint64_t all, longest;
} none;

/* All calls of op, with numbers from `first` to `end`. */
static struct sum
sum_of(void (*op)(long), long first, long end)
{
	struct sum sum = none;
	uint64_t start, took;

	for (long i = first; i < end; i++) {
		start = ticks();
		op(i);
		took = ticks() - start;
		sum.all += took;
		if (took > sum.longest)
			sum.longest = took;
	}
	return (sum);
}

static void
check(long result, long expected, const char *what)
{
	if (result == expected)
		return;
	say(what);
	say(": ");
	say_number(result);
	say("\n");
	(void)SYS(SYS_exit, 1);
}

static void
make(long i)
{
	long fd = SYS(SYS_open, name('f', i), O_CREAT | O_RDWR, 0644);

	if (fd < 0)
		check(fd, 0, "open");
	(void)SYS(SYS_close, fd);
}

static void
stat_it(long i)
{
	struct stat st;

	check(SYS(SYS_fstatat, AT_FDCWD, name('f', i), &st, 0), 0, "stat");
}

static void
stat_absent(long i)
{
	struct stat st;

	(void)SYS(SYS_fstatat, AT_FDCWD, name('n', i), &st, 0);
}

static void
rename_it(long i)
{
	char from[16];
	const char *p = name('f', i);

	for (unsigned k = 0; (from[k] = p[k]) != '\0'; k++)
		continue;
	check(SYS(SYS_rename, from, name('g', i)), 0, "rename");
}

static void
unlink_it(long i)
{
	check(SYS(SYS_unlink, name('g', i)), 0, "unlink");
}

static char deep[DEEP * 2 + 3];

static void
stat_deep(long i)
{
	struct stat st;

	check(SYS(SYS_fstatat, AT_FDCWD, deep, &st, 0), 0, "stat");
}

static void
each(const char *what, void (*op)(long), long n)
{
	say_line(what, n, sum_of(op, 0, n).all / (uint64_t)n);
}

static void
scale(long n)
{
	struct sum sum = sum_of(make, 0, n);

	say_line("create_each", n, sum.all / (uint64_t)n);
	say_line("create_longest", n, sum.longest);
	each("stat_each", stat_it, n);
	(void)sum_of(stat_it, 0, FEW);
	say_line("stat_first", n, sum_of(stat_it, 0, FEW).all / FEW);
	(void)sum_of(stat_it, n - FEW, n);
	say_line("stat_last", n, sum_of(stat_it, n - FEW, n).all / FEW);
	each("stat_absent_each", stat_absent, n);
	(void)sum_of(stat_absent, 0, FEW);
	say_line("stat_absent_again", n, sum_of(stat_absent, 0, FEW).all / FEW);
	(void)sum_of(stat_deep, 0, FEW);
	say_line("stat_12_deep", n, sum_of(stat_deep, 0, FEW).all / FEW);
	each("rename_each", rename_it, n);
	sum = sum_of(unlink_it, 0, n);
	say_line("unlink_each", n, sum.all / (uint64_t)n);
	say_line("unlink_longest", n, sum.longest);
}

/* A path of directories, and one more for its end. */
static void
make_deep(void)
{
	for (unsigned i = 0; i < DEEP; i++) {
		deep[2 * i] = 'd';
		(void)SYS(SYS_mkdir, deep, 0755);
		deep[2 * i + 1] = '/';
	}
	deep[2 * DEEP] = 'd';
	(void)SYS(SYS_mkdir, deep, 0755);
}

int
main(int argc, char **argv)
{
	int i = 1;

	if (i < argc && argv[i][0] == '/')
		check(SYS(SYS_chdir, argv[i++]), 0, "chdir");
	check(SYS(SYS_mkdir, "many", 0755), 0, "mkdir");
	check(SYS(SYS_chdir, "many"), 0, "chdir");
	make_deep();
	for (; i < argc; i++)
		scale(parse_number(argv[i]));
	return (0);
}
