/* SPDX-License-Identifier: BSD-2-Clause */
/* SIGIO for files with O_ASYNC. */
#ifndef FILE_SIGIO_H
#define FILE_SIGIO_H

#include "file/file.h"

/* Begins, or ends, to send; nothing for files that are always ready. ENOMEM. */
int sigio_set(struct file *fp, bool on) __sleeps;
/* To whom: a process, a group if negative, nobody if 0. ESRCH;
 * EPERM: of another session. */
int sigio_set_owner(struct file *fp, int owner) __sleeps;

#endif
