/* SPDX-License-Identifier: BSD-2-Clause */
/* kqueue(2), eventfd(2), timerfd(2), and poll(2) on them. */
#include "freebsd.h"
#include "fbsd/event.h"
#include "fbsd/fcntl.h"
#include "fbsd/poll.h"

enum {
	SYS_dup = 41,
	SYS_poll = 209,
	SYS_kqueue = 362,
	SYS_kevent = 560,
	SYS___specialfd = 577,
	SYS_kqueuex = 583,
	SYS_timerfd_create = 585,
	SYS_timerfd_gettime = 586,
	SYS_timerfd_settime = 587,
};

static int kq;

static struct kevent
event(uint64_t ident, int filter, int flags, unsigned fflags, int64_t data)
{
	return ((struct kevent){.ident = ident,
	    .filter = (short)filter,
	    .flags = (unsigned short)flags,
	    .fflags = fflags,
	    .data = data,
	    .udata = 77});
}

static long
change(uint64_t ident, int filter, int flags, unsigned fflags, int64_t data)
{
	struct kevent kev = event(ident, filter, flags, fflags, data);

	return (SYS(SYS_kevent, kq, &kev, 1, NULL, 0, NULL));
}

static struct kevent got[8];

/* Events within ms milliseconds; -1: without end. */
static long
wait_ms(long ms)
{
	struct timespec ts = {ms / 1000, ms % 1000 * 1000000};

	memset(got, 0, sizeof(got));
	return (SYS(SYS_kevent, kq, NULL, 0, got, 8, ms < 0 ? NULL : &ts));
}

static void
pipes(void)
{
	char c = 'x', buf[8];
	int p[2];

	CHECK_EQ(SYS(SYS_pipe2, p, 0), 0);
	CHECK_EQ(change((uint64_t)p[0], EVFILT_READ, EV_ADD, 0, 0), 0);
	CHECK_EQ(wait_ms(0), 0);
	CHECK_EQ(wait_ms(10), 0);
	(void)SYS(SYS_write, p[1], &c, 1);
	CHECK_EQ(wait_ms(-1), 1);
	CHECK_EQ(got[0].ident, p[0]);
	CHECK_EQ(got[0].filter, EVFILT_READ);
	CHECK_EQ(got[0].data, 1);
	CHECK_EQ(got[0].udata, 77);
	/* A level: again as long as it holds. */
	CHECK_EQ(wait_ms(0), 1);
	(void)SYS(SYS_read, p[0], buf, 8);
	CHECK_EQ(wait_ms(0), 0);
	/* EV_CLEAR: once for each change. */
	CHECK_EQ(
	    change((uint64_t)p[1], EVFILT_WRITE, EV_ADD | EV_CLEAR, 0, 0), 0);
	CHECK_EQ(wait_ms(0), 1);
	CHECK_EQ(got[0].filter, EVFILT_WRITE);
	CHECK_EQ(wait_ms(0), 0);
	/* EV_DISABLE, EV_ENABLE, EV_ONESHOT, EV_DISPATCH. */
	(void)SYS(SYS_write, p[1], &c, 1);
	CHECK_EQ(change((uint64_t)p[0], EVFILT_READ, EV_DISABLE, 0, 0), 0);
	CHECK_EQ(change((uint64_t)p[1], EVFILT_WRITE, EV_DELETE, 0, 0), 0);
	CHECK_EQ(wait_ms(0), 0);
	CHECK_EQ(change((uint64_t)p[0], EVFILT_READ, EV_ENABLE, 0, 0), 0);
	CHECK_EQ(wait_ms(0), 1);
	CHECK_EQ(change((uint64_t)p[0], EVFILT_READ, EV_DELETE, 0, 0), 0);
	CHECK_EQ(change((uint64_t)p[0], EVFILT_READ, EV_DELETE, 0, 0), -ENOENT);
	CHECK_EQ(
	    change((uint64_t)p[0], EVFILT_READ, EV_ADD | EV_ONESHOT, 0, 0), 0);
	CHECK_EQ(wait_ms(0), 1);
	CHECK_EQ(wait_ms(0), 0);
	CHECK_EQ(
	    change((uint64_t)p[0], EVFILT_READ, EV_ADD | EV_DISPATCH, 0, 0), 0);
	CHECK_EQ(wait_ms(0), 1);
	CHECK_EQ(wait_ms(0), 0);
	CHECK_EQ(change((uint64_t)p[0], EVFILT_READ, EV_ENABLE, 0, 0), 0);
	CHECK_EQ(wait_ms(0), 1);
	CHECK_EQ(change((uint64_t)p[0], EVFILT_READ, EV_DELETE, 0, 0), 0);
	/* The writer goes away. */
	CHECK_EQ(change((uint64_t)p[0], EVFILT_READ, EV_ADD, 0, 0), 0);
	(void)SYS(SYS_close, p[1]);
	CHECK_EQ(wait_ms(0), 1);
	CHECK(got[0].flags & EV_EOF);
	/* Closing a descriptor forgets its events, though a copy is open. */
	long copy = SYS(SYS_dup, p[0]);

	(void)SYS(SYS_close, p[0]);
	CHECK_EQ(wait_ms(0), 0);
	(void)SYS(SYS_close, copy);
	CHECK_EQ(change(99, EVFILT_READ, EV_ADD, 0, 0), -EBADF);
	CHECK_EQ(change(0, -99, EV_ADD, 0, 0), -EINVAL);
	CHECK_EQ(change(0, 1, EV_ADD, 0, 0), -EINVAL);
}

