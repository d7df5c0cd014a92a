/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef AMD64_SMP_H
#define AMD64_SMP_H

#include "lib/types.h"

extern paddr_t ioapic_address;

#endif
