/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets with FreeBSD's numbers and structures. */
#ifndef _SYS_SOCKET_H
#define _SYS_SOCKET_H

#ifdef __cplusplus
extern "C" {
#endif

#include <features.h>

#define __NEED_socklen_t
#define __NEED_sa_family_t
#define __NEED_size_t
#define __NEED_ssize_t
#define __NEED_uid_t
#define __NEED_pid_t
#define __NEED_gid_t
#define __NEED_struct_iovec
#include <bits/alltypes.h>

struct sockaddr {
	unsigned char sa_len;
	sa_family_t sa_family;
	char sa_data[14];
};

struct sockaddr_storage {
	unsigned char ss_len;
	sa_family_t ss_family;
	char __ss_pad1[6];
	long __ss_align;
	char __ss_pad2[112];
};

struct msghdr {
	void *msg_name;
	socklen_t msg_namelen;
	struct iovec *msg_iov;
	int msg_iovlen;
	void *msg_control;
	socklen_t msg_controllen;
	int msg_flags;
};

struct cmsghdr {
	socklen_t cmsg_len;
	int cmsg_level;
	int cmsg_type;
};

struct linger {
	int l_onoff;
	int l_linger;
};

#define SHUT_RD		 0
#define SHUT_WR		 1
#define SHUT_RDWR	 2

#define SOCK_STREAM	 1
#define SOCK_DGRAM	 2
#define SOCK_RAW	 3
#define SOCK_RDM	 4
#define SOCK_SEQPACKET	 5
#define SOCK_CLOEXEC	 0x10000000
#define SOCK_NONBLOCK	 0x20000000
#define SOCK_CLOFORK	 0x40000000

#define AF_UNSPEC	 0
#define AF_UNIX		 1
#define AF_LOCAL	 AF_UNIX
#define AF_INET		 2
#define AF_ROUTE	 17
#define AF_LINK		 18
#define AF_INET6	 28
#define PF_UNSPEC	 AF_UNSPEC
#define PF_UNIX		 AF_UNIX
#define PF_LOCAL	 AF_UNIX
#define PF_INET		 AF_INET
#define PF_ROUTE	 AF_ROUTE
#define PF_LINK		 AF_LINK
#define PF_INET6	 AF_INET6

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
#define SO_PROTOCOL	 0x1016
#define SO_DOMAIN	 0x1019

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
#define MSG_CMSG_CLOFORK 0x80000

#define SCM_RIGHTS	 0x01
#define SCM_CREDS	 0x03
#define SCM_CREDS2	 0x08

#define CMGROUP_MAX	 16
struct cmsgcred {
	pid_t cmcred_pid;
	uid_t cmcred_uid;
	uid_t cmcred_euid;
	gid_t cmcred_gid;
	short cmcred_ngroups;
	gid_t cmcred_groups[CMGROUP_MAX];
};

struct sockcred {
	uid_t sc_uid;
	uid_t sc_euid;
	gid_t sc_gid;
	gid_t sc_egid;
	int sc_ngroups;
	gid_t sc_groups[1];
};
#define SOCKCREDSIZE(n) (sizeof(struct sockcred) + sizeof(gid_t) * ((n)-1))

struct sockcred2 {
	int sc_version;
	pid_t sc_pid;
	uid_t sc_uid;
	uid_t sc_euid;
	gid_t sc_gid;
	gid_t sc_egid;
	int sc_ngroups;
	gid_t sc_groups[1];
};
#define SOCKCRED2SIZE(n) (sizeof(struct sockcred2) + sizeof(gid_t) * ((n)-1))

#define __CMSG_ALIGN(n)	 (((n) + 7) & ~(size_t)7)
#define CMSG_LEN(n)	 (__CMSG_ALIGN(sizeof(struct cmsghdr)) + (n))
#define CMSG_SPACE(n)	 (__CMSG_ALIGN(sizeof(struct cmsghdr)) + __CMSG_ALIGN(n))
#define CMSG_DATA(c)                                                           \
	((unsigned char *)(c) + __CMSG_ALIGN(sizeof(struct cmsghdr)))
#define CMSG_FIRSTHDR(m)                                                       \
	((m)->msg_controllen >= sizeof(struct cmsghdr)                         \
		? (struct cmsghdr *)(m)->msg_control                           \
		: (struct cmsghdr *)0)
#define CMSG_NXTHDR(m, c)                                                      \
	((char *)(c) + __CMSG_ALIGN((c)->cmsg_len) + sizeof(struct cmsghdr) >  \
		    (char *)(m)->msg_control + (m)->msg_controllen             \
		? (struct cmsghdr *)0                                          \
		: (struct cmsghdr *)((char *)(c) +                             \
				     __CMSG_ALIGN((c)->cmsg_len)))

int socket(int, int, int);
int socketpair(int, int, int, int[2]);
int shutdown(int, int);
int bind(int, const struct sockaddr *, socklen_t);
int connect(int, const struct sockaddr *, socklen_t);
int listen(int, int);
int accept(int, struct sockaddr *__restrict, socklen_t *__restrict);
int accept4(int, struct sockaddr *__restrict, socklen_t *__restrict, int);
int getsockname(int, struct sockaddr *__restrict, socklen_t *__restrict);
int getpeername(int, struct sockaddr *__restrict, socklen_t *__restrict);
ssize_t send(int, const void *, size_t, int);
ssize_t recv(int, void *, size_t, int);
ssize_t sendto(
    int, const void *, size_t, int, const struct sockaddr *, socklen_t);
ssize_t recvfrom(int, void *__restrict, size_t, int,
    struct sockaddr *__restrict, socklen_t *__restrict);
ssize_t sendmsg(int, const struct msghdr *, int);
ssize_t recvmsg(int, struct msghdr *, int);
int getsockopt(int, int, int, void *__restrict, socklen_t *__restrict);
int setsockopt(int, int, int, const void *, socklen_t);
int sockatmark(int);

#ifdef __cplusplus
}
#endif

#endif
