/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A new program's stack as FreeBSD lays it out, from the top down: the shared
 * page; ps_strings; the program's path, random bytes for the stack protector,
 * page sizes; the strings of argv and envp; the auxiliary vector; envp; argv;
 * argc, where %rdi points, and %rsp one word below a multiple of 16.
 */
#include "lib/string.h"
#include "amd64/md.h"
#include "abi/freebsd/auxv.h"
#include "abi/freebsd/freebsd.h"
#include "abi/freebsd/shpage.h"
#include "fbsd/errno.h"
#include "fbsd/mman.h"
#include "exec/exec.h"
#include "core/random.h"
#include "kern/version.h"
#include "vm/kmem.h"

#define CANARY_SIZE   64
#define AUXV_MAX      32
#define STACK_DEFAULT (8ul << 20) /* where no limit says less */
#define STACK_MAX     (512ul << 20)

struct ps_strings {
	uint64_t ps_argvstr;
	int ps_nargvstr;
	uint64_t ps_envstr;
	int ps_nenvstr;
};
_Static_assert(sizeof(struct ps_strings) == 32, "struct ps_strings");

struct auxv {
	uint64_t type;
	uint64_t value;
};

static int
map_shared_page(struct vmspace *vs)
{
	struct vm_mapping m = {.addr = USER_TOP - PAGE_SIZE,
	    .size = PAGE_SIZE,
	    .prot = PROT_READ | PROT_EXEC,
	    .maxprot = PROT_READ | PROT_EXEC,
	    .flags = MAP_SHARED | MAP_FIXED,
	    .object = vm_shared_page_object};
	int error = vm_map(vs, &m);

	vs->vs_timekeep = m.addr + SHPAGE_TIMEKEEP;
	vs->vs_sigcode = m.addr + SHPAGE_SIGCODE;
	return (error);
}

static int
map_stack(struct proc *p, struct vmspace *vs, const struct image *img)
{
	uint64_t size = MIN(proc_limit(p, RLIMIT_STACK), STACK_MAX);
	struct vm_mapping m = {.prot = PROT_READ | PROT_WRITE |
				       (img->elf.exec_stack ? PROT_EXEC : 0),
	    .maxprot = PROT_READ | PROT_WRITE | PROT_EXEC,
	    .flags = MAP_PRIVATE | MAP_FIXED | MAP_ANON | MAP_STACK};

	size = MAX(trunc_page(size), (uint64_t)ARG_MAX + 16 * PAGE_SIZE);
	vs->vs_stack_top = USER_TOP - PAGE_SIZE;
	vs->vs_stack_size = size;
	m.addr = vs->vs_stack_top - size;
	m.size = size;
	return (vm_map(vs, &m));
}

/* The upper end of the stack while it is made: the last byte of buf is the
 * stack's last. */
struct top {
	char *buf;
	size_t size;
	uint64_t end; /* of the stack */
	uint64_t sp;
};

static void *
top_at(const struct top *t, uint64_t address)
{
	return (t->buf + t->size - (t->end - address));
}

/* Makes room below sp, aligned; sp becomes its address. */
static void *
reserve(struct top *t, size_t size, uint64_t align)
{
	t->sp = (t->sp - size) & ~(align - 1);
	return (top_at(t, t->sp));
}

/* The address of a copy. */
static uint64_t
push(struct top *t, const void *data, size_t size)
{
	memcpy(reserve(t, size, 8), data, size);
	return (t->sp);
}

/* argc, argv, NULL, envp, NULL, built in the kernel. */
static void
fill_vectors(uint64_t *v, const struct exec_strings *s, uint64_t strings)
{
	size_t at = 0;

	*v++ = (uint64_t)s->argc;
	for (int i = 0; i < s->argc; i++) {
		*v++ = strings + at;
		at += strlen(s->text + at) + 1;
	}
	*v++ = 0;
	for (int i = 0; i < s->envc; i++) {
		*v++ = strings + at;
		at += strlen(s->text + at) + 1;
	}
	*v++ = 0;
}

struct layout {
	uint64_t path, canary, pagesizes, argv;
};

