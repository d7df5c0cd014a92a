/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/sysctl.h>
#include <unistd.h>

int
sethostname(const char *name, size_t len)
{
	return (sysctlbyname("kern.hostname", NULL, NULL, name, len));
}
