/* SPDX-License-Identifier: BSD-2-Clause */
/* Descriptors and pipes. */
#include "freebsd.h"
#include "fbsd/event.h"
#include "fbsd/fcntl.h"
#include "fbsd/filio.h"
#include "fbsd/stat.h"

enum {
	SYS_open = 5,
	SYS_unlink = 10,
	SYS_dup = 41,
	SYS_ioctl = 54,
	SYS_dup2 = 90,
	SYS_fcntl = 92,
	SYS_readv = 120,
	SYS_writev = 121,
	SYS_setrlimit = 195,
	SYS_kqueue = 362,
	SYS_pread = 475,
	SYS_lseek = 478,
	SYS_truncate = 479,
	SYS_mkfifoat = 497,
	SYS_closefrom = 509,
	SYS_fstat = 551,
	SYS_kevent = 560,
	SYS_close_range = 575,
};

#define BAD ((void *)0x10)

static char big[300000];

static void
numbers(void)
{
	int p[2];
	long a, b;

	CHECK_EQ(SYS(SYS_pipe2, p, 0), 0);
	CHECK_EQ(p[0], 3);
	CHECK_EQ(p[1], 4);
	a = SYS(SYS_dup, p[0]);
	CHECK_EQ(a, 5);
	CHECK_EQ(SYS(SYS_close, p[0]), 0);
	CHECK_EQ(SYS(SYS_close, p[0]), -EBADF);
	b = SYS(SYS_fcntl, p[1], F_DUPFD, 0);
	CHECK_EQ(b, 3);
	CHECK_EQ(SYS(SYS_fcntl, p[1], F_DUPFD, 100), 100);
	CHECK_EQ(SYS(SYS_fcntl, p[1], F_DUPFD_CLOEXEC, 100), 101);
	CHECK_EQ(SYS(SYS_fcntl, 101, F_GETFD, 0), FD_CLOEXEC);
	CHECK_EQ(SYS(SYS_dup2, p[1], 1000), 1000);
	CHECK_EQ(SYS(SYS_dup2, p[1], -1), -EBADF);
	CHECK_EQ(SYS(SYS_dup2, 77, 5), -EBADF);
	CHECK_EQ(SYS(SYS_dup2, 1000, 1000), 1000);
	CHECK_EQ(SYS(SYS_close_range, 101, 1000, 0), 0);
	CHECK_EQ(SYS(SYS_close, 100), 0);
	CHECK_EQ(SYS(SYS_close, 1000), -EBADF);
	CHECK_EQ(SYS(SYS_close_range, 9, 8, 0), -EINVAL);
	SYS(SYS_closefrom, 3);
	CHECK_EQ(SYS(SYS_close, 3), -EBADF);
	CHECK_EQ(SYS(SYS_close, -1), -EBADF);
	CHECK_EQ(SYS(SYS_read, 99, big, 1), -EBADF);
	CHECK_EQ(SYS(SYS_pipe2, BAD, 0), -EFAULT);
	CHECK_EQ(SYS(SYS_pipe2, p, 0x12345678), -EINVAL);
	/* Neither failure left something behind. */
	CHECK_EQ(SYS(SYS_pipe2, p, 0), 0);
	CHECK_EQ(p[0], 3);
	SYS(SYS_closefrom, 3);
}

/* All that the limit allows, and not one more; then they can be used again. */
static void
exhausted(void)
{
	uint64_t limit[2] = {200, 200};
	long fd, last = 0;

	CHECK_EQ(SYS(SYS_setrlimit, 8, limit), 0);
	while ((fd = SYS(SYS_dup, 1)) >= 0)
		last = fd;
	CHECK_EQ(fd, -EMFILE);
	CHECK_EQ(last, 199);
	SYS(SYS_closefrom, 3);
	CHECK_EQ(SYS(SYS_dup, 1), 3);
	SYS(SYS_close, 3);
}

