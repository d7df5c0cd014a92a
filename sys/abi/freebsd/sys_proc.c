/* SPDX-License-Identifier: BSD-2-Clause */
/* Processes: fork, exec, exit, wait, groups and sessions. */
#include "lib/string.h"
#include "abi/freebsd/rfork.h"
#include "abi/freebsd/sysargs.h"
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "fbsd/unistd.h"
#include "fbsd/wait.h"
#include "exec/exec.h"
#include "proc/signal.h"
#include "vfs/vnode.h"
#include "vm/kmem.h"

int
sys_exit(struct thread *td, const struct exit_args *a)
{
	kern_exit(td, a->rval, 0);
}

int
sys_fork(struct thread *td, const struct fork_args *unused)
{
	struct fork_request fr = {.flags = RFFDG | RFPROC, .exitsig = SIGCHLD};

	return (kern_fork(td, &fr));
}

int
sys_vfork(struct thread *td, const struct vfork_args *unused)
{
	struct fork_request fr = {
	    .flags = (int)(RFFDG | RFPROC | RFPPWAIT | RFMEM),
	    .exitsig = SIGCHLD};

	return (kern_fork(td, &fr));
}

/*
 * What rfork(2)'s flags ask for.  RFTSIGZMB: another signal than SIGCHLD at
 * exit, or none.  RFSPAWN, which stands alone: vfork(2) without handlers.
 */
int
rfork_request(struct fork_request *fr, int flags)
{
	*fr = (struct fork_request){.flags = flags, .exitsig = SIGCHLD};
	if (flags == (int)RFSPAWN) {
		fr->flags = (int)(RFFDG | RFPROC | RFPPWAIT | RFMEM);
		fr->dropcaught = true;
		return (0);
	}
	if ((flags & (RFFDG | RFCFDG)) == (RFFDG | RFCFDG) ||
	    (flags & ~(RFFDG | RFCFDG | RFPROC | RFMEM | RFNOWAIT | RFSIGSHARE |
			 RFTHREAD | RFTSIGZMB | RFTSIGMASK << RFTSIGSHIFT)))
		return (EINVAL);
	if (flags & RFTSIGZMB) {
		fr->exitsig = flags >> RFTSIGSHIFT & RFTSIGMASK;
		if (fr->exitsig != 0 && !sig_valid(fr->exitsig))
			return (EINVAL);
	}
	return (0);
}

/* rfork(2) without RFPROC: only the descriptors can be the caller's own. */
static int
change_self(struct thread *td, int flags)
{
	int error;

	if ((flags & ~(RFFDG | RFCFDG)) != 0)
		return (EINVAL);
	error = proc_single(td, false);
	if (error != 0)
		return (error);
	if ((flags & (RFFDG | RFCFDG)) != 0)
		error = fdtable_unshare(td, (flags & RFCFDG) != 0);
	proc_single_end(td);
	return (error);
}

int
sys_rfork(struct thread *td, const struct rfork_args *a)
{
	struct fork_request fr;
	int error = rfork_request(&fr, a->flags);

	if (error != 0)
		return (error);
	if (!(fr.flags & RFPROC))
		return (change_self(td, fr.flags));
	return (kern_fork(td, &fr));
}

int
sys_execve(struct thread *td, const struct execve_args *a)
{
	struct exec_args ea = {
	    .fd = -1, .argv = (uint64_t)a->argv, .envp = (uint64_t)a->envv};
	char *path = kmem_alloc(MAXPATHLEN, 0);
	int error;

	if (path == NULL)
		return (ENOMEM);
	ea.path = path;
	error = copyinstr(a->fname, path, MAXPATHLEN, NULL);
	if (error == 0)
		error = kern_exec(td, &ea);
	kmem_free(path, MAXPATHLEN);
	return (error);
}

int
sys_fexecve(struct thread *td, const struct fexecve_args *a)
{
	struct exec_args ea = {
	    .fd = a->fd, .argv = (uint64_t)a->argv, .envp = (uint64_t)a->envv};

	return (kern_exec(td, &ea));
}

