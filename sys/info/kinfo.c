/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern.proc.*: finding the process, and what is one value or string of it.
 */
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "fbsd/unistd.h"
#include "info/kinfo.h"
#include "proc/abi.h"
#include "proc/resource.h"
#include "lib/string.h"
#include "vfs/namei.h"
#include "vm/kmem.h"
#include "vm/vm.h"

#define ARGS_CACHE_MAX 4096 /* a longer title is forgotten */
SYSCTL_CONST_INT(kern_ps_arg_cache_limit, "kern.ps_arg_cache_limit", CTL_AUTO,
    ARGS_CACHE_MAX, "Bytes of setproctitle at most");

/* The process with this number. */
static int
lock_proc(struct sysctl_req *req, int pid, bool private, struct proc **pp)
{
	struct proc *p;
	int error = 0;

	mutex_lock(&proctree_lock);
	p = proc_find(pid);
	if (p == NULL) {
		mutex_unlock(&proctree_lock);
		return (ESRCH);
	}
	spin_lock(&p->p_lock);
	error = private ? p_candebug(req->td, p) : p_cansee(req->td, p);
	if (error != 0)
		kinfo_unlock(p);
	*pp = p;
	return (error);
}

int
kinfo_lock(
    struct sysctl_req *req, unsigned numbers, bool private, struct proc **pp)
{
	if (req->namelen != numbers)
		return (EINVAL);
	return (lock_proc(req, req->name[0], private, pp));
}

int
kinfo_lock_or_self(
    struct sysctl_req *req, int self, bool private, struct proc **pp)
{
	if (req->namelen != 1)
		return (EINVAL);
	if (req->name[0] == self)
		return (lock_proc(req, req->td->td_proc->p_pid, private, pp));
	return (lock_proc(req, req->name[0], private, pp));
}

void
kinfo_unlock(struct proc *p)
{
	spin_unlock(&p->p_lock);
	mutex_unlock(&proctree_lock);
}

int
kinfo_space(struct sysctl_req *req, struct vmspace **vsp)
{
	struct proc *p;
	int error = kinfo_lock(req, 1, true, &p);

	if (error != 0)
		return (error);
	*vsp = p->p_image.vm;
	if (*vsp != NULL)
		vmspace_hold(*vsp);
	kinfo_unlock(p);
	return (0);
}

int
kinfo_out_packed(struct sysctl_req *req, void *record, int *structsize,
    size_t size, const char *path)
{
	size_t length = size + strlen(path) + 1;
	const char zeros[8] = {0};
	int error;

	*structsize = (int)roundup2(length, 8);
	error = sysctl_out(req, record, size);
	if (error == 0)
		error = sysctl_out_string(req, path);
	if (error == 0)
		error = sysctl_out(req, zeros, roundup2(length, 8) - length);
	return (error);
}

/*
 * The program's path: of the file, wherever it is by now.
 */
static int
sysctl_pathname(const struct sysctl_node *node, struct sysctl_req *req)
{
	struct pstr *path;
	struct proc *p;
	int error = kinfo_lock_or_self(req, -1, false, &p);

	if (error != 0)
		return (error);
	path = pstr_hold(p->p_image.path);
	kinfo_unlock(p);
	if (path == NULL) /* the kernel's own */
		return (0);
	error = sysctl_out_string(req, path->ps_text);
	pstr_release(path);
	return (error);
}
SYSCTL_PROC(kern_proc_pathname, "kern.proc.pathname", KERN_PROC_PATHNAME,
    CTLTYPE_NODE | CTLFLAG_RD, "N", sysctl_pathname, NULL,
    "A process's program file");

/* setproctitle(3). */
static int
set_args(struct sysctl_req *req, struct proc *p)
{
	struct pstr *args = NULL, *old;
	size_t len = req->newlen;
	int error = 0;

	if (len > ARGS_CACHE_MAX)
		len = 0;
	if (len > 0 && (args = pstr_create(len)) == NULL)
		return (ENOMEM);
	if (len > 0)
		error = sysctl_in(req, args->ps_text, len);
	if (error != 0) {
		pstr_release(args);
		return (error);
	}
	spin_lock(&p->p_lock);
	old = p->p_image.args;
	p->p_image.args = args;
	spin_unlock(&p->p_lock);
	pstr_release(old);
	return (0);
}

static int
sysctl_args(const struct sysctl_node *node, struct sysctl_req *req)
{
	struct pstr *args;
	struct proc *p;
	int error = kinfo_lock_or_self(req, -1, false, &p);
	bool self;

	if (error != 0)
		return (error);
	self = p == req->td->td_proc;
	args = pstr_hold(p->p_image.args);
	kinfo_unlock(p);
	if (args != NULL)
		error = sysctl_out(req, args->ps_text, args->ps_size);
	pstr_release(args);
	if (error != 0 || !sysctl_has_new(req))
		return (error);
	return (self ? set_args(req, req->td->td_proc) : EPERM);
}
SYSCTL_PROC(kern_proc_args, "kern.proc.args", KERN_PROC_ARGS,
    CTLTYPE_NODE | CTLFLAG_RW | CTLFLAG_ANYBODY, "N", sysctl_args, NULL,
    "A process's arguments");

