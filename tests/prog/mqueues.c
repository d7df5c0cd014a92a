/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * POSIX message queues: names and rights, order, waits and their ends,
 * notification, poll and kqueue, mqueuefs.
 */
#include "asleep.h"
#include "mounting.h"
#include "selfcopy.h"
#include "fbsd/event.h"
#include "fbsd/mqueue.h"
#include "fbsd/poll.h"

enum {
	SYS_fchmod = 124,
	SYS_poll = 209,
	SYS_kqueue = 362,
	SYS_kmq_open = 457,
	SYS_kmq_setattr = 458,
	SYS_kmq_timedreceive = 459,
	SYS_kmq_timedsend = 460,
	SYS_kmq_notify = 461,
	SYS_kmq_unlink = 462,
	SYS_kevent = 560,
};

#define ERR(e)	     (-(long)(e))
#define SIZE	     16
#define EVENT_SIGNAL SIGUSR1

static long
mq_open(const char *name, int flags, int mode, long maxmsg, long size)
{
	struct mq_attr attr = {.mq_maxmsg = maxmsg, .mq_msgsize = size};

	return (
	    SYS(SYS_kmq_open, name, flags, mode, maxmsg != 0 ? &attr : NULL));
}

/* A queue of two messages of SIZE bytes. */
static long
small(const char *name)
{
	long fd = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, 2, SIZE);

	CHECK(fd >= 0);
	return (fd);
}

static long
send(long fd, char c, unsigned prio)
{
	return (SYS(SYS_kmq_timedsend, fd, &c, 1, prio, NULL));
}

/* The first byte, and its priority in hundreds; or the error. */
static long
receive(long fd, const struct timespec *until)
{
	char text[SIZE];
	unsigned prio = 0;
	long n = SYS(SYS_kmq_timedreceive, fd, text, SIZE, &prio, until);

	return (n < 0 ? n : (long)prio * 1000 + text[0]);
}

static struct mq_attr
attributes(long fd)
{
	struct mq_attr attr;

	memset(&attr, 0xff, sizeof(attr));
	CHECK_EQ(SYS(SYS_kmq_setattr, fd, NULL, &attr), 0);
	return (attr);
}

static void
finish(long fd, const char *name)
{
	CHECK_EQ(SYS(SYS_close, fd), 0);
	CHECK_EQ(SYS(SYS_kmq_unlink, name), 0);
}

static void
names(void)
{
	static char longest[300];
	long fd = small("/first"), other;
	struct mq_attr attr;

	CHECK_EQ(mq_open("/first", O_RDWR | O_CREAT | O_EXCL, 0600, 0, 0),
	    ERR(EEXIST));
	other = mq_open("first", O_RDONLY, 0, 0, 0);
	CHECK(other >= 0);
	CHECK_EQ(send(other, 'x', 0), ERR(EBADF));
	CHECK_EQ(SYS(SYS_close, other), 0);
	other = mq_open("/first", O_WRONLY | O_CREAT, 0600, 100, 100);
	attr = attributes(other);
	CHECK_EQ(attr.mq_maxmsg, 2);
	CHECK_EQ(attr.mq_msgsize, SIZE);
	CHECK_EQ(attr.spare[3], 0);
	CHECK_EQ(receive(other, NULL), ERR(EBADF));
	CHECK_EQ(SYS(SYS_close, other), 0);
	CHECK_EQ(mq_open("/none", O_RDWR, 0, 0, 0), ERR(ENOENT));
	CHECK_EQ(mq_open("/", O_RDWR | O_CREAT, 0, 0, 0), ERR(EINVAL));
	CHECK_EQ(mq_open("/a/b", O_RDWR | O_CREAT, 0, 0, 0), ERR(EINVAL));
	CHECK_EQ(mq_open("/..", O_RDWR | O_CREAT, 0, 0, 0), ERR(EINVAL));
	CHECK_EQ(mq_open("/x", O_ACCMODE, 0, 0, 0), ERR(EINVAL));
	CHECK_EQ(mq_open("/x", O_RDWR | O_CREAT, 0, 101, 1), ERR(EINVAL));
	CHECK_EQ(mq_open("/x", O_RDWR | O_CREAT, 0, 1, 16385), ERR(EINVAL));
	CHECK_EQ(mq_open("/x", O_RDWR | O_CREAT, 0, -1, 1), ERR(EINVAL));
	memset(longest, 'q', sizeof(longest) - 1);
	CHECK_EQ(
	    mq_open(longest, O_RDWR | O_CREAT, 0, 0, 0), ERR(ENAMETOOLONG));
	CHECK_EQ(mq_open(NULL, O_RDWR | O_CREAT, 0, 0, 0), ERR(EFAULT));
	/* Without its name it is still there. */
	CHECK_EQ(SYS(SYS_kmq_unlink, "/first"), 0);
	CHECK_EQ(SYS(SYS_kmq_unlink, "/first"), ERR(ENOENT));
	CHECK_EQ(send(fd, 'a', 0), 0);
	other = small("/first");
	CHECK_EQ(attributes(other).mq_curmsgs, 0);
	CHECK_EQ(receive(fd, NULL), 'a');
	CHECK_EQ(SYS(SYS_close, fd), 0);
	finish(other, "/first");
	CHECK_EQ(get_sysctl("kern.mqueue.curmq"), 0);
	CHECK_EQ(SYS(SYS_kmq_setattr, 1, NULL, &attr), ERR(EBADF));
	CHECK_EQ(send(77, 'x', 0), ERR(EBADF));
}

