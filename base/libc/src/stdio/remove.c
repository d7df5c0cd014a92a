/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>

#include "syscall.h"

/* For a directory unlink(2) says EPERM or EISDIR. */
int
remove(const char *path)
{
	long error = __syscall(SYS_unlink, path);

	if (error == -EISDIR || error == -EPERM) {
		long r = __syscall(SYS_rmdir, path);

		error = r == -ENOTDIR ? error : r;
	}
	return (__syscall_ret(error));
}
