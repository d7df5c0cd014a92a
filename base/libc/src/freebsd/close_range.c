/* SPDX-License-Identifier: BSD-2-Clause */
#include <limits.h>
#include <unistd.h>

#include "syscall.h"

int
close_range(unsigned low, unsigned high, int flags)
{
	return (syscall(SYS_close_range, low, high, flags));
}

void
closefrom(int low)
{
	close_range(low < 0 ? 0 : (unsigned)low, UINT_MAX, 0);
}
