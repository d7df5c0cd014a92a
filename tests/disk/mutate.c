/* SPDX-License-Identifier: BSD-2-Clause */
/* mutate IMAGE DISK SEED COUNT: damaged copies of a UFS. */

#include "copies.h"
#include "mutate.h"

static struct mutant m;

static void
begin(uint8_t *image, size_t size)
{
	if (!mutant_begin(&m, image, size))
		errx(2, "no file system");
}

static void
damage(uint8_t *copy)
{
	m.data = copy;
	mutate(&m, copy_number);
}

int
main(int argc, char **argv)
{
	if (argc != 5)
		errx(2, "mutate IMAGE DISK SEED COUNT");
	copies(argv, begin, damage);
	return (0);
}
