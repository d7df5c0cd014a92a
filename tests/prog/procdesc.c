/* SPDX-License-Identifier: BSD-2-Clause */
/* Process descriptors, and following forks by kqueue(2). */
#include "freebsd.h"
#include "fbsd/event.h"
#include "fbsd/fcntl.h"
#include "fbsd/poll.h"
#include "fbsd/procdesc.h"
#include "fbsd/socket.h"
#include "fbsd/stat.h"
#include "fbsd/unistd.h"
#include "fbsd/wait.h"

enum {
	SYS_recvmsg = 27,
	SYS_sendmsg = 28,
	SYS_dup = 41,
	SYS_fcntl = 92,
	SYS_socketpair = 135,
	SYS_poll = 209,
	SYS_rfork = 251,
	SYS_kqueue = 362,
	SYS_pdfork = 518,
	SYS_pdkill = 519,
	SYS_pdgetpid = 520,
	SYS_wait6 = 532,
	SYS_fstat = 551,
	SYS_kevent = 560,
	SYS_pdrfork = 600,
	SYS_pdwait = 601,
};

/* fork(2)'s second result: 1 in the child. */
static long
fork_by(long call, long a, long b, long c)
{
	long me = SYS(SYS_getpid), ret = SYS(call, a, b, c);

	return (ret < 0 || SYS(SYS_getpid) == me ? ret : 0);
}

static int sigchlds;

static void
on_sigchld(int sig)
{
	sigchlds++;
}

static _Noreturn void
leave(int code)
{
	(void)SYS(SYS_exit, code);
	__builtin_unreachable();
}

static _Noreturn void
sleep_forever(void)
{
	for (;;)
		sleep_ms(60000);
}

static int
poll_one(int fd, int events, int ms)
{
	struct pollfd pfd = {fd, (short)events, 0};
	long n = SYS(SYS_poll, &pfd, 1, ms);

	return (n < 0 ? (int)n : pfd.revents);
}

/* Is there still such a process, for kill(2)? It may take a moment to go. */
static bool
goes_away(long pid)
{
	for (int i = 0; i < 3000; i++) {
		if (SYS(SYS_kill, pid, 0) == -ESRCH)
			return (true);
		sleep_ms(2);
	}
	return (false);
}

static void
life(void)
{
	int fd = -1, other = -1, status = 0;
	pid_t pid = 0;
	struct stat st;
	long child;

	child = fork_by(SYS_pdfork, (long)&fd, 0, 0);
	if (child == 0)
		sleep_forever();
	CHECK(child > 0);
	CHECK(fd > 2);
	CHECK_EQ(SYS(SYS_pdgetpid, fd, &pid), 0);
	CHECK_EQ(pid, child);
	CHECK_EQ(SYS(SYS_fstat, fd, &st), 0);
	CHECK_EQ(st.st_mode, S_IFREG | S_IRWXU);
	CHECK(st.st_birthtim.tv_sec != 0);
	CHECK_EQ(poll_one(fd, POLLIN, 0), 0);
	/* wait(2) for any child doesn't see it, by its number it does. */
	CHECK_EQ(SYS(SYS_wait4, -1, &status, WNOHANG, 0), -ECHILD);
	CHECK_EQ(SYS(SYS_wait4, child, &status, WNOHANG, 0), 0);
	CHECK_EQ(SYS(SYS_pdkill, fd, 0), 0);
	CHECK_EQ(SYS(SYS_pdkill, fd, 200), -EINVAL);
	CHECK_EQ(SYS(SYS_pdkill, fd, SIGTERM), 0);
	CHECK_EQ(poll_one(fd, 0, -1), POLLHUP);
	CHECK_EQ(SYS(SYS_fstat, fd, &st), 0);
	CHECK_EQ(st.st_mode, S_IFREG);
	CHECK_EQ(SYS(SYS_wait4, -1, &status, WNOHANG, 0), -ECHILD);
	CHECK_EQ(SYS(SYS_wait4, child, &status, 0, 0), child);
	CHECK_EQ(WTERMSIG(status), SIGTERM);
	/* What remains is the number. */
	CHECK_EQ(SYS(SYS_pdgetpid, fd, &pid), 0);
	CHECK_EQ(pid, child);
	CHECK_EQ(SYS(SYS_pdkill, fd, SIGTERM), -ESRCH);
	CHECK_EQ(SYS(SYS_pdwait, fd, &status, WEXITED, 0, 0), -ESRCH);
	CHECK_EQ(SYS(SYS_kill, child, 0), -ESRCH);
	CHECK_EQ(SYS(SYS_fstat, fd, &st), 0);
	CHECK_EQ(poll_one(fd, 0, 0), POLLHUP);
	CHECK_EQ(SYS(SYS_close, fd), 0);
	/* Its end was nobody's SIGCHLD. */
	CHECK_EQ(sigchlds, 0);
	/* No descriptors, or of another kind. */
	CHECK_EQ(SYS(SYS_pdgetpid, 999, &pid), -EBADF);
	other = (int)SYS(SYS_kqueue);
	CHECK_EQ(SYS(SYS_pdgetpid, other, &pid), -EBADF);
	CHECK_EQ(SYS(SYS_pdkill, other, 1), -EBADF);
	CHECK_EQ(SYS(SYS_pdwait, other, &status, WEXITED, 0, 0), -EBADF);
	(void)SYS(SYS_close, other);
	CHECK_EQ(SYS(SYS_pdfork, &fd, 0x80), -EINVAL);
}

