/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * Damaged file systems for the checker: an input is a list of changes to the
 * image named by $FSCK_IMAGE.  Whatever they are, a check comes to an end and
 * stays in the memory and the device that it was given; what it has repaired
 * is clean; and what preening leaves alone has not changed.
 *
 * Built with libFuzzer it searches; with -DREPLAY `fsck ROUNDS` makes up
 * inputs from a seed.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../base/fsck/check.h"
#include "fs/ufs/ufs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One change, as it is in the input. */
struct change {
	uint8_t what;  /* of what kind of structure, */
	uint8_t width; /* and how many bytes */
	uint16_t which;
	uint16_t where;
	uint8_t value[8];
} __attribute__((packed));

struct memory {
	struct check_device device;
	uint8_t *bytes;
};

static uint8_t *original;
static struct memory disk;
static struct ufs fs;
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

static int
write_memory(
    struct check_device *dev, uint64_t offset, const void *buf, size_t size)
{
	struct memory *m = (struct memory *)dev;

	if (offset > dev->cd_size || size > dev->cd_size - offset)
		broken("writes within the device");
	memcpy(m->bytes + offset, buf, size);
	return (0);
}

static int
read_ufs(struct ufs_device *dev, uint64_t offset, void *buf, size_t size)
{
	(void)dev;
	memcpy(buf, original + offset, size);
	return (0);
}

static void
open_original(void)
{
	static struct ufs_device dev = {.ud_read = read_ufs};
	const char *name = getenv("FSCK_IMAGE"), *why;
	FILE *in = name == NULL ? NULL : fopen(name, "rb");
	size_t size;

	if (in == NULL) {
		perror("FSCK_IMAGE");
		exit(2);
	}
	fseek(in, 0, SEEK_END);
	size = (size_t)ftell(in);
	rewind(in);
	original = malloc(size);
	disk.bytes = malloc(size);
	if (fread(original, 1, size, in) != size)
		exit(2);
	fclose(in);
	dev.ud_size = disk.device.cd_size = size;
	disk.device.cd_read = read_memory;
	disk.device.cd_write = write_memory;
	if (ufs_open(&fs, &dev, &why) != 0)
		broken("the image is one");
}

/* Where the structure is that a change is about. */
static uint64_t
place(const struct change *ch)
{
	const struct ufs_superblock *sb = &fs.fs_sb;
	uint64_t group = ch->which % sb->fs_ncg;
	uint64_t first = group * (uint64_t)sb->fs_fpg, at;

	switch (ch->what % 6) {
	case 0:
		return (fs.fs_where + ch->where % sizeof(*sb));
	case 1:
		at = (first + (uint64_t)sb->fs_cblkno) << fs.fs_fshift;
		return (at + ch->where % (uint64_t)sb->fs_cgsize);
	case 2: /* inodes: the low ones are in use */
		at = (first + (uint64_t)sb->fs_iblkno) << fs.fs_fshift;
		return (at + ch->which % 32 * 256u + ch->where % 256);
	case 3: /* data: what makefs(8) writes first are directories */
		at = (first + (uint64_t)sb->fs_dblkno) << fs.fs_fshift;
		return (at + ch->where);
	case 4:
		at = (uint64_t)sb->fs_csaddr << fs.fs_fshift;
		return (at + ch->where % 64);
	default:
		return ((uint64_t)ch->which << 16 | ch->where);
	}
}

static void
apply(const struct change *ch)
{
	static const size_t widths[] = {1, 2, 4, 8};
	size_t n = widths[ch->width % 4];
	uint64_t at = place(ch) / n * n;

	if (at + n <= disk.device.cd_size)
		memcpy(disk.bytes + at, ch->value, n);
}

static enum check_status
run(enum check_mode mode)
{
	struct check_options opt = {
	    .mode = mode, .out = verbose ? stderr : NULL, .now = 1700000000};
	struct check_result res;

	check_run(&disk.device, &opt, &res);
	if (verbose && res.status == CHECK_FAILED)
		fprintf(stderr, "failed: %s\n", res.reason);
	return (res.status);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t *before;
	enum check_status found;
	size_t room;

	if (original == NULL)
		open_original();
	room = disk.device.cd_size;
	if (before == NULL)
		before = malloc(room);
	memcpy(disk.bytes, original, room);
	for (; size >= sizeof(struct change); size -= sizeof(struct change)) {
		apply((const struct change *)data);
		data += sizeof(struct change);
	}
	memcpy(before, disk.bytes, room);
	found = run(CHECK_REPORT);
	if (memcmp(before, disk.bytes, room) != 0)
		broken("a report changes nothing");
	if (run(CHECK_PREEN) != CHECK_REPAIRED) {
		if (memcmp(before, disk.bytes, room) != 0)
			broken("preening repairs all or nothing");
	} else if (run(CHECK_REPORT) != CHECK_CLEAN)
		broken("what was preened is clean");
	memcpy(disk.bytes, before, room);
	if (run(CHECK_REPAIR) == CHECK_REPAIRED &&
	    run(CHECK_REPORT) != CHECK_CLEAN)
		broken("what was repaired is clean");
	if (found == CHECK_CLEAN && memcmp(before, disk.bytes, room) != 0)
		broken("what is clean isn't changed");
	return (0);
}

#ifdef REPLAY
static void
fill(struct change *ch)
{
	static const uint64_t edges[] = {0, 1, 2, 3, 8, 64, 255, 512, 0xffff,
	    0x7fffffff, 0x80000000, 0xffffffff, 1ull << 32, INT64_MAX,
	    UINT64_MAX};
	uint64_t value;

	ch->what = (uint8_t)rand();
	ch->width = (uint8_t)rand();
	ch->which = (uint16_t)(rand() % 16);
	ch->where = (uint16_t)rand();
	value = rand() % 2 ? edges[rand() % 15] : (uint64_t)(rand() % 3000);
	if (rand() % 8 == 0)
		value = (uint64_t)rand() << 32 ^ (uint64_t)rand();
	memcpy(ch->value, &value, 8);
}

static void
replay(const char *name)
{
	static uint8_t data[1 << 16];
	FILE *in = fopen(name, "rb");

	if (in == NULL) {
		perror(name);
		exit(2);
	}
	verbose = true;
	LLVMFuzzerTestOneInput(data, fread(data, 1, sizeof(data), in));
	fclose(in);
}

/* The last input, for when it ends badly. */
static void
save(const struct change *list, size_t n)
{
	const char *name = getenv("FSCK_SAVE");
	FILE *out = name == NULL ? NULL : fopen(name, "wb");

	if (out == NULL)
		return;
	fwrite(list, sizeof(*list), n, out);
	fclose(out);
}

int
main(int argc, char **argv)
{
	struct change list[8];
	size_t n;
	int rounds = argc == 2 ? atoi(argv[1]) : 0;

	if (argc == 2 && rounds == 0)
		replay(argv[1]);
	srand(1);
	for (int i = 0; i < rounds; i++) {
		n = 1 + (size_t)rand() % 8;
		for (size_t j = 0; j < n; j++)
			fill(&list[j]);
		save(list, n);
		LLVMFuzzerTestOneInput(
		    (const uint8_t *)list, n * sizeof(*list));
	}
	return (0);
}
#endif