static void
errors_as_events(void)
{
	struct kevent kev[2] = {event(99, EVFILT_READ, EV_ADD, 0, 0),
	    event(1, EVFILT_USER, EV_ADD | EV_RECEIPT, 0, 0)};

	CHECK_EQ(SYS(SYS_kevent, kq, kev, 2, got, 8, NULL), 2);
	CHECK(got[0].flags & EV_ERROR);
	CHECK_EQ(got[0].data, EBADF);
	CHECK(got[1].flags & EV_ERROR);
	CHECK_EQ(got[1].data, 0);
	CHECK_EQ(change(1, EVFILT_USER, EV_DELETE, 0, 0), 0);
	CHECK_EQ(SYS(SYS_kevent, 0, NULL, 0, got, 8, NULL), -EBADF);
	CHECK_EQ(SYS(SYS_kevent, 99, NULL, 0, got, 8, NULL), -EBADF);
	CHECK_EQ(SYS(SYS_kevent, kq, 16, 1, got, 8, NULL), -EFAULT);
	CHECK_EQ(SYS(SYS_kevent, kq, NULL, -1, got, 8, NULL), -EINVAL);
	CHECK_EQ(SYS(SYS_kqueuex, 0x100), -EINVAL);
}

static void
user_events(void)
{
	CHECK_EQ(change(5, EVFILT_USER, EV_ADD | EV_CLEAR, 3, 0), 0);
	CHECK_EQ(wait_ms(0), 0);
	CHECK_EQ(change(5, EVFILT_USER, 0, NOTE_TRIGGER | NOTE_FFOR | 4, 0), 0);
	CHECK_EQ(wait_ms(0), 1);
	CHECK_EQ(got[0].fflags, 7);
	CHECK_EQ(wait_ms(0), 0);
	CHECK_EQ(change(5, EVFILT_USER, EV_DELETE, 0, 0), 0);
}

static void
timers(void)
{
	uint64_t before = now_ns(CLOCK_MONOTONIC);

	CHECK_EQ(change(1, EVFILT_TIMER, EV_ADD | EV_ONESHOT, 0, 20), 0);
	CHECK_EQ(wait_ms(5000), 1);
	CHECK(now_ns(CLOCK_MONOTONIC) - before >= 20000000);
	CHECK_EQ(got[0].data, 1);
	CHECK_EQ(wait_ms(0), 0);
	CHECK_EQ(change(1, EVFILT_TIMER, EV_ADD, NOTE_USECONDS, 500), 0);
	sleep_ms(10);
	CHECK_EQ(wait_ms(0), 1);
	CHECK(got[0].data >= 10);
	CHECK_EQ(change(1, EVFILT_TIMER, EV_DELETE, 0, 0), 0);
	CHECK_EQ(change(1, EVFILT_TIMER, EV_ADD, 0, -1), -EINVAL);
	CHECK_EQ(change(1, EVFILT_TIMER, EV_ADD, 0x80, 1), -EINVAL);
}

