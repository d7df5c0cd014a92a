/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * imp boot: a machine with disks, whose serial line is this terminal, until
 * the machine ends.
 */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vm.h"

#define ESCAPE	  1 /* ^A */
#define TAIL_SIZE 8192

enum { OPT_READONLY = OPT_OWN, OPT_SNAPSHOT };

static const struct option long_options[] = {
    {"accel", required_argument, NULL, OPT_ACCEL},
    {"append", required_argument, NULL, 'a'},
    {"cpus", required_argument, NULL, 'c'},
    {"gdb", no_argument, NULL, OPT_GDB},
    {"help", no_argument, NULL, 'h'},
    {"kernel", required_argument, NULL, OPT_KERNEL},
    {"memory", required_argument, NULL, 'm'},
    {"qemu-arg", required_argument, NULL, OPT_QEMU},
    {"readonly", no_argument, NULL, OPT_READONLY},
    {"snapshot", no_argument, NULL, OPT_SNAPSHOT},
    {"verbose", no_argument, NULL, OPT_VERBOSE},
    {NULL, 0, NULL, 0},
};

struct boot_options {
	struct machine machine;
	const char *append; /* NULL: nothing */
	bool readonly, snapshot;
	char **disks; /* NULL-terminated */
};

/* One direction of the serial line. */
struct way {
	int from, to; /* from is -1 after its end */
	size_t start, end;
	char buffer[4096];
};

static void
parse_option(struct boot_options *opt, int option, const char *value)
{
	switch (option) {
	case 'a':
		opt->append = value;
		break;
	case OPT_READONLY:
		opt->readonly = true;
		break;
	case OPT_SNAPSHOT:
		opt->snapshot = true;
		break;
	default:
		machine_option(&opt->machine,
		    option == 'k' ? OPT_KERNEL : option, value, "boot");
	}
}

/* What QEMU would say later, or not as well. */
static void
check_disk(const char *name, bool write)
{
	struct stat st;

	if (stat(name, &st) != 0)
		err(EXIT_NOTFOUND, "%s", name);
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		errx(EXIT_IMP, "%s: it is neither a file nor a disk", name);
	if (access(name, write ? R_OK | W_OK : R_OK) != 0)
		err(EXIT_IMP, "%s", name);
}

static void
parse_options(struct boot_options *opt, int argc, char **argv)
{
	static char name[] = "imp";
	int option;

	argv[0] = name;
	while ((option = getopt_long(
		    argc, argv, "a:c:hk:m:", long_options, NULL)) != -1)
		parse_option(opt, option, optarg);
	if (optind == argc)
		errx(EXIT_IMP, "no disk given; try: imp help boot");
	if (opt->readonly && opt->snapshot)
		errx(EXIT_IMP, "--readonly and --snapshot: only one of them");
	opt->disks = argv + optind;
	for (char **disk = opt->disks; *disk != NULL; disk++)
		check_disk(*disk, !opt->readonly && !opt->snapshot);
}

/* In an option of QEMU's a comma in a name is doubled. */
static char *
quote_commas(const char *name)
{
	char *quoted = malloc(2 * strlen(name) + 1), *to = quoted;

	if (quoted == NULL)
		err(EXIT_IMP, "memory");
	for (; *name != '\0'; name++) {
		*to++ = *name;
		if (*name == ',')
			*to++ = ',';
	}
	*to = '\0';
	return (quoted);
}

static void
add_disk(struct strings *args, const struct boot_options *opt, int n,
    const char *name)
{
	char *file = quote_commas(name);

	strings_add(args, "-drive");
	strings_addf(args, "id=disk%d,format=raw,if=none,file=%s%s%s", n, file,
	    opt->readonly ? ",readonly=on" : "",
	    opt->snapshot ? ",snapshot=on" : "");
	strings_add(args, "-device");
	strings_addf(args, "virtio-blk-device,drive=disk%d", n);
	free(file);
}

static struct strings
command_line(const struct boot_options *opt, const char *kernel, int serial,
    int debugger)
{
	struct strings args = {0};

	machine_begin(
	    &args, &opt->machine, path_qemu(), "microvm,acpi=off", kernel);
	if (opt->append != NULL) {
		strings_add(&args, "-append");
		strings_add(&args, opt->append);
	}
	strings_add(&args, "-chardev");
	strings_addf(&args, "socket,id=line,fd=%d", serial);
	strings_add(&args, "-serial");
	strings_add(&args, "chardev:line");
	for (int n = 0; opt->disks[n] != NULL; n++)
		add_disk(&args, opt, n, opt->disks[n]);
	machine_end(&args, &opt->machine, debugger);
	return (args);
}

static struct {
	pid_t pid;		  /* of QEMU */
	bool keys;		  /* standard input is a terminal, raw */
	bool escaped;		  /* ^A was typed */
	bool left;		  /* then x */
	char tail[TAIL_SIZE + 1]; /* the last that was shown */
	size_t tail_size;
} session;

/* What was typed, without our own keys; returns what is left of it. */
static size_t
filter_keys(char *text, size_t size)
{
	size_t kept = 0;

	for (size_t i = 0; i < size; i++) {
		char c = text[i];

		if (!session.escaped && c == ESCAPE) {
			session.escaped = true;
			continue;
		}
		if (session.escaped && c == 'x')
			session.left = true;
		else if (!session.escaped || c == ESCAPE)
			text[kept++] = c;
		session.escaped = false;
	}
	return (kept);
}

