/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * The guest's side of `imp run`.
 *
 * The boot archive's imp.run says what to run.  Process 1 is ours: it starts
 * the program as process 2, and reaps in init's place.  The program's last
 * thread tells the host how it ended, after all output was handed over, and
 * resets the machine.
 *
 * Host and guest talk by lines of text on the console port imp.ctl:
 *
 *	to the host	want 0			the program reads its input
 *			closed 0		nobody reads it any more
 *			eof N			output N was closed
 *			took N			signal N was given to the
 *program exit N, signal N	how the program ended
 *			fail CODE TEXT		it couldn't be started
 *	to the guest	signal N		for the program
 *			winsize ROWS COLS
 *			closed N		nobody reads output N
 *
 * A host that closes imp.ctl has gone, and so do we.
 *
 * Without imp.run process 1 is the file system's own init (boot/init.c).
 */

#include "amd64/md.h"
#include "fbsd/errno.h"
#include "fbsd/fcntl.h"
#include "fbsd/unistd.h"
#include "fbsd/wait.h"
#include "fs/tmpfs/archive.h"
#include "core/printf.h"
#include "exec/exec.h"
#include "host/run.h"
#include "host/run_config.h"
#include "host/run_stream.h"
#include "host/run_tell.h"
#include "proc/signal.h"
#include "time/time.h"
#include "lib/printf.h"
#include "lib/strerror.h"
#include "lib/string.h"
#include "vfs/vnode.h"
#include "vm/kmem.h"

/* How long the host may take to name a port that it has promised. */
#define PORT_TIMEOUT (5 * NSEC_PER_SEC)

/* The statuses of env(1) for a program that can't be started. */
#define FAIL_IMP      125
#define FAIL_NOEXEC   126
#define FAIL_NOTFOUND 127

/* All (!): set by process 1 before the program runs. */
static struct {
	struct run_config config;
	struct vport *ctl;   /* NULL: nobody to talk to */
	struct vport *trace; /* NULL: no tracing */
	struct proc *program;
	struct file *files[3]; /* its standard descriptors */
} run;

void
run_trace(const char *s, size_t n)
{
	struct iovec iov;
	struct uio uio;
	int error;

	if (run.trace == NULL)
		return;
	uio_init(&uio, &iov, (uint64_t)(uintptr_t)s, n, 0, false, true);
	/* A signal for the program is no reason to miss the text. */
	while ((error = vport_write(run.trace, &uio, false)) == EINTR ||
	       error == ERESTART)
		vport_drain(run.trace);
}

/* The end of the machine, when everything was said. */
static __noreturn void
finish(void)
{
	if (run.trace != NULL)
		vport_drain(run.trace);
	run_tell_drain();
	md_reset();
}

/* The program can't be started because of what; "": the program itself. */
static __noreturn void
fail(int code, const char *what, int error)
{
	const char *text = error_text(error);
	const char *colon = what[0] != '\0' ? ": " : "";

	if (text == NULL)
		run_tell("fail %d %s%serror %d\n", code, what, colon, error);
	else
		run_tell("fail %d %s%s%s\n", code, what, colon, text);
	kprintf("run: %s%serror %d\n", what, colon, error);
	finish();
}

/* A signal for the program.  What a terminal's keys send goes to its group. */
static void
signal_program(unsigned sig)
{
	struct proc *p = run.program;

	if (sig < 1 || sig > NSIG)
		return;
	if (sig == SIGINT || sig == SIGQUIT || sig == SIGHUP) {
		mutex_lock(&proctree_lock);
		sig_send_pgrp(p->p_pgrp, (int)sig);
		mutex_unlock(&proctree_lock);
	} else
		(void)sig_send(p, (int)sig, NULL);
}

/* A word and up to two numbers; false if it isn't this word. */
static bool
scan(const char *line, const char *word, unsigned *a, unsigned *b)
{
	size_t length = strlen(word);
	const char *at;

	if (strncmp(line, word, length) != 0 || line[length] != ' ')
		return (false);
	*a = (unsigned)strtoull(line + length + 1, &at, 10);
	*b = *at == ' ' ? (unsigned)strtoull(at + 1, &at, 10) : 0;
	return (*at == '\0');
}

static void
hear_line(const char *line)
{
	unsigned a, b;

	if (scan(line, "signal", &a, &b)) {
		signal_program(a);
		run_tell("took %u\n", a);
	} else if (scan(line, "winsize", &a, &b))
		run_tty_winsize(a, b);
	else if (scan(line, "closed", &a, &b))
		run_stream_reader_gone((int)a);
}

