/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every system call that the table has, with bad pointers in all places, each
 * in a process of its own that a timer ends: none may hurt the kernel, and
 * one that takes a pointer it must follow says EFAULT or something it found
 * wrong earlier, never success with a promise unkept.
 */
#include "freebsd.h"

static const struct call {
	int number;
	const char *name;
	int nargs;
	const char *kinds;
} calls[] = {
#include "sweep.inc"
};

/* What no child may do: end the test, or wait for ever. */
static const char *const left_out[] = {"exit", "thr_exit", "reboot",
    "sigreturn", "fork", "vfork", "rfork", "pdfork", "pdrfork", "abort2"};

static const unsigned long bad[] = {
    0x1,		/* never mapped */
    0x7fffffffeff8,	/* the end of user memory, and past it */
    0x800000000000,	/* not canonical */
    0xffff800000100000, /* the kernel's view of memory */
    0xffffffff80100000, /* the kernel itself */
    0xffffffffffffffff,
};

static bool
is_left_out(const char *name)
{
	for (unsigned i = 0; i < nitems(left_out); i++) {
		const char *a = left_out[i], *b = name;

		while (*a != '\0' && *a == *b)
			a++, b++;
		if (*a == *b)
			return (true);
	}
	return (false);
}

static void
set_timer(void)
{
	struct itimerval it = {.it_value = {.tv_usec = 300000}};

	(void)handle(SIGALRM, NULL, 0);
	(void)SYS(SYS_setitimer, ITIMER_REAL, &it, NULL);
}

/* Pointers are bad, numbers small; descriptor 0 is open. */
static void
call_badly(const struct call *c, unsigned long pointer)
{
	long arg[8] = {0};

	for (int i = 0; i < c->nargs && i < 6; i++) {
		char kind = c->kinds[i];

		arg[i] = kind == 'p' || kind == 's' || kind == 'S' ||
				 kind == 'b' || kind == 'B'
			     ? (long)pointer
			     : 1;
	}
	(void)sys6(c->number, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
}

static void
try_call(const struct call *c)
{
	long pid = SYS(SYS_fork);
	int status;

	if (pid == 0) {
		set_timer();
		for (unsigned i = 0; i < nitems(bad); i++)
			call_badly(c, bad[i]);
		(void)SYS(SYS_exit, 0);
	}
	if (pid < 0) {
		CHECK_EQ(pid, 0);
		return;
	}
	while (SYS(SYS_wait4, pid, &status, 0, NULL) == -EINTR)
		continue;
}

int
main(int argc, char **argv)
{
	unsigned tried = 0;

	for (unsigned i = 0; i < nitems(calls); i++)
		if (!is_left_out(calls[i].name)) {
			try_call(&calls[i]);
			tried++;
		}
	CHECK(tried > 200);
	/* The kernel is still there, and does what it did. */
	CHECK_EQ(SYS(SYS_getpid), 2);
	CHECK_EQ(SYS(SYS_write, 99, "x", 1), -EBADF);
	return (result("sweep"));
}
