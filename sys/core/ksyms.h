/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CORE_KSYMS_H
#define CORE_KSYMS_H

#include "lib/types.h"

/*
 * The function that contains pc and the distance from its start, or NULL.
 * The table is put into the kernel by tools/mkksyms.sh in a second link.
 */
const char *ksym_lookup(uintptr_t pc, uintptr_t *offset);
/* The function of that name: false if there is none. Its size reaches to the
 * next one. */
bool ksym_find(const char *name, uint64_t *addr, size_t *size);

#endif
