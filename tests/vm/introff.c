/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * introff LIMIT PERCENT: work of many kinds, so much of the whole of it, and
 * after each the longest time that interrupts were off meanwhile (a kernel with
 * options INTRDEBUG): lines of "name number", with the place if it is beyond
 * the limit. Under -icount that is a number of instructions.
 */
#include "files.h"
#include "fbsd/event.h"
#include "fbsd/poll.h"
#include "fbsd/resource.h"
#include "fbsd/wait.h"

#define MB ((size_t)1 << 20)

enum {
	SYS_getrusage = 117,
	SYS_poll = 209,
	SYS_kqueue = 362,
	SYS_kevent = 560,
	SYS_close_range = 575,
	SYS_posix_openpt = 504,
	SYS___specialfd = 577,
};

static long limit, percent;
static char buf[1 << 16];

static long
part(long all)
{
	return (all * percent / 100);
}

static long
by_name(const char *name, void *old, size_t *len, void *new, size_t newlen)
{
	return (
	    SYS(SYS___sysctlbyname, name, length(name), old, len, new, newlen));
}

static void
during(const char *name, void (*work)(void))
{
	static char where[1024];
	uint64_t max = 0;
	size_t len = sizeof(max), wherelen = sizeof(where);

	CHECK_EQ(by_name("debug.intr_off_max", NULL, NULL, &max, len), 0);
	work();
	CHECK_EQ(by_name("debug.intr_off_max", &max, &len, NULL, 0), 0);
	say(name);
	say(" ");
	say_number((long)max);
	say("\n");
	CHECK(max > 0);
	CHECK((long)max <= limit);
	if ((long)max <= limit)
		return;
	CHECK_EQ(by_name("debug.intr_off_where", where, &wherelen, NULL, 0), 0);
	say(where);
	say("\n");
}

static int
ending(void)
{
	return (0);
}

/* Itself once more, as a child that does nothing. */
static int
executing(void)
{
	const char *argv[] = {"introff", NULL}, *envp[] = {NULL};

	return ((int)SYS(SYS_execve, "/proc/curproc/file", argv, envp));
}

static void
memory(void)
{
	size_t size = (size_t)part(1024) * MB;
	char *p = map_anon(size, MAP_ANON_PRIVATE);

	for (size_t i = 0; i < size; i += 4096)
		p[i] = 1;
	CHECK_EQ(in_child(ending), 0);
	(void)in_child(executing);
	CHECK_EQ(SYS(SYS_mprotect, p, size / 2, 1), 0);
	CHECK_EQ(SYS(SYS_munmap, p, size), 0);
}

static void
file(void)
{
	long fd = xopen("/tmp/introff", O_RDWR | O_CREAT | O_TRUNC, 0600);

	for (size_t n = (size_t)part(64) * MB; n > 0; n -= sizeof(buf))
		CHECK_EQ(SYS(SYS_write, fd, buf, sizeof(buf)), sizeof(buf));
	CHECK_EQ(SYS(SYS_lseek, fd, 0, 0), 0);
	while (SYS(SYS_read, fd, buf, sizeof(buf)) > 0)
		continue;
	CHECK_EQ(SYS(SYS_ftruncate, fd, 0), 0);
	(void)SYS(SYS_close, fd);
	CHECK_EQ(SYS(SYS_unlink, "/tmp/introff"), 0);
}

static void
disk(void)
{
	long fd = xopen("/dev/vtbd0", O_RDWR, 0);

	for (size_t n = (size_t)part(64) * MB; n > 0; n -= sizeof(buf))
		CHECK_EQ(SYS(SYS_write, fd, buf, sizeof(buf)), sizeof(buf));
	CHECK_EQ(SYS(SYS_lseek, fd, 0, 0), 0);
	while (SYS(SYS_read, fd, buf, sizeof(buf)) > 0)
		continue;
	(void)SYS(SYS_close, fd);
}

static void
descriptors(void)
{
	const long most = part(100000);
	long last = 0;

	while (last >= 0 && last < most)
		last = SYS(SYS_dup, 1);
	CHECK_EQ(last, most);
	CHECK_EQ(in_child(ending), 0);
	CHECK_EQ(SYS(SYS_close_range, 3, most, 0), 0);
}

static long
event_fd(int flags)
{
	struct {
		unsigned value;
		int flags;
	} req = {0, flags};

	return (SYS(SYS___specialfd, 1, &req, sizeof(req)));
}

static void
set(long fd, uint64_t value)
{
	CHECK_EQ(SYS(SYS_write, fd, &value, sizeof(value)), sizeof(value));
}

