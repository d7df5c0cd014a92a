/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LIB_STRERROR_H
#define LIB_STRERROR_H

/* What errno(2) says of an error number; NULL for one that doesn't exist. */
const char *error_text(int error);

#endif
