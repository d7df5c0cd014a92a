/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ISO 9660 as it lies on the disk (ECMA-119), with Rock Ridge (SUSP and RRIP)
 * or Joliet, read and checked.
 *
 * This part knows nothing of vnodes, and keeps no state but what the caller
 * holds.  Nothing on the disk is believed: what makes no sense is EINTEGRITY,
 * or, if it is only a name, isn't there.
 */
#ifndef FS_CD9660_ISO_H
#define FS_CD9660_ISO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ISO_SECTOR   2048 /* of volume descriptors */
#define ISO_NAME_MAX 255
#define ISO_LINK_MAX 1024

/* What it lies on. */
struct iso_device {
	/* 0 or an errno; `size` bytes at `offset`, both of them any number
	 * within id_size. */
	int (*id_read)(
	    struct iso_device *dev, uint64_t offset, void *buf, size_t size);
	uint64_t id_size; /* bytes */
};

enum iso_names {
	ISO_PLAIN,	/* in small letters, without version */
	ISO_GENERATION, /* as they are: "NAME.EXT;1" */
	ISO_ROCKRIDGE,
	ISO_JOLIET, /* UCS-2; here UTF-8 */
};

struct iso_options {
	bool no_rockridge;
	bool no_joliet;
	bool broken_joliet; /* also with a character set that isn't known */
	bool generations;
	bool attributes; /* those of ECMA-119, where there is no Rock Ridge */
	uint32_t first;	 /* sector that the session begins at */
};

struct iso {
	struct iso_device *i_device;
	unsigned i_shift;  /* log2 of a block */
	uint64_t i_blocks; /* in the volume, as it says */
	uint64_t i_root;   /* the root's number */
	enum iso_names i_names;
	unsigned i_skip; /* Rock Ridge: bytes before it in each record */
	bool i_attributes;
};

struct iso_time {
	int64_t sec;
	int32_t nsec;
};

/*
 * A file.  Its number is where its record is on the disk; of a directory, where
 * its own one is, ".", which is its first.
 */
struct iso_inode {
	uint64_t i_ino;
	uint64_t i_start; /* bytes */
	uint64_t i_size;
	uint32_t i_mode; /* S_IFMT, and rights */
	uint32_t i_nlink;
	uint32_t i_uid, i_gid;
	uint64_t i_rdev;
	struct iso_time i_birth, i_mtime, i_atime, i_ctime;
};

/* A name in a directory, and its file. */
struct iso_entry {
	struct iso_inode e_inode;
	uint64_t e_next; /* offset of the next record in the directory */
	bool e_hidden;	 /* it isn't for anybody to see */
	/* Rock Ridge: a directory that is elsewhere, and whose child it is
	 * really; blocks, 0: none. */
	uint32_t e_child, e_parent;
	size_t e_len;
	char e_name[ISO_NAME_MAX]; /* "." and ".." too */
	size_t e_link_len;
	char e_link[ISO_LINK_MAX]; /* a symbolic link's text */
};

/* 0; EINVAL: there is none; EINTEGRITY; the device's error.  *why says what is
 * wrong. */
int iso_open(struct iso *iso, struct iso_device *dev,
    const struct iso_options *options, const char **why);
/* The first name at or behind `offset` of a directory: 0, ENOENT at the end. */
int iso_next(struct iso *iso, const struct iso_inode *dir, uint64_t offset,
    struct iso_entry *e);
/* By its name, which may be "..".  ENOENT. */
int iso_find(struct iso *iso, const struct iso_inode *dir, const char *name,
    size_t len, struct iso_entry *e);
/* The file with that number, with a name only if it isn't a directory: ESTALE,
 * if there is none. */
int iso_get(struct iso *iso, uint64_t ino, struct iso_entry *e);

/* iso_susp.c: what Rock Ridge says in the bytes behind a record's name.  0, or
 * an error of the device. */
int iso_rockridge(
    struct iso *iso, const uint8_t *area, size_t size, struct iso_entry *e);
/* Is it there?  The root's own record says so, and how much is to be skipped in
 * others. */
bool iso_has_rockridge(struct iso *iso, const uint8_t *area, size_t size);
/* Times of 7 bytes, and of 17 digits. */
struct iso_time iso_time(const uint8_t *p);
struct iso_time iso_long_time(const uint8_t *p);

static inline uint32_t
iso_le32(const uint8_t *p)
{
	return (p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
		(uint32_t)p[3] << 24);
}

#endif