static void
order(void)
{
	long fd =
	    mq_open("/order", O_RDWR | O_CREAT | O_NONBLOCK, 0600, 5, SIZE);
	char text[SIZE + 1] = "long";

	CHECK_EQ(attributes(fd).mq_flags, O_NONBLOCK);
	CHECK_EQ(receive(fd, NULL), ERR(EAGAIN));
	CHECK_EQ(send(fd, 'a', 1), 0);
	CHECK_EQ(send(fd, 'b', 63), 0);
	CHECK_EQ(send(fd, 'c', 1), 0);
	CHECK_EQ(send(fd, 'd', 0), 0);
	CHECK_EQ(send(fd, 'e', 63), 0);
	CHECK_EQ(send(fd, 'f', 63), ERR(EAGAIN));
	CHECK_EQ(send(fd, 'g', 64), ERR(EINVAL));
	CHECK_EQ(attributes(fd).mq_curmsgs, 5);
	CHECK_EQ(receive(fd, NULL), 63000 + 'b');
	CHECK_EQ(receive(fd, NULL), 63000 + 'e');
	CHECK_EQ(receive(fd, NULL), 1000 + 'a');
	CHECK_EQ(receive(fd, NULL), 1000 + 'c');
	CHECK_EQ(receive(fd, NULL), 'd');
	CHECK_EQ(
	    SYS(SYS_kmq_timedsend, fd, text, SIZE + 1, 0, NULL), ERR(EMSGSIZE));
	CHECK_EQ(SYS(SYS_kmq_timedsend, fd, NULL, 1, 0, NULL), ERR(EFAULT));
	CHECK_EQ(SYS(SYS_kmq_timedsend, fd, text, 0, 0, NULL), 0);
	CHECK_EQ(SYS(SYS_kmq_timedreceive, fd, text, SIZE - 1, NULL, NULL),
	    ERR(EMSGSIZE));
	CHECK_EQ(SYS(SYS_kmq_timedreceive, fd, text, SIZE, NULL, NULL), 0);
	CHECK_EQ(SYS(SYS_read, fd, text, 1), ERR(EOPNOTSUPP));
	finish(fd, "/order");
}

