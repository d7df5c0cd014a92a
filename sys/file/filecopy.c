/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From file to file without a detour through user memory: the bytes of
 * sendfile(2) and copy_file_range(2).
 */
#include "fbsd/errno.h"
#include "file/filecopy.h"
#include "proc/signal.h"
#include "core/sched.h"
#include "vm/kmem.h"

#define COPY_BUFFER (64 * 1024ul)

/* One transfer between a file and kernel memory; *n is what was moved. */
static int
transfer(struct file *fp, char *buf, size_t *n, off_t *offset, bool write)
{
	size_t asked = *n;
	struct iovec iov;
	struct uio uio;
	int error, flags = offset != NULL ? FOF_OFFSET : 0;

	uio_init(&uio, &iov, (uint64_t)(uintptr_t)buf, asked,
	    offset != NULL ? *offset : 0, false, write);
	error = write ? fp->f_ops->fo_write(fp, &uio, flags)
		      : fp->f_ops->fo_read(fp, &uio, flags);
	*n = asked - uio.uio_resid;
	if (offset != NULL)
		*offset += (off_t)*n;
	return (error);
}

/* All of buf, however small the steps; *done is how far it came. A step of no
 * length is the end: who takes nothing now and doesn't say why never will. */
static int
write_all(struct file *to, char *buf, size_t n, off_t *offset, size_t *done)
{
	size_t part = 1;
	int error = 0;

	for (*done = 0; *done < n && error == 0 && part != 0; *done += part) {
		part = n - *done;
		error = transfer(to, buf + *done, &part, offset, true);
	}
	return (error);
}

int
file_copy(struct thread *td, struct file *from, off_t *from_offset,
    struct file *to, off_t *to_offset, size_t len, size_t *moved)
{
	size_t n, done = 0;
	char *buf;
	int error = 0;

	*moved = 0;
	if (from->f_ops->fo_read == NULL || to->f_ops->fo_write == NULL)
		return (EINVAL);
	buf = kmem_alloc(COPY_BUFFER, 0);
	if (buf == NULL)
		return (ENOMEM);
	for (; *moved < len && error == 0; sched_maybe_yield()) {
		n = MIN(len - *moved, COPY_BUFFER);
		error = transfer(from, buf, &n, from_offset, false);
		if (error != 0 || n == 0)
			break;
		error = write_all(to, buf, n, to_offset, &done);
		*moved += done;
		/* What wasn't written wasn't read either. */
		if (from_offset != NULL)
			*from_offset -= (off_t)(n - done);
		if (done < n)
			break;
		if (error == 0 && *moved < len)
			error = sig_interrupts(td);
	}
	kmem_free(buf, COPY_BUFFER);
	return (error);
}
