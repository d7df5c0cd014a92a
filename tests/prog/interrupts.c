/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A signal in every call that waits: without SA_RESTART the call ends with
 * EINTR; with it, those that can be restarted are, and end only when what
 * they wait for has come.  And SIGKILL ends each of them.
 */
#include "freebsd.h"
#include "fbsd/event.h"
#include "fbsd/fcntl.h"
#include "fbsd/poll.h"

enum {
	SYS_open = 5,
	SYS_fcntl = 92,
	SYS_select = 93,
	SYS_flock = 131,
	SYS_mkfifo = 132,
	SYS_poll = 209,
	SYS_kqueue = 362,
	SYS_pselect = 522,
	SYS_ppoll = 545,
	SYS_kevent = 560,
	SYS___specialfd = 577,
	SYS_timerfd_create = 585,
};

static int empty[2], full[2], kq, efd, tfd, lock_other;
static volatile uint32_t word;
static struct umutex mutex;
static struct urwlock rw;
static struct usem2 sem;

static long
w_nanosleep(void)
{
	struct timespec ts = {10, 0};

	return (SYS(SYS_nanosleep, &ts, NULL));
}

static long
w_clock_nanosleep(void)
{
	struct timespec ts = {10, 0};

	/* Returns its error. */
	return (-SYS(SYS_clock_nanosleep, CLOCK_REALTIME, 0, &ts, NULL));
}

static long
w_read(void)
{
	char c;

	return (SYS(SYS_read, empty[0], &c, 1));
}

static long
w_write(void)
{
	char c = 'x';

	return (SYS(SYS_write, full[1], &c, 1));
}

static long
w_poll(void)
{
	struct pollfd p = {empty[0], POLLIN, 0};

	return (SYS(SYS_poll, &p, 1, -1));
}

static long
w_ppoll(void)
{
	struct pollfd p = {empty[0], POLLIN, 0};

	return (SYS(SYS_ppoll, &p, 1, NULL, NULL));
}

static long
w_select(void)
{
	uint64_t set[16] = {1ul << empty[0]};

	return (SYS(SYS_select, empty[0] + 1, set, NULL, NULL, NULL));
}

static long
w_pselect(void)
{
	uint64_t set[16] = {1ul << empty[0]};

	return (SYS(SYS_pselect, empty[0] + 1, set, NULL, NULL, NULL, NULL));
}

static long
w_kevent(void)
{
	struct kevent kev;

	return (SYS(SYS_kevent, kq, NULL, 0, &kev, 1, NULL));
}

static long
w_wait4(void)
{
	int status;

	return (SYS(SYS_wait4, -1, &status, 0, NULL));
}

static long
w_sigsuspend(void)
{
	sigset_t none;

	sigemptyset(&none);
	return (SYS(SYS_sigsuspend, &none));
}

static long
w_sigtimedwait(void)
{
	struct timespec ts = {10, 0};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	return (SYS(SYS_sigtimedwait, &set, NULL, &ts));
}

static long
w_umtx(void)
{
	return (SYS(SYS__umtx_op, &word, UMTX_OP_WAIT_UINT_PRIVATE, 0, 0, 0));
}

static long
w_umutex(void)
{
	return (SYS(SYS__umtx_op, &mutex, UMTX_OP_MUTEX_LOCK, 0, 0, 0));
}

static long
w_urwlock(void)
{
	return (SYS(SYS__umtx_op, &rw, UMTX_OP_RW_WRLOCK, 0, 0, 0));
}

static long
w_usem(void)
{
	return (SYS(SYS__umtx_op, &sem, UMTX_OP_SEM2_WAIT, 0, 0, 0));
}

static long
w_eventfd(void)
{
	uint64_t n;

	return (SYS(SYS_read, efd, &n, 8));
}

static long
w_timerfd(void)
{
	uint64_t n;

	return (SYS(SYS_read, tfd, &n, 8));
}

static long
w_flock(void)
{
	return (SYS(SYS_flock, lock_other, 2));
}

static long
w_fifo(void)
{
	return (SYS(SYS_open, "/tmp/interrupts.fifo", O_RDONLY, 0));
}

