/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * Is this file a FreeBSD/amd64 program?  Asked on the host, before a machine
 * starts, because here there is room for a good answer.
 *
 * ELF files say whose they are in three places: the header's OSABI byte (the
 * "brand", which FreeBSD's linkers and Go set), a note in a PT_NOTE segment,
 * and the name of the interpreter.  Any of them will do.
 *
 * No state, no dependencies; the input is hostile.
 */

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "elf.h"

/* ELF-64 Object File Format 1.5, and the gABI's lists of numbers. */
enum {
	EI_CLASS = 4,
	EI_DATA = 5,
	EI_OSABI = 7,
	ELFCLASS32 = 1,
	ELFCLASS64 = 2,
	ELFDATA2LSB = 1,
	ELFOSABI_SYSV = 0,
	ELFOSABI_NETBSD = 2,
	ELFOSABI_LINUX = 3,
	ELFOSABI_SOLARIS = 6,
	ELFOSABI_FREEBSD = 9,
	ELFOSABI_OPENBSD = 12,
	ET_REL = 1,
	ET_EXEC = 2,
	ET_DYN = 3,
	ET_CORE = 4,
	EM_386 = 3,
	EM_PPC64 = 21,
	EM_ARM = 40,
	EM_X86_64 = 62,
	EM_AARCH64 = 183,
	EM_RISCV = 243,
	PT_LOAD = 1,
	PT_INTERP = 3,
	PT_NOTE = 4,
	NT_ABI_TAG = 1 /* the same number under each owner's name */
};

struct elf_header {
	uint8_t ident[16];
	uint16_t type;
	uint16_t machine;
	uint32_t version;
	uint64_t entry;
	uint64_t phoff;
	uint64_t shoff;
	uint32_t flags;
	uint16_t ehsize;
	uint16_t phentsize;
	uint16_t phnum;
	uint16_t shentsize;
	uint16_t shnum;
	uint16_t shstrndx;
};
_Static_assert(sizeof(struct elf_header) == 64, "Elf64_Ehdr");

struct program_header {
	uint32_t type;
	uint32_t flags;
	uint64_t offset;
	uint64_t vaddr;
	uint64_t paddr;
	uint64_t filesz;
	uint64_t memsz;
	uint64_t align;
};
_Static_assert(sizeof(struct program_header) == 56, "Elf64_Phdr");

struct note_header {
	uint32_t namesz;
	uint32_t descsz;
	uint32_t type;
};

/* Systems, as found in notes and interpreter names. */
enum system { UNKNOWN, FREEBSD, LINUX, NETBSD, OPENBSD };

static const char linux_program[] = "it is a Linux program, not a FreeBSD one";
static const char truncated[] = "it is cut short";

static bool
starts_with(const char *data, size_t size, const void *magic, size_t length)
{
	return (size >= length && memcmp(data, magic, length) == 0);
}

/* Names for the things that people run by mistake. */
static const char *
not_elf(const char *data, size_t size)
{
	if (size == 0)
		return ("it is empty");
	if (starts_with(data, size, "#!", 2))
		return ("it is a script, and its interpreter isn't in the "
			"guest");
	if (starts_with(data, size, "MZ", 2))
		return ("it is a Windows program");
	if (starts_with(data, size, "\xcf\xfa\xed\xfe", 4) ||
	    starts_with(data, size, "\xca\xfe\xba\xbe", 4))
		return ("it is a macOS program");
	return ("it is not an ELF program");
}

static const char *
wrong_machine(uint16_t machine)
{
	switch (machine) {
	case EM_AARCH64:
		return ("it is a program for ARM64, not amd64");
	case EM_ARM:
		return ("it is a program for ARM, not amd64");
	case EM_RISCV:
		return ("it is a program for RISC-V, not amd64");
	case EM_PPC64:
		return ("it is a program for PowerPC, not amd64");
	case EM_386:
		return ("it is a program for i386, not amd64");
	default:
		return ("it is a program for another kind of CPU, not amd64");
	}
}

static const char *
wrong_type(uint16_t type)
{
	switch (type) {
	case ET_REL:
		return ("it is an object file, not a linked program");
	case ET_CORE:
		return ("it is a core file, not a program");
	default:
		return ("it is an ELF file, but not a program");
	}
}

static const char *
wrong_system(uint8_t osabi)
{
	switch (osabi) {
	case ELFOSABI_LINUX:
		return (linux_program);
	case ELFOSABI_NETBSD:
		return ("it is a NetBSD program, not a FreeBSD one");
	case ELFOSABI_OPENBSD:
		return ("it is an OpenBSD program, not a FreeBSD one");
	case ELFOSABI_SOLARIS:
		return ("it is a Solaris program, not a FreeBSD one");
	default:
		return ("it is another system's program, not FreeBSD's");
	}
}

