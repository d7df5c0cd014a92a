/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ABI_FREEBSD_SYSCALL_H
#define ABI_FREEBSD_SYSCALL_H

#include "amd64/frame.h"

struct thread;

typedef int syscall_fn(struct thread *td, const void *args);

struct sysent {
	const char *sy_name; /* NULL: FreeBSD has no such number */
	syscall_fn *sy_call; /* NULL: not here */
	uint8_t sy_narg;
	bool sy_quiet;	      /* not here, and nobody gets a SIGSYS for that */
	const char *sy_kinds; /* see tools/mksyscalls.awk */
};

#define SYSCALL_MAXARGS 8

extern const struct sysent sysent[];
extern const unsigned nsysent;

/* abi_syscall. */
void syscall_dispatch(struct thread *td, struct trapframe *tf) __sleeps;

/* --trace: one line in truss(1)'s format for each call. */
void syscall_trace(struct thread *td, unsigned number, const uint64_t *args,
    int error) __sleeps;
/* For a call that won't return: before it. */
void syscall_trace_last(
    struct thread *td, unsigned number, const uint64_t *args) __sleeps;
void syscall_trace_signal(struct thread *td, int sig) __sleeps;

#endif
