/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asynchronous I/O: transfers on files, pipes, sockets and terminals, what is
 * told of their ends, their order, and ends of processes that have some under
 * way.
 */
#include "files.h"
#include "fbsd/event.h"
#include "fbsd/resource.h"
#include "fbsd/socket.h"

enum {
	SYS_socketpair = 135,
	SYS_aio_read = 255,
	SYS_aio_write = 256,
	SYS_lio_listio = 257,
	SYS_aio_return = 314,
	SYS_aio_suspend = 315,
	SYS_aio_cancel = 316,
	SYS_aio_error = 317,
	SYS_aio_waitcomplete = 359,
	SYS_kqueue = 362,
	SYS_aio_fsync = 465,
	SYS_posix_openpt = 504,
	SYS_aio_mlock = 543,
	SYS_kevent = 560,
	SYS_aio_writev = 578,
	SYS_aio_readv = 579,
};

struct aiocb {
	int fd;
	long offset;
	const void *buf;
	size_t n;
	int spare[2];
	void *spare2;
	int opcode;
	int priority;
	long status, error;
	void *spare3;
	struct sigevent event;
};

enum { NOP = 0, WRITE = 1, READ = 2, VECTORED = 4, FOFFSET = 0x40 };
enum { NOWAIT, WAIT };
enum { CANCELED = 1, NOTCANCELED, ALLDONE };

static const char *self;
static char out[65536], in[65536];

static struct aiocb
block(long fd, const void *buf, size_t n, long offset)
{
	return ((struct aiocb){
	    .fd = (int)fd, .offset = offset, .buf = buf, .n = n});
}

/* Waits at most some seconds. */
static long
wait_for_one(struct aiocb *cb)
{
	const struct timespec limit = {20, 0};

	long error;

	/* Its end may be told by a signal, too. */
	while ((error = SYS(SYS_aio_suspend, &cb, 1, &limit)) == -EINTR)
		;
	CHECK_EQ(error, 0);
	return (SYS(SYS_aio_return, cb));
}

static long
begin(int call, struct aiocb *cb)
{
	long error = SYS(call, cb);

	CHECK_EQ(error, 0);
	return (error);
}

/* One of fd's that waits, or has just been looked at. */
static void
cancel(long fd, struct aiocb *cb)
{
	long how = SYS(SYS_aio_cancel, fd, cb);

	CHECK(how == CANCELED || how == NOTCANCELED);
	CHECK_EQ(wait_for_one(cb), -ECANCELED);
}

static void
on_file(void)
{
	long fd = xopen("/tmp/aio", O_RDWR | O_CREAT | O_TRUNC, 0600);
	struct iovec parts[2] = {{in + 100, 50}, {in, 100}};
	struct aiocb cb = block(fd, out, sizeof(out), 0), more[8];

	for (unsigned i = 0; i < sizeof(out); i++)
		out[i] = (char)(i * 7 + i / 256);
	begin(SYS_aio_write, &cb);
	CHECK_EQ(wait_for_one(&cb), sizeof(out));
	CHECK_EQ(cb.status, sizeof(out));
	CHECK_EQ(cb.error, 0);
	/* It was taken back. */
	CHECK_EQ(SYS(SYS_aio_return, &cb), -EINVAL);
	CHECK_EQ(SYS(SYS_aio_error, &cb), EINVAL);
	cb = block(fd, in, sizeof(in), 0);
	begin(SYS_aio_read, &cb);
	CHECK_EQ(wait_for_one(&cb), sizeof(in));
	CHECK(same(in, out, sizeof(in)));
	memset(in, 0, sizeof(in));
	cb = block(fd, parts, 2, 1000);
	begin(SYS_aio_readv, &cb);
	CHECK_EQ(wait_for_one(&cb), 150);
	CHECK(same(in + 100, out + 1000, 50) && same(in, out + 1050, 100));
	/* Several at once, and the end of the file. */
	for (unsigned i = 0; i < 8; i++) {
		more[i] = block(fd, in + i * 8192, 8192, (long)i * 8192);
		begin(SYS_aio_read, &more[i]);
	}
	for (unsigned i = 0; i < 8; i++)
		CHECK_EQ(wait_for_one(&more[i]), 8192);
	CHECK(same(in, out, sizeof(in)));
	cb = block(fd, in, 100, sizeof(out) - 10);
	begin(SYS_aio_read, &cb);
	CHECK_EQ(wait_for_one(&cb), 10);
	/* At the file's own place, which goes on. */
	cb = block(fd, in, 100, 5);
	cb.opcode = READ | FOFFSET;
	{
		struct aiocb *one = &cb;

		CHECK_EQ(SYS(SYS_lio_listio, WAIT, &one, 1, NULL), 0);
	}
	CHECK_EQ(SYS(SYS_aio_return, &cb), 100);
	CHECK(same(in, out, 100));
	CHECK_EQ(SYS(SYS_read, fd, in, 100), 100);
	CHECK(same(in, out + 100, 100));
	/* What comes before it is on the disk. */
	cb = block(fd, out, sizeof(out), 0);
	more[0] = block(fd, NULL, 0, 0);
	begin(SYS_aio_write, &cb);
	CHECK_EQ(SYS(SYS_aio_fsync, O_SYNC, &more[0]), 0);
	CHECK_EQ(wait_for_one(&more[0]), 0);
	CHECK_EQ(SYS(SYS_aio_error, &cb), 0);
	CHECK_EQ(wait_for_one(&cb), sizeof(out));
	CHECK_EQ(SYS(SYS_aio_fsync, O_DSYNC, &more[0]), 0);
	CHECK_EQ(wait_for_one(&more[0]), 0);
	CHECK_EQ(SYS(SYS_aio_fsync, 0, &more[0]), -EINVAL);
	(void)SYS(SYS_close, fd);
}

