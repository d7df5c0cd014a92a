/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The interface that a program was built for: how it calls the kernel, what
 * its first stack and its signal frames look like, what it finds in the page
 * that all processes share.  exec chooses one by the program's file, and the
 * process points to it (p_abi); nothing else in the kernel knows which
 * interfaces there are.  One is a folder below sys/abi and adds itself.
 */
#ifndef PROC_ABI_H
#define PROC_ABI_H

#include "fbsd/signal.h"

struct image;
struct thread;
struct time_base;
struct trapframe;

/* All (!). Functions may sleep unless said. */
struct abi {
	/*
	 * First, amd64 knows: the system call in the thread's trapframe;
	 * interrupts on, td_tf set.  Leaves results in the frame; the caller
	 * goes through ast() if td_flags asks for it.
	 */
	void (*abi_syscall)(struct thread *td, struct trapframe *tf);
	const char *abi_name;
	void (*abi_init)(void); /* at boot */
	/* Is the program, with headers read, for this interface? May note in
	 * the image what only this interface understands. */
	bool (*abi_recognize)(struct image *img);
	/* Maps stack and shared page into the image's space and writes strings
	 * and vectors there. 0 or an errno. */
	int (*abi_exec_stack)(struct thread *td, struct image *img);
	/* Makes the frame that a handler runs on; kills on a bad stack. */
	void (*abi_sendsig)(struct thread *td, const struct sigaction *sa,
	    const struct siginfo *info, const sigset_t *oldmask);
	/* The thread won't return to user mode: who waits there for what it
	 * holds hears of it.  Its memory is still there. */
	void (*abi_thread_exit)(struct thread *td);
	/* The time's base has changed; doesn't sleep. */
	void (*abi_publish_time)(const struct time_base *tb);
};
SET_DECLARE(abi);
#define ABI_SET(a) LINKER_SET(abi, a)

void abi_init(void); /* all of them */

#endif
