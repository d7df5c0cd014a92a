/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's form of struct stat is the programs'. */
#include <sys/stat.h>

#define kstat stat