static void
times(void)
{
	struct timespec past = {1, 0}, bad = {1, 1000000000}, soon;
	long fd = small("/times");

	CHECK_EQ(receive(fd, &past), ERR(ETIMEDOUT));
	CHECK_EQ(receive(fd, &bad), ERR(EINVAL));
	CHECK_EQ(receive(fd, (void *)8), ERR(EFAULT));
	CHECK_EQ(SYS(SYS_clock_gettime, CLOCK_REALTIME, &soon), 0);
	soon.tv_nsec += 20000000;
	if (soon.tv_nsec >= 1000000000) {
		soon.tv_sec++;
		soon.tv_nsec -= 1000000000;
	}
	CHECK_EQ(receive(fd, &soon), ERR(ETIMEDOUT));
	CHECK(now_ns(CLOCK_REALTIME) >=
	      (uint64_t)soon.tv_sec * NSEC_PER_SEC + (uint64_t)soon.tv_nsec);
	/* What can be done at once is done, however late. */
	CHECK_EQ(SYS(SYS_kmq_timedsend, fd, "a", 1, 0, &past), 0);
	CHECK_EQ(SYS(SYS_kmq_timedsend, fd, "b", 1, 0, &bad), 0);
	CHECK_EQ(SYS(SYS_kmq_timedsend, fd, "c", 1, 0, &past), ERR(ETIMEDOUT));
	CHECK_EQ(receive(fd, &bad), 'a');
	finish(fd, "/times");
}

static struct worker {
	long fd, tid, result;
	char c; /* to be sent; 0: receives */
} workers[2];

static void
work(void *arg)
{
	struct worker *w = arg;

	w->result = w->c != 0 ? send(w->fd, w->c, 0) : receive(w->fd, NULL);
	end_thread(&w->tid);
}

/* It sleeps when this returns. */
static void
start(int i, long fd, char c)
{
	workers[i] = (struct worker){.fd = fd, .c = c};
	CHECK_EQ(start_thread(work, &workers[i], &workers[i].tid), 0);
	await_asleep(workers[i].tid, c != 0 ? "mqsend" : "mqrecv");
}

static void
join(int i, long result)
{
	join_thread(&workers[i].tid);
	CHECK_EQ(workers[i].result, result);
}

static void
waits(void)
{
	long fd = small("/waits");

	start(0, fd, 0);
	start(1, fd, 0);
	CHECK_EQ(send(fd, 'a', 0), 0);
	join(0, 'a');
	CHECK_EQ(send(fd, 'b', 0), 0);
	join(1, 'b');
	CHECK_EQ(send(fd, 'c', 0), 0);
	CHECK_EQ(send(fd, 'd', 0), 0);
	start(0, fd, 'e');
	CHECK_EQ(receive(fd, NULL), 'c');
	join(0, 0);
	CHECK_EQ(receive(fd, NULL), 'd');
	CHECK_EQ(receive(fd, NULL), 'e');
	finish(fd, "/waits");
}

static void
nothing(int sig)
{
	(void)sig;
}

static long waited_fd;

static int
interrupted(void)
{
	struct itimerval soon = {{0, 5000}, {0, 5000}};

	(void)handle(SIGALRM, nothing, 0);
	CHECK_EQ(SYS(SYS_setitimer, 0, &soon, NULL), 0);
	CHECK_EQ(receive(waited_fd, NULL), ERR(EINTR));
	CHECK_EQ(send(waited_fd, 'a', 0), 0);
	CHECK_EQ(send(waited_fd, 'b', 0), 0);
	CHECK_EQ(send(waited_fd, 'c', 0), ERR(EINTR));
	return (failures);
}

static void
signals(void)
{
	waited_fd = small("/signals");
	CHECK_EQ(in_child(interrupted), 0);
	CHECK_EQ(receive(waited_fd, NULL), 'a');
	finish(waited_fd, "/signals");
}

static long
notify(long fd, int how, long value, long tid)
{
	struct sigevent ev = {.sigev_notify = how, .sigev_signo = EVENT_SIGNAL};

	ev.sigev_value.sival_ptr = (uint64_t)value;
	ev.sigev_notify_thread_id = (lwpid_t)tid;
	return (SYS(SYS_kmq_notify, fd, &ev));
}

