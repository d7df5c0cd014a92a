/* SPDX-License-Identifier: BSD-2-Clause */
/* logdisk's log, for programs that replay it. */
#ifndef TESTS_DISK_EVENTS_H
#define TESTS_DISK_EVENTS_H

#include <stdbool.h>
#include <string.h>

#include "log.h"
#include "whole.h"

struct event {
	struct log_event ev;
	const uint8_t *data;
	bool answered; /* at the cut that is being made */
	bool durable;  /* it is in the image for good */
	size_t start;  /* LOG_DONE, LOG_FLUSHED: the event that it ends */
};

static struct event *events;
static size_t nevents;

static size_t
find_start(uint32_t disk, uint64_t id)
{
	for (size_t i = nevents; i-- > 0;)
		if (events[i].ev.disk == disk && events[i].ev.id == id)
			return (i);
	errx(2, "the log has an answer without a request");
}

static void
read_log(const char *name, size_t disk_size)
{
	size_t size, at = 0, room = 0;
	const uint8_t *log = whole_file(name, &size);
	struct event *e;

	while (size - at >= sizeof(e->ev)) {
		if (nevents == room) {
			room = room * 2 + 1000;
			events = realloc(events, room * sizeof(*events));
			if (events == NULL)
				err(2, NULL);
		}
		e = &events[nevents];
		memset(e, 0, sizeof(*e));
		memcpy(&e->ev, log + at, sizeof(e->ev));
		at += sizeof(e->ev);
		e->data = log + at;
		if (e->ev.length > size - at ||
		    (e->ev.disk == 0 &&
			e->ev.offset + e->ev.length > disk_size))
			errx(2, "%s: damaged at %zu", name, at);
		at += e->ev.length;
		if (e->ev.kind == LOG_DONE || e->ev.kind == LOG_FLUSHED)
			e->start = find_start(e->ev.disk, e->ev.id);
		nevents++;
	}
}

#endif
