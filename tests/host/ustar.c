/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * The archive reader on archives made here: all kinds of members and long
 * names come out as they went in, and archives with changed bytes, whose
 * checksums are right nevertheless, never lead it out of the memory it was
 * given.  Built with libFuzzer (-DFUZZ) it looks for more of those.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/tmpfs/ustar.h"

#define BLOCK 512

static uint8_t archive[64 * BLOCK];
static size_t length;

static void
check(int condition, const char *what)
{
	if (!condition) {
		fprintf(stderr, "ustar: not true: %s\n", what);
		abort();
	}
}

/* Sets the header's checksum to what it ought to be. */
static void
seal(uint8_t *header)
{
	unsigned sum = 0;

	memset(header + 148, ' ', 8);
	for (int i = 0; i < BLOCK; i++)
		sum += header[i];
	snprintf((char *)header + 148, 8, "%06o", sum);
}

static void
member(const char *name, char type, const char *link, const char *data,
    size_t size)
{
	uint8_t *h = archive + length;

	memset(h, 0, BLOCK);
	strncpy((char *)h, name, 100);
	memcpy(h + 100, "0000640", 8);
	memcpy(h + 108, "0000001", 8);
	memcpy(h + 116, "0000002", 8);
	snprintf((char *)h + 124, 12, "%011o", (unsigned)size);
	memcpy(h + 136, "00000000777", 12);
	h[156] = (uint8_t)type;
	strncpy((char *)h + 157, link, 100);
	memcpy(h + 257, "ustar\00000", 8);
	seal(h);
	memset(h + BLOCK, 0, (size + BLOCK - 1) / BLOCK * BLOCK);
	memcpy(h + BLOCK, data, size);
	length += BLOCK + (size + BLOCK - 1) / BLOCK * BLOCK;
}

static void
make_archive(void)
{
	static const char pax[] = "18 path=long/name\n20 mtime=12.5000001\n"
				  "12 comment=\n";
	static const char gnu[] = "gnu/long/name";

	length = 0;
	member("imp.run", '0', "", "path=/x", 8);
	member("dir/", '5', "", "", 0);
	member("old/", '0', "", "", 0);
	member("short", 'x', "", pax, sizeof(pax) - 1);
	member("short", '0', "", "contents", 8);
	member("././@LongLink", 'L', "", gnu, sizeof(gnu));
	member("gnu", '2', "target", "", 0);
	member("hard", '1', "dir/x", "", 0);
	member("fifo", '6', "", "", 0);
}

static const struct {
	enum ustar_type type;
	const char *path;
	const char *link;
	size_t size;
} expected[] = {
    {USTAR_FILE, "imp.run", "", 8},
    {USTAR_DIR, "dir/", "", 0},
    {USTAR_DIR, "old/", "", 0},
    {USTAR_FILE, "long/name", "", 8},
    {USTAR_SYMLINK, "gnu/long/name", "target", 0},
    {USTAR_HARDLINK, "hard", "dir/x", 0},
    {USTAR_FIFO, "fifo", "", 0},
};

static void
read_back(void)
{
	static struct ustar_entry e;
	struct ustar u;

	ustar_open(&u, archive, length);
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		check(ustar_next(&u, &e) == USTAR_ENTRY, "a member more");
		check(e.type == expected[i].type, "its type");
		check(strcmp(e.path, expected[i].path) == 0, "its path");
		check(strcmp(e.link, expected[i].link) == 0, "its target");
		check(e.size == expected[i].size, "its size");
		check(e.mode == 0640 && e.uid == 1 && e.gid == 2, "its owner");
		if (i == 3) {
			check(memcmp(e.data, "contents", 8) == 0, "its data");
			check(e.mtime.sec == 12 && e.mtime.nsec == 500000100,
			    "its time");
		}
	}
	check(ustar_next(&u, &e) == USTAR_END, "the end");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ustar_entry e;
	uint8_t *copy = malloc(size + (size == 0));
	volatile uint8_t sum = 0;
	struct ustar u;

	/* All of it is the archive: past its end the sanitizer waits. */
	memcpy(copy, data, size);
	for (size_t at = 0; at + BLOCK <= size; at += BLOCK)
		if (memcmp(copy + at + 257, "ustar", 5) == 0)
			seal(copy + at);
	ustar_open(&u, copy, size);
	while (ustar_next(&u, &e) == USTAR_ENTRY) {
		check(strlen(e.path) < USTAR_PATH_MAX, "paths end");
		for (uint64_t i = 0; i < e.size; i++)
			sum += e.data[i];
	}
	free(copy);
	return (0);
}

#ifndef FUZZ
int
main(void)
{
	make_archive();
	read_back();
	srand(1);
	for (int round = 0; round < 20000; round++) {
		make_archive();
		for (int i = rand() % 6; i >= 0; i--)
			archive[(size_t)rand() % length] =
			    (uint8_t)(rand() % 4 != 0 ? rand() : '9');
		LLVMFuzzerTestOneInput(archive,
		    rand() % 2 != 0 ? length : (size_t)rand() % length);
	}
	return (0);
}
#endif
