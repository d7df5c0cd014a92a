/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System calls about memory.  Addresses and lengths are anything at all until
 * they have been checked here or in vm/.
 */
#include "lib/string.h"
#include "fbsd/errno.h"
#include "fbsd/mman.h"
#include "fbsd/resource.h"
#include "abi/freebsd/exterr.h"
#include "abi/freebsd/sysargs.h"
#include "amd64/md.h"
#include "file/file.h"
#include "proc/proc.h"
#include "vm/vm.h"

#define MAP_KNOWN                                                              \
	(MAP_SHARED | MAP_PRIVATE | MAP_FIXED | MAP_HASSEMAPHORE | MAP_STACK | \
	    MAP_NOSYNC | MAP_ANON | MAP_GUARD | MAP_EXCL | MAP_NOCORE |        \
	    MAP_PREFAULT_READ | MAP_32BIT | MAP_ALIGNMENT_MASK)
#define MAP_GUARD_KNOWN                                                        \
	(MAP_FIXED | MAP_GUARD | MAP_EXCL | MAP_32BIT | MAP_ALIGNMENT_MASK)
#define PROT_KNOWN (PROT_ALL | PROT_MAX(PROT_ALL))
#define TOP_32BIT  (1ul << 31)

/* mmap(2)'s arguments in kernel types. */
struct request {
	vaddr_t addr;
	uint64_t size;
	unsigned prot;
	unsigned flags;
	int fd;
	uint64_t pos;
};

static bool
bad_alignment(unsigned flags)
{
	unsigned n = (flags & MAP_ALIGNMENT_MASK) >> MAP_ALIGNMENT_SHIFT;

	return (n > 1 && (n < PAGE_SHIFT || n >= 64));
}

#define WRONG(td, words, number)                                               \
	EXTERR(td, EINVAL, EXTERR_MMAP, words, number, 0)

/* What belongs to nothing else: who shares, guards and stacks. */
static int
check_kind(struct thread *td, const struct request *r)
{
	unsigned f = r->flags, prot = r->prot & PROT_ALL;

	if ((f & (MAP_SHARED | MAP_PRIVATE)) == (MAP_SHARED | MAP_PRIVATE))
		return (WRONG(td, "both MAP_SHARED and MAP_PRIVATE", f));
	if (!(f & (MAP_SHARED | MAP_PRIVATE | MAP_ANON | MAP_GUARD)))
		return (WRONG(td, "neither MAP_SHARED nor MAP_PRIVATE", f));
	if (f & MAP_STACK && r->fd != -1)
		return (WRONG(td, "MAP_STACK of a file", (unsigned)r->fd));
	if (f & MAP_STACK &&
	    (prot & (PROT_READ | PROT_WRITE)) != (PROT_READ | PROT_WRITE))
		return (WRONG(
		    td, "MAP_STACK that isn't both read and written", prot));
	if (f & MAP_ANON && (r->fd != -1 || r->pos != 0))
		return (WRONG(
		    td, "MAP_ANON with a file or an offset", (unsigned)r->fd));
	if (f & MAP_GUARD && (prot != PROT_NONE || r->fd != -1 || r->pos != 0 ||
				 f & ~MAP_GUARD_KNOWN))
		return (WRONG(td, "MAP_GUARD with more than a place", f));
	return (0);
}

/* Which combinations make no sense. */
static int
check_flags(struct thread *td, const struct request *r)
{
	unsigned f = r->flags, prot = r->prot & PROT_ALL;
	unsigned max = PROT_MAX_EXTRACT(r->prot);

	if (r->prot & ~(unsigned)PROT_KNOWN)
		return (WRONG(td, "unknown bits in prot", r->prot));
	if (f & ~(unsigned)MAP_KNOWN)
		return (WRONG(td, "unknown flags", f));
	if (bad_alignment(f))
		return (WRONG(td,
		    "MAP_ALIGNED to no power of two from a page "
		    "on",
		    f));
	if (max != 0 && prot & ~max)
		return (EXTERR(td, ENOTSUP, EXTERR_MMAP,
		    "prot is not subset of max_prot", prot, max));
	if (r->size == 0)
		return (WRONG(td, "a size of 0", 0));
	if ((f & (MAP_EXCL | MAP_FIXED)) == MAP_EXCL)
		return (WRONG(td, "MAP_EXCL without MAP_FIXED", f));
	return (check_kind(td, r));
}

/*
 * A hint into the room where the heap may grow is no hint: as on FreeBSD,
 * which keeps RLIMIT_DATA's maximum free behind the program.
 */
