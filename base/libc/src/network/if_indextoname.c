/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <net/if.h>
#include <stddef.h>

/* There is no list of interfaces yet: callers print the number. */
char *
if_indextoname(unsigned index, char *name)
{
	errno = ENXIO;
	return (NULL);
}
