/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fat-mutate IMAGE DISK SEED COUNT: as many damaged copies of a FAT file
 * system, one after the other from the first megabyte of the disk on, each in
 * whole megabytes.  The damage is where it hurts: in the boot sector, at the
 * beginning of the FATs, and in what may be directories, by values that code
 * stumbles over.
 */
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MB     1048576
#define PIECE  4096
#define FAT_AT 600    /* bytes of the FAT that are aimed at, */
#define DIR_AT 300000 /* and of what comes after it */

static uint64_t state;
static uint8_t *image;
static size_t size;

static uint32_t
number(uint32_t below)
{
	state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return ((uint32_t)(state >> 33) % below);
}

static uint32_t
get16(size_t at)
{
	return (image[at] | (uint32_t)image[at + 1] << 8);
}

/* Bytes that are overwritten, by something else. */
static void
damage(uint8_t *data, size_t at)
{
	static const uint32_t values[] = {0, 1, 2, 0xff, 0xfff, 0xffff,
	    0xfffffff8, 0xffffffff, 0x7fffffff, 0x80000000, 0xe5, 0x0f0f0f0f};
	const size_t n = (size_t)1 << number(3);
	uint32_t value = 0;

	if (at + n > size)
		return;
	memcpy(&value, data + at, n);
	switch (number(4)) {
	case 0:
		value = values[number(sizeof(values) / sizeof(values[0]))];
		break;
	case 1:
		value += number(9) - 4;
		break;
	case 2:
		value = number(100);
		break;
	default:
		value ^= 1u << number(32);
	}
	memcpy(data + at, &value, n);
}

/* A slot that is in use, or may be, of those behind `from`. */
static size_t
find_slot(size_t from)
{
	const size_t most = size - from < DIR_AT ? size - from : DIR_AT;
	size_t at;

	for (int tries = 0; tries < 200; tries++) {
		at = from + number((uint32_t)(most / 32)) * 32;
		if (image[at] != 0 && (image[at + 11] & 0xc0) == 0 &&
		    image[at + 11] != 0)
			return (at);
	}
	return (from);
}

static void
mutate(uint8_t *data)
{
	const size_t fat = (size_t)get16(14) * get16(11);
	uint32_t fat_size = get16(22);
	size_t root;

	if (fat_size == 0)
		fat_size = get16(36);
	root = fat + image[16] * (size_t)fat_size * get16(11);
	switch (number(6)) {
	case 0:
		damage(data, 11 + number(40));
		break;
	case 1:
	case 2:
		damage(data, fat + number(FAT_AT));
		break;
	default:
		damage(data, find_slot(root) + number(32));
	}
}

/* Without the parts that are zero, as it is new. */
static void
put(FILE *f, const uint8_t *data, long at)
{
	static const uint8_t zeroes[PIECE];

	for (size_t i = 0; i < size; i += PIECE) {
		size_t n = size - i < PIECE ? size - i : PIECE;

		if (memcmp(data + i, zeroes, n) == 0)
			continue;
		if (fseek(f, at + (long)i, SEEK_SET) != 0 ||
		    fwrite(data + i, n, 1, f) != 1)
			err(2, "writing");
	}
}

int
main(int argc, char **argv)
{
	uint8_t *data;
	FILE *f;

	if (argc != 5)
		errx(2, "fat-mutate IMAGE DISK SEED COUNT");
	f = fopen(argv[1], "rbe");
	if (f == NULL || fseek(f, 0, SEEK_END) != 0)
		err(2, "%s", argv[1]);
	size = (size_t)ftell(f);
	rewind(f);
	image = malloc(size);
	data = malloc(size);
	if (image == NULL || data == NULL || fread(image, 1, size, f) != size)
		err(2, "%s", argv[1]);
	fclose(f);
	f = fopen(argv[2], "r+be");
	if (f == NULL)
		err(2, "%s", argv[2]);
	state = strtoull(argv[3], NULL, 0);
	for (long i = 0; i < atol(argv[4]); i++) {
		memcpy(data, image, size);
		for (unsigned n = 1 + number(4); n > 0; n--)
			mutate(data);
		put(f, data, MB + i * (long)((size + MB - 1) / MB * MB));
	}
	if (fclose(f) != 0)
		err(2, "%s", argv[2]);
	return (0);
}