static vaddr_t
adjust_hint(struct thread *td, vaddr_t addr, unsigned flags)
{
	const struct vmspace *vs = td_vmspace(td);

	if (flags & MAP_32BIT)
		return (addr < TOP_32BIT ? addr : 0);
	if (addr >= USER_TOP ||
	    (addr >= vs->vs_brk_start && addr < vs->vs_base))
		return (0);
	return (addr);
}

/* Asks the file for its object; *fpp is held. */
static int
file_mapping(struct thread *td, const struct request *r, struct vm_mapping *m,
    struct file **fpp)
{
	int error = fd_get(td, r->fd, 0, fpp);

	if (error != 0)
		return (error);
	if ((*fpp)->f_ops->fo_mmap == NULL)
		error = ENODEV;
	else if (!((*fpp)->f_flag & FREAD))
		error = EACCES;
	else
		error = (*fpp)->f_ops->fo_mmap(*fpp, m);
	if (error == 0 && m->prot & ~m->maxprot)
		error = EACCES;
	return (error);
}

/* The place, as far as the program says it. */
static int
set_place(struct thread *td, const struct request *r, struct vm_mapping *m)
{
	uint64_t offset = r->pos & PAGE_MASK;

	m->size = r->size + offset;
	m->offset = r->pos - offset;
	if (m->size < r->size || m->size > USER_TOP ||
	    r->pos > INT64_MAX - m->size)
		return (r->pos > INT64_MAX ? EINVAL : ENOMEM);
	if (!(r->flags & MAP_FIXED)) {
		m->addr =
		    adjust_hint(td, trunc_page(r->addr + PAGE_MASK), r->flags);
		return (0);
	}
	m->addr = r->addr - offset;
	if ((m->addr & PAGE_MASK) != 0)
		return (
		    WRONG(td, "a fixed address that isn't a page's", r->addr));
	if (m->addr > USER_TOP - m->size ||
	    (r->flags & MAP_32BIT && m->addr + m->size > TOP_32BIT))
		return (WRONG(td, "a fixed address out of bounds", r->addr));
	return (0);
}

static int
do_mmap(struct thread *td, struct request *r)
{
	struct vm_mapping m = {.maxprot = PROT_ALL};
	struct file *fp = NULL;
	int error;

	if (r->flags & MAP_STACK) {
		r->flags |= MAP_ANON;
		r->pos = 0;
	}
	error = check_flags(td, r);
	if (error == 0)
		error = set_place(td, r, &m);
	if (error != 0)
		return (error);
	m.prot = r->prot & PROT_ALL;
	m.flags = r->flags;
	if (r->flags & MAP_GUARD)
		m.maxprot = PROT_NONE;
	else if (!(r->flags & MAP_ANON))
		error = file_mapping(td, r, &m, &fp);
	if (PROT_MAX_EXTRACT(r->prot) != 0)
		m.maxprot &= PROT_MAX_EXTRACT(r->prot);
	if (error == 0)
		error = vm_map(td_vmspace(td), &m);
	if (m.object != NULL)
		vm_object_release(m.object);
	if (fp != NULL)
		file_release(fp);
	td->td_retval[0] = m.addr + (r->pos & PAGE_MASK);
	return (error == EEXIST ? ENOMEM : error);
}

int
sys_mmap(struct thread *td, const struct mmap_args *a)
{
	struct request r = {(vaddr_t)a->addr, a->len, (unsigned)a->prot,
	    (unsigned)a->flags, a->fd, (uint64_t)a->pos};

	return (do_mmap(td, &r));
}

int
sys_freebsd6_mmap(struct thread *td, const struct freebsd6_mmap_args *a)
{
	struct request r = {(vaddr_t)a->addr, a->len, (unsigned)a->prot,
	    (unsigned)a->flags, a->fd, (uint64_t)a->pos};

	return (do_mmap(td, &r));
}

/* Pages that [addr, addr + size) touches: EINVAL if that wraps or reaches out
 * of user space. */
static int
page_range(const void *p, size_t size, vaddr_t *start, uint64_t *bytes)
{
	vaddr_t addr = (vaddr_t)p;

	if (addr > USER_TOP || size > USER_TOP - addr)
		return (EINVAL);
	*start = trunc_page(addr);
	*bytes = round_page(addr + size) - *start;
	return (0);
}

int
sys_munmap(struct thread *td, const struct munmap_args *a)
{
	vaddr_t start;
	uint64_t size;

	if (a->len == 0 || page_range(a->addr, a->len, &start, &size) != 0)
		return (EINVAL);
	return (vm_unmap(td_vmspace(td), start, size));
}

