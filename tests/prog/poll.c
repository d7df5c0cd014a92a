/* SPDX-License-Identifier: BSD-2-Clause */
/* poll(2) and select(2). */
#include "freebsd.h"
#include "fbsd/fcntl.h"
#include "fbsd/poll.h"

enum {
	SYS_select = 93,
	SYS_poll = 209,
	SYS_pselect = 522,
	SYS_ppoll = 545,
};

#define MS	1000000ul
#define FOREVER (-1)

static int p[2];

static void
states(void)
{
	struct pollfd fds[4] = {{p[0], POLLIN, 0}, {p[1], POLLOUT, 0},
	    {-1, POLLIN, 7}, {99, POLLIN, 0}};
	char c;

	CHECK_EQ(SYS(SYS_poll, fds, 4, 0), 2);
	CHECK_EQ(fds[0].revents, 0);
	CHECK_EQ(fds[1].revents, POLLOUT);
	CHECK_EQ(fds[2].revents, 0);
	CHECK_EQ(fds[3].revents, POLLNVAL);
	CHECK_EQ(SYS(SYS_write, p[1], "x", 1), 1);
	CHECK_EQ(SYS(SYS_poll, fds, 1, FOREVER), 1);
	CHECK_EQ(fds[0].revents, POLLIN);
	CHECK_EQ(SYS(SYS_read, p[0], &c, 1), 1);
	CHECK_EQ(SYS(SYS_poll, (void *)16, 1, 0), -EFAULT);
	CHECK_EQ(SYS(SYS_poll, fds, 1, -2), -EINVAL);
}

static void
times(void)
{
	struct pollfd fd = {p[0], POLLIN, 0};
	struct timespec ts = {0, 30 * (long)MS};
	uint64_t start = now_ns(CLOCK_MONOTONIC), took;

	CHECK_EQ(SYS(SYS_poll, &fd, 1, 50), 0);
	took = now_ns(CLOCK_MONOTONIC) - start;
	CHECK(took >= 50 * MS && took < 60000 * MS);
	start = now_ns(CLOCK_MONOTONIC);
	CHECK_EQ(SYS(SYS_ppoll, &fd, 1, &ts, 0), 0);
	took = now_ns(CLOCK_MONOTONIC) - start;
	CHECK(took >= 30 * MS && took < 60000 * MS);
	start = now_ns(CLOCK_MONOTONIC);
	CHECK_EQ(SYS(SYS_poll, 0, 0, 20), 0);
	CHECK(now_ns(CLOCK_MONOTONIC) - start >= 20 * MS);
	ts.tv_nsec = -1;
	CHECK_EQ(SYS(SYS_ppoll, &fd, 1, &ts, 0), -EINVAL);
}

/* Whatever happens at one of many wakes the one who waits for all. */
static void
wakes(void)
{
	struct pollfd fds[20];
	char c;
	long pid;

	for (int i = 0; i < 20; i++)
		fds[i] = (struct pollfd){p[0], POLLIN, 0};
	pid = SYS(SYS_fork);
	if (pid == 0) {
		sleep_ms(50);
		SYS(SYS_write, p[1], "w", 1);
		SYS(SYS_exit, 0);
	}
	CHECK_EQ(SYS(SYS_poll, fds, 20, FOREVER), 20);
	CHECK_EQ(SYS(SYS_read, p[0], &c, 1), 1);
	CHECK_EQ(SYS(SYS_wait4, pid, 0, 0, 0), pid);
}

static volatile int caught;

static void
handler(int sig)
{
	caught = sig;
}

/* ppoll's mask lets a signal in that came before, for just that time. */
static void
masks(void)
{
	struct pollfd fd = {p[0], POLLIN, 0};
	sigset_t block = {{0}}, empty = {{0}}, now;
	struct timespec zero = {0, 0};
	uint64_t in = 0;

	handle(SIGUSR1, (void *)handler, SA_RESTART);
	block.bits[0] = 1u << (SIGUSR1 - 1);
	CHECK_EQ(SYS(SYS_sigprocmask, SIG_BLOCK, &block, 0), 0);
	CHECK_EQ(SYS(SYS_kill, SYS(SYS_getpid), SIGUSR1), 0);
	CHECK_EQ(caught, 0);
	/* When its time is over it is over for the signal, too. */
	CHECK_EQ(SYS(SYS_ppoll, &fd, 1, &zero, &empty), 0);
	CHECK_EQ(SYS(SYS_pselect, 1, &in, 0, 0, &zero, &empty), 0);
	CHECK_EQ(caught, 0);
	CHECK_EQ(SYS(SYS_ppoll, &fd, 1, 0, &empty), -EINTR);
	CHECK_EQ(caught, SIGUSR1);
	CHECK_EQ(SYS(SYS_sigprocmask, SIG_BLOCK, 0, &now), 0);
	CHECK_EQ(now.bits[0], block.bits[0]);
	CHECK_EQ(SYS(SYS_sigprocmask, SIG_UNBLOCK, &block, 0), 0);
}

static void
selects(void)
{
	struct timeval zero = {0, 0}, soon = {0, 20000};
	uint64_t in = 1ul << p[0], out = 1ul << p[1], bad = 1ul << 60;
	char c;

	CHECK_EQ(SYS(SYS_select, p[1] + 1, &in, &out, 0, &zero), 1);
	CHECK_EQ(in, 0);
	CHECK_EQ(out, 1ul << p[1]);
	SYS(SYS_write, p[1], "s", 1);
	in = 1ul << p[0];
	CHECK_EQ(SYS(SYS_select, p[1] + 1, &in, &out, 0, 0), 2);
	CHECK_EQ(in, 1ul << p[0]);
	SYS(SYS_read, p[0], &c, 1);
	CHECK_EQ(SYS(SYS_select, p[1] + 1, &in, 0, 0, &soon), 0);
	CHECK_EQ(in, 0);
	CHECK_EQ(SYS(SYS_select, 64, &bad, 0, 0, &zero), -EBADF);
	CHECK_EQ(SYS(SYS_select, -1, 0, 0, 0, &zero), -EINVAL);
	CHECK_EQ(SYS(SYS_select, 1, (void *)16, 0, 0, &zero), -EFAULT);
	CHECK_EQ(SYS(SYS_select, 0, 0, 0, 0, &soon), 0);
}

static void
hang_up(void)
{
	struct pollfd fd = {p[0], POLLIN, 0};

	CHECK_EQ(SYS(SYS_close, p[1]), 0);
	CHECK_EQ(SYS(SYS_poll, &fd, 1, FOREVER), 1);
	CHECK_EQ(fd.revents, POLLIN | POLLHUP);
	fd.events = 0;
	CHECK_EQ(SYS(SYS_poll, &fd, 1, FOREVER), 1);
	CHECK_EQ(fd.revents, POLLHUP);
}

int
main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	CHECK_EQ(SYS(SYS_pipe2, p, 0), 0);
	states();
	times();
	wakes();
	masks();
	selects();
	hang_up();
	return (result("poll"));
}
