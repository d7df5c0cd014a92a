/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LIB_HASH_H
#define LIB_HASH_H

#include "lib/types.h"

/* Of a name, mixed with a random key so that nobody can make names collide. */
uint64_t hash_name(uint64_t key, const char *name, size_t len);

#endif
