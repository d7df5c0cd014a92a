/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fat-cut [-u] LOG BASE SEED OUT: what a power cut leaves of a disk, by
 * logdisk's log of one.  The cut is at a place that the seed chooses.  All
 * writes that had been answered before a flush was asked for that was answered
 * are in OUT; of later ones those sectors that the seed chooses.  With -u
 * flushes count for nothing.
 */
#include "events.h"

#define SECTOR 512

static uint64_t state;

static uint32_t
number(uint32_t below)
{
	state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return ((uint32_t)(state >> 33) % below);
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
	size_t size, cut;
	uint8_t *image;
	FILE *f;

	argv += unsafe;
	if (argc - unsafe != 5)
		errx(2, "fat-cut [-u] LOG BASE SEED OUT");
	image = whole_file(argv[2], &size);
	read_log(argv[1], size);
	state = strtoull(argv[3], NULL, 0) * 7919;
	(void)number(2);
	cut = number((uint32_t)nevents);
	/* Answers before a flush was asked for are told from later ones by
	 * going through the log once for each flush. */
	for (size_t i = 0; i < cut && !unsafe; i++) {
		if (events[i].ev.kind != LOG_FLUSHED)
			continue;
		for (size_t k = 0, flush = events[i].start; k < flush; k++)
			if (events[k].ev.kind == LOG_DONE)
				events[events[k].start].answered = true;
		make_durable(events[i].start);
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
