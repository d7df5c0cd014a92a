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

/*
 * net.local.*.pcblist: a struct xunpgen, struct xunpcb's, a struct xunpgen.
 * What is an address in FreeBSD's is a socket's number here, or 0.
 */
struct xunpgen {
	uint64_t xug_len; /* of this */
	uint32_t xug_count;
	uint64_t xug_gen;
	uint64_t xug_sogen;
};
_Static_assert(sizeof(struct xunpgen) == 32, "struct xunpgen");

#define SS_ISCONNECTED 0x0002
struct xsocket {
	uint64_t xso_len; /* of this */
	uint64_t xso_so;
	uint64_t so_pcb;
	uint64_t so_oobmark;
	uint64_t so_splice_so;
	int64_t so_spare64[7];
	int xso_protocol;
	int xso_family;
	uint32_t so_qlen;
	uint32_t so_incqlen;
	uint32_t so_qlimit;
	int so_pgid;
	uint32_t so_uid;
	int so_fibnum;
	int so_spare32[7];
	int16_t so_type;
	int16_t so_options;
	int16_t so_linger;
	int16_t so_state; /* SS_* */
	int16_t so_timeo;
	uint16_t so_error;
	struct xsockbuf {
		uint32_t sb_cc;
		uint32_t sb_hiwat;
		uint32_t sb_mbcnt;
		uint32_t sb_spare0;
		uint32_t sb_spare1;
		uint32_t sb_mbmax;
		int sb_lowat;
		int sb_timeo;
		int16_t sb_flags;
	} so_rcv, so_snd;
};
_Static_assert(sizeof(struct xsocket) == 240, "struct xsocket");

struct xunpcb {
	uint64_t xu_len; /* of this */
	uint64_t xu_unpp;
	uint64_t unp_vnode;
	uint64_t unp_conn;
	uint64_t xu_firstref; /* the first that has it as a peer */
	uint64_t xu_nextref;  /* the next that has the same peer */
	uint64_t unp_gencnt;
	int64_t xu_spare64[8];
	int xu_spare32[8];
	union {
		struct sockaddr_un xu_addr;
		char xu_room[256];
	};
	union {
		struct sockaddr_un xu_caddr; /* the peer's */
		char xu_croom[256];
	};
	struct xsocket xu_socket;
};
_Static_assert(sizeof(struct xunpcb) == 904, "struct xunpcb");

#endif
