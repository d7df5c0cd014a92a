/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Program files: reading, checking and mapping ELF images.
 */
#include "lib/string.h"
#include "fbsd/errno.h"
#include "fbsd/mman.h"
#include "exec/exec.h"
#include "proc/abi.h"
#include "core/module.h"
#include "core/sysctl.h"
#include "vfs/vnode.h"
#include "vm/kmem.h"

#define NOTES_MAX 4096
/* Where position-independent programs and interpreters go, before a random
 * distance is added (aslr.c). */
#define PIE_BASE    0x0000000021000000ul
#define INTERP_BASE 0x0000000801000000ul
#define ASLR_PAGES  0x10000ul
static const uint64_t pie_base = PIE_BASE;
SYSCTL_NODE_(kern_elf64_pie_base, "kern.elf64.pie_base", CTL_AUTO,
    CTLTYPE_ULONG | CTLFLAG_RD, "LU", sysctl_handle_opaque,
    (void *)(uintptr_t)&pie_base, sizeof(pie_base),
    "Where position-independent programs go, but for a random distance");

static int
read_headers(struct vnode *vp, struct elf_header *eh, struct elf_phdr *ph,
    struct elf_image *elf, unsigned *mode)
{
	struct vattr va;
	size_t left = 0;
	int error;

	error = vn_getattr(vp, &va);
	if (error != 0)
		return (error);
	*mode = va.va_mode;
	error = vn_pread(vp, eh, sizeof(*eh), 0, &left);
	if (error != 0)
		return (error);
	if (!elf_header_check(eh, sizeof(*eh) - left, va.va_size))
		return (ENOEXEC);
	error = vn_pread(
	    vp, ph, eh->e_phnum * sizeof(*ph), (off_t)eh->e_phoff, NULL);
	if (error != 0)
		return (error);
	return (elf_check(eh, ph, va.va_size, USER_TOP, elf) ? 0 : ENOEXEC);
}

void *
image_note(const struct image *img, int i, size_t *size)
{
	const struct elf_phdr *ph = img->elf.note[i];
	void *buf;

	*size = MIN(ph->p_filesz, NOTES_MAX);
	buf = kmem_alloc(*size, 0);
	if (buf != NULL && vn_pread(img->next.text, buf, *size,
			       (off_t)ph->p_offset, NULL) != 0) {
		kmem_free(buf, *size);
		buf = NULL;
	}
	return (buf);
}

static const struct abi *
find_abi(struct image *img)
{
	SET_FOREACH (p, abi) {
		const struct abi *abi = *p;

		if (abi->abi_recognize(img))
			return (abi);
	}
	return (NULL);
}

/* The interpreter's name; "" if there is none. */
static int
read_interp_path(struct image *img)
{
	const struct elf_phdr *ph = img->elf.interp;
	int error;

	img->interp_path[0] = '\0';
	if (ph == NULL)
		return (0);
	if (ph->p_filesz == 0 || ph->p_filesz > sizeof(img->interp_path))
		return (ENOEXEC);
	error = vn_pread(img->next.text, img->interp_path, ph->p_filesz,
	    (off_t)ph->p_offset, NULL);
	if (error != 0)
		return (error);
	return (img->interp_path[ph->p_filesz - 1] != '\0' ? ENOEXEC : 0);
}

static int
read_interp(struct thread *td, struct image *img)
{
	struct elf_header *eh;
	struct elf_phdr *phs;
	unsigned mode;
	int error;

	error = vn_open(td, img->interp_path, FREAD, 0, &img->interp_vp);
	if (error != 0)
		return (error);
	eh = kmem_alloc(sizeof(*eh), 0);
	phs = kmem_alloc(sizeof(*phs) * ELF_PHNUM_MAX, 0);
	error = eh == NULL || phs == NULL ? ENOMEM
					  : read_headers(img->interp_vp, eh,
						phs, &img->interp, &mode);
	if (error == 0 && !img->interp.dyn)
		error = ENOEXEC;
	kmem_free(eh, sizeof(*eh));
	kmem_free(phs, sizeof(*phs) * ELF_PHNUM_MAX);
	return (error);
}

