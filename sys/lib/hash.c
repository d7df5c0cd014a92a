/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/hash.h"
#include "lib/string.h"

/* Fewer than eight bytes; with their number they are told apart. */
static uint64_t
last_bytes(const char *s, size_t len)
{
	const uint8_t *u = (const uint8_t *)s;
	uint32_t low, high;

	if (len == 0)
		return (0);
	if (len < sizeof(low))
		return (u[0] | (uint64_t)u[len / 2] << 8 |
			(uint64_t)u[len - 1] << 16);
	memcpy(&low, s, sizeof(low));
	memcpy(&high, s + len - sizeof(high), sizeof(high));
	return ((uint64_t)high << 32 | low);
}

uint64_t
hash_name(uint64_t key, const char *name, size_t len)
{
	uint64_t h = key ^ len, word;

	for (; len >= sizeof(word); len -= sizeof(word)) {
		memcpy(&word, name, sizeof(word));
		name += sizeof(word);
		h = (h ^ word) * 0x9e3779b97f4a7c15u;
		h ^= h >> 29;
	}
	h = (h ^ last_bytes(name, len)) * 0xbf58476d1ce4e5b9u;
	h ^= h >> 32;
	return (h * 0x94d049bb133111ebu);
}
