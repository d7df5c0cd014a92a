/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include <pthread.h>

#include "pthread_impl.h"

int
pthread_setname_np(pthread_t thread, const char *name)
{
	return (-__syscall(SYS_thr_set_name, thread->tid, name));
}
