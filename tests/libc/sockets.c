/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets within the machine, poll and select, terminals. */
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "check.h"

static const char path[] = "/tmp/socket";

static void *
client(void *arg)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	char buf[8];
	int fd;

	(void)arg;
	strcpy(sun.sun_path, path);
	CHECK((fd = socket(AF_UNIX, SOCK_STREAM, 0)) >= 0);
	CHECK(connect(fd, (struct sockaddr *)&sun, SUN_LEN(&sun)) == 0);
	CHECK(send(fd, "hello", 5, 0) == 5);
	CHECK(recv(fd, buf, sizeof(buf), MSG_WAITALL) == 3);
	CHECK(memcmp(buf, "bye", 3) == 0 && close(fd) == 0);
	return (NULL);
}

static void
streams(void)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	socklen_t len = sizeof(sun);
	struct pollfd pfd;
	pthread_t t;
	char buf[8];
	int fd, conn;

	strcpy(sun.sun_path, path);
	CHECK((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) >= 0);
	CHECK(bind(fd, (struct sockaddr *)&sun, SUN_LEN(&sun)) == 0);
	CHECK(listen(fd, 5) == 0);
	CHECK(getsockname(fd, (struct sockaddr *)&sun, &len) == 0);
	CHECK(sun.sun_family == AF_UNIX && strcmp(sun.sun_path, path) == 0);
	CHECK(pthread_create(&t, NULL, client, NULL) == 0);
	CHECK((conn = accept4(fd, NULL, NULL, SOCK_CLOEXEC)) >= 0);
	pfd = (struct pollfd){.fd = conn, .events = POLLIN};
	CHECK(poll(&pfd, 1, -1) == 1 && pfd.revents == POLLIN);
	CHECK(recv(conn, buf, sizeof(buf), 0) == 5);
	CHECK(send(conn, "bye", 3, 0) == 3 && close(conn) == 0);
	CHECK(pthread_join(t, NULL) == 0 && close(fd) == 0);
}

/* A descriptor travels with the data. */
static void
passing(void)
{
	char control[CMSG_SPACE(sizeof(int))] = "", byte = 'x';
	struct iovec iov = {&byte, 1};
	struct msghdr msg = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = control,
	    .msg_controllen = sizeof(control)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	int s[2], p[2], fd, size;
	socklen_t len = sizeof(size);

	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0 && pipe(p) == 0);
	CHECK(getsockopt(s[0], SOL_SOCKET, SO_SNDBUF, &size, &len) == 0);
	CHECK(size > 0);
	c->cmsg_len = CMSG_LEN(sizeof(int));
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	memcpy(CMSG_DATA(c), &p[1], sizeof(int));
	CHECK(sendmsg(s[0], &msg, 0) == 1);
	memset(control, 0, sizeof(control));
	CHECK(recvmsg(s[1], &msg, 0) == 1);
	c = CMSG_FIRSTHDR(&msg);
	CHECK(c != NULL && c->cmsg_type == SCM_RIGHTS);
	memcpy(&fd, CMSG_DATA(c), sizeof(int));
	CHECK(fd != p[1] && write(fd, "y", 1) == 1);
	CHECK(read(p[0], &byte, 1) == 1 && byte == 'y');
	CHECK(CMSG_NXTHDR(&msg, c) == NULL);
}

/* The receiver asks who sends. */
static void
credentials(void)
{
	char control[CMSG_SPACE(SOCKCRED2SIZE(CMGROUP_MAX))] = "", byte;
	struct iovec iov = {&byte, 1};
	struct msghdr msg = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = control,
	    .msg_controllen = sizeof(control)};
	struct sockcred2 who;
	struct cmsghdr *c;
	int s[2], on = 1;

	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0);
	CHECK(setsockopt(s[1], SOL_LOCAL, LOCAL_CREDS_PERSISTENT, &on,
		  sizeof(on)) == 0);
	CHECK(write(s[0], "x", 1) == 1 && recvmsg(s[1], &msg, 0) == 1);
	CHECK((c = CMSG_FIRSTHDR(&msg)) != NULL);
	CHECK(c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_CREDS2);
	memcpy(&who, CMSG_DATA(c), sizeof(who));
	CHECK(c->cmsg_len == CMSG_LEN(SOCKCRED2SIZE(who.sc_ngroups)));
	CHECK(who.sc_pid == getpid() && who.sc_uid == getuid());
	CHECK(who.sc_egid == getegid() && who.sc_version == 0);
	CHECK(close(s[0]) == 0 && close(s[1]) == 0);
}

static void
selecting(void)
{
	struct timeval tv = {0, 1000};
	struct timespec ts = {5, 0};
	fd_set in;
	int p[2];

	CHECK(pipe2(p, O_NONBLOCK) == 0);
	FD_ZERO(&in);
	FD_SET(p[0], &in);
	CHECK(select(p[0] + 1, &in, NULL, NULL, &tv) == 0);
	CHECK(write(p[1], "a", 1) == 1);
	FD_SET(p[0], &in);
	CHECK(pselect(p[0] + 1, &in, NULL, NULL, &ts, NULL) == 1);
	CHECK(FD_ISSET(p[0], &in));
}

static void
terminals(void)
{
	struct winsize ws = {.ws_row = 30, .ws_col = 90};
	struct termios tio;
	char name[64], buf[16];
	int m, s;

	CHECK(openpty(&m, &s, NULL, NULL, &ws) == 0);
	CHECK(isatty(s) && ttyname_r(s, name, sizeof(name)) == 0);
	CHECK(strcmp(name, ptsname(m)) == 0);
	CHECK(tcgetattr(s, &tio) == 0 && (tio.c_lflag & ICANON) != 0);
	CHECK(tio.c_cc[VINTR] == 3 && cfgetospeed(&tio) != 0);
	cfmakeraw(&tio);
	CHECK(tcsetattr(s, TCSANOW, &tio) == 0);
	CHECK(write(m, "\003", 1) == 1 && read(s, buf, 16) == 1);
	CHECK(buf[0] == 3);
	CHECK(ioctl(s, TIOCGWINSZ, &ws) == 0 && ws.ws_col == 90);
	CHECK(tcflush(s, TCIOFLUSH) == 0);
	CHECK(!isatty(open("/dev/null", O_RDWR)) && errno == ENOTTY);
}

int
main(void)
{
	CHECK(mkdir("/tmp", 01777) == 0 || errno == EEXIST);
	streams();
	passing();
	credentials();
	selecting();
	terminals();
	return (result("sockets"));
}
