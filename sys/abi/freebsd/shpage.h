/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The page that all processes share, read-only and executable: the code that
 * calls signal handlers, and the time.  exec maps it, and puts the addresses
 * of the two into vs_sigcode and vs_timekeep.
 */
#ifndef ABI_FREEBSD_SHPAGE_H
#define ABI_FREEBSD_SHPAGE_H

#define SHPAGE_TIMEKEEP 0x000
#define SHPAGE_SIGCODE	0x800

#endif
