/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * Damaged file systems for the checker: an input decides what is damaged in the
 * image named by $FSCK_IMAGE, and how.  Whatever it is, a check comes to an end
 * and stays in the memory and the device that it was given; what it has
 * repaired is clean; what preening leaves alone has not changed; and when power
 * fails while repairs are written, what is marked clean is.
 *
 * Built with libFuzzer it searches; with -DREPLAY `fsck ROUNDS [SEED]` makes up
 * inputs, of which $FSCK_SAVE keeps the last, and `fsck FILE` tells what
 * becomes of one.
 */

#include "../../base/fsck/check.h"
#include "../disk/whole.h"
#include "input.h"

#define INPUT 160 /* bytes */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct memory {
	struct check_device device;
	uint8_t *bytes;
};

/* What a check wrote, or asked to be flushed if there are no bytes. */
#define WRITES 2000
struct written {
	uint64_t offset;
	size_t size;
	uint8_t *bytes;
};
static struct written written[WRITES];
static size_t nwritten;

static struct mutant mutant;
static uint8_t *original, *before;
static struct memory disk;
static bool verbose;

static void
broken(const char *what)
{
	fprintf(stderr, "promise broken: %s\n", what);
	abort();
}

static int
read_memory(struct check_device *dev, uint64_t offset, void *buf, size_t size)
{
	struct memory *m = (struct memory *)dev;

	if (offset > dev->cd_size || size > dev->cd_size - offset)
		broken("reads within the device");
	memcpy(buf, m->bytes + offset, size);
	return (0);
}

static void
note(uint64_t offset, const void *buf, size_t size)
{
	struct written *w = &written[nwritten];

	if (nwritten == WRITES)
		broken("a small disk is written but a few times");
	nwritten++;
	w->offset = offset;
	w->size = size;
	w->bytes = realloc(w->bytes, size + 1);
	memcpy(w->bytes, buf, size);
}

static int
write_memory(
    struct check_device *dev, uint64_t offset, const void *buf, size_t size)
{
	struct memory *m = (struct memory *)dev;

	if (offset > dev->cd_size || size > dev->cd_size - offset)
		broken("writes within the device");
	memcpy(m->bytes + offset, buf, size);
	note(offset, buf, size);
	return (0);
}

static int
sync_memory(struct check_device *dev)
{
	(void)dev;
	note(0, "", 0);
	return (0);
}

static void
open_original(void)
{
	const char *name = getenv("FSCK_IMAGE");
	size_t size;

	if (name == NULL)
		errx(2, "FSCK_IMAGE: not set");
	original = whole_file(name, &size);
	before = malloc(size);
	disk.bytes = malloc(size);
	if (!mutant_begin(&mutant, original, size))
		broken("the image is one");
	mutant.data = before;
	disk.device.cd_size = size;
	disk.device.cd_read = read_memory;
	disk.device.cd_write = write_memory;
	disk.device.cd_sync = sync_memory;
}

static struct check_result
run_as(enum check_mode mode, bool skip_clean)
{
	struct check_options opt = {.mode = mode,
	    .skip_clean = skip_clean,
	    .out = verbose ? stderr : NULL,
	    .now = 1700000000};
	struct check_result res;

	nwritten = 0;
	check_run(&disk.device, &opt, &res);
	if (verbose && res.status == CHECK_FAILED)
		fprintf(stderr, "failed: %s\n", res.reason);
	return (res);
}

static enum check_status
run(enum check_mode mode)
{
	return (run_as(mode, false).status);
}

/* Some sectors of a write. */
static void
write_some(const struct written *w, uint32_t *chance)
{
	size_t n;

	for (size_t at = 0; at < w->size; at += n) {
		n = w->size - at < 512 ? w->size - at : 512;
		*chance = *chance * 1103515245 + 12345;
		if (*chance >> 16 & 1)
			memcpy(disk.bytes + w->offset + at, w->bytes + at, n);
	}
}

/* Is it as before, but for the first superblock, and a copy that may lie behind
 * it? */
