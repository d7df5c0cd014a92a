/* SPDX-License-Identifier: BSD-2-Clause */
/* Extended attributes: extattr(2). */
#ifndef _SYS_EXTATTR_H
#define _SYS_EXTATTR_H

#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define EXTATTR_NAMESPACE_EMPTY	 0
#define EXTATTR_NAMESPACE_USER	 1
#define EXTATTR_NAMESPACE_SYSTEM 2
#define EXTATTR_MAXNAMELEN	 255

ssize_t extattr_get_fd(int, int, const char *, void *, size_t);
ssize_t extattr_get_file(const char *, int, const char *, void *, size_t);
ssize_t extattr_get_link(const char *, int, const char *, void *, size_t);
ssize_t extattr_set_fd(int, int, const char *, const void *, size_t);
ssize_t extattr_set_file(const char *, int, const char *, const void *, size_t);
ssize_t extattr_set_link(const char *, int, const char *, const void *, size_t);
int extattr_delete_fd(int, int, const char *);
int extattr_delete_file(const char *, int, const char *);
int extattr_delete_link(const char *, int, const char *);
ssize_t extattr_list_fd(int, int, void *, size_t);
ssize_t extattr_list_file(const char *, int, void *, size_t);
ssize_t extattr_list_link(const char *, int, void *, size_t);

#ifdef __cplusplus
}
#endif

#endif
