/* SPDX-License-Identifier: BSD-2-Clause */
/* Buffers of sockets: counts, files at places between bytes, closes while bytes
 * are copied, and descriptors that are reserved while a call waits. */
#include "freebsd.h"
#include "fbsd/fcntl.h"
#include "fbsd/filio.h"
#include "fbsd/socket.h"

enum {
	SYS_unlink = 10,
	SYS_recvmsg = 27,
	SYS_sendmsg = 28,
	SYS_recvfrom = 29,
	SYS_accept = 30,
	SYS_dup = 41,
	SYS_ioctl = 54,
	SYS_dup2 = 90,
	SYS_fcntl = 92,
	SYS_socket = 97,
	SYS_connect = 98,
	SYS_bind = 104,
	SYS_setsockopt = 105,
	SYS_listen = 106,
	SYS_sendto = 133,
	SYS_shutdown = 134,
	SYS_socketpair = 135,
	SYS_closefrom = 509,
};

#define F_GETFD	   1
#define BUFFER	   65536
#define LARGE	   1000000
#define CONTROL(n) (CMSG_SPACE((n) * sizeof(int)))

static int s[2];
static char big[LARGE], out[LARGE];

static void
pair(int type)
{
	CHECK_EQ(SYS(SYS_socketpair, AF_UNIX, type, 0, s), 0);
}

static int
count(int fd, unsigned long request)
{
	int n = -1;

	CHECK_EQ(SYS(SYS_ioctl, fd, request, &n), 0);
	return (n);
}

