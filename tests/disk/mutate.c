/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mutate IMAGE DISK SEED COUNT: as many damaged copies of the image, one after
 * the other from the first megabyte of the disk on, each in whole megabytes.
 */

#include <err.h>
#include <stdio.h>
#include <stdlib.h>

#include "mutate.h"

#define MB 1048576

static uint64_t state;

static uint32_t
number(void)
{
	state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return ((uint32_t)(state >> 33));
}

int
main(int argc, char **argv)
{
	static struct mutant m;
	uint8_t *whole, *data;
	size_t size;
	FILE *f;

	if (argc != 5)
		errx(2, "mutate IMAGE DISK SEED COUNT");
	f = fopen(argv[1], "rbe");
	if (f == NULL || fseek(f, 0, SEEK_END) != 0)
		err(2, "%s", argv[1]);
	size = (size_t)ftell(f);
	rewind(f);
	whole = malloc(size);
	data = malloc(size);
	if (fread(whole, 1, size, f) != size)
		err(2, "%s", argv[1]);
	fclose(f);
	if (!mutant_begin(&m, whole, size))
		errx(2, "%s: no file system", argv[1]);
	m.data = data;
	f = fopen(argv[2], "r+be");
	if (f == NULL)
		err(2, "%s", argv[2]);
	state = strtoull(argv[3], NULL, 0);
	for (long i = 0; i < atol(argv[4]); i++) {
		memcpy(data, whole, size);
		for (unsigned n = 1 + number() % 4; n > 0; n--)
			mutate(&m, number);
		if (fseek(f,
			(long)(MB + (size_t)i * ((size + MB - 1) / MB * MB)),
			SEEK_SET) != 0 ||
		    fwrite(data, size, 1, f) != 1)
			err(2, "%s", argv[2]);
	}
	if (fclose(f) != 0)
		err(2, "%s", argv[2]);
	return (0);
}
