/* SPDX-License-Identifier: BSD-2-Clause */
/* Control messages of sockets: files and credentials beside the bytes. */
#include "freebsd.h"
#include "fbsd/fcntl.h"
#include "fbsd/socket.h"

enum {
	SYS_open = 5,
	SYS_recvmsg = 27,
	SYS_sendmsg = 28,
	SYS_recvfrom = 29,
	SYS_accept = 30,
	SYS_dup = 41,
	SYS_getuid = 24,
	SYS_getgroups = 79,
	SYS_setgroups = 80,
	SYS_fcntl = 92,
	SYS_socket = 97,
	SYS_connect = 98,
	SYS_bind = 104,
	SYS_setsockopt = 105,
	SYS_listen = 106,
	SYS_getsockopt = 118,
	SYS_socketpair = 135,
	SYS_setrlimit = 195,
	SYS_closefrom = 509,
};

#define RLIMIT_NOFILE 8
#define F_GETFD	      1

static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};
static int s[2], file;

/* What is sent or was received. */
static char control[2048];
static struct msghdr msg;

static int
descriptors(void)
{
	int n = 0;

	for (int fd = 0; fd < 64; fd++)
		n += SYS(SYS_fcntl, fd, F_GETFD) >= 0;
	return (n);
}

/* Appends a message to control. */
static char *
add(size_t *at, int type, size_t n)
{
	struct cmsghdr h = {(uint32_t)CMSG_LEN(n), SOL_SOCKET, type};
	char *data = control + *at + CMSG_LEN(0);

	memcpy(control + *at, &h, sizeof(h));
	*at += CMSG_SPACE(n);
	return (data);
}

static long
send_control(size_t size)
{
	struct iovec iov = {"x", 1};

	msg = (struct msghdr){.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = control,
	    .msg_controllen = (uint32_t)size};
	return (SYS(SYS_sendmsg, s[0], &msg, 0));
}

/* k messages of n[i] times the file. */
static long
send_files(unsigned k, const unsigned *n)
{
	size_t at = 0;
	char *data;

	memset(control, 0, sizeof(control));
	for (unsigned i = 0; i < k; i++) {
		data = add(&at, SCM_RIGHTS, n[i] * sizeof(int));
		for (unsigned j = 0; j < n[i]; j++)
			memcpy(data + j * sizeof(int), &file, sizeof(int));
	}
	return (send_control(at));
}

static long
receive(void *buf, size_t room, int flags)
{
	struct iovec iov;
	static char c;

	iov.iov_base = &c;
	iov.iov_len = 1;
	memset(control, 0xee, sizeof(control));
	msg = (struct msghdr){.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = buf,
	    .msg_controllen = (uint32_t)room};
	return (SYS(SYS_recvmsg, s[1], &msg, flags));
}

/* The i-th message that was received; its data, or NULL. */
static char *
message(unsigned i, struct cmsghdr *h)
{
	size_t at = 0;

	for (;; i--) {
		if (at + sizeof(*h) > msg.msg_controllen)
			return (NULL);
		memcpy(h, control + at, sizeof(*h));
		if (i == 0)
			return (control + at + CMSG_LEN(0));
		at += CMSG_ALIGN(h->cmsg_len);
	}
}

/* Closes what came; how many those were. */
static int
close_all(int flags)
{
	struct cmsghdr h;
	int n = 0, fd;
	char *data;

	for (unsigned i = 0; (data = message(i, &h)) != NULL; i++) {
		if (h.cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t at = CMSG_LEN(0); at < h.cmsg_len;
		     at += sizeof(fd)) {
			memcpy(&fd, data + at - CMSG_LEN(0), sizeof(fd));
			CHECK_EQ(SYS(SYS_fcntl, fd, F_GETFD), flags);
			n += SYS(SYS_close, fd) == 0;
		}
	}
	return (n);
}

static void
drain(void)
{
	char c;

	while (SYS(SYS_recvfrom, s[1], &c, 1, MSG_DONTWAIT, 0, 0) == 1)
		continue;
}

