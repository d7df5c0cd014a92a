/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef _SYS_ENDIAN_H
#define _SYS_ENDIAN_H

#include <endian.h>
#include <stdint.h>

#define _LITTLE_ENDIAN 1234
#define _BIG_ENDIAN    4321
#define _BYTE_ORDER    _LITTLE_ENDIAN

#define bswap16(x)     __builtin_bswap16(x)
#define bswap32(x)     __builtin_bswap32(x)
#define bswap64(x)     __builtin_bswap64(x)

#endif
