/* SPDX-License-Identifier: BSD-2-Clause */
/* Terminals: termios(4), tty(4). */
#ifndef FBSD_TERMIOS_H
#define FBSD_TERMIOS_H

#include "fbsd/filio.h"
#include "fbsd/time.h"

#define NCCS 20
struct termios {
	uint32_t c_iflag;
	uint32_t c_oflag;
	uint32_t c_cflag;
	uint32_t c_lflag;
	uint8_t c_cc[NCCS];
	uint32_t c_ispeed;
	uint32_t c_ospeed;
};
_Static_assert(sizeof(struct termios) == 44, "struct termios");

struct winsize {
	unsigned short ws_row;
	unsigned short ws_col;
	unsigned short ws_xpixel;
	unsigned short ws_ypixel;
};

#define VEOF		0
#define VEOL		1
#define VEOL2		2
#define VERASE		3
#define VWERASE		4
#define VKILL		5
#define VREPRINT	6
#define VERASE2		7
#define VINTR		8
#define VQUIT		9
#define VSUSP		10
#define VDSUSP		11
#define VSTART		12
#define VSTOP		13
#define VLNEXT		14
#define VDISCARD	15
#define VMIN		16
#define VTIME		17
#define VSTATUS		18
#define _POSIX_VDISABLE 0xff

#define IGNBRK		0x00000001
#define BRKINT		0x00000002
#define IGNPAR		0x00000004
#define PARMRK		0x00000008
#define INPCK		0x00000010
#define ISTRIP		0x00000020
#define INLCR		0x00000040
#define IGNCR		0x00000080
#define ICRNL		0x00000100
#define IXON		0x00000200
#define IXOFF		0x00000400
#define IXANY		0x00000800
#define IMAXBEL		0x00002000
#define IUTF8		0x00004000

#define OPOST		0x00000001
#define ONLCR		0x00000002
#define TABDLY		0x00000004
#define OXTABS		TABDLY
#define ONOEOT		0x00000008
#define OCRNL		0x00000010
#define ONOCR		0x00000020
#define ONLRET		0x00000040

#define CSIZE		0x00000300
#define CS5		0x00000000
#define CS6		0x00000100
#define CS7		0x00000200
#define CS8		0x00000300
#define CSTOPB		0x00000400
#define CREAD		0x00000800
#define PARENB		0x00001000
#define PARODD		0x00002000
#define HUPCL		0x00004000
#define CLOCAL		0x00008000
#define CCTS_OFLOW	0x00010000
#define CRTS_IFLOW	0x00020000
#define CRTSCTS		(CCTS_OFLOW | CRTS_IFLOW)

#define ECHOKE		0x00000001
#define ECHOE		0x00000002
#define ECHOK		0x00000004
#define ECHO		0x00000008
#define ECHONL		0x00000010
#define ECHOPRT		0x00000020
#define ECHOCTL		0x00000040
#define ISIG		0x00000080
#define ICANON		0x00000100
#define ALTWERASE	0x00000200
#define IEXTEN		0x00000400
#define EXTPROC		0x00000800
#define TOSTOP		0x00400000
#define FLUSHO		0x00800000
#define NOKERNINFO	0x02000000
#define PENDIN		0x20000000
#define NOFLSH		0x80000000u

#define TIOCEXCL	_IO('t', 13)
#define TIOCNXCL	_IO('t', 14)
#define TIOCGPTN	_IOR('t', 15, int)
#define TIOCFLUSH	_IOW('t', 16, int)
#define TIOCGETA	_IOR('t', 19, struct termios)
#define TIOCSETA	_IOW('t', 20, struct termios)
#define TIOCSETAW	_IOW('t', 21, struct termios)
#define TIOCSETAF	_IOW('t', 22, struct termios)
#define TIOCGETD	_IOR('t', 26, int)
#define TIOCSETD	_IOW('t', 27, int)
#define TIOCPTMASTER	_IO('t', 28)
#define TIOCSCTTY	_IO('t', 97)
#define TIOCGSID	_IOR('t', 99, int)
#define TIOCGWINSZ	_IOR('t', 104, struct winsize)
#define TIOCSWINSZ	_IOW('t', 103, struct winsize)
#define TIOCGDRAINWAIT	_IOR('t', 86, int)
#define TIOCSDRAINWAIT	_IOW('t', 87, int)
#define TIOCDRAIN	_IO('t', 94)
#define TIOCCONS	_IOW('t', 98, int)
#define TIOCSTAT	_IO('t', 101)
#define TIOCMGET	_IOR('t', 106, int)
#define TIOCMBIC	_IOW('t', 107, int)
#define TIOCMBIS	_IOW('t', 108, int)
#define TIOCMSET	_IOW('t', 109, int)
#define TIOCNOTTY	_IO('t', 113)
#define TIOCSTI		_IOW('t', 114, char)
#define TIOCOUTQ	_IOR('t', 115, int)
#define TIOCSPGRP	_IOW('t', 118, int)
#define TIOCGPGRP	_IOR('t', 119, int)
#define TIOCCDTR	_IO('t', 120)
#define TIOCSDTR	_IO('t', 121)
#define TIOCCBRK	_IO('t', 122)
#define TIOCSBRK	_IO('t', 123)
#define TIOCSTART	_IO('t', 110)
#define TIOCSTOP	_IO('t', 111)
#define TIOCEXT		_IOW('t', 96, int)

/* Modem lines, for TIOCMGET and its kin. */
#define TIOCM_LE  0x0001
#define TIOCM_DTR 0x0002
#define TIOCM_RTS 0x0004
#define TIOCM_CTS 0x0020
#define TIOCM_CAR 0x0040
#define TIOCM_RI  0x0080
#define TIOCM_DSR 0x0100

_Static_assert(TIOCGETA == 0x402c7413, "TIOCGETA");
_Static_assert(TIOCGWINSZ == 0x40087468, "TIOCGWINSZ");

#endif
