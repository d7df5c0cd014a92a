/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets within the machine. */
#include "freebsd.h"
#include "fbsd/event.h"
#include "fbsd/fcntl.h"
#include "fbsd/filio.h"
#include "fbsd/poll.h"
#include "fbsd/socket.h"
#include "fbsd/stat.h"

enum {
	SYS_open = 5,
	SYS_unlink = 10,
	SYS_recvmsg = 27,
	SYS_sendmsg = 28,
	SYS_recvfrom = 29,
	SYS_accept = 30,
	SYS_getpeername = 31,
	SYS_getsockname = 32,
	SYS_dup = 41,
	SYS_ioctl = 54,
	SYS_socket = 97,
	SYS_connect = 98,
	SYS_bind = 104,
	SYS_setsockopt = 105,
	SYS_listen = 106,
	SYS_getsockopt = 118,
	SYS_sendto = 133,
	SYS_shutdown = 134,
	SYS_socketpair = 135,
	SYS_setrlimit = 195,
	SYS_poll = 209,
	SYS_kqueue = 362,
	SYS_closefrom = 509,
	SYS_accept4 = 541,
	SYS_fstat = 551,
	SYS_kevent = 560,
};

#define BAD	   ((void *)0x10)
#define RIGHTS_MAX 8

static char big[300000];

static int
address(struct sockaddr_un *sun, const char *path)
{
	*sun = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(sun->sun_path, path, length(path));
	sun->sun_len = (uint8_t)(2 + length(path) + 1);
	return (sun->sun_len);
}

static int
poll_one(int fd, int events)
{
	struct pollfd p = {fd, (int16_t)events, 0};

	SYS(SYS_poll, &p, 1, 0);
	return (p.revents);
}

static void
refused(void)
{
	struct sockaddr_un sun;
	int s[2], len;

	CHECK_EQ(SYS(SYS_socket, 2, SOCK_STREAM, 0), -EAFNOSUPPORT);
	CHECK_EQ(SYS(SYS_socket, AF_UNIX, SOCK_STREAM, 7), -EPROTONOSUPPORT);
	CHECK_EQ(SYS(SYS_socket, AF_UNIX, 3, 0), -EPROTOTYPE);
	CHECK_EQ(SYS(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, BAD), -EFAULT);
	CHECK_EQ(SYS(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, s), 0);
	CHECK_EQ(s[0], 3);
	CHECK_EQ(SYS(SYS_listen, 1, 1), -ENOTSOCK);
	CHECK_EQ(SYS(SYS_listen, 77, 1), -EBADF);
	len = address(&sun, "/tmp/none");
	CHECK_EQ(SYS(SYS_connect, s[0], BAD, len), -EFAULT);
	CHECK_EQ(SYS(SYS_connect, s[0], &sun, 1), -EINVAL);
	CHECK_EQ(SYS(SYS_connect, s[0], &sun, -1), -ENAMETOOLONG);
	CHECK_EQ(SYS(SYS_connect, s[0], &sun, len), -ENOENT);
	CHECK_EQ(SYS(SYS_sendmsg, s[0], BAD, 0), -EFAULT);
	CHECK_EQ(
	    SYS(SYS_getsockopt, s[0], SOL_SOCKET, SO_TYPE, BAD, BAD), -EFAULT);
	CHECK_EQ(SYS(SYS_sendto, s[0], BAD, 10, 0, 0, 0), -EFAULT);
	CHECK_EQ(SYS(SYS_shutdown, s[0], 9), -EINVAL);
	SYS(SYS_closefrom, 3);
}