int
image_read(struct thread *td, struct image *img)
{
	unsigned mode;
	int error = read_headers(
	    img->next.text, &img->header, img->phdr, &img->elf, &mode);

	if (error != 0)
		return (error);
	error = read_interp_path(img);
	if (error != 0)
		return (error);
	img->abi = find_abi(img);
	if (img->abi == NULL)
		return (ENOEXEC);
	img->random = aslr_choose(td->td_proc, img, mode);
	if (img->elf.dyn)
		img->base = PIE_BASE + img->random % ASLR_PAGES * PAGE_SIZE;
	if (img->elf.interp != NULL) {
		error = read_interp(td, img);
		img->interp_failed = error != 0;
		img->interp_base =
		    INTERP_BASE + (img->random >> 16) % ASLR_PAGES * PAGE_SIZE;
	}
	if (error == 0 && (img->elf.low + img->base < USER_MIN ||
			      img->elf.high + img->base > USER_TOP))
		error = ENOEXEC;
	return (error);
}

static unsigned
prot_of(const struct elf_phdr *ph)
{
	return ((ph->p_flags & PF_R ? PROT_READ : 0) |
		(ph->p_flags & PF_W ? PROT_WRITE : 0) |
		(ph->p_flags & PF_X ? PROT_EXEC : 0));
}

static int
map_anonymous(struct vmspace *vs, vaddr_t start, vaddr_t end, unsigned prot)
{
	struct vm_mapping m = {.addr = start,
	    .size = end - start,
	    .prot = prot,
	    .maxprot = PROT_READ | PROT_WRITE | PROT_EXEC,
	    .flags = MAP_PRIVATE | MAP_FIXED | MAP_ANON};

	return (start < end ? vm_map(vs, &m) : 0);
}

/*
 * The file's part, then zeroes.  Where they meet within a page, that page's
 * rest is cleared in the process's own copy of it.
 */
static int
map_segment(struct vmspace *vs, struct vnode *vp, const struct elf_phdr *ph,
    uint64_t base)
{
	vaddr_t start = base + trunc_page(ph->p_vaddr);
	vaddr_t file_end = base + ph->p_vaddr + ph->p_filesz;
	vaddr_t end = base + round_page(ph->p_vaddr + ph->p_memsz);
	unsigned prot = prot_of(ph);
	bool clear = ph->p_filesz > 0 && ph->p_memsz > ph->p_filesz &&
		     (file_end & PAGE_MASK) != 0;
	struct vm_mapping m = {.addr = start,
	    .size = round_page(file_end) - start,
	    .prot = prot,
	    .maxprot = PROT_READ | PROT_WRITE | PROT_EXEC,
	    .flags = MAP_PRIVATE | MAP_FIXED,
	    .object = &vp->v_base->v_object,
	    .offset = trunc_page(ph->p_offset),
	    .vnode = vp};
	int error = 0;

	if (ph->p_filesz == 0)
		return (map_anonymous(vs, start, end, prot));
	error = vm_map(vs, &m);
	if (error == 0 && clear) {
		static const char zeroes[PAGE_SIZE];

		error = vm_write(
		    vs, file_end, zeroes, round_page(file_end) - file_end);
	}
	if (error == 0)
		error = map_anonymous(vs, round_page(file_end), end, prot);
	return (error);
}

static int
map_image(struct vmspace *vs, struct vnode *vp, const struct elf_phdr *ph,
    int phnum, uint64_t base)
{
	int error = 0;

	for (int i = 0; i < phnum && error == 0; i++)
		if (ph[i].p_type == PT_LOAD && ph[i].p_memsz > 0)
			error = map_segment(vs, vp, &ph[i], base);
	return (error);
}

/* The interpreter's headers are read again: they were checked, and the file
 * can't be written while it is held as a program's. */
static int
map_interp(struct image *img)
{
	struct elf_header *eh = &img->header;
	struct elf_phdr *ph = img->phdr;
	struct elf_image elf;
	unsigned mode;
	int error = read_headers(img->interp_vp, eh, ph, &elf, &mode);

	if (error != 0)
		return (error);
	return (map_image(
	    img->next.vm, img->interp_vp, ph, elf.phnum, img->interp_base));
}

int
image_map(struct image *img)
{
	int error = map_image(
	    img->next.vm, img->next.text, img->phdr, img->elf.phnum, img->base);

	img->next.vm->vs_brk_start = img->next.vm->vs_brk =
	    img->base + img->elf.high;
	if (error == 0 && img->interp_vp != NULL)
		error = map_interp(img);
	return (error);
}

MODULE(elf64, "elf64");
MODULE(shell, "shell");
