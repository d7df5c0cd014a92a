/* SPDX-License-Identifier: BSD-2-Clause */
#define _DIRENT_HAVE_D_RECLEN
#define _DIRENT_HAVE_D_OFF
#define _DIRENT_HAVE_D_TYPE
#define _DIRENT_HAVE_D_NAMLEN

struct dirent {
	ino_t d_ino;
	off_t d_off;
	unsigned short d_reclen;
	unsigned char d_type;
	unsigned char __d_pad0;
	unsigned short d_namlen;
	unsigned short __d_pad1;
	char d_name[256];
};
