/* SPDX-License-Identifier: BSD-2-Clause */
/* Records of processes that ended: acct(2), acct(5). */
#ifndef FBSD_ACCT_H
#define FBSD_ACCT_H

#include "lib/types.h"

#define AC_COMM_LEN 16
#define AC_VERSION  3

/* Version 3.  Floating-point numbers are given by the bits of a 32-bit one;
 * times are in microseconds but for when it began. */
struct acctv3 {
	uint8_t ac_zero;
	uint8_t ac_version;
	uint16_t ac_len;
	char ac_comm[AC_COMM_LEN]; /* NUL only if there is room */
	uint32_t ac_utime;	   /* float */
	uint32_t ac_stime;	   /* float */
	uint32_t ac_etime;	   /* float: from beginning to end */
	int64_t ac_btime;	   /* when it began, s */
	uid_t ac_uid;
	gid_t ac_gid;
	uint32_t ac_mem; /* float: KiB on average */
	uint32_t ac_io;	 /* float: blocks read and written */
	dev_t ac_tty;	 /* or all ones */
	uint32_t ac_pad0;
	uint16_t ac_len2; /* for who reads it backwards */
	uint32_t ac_flag; /* A*, of which only the first byte counts */
};
_Static_assert(sizeof(struct acctv3) == 80, "struct acctv3");

#define AFORK 0x01 /* forked, and no exec */
#define AXSIG 0x10 /* killed by a signal */
#define ANVER 0x20 /* a record with a version */

#endif
