/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What vmstat(8), systat(1) and their like read: counts of what happened
 * (vm.stats, hw.intrcnt, vfs.cache.nchstats), and of what there is
 * (vm.vmtotal).
 */
#include "core/count.h"
#include "core/sysctl.h"
#include "lib/printf.h"
#include "proc/proc.h"
#include "proc/walk.h"
#include "vm/map.h"
#include "vm/page.h"
#include "vm/pageout.h"

/* A count; programs of release 11 and before ask for 32 bits. */
static int
out_count(struct sysctl_req *req, uint64_t value)
{
	uint32_t old = (uint32_t)value;

	if (req->oldptr != 0 && req->oldlen == sizeof(old))
		return (sysctl_out(req, &old, sizeof(old)));
	return (sysctl_out(req, &value, sizeof(value)));
}

static int
sysctl_count(const struct sysctl_node *node, struct sysctl_req *req)
{
	return (out_count(req, count_sum((enum count)node->sn_arg)));
}

static int
sysctl_none(const struct sysctl_node *node, struct sysctl_req *req)
{
	return (out_count(req, 0));
}

static int
sysctl_dfree(const struct sysctl_node *node, struct sysctl_req *req)
{
	return (out_count(req, pageout_freed()));
}

#define STAT_(id, path, fn, arg, descr)                                        \
	SYSCTL_NODE_(id, path, CTL_AUTO, CTLTYPE_U64 | CTLFLAG_RD, "QU", fn,   \
	    NULL, arg, descr)
#define STAT(where, name, which, descr)                                        \
	STAT_(stats_##name, "vm.stats." where "." #name, sysctl_count, which,  \
	    descr)
