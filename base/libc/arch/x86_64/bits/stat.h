/* SPDX-License-Identifier: BSD-2-Clause */
struct stat {
	dev_t st_dev;
	ino_t st_ino;
	nlink_t st_nlink;
	unsigned short st_mode;
	short st_bsdflags;
	uid_t st_uid;
	gid_t st_gid;
	int __st_pad1;
	dev_t st_rdev;
	struct timespec st_atim;
	struct timespec st_mtim;
	struct timespec st_ctim;
	struct timespec st_birthtim;
	off_t st_size;
	blkcnt_t st_blocks;
	blksize_t st_blksize;
	unsigned st_flags;
	unsigned long st_gen;
	unsigned long st_filerev;
	unsigned long __st_spare[9];
};
#ifndef __cplusplus
_Static_assert(sizeof(struct stat) == 224, "struct stat");
#endif