/* Both ways, small and large, and what is left when one end goes. */
static void
streams(void)
{
	int s[2], n;
	char c[8];

	CHECK_EQ(
	    SYS(SYS_socketpair, AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s), 0);
	CHECK_EQ(SYS(SYS_read, s[0], c, 1), -EAGAIN);
	CHECK_EQ(poll_one(s[0], POLLIN | POLLOUT), POLLOUT);
	CHECK_EQ(SYS(SYS_write, s[0], "ab", 2), 2);
	CHECK_EQ(SYS(SYS_write, s[0], "cd", 2), 2);
	CHECK_EQ(poll_one(s[1], POLLIN | POLLOUT), POLLIN | POLLOUT);
	CHECK_EQ(SYS(SYS_ioctl, s[1], FIONREAD, &n), 0);
	CHECK_EQ(n, 4);
	CHECK_EQ(SYS(SYS_recvfrom, s[1], c, 3, MSG_PEEK, 0, 0), 3);
	CHECK_EQ(SYS(SYS_read, s[1], c, 1), 1);
	CHECK_EQ(SYS(SYS_read, s[1], c + 1, 7), 3);
	CHECK(c[0] == 'a' && c[1] == 'b' && c[2] == 'c' && c[3] == 'd');
	CHECK_EQ(SYS(SYS_read, s[0], c, 1), -EAGAIN);
	/* Until it is full, byte for byte. */
	for (n = 0; SYS(SYS_write, s[1], "x", 1) == 1; n++)
		continue;
	CHECK(n > 4000 && n < 65537);
	CHECK_EQ(poll_one(s[1], POLLOUT), 0);
	CHECK_EQ(SYS(SYS_read, s[0], big, sizeof(big)), n);
	CHECK_EQ(SYS(SYS_write, s[1], "yz", 2), 2);
	CHECK_EQ(SYS(SYS_shutdown, s[1], SHUT_WR), 0);
	CHECK_EQ(SYS(SYS_sendto, s[1], "q", 1, MSG_NOSIGNAL, 0, 0), -EPIPE);
	CHECK_EQ(SYS(SYS_write, s[0], "back", 4), 4);
	CHECK_EQ(SYS(SYS_close, s[0]), 0);
	CHECK_EQ(SYS(SYS_read, s[1], c, 8), 4);
	CHECK_EQ(SYS(SYS_read, s[1], c, 8), 0);
	CHECK(poll_one(s[1], POLLIN) & POLLHUP);
	SYS(SYS_closefrom, 3);
}

/* More than fits, to another process, which checks it. */
static void
streaming(void)
{
	int s[2], status;
	long n, got = 0;

	CHECK_EQ(SYS(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, s), 0);
	for (unsigned i = 0; i < sizeof(big); i++)
		big[i] = (char)(i * 7 + i / 251);
	if (SYS(SYS_fork) == 0) {
		SYS(SYS_close, s[0]);
		memset(big, 0, sizeof(big));
		while ((n = SYS(SYS_read, s[1], big + got,
			    sizeof(big) - (size_t)got)) > 0)
			got += n;
		for (unsigned i = 0; i < sizeof(big); i++)
			if (big[i] != (char)(i * 7 + i / 251))
				SYS(SYS_exit, 1);
		SYS(SYS_exit, got == sizeof(big) ? 0 : 2);
	}
	SYS(SYS_close, s[1]);
	CHECK_EQ(SYS(SYS_write, s[0], big, sizeof(big)), sizeof(big));
	SYS(SYS_close, s[0]);
	CHECK(SYS(SYS_wait4, -1, &status, 0, 0) > 0);
	CHECK_EQ(status, 0);
}