#define STAT_NONE(name, descr)                                                 \
	STAT_(stats_##name, "vm.stats.vm." #name, sysctl_none, 0, descr)

STAT("sys", v_swtch, COUNT_SWITCH, "Context switches");
STAT("sys", v_trap, COUNT_TRAP, "Traps");
STAT("sys", v_syscall, COUNT_SYSCALL, "System calls");
STAT("sys", v_intr, COUNT_INTR, "Device interrupts");
/* Nothing is put off to a software interrupt. */
STAT_(
    stats_v_soft, "vm.stats.sys.v_soft", sysctl_none, 0, "Software interrupts");
STAT("vm", v_vm_faults, COUNT_FAULT, "Address memory faults");
STAT("vm", v_io_faults, COUNT_FAULT_READ, "Page faults requiring I/O");
STAT("vm", v_cow_faults, COUNT_COW, "Copy-on-write faults");
STAT("vm", v_cow_optim, COUNT_COW_SAVED, "Optimized COW faults");
STAT("vm", v_zfod, COUNT_ZERO, "Pages zero-filled on demand");
STAT("vm", v_vnodein, COUNT_READS, "Vnode pager pageins");
STAT("vm", v_vnodepgsin, COUNT_READ_PAGES, "Vnode pages paged in");
STAT("vm", v_vnodeout, COUNT_WRITES, "Vnode pager pageouts");
STAT("vm", v_vnodepgsout, COUNT_WRITE_PAGES, "Vnode pages paged out");
STAT("vm", v_intrans, COUNT_BUSY, "In transit page faults");
STAT("vm", v_reactivated, COUNT_REACTIVATED, "Pages reactivated by pagedaemon");
STAT("vm", v_pdwakeups, COUNT_DAEMON, "Pagedaemon wakeups");
STAT("vm", v_pdpages, COUNT_DAEMON_PAGES, "Pages analyzed by pagedaemon");
STAT("vm", v_pdshortfalls, COUNT_DAEMON_FAILED, "Page reclamation shortfalls");
STAT_(stats_v_dfree, "vm.stats.vm.v_dfree", sysctl_dfree, 0,
    "Pages freed by pagedaemon");
STAT("vm", v_pfree, COUNT_ENDED, "Pages freed by exiting processes");
STAT("vm", v_tfree, COUNT_FREED, "Total pages freed");
STAT("vm", v_forks, COUNT_FORK, "Number of fork() calls");
STAT("vm", v_vforks, COUNT_VFORK, "Number of vfork() calls");
STAT("vm", v_rforks, COUNT_RFORK, "Number of rfork() calls");
STAT("vm", v_kthreads, COUNT_KTHREAD, "Number of fork() calls by kernel");
STAT("vm", v_forkpages, COUNT_FORK_PAGES, "VM pages affected by fork()");
STAT("vm", v_vforkpages, COUNT_VFORK_PAGES, "VM pages affected by vfork()");
STAT("vm", v_rforkpages, COUNT_RFORK_PAGES, "VM pages affected by rfork()");
/* Their memory is the kernel's; none is zeroed before it is asked for; and
 * there is no swap. */
STAT_NONE(v_kthreadpages, "VM pages affected by fork() by kernel");
STAT_NONE(v_ozfod, "Pages zero-filled optimized");
STAT_NONE(v_swapin, "Swap pager pageins");
STAT_NONE(v_swapout, "Swap pager pageouts");
STAT_NONE(v_swappgsin, "Swap pages swapped in");
STAT_NONE(v_swappgsout, "Swap pages swapped out");

enum limit { URGENT, KERNEL, LOW, FEW, NO_LIMIT };

static int
sysctl_limit(const struct sysctl_node *node, struct sysctl_req *req)
{
	struct page_limits pl;
	uint32_t pages[NO_LIMIT + 1];

	page_limits(&pl);
	pages[URGENT] = (uint32_t)pl.urgent;
	pages[KERNEL] = (uint32_t)pl.kernel;
	pages[LOW] = (uint32_t)pl.low;
	pages[FEW] = (uint32_t)pl.few;
	pages[NO_LIMIT] = 0;
	return (sysctl_out(req, &pages[node->sn_arg], sizeof(pages[0])));
}

#define LIMIT(name, which, descr)                                              \
	SYSCTL_NODE_(stats_##name, "vm.stats.vm." #name, CTL_AUTO,             \
	    CTLTYPE_UINT | CTLFLAG_RD, "IU", sysctl_limit, NULL, which, descr)

/* systat(1) and scripts know these by two names. */
#define KNOWN_LIMIT(name, which, descr)                                        \
	LIMIT(name, which, descr);                                             \
	SYSCTL_NODE_(name, "vm." #name, CTL_AUTO, CTLTYPE_UINT | CTLFLAG_RD,   \
	    "IU", sysctl_limit, NULL, which, descr)

KNOWN_LIMIT(v_free_target, FEW, "Pages desired free");
KNOWN_LIMIT(v_free_min, LOW, "Minimum low-free-pages threshold");
KNOWN_LIMIT(v_free_severe, KERNEL, "Severe page depletion point");
KNOWN_LIMIT(v_free_reserved, KERNEL, "Pages reserved for deadlock");
LIMIT(v_interrupt_free_min, URGENT, "Reserved pages for interrupt code");
KNOWN_LIMIT(v_pageout_free_min, URGENT, "Min pages reserved for kernel");
/* Files' pages become inactive as others come, without an aim. */
KNOWN_LIMIT(v_inactive_target, NO_LIMIT, "Pages desired inactive");
LIMIT(v_nofree_count, NO_LIMIT, "Permanently allocated pages");

/*
 * hw.intrcnt, hw.intrnames: who interrupted, and how often, in the same order.
 */
struct source {
	char name[24];
	uint64_t count;
};

/* The n-th; false: there are fewer. */
static bool
get_source(unsigned n, struct source *s)
{
	const char *device;
	unsigned irq = 0;

	for (; intr_next(&irq, &device, &s->count); irq++, n--)
		if (n == 0) {
			snprintf(
			    s->name, sizeof(s->name), "irq%u: %s", irq, device);
			return (true);
		}
	if (n >= ncpus)
		return (false);
	snprintf(s->name, sizeof(s->name), "cpu%u:timer", n);
	s->count = count_of(n, COUNT_TIMER);
	return (true);
}

static int
sysctl_intrcnt(const struct sysctl_node *node, struct sysctl_req *req)
{
	struct source s;
	int error = 0;

	for (unsigned i = 0; error == 0 && get_source(i, &s); i++)
		error = sysctl_out(req, &s.count, sizeof(s.count));
	return (error);
}
SYSCTL_PROC(hw_intrcnt, "hw.intrcnt", CTL_AUTO, CTLTYPE_OPAQUE | CTLFLAG_RD,
    "S,intrcnt", sysctl_intrcnt, NULL, "Interrupt Counts");

static int
sysctl_intrnames(const struct sysctl_node *node, struct sysctl_req *req)
{
	struct source s;
	int error = 0;

	for (unsigned i = 0; error == 0 && get_source(i, &s); i++)
		error = sysctl_out_string(req, s.name);
	return (error);
}
SYSCTL_PROC(hw_intrnames, "hw.intrnames", CTL_AUTO, CTLTYPE_OPAQUE | CTLFLAG_RD,
    "S,intrnames", sysctl_intrnames, NULL, "Interrupt Names");

/* The cache of names: one look for each component of a path. */
static int
sysctl_nchstats(const struct sysctl_node *node, struct sysctl_req *req)
{
	struct {
		uint64_t hits, negative, bad, false_hits, misses, too_long;
		uint64_t second, seconds;
	} st = {.hits = count_sum(COUNT_NAME_HIT),
	    .negative = count_sum(COUNT_NAME_NEGATIVE),
	    .misses = count_sum(COUNT_NAME_MISS)};

	return (sysctl_out(req, &st, sizeof(st)));
}
SYSCTL_PROC(vfs_nchstats, "vfs.cache.nchstats", CTL_AUTO,
    CTLTYPE_OPAQUE | CTLFLAG_RD, "LU", sysctl_nchstats, NULL,
    "VFS cache effectiveness statistics");

/* In pages; and threads. */
struct vmtotal {
	uint64_t t_vm, t_avm, t_rm, t_arm;
	uint64_t t_vmshr, t_avmshr, t_rmshr, t_armshr, t_free;
	int16_t t_rq, t_dw, t_pw, t_sl, t_sw;
	uint16_t t_pad[3];
};
_Static_assert(sizeof(struct vmtotal) == 88, "struct vmtotal");

/* p_lock held. True: some are not asleep for longer. */
static bool
add_threads(const struct proc *p, struct vmtotal *t)
{
	const struct thread *td;
	bool active = false;

	LIST_FOREACH (td, &p->p_threads, td_plink) {
		if (td == cpus[td->td_cpu].c_idle)
			continue;
		switch (td->td_state) {
		case TD_RUNNING:
		case TD_RUNNABLE:
		case TD_LEAVING:
			t->t_rq++;
			active = true;
			break;
		case TD_SLEEPING:
			if (!td->td_wait_sig && (p->p_flags & P_KERNEL) == 0) {
				t->t_dw++;
				active = true;
			} else {
				t->t_sl++;
			}
			break;
		default:
			break;
		}
	}
	return (active);
}

/* What a process has, shared or not. */
static void
add_memory(struct vmspace *vs, bool active, struct vmtotal *t)
{
	uint64_t all = 0, shared = 0, there = 0;
	const uint64_t resident = vmspace_resident(vs);
	struct vm_entry *e;

	rw_rlock(&vs->vs_lock);
	ENTRIES_IN(e, vs, 0, USER_TOP)
	{
		if (!entry_counts(e))
			continue;
		all += atop(entry_size(e));
		if ((e->e_flags & VME_COW) != 0 || e->e_object == NULL)
			continue;
		shared += atop(entry_size(e));
		there += MIN(
		    atomic_load(&e->e_object->o_npages), atop(entry_size(e)));
	}
	rw_runlock(&vs->vs_lock);
	t->t_vm += all;
	t->t_vmshr += shared;
	t->t_rm += resident;
	t->t_rmshr += there;
	if (active) {
		t->t_avm += all;
		t->t_avmshr += shared;
		t->t_arm += resident;
		t->t_armshr += there;
	}
}

static int
sysctl_vmtotal(const struct sysctl_node *node, struct sysctl_req *req)
{
	struct vmtotal t = {.t_free = page_free_count()};
	struct proc_walk w;
	struct vmspace *vs;
	struct proc *p;
	bool active;

	mutex_lock(&proctree_lock);
	proc_walk_begin(&w, NULL);
	while ((p = proc_walk_next(&w)) != NULL) {
		spin_lock(&p->p_lock);
		active = add_threads(p, &t);
		vs = p->p_state == P_ALIVE ? p->p_image.vm : NULL;
		if (vs != NULL)
			vmspace_hold(vs);
		spin_unlock(&p->p_lock);
		if (vs == NULL)
			continue;
		mutex_unlock(&proctree_lock);
		add_memory(vs, active, &t);
		vmspace_release(vs);
		mutex_lock(&proctree_lock);
	}
	proc_walk_end(&w);
	mutex_unlock(&proctree_lock);
	return (sysctl_out(req, &t, sizeof(t)));
}
SYSCTL_PROC(vm_vmtotal, "vm.vmtotal", VM_TOTAL, CTLTYPE_OPAQUE | CTLFLAG_RD,
    "S,vmtotal", sysctl_vmtotal, NULL, "System virtual memory statistics");
