/* SPDX-License-Identifier: BSD-2-Clause */
/* open(2), fcntl(2), flock(2), and the *at(2) calls' flags. */
#ifndef FBSD_FCNTL_H
#define FBSD_FCNTL_H

#include "lib/types.h"

#define O_RDONLY	    0x0000
#define O_WRONLY	    0x0001
#define O_RDWR		    0x0002
#define O_ACCMODE	    0x0003
#define O_NONBLOCK	    0x0004
#define O_APPEND	    0x0008
#define O_SHLOCK	    0x0010
#define O_EXLOCK	    0x0020
#define O_ASYNC		    0x0040
#define O_SYNC		    0x0080
#define O_FSYNC		    O_SYNC
#define O_NOFOLLOW	    0x0100
#define O_CREAT		    0x0200
#define O_TRUNC		    0x0400
#define O_EXCL		    0x0800
#define O_NOCTTY	    0x8000
#define O_DIRECT	    0x00010000
#define O_DIRECTORY	    0x00020000
#define O_EXEC		    0x00040000
#define O_SEARCH	    O_EXEC
#define O_TTY_INIT	    0x00080000
#define O_CLOEXEC	    0x00100000
#define O_VERIFY	    0x00200000
#define O_PATH		    0x00400000
#define O_RESOLVE_BENEATH   0x00800000
#define O_DSYNC		    0x01000000
#define O_EMPTY_PATH	    0x02000000
#define O_NAMEDATTR	    0x04000000
#define O_CLOFORK	    0x08000000

#define AT_FDCWD	    (-100)
#define FD_NONE		    (-200)
#define AT_RENAME_NOREPLACE 0x0001
#define AT_EACCESS	    0x0100
#define AT_SYMLINK_NOFOLLOW 0x0200
#define AT_SYMLINK_FOLLOW   0x0400
#define AT_REMOVEDIR	    0x0800
#define AT_RESOLVE_BENEATH  0x2000
#define AT_EMPTY_PATH	    0x4000

#define F_DUPFD		    0
#define F_GETFD		    1
#define F_SETFD		    2
#define F_GETFL		    3
#define F_SETFL		    4
#define F_GETOWN	    5
#define F_SETOWN	    6
#define F_OGETLK	    7
#define F_OSETLK	    8
#define F_OSETLKW	    9
#define F_DUP2FD	    10
#define F_GETLK		    11
#define F_SETLK		    12
#define F_SETLKW	    13
#define F_SETLK_REMOTE	    14
#define F_READAHEAD	    15
#define F_RDAHEAD	    16
#define F_DUPFD_CLOEXEC	    17
#define F_DUP2FD_CLOEXEC    18
#define F_ADD_SEALS	    19
#define F_GET_SEALS	    20
#define F_ISUNIONSTACK	    21
#define F_KINFO		    22
#define F_DUPFD_CLOFORK	    23
#define F_DUP3FD	    24
#define F_DUP3FD_SHIFT	    16

#define F_SEAL_SEAL	    0x0001
#define F_SEAL_SHRINK	    0x0002
#define F_SEAL_GROW	    0x0004
#define F_SEAL_WRITE	    0x0008
#define F_SEALS		    0x000f /* all */

#define FD_CLOEXEC	    1
#define FD_RESOLVE_BENEATH  2
#define FD_CLOFORK	    4

#define F_RDLCK		    1
#define F_UNLCK		    2
#define F_WRLCK		    3

struct flock {
	off_t l_start;
	off_t l_len; /* 0: to the end of the file */
	pid_t l_pid;
	int16_t l_type; /* F_RDLCK, ... */
	int16_t l_whence;
	int32_t l_sysid;
};
_Static_assert(sizeof(struct flock) == 32, "struct flock");

/* F_OGETLK and kin: without l_sysid. */
struct oflock {
	off_t l_start;
	off_t l_len;
	pid_t l_pid;
	int16_t l_type;
	int16_t l_whence;
};
_Static_assert(sizeof(struct oflock) == 24, "struct oflock");

#define LOCK_SH		      0x01
#define LOCK_EX		      0x02
#define LOCK_NB		      0x04
#define LOCK_UN		      0x08

#define SEEK_SET	      0
#define SEEK_CUR	      1
#define SEEK_END	      2
#define SEEK_DATA	      3
#define SEEK_HOLE	      4

#define POSIX_FADV_NORMAL     0
#define POSIX_FADV_RANDOM     1
#define POSIX_FADV_SEQUENTIAL 2
#define POSIX_FADV_WILLNEED   3
#define POSIX_FADV_DONTNEED   4
#define POSIX_FADV_NOREUSE    5

#define SPACECTL_DEALLOC      1

struct spacectl_range {
	off_t r_offset;
	off_t r_len;
};

#endif
