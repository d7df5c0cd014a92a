/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef KERN_KQUEUE_H
#define KERN_KQUEUE_H

#include "fbsd/event.h"
#include "kern/file.h"

/* A descriptor is closed: events asked for by its number are forgotten. */
void knote_fdclose(struct thread *td, int fd, struct file *fp);

#endif
