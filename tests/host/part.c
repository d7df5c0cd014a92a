/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Partition tables that somebody made with bad intent: headers and tables
 * whose checksums are right, with anything in them; boot records; the starts
 * of disks.  What the parsers let through must lie within the disk, and names
 * must be fit for /dev.  Run under sanitizers; the memory given to a parser
 * ends where it was told.
 */
#include "disk/part_describe.h"
#include "disk/part_table.h"
#include "lib/crc32.h"
#include "lib/string.h"

void *malloc(size_t size);
void free(void *p);
int printf(const char *fmt, ...);
__noreturn void abort(void);

#define ROUNDS 200000

static uint64_t state = 1;
static unsigned accepted, partitions, described, labelled, walked;

static uint64_t
random64(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (state);
}

/* Often at the edge of something. */
static uint64_t
nasty(void)
{
	static const uint64_t edges[] = {0, 1, 2, 33, 34, 127, 128, 129, 1023,
	    1024, 2048, 4095, 4096, 0x7fffffff, 0x80000000, 0xffffffff,
	    0x100000000, INT64_MAX, 1ull << 63, UINT64_MAX - 1, UINT64_MAX};

	switch (random64() % 4) {
	case 0:
		return (random64());
	case 1:
		return (random64() % 4096);
	default:
		return (edges[random64() % nitems(edges)]);
	}
}

static void
check(bool ok, const char *what)
{
	if (ok)
		return;
	printf("promise broken: %s\n", what);
	abort();
}

static void
put(uint8_t *at, uint64_t value, size_t n)
{
	memcpy(at, &value, n);
}

static void
check_part(const struct part *pt, const struct part_disk *pd)
{
	uint64_t size = pd->pd_sectors * pd->pd_sector;

	check(pt->pt_size > 0 && pt->pt_start < size &&
		  pt->pt_size <= size - pt->pt_start,
	    "within the disk");
	check(
	    (pt->pt_start | pt->pt_size) % pd->pd_sector == 0, "whole sectors");
	check(
	    strnlen(pt->pt_label, sizeof(pt->pt_label)) <
		    sizeof(pt->pt_label) &&
		strnlen(pt->pt_uuid, sizeof(pt->pt_uuid)) < sizeof(pt->pt_uuid),
	    "strings end");
	for (const char *p = pt->pt_label; *p != '\0'; p++)
		check(*p != '/' && (uint8_t)*p > ' ', "fit for /dev");
	check(strcmp(pt->pt_label, "..") != 0, "not the folder above");
	partitions++;
}

static void
try_entries(const struct gpt_header *gh, const struct part_disk *pd)
{
	size_t size = (size_t)gh->gh_entries * gh->gh_entry_size;
	uint8_t *table;
	struct part pt;

	check(size > 0 && size <= GPT_TABLE_MAX, "a table of bounded size");
	check(gh->gh_table + (size + pd->pd_sector - 1) / pd->pd_sector <=
		  pd->pd_sectors,
	    "the table is on the disk");
	table = malloc(size);
	for (size_t i = 0; i < size; i++)
		table[i] = (uint8_t)random64();
	for (unsigned i = 0; i < gh->gh_entries && i < 8; i++) {
		put(table + i * gh->gh_entry_size + 32, nasty(), 8);
		put(table + i * gh->gh_entry_size + 40, nasty(), 8);
	}
	(void)gpt_table_good(gh, table);
	for (unsigned i = 0; i < gh->gh_entries; i++)
		if (gpt_parse_entry(gh, pd, table, i, &pt))
			check_part(&pt, pd);
	free(table);
}

