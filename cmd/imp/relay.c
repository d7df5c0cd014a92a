/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * Between the machine and the world: one loop around poll(2) that carries
 * streams (flow.c), passes signals on, keeps the time, and listens to what the
 * guest says on imp.ctl:
 *
 *	want 0		the program reads its standard input: send it
 *	closed 0	nobody there reads it any more
 *	eof N		no more output on descriptor N; all of it was sent
 *	took N		signal N was given to the program
 *	exit N, signal N, fail CODE TEXT	the end
 *
 * and what we say to the guest:
 *
 *	signal N	FreeBSD's number, for the program
 *	winsize ROWS COLS
 *	closed N	the reader of output N has gone
 *
 * Before it says that the program ended, the guest has handed over all output:
 * it is in our sockets, or was delivered.  So then the machine can be stopped
 * at once, and what is in the sockets is still delivered.
 *
 * What a signal does is the program's choice, so we only pass it on; but a
 * guest that doesn't take it is hung, and ended by us.
 */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "flow.h"
#include "vm.h"

/* How long a program may take to end after the time limit, seconds. */
#define GRACE 1.0

/*
 * How long the guest may take to take a signal, seconds; and from when on the
 * same signal again, before it was taken, means that somebody has lost
 * patience.  Before that it is the same one twice: timeout(1) sends it to the
 * process and to its group.
 */
#define TAKING 2.0
#define REPEAT 0.2

enum {
	IN,
	OUT,
	ERR,
	TTY_IN,
	TTY_OUT,
	TRACE,
	CONSOLE,
	ERRORS, /* of QEMU */
	FLOW_COUNT
};

/* What the guest reported as the end. */
enum outcome { RUNNING, EXITED, KILLED, FAILED };

struct relay {
	struct vm *vm;
	const struct options *opt;
	struct terminal *tty;
	struct flow flows[FLOW_COUNT];
	struct flow_tail console, errors;
	bool ending[3]; /* close our descriptor when its flow is drained */

	int ctl;	  /* -1: closed */
	char heard[1024]; /* an unfinished line of the guest's */
	size_t heard_size;
	char *say; /* what waits to be sent to the guest */
	size_t say_size, say_room;

	enum outcome outcome;
	int status;	/* of EXITED, KILLED, FAILED */
	char *reason;	/* of FAILED */
	bool want;	/* the program has asked for input */
	bool qemu_gone; /* and reaped; its status: */
	int qemu_status;
	bool timed_out;
	bool abandoned; /* the grace is over as well */
	double deadline;

	int asked; /* the signal that the guest hasn't taken yet, or 0 */
	double asked_at;
	int ended_by; /* it, when we ended the machine because of it */
};

double
clock_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return ((double)t.tv_sec + (double)t.tv_nsec / 1e9);
}

static void
send_lines(struct relay *r)
{
	ssize_t n;

	if (r->ctl < 0 || r->say_size == 0)
		return;
	n = send(r->ctl, r->say, r->say_size, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n > 0) {
		r->say_size -= (size_t)n;
		memmove(r->say, r->say + n, r->say_size);
	}
}

/* A line for the guest, which may not listen yet: it waits for it. */
static void __attribute__((format(printf, 2, 3)))
tell(struct relay *r, const char *fmt, ...)
{
	char line[64];
	va_list args;
	size_t n;

	va_start(args, fmt);
	n = (size_t)vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	if (r->say_size + n > r->say_room) {
		r->say_room = 2 * r->say_room + sizeof(line);
		r->say = realloc(r->say, r->say_room);
		if (r->say == NULL)
			err(EXIT_IMP, "memory");
	}
	memcpy(r->say + r->say_size, line, n);
	r->say_size += n;
	send_lines(r);
}

/* A descriptor of ours is of no more use to anybody: let the other end know. */
static void
close_standard(int fd)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null >= 0) {
		(void)dup2(null, fd);
		close(null);
	}
}

static void
end_machine(struct relay *r)
{
	if (!r->qemu_gone)
		(void)kill(r->vm->pid, SIGKILL);
}

static void
ended(struct relay *r, enum outcome outcome, int status)
{
	if (r->outcome != RUNNING || r->ended_by != 0)
		return;
	r->outcome = outcome;
	r->status = status;
	r->asked = 0;
	flow_stop(&r->flows[IN]);
	flow_stop(&r->flows[TTY_IN]);
	end_machine(r);
}