int
sys_wait4(struct thread *td, const struct wait4_args *a)
{
	struct wait_result wr;
	int idtype = P_PID, error;
	int64_t id = a->pid;

	if (a->pid == -1) {
		idtype = P_ALL;
	} else if (a->pid <= 0) {
		if (a->pid == INT_MIN)
			return (EINVAL);
		idtype = P_PGID;
		id = -(int64_t)a->pid;
	}
	error = kern_wait(td, idtype, id, a->options | WEXITED | WTRAPPED, &wr);
	if (error != 0)
		return (error);
	td->td_retval[0] = (uint64_t)wr.pid;
	if (wr.pid != 0 && a->status != NULL)
		error = copyout(&wr.status, a->status, sizeof(wr.status));
	if (wr.pid != 0 && error == 0 && a->rusage != NULL)
		error = copyout(&wr.ru, a->rusage, sizeof(wr.ru));
	return (error);
}

int
sys_wait6(struct thread *td, const struct wait6_args *a)
{
	struct wait_result wr;
	int error;

	memset(&wr, 0, sizeof(wr));
	error = kern_wait(td, a->idtype, a->id, a->options, &wr);
	if (error != 0)
		return (error);
	td->td_retval[0] = (uint64_t)wr.pid;
	if (a->status != NULL && wr.pid != 0)
		error = copyout(&wr.status, a->status, sizeof(wr.status));
	if (error == 0 && a->wrusage != NULL && wr.pid != 0) {
		struct wrusage wru = {wr.ru, wr.cru};

		error = copyout(&wru, a->wrusage, sizeof(wru));
	}
	if (error == 0 && a->info != NULL)
		error = copyout(&wr.info, a->info, sizeof(wr.info));
	return (error);
}

int
sys_getpid(struct thread *td, const struct getpid_args *unused)
{
	td->td_retval[0] = (uint64_t)td->td_proc->p_pid;
	return (0);
}

/* One word, read without a lock: the parent may be exiting at any time. */
int
sys_getppid(struct thread *td, const struct getppid_args *unused)
{
	td->td_retval[0] = (uint64_t)td->td_proc->p_ppid;
	return (0);
}

int
sys_getpgrp(struct thread *td, const struct getpgrp_args *unused)
{
	mutex_lock(&proctree_lock);
	td->td_retval[0] = (uint64_t)td->td_proc->p_pgrp->pg_id;
	mutex_unlock(&proctree_lock);
	return (0);
}

static int
group_or_session(struct thread *td, pid_t pid, bool session)
{
	struct proc *p;
	int error = 0;

	if (pid < 0)
		return (ESRCH);
	mutex_lock(&proctree_lock);
	p = pid == 0 ? td->td_proc : proc_find(pid);
	if (p == NULL || !proc_visible(td, p))
		error = ESRCH;
	else
		td->td_retval[0] =
		    (uint64_t)(session ? p->p_pgrp->pg_session->s_sid
				       : p->p_pgrp->pg_id);
	mutex_unlock(&proctree_lock);
	return (error);
}

int
sys_getpgid(struct thread *td, const struct getpgid_args *a)
{
	return (group_or_session(td, a->pid, false));
}

int
sys_getsid(struct thread *td, const struct getsid_args *a)
{
	return (group_or_session(td, a->pid, true));
}

int
sys_setsid(struct thread *td, const struct setsid_args *unused)
{
	td->td_retval[0] = (uint64_t)td->td_proc->p_pid;
	return (proc_setsid(td->td_proc));
}

int
sys_setpgid(struct thread *td, const struct setpgid_args *a)
{
	return (proc_setpgid(td, a->pid, a->pgid));
}

int
sys_getlogin(struct thread *td, const struct getlogin_args *a)
{
	char login[MAXLOGNAME];
	size_t len;

	mutex_lock(&proctree_lock);
	strlcpy(login, td->td_proc->p_pgrp->pg_session->s_login, sizeof(login));
	mutex_unlock(&proctree_lock);
	len = strlen(login) + 1;
	if (len > a->namelen)
		return (ERANGE);
	return (copyout(login, a->namebuf, len));
}

int
sys_setlogin(struct thread *td, const struct setlogin_args *a)
{
	char login[MAXLOGNAME];
	int error = priv_check(td);

	if (error == 0)
		error = copyinstr(a->namebuf, login, sizeof(login), NULL);
	if (error == ENAMETOOLONG)
		error = EINVAL;
	if (error != 0)
		return (error);
	mutex_lock(&proctree_lock);
	strlcpy(td->td_proc->p_pgrp->pg_session->s_login, login, sizeof(login));
	mutex_unlock(&proctree_lock);
	return (0);
}
