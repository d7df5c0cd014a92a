/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The life of kqueue(2)'s events: queues, files and processes that end while
 * somebody else has to do with them, many events, and where they end.
 */
#include "freebsd.h"
#include "fbsd/event.h"
#include "fbsd/poll.h"

enum {
	SYS_dup = 41,
	SYS_poll = 209,
	SYS_kqueue = 362,
	SYS_kevent = 560,
	SYS_close_range = 575,
};

static long
change(long kq, uint64_t ident, int filter, int flags, unsigned fflags,
    int64_t data)
{
	struct kevent kev = {.ident = ident,
	    .filter = (short)filter,
	    .flags = (unsigned short)flags,
	    .fflags = fflags,
	    .data = data};

	return (SYS(SYS_kevent, kq, &kev, 1, NULL, 0, NULL));
}

static struct kevent got[64];

/* Events that are there now. */
static long
events(long kq)
{
	static const struct timespec none = {0, 0};

	memset(got, 0, sizeof(got));
	return (SYS(SYS_kevent, kq, NULL, 0, got, 64, &none));
}

/*
 * Two threads do each round's two things at the same time, the second one a
 * little later from round to round.
 */
static struct {
	volatile int turn, done;
	volatile bool stop;
	void (*other)(void);
} race;

static void
racer(void *tid)
{
	for (int n = 1; !race.stop; n++) {
		while (race.turn != n && !race.stop)
			(void)SYS(SYS_sched_yield);
		if (!race.stop)
			race.other();
		race.done = n;
	}
	end_thread(tid);
}

static void
run_race(int rounds, void (*prepare)(void), void (*mine)(void),
    void (*other)(void), void (*finish)(void))
{
	static long tid;

	race.turn = race.done = 0;
	race.stop = false;
	race.other = other;
	CHECK_EQ(start_thread(racer, &tid, &tid), 0);
	for (int n = 1; n <= rounds; n++) {
		prepare();
		race.turn = n;
		for (volatile int i = n % 16 * 400; i > 0; i--)
			continue;
		mine();
		while (race.done != n)
			(void)SYS(SYS_sched_yield);
		finish();
	}
	race.stop = true;
	join_thread(&tid);
}

/* A queue with many events, the last of them of a file, both closed. */
static int ends[2];
static long queue;

static void
prepare_close(void)
{
	CHECK_EQ(SYS(SYS_pipe2, ends, 0), 0);
	queue = SYS(SYS_kqueue);
	for (unsigned i = 0; i < 200; i++)
		CHECK_EQ(change(queue, i, EVFILT_USER, EV_ADD, 0, 0), 0);
	CHECK_EQ(
	    change(queue, (uint64_t)ends[0], EVFILT_READ, EV_ADD, 0, 0), 0);
}

static void
close_file(void)
{
	CHECK_EQ(SYS(SYS_close, ends[0]), 0);
}

static void
close_queue(void)
{
	CHECK_EQ(SYS(SYS_close, queue), 0);
}

static void
close_writer(void)
{
	CHECK_EQ(SYS(SYS_close, ends[1]), 0);
}

/* The inner one of two queues ends while events are taken from the outer. */
static long outer;

static void
prepare_nested(void)
{
	prepare_close();
	CHECK_EQ(change(outer, (uint64_t)queue, EVFILT_READ, EV_ADD, 0, 0), 0);
}

static void
trigger_and_close(void)
{
	(void)change(queue, 5, EVFILT_USER, 0, NOTE_TRIGGER, 0);
	close_queue();
}

static void
take_outer(void)
{
	for (int i = 0; i < 20; i++)
		CHECK(events(outer) <= 1);
}

static void
close_both(void)
{
	close_file();
	close_writer();
}

/* A process is waited for while its events are deleted. */
#define WATCHERS 20
static long watchers[WATCHERS], child;

