/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Damage to a UFS, where it hurts: in the structures, by values that code
 * stumbles over.  Included by programs on the host that have an image in
 * memory; what to do is decided by numbers that they give.
 */
#ifndef TESTS_DISK_MUTATE_H
#define TESTS_DISK_MUTATE_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fs/ufs/ufs.h"

/* A structure in the image. */
struct target {
	enum target_kind {
		IN_SUPERBLOCK, /* the first, or a copy */
		IN_SUMMARY,
		IN_GROUP,
		IN_INODE,
		IN_DIRECTORY,
		IN_INDIRECT,
		TARGET_KINDS
	} kind;
	uint64_t at;
	uint32_t size;
};

#define TARGETS 4000

struct mutant {
	struct ufs_device device; /* first: reads `data` */
	uint8_t *data;
	size_t size;
	struct ufs fs; /* as it was found whole */
	unsigned ntargets;
	struct target targets[TARGETS];
	unsigned first[TARGET_KINDS + 1]; /* of each kind: they are in order */
};

static int
mutant_read(struct ufs_device *dev, uint64_t offset, void *buf, size_t size)
{
	struct mutant *m = (struct mutant *)dev;

	/* The reader promises to stay on the device. */
	if (offset > m->size || size > m->size - offset)
		abort();
	memcpy(buf, m->data + offset, size);
	return (0);
}

static void
mutant_target(struct mutant *m, enum target_kind kind, uint64_t at, size_t size)
{
	if (m->ntargets < TARGETS && at < m->size && size <= m->size - at)
		m->targets[m->ntargets++] =
		    (struct target){kind, at, (uint32_t)size};
}

static uint64_t
mutant_group(const struct mutant *m, uint64_t group)
{
	return (ufs_group_start(&m->fs, (uint32_t)group) << m->fs.fs_fshift);
}

static void
mutant_inode(struct mutant *m, uint64_t ino)
{
	const struct ufs_superblock *sb = &m->fs.fs_sb;
	const size_t size = m->fs.fs_ufs1 ? 128 : 256;

	mutant_target(m, IN_INODE,
	    mutant_group(m, ino / sb->fs_ipg) +
		((uint64_t)sb->fs_iblkno << m->fs.fs_fshift) +
		ino % sb->fs_ipg * size,
	    size);
}

static void
mutant_directory(struct mutant *m, const struct ufs_inode *ip)
{
	uint64_t frag, run;

	for (uint64_t lbn = 0; lbn << m->fs.fs_bshift < ip->i_size; lbn++) {
		uint64_t left = ip->i_size - (lbn << m->fs.fs_bshift);

		if (ufs_bmap(&m->fs, ip, lbn, 1, &frag, &run) == 0 && frag != 0)
			mutant_target(m, IN_DIRECTORY, frag << m->fs.fs_fshift,
			    left < (uint64_t)m->fs.fs_sb.fs_bsize
				? left
				: (uint64_t)m->fs.fs_sb.fs_bsize);
	}
}

/* All targets of a kind, from each inode that is in use. */
static void
mutant_inodes(struct mutant *m, enum target_kind kind)
{
	struct ufs_inode ip;

	for (uint64_t ino = UFS_ROOT_INO; ino < m->fs.fs_inodes; ino++) {
		if (ufs_inode_get(&m->fs, ino, &ip) != 0)
			continue;
		if (kind == IN_INODE)
			mutant_inode(m, ino);
		else if (kind == IN_DIRECTORY &&
			 (ip.i_mode & 0170000) == 0040000)
			mutant_directory(m, &ip);
		else if (kind == IN_INDIRECT &&
			 (ip.i_mode & 0170000) == 0100000)
			for (int i = 0; i < UFS_NINDIRECT; i++)
				if (ip.i_indirect[i] != 0)
					mutant_target(m, kind,
					    ip.i_indirect[i] << m->fs.fs_fshift,
					    (size_t)m->fs.fs_sb.fs_bsize);
	}
}

/* Those that no inode leads to. */
static void
mutant_own(struct mutant *m, enum target_kind kind)
{
	const struct ufs_superblock *sb = &m->fs.fs_sb;
	uint64_t summary = m->fs.fs_ufs1 ? (uint64_t)(uint32_t)sb->fs_old_csaddr
					 : (uint64_t)sb->fs_csaddr;

	if (kind == IN_SUMMARY)
		mutant_target(
		    m, kind, summary << m->fs.fs_fshift, (size_t)sb->fs_cssize);
	if (kind == IN_SUPERBLOCK)
		mutant_target(m, kind, m->fs.fs_where, sizeof(*sb));
	for (uint32_t i = 0; i < sb->fs_ncg; i++) {
		uint64_t start = mutant_group(m, i);

		if (kind == IN_SUPERBLOCK)
			mutant_target(m, kind,
			    start +
				((uint64_t)sb->fs_sblkno << m->fs.fs_fshift),
			    sizeof(*sb));
		if (kind == IN_GROUP)
			mutant_target(m, kind,
			    start +
				((uint64_t)sb->fs_cblkno << m->fs.fs_fshift),
			    (size_t)sb->fs_cgsize);
	}
}

