/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * imp run: understand the options, look at the program, put a machine around
 * it, and be its face to the outside until it ends.
 */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "elf.h"
#include "imp.h"
#include "vm.h"

/* What the kernel needs for itself, its tables, and the program's stack. */
#define KERNEL_MEMORY (UINT64_C(6) << 20)

enum { OPT_TRACE = OPT_OWN, OPT_FILE };

static const struct option long_options[] = {
    {"accel", required_argument, NULL, OPT_ACCEL},
    {"cpus", required_argument, NULL, 'c'},
    {"env", required_argument, NULL, 'e'},
    {"gdb", no_argument, NULL, OPT_GDB},
    {"help", no_argument, NULL, 'h'},
    {"kernel", required_argument, NULL, OPT_KERNEL},
    {"memory", required_argument, NULL, 'm'},
    {"qemu-arg", required_argument, NULL, OPT_QEMU},
    {"time", required_argument, NULL, 't'},
    {"trace", no_argument, NULL, OPT_TRACE},
    {"trace-file", required_argument, NULL, OPT_FILE},
    {"user", required_argument, NULL, 'u'},
    {"verbose", no_argument, NULL, OPT_VERBOSE},
    {"volume", required_argument, NULL, 'v'},
    {"workdir", required_argument, NULL, 'w'},
    {NULL, 0, NULL, 0},
};

static double
parse_limit(const char *text)
{
	double seconds;
	char *end;

	seconds = strtod(text, &end);
	if (end == text || *end != '\0' || !(seconds > 0 && seconds < 1e9))
		errx(EXIT_IMP, "-t %s: not a number of seconds", text);
	return (seconds);
}

/* NAME=VALUE, or NAME for the value that it has here. */
static void
add_variable(struct strings *env, const char *text)
{
	const char *value;

	if (text[0] == '\0' || text[0] == '=')
		errx(EXIT_IMP, "-e %s: no name", text);
	if (strchr(text, '=') != NULL) {
		strings_add(env, text);
		return;
	}
	value = getenv(text);
	if (value != NULL)
		strings_addf(env, "%s=%s", text, value);
}

static void
parse_option(struct options *opt, int option, const char *value)
{
	switch (option) {
	case 'e':
		add_variable(&opt->env, value);
		break;
	case 't':
		opt->limit = parse_limit(value);
		break;
	case 'u':
		opt->user = value;
		break;
	case 'v':
		strings_add(&opt->binds, value);
		break;
	case 'w':
		opt->cwd = value;
		break;
	case OPT_FILE:
		opt->trace_file = value;
		opt->trace = true;
		break;
	case OPT_TRACE:
		opt->trace = true;
		break;
	default:
		machine_option(&opt->machine, option, value, "run");
	}
}

static void
parse_options(struct options *opt, int argc, char **argv)
{
	static char name[] = "imp";
	int option;

	/* What messages of getopt_long(3) begin with. */
	argv[0] = name;
	/* "+": what follows the program's name is the program's. */
	while ((option = getopt_long(
		    argc, argv, "+c:e:hm:t:u:v:w:", long_options, NULL)) != -1)
		parse_option(opt, option, optarg);
	if (optind == argc)
		errx(EXIT_IMP, "no program given; try: imp help run");
	opt->argv = argv + optind;
}

/*
 * Open the program, and be sure that FreeBSD can run it, so far as that can be
 * seen from here.  Returns the descriptor; *dynamic: it needs FreeBSD's dynamic
 * linker.
 */
static int
open_program(const char *name, bool *dynamic)
{
	const char *reason;
	struct stat st;
	void *image;
	int fd;

	if (stat(name, &st) != 0)
		err(errno == ENOENT || errno == ENOTDIR ? EXIT_NOTFOUND
							: EXIT_NOEXEC,
		    "%s", name);
	if (S_ISDIR(st.st_mode))
		errx(EXIT_NOEXEC, "%s: it is a directory", name);
	if (!S_ISREG(st.st_mode))
		errx(EXIT_NOEXEC, "%s: it is not a regular file", name);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0)
		err(EXIT_NOEXEC, "%s: can't read it", name);
	image = NULL;
	if (st.st_size > 0) {
		image = mmap(
		    NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (image == MAP_FAILED)
			err(EXIT_NOEXEC, "%s: can't read it", name);
	}
	reason = elf_check(image, (size_t)st.st_size, dynamic);
	if (reason != NULL)
		errx(EXIT_NOEXEC, "%s: %s", name, reason);
	if (access(name, X_OK) != 0)
		err(EXIT_NOEXEC, "%s: can't execute it", name);
	(void)munmap(image, (size_t)st.st_size);
	return (fd);
}

static void
check_memory(const struct options *opt, int archive)
{
	uint64_t needed;
	struct stat st;

	if (fstat(archive, &st) != 0)
		err(EXIT_IMP, "archive");
	needed = (uint64_t)st.st_size + KERNEL_MEMORY;
	if (needed > opt->machine.memory)
		errx(EXIT_IMP,
		    "%s: not enough memory: %llum given, %llum needed (-m)",
		    opt->argv[0], (unsigned long long)opt->machine.memory >> 20,
		    (unsigned long long)((needed >> 20) + 1));
}

int
cmd_run(int argc, char **argv)
{
	struct options opt = {.started = clock_seconds()};
	struct terminal tty;
	char *kernel, *qemu;
	int program, archive;
	struct vm vm;

	open_standard();
	machine_init(&opt.machine);
	parse_options(&opt, argc, argv);
	program = open_program(opt.argv[0], &opt.dynamic);
	kernel = path_kernel(opt.machine.kernel);
	qemu = path_qemu();
	terminal_find(&tty);
	archive = guestfs_build(&opt, &tty, program);
	close(program);
	check_memory(&opt, archive);
	signals_catch();
	vm_start(&vm, &opt, &tty, qemu, kernel, archive);
	return (relay(&vm, &opt, &tty));
}
