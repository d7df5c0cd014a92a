/* SPDX-License-Identifier: BSD-2-Clause */
/* Mounted file systems: flags, and what statfs(2) tells. */
#ifndef FBSD_NUM_MOUNT_H
#define FBSD_NUM_MOUNT_H

#define MFSNAMELEN     16
#define MNAMELEN       1024
#define STATFS_VERSION 0x20140518

struct fsid {
	int32_t val[2];
};

struct statfs {
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
	uint32_t f_nvnodelistsize;
	uint32_t f_spare0;
	uint64_t f_spare[9];
	uint32_t f_namemax;
	uid_t f_owner;
	struct fsid f_fsid;
	char f_charspare[80];
	char f_fstypename[MFSNAMELEN];
	char f_mntfromname[MNAMELEN];
	char f_mntonname[MNAMELEN];
};

#define MNT_RDONLY	0x00000001ull
#define MNT_SYNCHRONOUS 0x00000002ull
#define MNT_NOEXEC	0x00000004ull
#define MNT_NOSUID	0x00000008ull
#define MNT_NFS4ACLS	0x00000010ull
#define MNT_UNION	0x00000020ull
#define MNT_ASYNC	0x00000040ull
#define MNT_LOCAL	0x00001000ull
#define MNT_QUOTA	0x00002000ull
#define MNT_ROOTFS	0x00004000ull
#define MNT_USER	0x00008000ull
#define MNT_SUIDDIR	0x00100000ull
#define MNT_SOFTDEP	0x00200000ull
#define MNT_NOSYMFOLLOW 0x00400000ull
#define MNT_IGNORE	0x00800000ull
#define MNT_ACLS	0x08000000ull
#define MNT_NOATIME	0x10000000ull
#define MNT_SNAPSHOT	0x01000000ull
#define MNT_NOCLUSTERR	0x40000000ull
#define MNT_NOCLUSTERW	0x80000000ull
#define MNT_AUTOMOUNTED 0x0000000200000000ull
#define MNT_UNTRUSTED	0x0000000800000000ull
/* Commands, not kept. */
#define MNT_NOCOVER   0x0000001000000000ull /* no mount's root is covered, */
#define MNT_EMPTYDIR  0x0000002000000000ull /* nor a directory with names */
#define MNT_UPDATE    0x00010000ull
#define MNT_DELEXPORT 0x00020000ull
#define MNT_RELOAD    0x00040000ull
#define MNT_FORCE     0x00080000ull
#define MNT_NONBUSY   0x04000000ull
#define MNT_BYFSID    0x08000000ull

/* getfsstat(2)'s mode. */
#define MNT_WAIT   1
#define MNT_NOWAIT 2

#endif
