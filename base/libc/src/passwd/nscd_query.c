/* SPDX-License-Identifier: BSD-2-Clause */
/* There is no daemon to ask about names: an answer that found nothing. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "nscd.h"

FILE *
__nscd_query(int32_t req, const char *key, int32_t *buf, size_t len, int *swap)
{
	*swap = 0;
	memset(buf, 0, len);
	return (fopen("/dev/null", "re"));
}
