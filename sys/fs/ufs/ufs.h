/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * UFS: what lies on the disk, read and checked.
 *
 * This part knows nothing of vnodes or memory objects: it maps names to
 * inodes and offsets to places on a device, which it reads through one
 * function.  The kernel gives it a function that finds the device's pages in
 * its cache; `imp image`, one that reads a file.  It keeps no state but what
 * the caller holds, and needs no locks.
 *
 * Nothing on the disk is believed: sizes, addresses and lengths are checked
 * before they are used, and what makes no sense is EINTEGRITY.
 */
#ifndef FS_UFS_H
#define FS_UFS_H

#include "fs/ufs/ufs_format.h"

/* What the file system lies on. */
struct ufs_device {
	/* 0 or an errno; `size` bytes at `offset`, both of them any number
	 * within ud_size. */
	int (*ud_read)(
	    struct ufs_device *dev, uint64_t offset, void *buf, size_t size);
	uint64_t ud_size; /* bytes */
};

/* A file system: the superblock in a form that can be reckoned with. */
struct ufs {
	struct ufs_device *fs_device;
	struct ufs_superblock fs_sb; /* as it was found */
	uint64_t fs_where;	     /* bytes: and where */
	bool fs_copy;		     /* the first one is damaged */
	bool fs_ufs1;
	unsigned fs_bshift, fs_fshift; /* log2 of the sizes */
	uint64_t fs_frags;	       /* fragments in all */
	uint64_t fs_data_frags;	       /* of them for data */
	uint64_t fs_inodes;	       /* one more than the last number */
};

struct ufs_time {
	int64_t sec;
	int32_t nsec;
};

/* An inode of either form. */
struct ufs_inode {
	uint64_t i_ino;
	uint16_t i_mode;
	uint16_t i_nlink;
	uint32_t i_uid, i_gid;
	uint64_t i_size;   /* bytes */
	uint64_t i_blocks; /* of 512 bytes */
	struct ufs_time i_atime, i_mtime, i_ctime, i_birthtime;
	uint32_t i_gen;
	uint32_t i_flags;
	uint32_t i_extsize;
	uint32_t i_depth; /* a directory's, as UFS2 keeps it: di_dirdepth */
	uint64_t i_ext[UFS_NEXT];
	uint64_t i_direct[UFS_NDIRECT];
	uint64_t i_indirect[UFS_NINDIRECT];
	char i_link[UFS_SHORT_LINK]; /* instead, if it is such */
};

/* A directory's entry, and where the next one is. */
struct ufs_dirent {
	uint64_t de_ino;
	uint64_t de_next;
	uint8_t de_type;
	uint8_t de_namlen;
	char de_name[UFS_NAME_MAX + 1];
};

/* Bytes: where the first superblock may be, in the order of looking. */
#define UFS_PLACES 4
extern const uint64_t ufs_places[UFS_PLACES];
/*
 * Finds the superblock, or else one of its copies.  0; EINVAL: there is none;
 * EINTEGRITY, or the device's error.  *why says what is wrong: with 0 it is
 * NULL, or why a copy is used.
 */
int ufs_open(struct ufs *fs, struct ufs_device *dev, const char **why);
/* The superblock, or the copy of it, at one place in bytes. */
int ufs_open_at(
    struct ufs *fs, struct ufs_device *dev, uint64_t where, const char **why);
/* May it be written? NULL, or what must be done first. */
const char *ufs_unclean(const struct ufs *fs);

/* The fragment that places in a cylinder group are counted from. */
uint64_t ufs_group_start(const struct ufs *fs, uint32_t group);
/* Where an inode is: first fragment of its block, and bytes from there;
 * EINTEGRITY. */
int ufs_inode_place(
    const struct ufs *fs, uint64_t ino, uint64_t *frag, size_t *offset);
/* Is it a symbolic link whose text is in the inode? */
bool ufs_is_short_link(const struct ufs *fs, const struct ufs_inode *ip);
/* ESTALE: it isn't in use. EINTEGRITY. */
int ufs_inode_get(struct ufs *fs, uint64_t ino, struct ufs_inode *ip);
/*
 * Where block `lbn` of a file lies: its first fragment, 0 for a hole.  *run is
 * set to the number of blocks, at most `most`, that follow each other there
 * (or are holes).
 */
int ufs_bmap(struct ufs *fs, const struct ufs_inode *ip, uint64_t lbn,
    uint64_t most, uint64_t *frag, uint64_t *run);
/* The same; indirect blocks are read from another device than the inode was. */
int ufs_bmap_by(struct ufs *fs, struct ufs_device *dev,
    const struct ufs_inode *ip, uint64_t lbn, uint64_t most, uint64_t *frag,
    uint64_t *run);
/* Reads what lies within the file; *done is how much that was. */
int ufs_read(struct ufs *fs, const struct ufs_inode *ip, uint64_t offset,
    void *buf, size_t size, size_t *done);
/* Into buf of UFS_LINK_MAX bytes; *len without NUL, which isn't there. */
#define UFS_LINK_MAX 1024
int ufs_readlink(
    struct ufs *fs, const struct ufs_inode *ip, char *buf, size_t *len);
/* The entry at `at` in a directory's block of 512 bytes, used or not; NULL:
 * what is there makes no sense. */
const struct ufs_direct *ufs_dirent_at(const uint8_t *block, size_t at);
/* The first entry in use at or behind `offset`: 0, ENOENT at the end. */
int ufs_dir_next(struct ufs *fs, const struct ufs_inode *dir, uint64_t offset,
    struct ufs_dirent *de);
/* 0, ENOENT, ENOTDIR, EINTEGRITY. */
int ufs_dir_lookup(struct ufs *fs, const struct ufs_inode *dir,
    const char *name, size_t len, uint64_t *ino);

/* CRC32C without the final inversion, as UFS's check hashes have it. */
uint32_t ufs_crc32c(uint32_t crc, const void *data, size_t size);
/* Of words of 8 bytes, as this processor does it best; before any is asked for.
 * The host goes by a table. */
typedef uint32_t ufs_crc32c_fn(uint32_t crc, const void *data, size_t words);
void ufs_crc32c_by(ufs_crc32c_fn *words);

#endif
