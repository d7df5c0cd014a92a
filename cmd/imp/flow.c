/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * A flow never blocks, for it shares one thread with all others.  That would
 * be simple with O_NONBLOCK, but our standard descriptors are open files that
 * we share with the shell and others, who don't expect that.  So a pipe or
 * terminal is opened anew (Linux can), a socket is written with MSG_DONTWAIT,
 * and else we write no more than poll(2) promises room for.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "flow.h"

#define BUFFER_SIZE (128 * 1024)

/* Prepare a descriptor that we were given for writing without blocking. */
static void
prepare_output(struct flow *flow)
{
	struct stat st;
	char path[32];
	int fd;

	if (fstat(flow->to, &st) != 0 || S_ISREG(st.st_mode))
		return;
	if (S_ISSOCK(st.st_mode)) {
		flow->socket = true;
		return;
	}
	/*
	 * /dev/fd on other systems gives the same open file again, so that
	 * O_NONBLOCK would reach the others.
	 */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", flow->to);
	fd = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	flow->reopened = fd >= 0;
	flow->cautious = fd < 0;
	if (fd >= 0)
		flow->to = fd;
}

void
flow_init(struct flow *flow, int from, int to)
{
	*flow = (struct flow){.from = from, .to = to};
	if (from < 0)
		return;
	flow->buffer = malloc(BUFFER_SIZE);
	if (flow->buffer == NULL)
		abort();
	if (to < 0)
		return;
	if (to < 3)
		prepare_output(flow);
	else
		flow->socket = from < 3;
}

static bool
is_empty(const struct flow *flow)
{
	return (flow->start == flow->end);
}

bool
flow_done(const struct flow *flow)
{
	return (flow->from < 0 && is_empty(flow));
}

bool
flow_drained(const struct flow *flow)
{
	struct pollfd fd = {flow->from, POLLIN, 0};

	return (is_empty(flow) && (flow->from < 0 || poll(&fd, 1, 0) == 0));
}

int
flow_poll(const struct flow *flow, struct pollfd *fds)
{
	int count = 0;

	if (flow->from >= 0 && !flow->paused && is_empty(flow))
		fds[count++] = (struct pollfd){flow->from, POLLIN, 0};
	/* Without events it still tells that the receiver has gone. */
	if (flow->to >= 0)
		fds[count++] =
		    (struct pollfd){flow->to, is_empty(flow) ? 0 : POLLOUT, 0};
	return (count);
}

static void
receiver_gone(struct flow *flow)
{
	flow->broken = true;
	flow_drop(flow);
}

/* Deliver what is in the buffer, as far as that goes. */
static void
deliver(struct flow *flow, bool writable)
{
	size_t size;
	ssize_t n;

	while (!is_empty(flow)) {
		size = flow->end - flow->start;
		if (flow->to < 0) {
			flow->start = flow->end;
			return;
		}
		if (flow->cautious && !writable)
			return;
		if (flow->cautious && size > PIPE_BUF)
			size = PIPE_BUF;
		writable = false;
		if (flow->socket)
			n = send(flow->to, flow->buffer + flow->start, size,
			    MSG_DONTWAIT | MSG_NOSIGNAL);
		else
			n = write(flow->to, flow->buffer + flow->start, size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return;
		if (n < 0) {
			receiver_gone(flow);
			return;
		}
		flow->start += (size_t)n;
	}
}

/* Remember the last that went through, the newer half at least. */
static void
keep(struct flow_tail *tail, const char *data, size_t size)
{
	size_t half = sizeof(tail->text) / 2;

	if (size > half) {
		data += size - half;
		size = half;
	}
	if (tail->size + size > sizeof(tail->text)) {
		memmove(tail->text, tail->text + tail->size - half, half);
		tail->size = half;
	}
	memcpy(tail->text + tail->size, data, size);
	tail->size += size;
}

/* Fill the empty buffer.  Returns false if there is nothing to deliver. */
static bool
receive(struct flow *flow)
{
	ssize_t n;

	n = read(flow->from, flow->buffer, BUFFER_SIZE);
	if (n < 0 &&
	    (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK))
		return (false);
	if (n <= 0) {
		/* Errors mean the end too: a terminal that hung up, ... */
		flow_stop(flow);
		return (false);
	}
	flow->start = 0;
	flow->end = (size_t)n;
	if (flow->tail != NULL)
		keep(flow->tail, flow->buffer, flow->end);
	return (true);
}

void
flow_run(struct flow *flow, const struct pollfd *fds, int count)
{
	bool readable = false, writable = false;

	for (int i = 0; i < count; i++) {
		if (fds[i].revents == 0)
			continue;
		if (fds[i].events == POLLIN && fds[i].fd == flow->from)
			readable = true;
		else if (fds[i].events == POLLOUT)
			writable = true;
		else if (flow->to >= 0)
			receiver_gone(flow);
	}
	if (writable)
		deliver(flow, true);
	if (readable && is_empty(flow) && receive(flow))
		deliver(flow, false);
	if (flow_done(flow) && flow->to_end && flow->to >= 0) {
		(void)shutdown(flow->to, SHUT_WR);
		flow->to_end = false;
	}
}

void
flow_stop(struct flow *flow)
{
	if (flow->from >= 3)
		close(flow->from);
	flow->from = -1;
}

void
flow_drop(struct flow *flow)
{
	if (flow->reopened)
		close(flow->to);
	flow->reopened = false;
	flow->to = -1;
	flow->start = flow->end = 0;
}