static void
basics(void)
{
	struct stat st;
	char buf[16];
	int p[2], n = -1;

	CHECK_EQ(SYS(SYS_pipe2, p, O_NONBLOCK), 0);
	CHECK_EQ(SYS(SYS_read, p[0], buf, 4), -EAGAIN);
	CHECK_EQ(SYS(SYS_write, p[1], "hello", 5), 5);
	CHECK_EQ(SYS(SYS_ioctl, p[0], FIONREAD, &n), 0);
	CHECK_EQ(n, 5);
	CHECK_EQ(SYS(SYS_fstat, p[0], &st), 0);
	CHECK(S_ISFIFO(st.st_mode));
	CHECK_EQ(st.st_size, 5);
	CHECK_EQ(SYS(SYS_read, p[0], BAD, 5), -EFAULT);
	CHECK_EQ(SYS(SYS_read, p[0], buf, 3), 3);
	CHECK_EQ(SYS(SYS_read, p[0], buf + 3, 8), 2);
	CHECK_EQ(buf[0], 'h');
	CHECK_EQ(buf[4], 'o');
	CHECK_EQ(SYS(SYS_write, p[1], BAD, 5), -EFAULT);
	CHECK_EQ(SYS(SYS_lseek, p[0], 0, SEEK_CUR), -ESPIPE);
	CHECK_EQ(SYS(SYS_pread, p[0], buf, 1, 0L), -ESPIPE);
	/* Both ways, as FreeBSD's. */
	CHECK_EQ(SYS(SYS_write, p[0], "x", 1), 1);
	CHECK_EQ(SYS(SYS_read, p[1], buf, 1), 1);
	CHECK_EQ(SYS(SYS_close, p[1]), 0);
	CHECK_EQ(SYS(SYS_read, p[0], buf, 1), 0);
	handle(SIGPIPE, (void *)SIG_IGN, 0);
	CHECK_EQ(SYS(SYS_write, p[0], "x", 1), -EPIPE);
	CHECK_EQ(SYS(SYS_close, p[0]), 0);
}

/* What doesn't fit waits, or is cut; small writes are never cut. */
static void
full(void)
{
	long n, total = 0;
	int p[2];

	CHECK_EQ(SYS(SYS_pipe2, p, O_NONBLOCK), 0);
	n = SYS(SYS_write, p[1], big, sizeof(big));
	CHECK(n >= 4096 && n < (long)sizeof(big));
	CHECK_EQ(SYS(SYS_write, p[1], big, 100), -EAGAIN);
	CHECK_EQ(SYS(SYS_read, p[0], big, 99), 99);
	CHECK_EQ(SYS(SYS_write, p[1], big, 100), -EAGAIN);
	CHECK_EQ(SYS(SYS_write, p[1], big, 99), 99);
	total = 0;
	while (SYS(SYS_read, p[0], big, 5000) > 0)
		total++;
	CHECK(total > 0);
	SYS(SYS_close, p[0]);
	SYS(SYS_close, p[1]);
}

/* A child writes much more than the pipe holds; every byte is checked. */
static void
stream(void)
{
	unsigned long wrong = 0, at = 0;
	int p[2], status;
	long pid, n;

	CHECK_EQ(SYS(SYS_pipe2, p, 0), 0);
	pid = SYS(SYS_fork);
	if (pid == 0) {
		for (size_t i = 0; i < sizeof(big); i++)
			big[i] = (char)(i % 251);
		for (int i = 0; i < 20; i++)
			if (SYS(SYS_write, p[1], big, 251 * 1000) != 251000)
				SYS(SYS_exit, 1);
		SYS(SYS_exit, 0);
	}
	SYS(SYS_close, p[1]);
	while ((n = SYS(SYS_read, p[0], big, 7777)) > 0)
		for (long i = 0; i < n; i++, at++)
			wrong += (unsigned char)big[i] != at % 251;
	CHECK_EQ(n, 0);
	CHECK_EQ(at, 20 * 251000);
	CHECK_EQ(wrong, 0);
	CHECK_EQ(SYS(SYS_wait4, pid, &status, 0, 0), pid);
	CHECK_EQ(status, 0);
	SYS(SYS_close, p[0]);
}

static void
nothing(int sig)
{
	(void)sig;
}

/* A signal ends a read that waits: with EINTR, or not at all. */
static void
interrupted(void)
{
	long pid, parent = SYS(SYS_getpid);
	char c = 0;
	int p[2];

	CHECK_EQ(SYS(SYS_pipe2, p, 0), 0);
	for (int restart = 0; restart < 2; restart++) {
		handle(SIGUSR1, (void *)nothing, restart ? SA_RESTART : 0);
		pid = SYS(SYS_fork);
		if (pid == 0) {
			sleep_ms(50);
			SYS(SYS_kill, parent, SIGUSR1);
			sleep_ms(50);
			SYS(SYS_write, p[1], "r", 1);
			SYS(SYS_exit, 0);
		}
		if (!restart)
			CHECK_EQ(SYS(SYS_read, p[0], &c, 1), -EINTR);
		CHECK_EQ(SYS(SYS_read, p[0], &c, 1), 1);
		CHECK_EQ(c, 'r');
		CHECK_EQ(SYS(SYS_wait4, pid, 0, 0, 0), pid);
	}
	SYS(SYS_close, p[0]);
	SYS(SYS_close, p[1]);
}

