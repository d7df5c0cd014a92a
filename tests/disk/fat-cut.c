/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fat-cut [-u] LOG BASE SEED OUT: what a power cut leaves of a disk, by
 * logdisk's log of one.  The cut is at a place that the seed chooses.  All
 * writes that had been answered before a flush was asked for that was answered
 * are in OUT; of later ones those sectors that the seed chooses.  With -u
 * flushes count for nothing.
 */
#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"

#define SECTOR 512

static uint64_t state;

static uint32_t
number(uint32_t below)
{
	state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return ((uint32_t)(state >> 33) % below);
}

static uint8_t *
read_file(const char *name, size_t *size)
{
	FILE *f = fopen(name, "rbe");
	uint8_t *data;

	if (f == NULL || fseek(f, 0, SEEK_END) != 0)
		err(2, "%s", name);
	*size = (size_t)ftell(f);
	rewind(f);
	data = malloc(*size + 1);
	if (data == NULL || fread(data, 1, *size, f) != *size)
		err(2, "%s", name);
	fclose(f);
	return (data);
}

struct event {
	struct log_event ev;
	const uint8_t *data;
	bool answered, durable;
};
static struct event *events;
static size_t nevents;

static void
read_log(const uint8_t *log, size_t size, size_t disk_size)
{
	size_t at = 0, room = 0;

	while (size - at >= sizeof(struct log_event)) {
		struct event *e;

		if (nevents == room) {
			room = room * 2 + 1000;
			events = realloc(events, room * sizeof(*events));
			if (events == NULL)
				err(2, NULL);
		}
		e = &events[nevents++];
		memset(e, 0, sizeof(*e));
		memcpy(&e->ev, log + at, sizeof(e->ev));
		at += sizeof(e->ev);
		e->data = log + at;
		if (e->ev.length > size - at ||
		    e->ev.offset + e->ev.length > disk_size)
			errx(2, "the log is damaged at %zu", at);
		at += e->ev.length;
	}
}

/* The request that an answer is for. */
static size_t
request(size_t answer)
{
	size_t i = answer;

	while (i-- > 0)
		if (events[i].ev.id == events[answer].ev.id)
			return (i);
	errx(2, "the log has an answer without a request");
}

/* All that had been answered when the flush was asked for. */
static void
make_durable(size_t flush)
{
	for (size_t i = 0; i < flush; i++)
		if (events[i].answered)
			events[i].durable = true;
}

int
main(int argc, char **argv)
{
	const bool unsafe = argc > 1 && strcmp(argv[1], "-u") == 0;
	size_t size, log_size, cut;
	uint8_t *image, *log;
	FILE *f;

	argv += unsafe;
	if (argc - unsafe != 5)
		errx(2, "fat-cut [-u] LOG BASE SEED OUT");
	image = read_file(argv[2], &size);
	log = read_file(argv[1], &log_size);
	read_log(log, log_size, size);
	state = strtoull(argv[3], NULL, 0) * 7919;
	(void)number(2);
	cut = number((uint32_t)nevents);
	/* Answers before a flush was asked for are told from later ones by
	 * going through the log once for each flush. */
	for (size_t i = 0; i < cut && !unsafe; i++) {
		if (events[i].ev.kind != LOG_FLUSHED)
			continue;
		for (size_t k = 0, flush = request(i); k < flush; k++)
			if (events[k].ev.kind == LOG_DONE)
				events[request(k)].answered = true;
		make_durable(request(i));
	}
	for (size_t i = 0; i < cut; i++) {
		const struct event *e = &events[i];
		const uint32_t chance = number(3);

		if (e->ev.kind != LOG_WRITE)
			continue;
		for (size_t at = 0; at < e->ev.length; at += SECTOR)
			if (e->durable || chance == 2 ||
			    (chance == 1 && number(2) == 0))
				memcpy(image + e->ev.offset + at, e->data + at,
				    SECTOR);
	}
	f = fopen(argv[4], "wbe");
	if (f == NULL || fwrite(image, 1, size, f) != size || fclose(f) != 0)
		err(2, "%s", argv[4]);
	return (0);
}
