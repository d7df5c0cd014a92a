/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CORE_RANDOM_H
#define CORE_RANDOM_H

#include "lib/types.h"

void random_init(void);
/* Unpredictable bytes; any context, never fails. */
void random_bytes(void *buf, size_t n);
/* Entropy from a device or an event; any context. */
void random_stir(const void *buf, size_t n);
/* A source is there: FreeBSD's number for it. */
enum { RANDOM_PURE_RDRAND = 14, RANDOM_PURE_VIRTIO = 18, RANDOM_SOURCES = 29 };
void random_source_add(unsigned source);

#endif
