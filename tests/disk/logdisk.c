/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * logdisk SOCKET IMAGE LOG SEED COMMAND...: two disks for a virtual machine
 * that COMMAND starts, by the NBD protocol: "disk", with what IMAGE has (which
 * isn't changed), and "marks", an empty one.  All that is written goes into
 * LOG, with each request and each answer, in one order for both disks.  Ends
 * with the command's status.
 *
 * Answers to writes and flushes come in no particular order, some of them late:
 * a flush covers what had been answered when it was asked for and no more, as
 * a disk may have it.  QEMU's own driver that logs doesn't know when a write
 * was answered.
 *
 * The protocol: NetworkBlockDevice/nbd, doc/proto.md; only what QEMU asks for.
 */

#include <endian.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "log.h"

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
#define CAN_FLUSH     0x5 /* transmission flags: there are flags; flush */

enum { CMD_READ, CMD_WRITE, CMD_DISC, CMD_FLUSH };

#define MARKS_SIZE (1 << 20)
#define MAX_DATA   (64 << 20)
#define PENDING	   64
#define CLIENTS	   2

struct answer {
	uint64_t handle, id;
	bool flush;
};

static struct client {
	int fd;
	uint32_t disk;
	unsigned npending;
	struct answer pending[PENDING];
} clients[CLIENTS];
static unsigned nclients;

static struct {
	uint8_t *data;
	uint64_t size;
} disks[2];
static FILE *log_file;
static uint64_t next_id;

static bool
get(int fd, void *buf, size_t n)
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
static void
put(int fd, const void *buf, size_t n)
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

static void
note(enum log_kind kind, uint32_t disk, uint64_t id, uint64_t offset,
    const void *data, uint64_t length)
{
	struct log_event ev = {kind, disk, id, offset, length};

	if (fwrite(&ev, sizeof(ev), 1, log_file) != 1 ||
	    (length > 0 && fwrite(data, length, 1, log_file) != 1))
		err(1, "log");
}

static void
option_reply(int fd, uint32_t option, uint32_t type, const void *data, size_t n)
{
	struct __attribute__((packed)) {
		uint64_t magic;
		uint32_t option, type, length;
	} h = {htobe64(OPTION_REPLY), htobe32(option), htobe32(type),
	    htobe32((uint32_t)n)};

	put(fd, &h, sizeof(h));
	put(fd, data, n);
}

/* The export's name says which disk it is. */
static void
export_info(struct client *c, const char *data, uint32_t length)
{
	struct __attribute__((packed)) {
		uint16_t type;
		uint64_t size;
		uint16_t flags;
	} info = {0, 0, htobe16(CAN_FLUSH)};

	c->disk = length >= 9 && memcmp(data + 4, "marks", 5) == 0;
	info.size = htobe64(disks[c->disk].size);
	option_reply(c->fd, OPT_GO, REP_INFO, &info, sizeof(info));
	option_reply(c->fd, OPT_GO, REP_ACK, NULL, 0);
}

static bool
negotiate(struct client *c)
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

	put(c->fd, &hello, sizeof(hello));
	if (!get(c->fd, &flags, sizeof(flags)))
		return (false);
	while (get(c->fd, &ask, sizeof(ask))) {
		option = be32toh(ask.option);
		length = be32toh(ask.length);
		if (length > sizeof(data) || !get(c->fd, data, length))
			return (false);
		if (option == OPT_GO) {
			export_info(c, data, length);
			return (true);
		}
		option_reply(c->fd, option,
		    option == OPT_ABORT ? REP_ACK : REP_UNSUP, NULL, 0);
	}
	return (false);
}

static void
answer(struct client *c, uint64_t handle, uint32_t error)
{
	struct __attribute__((packed)) {
		uint32_t magic, error;
		uint64_t handle;
	} reply = {htobe32(REPLY_MAGIC), htobe32(error), handle};

	put(c->fd, &reply, sizeof(reply));
}

/* Answers one of those that wait, whichever. */
static void
answer_one(struct client *c)
{
	unsigned i = (unsigned)rand() % c->npending;
	struct answer a = c->pending[i];

	c->pending[i] = c->pending[--c->npending];
	note(a.flush ? LOG_FLUSHED : LOG_DONE, c->disk, a.id, 0, NULL, 0);
	answer(c, a.handle, 0);
}

static void
answer_later(struct client *c, uint64_t handle, bool flush)
{
	if (c->npending == PENDING)
		answer_one(c);
	c->pending[c->npending++] = (struct answer){handle, next_id++, flush};
}