static const struct {
	const char *name;
	long (*wait)(void);
	enum { ENDS, RESTARTS, ALWAYS_RESTARTS } kind;
} waits[] = {
    {"nanosleep", w_nanosleep, ENDS},
    {"clock_nanosleep", w_clock_nanosleep, ENDS},
    {"read", w_read, RESTARTS},
    {"write", w_write, RESTARTS},
    {"poll", w_poll, ENDS},
    {"ppoll", w_ppoll, ENDS},
    {"select", w_select, ENDS},
    {"pselect", w_pselect, ENDS},
    {"kevent", w_kevent, ENDS},
    {"wait4", w_wait4, RESTARTS},
    {"sigsuspend", w_sigsuspend, ENDS},
    {"sigtimedwait", w_sigtimedwait, ENDS},
    {"umtx wait", w_umtx, ENDS},
    {"umutex", w_umutex, ALWAYS_RESTARTS},
    {"urwlock", w_urwlock, ALWAYS_RESTARTS},
    {"usem2", w_usem, RESTARTS},
    {"eventfd", w_eventfd, RESTARTS},
    {"timerfd", w_timerfd, RESTARTS},
    {"flock", w_flock, RESTARTS},
    {"open of a fifo", w_fifo, RESTARTS},
};

static volatile int caught;

static void
count(int sig)
{
	caught++;
}

/* The second signal of a restarted call's test ends it. */
static void
second(int sig)
{
	struct sigaction sa = {.sa_handler = (uint64_t)count};

	if (++caught == 2)
		(void)SYS(SYS_sigaction, SIGALRM, &sa, NULL);
}

static void
each(unsigned i)
{
	struct itimerval often = {{0, 5000}, {0, 5000}}, off = {{0, 0}, {0, 0}};
	long error;
	int before = failures;

	caught = 0;
	(void)handle(SIGALRM, count, 0);
	/* The first may come before the wait begins. */
	(void)SYS(SYS_setitimer, 0, &often, NULL);
	error = waits[i].wait();
	(void)SYS(SYS_setitimer, 0, &off, NULL);
	CHECK_EQ(error, -EINTR);
	CHECK(caught >= 1);
	caught = 0;
	(void)handle(SIGALRM, second, SA_RESTART);
	(void)SYS(SYS_setitimer, 0, &often, NULL);
	error = waits[i].wait();
	(void)SYS(SYS_setitimer, 0, &off, NULL);
	CHECK_EQ(error, -EINTR);
	/* Restarted twice, ended by the third. */
	if (waits[i].kind == RESTARTS)
		CHECK(caught >= 3);
	else
		CHECK(caught >= 1);
	if (failures != before) {
		say("in ");
		say(waits[i].name);
		say("\n");
	}
}

static void
killed(unsigned i)
{
	int status = 0;
	long child = SYS(SYS_fork);

	if (child == 0) {
		/* It has no kqueue of its parent's, and no child. */
		kq = (int)SYS(SYS_kqueue);
		if (waits[i].wait == w_wait4 && SYS(SYS_fork) == 0) {
			sleep_ms(1000);
			(void)SYS(SYS_exit, 0);
		}
		(void)waits[i].wait();
		(void)SYS(SYS_exit, 1);
	}
	sleep_ms(2);
	CHECK_EQ(SYS(SYS_kill, child, SIGKILL), 0);
	CHECK_EQ(SYS(SYS_wait4, child, &status, 0, NULL), child);
	CHECK_EQ(status, SIGKILL);
}

static void
prepare(void)
{
	struct {
		unsigned value;
		int flags;
	} req = {0, 0};
	char c = 'x';
	long fd;

	CHECK_EQ(SYS(SYS_pipe2, empty, 0), 0);
	CHECK_EQ(SYS(SYS_pipe2, full, O_NONBLOCK), 0);
	while (SYS(SYS_write, full[1], &c, 1) == 1)
		;
	CHECK_EQ(SYS(SYS_fcntl, full[1], 4, O_RDWR), 0);
	kq = (int)SYS(SYS_kqueue);
	efd = (int)SYS(SYS___specialfd, 1, &req, sizeof(req));
	tfd = (int)SYS(SYS_timerfd_create, CLOCK_MONOTONIC, 0);
	mutex.m_owner = rw.rw_state = 7;
	fd = SYS(SYS_open, "/tmp/interrupts.lock", O_RDWR | O_CREAT, 0644);
	lock_other = (int)SYS(SYS_open, "/tmp/interrupts.lock", O_RDWR, 0);
	CHECK_EQ(SYS(SYS_flock, fd, 2), 0);
	CHECK_EQ(SYS(SYS_mkfifo, "/tmp/interrupts.fifo", 0600), 0);
	CHECK(kq >= 0 && efd >= 0 && tfd >= 0 && lock_other >= 0);
}

int
main(int argc, char **argv)
{
	long child;

	prepare();
	for (unsigned i = 0; i < nitems(waits); i++)
		killed(i);
	/* For wait4(2): one that doesn't end. */
	child = SYS(SYS_fork);
	if (child == 0)
		for (;;)
			sleep_ms(1000);
	for (unsigned i = 0; i < nitems(waits); i++)
		if (waits[i].kind != ALWAYS_RESTARTS)
			each(i);
	(void)SYS(SYS_kill, child, SIGKILL);
	return (result("interrupts"));
}
