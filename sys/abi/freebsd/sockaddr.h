/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets' addresses among system calls' arguments. */
#ifndef ABI_FREEBSD_SOCKADDR_H
#define ABI_FREEBSD_SOCKADDR_H

#include "net/unix.h"

/* fd_get() for what must be a socket; also ENOTSOCK. */
int socket_get(struct thread *td, int fd, struct file **fpp);
/* An address in, its length made right: EFAULT, EINVAL, ENAMETOOLONG,
 * EAFNOSUPPORT; *family without the check for AF_UNIX if not NULL. */
int sockaddr_copyin(
    struct sockaddr_un *sun, const void __user *uaddr, size_t len, int *family);
/* Its path, with a NUL, into room for one more than sun_path. */
void sockaddr_path(const struct sockaddr_un *sun, char *path);
#define SUN_PATH_MAX (sizeof(((struct sockaddr_un *)0)->sun_path) + 1)
/* As much as there is room for, and the whole length to *ulen. */
int sockaddr_copyout(
    const struct sockaddr_un *sun, void __user *uaddr, uint32_t __user *ulen);

#endif
