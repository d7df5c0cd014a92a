/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LIB_CRC32_H
#define LIB_CRC32_H

#include <stddef.h>
#include <stdint.h>

/* The CRC-32 of IEEE 802.3, as GPT and zip have it. */
uint32_t crc32(const void *data, size_t size);

#endif
