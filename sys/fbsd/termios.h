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

/* kern.ttys: sizes in characters; low marks are room that is enough to go on.
 */
struct xtty {
	uint64_t xt_size; /* of this */
	uint64_t xt_insize;
	uint64_t xt_incc; /* that may be read */
	uint64_t xt_inlc; /* of the line that is typed */
	uint64_t xt_inlow;
	uint64_t xt_outsize;
	uint64_t xt_outcc;
	uint64_t xt_outlow;
	uint32_t xt_column;
	int xt_pgid;
	int xt_sid;
	uint32_t xt_flags; /* TF_* */
	uint32_t xt_dev;
};
_Static_assert(sizeof(struct xtty) == 88, "struct xtty");

#endif
