/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef FILE_FILECOPY_H
#define FILE_FILECOPY_H

#include "file/file.h"

/*
 * Moves up to len bytes from one file to another, within the kernel; *moved
 * says how many, which is fewer at the end of `from`. An offset NULL: the
 * file's own; else it is used and advanced. An errno with *moved > 0 means
 * that those were moved before.
 */
int file_copy(struct thread *td, struct file *from, off_t *from_offset,
    struct file *to, off_t *to_offset, size_t len, size_t *moved) __sleeps;

#endif
