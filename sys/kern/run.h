/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef KERN_RUN_H
#define KERN_RUN_H

/*
 * Starts process 1 and what the boot archive's imp.run asks for.  Returns;
 * the rest happens in process 1.  Without imp.run it runs init_path (or
 * /sbin/init) as process 1 on the console.
 */
void run_start(void);

#endif
