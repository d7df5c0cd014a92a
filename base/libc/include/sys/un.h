/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef _SYS_UN_H
#define _SYS_UN_H

#ifdef __cplusplus
extern "C" {
#endif

#define __NEED_sa_family_t
#define __NEED_size_t
#include <bits/alltypes.h>

struct sockaddr_un {
	unsigned char sun_len;
	sa_family_t sun_family;
	char sun_path[104];
};

#define SOL_LOCAL	       0
#define LOCAL_PEERCRED	       1
#define LOCAL_CREDS	       2
#define LOCAL_CREDS_PERSISTENT 3

size_t strlen(const char *);
#define SUN_LEN(s) (2 + strlen((s)->sun_path))

#ifdef __cplusplus
}
#endif

#endif
