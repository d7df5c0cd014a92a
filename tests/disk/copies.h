/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PROGRAM IMAGE DISK SEED COUNT: as many damaged copies of the image, one after
 * the other from the first megabyte of the disk on, each in whole megabytes.
 */
#ifndef TESTS_DISK_COPIES_H
#define TESTS_DISK_COPIES_H

#include <string.h>

#include "whole.h"

#define COPY_MB	   1048576
#define COPY_PIECE 4096

static uint64_t copy_state;

static uint32_t
copy_number(void)
{
	copy_state =
	    copy_state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return ((uint32_t)(copy_state >> 33));
}

/* Without the parts that are zero, as the disk is new. */
static void
copy_put(FILE *f, const uint8_t *data, size_t size, long at)
{
	static const uint8_t zeroes[COPY_PIECE];

	for (size_t i = 0; i < size; i += COPY_PIECE) {
		size_t n = size - i < COPY_PIECE ? size - i : COPY_PIECE;

		if (memcmp(data + i, zeroes, n) == 0)
			continue;
		if (fseek(f, at + (long)i, SEEK_SET) != 0 ||
		    fwrite(data + i, n, 1, f) != 1)
			err(2, "writing");
	}
}

/* `damage` does one to a copy of the image, which it knows by `begin`. */
static void
copies(char **argv, void (*begin)(uint8_t *image, size_t size),
    void (*damage)(uint8_t *copy))
{
	size_t size;
	uint8_t *image = whole_file(argv[1], &size), *data = malloc(size);
	FILE *f = fopen(argv[2], "r+b");

	if (data == NULL || f == NULL)
		err(2, "%s", argv[2]);
	begin(image, size);
	copy_state = strtoull(argv[3], NULL, 0);
	for (long i = 0; i < atol(argv[4]); i++) {
		memcpy(data, image, size);
		for (unsigned n = 1 + copy_number() % 4; n > 0; n--)
			damage(data);
		copy_put(f, data, size,
		    COPY_MB +
			i * (long)((size + COPY_MB - 1) / COPY_MB * COPY_MB));
	}
	if (fclose(f) != 0)
		err(2, "%s", argv[2]);
	free(image);
	free(data);
}

#endif
