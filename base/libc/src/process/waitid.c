/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include <sys/wait.h>

#include "syscall.h"

int
waitid(idtype_t type, id_t id, siginfo_t *info, int options)
{
	siginfo_t si;
	int status;
	long pid;

	memset(&si, 0, sizeof(si));
	pid = syscall_cp(SYS_wait6, type, id, &status, options, 0, &si);
	if (pid < 0)
		return (-1);
	/* With WNOHANG and nothing to tell, si_signo is 0. */
	if (info != NULL)
		*info = si;
	return (0);
}
