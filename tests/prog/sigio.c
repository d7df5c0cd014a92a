/* SPDX-License-Identifier: BSD-2-Clause */
/* SIGIO: O_ASYNC, F_SETOWN and their ioctls; attributes of what has no name. */
#include "freebsd.h"
#include "fbsd/fcntl.h"
#include "fbsd/filio.h"
#include "fbsd/stat.h"

enum {
	SYS_getpgrp = 81,
	SYS_fcntl = 92,
	SYS_ioctl = 54,
	SYS_fchown = 123,
	SYS_fchmod = 124,
	SYS_socketpair = 135,
	SYS_setuid = 23,
	SYS_futimens = 546,
	SYS_fstat = 551,
	SYS_shm_open2 = 571,
};

#define AF_UNIX	    1
#define SOCK_STREAM 1

/* Has one come, within some seconds? */
static bool
comes(long seconds)
{
	struct timespec ts = {seconds, 0};
	sigset_t set;
	long got;

	sigemptyset(&set);
	sigaddset(&set, SIGIO);
	got = SYS(SYS_sigtimedwait, &set, NULL, &ts);
	CHECK(got == SIGIO || got == -EAGAIN);
	return (got == SIGIO);
}

/* The thread that sends may be behind: none comes once it has caught up. */
static void
quiet(void)
{
	struct timespec ts = {0, 20000000};

	do
		(void)SYS(SYS_nanosleep, &ts, NULL);
	while (comes(0));
}

static void
owners(int fd)
{
	long self = SYS(SYS_getpid), group = SYS(SYS_getpgrp);
	int owner = 0;

	CHECK_EQ(SYS(SYS_fcntl, fd, F_GETOWN), 0);
	CHECK_EQ(SYS(SYS_fcntl, fd, F_SETOWN, 99998), -ESRCH);
	CHECK_EQ(SYS(SYS_fcntl, fd, F_SETOWN, -99998), -ESRCH);
	CHECK_EQ(SYS(SYS_fcntl, fd, F_SETOWN, 0x80000000), -ESRCH);
	CHECK_EQ(SYS(SYS_fcntl, fd, F_GETOWN), 0);
	owner = (int)-group;
	CHECK_EQ(SYS(SYS_ioctl, fd, FIOSETOWN, &owner), 0);
	owner = 0;
	CHECK_EQ(SYS(SYS_ioctl, fd, FIOGETOWN, &owner), 0);
	CHECK_EQ(owner, (int)-group);
	CHECK_EQ(SYS(SYS_fcntl, fd, F_SETOWN, self), 0);
	CHECK_EQ(SYS(SYS_fcntl, fd, F_GETOWN), self);
}

static void
pipes(void)
{
	int p[2], on = 1, off = 0;

	CHECK_EQ(SYS(SYS_pipe2, p, 0), 0);
	owners(p[0]);
	CHECK_EQ(SYS(SYS_write, p[1], "a", 1), 1);
	quiet();
	/* By fcntl. */
	CHECK_EQ(SYS(SYS_fcntl, p[0], F_SETFL, O_ASYNC), 0);
	CHECK_EQ(SYS(SYS_fcntl, p[0], F_GETFL) & O_ASYNC, O_ASYNC);
	CHECK_EQ(SYS(SYS_write, p[1], "b", 1), 1);
	CHECK(comes(60));
	CHECK_EQ(SYS(SYS_fcntl, p[0], F_SETFL, 0), 0);
	quiet();
	CHECK_EQ(SYS(SYS_write, p[1], "c", 1), 1);
	quiet();
	CHECK(!comes(0));
	/* By ioctl; twice is once. */
	CHECK_EQ(SYS(SYS_ioctl, p[0], FIOASYNC, &on), 0);
	CHECK_EQ(SYS(SYS_ioctl, p[0], FIOASYNC, &on), 0);
	CHECK_EQ(SYS(SYS_fcntl, p[0], F_GETFL) & O_ASYNC, O_ASYNC);
	CHECK_EQ(SYS(SYS_write, p[1], "d", 1), 1);
	CHECK(comes(60));
	CHECK_EQ(SYS(SYS_ioctl, p[0], FIOASYNC, &off), 0);
	CHECK_EQ(SYS(SYS_fcntl, p[0], F_GETFL) & O_ASYNC, 0);
	/* Room to write. */
	CHECK_EQ(SYS(SYS_fcntl, p[1], F_SETOWN, SYS(SYS_getpid)), 0);
	CHECK_EQ(SYS(SYS_ioctl, p[1], FIOASYNC, &on), 0);
	quiet();
	CHECK_EQ(SYS(SYS_close, p[0]), 0);
	CHECK(comes(60));
	/* The file goes with its signal on the way. */
	CHECK_EQ(SYS(SYS_close, p[1]), 0);
	quiet();
}

