/* SPDX-License-Identifier: BSD-2-Clause */
/* Terminals: termios(4), tty(4). */
#ifndef FBSD_TERMIOS_H
#define FBSD_TERMIOS_H

#include "fbsd/filio.h"
#include "fbsd/num/termios.h"
#include "fbsd/num/ttycom.h"
#include "fbsd/time.h"

struct winsize {
	unsigned short ws_row;
	unsigned short ws_col;
	unsigned short ws_xpixel;
	unsigned short ws_ypixel;
};

#define _POSIX_VDISABLE 0xff

_Static_assert(TIOCGETA == 0x402c7413, "TIOCGETA");
_Static_assert(TIOCGWINSZ == 0x40087468, "TIOCGWINSZ");

#endif
