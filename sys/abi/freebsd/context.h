/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ABI_FREEBSD_CONTEXT_H
#define ABI_FREEBSD_CONTEXT_H

#include "fbsd/ucontext.h"

struct thread;

/* The user's registers of td (curthread). */
void context_get(struct thread *td, struct ucontext *uc);
/* Makes what is at uctx, user memory, td's registers and signal mask. EINVAL,
 * EFAULT, ENOMEM: nothing has changed. */
int context_set(struct thread *td, const struct ucontext *uctx) __sleeps;
bool context_on_altstack(const struct thread *td, uint64_t rsp);

#endif