static void
signals(void)
{
	(void)handle(SIGUSR1, (void *)SIG_IGN, 0);
	CHECK_EQ(change(SIGUSR1, EVFILT_SIGNAL, EV_ADD, 0, 0), 0);
	CHECK_EQ(wait_ms(0), 0);
	(void)SYS(SYS_kill, SYS(SYS_getpid), SIGUSR1);
	(void)SYS(SYS_kill, SYS(SYS_getpid), SIGUSR1);
	CHECK_EQ(wait_ms(0), 1);
	CHECK_EQ(got[0].data, 2);
	CHECK_EQ(wait_ms(0), 0);
	CHECK_EQ(change(SIGUSR1, EVFILT_SIGNAL, EV_DELETE, 0, 0), 0);
	CHECK_EQ(change(500, EVFILT_SIGNAL, EV_ADD, 0, 0), -EINVAL);
}

static void
processes(void)
{
	int status;
	long child = SYS(SYS_fork);

	if (child == 0) {
		sleep_ms(20);
		(void)SYS(SYS_exit, 3);
	}
	CHECK_EQ(change((uint64_t)child, EVFILT_PROC, EV_ADD, NOTE_EXIT, 0), 0);
	CHECK_EQ(wait_ms(5000), 1);
	CHECK_EQ(got[0].ident, child);
	CHECK_EQ(got[0].fflags, NOTE_EXIT);
	CHECK_EQ(got[0].data, 3 << 8);
	CHECK(got[0].flags & EV_EOF);
	CHECK_EQ(SYS(SYS_wait4, child, &status, 0, NULL), child);
	CHECK_EQ(change(99998, EVFILT_PROC, EV_ADD, NOTE_EXIT, 0), -ESRCH);
}

static void
nested(void)
{
	int outer = kq, inner = (int)SYS(SYS_kqueue);
	struct pollfd pfd = {inner, POLLIN, 0};

	CHECK(inner >= 0);
	CHECK_EQ(change((uint64_t)inner, EVFILT_READ, EV_ADD, 0, 0), 0);
	kq = inner;
	CHECK_EQ(change((uint64_t)outer, EVFILT_READ, EV_ADD, 0, 0), -EINVAL);
	CHECK_EQ(change((uint64_t)inner, EVFILT_READ, EV_ADD, 0, 0), -EINVAL);
	CHECK_EQ(SYS(SYS_poll, &pfd, 1, 0), 0);
	CHECK_EQ(change(1, EVFILT_USER, EV_ADD, 0, 0), 0);
	CHECK_EQ(change(1, EVFILT_USER, 0, NOTE_TRIGGER, 0), 0);
	CHECK_EQ(SYS(SYS_poll, &pfd, 1, 0), 1);
	kq = outer;
	CHECK_EQ(wait_ms(0), 1);
	CHECK_EQ(got[0].ident, inner);
	(void)SYS(SYS_close, inner);
	CHECK_EQ(wait_ms(0), 0);
}

static int efd;

static void
write_later(void *tid)
{
	uint64_t five = 5;

	sleep_ms(10);
	(void)SYS(SYS_write, efd, &five, 8);
	end_thread(tid);
}

