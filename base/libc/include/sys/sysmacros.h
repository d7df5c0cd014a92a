/* SPDX-License-Identifier: BSD-2-Clause */
/* Device numbers, whose two parts are interleaved. */
#ifndef _SYS_SYSMACROS_H
#define _SYS_SYSMACROS_H

#define major(dev)                                                             \
	((unsigned)(((dev) >> 32 & 0xffffff00) | ((dev) >> 8 & 0xff)))
#define minor(dev) ((unsigned)(((dev) >> 24 & 0xff00) | ((dev)&0xffff00ff)))
#define makedev(major, minor)                                                  \
	((unsigned long)((major)&0xffffff00ul) << 32 |                         \
	    (unsigned long)((major)&0xff) << 8 |                               \
	    (unsigned long)((minor)&0xff00ul) << 24 |                          \
	    (unsigned long)((minor)&0xffff00fful))

#endif