/* The next notification's value; 0: none is pending. */
static long
notified(long fd)
{
	sigset_t set = {{1u << (EVENT_SIGNAL - 1)}};
	struct timespec none = {0, 0};
	struct siginfo info;

	if (SYS(SYS_sigtimedwait, &set, &info, &none) != EVENT_SIGNAL)
		return (0);
	CHECK_EQ(info.si_code, SI_MESGQ);
	CHECK_EQ(info.si_reason.mesgq.si_mqd, fd);
	return ((long)info.si_value.sival_ptr);
}

static int
other_process(void)
{
	/* The parent is to be told, and this one closes what it has. */
	CHECK_EQ(notify(waited_fd, SIGEV_SIGNAL, 3, 0), ERR(EBUSY));
	CHECK_EQ(SYS(SYS_kmq_notify, waited_fd, NULL), 0);
	return (failures);
}

static int
dies_registered(void)
{
	CHECK_EQ(notify(waited_fd, SIGEV_SIGNAL, 9, 0), 0);
	return (failures);
}

static void
notification(void)
{
	sigset_t set = {{1u << (EVENT_SIGNAL - 1)}};
	long fd = waited_fd = small("/notify"), tid, dup, second;

	CHECK_EQ(SYS(SYS_sigprocmask, 1, &set, NULL), 0);
	CHECK_EQ(notify(fd, SIGEV_SIGNAL, 1, 0), 0);
	CHECK_EQ(in_child(other_process), 0);
	CHECK_EQ(notified(fd), 0);
	CHECK_EQ(send(fd, 'a', 0), 0);
	CHECK_EQ(notified(fd), 1);
	/* Once. */
	CHECK_EQ(send(fd, 'b', 0), 0);
	CHECK_EQ(notified(fd), 0);
	/* There is something: at once. */
	CHECK_EQ(SYS(SYS_thr_self, &tid), 0);
	CHECK_EQ(notify(fd, SIGEV_THREAD_ID, 2, tid), 0);
	CHECK_EQ(notified(fd), 2);
	CHECK_EQ(receive(fd, NULL), 'a');
	CHECK_EQ(receive(fd, NULL), 'b');
	/* A receiver that waits comes first. */
	CHECK_EQ(notify(fd, SIGEV_SIGNAL, 4, 0), 0);
	start(0, fd, 0);
	CHECK_EQ(send(fd, 'c', 0), 0);
	join(0, 'c');
	CHECK_EQ(notified(fd), 0);
	CHECK_EQ(SYS(SYS_kmq_notify, fd, NULL), 0);
	CHECK_EQ(notify(fd, SIGEV_NONE, 5, 0), 0);
	CHECK_EQ(notify(fd, SIGEV_SIGNAL, 6, 0), ERR(EBUSY));
	CHECK_EQ(send(fd, 'd', 0), 0);
	CHECK_EQ(notified(fd), 0);
	CHECK_EQ(receive(fd, NULL), 'd');
	/* Closing the descriptor takes it back, and so does a process's end. */
	dup = SYS(SYS_dup, fd);
	CHECK_EQ(notify(dup, SIGEV_SIGNAL, 7, 0), 0);
	CHECK_EQ(SYS(SYS_close, dup), 0);
	CHECK_EQ(in_child(dies_registered), 0);
	CHECK_EQ(notify(fd, SIGEV_SIGNAL, 8, 0), 0);
	/* Two of the same signal, and none is lost. */
	second = small("/second");
	CHECK_EQ(notify(second, SIGEV_SIGNAL, 10, 0), 0);
	CHECK_EQ(send(fd, 'e', 0), 0);
	CHECK_EQ(send(second, 'f', 0), 0);
	CHECK_EQ(notified(fd), 8);
	CHECK_EQ(notified(second), 10);
	CHECK_EQ(notify(fd, SIGEV_THREAD, 1, 0), ERR(EINVAL));
	CHECK_EQ(notify(1, SIGEV_SIGNAL, 1, 0), ERR(EBADF));
	CHECK_EQ(SYS(SYS_kmq_notify, fd, 8), ERR(EFAULT));
	finish(second, "/second");
	finish(fd, "/notify");
}