/* One line from the guest, which may be anything. */
static void
hear_line(struct relay *r, char *line)
{
	int n, at = 0;

	if (strcmp(line, "want 0") == 0)
		r->want = true;
	else if (strcmp(line, "closed 0") == 0) {
		r->flows[IN].start = r->flows[IN].end = 0;
		if (r->flows[IN].from >= 0)
			close_standard(0);
		flow_stop(&r->flows[IN]);
	} else if (sscanf(line, "eof %d", &n) == 1 && n >= 1 && n <= 2)
		r->ending[n] = true;
	else if (sscanf(line, "took %d", &n) == 1) {
		if (n == r->asked)
			r->asked = 0;
	} else if (sscanf(line, "exit %d", &n) == 1)
		ended(r, EXITED, n & 0xff);
	else if (sscanf(line, "signal %d", &n) == 1 && n > 0 && n < 128)
		ended(r, KILLED, n);
	else if (sscanf(line, "fail %d %n", &n, &at) == 1 && at > 0) {
		r->reason = format("%s", line + at);
		ended(r, FAILED,
		    n >= EXIT_IMP && n <= EXIT_NOTFOUND ? n : EXIT_IMP);
	} else if (r->opt->machine.verbose)
		warnx("the guest said: %s", line);
}

static void
hear(struct relay *r)
{
	char *line, *end;
	ssize_t n;

	for (;;) {
		/* A line that fills the buffer is cut. */
		if (r->heard_size == sizeof(r->heard) - 1)
			r->heard[r->heard_size - 1] = '\n';
		else {
			n = read(r->ctl, r->heard + r->heard_size,
			    sizeof(r->heard) - 1 - r->heard_size);
			if (n < 0 && (errno == EAGAIN || errno == EINTR))
				return;
			if (n <= 0) {
				close(r->ctl);
				r->ctl = -1;
				return;
			}
			r->heard_size += (size_t)n;
		}
		line = r->heard;
		while (
		    (end = memchr(line, '\n',
			 r->heard_size - (size_t)(line - r->heard))) != NULL) {
			*end = '\0';
			hear_line(r, line);
			line = end + 1;
		}
		r->heard_size -= (size_t)(line - r->heard);
		memmove(r->heard, line, r->heard_size);
	}
}

/* After a stop, or being put into the foreground. */
static void
continued(struct relay *r)
{
	terminal_restore();
	if ((r->tty->mask & 1) != 0)
		terminal_raw(r->tty);
	terminal_size(r->tty);
	tell(r, "winsize %u %u\n", r->tty->rows, r->tty->cols);
}

/* The end by force, as if the signal had killed us: says why. */
static void
give_up(struct relay *r, const char *why)
{
	warnx("%s: ended by signal %d: %s", r->opt->argv[0], r->asked, why);
	r->ended_by = r->asked;
	r->abandoned = true;
	end_machine(r);
}

/* A signal that asks for the end.  These have one number everywhere. */
static void
ask(struct relay *r, int signo)
{
	double now = clock_seconds();

	if (r->abandoned)
		return;
	if (r->asked == signo && now - r->asked_at >= REPEAT) {
		give_up(r, "it came twice, and the machine doesn't answer");
		return;
	}
	if (r->asked == 0) {
		r->asked = signo;
		r->asked_at = now;
	}
	/* What still runs are our own pipes, to someone who doesn't read. */
	if (r->ctl < 0 || r->outcome != RUNNING)
		give_up(r, "not all of the output was delivered");
}

static void
handle_signals(struct relay *r)
{
	int signo, freebsd;

	while ((signo = signals_next(&freebsd)) != 0) {
		if (freebsd != 0) {
			tell(r, "signal %d\n", freebsd);
			if (signo == SIGTERM || signo == SIGINT ||
			    signo == SIGHUP || signo == SIGQUIT)
				ask(r, signo);
		} else if (signo == SIGCHLD) {
			if (!r->qemu_gone &&
			    waitpid(r->vm->pid, &r->qemu_status, WNOHANG) ==
				r->vm->pid)
				r->qemu_gone = true;
		} else if (signo == SIGTSTP) {
			terminal_restore();
			(void)raise(SIGSTOP);
		} else if (signo == SIGCONT && r->tty->mask != 0)
			continued(r);
		else if (signo == SIGWINCH && r->tty->mask != 0) {
			terminal_size(r->tty);
			tell(r, "winsize %u %u\n", r->tty->rows, r->tty->cols);
		}
	}
}

