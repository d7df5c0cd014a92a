/* SPDX-License-Identifier: BSD-2-Clause */
/* musl's, with FreeBSD's numbers and struct flock. */
#ifndef _FREEBSD_FCNTL_H
#define _FREEBSD_FCNTL_H

#define flock __musl_flock
#include <musl/fcntl.h>
#undef flock
/* Linux's only. */
#undef F_OFD_GETLK
#undef F_OFD_SETLK
#undef F_OFD_SETLKW
#undef F_NOTIFY
#undef F_SETPIPE_SZ
#undef F_GETPIPE_SZ

struct flock {
	off_t l_start;
	off_t l_len;
	pid_t l_pid;
	short l_type;
	short l_whence;
	int l_sysid;
};

#undef O_SEARCH
#undef O_EXEC
#undef O_TTY_INIT
#undef O_ACCMODE
#define O_EXEC	   0x00040000
#define O_SEARCH   O_EXEC
#define O_TTY_INIT 0x00080000
#define O_ACCMODE  0x0003

#undef F_DUPFD_CLOEXEC
#undef F_ADD_SEALS
#undef F_GET_SEALS
#define F_DUPFD_CLOEXEC 17
#define F_ADD_SEALS	19
#define F_GET_SEALS	20

#undef F_RDLCK
#undef F_WRLCK
#undef F_UNLCK
#define F_RDLCK 1
#define F_UNLCK 2
#define F_WRLCK 3

#undef AT_SYMLINK_NOFOLLOW
#undef AT_REMOVEDIR
#undef AT_SYMLINK_FOLLOW
#undef AT_EACCESS
#undef AT_EMPTY_PATH
#undef AT_NO_AUTOMOUNT
#define AT_EACCESS	    0x0100
#define AT_SYMLINK_NOFOLLOW 0x0200
#define AT_SYMLINK_FOLLOW   0x0400
#define AT_REMOVEDIR	    0x0800
#define AT_EMPTY_PATH	    0x4000

#endif
