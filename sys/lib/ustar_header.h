/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A member's header in a tar archive: POSIX.1-2017, pax, "ustar Interchange
 * Format".  The host command writes archives by it and the kernel reads them.
 */
#ifndef LIB_USTAR_HEADER_H
#define LIB_USTAR_HEADER_H

#define USTAR_BLOCK 512

/* Numbers are octal digits; texts end with a NUL unless they fill the field. */
struct ustar_header {
	char name[100];
	char mode[8];
	char uid[8];
	char gid[8];
	char size[12];
	char mtime[12];
	char chksum[8];
	char typeflag;
	char linkname[100];
	char magic[6];
	char version[2];
	char uname[32];
	char gname[32];
	char devmajor[8];
	char devminor[8];
	char prefix[155];
	char pad[12];
};
_Static_assert(sizeof(struct ustar_header) == USTAR_BLOCK, "ustar header");

#endif
