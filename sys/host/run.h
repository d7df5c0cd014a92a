/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOST_RUN_H
#define HOST_RUN_H

#include "lib/types.h"

struct proc;

/* Is it a program that will run, and not a system? */
bool run_wanted(void);

/*
 * Starts process 1 and what the boot archive's imp.run asks for.  Returns;
 * the rest happens in process 1.  False: there is no imp.run.
 */
bool run_start(void) __sleeps;

/* Ends the run, and the machine, as if the program had exited so.  Returns if
 * this is no run.  Sleeps. */
void run_end(int status) __sleeps;

/* A piece of --trace's text for the host; may sleep. */
void run_trace(const char *s, size_t n) __sleeps;

#endif
