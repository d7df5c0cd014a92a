/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inodes, and where the blocks of a file are: twelve addresses in the inode,
 * then trees of indirect blocks one, two and three deep.
 */
#include "fbsd/errno.h"
#include "fbsd/stat.h"
#include "fs/ufs/ufs.h"
#include "lib/string.h"

#define MIN_OF(a, b) ((a) < (b) ? (a) : (b))

static int
read_frag(struct ufs *fs, uint64_t frag, uint64_t offset, void *buf, size_t n)
{
	return (fs->fs_device->ud_read(
	    fs->fs_device, (frag << fs->fs_fshift) + offset, buf, n));
}

uint64_t
ufs_group_start(const struct ufs *fs, uint32_t group)
{
	const struct ufs_superblock *sb = &fs->fs_sb;
	uint64_t start = (uint64_t)sb->fs_fpg * group;

	if (fs->fs_ufs1)
		start += (uint64_t)sb->fs_old_cgoffset *
			 (group & ~(uint32_t)sb->fs_old_cgmask);
	return (start);
}

static void
from_ufs2(const struct ufs2_dinode *di, struct ufs_inode *ip)
{
	ip->i_mode = di->di_mode;
	ip->i_nlink = (uint16_t)di->di_nlink;
	ip->i_uid = di->di_uid;
	ip->i_gid = di->di_gid;
	ip->i_size = di->di_size;
	ip->i_blocks = di->di_blocks;
	ip->i_atime = (struct ufs_time){di->di_atime, di->di_atimensec};
	ip->i_mtime = (struct ufs_time){di->di_mtime, di->di_mtimensec};
	ip->i_ctime = (struct ufs_time){di->di_ctime, di->di_ctimensec};
	ip->i_birthtime = (struct ufs_time){di->di_birthtime, di->di_birthnsec};
	ip->i_gen = di->di_gen;
	ip->i_flags = di->di_flags;
	ip->i_extsize = di->di_extsize;
	ip->i_depth = di->di_dirdepth;
	for (int i = 0; i < UFS_NEXT; i++)
		ip->i_ext[i] = (uint64_t)di->di_extb[i];
	for (int i = 0; i < UFS_NDIRECT; i++)
		ip->i_direct[i] = (uint64_t)di->di_db[i];
	for (int i = 0; i < UFS_NINDIRECT; i++)
		ip->i_indirect[i] = (uint64_t)di->di_ib[i];
	memcpy(ip->i_link, di->di_link, sizeof(di->di_link));
}

static void
from_ufs1(const struct ufs1_dinode *di, struct ufs_inode *ip)
{
	ip->i_mode = di->di_mode;
	ip->i_nlink = (uint16_t)di->di_nlink;
	ip->i_uid = di->di_uid;
	ip->i_gid = di->di_gid;
	ip->i_size = di->di_size;
	ip->i_blocks = di->di_blocks;
	ip->i_atime = (struct ufs_time){di->di_atime, di->di_atimensec};
	ip->i_mtime = (struct ufs_time){di->di_mtime, di->di_mtimensec};
	ip->i_ctime = (struct ufs_time){di->di_ctime, di->di_ctimensec};
	ip->i_birthtime = (struct ufs_time){-1, 0};
	ip->i_gen = di->di_gen;
	ip->i_flags = di->di_flags;
	for (int i = 0; i < UFS_NDIRECT; i++)
		ip->i_direct[i] = (uint32_t)di->di_db[i];
	for (int i = 0; i < UFS_NINDIRECT; i++)
		ip->i_indirect[i] = (uint32_t)di->di_ib[i];
	memcpy(ip->i_link, di->di_link, sizeof(di->di_link));
}

static bool
time_possible(struct ufs_time t)
{
	return (t.nsec >= 0 && t.nsec < 1000000000);
}

/* No size may lead beyond what the addresses reach. */
static bool
possible(const struct ufs *fs, const struct ufs_inode *ip)
{
	uint64_t n = (uint64_t)fs->fs_sb.fs_nindir;
	uint64_t most = (UFS_NDIRECT + n + n * n + n * n * n) << fs->fs_bshift;

	return (ip->i_size <= most && ip->i_size <= INT64_MAX &&
		ip->i_extsize <= (uint64_t)UFS_NEXT << fs->fs_bshift &&
		time_possible(ip->i_atime) && time_possible(ip->i_mtime) &&
		time_possible(ip->i_ctime) && time_possible(ip->i_birthtime));
}

int
ufs_inode_place(
    const struct ufs *fs, uint64_t ino, uint64_t *frag, size_t *offset)
{
	const struct ufs_superblock *sb = &fs->fs_sb;
	const size_t size = fs->fs_ufs1 ? sizeof(struct ufs1_dinode)
					: sizeof(struct ufs2_dinode);
	uint64_t in_group;

	if (ino < UFS_ROOT_INO || ino >= fs->fs_inodes)
		return (EINTEGRITY);
	in_group = ino % sb->fs_ipg;
	*frag = ufs_group_start(fs, (uint32_t)(ino / sb->fs_ipg)) +
		(uint32_t)sb->fs_iblkno +
		in_group / sb->fs_inopb * (uint32_t)sb->fs_frag;
	*offset = in_group % sb->fs_inopb * size;
	return (*frag + (uint32_t)sb->fs_frag > fs->fs_frags ? EINTEGRITY : 0);
}