/* Several messages in one call stay apart and in order. */
static void
several(void)
{
	static const unsigned sizes[] = {2, 1, 3}, gap[] = {0, 1};
	struct cmsghdr h;

	CHECK_EQ(send_files(3, sizes), 1);
	CHECK_EQ(get_sysctl("net.local.inflight"), 6);
	CHECK_EQ(receive(control, sizeof(control), 0), 1);
	CHECK_EQ(get_sysctl("net.local.inflight"), 0);
	CHECK_EQ(msg.msg_flags & MSG_CTRUNC, 0);
	for (unsigned i = 0; i < 3; i++) {
		CHECK(message(i, &h) != NULL);
		CHECK_EQ(h.cmsg_len, CMSG_LEN(sizes[i] * sizeof(int)));
	}
	CHECK(message(3, &h) == NULL);
	CHECK_EQ(close_all(0), 6);
	CHECK_EQ(send_files(3, sizes), 1);
	CHECK_EQ(receive(control, sizeof(control), MSG_CMSG_CLOEXEC), 1);
	CHECK_EQ(close_all(FD_CLOEXEC), 6);
	CHECK_EQ(send_files(3, sizes), 1);
	/* By the number that programs know: its neighbour is another flag. */
	CHECK_EQ(MSG_CMSG_CLOFORK, 0x400000);
	CHECK_EQ(receive(control, sizeof(control), MSG_CMSG_CLOFORK), 1);
	CHECK_EQ(close_all(FD_CLOFORK), 6);
	/* One without files says nothing. */
	CHECK_EQ(send_files(2, gap), 1);
	CHECK_EQ(receive(control, sizeof(control), 0), 1);
	CHECK_EQ(close_all(0), 1);
}

/* Too little room: nothing comes half, and nothing stays open. */
static void
too_small(void)
{
	static const unsigned one[] = {1}, three[] = {3}, two[] = {1, 1};
	const size_t room[] = {0, 1, CMSG_LEN(0) - 1, CMSG_LEN(0),
	    CMSG_LEN(0) + 1, CMSG_LEN(sizeof(int)) - 1};
	const size_t edge[] = {
	    CMSG_SPACE(sizeof(int)), CMSG_SPACE(sizeof(int)) + CMSG_SPACE(0)};
	int before = descriptors();

	for (unsigned i = 0; i < 6; i++) {
		CHECK_EQ(send_files(1, one), 1);
		CHECK_EQ(receive(control, room[i], 0), 1);
		CHECK(msg.msg_flags & MSG_CTRUNC);
		CHECK_EQ(msg.msg_controllen, 0);
		CHECK_EQ(descriptors(), before);
	}
	for (unsigned i = 0; i < 2; i++) {
		CHECK_EQ(send_files(2, two), 1);
		CHECK_EQ(receive(control, edge[i], 0), 1);
		CHECK(msg.msg_flags & MSG_CTRUNC);
		CHECK_EQ(close_all(0), 1);
		CHECK_EQ(descriptors(), before);
	}
	CHECK_EQ(send_files(1, one), 1);
	CHECK_EQ(receive(control, CMSG_LEN(sizeof(int)), 0), 1);
	CHECK_EQ(msg.msg_flags & MSG_CTRUNC, 0);
	CHECK_EQ(close_all(0), 1);
	CHECK_EQ(send_files(1, three), 1);
	CHECK_EQ(receive(control, CMSG_SPACE(sizeof(int)), 0), 1);
	CHECK(msg.msg_flags & MSG_CTRUNC);
	CHECK_EQ(descriptors(), before);
	/* Nobody asks, and a place that can't be written. */
	CHECK_EQ(send_files(2, two), 1);
	CHECK_EQ(receive(0, 0, 0), 1);
	CHECK_EQ(send_files(2, two), 1);
	CHECK_EQ(receive((void *)16, 64, 0), -EFAULT);
	CHECK_EQ(descriptors(), before);
	drain();
}

