/* SPDX-License-Identifier: BSD-2-Clause */
/* getrandom(2). The generator is ready before the first program is, so the
 * flags, which are about waiting for that, make no difference. */
#include "abi/freebsd/sysargs.h"
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "kern/proc.h"
#include "kern/random.h"
#include "kern/uio.h"

#define GRND_NONBLOCK 0x1u
#define GRND_RANDOM   0x2u
#define GRND_INSECURE 0x4u

int
sys_getrandom(struct thread *td, const struct getrandom_args *a)
{
	const unsigned pool = GRND_RANDOM | GRND_INSECURE;
	struct iovec iov;
	struct uio uio;
	int error;

	if ((a->flags & ~(GRND_NONBLOCK | pool)) != 0 ||
	    (a->flags & pool) == pool || a->buflen > IOSIZE_MAX)
		return (EINVAL);
	uio_init(
	    &uio, &iov, (uint64_t)(uintptr_t)a->buf, a->buflen, 0, true, false);
	error = random_uio(&uio);
	if (error == 0)
		td->td_retval[0] = a->buflen - uio.uio_resid;
	return (error);
}
