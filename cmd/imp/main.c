/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * imp: run FreeBSD programs in throw-away virtual machines.
 *
 * This file knows the sub-commands; each has a file of its own.
 */

#include <err.h>
#include <stdio.h>
#include <string.h>

#include "imp.h"

#define IMP_VERSION "0.1"

static int cmd_version(int argc, char **argv);

#define RUN_USAGE                                                              \
	"[-c CPUS] [-e NAME[=VALUE]] [-m SIZE] [-t SECONDS] [-u USER]\n"       \
	"               [-v HOSTPATH[:GUESTPATH]] [-w DIR]\n"                  \
	"               [--accel auto|kvm|tcg] [--gdb] [--kernel FILE]\n"      \
	"               [--qemu-arg ARG] [--trace] [--trace-file FILE]\n"      \
	"               [--verbose] PROGRAM [ARG...]"

#define RUN_OPTIONS                                                            \
	"  -c, --cpus CPUS      processors, 1 to 16 (all that the host has)\n" \
	"  -e, --env NAME=VALUE set a variable; NAME: to what it is here\n"    \
	"  -h, --help           show this\n"                                   \
	"  -m, --memory SIZE    memory: 64m, 1g (256m)\n"                      \
	"  -t, --time SECONDS   end the program after so long\n"               \
	"  -u, --user USER      who the program runs as, name or number "      \
	"(root)\n"                                                             \
	"  -v, --volume HOSTPATH[:GUESTPATH]\n"                                \
	"                       copy a file or folder into the machine\n"      \
	"  -w, --workdir DIR    the program's working folder (/)\n"            \
	"      --accel NAME     auto, kvm or tcg (auto)\n"                     \
	"      --gdb            wait for GDB, and say how to start it\n"       \
	"      --kernel FILE    the kernel to start\n"                         \
	"      --qemu-arg ARG   a further argument for QEMU\n"                 \
	"      --trace          show each system call on standard error\n"     \
	"      --trace-file FILE\n"                                            \
	"                       write them to a file\n"                        \
	"      --verbose        show QEMU's arguments and the kernel's "       \
	"words\n"

#define BOOT_USAGE                                                             \
	"[-a KERNEL-ARGS] [-c CPUS] [-k KERNEL] [-m SIZE]\n"                   \
	"                [--accel auto|kvm|tcg] [--gdb] "                      \
	"[--qemu-arg ARG]\n"                                                   \
	"                [--readonly | --snapshot] [--verbose] DISK..."

#define BOOT_OPTIONS                                                           \
	"  -a, --append ARGS    the kernel's arguments\n"                      \
	"  -c, --cpus CPUS      processors, 1 to 16 (all that the host has)\n" \
	"  -h, --help           show this\n"                                   \
	"  -k, --kernel FILE    the kernel to start: Imp or another for PVH\n" \
	"  -m, --memory SIZE    memory: 64m, 1g (256m)\n"                      \
	"      --accel NAME     auto, kvm or tcg (auto)\n"                     \
	"      --gdb            wait for GDB, and say where\n"                 \
	"      --qemu-arg ARG   a further argument for QEMU\n"                 \
	"      --readonly       the disks can't be written\n"                  \
	"      --snapshot       what is written isn't kept\n"                  \
	"      --verbose        show QEMU's arguments\n"

#define IMAGE_USAGE                                                            \
	"create -o DISK [-s SIZE] [--label NAME] [--mtree FILE] FOLDER\n"      \
	"       imp image ls DISK[:PARTITION] [PATH...]\n"                     \
	"       imp image cat DISK[:PARTITION] PATH...\n"                      \
	"       imp image cp DISK[:PARTITION] PATH... TO\n"                    \
	"       imp image fsck [-f] [-n | -p | -y] DISK[:PARTITION]"

