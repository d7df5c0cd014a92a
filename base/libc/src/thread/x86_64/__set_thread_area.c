/* SPDX-License-Identifier: BSD-2-Clause */
#include "pthread_impl.h"

#define AMD64_SET_FSBASE 129

int
__set_thread_area(void *tp)
{
	return (__syscall(SYS_sysarch, AMD64_SET_FSBASE, &tp));
}