bool
ufs_is_short_link(const struct ufs *fs, const struct ufs_inode *ip)
{
	const uint64_t unit = (uint64_t)1 << fs->fs_fshift;
	uint64_t ext = (ip->i_extsize + unit - 1) & ~(unit - 1);

	return ((ip->i_mode & S_IFMT) == S_IFLNK &&
		ip->i_size <= sizeof(ip->i_link) && ip->i_blocks == ext / 512);
}

int
ufs_inode_get(struct ufs *fs, uint64_t ino, struct ufs_inode *ip)
{
	const struct ufs_superblock *sb = &fs->fs_sb;
	union {
		struct ufs1_dinode one;
		struct ufs2_dinode two;
	} di;
	size_t size = fs->fs_ufs1 ? sizeof(di.one) : sizeof(di.two);
	uint64_t frag;
	uint32_t hash;
	size_t offset;
	int error;

	error = ufs_inode_place(fs, ino, &frag, &offset);
	if (error == 0)
		error = read_frag(fs, frag, offset, &di, size);
	if (error != 0)
		return (error);
	memset(ip, 0, sizeof(*ip));
	ip->i_ino = ino;
	if (fs->fs_ufs1) {
		from_ufs1(&di.one, ip);
	} else {
		from_ufs2(&di.two, ip);
		hash = di.two.di_ckhash;
		di.two.di_ckhash = 0;
		if ((sb->fs_metackhash & UFS_CK_INODE) && ip->i_mode != 0 &&
		    ufs_crc32c(~0u, &di.two, sizeof(di.two)) != hash)
			return (EINTEGRITY);
	}
	if ((ip->i_mode & S_IFMT) == 0)
		return (ESTALE);
	/* The text lies where addresses would. */
	if (ufs_is_short_link(fs, ip)) {
		memset(ip->i_direct, 0, sizeof(ip->i_direct));
		memset(ip->i_indirect, 0, sizeof(ip->i_indirect));
	}
	return (possible(fs, ip) ? 0 : EINTEGRITY);
}

/* Does a block begin there? Its fragments must all be in the file system. */
static bool
is_block(const struct ufs *fs, uint64_t frag, uint64_t frags)
{
	return (frag < fs->fs_frags && frags <= fs->fs_frags - frag);
}

/* Fragments that block lbn of a file has. */
static uint64_t
frags_of(const struct ufs *fs, const struct ufs_inode *ip, uint64_t lbn)
{
	uint64_t rest, whole = (uint64_t)fs->fs_sb.fs_frag;

	if (lbn >= UFS_NDIRECT || ip->i_size >> fs->fs_bshift > lbn)
		return (whole);
	rest = ip->i_size - (lbn << fs->fs_bshift);
	return ((rest + ((uint64_t)1 << fs->fs_fshift) - 1) >> fs->fs_fshift);
}

/* Entry `index` of the indirect block at `frag`. */
static int
indirect_entry(struct ufs *fs, struct ufs_device *dev, uint64_t frag,
    uint64_t index, uint64_t *next)
{
	const uint64_t at = frag << fs->fs_fshift;
	uint32_t narrow;
	int error;

	if (!is_block(fs, frag, (uint64_t)fs->fs_sb.fs_frag))
		return (EINTEGRITY);
	if (!fs->fs_ufs1)
		return (dev->ud_read(dev, at + index * 8, next, 8));
	error = dev->ud_read(dev, at + index * 4, &narrow, 4);
	*next = narrow;
	return (error);
}

/* The address of block lbn, 0 for a hole. *left: how many blocks from there on
 * have their addresses in the same place, or are a hole with it. */
static int
address_of(struct ufs *fs, struct ufs_device *dev, const struct ufs_inode *ip,
    uint64_t lbn, uint64_t *frag, uint64_t *left)
{
	const uint64_t n = (uint64_t)fs->fs_sb.fs_nindir;
	uint64_t span = 1;
	unsigned depth = 0;
	int error = 0;

	if (lbn < UFS_NDIRECT) {
		*frag = ip->i_direct[lbn];
		*left = *frag != 0 ? UFS_NDIRECT - lbn : 1;
		return (0);
	}
	lbn -= UFS_NDIRECT;
	while (lbn >= span * n) {
		lbn -= span * n;
		span *= n;
		if (++depth == UFS_NINDIRECT)
			return (EFBIG);
	}
	*frag = ip->i_indirect[depth];
	for (; error == 0 && *frag != 0; span /= n) {
		*left = n - lbn / span % n;
		error = indirect_entry(fs, dev, *frag, lbn / span % n, frag);
		if (span == 1) {
			if (*frag == 0)
				*left = 1;
			return (error);
		}
	}
	/* A hole where an indirect block would be. */
	*left = span * n - lbn % (span * n);
	return (error);
}