/* Appended in the order of the calls. */
static void
appended(void)
{
	long fd = xopen("/tmp/aio", O_RDWR | O_TRUNC | O_APPEND, 0);
	struct aiocb cbs[16];

	for (unsigned i = 0; i < 16; i++) {
		cbs[i] = block(fd, out + i * 100, 100, 0);
		begin(SYS_aio_write, &cbs[i]);
	}
	for (unsigned i = 0; i < 16; i++)
		CHECK_EQ(wait_for_one(&cbs[i]), 100);
	CHECK_EQ(SYS(475, fd, in, 1600, 0), 1600); /* pread */
	CHECK(same(in, out, 1600));
	(void)SYS(SYS_close, fd);
}

/* Requests that wait for a peer, more than there are threads for; in order. */
static void
on_stream(const int ends[2], unsigned n)
{
	static struct aiocb cbs[100];
	struct aiocb cb;
	long moved, got;

	for (unsigned i = 0; i < n; i++) {
		cbs[i] = block(ends[0], in + i, 1, 0);
		begin(SYS_aio_read, &cbs[i]);
	}
	CHECK_EQ(SYS(SYS_aio_error, &cbs[0]), EINPROGRESS);
	CHECK_EQ(SYS(SYS_aio_return, &cbs[0]), -EINVAL);
	/* While they wait others are served. */
	cb = block(xopen("/tmp/aio", O_RDWR, 0), in + 1000, 1, 0);
	begin(SYS_aio_read, &cb);
	CHECK_EQ(wait_for_one(&cb), 1);
	(void)SYS(SYS_close, cb.fd);
	CHECK_EQ(SYS(SYS_write, ends[1], out, n - 1), n - 1);
	for (unsigned i = 0; i + 1 < n; i++)
		CHECK_EQ(wait_for_one(&cbs[i]), 1);
	CHECK(same(in, out, n - 1));
	CHECK_EQ(SYS(SYS_aio_error, &cbs[n - 1]), EINPROGRESS);
	cancel(ends[0], &cbs[n - 1]);
	CHECK_EQ(cbs[n - 1].status, -1);
	CHECK_EQ(cbs[n - 1].error, ECANCELED);
	CHECK_EQ(SYS(SYS_aio_cancel, ends[0], NULL), ALLDONE);
	/* All that is written counts, though it doesn't fit at once. */
	cb = block(ends[1], out, sizeof(out), 0);
	begin(SYS_aio_write, &cb);
	for (got = 0; got < (long)sizeof(out);) {
		long r =
		    SYS(SYS_read, ends[0], in + got, sizeof(in) - (size_t)got);

		CHECK(r > 0);
		if (r <= 0)
			break;
		got += r;
	}
	CHECK_EQ(wait_for_one(&cb), sizeof(out));
	CHECK(same(in, out, sizeof(out)));
	/* So does what was moved before it is cancelled. */
	begin(SYS_aio_write, &cb);
	CHECK(SYS(SYS_read, ends[0], in, 1) == 1);
	while (SYS(SYS_aio_error, &cb) == EINPROGRESS) {
		CHECK_EQ(SYS(SYS_aio_cancel, ends[1], &cb), NOTCANCELED);
		sleep_ms(1);
	}
	moved = SYS(SYS_aio_return, &cb);
	CHECK(moved > 0);
	for (got = 1; got < moved;) {
		long r = SYS(SYS_read, ends[0], in, sizeof(in));

		CHECK(r > 0);
		if (r <= 0)
			break;
		got += r;
	}
	/* The peer goes. */
	cb = block(ends[0], in, 1, 0);
	begin(SYS_aio_read, &cb);
	(void)SYS(SYS_close, ends[1]);
	CHECK_EQ(wait_for_one(&cb), 0);
	(void)SYS(SYS_close, ends[0]);
}

