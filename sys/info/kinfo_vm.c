/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern.proc.*: what is in a process's memory, and where.
 */
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "fbsd/mman.h"
#include "fbsd/stat.h"
#include "exec/exec.h"
#include "info/kinfo.h"
#include "lib/string.h"
#include "vfs/namei.h"
#include "vfs/vnode.h"
#include "vm/kmem.h"
#include "vm/map.h"

#define VECTOR_MAX (ARG_MAX / sizeof(uint64_t)) /* strings of a program */
#define AUXV_MAX   64
#define CHUNK	   256

struct ps_strings {
	uint64_t ps_argvstr;
	int ps_nargvstr;
	uint64_t ps_envstr;
	int ps_nenvstr;
};

static bool
is_text(const struct vm_entry *e, const struct vnode *text)
{
	return (e->e_vnode != NULL && e->e_vnode == text);
}

/* Data: the program's writable pages, and zeroes from there to the break. */
static bool
is_data(const struct vmspace *vs, const struct vm_entry *e,
    const struct vnode *text)
{
	return ((e->e_prot & PROT_WRITE) &&
		(is_text(e, text) ||
		    (e->e_vnode == NULL && e->e_start < vs->vs_brk)));
}

static bool
is_stack(const struct vmspace *vs, const struct vm_entry *e)
{
	return (e->e_start >= vs->vs_stack_top - vs->vs_stack_size &&
		e->e_end <= vs->vs_stack_top && entry_counts(e));
}

void
kinfo_vm_sizes(
    struct vmspace *vs, const struct vnode *text, struct kinfo_proc *ki)
{
	struct vm_entry *e;

	rw_rlock(&vs->vs_lock);
	ki->ki_size = vs->vs_size;
	ki->ki_rssize = ki->ki_swrss = (int64_t)vmspace_resident(vs);
	ENTRIES_IN(e, vs, 0, USER_TOP)
	{
		int64_t pages = (int64_t)atop(entry_size(e));

		if (is_data(vs, e, text))
			ki->ki_dsize += pages;
		else if (is_text(e, text) && (e->e_prot & PROT_EXEC))
			ki->ki_tsize += pages;
		else if (is_stack(vs, e))
			ki->ki_ssize += pages;
	}
	rw_runlock(&vs->vs_lock);
}

/* Values in n places from first. */
static int
count(const struct radix *r, uint64_t first, uint64_t n)
{
	uint64_t at = first;
	int found = 0;

	while (radix_next(r, &at) != NULL && at < first + n) {
		found++;
		at++;
	}
	return (found);
}

/* Pages of an entry that are in memory: its own, and those below. */
static void
count_pages(struct vm_entry *e, struct kinfo_vmentry *kve)
{
	uint64_t n = atop(entry_size(e));
	struct vm_object *o = e->e_object;
	struct amap *am = e->e_amap;

	if (am != NULL) {
		mutex_lock(&am->am_lock);
		kve->kve_private_resident =
		    count(&am->am_pages, amap_index(am, e->e_start), n);
		mutex_unlock(&am->am_lock);
	}
	kve->kve_resident = kve->kve_private_resident;
	if (o != NULL) {
		mutex_lock(&o->o_lock);
		kve->kve_resident += count(&o->o_pages, atop(e->e_ooff), n);
		mutex_unlock(&o->o_lock);
		kve->kve_ref_count = (int)atomic_load(&o->o_refs);
	}
}

static int
entry_type(const struct vm_entry *e)
{
	if (e->e_flags & (VME_GUARD | VME_GROWS))
		return (KVME_TYPE_GUARD);
	if (e->e_vnode != NULL)
		return (KVME_TYPE_VNODE);
	if (e->e_object == NULL)
		return (e->e_amap != NULL ? KVME_TYPE_SWAP : KVME_TYPE_NONE);
	return (
	    e->e_object->o_ops != NULL && e->e_object->o_ops->vo_phys != NULL
		? KVME_TYPE_DEVICE
		: KVME_TYPE_SWAP);
}

