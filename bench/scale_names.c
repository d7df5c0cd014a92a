/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What names and files cost while there are many of them, in one directory:
 * "name number nanoseconds" lines, of the thread's own time, where one is an
 * instruction under `-icount shift=0`: what a disk takes isn't counted.
 * Arguments: how many, ascending, each time with new files; and before them a
 * disk with UFS, if not tmpfs is to be measured.
 */
#include "scale.h"
#include "fbsd/fcntl.h"
#include "fbsd/mount.h"
#include "fbsd/stat.h"

enum {
	SYS_open = 5,
	SYS_unlink = 10,
	SYS_chdir = 12,
	SYS_rename = 128,
	SYS_mkdir = 136,
	SYS_nmount = 378,
	SYS_fstatat = 552,
};

#include "mounting.h"

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

/* All calls of op, with numbers from `first` to `end`: what each takes. */
static uint64_t
mean_of(void (*op)(long), long first, long end)
{
	uint64_t start = now_ns(CLOCK_THREAD_CPUTIME_ID);

	for (long i = first; i < end; i++)
		op(i);
	return ((now_ns(CLOCK_THREAD_CPUTIME_ID) - start) /
		(uint64_t)(end - first));
}

/* The same in pieces: what a call takes in the one that takes longest. */
static uint64_t
worst_of(void (*op)(long), long end)
{
	uint64_t mean, worst = 0;

	for (long i = 0; i < end; i += FEW) {
		mean = mean_of(op, i, i + FEW);
		if (mean > worst)
			worst = mean;
	}
	return (worst);
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
copy(char *to, const char *from)
{
	while ((*to++ = *from++) != '\0')
		continue;
}

static void
rename_it(long i)
{
	char from[16];

	copy(from, name('f', i));
	check(SYS(SYS_rename, from, name('g', i)), 0, "rename");
}

#define AWAY "../away/"

/* The i-th name in another directory. */
static const char *
name_away(long i)
{
	static char path[sizeof(AWAY) + 16] = AWAY;

	copy(path + sizeof(AWAY) - 1, name('g', i));
	return (path);
}

static void
move_away(long i)
{
	check(SYS(SYS_rename, name('g', i), name_away(i)), 0, "rename");
}

static void
unlink_it(long i)
{
	check(SYS(SYS_unlink, name_away(i)), 0, "unlink");
}

static char deep[DEEP * 2 + 3];

static void
stat_deep(long i)
{
	struct stat st;

	check(SYS(SYS_fstatat, AT_FDCWD, deep, &st, 0), 0, "stat");
}

/* Not for the first time. */
static void
again(const char *what, void (*op)(long), long first, long n)
{
	(void)mean_of(op, first, first + FEW);
	say_line(what, n, mean_of(op, first, first + FEW));
}

static void
scale(long n)
{
	say_line("create_worst", n, worst_of(make, n));
	say_line("stat_each", n, mean_of(stat_it, 0, n));
	again("stat_first", stat_it, 0, n);
	again("stat_last", stat_it, n - FEW, n);
	say_line("stat_absent_each", n, mean_of(stat_absent, 0, n));
	again("stat_absent_again", stat_absent, 0, n);
	again("stat_12_deep", stat_deep, 0, n);
	say_line("rename_each", n, mean_of(rename_it, 0, n));
	say_line("move_each", n, mean_of(move_away, 0, n));
	say_line("create_then", n, mean_of(make, 0, FEW));
	say_line("unlink_worst", n, worst_of(unlink_it, n));
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

static void
mount_disk(const char *disk)
{
	check(SYS(SYS_mkdir, "/disk", 0755), 0, "mkdir");
	check(MOUNT("ufs", "/disk", "from", disk), 0, message);
	check(SYS(SYS_chdir, "/disk"), 0, "chdir");
}

int
main(int argc, char **argv)
{
	int i = 1;

	if (i < argc && argv[i][0] == '/')
		mount_disk(argv[i++]);
	check(SYS(SYS_mkdir, "many", 0755), 0, "mkdir");
	check(SYS(SYS_mkdir, "away", 0755), 0, "mkdir");
	check(SYS(SYS_chdir, "many"), 0, "chdir");
	make_deep();
	for (; i < argc; i++)
		scale(parse_number(argv[i]));
	return (0);
}
