/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef _SYS_UN_H
#define _SYS_UN_H

#ifdef __cplusplus
extern "C" {
#endif

#define __NEED_sa_family_t
#define __NEED_size_t
#include <bits/alltypes.h>
#include <fbsd/un.h>

size_t strlen(const char *);
#define SUN_LEN(s) (2 + strlen((s)->sun_path))

#ifdef __cplusplus
}
#endif

#endif
