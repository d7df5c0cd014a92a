/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ELF executables: System V ABI, amd64 supplement; FreeBSD's elf(5).  What
 * elf_check() accepts needs no further range checks.
 */
#ifndef LIB_ELF_H
#define LIB_ELF_H

#include "lib/types.h"

struct elf_header {
	uint8_t e_ident[16];
	uint16_t e_type;
	uint16_t e_machine;
	uint32_t e_version;
	uint64_t e_entry;
	uint64_t e_phoff;
	uint64_t e_shoff;
	uint32_t e_flags;
	uint16_t e_ehsize;
	uint16_t e_phentsize;
	uint16_t e_phnum;
	uint16_t e_shentsize;
	uint16_t e_shnum;
	uint16_t e_shstrndx;
};
_Static_assert(sizeof(struct elf_header) == 64, "Elf64_Ehdr");

struct elf_phdr {
	uint32_t p_type;
	uint32_t p_flags;
	uint64_t p_offset;
	uint64_t p_vaddr;
	uint64_t p_paddr;
	uint64_t p_filesz;
	uint64_t p_memsz;
	uint64_t p_align;
};
_Static_assert(sizeof(struct elf_phdr) == 56, "Elf64_Phdr");

#define ET_EXEC		 2
#define ET_DYN		 3
#define EM_X86_64	 62
#define ELFOSABI_NONE	 0
#define ELFOSABI_FREEBSD 9
#define PT_LOAD		 1
#define PT_INTERP	 3
#define PT_NOTE		 4
#define PT_PHDR		 6
#define PT_GNU_STACK	 0x6474e551
#define PF_X		 1
#define PF_W		 2
#define PF_R		 4

#define ELF_PHNUM_MAX	 64

/* What elf_check() finds out. */
struct elf_image {
	uint64_t low, high; /* of all segments, page-aligned */
	uint64_t entry;
	uint64_t phdr; /* address of the program headers, 0: none */
	int phnum;
	bool dyn;     /* goes to any address */
	bool freebsd; /* branded by EI_OSABI */
	bool exec_stack;
	const struct elf_phdr *interp; /* NULL: none */
	const struct elf_phdr *note[4];
	int nnotes;
};

/* The header alone, `avail` bytes of the file. The program headers lie at
 * e_phoff, e_phnum of them. */
bool elf_header_check(
    const struct elf_header *eh, size_t avail, uint64_t file_size);
/* Header and program headers: false if the kernel can't load it. user_top:
 * first address past user memory. */
bool elf_check(const struct elf_header *eh, const struct elf_phdr *ph,
    uint64_t file_size, uint64_t user_top, struct elf_image *img);
/* Looks through a note segment for FreeBSD's note of a type: its value, or 0.
 */
enum {
	NOTE_FREEBSD_ABI = 1,	  /* __FreeBSD_version */
	NOTE_FREEBSD_FEATURES = 4 /* elfctl(1) */
};
uint32_t elf_freebsd_note(const void *notes, size_t size, uint32_t type);

#endif
