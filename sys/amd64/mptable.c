/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/string.h"
#include "amd64/mptable.h"

struct mp_pointer {
	char signature[4]; /* "_MP_" */
	uint32_t config;
	uint8_t length; /* in 16 bytes */
	uint8_t revision;
	uint8_t checksum;
	uint8_t features[5];
};
_Static_assert(sizeof(struct mp_pointer) == 16, "mp_pointer");

struct mp_config {
	char signature[4]; /* "PCMP" */
	uint16_t length;
	uint8_t revision;
	uint8_t checksum;
	char oem[20];
	uint32_t oem_table;
	uint16_t oem_size;
	uint16_t entries;
	uint32_t lapic;
	uint16_t extended_length;
	uint8_t extended_checksum;
	uint8_t reserved;
};
_Static_assert(sizeof(struct mp_config) == 44, "mp_config");

#define MP_PROCESSOR 0 /* entry types; 20 bytes, others 8 */
#define MP_BUS	     1
#define MP_IOAPIC    2
#define MP_IOINT     3
#define MP_LINT	     4
#define MP_ENABLED   0x1
#define MP_BSP	     0x2

static uint8_t
sum(const uint8_t *p, size_t n)
{
	uint8_t s = 0;

	while (n-- > 0)
		s += *p++;
	return (s);
}

static void
add_cpu(struct mptable *mp, uint8_t id, bool boot)
{
	if (mp->ncpus == MPTABLE_MAXCPU)
		return;
	mp->apic_ids[mp->ncpus] = id;
	if (boot) {
		mp->apic_ids[mp->ncpus] = mp->apic_ids[0];
		mp->apic_ids[0] = id;
	}
	mp->ncpus++;
}

static bool
read_config(const uint8_t *p, size_t size, struct mptable *mp)
{
	struct mp_config c;
	const uint8_t *end;

	if (size < sizeof(c))
		return (false);
	memcpy(&c, p, sizeof(c));
	if (memcmp(c.signature, "PCMP", 4) != 0 || c.length < sizeof(c) ||
	    c.length > size || sum(p, c.length) != 0)
		return (false);
	memset(mp, 0, sizeof(*mp));
	mp->lapic = c.lapic;
	end = p + c.length;
	p += sizeof(c);
	/* QEMU's firmware leaves the number of entries 0: go by the length. */
	while (p < end) {
		size_t len = *p == MP_PROCESSOR ? 20 : 8;

		if (*p > MP_LINT || (size_t)(end - p) < len)
			return (false);
		if (*p == MP_PROCESSOR && (p[3] & MP_ENABLED))
			add_cpu(mp, p[1], p[3] & MP_BSP);
		if (*p == MP_IOAPIC && (p[3] & MP_ENABLED) && mp->ioapic == 0)
			memcpy(&mp->ioapic, p + 4, 4);
		p += len;
	}
	return (mp->ncpus > 0);
}

bool
mptable_find(const void *mem, uint64_t base, size_t size, struct mptable *mp)
{
	const uint8_t *p = mem;
	struct mp_pointer ptr;

	for (size_t off = 0; off + sizeof(ptr) <= size; off += 16) {
		if (memcmp(p + off, "_MP_", 4) != 0)
			continue;
		memcpy(&ptr, p + off, sizeof(ptr));
		if (ptr.length != 1 || sum(p + off, sizeof(ptr)) != 0 ||
		    ptr.config < base || ptr.config - base >= size)
			continue;
		if (read_config(p + (ptr.config - base),
			size - (ptr.config - base), mp))
			return (true);
	}
	return (false);
}
