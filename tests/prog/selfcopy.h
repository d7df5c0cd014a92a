/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For tests of exec: a program that runs copies of itself, whose first argument
 * says what the copy is to find out; its exit status is the answer.
 */
#ifndef TESTS_PROG_SELFCOPY_H
#define TESTS_PROG_SELFCOPY_H

#include "files.h"

enum {
	SYS_setuid = 23,
	SYS_dup2 = 90,
	SYS_freebsd11_fchmod = 124,
};

#define NOBODY 65534

/* Statuses of children that never got to the point. */
enum { NOT_RUN = 100, NOT_READY };

static inline void
run(const char *path, const char *what)
{
	const char *args[] = {"x", what, NULL};
	const char *env[] = {NULL};

	(void)SYS(SYS_execve, path, args, env);
	(void)SYS(SYS_exit, NOT_RUN);
}

/* The exit status, or 1000 and the signal. */
static inline int
wait_for(long pid)
{
	int status = -1;

	CHECK_EQ(SYS(SYS_wait4, pid, &status, 0, NULL), pid);
	return ((status & 0xff) == 0 ? status >> 8 : 1000 + status);
}

static inline void
become(unsigned uid)
{
	if (uid == 0)
		return;
	if (SYS(SYS_setgid, uid) != 0 || SYS(SYS_setuid, uid) != 0)
		(void)SYS(SYS_exit, NOT_READY);
}

/* What the copy at path finds out, run by uid after before(). */
static inline int
ask(unsigned uid, const char *path, const char *what, void (*before)(void))
{
	long pid = SYS(SYS_fork);

	if (pid == 0) {
		become(uid);
		if (before != NULL)
			before();
		run(path, what);
	}
	return (wait_for(pid));
}

static inline void
make_pipe(int from, int to)
{
	int p[2];

	CHECK_EQ(SYS(SYS_pipe2, p, 0), 0);
	CHECK_EQ(SYS(SYS_dup2, p[0], from), from);
	CHECK_EQ(SYS(SYS_dup2, p[1], to), to);
	(void)SYS(SYS_close, p[0]);
	(void)SYS(SYS_close, p[1]);
}

/* This program as a file of root's. */
static inline void
copy_self(const char *path, int mode)
{
	static const int pathname[] = {1, 14, 12, -1}; /* kern.proc.pathname */
	static char self[1024], buf[16384];
	size_t len = sizeof(self);
	long in, out, n;

	CHECK_EQ(SYS(SYS___sysctl, pathname, 4, self, &len, NULL, 0L), 0);
	in = xopen(self, O_RDONLY, 0);
	out = xopen(path, O_WRONLY | O_CREAT | O_TRUNC, 0755);
	CHECK(in >= 0 && out >= 0);
	while ((n = SYS(SYS_read, in, buf, sizeof(buf))) > 0)
		CHECK_EQ(SYS(SYS_write, out, buf, n), n);
	CHECK_EQ(SYS(SYS_freebsd11_fchmod, out, mode), 0);
	(void)SYS(SYS_close, in);
	(void)SYS(SYS_close, out);
}

#endif