static void
names(void)
{
	struct sockaddr_un sun, got;
	uint32_t len = sizeof(got), size = sizeof(struct xucred);
	struct xucred cred;
	struct stat st;
	int l, c, a, n;
	char b[4];

	n = address(&sun, "/tmp/sock");
	l = (int)SYS(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
	CHECK_EQ(SYS(SYS_listen, l, 2), -EDESTADDRREQ);
	CHECK_EQ(SYS(SYS_bind, l, &sun, n), 0);
	CHECK_EQ(SYS(SYS_bind, l, &sun, n), -EINVAL);
	c = (int)SYS(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
	CHECK_EQ(SYS(SYS_bind, c, &sun, n), -EADDRINUSE);
	CHECK_EQ(SYS(SYS_open, "/tmp/sock", O_RDONLY), -EOPNOTSUPP);
	CHECK_EQ(SYS(SYS_connect, c, &sun, n), -ECONNREFUSED);
	CHECK_EQ(SYS(SYS_read, c, b, 1), -ENOTCONN);
	CHECK_EQ(SYS(SYS_getpeername, c, &got, &len), -ENOTCONN);
	CHECK_EQ(SYS(SYS_listen, l, 2), 0);
	CHECK_EQ(poll_one(l, POLLIN), 0);
	CHECK_EQ(SYS(SYS_connect, c, &sun, n), 0);
	CHECK_EQ(SYS(SYS_connect, c, &sun, n), -EISCONN);
	CHECK_EQ(poll_one(l, POLLIN), POLLIN);
	CHECK_EQ(SYS(SYS_write, c, "hi", 2), 2);
	a = (int)SYS(SYS_accept4, l, &got, &len, SOCK_NONBLOCK);
	CHECK(a > c);
	CHECK_EQ(len, 16);
	CHECK_EQ(got.sun_family, AF_UNIX);
	CHECK_EQ(SYS(SYS_read, a, b, 4), 2);
	CHECK_EQ(SYS(SYS_read, a, b, 4), -EAGAIN);
	len = sizeof(got);
	CHECK_EQ(SYS(SYS_getpeername, c, &got, &len), 0);
	CHECK_EQ(len, n);
	CHECK_EQ(got.sun_path[5], 's');
	CHECK_EQ(
	    SYS(SYS_getsockopt, a, SOL_LOCAL, LOCAL_PEERCRED, &cred, &size), 0);
	CHECK_EQ(cred.cr_pid, SYS(SYS_getpid));
	CHECK_EQ(SYS(SYS_fstat, a, &st), 0);
	CHECK((st.st_mode & S_IFMT) == S_IFSOCK);
	SYS(SYS_close, a);
	CHECK_EQ(SYS(SYS_read, c, b, 1), 0);
	SYS(SYS_close, c);
	/* Too many wait; those who do find the listener gone. */
	for (int i = 0; i < 3; i++) {
		c = (int)SYS(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
		CHECK_EQ(
		    SYS(SYS_connect, c, &sun, n), i < 2 ? 0 : -ECONNREFUSED);
	}
	SYS(SYS_close, l);
	CHECK_EQ(SYS(SYS_read, c - 1, b, 1), 0);
	CHECK_EQ(SYS(SYS_connect, c, &sun, n), -ECONNREFUSED);
	CHECK_EQ(SYS(SYS_unlink, "/tmp/sock"), 0);
	SYS(SYS_closefrom, 3);
}

static void
datagrams(void)
{
	uint32_t len = sizeof(struct sockaddr_un);
	struct sockaddr_un sun, mine, from;
	int r, s, n, p[2];
	char b[8];

	n = address(&sun, "/tmp/dgram");
	r = (int)SYS(SYS_socket, AF_UNIX, SOCK_DGRAM, 0);
	s = (int)SYS(SYS_socket, AF_UNIX, SOCK_DGRAM, 0);
	CHECK_EQ(SYS(SYS_bind, r, &sun, n), 0);
	CHECK_EQ(SYS(SYS_write, s, "a", 1), -EDESTADDRREQ);
	CHECK_EQ(SYS(SYS_sendto, s, "abc", 3, 0, &sun, n), 3);
	CHECK_EQ(SYS(SYS_bind, s, &mine, address(&mine, "/tmp/mine")), 0);
	CHECK_EQ(SYS(SYS_sendto, s, "", 0, 0, &sun, n), 0);
	CHECK_EQ(SYS(SYS_sendto, s, big, sizeof(big), 0, &sun, n), -EMSGSIZE);
	CHECK_EQ(SYS(SYS_recvfrom, r, b, 2, 0, &from, &len), 2);
	CHECK_EQ(len, 16);
	len = sizeof(from);
	CHECK_EQ(SYS(SYS_recvfrom, r, b, 2, 0, &from, &len), 0);
	CHECK_EQ(from.sun_path[5], 'm');
	CHECK_EQ(SYS(SYS_recvfrom, r, b, 2, MSG_DONTWAIT, 0, 0), -EAGAIN);
	CHECK_EQ(SYS(SYS_connect, s, &sun, n), 0);
	CHECK_EQ(SYS(SYS_sendto, s, "x", 1, 0, &sun, n), -EISCONN);
	for (n = 0; SYS(SYS_sendto, s, "x", 1, MSG_DONTWAIT, 0, 0) == 1; n++)
		continue;
	CHECK(n > 100);
	SYS(SYS_close, r);
	CHECK_EQ(SYS(SYS_write, s, "a", 1), -ECONNRESET);
	CHECK_EQ(SYS(SYS_write, s, "a", 1), -EDESTADDRREQ);
	CHECK_EQ(SYS(SYS_unlink, "/tmp/dgram"), 0);
	CHECK_EQ(SYS(SYS_unlink, "/tmp/mine"), 0);
	SYS(SYS_closefrom, 3);
	CHECK_EQ(SYS(SYS_socketpair, AF_UNIX, SOCK_SEQPACKET, 0, p), 0);
	CHECK_EQ(SYS(SYS_write, p[0], "one", 3), 3);
	CHECK_EQ(SYS(SYS_write, p[0], "two", 3), 3);
	CHECK_EQ(SYS(SYS_read, p[1], b, 8), 3);
	CHECK_EQ(SYS(SYS_read, p[1], b, 2), 2);
	CHECK_EQ(b[0], 't');
	SYS(SYS_close, p[0]);
	CHECK_EQ(SYS(SYS_read, p[1], b, 2), 0);
	SYS(SYS_closefrom, 3);
}

/* With descriptors; returns sendmsg's result. */
static long
send_fds(int s, const int *fds, unsigned n)
{
	char control[CMSG_SPACE(RIGHTS_MAX * sizeof(int))] = {0};
	struct cmsghdr h = {
	    (uint32_t)CMSG_LEN(n * sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
	struct iovec iov = {"r", 1};
	struct msghdr msg = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = control,
	    .msg_controllen = (uint32_t)CMSG_SPACE(n * sizeof(int))};

	memcpy(control, &h, sizeof(h));
	memcpy(control + CMSG_LEN(0), fds, n * sizeof(int));
	return (SYS(SYS_sendmsg, s, &msg, 0));
}

/* How many came; -1: cut off. */
static int
receive_fds(int s, int *fds, unsigned room)
{
	char control[CMSG_SPACE(RIGHTS_MAX * sizeof(int))], b[4];
	struct iovec iov = {b, 4};
	struct msghdr msg = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = control,
	    .msg_controllen = (uint32_t)CMSG_SPACE(room * sizeof(int))};
	struct cmsghdr h;
	size_t n;

	CHECK_EQ(SYS(SYS_recvmsg, s, &msg, 0), 1);
	if (msg.msg_flags & MSG_CTRUNC)
		return (-1);
	if (msg.msg_controllen == 0)
		return (0);
	memcpy(&h, control, sizeof(h));
	CHECK_EQ(h.cmsg_type, SCM_RIGHTS);
	n = h.cmsg_len - CMSG_LEN(0);
	memcpy(fds, control + CMSG_LEN(0), n);
	return ((int)(n / sizeof(int)));
}

static void
rights(void)
{
	int s[2], p[2], q[RIGHTS_MAX], bad = 999, kq;
	char b[4];

	CHECK_EQ(SYS(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, s), 0);
	CHECK_EQ(SYS(SYS_pipe2, p, 0), 0);
	CHECK_EQ(send_fds(s[0], &bad, 1), -EBADF);
	kq = (int)SYS(SYS_kqueue);
	CHECK_EQ(send_fds(s[0], &kq, 1), -EOPNOTSUPP);
	CHECK_EQ(send_fds(s[0], p, 2), 1);
	SYS(SYS_close, p[1]);
	CHECK_EQ(receive_fds(s[1], q, 2), 2);
	CHECK_EQ(SYS(SYS_write, q[1], "z", 1), 1);
	CHECK_EQ(SYS(SYS_read, p[0], b, 4), 1);
	SYS(SYS_close, q[1]);
	CHECK_EQ(SYS(SYS_read, p[0], b, 4), 0);
	/* No room for them, nobody who asks for them: they are closed. */
	CHECK_EQ(SYS(SYS_pipe2, p, 0), 0);
	CHECK_EQ(send_fds(s[0], &p[1], 1), 1);
	CHECK_EQ(receive_fds(s[1], q, 0), -1);
	CHECK_EQ(send_fds(s[0], &p[1], 1), 1);
	CHECK_EQ(SYS(SYS_read, s[1], b, 4), 1);
	CHECK_EQ(send_fds(s[0], &p[1], 1), 1);
	SYS(SYS_close, s[1]);
	SYS(SYS_close, p[1]);
	CHECK_EQ(SYS(SYS_read, p[0], b, 4), 0);
	SYS(SYS_closefrom, 3);
}

/*
 * Sockets within themselves, and one within the next: a pipe's end that went
 * with them is closed once nobody can reach it.
 */
static void
cycles(void)
{
	int s[2], p[2], last = -1, fds[3];
	char b[4];

	CHECK_EQ(SYS(SYS_pipe2, p, 0), 0);
	CHECK_EQ(SYS(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, s), 0);
	fds[0] = s[0];
	fds[1] = s[1];
	fds[2] = p[1];
	CHECK_EQ(send_fds(s[0], fds, 3), 1);
	CHECK_EQ(send_fds(s[1], fds, 3), 1);
	SYS(SYS_close, s[0]);
	SYS(SYS_close, s[1]);
	SYS(SYS_close, p[1]);
	/* The next socket that is closed makes them found. */
	SYS(SYS_close, (int)SYS(SYS_socket, AF_UNIX, SOCK_STREAM, 0));
	CHECK_EQ(SYS(SYS_read, p[0], b, 4), 0);
	for (int i = 0; i < 1000; i++) {
		CHECK_EQ(SYS(SYS_socketpair, AF_UNIX, SOCK_DGRAM, 0, s), 0);
		if (last >= 0) {
			CHECK_EQ(send_fds(s[0], &last, 1), 1);
			SYS(SYS_close, last);
		}
		SYS(SYS_close, s[0]);
		last = s[1];
	}
	SYS(SYS_close, last);
	CHECK_EQ(SYS(SYS_dup, 1), 4);
	SYS(SYS_closefrom, 3);
}

/* A listener that only a connection of its own leads to, which nobody can
 * accept, and what went there, is closed as well. */
static void
pending(void)
{
	struct sockaddr_un sun;
	int l, c, p[2], fds[2], n = address(&sun, "/tmp/pending");
	char b[4];

	CHECK_EQ(SYS(SYS_pipe2, p, 0), 0);
	l = (int)SYS(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
	c = (int)SYS(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
	CHECK_EQ(SYS(SYS_bind, l, &sun, n), 0);
	CHECK_EQ(SYS(SYS_listen, l, 5), 0);
	CHECK_EQ(SYS(SYS_connect, c, &sun, n), 0);
	fds[0] = l;
	fds[1] = p[1];
	CHECK_EQ(send_fds(c, fds, 2), 1);
	SYS(SYS_close, l);
	SYS(SYS_close, p[1]);
	SYS(SYS_close, c);
	CHECK_EQ(SYS(SYS_read, p[0], b, 4), 0);
	CHECK_EQ(SYS(SYS_unlink, "/tmp/pending"), 0);
	SYS(SYS_closefrom, 3);
}

/* Those that can still be received stay, however they are reached. */
static void
reachable(void)
{
	int a[2], b[2], p[2], q[2];
	char c[4];

	CHECK_EQ(SYS(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, a), 0);
	CHECK_EQ(SYS(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, b), 0);
	CHECK_EQ(SYS(SYS_pipe2, p, 0), 0);
	/* The pipe in b, b in itself and in a, which is open. */
	CHECK_EQ(send_fds(b[0], &p[1], 1), 1);
	CHECK_EQ(send_fds(b[0], &b[1], 1), 1);
	CHECK_EQ(send_fds(a[0], &b[1], 1), 1);
	SYS(SYS_close, p[1]);
	SYS(SYS_close, b[0]);
	SYS(SYS_close, b[1]);
	sleep_ms(30);
	SYS(SYS_close, (int)SYS(SYS_socket, AF_UNIX, SOCK_STREAM, 0));
	sleep_ms(30);
	CHECK_EQ(receive_fds(a[1], q, 1), 1);
	CHECK_EQ(receive_fds(q[0], q + 1, 1), 1);
	CHECK_EQ(SYS(SYS_write, q[1], "z", 1), 1);
	CHECK_EQ(SYS(SYS_read, p[0], c, 4), 1);
	SYS(SYS_closefrom, 3);
}

/* A reader that waits for more than there is, and a writer for enough room. */
static void
marks(void)
{
	int s[2], value = 4, n;
	uint32_t len = sizeof(value);
	char b[8];

	CHECK_EQ(
	    SYS(SYS_socketpair, AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s), 0);
	CHECK_EQ(SYS(SYS_setsockopt, s[0], SOL_SOCKET, SO_RCVLOWAT, &value,
		     sizeof(value)),
	    0);
	CHECK_EQ(SYS(SYS_write, s[1], "abc", 3), 3);
	CHECK_EQ(poll_one(s[0], POLLIN), 0);
	CHECK_EQ(SYS(SYS_read, s[0], b, 8), -EAGAIN);
	CHECK_EQ(SYS(SYS_read, s[0], b, 2), 2);
	CHECK_EQ(SYS(SYS_write, s[1], "def", 3), 3);
	CHECK_EQ(poll_one(s[0], POLLIN), POLLIN);
	CHECK_EQ(SYS(SYS_read, s[0], b, 3), 3);
	CHECK_EQ(SYS(SYS_read, s[0], b, 8), -EAGAIN);
	/* The end makes do with less. */
	CHECK_EQ(SYS(SYS_shutdown, s[1], SHUT_WR), 0);
	CHECK_EQ(poll_one(s[0], POLLIN), POLLIN);
	CHECK_EQ(SYS(SYS_read, s[0], b, 8), 1);
	CHECK_EQ(SYS(SYS_read, s[0], b, 8), 0);
	/* s[0] writes until s[1] has little room, and less than its mark. */
	value = 10000;
	CHECK_EQ(SYS(SYS_setsockopt, s[0], SOL_SOCKET, SO_SNDLOWAT, &value,
		     sizeof(value)),
	    0);
	value = 0;
	CHECK_EQ(
	    SYS(SYS_getsockopt, s[0], SOL_SOCKET, SO_SNDLOWAT, &value, &len),
	    0);
	CHECK_EQ(value, 10000);
	while (poll_one(s[0], POLLOUT) != 0)
		CHECK_EQ(SYS(SYS_write, s[0], big, 4000), 4000);
	CHECK(SYS(SYS_write, s[0], big, 4000) > 0);
	for (n = 0; poll_one(s[0], POLLOUT) == 0; n++)
		CHECK_EQ(SYS(SYS_read, s[1], big, 4000), 4000);
	CHECK(n > 0);
	SYS(SYS_closefrom, 3);
}

static void
options(void)
{
	struct timeval tv = {0, 20000};
	uint32_t len = sizeof(int);
	int s[2], value = 0;
	char b[4];

	CHECK_EQ(SYS(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, s), 0);
	CHECK_EQ(
	    SYS(SYS_getsockopt, s[0], SOL_SOCKET, SO_TYPE, &value, &len), 0);
	CHECK_EQ(value, SOCK_STREAM);
	CHECK_EQ(
	    SYS(SYS_setsockopt, s[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)),
	    0);
	CHECK_EQ(SYS(SYS_read, s[0], b, 1), -EAGAIN);
	value = 4096;
	CHECK_EQ(SYS(SYS_setsockopt, s[1], SOL_SOCKET, SO_RCVBUF, &value,
		     sizeof(value)),
	    0);
	CHECK(SYS(SYS_sendto, s[0], big, 100000, MSG_DONTWAIT, 0, 0) <= 4096);
	CHECK_EQ(SYS(SYS_setsockopt, s[1], SOL_SOCKET, 0x7777, &value,
		     sizeof(value)),
	    -ENOPROTOOPT);
	CHECK_EQ(SYS(SYS_setsockopt, s[1], SOL_SOCKET, SO_RCVBUF, &value, 1),
	    -EINVAL);
	value = 1;
	CHECK_EQ(SYS(SYS_setsockopt, s[0], SOL_SOCKET, SO_NOSIGPIPE, &value,
		     sizeof(value)),
	    0);
	SYS(SYS_close, s[1]);
	CHECK_EQ(SYS(SYS_write, s[0], b, 1), -EPIPE);
	SYS(SYS_closefrom, 3);
}

/* Numbers run out: the connection waits until there is one. */
static void
full(void)
{
	uint64_t limit[2] = {8, 64};
	struct sockaddr_un sun;
	int l, c, n, a;
	char b[4];

	n = address(&sun, "/tmp/full");
	l = (int)SYS(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
	c = (int)SYS(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
	CHECK_EQ(SYS(SYS_bind, l, &sun, n), 0);
	CHECK_EQ(SYS(SYS_listen, l, 5), 0);
	CHECK_EQ(SYS(SYS_connect, c, &sun, n), 0);
	CHECK_EQ(SYS(SYS_setrlimit, 8, limit), 0);
	while (SYS(SYS_dup, 1) >= 0)
		continue;
	CHECK_EQ(SYS(SYS_accept, l, 0, 0), -EMFILE);
	SYS(SYS_close, 7);
	a = (int)SYS(SYS_accept, l, 0, 0);
	CHECK_EQ(a, 7);
	CHECK_EQ(SYS(SYS_write, c, "k", 1), 1);
	CHECK_EQ(SYS(SYS_read, a, b, 4), 1);
	limit[0] = 64;
	CHECK_EQ(SYS(SYS_setrlimit, 8, limit), 0);
	SYS(SYS_closefrom, 3);
}

static volatile int signals;

static void
on_signal(int sig)
{
	signals++;
}

/* Calls that wait end for a signal, and the bytes that went count. */
static void
interrupted(void)
{
	struct sigaction act = {.sa_handler = (uint64_t)on_signal};
	struct itimerval soon = {.it_value = {0, 20000}};
	struct sockaddr_un sun;
	int s[2], l, n;
	char b[4];

	n = address(&sun, "/tmp/intr");
	CHECK_EQ(SYS(SYS_sigaction, SIGALRM, &act, 0), 0);
	CHECK_EQ(SYS(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, s), 0);
	SYS(SYS_setitimer, 0, &soon, 0);
	CHECK_EQ(SYS(SYS_read, s[0], b, 1), -EINTR);
	SYS(SYS_setitimer, 0, &soon, 0);
	CHECK(SYS(SYS_write, s[0], big, sizeof(big)) > 1000);
	SYS(SYS_setitimer, 0, &soon, 0);
	CHECK_EQ(SYS(SYS_write, s[0], big, sizeof(big)), -EINTR);
	l = (int)SYS(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
	CHECK_EQ(SYS(SYS_bind, l, &sun, n), 0);
	CHECK_EQ(SYS(SYS_listen, l, 5), 0);
	SYS(SYS_setitimer, 0, &soon, 0);
	CHECK_EQ(SYS(SYS_accept, l, 0, 0), -EINTR);
	CHECK_EQ(signals, 4);
	SYS(SYS_closefrom, 3);
}

/* kqueue: what comes, what is left of it, and the end. */
static void
events(void)
{
	struct kevent kev = {.filter = EVFILT_READ, .flags = EV_ADD}, got;
	struct timespec now = {0, 0};
	int s[2], kq;

	CHECK_EQ(SYS(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, s), 0);
	kq = (int)SYS(SYS_kqueue);
	kev.ident = (uint64_t)s[0];
	CHECK_EQ(SYS(SYS_kevent, kq, &kev, 1, &got, 1, &now), 0);
	CHECK_EQ(SYS(SYS_write, s[1], "abc", 3), 3);
	CHECK_EQ(SYS(SYS_kevent, kq, 0, 0, &got, 1, 0), 1);
	CHECK_EQ(got.data, 3);
	CHECK((got.flags & EV_EOF) == 0);
	SYS(SYS_close, s[1]);
	CHECK_EQ(SYS(SYS_kevent, kq, 0, 0, &got, 1, 0), 1);
	CHECK_EQ(got.data, 3);
	CHECK(got.flags & EV_EOF);
	SYS(SYS_closefrom, 3);
	/* Who has said all hears that it is the end of writing. */
	CHECK_EQ(SYS(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, s), 0);
	kq = (int)SYS(SYS_kqueue);
	kev.ident = (uint64_t)s[0];
	kev.filter = EVFILT_WRITE;
	kev.flags = EV_ADD;
	CHECK_EQ(SYS(SYS_kevent, kq, &kev, 1, &got, 1, &now), 1);
	CHECK_EQ(got.flags, 0);
	CHECK_EQ(SYS(SYS_shutdown, s[0], SHUT_WR), 0);
	CHECK_EQ(SYS(SYS_kevent, kq, 0, 0, &got, 1, 0), 1);
	CHECK_EQ(got.filter, EVFILT_WRITE);
	CHECK_EQ(got.flags, EV_EOF);
	SYS(SYS_closefrom, 3);
}

int
main(int argc, char **argv)
{
	refused();
	streams();
	streaming();
	names();
	datagrams();
	rights();
	cycles();
	pending();
	reachable();
	marks();
	options();
	interrupted();
	events();
	full();
	return (result("sockets"));
}
