/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * imp: run FreeBSD programs in throw-away virtual machines.
 *
 * This file knows the sub-commands; each has a file of its own.
 */

#include <stdio.h>
#include <string.h>

#include "imp.h"

#define IMP_VERSION "0.1"

static int cmd_version(int argc, char **argv);

/* The one list of sub-commands: for dispatch and for help. */
static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *usage;
	const char *what;
} commands[] = {
    {"run", cmd_run,
	"[-c CPUS] [-e NAME[=VALUE]] [-m SIZE] [-t SECONDS]\n"
	"               [-v HOSTPATH[:GUESTPATH]] [-w DIR]\n"
	"               [--accel auto|kvm|tcg] [--kernel FILE] "
	"[--qemu-arg ARG]\n"
	"               [--trace] [--trace-file FILE] [--verbose] "
	"PROGRAM [ARG...]",
	"run a FreeBSD program in a new virtual machine"},
    {"help", cmd_help, "", "show this"},
    {"version", cmd_version, "", "show the version"},
};

#define NCOMMANDS (sizeof(commands) / sizeof(commands[0]))

const char *imp_path;

static void
usage(FILE *out)
{
	fputs("usage:", out);
	for (size_t i = 0; i < NCOMMANDS; i++)
		fprintf(out, "%s imp %s %s\n", i == 0 ? "" : "      ",
		    commands[i].name, commands[i].usage);
}

int
cmd_help(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	usage(stdout);
	putchar('\n');
	for (size_t i = 0; i < NCOMMANDS; i++)
		printf("%-8s %s\n", commands[i].name, commands[i].what);
	puts("\nThe manual page imp(1) has the options.");
	return (0);
}

static int
cmd_version(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	puts("imp " IMP_VERSION);
	return (0);
}

int
main(int argc, char **argv)
{
	const char *name;

	imp_path = argv[0];
	name = argc > 1 ? argv[1] : "";
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
		name = "help";
	if (strcmp(name, "--version") == 0)
		name = "version";
	for (size_t i = 0; i < NCOMMANDS; i++)
		if (strcmp(name, commands[i].name) == 0)
			return (commands[i].run(argc - 1, argv + 1));
	if (name[0] != '\0')
		fprintf(stderr, "imp: %s: no such command\n", name);
	usage(stderr);
	return (EXIT_IMP);
}