/* With so many times descriptor 1 beside it. */
static void
send_text(const char *text, unsigned files)
{
	struct iovec iov = {text, length(text)};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	char control[CONTROL(4)] = {0};
	int one = 1;

	*(struct cmsghdr *)(void *)control = (struct cmsghdr){
	    (uint32_t)CMSG_LEN(files * sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
	for (unsigned i = 0; i < files; i++)
		memcpy(control + CMSG_LEN(i * sizeof(int)), &one, sizeof(one));
	if (files > 0) {
		msg.msg_control = control;
		msg.msg_controllen = (uint32_t)CONTROL(files);
	}
	CHECK_EQ(SYS(SYS_sendmsg, s[0], &msg, 0), length(text));
}

/* That this text comes, with so many messages of files, which are closed. */
static void
expect(const char *text, size_t room, int flags, unsigned messages)
{
	struct iovec iov = {out, room};
	static char control[512];
	struct msghdr msg = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = control,
	    .msg_controllen = sizeof(control)};
	unsigned got = 0;
	struct cmsghdr h;
	int fd;

	CHECK_EQ(
	    SYS(SYS_recvmsg, s[1], &msg, flags | MSG_DONTWAIT), length(text));
	CHECK(same(out, text, length(text)));
	for (size_t at = 0; at < msg.msg_controllen;
	     at += CMSG_ALIGN(h.cmsg_len)) {
		memcpy(&h, control + at, sizeof(h));
		for (size_t i = CMSG_LEN(0); i < h.cmsg_len; i += sizeof(fd)) {
			memcpy(&fd, control + at + i, sizeof(fd));
			CHECK_EQ(SYS(SYS_close, fd), 0);
		}
		got++;
	}
	CHECK_EQ(got, messages);
}

/* A read ends before bytes that have files beside them, and not behind. */
static void
places(void)
{
	pair(SOCK_STREAM);
	send_text("ab", 0);
	send_text("cd", 1);
	send_text("ef", 0);
	send_text("gh", 2);
	CHECK_EQ(count(s[1], FIONREAD), 8);
	CHECK_EQ(count(s[0], FIONWRITE), 8);
	/* What lies beside bytes takes room as well. */
	CHECK(count(s[0], FIONSPACE) < BUFFER - 8);
	expect("ab", 16, MSG_PEEK, 0);
	expect("a", 1, 0, 0);
	expect("b", 16, 0, 0);
	expect("cdef", 16, MSG_PEEK, 0);
	expect("c", 1, 0, 1);
	expect("def", 16, 0, 0);
	/* Who doesn't ask for files doesn't get them. */
	CHECK_EQ(SYS(SYS_read, s[1], out, 16), 2);
	CHECK_EQ(count(s[0], FIONSPACE), BUFFER);
	/* All that is wanted goes on past them. */
	send_text("ab", 1);
	send_text("cd", 0);
	send_text("ef", 1);
	expect("abcdef", 6, MSG_WAITALL, 2);
	CHECK_EQ(SYS(SYS_dup, 1), 5);
	SYS(SYS_closefrom, 3);
}

/* Exactly as many bytes as there is said to be room for, around the ring. */
static void
room(void)
{
	int n;

	pair(SOCK_STREAM | SOCK_NONBLOCK);
	CHECK_EQ(count(s[0], FIONSPACE), BUFFER);
	for (unsigned i = 0; i < LARGE; i++)
		big[i] = (char)(i % 251);
	CHECK_EQ(SYS(SYS_write, s[0], big, 40000), 40000);
	CHECK_EQ(SYS(SYS_read, s[1], out, 30000), 30000);
	CHECK_EQ(
	    SYS(SYS_write, s[0], big + 40000, LARGE - 40000), BUFFER - 10000);
	CHECK_EQ(SYS(SYS_write, s[0], big, 1), -EAGAIN);
	CHECK_EQ(count(s[0], FIONSPACE), 0);
	CHECK_EQ(SYS(SYS_recvfrom, s[1], out, LARGE, MSG_PEEK, 0, 0), BUFFER);
	CHECK(same(out, big + 30000, BUFFER));
	CHECK_EQ(SYS(SYS_read, s[1], out, LARGE), BUFFER);
	CHECK(same(out, big + 30000, BUFFER));
	/* One that may hold more than others. */
	n = LARGE;
	CHECK_EQ(
	    SYS(SYS_setsockopt, s[1], SOL_SOCKET, SO_RCVBUF, &n, sizeof(n)), 0);
	CHECK_EQ(SYS(SYS_write, s[0], big, LARGE), LARGE);
	CHECK_EQ(SYS(SYS_write, s[0], big, 1), -EAGAIN);
	CHECK_EQ(SYS(SYS_read, s[1], out, LARGE), LARGE);
	CHECK(same(out, big, LARGE));
	/* What can't be read leaves nothing behind, in part neither. */
	CHECK_EQ(SYS(SYS_write, s[0], (void *)16, 3), -EFAULT);
	CHECK_EQ(SYS(SYS_write, s[0], big + LARGE - 5, 1 << 30), -EFAULT);
	CHECK_EQ(count(s[1], FIONREAD), 0);
	/* Nobody reads any more. */
	CHECK_EQ(SYS(SYS_write, s[0], big, 10), 10);
	CHECK_EQ(SYS(SYS_shutdown, s[1], SHUT_RD), 0);
	CHECK_EQ(count(s[1], FIONREAD), 0);
	CHECK_EQ(SYS(SYS_sendto, s[0], big, 1, MSG_NOSIGNAL, 0, 0), -EPIPE);
	CHECK_EQ(SYS(SYS_read, s[1], out, 10), 0);
	SYS(SYS_closefrom, 3);
}

static long sum[2]; /* what each of two readers read */

static void
reader(void *arg)
{
	long *tid = arg, n;
	static char bufs[2][5000];
	int me = tid != NULL && *tid != 0;
	char *buf = bufs[me];

	while ((n = SYS(SYS_read, s[1], buf, sizeof(bufs[0]))) > 0)
		for (long i = 0; i < n; i++)
			sum[me] += (unsigned char)buf[i];
	if (tid != NULL)
		end_thread(tid);
}

#define TIMES 40

static void
writer(void *tid)
{
	for (int i = 0; i < TIMES; i++)
		if (SYS(SYS_write, s[0], big, 20000) != 20000)
			failures++;
	end_thread(tid);
}

/* Two write to one socket and two read from the other; no byte is lost. */
static void
together(void)
{
	long tids[3] = {0, 0, 0}, want = 0;

	pair(SOCK_STREAM);
	sum[0] = sum[1] = 0;
	for (int i = 0; i < 20000; i++)
		want += (unsigned char)big[i];
	for (int i = 0; i < 2; i++)
		CHECK_EQ(start_thread(writer, &tids[i], &tids[i]), 0);
	tids[2] = 1;
	CHECK_EQ(start_thread(reader, &tids[2], &tids[2]), 0);
	join_thread(&tids[0]);
	join_thread(&tids[1]);
	CHECK_EQ(SYS(SYS_shutdown, s[0], SHUT_WR), 0);
	reader(NULL);
	join_thread(&tids[2]);
	CHECK_EQ(sum[0] + sum[1], 2 * TIMES * want);
	SYS(SYS_closefrom, 3);
}

static volatile long gate;

/* Writes from memory that isn't there, until nobody reads. */
static void
doomed_writer(void *tid)
{
	char *fresh;
	long n;

	do {
		fresh = map_anon(BUFFER, MAP_ANON_PRIVATE);
		gate = 1;
		n = SYS(SYS_sendto, s[0], fresh, BUFFER, MSG_NOSIGNAL, 0, 0);
		SYS(SYS_munmap, fresh, BUFFER);
	} while (n > 0);
	if (n != -EPIPE)
		failures++;
	end_thread(tid);
}

/* The end of the reader, or of its reading, while somebody copies to it. */
static void
cut(void)
{
	long tid;

	for (int i = 0; i < 60; i++) {
		pair(SOCK_STREAM);
		gate = 0;
		CHECK_EQ(start_thread(doomed_writer, &tid, &tid), 0);
		for (int spins = 0; gate == 0 && spins < 1000000; spins++)
			SYS(SYS_getpid);
		CHECK(SYS(SYS_read, s[1], out, 100 + i) > 0);
		if (i % 2 == 0)
			CHECK_EQ(SYS(SYS_shutdown, s[1], SHUT_RD), 0);
		else
			CHECK_EQ(SYS(SYS_close, s[1]), 0);
		join_thread(&tid);
		SYS(SYS_closefrom, 3);
	}
}

static int listener;
static volatile long accepted;

static void
accepter(void *tid)
{
	accepted = SYS(SYS_accept, listener, 0, 0);
	end_thread(tid);
}

static void
nothing(int sig)
{
}

/* While accept(2) waits its descriptor is nobody's, and free if it fails. */
static void
reserved(void)
{
	struct sockaddr_un sun = {10, AF_UNIX, "/tmp/res"};
	long tid, before, fd;

	handle(SIGUSR1, (void *)nothing, 0);
	listener = (int)SYS(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
	CHECK_EQ(SYS(SYS_bind, listener, &sun, sun.sun_len), 0);
	CHECK_EQ(SYS(SYS_listen, listener, 1), 0);
	before = SYS(SYS_dup, 1);
	SYS(SYS_close, before);
	CHECK_EQ(start_thread(accepter, &tid, &tid), 0);
	for (int i = 0; i < 1000; i++) {
		fd = SYS(SYS_dup, 1);
		SYS(SYS_close, fd);
		if (fd > before)
			break;
		sleep_ms(1);
	}
	CHECK_EQ(fd, before + 1);
	CHECK_EQ(SYS(SYS_fcntl, before, F_GETFD), -EBADF);
	CHECK_EQ(SYS(SYS_close, before), -EBADF);
	CHECK_EQ(SYS(SYS_dup, before), -EBADF);
	CHECK_EQ(SYS(SYS_dup2, 1, before), -EBUSY);
	while (tid != 1) {
		SYS(SYS_thr_kill, tid, SIGUSR1);
		sleep_ms(1);
	}
	CHECK_EQ(accepted, -EINTR);
	CHECK_EQ(SYS(SYS_dup, 1), before);
	SYS(SYS_close, before);
	/* And with a connection, whose peer's name has no place to go to. */
	fd = SYS(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
	CHECK_EQ(SYS(SYS_connect, fd, &sun, sun.sun_len), 0);
	CHECK_EQ(SYS(SYS_accept, listener, out, 16), -EFAULT);
	CHECK_EQ(SYS(SYS_dup, 1), fd + 1);
	CHECK_EQ(SYS(SYS_read, fd, out, 1), 0);
	CHECK_EQ(SYS(SYS_unlink, "/tmp/res"), 0);
	SYS(SYS_closefrom, 3);
}

static struct sockaddr_un names[2] = {
    {8, AF_UNIX, "/tmp/a"}, {8, AF_UNIX, "/tmp/b"}};

#define CROSSINGS 800

/* Sends to the other one by its name, and as its peer. */
static void
cross(int me)
{
	const struct sockaddr_un *to = &names[1 - me];
	struct sockaddr none = {16, AF_UNSPEC, {0}};
	char buf[64];

	for (int i = 0; i < CROSSINGS; i++) {
		SYS(SYS_sendto, s[me], "n", 1, MSG_DONTWAIT, to, to->sun_len);
		CHECK_EQ(SYS(SYS_connect, s[me], to, to->sun_len), 0);
		SYS(SYS_sendto, s[me], "p", 1, MSG_DONTWAIT, 0, 0);
		CHECK_EQ(SYS(SYS_connect, s[me], &none, 16), 0);
		while (SYS(SYS_recvfrom, s[me], buf, sizeof(buf), MSG_DONTWAIT,
			   0, 0) > 0)
			continue;
	}
}

static void
crosser(void *tid)
{
	cross(1);
	end_thread(tid);
}

/* Two datagram sockets, each the other's peer from time to time. */
static void
crossing(void)
{
	long tid;

	for (int i = 0; i < 2; i++) {
		s[i] = (int)SYS(SYS_socket, AF_UNIX, SOCK_DGRAM, 0);
		CHECK_EQ(SYS(SYS_bind, s[i], &names[i], names[i].sun_len), 0);
	}
	CHECK_EQ(start_thread(crosser, &tid, &tid), 0);
	cross(0);
	join_thread(&tid);
	for (int i = 0; i < 2; i++)
		CHECK_EQ(SYS(SYS_unlink, names[i].sun_path), 0);
	SYS(SYS_closefrom, 3);
}

int
main(int argc, char **argv)
{
	places();
	room();
	together();
	cut();
	reserved();
	crossing();
	return (result("sockbytes"));
}
