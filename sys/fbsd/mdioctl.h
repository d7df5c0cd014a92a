/* SPDX-License-Identifier: BSD-2-Clause */
/* ioctl(2) on /dev/mdctl: <sys/mdioctl.h>. */
#ifndef FBSD_MDIOCTL_H
#define FBSD_MDIOCTL_H

#include "fbsd/filio.h"

enum md_type { MD_MALLOC, MD_PRELOAD, MD_VNODE, MD_SWAP, MD_NULL };

struct md_ioctl {
	uint32_t md_version;
	uint32_t md_unit;
	int32_t md_type;
	char __user *md_file;
	int64_t md_mediasize; /* bytes */
	uint32_t md_sectorsize;
	uint32_t md_options;
	uint64_t md_base;
	int32_t md_fwheads;
	int32_t md_fwsectors;
	char __user *md_label;
	int32_t md_pad[96];
};
_Static_assert(sizeof(struct md_ioctl) == 448, "md_ioctl");

#define MDIOVERSION 0

#define MDIOCATTACH _IOWR('m', 0, struct md_ioctl)
#define MDIOCDETACH _IOWR('m', 1, struct md_ioctl)
#define MDIOCQUERY  _IOWR('m', 2, struct md_ioctl)
#define MDIOCRESIZE _IOWR('m', 4, struct md_ioctl)

/* md_options */
#define MD_RESERVE     0x002 /* memory is there from the beginning */
#define MD_AUTOUNIT    0x004 /* the next free number */
#define MD_READONLY    0x008
#define MD_COMPRESS    0x010
#define MD_FORCE       0x020
#define MD_ASYNC       0x040
#define MD_VERIFY      0x080
#define MD_CACHE       0x100
#define MD_MUSTDEALLOC 0x200 /* BIO_DELETE only where it gives room back */

#endif
