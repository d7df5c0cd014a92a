/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/extattr.h>

#include "syscall.h"

ssize_t
extattr_get_fd(int fd, int ns, const char *name, void *buf, size_t size)
{
	return (syscall(SYS_extattr_get_fd, fd, ns, name, buf, size));
}

ssize_t
extattr_get_file(
    const char *path, int ns, const char *name, void *buf, size_t size)
{
	return (syscall(SYS_extattr_get_file, path, ns, name, buf, size));
}

ssize_t
extattr_get_link(
    const char *path, int ns, const char *name, void *buf, size_t size)
{
	return (syscall(SYS_extattr_get_link, path, ns, name, buf, size));
}

ssize_t
extattr_set_fd(int fd, int ns, const char *name, const void *buf, size_t size)
{
	return (syscall(SYS_extattr_set_fd, fd, ns, name, buf, size));
}

ssize_t
extattr_set_file(
    const char *path, int ns, const char *name, const void *buf, size_t size)
{
	return (syscall(SYS_extattr_set_file, path, ns, name, buf, size));
}

ssize_t
extattr_set_link(
    const char *path, int ns, const char *name, const void *buf, size_t size)
{
	return (syscall(SYS_extattr_set_link, path, ns, name, buf, size));
}

int
extattr_delete_fd(int fd, int ns, const char *name)
{
	return (syscall(SYS_extattr_delete_fd, fd, ns, name));
}

int
extattr_delete_file(const char *path, int ns, const char *name)
{
	return (syscall(SYS_extattr_delete_file, path, ns, name));
}

int
extattr_delete_link(const char *path, int ns, const char *name)
{
	return (syscall(SYS_extattr_delete_link, path, ns, name));
}

ssize_t
extattr_list_fd(int fd, int ns, void *buf, size_t size)
{
	return (syscall(SYS_extattr_list_fd, fd, ns, buf, size));
}

ssize_t
extattr_list_file(const char *path, int ns, void *buf, size_t size)
{
	return (syscall(SYS_extattr_list_file, path, ns, buf, size));
}

ssize_t
extattr_list_link(const char *path, int ns, void *buf, size_t size)
{
	return (syscall(SYS_extattr_list_link, path, ns, buf, size));
}