/* The thread that listens to the host. */
static void
listen_to_host(void *arg)
{
	char line[128];
	size_t length = 0;
	struct iovec iov;
	struct uio uio;

	for (;;) {
		char c;

		uio_init(
		    &uio, &iov, (uint64_t)(uintptr_t)&c, 1, 0, false, false);
		if (vport_read(run.ctl, &uio, false) != 0 || uio.uio_resid != 0)
			md_reset();
		if (c != '\n') {
			/* Too long to be one of ours: it won't match. */
			if (length < sizeof(line) - 1)
				line[length++] = c;
			continue;
		}
		line[length] = '\0';
		length = 0;
		run_tell_pause();
		hear_line(line);
	}
}

static struct vport *
find_port(const char *name)
{
	struct vport *vp = vport_find(name, clock_ns() + PORT_TIMEOUT);

	if (vp == NULL)
		fail(FAIL_IMP, name, ETIMEDOUT);
	return (vp);
}

static struct file *
open_descriptor(struct thread *td, int fd)
{
	static const char *const names[] = {
	    "imp.stdin", "imp.stdout", "imp.stderr"};
	struct file *fp;
	int error;

	if (run.ctl == NULL)
		error = vn_open_file(
		    td, "/dev/console", NULL, FREAD | FWRITE, 0, &fp);
	else if ((run.config.rc_tty & 1u << fd) != 0)
		error = run_tty_open(td, &fp);
	else
		error = run_stream_open(td, find_port(names[fd]), fd, &fp);
	if (error != 0)
		fail(FAIL_IMP, names[fd], error);
	return (fp);
}

/* All that connects us with the host. */
static void
connect(struct thread *td)
{
	int error = 0;

	run.ctl = vport_find("imp.ctl", clock_ns() + PORT_TIMEOUT);
	if (run.ctl != NULL) {
		error = run_tell_start(run.ctl);
		if (run.config.rc_trace != 0)
			run.trace = find_port("imp.trace");
		if (error == 0 && run.config.rc_tty != 0)
			error =
			    run_tty_create(find_port("imp.tty"), &run.config);
		if (error == 0)
			error = vport_listen(run.ctl, 2, 128);
	}
	if (error != 0)
		fail(FAIL_IMP, "streams", error);
	for (int fd = 0; fd < 3; fd++)
		run.files[fd] = open_descriptor(td, fd);
}

/* The new process's working folder. */
static int
enter_folder(struct thread *td, const char *path)
{
	struct vnode *vp;
	int error = namei_vnode(td, path, &vp);

	if (error != 0)
		return (error);
	if (!vnode_is_dir(vp)) {
		vnode_release(vp);
		return (ENOTDIR);
	}
	dirs_set(td->td_proc, &td->td_proc->p_cwd, vp);
	return (0);
}

/* The ids of the user whom the host chose; no other groups. */
static int
become(struct thread *td, uid_t uid, gid_t gid)
{
	struct cred *cr = cred_edit(td);

	if (cr == NULL)
		return (ENOMEM);
	cr->cr_uid = cr->cr_ruid = cr->cr_svuid = uid;
	cr->cr_gid = cr->cr_rgid = cr->cr_svgid = gid;
	return (cred_commit(td, cr, 0));
}

/* interp: the ELF interpreter that is to blame, or "". */
static __noreturn void
exec_failed(int error, const char *interp)
{
	char what[INTERP_PATH_MAX + 24] = "";

	if (interp[0] != '\0')
		snprintf(what, sizeof(what), "its dynamic linker %s", interp);
	/* The host saw that the program itself is there. */
	if (error == ENOENT)
		fail(FAIL_NOTFOUND, what, error);
	fail(error == ENOMEM ? FAIL_IMP : FAIL_NOEXEC, what, error);
}

/* Replaces the current process, which has no image yet, by a program; returns
 * why that failed. */
static int
exec_program(
    struct thread *td, const char *path, char **argv, char **envp, char *interp)
{
	struct exec_args ea = {.path = path,
	    .fd = -1,
	    .kargv = argv,
	    .kenvp = envp,
	    .interp = interp};

	return (exec_first(td, &ea));
}

