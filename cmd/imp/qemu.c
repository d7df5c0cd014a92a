/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * QEMU: its command line, and its start.
 *
 * The machine is "microvm" without anything that Imp can do without.  All that
 * we have with the guest goes through sockets that QEMU inherits, and the
 * archive is an inherited file without a name: so nothing has a name in the
 * file system, and nothing is left when the processes are gone.
 */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "vm.h"

#define MACHINE "microvm,acpi=off,pit=off,pic=off,rtc=off,x-option-roms=off"

/* Stream to port; the console is no port. */
static const char *const port_names[STREAM_COUNT] = {
    [STREAM_STDIN] = "imp.stdin",
    [STREAM_STDOUT] = "imp.stdout",
    [STREAM_STDERR] = "imp.stderr",
    [STREAM_CTL] = "imp.ctl",
    [STREAM_TTY] = "imp.tty",
    [STREAM_TRACE] = "imp.trace",
};

static void
add_port(struct strings *args, enum stream stream, unsigned number, int fd)
{
	strings_add(args, "-chardev");
	strings_addf(args, "socket,id=s%d,fd=%d", (int)stream, fd);
	strings_add(args, "-device");
	strings_addf(args, "virtserialport,chardev=s%d,name=%s,nr=%u",
	    (int)stream, port_names[stream], number);
}

/* fds holds QEMU's ends of the streams. */
static void
add_streams(struct strings *args, const int *fds)
{
	/* Number 0 is kept for a console in the old sense. */
	unsigned ports = 1;

	for (int i = 0; i < STREAM_COUNT; i++)
		if (fds[i] >= 0 && port_names[i] != NULL)
			ports++;
	strings_add(args, "-device");
	strings_addf(args, "virtio-serial-device,max_ports=%u", ports);
	ports = 1;
	for (int i = 0; i < STREAM_COUNT; i++)
		if (fds[i] >= 0 && port_names[i] != NULL)
			add_port(args, (enum stream)i, ports++, fds[i]);
	strings_add(args, "-chardev");
	strings_addf(args, "socket,id=console,fd=%d", fds[STREAM_CONSOLE]);
	strings_add(args, "-serial");
	strings_add(args, "chardev:console");
}

void
machine_begin(struct strings *args, const struct machine *m, const char *qemu,
    const char *type, const char *kernel)
{
	strings_add(args, qemu);
	strings_add(args, "-M");
	strings_add(args, type);
	strings_add(args, "-nodefaults");
	strings_add(args, "-no-user-config");
	strings_add(args, "-no-reboot");
	strings_add(args, "-display");
	strings_add(args, "none");
	strings_add(args, "-accel");
	strings_add(args, accel_choose(m->accel));
	strings_add(args, "-cpu");
	strings_add(args, "max");
	strings_add(args, "-smp");
	strings_addf(args, "%u", m->cpus);
	strings_add(args, "-m");
	strings_addf(args, "%lluk", (unsigned long long)m->memory / 1024);
	strings_add(args, "-kernel");
	strings_add(args, kernel);
}

void
machine_end(struct strings *args, const struct machine *m, int debugger)
{
	strings_add(args, "-device");
	strings_add(args, "virtio-rng-device");
	debugger_add(args, debugger);
	for (size_t i = 0; i < m->qemu.count; i++)
		strings_add(args, m->qemu.items[i]);
}

static struct strings
command_line(const struct options *opt, const char *qemu, const char *kernel,
    const int *fds, int archive, int debugger)
{
	struct strings args = {0};

	machine_begin(&args, &opt->machine, qemu, MACHINE, kernel);
	strings_add(&args, "-initrd");
	strings_addf(&args, "/dev/fd/%d", archive);
	if (opt->machine.verbose) {
		strings_add(&args, "-append");
		strings_add(&args, "boot_verbose=YES");
	}
	add_streams(&args, fds);
	machine_end(&args, &opt->machine, debugger);
	return (args);
}

