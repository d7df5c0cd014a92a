/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LIB_CHACHA_H
#define LIB_CHACHA_H

#include "lib/types.h"

/*
 * One ChaCha20 block (RFC 8439, section 2.3): 64 bytes of key stream from a
 * 256-bit key, a block counter and a 96-bit nonce.
 */
void chacha20_block(const uint32_t key[8], uint32_t counter,
    const uint32_t nonce[3], uint32_t out[16]);

#endif