static int
entry_flags(const struct vm_entry *e)
{
	return (
	    (e->e_flags & VME_COW ? KVME_FLAG_COW : 0) |
	    (e->e_flags & VME_COW && e->e_amap == NULL ? KVME_FLAG_NEEDS_COPY
						       : 0) |
	    (e->e_flags & VME_NOCORE ? KVME_FLAG_NOCOREDUMP : 0) |
	    (e->e_flags & VME_GROWS ? KVME_FLAG_GROWS_DOWN : 0) |
	    (e->e_flags & VME_WIRED ? KVME_FLAG_USER_WIRED : 0));
}

static void
fill_entry(struct vm_entry *e, struct kinfo_vmentry *kve)
{
	memset(kve, 0, offsetof(struct kinfo_vmentry, kve_path) + 1);
	kve->kve_type = entry_type(e);
	kve->kve_start = e->e_start;
	kve->kve_end = e->e_end;
	kve->kve_offset = e->e_object != NULL ? e->e_ooff : 0;
	kve->kve_flags = entry_flags(e);
	kve->kve_protection = (e->e_prot & PROT_READ ? KVME_PROT_READ : 0) |
			      (e->e_prot & PROT_WRITE ? KVME_PROT_WRITE : 0) |
			      (e->e_prot & PROT_EXEC ? KVME_PROT_EXEC : 0);
	count_pages(e, kve);
}

/* The file's part, with a reference to it. */
static void
describe_file(struct thread *td, struct vnode *vp, struct kinfo_vmentry *kve)
{
	struct stat st;

	kve->kve_vn_type = (int)vp->v_type;
	if (vn_path(td, vp, kve->kve_path, sizeof(kve->kve_path)) != 0)
		kve->kve_path[0] = '\0';
	if (vn_stat(vp, &st) != 0)
		return;
	kve->kve_vn_fileid = st.st_ino;
	kve->kve_vn_fsid = st.st_dev;
	kve->kve_vn_fsid_freebsd11 = (uint32_t)st.st_dev;
	kve->kve_vn_rdev = st.st_rdev;
	kve->kve_vn_rdev_freebsd11 = (uint32_t)st.st_rdev;
	kve->kve_vn_mode = st.st_mode;
	kve->kve_vn_size = (uint64_t)st.st_size;
	kve->kve_status = KF_ATTR_VALID;
}

bool
kinfo_vm_next(struct thread *td, struct vmspace *vs, vaddr_t *at,
    struct kinfo_vmentry *kve)
{
	struct vnode *vp = NULL;
	struct vm_entry *e;

	rw_rlock(&vs->vs_lock);
	e = entry_from(vs, *at);
	if (e != NULL) {
		fill_entry(e, kve);
		*at = e->e_end;
		vp = e->e_vnode;
		if (vp != NULL)
			vnode_hold(vp);
	}
	rw_runlock(&vs->vs_lock);
	if (vp != NULL) {
		describe_file(td, vp, kve);
		vnode_release(vp);
	}
	return (e != NULL);
}

static int
sysctl_vmmap(const struct sysctl_node *node, struct sysctl_req *req)
{
	struct kinfo_vmentry *kve;
	struct vmspace *vs;
	vaddr_t at = 0;
	int error = kinfo_space(req, &vs);

	if (error != 0 || vs == NULL)
		return (error);
	kve = kmem_alloc(sizeof(*kve), 0);
	if (kve == NULL)
		error = ENOMEM;
	while (error == 0 && kinfo_vm_next(req->td, vs, &at, kve))
		error = kinfo_out_packed(req, kve, &kve->kve_structsize,
		    offsetof(struct kinfo_vmentry, kve_path), kve->kve_path);
	if (kve != NULL)
		kmem_free(kve, sizeof(*kve));
	vmspace_release(vs);
	return (error);
}
SYSCTL_PROC(kern_proc_vmmap, "kern.proc.vmmap", KERN_PROC_VMMAP,
    CTLTYPE_NODE | CTLFLAG_RD, "S,vmentry", sysctl_vmmap, NULL,
    "A process's mappings");

