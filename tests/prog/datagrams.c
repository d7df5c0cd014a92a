/* SPDX-License-Identifier: BSD-2-Clause */
/* Datagram sockets within the machine: who fills what, and who hears whom. */
#include "freebsd.h"
#include "fbsd/event.h"
#include "fbsd/fcntl.h"
#include "fbsd/filio.h"
#include "fbsd/poll.h"
#include "fbsd/socket.h"
#include "fbsd/stat.h"

enum {
	SYS_unlink = 10,
	SYS_recvmsg = 27,
	SYS_recvfrom = 29,
	SYS_accept = 30,
	SYS_ioctl = 54,
	SYS_umask = 60,
	SYS_fcntl = 92,
	SYS_socket = 97,
	SYS_connect = 98,
	SYS_bind = 104,
	SYS_fchmod = 124,
	SYS_listen = 106,
	SYS_sendto = 133,
	SYS_shutdown = 134,
	SYS_socketpair = 135,
	SYS_poll = 209,
	SYS_kqueue = 362,
	SYS_closefrom = 509,
	SYS_fstatat = 552,
	SYS_kevent = 560,
};

static char big[70000];

static int
address(struct sockaddr_un *sun, const char *path)
{
	*sun = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(sun->sun_path, path, length(path));
	sun->sun_len = (uint8_t)(2 + length(path) + 1);
	return (sun->sun_len);
}

static int
dgram(void)
{
	return ((int)SYS(SYS_socket, AF_UNIX, SOCK_DGRAM, 0));
}

/* A socket with a name that is gone again once others have found it. */
static int
named(struct sockaddr_un *sun, const char *path)
{
	int fd = dgram(), n = address(sun, path);

	CHECK_EQ(SYS(SYS_bind, fd, sun, n), 0);
	return (fd);
}

static long
take(int fd, char *c)
{
	return (SYS(SYS_recvfrom, fd, c, 1, MSG_DONTWAIT, 0, 0));
}

/* Sends until no more fits; how many did. */
static long
fill(int fd, char tag, size_t size)
{
	long n = 0, r;

	big[0] = tag;
	while ((r = SYS(SYS_sendto, fd, big, size, 0, 0, 0)) == (long)size)
		n++;
	CHECK_EQ(r, -ENOBUFS);
	CHECK_EQ(SYS(SYS_sendto, fd, big, size, MSG_DONTWAIT, 0, 0), -ENOBUFS);
	return (n);
}

/* What sysctl(8) tells is what holds, and can be changed within reason. */
static void
limits(void)
{
	static const char *const name = "net.local.dgram.maxdgram";
	long max = get_sysctl(name);
	int s[2];

	CHECK(max >= 2048 && max < (long)sizeof(big) / 2);
	CHECK(get_sysctl("net.local.dgram.recvspace") >= max);
	CHECK(get_sysctl("net.local.stream.recvspace") > 0);
	CHECK(get_sysctl("net.local.stream.sendspace") > 0);
	CHECK(get_sysctl("net.local.seqpacket.maxseqpacket") > 0);
	CHECK(get_sysctl("net.local.seqpacket.recvspace") > 0);
	CHECK_EQ(SYS(SYS_socketpair, AF_UNIX, SOCK_DGRAM, 0, s), 0);
	CHECK_EQ(SYS(SYS_sendto, s[0], big, max + 1, 0, 0, 0), -EMSGSIZE);
	CHECK_EQ(SYS(SYS_sendto, s[0], big, max, 0, 0, 0), max);
	CHECK_EQ(SYS(SYS_recvfrom, s[1], big, max, 0, 0, 0), max);
	CHECK_EQ(set_sysctl(name, 0), -EINVAL);
	CHECK_EQ(set_sysctl(name, 1l << 40), -EINVAL);
	CHECK_EQ(set_sysctl(name, 100), 0);
	CHECK_EQ(SYS(SYS_sendto, s[0], big, 101, 0, 0, 0), -EMSGSIZE);
	CHECK_EQ(set_sysctl(name, max), 0);
	SYS(SYS_closefrom, 3);
}

/* Several send to one: each has its own room, and who has sent nothing yet
 * comes first. */
