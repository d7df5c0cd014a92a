/* SPDX-License-Identifier: BSD-2-Clause */
/* SHA-256 (FIPS 180-4) of what is added bit by bit, for test programs. */
#ifndef TESTS_DISK_SHA256_H
#define TESTS_DISK_SHA256_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct sha256 {
	uint32_t state[8];
	uint64_t length; /* bytes so far */
	uint8_t block[64];
};

static inline uint32_t
sha256_rotate(uint32_t x, int n)
{
	return (x >> n | x << (32 - n));
}

/*
 * The standard's constants are the first 32 bits behind the point of the roots
 * of the first primes: cube roots for the rounds, square roots to begin with.
 */
static inline uint32_t
sha256_root(unsigned prime, bool cube)
{
	unsigned __int128 x = 0, y;

	/* The largest x with x^2 <= prime * 2^64, or x^3 <= prime * 2^96. */
	for (int bit = 36; bit >= 0; bit--) {
		y = x | (unsigned __int128)1 << bit;
		if (cube ? y * y * y <= (unsigned __int128)prime << 96
			 : y * y <= (unsigned __int128)prime << 64)
			x = y;
	}
	return ((uint32_t)x);
}

static inline void
sha256_constants(uint32_t *k, int n, bool cube)
{
	bool is_prime;

	for (unsigned p = 2; n > 0; p++) {
		is_prime = true;
		for (unsigned d = 2; d * d <= p; d++)
			is_prime = is_prime && p % d != 0;
		if (is_prime) {
			*k++ = sha256_root(p, cube);
			n--;
		}
	}
}

static inline void
sha256_begin(struct sha256 *h)
{
	sha256_constants(h->state, 8, false);
	h->length = 0;
}

static inline void
sha256_block(struct sha256 *h)
{
	static uint32_t k[64];
	uint32_t w[64], v[8], t1, t2;

	if (k[0] == 0)
		sha256_constants(k, 64, true);
	for (int i = 0; i < 16; i++)
		w[i] = (uint32_t)h->block[4 * i] << 24 |
		       (uint32_t)h->block[4 * i + 1] << 16 |
		       (uint32_t)h->block[4 * i + 2] << 8 | h->block[4 * i + 3];
	for (int i = 16; i < 64; i++)
		w[i] = w[i - 16] + w[i - 7] +
		       (sha256_rotate(w[i - 15], 7) ^
			   sha256_rotate(w[i - 15], 18) ^ w[i - 15] >> 3) +
		       (sha256_rotate(w[i - 2], 17) ^
			   sha256_rotate(w[i - 2], 19) ^ w[i - 2] >> 10);
	memcpy(v, h->state, sizeof(v));
	for (int i = 0; i < 64; i++) {
		t1 = v[7] + k[i] + w[i] +
		     (sha256_rotate(v[4], 6) ^ sha256_rotate(v[4], 11) ^
			 sha256_rotate(v[4], 25)) +
		     ((v[4] & v[5]) ^ (~v[4] & v[6]));
		t2 = (sha256_rotate(v[0], 2) ^ sha256_rotate(v[0], 13) ^
			 sha256_rotate(v[0], 22)) +
		     ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
		memmove(v + 1, v, 7 * sizeof(v[0]));
		v[4] += t1;
		v[0] = t1 + t2;
	}
	for (int i = 0; i < 8; i++)
		h->state[i] += v[i];
}

static inline void
sha256_add(struct sha256 *h, const void *data, size_t n)
{
	const uint8_t *p = data;
	size_t at, part;

	for (; n > 0; n -= part, p += part) {
		at = h->length % 64;
		part = n < 64 - at ? n : 64 - at;
		memcpy(h->block + at, p, part);
		h->length += part;
		if (h->length % 64 == 0)
			sha256_block(h);
	}
}

/* As 64 hexadecimal digits. */
static inline void
sha256_end(struct sha256 *h, char text[65])
{
	const uint64_t bits = h->length * 8;
	uint8_t last[8];

	sha256_add(h, "\x80", 1);
	while (h->length % 64 != 56)
		sha256_add(h, "", 1);
	for (int i = 0; i < 8; i++)
		last[i] = (uint8_t)(bits >> (56 - 8 * i));
	sha256_add(h, last, 8);
	for (int i = 0; i < 8; i++)
		sprintf(text + 8 * i, "%08x", h->state[i]);
}

#endif