void
qemu_show(const struct strings *args)
{
	fputs("imp:", stderr);
	for (size_t i = 0; i < args->count; i++)
		fprintf(stderr, " %s", args->items[i]);
	fputc('\n', stderr);
}

/* A pair of connected sockets: ours doesn't block, QEMU's end is theirs[i]. */
static void
make_stream(struct vm *vm, int *theirs, enum stream stream)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0)
		err(EXIT_IMP, "socketpair");
	(void)fcntl(fds[0], F_SETFD, FD_CLOEXEC);
	(void)fcntl(fds[1], F_SETFD, FD_CLOEXEC);
	(void)fcntl(fds[0], F_SETFL, O_NONBLOCK);
	vm->streams[stream] = fds[0];
	theirs[stream] = fds[1];
}

/* Which streams this run needs. */
static void
make_streams(struct vm *vm, int *theirs, const struct options *opt,
    const struct terminal *tty)
{
	for (int i = 0; i < STREAM_COUNT; i++)
		vm->streams[i] = theirs[i] = -1;
	for (int fd = 0; fd < 3; fd++)
		if ((tty->mask & 1U << fd) == 0)
			make_stream(vm, theirs, (enum stream)fd);
	if (tty->mask != 0)
		make_stream(vm, theirs, STREAM_TTY);
	if (opt->trace)
		make_stream(vm, theirs, STREAM_TRACE);
	make_stream(vm, theirs, STREAM_CTL);
	make_stream(vm, theirs, STREAM_CONSOLE);
}

/*
 * In the new process.  QEMU gets a session of its own, because a ^C at the
 * terminal is for us to pass on; and it shall not outlive us.  Where the system
 * can't promise that, the guest sees imp.ctl close and stops by itself.
 */
static _Noreturn void
become_qemu(const struct strings *args, const int *fds, size_t count,
    int errors, pid_t parent)
{
	int null;

	signals_default();
	(void)setsid();
#ifdef __linux__
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
	if (getppid() != parent)
		_exit(EXIT_IMP);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	(void)dup2(null, 0);
	(void)dup2(null, 1);
	(void)dup2(errors, 2);
	for (size_t i = 0; i < count; i++)
		if (fds[i] >= 0)
			(void)fcntl(fds[i], F_SETFD, 0);
	execv(args->items[0], args->items);
	dprintf(2, "%s: %s\n", args->items[0], strerror(errno));
	_exit(EXIT_IMP);
}

pid_t
qemu_start(const struct strings *args, const int *fds, size_t count, int errors)
{
	pid_t parent = getpid(), pid;

	pid = fork();
	if (pid < 0)
		err(EXIT_IMP, "fork");
	if (pid == 0)
		become_qemu(args, fds, count, errors, parent);
	return (pid);
}

void
vm_start(struct vm *vm, const struct options *opt, const struct terminal *tty,
    const char *qemu, const char *kernel, int archive)
{
	int theirs[STREAM_COUNT + 2], errors[2], debugger;
	struct strings args;

	make_streams(vm, theirs, opt, tty);
	if (pipe(errors) != 0)
		err(EXIT_IMP, "pipe");
	for (int i = 0; i < 2; i++)
		(void)fcntl(errors[i], F_SETFD, FD_CLOEXEC);
	(void)fcntl(errors[0], F_SETFL, O_NONBLOCK);
	vm->errors = errors[0];
	debugger = opt->machine.gdb ? debugger_listen(kernel) : -1;
	args = command_line(opt, qemu, kernel, theirs, archive, debugger);
	if (opt->machine.verbose)
		qemu_show(&args);
	theirs[STREAM_COUNT] = archive;
	theirs[STREAM_COUNT + 1] = debugger;
	vm->pid = qemu_start(&args, theirs, STREAM_COUNT + 2, errors[1]);
	for (int i = 0; i < STREAM_COUNT; i++)
		if (theirs[i] >= 0)
			close(theirs[i]);
	if (debugger >= 0)
		close(debugger);
	close(errors[1]);
	close(archive);
}
