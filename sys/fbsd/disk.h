/* SPDX-License-Identifier: BSD-2-Clause */
/* ioctl(2) on disks: <sys/disk.h>. */
#ifndef FBSD_DISK_H
#define FBSD_DISK_H

#include "fbsd/filio.h"

#define DISK_IDENT_SIZE 256

struct diocgattr_arg {
	char name[64];
	int32_t len;
	union {
		char str[DISK_IDENT_SIZE];
		int64_t off;
		int32_t i;
		uint16_t u16;
	} value;
};
_Static_assert(sizeof(struct diocgattr_arg) == 328, "diocgattr_arg");

struct disk_path {
	char text[1024];
};
struct disk_ident {
	char text[DISK_IDENT_SIZE];
};
struct disk_range {
	int64_t offset;
	int64_t length;
};

#define DIOCGSECTORSIZE	  _IOR('d', 128, unsigned)
#define DIOCGMEDIASIZE	  _IOR('d', 129, int64_t)
#define DIOCGFRONTSTUFF	  _IOR('d', 134, int64_t)
#define DIOCGFLUSH	  _IO('d', 135)
#define DIOCGDELETE	  _IOW('d', 136, struct disk_range)
#define DIOCGIDENT	  _IOR('d', 137, struct disk_ident)
#define DIOCGPROVIDERNAME _IOR('d', 138, struct disk_path)
#define DIOCGSTRIPESIZE	  _IOR('d', 139, int64_t)
#define DIOCGSTRIPEOFFSET _IOR('d', 140, int64_t)
#define DIOCGATTR	  _IOWR('d', 142, struct diocgattr_arg)

#endif