static void
isolation(void)
{
	struct sockaddr nobody = {.sa_len = 16, .sa_family = AF_UNSPEC};
	struct sockaddr_un sun;
	int one = named(&sun, "/tmp/one"), s[3], none = dgram(), n = 0;
	long flood;
	char c;

	for (int i = 0; i < 3; i++) {
		s[i] = dgram();
		CHECK_EQ(SYS(SYS_connect, s[i], &sun, sun.sun_len), 0);
	}
	flood = fill(s[0], 'f', 1024);
	CHECK(flood > 3);
	CHECK_EQ(SYS(SYS_sendto, s[1], "1", 1, 0, 0, 0), 1);
	CHECK_EQ(SYS(SYS_sendto, none, "n", 1, 0, &sun, sun.sun_len), 1);
	CHECK_EQ(SYS(SYS_sendto, s[2], "2", 1, 0, 0, 0), 1);
	CHECK_EQ(SYS(SYS_ioctl, one, FIONREAD, &n), 0);
	CHECK_EQ(n, flood * 1024 + 3);
	CHECK_EQ(take(one, &c), 1);
	CHECK_EQ(c, '2');
	/* What was looked at comes next, whoever sends now. */
	CHECK_EQ(SYS(SYS_recvfrom, one, &c, 1, MSG_PEEK, 0, 0), 1);
	CHECK_EQ(c, '1');
	CHECK_EQ(SYS(SYS_sendto, s[2], "2", 1, 0, 0, 0), 1);
	CHECK_EQ(take(one, &c), 1);
	CHECK_EQ(c, '1');
	CHECK_EQ(take(one, &c), 1);
	CHECK_EQ(c, '2');
	/* Room again after one was taken. */
	CHECK_EQ(take(one, &c), 1);
	CHECK_EQ(c, 'f');
	CHECK_EQ(SYS(SYS_sendto, s[0], big, 1024, MSG_DONTWAIT, 0, 0), 1024);
	/* What a sender has sent goes with it when there is something of
	 * nobody's, */
	SYS(SYS_close, s[0]);
	CHECK_EQ(take(one, &c), 1);
	CHECK_EQ(c, 'n');
	CHECK_EQ(take(one, &c), -EAGAIN);
	/* and stays otherwise: many who come and go aren't more than one. */
	for (int i = 0; i < 20; i++) {
		s[0] = dgram();
		CHECK_EQ(SYS(SYS_connect, s[0], &sun, sun.sun_len), 0);
		CHECK_EQ(fill(s[0], 'f', 1024), flood);
		SYS(SYS_close, s[0]);
	}
	for (n = 0; take(one, &c) == 1; n++)
		CHECK_EQ(c, 'f');
	CHECK_EQ(n, flood);
	/* A connection to another one takes nothing away, either. */
	CHECK_EQ(SYS(SYS_sendto, s[1], "o", 1, 0, 0, 0), 1);
	CHECK_EQ(SYS(SYS_connect, s[1], &nobody, 16), 0);
	CHECK_EQ(SYS(SYS_sendto, s[1], "x", 1, 0, 0, 0), -EDESTADDRREQ);
	CHECK_EQ(take(one, &c), 1);
	CHECK_EQ(c, 'o');
	CHECK_EQ(SYS(SYS_unlink, "/tmp/one"), 0);
	SYS(SYS_closefrom, 3);
}

/* A socket that has a peer hears others as well; it sends to its peer only. */
static void
connected(void)
{
	struct sockaddr_un a, b;
	int sa = named(&a, "/tmp/a"), sb = named(&b, "/tmp/b"), other = dgram();
	char c;

	CHECK_EQ(SYS(SYS_connect, sa, &b, b.sun_len), 0);
	CHECK_EQ(SYS(SYS_sendto, other, "o", 1, 0, &a, a.sun_len), 1);
	CHECK_EQ(take(sa, &c), 1);
	CHECK_EQ(SYS(SYS_sendto, sa, "x", 1, 0, &b, b.sun_len), -EISCONN);
	CHECK_EQ(SYS(SYS_sendto, sa, "x", 1, 0, &a, 1), -EINVAL);
	CHECK_EQ(SYS(SYS_sendto, sa, "x", 1, 0, 0, 0), 1);
	CHECK_EQ(take(sb, &c), 1);
	/* To itself. */
	CHECK_EQ(SYS(SYS_connect, sa, &a, a.sun_len), 0);
	CHECK_EQ(SYS(SYS_sendto, sa, "s", 1, 0, 0, 0), 1);
	CHECK_EQ(take(sa, &c), 1);
	CHECK_EQ(SYS(SYS_sendto, sa, "s", 1, 0, 0, 0), 1);
	SYS(SYS_close, sa);
	CHECK_EQ(
	    SYS(SYS_sendto, other, "x", 1, 0, &a, a.sun_len), -ECONNREFUSED);
	CHECK_EQ(SYS(SYS_connect, other, &b, b.sun_len), 0);
	SYS(SYS_close, sb);
	CHECK_EQ(SYS(SYS_sendto, other, "x", 1, 0, 0, 0), -ECONNRESET);
	CHECK_EQ(SYS(SYS_sendto, other, "x", 1, 0, 0, 0), -EDESTADDRREQ);
	CHECK_EQ(SYS(SYS_unlink, "/tmp/a"), 0);
	CHECK_EQ(SYS(SYS_unlink, "/tmp/b"), 0);
	SYS(SYS_closefrom, 3);
}

