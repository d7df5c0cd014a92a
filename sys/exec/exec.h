/* SPDX-License-Identifier: BSD-2-Clause */
/* What exec.c, image.c and the ABI's stack layout share. */
#ifndef EXEC_EXEC_H
#define EXEC_EXEC_H

#include "lib/elf.h"
#include "proc/proc.h"
#include "vm/vm.h"

#define ARG_MAX 524288

/* argv and envp strings, each with its NUL, one after the other. */
struct exec_strings {
	char *text;
	size_t used, room;
	int argc, envc;
	size_t env_at; /* where environment strings begin */
};

/*
 * A program about to run, and what its process is going to be.  With all of it
 * there, the process takes it in exchange for what it has: the same fields hold
 * the old image's then.
 */
struct image {
	struct proc_image next;
	bool text;		 /* next.text counts as running */
	bool setid;		 /* other ids because of the file's mode */
	struct sigacts *sigacts; /* NULL: those of the process, unshared */
	struct fdtable *files;	 /* same */
	struct file *null;	 /* for missing descriptors, or NULL */
	char comm[MAXCOMLEN + 1];
	struct vnode *interp_vp; /* NULL: static */
	struct elf_header header;
	struct elf_phdr phdr[ELF_PHNUM_MAX];
	struct elf_image elf;
	struct elf_image interp;
	char interp_path[INTERP_PATH_MAX];
	bool interp_failed; /* what the error is about */
	char path[1024];    /* absolute, for AT_EXECPATH */
	bool fixed;	    /* abi's: the file wants no random addresses */
	uint64_t random;    /* of where its parts go; 0: nothing is */
	uint64_t base;	    /* added to the program's addresses */
	uint64_t interp_base;
	const struct abi *abi;
	uint32_t osrel; /* abi's: the release it was built for */
	struct exec_strings strings;
	uint64_t stack_pointer; /* out of abi's abi_exec_stack */
	uint64_t stack_arg;	/* %rdi at entry */
};

/*
 * The program of a new process: its parent's file and memory, shared or copied.
 * ENOMEM, with nothing to undo but by image_exit(), which lets both go.
 */
int image_fork(struct proc *p, struct proc *parent, bool share_memory) __sleeps;
void image_exit(struct proc *p) __sleeps;

/* Called when a process ends and has one thread left, which is running; needn't
 * return.  NULL: nobody wants to know. */
extern void (*exit_hook)(const struct proc *p, int code, int sig);

/* Random bits for where the program's parts go, or 0: at places of their own.
 * p: curproc; mode: of the program's file. */
uint64_t aslr_choose(
    const struct proc *p, const struct image *img, unsigned mode);

/* Reads and checks; nothing of the process changes. */
int image_read(struct thread *td, struct image *img) __sleeps;
/* Reads a note of the file, the i-th of img->elf.note, into kmem of *size
 * bytes, which the caller frees; NULL: it can't be read. */
void *image_note(const struct image *img, int i, size_t *size) __sleeps;
/* Maps segments into the new space. */
int image_map(struct image *img) __sleeps;

#endif
