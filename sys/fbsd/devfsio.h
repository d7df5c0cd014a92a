/* SPDX-License-Identifier: BSD-2-Clause */
/* ioctl(2) on /dev: the rules of devfs(8), <fs/devfs/devfs.h>. */
#ifndef FBSD_DEVFSIO_H
#define FBSD_DEVFSIO_H

#include "fbsd/filio.h"

#define DEVFS_MAGIC 0xdb0a087au

/* An identifier is a ruleset's number and, below that, the rule's. */
struct devfs_rule {
	uint32_t dr_magic;
	uint32_t dr_id;
	int32_t dr_icond;    /* DRC_*: what must be so */
	int32_t dr_dswflags; /* D_* */
	char dr_pathptrn[200];
	int32_t dr_iacts; /* DRA_*: what is done */
	int32_t dr_bacts; /* DRB_* */
	uint32_t dr_uid;
	uint32_t dr_gid;
	uint16_t dr_mode;
	uint16_t dr_incset;
};
_Static_assert(sizeof(struct devfs_rule) == 236, "devfs_rule");

#define DRC_DSWFLAGS	 0x001
#define DRC_PATHPTRN	 0x002

#define DRA_BACTS	 0x001
#define DRA_UID		 0x002
#define DRA_GID		 0x004
#define DRA_MODE	 0x008
#define DRA_INCSET	 0x010

#define DRB_HIDE	 0x001
#define DRB_UNHIDE	 0x002

#define DEVFSIO_RADD	 _IOWR('D', 0, struct devfs_rule)
#define DEVFSIO_RDEL	 _IOW('D', 1, uint32_t)
#define DEVFSIO_RAPPLY	 _IOW('D', 2, struct devfs_rule)
#define DEVFSIO_RAPPLYID _IOW('D', 3, uint32_t)
#define DEVFSIO_RGETNEXT _IOWR('D', 4, struct devfs_rule)
#define DEVFSIO_SUSE	 _IOW('D', 10, uint16_t)
#define DEVFSIO_SAPPLY	 _IOW('D', 11, uint16_t)
#define DEVFSIO_SGETNEXT _IOWR('D', 12, uint16_t)

#endif