static void
fill_auxv(struct auxv *a, const struct image *img, struct vmspace *vs,
    const struct layout *l)
{
	const struct exec_strings *s = &img->strings;
	const struct auxv list[] = {
	    {AT_PHDR, img->elf.phdr + img->base},
	    {AT_PHENT, sizeof(struct elf_phdr)},
	    {AT_PHNUM, (uint64_t)img->elf.phnum},
	    {AT_PAGESZ, PAGE_SIZE},
	    {AT_FLAGS, 0},
	    {AT_ENTRY, img->elf.entry + img->base},
	    {AT_BASE, img->interp_vp != NULL ? img->interp_base : img->base},
	    {AT_EXECPATH, l->path},
	    {AT_EHDRFLAGS, img->header.e_flags},
	    {AT_OSRELDATE, VERSION_OSRELDATE},
	    {AT_CANARY, l->canary},
	    {AT_CANARYLEN, CANARY_SIZE},
	    {AT_NCPUS, ncpus},
	    {AT_PAGESIZES, l->pagesizes},
	    {AT_PAGESIZESLEN, sizeof(uint64_t)},
	    {AT_TIMEKEEP, vs->vs_timekeep},
	    {AT_STACKPROT,
		PROT_READ | PROT_WRITE | (img->elf.exec_stack ? PROT_EXEC : 0)},
	    {AT_HWCAP2, md_hwcap2()},
	    {AT_ARGC, (uint64_t)s->argc},
	    {AT_ARGV, l->argv},
	    {AT_ENVC, (uint64_t)s->envc},
	    {AT_ENVV, l->argv + 8 * ((uint64_t)s->argc + 1)},
	    {AT_PS_STRINGS, vs->vs_ps_strings},
	    {AT_USRSTACKBASE, vs->vs_stack_top},
	    {AT_USRSTACKLIM, vs->vs_stack_size},
	    {AT_NULL, 0},
	};

	_Static_assert(nitems(list) <= AUXV_MAX, "AUXV_MAX");
	memcpy(a, list, sizeof(list));
}

/* What is above the vectors; the address of the first string. */
static uint64_t
push_strings(struct top *t, const struct image *img, struct layout *l)
{
	const uint64_t pagesizes[] = {PAGE_SIZE};
	uint8_t canary[CANARY_SIZE];

	random_bytes(canary, sizeof(canary));
	l->path = push(t, img->path, strlen(img->path) + 1);
	if (img->path[0] == '\0')
		l->path = 0;
	l->canary = push(t, canary, sizeof(canary));
	l->pagesizes = push(t, pagesizes, sizeof(pagesizes));
	return (push(t, img->strings.text, img->strings.used));
}

static void
fill_stack(struct top *t, struct vmspace *vs, const struct image *img)
{
	const struct exec_strings *s = &img->strings;
	size_t words = (size_t)s->argc + (size_t)s->envc + 3;
	struct ps_strings *ps = reserve(t, sizeof(*ps), 8);
	struct layout l;
	uint64_t *v, strings;

	vs->vs_ps_strings = t->sp;
	strings = push_strings(t, img, &l);
	v = reserve(t, words * 8 + AUXV_MAX * sizeof(struct auxv), 16);
	l.argv = t->sp + 8;
	fill_vectors(v, s, strings);
	fill_auxv((struct auxv *)(v + words), img, vs, &l);
	*ps = (struct ps_strings){.ps_argvstr = l.argv,
	    .ps_nargvstr = s->argc,
	    .ps_envstr = l.argv + 8 * ((uint64_t)s->argc + 1),
	    .ps_nenvstr = s->envc};
}

/* Enough for what fill_stack() puts there. */
static size_t
stack_size(const struct image *img)
{
	const struct exec_strings *s = &img->strings;

	return (sizeof(struct ps_strings) + strlen(img->path) + 1 +
		CANARY_SIZE + sizeof(uint64_t) + s->used +
		((size_t)s->argc + (size_t)s->envc + 3) * 8 +
		AUXV_MAX * sizeof(struct auxv) + 6 * 16 /* alignment */);
}

/* It is written at once: each access to a space that isn't the current one
 * costs as much as a page fault. */
int
freebsd_exec_stack(struct thread *td, struct image *img)
{
	struct vmspace *vs = img->next.vm;
	struct top t = {.size = stack_size(img)};
	int error = map_shared_page(vs);

	if (error == 0)
		error = map_stack(td->td_proc, vs, img);
	if (error != 0)
		return (error);
	t.buf = kmem_alloc(t.size, KM_ZERO);
	if (t.buf == NULL)
		return (ENOMEM);
	t.end = t.sp = vs->vs_stack_top;
	fill_stack(&t, vs, img);
	error = vm_write(vs, t.sp, top_at(&t, t.sp), t.end - t.sp);
	kmem_free(t.buf, t.size);
	img->stack_arg = t.sp;
	img->stack_pointer = t.sp - 8;
	return (error);
}
