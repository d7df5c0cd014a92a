/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include <sys/sysctl.h>
#include <sys/sysinfo.h>
#include <time.h>

#include "libc.h"

/* What musl's sysconf() and getloadavg() and some programs want to know. */
int
__lsysinfo(struct sysinfo *si)
{
	struct {
		unsigned average[3];
		long scale;
	} load;
	struct timespec up;
	unsigned long memory;
	unsigned pages;
	size_t len;
	int i;

	memset(si, 0, sizeof(*si));
	len = sizeof(memory);
	if (sysctlbyname("hw.physmem", &memory, &len, NULL, 0) != 0)
		return (-1);
	si->mem_unit = 1;
	si->totalram = memory;
	len = sizeof(pages);
	if (sysctlbyname("vm.stats.vm.v_free_count", &pages, &len, NULL, 0) ==
	    0)
		si->freeram = (unsigned long)pages * 4096;
	len = sizeof(load);
	if (sysctlbyname("vm.loadavg", &load, &len, NULL, 0) == 0 &&
	    load.scale != 0) {
		for (i = 0; i < 3; i++)
			si->loads[i] =
			    ((unsigned long)load.average[i] << 16) / load.scale;
	}
	clock_gettime(CLOCK_UPTIME, &up);
	si->uptime = up.tv_sec;
	return (0);
}
weak_alias(__lsysinfo, sysinfo);