static void
check_asked(struct relay *r)
{
	if (r->asked == 0 || r->abandoned ||
	    clock_seconds() < r->asked_at + TAKING)
		return;
	/* If it was us who slept, the answer is there. */
	if (r->ctl >= 0)
		hear(r);
	if (r->asked != 0)
		give_up(r, "the machine doesn't answer");
}

static void
check_time(struct relay *r)
{
	check_asked(r);
	if (r->deadline == 0 || clock_seconds() < r->deadline)
		return;
	if (!r->timed_out) {
		r->timed_out = true;
		r->deadline += GRACE;
		tell(r, "signal 15\n");
	} else {
		r->abandoned = true;
		end_machine(r);
	}
}

/* Milliseconds until check_time() has something to do, for poll(2). */
static int
time_left(const struct relay *r)
{
	double next = r->deadline, left;

	if (r->asked != 0 && (next == 0 || r->asked_at + TAKING < next))
		next = r->asked_at + TAKING;
	if (next == 0 || r->abandoned)
		return (-1);
	left = (next - clock_seconds()) * 1e3;
	/* Rounded up, not to come too early and go round once more. */
	return (left < 0 ? 0 : left > 1e9 ? 1000000000 : (int)left + 1);
}

/* What follows from the flows' new state. */
static void
look_at_flows(struct relay *r)
{
	bool foreground;

	for (int i = OUT; i <= ERR; i++) {
		if (r->flows[i].broken) {
			r->flows[i].broken = false;
			tell(r, "closed %d\n", i);
			close_standard(i);
		}
		if (r->ending[i] && flow_drained(&r->flows[i])) {
			r->ending[i] = false;
			flow_drop(&r->flows[i]);
			close_standard(i);
		}
	}
	r->flows[IN].paused = !r->want;
	if (r->flows[TTY_IN].from < 0)
		return;
	foreground = terminal_foreground(r->tty);
	r->flows[TTY_IN].paused = !foreground;
	if (foreground)
		terminal_raw(r->tty);
	else if (r->want) {
		/* A background job that reads the terminal is stopped. */
		r->want = false;
		(void)raise(SIGSTOP);
	}
}

/* Wait for something to happen, and do what it asks for. */
static void
step(struct relay *r)
{
	struct pollfd fds[FLOW_COUNT * FLOW_POLL + 2];
	int counts[FLOW_COUNT], count = 0, extra;

	for (int i = 0; i < FLOW_COUNT; i++)
		count += counts[i] = flow_poll(&r->flows[i], fds + count);
	extra = count;
	fds[count++] = (struct pollfd){signals_fd, POLLIN, 0};
	if (r->ctl >= 0)
		fds[count++] = (struct pollfd){r->ctl,
		    (short)(r->say_size > 0 ? POLLIN | POLLOUT : POLLIN), 0};
	if (poll(fds, (nfds_t)count, time_left(r)) < 0) {
		if (errno != EINTR)
			err(EXIT_IMP, "poll");
		return;
	}
	if (fds[extra].revents != 0)
		handle_signals(r);
	count = 0;
	for (int i = 0; i < FLOW_COUNT; i++) {
		flow_run(&r->flows[i], fds + count, counts[i]);
		count += counts[i];
	}
	if (r->ctl >= 0 && fds[extra + 1].revents != 0) {
		send_lines(r);
		hear(r);
	}
	check_time(r);
	look_at_flows(r);
}

static bool
finished(const struct relay *r)
{
	if (r->abandoned)
		return (r->qemu_gone);
	for (int i = OUT; i < FLOW_COUNT; i++)
		if (i != TTY_IN && !flow_done(&r->flows[i]))
			return (false);
	return (r->qemu_gone && r->ctl < 0);
}

