/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * replay [-c COMMAND] [-k] [-u] LOG BASE WORK SEED OPERATIONS CUTS: what power
 * cuts leave of a disk, by logdisk's log of torture.c at work.  A cut is a
 * place in the log, from a random sequence.  What the disk then holds:
 *
 *	all writes that had been answered before a flush was asked for, if that
 *	flush has been answered;
 *	of the later ones, any: all, none, or each by chance, and of some only
 *	a few of their sectors of 512 bytes.
 *
 * Of two writes to one place a disk may keep the earlier one; that is when
 * chance drops the later one, so that the order of the log is always kept.
 *
 * COMMAND is run with the image's name, and must end with 0; the tree is looked
 * at by judge.c.  WORK is the image, a file of its own.  With -k the first cut
 * that leaves something wrong ends it, and its image stays.  With -u flushes
 * count for nothing: what must then be found wrong shows that this finds it.
 */

#include <err.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "judge.h"
#include "log.h"
#include "torture.h"

#define SECTOR 512

struct event {
	struct log_event ev;
	const uint8_t *data;
	bool answered; /* at the cut that is being made */
	bool durable;  /* it is in the image for good */
	size_t start;  /* LOG_DONE, LOG_FLUSHED: the event that it ends */
};

static struct event *events;
static size_t nevents;
static uint8_t *image;
static size_t image_size;
static const char *image_name;
static const char *command;
static bool keep, unsafe;

/* What to put back after a cut has been looked at. */
static struct saved {
	uint64_t offset;
	uint8_t data[SECTOR];
} * saved;
static size_t nsaved, saved_room;

static int
read_image(struct ufs_device *dev, uint64_t offset, void *buf, size_t size)
{
	(void)dev;
	memcpy(buf, image + offset, size);
	return (0);
}

static void *
map_file(const char *name, int flags, size_t *size)
{
	const int prot = flags == O_RDWR ? PROT_READ | PROT_WRITE : PROT_READ;
	struct stat st;
	void *p;
	int fd = open(name, flags | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) != 0)
		err(2, "%s", name);
	*size = (size_t)st.st_size;
	p = mmap(NULL, *size, prot, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		err(2, "%s", name);
	close(fd);
	return (p);
}

static size_t
find_start(uint32_t disk, uint64_t id)
{
	for (size_t i = nevents; i-- > 0;)
		if (events[i].ev.disk == disk && events[i].ev.id == id)
			return (i);
	errx(2, "the log has an answer without a request");
}

static void
read_log(const char *name)
{
	size_t size, at = 0, room = 0;
	const uint8_t *log = map_file(name, O_RDONLY, &size);
	struct event *e;

	while (size - at >= sizeof(e->ev)) {
		if (nevents == room) {
			room = room * 2 + 1000;
			events = realloc(events, room * sizeof(*events));
		}
		e = &events[nevents];
		memset(e, 0, sizeof(*e));
		memcpy(&e->ev, log + at, sizeof(e->ev));
		at += sizeof(e->ev);
		e->data = log + at;
		if (e->ev.length > size - at ||
		    (e->ev.disk == 0 &&
			e->ev.offset + e->ev.length > image_size))
			errx(2, "%s: damaged at %zu", name, at);
		at += e->ev.length;
		if (e->ev.kind == LOG_DONE || e->ev.kind == LOG_FLUSHED)
			e->start = find_start(e->ev.disk, e->ev.id);
		nevents++;
	}
}

/* The mark that an event writes, or NULL. */
static const struct mark *
mark_of(const struct event *e)
{
	const struct mark *m = (const struct mark *)e->data;

	return (e->ev.kind == LOG_WRITE && e->ev.disk == 1 &&
			e->ev.length >= sizeof(*m) && m->magic == MARK_MAGIC
		    ? m
		    : NULL);
}

static void
begin_judge(uint64_t seed, uint32_t ops)
{
	uint64_t *inos = calloc(ops + 1, sizeof(*inos));
	const struct mark *m;

	for (size_t i = 0; i < nevents; i++) {
		m = mark_of(&events[i]);
		if (m != NULL && m->op <= ops)
			inos[m->op] = m->ino;
	}
	judge_begin(seed, ops, inos);
	free(inos);
}

static void
write_sectors(const struct event *e, size_t from, size_t to)
{
	memcpy(image + e->ev.offset + from, e->data + from, to - from);
}

/* As write_sectors(), until put_back(). */
static void
write_for_now(const struct event *e, size_t from, size_t to)
{
	for (; from < to; from += SECTOR) {
		if (nsaved == saved_room) {
			saved_room = saved_room * 2 + 1000;
			saved = realloc(saved, saved_room * sizeof(*saved));
		}
		saved[nsaved].offset = e->ev.offset + from;
		memcpy(
		    saved[nsaved++].data, image + e->ev.offset + from, SECTOR);
		write_sectors(e, from, from + SECTOR);
	}
}

static void
put_back(void)
{
	while (nsaved > 0) {
		nsaved--;
		memcpy(
		    image + saved[nsaved].offset, saved[nsaved].data, SECTOR);
	}
}

