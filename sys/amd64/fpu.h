/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef AMD64_FPU_H
#define AMD64_FPU_H

#include "lib/types.h"

struct thread;

void fpu_init(void);   /* once kmem works */
void *fpu_alloc(void); /* a fresh state, or NULL */
void fpu_free(void *area);
void fpu_save(void *area); /* this CPU's registers */
void fpu_load(const void *area);
/* Unmasked exceptions that are pending: x87 status bits. */
uint16_t fpu_exceptions(struct thread *td, bool sse);

#endif
