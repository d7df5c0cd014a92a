/* SPDX-License-Identifier: BSD-2-Clause */
/* kcmp(2): what two processes share, and who may ask. */
#include "freebsd.h"
#include "fbsd/fcntl.h"
#include "fbsd/unistd.h"

enum {
	SYS_setuid = 23,
	SYS_open = 5,
	SYS_dup = 41,
	SYS_rfork = 251,
	SYS_kcmp = 588,
};

enum { FILE = 100, BEHIND, FILES, ACTIONS, MEMORY };

static long self, child;

static long
own(int type, long a, long b)
{
	return (SYS(SYS_kcmp, self, self, type, a, b));
}

static long
with_child(int type, long a, long b)
{
	return (SYS(SYS_kcmp, self, child, type, a, b));
}

/* One of the two that say which comes first; the other the other way round. */
static void
ordered(long one, long two)
{
	CHECK(one == 1 || one == 2);
	CHECK_EQ(one + two, 3);
}

static void
files(void)
{
	long a = SYS(SYS_open, "/dev/null", O_RDWR),
	     b = SYS(SYS_open, "/dev/null", O_RDWR), c = SYS(SYS_dup, a);
	int ends[2];

	CHECK_EQ(SYS(SYS_pipe2, ends, 0), 0);
	CHECK_EQ(own(FILE, a, a), 0);
	CHECK_EQ(own(FILE, a, c), 0);
	ordered(own(FILE, a, b), own(FILE, b, a));
	CHECK_EQ(own(BEHIND, a, b), 0);
	CHECK_EQ(own(BEHIND, a, ends[0]), 3);
	ordered(own(BEHIND, ends[0], ends[1]), own(BEHIND, ends[1], ends[0]));
	CHECK_EQ(own(FILE, a, 900), -EBADF);
	CHECK_EQ(own(FILE, -1, a), -EBADF);
	CHECK_EQ(own(105, a, a), -EINVAL);
	CHECK_EQ(with_child(FILE, 0, 0), 0);
	CHECK_EQ(with_child(FILE, a, a), -EBADF);
}

/* A child that shares what flags say, and waits to be killed. */
static void
begin(int flags)
{
	child = SYS(SYS_rfork, RFPROC | flags);
	if (child == 0)
		for (;;)
			sleep_ms(1000);
	CHECK(child > 0);
}

static void
end(void)
{
	CHECK_EQ(SYS(SYS_kill, child, SIGKILL), 0);
	CHECK_EQ(SYS(SYS_wait4, child, NULL, 0, NULL), child);
}

/* Only who could look into it. */
static void
rights(void)
{
	long pid = SYS(SYS_fork);
	int status = -1;

	if (pid == 0) {
		(void)SYS(SYS_setuid, 65534);
		(void)SYS(SYS_exit,
		    SYS(SYS_kcmp, self, self, MEMORY, 0, 0) != -EPERM);
	}
	CHECK_EQ(SYS(SYS_wait4, pid, &status, 0, NULL), pid);
	CHECK_EQ(status, 0);
}

int
main(int argc, char **argv)
{
	self = SYS(SYS_getpid);
	CHECK_EQ(own(FILES, 0, 0), 0);
	CHECK_EQ(own(MEMORY, 0, 0), 0);
	begin(RFFDG);
	files();
	CHECK(with_child(FILES, 0, 0) > 0);
	CHECK(with_child(ACTIONS, 0, 0) > 0);
	CHECK(with_child(MEMORY, 0, 0) > 0);
	end();
	CHECK_EQ(with_child(MEMORY, 0, 0), -ESRCH);
	begin(RFSIGSHARE);
	CHECK_EQ(with_child(FILES, 0, 0), 0);
	CHECK_EQ(with_child(ACTIONS, 0, 0), 0);
	end();
	rights();
	return (result("sharing"));
}
