/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the code is that called, kept in a few words for debug kernels.
 */
#ifndef CORE_CALLERS_H
#define CORE_CALLERS_H

#include "lib/types.h"

#define CALLERS 6

/* Return addresses, the nearest first, as offsets from KERNBASE; 0 where there
 * are no more. */
struct callers {
	uint32_t pc[CALLERS];
};

/* From whoever called the caller of this. */
void callers_get(struct callers *c);
/* "name+0x12 < name+0x34", without an end of line; the length. */
size_t callers_format(const struct callers *c, char *buf, size_t size);

#endif