/* How many holes there are from block lbn on, where one is of `known`. */
static uint64_t
count_holes(struct ufs *fs, struct ufs_device *dev, const struct ufs_inode *ip,
    uint64_t lbn, uint64_t known, uint64_t most)
{
	uint64_t run = known, frag, left;

	while (run < most &&
	       address_of(fs, dev, ip, lbn + run, &frag, &left) == 0 &&
	       frag == 0)
		run += left;
	return (MIN_OF(run, most));
}

int
ufs_bmap(struct ufs *fs, const struct ufs_inode *ip, uint64_t lbn,
    uint64_t most, uint64_t *frag, uint64_t *run)
{
	return (ufs_bmap_by(fs, fs->fs_device, ip, lbn, most, frag, run));
}

/*
 * A snapshot's block that is a hole is as the file system has it at that place
 * now, and one that isn't to be kept, which addresses within the first block
 * say, reads as zeroes.
 */
static int
snapshot_bmap(struct ufs *fs, struct ufs_device *dev,
    const struct ufs_inode *ip, uint64_t lbn, uint64_t *frag, uint64_t *run)
{
	const uint64_t step = (uint64_t)fs->fs_sb.fs_frag;
	uint64_t left;
	int error;

	error = address_of(fs, dev, ip, lbn, frag, &left);
	if (error != 0)
		return (error);
	*run = 1;
	if (*frag == 0 && lbn < fs->fs_frags / step)
		*frag = lbn * step;
	else if (*frag < step)
		*frag = 0;
	return (is_block(fs, *frag, frags_of(fs, ip, lbn)) ? 0 : EINTEGRITY);
}

int
ufs_bmap_by(struct ufs *fs, struct ufs_device *dev, const struct ufs_inode *ip,
    uint64_t lbn, uint64_t most, uint64_t *frag, uint64_t *run)
{
	const uint64_t step = (uint64_t)fs->fs_sb.fs_frag;
	uint64_t next, left, ignored;
	int error;

	if ((ip->i_flags & SF_SNAPSHOT) != 0)
		return (snapshot_bmap(fs, dev, ip, lbn, frag, run));
	error = address_of(fs, dev, ip, lbn, frag, &left);
	if (error != 0)
		return (error);
	if (*frag == 0) {
		*run = count_holes(fs, dev, ip, lbn, left, most);
		return (0);
	}
	if (!is_block(fs, *frag, frags_of(fs, ip, lbn)))
		return (EINTEGRITY);
	for (*run = 1; *run < MIN_OF(most, left); ++*run) {
		if (address_of(fs, dev, ip, lbn + *run, &next, &ignored) != 0 ||
		    next != *frag + *run * step ||
		    !is_block(fs, next, frags_of(fs, ip, lbn + *run)))
			break;
	}
	return (0);
}

int
ufs_read(struct ufs *fs, const struct ufs_inode *ip, uint64_t offset, void *buf,
    size_t size, size_t *done)
{
	const uint64_t block = (uint64_t)1 << fs->fs_bshift;
	uint64_t frag, run, in_block;
	size_t n;
	int error;

	*done = 0;
	if (offset >= ip->i_size)
		return (0);
	size = MIN_OF(size, ip->i_size - offset);
	while (*done < size) {
		in_block = offset & (block - 1);
		error = ufs_bmap(fs, ip, offset >> fs->fs_bshift,
		    ((size - *done + in_block) >> fs->fs_bshift) + 1, &frag,
		    &run);
		if (error != 0)
			return (error);
		n = MIN_OF(size - *done, (run << fs->fs_bshift) - in_block);
		if (frag == 0)
			memset((char *)buf + *done, 0, n);
		else
			error = read_frag(
			    fs, frag, in_block, (char *)buf + *done, n);
		if (error != 0)
			return (error);
		*done += n;
		offset += n;
	}
	return (0);
}

int
ufs_readlink(struct ufs *fs, const struct ufs_inode *ip, char *buf, size_t *len)
{
	size_t room = fs->fs_ufs1 ? UFS_SHORT_LINK / 2 : UFS_SHORT_LINK;

	if ((ip->i_mode & S_IFMT) != S_IFLNK)
		return (EINVAL);
	if (ip->i_size == 0 || ip->i_size >= UFS_LINK_MAX)
		return (EINTEGRITY);
	if (!ufs_is_short_link(fs, ip))
		return (ufs_read(fs, ip, 0, buf, ip->i_size, len));
	if (ip->i_size > room)
		return (EINTEGRITY);
	memcpy(buf, ip->i_link, ip->i_size);
	*len = ip->i_size;
	return (0);
}
