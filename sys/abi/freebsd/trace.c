/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System-call tracing in truss(1)'s format: a line for each call, when it
 * returns, `name(arguments)` padded to a column and then its result or error.
 * Lines begin with the thread's id once there is more than one thread.
 */
#include "lib/printf.h"
#include "lib/strerror.h"
#include "lib/string.h"
#include "fbsd/errno.h"
#include "fbsd/signal.h"
#include "amd64/md.h"
#include "abi/freebsd/syscall.h"
#include "abi/freebsd/trace_names.h"
#include "proc/proc.h"
#include "host/run.h"
#include "proc/signal.h"

#define TRACE_LINE   512
#define TRACE_STRING 32 /* bytes of a buffer that are shown */

struct line {
	char text[TRACE_LINE];
	size_t len;
};

static void __printflike(2, 3) add(struct line *l, const char *fmt, ...)
{
	size_t room = sizeof(l->text) - 1 - l->len;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(l->text + l->len, room, fmt, ap);
	va_end(ap);
	l->len += MIN((size_t)n, room - 1);
}

/* As strvis(3) shows it, in double quotes. */
static void
add_text(struct line *l, const char *s, size_t n, bool more)
{
	add(l, "\"");
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c == '\n')
			add(l, "\\n");
		else if (c == '\t')
			add(l, "\\t");
		else if (c == '"' || c == '\\')
			add(l, "\\%c", c);
		else if (c == 0)
			add(l, "\\0");
		else if (c < ' ' || c == 0x7f)
			add(l, "\\^%c", c ^ 0x40);
		else if (c > 0x7f)
			add(l, "\\M-%c", c & 0x7f);
		else
			add(l, "%c", c);
	}
	add(l, more ? "\"..." : "\"");
}

static void
add_path(struct line *l, uint64_t uaddr)
{
	char path[128];
	size_t len;

	int error = uaddr == 0
			? EFAULT
			: copyinstr((void *)uaddr, path, sizeof(path), &len);
	if (error == 0)
		add_text(l, path, len - 1, false);
	else if (error == ENAMETOOLONG)
		add_text(l, path, sizeof(path), true);
	else
		add(l, "0x%lx", uaddr);
}

static void
add_buffer(struct line *l, uint64_t uaddr, uint64_t size)
{
	char buf[TRACE_STRING];
	size_t n = MIN(size, sizeof(buf));

	if (copyin((void *)uaddr, buf, n) != 0)
		add(l, "0x%lx", uaddr);
	else
		add_text(l, buf, n, size > n);
}

/* Names that are joined by bars; what has none as a number. */
static void
add_set(struct line *l, const struct trace_name *names, uint32_t mask,
    uint32_t value)
{
	const char *bar = "";
	uint32_t rest = value;

	for (const struct trace_name *n = names; n->name != NULL; n++) {
		bool one_number = (n->value & ~mask) == 0;

		if (one_number ? n->value != (mask == 0 ? value : value & mask)
			       : (value & n->value) == 0)
			continue;
		add(l, "%s%s", bar, n->name);
		bar = "|";
		rest &= ~n->value;
	}
	if (rest != 0 || *bar == '\0')
		add(l, "%s0x%x", bar, rest);
}

/* An argument that has a name, or is a set of flags. */
static void
add_named(struct line *l, char kind, uint32_t value)
{
	bool flags = false;
	uint32_t mask = 0;
	const struct trace_name *names = trace_names(kind, &flags, &mask);

	if (flags) {
		add_set(l, names, mask, value);
		return;
	}
	for (; names != NULL && names->name != NULL; names++)
		if (names->value == value) {
			add(l, "%s", names->name);
			return;
		}
	/* int arguments leave junk in the upper half. */
	add(l, "%d", (int)value);
}

static void
add_args(struct line *l, const struct thread *td, const struct sysent *se,
    const uint64_t *args, int error)
{
	for (unsigned i = 0; i < se->sy_narg; i++) {
		if (i > 0)
			add(l, ",");
		switch (se->sy_kinds[i]) {
		case 's':
			add_path(l, args[i]);
			break;
		case 'S':
			if (error == 0)
				add_path(l, args[i]);
			else
				add(l, "0x%lx", args[i]);
			break;
		case 'l':
			add(l, "%ld", (long)args[i]);
			break;
		case 'u':
			add(l, "%lu", args[i]);
			break;
		case 'b':
			add_buffer(l, args[i], args[i + 1]);
			break;
		case 'B':
			add_buffer(
			    l, args[i], error == 0 ? td->td_retval[0] : 0);
			break;
		case 'o':
			add(l, "0%lo", args[i] & 07777777);
			break;
		case 'x':
			add(l, "0x%lx", args[i] & UINT32_MAX);
			break;
		case 'p':
		case 'q':
			add(l, "0x%lx", args[i]);
			break;
		default:
			add_named(l, se->sy_kinds[i], (uint32_t)args[i]);
		}
	}
}

static void
flush(struct line *l)
{
	l->text[l->len++] = '\n';
	run_trace(l->text, l->len);
}

static void
begin(struct line *l, const struct thread *td)
{
	l->len = 0;
	if (td->td_proc->p_nthreads > 1 || proc_count() > 3)
		add(l, "%d: ", td->td_tid);
}

/* The name and the arguments; error says which of these are meaningful. */
static void
add_call(struct line *l, struct thread *td, unsigned number,
    const uint64_t *args, int error)
{
	if (number < nsysent && sysent[number].sy_name != NULL) {
		add(l, "%s(", sysent[number].sy_name);
		add_args(l, td, &sysent[number], args, error);
		add(l, ")");
	} else {
		add(l, "syscall(%u)", number);
	}
}

void
syscall_trace_last(struct thread *td, unsigned number, const uint64_t *args)
{
	struct line l;

	begin(&l, td);
	add_call(&l, td, number, args, 0);
	flush(&l);
}

void
syscall_trace(
    struct thread *td, unsigned number, const uint64_t *args, int error)
{
	struct line l;
	const char *text;
	size_t start;

	begin(&l, td);
	start = l.len;
	add_call(&l, td, number, args, error);
	/* truss pads to tab stops up to column 48. */
	for (size_t col = l.len - start; col < 48; col = (col | 7) + 1)
		add(&l, "\t");
	if (error == 0)
		add(&l, " = %ld (0x%lx)", (long)td->td_retval[0],
		    td->td_retval[0]);
	else if (error == ERESTART)
		add(&l, " ERR#-1 'restart'");
	else if (error == EJUSTRETURN)
		add(&l, " EJUSTRETURN");
	else {
		text = error_text(error);
		add(&l, " ERR#%d '%s'", error, text == NULL ? "" : text);
	}
	flush(&l);
}

void
syscall_trace_signal(struct thread *td, int sig)
{
	struct line l;

	begin(&l, td);
	add(&l, "SIGNAL %d (", sig);
	add_named(&l, 'g', (uint32_t)sig);
	add(&l, ")");
	flush(&l);
}
