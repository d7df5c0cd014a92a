/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's own symbols, for backtraces: function addresses in ascending
 * order and their names, as tools/mkksyms.sh lays them out.  The first link
 * of the kernel has an empty table (the weak symbols below are null).
 */
#include "kern/ksyms.h"

extern const uint64_t ksyms_count __attribute__((weak));
extern const uint64_t ksyms_addr[] __attribute__((weak));
extern const uint32_t ksyms_name[] __attribute__((weak));
extern const char ksyms_text[] __attribute__((weak));

const char *
ksym_lookup(uintptr_t pc, uintptr_t *offset)
{
	uint64_t lo = 0, hi, mid;

	if (&ksyms_count == NULL || ksyms_count == 0 || pc < ksyms_addr[0])
		return (NULL);
	hi = ksyms_count;
	while (hi - lo > 1) {
		mid = lo + (hi - lo) / 2;
		if (ksyms_addr[mid] <= pc)
			lo = mid;
		else
			hi = mid;
	}
	*offset = pc - ksyms_addr[lo];
	return (&ksyms_text[ksyms_name[lo]]);
}
