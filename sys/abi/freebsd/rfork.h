/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ABI_FREEBSD_RFORK_H
#define ABI_FREEBSD_RFORK_H

#include "proc/proc.h"

/* What rfork(2)'s flags ask for: EINVAL for those that aren't or don't go
 * together; without RFPROC there is no child. */
int rfork_request(struct fork_request *fr, int flags);

#endif
