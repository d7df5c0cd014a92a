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
#include <fbsd/socket.h>

struct sockaddr_storage {
	unsigned char ss_len;
	sa_family_t ss_family;
	char __ss_pad1[6];
	long __ss_align;
	char __ss_pad2[112];
};

struct linger {
	int l_onoff;
	int l_linger;
};

#define AF_LOCAL     AF_UNIX
#define PF_UNSPEC    AF_UNSPEC
#define PF_UNIX	     AF_UNIX
#define PF_LOCAL     AF_UNIX
#define PF_INET	     AF_INET
#define PF_ROUTE     AF_ROUTE
#define PF_LINK	     AF_LINK
#define PF_INET6     AF_INET6

#define CMSG_DATA(c) ((unsigned char *)(c) + CMSG_ALIGN(sizeof(struct cmsghdr)))
#define CMSG_FIRSTHDR(m)                                                       \
	((m)->msg_controllen >= sizeof(struct cmsghdr)                         \
		? (struct cmsghdr *)(m)->msg_control                           \
		: (struct cmsghdr *)0)
#define CMSG_NXTHDR(m, c)                                                      \
	((char *)(c) + CMSG_ALIGN((c)->cmsg_len) + sizeof(struct cmsghdr) >    \
		    (char *)(m)->msg_control + (m)->msg_controllen             \
		? (struct cmsghdr *)0                                          \
		: (struct cmsghdr *)((char *)(c) + CMSG_ALIGN((c)->cmsg_len)))

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
