/* SPDX-License-Identifier: BSD-2-Clause */
/* The auxiliary vector: FreeBSD's sys/elf_common.h. */
#ifndef ABI_FREEBSD_AUXV_H
#define ABI_FREEBSD_AUXV_H

#define AT_NULL		0
#define AT_PHDR		3
#define AT_PHENT	4
#define AT_PHNUM	5
#define AT_PAGESZ	6
#define AT_BASE		7
#define AT_FLAGS	8
#define AT_ENTRY	9
#define AT_EXECPATH	15
#define AT_CANARY	16
#define AT_CANARYLEN	17
#define AT_OSRELDATE	18
#define AT_NCPUS	19
#define AT_PAGESIZES	20
#define AT_PAGESIZESLEN 21
#define AT_TIMEKEEP	22
#define AT_STACKPROT	23
#define AT_EHDRFLAGS	24
#define AT_HWCAP	25
#define AT_HWCAP2	26
#define AT_BSDFLAGS	27
#define AT_ARGC		28
#define AT_ARGV		29
#define AT_ENVC		30
#define AT_ENVV		31
#define AT_PS_STRINGS	32
#define AT_USRSTACKBASE 35
#define AT_USRSTACKLIM	36

#endif
