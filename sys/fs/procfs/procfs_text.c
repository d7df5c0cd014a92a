/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The texts, in the formats of procfs(5).
 */
#include "fbsd/errno.h"
#include "fbsd/mman.h"
#include "fs/procfs/procfs.h"
#include "info/kinfo.h"
#include "time/time.h"
#include "tty/tty.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "vfs/vnode.h"
#include "vm/kmem.h"
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

/* Terminal, "ctty" and "sldr". */
static void
add_session(struct proc *p, struct proc_text *t)
{
	const struct session *s = p->p_pgrp->pg_session;
	const char *tty = s->s_tty != NULL ? tty_name(s->s_tty) : "-";

	proc_text_add(t, " %s ", tty);
	if (s->s_tty != NULL)
		proc_text_add(t, "ctty%s", s->s_leader == p ? ",sldr" : "");
	else
		proc_text_add(t, "%s", s->s_leader == p ? "sldr" : "noflags");
}

/* What the first thread waits for. */
static void
add_channel(struct proc *p, struct proc_text *t)
{
	const char *wmesg = NULL;
	struct thread *td;

	spin_lock(&p->p_lock);
	td = LIST_FIRST(&p->p_threads, struct thread, td_plink);
	if (td != NULL && td->td_state == TD_SLEEPING)
		wmesg = td->td_wmesg;
	spin_unlock(&p->p_lock);
	proc_text_add(t, " %s", wmesg != NULL ? wmesg : "nochan");
}

static void
add_cred(struct proc *p, struct proc_text *t)
{
	struct cred *cr = proc_cred_hold(p);

	proc_text_add(t, " %u %u %u,%u", cr->cr_uid, cr->cr_ruid, cr->cr_rgid,
	    cr->cr_gid);
	for (int i = 0; i < cr->cr_ngroups; i++)
		proc_text_add(t, ",%u", cr->cr_groups[i]);
	cred_release(cr);
}

int
procfs_status(struct proc *p, struct proc_text *t)
{
	uint64_t start = time_realtime() - (clock_ns() - p->p_start);
	struct rusage ru;

	proc_rusage(p, &ru);
	proc_text_add(t, "%s %d %d %d %d", p->p_comm, p->p_pid, p->p_ppid,
	    p->p_pgrp->pg_id, p->p_pgrp->pg_session->s_sid);
	add_session(p, t);
	add_timeval(t, ns_timeval(start));
	add_timeval(t, ru.ru_utime);
	add_timeval(t, ru.ru_stime);
	add_channel(p, t);
	add_cred(p, t);
	proc_text_add(t, " -\n");
	return (0);
}

int
procfs_cmdline(struct proc *p, struct proc_text *t)
{
	struct pstr *args = proc_args_hold(p);

	if (args != NULL) {
		t->used = MIN(args->ps_size, t->size);
		memcpy(t->buf, args->ps_text, t->used);
	} else
		proc_text_add(t, "%s", p->p_comm);
	pstr_release(args);
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
	struct pstr *path;

	spin_lock(&p->p_lock);
	path = pstr_hold(p->p_image.path);
	t->file = p->p_image.text;
	if (t->file != NULL)
		vnode_hold(t->file);
	spin_unlock(&p->p_lock);
	proc_text_add(t, "%s", path != NULL ? path->ps_text : "unknown");
	pstr_release(path);
	return (0);
}

/* The program's path, if it has one still. */
static void
finish_file(struct proc_text *t)
{
	char *path = kmem_alloc(MAXPATHLEN, 0);

	if (path != NULL &&
	    vn_path(curthread(), t->file, path, MAXPATHLEN) == 0) {
		t->used = 0;
		proc_text_add(t, "%s", path);
	}
	if (path != NULL)
		kmem_free(path, MAXPATHLEN);
	vnode_release(t->file);
}

static const char *
type_name(int type)
{
	switch (type) {
	case KVME_TYPE_VNODE:
		return ("vnode");
	case KVME_TYPE_SWAP:
		return ("swap");
	case KVME_TYPE_DEVICE:
		return ("device");
	default:
		return ("none");
	}
}

/* One line. */
static void
add_entry(struct proc_text *t, const struct kinfo_vmentry *kve)
{
	const int prot = kve->kve_protection;

	proc_text_add(t,
	    "0x%jx 0x%jx %d %d 0 %c%c%c %d 0 0x0 %s %s %s %s NCH -1\n",
	    (uintmax_t)kve->kve_start, (uintmax_t)kve->kve_end,
	    kve->kve_resident, kve->kve_private_resident,
	    prot & KVME_PROT_READ ? 'r' : '-',
	    prot & KVME_PROT_WRITE ? 'w' : '-',
	    prot & KVME_PROT_EXEC ? 'x' : '-', kve->kve_ref_count,
	    kve->kve_flags & KVME_FLAG_COW ? "COW" : "NCOW",
	    kve->kve_flags & KVME_FLAG_NEEDS_COPY ? "NC" : "NNC",
	    type_name(kve->kve_type),
	    kve->kve_path[0] != '\0' ? kve->kve_path : "-");
}

int
procfs_map(struct proc *p, struct proc_text *t)
{
	return (proc_debug_vmspace(curthread(), p, &t->space));
}

static int
finish_map(struct proc_text *t)
{
	struct kinfo_vmentry *kve = kmem_alloc(sizeof(*kve), 0);
	vaddr_t at = 0;

	while (kve != NULL && kinfo_vm_next(curthread(), t->space, &at, kve))
		add_entry(t, kve);
	if (kve != NULL)
		kmem_free(kve, sizeof(*kve));
	vmspace_release(t->space);
	return (kve != NULL ? 0 : ENOMEM);
}

int
proc_text_finish(struct proc_text *t)
{
	if (t->file != NULL)
		finish_file(t);
	return (t->space != NULL ? finish_map(t) : 0);
}

int
procfs_osrel(struct proc *p, struct proc_text *t)
{
	proc_text_add(t, "%u\n", p->p_osrel);
	return (0);
}

int
procfs_set_osrel(struct proc *p, const char *text)
{
	const char *end;
	uint64_t osrel = strtoull(text, &end, 10);
	int error;

	if (end == text || (*end != '\0' && *end != '\n') || osrel > INT_MAX)
		return (EINVAL);
	spin_lock(&p->p_lock);
	error = p_candebug(curthread(), p);
	if (error == 0)
		p->p_osrel = (uint32_t)osrel;
	spin_unlock(&p->p_lock);
	return (error);
}
