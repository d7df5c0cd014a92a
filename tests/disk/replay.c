/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * replay [-u] [-k FILE] LOG BASE SEED OPERATIONS CUTS: what power cuts leave of
 * a disk, by logdisk's log of torture.c at work.  A cut is a place in the log,
 * from a random sequence; and where a superblock was just asked to be written,
 * once for each choice of its sectors.  What the disk then holds:
 *
 *	all writes that had been answered before a flush was asked for, if that
 *	flush has been answered;
 *	of the later ones, any: all, none, or each by chance, and of some only
 *	a few of their sectors of 512 bytes.
 *
 * Of two writes to one place a disk may keep the earlier one; that is when
 * chance drops the later one, so that the order of the log is always kept.
 *
 * The checker of fsck must find nothing in it but what it calls harmless, and
 * the tree must be as judge.c wants it; then it is repaired as rc(8) does it,
 * must be found clean, and still have all.  With -k the image of the first cut
 * that leaves something wrong is kept, and is the last.  With -u flushes count
 * for nothing: that must go wrong, or else this test couldn't.
 */

#include <stddef.h>
#include <unistd.h>

#include "../../base/fsck/check.h"
#include "events.h"
#include "judge.h"
#include "torture.h"

#define SECTOR	 512
#define MAX_TORN 3 /* sectors of a superblock in which there is something */

static uint8_t *image;
static uint8_t *repaired; /* a copy of it */
static size_t image_size;
static uint64_t superblock; /* bytes: where it is */
static const char *keep;    /* -k */
static bool unsafe;	    /* -u */