/* A header that is good but for two fields at most. */
static void
try_gpt(const struct part_disk *pd)
{
	static const struct {
		uint8_t at, size;
	} fields[] = {{8, 4}, {12, 4}, {24, 8}, {32, 8}, {40, 8}, {48, 8},
	    {72, 8}, {80, 4}, {84, 4}, {88, 4}};
	uint8_t *sector = malloc(pd->pd_sector);
	struct gpt_header gh;
	uint32_t size;

	memset(sector, 0, pd->pd_sector);
	memcpy(sector, "EFI PART", 8);
	put(sector + 8, 0x10000, 4);
	put(sector + 12, 92, 4);
	put(sector + 24, 1, 8);
	put(sector + 40, 34, 8);
	put(sector + 48, pd->pd_sectors - 34, 8);
	put(sector + 72, 2, 8);
	put(sector + 80, 128, 4);
	put(sector + 84, 128, 4);
	for (unsigned n = random64() % 3; n > 0; n--) {
		unsigned i = random64() % nitems(fields);

		put(sector + fields[i].at, nasty(), fields[i].size);
	}
	memcpy(&size, sector + 12, sizeof(size));
	if (size <= pd->pd_sector)
		put(sector + 16, crc32(sector, size), 4);
	if (gpt_parse_header(sector, pd, 1, &gh)) {
		accepted++;
		if (random64() % 16 == 0)
			try_entries(&gh, pd);
	}
	free(sector);
}

static void
try_mbr(const struct part_disk *pd)
{
	uint8_t *sector = malloc(pd->pd_sector);
	struct part pt;

	for (unsigned i = 0; i < pd->pd_sector; i++)
		sector[i] = (uint8_t)random64();
	for (unsigned i = 0; i < 4; i++) {
		sector[446 + 16 * i] &= 0x80;
		put(sector + 446 + 16 * i + 8, nasty(), 4);
		put(sector + 446 + 16 * i + 12, nasty(), 4);
	}
	sector[510] = 0x55;
	sector[511] = 0xaa;
	check(mbr_good(sector), "an MBR");
	(void)mbr_is_protective(sector);
	for (unsigned i = 0; i < 4; i++)
		if (mbr_parse_entry(
			sector, pd, i, random64() % pd->pd_sectors, &pt)) {
			check_part(&pt, pd);
			(void)mbr_is_extended(&pt);
		}
	free(sector);
}

/* A label whose checksum is right, with a partition or two that may not be. */
static void
make_label(uint8_t *sector, const struct part_disk *pd)
{
	uint16_t sum = 0, word;
	unsigned n = 8;

	memset(sector, 0, pd->pd_sector);
	put(sector, 0x82564557, 4);
	put(sector + 40, pd->pd_sector, 4);
	put(sector + 132, 0x82564557, 4);
	if (random64() % 8 == 0)
		n = (unsigned)(nasty() % 64);
	put(sector + 138, n, 2);
	for (unsigned i = 0; i < MIN(n, 20u); i++) {
		uint8_t *entry = sector + 148 + 16 * i;

		put(entry, nasty(), 4);
		put(entry + 4, i == 2 ? random64() % 64 : nasty(), 4);
		put(entry + 12, random64() % 4 != 0 ? 7 : 0, 1);
	}
	for (size_t i = 0; i < 148 + 16 * MIN(n, 20u); i += 2) {
		memcpy(&word, sector + i, 2);
		sum ^= word;
	}
	put(sector + 136, sum, 2);
}

static void
try_label(const struct part_disk *pd)
{
	uint8_t *sector = malloc(pd->pd_sector);
	struct part within, pt;
	unsigned n;

	memset(&within, 0, sizeof(within));
	within.pt_start = random64() % pd->pd_sectors * pd->pd_sector;
	within.pt_size = pd->pd_sectors * pd->pd_sector - within.pt_start;
	make_label(sector, pd);
	if (random64() % 8 == 0)
		sector[random64() % 512] ^= 1;
	n = bsd_label_entries(sector, pd);
	check(n <= 20, "not more entries than letters");
	for (unsigned i = 0; i < n; i++)
		if (bsd_parse_entry(sector, pd, &within, i, &pt)) {
			check_part(&pt, pd);
			check(pt.pt_start >= within.pt_start, "in its slice");
			labelled++;
		}
	free(sector);
}

/* Disks, sector by sector what somebody likes. */
struct random_disk {
	struct part_reader reader;
	uint8_t *memory;
};

