/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef AMD64_TRAP_H
#define AMD64_TRAP_H

#include "amd64/frame.h"

struct thread;

/* From entry.S. */
void trap(struct trapframe *tf) __sleeps;
__noreturn void trap_fatal(struct trapframe *tf);
__noreturn void trap_bad_return(struct thread *td) __sleeps;
extern char user_iret[];

#endif