static void
closing(void)
{
	int fd = -1, p[2];
	long child;
	char c;

	/* The last descriptor's end is the child's, alive or not. */
	child = fork_by(SYS_pdfork, (long)&fd, PD_CLOEXEC, 0);
	if (child == 0)
		sleep_forever();
	CHECK_EQ(SYS(SYS_fcntl, fd, F_GETFD), FD_CLOEXEC);
	int copy = (int)SYS(SYS_dup, fd);

	CHECK_EQ(SYS(SYS_close, fd), 0);
	CHECK_EQ(SYS(SYS_kill, child, 0), 0);
	CHECK_EQ(SYS(SYS_close, copy), 0);
	CHECK(goes_away(child));
	child = fork_by(SYS_pdfork, (long)&fd, 0, 0);
	if (child == 0)
		leave(0);
	CHECK_EQ(poll_one(fd, 0, -1), POLLHUP);
	CHECK_EQ(SYS(SYS_kill, child, 0), 0);
	CHECK_EQ(SYS(SYS_close, fd), 0);
	CHECK_EQ(SYS(SYS_kill, child, 0), -ESRCH);
	/* A daemon lives on. */
	CHECK_EQ(SYS(SYS_pipe2, p, 0), 0);
	child = fork_by(SYS_pdfork, (long)&fd, PD_DAEMON, 0);
	if (child == 0) {
		/* The child doesn't have its own descriptor. */
		c = SYS(SYS_fcntl, fd >= 0 ? fd : p[1] + 1, F_GETFD) == -EBADF;
		(void)SYS(SYS_close, p[1]);
		(void)SYS(SYS_read, p[0], &c, 1);
		leave(0);
	}
	(void)SYS(SYS_close, p[0]);
	CHECK_EQ(SYS(SYS_close, fd), 0);
	sleep_ms(20);
	CHECK_EQ(SYS(SYS_kill, child, 0), 0);
	(void)SYS(SYS_close, p[1]);
	CHECK(goes_away(child));
	/* Nor does exiting with one keep the child. */
	CHECK_EQ(SYS(SYS_pipe2, p, 0), 0);
	if (fork_by(SYS_fork, 0, 0, 0) == 0) {
		child = fork_by(SYS_pdfork, (long)&fd, 0, 0);
		if (child == 0)
			sleep_forever();
		(void)SYS(SYS_write, p[1], &child, sizeof(child));
		leave(0);
	}
	CHECK_EQ(SYS(SYS_read, p[0], &child, sizeof(child)), sizeof(child));
	CHECK(SYS(SYS_wait4, -1, NULL, 0, 0) > 0);
	CHECK(goes_away(child));
	(void)SYS(SYS_close, p[0]);
	(void)SYS(SYS_close, p[1]);
}

