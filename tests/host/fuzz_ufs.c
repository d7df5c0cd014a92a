/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * libFuzzer, to the reader of UFS: the input's bytes decide what is damaged in
 * a whole image (named by UFS_IMAGE), and how.  The reader finds whatever it
 * finds, within the device and its memory.
 */

#include "../disk/whole.h"
#include "input.h"
#include "ufs_visit.h"

#define VISITS 300

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct mutant mutant;
static uint8_t *whole, *damaged;
static size_t image_size;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *name = getenv("UFS_IMAGE");

	(void)argc;
	(void)argv;
	if (name == NULL)
		errx(2, "UFS_IMAGE: not set");
	whole = whole_file(name, &image_size);
	damaged = malloc(image_size);
	if (!mutant_begin(&mutant, whole, image_size))
		errx(2, "%s: no file system", name);
	mutant.data = damaged;
	return (0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ufs fs;
	const char *why;

	memcpy(damaged, whole, image_size);
	input_damage(&mutant, data, size);
	visits = VISITS;
	if (ufs_open(&fs, &mutant.device, &why) == 0)
		visit(&fs, UFS_ROOT_INO, 0);
	else if (why == NULL)
		abort();
	return (0);
}
