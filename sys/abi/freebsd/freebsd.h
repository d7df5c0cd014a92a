/* SPDX-License-Identifier: BSD-2-Clause */
/* FreeBSD's interface, struct abi: what its parts are. */
#ifndef ABI_FREEBSD_FREEBSD_H
#define ABI_FREEBSD_FREEBSD_H

#include "fbsd/signal.h"
#include "exec/exec.h"
#include "time/time.h"

void freebsd_shpage_init(void);
void freebsd_publish_time(const struct time_base *tb);
int freebsd_exec_stack(struct thread *td, struct image *img) __sleeps;
void freebsd_sendsig(struct thread *td, const struct sigaction *sa,
    const struct siginfo *info, const sigset_t *oldmask) __sleeps;

#endif
