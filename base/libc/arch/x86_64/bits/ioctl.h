/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests: what happens to the argument, its size, whose they are. */
#ifndef _BITS_IOCTL_H
#define _BITS_IOCTL_H

#define IOC_VOID 0x20000000ul
#define IOC_OUT	 0x40000000ul
#define IOC_IN	 0x80000000ul
#define _IOC(dir, group, num, len)                                             \
	((unsigned long)((dir) | (((len)&0x1ffful) << 16) |                    \
			 ((unsigned long)(group) << 8) | (num)))
#define _IO(g, n)      _IOC(IOC_VOID, (g), (n), 0)
#define _IOR(g, n, t)  _IOC(IOC_OUT, (g), (n), sizeof(t))
#define _IOW(g, n, t)  _IOC(IOC_IN, (g), (n), sizeof(t))
#define _IOWR(g, n, t) _IOC(IOC_IN | IOC_OUT, (g), (n), sizeof(t))

#define TIOCEXCL       _IO('t', 13)
#define TIOCNXCL       _IO('t', 14)
#define TIOCFLUSH      _IOW('t', 16, int)
#define TIOCGETA       _IOR('t', 19, struct termios)
#define TIOCSETA       _IOW('t', 20, struct termios)
#define TIOCSETAW      _IOW('t', 21, struct termios)
#define TIOCSETAF      _IOW('t', 22, struct termios)
#define TIOCGETD       _IOR('t', 26, int)
#define TIOCSETD       _IOW('t', 27, int)
#define TIOCSCTTY      _IO('t', 97)
#define TIOCGSID       _IOR('t', 99, int)
#define TIOCGWINSZ     _IOR('t', 104, struct winsize)
#define TIOCSWINSZ     _IOW('t', 103, struct winsize)
#define TIOCDRAIN      _IO('t', 94)
#define TIOCSTAT       _IO('t', 101)
#define TIOCNOTTY      _IO('t', 113)
#define TIOCSTI	       _IOW('t', 114, char)
#define TIOCOUTQ       _IOR('t', 115, int)
#define TIOCSPGRP      _IOW('t', 118, int)
#define TIOCGPGRP      _IOR('t', 119, int)
#define TIOCCBRK       _IO('t', 122)
#define TIOCSBRK       _IO('t', 123)
#define TIOCSTART      _IO('t', 110)
#define TIOCSTOP       _IO('t', 111)
#define TIOCEXT	       _IOW('t', 96, int)
#define TIOCGPTN       _IOR('t', 15, int)
#define TIOCPTMASTER   _IO('t', 28)
#define TIOCINQ	       FIONREAD

#define FIOCLEX	       _IO('f', 1)
#define FIONCLEX       _IO('f', 2)
#define FIONREAD       _IOR('f', 127, int)
#define FIONBIO	       _IOW('f', 126, int)
#define FIOASYNC       _IOW('f', 125, int)
#define FIOSETOWN      _IOW('f', 124, int)
#define FIOGETOWN      _IOR('f', 123, int)
#define FIODTYPE       _IOR('f', 122, int)
struct fiodgname_arg {
	int len;
	void *buf;
};
#define FIODGNAME  _IOW('f', 120, struct fiodgname_arg)
#define SIOCATMARK _IOR('s', 7, int)

#endif