static volatile int signals, last_value;

static void
took(int sig, struct siginfo *info)
{
	signals += info->si_code == SI_ASYNCIO && info->si_signo == sig;
	last_value = info->si_value.sival_int;
}

static void
broken(int sig)
{
	signals++;
}

/* A socket that isn't connected yet; either it listens or it has transfers. */
static void
not_connected(void)
{
	struct sockaddr_un name = {.sun_len = sizeof(name),
	    .sun_family = AF_UNIX,
	    .sun_path = "/tmp/aio-socket"};
	long s = SYS(97, AF_UNIX, SOCK_STREAM, 0);
	struct aiocb cb = block(s, in, 10, 0);

	CHECK_EQ(SYS(104, s, &name, sizeof(name)), 0); /* bind */
	begin(SYS_aio_read, &cb);
	CHECK_EQ(SYS(106, s, 5), -EINVAL); /* listen */
	CHECK_EQ(SYS(SYS_aio_error, &cb), EINPROGRESS);
	cancel(s, &cb);
	CHECK_EQ(SYS(106, s, 5), 0);
	CHECK_EQ(SYS(SYS_aio_read, &cb), -EINVAL);
	CHECK_EQ(SYS(SYS_aio_write, &cb), -EINVAL);
	(void)SYS(SYS_close, s);
}

/* Messages that others carried count for who takes the result. */
static void
counted(void)
{
	struct rusage before, after;
	struct aiocb cb;
	int ends[2];

	CHECK_EQ(SYS(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, ends), 0);
	CHECK_EQ(SYS(117, RUSAGE_SELF, &before), 0);
	cb = block(ends[0], out, 100, 0);
	begin(SYS_aio_write, &cb);
	CHECK_EQ(wait_for_one(&cb), 100);
	cb = block(ends[1], in, 100, 0);
	begin(SYS_aio_read, &cb);
	CHECK_EQ(wait_for_one(&cb), 100);
	CHECK_EQ(SYS(SYS_write, ends[0], out, 1), 1);
	CHECK_EQ(SYS(117, RUSAGE_SELF, &after), 0);
	CHECK_EQ(after.ru_msgsnd, before.ru_msgsnd + 2);
	CHECK_EQ(after.ru_msgrcv, before.ru_msgrcv + 1);
	(void)SYS(SYS_close, ends[0]);
	(void)SYS(SYS_close, ends[1]);
}

/* Writing to nobody. */
static void
to_nobody(int type)
{
	struct aiocb cb;
	int ends[2];

	if (type == 0)
		CHECK_EQ(SYS(SYS_pipe2, ends, 0), 0);
	else
		CHECK_EQ(SYS(SYS_socketpair, AF_UNIX, type, 0, ends), 0);
	(void)SYS(SYS_close, ends[0]);
	signals = 0;
	(void)handle(SIGPIPE, broken, 0);
	cb = block(ends[1], out, 1, 0);
	begin(SYS_aio_write, &cb);
	CHECK_EQ(wait_for_one(&cb), -EPIPE);
	CHECK_EQ(signals, 1);
	(void)handle(SIGPIPE, NULL, 0);
	(void)SYS(SYS_close, ends[1]);
}

