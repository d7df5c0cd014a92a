/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ABI_FREEBSD_TRACE_NAMES_H
#define ABI_FREEBSD_TRACE_NAMES_H

#include "lib/types.h"

struct trace_name {
	uint32_t value;
	const char *name;
};

/*
 * The names for an argument of this kind (a letter of tools/mksyscalls.awk);
 * *flags: it is a set of them, else one. NULL: a kind without names. The list
 * ends by a name NULL. A set's first name stands for all bits in *mask, which
 * are one number together; others for one bit each.
 */
const struct trace_name *trace_names(char kind, bool *flags, uint32_t *mask);

#endif