static bool
untouched(void)
{
	const uint64_t start = mutant.fs.fs_where;
	const uint64_t end = start + UFS_SB_SIZE * 2;

	return (memcmp(disk.bytes, before, start) == 0 &&
		memcmp(disk.bytes + end, before + end,
		    disk.device.cd_size - end) == 0);
}

/* Power fails before one of the flushes of a repair.  It may have been marked
 * clean and not been so, as long as nothing was done. */
static void
cut_repair(uint32_t chance)
{
	const struct ufs_superblock *now, *was;
	size_t from, to, nflushes = 0;
	struct check_result res;

	for (size_t i = 0; i < nwritten; i++)
		nflushes += written[i].size == 0;
	memcpy(disk.bytes, before, disk.device.cd_size);
	nflushes = chance % nflushes;
	for (from = 0; nflushes > 0; from++) {
		memcpy(disk.bytes + written[from].offset, written[from].bytes,
		    written[from].size);
		nflushes -= written[from].size == 0;
	}
	for (to = from; written[to].size != 0; to++)
		write_some(&written[to], &chance);
	if (untouched())
		return;
	now = (const void *)(disk.bytes + mutant.fs.fs_where);
	was = (const void *)(before + mutant.fs.fs_where);
	if ((now->fs_flags & UFS_SUJ) && now->fs_mtime == was->fs_mtime)
		broken("the journal is over before anything is repaired");
	res = run_as(CHECK_PREEN, true);
	if (res.skipped && run(CHECK_REPORT) != CHECK_CLEAN)
		broken("what is marked clean is");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum check_status found;
	size_t room;

	if (original == NULL)
		open_original();
	room = disk.device.cd_size;
	memcpy(before, original, room);
	input_damage(&mutant, data, size);
	memcpy(disk.bytes, before, room);
	found = run(CHECK_REPORT);
	if (memcmp(before, disk.bytes, room) != 0)
		broken("a report changes nothing");
	if (run(CHECK_PREEN) != CHECK_REPAIRED) {
		if (memcmp(before, disk.bytes, room) != 0)
			broken("preening repairs all or nothing");
	} else if (run(CHECK_REPORT) != CHECK_CLEAN)
		broken("what was preened is clean");
	memcpy(disk.bytes, before, room);
	if (run(CHECK_REPAIR) == CHECK_REPAIRED) {
		cut_repair((uint32_t)size + (size > 0 ? data[0] : 0));
		memcpy(disk.bytes, before, room);
		(void)run(CHECK_REPAIR);
		if (run(CHECK_REPORT) != CHECK_CLEAN)
			broken("what was repaired is clean");
	}
	if (found == CHECK_CLEAN && memcmp(before, disk.bytes, room) != 0)
		broken("what is clean isn't changed");
	return (0);
}

#ifdef REPLAY
static void
replay(const char *name)
{
	size_t size;
	uint8_t *data = whole_file(name, &size);

	verbose = true;
	LLVMFuzzerTestOneInput(data, size);
	free(data);
}

/* The last input, for when it ends badly. */
static void
save(const uint8_t *data, size_t size)
{
	const char *name = getenv("FSCK_SAVE");
	FILE *out = name == NULL ? NULL : fopen(name, "wb");

	if (out == NULL)
		return;
	fwrite(data, 1, size, out);
	fclose(out);
}

int
main(int argc, char **argv)
{
	uint8_t data[INPUT];
	size_t size;
	int rounds = argc >= 2 ? atoi(argv[1]) : 0;

	if (argc == 2 && rounds == 0)
		replay(argv[1]);
	srand(argc == 3 ? (unsigned)atoi(argv[2]) : 1);
	for (int i = 0; i < rounds; i++) {
		size = 20 + (size_t)rand() % (sizeof(data) - 20);
		for (size_t j = 0; j < size; j++)
			data[j] = (uint8_t)(rand() >> 8);
		save(data, size);
		LLVMFuzzerTestOneInput(data, size);
	}
	return (0);
}
#endif
