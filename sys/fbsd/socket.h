/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets: numbers and layouts of the system calls. */
#ifndef FBSD_SOCKET_H
#define FBSD_SOCKET_H

#include <stddef.h>
#include <stdint.h>

#define SOCK_STREAM    1
#define SOCK_DGRAM     2
#define SOCK_SEQPACKET 5
/* Or'ed into the type. */
#define SOCK_CLOEXEC  0x10000000
#define SOCK_NONBLOCK 0x20000000
#define SOCK_CLOFORK  0x40000000

#define AF_UNSPEC     0
#define AF_UNIX	      1

struct sockaddr {
	uint8_t sa_len;
	uint8_t sa_family;
	char sa_data[14];
};
_Static_assert(sizeof(struct sockaddr) == 16, "struct sockaddr");

struct sockaddr_un {
	uint8_t sun_len; /* of the whole, as far as it is used */
	uint8_t sun_family;
	char sun_path[104]; /* without a NUL if it fills all */
};
_Static_assert(sizeof(struct sockaddr_un) == 106, "struct sockaddr_un");

struct msghdr {
	void *msg_name;
	uint32_t msg_namelen;
	void *msg_iov;
	int msg_iovlen;
	void *msg_control;
	uint32_t msg_controllen;
	int msg_flags;
};
_Static_assert(sizeof(struct msghdr) == 48, "struct msghdr");

/* Its data follow at the next multiple of 8, as the next header does. */
struct cmsghdr {
	uint32_t cmsg_len; /* with the header */
	int cmsg_level;
	int cmsg_type;
};
_Static_assert(sizeof(struct cmsghdr) == 12, "struct cmsghdr");
#define CMSG_ALIGN(n) (((n) + 7) & ~(size_t)7)
#define CMSG_LEN(n)   (CMSG_ALIGN(sizeof(struct cmsghdr)) + (n))
#define CMSG_SPACE(n) (CMSG_ALIGN(sizeof(struct cmsghdr)) + CMSG_ALIGN(n))

#define SCM_RIGHTS    0x01
#define SCM_CREDS     0x03
#define SCM_CREDS2    0x08

#define CMGROUP_MAX   16
struct cmsgcred {
	int32_t cmcred_pid;
	uint32_t cmcred_uid; /* real */
	uint32_t cmcred_euid;
	uint32_t cmcred_gid; /* real */
	int16_t cmcred_ngroups;
	uint32_t cmcred_groups[CMGROUP_MAX]; /* first the effective one */
};
_Static_assert(sizeof(struct cmsgcred) == 84, "struct cmsgcred");

/* LOCAL_CREDS: the sender's, with as many groups as there are. */
struct sockcred {
	uint32_t sc_uid; /* real */
	uint32_t sc_euid;
	uint32_t sc_gid; /* real */
	uint32_t sc_egid;
	int sc_ngroups;
	uint32_t sc_groups[1];
};
_Static_assert(sizeof(struct sockcred) == 24, "struct sockcred");
#define SOCKCREDSIZE(n) (offsetof(struct sockcred, sc_groups) + 4 * (size_t)(n))

/* The same for LOCAL_CREDS_PERSISTENT. */
struct sockcred2 {
	int sc_version; /* 0 */
	int32_t sc_pid;
	uint32_t sc_uid; /* real */
	uint32_t sc_euid;
	uint32_t sc_gid; /* real */
	uint32_t sc_egid;
	int sc_ngroups;
	uint32_t sc_groups[1];
};
_Static_assert(sizeof(struct sockcred2) == 32, "struct sockcred2");
#define SOCKCRED2SIZE(n)                                                       \
	(offsetof(struct sockcred2, sc_groups) + 4 * (size_t)(n))

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

#define MSG_OOB		       0x00001
#define MSG_PEEK	       0x00002
#define MSG_DONTROUTE	       0x00004
#define MSG_EOR		       0x00008
#define MSG_TRUNC	       0x00010
#define MSG_CTRUNC	       0x00020
#define MSG_WAITALL	       0x00040
#define MSG_DONTWAIT	       0x00080
#define MSG_EOF		       0x00100
#define MSG_NOSIGNAL	       0x20000
#define MSG_CMSG_CLOEXEC       0x40000
#define MSG_CMSG_CLOFORK       0x80000

#define SHUT_RD		       0
#define SHUT_WR		       1
#define SHUT_RDWR	       2

#define SOMAXCONN	       128

#define SOL_SOCKET	       0xffff
#define SO_ACCEPTCONN	       0x0002
#define SO_REUSEADDR	       0x0004
#define SO_KEEPALIVE	       0x0008
#define SO_BROADCAST	       0x0020
#define SO_REUSEPORT	       0x0200
#define SO_NOSIGPIPE	       0x0800
#define SO_SNDBUF	       0x1001
#define SO_RCVBUF	       0x1002
#define SO_SNDLOWAT	       0x1003
#define SO_RCVLOWAT	       0x1004
#define SO_SNDTIMEO	       0x1005
#define SO_RCVTIMEO	       0x1006
#define SO_ERROR	       0x1007
#define SO_TYPE		       0x1008
#define SO_LISTENQLIMIT	       0x1011
#define SO_LISTENQLEN	       0x1012
#define SO_PROTOCOL	       0x1016
#define SO_DOMAIN	       0x1019

#define SOL_LOCAL	       0
#define LOCAL_PEERCRED	       1
#define LOCAL_CREDS	       2
#define LOCAL_CREDS_PERSISTENT 3

#endif
