/* SPDX-License-Identifier: BSD-2-Clause */
#include "proc/abi.h"

void
abi_init(void)
{
	SET_FOREACH (p, abi) {
		const struct abi *abi = *p;

		abi->abi_init();
	}
}
