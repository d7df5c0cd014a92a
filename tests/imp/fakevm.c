/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * Stands in for QEMU and the kernel, so that imp's own part (streams, signals,
 * statuses, the archive) can be tested alone and fast: IMP_QEMU=fakevm.
 *
 * It finds the ports by the command line, reads imp.run from the archive, and
 * does what the program's first argument says.
 */

#include <err.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <fcntl.h>

static char **args; /* QEMU's */
static char action[64], parameter[64];

/* The descriptor of the chardev with this id, as in socket,id=ID,fd=N. */
static int
chardev(const char *id)
{
	char want[64];

	snprintf(want, sizeof(want), "socket,id=%s,fd=", id);
	for (char **a = args; *a != NULL; a++)
		if (strncmp(*a, want, strlen(want)) == 0)
			return (atoi(*a + strlen(want)));
	errx(3, "no chardev %s", id);
}

/* The descriptor of the port with this name; -1 if there is none. */
static int
port(const char *name)
{
	char id[32], found[32];

	for (char **a = args; *a != NULL; a++)
		if (sscanf(*a, "virtserialport,chardev=%31[^,],name=%31[^,]",
			id, found) == 2 &&
		    strcmp(found, name) == 0)
			return (chardev(id));
	return (-1);
}

static const char *
option(const char *name)
{
	for (char **a = args; *a != NULL; a++)
		if (strcmp(*a, name) == 0)
			return (a[1]);
	errx(3, "no %s", name);
}

/* imp.run is the first member: its header has 512 bytes. */
static void
read_config(void)
{
	char *text, *end, *s;
	struct stat st;
	int fd, n = 0;

	fd = open(option("-initrd"), O_RDONLY);
	if (fd < 0 || fstat(fd, &st) != 0)
		err(3, "archive");
	text = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (text == MAP_FAILED || strcmp(text, "imp.run") != 0)
		errx(3, "the archive doesn't begin with imp.run");
	end = text + 512 + strtoul(text + 124, NULL, 8);
	for (s = text + 512; s < end; s += strlen(s) + 1) {
		if (strncmp(s, "arg=", 4) != 0)
			continue;
		if (n == 1)
			snprintf(action, sizeof(action), "%s", s + 4);
		if (n == 2)
			snprintf(parameter, sizeof(parameter), "%s", s + 4);
		n++;
	}
}

static void
write_all(int fd, const char *data, size_t size)
{
	ssize_t n;

	for (; size > 0; data += n, size -= (size_t)n) {
		n = send(fd, data, size, MSG_NOSIGNAL);
		if (n < 0)
			exit(4);
	}
}

static void
tell(const char *line)
{
	write_all(port("imp.ctl"), line, strlen(line));
}

/* The next line from imp's side. */
static void
hear(char *line, size_t size)
{
	size_t n = 0;

	while (n < size - 1 && read(port("imp.ctl"), line + n, 1) == 1 &&
	       line[n] != '\n')
		n++;
	line[n] = '\0';
}

static void
copy(int from, int to)
{
	static char buffer[65536];
	ssize_t n;

	while ((n = read(from, buffer, sizeof(buffer))) > 0)
		write_all(to, buffer, (size_t)n);
}

/* parameter bytes of a pattern. */
static void
write_pattern(int to)
{
	static char buffer[65536];
	size_t left = strtoul(parameter, NULL, 10), part;

	for (size_t i = 0; i < sizeof(buffer); i++)
		buffer[i] = (char)('a' + i % 26);
	for (; left > 0; left -= part) {
		part = left < sizeof(buffer) ? left : sizeof(buffer);
		write_all(to, buffer, part);
	}
}

static void
act(void)
{
	char line[128] = "";

	if (strcmp(action, "cat") == 0) {
		tell("want 0\n");
		copy(port("imp.stdin"), port("imp.stdout"));
	} else if (strcmp(action, "archive") == 0) {
		copy(open(option("-initrd"), O_RDONLY), port("imp.stdout"));
	} else if (strcmp(action, "pattern") == 0) {
		write_pattern(port("imp.stdout"));
	} else if (strcmp(action, "both") == 0) {
		write_all(port("imp.stdout"), "out\n", 4);
		write_all(port("imp.stderr"), "err\n", 4);
	} else if (strcmp(action, "yes") == 0) {
		/* Until imp says that nobody reads. */
		while (recv(port("imp.ctl"), line, sizeof(line) - 1,
			   MSG_DONTWAIT) <= 0)
			write_all(port("imp.stdout"), "yes\n", 4);
		write_all(port("imp.stderr"), line, strlen(line));
	} else if (strcmp(action, "eof") == 0) {
		write_all(port("imp.stdout"), "x", 1);
		tell("eof 1\n");
		hear(line, sizeof(line));
	} else if (strcmp(action, "closed") == 0) {
		tell("want 0\nclosed 0\n");
		hear(line, sizeof(line));
	} else if (strcmp(action, "hear") == 0) {
		write_all(port("imp.stdout"), "ready\n", 6);
		hear(line, sizeof(line));
		write_all(port("imp.stdout"), line, strlen(line));
	} else if (strcmp(action, "late") == 0) {
		/* Hears nothing before it has read something. */
		write_all(port("imp.stdout"), "ready\n", 6);
		tell("want 0\n");
		(void)!read(port("imp.stdin"), line, 1);
		while (strcmp(line, "signal 31") != 0)
			hear(line, sizeof(line));
		write_all(port("imp.stdout"), "heard\n", 6);
	} else if (strcmp(action, "take") == 0) {
		/* Signals are taken, and change nothing. */
		write_all(port("imp.stdout"), "ready\n", 6);
		for (int i = 0; i < atoi(parameter); i++) {
			hear(line, sizeof(line));
			write_all(port("imp.stdout"), line, strlen(line));
			write_all(port("imp.stdout"), "\n", 1);
			if (strcmp(line, "signal 15") == 0)
				tell("took 15\n");
		}
		sleep(3);
	} else if (strcmp(action, "deaf") == 0) {
		write_all(port("imp.stdout"), "ready\n", 6);
		for (;;)
			pause();
	} else if (strcmp(action, "tty") == 0) {
		write_all(port("imp.tty"), "ready", 5);
		if (read(port("imp.tty"), line, 1) == 1)
			write_all(port("imp.tty"), line, 1);
	} else if (strcmp(action, "sleep") == 0) {
		write_all(port("imp.stderr"), "sleeping\n", 9);
		for (;;)
			pause();
	} else if (strcmp(action, "panic") == 0) {
		write_all(chardev("console"), "panic: on purpose\n", 18);
		exit(0);
	} else if (strcmp(action, "die") == 0) {
		fprintf(stderr, "fakevm: out of luck\n");
		exit(1);
	}
}

int
main(int argc, char **argv)
{
	(void)argc;
	args = argv;
	read_config();
	act();
	if (strcmp(action, "say") == 0)
		strcat(parameter, "\n");
	else
		strcpy(parameter, "exit 0\n");
	tell(parameter);
	/* As QEMU, which takes a moment to end: imp shall not wait for it. */
	pause();
	return (0);
}