/* No descriptor is free: EMFILE, and what was sent with them comes next. */
static void
no_numbers(int type)
{
	static const unsigned two[] = {1, 2};
	uint64_t limit[2] = {0, 64};
	int before = descriptors();

	CHECK_EQ(send_files(2, two), 1);
	/* One number is free, three are needed. */
	limit[0] = (uint64_t)before + 1;
	CHECK_EQ(SYS(SYS_setrlimit, RLIMIT_NOFILE, limit), 0);
	CHECK_EQ(receive(control, sizeof(control), 0), -EMFILE);
	CHECK_EQ(descriptors(), before);
	CHECK_EQ(receive(control, sizeof(control), MSG_DONTWAIT),
	    type == SOCK_DGRAM ? -EAGAIN : 1);
	if (type != SOCK_DGRAM)
		CHECK_EQ(msg.msg_controllen, 0);
	limit[0] = 64;
	CHECK_EQ(SYS(SYS_setrlimit, RLIMIT_NOFILE, limit), 0);
	CHECK_EQ(get_sysctl("net.local.inflight"), 0);
}

/* What can't be sent isn't, and takes nothing with it. */
static void
refused(void)
{
	static const unsigned one[] = {1};
	int keep = file;
	size_t at = 0;

	file = 63;
	CHECK_EQ(send_files(1, one), -EBADF);
	file = keep;
	(void)add(&at, 77, 4);
	CHECK_EQ(send_control(at), -EINVAL);
	CHECK_EQ(receive(control, sizeof(control), MSG_DONTWAIT), -EAGAIN);
	CHECK_EQ(get_sysctl("net.local.inflight"), 0);
}

/* The option's value; want: what it is to become. */
static long
option(int fd, int name, int want)
{
	return (SYS(SYS_setsockopt, fd, SOL_LOCAL, name, &want, sizeof(want)));
}

static int
option_value(int fd, int name)
{
	uint32_t len = sizeof(int);
	int v = -1;

	CHECK_EQ(SYS(SYS_getsockopt, fd, SOL_LOCAL, name, &v, &len), 0);
	return (v);
}

/* What a message says of its sender. */
static void
check_old(unsigned i)
{
	struct sockcred sc;
	struct cmsghdr h;
	char *data = message(i, &h);

	CHECK(data != NULL);
	CHECK_EQ(h.cmsg_type, SCM_CREDS);
	memcpy(&sc, data, sizeof(sc));
	CHECK_EQ(h.cmsg_len, CMSG_LEN(SOCKCREDSIZE(sc.sc_ngroups)));
	CHECK_EQ(sc.sc_euid, SYS(SYS_getuid));
	CHECK_EQ(sc.sc_ngroups, 2);
	CHECK_EQ(sc.sc_groups[0], 7);
}

static void
check_new(unsigned i)
{
	struct sockcred2 sc;
	struct cmsghdr h;
	char *data = message(i, &h);

	CHECK(data != NULL);
	CHECK_EQ(h.cmsg_type, SCM_CREDS2);
	memcpy(&sc, data, sizeof(sc));
	CHECK_EQ(h.cmsg_len, CMSG_LEN(SOCKCRED2SIZE(sc.sc_ngroups)));
	CHECK_EQ(sc.sc_version, 0);
	CHECK_EQ(sc.sc_pid, SYS(SYS_getpid));
	CHECK_EQ(sc.sc_uid, SYS(SYS_getuid));
	CHECK_EQ(sc.sc_ngroups, 2);
}