static bool
one_request(struct client *c)
{
	struct __attribute__((packed)) {
		uint32_t magic;
		uint16_t flags, type;
		uint64_t handle, offset;
		uint32_t length;
	} ask;
	uint64_t offset, length;
	uint8_t *at;

	if (!get(c->fd, &ask, sizeof(ask)) ||
	    be32toh(ask.magic) != REQUEST_MAGIC)
		return (false);
	offset = be64toh(ask.offset);
	length = be32toh(ask.length);
	if (length > MAX_DATA || offset > disks[c->disk].size ||
	    length > disks[c->disk].size - offset)
		return (false);
	at = disks[c->disk].data + offset;
	switch (be16toh(ask.type)) {
	case CMD_READ:
		answer(c, ask.handle, 0);
		put(c->fd, at, length);
		return (true);
	case CMD_WRITE:
		if (!get(c->fd, at, length))
			return (false);
		note(LOG_WRITE, c->disk, next_id, offset, at, length);
		answer_later(c, ask.handle, false);
		return (true);
	case CMD_FLUSH:
		note(LOG_FLUSH, c->disk, next_id, 0, NULL, 0);
		answer_later(c, ask.handle, true);
		return (true);
	}
	return (false);
}

/* Whether the client is still there. */
static bool
serve(struct client *c, short events)
{
	if (events != 0)
		return (one_request(c));
	/* Now and then the disk takes its time. */
	if (c->disk == 0 && rand() % 8 == 0)
		usleep(1000);
	answer_one(c);
	return (true);
}

static void
accept_client(int listening)
{
	struct client *c = &clients[nclients];

	memset(c, 0, sizeof(*c));
	c->fd = accept(listening, NULL, NULL);
	if (c->fd < 0)
		err(1, "accept");
	if (nclients < CLIENTS && negotiate(c))
		nclients++;
	else
		close(c->fd);
}

static void
serve_all(int listening, int ended)
{
	struct pollfd fds[CLIENTS + 2];
	bool waiting;

	for (;;) {
		waiting = false;
		for (unsigned i = 0; i < nclients; i++) {
			fds[i] = (struct pollfd){clients[i].fd, POLLIN, 0};
			waiting = waiting || clients[i].npending > 0;
		}
		fds[nclients] = (struct pollfd){ended, POLLIN, 0};
		fds[nclients + 1] = (struct pollfd){listening, POLLIN, 0};
		if (poll(fds, nclients + (nclients < CLIENTS ? 2 : 1),
			waiting ? 0 : -1) < 0)
			err(1, "poll");
		if (fds[nclients].revents != 0 && nclients == 0)
			return;
		if (nclients < CLIENTS && fds[nclients + 1].revents != 0) {
			accept_client(listening);
			continue;
		}
		for (unsigned i = nclients; i-- > 0;) {
			if (fds[i].revents == 0 && clients[i].npending == 0)
				continue;
			if (serve(&clients[i], fds[i].revents))
				continue;
			close(clients[i].fd);
			clients[i] = clients[--nclients];
		}
	}
}

static void
load(const char *image)
{
	struct stat st;
	int fd = open(image, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) != 0)
		err(1, "%s", image);
	disks[0].size = (uint64_t)st.st_size;
	disks[0].data = malloc(disks[0].size);
	disks[1].size = MARKS_SIZE;
	disks[1].data = calloc(1, MARKS_SIZE);
	if (!get(fd, disks[0].data, disks[0].size))
		err(1, "%s", image);
	close(fd);
}

static int
listen_at(const char *path)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);
	if (s < 0 || bind(s, (struct sockaddr *)&sun, sizeof(sun)) != 0 ||
	    listen(s, CLIENTS) != 0)
		err(1, "%s", path);
	return (s);
}

int
main(int argc, char **argv)
{
	int listening, ended[2], status;
	pid_t pid;

	if (argc < 6)
		errx(2, "logdisk SOCKET IMAGE LOG SEED COMMAND...");
	load(argv[2]);
	log_file = fopen(argv[3], "wbe");
	if (log_file == NULL)
		err(1, "%s", argv[3]);
	srand((unsigned)atoi(argv[4]));
	listening = listen_at(argv[1]);
	/* The command's end is seen by the pipe that only it has. */
	if (pipe2(ended, O_CLOEXEC) != 0 || (pid = fork()) < 0)
		err(1, "fork");
	if (pid == 0) {
		(void)fcntl(ended[1], F_SETFD, 0);
		execvp(argv[5], argv + 5);
		err(127, "%s", argv[5]);
	}
	close(ended[1]);
	serve_all(listening, ended[0]);
	if (fclose(log_file) != 0)
		err(1, "%s", argv[3]);
	if (waitpid(pid, &status, 0) < 0)
		err(1, "%s", argv[5]);
	return (WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}