static int
read_random(struct part_reader *pr, uint64_t offset, void *buf, size_t size)
{
	const struct part_disk *pd = &pr->pr_disk;

	check(offset + size <= pd->pd_sectors * pd->pd_sector,
	    "reads what is there");
	if (random64() % 64 == 0)
		return (5);
	memset(buf, 0, size);
	if (random64() % 3 != 0) {
		make_label(buf, pd);
		return (0);
	}
	for (uint8_t *entry = (uint8_t *)buf + 446;
	     entry < (uint8_t *)buf + 510; entry += 16) {
		entry[4] = random64() % 2 ? 0xa5 : 5;
		put(entry + 8, 1 + random64() % 64, 4);
		put(entry + 12, nasty(), 4);
	}
	put((uint8_t *)buf + 510, 0xaa55, 2);
	return (0);
}

static void *
random_memory(struct part_reader *pr, size_t size)
{
	struct random_disk *disk = (struct random_disk *)pr;

	free(disk->memory);
	return (disk->memory = malloc(size));
}

static void
found(struct part_reader *pr, const struct part *pt)
{
	check_part(pt, &pr->pr_disk);
	check(
	    pt->pt_name[0] != '\0' &&
		strnlen(pt->pt_name, sizeof(pt->pt_name)) < sizeof(pt->pt_name),
	    "a name");
	check(pr->pr_scheme >= PART_GPT, "in a table");
	walked++;
}

static void
try_walk(const struct part_disk *pd)
{
	struct random_disk disk;

	memset(&disk, 0, sizeof(disk));
	disk.reader.pr_disk = *pd;
	disk.reader.pr_read = read_random;
	disk.reader.pr_memory = random_memory;
	disk.reader.pr_add = found;
	disk.reader.pr_sector = malloc(pd->pd_sector);
	part_walk(&disk.reader);
	free(disk.reader.pr_sector);
	free(disk.memory);
}

static void
try_describe(void)
{
	static const unsigned sizes[] = {
	    512, 1024, 2048, 4096, 8192, 65536, 66912, PART_DESCRIBE_SIZE};
	size_t size = sizes[random64() % nitems(sizes)];
	uint8_t *data = malloc(size);

	memset(data, 0, size);
	for (unsigned n = random64() % 4; n > 0; n--)
		data[random64() % size] = (uint8_t)random64();
	if (size > 1082 && random64() % 2 == 0)
		memcpy(data + 1080, "\x53\xef", 2);
	if (part_describe(data, size) != NULL)
		described++;
	free(data);
}

/* Known answers, so that the parsers don't just refuse everything. */
static void
known(void)
{
	uint8_t *data = malloc(PART_DESCRIBE_SIZE);

	check(crc32("123456789", 9) == 0xcbf43926, "CRC-32's check value");
	memset(data, 0, PART_DESCRIBE_SIZE);
	check(strcmp(part_describe(data, PART_DESCRIBE_SIZE),
		  "nothing (zeroes)") == 0,
	    "zeroes");
	put(data + 131032, 0x0210da7ab10c7a11, 8);
	check(
	    strcmp(part_describe(data, PART_DESCRIBE_SIZE), "a ZFS pool") == 0,
	    "ZFS");
	put(data + 65536 + 1372, 0x19540119, 4);
	check(strcmp(part_describe(data, PART_DESCRIBE_SIZE),
		  "a UFS2 file system") == 0,
	    "UFS2");
	memset(data, 0, PART_DESCRIBE_SIZE);
	memcpy(data + 1080, "\x53\xef", 2);
	put(data + 1024 + 96, 0x40, 4);
	check(strcmp(part_describe(data, PART_DESCRIBE_SIZE),
		  "an ext4 file system") == 0,
	    "ext4");
	check(part_is_geli((const uint8_t *)"GEOM::ELI\0\0\0\0\0\0\0"), "GELI");
	free(data);
}

int
main(void)
{
	known();
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct part_disk pd = {random64() % 4 == 0 ? 4096 : 512,
		    100 + random64() % (random64() % 2 ? 10000 : 1ull << 50)};

		try_gpt(&pd);
		try_mbr(&pd);
		try_label(&pd);
		if (i % 8 == 0)
			try_walk(&pd);
		if (i % 50 == 0)
			try_describe();
	}
	printf("%u headers, %u partitions, %u in labels, %u on disks, "
	       "%u descriptions\n",
	    accepted, partitions, labelled, walked, described);
	check(accepted > 0 && partitions > 0 && labelled > 0 && walked > 0 &&
		  described > 0,
	    "some accepted");
	return (0);
}
