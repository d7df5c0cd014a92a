/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef KERN_UIO_H
#define KERN_UIO_H

#include "lib/types.h"

struct iovec {
	uint64_t iov_base;
	size_t iov_len;
};
#define IOV_MAX	   1024
#define IOSIZE_MAX ((size_t)INT64_MAX)

/* A transfer under way between one buffer and a list of others. */
struct uio {
	struct iovec *uio_iov; /* advanced as bytes are moved */
	int uio_iovcnt;
	size_t uio_resid; /* bytes left */
	off_t uio_offset; /* place in the file, advanced too */
	bool uio_user;	  /* iovecs are user addresses */
	bool uio_write;	  /* from the iovecs into the file */
};

/* Moves up to n bytes between buf and the uio, in the uio's direction. 0 or
 * EFAULT. May sleep if user memory is concerned. */
int uiomove(void *buf, size_t n, struct uio *uio) __sleeps;
/* The same for who holds a lock that others wait for: a page that isn't there
 * isn't brought in, and is EFAULT. What was moved was moved. */
int uiomove_nofault(void *buf, size_t n, struct uio *uio) __sleeps;
int uiozero(
    size_t n, struct uio *uio) __sleeps; /* n zero bytes to the iovecs */
/* Random bytes, all of them; a signal ends it early once some were moved. */
int uiorandom(struct uio *uio) __sleeps;
/* One buffer: iov is the caller's memory for the list. */
void uio_init(struct uio *uio, struct iovec *iov, uint64_t base, size_t len,
    off_t offset, bool user, bool write);
/* Copies a user's list in; kmem, or `small` (8 elements) if it fits. EINVAL,
 * EFAULT, ENOMEM. uio_done() frees. */
int uio_copyin(struct uio *uio, const void __user *iov, int iovcnt,
    off_t offset, bool write, struct iovec small[8]) __sleeps;
void uio_done(struct uio *uio, struct iovec *first, struct iovec small[8]);

#endif