static void
vectors(void)
{
	struct iovec iov[3] = {{"ab", 2}, {NULL, 0}, {"cde", 3}}, in[2];
	char x[2], y[8];
	int p[2];

	CHECK_EQ(SYS(SYS_pipe2, p, 0), 0);
	CHECK_EQ(SYS(SYS_writev, p[1], iov, 3), 5);
	in[0].iov_base = x;
	in[0].iov_len = 2;
	in[1].iov_base = y;
	in[1].iov_len = 8;
	CHECK_EQ(SYS(SYS_readv, p[0], in, 2), 5);
	CHECK_EQ(x[1], 'b');
	CHECK_EQ(y[2], 'e');
	CHECK_EQ(SYS(SYS_writev, p[1], iov, -1), -EINVAL);
	CHECK_EQ(SYS(SYS_writev, p[1], BAD, 1), -EFAULT);
	iov[0].iov_len = (size_t)-1;
	CHECK_EQ(SYS(SYS_writev, p[1], iov, 1), -EINVAL);
	SYS(SYS_close, p[0]);
	SYS(SYS_close, p[1]);
}

#define RECORD	512 /* what is never split */
#define RECORDS 1500
#define PAGE	4096

/* Writes records that say who wrote them and how many came before. */
static void
write_records(int fd, unsigned who)
{
	static unsigned record[RECORD / sizeof(unsigned)];

	for (unsigned n = 0; n < RECORDS; n++) {
		for (unsigned i = 0; i < RECORD / sizeof(unsigned); i++)
			record[i] = who << 16 | n;
		if (SYS(SYS_write, fd, record, RECORD) != RECORD)
			SYS(SYS_exit, 1);
	}
	SYS(SYS_exit, 0);
}

/* Reads records, each to memory that wasn't there before, across two pages;
 * they are whole and in their writer's order. The number of them. */
static long
read_records(int fd)
{
	unsigned next[2] = {0, 0}, who, *record;
	char *fresh = map_anon(2 * RECORDS * 2 * PAGE, MAP_ANON_PRIVATE);
	long n, got = 0;

	while ((n = SYS(SYS_read, fd, fresh + PAGE - 100, RECORD)) > 0) {
		record = (unsigned *)(void *)(fresh + PAGE - 100);
		CHECK_EQ(n, RECORD);
		who = record[0] >> 16;
		CHECK(who < 2 && (record[0] & 0xffff) >= next[who]);
		next[who] = (record[0] & 0xffff) + 1;
		for (unsigned i = 1; i < RECORD / sizeof(unsigned); i++)
			if (record[i] != record[0]) {
				CHECK_EQ(record[i], record[0]);
				break;
			}
		got++;
		fresh += 2 * PAGE;
	}
	CHECK_EQ(n, 0);
	return (got);
}

/* Two write and two read at once. */
static void
together(int in, int out)
{
	int result[2], status;
	long other;

	CHECK_EQ(SYS(SYS_pipe2, result, 0), 0);
	for (unsigned who = 0; who < 2; who++)
		if (SYS(SYS_fork) == 0) {
			SYS(SYS_close, in);
			write_records(out, who);
		}
	SYS(SYS_close, out);
	if (SYS(SYS_fork) == 0) {
		other = read_records(in);
		SYS(SYS_write, result[1], &other, sizeof(other));
		SYS(SYS_exit, failures);
	}
	other = -read_records(in);
	SYS(SYS_close, in);
	for (int i = 0; i < 3; i++) {
		CHECK(SYS(SYS_wait4, -1, &status, 0, 0) > 0);
		CHECK_EQ(status, 0);
	}
	long its = 0;

	CHECK_EQ(SYS(SYS_read, result[0], &its, sizeof(its)), sizeof(its));
	CHECK_EQ(its - other, 2 * RECORDS);
	SYS(SYS_close, result[0]);
	SYS(SYS_close, result[1]);
}

static void
shared(void)
{
	int p[2];

	CHECK_EQ(SYS(SYS_pipe2, p, 0), 0);
	together(p[0], p[1]);
	CHECK_EQ(SYS(SYS_mkfifoat, AT_FDCWD, "/tmp/fifo", 0600), 0);
	p[0] = (int)SYS(SYS_open, "/tmp/fifo", O_RDONLY | O_NONBLOCK);
	p[1] = (int)SYS(SYS_open, "/tmp/fifo", O_WRONLY);
	CHECK_EQ(SYS(SYS_fcntl, p[0], F_SETFL, 0), 0);
	together(p[0], p[1]);
	CHECK_EQ(SYS(SYS_unlink, "/tmp/fifo"), 0);
}

