/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef KERN_RUN_H
#define KERN_RUN_H

#include "lib/types.h"

/*
 * Starts process 1 and what the boot archive's imp.run asks for.  Returns;
 * the rest happens in process 1.  Without imp.run it runs init_path (or
 * /sbin/init) as process 1 on the console.
 */
void run_start(void);

/* A piece of --trace's text for the host; may sleep. */
void run_trace(const char *s, size_t n);

#endif
