/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What others see of a process while it changes: always something that it was,
 * never a mixture, and nothing that is gone.
 */
#include "selfcopy.h"

enum {
	SYS_getgroups = 595,
	SYS_setgroups = 596,
};

#define LONG                                                                   \
	"/a-name-that-is-so-long-that-it-needs-memory-of-another-size-class"
#define SHORT "/b"
#define STEPS 40 /* of a program that executes itself */

/* kern.proc.* */
enum { KERN_PROC_ARGS = 7, KERN_PROC_PATHNAME = 12 };

static char got[8192];

static long
look(int what, long pid, size_t *len)
{
	int mib[] = {1, 14, what, (int)pid};

	*len = sizeof(got);
	return (SYS(SYS___sysctl, mib, 4, got, len, NULL, 0L));
}

static void
set_title(const char *title, size_t len)
{
	int mib[] = {1, 14, KERN_PROC_ARGS, -1};

	(void)SYS(SYS___sysctl, mib, 4, NULL, NULL, title, len);
}

/* The one file executes the other, until `left` has come down to "a". */
static int
step(char *left)
{
	if (left[0] == 'a')
		return (0);
	left[0]--;
	run(left[0] % 2 == 0 ? LONG : SHORT, left);
	return (1);
}

static void
programs(void)
{
	static char self[1024], left[2] = {'a' + STEPS % 26, '\0'};
	unsigned bad = 0, seen = 0;
	size_t len;
	long pid;
	int status, go[2];
	char c = 0;

	CHECK_EQ(look(KERN_PROC_PATHNAME, -1, &len), 0);
	memcpy(self, got, len);
	CHECK_EQ(SYS(SYS_pipe2, go, 0), 0);
	pid = SYS(SYS_fork);
	if (pid == 0) {
		(void)SYS(SYS_read, go[0], &c, 1);
		run(LONG, left);
	}
	/* However fast it is, it is seen once before it begins. */
	seen = look(KERN_PROC_PATHNAME, pid, &len) == 0 && same_text(got, self);
	CHECK_EQ(SYS(SYS_write, go[1], &c, 1), 1);
	while (SYS(SYS_wait4, pid, &status, 1 /* WNOHANG */, NULL) == 0) {
		if (look(KERN_PROC_PATHNAME, pid, &len) == 0) {
			seen++;
			bad += !same_text(got, LONG) &&
			       !same_text(got, SHORT) && !same_text(got, self);
		}
		/* argv[0] is "x", but for this program's own. */
		if (look(KERN_PROC_ARGS, pid, &len) == 0 && len > 0)
			bad += got[len - 1] != '\0';
	}
	CHECK_EQ(status, 0);
	CHECK_EQ(bad, 0);
	CHECK(seen > 0);
	(void)SYS(SYS_close, go[0]);
	(void)SYS(SYS_close, go[1]);
}

static volatile bool stop;
static long changer;
static char title[4096];

static void
change_titles(void *unused)
{
	while (!stop) {
		set_title(title, 1);
		set_title(title, sizeof(title));
	}
	end_thread(&changer);
}

/* A child's arguments are its parent's, short or long. */
static int
title_is_whole(void)
{
	size_t len;

	if (look(KERN_PROC_ARGS, -1, &len) != 0 ||
	    (len != 1 && len != sizeof(title)))
		return (1);
	for (size_t i = 0; i < len; i++)
		if (got[i] != 'x')
			return (2);
	return (0);
}

static int
titles(void)
{
	int bad = 0;

	memset(title, 'x', sizeof(title));
	set_title(title, 1);
	if (start_thread(change_titles, NULL, &changer) != 0)
		return (NOT_READY);
	for (int i = 0; i < 40; i++)
		bad += in_child(title_is_whole) != 0;
	stop = true;
	join_thread(&changer);
	return (bad);
}

#define MANY 500

static void
change_groups(void *unused)
{
	static gid_t groups[2][MANY];

	for (int i = 0; i < MANY; i++) {
		groups[0][i] = 0x5005;
		groups[1][i] = 0x6006;
	}
	for (unsigned n = 0; !stop; n++)
		(void)SYS(SYS_setgroups, MANY, groups[n % 2]);
	end_thread(&changer);
}

/* Threads that start have credentials, too. */
static void
nothing(void *tid)
{
	end_thread(tid);
}

static int
groups(void)
{
	static gid_t list[MANY];
	long n, other;
	int bad = 0;

	if (start_thread(change_groups, NULL, &changer) != 0)
		return (NOT_READY);
	for (int k = 0; k < 500; k++) {
		n = SYS(SYS_getgroups, MANY, list);
		for (long i = 1; i < n; i++)
			bad += list[i] != list[0];
		if (k % 50 == 0 && start_thread(nothing, &other, &other) == 0)
			join_thread(&other);
	}
	stop = true;
	join_thread(&changer);
	return (bad != 0);
}

int
main(int argc, char **argv)
{
	if (argc > 1)
		return (step(argv[1]));
	copy_self(LONG, 0755);
	copy_self(SHORT, 0755);
	programs();
	CHECK_EQ(in_child(titles), 0);
	CHECK_EQ(in_child(groups), 0);
	return (result("refs"));
}
