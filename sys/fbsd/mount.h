/* SPDX-License-Identifier: BSD-2-Clause */
/* Mounted file systems: statfs(2), mount(2), nmount(2). */
#ifndef FBSD_MOUNT_H
#define FBSD_MOUNT_H

#include "lib/types.h"
#include "fbsd/num/mount.h"

_Static_assert(sizeof(struct statfs) == 2344, "struct statfs");
_Static_assert(offsetof(struct statfs, f_fstypename) == 280, "struct statfs");

/* As it was until release 11. */
#define FREEBSD11_MNAMELEN	 88
#define FREEBSD11_STATFS_VERSION 0x20030518
struct freebsd11_statfs {
	uint32_t f_version;
	uint32_t f_type;
	uint64_t f_flags;
	uint64_t f_bsize;
	uint64_t f_iosize;
	uint64_t f_blocks;
	uint64_t f_bfree;
	int64_t f_bavail;
	uint64_t f_files;
	int64_t f_ffree;
	uint64_t f_syncwrites;
	uint64_t f_asyncwrites;
	uint64_t f_syncreads;
	uint64_t f_asyncreads;
	uint64_t f_spare[10];
	uint32_t f_namemax;
	uid_t f_owner;
	struct fsid f_fsid;
	char f_charspare[80];
	char f_fstypename[MFSNAMELEN];
	char f_mntfromname[FREEBSD11_MNAMELEN];
	char f_mntonname[FREEBSD11_MNAMELEN];
};
_Static_assert(sizeof(struct freebsd11_statfs) == 472, "freebsd11_statfs");

/* Programs for release 4. */
#define FREEBSD4_MNAMELEN 72
struct freebsd4_statfs {
	long f_spare2;
	long f_bsize;
	long f_iosize;
	long f_blocks;
	long f_bfree;
	long f_bavail;
	long f_files;
	long f_ffree;
	struct fsid f_fsid;
	uid_t f_owner;
	int f_type;
	int f_flags;
	long f_syncwrites;
	long f_asyncwrites;
	char f_fstypename[MFSNAMELEN];
	char f_mntonname[FREEBSD4_MNAMELEN];
	long f_syncreads;
	long f_asyncreads;
	short f_spares1;
	char f_mntfromname[FREEBSD4_MNAMELEN];
	short f_spares2;
	long f_spare[2];
};
_Static_assert(sizeof(struct freebsd4_statfs) == 304, "freebsd4_statfs");
_Static_assert(
    offsetof(struct freebsd4_statfs, f_mntonname) == 120, "freebsd4_statfs");

/* getfh(2): a file's name for ever, wherever it is linked. */
#define MAXFIDSZ 16
struct fid {
	uint16_t fid_len; /* of fid_data, in bytes */
	uint16_t fid_data0;
	char fid_data[MAXFIDSZ]; /* the file system's */
};
struct fhandle {
	struct fsid fh_fsid;
	struct fid fh_fid;
};
_Static_assert(sizeof(struct fhandle) == 28, "struct fhandle");

/* What a user may set, and change by MNT_UPDATE. */
#define MNT_SETTABLE                                                           \
	(MNT_RDONLY | MNT_SYNCHRONOUS | MNT_NOEXEC | MNT_NOSUID | MNT_ASYNC |  \
	    MNT_NOSYMFOLLOW | MNT_IGNORE | MNT_NOATIME | MNT_NOCLUSTERR |      \
	    MNT_NOCLUSTERW | MNT_AUTOMOUNTED | MNT_UNTRUSTED)

#endif