static int
sysctl_ps_strings_of(const struct sysctl_node *node, struct sysctl_req *req)
{
	struct vmspace *vs;
	uint64_t where;
	int error = kinfo_space(req, &vs);

	if (error != 0 || vs == NULL)
		return (error);
	where = vs->vs_ps_strings;
	vmspace_release(vs);
	return (sysctl_out(req, &where, sizeof(where)));
}
SYSCTL_PROC(kern_proc_ps_strings, "kern.proc.ps_strings", KERN_PROC_PS_STRINGS,
    CTLTYPE_NODE | CTLFLAG_RD, "N", sysctl_ps_strings_of, NULL,
    "Where ps finds a process's strings");

static int
sysctl_sigtramp(const struct sysctl_node *node, struct sysctl_req *req)
{
	extern const char sigcode[], esigcode[];
	struct kinfo_sigtramp tramp = {0};
	struct vmspace *vs;
	int error = kinfo_space(req, &vs);

	if (error != 0 || vs == NULL)
		return (error);
	tramp.ksigtramp_start = vs->vs_sigcode;
	tramp.ksigtramp_end = vs->vs_sigcode + (uint64_t)(esigcode - sigcode);
	vmspace_release(vs);
	return (sysctl_out(req, &tramp, sizeof(tramp)));
}
SYSCTL_PROC(kern_proc_sigtramp, "kern.proc.sigtramp", KERN_PROC_SIGTRAMP,
    CTLTYPE_NODE | CTLFLAG_RD, "S,sigtramp", sysctl_sigtramp, NULL,
    "Where a process's signals return");

static void
fill_layout(
    struct vmspace *vs, const struct vnode *text, struct kinfo_vm_layout *kvm)
{
	struct vm_entry *e;

	*kvm = (struct kinfo_vm_layout){.kvm_max_user_addr = USER_TOP,
	    .kvm_min_user_addr = PAGE_SIZE,
	    .kvm_map_flags = vs->vs_random ? KMAP_FLAG_ASLR : 0};
	rw_rlock(&vs->vs_lock);
	if (vs->vs_wire_future)
		kvm->kvm_map_flags |= KMAP_FLAG_WIREFUTURE;
	kvm->kvm_stack_addr = vs->vs_stack_top - vs->vs_stack_size;
	kvm->kvm_stack_size = vs->vs_stack_size;
	kvm->kvm_shp_addr = trunc_page(vs->vs_sigcode);
	kvm->kvm_shp_size = PAGE_SIZE;
	ENTRIES_IN(e, vs, 0, USER_TOP)
	{
		uint64_t *addr = NULL, *size = NULL;

		if (is_data(vs, e, text)) {
			addr = &kvm->kvm_data_addr;
			size = &kvm->kvm_data_size;
		} else if (is_text(e, text) && (e->e_prot & PROT_EXEC)) {
			addr = &kvm->kvm_text_addr;
			size = &kvm->kvm_text_size;
		}
		if (addr == NULL)
			continue;
		if (*addr == 0)
			*addr = e->e_start;
		*size += entry_size(e);
	}
	rw_runlock(&vs->vs_lock);
}

static int
sysctl_vm_layout(const struct sysctl_node *node, struct sysctl_req *req)
{
	struct kinfo_vm_layout kvm;
	const struct vnode *text;
	struct vmspace *vs;
	struct proc *p;
	int error = kinfo_lock(req, 1, true, &p);

	if (error != 0)
		return (error);
	vs = p->p_image.vm;
	if (vs != NULL)
		vmspace_hold(vs); /* which holds text, if it is there */
	text = p->p_image.text;
	kinfo_unlock(p);
	if (vs == NULL)
		return (EINVAL);
	fill_layout(vs, text, &kvm);
	vmspace_release(vs);
	return (sysctl_out(req, &kvm, sizeof(kvm)));
}
SYSCTL_PROC(kern_proc_vm_layout, "kern.proc.vm_layout", KERN_PROC_VM_LAYOUT,
    CTLTYPE_NODE | CTLFLAG_RD, "S,kvm_layout", sysctl_vm_layout, NULL,
    "A process's parts of memory");

