/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The texts, in the formats of procfs(5).
 */
#include "fbsd/errno.h"
#include "fbsd/mman.h"
#include "fs/procfs/procfs.h"
#include "kern/proc.h"
#include "kern/time.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "vfs/vnode.h"
#include "vm/map.h"

void
proc_text_add(struct proc_text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->buf + t->used, t->size - t->used, fmt, ap);
	va_end(ap);
	t->used = MIN(t->used + (size_t)n, t->size - 1);
}

static void
add_timeval(struct proc_text *t, struct timeval tv)
{
	proc_text_add(t, " %jd,%jd", (intmax_t)tv.tv_sec, (intmax_t)tv.tv_usec);
}

int
procfs_status(struct proc *p, struct proc_text *t)
{
	const struct session *s = p->p_pgrp->pg_session;
	uint64_t start = time_realtime() - (clock_ns() - p->p_start);
	struct cred *cr;
	struct rusage ru;

	proc_rusage(p, &ru);
	spin_lock(&p->p_lock);
	cr = cred_hold(p->p_cred);
	spin_unlock(&p->p_lock);
	proc_text_add(t, "%s %d %d %d %d %s %s%s", p->p_comm, p->p_pid,
	    p->p_parent != NULL ? p->p_parent->p_pid : 0, p->p_pgrp->pg_id,
	    s->s_sid, s->s_tty != NULL ? "ctty" : "-",
	    s->s_tty != NULL ? "ctty" : "noflags",
	    s->s_leader == p ? ",sldr" : "");
	add_timeval(t, ns_timeval(start));
	add_timeval(t, ru.ru_utime);
	add_timeval(t, ru.ru_stime);
	proc_text_add(
	    t, " nochan %u %u %u", cr->cr_uid, cr->cr_ruid, cr->cr_rgid);
	for (int i = 0; i < cr->cr_ngroups; i++)
		proc_text_add(t, ",%u", cr->cr_groups[i]);
	proc_text_add(t, " -\n");
	cred_release(cr);
	return (0);
}

int
procfs_cmdline(struct proc *p, struct proc_text *t)
{
	spin_lock(&p->p_lock);
	if (p->p_args != NULL) {
		t->used = MIN(p->p_argslen, t->size);
		memcpy(t->buf, p->p_args, t->used);
	} else
		proc_text_add(t, "%s", p->p_comm);
	spin_unlock(&p->p_lock);
	return (0);
}

int
procfs_rlimit(struct proc *p, struct proc_text *t)
{
	static const char *const names[RLIM_NLIMITS] = {"cpu", "fsize", "data",
	    "stack", "core", "rss", "memlock", "nproc", "nofile", "sbsize",
	    "vmem", "npts", "swap", "kqueues", "umtx", "pipebuf", "vms"};

	for (unsigned i = 0; i < RLIM_NLIMITS; i++) {
		const struct rlimit rl = p->p_limits[i];

		proc_text_add(t, "%s ", names[i]);
		if (rl.rlim_cur == RLIM_INFINITY)
			proc_text_add(t, "-1 ");
		else
			proc_text_add(t, "%jd ", (intmax_t)rl.rlim_cur);
		if (rl.rlim_max == RLIM_INFINITY)
			proc_text_add(t, "-1\n");
		else
			proc_text_add(t, "%jd\n", (intmax_t)rl.rlim_max);
	}
	return (0);
}

int
procfs_etype(struct proc *p, struct proc_text *t)
{
	proc_text_add(t, "FreeBSD ELF64\n");
	return (0);
}

int
procfs_file(struct proc *p, struct proc_text *t)
{
	if (p->p_textvp != NULL &&
	    vn_path(curthread(), p->p_textvp, t->buf, t->size) == 0) {
		t->used = strlen(t->buf);
		return (0);
	}
	proc_text_add(t, "%s", p->p_path != NULL ? p->p_path : "unknown");
	return (0);
}

static void
add_entry(struct proc_text *t, const struct vm_entry *e)
{
	const bool cow = (e->e_flags & VME_COW) != 0;
	const char *type = e->e_vnode != NULL		   ? "vnode"
			   : (e->e_flags & VME_GUARD) != 0 ? "none"
							   : "default";
	char path[256];

	strlcpy(path, "-", sizeof(path));
	if (e->e_vnode != NULL &&
	    vn_path(curthread(), e->e_vnode, path, sizeof(path)) != 0)
		strlcpy(path, "-", sizeof(path));
	proc_text_add(t,
	    "0x%jx 0x%jx %ju %d 0 %c%c%c %d 0 0x0 %s %s %s %s NCH -1\n",
	    (uintmax_t)e->e_start, (uintmax_t)e->e_end,
	    (uintmax_t)(e->e_object != NULL ? e->e_object->o_npages : 0), 0,
	    (e->e_prot & PROT_READ) != 0 ? 'r' : '-',
	    (e->e_prot & PROT_WRITE) != 0 ? 'w' : '-',
	    (e->e_prot & PROT_EXEC) != 0 ? 'x' : '-', 1, cow ? "COW" : "NCOW",
	    cow ? "NC" : "NNC", type, path);
}

int
procfs_map(struct proc *p, struct proc_text *t)
{
	struct vmspace *vs = proc_vmspace(p);
	struct vm_entry *e;

	if (vs == NULL)
		return (0);
	rw_rlock(&vs->vs_lock);
	ENTRIES_IN(e, vs, 0, USER_TOP)
	add_entry(t, e);
	rw_runlock(&vs->vs_lock);
	vmspace_release(vs);
	return (0);
}
