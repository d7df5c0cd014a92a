/* SPDX-License-Identifier: BSD-2-Clause */
/* musl's, and what takes device numbers apart, which FreeBSD has here. */
#ifndef _FREEBSD_SYS_TYPES_H
#define _FREEBSD_SYS_TYPES_H

#include <musl/sys/types.h>
#include <sys/sysmacros.h>

#endif
