/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * libFuzzer, to the reader of UFS: the input's bytes decide what is damaged in
 * a whole image (named by UFS_IMAGE), and how.  The reader finds whatever it
 * finds, within the device and its memory.
 */

#include <stdio.h>

#include "../disk/mutate.h"
#include "ufs_visit.h"

#define DAMAGES 6
#define VISITS	300

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct mutant mutant;
static uint8_t *whole, *damaged;
static size_t image_size;
static const uint8_t *input;
static size_t input_left;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *name = getenv("UFS_IMAGE");
	FILE *f = name != NULL ? fopen(name, "rb") : NULL;

	(void)argc;
	(void)argv;
	if (f == NULL || fseek(f, 0, SEEK_END) != 0)
		abort();
	image_size = (size_t)ftell(f);
	rewind(f);
	whole = malloc(image_size);
	damaged = malloc(image_size);
	if (fread(whole, 1, image_size, f) != image_size ||
	    !mutant_begin(&mutant, whole, image_size))
		abort();
	fclose(f);
	mutant.data = damaged;
	return (0);
}

/* The input, four bytes at a time; 0 when there are no more. */
static uint32_t
number(void)
{
	uint32_t n = 0;
	size_t part = input_left < sizeof(n) ? input_left : sizeof(n);

	memcpy(&n, input, part);
	input += part;
	input_left -= part;
	return (n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ufs fs;
	const char *why;

	input = data;
	input_left = size;
	memcpy(damaged, whole, image_size);
	for (int i = 0; i < DAMAGES && input_left > 0; i++)
		mutate(&mutant, number);
	visits = VISITS;
	if (ufs_open(&fs, &mutant.device, &why) == 0)
		visit(&fs, UFS_ROOT_INO, 0);
	else if (why == NULL)
		abort();
	return (0);
}