/* A signal, to the process or to a thread of it, for one and for a list. */
static void
by_signal(void)
{
	sigset_t set = {{1u << (SIGUSR1 - 1)}}, old;
	long fd = xopen("/tmp/aio", O_RDWR, 0), tid;
	struct aiocb cb = block(fd, in, 10, 0), *list[2] = {&cb, NULL};
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL,
	    .sigev_signo = SIGUSR1,
	    .sigev_value = {.sival_int = 77}};

	(void)handle(SIGUSR1, took, SA_SIGINFO);
	(void)SYS(SYS_thr_self, &tid);
	(void)SYS(SYS_sigprocmask, SIG_BLOCK, &set, &old);
	signals = 0;
	cb.event = event;
	begin(SYS_aio_read, &cb);
	while (signals == 0)
		(void)SYS(SYS_sigsuspend, &old);
	CHECK_EQ(last_value, 77);
	CHECK_EQ(SYS(SYS_aio_error, &cb), 0);
	CHECK_EQ(SYS(SYS_aio_return, &cb), 10);
	cb.event.sigev_notify = SIGEV_THREAD_ID;
	cb.event.sigev_notify_thread_id = (lwpid_t)tid;
	begin(SYS_aio_read, &cb);
	while (signals == 1)
		(void)SYS(SYS_sigsuspend, &old);
	CHECK_EQ(SYS(SYS_aio_return, &cb), 10);
	/* Taken back before the signal was: it is none any more. */
	begin(SYS_aio_read, &cb);
	CHECK_EQ(wait_for_one(&cb), 10);
	(void)SYS(SYS_sigprocmask, SIG_SETMASK, &old, NULL);
	CHECK_EQ(signals, 2);
	(void)SYS(SYS_sigprocmask, SIG_BLOCK, &set, NULL);
	cb.event.sigev_notify = SIGEV_NONE;
	cb.opcode = READ;
	event.sigev_value.sival_int = 78;
	CHECK_EQ(SYS(SYS_lio_listio, NOWAIT, list, 2, &event), 0);
	while (signals == 2)
		(void)SYS(SYS_sigsuspend, &old);
	CHECK_EQ(last_value, 78);
	CHECK_EQ(SYS(SYS_aio_return, &cb), 10);
	(void)SYS(SYS_sigprocmask, SIG_SETMASK, &old, NULL);
	/* An empty list is through at once. */
	CHECK_EQ(SYS(SYS_lio_listio, NOWAIT, list + 1, 1, &event), 0);
	CHECK_EQ(signals, 4);
	cb.event.sigev_notify = SIGEV_SIGNAL;
	cb.event.sigev_signo = 0;
	CHECK_EQ(SYS(SYS_aio_read, &cb), -EINVAL);
	cb.event.sigev_notify = SIGEV_THREAD;
	CHECK_EQ(SYS(SYS_aio_read, &cb), -EINVAL);
	(void)SYS(SYS_close, fd);
}

static long
next_event(long kq, struct kevent *kev, long seconds)
{
	const struct timespec limit = {seconds, 0};

	return (SYS(SYS_kevent, kq, NULL, 0, kev, 1, &limit));
}

