/* SPDX-License-Identifier: BSD-2-Clause */
/* What a file is: stat(2), chmod(2), chflags(2). */
#ifndef FBSD_STAT_H
#define FBSD_STAT_H

#include "fbsd/time.h"

struct stat {
	dev_t st_dev;
	ino_t st_ino;
	nlink_t st_nlink;
	mode_t st_mode;
	int16_t st_bsdflags;
	uid_t st_uid;
	gid_t st_gid;
	int32_t st_padding1;
	dev_t st_rdev;
	struct timespec st_atim;
	struct timespec st_mtim;
	struct timespec st_ctim;
	struct timespec st_birthtim;
	off_t st_size;
	blkcnt_t st_blocks; /* of 512 bytes */
	blksize_t st_blksize;
	fflags_t st_flags;
	uint64_t st_gen;
	uint64_t st_filerev;
	uint64_t st_spare[9];
};
_Static_assert(sizeof(struct stat) == 224, "struct stat");
_Static_assert(offsetof(struct stat, st_rdev) == 40, "struct stat");
_Static_assert(offsetof(struct stat, st_size) == 112, "struct stat");

/* As it was until release 11. */
struct freebsd11_stat {
	uint32_t st_dev;
	uint32_t st_ino;
	mode_t st_mode;
	uint16_t st_nlink;
	uid_t st_uid;
	gid_t st_gid;
	uint32_t st_rdev;
	struct timespec st_atim;
	struct timespec st_mtim;
	struct timespec st_ctim;
	off_t st_size;
	blkcnt_t st_blocks;
	blksize_t st_blksize;
	fflags_t st_flags;
	uint32_t st_gen;
	int32_t st_lspare;
	struct timespec st_birthtim;
};
_Static_assert(sizeof(struct freebsd11_stat) == 120, "struct freebsd11_stat");

/* nstat(2): wide mode and link count, as NetBSD had them. */
struct nstat {
	uint32_t st_dev;
	uint32_t st_ino;
	uint32_t st_mode;
	uint32_t st_nlink;
	uid_t st_uid;
	gid_t st_gid;
	uint32_t st_rdev;
	struct timespec st_atim;
	struct timespec st_mtim;
	struct timespec st_ctim;
	off_t st_size;
	blkcnt_t st_blocks;
	blksize_t st_blksize;
	fflags_t st_flags;
	uint32_t st_gen;
	struct timespec st_birthtim;
};
_Static_assert(sizeof(struct nstat) == 128, "struct nstat");
_Static_assert(offsetof(struct nstat, st_size) == 80, "struct nstat");

#define S_ISUID	    0004000
#define S_ISGID	    0002000
#define S_ISTXT	    0001000
#define S_ISVTX	    0001000
#define S_IRWXU	    0000700
#define S_IRUSR	    0000400
#define S_IWUSR	    0000200
#define S_IXUSR	    0000100
#define S_IRWXG	    0000070
#define S_IRGRP	    0000040
#define S_IWGRP	    0000020
#define S_IXGRP	    0000010
#define S_IRWXO	    0000007
#define S_IROTH	    0000004
#define S_IWOTH	    0000002
#define S_IXOTH	    0000001
#define ACCESSPERMS 0000777
#define ALLPERMS    0007777

#define S_IFMT	    0170000
#define S_IFIFO	    0010000
#define S_IFCHR	    0020000
#define S_IFDIR	    0040000
#define S_IFBLK	    0060000
#define S_IFREG	    0100000
#define S_IFLNK	    0120000
#define S_IFSOCK    0140000
#define S_ISDIR(m)  (((m)&S_IFMT) == S_IFDIR)
#define S_ISCHR(m)  (((m)&S_IFMT) == S_IFCHR)
#define S_ISBLK(m)  (((m)&S_IFMT) == S_IFBLK)
#define S_ISREG(m)  (((m)&S_IFMT) == S_IFREG)
#define S_ISFIFO(m) (((m)&S_IFMT) == S_IFIFO)
#define S_ISLNK(m)  (((m)&S_IFMT) == S_IFLNK)
#define S_ISSOCK(m) (((m)&S_IFMT) == S_IFSOCK)

/* chflags(2): UF_ the owner may set, SF_ the super-user. */
#define UF_SETTABLE  0x0000ffff
#define UF_NODUMP    0x00000001
#define UF_IMMUTABLE 0x00000002
#define UF_APPEND    0x00000004
#define UF_OPAQUE    0x00000008
#define UF_NOUNLINK  0x00000010
#define UF_SYSTEM    0x00000080
#define UF_SPARSE    0x00000100
#define UF_OFFLINE   0x00000200
#define UF_REPARSE   0x00000400
#define UF_ARCHIVE   0x00000800
#define UF_READONLY  0x00001000
#define UF_HIDDEN    0x00008000
#define SF_SETTABLE  0xffff0000
#define SF_ARCHIVED  0x00010000
#define SF_IMMUTABLE 0x00020000
#define SF_APPEND    0x00040000
#define SF_NOUNLINK  0x00100000
#define SF_SNAPSHOT  0x00200000

/* tv_nsec of utimensat(2). */
#define UTIME_NOW  (-1)
#define UTIME_OMIT (-2)

#endif
