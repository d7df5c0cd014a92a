/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * faildisk SOCKET IMAGE COMMAND...: two disks for a virtual machine that
 * COMMAND starts, by the NBD protocol: "disk", which is IMAGE, and "orders", by
 * which the guest itself says which of the requests for the first one fail from
 * now on, or are held back (faildisk.h).  Ends with the command's status.
 */

#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "faildisk.h"
#include "nbd.h"

#define MAX_DATA (64 << 20)
#define CLIENTS	 2
#define MAX_HELD 64

enum { DISK, ORDERS };

static struct nbd_export exports[] = {
    {"disk", 0}, {"orders", FAIL_SECTOR}, {NULL, 0}};
static union fail_orders orders;
static int image;
static struct client {
	int fd;
	uint32_t disk;
} clients[CLIENTS];
static unsigned nclients;

/* Requests that are held back, with the data of a write. */
static struct held {
	struct nbd_request r;
	int fd;
	uint8_t *data;
} held[MAX_HELD];

enum fate { DONE, FAILED, HELD };

static enum fate
fate_of(const struct nbd_request *r)
{
	struct fail_order *o =
	    &orders.order[r->type == NBD_READ	 ? FAIL_READ
			  : r->type == NBD_WRITE ? FAIL_WRITE
						 : FAIL_FLUSH];

	if (o->end != 0 &&
	    (r->offset >= o->end || r->offset + r->length <= o->start))
		return (DONE);
	if (o->pass > 0) {
		o->pass--;
		return (DONE);
	}
	if (o->fail == 0)
		return (DONE);
	if (o->fail != FAIL_ALL)
		o->fail--;
	if (o->hold)
		return (HELD);
	orders.failed++;
	return (FAILED);
}

static bool
move(uint32_t disk, const struct nbd_request *r, uint8_t *data)
{
	const off_t at = (off_t)r->offset;
	const ssize_t n = (ssize_t)r->length;

	if (disk == DISK)
		return ((r->type == NBD_READ
				? pread(image, data, r->length, at)
				: pwrite(image, data, r->length, at)) == n);
	if (r->type == NBD_READ)
		memcpy(data, orders.sector + at, r->length);
	else {
		memcpy(orders.sector + at, data, r->length);
		orders.failed = 0;
	}
	return (true);
}

static void
answer(int fd, const struct nbd_request *r, uint8_t *data, bool ok)
{
	nbd_answer(fd, r->handle, ok ? 0 : NBD_EIO);
	if (ok && r->type == NBD_READ)
		nbd_put(fd, data, r->length);
}

static void
hold(int fd, const struct nbd_request *r, const uint8_t *data)
{
	struct held *h = &held[orders.held];

	if (orders.held == MAX_HELD)
		errx(1, "too many requests are held back");
	*h = (struct held){*r, fd, malloc(r->length + 1)};
	if (h->data == NULL)
		err(1, "malloc");
	if (r->type == NBD_WRITE)
		memcpy(h->data, data, r->length);
	orders.held++;
}

static void
release_held(uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct held *h = &held[i];
		bool ok = h->r.type == NBD_FLUSH || move(DISK, &h->r, h->data);

		answer(h->fd, &h->r, h->data, ok);
		free(h->data);
	}
	orders.held = 0;
}

/* Those for the disk, as it was ordered. */
static void
disk_request(int fd, const struct nbd_request *r, uint8_t *data)
{
	enum fate fate = fate_of(r);

	if (fate == HELD)
		hold(fd, r, data);
	else
		answer(fd, r, data,
		    fate == DONE &&
			(r->type == NBD_FLUSH || move(DISK, r, data)));
}

static void
orders_request(int fd, const struct nbd_request *r, uint8_t *data)
{
	const uint32_t n = orders.held;
	bool ok = r->type == NBD_FLUSH || move(ORDERS, r, data);

	if (r->type == NBD_WRITE)
		release_held(n);
	answer(fd, r, data, ok);
}

static bool
one_request(struct client *c)
{
	static uint8_t data[MAX_DATA];
	struct nbd_request r;

	if (!nbd_request(c->fd, &r) || r.type == NBD_DISC ||
	    r.length > MAX_DATA || r.offset > exports[c->disk].size ||
	    r.length > exports[c->disk].size - r.offset)
		return (false);
	if (r.type == NBD_WRITE && !nbd_get(c->fd, data, r.length))
		return (false);
	if (c->disk == DISK)
		disk_request(c->fd, &r, data);
	else
		orders_request(c->fd, &r, data);
	return (true);
}

static void
accept_client(int listening)
{
	struct client *c = &clients[nclients];

	c->fd = accept(listening, NULL, NULL);
	if (c->fd < 0)
		err(1, "accept");
	if (nbd_negotiate(c->fd, exports, &c->disk))
		nclients++;
	else
		close(c->fd);
}

static void
serve_all(int listening, int ended)
{
	struct pollfd fds[CLIENTS + 2];

	for (;;) {
		for (unsigned i = 0; i < nclients; i++)
			fds[i] = (struct pollfd){clients[i].fd, POLLIN, 0};
		fds[nclients] = (struct pollfd){ended, POLLIN, 0};
		fds[nclients + 1] = (struct pollfd){listening, POLLIN, 0};
		if (poll(fds, nclients + (nclients < CLIENTS ? 2 : 1), -1) < 0)
			err(1, "poll");
		if (fds[nclients].revents != 0 && nclients == 0)
			return;
		if (nclients < CLIENTS && fds[nclients + 1].revents != 0) {
			accept_client(listening);
			continue;
		}
		for (unsigned i = nclients; i-- > 0;)
			if (fds[i].revents != 0 && !one_request(&clients[i])) {
				close(clients[i].fd);
				clients[i] = clients[--nclients];
			}
	}
}

int
main(int argc, char **argv)
{
	int listening, ended, status;
	struct stat st;
	pid_t pid;

	if (argc < 4)
		errx(2, "faildisk SOCKET IMAGE COMMAND...");
	image = open(argv[2], O_RDWR | O_CLOEXEC);
	if (image < 0 || fstat(image, &st) != 0)
		err(1, "%s", argv[2]);
	exports[DISK].size = (uint64_t)st.st_size;
	listening = nbd_listen(argv[1], CLIENTS);
	pid = nbd_start(argv + 3, &ended);
	serve_all(listening, ended);
	if (waitpid(pid, &status, 0) < 0)
		err(1, "%s", argv[3]);
	return (WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}