static void
by_kqueue(void)
{
	long fd = xopen("/tmp/aio", O_RDWR, 0), kq = SYS(SYS_kqueue);
	struct aiocb cb = block(fd, in, 10, 0), *list[2] = {&cb, NULL};
	struct kevent kev = {
	    .ident = (uint64_t)&cb, .filter = EVFILT_AIO, .flags = EV_ADD};
	struct sigevent event = {.sigev_notify = SIGEV_KEVENT,
	    .sigev_signo = (int)kq,
	    .sigev_value = {.sival_ptr = 0xdeadbeef}};
	int ends[2];

	CHECK_EQ(SYS(SYS_kevent, kq, &kev, 1, NULL, 0, NULL), -EPERM);
	cb.event = event;
	begin(SYS_aio_read, &cb);
	CHECK_EQ(next_event(kq, &kev, 20), 1);
	CHECK_EQ(kev.ident, (uint64_t)&cb);
	CHECK_EQ(kev.filter, EVFILT_AIO);
	CHECK_EQ(kev.flags, EV_EOF);
	CHECK_EQ(kev.data, 0);
	CHECK_EQ(kev.udata, 0xdeadbeef);
	/* Until it is taken back. */
	CHECK_EQ(next_event(kq, &kev, 0), 1);
	CHECK_EQ(SYS(SYS_aio_return, &cb), 10);
	CHECK_EQ(next_event(kq, &kev, 0), 0);
	cb.event.sigev_notify_kevent_flags = EV_ONESHOT;
	begin(SYS_aio_read, &cb);
	CHECK_EQ(next_event(kq, &kev, 20), 1);
	CHECK_EQ(next_event(kq, &kev, 0), 0);
	CHECK_EQ(SYS(SYS_aio_return, &cb), 10);
	cb.event.sigev_notify_kevent_flags = EV_DELETE;
	CHECK_EQ(SYS(SYS_aio_read, &cb), -EINVAL);
	CHECK_EQ(SYS(SYS_aio_error, &cb), EINVAL);
	cb.event.sigev_notify_kevent_flags = 0;
	cb.event.sigev_signo = (int)fd;
	CHECK_EQ(SYS(SYS_aio_read, &cb), -EBADF);
	/* Its error is the event's data. */
	CHECK_EQ(SYS(SYS_pipe2, ends, 0), 0);
	cb = block(ends[0], in, 10, 0);
	cb.event = event;
	begin(SYS_aio_read, &cb);
	CHECK_EQ(next_event(kq, &kev, 0), 0);
	CHECK(SYS(SYS_aio_cancel, ends[0], NULL) != ALLDONE);
	CHECK_EQ(next_event(kq, &kev, 20), 1);
	CHECK_EQ(kev.data, ECANCELED);
	CHECK_EQ(SYS(SYS_aio_return, &cb), -ECANCELED);
	cb = block(fd, in, 10, 0);
	cb.opcode = READ;
	CHECK_EQ(SYS(SYS_lio_listio, NOWAIT, list, 2, &event), 0);
	CHECK_EQ(next_event(kq, &kev, 20), 1);
	CHECK_EQ(kev.filter, EVFILT_LIO);
	CHECK_EQ(kev.ident, (uint64_t)list);
	CHECK_EQ(kev.udata, 0xdeadbeef);
	CHECK_EQ(SYS(SYS_aio_return, &cb), 10);
	CHECK_EQ(next_event(kq, &kev, 0), 0);
	(void)SYS(SYS_close, kq);
	(void)SYS(SYS_close, fd);
	(void)SYS(SYS_close, ends[0]);
	(void)SYS(SYS_close, ends[1]);
}

static void
lists(void)
{
	long fd = xopen("/tmp/aio", O_RDWR, 0);
	struct aiocb cbs[3], *list[4] = {&cbs[0], NULL, &cbs[1], &cbs[2]};
	struct aiocb *got;
	const struct timespec none = {0, 0}, limit = {20, 0};

	cbs[0] = block(fd, in, 10, 0);
	cbs[1] = block(fd, in, 20, 0);
	cbs[2] = block(fd, in, 30, 0);
	cbs[0].opcode = cbs[1].opcode = READ;
	cbs[2].opcode = NOP;
	CHECK_EQ(SYS(SYS_lio_listio, WAIT, list, 4, NULL), 0);
	CHECK_EQ(SYS(SYS_aio_return, &cbs[2]), -EINVAL);
	CHECK_EQ(SYS(SYS_aio_return, &cbs[1]), 20);
	CHECK_EQ(SYS(SYS_aio_return, &cbs[0]), 10);
	/* One that can't be begun spoils it, and the others are done. */
	cbs[1].fd = 900;
	CHECK_EQ(SYS(SYS_lio_listio, WAIT, list, 4, NULL), -EIO);
	CHECK_EQ(SYS(SYS_aio_error, &cbs[1]), EBADF);
	CHECK_EQ(SYS(SYS_aio_waitcomplete, &got, &limit), 10);
	CHECK(got == &cbs[0]);
	CHECK_EQ(SYS(SYS_aio_waitcomplete, &got, &none), -EAGAIN);
	CHECK(got == NULL);
	cbs[1] = block(fd, in, 10, 0);
	cbs[1].opcode = 3;
	CHECK_EQ(SYS(SYS_lio_listio, WAIT, list, 4, NULL), -EIO);
	CHECK_EQ(SYS(SYS_aio_return, &cbs[0]), 10);
	CHECK_EQ(SYS(SYS_lio_listio, 2, list, 4, NULL), -EINVAL);
	CHECK_EQ(SYS(SYS_lio_listio, WAIT, list, -1, NULL), -EINVAL);
	CHECK_EQ(SYS(SYS_lio_listio, WAIT, list, 1000, NULL), -EINVAL);
	CHECK_EQ(SYS(SYS_lio_listio, WAIT, 8, 1, NULL), -EFAULT);
	CHECK_EQ(SYS(SYS_lio_listio, NOWAIT, list, 0, 8), -EFAULT);
	(void)SYS(SYS_close, fd);
}

