/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether what a power cut left of torture.c's tree is what may be left. */
#ifndef TESTS_DISK_JUDGE_H
#define TESTS_DISK_JUDGE_H

#include <stdint.h>

#include "fs/ufs/ufs.h"

/* The plan of a seed, and which inodes its operations made, as far as that is
 * known: inos[1] to inos[ops], 0 if it isn't. */
void judge_begin(uint64_t seed, uint32_t ops, const uint64_t *inos);

/*
 * Looks at all that is there when `done` operations had been carried out, and
 * one more perhaps in part.  The number of faults, each told in a line.
 */
unsigned judge_tree(struct ufs_device *dev, uint32_t done);

#endif
