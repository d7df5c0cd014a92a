/* SPDX-License-Identifier: BSD-2-Clause */

#include "nbd.h"

#include <endian.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define GREETING      UINT64_C(0x4e42444d41474943)
#define OPTION_MAGIC  UINT64_C(0x49484156454f5054)
#define OPTION_REPLY  UINT64_C(0x0003e889045565a9)
#define REQUEST_MAGIC 0x25609513
#define REPLY_MAGIC   0x67446698
#define FIXED_NO_ZERO 3 /* handshake flags: fixed newstyle, no zeroes */
#define OPT_ABORT     2
#define OPT_GO	      7
#define REP_ACK	      1
#define REP_INFO      3
#define REP_UNSUP     0x80000001
#define REP_UNKNOWN   0x80000006
#define CAN_FLUSH     0x5 /* transmission flags: there are flags; flush */

bool
nbd_get(int fd, void *buf, size_t n)
{
	for (size_t done = 0; done < n;) {
		ssize_t got = read(fd, (char *)buf + done, n - done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return (false);
		done += (size_t)got;
	}
	return (true);
}

/* Who doesn't listen any more is noticed when reading. */
void
nbd_put(int fd, const void *buf, size_t n)
{
	for (size_t done = 0; done < n;) {
		ssize_t sent =
		    send(fd, (const char *)buf + done, n - done, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent <= 0)
			return;
		done += (size_t)sent;
	}
}

int
nbd_listen(const char *path, int clients)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);
	if (s < 0 || bind(s, (struct sockaddr *)&sun, sizeof(sun)) != 0 ||
	    listen(s, clients) != 0)
		err(1, "%s", path);
	return (s);
}

static void
option_reply(int fd, uint32_t option, uint32_t type, const void *data, size_t n)
{
	struct __attribute__((packed)) {
		uint64_t magic;
		uint32_t option, type, length;
	} h = {htobe64(OPTION_REPLY), htobe32(option), htobe32(type),
	    htobe32((uint32_t)n)};

	nbd_put(fd, &h, sizeof(h));
	nbd_put(fd, data, n);
}

/* The export's name, behind its length, says which one. */
static bool
export_info(int fd, const struct nbd_export *exports, const char *data,
    uint32_t length, uint32_t *chosen)
{
	struct __attribute__((packed)) {
		uint16_t type;
		uint64_t size;
		uint16_t flags;
	} info = {0, 0, htobe16(CAN_FLUSH)};
	uint32_t n;

	for (*chosen = 0; exports[*chosen].name != NULL; ++*chosen) {
		n = (uint32_t)strlen(exports[*chosen].name);
		if (length >= 4 + n &&
		    memcmp(data + 4, exports[*chosen].name, n) == 0)
			break;
	}
	if (exports[*chosen].name == NULL) {
		option_reply(fd, OPT_GO, REP_UNKNOWN, NULL, 0);
		return (false);
	}
	info.size = htobe64(exports[*chosen].size);
	option_reply(fd, OPT_GO, REP_INFO, &info, sizeof(info));
	option_reply(fd, OPT_GO, REP_ACK, NULL, 0);
	return (true);
}

bool
nbd_negotiate(int fd, const struct nbd_export *exports, uint32_t *chosen)
{
	struct __attribute__((packed)) {
		uint64_t greeting, option;
		uint16_t flags;
	} hello = {
	    htobe64(GREETING), htobe64(OPTION_MAGIC), htobe16(FIXED_NO_ZERO)};
	struct __attribute__((packed)) {
		uint64_t magic;
		uint32_t option, length;
	} ask;
	static char data[4096];
	uint32_t flags, option, length;

	nbd_put(fd, &hello, sizeof(hello));
	if (!nbd_get(fd, &flags, sizeof(flags)))
		return (false);
	while (nbd_get(fd, &ask, sizeof(ask))) {
		option = be32toh(ask.option);
		length = be32toh(ask.length);
		if (length > sizeof(data) || !nbd_get(fd, data, length))
			return (false);
		if (option == OPT_GO)
			return (export_info(fd, exports, data, length, chosen));
		option_reply(fd, option,
		    option == OPT_ABORT ? REP_ACK : REP_UNSUP, NULL, 0);
	}
	return (false);
}

bool
nbd_request(int fd, struct nbd_request *r)
{
	struct __attribute__((packed)) {
		uint32_t magic;
		uint16_t flags, type;
		uint64_t handle, offset;
		uint32_t length;
	} ask;

	if (!nbd_get(fd, &ask, sizeof(ask)) ||
	    be32toh(ask.magic) != REQUEST_MAGIC)
		return (false);
	*r = (struct nbd_request){be16toh(ask.type), ask.handle,
	    be64toh(ask.offset), be32toh(ask.length)};
	return (true);
}

void
nbd_answer(int fd, uint64_t handle, uint32_t error)
{
	struct __attribute__((packed)) {
		uint32_t magic, error;
		uint64_t handle;
	} reply = {htobe32(REPLY_MAGIC), htobe32(error), handle};

	nbd_put(fd, &reply, sizeof(reply));
}

pid_t
nbd_start(char **command, int *ended)
{
	int pair[2];
	pid_t pid;

	/* Its end is seen by the pipe that only it has. */
	if (pipe2(pair, O_CLOEXEC) != 0 || (pid = fork()) < 0)
		err(1, "fork");
	if (pid == 0) {
		(void)fcntl(pair[1], F_SETFD, 0);
		execvp(command[0], command);
		err(127, "%s", command[0]);
	}
	close(pair[1]);
	*ended = pair[0];
	return (pid);
}
