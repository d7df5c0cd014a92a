/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libc.so.7: all of the C library is in the dynamic linker but for a variable
 * that each thread has its own of, which the linker can't have.
 */

/* <ctype.h> looks for a thread's locale here; NULL: it has none of its own. */
_Thread_local const void *_ThreadRuneLocale;
