/* SPDX-License-Identifier: BSD-2-Clause */
/* ioctl(2): how requests are made up, and those for any descriptor. */
#ifndef FBSD_NUM_FILIO_H
#define FBSD_NUM_FILIO_H

/* What happens to the argument, how large it is, whose request it is. */
#define IOC_VOID       0x20000000ul
#define IOC_OUT	       0x40000000ul
#define IOC_IN	       0x80000000ul
#define IOC_INOUT      (IOC_IN | IOC_OUT)
#define IOCPARM_MASK   0x1ffful
#define IOCPARM_LEN(x) (((x) >> 16) & IOCPARM_MASK)

#define _IOC(dir, group, num, len)                                             \
	((unsigned long)((dir) | (((len)&IOCPARM_MASK) << 16) |                \
			 ((unsigned long)(group) << 8) | (num)))
#define _IO(g, n)      _IOC(IOC_VOID, (g), (n), 0)
#define _IOWINT(g, n)  _IOC(IOC_VOID, (g), (n), sizeof(int))
#define _IOR(g, n, t)  _IOC(IOC_OUT, (g), (n), sizeof(t))
#define _IOW(g, n, t)  _IOC(IOC_IN, (g), (n), sizeof(t))
#define _IOWR(g, n, t) _IOC(IOC_INOUT, (g), (n), sizeof(t))

#define FIOCLEX	       _IO('f', 1)
#define FIONCLEX       _IO('f', 2)
#define FIONREAD       _IOR('f', 127, int)
#define FIONBIO	       _IOW('f', 126, int)
#define FIOASYNC       _IOW('f', 125, int)
#define FIOSETOWN      _IOW('f', 124, int)
#define FIOGETOWN      _IOR('f', 123, int)
#define FIODTYPE       _IOR('f', 122, int)
#define FIONWRITE      _IOR('f', 119, int)
#define FIONSPACE      _IOR('f', 118, int)
#define FIOSEEKDATA    _IOWR('f', 97, int64_t)
#define FIOSEEKHOLE    _IOWR('f', 98, int64_t)

struct fiodgname_arg {
	int len;
	void *buf;
};
#define FIODGNAME _IOW('f', 120, struct fiodgname_arg)

#endif