static void
prepare_zombie(void)
{
	struct kevent kev;
	char go = 0;

	CHECK_EQ(SYS(SYS_pipe2, ends, 0), 0);
	child = SYS(SYS_fork);
	if (child == 0) {
		(void)SYS(SYS_read, ends[0], &go, 1);
		(void)SYS(SYS_exit, 0);
	}
	for (int i = 0; i < WATCHERS; i++)
		CHECK_EQ(change(watchers[i], (uint64_t)child, EVFILT_PROC,
			     EV_ADD, NOTE_EXIT, 0),
		    0);
	(void)SYS(SYS_write, ends[1], &go, 1);
	/* It has ended when the first is told; the others aren't taken. */
	CHECK_EQ(SYS(SYS_kevent, watchers[0], NULL, 0, &kev, 1, NULL), 1);
}

static void
reap(void)
{
	int status;

	CHECK_EQ(SYS(SYS_wait4, child, &status, 0, NULL), child);
}

static void
delete_all(void)
{
	for (int i = 1; i < WATCHERS; i++)
		(void)change(
		    watchers[i], (uint64_t)child, EVFILT_PROC, EV_DELETE, 0, 0);
}

static void
races(void)
{
	run_race(20, prepare_close, close_file, close_queue, close_writer);
	outer = SYS(SYS_kqueue);
	run_race(20, prepare_nested, take_outer, trigger_and_close, close_both);
	(void)SYS(SYS_close, outer);
	for (int i = 0; i < WATCHERS; i++)
		watchers[i] = SYS(SYS_kqueue);
	run_race(20, prepare_zombie, reap, delete_all, close_both);
	for (int i = 0; i < WATCHERS; i++)
		(void)SYS(SYS_close, watchers[i]);
}

/* A descriptor that is closed and one that is registered, of the same number:
 * no event of what isn't open any more. */
static long copy;

static void
prepare_copy(void)
{
	copy = SYS(SYS_dup, ends[0]);
}

static void
register_copy(void)
{
	long r = change(queue, (uint64_t)copy, EVFILT_READ, EV_ADD, 0, 0);

	CHECK(r == 0 || r == -EBADF);
}

static void
close_copy(void)
{
	CHECK_EQ(SYS(SYS_close, copy), 0);
}

static void
check_none(void)
{
	CHECK_EQ(events(queue), 0);
}

static void
register_and_close(void)
{
	char byte = 1;

	CHECK_EQ(SYS(SYS_pipe2, ends, 0), 0);
	(void)SYS(SYS_write, ends[1], &byte, 1);
	queue = SYS(SYS_kqueue);
	run_race(40, prepare_copy, register_copy, close_copy, check_none);
	close_both();
	close_queue();
}

/* A queue in a queue, with EV_CLEAR: told once for each thing that happens. */
static void
edges(void)
{
	long in = SYS(SYS_kqueue), out = SYS(SYS_kqueue);
	struct pollfd pfd = {(int)in, POLLIN, 0};

	CHECK_EQ(change(in, 1, EVFILT_USER, EV_ADD, 0, 0), 0);
	CHECK_EQ(change(in, 2, EVFILT_USER, EV_ADD | EV_CLEAR, 0, 0), 0);
	CHECK_EQ(
	    change(out, (uint64_t)in, EVFILT_READ, EV_ADD | EV_CLEAR, 0, 0), 0);
	CHECK_EQ(events(out), 0);
	CHECK_EQ(change(in, 1, EVFILT_USER, 0, NOTE_TRIGGER, 0), 0);
	CHECK_EQ(events(out), 1);
	CHECK_EQ(events(out), 0);
	/* Looking at the inner one changes nothing. */
	CHECK_EQ(SYS(SYS_poll, &pfd, 1, 0), 1);
	CHECK_EQ(events(in), 1);
	CHECK_EQ(events(out), 0);
	/* Another event beside the first, which still holds. */
	CHECK_EQ(change(in, 2, EVFILT_USER, 0, NOTE_TRIGGER, 0), 0);
	CHECK_EQ(events(out), 1);
	CHECK_EQ(events(out), 0);
	CHECK_EQ(events(in), 2);
	CHECK_EQ(events(in), 1);
	(void)SYS(SYS_close, in);
	(void)SYS(SYS_close, out);
}

