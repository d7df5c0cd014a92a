/* SPDX-License-Identifier: BSD-2-Clause */
/* getrandom(2), and identifiers that are like no others, uuidgen(2). */
#include "abi/freebsd/sysargs.h"
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "proc/proc.h"
#include "core/random.h"
#include "time/time.h"
#include "kern/uio.h"

#define GRND_NONBLOCK 0x1u
#define GRND_RANDOM   0x2u
#define GRND_INSECURE 0x4u

/* The generator is ready before the first program is, so the flags, which are
 * about waiting for that, make no difference. */
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
	error = uiorandom(&uio);
	if (error == 0)
		td->td_retval[0] = a->buflen - uio.uio_resid;
	return (error);
}

/* Version 1 of RFC 4122: the time in units of 100 ns since October 15, 1582,
 * and a node, which is random here (4.5). */
struct uuid {
	uint32_t time_low;
	uint16_t time_mid;
	uint16_t time_hi_and_version;
	uint8_t clock_seq_hi_and_reserved;
	uint8_t clock_seq_low;
	uint8_t node[6];
};
_Static_assert(sizeof(struct uuid) == 16, "struct uuid");
#define UUIDS_MAX	  2048
#define FROM_1582_TO_1970 UINT64_C(0x01b21dd213814000)

int
sys_uuidgen(struct thread *td, const struct uuidgen_args *a)
{
	uint64_t time = time_realtime() / 100 + FROM_1582_TO_1970;
	struct uuid u;
	int error = 0;

	if (a->count < 1 || a->count > UUIDS_MAX)
		return (EINVAL);
	random_bytes(&u, sizeof(u));
	u.clock_seq_hi_and_reserved =
	    (u.clock_seq_hi_and_reserved & 0x3f) | 0x80;
	u.node[0] |= 1; /* not a network card's */
	for (int i = 0; i < a->count && error == 0; i++, time++) {
		u.time_low = (uint32_t)time;
		u.time_mid = (uint16_t)(time >> 32);
		u.time_hi_and_version = (uint16_t)(time >> 48 | 1 << 12);
		error = copyout(&u, &a->store[i], sizeof(u));
	}
	return (error);
}
