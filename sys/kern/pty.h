/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef KERN_PTY_H
#define KERN_PTY_H

#include "kern/file.h"

/* posix_openpt(2): a new pair's master. 0, ENXIO, ENFILE. */
int pty_open(struct thread *td, int flags, struct file **fpp);

#endif
