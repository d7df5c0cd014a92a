/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * logdisk [-f N] SOCKET IMAGE LOG SEED COMMAND...: two disks for a virtual
 * machine that COMMAND starts, by the NBD protocol: "disk", with what IMAGE has
 * (which isn't changed), and "marks", an empty one.  All that is written goes
 * into LOG, with each request and each answer, in one order for both disks.
 * Ends with the command's status.
 *
 * Answers to writes and flushes come in no particular order, some of them late:
 * a flush covers what had been answered when it was asked for and no more, as
 * a disk may have it.  QEMU's own driver that logs doesn't know when a write
 * was answered.
 *
 * With -f one in N writes and flushes of "disk" fails: some of what was to be
 * written is there then, up to some sector.
 */

#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "log.h"
#include "nbd.h"

#define MARKS_SIZE (1 << 20)
#define SECTOR	   512
#define SUPERBLOCK 65536
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
static struct nbd_export exports[] = {
    {"disk", 0}, {"marks", MARKS_SIZE}, {NULL, 0}};
static FILE *log_file;
static uint64_t next_id;

static void
note(enum log_kind kind, uint32_t disk, uint64_t id, uint64_t offset,
    const void *data, uint64_t length)
{
	struct log_event ev = {kind, disk, id, offset, length};

	if (fwrite(&ev, sizeof(ev), 1, log_file) != 1 ||
	    (length > 0 && fwrite(data, length, 1, log_file) != 1))
		err(1, "log");
}

/* Answers one of those that wait, whichever. */
static void
answer_one(struct client *c)
{
	unsigned i = (unsigned)rand() % c->npending;
	struct answer a = c->pending[i];

	c->pending[i] = c->pending[--c->npending];
	note(a.flush ? LOG_FLUSHED : LOG_DONE, c->disk, a.id, 0, NULL, 0);
	nbd_answer(c->fd, a.handle, 0);
}

static void
answer_later(struct client *c, uint64_t handle, bool flush)
{
	if (c->npending == PENDING)
		answer_one(c);
	c->pending[c->npending++] = (struct answer){handle, next_id++, flush};
}

static unsigned failing; /* -f */

/* Does the request fail?  Of a write, only so much is carried out. */
static bool
fails(const struct client *c, struct nbd_request *r)
{
	if (c->disk != 0 || failing == 0 || r->type == NBD_READ ||
	    (unsigned)rand() % failing != 0)
		return (false);
	/* The superblock comes to be at once. */
	if (r->offset == SUPERBLOCK)
		r->length *= (unsigned)rand() % 2;
	else
		r->length =
		    (unsigned)rand() % (r->length / SECTOR + 1) * SECTOR;
	return (true);
}

/* What came of a write that failed: as if it had been asked for, and done. */
static void
note_failed(const struct nbd_request *r, const uint8_t *at)
{
	if (r->length == 0)
		return;
	note(LOG_WRITE, 0, next_id, r->offset, at, r->length);
	note(LOG_DONE, 0, next_id++, 0, NULL, 0);
}

static bool
do_write(struct client *c, struct nbd_request *r, uint8_t *at)
{
	static uint8_t data[MAX_DATA];
	bool failed;

	if (!nbd_get(c->fd, data, r->length))
		return (false);
	failed = fails(c, r);
	memcpy(at, data, r->length);
	if (failed) {
		note_failed(r, at);
		nbd_answer(c->fd, r->handle, NBD_EIO);
		return (true);
	}
	note(LOG_WRITE, c->disk, next_id, r->offset, at, r->length);
	answer_later(c, r->handle, false);
	return (true);
}

static bool
one_request(struct client *c)
{
	struct nbd_request r;
	uint8_t *at;

	if (!nbd_request(c->fd, &r) || r.length > MAX_DATA ||
	    r.offset > disks[c->disk].size ||
	    r.length > disks[c->disk].size - r.offset)
		return (false);
	at = disks[c->disk].data + r.offset;
	switch (r.type) {
	case NBD_READ:
		nbd_answer(c->fd, r.handle, 0);
		nbd_put(c->fd, at, r.length);
		return (true);
	case NBD_WRITE:
		return (do_write(c, &r, at));
	case NBD_FLUSH:
		if (fails(c, &r)) {
			nbd_answer(c->fd, r.handle, NBD_EIO);
			return (true);
		}
		note(LOG_FLUSH, c->disk, next_id, 0, NULL, 0);
		answer_later(c, r.handle, true);
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
	if (nclients < CLIENTS && nbd_negotiate(c->fd, exports, &c->disk))
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
	if (!nbd_get(fd, disks[0].data, disks[0].size))
		err(1, "%s", image);
	exports[0].size = disks[0].size;
	close(fd);
}

int
main(int argc, char **argv)
{
	int listening, ended, status;
	pid_t pid;

	if (argc > 2 && strcmp(argv[1], "-f") == 0) {
		failing = (unsigned)atoi(argv[2]);
		argc -= 2;
		argv += 2;
	}
	if (argc < 6)
		errx(2, "logdisk [-f N] SOCKET IMAGE LOG SEED COMMAND...");
	load(argv[2]);
	log_file = fopen(argv[3], "wbe");
	if (log_file == NULL)
		err(1, "%s", argv[3]);
	srand((unsigned)atoi(argv[4]));
	listening = nbd_listen(argv[1], CLIENTS);
	pid = nbd_start(argv + 5, &ended);
	serve_all(listening, ended);
	if (fclose(log_file) != 0)
		err(1, "%s", argv[3]);
	if (waitpid(pid, &status, 0) < 0)
		err(1, "%s", argv[5]);
	return (WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}
