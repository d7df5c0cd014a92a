/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets' addresses among system calls' arguments. */
#ifndef ABI_FREEBSD_SOCKADDR_H
#define ABI_FREEBSD_SOCKADDR_H

#include "net/socket.h"

/* fd_get() for what must be a socket; also ENOTSOCK. */
int socket_get(struct thread *td, int fd, struct file **fpp) __sleeps;
/* An address in, its length made right: EFAULT, EINVAL, ENAMETOOLONG. */
int address_copyin(
    union address *name, const void __user *uaddr, size_t len) __sleeps;
/* As much as there is room for, and the whole length to *ulen. */
int address_copyout(const union address *name, void __user *uaddr,
    uint32_t __user *ulen) __sleeps;

#endif