static int
ready(long fd)
{
	struct pollfd pfd = {(int)fd, POLLIN | POLLOUT, 0};

	CHECK(SYS(SYS_poll, &pfd, 1, 0) >= 0);
	return (pfd.revents);
}

static void
readiness(void)
{
	long fd = small("/ready"), kq = SYS(SYS_kqueue);
	struct kevent kev[2] = {
	    {.ident = (uint64_t)fd, .filter = EVFILT_READ, .flags = EV_ADD},
	    {.ident = (uint64_t)fd, .filter = EVFILT_WRITE, .flags = EV_ADD}};
	struct timespec none = {0, 0};

	CHECK_EQ(ready(fd), POLLOUT);
	CHECK_EQ(SYS(SYS_kevent, kq, kev, 2, NULL, 0, NULL), 0);
	CHECK_EQ(SYS(SYS_kevent, kq, NULL, 0, kev, 2, &none), 1);
	CHECK_EQ(kev[0].filter, EVFILT_WRITE);
	CHECK_EQ(send(fd, 'a', 0), 0);
	CHECK_EQ(ready(fd), POLLIN | POLLOUT);
	CHECK_EQ(SYS(SYS_kevent, kq, NULL, 0, kev, 2, &none), 2);
	CHECK_EQ(send(fd, 'b', 0), 0);
	CHECK_EQ(ready(fd), POLLIN);
	CHECK_EQ(SYS(SYS_kevent, kq, NULL, 0, kev, 2, &none), 1);
	CHECK_EQ(kev[0].filter, EVFILT_READ);
	CHECK_EQ(SYS(SYS_close, kq), 0);
	finish(fd, "/ready");
}

static int
as_nobody(void)
{
	become(NOBODY);
	CHECK_EQ(mq_open("/rights", O_RDWR, 0, 0, 0), ERR(EACCES));
	CHECK(mq_open("/rights", O_WRONLY, 0, 0, 0) >= 0);
	CHECK_EQ(SYS(SYS_kmq_unlink, "/rights"), ERR(EACCES));
	return (failures);
}

static void
rights(void)
{
	long fd = small("/rights");
	struct stat st;

	CHECK_EQ(SYS(SYS_fchmod, fd, 0602), 0);
	CHECK_EQ(SYS(SYS_fstat, fd, &st), 0);
	CHECK_EQ(st.st_mode, S_IFIFO | 0602);
	CHECK_EQ(in_child(as_nobody), 0);
	finish(fd, "/rights");
}

static void
limits(void)
{
	static long fds[128];
	char name[] = "/q00";
	long most = get_sysctl("kern.mqueue.maxmq");
	int n = 0;

	CHECK_EQ(set_sysctl("kern.mqueue.maxmq", 20), 0);
	for (; n < 30; n++) {
		name[2] = (char)('0' + n / 10);
		name[3] = (char)('0' + n % 10);
		fds[n] = mq_open(name, O_RDWR | O_CREAT, 0600, 1, 1);
		if (fds[n] < 0)
			break;
		CHECK_EQ(SYS(SYS_kmq_unlink, name), 0);
	}
	CHECK_EQ(n, 20);
	CHECK_EQ(fds[n], ERR(ENFILE));
	CHECK_EQ(get_sysctl("kern.mqueue.curmq"), 20);
	while (n > 0)
		CHECK_EQ(SYS(SYS_close, fds[--n]), 0);
	CHECK_EQ(set_sysctl("kern.mqueue.maxmq", most), 0);
	CHECK_EQ(get_sysctl("kern.mqueue.curmq"), 0);
	/* What they could take is bounded by the memory there is. */
	CHECK_EQ(set_sysctl("kern.mqueue.maxmsg", 1 << 30), 0);
	CHECK_EQ(mq_open("/big", O_RDWR | O_CREAT, 0600, 1 << 30, 16384),
	    ERR(ENOSPC));
	CHECK_EQ(set_sysctl("kern.mqueue.maxmsg", 100), 0);
}

