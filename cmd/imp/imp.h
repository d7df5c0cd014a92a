/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef IMP_H
#define IMP_H

/*
 * What the parts of the host command share.  Errors that end the command go
 * through err(3) and errx(3): one line that names the thing and the reason.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Exit statuses of our own, as env(1) and timeout(1) have them. */
enum {
	EXIT_TIMEOUT = 124, /* the time limit was reached */
	EXIT_IMP = 125,	    /* imp, QEMU or the kernel failed */
	EXIT_NOEXEC = 126,  /* the program can't be executed */
	EXIT_NOTFOUND = 127 /* there is no such program */
};

#define MAX_CPUS 16

/* A list of strings that grows; items is NULL-terminated. */
struct strings {
	char **items;
	size_t count;
};

void strings_add(struct strings *list, const char *string);
void strings_addf(struct strings *list, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
char *format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What all command lines that start a machine may say of it. */
struct machine {
	uint64_t memory;    /* bytes */
	unsigned cpus;	    /* 1 to MAX_CPUS */
	const char *accel;  /* auto, kvm, tcg */
	const char *kernel; /* file, or NULL: the one beside imp */
	bool verbose;
	bool gdb;	     /* wait for a debugger */
	struct strings qemu; /* arguments for QEMU */
};

/* Everything the command line of `imp run` says. */
struct options {
	struct machine machine;
	double limit;		/* seconds; 0: none */
	double started;		/* by the monotonic clock, seconds */
	const char *cwd;	/* the guest's folder, or NULL */
	const char *user;	/* name or number, or NULL: root */
	const char *trace_file; /* NULL: standard error */
	bool trace;
	bool dynamic;	      /* the program is dynamically linked */
	struct strings env;   /* NAME=VALUE */
	struct strings binds; /* HOSTPATH:GUESTPATH */
	char **argv;	      /* the program and its arguments */
};

/* The terminal that some of the descriptors 0 to 2 are. */
struct terminal {
	int fd;	       /* -1: there is none */
	unsigned mask; /* bit n: descriptor n is the terminal */
	unsigned rows, cols;
};

/* main.c: one function for each sub-command; argv[0] is its name. */
int cmd_boot(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_image(int argc, char **argv);
int cmd_fsck(int argc, char **argv);
int cmd_help(int argc, char **argv);
int help_command(const char *name); /* of one sub-command, to stdout */
extern const char *imp_path;	    /* argv[0] of the process */

/* paths.c */
char *path_absolute(const char *folder, const char *path);
char *path_search(const char *name);
char *path_kernel(const char *given);
char *path_rtld(void);
char *path_qemu(void);

/* options.c; values that make no sense end the command. */
/* What getopt_long(3) returns for options of struct machine that have no
 * letter; OPT_OWN: the first that a sub-command has besides. */
enum { OPT_ACCEL = 256, OPT_GDB, OPT_KERNEL, OPT_QEMU, OPT_VERBOSE, OPT_OWN };
void machine_init(struct machine *m);
/* One of these options, or 'h', of a sub-command; else the command ends. */
void machine_option(
    struct machine *m, int option, const char *value, const char *command);
void open_standard(void); /* descriptors 0 to 2, whatever they are */

/* relay.c */
double clock_seconds(void); /* the monotonic clock */

/* accel.c */
const char *accel_choose(const char *wanted);

/* guestfs.c */
int guestfs_build(
    const struct options *opt, const struct terminal *tty, int program);

/* terminal.c */
void terminal_find(struct terminal *tty);
void terminal_size(struct terminal *tty);
void terminal_raw(const struct terminal *tty);
void terminal_restore(void);
bool terminal_foreground(const struct terminal *tty);

#endif