static void
start_flows(struct relay *r)
{
	const int *streams = r->vm->streams;
	struct flow *f = r->flows;
	int trace = 2, keyboard;

	if (r->opt->trace_file != NULL) {
		trace = open(r->opt->trace_file,
		    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
		if (trace < 0)
			err(EXIT_IMP, "%s", r->opt->trace_file);
	}
	keyboard = (r->tty->mask & 1) != 0 ? 0 : -1;
	flow_init(
	    &f[IN], streams[STREAM_STDIN] < 0 ? -1 : 0, streams[STREAM_STDIN]);
	flow_init(&f[OUT], streams[STREAM_STDOUT], 1);
	flow_init(&f[ERR], streams[STREAM_STDERR], 2);
	flow_init(&f[TTY_IN], keyboard, streams[STREAM_TTY]);
	flow_init(&f[TTY_OUT], streams[STREAM_TTY], r->tty->fd);
	flow_init(&f[TRACE], streams[STREAM_TRACE], trace);
	flow_init(&f[CONSOLE], streams[STREAM_CONSOLE],
	    r->opt->machine.verbose ? 2 : -1);
	flow_init(&f[ERRORS], r->vm->errors, r->opt->machine.verbose ? 2 : -1);
	f[IN].to_end = true;
	f[CONSOLE].tail = &r->console;
	f[ERRORS].tail = &r->errors;
}

/* The machine ended, and the guest didn't say why. */
static void
report_failure(const struct relay *r)
{
	const struct flow_tail *said = &r->errors;
	int length;

	if (said->size > 0) {
		length = (int)strcspn(said->text, "\n");
		errx(EXIT_IMP, "%.*s", length, said->text);
	}
	if (r->console.size > 0) {
		warnx("the kernel failed%s",
		    r->opt->machine.verbose ? "" : ", and said:");
		if (!r->opt->machine.verbose)
			(void)fwrite(
			    r->console.text, 1, r->console.size, stderr);
		exit(EXIT_IMP);
	}
	if (WIFSIGNALED(r->qemu_status))
		errx(EXIT_IMP, "QEMU was killed by signal %d",
		    WTERMSIG(r->qemu_status));
	errx(EXIT_IMP, "the machine ended before the program did");
}

/*
 * As a shell says it, which is silent about SIGINT and SIGPIPE: the user knows.
 * The words are FreeBSD's.
 */
static void
report_signal(const struct relay *r)
{
	static const char *const words[] = {[1] = "Hangup",
	    [3] = "Quit",
	    [4] = "Illegal instruction",
	    [5] = "Trace/BPT trap",
	    [6] = "Abort trap",
	    [7] = "EMT trap",
	    [8] = "Floating point exception",
	    [9] = "Killed",
	    [10] = "Bus error",
	    [11] = "Segmentation fault",
	    [12] = "Bad system call",
	    [14] = "Alarm clock",
	    [15] = "Terminated",
	    [24] = "Cputime limit exceeded",
	    [25] = "Filesize limit exceeded",
	    [26] = "Virtual timer expired",
	    [27] = "Profiling timer expired",
	    [30] = "User defined signal 1",
	    [31] = "User defined signal 2"};
	int n = r->status;

	if (n == 2 || n == 13)
		return;
	if (n < (int)(sizeof(words) / sizeof(words[0])) && words[n] != NULL)
		warnx("%s: %s", r->opt->argv[0], words[n]);
	else
		warnx("%s: ended by signal %d", r->opt->argv[0], n);
}

static int
exit_status(const struct relay *r)
{
	if (r->timed_out)
		return (EXIT_TIMEOUT);
	if (r->ended_by != 0)
		return (128 + r->ended_by);
	switch (r->outcome) {
	case EXITED:
		return (r->status);
	case KILLED:
		report_signal(r);
		return (128 + r->status);
	case FAILED:
		warnx("%s: %s", r->opt->argv[0], r->reason);
		return (r->status);
	default:
		report_failure(r);
		return (EXIT_IMP);
	}
}

int
relay(struct vm *vm, const struct options *opt, struct terminal *tty)
{
	static struct relay r;

	r.vm = vm;
	r.opt = opt;
	r.tty = tty;
	r.ctl = vm->streams[STREAM_CTL];
	if (opt->limit > 0)
		r.deadline = opt->started + opt->limit;
	start_flows(&r);
	look_at_flows(&r);
	while (!finished(&r))
		step(&r);
	terminal_restore();
	return (exit_status(&r));
}