/* Processes that wait for one pipe's end, are stopped, go on and end. */
static void
processes(void)
{
	const long n = part(1000);
	long group = 0, pid;
	int p[2], status;
	char c;

	CHECK_EQ(SYS(SYS_pipe2, p, 0), 0);
	for (long i = 0; i < n; i++) {
		pid = SYS(SYS_fork);
		if (pid == 0) {
			(void)SYS(SYS_close, p[1]);
			(void)SYS(SYS_read, p[0], &c, 1);
			(void)SYS(SYS_exit, 0);
		}
		if (group == 0)
			group = pid;
		CHECK_EQ(SYS(SYS_setpgid, pid, group), 0);
	}
	CHECK_EQ(SYS(SYS_kill, -group, SIGSTOP), 0);
	for (long i = 0; i < n; i++)
		CHECK(SYS(SYS_wait4, -1, &status, WUNTRACED, NULL) > 0);
	CHECK_EQ(SYS(SYS_kill, -group, SIGCONT), 0);
	(void)SYS(SYS_close, p[1]);
	for (long i = 0; i < n; i++)
		CHECK(SYS(SYS_wait4, -1, &status, 0, NULL) > 0);
	(void)SYS(SYS_close, p[0]);
}

/* Threads: what they wait for, and how many are there and have gone on. */
static void (*waiting)(void);
static volatile long there, done;
static long kq, event;
static volatile uint32_t word;
static long tids[1000];

static void
thread(void *arg)
{
	__atomic_add_fetch(&there, 1, __ATOMIC_SEQ_CST);
	waiting();
	__atomic_add_fetch(&done, 1, __ATOMIC_SEQ_CST);
	end_thread(arg);
}

static void
start_all(void (*what)(void))
{
	const long n = part(1000);

	waiting = what;
	there = done = 0;
	for (long i = 0; i < n; i++)
		CHECK_EQ(start_thread(thread, &tids[i], &tids[i]), 0);
	while (there < n)
		sleep_ms(1);
	sleep_ms(20); /* it is only a measurement if they sleep */
}

static void
join_all(void)
{
	for (long i = 0; i < part(1000); i++)
		join_thread(&tids[i]);
	CHECK_EQ(done, part(1000));
}

static void
wait_word(void)
{
	(void)SYS(SYS__umtx_op, &word, UMTX_OP_WAIT_UINT_PRIVATE, 0, 0, 0);
}

static void
umtx(void)
{
	word = 0;
	start_all(wait_word);
	word = 1;
	CHECK_EQ(SYS(SYS__umtx_op, &word, UMTX_OP_WAKE_PRIVATE, INT32_MAX), 0);
	join_all();
}

static void
wait_kevent(void)
{
	struct kevent kev;

	CHECK_EQ(SYS(SYS_kevent, kq, NULL, 0, &kev, 1, NULL), 1);
}

static void
kqueue(void)
{
	struct kevent kev = {.filter = EVFILT_READ, .flags = EV_ADD};

	kq = SYS(SYS_kqueue);
	kev.ident = (uint64_t)(event = event_fd(0));
	CHECK_EQ(SYS(SYS_kevent, kq, &kev, 1, NULL, 0, NULL), 0);
	start_all(wait_kevent);
	set(event, 1);
	join_all();
	(void)SYS(SYS_close, event);
	(void)SYS(SYS_close, kq);
}

static void
wait_poll(void)
{
	struct pollfd pfd = {(int)event, POLLIN, 0};

	CHECK_EQ(SYS(SYS_poll, &pfd, 1, -1), 1);
}

static void
poll(void)
{
	event = event_fd(0);
	start_all(wait_poll);
	set(event, 1);
	join_all();
	(void)SYS(SYS_close, event);
}

static void
wait_read(void)
{
	uint64_t value;

	CHECK_EQ(SYS(SYS_read, event, &value, sizeof(value)), sizeof(value));
}

/* One count for each. */
static void
reading(void)
{
	event = event_fd(1); /* EFD_SEMAPHORE */
	start_all(wait_read);
	set(event, (uint64_t)part(1000));
	join_all();
	(void)SYS(SYS_close, event);
}

static uint64_t due;

static void
wait_due(void)
{
	struct timespec ts = {
	    (int64_t)(due / NSEC_PER_SEC), (long)(due % NSEC_PER_SEC)};

	CHECK_EQ(SYS(SYS_clock_nanosleep, CLOCK_MONOTONIC, 1, &ts, NULL), 0);
}

static void
naps(void)
{
	due = now_ns(CLOCK_MONOTONIC) + 2 * NSEC_PER_SEC;
	start_all(wait_due);
	join_all();
}

/* Knotes for timers that are due at once. */
static void
timers(void)
{
	struct kevent kev = {.filter = EVFILT_TIMER,
	    .flags = EV_ADD | EV_ONESHOT,
	    .fflags = NOTE_ABSTIME | NOTE_NSECONDS};
	const long n = part(4000);
	long seen = 0;

	kq = SYS(SYS_kqueue);
	kev.data = (int64_t)now_ns(CLOCK_REALTIME) + 2 * (int64_t)NSEC_PER_SEC;
	for (long i = 0; i < n; i++) {
		kev.ident = (uint64_t)i;
		CHECK_EQ(SYS(SYS_kevent, kq, &kev, 1, NULL, 0, NULL), 0);
	}
	while (seen < n && SYS(SYS_kevent, kq, NULL, 0, &kev, 1, NULL) == 1)
		seen++;
	CHECK_EQ(seen, n);
	(void)SYS(SYS_close, kq);
}

