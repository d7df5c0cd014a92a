/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * A place where GDB finds the machine.
 *
 * We make the socket that QEMU will listen on, for two reasons: the system
 * chooses a port that is free, and nothing gets a name in the file system.
 */

#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vm.h"

/* The kernel with its symbols: beside the stripped one that we start. */
static char *
symbols_of(const char *kernel)
{
	static const char suffix[] = ".stripped";
	size_t length = strlen(kernel), cut = sizeof(suffix) - 1;
	char *path;

	if (length <= cut || strcmp(kernel + length - cut, suffix) != 0)
		return (format("%s", kernel));
	path = format("%.*s", (int)(length - cut), kernel);
	return (access(path, R_OK) == 0 ? path : format("%s", kernel));
}

int
debugger_listen(const char *kernel)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t size = sizeof(address);
	char *symbols = symbols_of(kernel);
	int fd;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    listen(fd, 1) != 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &size) != 0)
		err(EXIT_IMP, "a port for GDB");
	fprintf(stderr,
	    "imp: waiting for GDB: gdb -iex 'add-auto-load-safe-path %.*s' "
	    "-ex 'target remote localhost:%u' %s\n",
	    (int)(strrchr(symbols, '/') == NULL
		      ? 0
		      : strrchr(symbols, '/') - symbols),
	    symbols, ntohs(address.sin_port), symbols);
	return (fd);
}

void
debugger_add(struct strings *args, int fd)
{
	if (fd < 0)
		return;
	strings_add(args, "-S");
	strings_add(args, "-chardev");
	strings_addf(
	    args, "socket,id=gdb,fd=%d,server=on,wait=off,nodelay=on", fd);
	strings_add(args, "-gdb");
	strings_add(args, "chardev:gdb");
}
