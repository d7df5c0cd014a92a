/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cylinder groups: where the maps are in a group's block, and the sums that
 * follow from them.
 */
#include <string.h>

#include "cgroup.h"
#include "fs/ufs/ufs.h"

bool
cg_bit(const uint8_t *map, uint32_t i)
{
	return (map[i / 8] >> i % 8 & 1);
}

void
cg_set(uint8_t *map, uint32_t i, bool on)
{
	uint8_t bit = (uint8_t)(1 << i % 8);

	map[i / 8] = (uint8_t)(on ? map[i / 8] | bit : map[i / 8] & ~bit);
}

/* Bytes for the map of whole free blocks. */
static uint32_t
cluster_bytes(const struct ufs_superblock *sb)
{
	return (((uint32_t)sb->fs_fpg / (uint32_t)sb->fs_frag + 7) / 8);
}

void
cg_header(const struct ufs_superblock *sb, uint32_t group, uint32_t frags,
    int64_t now, struct ufs_cg *cg)
{
	uint32_t end;

	memset(cg, 0, (size_t)sb->fs_cgsize);
	cg->cg_magic = UFS_CG_MAGIC;
	cg->cg_cgx = group;
	cg->cg_ndblk = frags;
	cg->cg_time = now;
	cg->cg_iusedoff = sizeof(*cg);
	cg->cg_freeoff = cg->cg_iusedoff + (sb->fs_ipg + 7) / 8;
	end = cg->cg_freeoff + ((uint32_t)sb->fs_fpg + 7) / 8;
	if (sb->fs_contigsumsize > 0) {
		/* The sums' first, for runs of none, lies over the map. */
		cg->cg_clustersumoff = ((end + 3) & ~3u) - 4;
		cg->cg_clusteroff = cg->cg_clustersumoff +
				    4 * ((uint32_t)sb->fs_contigsumsize + 1);
		cg->cg_nclusterblks = frags / (uint32_t)sb->fs_frag;
		end = cg->cg_clusteroff + cluster_bytes(sb);
	}
	cg->cg_nextfreeoff = end;
	cg->cg_niblk = sb->fs_ipg;
}

/* Whole free blocks that follow each other are counted by their number. */
static void
cluster_add(const struct ufs_superblock *sb, struct ufs_cg *cg, uint32_t run)
{
	uint32_t most = (uint32_t)sb->fs_contigsumsize, n;
	uint8_t *at;

	if (run == 0 || most == 0)
		return;
	at = (uint8_t *)cg + cg->cg_clustersumoff +
	     4 * (run < most ? run : most);
	memcpy(&n, at, 4);
	n++;
	memcpy(at, &n, 4);
}

static void
clusters_reset(const struct ufs_superblock *sb, struct ufs_cg *cg)
{
	uint32_t most = (uint32_t)sb->fs_contigsumsize;

	if (most == 0)
		return;
	memset((uint8_t *)cg + cg->cg_clustersumoff + 4, 0, 4 * most);
	memset((uint8_t *)cg + cg->cg_clusteroff, 0, cluster_bytes(sb));
}

/* A block that isn't free as a whole: its free runs, by length. */
static void
frags_sum(struct ufs_cg *cg, const uint8_t *map, uint32_t at, uint32_t n)
{
	uint32_t run = 0;

	for (uint32_t i = 0; i <= n; i++) {
		if (i < n && cg_bit(map, at + i)) {
			cg->cg_cs.cs_nffree++;
			run++;
			continue;
		}
		if (run > 0 && run < UFS_FRAGS_MAX)
			cg->cg_frsum[run]++;
		run = 0;
	}
}

void
cg_sum(const struct ufs_superblock *sb, struct ufs_cg *cg)
{
	const uint32_t frag = (uint32_t)sb->fs_frag;
	const uint8_t *iused = (uint8_t *)cg + cg->cg_iusedoff;
	const uint8_t *map = (uint8_t *)cg + cg->cg_freeoff;
	uint8_t *clusters = (uint8_t *)cg + cg->cg_clusteroff;
	uint32_t run = 0, n, i;

	cg->cg_cs.cs_nbfree = cg->cg_cs.cs_nifree = cg->cg_cs.cs_nffree = 0;
	memset(cg->cg_frsum, 0, sizeof(cg->cg_frsum));
	clusters_reset(sb, cg);
	for (i = 0; i < sb->fs_ipg; i++)
		cg->cg_cs.cs_nifree += !cg_bit(iused, i);
	for (uint32_t at = 0; at < cg->cg_ndblk; at += frag) {
		n = cg->cg_ndblk - at < frag ? cg->cg_ndblk - at : frag;
		for (i = 0; i < n && cg_bit(map, at + i); i++)
			;
		if (i == frag) {
			cg->cg_cs.cs_nbfree++;
			run++;
			if (sb->fs_contigsumsize > 0)
				cg_set(clusters, at / frag, true);
			continue;
		}
		frags_sum(cg, map, at, n);
		cluster_add(sb, cg, run);
		run = 0;
	}
	cluster_add(sb, cg, run);
}

uint32_t
cg_hash(const struct ufs_superblock *sb, const struct ufs_cg *cg)
{
	const size_t at = offsetof(struct ufs_cg, cg_ckhash);
	const uint8_t *bytes = (const uint8_t *)cg;
	static const uint8_t zero[4];
	uint32_t crc = ufs_crc32c(~0u, bytes, at);

	crc = ufs_crc32c(crc, zero, sizeof(zero));
	return (
	    ufs_crc32c(crc, bytes + at + 4, (size_t)sb->fs_cgsize - at - 4));
}
