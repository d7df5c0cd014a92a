/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TTY_PTY_H
#define TTY_PTY_H

#include "file/file.h"

/* posix_openpt(2): a new pair's master. 0, ENXIO, ENFILE. */
int pty_open(struct thread *td, int flags, struct file **fpp) __sleeps;

#endif
