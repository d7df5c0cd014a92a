/* SPDX-License-Identifier: BSD-2-Clause */
/* How many pages of memory are free, for programs that are built for Imp. */
#ifndef TESTS_DISK_PAGES_H
#define TESTS_DISK_PAGES_H

#include <stdint.h>
#include <sys/sysctl.h>

#include "mounted.h"

static inline uint32_t
free_pages(void)
{
	uint32_t n = 0;
	size_t size = sizeof(n);

	if (sysctlbyname("vm.stats.vm.v_free_count", &n, &size, NULL, 0) != 0)
		quit("vm.stats.vm.v_free_count");
	return (n);
}

#endif
