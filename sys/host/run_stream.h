/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ways between a program under `imp run` and the host: standard streams
 * as files, and the terminal.
 */
#ifndef HOST_RUN_STREAM_H
#define HOST_RUN_STREAM_H

#include "dev/virtio_console.h"
#include "file/file.h"
#include "host/run_config.h"

/*
 * A file on a console port that becomes descriptor number fd of the program;
 * 0, ENOMEM, ENFILE.  The host is told when it is first read, and closed.
 */
int run_stream_open(
    struct thread *td, struct vport *vp, int fd, struct file **fpp);
/* Waits until the host has taken all output of a stream. */
void run_stream_drain(int fd) __sleeps;
/* The host says that nobody reads what the program writes there. */
void run_stream_reader_gone(int fd);

/* The terminal, on a console port: 0 or ENOMEM. */
int run_tty_create(struct vport *vp, const struct run_config *rc) __sleeps;
int run_tty_open(struct thread *td, struct file **fpp) __sleeps;
/* Makes it p's, and lets the keys in: from now on ^C finds somebody. 0 or
 * ENOMEM. */
int run_tty_start(struct proc *p) __sleeps;
void run_tty_winsize(unsigned rows, unsigned cols);
void run_tty_drain(void) __sleeps;

#endif