static enum system
note_system(const char *name, size_t namesz, const char *desc, size_t descsz)
{
	uint32_t word;

	if (starts_with(name, namesz, "FreeBSD", sizeof("FreeBSD")))
		return (FREEBSD);
	if (starts_with(name, namesz, "NetBSD", sizeof("NetBSD")))
		return (NETBSD);
	if (starts_with(name, namesz, "OpenBSD", sizeof("OpenBSD")))
		return (OPENBSD);
	if (starts_with(name, namesz, "GNU", sizeof("GNU")) && descsz >= 4) {
		memcpy(&word, desc, sizeof(word));
		return (word == 0 ? LINUX : UNKNOWN);
	}
	return (UNKNOWN);
}

/* Whose ABI tag is among the notes of one segment? */
static enum system
notes_system(const char *data, uint64_t size)
{
	struct note_header note;
	uint64_t name, desc, end;
	enum system system;

	for (uint64_t at = 0; size - at >= sizeof(note); at = end) {
		memcpy(&note, data + at, sizeof(note));
		name = at + sizeof(note);
		desc = name + ((uint64_t)note.namesz + 3) / 4 * 4;
		end = desc + ((uint64_t)note.descsz + 3) / 4 * 4;
		if (end > size)
			break;
		if (note.type != NT_ABI_TAG)
			continue;
		system = note_system(
		    data + name, note.namesz, data + desc, note.descsz);
		if (system != UNKNOWN)
			return (system);
	}
	return (UNKNOWN);
}

static enum system
interpreter_system(const char *name, uint64_t size)
{
	static const char freebsd[] = "/libexec/ld-elf.so.1";
	static const char gnu[] = "/lib64/ld-linux-x86-64.so.2";
	static const char musl[] = "/lib/ld-musl-x86_64.so.1";

	if (starts_with(name, size, freebsd, sizeof(freebsd)))
		return (FREEBSD);
	if (starts_with(name, size, gnu, sizeof(gnu)) ||
	    starts_with(name, size, musl, sizeof(musl)))
		return (LINUX);
	return (UNKNOWN);
}

/*
 * Walk the program headers: every part of the file that they name must be
 * there.  Leaves in *system whose program this is, and in *dynamic whether it
 * names FreeBSD's dynamic linker.
 */
static const char *
check_segments(const char *data, size_t size, const struct elf_header *eh,
    enum system *system, bool *dynamic)
{
	enum system interpreter;

	struct program_header ph;
	bool loads = false;

	*system = UNKNOWN;
	*dynamic = false;
	if (eh->phnum == 0 || eh->phentsize != sizeof(ph))
		return ("it has no program headers");
	if (eh->phoff > size || (size - eh->phoff) / sizeof(ph) < eh->phnum)
		return (truncated);
	for (size_t i = 0; i < eh->phnum; i++) {
		memcpy(&ph, data + eh->phoff + i * sizeof(ph), sizeof(ph));
		if (ph.type != PT_LOAD && ph.type != PT_NOTE &&
		    ph.type != PT_INTERP)
			continue;
		if (ph.offset > size || ph.filesz > size - ph.offset)
			return (truncated);
		if (ph.type == PT_LOAD) {
			loads = true;
			if (ph.memsz < ph.filesz)
				return ("its program headers make no sense");
		}
		if (ph.type == PT_NOTE && *system == UNKNOWN)
			*system = notes_system(data + ph.offset, ph.filesz);
		if (ph.type != PT_INTERP)
			continue;
		interpreter = interpreter_system(data + ph.offset, ph.filesz);
		*dynamic = interpreter == FREEBSD;
		if (*system == UNKNOWN)
			*system = interpreter;
	}
	if (!loads)
		return ("it has nothing to load");
	return (NULL);
}

const char *
elf_check(const void *image, size_t size, bool *dynamic)
{
	const char *data = image, *reason;
	struct elf_header eh;
	enum system system;

	if (!starts_with(data, size, "\177ELF", 4))
		return (not_elf(data, size));
	if (size > EI_CLASS && data[EI_CLASS] == ELFCLASS32)
		return ("it is a 32-bit program");
	if (size < sizeof(eh))
		return (truncated);
	memcpy(&eh, data, sizeof(eh));
	if (eh.ident[EI_CLASS] != ELFCLASS64 ||
	    eh.ident[EI_DATA] != ELFDATA2LSB)
		return ("it is not a 64-bit little-endian program");
	if (eh.machine != EM_X86_64)
		return (wrong_machine(eh.machine));
	if (eh.type != ET_EXEC && eh.type != ET_DYN)
		return (wrong_type(eh.type));
	reason = check_segments(data, size, &eh, &system, dynamic);
	if (reason != NULL)
		return (reason);
	if (eh.entry == 0)
		return ("it is a shared library, not a program");
	if (eh.ident[EI_OSABI] == ELFOSABI_FREEBSD || system == FREEBSD)
		return (NULL);
	if (eh.ident[EI_OSABI] != ELFOSABI_SYSV)
		return (wrong_system(eh.ident[EI_OSABI]));
	if (system == LINUX)
		return (linux_program);
	if (system == NETBSD)
		return (wrong_system(ELFOSABI_NETBSD));
	if (system == OPENBSD)
		return (wrong_system(ELFOSABI_OPENBSD));
	return ("neither its brand nor an ABI note says that it is a FreeBSD "
		"program; most likely it is a Linux one");
}
