/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Processes that do whatever they can with sockets, pipes and each other's
 * names, and send all of it through all of it.  In the end nothing is left.
 *
 *	sockstorm [SEED]
 */
#include "freebsd.h"
#include "fbsd/fcntl.h"
#include "fbsd/poll.h"
#include "fbsd/socket.h"

enum {
	SYS_unlink = 10,
	SYS_recvmsg = 27,
	SYS_sendmsg = 28,
	SYS_socket = 97,
	SYS_connect = 98,
	SYS_bind = 104,
	SYS_setsockopt = 105,
	SYS_listen = 106,
	SYS_sendto = 133,
	SYS_shutdown = 134,
	SYS_socketpair = 135,
	SYS_poll = 209,
	SYS_accept4 = 541,
	SYS_close_range = 575,
};

#define WORKERS 6
#define TURNS	3000
#define FILES	40 /* that a worker has at hand */
#define NAMES	6

static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};
static unsigned seed;
static int files[FILES];
static char buf[9000], control[2048];
static struct sockaddr_un name = {12, AF_UNIX, "/tmp/n?"};

static unsigned
any(unsigned n)
{
	seed = seed * 1103515245 + 12345;
	return ((seed >> 8) % n);
}

static int
type(void)
{
	return (types[any(3)] | SOCK_NONBLOCK);
}

/* A file takes the place of another one, which may be any of two in a pair. */
static void
keep(long fd)
{
	unsigned i = any(FILES);

	if (fd < 0)
		return;
	SYS(SYS_close, files[i]);
	files[i] = (int)fd;
}

static void
choose_name(void)
{
	name.sun_path[6] = (char)('0' + any(NAMES));
}

static void
send_some(int fd)
{
	struct iovec iov = {buf, any(3000)};
	struct msghdr msg = {
	    .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control};
	unsigned n;

	for (unsigned messages = any(3); messages > 0; messages--) {
		char *at = control + msg.msg_controllen;

		n = any(3) + 1;
		*(struct cmsghdr *)(void *)at =
		    (struct cmsghdr){(uint32_t)CMSG_LEN(n * sizeof(int)),
			SOL_SOCKET, SCM_RIGHTS};
		for (unsigned i = 0; i < n; i++)
			memcpy(at + CMSG_LEN(i * sizeof(int)),
			    &files[any(FILES)], sizeof(int));
		msg.msg_controllen += (uint32_t)CMSG_SPACE(n * sizeof(int));
	}
	SYS(SYS_sendmsg, fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void
receive_some(int fd)
{
	struct iovec iov = {buf, any(5000)};
	struct msghdr msg = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = control,
	    .msg_controllen = any(200)};

	SYS(SYS_recvmsg, fd, &msg, MSG_DONTWAIT | (any(8) == 0 ? MSG_PEEK : 0));
}

static void
make_pair(void)
{
	int s[2];

	if (any(4) == 0 ? SYS(SYS_pipe2, s, O_NONBLOCK) != 0
			: SYS(SYS_socketpair, AF_UNIX, type(), 0, s) != 0)
		return;
	keep(s[0]);
	keep(s[1]);
}

static void
make_named(void)
{
	long fd = SYS(SYS_socket, AF_UNIX, type(), 0);

	choose_name();
	SYS(SYS_unlink, name.sun_path);
	SYS(SYS_bind, fd, &name, name.sun_len);
	SYS(SYS_listen, fd, 3);
	keep(fd);
}

static void
set_some(int fd)
{
	int value = (int)any(2);

	SYS(SYS_setsockopt, fd, SOL_LOCAL, LOCAL_CREDS + any(2), &value,
	    sizeof(value));
	value = (int)any(5000);
	SYS(SYS_setsockopt, fd, SOL_SOCKET, SO_SNDBUF + any(4), &value,
	    sizeof(value));
}

static void
plainly(int fd)
{
	struct pollfd p = {fd, POLLIN | POLLOUT, 0};

	SYS(SYS_poll, &p, 1, 0);
	SYS(SYS_read, fd, buf, any(sizeof(buf)));
	SYS(SYS_write, fd, buf, any(sizeof(buf)));
}

static void
turn(int fd)
{
	switch (any(12)) {
	case 0:
	case 1:
		make_pair();
		break;
	case 2:
		make_named();
		break;
	case 3:
	case 4:
		choose_name();
		SYS(SYS_connect, fd, &name, name.sun_len);
		break;
	case 5:
		choose_name();
		SYS(SYS_sendto, fd, buf, any(2000), MSG_DONTWAIT | MSG_NOSIGNAL,
		    &name, name.sun_len);
		break;
	case 6:
		keep(SYS(SYS_accept4, fd, 0, 0, SOCK_NONBLOCK));
		break;
	case 7:
		SYS(SYS_shutdown, fd, any(3));
		break;
	case 8:
		set_some(fd);
		break;
	case 9:
		plainly(fd);
		break;
	default:
		send_some(fd);
		receive_some(files[any(FILES)]);
	}
}

static void
work(unsigned from)
{
	seed = from;
	for (int i = 0; i < FILES; i++)
		files[i] = -1;
	for (int i = 0; i < TURNS; i++) {
		turn(files[any(FILES)]);
		/* Received ones have numbers that nobody looks at. */
		if (i % 64 == 0)
			SYS(SYS_close_range, 100, 4000, 0);
	}
	SYS(SYS_exit, 0);
}

/* What was sent into itself is found once a socket is closed. */
static void
wait_for_none(const char *of)
{
	for (int i = 0; i < 200 && get_sysctl(of) != 0; i++) {
		SYS(SYS_close, SYS(SYS_socket, AF_UNIX, SOCK_STREAM, 0));
		sleep_ms(20);
	}
	CHECK_EQ(get_sysctl(of), 0);
}

int
main(int argc, char **argv)
{
	unsigned from = argc > 1 ? (unsigned)parse_number(argv[1]) : 1;
	int status;

	handle(SIGPIPE, (void *)SIG_IGN, 0);
	for (unsigned i = 0; i < WORKERS; i++)
		if (SYS(SYS_fork) == 0)
			work(from * WORKERS + i);
	for (unsigned i = 0; i < WORKERS; i++) {
		CHECK(SYS(SYS_wait4, -1, &status, 0, 0) > 0);
		CHECK_EQ(status, 0);
	}
	wait_for_none("net.local.inflight");
	wait_for_none("net.local.deferred");
	wait_for_none("net.local.sockcount");
	return (result("sockstorm"));
}