static void
credentials(int type)
{
	static const unsigned one[] = {1};
	struct cmsghdr h;
	size_t at = 0;

	/* The sender's own word. */
	(void)add(&at, SCM_CREDS, sizeof(struct cmsgcred));
	CHECK_EQ(send_control(at), 1);
	CHECK_EQ(receive(control, sizeof(control), 0), 1);
	CHECK(message(0, &h) != NULL);
	CHECK_EQ(h.cmsg_len, CMSG_LEN(sizeof(struct cmsgcred)));
	/* The receiver's wish comes before it, and before files. */
	CHECK_EQ(option(s[1], LOCAL_CREDS, 1), 0);
	CHECK_EQ(option_value(s[1], LOCAL_CREDS), 1);
	CHECK_EQ(option_value(s[1], LOCAL_CREDS_PERSISTENT), 0);
	CHECK_EQ(option(s[1], LOCAL_CREDS_PERSISTENT, 1), -EINVAL);
	CHECK_EQ(send_control(at), 1);
	CHECK_EQ(receive(control, sizeof(control), 0), 1);
	check_old(0);
	CHECK(message(1, &h) == NULL);
	/* Connections tell it once. */
	CHECK_EQ(option_value(s[1], LOCAL_CREDS), type == SOCK_DGRAM);
	CHECK_EQ(option(s[1], LOCAL_CREDS, 0), 0);
	CHECK_EQ(option(s[1], LOCAL_CREDS_PERSISTENT, 1), 0);
	for (int i = 0; i < 2; i++) {
		CHECK_EQ(send_files(1, one), 1);
		CHECK_EQ(receive(control, sizeof(control), 0), 1);
		check_new(0);
		CHECK_EQ(close_all(0), 1);
		CHECK_EQ(SYS(SYS_write, s[0], "w", 1), 1);
		CHECK_EQ(receive(control, sizeof(control), 0), 1);
		check_new(0);
	}
	CHECK_EQ(option(s[1], LOCAL_CREDS_PERSISTENT, 0), 0);
	CHECK_EQ(SYS(SYS_write, s[0], "w", 1), 1);
	CHECK_EQ(receive(control, sizeof(control), 0), 1);
	CHECK_EQ(msg.msg_controllen, 0);
	CHECK_EQ(option(s[1], LOCAL_PEERCRED, 1), -ENOPROTOOPT);
	CHECK_EQ(option(s[1], 99, 1), -ENOPROTOOPT);
}

static long
peer(int fd, struct xucred *xu)
{
	uint32_t len = sizeof(*xu);

	return (SYS(SYS_getsockopt, fd, SOL_LOCAL, LOCAL_PEERCRED, xu, &len));
}

/* Those of both ends of a pair, and none where there is no connection. */
static void
peers(int type)
{
	struct xucred xu;
	int fd = (int)SYS(SYS_socket, AF_UNIX, type, 0);

	CHECK_EQ(peer(fd, &xu), type == SOCK_DGRAM ? -EINVAL : -ENOTCONN);
	SYS(SYS_close, fd);
	for (int i = 0; i < 2; i++) {
		if (type == SOCK_DGRAM) {
			CHECK_EQ(peer(s[i], &xu), -EINVAL);
			continue;
		}
		CHECK_EQ(peer(s[i], &xu), 0);
		CHECK_EQ(xu.cr_pid, SYS(SYS_getpid));
		CHECK_EQ(xu.cr_ngroups, 3);
		CHECK_EQ(xu.cr_groups[1], 7);
	}
}

/* A listener's wish is that of its connections. */
static void
inherited(void)
{
	struct sockaddr_un sun = {10, AF_UNIX, "/tmp/ctl"};
	int l = (int)SYS(SYS_socket, AF_UNIX, SOCK_STREAM, 0);

	CHECK_EQ(SYS(SYS_bind, l, &sun, sun.sun_len), 0);
	CHECK_EQ(option(l, LOCAL_CREDS_PERSISTENT, 1), 0);
	CHECK_EQ(SYS(SYS_listen, l, 1), 0);
	s[0] = (int)SYS(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
	CHECK_EQ(SYS(SYS_connect, s[0], &sun, sun.sun_len), 0);
	s[1] = (int)SYS(SYS_accept, l, 0, 0);
	CHECK_EQ(SYS(SYS_write, s[0], "w", 1), 1);
	CHECK_EQ(receive(control, sizeof(control), 0), 1);
	check_new(0);
	SYS(SYS_close, s[0]);
	SYS(SYS_close, s[1]);
	SYS(SYS_close, l);
}

int
main(int argc, char **argv)
{
	static const uint32_t groups[] = {0, 7, 9};
	int before;

	CHECK_EQ(SYS(SYS_setgroups, 3, groups), 0);
	file = (int)SYS(SYS_open, "/dev/null", O_RDONLY);
	before = descriptors();
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(SYS(SYS_socketpair, AF_UNIX, types[i], 0, s), 0);
		several();
		too_small();
		no_numbers(types[i]);
		refused();
		credentials(types[i]);
		peers(types[i]);
		SYS(SYS_close, s[0]);
		SYS(SYS_close, s[1]);
		CHECK_EQ(descriptors(), before);
	}
	inherited();
	CHECK_EQ(descriptors(), before);
	return (result("control"));
}
