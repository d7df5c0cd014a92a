/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the PVH loader tells: struct hvm_start_info of Xen's
 * arch-x86/hvm/start_info.h.
 */
#ifndef AMD64_STARTINFO_H
#define AMD64_STARTINFO_H

#include "lib/types.h"

#define START_INFO_MAGIC 0x336ec578u

struct hvm_start_info {
	uint32_t magic;
	uint32_t version;
	uint32_t flags;
	uint32_t nr_modules;
	uint64_t modlist_paddr;
	uint64_t cmdline_paddr;
	uint64_t rsdp_paddr;
	uint64_t memmap_paddr; /* from version 1 on */
	uint32_t memmap_entries;
	uint32_t reserved;
};
_Static_assert(sizeof(struct hvm_start_info) == 56, "hvm_start_info");

struct hvm_module {
	uint64_t paddr;
	uint64_t size;
	uint64_t cmdline_paddr;
	uint64_t reserved;
};

struct hvm_memmap_entry {
	uint64_t addr;
	uint64_t size;
	uint32_t type; /* 1: RAM */
	uint32_t reserved;
};
#define HVM_MEMMAP_RAM 1

/* A list of disjoint, ascending, page-aligned ranges being built. */
struct ranges {
	struct {
		uint64_t start, end;
	} r[32];
	unsigned n;
};

/* Adds the whole pages within [start, start + size); too many ranges: drops
 * the smallest. Empty, wrapping and overlapping input is all right. */
void ranges_add(struct ranges *rs, uint64_t start, uint64_t size);
/* Takes [start, end) out. */
void ranges_remove(struct ranges *rs, uint64_t start, uint64_t end);

/*
 * Usable memory out of a map of n entries. False if there is none.
 */
bool startinfo_memory(
    const struct hvm_memmap_entry *map, unsigned n, struct ranges *rs);

#endif
