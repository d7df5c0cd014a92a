/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests: what happens to the argument, its size, whose they are. */
#ifndef _BITS_IOCTL_H
#define _BITS_IOCTL_H

#include <fbsd/filio.h>
#include <fbsd/ttycom.h>

#define TIOCINQ	   FIONREAD
#define SIOCATMARK _IOR('s', 7, int)

#endif
