/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parsers of what the loader and the firmware leave.  On its own, since
 * the kernel's types and those of the host don't go together.
 */
#include "lib/string.h"
#include "amd64/mptable.h"
#include "amd64/startinfo.h"
#include "fuzz.h"

void *malloc(size_t size);
void *calloc(size_t n, size_t size);
void free(void *p);

/* A memory map: what comes out is pages, disjoint, ascending, and RAM. */
void
try_memory_map(const uint8_t *data, size_t size)
{
	size_t n = size / sizeof(struct hvm_memmap_entry);
	struct hvm_memmap_entry *map = calloc(n + 1, sizeof(*map));
	struct ranges rs = {.n = 0};

	memcpy(map, data, n * sizeof(*map));
	check(startinfo_memory(map, (unsigned)n, &rs) == (rs.n > 0),
	    "says whether there is memory");
	for (int pass = 0; pass < 2; pass++) {
		check(rs.n <= nitems(rs.r), "no more ranges than fit");
		for (unsigned i = 0; i < rs.n; i++) {
			check((rs.r[i].start | rs.r[i].end) % PAGE_SIZE == 0,
			    "whole pages");
			check(rs.r[i].start < rs.r[i].end, "no empty range");
			check(i == 0 || rs.r[i - 1].end < rs.r[i].start,
			    "disjoint and ascending");
			check(pass == 0 || rs.r[i].end <= 0x100000 ||
				  rs.r[i].start >= 0x200000,
			    "what was taken out is out");
		}
		ranges_remove(&rs, 0x100000, 0x200000);
	}
	free(map);
}

#define MP_BASE 0x9fc00u

static void
sum_up(uint8_t *p, size_t size, size_t at)
{
	uint8_t sum = 0;

	p[at] = 0;
	for (size_t i = 0; i < size; i++)
		sum += p[i];
	p[at] = (uint8_t)-sum;
}

/* The bytes are a table, behind a pointer to it; with its sum made right it
 * gets beyond the first check. */
void
try_mptable(const uint8_t *data, size_t size)
{
	static const uint8_t pointer[16] = {
	    '_', 'M', 'P', '_', 0x10, 0xfc, 9, 0, 1, 4};
	uint8_t *mem = malloc(16 + size);
	struct mptable mp = {.ncpus = 0};
	size_t length;

	memcpy(mem, pointer, 16);
	memcpy(mem + 16, data, size);
	sum_up(mem, 16, 10);
	if (size >= 44) {
		length = mem[20] | (size_t)mem[21] << 8;
		if (length >= 44 && length <= size)
			sum_up(mem + 16, length, 7);
	}
	if (mptable_find(mem, MP_BASE, 16 + size, &mp))
		check(mp.ncpus >= 1 && mp.ncpus <= MPTABLE_MAXCPU,
		    "as many CPUs as fit");
	(void)mptable_find(data, MP_BASE, size, &mp);
	free(mem);
}

/* What must be found in a good table, and isn't in one that is damaged. */
void
good_mptable(void)
{
	static const uint8_t table[44 + 20 * 2 + 8] = {'P', 'C', 'M', 'P',
	    sizeof(table), 0, 4, [44] = 0, 1, 0x14, 1, /* a CPU, id 1 */
	    [64] = 0, 0, 0x14, 3,		       /* the boot CPU, id 0 */
	    [84] = 2, 2, 0x11, 1, 0, 0, 0xc0, 0xfe};
	uint8_t mem[16 + sizeof(table)] = {
	    '_', 'M', 'P', '_', 0x10, 0xfc, 9, 0, 1, 4};
	struct mptable mp;

	memcpy(mem + 16, table, sizeof(table));
	sum_up(mem, 16, 10);
	sum_up(mem + 16, sizeof(table), 7);
	check(mptable_find(mem, MP_BASE, sizeof(mem), &mp), "a good table");
	check(mp.ncpus == 2 && mp.apic_ids[0] == 0 && mp.apic_ids[1] == 1,
	    "two CPUs, the boot CPU first");
	check(mp.ioapic == 0xfec00000, "the I/O APIC");
	check(!mptable_find(mem, MP_BASE, sizeof(mem) - 1, &mp),
	    "a table that is cut");
	for (size_t i = 0; i < sizeof(mem); i++) {
		mem[i] ^= 1;
		check(!mptable_find(mem, MP_BASE, sizeof(mem), &mp),
		    "sums are looked at");
		mem[i] ^= 1;
	}
}