static long
receive_flags(int fd, size_t room, int flags, int *got)
{
	struct iovec iov = {big, room};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	long r = SYS(SYS_recvmsg, fd, &msg, flags);

	*got = msg.msg_flags;
	return (r);
}

/* MSG_TRUNC, as a question and as an answer. */
static void
cut(int type)
{
	bool whole = type == SOCK_DGRAM;
	int s[2], got;

	CHECK_EQ(SYS(SYS_socketpair, AF_UNIX, type, 0, s), 0);
	for (long n = 2; n < 5000; n = n * 3 + 7) {
		CHECK_EQ(SYS(SYS_sendto, s[0], big, n, 0, 0, 0), n);
		CHECK_EQ(
		    SYS(SYS_recvfrom, s[1], 0, 0, MSG_PEEK | MSG_TRUNC, 0, 0),
		    whole ? n : 0);
		CHECK_EQ(receive_flags(s[1], 1, MSG_PEEK, &got), 1);
		CHECK_EQ(got, MSG_PEEK | MSG_TRUNC);
		CHECK_EQ(receive_flags(s[1], (size_t)n, MSG_PEEK, &got), n);
		CHECK_EQ(got, MSG_PEEK);
		CHECK_EQ(
		    receive_flags(s[1], 1, MSG_TRUNC, &got), whole ? n : 1);
		CHECK_EQ(got, MSG_TRUNC);
		CHECK_EQ(receive_flags(s[1], 1, MSG_DONTWAIT, &got), -EAGAIN);
	}
	CHECK_EQ(SYS(SYS_sendto, s[0], big, 50, 0, 0, 0), 50);
	CHECK_EQ(receive_flags(s[1], 50, MSG_TRUNC, &got), 50);
	CHECK_EQ(got, 0);
	/* Nothing is something, too. */
	CHECK_EQ(SYS(SYS_sendto, s[0], big, 0, 0, 0, 0), 0);
	CHECK_EQ(receive_flags(s[1], 50, MSG_DONTWAIT, &got), 0);
	CHECK_EQ(receive_flags(s[1], 50, MSG_DONTWAIT, &got), -EAGAIN);
	/* A datagram that can't be copied out is lost. */
	if (whole) {
		CHECK_EQ(SYS(SYS_sendto, s[0], big, 5, 0, 0, 0), 5);
		CHECK_EQ(SYS(SYS_recvfrom, s[1], 16, 5, 0, 0, 0), -EFAULT);
		CHECK_EQ(receive_flags(s[1], 5, MSG_DONTWAIT, &got), -EAGAIN);
	}
	SYS(SYS_closefrom, 3);
}

/* A shutdown wakes who waits to receive, with a peer or without. */
static void
shutdowns(void)
{
	int s[2], fd, status;
	char c;

	for (int pair = 0; pair < 2; pair++) {
		s[0] = dgram();
		if (pair == 1)
			CHECK_EQ(
			    SYS(SYS_socketpair, AF_UNIX, SOCK_DGRAM, 0, s), 0);
		fd = s[0];
		if (SYS(SYS_fork) == 0)
			SYS(SYS_exit,
			    (int)SYS(SYS_recvfrom, fd, &c, 1, 0, 0, 0));
		sleep_ms(20);
		CHECK_EQ(
		    SYS(SYS_shutdown, fd, SHUT_RD), pair == 1 ? 0 : -ENOTCONN);
		CHECK(SYS(SYS_wait4, -1, &status, 0, 0) > 0);
		CHECK_EQ(status, 0);
		CHECK_EQ(SYS(SYS_recvfrom, fd, &c, 1, 0, 0, 0), 0);
	}
	CHECK_EQ(SYS(SYS_sendto, s[1], "x", 1, 0, 0, 0), -ENOBUFS);
	CHECK_EQ(SYS(SYS_shutdown, s[1], SHUT_WR), 0);
	CHECK_EQ(SYS(SYS_sendto, s[1], "x", 1, MSG_NOSIGNAL, 0, 0), -EPIPE);
	CHECK_EQ(SYS(SYS_listen, s[0], 1), -EOPNOTSUPP);
	CHECK_EQ(SYS(SYS_accept, s[0], 0, 0), -EINVAL);
	SYS(SYS_closefrom, 3);
}

