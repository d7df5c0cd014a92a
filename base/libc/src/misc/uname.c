/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include <sys/sysctl.h>
#include <sys/utsname.h>

static int
get(const char *name, char *buf, size_t size)
{
	size_t len = size - 1;

	memset(buf, 0, size);
	return (sysctlbyname(name, buf, &len, NULL, 0));
}

int
uname(struct utsname *u)
{
	char *p;

	if (get("kern.ostype", u->sysname, sizeof(u->sysname)) != 0 ||
	    get("kern.hostname", u->nodename, sizeof(u->nodename)) != 0 ||
	    get("kern.osrelease", u->release, sizeof(u->release)) != 0 ||
	    get("kern.version", u->version, sizeof(u->version)) != 0 ||
	    get("hw.machine", u->machine, sizeof(u->machine)) != 0)
		return (-1);
	for (p = u->version; *p != '\0'; p++) {
		if (*p == '\n')
			*p = p[1] != '\0' ? ' ' : '\0';
	}
	return (0);
}
