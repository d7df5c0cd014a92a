/* SPDX-License-Identifier: BSD-2-Clause */

/* Paths in the guest, and the host's programs and files. */

#include <err.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "imp.h"

/*
 * The absolute form of path as seen from folder, which is absolute: without
 * ".", "..", doubled or trailing slashes.  By name only; no file is looked at.
 */
char *
path_absolute(const char *folder, const char *path)
{
	char *result, *from, *to, *part;

	from =
	    path[0] == '/' ? format("%s", path) : format("%s/%s", folder, path);
	to = result = format("/%s", from);
	for (part = strtok(from, "/"); part != NULL; part = strtok(NULL, "/")) {
		if (strcmp(part, ".") == 0)
			continue;
		if (strcmp(part, "..") == 0) {
			while (to > result && *--to != '/')
				continue;
			continue;
		}
		*to++ = '/';
		memcpy(to, part, strlen(part));
		to += strlen(part);
	}
	if (to == result)
		*to++ = '/';
	*to = '\0';
	free(from);
	return (result);
}

/* Where the shell would find a program; NULL if nowhere. */
char *
path_search(const char *name)
{
	const char *path, *end;
	char *candidate;

	if (strchr(name, '/') != NULL)
		return (access(name, X_OK) == 0 ? format("%s", name) : NULL);
	path = getenv("PATH");
	if (path == NULL)
		path = "/usr/bin:/bin";
	for (;; path = end + 1) {
		end = strchrnul(path, ':');
		candidate = format("%.*s%s%s", (int)(end - path), path,
		    end == path ? "" : "/", name);
		if (access(candidate, X_OK) == 0)
			return (candidate);
		free(candidate);
		if (*end == '\0')
			return (NULL);
	}
}

/* QEMU's message about something else would be about something else. */
static void
check_kernel(const char *name)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	char magic[4];

	if (fd < 0)
		err(EXIT_IMP, "kernel %s", name);
	switch (read(fd, magic, sizeof(magic))) {
	case -1:
		err(EXIT_IMP, "kernel %s", name);
	case sizeof(magic):
		if (memcmp(magic, "\177ELF", sizeof(magic)) == 0)
			break;
		/* FALLTHROUGH */
	default:
		errx(EXIT_IMP, "kernel %s: it is not an ELF file", name);
	}
	close(fd);
}

/* The folder that this program is in; NULL: can't tell. */
static char *
own_folder(void)
{
	char *self = path_search(imp_path), *slash;

	if (self != NULL)
		self = realpath(self, NULL);
	slash = self == NULL ? NULL : strrchr(self, '/');
	if (slash == NULL)
		return (NULL);
	*slash = '\0';
	return (self);
}

/* The first of the places, seen from a folder, where there is something that
 * can be accessed so; the list ends with NULL.  NULL: there is nothing. */
static char *
first_place(const char *folder, const char *const *places, int mode)
{
	char *candidate;

	for (; *places != NULL; places++) {
		candidate = format("%s/%s", folder, *places);
		if (access(candidate, mode) == 0)
			return (candidate);
		free(candidate);
	}
	return (NULL);
}

/*
 * The kernel: the given file, or $IMP_KERNEL, or the one that was built or
 * installed along with this program.
 */
char *
path_kernel(const char *given)
{
	static const char *const places[] = {
	    "sys/MICROVM/kernel.stripped",
	    "sys/MICROVM/kernel",
	    "../lib/imp/kernel",
	    NULL,
	};
	char *folder, *kernel;

	if (given == NULL)
		given = getenv("IMP_KERNEL");
	if (given != NULL) {
		check_kernel(given);
		return (format("%s", given));
	}
	folder = own_folder();
	if (folder == NULL)
		errx(EXIT_IMP, "can't tell where the kernel is; use --kernel");
	kernel = first_place(folder, places, R_OK);
	if (kernel == NULL)
		errx(EXIT_IMP, "no kernel: %s/%s isn't there; use --kernel",
		    folder, places[0]);
	free(folder);
	return (kernel);
}

/*
 * The folder with the dynamic linker and the libraries that were built or
 * installed along with this program; NULL: there is none.
 */
char *
path_rtld(void)
{
	static const char *const places[] = {
	    "base/rtld", "../lib/imp/rtld", NULL};
	char *folder = own_folder(), *rtld;

	rtld = folder == NULL ? NULL : first_place(folder, places, R_OK | X_OK);
	free(folder);
	return (rtld);
}

/* QEMU: $IMP_QEMU, or by its usual name. */
char *
path_qemu(void)
{
	const char *name = getenv("IMP_QEMU");
	char *path;

	if (name == NULL)
		name = "qemu-system-x86_64";
	path = path_search(name);
	if (path == NULL)
		errx(EXIT_IMP, "%s isn't in PATH: QEMU is needed", name);
	return (path);
}
