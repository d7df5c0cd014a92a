/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets: numbers and layouts of the system calls. */
#ifndef FBSD_SOCKET_H
#define FBSD_SOCKET_H

#include "lib/types.h"
#include "fbsd/num/socket.h"
#include "fbsd/num/un.h"

/* The layouts of programs. */
_Static_assert(sizeof(struct sockaddr) == 16, "struct sockaddr");
_Static_assert(sizeof(struct msghdr) == 48, "struct msghdr");
_Static_assert(sizeof(struct cmsghdr) == 12, "struct cmsghdr");
_Static_assert(sizeof(struct cmsgcred) == 84, "struct cmsgcred");
_Static_assert(sizeof(struct sockcred) == 24, "struct sockcred");
_Static_assert(sizeof(struct sockcred2) == 32, "struct sockcred2");
_Static_assert(sizeof(struct sockaddr_un) == 106, "struct sockaddr_un");

#define XU_NGROUPS 16
struct xucred {
	uint32_t cr_version; /* 0 */
	uint32_t cr_uid;
	int16_t cr_ngroups;
	uint32_t cr_groups[XU_NGROUPS];
	union {
		void *cr_unused;
		int32_t cr_pid;
	};
};
_Static_assert(sizeof(struct xucred) == 88, "struct xucred");

#endif