static void
sockets(void)
{
	long group = SYS(SYS_getpgrp);
	int s[2];

	CHECK_EQ(SYS(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, s), 0);
	CHECK_EQ(SYS(SYS_fcntl, s[0], F_SETOWN, -group), 0);
	CHECK_EQ(SYS(SYS_fcntl, s[0], F_SETFL, O_ASYNC | O_NONBLOCK), 0);
	for (int i = 0; i < 50; i++) {
		CHECK_EQ(SYS(SYS_write, s[1], "x", 1), 1);
		CHECK(comes(60));
	}
	CHECK_EQ(SYS(SYS_close, s[0]), 0);
	CHECK_EQ(SYS(SYS_close, s[1]), 0);
	quiet();
}

/* Who opened the file must be allowed to send a signal to its owner. */
static void
rights(void)
{
	long child, parent = SYS(SYS_getpid);
	int p[2], status;

	child = SYS(SYS_fork);
	if (child == 0) {
		CHECK_EQ(SYS(SYS_setuid, 77), 0);
		CHECK_EQ(SYS(SYS_pipe2, p, 0), 0);
		CHECK_EQ(SYS(SYS_fcntl, p[0], F_SETOWN, parent), 0);
		CHECK_EQ(SYS(SYS_fcntl, p[0], F_SETFL, O_ASYNC), 0);
		CHECK_EQ(SYS(SYS_write, p[1], "x", 1), 1);
		quiet();
		CHECK_EQ(SYS(SYS_fcntl, p[0], F_SETOWN, SYS(SYS_getpid)), 0);
		CHECK_EQ(SYS(SYS_write, p[1], "y", 1), 1);
		CHECK(comes(60));
		SYS(SYS_exit, failures != 0);
	}
	CHECK_EQ(SYS(SYS_wait4, child, &status, 0, NULL), child);
	CHECK_EQ(status, 0);
	CHECK(!comes(0));
}

static void
attributes(void)
{
	struct timespec omit[2] = {{0, UTIME_OMIT}, {0, UTIME_OMIT}};
	long shm = SYS(
	    SYS_shm_open2, (const char *)1, O_RDWR | O_CREAT, 0600, 0, NULL);
	struct stat st;
	int p[2];

	CHECK(shm >= 0);
	CHECK_EQ(SYS(SYS_fchmod, shm, 0640), 0);
	CHECK_EQ(SYS(SYS_fchown, shm, 5, -1), 0);
	CHECK_EQ(SYS(SYS_fchown, shm, -1, 6), 0);
	CHECK_EQ(SYS(SYS_fchown, shm, -1, -1), 0);
	(void)SYS(SYS_futimens, shm, omit);
	CHECK_EQ(SYS(SYS_fstat, shm, &st), 0);
	CHECK_EQ(st.st_mode & 07777, 0640);
	CHECK_EQ(st.st_uid, 5);
	CHECK_EQ(st.st_gid, 6);
	CHECK_EQ(SYS(SYS_close, shm), 0);
	CHECK_EQ(SYS(SYS_pipe2, p, 0), 0);
	CHECK_EQ(SYS(SYS_fchmod, p[0], 0640), -EINVAL);
	CHECK_EQ(SYS(SYS_fchown, p[0], 5, 5), -EINVAL);
	CHECK_EQ(SYS(SYS_close, p[0]), 0);
	CHECK_EQ(SYS(SYS_close, p[1]), 0);
	CHECK_EQ(SYS(SYS_fchmod, p[0], 0640), -EBADF);
}

static void
handler(int sig)
{
	(void)sig;
}

int
main(int argc, char **argv)
{
	/* By default it is ignored. */
	struct sigaction sa = {.sa_handler = (uint64_t)handler};
	sigset_t set;

	(void)argc;
	(void)argv;
	sigemptyset(&set);
	sigaddset(&set, SIGIO);
	CHECK_EQ(SYS(SYS_sigaction, SIGIO, &sa, NULL), 0);
	CHECK_EQ(SYS(SYS_sigprocmask, SIG_BLOCK, &set, NULL), 0);
	pipes();
	sockets();
	rights();
	attributes();
	return (result("sigio"));
}