static void
eventfds(void)
{
	struct {
		unsigned value;
		int flags;
	} req = {2, O_NONBLOCK}, bad = {0, 0x800};
	uint64_t n = UINT64_MAX;
	static long tid;

	efd = (int)SYS(SYS___specialfd, 1, &req, sizeof(req));
	CHECK(efd >= 0);
	CHECK_EQ(SYS(SYS___specialfd, 1, &bad, sizeof(bad)), -EINVAL);
	CHECK_EQ(SYS(SYS___specialfd, 9, &req, sizeof(req)), -EINVAL);
	CHECK_EQ(SYS(SYS_write, efd, &n, 8), -EINVAL);
	CHECK_EQ(SYS(SYS_read, efd, &n, 4), -EINVAL);
	CHECK_EQ(SYS(SYS_read, efd, &n, 8), 8);
	CHECK_EQ(n, 2);
	CHECK_EQ(SYS(SYS_read, efd, &n, 8), -EAGAIN);
	CHECK_EQ(change((uint64_t)efd, EVFILT_READ, EV_ADD, 0, 0), 0);
	CHECK_EQ(start_thread(write_later, &tid, &tid), 0);
	CHECK_EQ(wait_ms(5000), 1);
	CHECK_EQ(SYS(SYS_read, efd, &n, 8), 8);
	CHECK_EQ(n, 5);
	join_thread(&tid);
	n = UINT64_MAX - 1;
	CHECK_EQ(SYS(SYS_write, efd, &n, 8), 8);
	n = 1;
	CHECK_EQ(SYS(SYS_write, efd, &n, 8), -EAGAIN);
	(void)SYS(SYS_close, efd);
}

static void
timerfds(void)
{
	struct itimerspec its = {{0, 2000000}, {0, 5000000}}, now;
	long fd = SYS(SYS_timerfd_create, CLOCK_MONOTONIC, 0);
	uint64_t n = 0;

	CHECK(fd >= 0);
	CHECK_EQ(SYS(SYS_timerfd_create, 3, 0), -EINVAL);
	CHECK_EQ(SYS(SYS_timerfd_settime, fd, 0, &its, NULL), 0);
	CHECK_EQ(SYS(SYS_read, fd, &n, 8), 8);
	CHECK(n >= 1);
	sleep_ms(20);
	CHECK_EQ(SYS(SYS_read, fd, &n, 8), 8);
	CHECK(n >= 5);
	CHECK_EQ(SYS(SYS_timerfd_gettime, fd, &now), 0);
	CHECK_EQ(now.it_interval.tv_nsec, 2000000);
	CHECK_EQ(SYS(SYS_timerfd_gettime, kq, &now), -EINVAL);
	its.it_value.tv_nsec = 1000000000;
	CHECK_EQ(SYS(SYS_timerfd_settime, fd, 0, &its, NULL), -EINVAL);
	CHECK_EQ(SYS(SYS_timerfd_settime, fd, 0, 16, NULL), -EFAULT);
	(void)SYS(SYS_close, fd);
}

/* Several threads wait for one level: nobody may sleep through it. */
static volatile int seen;
static int shared[2];

static void
collect(void *tid)
{
	struct kevent kev;
	char c;

	for (int i = 0; i < 100; i++) {
		if (SYS(SYS_kevent, kq, NULL, 0, &kev, 1, NULL) == 1 &&
		    SYS(SYS_read, shared[0], &c, 1) == 1)
			__atomic_fetch_add(&seen, 1, __ATOMIC_SEQ_CST);
	}
	end_thread(tid);
}

static void
level_and_threads(void)
{
	struct timespec none = {0, 0};
	struct kevent kev;
	static long tid;
	char c = 'x';

	CHECK_EQ(SYS(SYS_pipe2, shared, 0), 0);
	CHECK_EQ(change((uint64_t)shared[0], EVFILT_READ, EV_ADD, 0, 0), 0);
	CHECK_EQ(start_thread(collect, &tid, &tid), 0);
	for (int i = 0; i < 100; i++) {
		(void)SYS(SYS_write, shared[1], &c, 1);
		/* Looks, and leaves it. */
		for (int j = 0; j < 20; j++)
			(void)SYS(SYS_kevent, kq, NULL, 0, &kev, 1, &none);
	}
	join_thread(&tid);
	CHECK_EQ(seen, 100);
}

int
main(int argc, char **argv)
{
	kq = (int)SYS(SYS_kqueue);
	CHECK(kq >= 0);
	pipes();
	errors_as_events();
	user_events();
	timers();
	signals();
	processes();
	nested();
	eventfds();
	timerfds();
	level_and_threads();
	return (result("events"));
}