static bool
listed(const char *name)
{
	static char buf[4096];
	long fd = xopen("/mq", O_RDONLY | O_DIRECTORY, 0);
	long n = SYS(SYS_getdirentries, fd, buf, sizeof(buf), NULL);
	bool found = false;

	for (long at = 0; at < n;) {
		const struct dirent *d = (const void *)(buf + at);

		found |= same_text(d->d_name, name);
		at += d->d_reclen;
	}
	CHECK_EQ(SYS(SYS_close, fd), 0);
	return (found);
}

static void
file_system(void)
{
	static const char line[] = "QSIZE:1          MAXMSG:2          "
				   "CURMSG:1          MSGSIZE:16        \n";
	long fd = small("/shown"), file, error;
	char buf[128];
	struct stat st;

	CHECK_EQ(SYS(SYS_mkdir, "/mq", 0755), 0);
	CHECK_EQ(MOUNT("mqueuefs", "/mq", "from", "null"), 0);
	CHECK_EQ(send(fd, 'a', 0), 0);
	CHECK(listed("shown"));
	CHECK(listed(".."));
	file = xopen("/mq/shown", O_RDONLY, 0);
	CHECK_EQ(SYS(SYS_read, file, buf, sizeof(buf)), sizeof(line) - 1);
	CHECK(same(buf, line, sizeof(line) - 1));
	CHECK_EQ(SYS(SYS_read, file, buf, sizeof(buf)), 0);
	CHECK_EQ(SYS(SYS_unmount, "/mq", 0), ERR(EBUSY));
	CHECK_EQ(SYS(SYS_close, file), 0);
	CHECK_EQ(SYS(SYS_chmod, "/mq/shown", 0640), 0);
	CHECK_EQ(SYS(SYS_fstat, fd, &st), 0);
	CHECK_EQ(st.st_mode, S_IFIFO | 0640);
	st = lstat_of("/mq/shown", &error);
	CHECK_EQ(error, 0);
	CHECK_EQ(st.st_mode, S_IFREG | 0640);
	file = xopen("/mq/made", O_RDWR | O_CREAT, 0644);
	CHECK(file >= 0);
	CHECK_EQ(SYS(SYS_write, file, "x", 1), ERR(EOPNOTSUPP));
	CHECK_EQ(SYS(SYS_close, file), 0);
	file = mq_open("/made", O_RDWR, 0, 0, 0);
	CHECK_EQ(attributes(file).mq_maxmsg, 10);
	CHECK_EQ(SYS(SYS_unlink, "/mq/made"), 0);
	CHECK_EQ(SYS(SYS_close, file), 0);
	CHECK_EQ(mq_open("/made", O_RDWR, 0, 0, 0), ERR(ENOENT));
	CHECK(SYS(SYS_mkdir, "/mq/d", 0755) < 0);
	CHECK(SYS(SYS_rename, "/mq/shown", "/mq/other") < 0);
	CHECK(SYS(SYS_link, "/mq/shown", "/mq/other") < 0);
	CHECK(SYS(SYS_symlink, "x", "/mq/other") < 0);
	CHECK(xopen("/mq/none", O_RDONLY, 0) < 0);
	CHECK_EQ(SYS(SYS_unlink, "/mq/shown"), 0);
	CHECK(!listed("shown"));
	CHECK_EQ(SYS(SYS_close, fd), 0);
	CHECK_EQ(SYS(SYS_unmount, "/mq", 0), 0);
	CHECK_EQ(SYS(SYS_rmdir, "/mq"), 0);
	CHECK_EQ(get_sysctl("kern.mqueue.curmq"), 0);
}

int
main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	names();
	order();
	times();
	waits();
	signals();
	notification();
	readiness();
	rights();
	limits();
	file_system();
	return (result("mqueues"));
}