static void
waiting(void)
{
	struct siginfo info;
	int fd = -1, status = 0;
	long child;

	child = fork_by(SYS_pdfork, (long)&fd, 0, 0);
	if (child == 0) {
		(void)SYS(SYS_kill, SYS(SYS_getpid), SIGSTOP);
		leave(7);
	}
	CHECK_EQ(SYS(SYS_pdwait, fd, &status, 0, 0, 0), -EINVAL);
	CHECK_EQ(SYS(SYS_pdwait, fd, &status, WUNTRACED, 0, &info), 0);
	CHECK_EQ(status, W_STOPCODE(SIGSTOP));
	CHECK_EQ(info.si_pid, child);
	CHECK_EQ(info.si_code, CLD_STOPPED);
	info.si_pid = 1;
	CHECK_EQ(SYS(SYS_pdwait, fd, &status, WEXITED | WNOHANG, 0, &info), 0);
	CHECK_EQ(info.si_pid, 0);
	CHECK_EQ(SYS(SYS_pdkill, fd, SIGCONT), 0);
	CHECK_EQ(SYS(SYS_pdwait, fd, &status, WEXITED | WNOWAIT, 0, 0), 0);
	CHECK_EQ(WEXITSTATUS(status), 7);
	CHECK_EQ(SYS(SYS_pdwait, fd, &status, WEXITED, 0, &info), 0);
	CHECK_EQ(info.si_code, CLD_EXITED);
	CHECK_EQ(info.si_status, 7);
	CHECK_EQ(SYS(SYS_pdwait, fd, &status, WEXITED, 0, 0), -ESRCH);
	(void)SYS(SYS_close, fd);
	/* pdrfork(2). */
	CHECK_EQ(SYS(SYS_pdrfork, &fd, 0, RFPROC), -EINVAL);
	CHECK_EQ(SYS(SYS_pdrfork, &fd, 0, RFPROCDESC), -EINVAL);
	CHECK_EQ(SYS(SYS_pdrfork, &fd, 0, RFPROC | RFPROCDESC | RFFDG | RFCFDG),
	    -EINVAL);
	CHECK_EQ(SYS(SYS_rfork, RFPROC | RFPROCDESC), -EINVAL);
	CHECK_EQ(SYS(SYS_rfork, RFPROC | (int)RFSPAWN), -EINVAL);
	child = fork_by(SYS_pdrfork, (long)&fd, 0, RFPROC | RFPROCDESC | RFFDG);
	if (child == 0)
		leave(9);
	CHECK_EQ(SYS(SYS_pdwait, fd, &status, WEXITED, 0, 0), 0);
	CHECK_EQ(WEXITSTATUS(status), 9);
	(void)SYS(SYS_close, fd);
}

/* A descriptor that another process got: it isn't the parent, and waits. */
static void
passing(void)
{
	char control[CMSG_SPACE(sizeof(int))] = {0}, b;
	struct cmsghdr h = {
	    (uint32_t)CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
	struct iovec iov = {&b, 1};
	struct msghdr msg = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = control,
	    .msg_controllen = sizeof(control)};
	int s[2], fd = -1, status;
	long child, other;

	CHECK_EQ(SYS(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, s), 0);
	other = fork_by(SYS_fork, 0, 0, 0);
	if (other == 0) {
		if (SYS(SYS_recvmsg, s[1], &msg, 0) != 1)
			leave(1);
		memcpy(&fd, control + CMSG_LEN(0), sizeof(fd));
		if (SYS(SYS_pdkill, fd, SIGKILL) != 0)
			leave(2);
		if (SYS(SYS_pdwait, fd, &status, WEXITED, 0, 0) != 0)
			leave(3);
		leave(WTERMSIG(status) == SIGKILL ? 0 : 4);
	}
	child = fork_by(SYS_pdfork, (long)&fd, 0, 0);
	if (child == 0)
		sleep_forever();
	memcpy(control, &h, sizeof(h));
	memcpy(control + CMSG_LEN(0), &fd, sizeof(fd));
	b = 'p';
	CHECK_EQ(SYS(SYS_sendmsg, s[0], &msg, 0), 1);
	(void)SYS(SYS_close, fd);
	CHECK_EQ(SYS(SYS_wait4, other, &status, 0, 0), other);
	CHECK_EQ(status, 0);
	CHECK_EQ(SYS(SYS_wait4, child, &status, WNOHANG, 0), -ECHILD);
	(void)SYS(SYS_close, s[0]);
	(void)SYS(SYS_close, s[1]);
}

static int kq;
static struct kevent got[8];

static long
watch(uint64_t ident, int filter, unsigned fflags)
{
	struct kevent kev = {.ident = ident,
	    .filter = (short)filter,
	    .flags = EV_ADD,
	    .fflags = fflags,
	    .udata = 5};

	return (SYS(SYS_kevent, kq, &kev, 1, NULL, 0, NULL));
}

static long
wait_ms(long ms)
{
	struct timespec ts = {ms / 1000, ms % 1000 * 1000000};

	memset(got, 0, sizeof(got));
	return (SYS(SYS_kevent, kq, NULL, 0, got, 1, ms < 0 ? NULL : &ts));
}