int
sys_mprotect(struct thread *td, const struct mprotect_args *a)
{
	unsigned prot = (unsigned)a->prot, max = PROT_MAX_EXTRACT(prot);
	struct vmspace *vs = td_vmspace(td);
	vaddr_t start;
	uint64_t size;
	int error;

	if (prot & ~(unsigned)PROT_KNOWN)
		return (EINVAL);
	prot &= PROT_ALL;
	if (max != 0 && prot & ~max)
		return (ENOTSUP);
	error = page_range(a->addr, a->len, &start, &size);
	if (error == 0 && max != 0)
		error = vm_protect(vs, start, size, max, true);
	if (error == 0)
		error = vm_protect(vs, start, size, prot, false);
	return (error);
}

int
sys_minherit(struct thread *td, const struct minherit_args *a)
{
	vaddr_t start;
	uint64_t size;
	int error = page_range(a->addr, a->len, &start, &size);

	return (error != 0
		    ? error
		    : vm_inherit(td_vmspace(td), start, size, a->inherit));
}

/* Not to be killed for memory: no advice, but a process's flag. */
static int
protect(struct thread *td)
{
	struct proc *p = td->td_proc;
	int error = priv_check(td);

	if (error != 0)
		return (error);
	spin_lock(&p->p_lock);
	proc_flags_set(p, P_PROTECTED);
	spin_unlock(&p->p_lock);
	return (0);
}

int
sys_madvise(struct thread *td, const struct madvise_args *a)
{
	vaddr_t start;
	uint64_t size;
	int error;

	if (a->behav == MADV_PROTECT)
		return (protect(td));
	error = page_range(a->addr, a->len, &start, &size);
	return (error != 0 ? error
			   : vm_advise(td_vmspace(td), start, size, a->behav));
}

int
sys_msync(struct thread *td, const struct msync_args *a)
{
	vaddr_t start;
	uint64_t size;
	int error = page_range(a->addr, a->len, &start, &size);

	return (error != 0 ? error
			   : vm_sync(td_vmspace(td), start, size, a->flags));
}

int
sys_mlock(struct thread *td, const struct mlock_args *a)
{
	vaddr_t start;
	uint64_t size;
	int error = page_range(a->addr, a->len, &start, &size);

	return (error != 0 ? error : vm_wire(td_vmspace(td), start, size));
}

int
sys_munlock(struct thread *td, const struct munlock_args *a)
{
	vaddr_t start;
	uint64_t size;
	int error = page_range(a->addr, a->len, &start, &size);

	return (error != 0 ? error : vm_unwire(td_vmspace(td), start, size));
}

int
sys_mlockall(struct thread *td, const struct mlockall_args *a)
{
	if (a->how == 0 || a->how & ~(MCL_CURRENT | MCL_FUTURE))
		return (EINVAL);
	return (vm_wire_all(
	    td_vmspace(td), a->how & MCL_CURRENT, a->how & MCL_FUTURE));
}

int
sys_munlockall(struct thread *td, const struct munlockall_args *a)
{
	return (vm_unwire_all(td_vmspace(td)));
}

/* One piece of mincore(2)'s answer, collected while the map is locked. */
#define MINCORE_CHUNK 256u

static int
note_page(void *arg, uint64_t page, uint8_t flags)
{
	uint8_t *chunk = arg;

	chunk[page] = flags;
	return (0);
}

int
sys_mincore(struct thread *td, const struct mincore_args *a)
{
	uint8_t chunk[MINCORE_CHUNK];
	vaddr_t start;
	uint64_t size, n;
	char *vec = a->vec;
	int error = 0;

	if (page_range(a->addr, a->len, &start, &size) != 0)
		return (ENOMEM);
	for (; size > 0 && error == 0; size -= ptoa(n), vec += n) {
		n = MIN(atop(size), MINCORE_CHUNK);
		error = vm_mincore(
		    td_vmspace(td), start, ptoa(n), note_page, chunk);
		if (error == 0)
			error = copyout(chunk, vec, n);
		start += ptoa(n);
	}
	return (error);
}

/* Addresses below the data's end ask where the break is. */
int
sys_break(struct thread *td, const struct break_args *a)
{
	struct vmspace *vs = td->td_proc->p_image.vm;
	vaddr_t brk = (vaddr_t)a->nsize;
	int error = 0;

	if (brk >= vs->vs_brk_start)
		error = vm_set_break(vs, brk);
	td->td_retval[0] = vs->vs_brk;
	return (error);
}

int
sys_sbrk(struct thread *td, const struct sbrk_args *a)
{
	return (EOPNOTSUPP);
}

int
sys_sstk(struct thread *td, const struct sstk_args *a)
{
	return (EOPNOTSUPP);
}