/* More events than fit into one look: each once. */
static void
batches(void)
{
	long kq = SYS(SYS_kqueue);
	uint64_t seen = 0;

	for (unsigned i = 0; i < 60; i++)
		CHECK_EQ(
		    change(kq, i, EVFILT_USER, EV_ADD, NOTE_TRIGGER, 0), 0);
	CHECK_EQ(events(kq), 60);
	for (unsigned i = 0; i < 60; i++)
		seen |= 1ul << got[i].ident;
	CHECK_EQ(seen, (1ul << 60) - 1);
	CHECK_EQ(SYS(SYS_kevent, kq, NULL, 0, 16, 64, NULL), -EFAULT);
	(void)SYS(SYS_close, kq);
}

/* A time that comes once: without EV_CLEAR it is told again. */
static void
absolute(void)
{
	long kq = SYS(SYS_kqueue);

	CHECK_EQ(
	    change(kq, 1, EVFILT_TIMER, EV_ADD, NOTE_ABSTIME | NOTE_SECONDS, 1),
	    0);
	while (events(kq) == 0)
		sleep_ms(1);
	CHECK_EQ(got[0].data, 1);
	CHECK_EQ(got[0].flags & EV_CLEAR, 0);
	CHECK_EQ(events(kq), 1);
	CHECK_EQ(change(kq, 1, EVFILT_TIMER, EV_DELETE, 0, 0), 0);
	CHECK_EQ(change(kq, 1, EVFILT_TIMER, EV_ADD | EV_CLEAR,
		     NOTE_ABSTIME | NOTE_SECONDS, 1),
	    0);
	while (events(kq) == 0)
		sleep_ms(1);
	CHECK_EQ(events(kq), 0);
	(void)SYS(SYS_close, kq);
}

static void
timers_end(void)
{
	const long max = get_sysctl("kern.kq_calloutmax");
	long kq = SYS(SYS_kqueue), n = 0, r = 0;

	for (; r == 0 && n <= max; n++)
		r = change(kq, n, EVFILT_TIMER, EV_ADD, NOTE_SECONDS, 1000 + n);
	CHECK_EQ(r, -ENOMEM);
	CHECK_EQ(n, max + 1);
	CHECK_EQ(change(kq, 0, EVFILT_TIMER, EV_DELETE, 0, 0), 0);
	CHECK_EQ(change(kq, 0, EVFILT_TIMER, EV_ADD, 0x80, 1), -EINVAL);
	CHECK_EQ(change(kq, 0, EVFILT_TIMER, EV_ADD, 0, 1000000), 0);
	(void)SYS(SYS_close, kq);
}

/* Copies of one descriptor, all watched: each closing forgets its own. */
#define COPIES 4000

static void
copies(void)
{
	long kq = SYS(SYS_kqueue), first = 0, last = 0;
	char byte = 1;

	CHECK_EQ(SYS(SYS_pipe2, ends, 0), 0);
	for (int i = 0; i < COPIES; i++) {
		last = SYS(SYS_dup, ends[0]);
		if (i == 0)
			first = last;
		CHECK_EQ(
		    change(kq, (uint64_t)last, EVFILT_READ, EV_ADD, 0, 0), 0);
	}
	(void)SYS(SYS_write, ends[1], &byte, 1);
	CHECK_EQ(SYS(SYS_close, first + 7), 0);
	CHECK_EQ(change(kq, (uint64_t)first + 7, EVFILT_READ, EV_DELETE, 0, 0),
	    -EBADF);
	CHECK_EQ(SYS(SYS_close_range, first, last - 3, 0), 0);
	CHECK_EQ(events(kq), 3);
	CHECK_EQ(SYS(SYS_close_range, first, last, 0), 0);
	CHECK_EQ(events(kq), 0);
	close_both();
	(void)SYS(SYS_close, kq);
}

int
main(int argc, char **argv)
{
	races();
	register_and_close();
	edges();
	batches();
	absolute();
	timers_end();
	copies();
	return (result("knotes"));
}
