/* SPDX-License-Identifier: BSD-2-Clause */
/* Directory entries: getdirentries(2). */
#ifndef FBSD_DIRENT_H
#define FBSD_DIRENT_H

#include "lib/types.h"

struct dirent {
	ino_t d_fileno;
	off_t d_off;	   /* where the next one is */
	uint16_t d_reclen; /* multiple of 8 */
	uint8_t d_type;
	uint8_t d_pad0;
	uint16_t d_namlen;
	uint16_t d_pad1;
	char d_name[256]; /* NUL-terminated */
};
_Static_assert(offsetof(struct dirent, d_name) == 24, "struct dirent");

/* As it was until release 11. */
struct freebsd11_dirent {
	uint32_t d_fileno;
	uint16_t d_reclen; /* multiple of 4 */
	uint8_t d_type;
	uint8_t d_namlen;
	char d_name[256];
};
_Static_assert(offsetof(struct freebsd11_dirent, d_name) == 8, "dirent");

#define DT_UNKNOWN 0
#define DT_FIFO	   1
#define DT_CHR	   2
#define DT_DIR	   4
#define DT_BLK	   6
#define DT_REG	   8
#define DT_LNK	   10
#define DT_SOCK	   12

#endif
