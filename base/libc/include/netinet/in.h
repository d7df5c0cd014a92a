/* SPDX-License-Identifier: BSD-2-Clause */
/* musl's, with FreeBSD's addresses, which begin with their length. */
#ifndef _FREEBSD_NETINET_IN_H
#define _FREEBSD_NETINET_IN_H

#define sockaddr_in  __musl_sockaddr_in
#define sockaddr_in6 __musl_sockaddr_in6
#include <musl/netinet/in.h>
#undef sockaddr_in
#undef sockaddr_in6

struct sockaddr_in {
	uint8_t sin_len;
	sa_family_t sin_family;
	in_port_t sin_port;
	struct in_addr sin_addr;
	uint8_t sin_zero[8];
};

struct sockaddr_in6 {
	uint8_t sin6_len;
	sa_family_t sin6_family;
	in_port_t sin6_port;
	uint32_t sin6_flowinfo;
	struct in6_addr sin6_addr;
	uint32_t sin6_scope_id;
};

#endif