/* Room for so many and no more, which ends free. */
static void
too_many(void)
{
	const long most = get_sysctl("vfs.aio.max_aio_queue_per_proc");
	struct aiocb *cbs =
	    map_anon((size_t)(most + 1) * sizeof(*cbs), MAP_ANON_PRIVATE);
	struct aiocb *list[1];
	const struct timespec soon = {0, 10000000};
	int ends[2];

	CHECK_EQ(SYS(SYS_pipe2, ends, 0), 0);
	for (long i = 0; i <= most; i++) {
		cbs[i] = block(ends[0], in, 1, 0);
		CHECK_EQ(SYS(SYS_aio_read, &cbs[i]), i < most ? 0 : -EAGAIN);
	}
	CHECK_EQ(get_sysctl("vfs.aio.num_queue_count"), most);
	CHECK(get_sysctl("vfs.aio.num_aio_procs") <=
	      get_sysctl("vfs.aio.max_aio_procs"));
	list[0] = &cbs[0];
	CHECK_EQ(SYS(SYS_aio_suspend, list, 1, &soon), -EAGAIN);
	CHECK(SYS(SYS_aio_cancel, ends[0], NULL) != ALLDONE);
	for (long i = 0; i < most; i++)
		CHECK_EQ(wait_for_one(&cbs[i]), -ECANCELED);
	CHECK_EQ(get_sysctl("vfs.aio.num_queue_count"), 0);
	(void)SYS(SYS_close, ends[0]);
	(void)SYS(SYS_close, ends[1]);
}

static void
mistakes(void)
{
	long fd = xopen("/tmp/aio", O_RDONLY, 0);
	struct aiocb cb = block(fd, in, 10, 0);

	CHECK_EQ(SYS(SYS_aio_read, 8), -EFAULT);
	CHECK_EQ(SYS(SYS_aio_write, &cb), -EBADF);
	CHECK_EQ(SYS(SYS_aio_error, &cb), EBADF);
	cb.offset = -1;
	CHECK_EQ(SYS(SYS_aio_read, &cb), -EINVAL);
	cb.offset = 0;
	cb.n = SIZE_MAX;
	CHECK_EQ(SYS(SYS_aio_read, &cb), -EINVAL);
	CHECK_EQ(SYS(SYS_aio_readv, &cb), -EINVAL);
	cb = block(fd, (void *)8, 10, 0);
	begin(SYS_aio_read, &cb);
	CHECK_EQ(wait_for_one(&cb), -EFAULT);
	cb = block(SYS(SYS_kqueue), in, 10, 0);
	begin(SYS_aio_read, &cb);
	CHECK(wait_for_one(&cb) < 0);
	CHECK_EQ(SYS(SYS_aio_fsync, O_SYNC, &cb), -EINVAL);
	CHECK_EQ(SYS(SYS_aio_cancel, 900, NULL), -EBADF);
	CHECK_EQ(SYS(SYS_aio_cancel, fd, NULL), ALLDONE);
	CHECK_EQ(SYS(SYS_aio_suspend, NULL, -1, NULL), -EINVAL);
	(void)SYS(SYS_close, cb.fd);
	(void)SYS(SYS_close, fd);
}

static void
locked(void)
{
	char *p = map_anon(8 * 4096, MAP_ANON_PRIVATE);
	struct aiocb cb = block(-1, p + 1, 4096, 0);
	char there = 0;

	begin(SYS_aio_mlock, &cb);
	CHECK_EQ(wait_for_one(&cb), 0);
	CHECK_EQ(SYS(78, p + 4096, 4096, &there), 0); /* mincore */
	CHECK(there & 1);
	cb = block(-1, (void *)4096, 4096, 0);
	begin(SYS_aio_mlock, &cb);
	CHECK_EQ(wait_for_one(&cb), -ENOMEM);
	(void)SYS(SYS_munmap, p, 8 * 4096);
}

