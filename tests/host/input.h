/* SPDX-License-Identifier: BSD-2-Clause */
/* A fuzzer's input that decides what is damaged in a UFS, and how. */
#ifndef TESTS_HOST_INPUT_H
#define TESTS_HOST_INPUT_H

#include "../disk/mutate.h"

#define DAMAGES 6

static const uint8_t *input;
static size_t input_left;

/* Four bytes at a time; 0 when there are no more. */
static uint32_t
input_number(void)
{
	uint32_t n = 0;
	size_t part = input_left < sizeof(n) ? input_left : sizeof(n);

	memcpy(&n, input, part);
	input += part;
	input_left -= part;
	return (n);
}

static void
input_damage(struct mutant *m, const uint8_t *data, size_t size)
{
	input = data;
	input_left = size;
	for (int i = 0; i < DAMAGES && input_left > 0; i++)
		mutate(m, input_number);
}

#endif