/* The flush that covers what had been answered before it, if there is one that
 * was answered before the cut and asked for after `from`. */
static void
make_durable(size_t cut)
{
	static size_t done; /* all before it that can be, is */
	size_t flush = done;

	for (size_t i = 0; i < cut; i++)
		if (events[i].ev.kind == LOG_FLUSHED &&
		    events[i].ev.disk == 0 && events[i].start > flush)
			flush = events[i].start;
	for (size_t i = 0; i < flush; i++)
		if (events[i].ev.kind == LOG_DONE && events[i].ev.disk == 0)
			events[events[i].start].answered = true;
	for (size_t i = 0; i < flush; i++)
		if (events[i].answered && !events[i].durable) {
			events[i].durable = true;
			write_sectors(&events[i], 0, events[i].ev.length);
		}
	done = flush;
}

/* Of the others, some. */
static void
make_some(size_t cut)
{
	const int how = rand() % 8; /* 0: none; 1: all; else each by chance */
	size_t from, to;

	for (size_t i = 0; i < cut; i++) {
		const struct event *e = &events[i];

		if (e->ev.kind != LOG_WRITE || e->ev.disk != 0 || e->durable ||
		    how == 0 || (how > 1 && rand() % 2 == 0))
			continue;
		from = 0;
		to = e->ev.length;
		if (how > 1 && rand() % 4 == 0) {
			from = (size_t)rand() % (to / SECTOR) * SECTOR;
			to -= (size_t)rand() % ((to - from) / SECTOR) * SECTOR;
		}
		write_for_now(e, from, to);
	}
}

/* -u: writes in any order, whatever was flushed. */
static void
make_anything(size_t cut)
{
	for (size_t i = 0; i < cut; i++)
		if (events[i].ev.kind == LOG_WRITE && events[i].ev.disk == 0 &&
		    rand() % 8 != 0)
			write_for_now(&events[i], 0, events[i].ev.length);
}

static bool
run_command(void)
{
	char text[4096];

	if (command == NULL)
		return (true);
	(void)msync(image, image_size, MS_ASYNC);
	snprintf(text, sizeof(text), "%s %s", command, image_name);
	return (system(text) == 0);
}

static bool
one_cut(size_t cut)
{
	struct ufs_device dev = {read_image, image_size};
	uint32_t done = 0;
	const struct mark *m;
	unsigned faults;
	bool fine;

	for (size_t i = cut; i-- > 0 && done == 0;) {
		m = mark_of(&events[i]);
		if (m != NULL)
			done = m->op;
	}
	if (unsafe)
		make_anything(cut);
	else {
		make_durable(cut);
		make_some(cut);
	}
	fine = run_command();
	faults = judge_tree(&dev, done);
	if (!fine || faults > 0)
		printf("cut at event %zu of %zu, after operation %u: %s%u "
		       "faults\n",
		    cut, nevents, done, fine ? "" : "the check failed, ",
		    faults);
	if (keep && (!fine || faults > 0))
		exit(1);
	put_back();
	return (fine && faults == 0);
}

static int
by_size(const void *a, const void *b)
{
	const size_t x = *(const size_t *)a, y = *(const size_t *)b;

	return (x < y ? -1 : x > y);
}

static unsigned
all_cuts(unsigned n)
{
	size_t *cuts = calloc(n, sizeof(*cuts));
	unsigned bad = 0;

	/* The last is the end: everything was written. */
	for (unsigned i = 0; i < n; i++)
		cuts[i] = i == 0 ? nevents : (size_t)rand() % nevents;
	qsort(cuts, n, sizeof(*cuts), by_size);
	for (unsigned i = 0; i < n; i++)
		bad += !one_cut(cuts[i]);
	free(cuts);
	return (bad);
}

/* The image begins as a copy of the base. */
static void
copy_base(const char *base)
{
	size_t size;
	const uint8_t *from = map_file(base, O_RDONLY, &size);
	int fd = open(image_name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	if (fd < 0 || ftruncate(fd, (off_t)size) != 0)
		err(2, "%s", image_name);
	close(fd);
	image = map_file(image_name, O_RDWR, &image_size);
	memcpy(image, from, size);
}

int
main(int argc, char **argv)
{
	unsigned n, bad;
	int c;

	while ((c = getopt(argc, argv, "c:ku")) != -1)
		switch (c) {
		case 'c':
			command = optarg;
			break;
		case 'k':
			keep = true;
			break;
		case 'u':
			unsafe = true;
			break;
		default:
			return (2);
		}
	argv += optind;
	if (argc - optind != 6)
		errx(2, "replay [-c COMMAND] [-k] [-u] LOG BASE WORK SEED "
			"OPERATIONS CUTS");
	image_name = argv[2];
	copy_base(argv[1]);
	read_log(argv[0]);
	begin_judge(strtoull(argv[3], NULL, 0), (uint32_t)atoi(argv[4]));
	srand((unsigned)atoi(argv[3]));
	n = (unsigned)atoi(argv[5]);
	bad = all_cuts(n);
	printf("%u cuts, %u with faults\n", n, bad);
	return (bad == 0 ? 0 : 1);
}
