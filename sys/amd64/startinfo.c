/* SPDX-License-Identifier: BSD-2-Clause */
#include "amd64/startinfo.h"

static void delete (struct ranges *rs, unsigned i)
{
	for (rs->n--; i < rs->n; i++)
		rs->r[i] = rs->r[i + 1];
}

static void
insert(struct ranges *rs, unsigned at, uint64_t start, uint64_t end)
{
	if (rs->n == nitems(rs->r)) {
		unsigned least = 0;

		for (unsigned i = 1; i < rs->n; i++)
			if (rs->r[i].end - rs->r[i].start <
			    rs->r[least].end - rs->r[least].start)
				least = i;
		if (end - start <= rs->r[least].end - rs->r[least].start)
			return;
		delete (rs, least);
		if (least < at)
			at--;
	}
	for (unsigned i = rs->n++; i > at; i--)
		rs->r[i] = rs->r[i - 1];
	rs->r[at].start = start;
	rs->r[at].end = end;
}

void
ranges_add(struct ranges *rs, uint64_t start, uint64_t size)
{
	uint64_t end;
	unsigned at = 0;

	if (__builtin_add_overflow(start, size, &end) ||
	    start > UINT64_MAX - PAGE_MASK)
		return;
	start = round_page(start);
	end = trunc_page(end);
	if (start >= end)
		return;
	/* Swallow what it touches, so that ranges stay disjoint. */
	for (unsigned i = 0; i < rs->n;) {
		if (rs->r[i].end < start || rs->r[i].start > end) {
			i++;
			continue;
		}
		start = MIN(start, rs->r[i].start);
		end = MAX(end, rs->r[i].end);
		delete (rs, i);
	}
	while (at < rs->n && rs->r[at].start < start)
		at++;
	insert(rs, at, start, end);
}

void
ranges_remove(struct ranges *rs, uint64_t start, uint64_t end)
{
	start = trunc_page(start);
	end = round_page(end);
	for (unsigned i = 0; i < rs->n;) {
		uint64_t s = rs->r[i].start, e = rs->r[i].end;

		if (e <= start || s >= end) {
			i++;
		} else if (s < start && e > end) {
			rs->r[i].end = start;
			insert(rs, i + 1, end, e);
			return;
		} else if (s < start) {
			rs->r[i++].end = start;
		} else if (e > end) {
			rs->r[i++].start = end;
		} else {
			delete (rs, i);
		}
	}
}

bool
startinfo_memory(
    const struct hvm_memmap_entry *map, unsigned n, struct ranges *rs)
{
	for (unsigned i = 0; i < n; i++)
		if (map[i].type == HVM_MEMMAP_RAM)
			ranges_add(rs, map[i].addr, map[i].size);
	return (rs->n > 0);
}
