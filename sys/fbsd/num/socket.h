/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sockets: numbers and layouts of the system calls. Who includes this has
 * pid_t, uid_t, gid_t and size_t; the types of a program's socklen_t and
 * sa_family_t are written out.
 */
#ifndef FBSD_NUM_SOCKET_H
#define FBSD_NUM_SOCKET_H

#define SOCK_STREAM    1
#define SOCK_DGRAM     2
#define SOCK_RAW       3
#define SOCK_RDM       4
#define SOCK_SEQPACKET 5
/* Or'ed into the type. */
#define SOCK_CLOEXEC  0x10000000
#define SOCK_NONBLOCK 0x20000000
#define SOCK_CLOFORK  0x40000000

#define AF_UNSPEC     0
#define AF_UNIX	      1
#define AF_INET	      2
#define AF_ROUTE      17
#define AF_LINK	      18
#define AF_INET6      28

struct sockaddr {
	unsigned char sa_len;
	unsigned char sa_family;
	char sa_data[14];
};

struct iovec;

struct msghdr {
	void *msg_name;
	unsigned msg_namelen;
	struct iovec *msg_iov;
	int msg_iovlen;
	void *msg_control;
	unsigned msg_controllen;
	int msg_flags;
};

/* Its data follow at the next multiple of 8, as the next header does. */
struct cmsghdr {
	unsigned cmsg_len; /* with the header */
	int cmsg_level;
	int cmsg_type;
};
#define CMSG_ALIGN(n) (((n) + 7) & ~(size_t)7)
#define CMSG_LEN(n)   (CMSG_ALIGN(sizeof(struct cmsghdr)) + (n))
#define CMSG_SPACE(n) (CMSG_ALIGN(sizeof(struct cmsghdr)) + CMSG_ALIGN(n))

#define SCM_RIGHTS    0x01
#define SCM_CREDS     0x03
#define SCM_CREDS2    0x08

#define CMGROUP_MAX   16
struct cmsgcred {
	pid_t cmcred_pid;
	uid_t cmcred_uid; /* real */
	uid_t cmcred_euid;
	gid_t cmcred_gid; /* real */
	short cmcred_ngroups;
	gid_t cmcred_groups[CMGROUP_MAX]; /* first the effective one */
};

/* LOCAL_CREDS: the sender's, with as many groups as there are. */
struct sockcred {
	uid_t sc_uid; /* real */
	uid_t sc_euid;
	gid_t sc_gid; /* real */
	gid_t sc_egid;
	int sc_ngroups;
	gid_t sc_groups[1];
};
#define SOCKCREDSIZE(n)                                                        \
	(sizeof(struct sockcred) - sizeof(gid_t) + sizeof(gid_t) * (n))

/* The same for LOCAL_CREDS_PERSISTENT. */
struct sockcred2 {
	int sc_version; /* 0 */
	pid_t sc_pid;
	uid_t sc_uid; /* real */
	uid_t sc_euid;
	gid_t sc_gid; /* real */
	gid_t sc_egid;
	int sc_ngroups;
	gid_t sc_groups[1];
};
#define SOCKCRED2SIZE(n)                                                       \
	(sizeof(struct sockcred2) - sizeof(gid_t) + sizeof(gid_t) * (n))

#define MSG_OOB		 0x00001
#define MSG_PEEK	 0x00002
#define MSG_DONTROUTE	 0x00004
#define MSG_EOR		 0x00008
#define MSG_TRUNC	 0x00010
#define MSG_CTRUNC	 0x00020
#define MSG_WAITALL	 0x00040
#define MSG_DONTWAIT	 0x00080
#define MSG_EOF		 0x00100
#define MSG_NOSIGNAL	 0x20000
#define MSG_CMSG_CLOEXEC 0x40000
#define MSG_CMSG_CLOFORK 0x400000

#define SHUT_RD		 0
#define SHUT_WR		 1
#define SHUT_RDWR	 2

#define SOMAXCONN	 128

#define SOL_SOCKET	 0xffff
#define SO_DEBUG	 0x0001
#define SO_ACCEPTCONN	 0x0002
#define SO_REUSEADDR	 0x0004
#define SO_KEEPALIVE	 0x0008
#define SO_DONTROUTE	 0x0010
#define SO_BROADCAST	 0x0020
#define SO_LINGER	 0x0080
#define SO_OOBINLINE	 0x0100
#define SO_REUSEPORT	 0x0200
#define SO_TIMESTAMP	 0x0400
#define SO_NOSIGPIPE	 0x0800
#define SO_SNDBUF	 0x1001
#define SO_RCVBUF	 0x1002
#define SO_SNDLOWAT	 0x1003
#define SO_RCVLOWAT	 0x1004
#define SO_SNDTIMEO	 0x1005
#define SO_RCVTIMEO	 0x1006
#define SO_ERROR	 0x1007
#define SO_TYPE		 0x1008
#define SO_LISTENQLIMIT	 0x1011
#define SO_LISTENQLEN	 0x1012
#define SO_PROTOCOL	 0x1016
#define SO_DOMAIN	 0x1019

#endif
