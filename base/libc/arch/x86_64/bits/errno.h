/* SPDX-License-Identifier: BSD-2-Clause */
#include <fbsd/errno.h>

/* Linux's, which programs name; no call returns them. */
#define ENODATA ENOATTR
#define ETIME	ETIMEDOUT
