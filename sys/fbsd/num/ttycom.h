/* SPDX-License-Identifier: BSD-2-Clause */
/* Terminals' requests, tty(4). */
#ifndef FBSD_NUM_TTYCOM_H
#define FBSD_NUM_TTYCOM_H

#define TIOCEXCL       _IO('t', 13)
#define TIOCNXCL       _IO('t', 14)
#define TIOCGPTN       _IOR('t', 15, int)
#define TIOCFLUSH      _IOW('t', 16, int)
#define TIOCGETA       _IOR('t', 19, struct termios)
#define TIOCSETA       _IOW('t', 20, struct termios)
#define TIOCSETAW      _IOW('t', 21, struct termios)
#define TIOCSETAF      _IOW('t', 22, struct termios)
#define TIOCGETD       _IOR('t', 26, int)
#define TIOCSETD       _IOW('t', 27, int)
#define TIOCPTMASTER   _IO('t', 28)
#define TIOCSCTTY      _IO('t', 97)
#define TIOCGSID       _IOR('t', 99, int)
#define TIOCGWINSZ     _IOR('t', 104, struct winsize)
#define TIOCSWINSZ     _IOW('t', 103, struct winsize)
#define TIOCDRAIN      _IO('t', 94)
#define TIOCGDRAINWAIT _IOR('t', 86, int)
#define TIOCSDRAINWAIT _IOW('t', 87, int)
#define TIOCCONS       _IOW('t', 98, int)
#define TIOCSTAT       _IO('t', 101)
#define TIOCMGET       _IOR('t', 106, int)
#define TIOCMBIC       _IOW('t', 107, int)
#define TIOCMBIS       _IOW('t', 108, int)
#define TIOCMSET       _IOW('t', 109, int)
#define TIOCNOTTY      _IO('t', 113)
#define TIOCSTI	       _IOW('t', 114, char)
#define TIOCOUTQ       _IOR('t', 115, int)
#define TIOCSPGRP      _IOW('t', 118, int)
#define TIOCGPGRP      _IOR('t', 119, int)
#define TIOCCDTR       _IO('t', 120)
#define TIOCSDTR       _IO('t', 121)
#define TIOCCBRK       _IO('t', 122)
#define TIOCSBRK       _IO('t', 123)
#define TIOCSTART      _IO('t', 110)
#define TIOCSTOP       _IO('t', 111)
#define TIOCEXT	       _IOW('t', 96, int)

/* Modem lines, for TIOCMGET and its kin. */
#define TIOCM_LE  0x0001
#define TIOCM_DTR 0x0002
#define TIOCM_RTS 0x0004
#define TIOCM_CTS 0x0020
#define TIOCM_CAR 0x0040
#define TIOCM_RI  0x0080
#define TIOCM_DSR 0x0100

/* xt_flags, as far as there is what they tell. */
#define TF_OPENED_IN 0x00008
#define TF_LITERAL   0x00200 /* VLNEXT came */
#define TF_HIWAT_IN  0x00400 /* input is refused */
#define TF_STOPPED   0x01000
#define TF_EXCLUDE   0x02000
#define TF_ZOMBIE    0x08000 /* hung up */
#define TF_BUSY_OUT  0x40000 /* somebody writes */

#endif