/* Where the program's own record says that its environment is. */
static int
find_env(struct vmspace *vs, struct ps_strings *ps)
{
	int error = vm_read(vs, vs->vs_ps_strings, ps, sizeof(*ps));

	if (error == 0 &&
	    (ps->ps_nenvstr < 0 || (unsigned)ps->ps_nenvstr > VECTOR_MAX ||
		ps->ps_envstr % sizeof(uint64_t) != 0))
		error = ENOEXEC;
	return (error);
}

/* A string of another's memory, in pieces that don't cross pages. */
static int
out_string(struct sysctl_req *req, struct vmspace *vs, vaddr_t at)
{
	size_t total = 0, n, length;
	char piece[CHUNK];
	int error;

	do {
		n = MIN(CHUNK, PAGE_SIZE - at % PAGE_SIZE);
		error = vm_read(vs, at, piece, n);
		if (error != 0)
			return (error);
		length = strnlen(piece, n);
		error = sysctl_out(req, piece, MIN(length + 1, n));
		at += n;
		total += n;
	} while (error == 0 && length == n && total < ARG_MAX);
	return (error);
}

/* The environment that the program was started with, as it is by now. */
static int
out_env(struct sysctl_req *req, struct vmspace *vs)
{
	struct ps_strings ps;
	uint64_t string;
	int error = find_env(vs, &ps);

	for (int i = 0; error == 0 && i < ps.ps_nenvstr; i++) {
		error = vm_read(vs, ps.ps_envstr + 8 * (uint64_t)i, &string,
		    sizeof(string));
		if (error != 0 || string == 0 || req->oldidx > ARG_MAX)
			break;
		error = out_string(req, vs, string);
	}
	return (error);
}

static int
sysctl_env(const struct sysctl_node *node, struct sysctl_req *req)
{
	struct vmspace *vs;
	int error = kinfo_space(req, &vs);

	if (error != 0 || vs == NULL)
		return (error);
	error = out_env(req, vs);
	vmspace_release(vs);
	return (error);
}
SYSCTL_PROC(kern_proc_env, "kern.proc.env", KERN_PROC_ENV,
    CTLTYPE_NODE | CTLFLAG_RD, "N", sysctl_env, NULL,
    "A process's environment");

/* It follows the environment's pointers, up to its end mark, AT_NULL (0). */
static int
out_auxv(struct sysctl_req *req, struct vmspace *vs)
{
	struct ps_strings ps;
	uint64_t at, pair[2];
	int error = find_env(vs, &ps);

	if (error != 0)
		return (error);
	at = ps.ps_envstr + 8 * ((uint64_t)ps.ps_nenvstr + 1);
	for (int i = 0; error == 0 && i < AUXV_MAX; i++) {
		error = vm_read(vs, at, pair, sizeof(pair));
		if (error == 0)
			error = sysctl_out(req, pair, sizeof(pair));
		if (pair[0] == 0)
			break;
		at += sizeof(pair);
	}
	return (error);
}

static int
sysctl_auxv(const struct sysctl_node *node, struct sysctl_req *req)
{
	struct vmspace *vs;
	int error = kinfo_space(req, &vs);

	if (error != 0 || vs == NULL)
		return (error);
	error = out_auxv(req, vs);
	vmspace_release(vs);
	return (error);
}
SYSCTL_PROC(kern_proc_auxv, "kern.proc.auxv", KERN_PROC_AUXV,
    CTLTYPE_NODE | CTLFLAG_RD, "N", sysctl_auxv, NULL,
    "A process's auxiliary vector");
