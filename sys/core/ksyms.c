/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's own symbols, for backtraces: function addresses in ascending
 * order and their names, as tools/mkksyms.sh lays them out.  The first link
 * of the kernel has an empty table (the weak symbols below are null).
 */
#include "core/ksyms.h"
#include "lib/string.h"

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

bool
ksym_find(const char *name, uint64_t *addr, size_t *size)
{
	if (&ksyms_count == NULL)
		return (false);
	for (uint64_t i = 0; i < ksyms_count; i++) {
		if (strcmp(&ksyms_text[ksyms_name[i]], name) != 0)
			continue;
		*addr = ksyms_addr[i];
		*size = i + 1 < ksyms_count ? ksyms_addr[i + 1] - *addr : 0;
		return (true);
	}
	return (false);
}
