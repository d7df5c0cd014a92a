/* SPDX-License-Identifier: BSD-2-Clause */
/* ioctl(2): how requests are made up, and those for any descriptor. */
#ifndef FBSD_FILIO_H
#define FBSD_FILIO_H

#include <stdint.h>
#include "fbsd/num/filio.h"

/* FIODTYPE's answers. */
#define D_TAPE 0x0001
#define D_DISK 0x0002
#define D_TTY  0x0004
#define D_MEM  0x0008

#endif