/* Who polls a sender hears of room in its own queue. */
static void
events(void)
{
	struct kevent kev = {.filter = EVFILT_READ, .flags = EV_ADD}, got;
	struct timespec now = {0, 0};
	struct pollfd p;
	int s[2], kq = (int)SYS(SYS_kqueue);
	char c;

	CHECK_EQ(SYS(SYS_socketpair, AF_UNIX, SOCK_DGRAM, 0, s), 0);
	fill(s[0], 'f', 512);
	p = (struct pollfd){s[0], POLLOUT, 0};
	CHECK_EQ(SYS(SYS_poll, &p, 1, 0), 0);
	while (take(s[1], &c) == 1)
		continue;
	CHECK_EQ(SYS(SYS_poll, &p, 1, 0), 1);
	CHECK_EQ(SYS(SYS_sendto, s[0], big, 42, 0, 0, 0), 42);
	kev.ident = (uint64_t)s[1];
	kev.fflags = NOTE_LOWAT;
	kev.data = 41;
	CHECK_EQ(SYS(SYS_kevent, kq, &kev, 1, &got, 1, &now), 1);
	CHECK_EQ(got.data, 42);
	kev.data = 43;
	CHECK_EQ(SYS(SYS_kevent, kq, &kev, 1, &got, 1, &now), 0);
	SYS(SYS_closefrom, 3);
}

/* Only datagrams go where their name says. */
static void
to_names(void)
{
	struct sockaddr_un sun;
	int listener = (int)SYS(SYS_socket, AF_UNIX, SOCK_SEQPACKET, 0);
	int n = address(&sun, "/tmp/listener"), fd, s[2];

	CHECK_EQ(SYS(SYS_bind, listener, &sun, n), 0);
	CHECK_EQ(SYS(SYS_listen, listener, 5), 0);
	for (int type = SOCK_STREAM; type <= SOCK_SEQPACKET;
	     type += SOCK_SEQPACKET - SOCK_STREAM) {
		fd = (int)SYS(SYS_socket, AF_UNIX, type, 0);
		CHECK_EQ(SYS(SYS_sendto, fd, "x", 1, MSG_NOSIGNAL, &sun, n),
		    -ENOTCONN);
		CHECK_EQ(SYS(SYS_socketpair, AF_UNIX, type, 0, s), 0);
		CHECK_EQ(SYS(SYS_sendto, s[0], "x", 1, 0, &sun, n), 1);
		CHECK_EQ(SYS(SYS_recvfrom, s[1], big, 9, 0, 0, 0), 1);
	}
	SYS(SYS_closefrom, 3);
	CHECK_EQ(SYS(SYS_unlink, "/tmp/listener"), 0);
}

/* A socket has the mode of the file that it will be. */
static void
modes(void)
{
	struct sockaddr_un sun;
	int fd = dgram(), n = address(&sun, "/tmp/moded");
	struct stat st;

	CHECK_EQ(SYS(SYS_fchmod, fd, 04600), -EINVAL);
	CHECK_EQ(SYS(SYS_fchmod, fd, 0766), 0);
	(void)SYS(SYS_umask, 022);
	CHECK_EQ(SYS(SYS_bind, fd, &sun, n), 0);
	CHECK_EQ(SYS(SYS_fstatat, AT_FDCWD, "/tmp/moded", &st, 0), 0);
	CHECK_EQ(st.st_mode & ALLPERMS, 0744);
	CHECK_EQ(SYS(SYS_fchmod, fd, 0600), -EINVAL);
	CHECK_EQ(SYS(SYS_close, fd), 0);
	CHECK_EQ(SYS(SYS_unlink, "/tmp/moded"), 0);
}

int
main(int argc, char **argv)
{
	limits();
	isolation();
	connected();
	cut(SOCK_DGRAM);
	cut(SOCK_SEQPACKET);
	shutdowns();
	events();
	to_names();
	modes();
	return (result("datagrams"));
}
