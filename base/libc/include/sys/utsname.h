/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef _SYS_UTSNAME_H
#define _SYS_UTSNAME_H

#ifdef __cplusplus
extern "C" {
#endif

#define SYS_NMLN 256

struct utsname {
	char sysname[SYS_NMLN];
	char nodename[SYS_NMLN];
	char release[SYS_NMLN];
	char version[SYS_NMLN];
	char machine[SYS_NMLN];
};

int uname(struct utsname *);

#ifdef __cplusplus
}
#endif

#endif