/* Many queues watch one file, and one call polls it many times. */
static void
watchers(void)
{
	struct kevent kev = {.filter = EVFILT_READ, .flags = EV_ADD};
	const long n = part(2000);
	long first = 0, last = 0;

	kev.ident = (uint64_t)(event = event_fd(0));
	for (long i = 0; i < n; i++) {
		last = SYS(SYS_kqueue);
		if (i == 0)
			first = last;
		CHECK_EQ(SYS(SYS_kevent, last, &kev, 1, NULL, 0, NULL), 0);
	}
	set(event, 1);
	CHECK_EQ(SYS(SYS_close_range, first, last, 0), 0);
	(void)SYS(SYS_close, event);
}

static struct pollfd fds[10000];

static int
poll_many(void)
{
	for (long i = 0; i < part(10000); i++)
		fds[i] = (struct pollfd){(int)event, POLLIN, 0};
	return (SYS(SYS_poll, fds, part(10000), -1) != 1);
}

static void
polled_often(void)
{
	long pid;
	int status;

	event = event_fd(0);
	pid = SYS(SYS_fork);
	if (pid == 0)
		(void)SYS(SYS_exit, poll_many());
	sleep_ms(200);
	set(event, 1);
	CHECK_EQ(SYS(SYS_wait4, pid, &status, 0, NULL), pid);
	(void)SYS(SYS_close, event);
}

/* A process whose threads are all asleep, when it ends and when it is stopped
 * and goes on. */
static int
crowd(void)
{
	word = 0;
	start_all(wait_word);
	return (0);
}

static void
ends(void)
{
	CHECK_EQ(in_child(crowd), 0);
}

static void
stops(void)
{
	int status;
	long pid = SYS(SYS_fork);

	if (pid == 0) {
		(void)crowd();
		(void)SYS(SYS_kill, SYS(SYS_getpid), SIGSTOP);
		(void)SYS(SYS_exit, 0);
	}
	CHECK_EQ(SYS(SYS_wait4, pid, &status, WUNTRACED, NULL), pid);
	CHECK_EQ(SYS(SYS_kill, pid, SIGCONT), 0);
	CHECK_EQ(SYS(SYS_wait4, pid, &status, 0, NULL), pid);
	CHECK_EQ(status, 0);
}

/* What all of them have used. */
static void
usage(void)
{
	struct rusage ru;

	word = 0;
	start_all(wait_word);
	CHECK_EQ(SYS(SYS_getrusage, RUSAGE_SELF, &ru), 0);
	word = 1;
	CHECK_EQ(SYS(SYS__umtx_op, &word, UMTX_OP_WAKE_PRIVATE, INT32_MAX), 0);
	join_all();
}

/* Lines that are costly to show again, and to take back. */
static void
terminal(void)
{
	static const char again[] = {0x12}, tab[] = {'\t'}, kill[] = {0x15};
	char path[] = "/dev/pts/0", line[256];
	long master, fd;

	master = SYS(SYS_posix_openpt, O_RDWR | O_NOCTTY);
	fd = xopen(path, O_RDWR | O_NOCTTY | O_NONBLOCK, 0);
	CHECK(master >= 0 && fd >= 0);
	memset(line, again[0], sizeof(line));
	for (long i = 0; i < part(4000); i++)
		CHECK_EQ(SYS(SYS_write, master, i % 2 == 0 ? "x" : tab, 1), 1);
	for (int i = 0; i < 8; i++) {
		CHECK(SYS(SYS_read, master, buf, sizeof(buf)) > 0);
		CHECK_EQ(SYS(SYS_write, master, line, sizeof(line)), 256);
	}
	CHECK(SYS(SYS_read, master, buf, sizeof(buf)) > 0);
	CHECK_EQ(SYS(SYS_write, master, kill, 1), 1);
	(void)SYS(SYS_close, fd);
	(void)SYS(SYS_close, master);
}

int
main(int argc, char **argv)
{
	if (argc < 3)
		return (0);
	limit = parse_number(argv[1]);
	percent = parse_number(argv[2]);
	during("memory", memory);
	during("file", file);
	during("disk", disk);
	during("descriptors", descriptors);
	during("processes", processes);
	during("umtx", umtx);
	during("terminal", terminal);
	during("kevent", kqueue);
	during("poll", poll);
	during("eventfd", reading);
	during("naps", naps);
	during("timers", timers);
	during("watchers", watchers);
	during("polled_often", polled_often);
	during("threads_end", ends);
	during("threads_stop", stops);
	during("threads_usage", usage);
	return (result("introff"));
}