static void
events(void)
{
	int fd = -1, p[2];
	long child;
	char c;

	CHECK_EQ(SYS(SYS_pipe2, p, 0), 0);
	kq = (int)SYS(SYS_kqueue);
	child = fork_by(SYS_pdfork, (long)&fd, 0, 0);
	if (child == 0) {
		(void)SYS(SYS_close, p[1]);
		(void)SYS(SYS_read, p[0], &c, 1);
		leave(3);
	}
	CHECK_EQ(watch((uint64_t)fd, EVFILT_READ, 0), -EINVAL);
	CHECK_EQ(watch((uint64_t)p[0], EVFILT_PROCDESC, NOTE_EXIT), -EINVAL);
	CHECK_EQ(watch((uint64_t)fd, EVFILT_PROCDESC, NOTE_EXIT), 0);
	CHECK_EQ(wait_ms(0), 0);
	(void)SYS(SYS_close, p[1]);
	CHECK_EQ(wait_ms(-1), 1);
	CHECK_EQ(got[0].ident, fd);
	CHECK_EQ(got[0].filter, EVFILT_PROCDESC);
	CHECK_EQ(got[0].fflags, NOTE_EXIT);
	CHECK_EQ(got[0].data, W_EXITCODE(3, 0));
	CHECK(got[0].flags & EV_EOF);
	CHECK_EQ(wait_ms(0), 0);
	/* Asked about after the end. */
	CHECK_EQ(watch((uint64_t)fd, EVFILT_PROCDESC, NOTE_EXIT), 0);
	CHECK_EQ(wait_ms(-1), 1);
	CHECK_EQ(got[0].data, W_EXITCODE(3, 0));
	(void)SYS(SYS_close, fd);
	(void)SYS(SYS_close, p[0]);
	(void)SYS(SYS_close, kq);
}

/* A child that makes a child, which makes one: all are followed. */
static void
tracking(void)
{
	unsigned notes = NOTE_TRACK | NOTE_FORK | NOTE_EXIT | NOTE_EXEC;
	int p[2], born = 0, ended = 0, forks = 0, statuses = 0;
	uint64_t parent;
	long child;
	char c;

	CHECK_EQ(SYS(SYS_pipe2, p, 0), 0);
	kq = (int)SYS(SYS_kqueue);
	child = fork_by(SYS_fork, 0, 0, 0);
	if (child == 0) {
		(void)SYS(SYS_read, p[0], &c, 1);
		for (int depth = 1; depth < 4; depth++)
			if (fork_by(SYS_fork, 0, 0, 0) != 0) {
				(void)SYS(SYS_wait4, -1, NULL, 0, 0);
				leave(depth);
			}
		leave(4);
	}
	CHECK_EQ(watch((uint64_t)child, EVFILT_PROC, notes), 0);
	(void)SYS(SYS_write, p[1], "g", 1);
	parent = (uint64_t)child;
	while (ended < 4 && wait_ms(-1) == 1) {
		CHECK_EQ(got[0].udata, 5);
		CHECK_EQ(got[0].fflags & NOTE_TRACKERR, 0);
		if (got[0].fflags & NOTE_CHILD) {
			CHECK_EQ(got[0].fflags, NOTE_CHILD);
			CHECK_EQ(got[0].data, parent);
			CHECK(got[0].ident != parent);
			parent = got[0].ident;
			born++;
		}
		forks += (got[0].fflags & NOTE_FORK) != 0;
		if (got[0].fflags & NOTE_EXIT) {
			CHECK(got[0].flags & EV_EOF);
			statuses |= 1 << WEXITSTATUS(got[0].data);
			ended++;
		}
	}
	CHECK_EQ(born, 3);
	CHECK_EQ(ended, 4);
	CHECK_EQ(forks, 3);
	CHECK_EQ(statuses, 0x1e);
	CHECK_EQ(SYS(SYS_wait4, child, NULL, 0, 0), child);
	(void)SYS(SYS_close, kq);
	(void)SYS(SYS_close, p[0]);
	(void)SYS(SYS_close, p[1]);
}

/* Many at once, by threads that share a kqueue with their children's. */
static void
forker(void *tid)
{
	int fd;

	for (int i = 0; i < 20; i++) {
		if (fork_by(SYS_pdfork, (long)&fd, 0, 0) == 0)
			leave(1);
		if (i % 2 == 0)
			(void)poll_one(fd, 0, -1);
		(void)SYS(SYS_close, fd);
	}
	end_thread(tid);
}

static void
crowd(void)
{
	unsigned me = (unsigned)SYS(SYS_getpid);
	int births = 0;
	long tid[3];

	kq = (int)SYS(SYS_kqueue);
	CHECK_EQ(watch(me, EVFILT_PROC, NOTE_TRACK), 0);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(start_thread(forker, &tid[i], &tid[i]), 0);
	for (int i = 0; i < 3; i++)
		join_thread(&tid[i]);
	while (wait_ms(0) == 1)
		births += (got[0].fflags & NOTE_CHILD) != 0;
	CHECK_EQ(births, 60);
	(void)SYS(SYS_close, kq);
}

int
main(int argc, char **argv)
{
	handle(SIGCHLD, on_sigchld, 0);
	life();
	handle(SIGCHLD, NULL, 0);
	closing();
	waiting();
	passing();
	events();
	tracking();
	crowd();
	return (result("procdesc"));
}
