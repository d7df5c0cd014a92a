/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef IMP_ELF_H
#define IMP_ELF_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Look whether a file of size bytes, mapped at image, is a program that a
 * FreeBSD/amd64 kernel can start.  Returns NULL if so, else the reason why not
 * as a phrase that fits after "it is": nothing is printed.  image may hold
 * anything.  *dynamic: it needs FreeBSD's dynamic linker.
 */
const char *elf_check(const void *image, size_t size, bool *dynamic);

#endif
