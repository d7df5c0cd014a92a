/* SPDX-License-Identifier: BSD-2-Clause */
/* access(2) and pathconf(2). */
#ifndef FBSD_UNISTD_H
#define FBSD_UNISTD_H

#define F_OK		       0
#define X_OK		       1
#define W_OK		       2
#define R_OK		       4

#define _PC_LINK_MAX	       1
#define _PC_MAX_CANON	       2
#define _PC_MAX_INPUT	       3
#define _PC_NAME_MAX	       4
#define _PC_PATH_MAX	       5
#define _PC_PIPE_BUF	       6
#define _PC_CHOWN_RESTRICTED   7
#define _PC_NO_TRUNC	       8
#define _PC_VDISABLE	       9
#define _PC_ALLOC_SIZE_MIN     10
#define _PC_FILESIZEBITS       12
#define _PC_REC_INCR_XFER_SIZE 14
#define _PC_REC_MAX_XFER_SIZE  15
#define _PC_REC_MIN_XFER_SIZE  16
#define _PC_REC_XFER_ALIGN     17
#define _PC_SYMLINK_MAX	       18
#define _PC_MIN_HOLE_SIZE      21
#define _PC_ASYNC_IO	       53
#define _PC_PRIO_IO	       54
#define _PC_SYNC_IO	       55
#define _PC_ACL_EXTENDED       59
#define _PC_ACL_PATH_MAX       60
#define _PC_CAP_PRESENT	       61
#define _PC_INF_PRESENT	       62
#define _PC_MAC_PRESENT	       63
#define _PC_ACL_NFS4	       64
#define _PC_DEALLOC_PRESENT    65
#define _PC_NAMEDATTR_ENABLED  66
#define _PC_HAS_NAMEDATTR      67

/* rfork(2) */
#define RFNAMEG	    0x00000001
#define RFENVG	    0x00000002
#define RFFDG	    0x00000004
#define RFNOTEG	    0x00000008
#define RFPROC	    0x00000010
#define RFMEM	    0x00000020
#define RFNOWAIT    0x00000040
#define RFCNAMEG    0x00000400
#define RFCENVG	    0x00000800
#define RFCFDG	    0x00001000
#define RFTHREAD    0x00002000
#define RFSIGSHARE  0x00004000
#define RFLINUXTHPN 0x00010000
#define RFSTOPPED   0x00020000
#define RFHIGHPID   0x00040000
#define RFTSIGZMB   0x00080000
#define RFTSIGSHIFT 20
#define RFTSIGMASK  0xff
#define RFPROCDESC  0x10000000
#define RFPPWAIT    0x80000000 /* in fork_request: vfork(2) */
#define RFSPAWN	    0x80000000 /* from users: posix_spawn(3)'s vfork */

#endif
