/* SPDX-License-Identifier: BSD-2-Clause */
/* exterrctl(2), and what it makes a failing call write. */
#include "lib/string.h"
#include "fbsd/errno.h"
#include "fbsd/signal.h"
#include "abi/freebsd/exterr.h"
#include "abi/freebsd/sysargs.h"
#include "amd64/md.h"
#include "proc/signal.h"

#define EXTERRCTL_ENABLE  1
#define EXTERRCTL_DISABLE 2
#define EXTERRCTLF_FORCE  0x1
#define UEXTERROR_VER	  0x10010002

struct uexterror {
	uint32_t ver; /* the program's */
	/* Only error, 0, is written if nothing more is known. */
	uint32_t error;
	uint32_t cat;
	uint32_t src_line;
	uint32_t flags;
	uint32_t spare_0;
	uint64_t about[2];
	uint64_t spare_1[4];
	char msg[128];
};
_Static_assert(sizeof(struct uexterror) == 200, "uexterror");

void
exterr_report(struct thread *td, int error)
{
	const size_t from = offsetof(struct uexterror, error);
	const struct exterr *why = td->td_exterr;
	uint64_t to = td->td_exterr_user + from;
	struct uexterror ue = {0};
	size_t size = sizeof(ue.error);
	struct siginfo info = {
	    .si_signo = SIGSEGV, .si_code = SEGV_ACCERR, .si_addr = to};

	td->td_exterr = NULL;
	if (why != NULL) {
		ue.error = (uint32_t)error;
		ue.cat = why->category;
		ue.src_line = why->line;
		memcpy(ue.about, td->td_exterr_about, sizeof(ue.about));
		strlcpy(ue.msg, why->text, sizeof(ue.msg));
		size = sizeof(ue) - from;
	}
	if (copyout(&ue.error, (void *)to, size) != 0) {
		td->td_exterr_user = 0;
		sig_send_thread(td, SIGSEGV, &info);
	}
}

int
sys_exterrctl(struct thread *td, const struct exterrctl_args *a)
{
	uint32_t version;
	int error;

	if (a->flags & ~EXTERRCTLF_FORCE)
		return (EINVAL);
	switch (a->op) {
	case EXTERRCTL_ENABLE:
		if (td->td_exterr_user != 0 && !(a->flags & EXTERRCTLF_FORCE))
			return (EBUSY);
		td->td_exterr_user = 0;
		error = copyin(a->ptr, &version, sizeof(version));
		if (error == 0 && version != UEXTERROR_VER)
			error = EINVAL;
		if (error == 0)
			td->td_exterr_user = (uint64_t)a->ptr;
		td->td_exterr = NULL;
		return (error);
	case EXTERRCTL_DISABLE:
		if (td->td_exterr_user == 0)
			return (EINVAL);
		td->td_exterr_user = 0;
		return (0);
	default:
		return (EINVAL);
	}
}