/* The end of what the machine said tells how it ended. */
static void
remember(const char *text, size_t size)
{
	size_t old = session.tail_size;

	if (size > TAIL_SIZE) {
		text += size - TAIL_SIZE;
		size = TAIL_SIZE;
	}
	if (old + size > TAIL_SIZE) {
		memmove(session.tail, session.tail + old + size - TAIL_SIZE,
		    TAIL_SIZE - size);
		old = TAIL_SIZE - size;
	}
	memcpy(session.tail + old, text, size);
	session.tail_size = old + size;
}

/* Take some from one side; an empty read is its end. */
static void
take(struct way *way)
{
	ssize_t n = read(way->from, way->buffer, sizeof(way->buffer));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		way->from = -1;
		return;
	}
	way->start = 0;
	way->end = (size_t)n;
}

static void
give(struct way *way)
{
	ssize_t n =
	    write(way->to, way->buffer + way->start, way->end - way->start);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	/* Nobody listens: it is lost, as at a serial line. */
	way->start = n < 0 ? way->end : way->start + (size_t)n;
}

/*
 * A file or pipe waits for the machine's first word: before its kernel has
 * set the serial port up, characters get lost.
 */
static bool
may_take(const struct way *in)
{
	return (
	    in->start == in->end && (session.keys || session.tail_size > 0));
}

static void
run_ways(struct way *in, struct way *out)
{
	struct pollfd fds[] = {
	    {may_take(in) ? in->from : -1, POLLIN, 0},
	    {in->start < in->end ? in->to : -1, POLLOUT, 0},
	    {out->start == out->end ? out->from : -1, POLLIN, 0},
	    {out->start < out->end ? out->to : -1, POLLOUT, 0},
	    {signals_fd, POLLIN, 0},
	};

	if (poll(fds, sizeof(fds) / sizeof(fds[0]), -1) <= 0)
		return;
	if (fds[0].revents != 0) {
		take(in);
		if (session.keys && in->end > in->start)
			in->end = filter_keys(in->buffer, in->end);
	}
	if (fds[1].revents != 0)
		give(in);
	if (fds[2].revents != 0) {
		take(out);
		if (out->end > out->start)
			remember(out->buffer, out->end);
	}
	if (fds[3].revents != 0)
		give(out);
}

/* Everything until QEMU closes the line; returns a signal that ended us, or
 * 0. */
static int
carry(int line)
{
	struct way in = {.from = 0, .to = line};
	struct way out = {.from = line, .to = 1};
	int signo, freebsd;

	while (!session.left && (out.from >= 0 || out.start < out.end)) {
		run_ways(&in, &out);
		while ((signo = signals_next(&freebsd)) != 0)
			if (signo == SIGHUP || signo == SIGINT ||
			    signo == SIGQUIT || signo == SIGTERM)
				return (signo);
	}
	return (0);
}

static bool
kernel_failed(void)
{
	static const char *const words[] = {"\npanic: ",
	    "\nThere is nothing to run.", "\nThere is no root file system."};

	session.tail[session.tail_size] = '\0';
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (memmem(session.tail, session.tail_size, words[i],
			strlen(words[i])) != NULL)
			return (true);
	return (false);
}

static int
finish(int signo)
{
	int status;

	if (session.left || signo != 0)
		(void)kill(session.pid, SIGKILL);
	while (waitpid(session.pid, &status, 0) < 0 && errno == EINTR)
		continue;
	terminal_restore();
	if (session.left) {
		fputs("\nimp: left; the machine is gone\n", stderr);
		return (0);
	}
	if (signo != 0)
		return (128 + signo);
	if (!WIFEXITED(status))
		errx(
		    EXIT_IMP, "QEMU was killed by signal %d", WTERMSIG(status));
	if (WEXITSTATUS(status) != 0 || kernel_failed())
		return (EXIT_IMP);
	return (0);
}

static void
greet(void)
{
	if (session.keys)
		fputs("imp: ^A x leaves and ends the machine, ^A ^A is a ^A\n",
		    stderr);
}

int
cmd_boot(int argc, char **argv)
{
	struct boot_options opt = {.append = NULL};
	struct terminal tty;
	struct strings args;
	int fds[2], line[2]; /* fds: QEMU's */
	char *kernel;

	open_standard();
	machine_init(&opt.machine);
	parse_options(&opt, argc, argv);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, line) != 0)
		err(EXIT_IMP, "socketpair");
	for (int i = 0; i < 2; i++)
		(void)fcntl(line[i], F_SETFD, FD_CLOEXEC);
	(void)fcntl(line[0], F_SETFL, O_NONBLOCK);
	kernel = path_kernel(opt.machine.kernel);
	fds[0] = line[1];
	fds[1] = opt.machine.gdb ? debugger_listen(kernel) : -1;
	args = command_line(&opt, kernel, fds[0], fds[1]);
	if (opt.machine.verbose)
		qemu_show(&args);
	signals_catch();
	terminal_find(&tty);
	session.keys = (tty.mask & 1) != 0;
	greet();
	session.pid = qemu_start(&args, fds, 2, 2);
	close(fds[0]);
	if (fds[1] >= 0)
		close(fds[1]);
	terminal_raw(&tty);
	return (finish(carry(line[0])));
}