/* A process that ends, or becomes another program, with requests that wait. */
static void
child(int ends[2], bool exec)
{
	const char *args[] = {self, "none", NULL}, *env[] = {NULL};
	struct sigevent event = {
	    .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
	struct aiocb *cbs = map_anon(65536, MAP_ANON_PRIVATE);
	long fd = xopen("/tmp/aio", O_RDWR, 0);

	for (int i = 0; i < 40; i++) {
		cbs[i] = block(i % 2 ? ends[0] : fd, in, 1000, 0);
		cbs[i].event = event;
		if (SYS(SYS_aio_read, &cbs[i]) != 0)
			(void)SYS(SYS_exit, 2);
	}
	if (exec)
		(void)SYS(59, self, args, env);
	(void)SYS(SYS_exit, exec);
}

static void
ends_early(bool exec)
{
	int ends[2], status = -1;
	long pid;

	CHECK_EQ(SYS(SYS_pipe2, ends, 0), 0);
	(void)handle(SIGUSR1, took, SA_SIGINFO);
	pid = SYS(SYS_fork);
	if (pid == 0)
		child(ends, exec);
	CHECK_EQ(SYS(SYS_wait4, pid, &status, 0, NULL), pid);
	CHECK_EQ(status, 0);
	/* What is there is ours. */
	CHECK_EQ(SYS(SYS_write, ends[1], "a", 1), 1);
	CHECK_EQ(SYS(SYS_read, ends[0], in, 10), 1);
	(void)SYS(SYS_close, ends[0]);
	(void)SYS(SYS_close, ends[1]);
}

/* With requests of its own, none of them its parent's. */
static void
forked(void)
{
	struct aiocb cb;
	int ends[2], status = -1;
	long pid;

	CHECK_EQ(SYS(SYS_pipe2, ends, 0), 0);
	cb = block(ends[0], in, 10, 0);
	begin(SYS_aio_read, &cb);
	pid = SYS(SYS_fork);
	if (pid == 0)
		(void)SYS(SYS_exit,
		    SYS(SYS_aio_return, &cb) != -EINVAL ||
			SYS(SYS_aio_cancel, ends[0], NULL) != ALLDONE);
	CHECK_EQ(SYS(SYS_wait4, pid, &status, 0, NULL), pid);
	CHECK_EQ(status, 0);
	CHECK_EQ(SYS(SYS_write, ends[1], "abc", 3), 3);
	CHECK_EQ(wait_for_one(&cb), 3);
	(void)SYS(SYS_close, ends[0]);
	(void)SYS(SYS_close, ends[1]);
}

static void
on_terminal(void)
{
	int fds[2];
	char name[] = "/dev/pts/0";

	fds[1] = (int)SYS(SYS_posix_openpt, O_RDWR);
	CHECK(fds[1] >= 0);
	fds[0] = (int)xopen(name, O_RDWR, 0);
	{
		struct aiocb cb = block(fds[0], in, 100, 0);

		begin(SYS_aio_read, &cb);
		CHECK_EQ(SYS(SYS_aio_error, &cb), EINPROGRESS);
		CHECK_EQ(SYS(SYS_write, fds[1], "line\n", 5), 5);
		CHECK_EQ(wait_for_one(&cb), 5);
		CHECK(same(in, "line\n", 5));
	}
	(void)SYS(SYS_close, fds[0]);
	(void)SYS(SYS_close, fds[1]);
}

int
main(int argc, char **argv)
{
	int ends[2];

	if (argc > 1)
		return (0);
	self = argv[0];
	on_file();
	appended();
	CHECK_EQ(SYS(SYS_pipe2, ends, 0), 0);
	on_stream(ends, 100);
	CHECK_EQ(SYS(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, ends), 0);
	on_stream(ends, 50);
	on_terminal();
	not_connected();
	counted();
	to_nobody(0);
	to_nobody(SOCK_STREAM);
	by_signal();
	by_kqueue();
	lists();
	too_many();
	mistakes();
	locked();
	ends_early(false);
	ends_early(true);
	forked();
	CHECK_EQ(get_sysctl("vfs.aio.num_queue_count"), 0);
	return (result("aio"));
}