/* What to put back after a cut has been looked at. */
static struct saved {
	uint64_t offset;
	uint8_t data[SECTOR];
} * saved;
static size_t nsaved, saved_room;

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
write_torn(const struct event *e, unsigned sectors)
{
	for (unsigned i = 0; i * SECTOR < e->ev.length; i++)
		if (sectors >> i & 1)
			write_for_now(e, i * SECTOR, (i + 1) * SECTOR);
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

/* Of the others, some; of the last, if it isn't 0, the sectors of `torn`. */
static void
make_some(size_t cut, unsigned torn)
{
	const int how = rand() % 8; /* 0: none; 1: all; else each by chance */
	size_t from, to;

	for (size_t i = 0; i < cut; i++) {
		const struct event *e = &events[i];

		if (torn != 0 && i == cut - 1) {
			write_torn(e, torn);
			return;
		}
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

/* A device for judge.c, and one for the checker. */
struct memory {
	struct ufs_device ufs;
	struct check_device check;
	uint8_t *data;
};

static int
read_ufs(struct ufs_device *dev, uint64_t offset, void *buf, size_t size)
{
	struct memory *m = (struct memory *)dev;

	memcpy(buf, m->data + offset, size);
	return (0);
}

static struct memory *
memory_of(struct check_device *dev)
{
	return (
	    (struct memory *)((char *)dev - offsetof(struct memory, check)));
}

static int
read_check(struct check_device *dev, uint64_t offset, void *buf, size_t size)
{
	memcpy(buf, memory_of(dev)->data + offset, size);
	return (0);
}

static int
write_check(
    struct check_device *dev, uint64_t offset, const void *buf, size_t size)
{
	memcpy(memory_of(dev)->data + offset, buf, size);
	return (0);
}

static int
sync_check(struct check_device *dev)
{
	(void)dev;
	return (0);
}

/* Says what was found only if it is more than may be.  What is marked clean
 * isn't repaired, but must be clean. */
static bool
check(struct memory *m, enum check_mode mode, enum check_status most)
{
	struct check_options opt = {
	    .mode = mode, .skip_clean = mode == CHECK_PREEN, .now = 1};
	struct check_result res;
	char *text;
	size_t size;
	bool fine;

	opt.out = open_memstream(&text, &size);
	check_run(&m->check, &opt, &res);
	fclose(opt.out);
	fine = res.status == CHECK_CLEAN || res.status == most;
	if (!fine)
		printf("%s%s%s",
		    mode == CHECK_REPORT ? "" : "repairing: ", text,
		    res.status == CHECK_FAILED ? res.reason : "");
	free(text);
	return (fine);
}

static bool
look_at(uint8_t *data, uint32_t done)
{
	struct memory m = {{read_ufs, image_size},
	    {read_check, write_check, sync_check, image_size}, data};
	bool fine;

	fine = check(&m, CHECK_REPORT, CHECK_LEFTOVER) &
	       (judge_tree(&m.ufs, done) == 0);
	if (!fine)
		return (false);
	memcpy(repaired, data, image_size);
	m.data = repaired;
	return (check(&m, CHECK_PREEN, CHECK_REPAIRED) &&
		check(&m, CHECK_REPORT, CHECK_CLEAN) &&
		judge_tree(&m.ufs, done) == 0);
}

static void
keep_image(void)
{
	FILE *f = fopen(keep, "wbe");

	if (f == NULL || fwrite(image, image_size, 1, f) != 1 || fclose(f) != 0)
		err(2, "%s", keep);
	exit(1);
}

struct cut {
	size_t at;     /* before this event */
	unsigned torn; /* 0, or sectors of the superblock, a bit each */
};

static bool
one_cut(const struct cut *place)
{
	const size_t cut = place->at;
	const struct mark *m;
	uint32_t done = 0;
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
		make_some(cut, place->torn);
	}
	fine = look_at(image, done);
	if (!fine)
		printf("cut at event %zu of %zu, after operation %u, "
		       "superblock %#x\n",
		    cut, nevents, done, place->torn);
	if (!fine && keep != NULL)
		keep_image();
	put_back();
	return (fine);
}

static int
by_place(const void *a, const void *b)
{
	const struct cut *x = a, *y = b;

	return (x->at < y->at ? -1 : x->at > y->at);
}

/* Each choice of sectors of each superblock that was written. */
static unsigned
tears(struct cut *cuts)
{
	unsigned n = 0;

	for (size_t i = 0; i < nevents; i++) {
		const struct log_event *ev = &events[i].ev;

		if (ev->kind != LOG_WRITE || ev->disk != 0 ||
		    ev->offset != superblock || ev->length > UFS_SB_SIZE)
			continue;
		for (unsigned torn = 1; torn < 1u << MAX_TORN; torn++) {
			if (cuts != NULL)
				cuts[n] = (struct cut){i + 1, torn};
			n++;
		}
	}
	return (n);
}

static unsigned
all_cuts(unsigned n)
{
	const unsigned torn = unsafe ? 0 : tears(NULL);
	struct cut *cuts = calloc(n + torn, sizeof(*cuts));
	unsigned bad = 0;

	/* The last is the end: everything was written. */
	for (unsigned i = 0; i < n; i++)
		cuts[i].at = i == 0 ? nevents : (size_t)rand() % nevents;
	if (torn != 0)
		(void)tears(cuts + n);
	n += torn;
	qsort(cuts, n, sizeof(*cuts), by_place);
	for (unsigned i = 0; i < n; i++)
		bad += !one_cut(&cuts[i]);
	free(cuts);
	printf("%u cuts, %u of them in the superblock, %u with faults\n", n,
	    torn, bad);
	return (bad + (!unsafe && torn == 0));
}

/* The image is at first what the base is. */
static void
read_base(const char *base)
{
	struct memory m = {.ufs = {.ud_read = read_ufs}};
	struct ufs fs;
	const char *why;

	image = whole_file(base, &image_size);
	repaired = malloc(image_size);
	if (repaired == NULL)
		err(2, "%s", base);
	m.ufs.ud_size = image_size;
	m.data = image;
	if (ufs_open(&fs, &m.ufs, &why) != 0)
		errx(2, "%s: %s", base, why);
	superblock = fs.fs_where;
}

int
main(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "k:u")) != -1)
		switch (c) {
		case 'k':
			keep = optarg;
			break;
		case 'u':
			unsafe = true;
			break;
		default:
			return (2);
		}
	argv += optind;
	if (argc - optind != 5)
		errx(2, "replay [-u] [-k FILE] LOG BASE SEED OPERATIONS CUTS");
	read_base(argv[1]);
	read_log(argv[0], image_size);
	begin_judge(strtoull(argv[2], NULL, 0), (uint32_t)atoi(argv[3]));
	srand((unsigned)atoi(argv[2]));
	return (all_cuts((unsigned)atoi(argv[4])) == 0 ? 0 : 1);
}
