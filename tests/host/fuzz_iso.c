/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as directories of an ISO 9660 volume.  Its descriptors and its
 * root's first records are made here, so that the search gets behind them; the
 * input's first byte is the options, the next eight may change what was made,
 * the others follow the root's first records, over the sectors behind it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fs/cd9660/iso.h"

#define SECTORS 32
#define ROOT	20 /* sector */
#define DEPTH	4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t disk[SECTORS * ISO_SECTOR];
static unsigned entries; /* that were looked at */

static void
check(int condition, const char *what)
{
	if (!condition) {
		fprintf(stderr, "parser's promise broken: %s\n", what);
		abort();
	}
}

static int
read_disk(struct iso_device *dev, uint64_t offset, void *buf, size_t size)
{
	check(offset <= sizeof(disk) && size <= sizeof(disk) - offset,
	    "reads within the disk");
	memcpy(buf, disk + offset, size);
	return (0);
}

/* Both orders. */
static void
put32(uint8_t *p, uint32_t n)
{
	for (int i = 0; i < 4; i++)
		p[i] = p[7 - i] = (uint8_t)(n >> 8 * i);
}

/* A directory's record for itself or the one above; its size. */
static size_t
put_record(uint8_t *p, uint32_t sector, uint8_t name, uint8_t more)
{
	memset(p, 0, 34u + more);
	p[0] = (uint8_t)(34 + more);
	put32(p + 2, sector);
	put32(p + 10, 4 * ISO_SECTOR);
	p[25] = 2;
	p[32] = 1;
	p[33] = name;
	return (p[0]);
}

static void
put_descriptor(unsigned sector, uint8_t type)
{
	uint8_t *vd = disk + sector * ISO_SECTOR;

	vd[0] = type;
	memcpy(vd + 1, "CD001\1", 6);
	put32(vd + 80, SECTORS);
	memcpy(vd + 88, "%/E", 3);
	vd[129] = ISO_SECTOR >> 8;
	put_record(vd + 156, ROOT, 0, 0);
}

static void
make_disk(const uint8_t *data, size_t size)
{
	uint8_t *p = disk + ROOT * ISO_SECTOR;
	const size_t room = sizeof(disk) - (ROOT * ISO_SECTOR + 75);

	memset(disk, 0, sizeof(disk));
	put_descriptor(16, 1);
	put_descriptor(17, 2);
	put_descriptor(18, 255);
	p += put_record(p, ROOT, 0, 7);
	memcpy(p - 7, "SP\7\1\276\357", 7);
	p += put_record(p, ROOT, 1, 0);
	if (size < 9)
		return;
	memcpy(p, data + 9, size - 9 < room ? size - 9 : room);
	for (int i = 1; i < 9; i += 2)
		if (data[i] != 0)
			disk[16 * ISO_SECTOR + 80 + data[i]] = data[i + 1];
}

static void
check_entry(const struct iso_entry *e, uint64_t offset)
{
	check(e->e_next > offset, "goes on");
	check(e->e_len > 0 && e->e_len <= ISO_NAME_MAX, "names have a length");
	check(memchr(e->e_name, '/', e->e_len) == NULL, "names are names");
	check(e->e_link_len <= ISO_LINK_MAX, "links have room");
}

static void
walk(struct iso *iso, const struct iso_inode *dir, unsigned depth)
{
	struct iso_entry e, again;
	uint64_t offset = 0;

	check(dir->i_start + dir->i_size <= sizeof(disk), "lies on the disk");
	while (entries++ < 60 && iso_next(iso, dir, offset, &e) == 0) {
		check_entry(&e, offset);
		offset = e.e_next;
		check(iso_find(iso, dir, e.e_name, e.e_len, &again) == 0,
		    "what is listed is found");
		if (iso_get(iso, e.e_inode.i_ino, &again) != 0)
			continue;
		check(again.e_inode.i_ino == e.e_inode.i_ino, "the same file");
		if ((again.e_inode.i_mode & S_IFMT) == S_IFDIR && depth < DEPTH)
			walk(iso, &again.e_inode, depth + 1);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct iso_device dev = {read_disk, sizeof(disk)};
	const unsigned bits = size > 0 ? data[0] : 0;
	const struct iso_options options = {.no_rockridge = bits & 1,
	    .no_joliet = bits & 2,
	    .broken_joliet = bits & 4,
	    .generations = bits & 8,
	    .attributes = bits & 16};
	struct iso_entry e;
	const char *why;
	struct iso iso;

	make_disk(data, size);
	entries = 0;
	if (iso_open(&iso, &dev, &options, &why) != 0) {
		check(why != NULL, "says what is wrong");
		return (0);
	}
	if (iso_get(&iso, iso.i_root, &e) == 0)
		walk(&iso, &e.e_inode, 0);
	return (0);
}
