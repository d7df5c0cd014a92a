/* SPDX-License-Identifier: BSD-2-Clause */
#undef NCCS
#include <fbsd/termios.h>

#define TAB0	  0x00000000
#define TAB3	  0x00000004
#define XTABS	  TAB3

#define TCSANOW	  0
#define TCSADRAIN 1
#define TCSAFLUSH 2
#define TCOOFF	  1
#define TCOON	  2
#define TCIOFF	  3
#define TCION	  4
#define TCIFLUSH  1
#define TCOFLUSH  2
#define TCIOFLUSH 3

#define B0	  0
#define B50	  50
#define B75	  75
#define B110	  110
#define B134	  134
#define B150	  150
#define B200	  200
#define B300	  300
#define B600	  600
#define B1200	  1200
#define B1800	  1800
#define B2400	  2400
#define B4800	  4800
#define B9600	  9600
#define B19200	  19200
#define B38400	  38400
#define B57600	  57600
#define B115200	  115200
#define B230400	  230400
#define B460800	  460800
#define B921600	  921600
#define EXTA	  19200
#define EXTB	  38400