/* A named pipe takes as much as any, and says so. */
static void
fifo(void)
{
	long n, m;
	int r, w;

	CHECK_EQ(SYS(SYS_mkfifoat, AT_FDCWD, "/tmp/fifo", 0600), 0);
	r = (int)SYS(SYS_open, "/tmp/fifo", O_RDONLY | O_NONBLOCK);
	w = (int)SYS(SYS_open, "/tmp/fifo", O_WRONLY | O_NONBLOCK);
	CHECK_EQ(SYS(SYS_read, r, big, 0), 0);
	CHECK_EQ(SYS(SYS_read, r, big, 1), -EAGAIN);
	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (char)(i % 251);
	n = SYS(SYS_write, w, big, 1000);
	CHECK_EQ(n, 1000);
	/* It grows, and nothing is lost by that. */
	m = SYS(SYS_write, w, big + 1000, sizeof(big) - 1000);
	CHECK(m >= 16384);
	CHECK_EQ(SYS(SYS_write, w, big, 512), -EAGAIN);
	memset(big, 0, sizeof(big));
	CHECK_EQ(SYS(SYS_read, r, big, sizeof(big)), n + m);
	for (long i = 0; i < n + m; i++)
		if ((unsigned char)big[i] != i % 251) {
			CHECK_EQ((unsigned char)big[i], i % 251);
			break;
		}
	SYS(SYS_close, w);
	CHECK_EQ(SYS(SYS_read, r, big, 1), 0);
	SYS(SYS_close, r);
	CHECK_EQ(SYS(SYS_unlink, "/tmp/fifo"), 0);
}

static struct kevent kev;

static long
events(long kq, long ms)
{
	struct timespec ts = {0, ms * 1000000};

	memset(&kev, 0, sizeof(kev));
	return (SYS(SYS_kevent, kq, NULL, 0, &kev, 1, &ts));
}

/* The writer's end hears of room and of readers, and of nothing else. */
static void
fifo_events(void)
{
	long kq = SYS(SYS_kqueue), r, w;
	struct kevent both[2];
	int n;

	CHECK_EQ(SYS(SYS_mkfifoat, AT_FDCWD, "/tmp/fifo", 0600), 0);
	r = SYS(SYS_open, "/tmp/fifo", O_RDONLY | O_NONBLOCK);
	w = SYS(SYS_open, "/tmp/fifo", O_WRONLY | O_NONBLOCK);
	both[0] = both[1] = (struct kevent){.ident = (uint64_t)w,
	    .filter = EVFILT_WRITE,
	    .flags = EV_ADD | EV_CLEAR};
	both[1].filter = EVFILT_READ;
	CHECK_EQ(SYS(SYS_kevent, kq, both, 2, NULL, 0, NULL), 0);
	CHECK_EQ(events(kq, 0), 1);
	CHECK_EQ(kev.filter, EVFILT_WRITE);
	CHECK_EQ(kev.data, 16384);
	CHECK_EQ(events(kq, 0), 0);
	CHECK_EQ(SYS(SYS_write, w, big, 10), 10);
	CHECK_EQ(SYS(SYS_ioctl, w, FIONREAD, &n), 0);
	CHECK_EQ(n, 0);
	CHECK_EQ(SYS(SYS_ioctl, r, FIONREAD, &n), 0);
	CHECK_EQ(n, 10);
	/* No reader, and one again. */
	(void)events(kq, 0);
	CHECK_EQ(SYS(SYS_close, r), 0);
	CHECK_EQ(events(kq, 900), 1);
	CHECK_EQ(kev.filter, EVFILT_WRITE);
	CHECK_EQ(kev.flags, EV_CLEAR | EV_EOF);
	CHECK_EQ(events(kq, 0), 0);
	r = SYS(SYS_open, "/tmp/fifo", O_RDONLY | O_NONBLOCK);
	CHECK_EQ(events(kq, 900), 1);
	CHECK_EQ(kev.filter, EVFILT_WRITE);
	CHECK_EQ(kev.flags, EV_CLEAR);
	CHECK_EQ(events(kq, 0), 0);
	/* It has no length to change. */
	CHECK_EQ(SYS(SYS_truncate, "/tmp/fifo", 1000), 0);
	SYS(SYS_closefrom, 3);
	CHECK_EQ(SYS(SYS_unlink, "/tmp/fifo"), 0);
}

int
main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	numbers();
	basics();
	full();
	stream();
	interrupted();
	vectors();
	shared();
	fifo();
	fifo_events();
	exhausted();
	return (result("pipes"));
}