#define IMAGE_OPTIONS                                                          \
	"  -o, --output DISK    the file to make (create)\n"                   \
	"  -s, --size SIZE      how large: 512m, 4g (what is needed, and "     \
	"room)\n"                                                              \
	"      --label NAME     the partition's label, below /dev/gpt "        \
	"(rootfs)\n"                                                           \
	"      --mtree FILE     owners and modes, instead of root's and the "  \
	"files'\n"

#define FSCK_OPTIONS                                                           \
	"  -f                   with -p: check also what is marked clean\n"    \
	"  -n                   change nothing (on a terminal it asks)\n"      \
	"  -p                   repair what is harmless, or nothing\n"         \
	"  -y                   repair everything\n"

/* The one list of sub-commands: for dispatch and for help. */
static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *usage;
	const char *what;
	const char *options;
} commands[] = {
    {"run", cmd_run, RUN_USAGE,
	"run a FreeBSD program in a new virtual machine", RUN_OPTIONS},
    {"boot", cmd_boot, BOOT_USAGE, "boot a system from disks", BOOT_OPTIONS},
    {"fsck", cmd_fsck, "[-f] [-n | -p | -y] DISK[:PARTITION]",
	"check a UFS file system, and repair it", FSCK_OPTIONS},
    {"image", cmd_image, IMAGE_USAGE,
	"make a disk, or show what is on one without starting it",
	IMAGE_OPTIONS},
    {"help", cmd_help, "[COMMAND]", "show how imp, or a command, is used",
	NULL},
    {"version", cmd_version, "", "show the version", NULL},
};

#define NCOMMANDS (sizeof(commands) / sizeof(commands[0]))

const char *imp_path;

static const struct command *
find_command(const char *name)
{
	for (size_t i = 0; i < NCOMMANDS; i++)
		if (strcmp(name, commands[i].name) == 0)
			return (&commands[i]);
	return (NULL);
}

static void
usage(const struct command *command, const char *before)
{
	bool bare = command->usage[0] == '\0';

	printf("%s imp %s%s%s\n", before, command->name, bare ? "" : " ",
	    command->usage);
}

/* All that was printed; its return value is that of its caller. */
static int
written(void)
{
	if (fflush(stdout) != 0)
		err(EXIT_IMP, "standard output");
	return (0);
}

int
help_command(const char *name)
{
	const struct command *command = find_command(name);

	if (command == NULL)
		errx(EXIT_IMP, "%s: no such command; try: imp help", name);
	usage(command, "usage:");
	printf("\n%s: %s\n", command->name, command->what);
	if (command->options != NULL)
		printf("\n%s", command->options);
	puts("\nThe manual page imp(1) says more.");
	return (written());
}

int
cmd_help(int argc, char **argv)
{
	if (argc > 2)
		errx(EXIT_IMP, "help: %s: one command at a time", argv[2]);
	if (argc == 2)
		return (help_command(argv[1]));
	for (size_t i = 0; i < NCOMMANDS; i++)
		usage(&commands[i], i == 0 ? "usage:" : "      ");
	putchar('\n');
	for (size_t i = 0; i < NCOMMANDS; i++)
		printf("%-8s %s\n", commands[i].name, commands[i].what);
	puts("\nimp help COMMAND has its options, the manual page imp(1) "
	     "more.");
	return (written());
}

static int
cmd_version(int argc, char **argv)
{
	if (argc > 1)
		errx(EXIT_IMP, "version: %s: no arguments are taken", argv[1]);
	puts("imp " IMP_VERSION);
	return (written());
}

int
main(int argc, char **argv)
{
	const struct command *command;
	const char *name;

	imp_path = argv[0];
	if (argc < 2)
		errx(EXIT_IMP, "no command given; try: imp help");
	name = argv[1];
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
		name = "help";
	if (strcmp(name, "--version") == 0)
		name = "version";
	command = find_command(name);
	if (command == NULL)
		errx(EXIT_IMP, "%s: no such %s; try: imp help", name,
		    name[0] == '-' ? "option" : "command");
	return (command->run(argc - 1, argv + 1));
}
