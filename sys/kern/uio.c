/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Moving bytes between one buffer and a list of others.
 */
#include "lib/string.h"
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "core/random.h"
#include "core/sched.h"
#include "core/sysctl.h"
#include "core/thread.h"
#include "kern/uio.h"
#include "vm/kmem.h"

/* Transfers may be as long as IOSIZE_MAX. */
SYSCTL_CONST_INT(iosize_max_clamp, "debug.iosize_max_clamp", CTL_AUTO, 0);

#define PIECE 65536ul /* moved between offers of the CPU, at most */

/* From or to one place; buf NULL: zeroes to it. */
static int
move(void *buf, uint64_t base, size_t n, const struct uio *uio)
{
	void *p = (void *)base;

	if (buf == NULL) {
		if (uio->uio_user)
			return (zero_user(p, n));
		memset(p, 0, n);
	} else if (uio->uio_write) {
		if (uio->uio_user)
			return (copyin(p, buf, n));
		memcpy(buf, p, n);
	} else {
		if (uio->uio_user)
			return (copyout(buf, p, n));
		memcpy(p, buf, n);
	}
	return (0);
}

static int
move_all(char *buf, size_t n, struct uio *uio)
{
	struct iovec *iov;
	size_t part;
	int error;

	n = MIN(n, uio->uio_resid);
	while (n > 0) {
		iov = uio->uio_iov;
		part = MIN(MIN(n, iov->iov_len), PIECE);
		if (part == 0) {
			uio->uio_iov++;
			uio->uio_iovcnt--;
			continue;
		}
		error = move(buf, iov->iov_base, part, uio);
		if (error != 0)
			return (error);
		iov->iov_base += part;
		iov->iov_len -= part;
		uio->uio_resid -= part;
		uio->uio_offset += part;
		if (buf != NULL)
			buf += part;
		n -= part;
		/* Who moves bytes within the kernel may hold spin locks. */
		if (uio->uio_user)
			sched_maybe_yield();
	}
	return (0);
}

int
uiomove(void *buf, size_t n, struct uio *uio)
{
	return (move_all(buf, n, uio));
}

int
uiomove_nofault(void *buf, size_t n, struct uio *uio)
{
	struct thread *td = curthread();
	int error;

	td->td_md.md_nofault = true;
	error = move_all(buf, n, uio);
	td->td_md.md_nofault = false;
	return (error);
}

int
uiozero(size_t n, struct uio *uio)
{
	return (move_all(NULL, n, uio));
}

int
uiorandom(struct uio *uio)
{
	uint8_t buf[256];
	size_t n;
	int error = 0;

	while (error == 0 && uio->uio_resid > 0) {
		n = MIN(uio->uio_resid, sizeof(buf));
		random_bytes(buf, n);
		error = uiomove(buf, n, uio);
		if (uio->uio_resid > 0 && sig_interrupts(curthread()) != 0)
			break;
	}
	memset(buf, 0, sizeof(buf));
	return (error);
}

void
uio_init(struct uio *uio, struct iovec *iov, uint64_t base, size_t len,
    off_t offset, bool user, bool write)
{
	iov->iov_base = base;
	iov->iov_len = len;
	*uio = (struct uio){.uio_iov = iov,
	    .uio_iovcnt = 1,
	    .uio_resid = len,
	    .uio_offset = offset,
	    .uio_user = user,
	    .uio_write = write};
}

/* EINVAL if the lengths add up to more than a transfer can have. */
static int
add_up(struct uio *uio)
{
	for (int i = 0; i < uio->uio_iovcnt; i++) {
		if (uio->uio_iov[i].iov_len > IOSIZE_MAX - uio->uio_resid)
			return (EINVAL);
		uio->uio_resid += uio->uio_iov[i].iov_len;
	}
	return (0);
}

int
uio_copyin(struct uio *uio, const void __user *iov, int iovcnt, off_t offset,
    bool write, struct iovec small[8])
{
	struct iovec *list = small;
	size_t size = (size_t)iovcnt * sizeof(*list);
	int error;

	if (iovcnt < 0 || iovcnt > IOV_MAX)
		return (EINVAL);
	if (iovcnt > 8)
		list = kmem_alloc(size, 0);
	if (list == NULL)
		return (ENOMEM);
	*uio = (struct uio){.uio_iov = list,
	    .uio_iovcnt = iovcnt,
	    .uio_offset = offset,
	    .uio_user = true,
	    .uio_write = write};
	error = copyin(iov, list, size);
	if (error == 0)
		error = add_up(uio);
	if (error != 0 && list != small)
		kmem_free(list, size);
	return (error);
}

void
uio_done(struct uio *uio, struct iovec *first, struct iovec small[8])
{
	/* The list was advanced: what is left and what was passed. */
	size_t count = (size_t)(uio->uio_iov - first) + (size_t)uio->uio_iovcnt;

	if (first != small)
		kmem_free(first, count * sizeof(*first));
}
