/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef KERN_RANDOM_H
#define KERN_RANDOM_H

#include "lib/types.h"

void random_init(void);
/* Unpredictable bytes; any context, never fails. */
void random_bytes(void *buf, size_t n);
/* Entropy from a device or an event; any context. */
void random_stir(const void *buf, size_t n);

struct uio;
/* Fills it; EFAULT. A signal ends it early when some bytes were moved. */
int random_uio(struct uio *uio);

#endif
