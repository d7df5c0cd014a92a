/* SPDX-License-Identifier: BSD-2-Clause */
/* Process descriptors: pdfork(2) and kin. */
#include "abi/freebsd/rfork.h"
#include "abi/freebsd/sysargs.h"
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "fbsd/procdesc.h"
#include "fbsd/unistd.h"
#include "file/procdesc.h"

/* The descriptor's number can't be told: the child runs all the same. */
static int
pdfork(struct thread *td, struct fork_request *fr, int pdflags, int *fdp)
{
	int error;

	fr->flags |= RFPROCDESC;
	fr->pdflags = pdflags;
	error = kern_fork(td, fr);
	if (error == 0)
		error = copyout(&fr->pdfd, fdp, sizeof(fr->pdfd));
	return (error);
}

int
sys_pdfork(struct thread *td, const struct pdfork_args *a)
{
	struct fork_request fr = {.flags = RFFDG | RFPROC, .exitsig = SIGCHLD};

	return (pdfork(td, &fr, a->flags, a->fdp));
}

int
sys_pdrfork(struct thread *td, const struct pdrfork_args *a)
{
	const int both = RFPROC | RFPROCDESC;
	struct fork_request fr;
	int error;

	if (a->rfflags != (int)RFSPAWN && (a->rfflags & both) != both)
		return (EINVAL);
	error = rfork_request(&fr, a->rfflags & ~RFPROCDESC);
	return (error != 0 ? error : pdfork(td, &fr, a->pdflags, a->fdp));
}

int
sys_pdgetpid(struct thread *td, const struct pdgetpid_args *a)
{
	pid_t pid;
	int error = kern_pdgetpid(td, a->fd, &pid);

	return (error != 0 ? error : copyout(&pid, a->pidp, sizeof(pid)));
}

int
sys_pdkill(struct thread *td, const struct pdkill_args *a)
{
	return (kern_pdkill(td, a->fd, a->signum));
}

int
sys_pdwait(struct thread *td, const struct pdwait_args *a)
{
	struct wait_result wr;
	int error = kern_pdwait(td, a->fd, a->options, &wr);

	if (error == 0 && wr.pid != 0 && a->status != NULL)
		error = copyout(&wr.status, a->status, sizeof(wr.status));
	if (error == 0 && wr.pid != 0 && a->wrusage != NULL) {
		struct wrusage wru = {wr.ru, wr.cru};

		error = copyout(&wru, a->wrusage, sizeof(wru));
	}
	if (error == 0 && a->info != NULL)
		error = copyout(&wr.info, a->info, sizeof(wr.info));
	return (error);
}
