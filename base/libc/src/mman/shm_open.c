/* SPDX-License-Identifier: BSD-2-Clause */
#include <fcntl.h>
#include <sys/mman.h>

#include "syscall.h"

/* Shared memory has names of its own, outside the file systems. */
int
shm_open(const char *name, int flags, mode_t mode)
{
	return (syscall(SYS_freebsd12_shm_open, name, flags | O_CLOEXEC, mode));
}

int
shm_unlink(const char *name)
{
	return (syscall(SYS_shm_unlink, name));
}
