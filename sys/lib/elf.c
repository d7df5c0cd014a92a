/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/string.h"
#include "lib/elf.h"

bool
elf_header_check(const struct elf_header *eh, size_t avail, uint64_t file_size)
{
	uint64_t end;

	if (avail < sizeof(*eh) || memcmp(eh->e_ident, "\177ELF", 4) != 0)
		return (false);
	/* ELFCLASS64, ELFDATA2LSB, EV_CURRENT */
	if (eh->e_ident[4] != 2 || eh->e_ident[5] != 1 || eh->e_ident[6] != 1)
		return (false);
	if (eh->e_machine != EM_X86_64 ||
	    (eh->e_type != ET_EXEC && eh->e_type != ET_DYN))
		return (false);
	if (eh->e_phentsize != sizeof(struct elf_phdr) || eh->e_phnum == 0 ||
	    eh->e_phnum > ELF_PHNUM_MAX)
		return (false);
	return (!__builtin_add_overflow(
		    eh->e_phoff, eh->e_phnum * sizeof(struct elf_phdr), &end) &&
		end <= file_size);
}

static bool
check_segment(const struct elf_phdr *ph, uint64_t file_size, uint64_t user_top)
{
	uint64_t end;

	if (ph->p_filesz > ph->p_memsz ||
	    __builtin_add_overflow(ph->p_offset, ph->p_filesz, &end) ||
	    end > file_size)
		return (false);
	if (__builtin_add_overflow(ph->p_vaddr, ph->p_memsz, &end) ||
	    end > user_top)
		return (false);
	return ((ph->p_vaddr & PAGE_MASK) == (ph->p_offset & PAGE_MASK) ||
		ph->p_filesz == 0);
}

static void
add_load(const struct elf_header *eh, const struct elf_phdr *ph,
    struct elf_image *img)
{
	img->low = MIN(img->low, trunc_page(ph->p_vaddr));
	img->high = MAX(img->high, round_page(ph->p_vaddr + ph->p_memsz));
	if (ph->p_offset <= eh->e_phoff &&
	    eh->e_phoff + eh->e_phnum * sizeof(*ph) <=
		ph->p_offset + ph->p_filesz)
		img->phdr = ph->p_vaddr + (eh->e_phoff - ph->p_offset);
}

bool
elf_check(const struct elf_header *eh, const struct elf_phdr *ph,
    uint64_t file_size, uint64_t user_top, struct elf_image *img)
{
	memset(img, 0, sizeof(*img));
	img->low = UINT64_MAX;
	img->entry = eh->e_entry;
	img->phnum = eh->e_phnum;
	img->dyn = eh->e_type == ET_DYN;
	img->freebsd = eh->e_ident[7] == ELFOSABI_FREEBSD;
	for (int i = 0; i < eh->e_phnum; i++, ph++) {
		if (ph->p_type == PT_LOAD && ph->p_memsz > 0) {
			if (!check_segment(ph, file_size, user_top))
				return (false);
			add_load(eh, ph, img);
		} else if (ph->p_type == PT_INTERP || ph->p_type == PT_NOTE) {
			uint64_t end;

			if (__builtin_add_overflow(
				ph->p_offset, ph->p_filesz, &end) ||
			    end > file_size)
				return (false);
			if (ph->p_type == PT_INTERP)
				img->interp = ph;
			else if (img->nnotes < (int)nitems(img->note))
				img->note[img->nnotes++] = ph;
		} else if (ph->p_type == PT_GNU_STACK) {
			img->exec_stack = ph->p_flags & PF_X;
		}
	}
	return (img->low < img->high);
}

uint32_t
elf_freebsd_note(const void *notes, size_t size, uint32_t type)
{
	const char *p = notes;

	while (size >= 12) {
		uint32_t h[3], value; /* name size, data size, type */
		size_t len;

		memcpy(h, p, sizeof(h));
		if (h[0] > size || h[1] > size)
			break;
		len =
		    12 + roundup2((size_t)h[0], 4) + roundup2((size_t)h[1], 4);
		if (len > size)
			break;
		if (h[0] == 8 && h[1] == 4 && h[2] == type &&
		    memcmp(p + 12, "FreeBSD", 8) == 0) {
			memcpy(&value, p + 20, 4);
			return (value);
		}
		p += len;
		size -= len;
	}
	return (0);
}