static int
sysctl_sv_name(const struct sysctl_node *node, struct sysctl_req *req)
{
	struct proc *p;
	int error = kinfo_lock(req, 1, false, &p);
	const struct abi *abi;

	if (error != 0)
		return (error);
	abi = p->p_abi;
	kinfo_unlock(p);
	return (sysctl_out_string(req, abi != NULL ? abi->abi_name : "null"));
}
SYSCTL_PROC(kern_proc_sv_name, "kern.proc.sv_name", KERN_PROC_SV_NAME,
    CTLTYPE_NODE | CTLFLAG_RD, "N", sysctl_sv_name, NULL,
    "Interface of a process");

/* The effective group first. */
static int
sysctl_groups(const struct sysctl_node *node, struct sysctl_req *req)
{
	struct cred *cr;
	struct proc *p;
	int error = kinfo_lock_or_self(req, -1, false, &p);

	if (error != 0)
		return (error);
	cr = cred_hold(p->p_image.cred);
	kinfo_unlock(p);
	error = sysctl_out(req, &cr->cr_gid, sizeof(cr->cr_gid));
	if (error == 0 && cr->cr_ngroups > 0)
		error = sysctl_out(
		    req, cr->cr_groups, (size_t)cr->cr_ngroups * sizeof(gid_t));
	cred_release(cr);
	return (error);
}
SYSCTL_PROC(kern_proc_groups, "kern.proc.groups", KERN_PROC_GROUPS,
    CTLTYPE_NODE | CTLFLAG_RD, "N", sysctl_groups, NULL, "A process's groups");

static int
sysctl_umask(const struct sysctl_node *node, struct sysctl_req *req)
{
	struct proc *p;
	uint16_t mask;
	int error = kinfo_lock_or_self(req, 0, true, &p);

	if (error != 0)
		return (error);
	mask = p->p_umask;
	kinfo_unlock(p);
	return (sysctl_out(req, &mask, sizeof(mask)));
}
SYSCTL_PROC(kern_proc_umask, "kern.proc.umask", KERN_PROC_UMASK,
    CTLTYPE_NODE | CTLFLAG_RD, "N", sysctl_umask, NULL, "A process's umask");

static int
sysctl_osrel(const struct sysctl_node *node, struct sysctl_req *req)
{
	struct proc *p;
	uint32_t osrel;
	int error = kinfo_lock(req, 1, false, &p);

	if (error != 0)
		return (error);
	osrel = p->p_osrel;
	kinfo_unlock(p);
	return (sysctl_out(req, &osrel, sizeof(osrel)));
}
SYSCTL_PROC(kern_proc_osrel, "kern.proc.osrel", KERN_PROC_OSREL,
    CTLTYPE_NODE | CTLFLAG_RD, "N", sysctl_osrel, NULL,
    "Version of the interface a program is for");

/* Who may look into a process may set its limits, too, as far as root alone
 * needn't do it. */
static int
set_rlimit(struct sysctl_req *req, unsigned which)
{
	struct rlimit rl;
	struct proc *p;
	int error = sysctl_in(req, &rl, sizeof(rl));

	if (error == 0)
		error = kinfo_lock(req, 2, true, &p);
	if (error != 0)
		return (error);
	spin_unlock(&p->p_lock);
	error = kern_setrlimit(req->td, p, which, &rl);
	mutex_unlock(&proctree_lock);
	return (error);
}

/* kern.proc.rlimit.PID.WHICH */
static int
sysctl_rlimit(const struct sysctl_node *node, struct sysctl_req *req)
{
	struct rlimit rl;
	struct proc *p;
	unsigned which;
	int error;

	if (req->namelen != 2 ||
	    (which = (unsigned)req->name[1]) >= RLIM_NLIMITS)
		return (EINVAL);
	error = kinfo_lock(req, 2, sysctl_has_new(req), &p);
	if (error != 0)
		return (error);
	rl = p->p_limits[which];
	kinfo_unlock(p);
	error = sysctl_out(req, &rl, sizeof(rl));
	if (error != 0 || !sysctl_has_new(req))
		return (error);
	return (set_rlimit(req, which));
}
SYSCTL_PROC(kern_proc_rlimit, "kern.proc.rlimit", KERN_PROC_RLIMIT,
    CTLTYPE_NODE | CTLFLAG_RW | CTLFLAG_ANYBODY, "N", sysctl_rlimit, NULL,
    "A process's limits");

/* sigfastblock(2)'s word of a thread, by its number. */
static int
sysctl_sigfastblk(const struct sysctl_node *node, struct sysctl_req *req)
{
	struct thread *td;
	uint64_t word;
	int error;

	if (req->namelen != 1)
		return (EINVAL);
	td = thread_find(req->name[0]);
	if (td == NULL)
		return (ESRCH);
	error = p_candebug(req->td, td->td_proc);
	word = td->td_sigblock;
	spin_unlock(&td->td_proc->p_lock);
	if (error == 0 && word == 0)
		error = ENOTTY;
	return (error != 0 ? error : sysctl_out(req, &word, sizeof(word)));
}
SYSCTL_PROC(kern_proc_sigfastblk, "kern.proc.sigfastblk", KERN_PROC_SIGFASTBLK,
    CTLTYPE_NODE | CTLFLAG_RD, "N", sysctl_sigfastblk, NULL,
    "A thread's sigfastblock word");
