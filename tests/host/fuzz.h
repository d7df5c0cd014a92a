/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of the fuzzer share; for kernel and host headers alike. */
#ifndef HOST_FUZZ_H
#define HOST_FUZZ_H

/* Ends the program unless the parser has kept its promise. */
void check(int condition, const char *what);

/* fuzz_amd64.c */
void try_memory_map(const unsigned char *data, unsigned long size);
void try_mptable(const unsigned char *data, unsigned long size);
void good_mptable(void);

#endif
