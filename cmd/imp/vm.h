/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef IMP_VM_H
#define IMP_VM_H

#include "imp.h"

/*
 * The streams between us and the machine, each one end of a socket pair.
 * All but the console are ports of the guest's virtio console, and have the
 * names that the run protocol gives them.
 */
enum stream {
	STREAM_STDIN,
	STREAM_STDOUT,
	STREAM_STDERR,
	STREAM_CTL,
	STREAM_TTY,
	STREAM_TRACE,
	STREAM_CONSOLE, /* the serial port: the kernel's own words */
	STREAM_COUNT
};

struct vm {
	pid_t pid;		   /* of QEMU */
	int streams[STREAM_COUNT]; /* -1: not used */
	int errors;		   /* what QEMU says on its standard error */
};

/*
 * qemu.c: start a machine whose initrd is the archive, and only with the
 * streams that this run needs.  Everything is set up so that the machine ends
 * with this process, however it ends.
 */
void vm_start(struct vm *vm, const struct options *opt,
    const struct terminal *tty, const char *qemu, const char *kernel,
    int archive);

/* QEMU's command line as far as all machines have it: what it begins with, and
 * what it ends with; debugger: -1, or a socket to wait at. */
void machine_begin(struct strings *args, const struct machine *m,
    const char *qemu, const char *type, const char *kernel);
void machine_end(struct strings *args, const struct machine *m, int debugger);
/* Start QEMU with this command line and, besides /dev/null twice and errors,
 * those of fds that aren't -1. */
pid_t qemu_start(
    const struct strings *args, const int *fds, size_t count, int errors);
/* Show the command line on standard error. */
void qemu_show(const struct strings *args);

/*
 * relay.c: carry everything between the machine and the outside until the
 * program has ended and its output is delivered.  Returns the exit status.
 */
int relay(struct vm *vm, const struct options *opt, struct terminal *tty);

/* debugger.c: a socket for QEMU to wait for GDB at; says how to get there. */
int debugger_listen(const char *kernel);
/* QEMU's arguments for it: wait there; -1: none. */
void debugger_add(struct strings *args, int fd);

/* signals.c: signals as bytes to read, so that poll(2) sees them. */
void signals_catch(void);
void signals_default(void); /* in a child, before it executes something */
int signals_next(int *freebsd);
extern int signals_fd;

#endif
