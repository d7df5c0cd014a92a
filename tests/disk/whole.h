/* SPDX-License-Identifier: BSD-2-Clause */
/* Files that a program on the host takes into its memory. */
#ifndef TESTS_DISK_WHOLE_H
#define TESTS_DISK_WHOLE_H

#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* All of a file; what fails ends the program. */
static inline uint8_t *
whole_file(const char *name, size_t *size)
{
	FILE *f = fopen(name, "rb");
	uint8_t *data;

	if (f == NULL || fseek(f, 0, SEEK_END) != 0)
		err(2, "%s", name);
	*size = (size_t)ftell(f);
	rewind(f);
	data = malloc(*size + 1);
	if (data == NULL || fread(data, 1, *size, f) != *size)
		err(2, "%s", name);
	fclose(f);
	return (data);
}

#endif
