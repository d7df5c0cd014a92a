/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random numbers: one ChaCha20 key that is replaced by its own output after
 * every request ("fast key erasure", D. J. Bernstein, 2017), so that what was
 * given out cannot be computed back from a later state.
 *
 * What is unpredictable is stirred in: RDRAND where the CPU has it and the
 * times of boot steps at start, later what virtio-rng delivers and the times
 * of device interrupts.  Stirring XORs into the key and runs the cipher, so
 * that a source that is known to an attacker does no harm.
 */
#include "lib/chacha.h"
#include "lib/string.h"
#include "fbsd/errno.h"
#include "amd64/md.h"
#include "core/random.h"
#include "core/sysctl.h"
#include "core/sync.h"

static struct {
	struct spin lock;
	uint32_t key[8];   /* (lock) */
	uint64_t requests; /* (lock) makes each key stream's nonce */
} rng = {.lock = SPIN_INITIALIZER("random")};

/* Key stream from the current key; the first half replaces the key. */
static void
rekey(uint32_t spare[8])
{
	uint32_t block[16];
	uint32_t nonce[3] = {
	    (uint32_t)rng.requests, (uint32_t)(rng.requests >> 32), 0};

	rng.requests++;
	chacha20_block(rng.key, 0, nonce, block);
	memcpy(rng.key, block, sizeof(rng.key));
	memcpy(spare, block + 8, 32);
}

void
random_stir(const void *buf, size_t n)
{
	const uint8_t *p = buf;
	uint32_t spare[8];
	uint64_t now = clock_cycles();

	spin_lock(&rng.lock);
	rng.key[0] ^= (uint32_t)now;
	rng.key[1] ^= (uint32_t)(now >> 32);
	for (size_t i = 0; i < n;) {
		for (size_t j = 0; j < sizeof(rng.key) && i < n; j++, i++)
			((uint8_t *)rng.key)[j] ^= p[i];
		rekey(spare);
	}
	spin_unlock(&rng.lock);
}

void
random_bytes(void *buf, size_t n)
{
	uint32_t key[8], block[16];
	uint32_t nonce[3] = {0};
	uint8_t *p = buf;

	/* A request has a key of its own, so the lock is held for one block
	 * however long the request. */
	spin_lock(&rng.lock);
	rekey(key);
	spin_unlock(&rng.lock);
	if (n <= sizeof(key)) {
		memcpy(p, key, n);
		return;
	}
	for (uint32_t counter = 1; n > 0; counter++) {
		size_t len = MIN(n, sizeof(block));

		chacha20_block(key, counter, nonce, block);
		memcpy(p, block, len);
		p += len;
		n -= len;
	}
}

/*
 * Before the first user of random_bytes().  Without RDRAND the differences
 * between cycle counts of memory-bound work are what there is; virtio-rng
 * follows.
 */
void
random_init(void)
{
	uint64_t sample[8];

	for (size_t i = 0; i < nitems(sample); i++) {
		if (md_rdrand(&sample[i]))
			random_source_add(RANDOM_PURE_RDRAND);
		else
			sample[i] = clock_cycles() * 0x9e3779b97f4a7c15 ^ i;
	}
	random_stir(sample, sizeof(sample));
}

static unsigned sources; /* atomic: a bit for each that is there */

void
random_source_add(unsigned source)
{
	atomic_or(&sources, 1u << source);
}

/* What may be chosen are FreeBSD's events (keys, packets, ...), of which none
 * is listened to here; sources made for it can't be left out there either. */
static int
sysctl_harvest_mask(const struct sysctl_node *node, struct sysctl_req *req)
{
	unsigned mask = atomic_load(&sources);
	int error = sysctl_out(req, &mask, sizeof(mask));

	if (error == 0 && sysctl_has_new(req)) {
		error = sysctl_in(req, &mask, sizeof(mask));
		if (error == 0 && mask >> RANDOM_SOURCES != 0)
			error = EINVAL;
	}
	return (error);
}
SYSCTL_PROC(kern_random_harvest_mask, "kern.random.harvest.mask", CTL_AUTO,
    CTLTYPE_UINT | CTLFLAG_RW, "IU", sysctl_harvest_mask, NULL);

static int
sysctl_harvest_names(const struct sysctl_node *node, struct sysctl_req *req)
{
	static const char *const names[] = {
	    "", "PURE_RDRAND", "PURE_VIRTIO", "PURE_VIRTIO,PURE_RDRAND"};
	unsigned mask = atomic_load(&sources);

	return (sysctl_out_string(
	    req, names[(mask >> RANDOM_PURE_RDRAND & 1) +
		       2 * (mask >> RANDOM_PURE_VIRTIO & 1)]));
}
SYSCTL_PROC(kern_random_harvest_names, "kern.random.harvest.mask_symbolic",
    CTL_AUTO, CTLTYPE_STRING | CTLFLAG_RD, "A", sysctl_harvest_names, NULL);