/* Finds what there is to damage; false: this is no file system. */
static bool
mutant_begin(struct mutant *m, uint8_t *data, size_t size)
{
	const char *why;

	memset(m, 0, sizeof(*m));
	m->device = (struct ufs_device){mutant_read, size};
	m->data = data;
	m->size = size;
	if (ufs_open(&m->fs, &m->device, &why) != 0)
		return (false);
	for (int kind = 0; kind < TARGET_KINDS; kind++) {
		m->first[kind] = m->ntargets;
		if (kind < IN_INODE)
			mutant_own(m, kind);
		else
			mutant_inodes(m, kind);
	}
	m->first[TARGET_KINDS] = m->ntargets;
	return (true);
}

/* A value in place of another one of 1, 2, 4 or 8 bytes. */
static uint64_t
mutant_value(const struct mutant *m, uint64_t old, uint32_t (*number)(void))
{
	static const uint64_t edges[] = {0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff,
	    0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff,
	    0x7fffffffffffffff, 0x8000000000000000, 0xffffffffffffffff};

	switch (number() % 6) {
	case 0:
		return (edges[number() % (sizeof(edges) / sizeof(edges[0]))]);
	case 1:
		return (old ^ UINT64_C(1) << number() % 64);
	case 2:
		return (old + number() % 17 - 8);
	case 3:
		return (m->fs.fs_frags + number() % 5 - 2);
	case 4: /* where a structure lies: shared, or in a circle */
		return (
		    m->targets[number() % m->ntargets].at >> m->fs.fs_fshift);
	default:
		return ((uint64_t)number() << 32 | number());
	}
}

/* So that the damage isn't found by its check hash alone. */
static void
mutant_hash(struct mutant *m, const struct target *t)
{
	struct ufs2_dinode *di = (struct ufs2_dinode *)(m->data + t->at);
	struct ufs_superblock *sb = (struct ufs_superblock *)(m->data + t->at);
	struct ufs_cg *cg = (struct ufs_cg *)(m->data + t->at);

	if (t->kind == IN_SUPERBLOCK) {
		if (sb->fs_sbsize < (int)sizeof(*sb) ||
		    (uint64_t)sb->fs_sbsize > m->size - t->at)
			return;
		sb->fs_ckhash = 0;
		sb->fs_ckhash = ufs_crc32c(~0u, sb, (size_t)sb->fs_sbsize);
	} else if (t->kind == IN_GROUP) {
		cg->cg_ckhash = 0;
		cg->cg_ckhash = ufs_crc32c(~0u, cg, t->size);
	} else if (t->kind == IN_INODE && !m->fs.fs_ufs1) {
		di->di_ckhash = 0;
		di->di_ckhash = ufs_crc32c(~0u, di, sizeof(*di));
	}
}

/* A sector of it that was never written, or belongs elsewhere. */
static void
mutant_sector(
    struct mutant *m, const struct target *t, uint32_t (*number)(void))
{
	const struct target *other = &m->targets[number() % m->ntargets];
	uint32_t sectors = (t->size + 511) / 512;
	uint32_t at = number() % sectors * 512;
	uint32_t n = t->size - at < 512 ? t->size - at : 512;

	if (number() % 2 == 0 || other->size < n)
		memset(m->data + t->at + at, 0, n);
	else
		memmove(m->data + t->at + at, m->data + other->at, n);
}

/* One more damage to the image. */
static void
mutate(struct mutant *m, uint32_t (*number)(void))
{
	const unsigned kind = number() % TARGET_KINDS;
	const unsigned n = m->first[kind + 1] - m->first[kind];
	const struct target *t;
	uint64_t at, value = 0;
	size_t size;

	if (n == 0)
		return;
	t = &m->targets[m->first[kind] + number() % n];
	if (number() % 16 == 0) {
		mutant_sector(m, t, number);
		return;
	}
	size = (size_t)1 << number() % 4;
	/* Headers more often than maps, the first entries than others. */
	at = number() % (t->size > 256 && number() % 4 != 0 ? 256 : t->size);
	if (kind == IN_SUPERBLOCK)
		at = number() % sizeof(struct ufs_superblock);
	at = at / size * size;
	if (at + size > t->size)
		return;
	memcpy(&value, m->data + t->at + at, size);
	value = mutant_value(m, value, number);
	memcpy(m->data + t->at + at, &value, size);
	if (number() % 8 != 0)
		mutant_hash(m, t);
}

#endif
