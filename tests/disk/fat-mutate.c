/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fat-mutate IMAGE DISK SEED COUNT: damaged copies of a FAT file system.  The
 * damage is where it hurts: in the boot sector, at the beginning of the FATs,
 * and in what may be directories, by values that code stumbles over.
 */
#include "copies.h"

#define FAT_AT 600    /* bytes of the FAT that are aimed at, */
#define DIR_AT 300000 /* and of what comes after it */

static uint8_t *image;
static size_t size;

static uint32_t
number(uint32_t below)
{
	return (copy_number() % below);
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

static void
begin(uint8_t *data, size_t n)
{
	image = data;
	size = n;
}

int
main(int argc, char **argv)
{
	if (argc != 5)
		errx(2, "fat-mutate IMAGE DISK SEED COUNT");
	copies(argv, begin, mutate);
	return (0);
}
