/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libgcc_s.so.1 is LLVM's unwinder, as it is on FreeBSD; Debian's, which was
 * built for glibc and asks for little that isn't everywhere.
 */
#include <stdarg.h>
#include <stdio.h>

int
__fprintf_chk(FILE *f, int flag, const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = vfprintf(f, format, ap);
	va_end(ap);
	return (n);
}
