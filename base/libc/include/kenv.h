/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef _KENV_H
#define _KENV_H

#ifdef __cplusplus
extern "C" {
#endif

#define KENV_GET      0
#define KENV_SET      1
#define KENV_UNSET    2
#define KENV_DUMP     3

#define KENV_MNAMELEN 128
#define KENV_MVALLEN  128

int kenv(int, const char *, char *, int);

#ifdef __cplusplus
}
#endif

#endif
