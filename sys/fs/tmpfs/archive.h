/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef FS_TMPFS_ARCHIVE_H
#define FS_TMPFS_ARCHIVE_H

#include "lib/types.h"

/* The boot archive's first member if that is imp.run: what to run, *size
 * bytes.  NULL: there is none.  After vfs_mount_root(). */
const void *archive_run_config(size_t *size);

#endif