/* The program's first thread, still in the kernel. */
static void
program_main(void *arg)
{
	const struct run_config *rc = &run.config;
	struct thread *td = curthread();
	char **argv, **envp, interp[INTERP_PATH_MAX] = "";
	int error;

	argv = kmem_alloc((rc->rc_argc + 1) * sizeof(*argv), 0);
	envp = kmem_alloc((rc->rc_envc + 1) * sizeof(*envp), 0);
	if (argv == NULL || envp == NULL)
		fail(FAIL_IMP, "", ENOMEM);
	run_config_list(rc, "arg", argv);
	run_config_list(rc, "env", envp);
	error = enter_folder(td, rc->rc_cwd);
	if (error != 0)
		fail(FAIL_IMP, rc->rc_cwd, error);
	(void)proc_setsid(td->td_proc);
	error = run_tty_start(td->td_proc);
	if (error != 0)
		fail(FAIL_IMP, "imp.tty", error);
	if (rc->rc_uid != 0 || rc->rc_gid != 0)
		error = become(td, (uid_t)rc->rc_uid, (gid_t)rc->rc_gid);
	if (error != 0)
		fail(FAIL_IMP, "user", error);
	/* The lists are let go of with the machine. */
	error = exec_program(td, rc->rc_path, argv, envp, interp);
	exec_failed(error, interp);
}

/* A process with nothing in it that will run fn, and is held back. */
static struct thread *
make_process(struct thread *td, void (*fn)(void *))
{
	struct fork_request fa = {.flags = RFPROC | RFCFDG,
	    .exitsig = SIGCHLD,
	    .stopped = true,
	    .fresh = true};
	int error;

	error = kern_fork(td, &fa);
	if (error != 0)
		fail(FAIL_IMP, "first process", error);
	run.program = fa.child;
	md_thread_entry(fa.child_td, fn, NULL);
	return (fa.child_td);
}

static void
start_program(struct thread *td)
{
	struct thread *child = make_process(td, program_main);
	int error;

	for (int fd = 0; fd < 3; fd++) {
		error = fd_install_at(run.program, run.files[fd], fd);
		if (error != 0)
			fail(FAIL_IMP, "descriptor", error);
		file_release(run.files[fd]);
	}
	if (run.config.rc_trace != 0) {
		spin_lock(&run.program->p_lock);
		proc_flags_set(run.program, P_TRACED);
		spin_unlock(&run.program->p_lock);
		child->td_flags |= TDF_TRACED;
	}
	if (run.ctl != NULL &&
	    kthread_create("imp.ctl", listen_to_host, NULL) == NULL)
		fail(FAIL_IMP, "imp.ctl", ENOMEM);
	sched_run(child);
}

/* The host has all of the output. */
static void
drain_all(void)
{
	run_stream_drain(1);
	run_stream_drain(2);
	run_tty_drain();
}

void
run_end(int status)
{
	if (run.ctl == NULL)
		return;
	drain_all();
	run_tell("exit %d\n", status);
	finish();
}

static void
trace_end(const struct proc *p, int code, int sig)
{
	char line[64];
	int n = 0;

	/* As with the calls, if there are others. */
	if (proc_count() > 3)
		n = snprintf(line, sizeof(line), "%d: ", curthread()->td_tid);
	if (sig != 0)
		n += snprintf(line + n, sizeof(line) - (size_t)n,
		    "process killed, signal = %d\n", sig);
	else
		n += snprintf(line + n, sizeof(line) - (size_t)n,
		    "process exit, rval = %d\n", code);
	run_trace(line, (size_t)n);
}

/*
 * The program's last thread is at its end.  That is the end of the machine, so
 * there is no point in taking apart first what the program was.
 */
static void
exiting(const struct proc *p, int code, int sig)
{
	if ((p->p_flags & P_TRACED) != 0)
		trace_end(p, code, sig);
	if (p != run.program)
		return;
	vfs_end_storage();
	drain_all();
	boot_step("the program has ended");
	if (sig != 0)
		run_tell("signal %d\n", sig);
	else
		run_tell("exit %d\n", code);
	finish();
}

/* Process 1 under `imp run`. */
static void
run_main(void *arg)
{
	struct thread *td = curthread();
	struct wait_result wr;

	connect(td);
	start_program(td);
	for (;;)
		(void)kern_wait(td, P_ALL, 0, WEXITED, &wr);
}

bool
run_wanted(void)
{
	size_t size;

	return (archive_run_config(&size) != NULL);
}

bool
run_start(void)
{
	const char *text;
	size_t size;

	text = archive_run_config(&size);
	if (text == NULL)
		return (false);
	if (!run_config_parse(&run.config, text, size))
		panic("the archive's imp.run makes no sense");
	/* The host's clock, when it wrote the archive, shortly before. */
	if (clock_wall_at_entry() == 0 && run.config.rc_time != 0)
		time_set_realtime(run.config.rc_time + clock_ns());
	exit_hook = exiting;
	initproc = kproc_create("init", run_main, NULL);
	if (initproc == NULL)
		panic("no memory for process 1");
	return (true);
}
