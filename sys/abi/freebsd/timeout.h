/* SPDX-License-Identifier: BSD-2-Clause */
/* Timeouts of poll(2), select(2), kevent(2), sigtimedwait(2). */
#ifndef ABI_FREEBSD_TIMEOUT_H
#define ABI_FREEBSD_TIMEOUT_H

#include "fbsd/time.h"

/* When a wait of `ts` from now ends: 0, long ago, if it shall not wait.
 * EINVAL. */
int timeout_deadline(const struct timespec *ts, uint64_t *deadline) __sleeps;
/* From user memory; NULL: NO_DEADLINE. EFAULT, EINVAL. */
int copyin_timeout(
    const struct timespec __user *uts, uint64_t *deadline) __sleeps;

#endif
