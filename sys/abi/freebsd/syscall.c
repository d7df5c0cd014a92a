/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System calls of FreeBSD/amd64: the number is in %rax, arguments are in
 * %rdi %rsi %rdx %r10 %r8 %r9 and then on the stack above the return
 * address; results come back in %rax and %rdx, an error as carry flag and
 * errno in %rax.  Numbers 0 and 198 take the real number as first argument.
 */
#include "lib/string.h"
#include "fbsd/errno.h"
#include "amd64/md.h"
#include "abi/freebsd/exterr.h"
#include "abi/freebsd/syscall.h"
#include "abi/freebsd/sysargs.h"
#include "core/printf.h"
#include "proc/proc.h"
#include "proc/signal.h"
#include "core/sysctl.h"

#define SYS_SYSCALL	 0
#define SYS_EXIT	 1
#define SYS_THR_EXIT	 431
#define SYS___SYSCALL	 198
#define SYSCALL_INSN_LEN 2
#define RFLAGS_CARRY	 0x1ul

/* They lie side by side in the frame: %r10's is where %rcx has its place. */
#define REGISTER_ARGS 6u
_Static_assert(offsetof(struct trapframe, tf_r9) ==
		   offsetof(struct trapframe, tf_rdi) +
		       (REGISTER_ARGS - 1) * sizeof(uint64_t),
    "arguments");

const struct sysent sysent[] = {
#include "abi/freebsd/syscalls.inc"
};
const unsigned nsysent = nitems(sysent);

static int signosys = 1;
SYSCTL_INT(kern_signosys, "kern.signosys", CTL_AUTO, CTLFLAG_RW, &signosys,
    "Send SIGSYS for system calls that don't exist");

/* Not 0: the console hears of the first call of each number that isn't there.
 */
static int lognosys;
SYSCTL_INT(kern_lognosys, "kern.lognosys", CTL_AUTO, CTLFLAG_RW, &lognosys,
    "Log system calls that don't exist");

/* Atomic: bit n, number n was told of; the last is for all from nsysent on. */
static uint64_t told[nitems(sysent) / 64 + 1];

static bool
first_complaint(unsigned number)
{
	unsigned bit = MIN(number, nsysent);
	uint64_t mask = 1ul << bit % 64;

	return ((lognosys != 0 || boot_verbose) &&
		(atomic_or(&told[bit / 64], mask) & mask) == 0);
}

/* A number without a handler: ENOSYS, with SIGSYS where FreeBSD sends it. */
static int
no_handler(struct thread *td, unsigned number)
{
	const struct proc *p = td->td_proc;
	const char *name = NULL;

	if (number < nsysent)
		name = sysent[number].sy_name;
	if (first_complaint(number))
		kprintf("syscall %u (%s) is not implemented: %s, pid %d\n",
		    number, name != NULL ? name : "unknown", p->p_comm,
		    p->p_pid);
	if ((number >= nsysent || !sysent[number].sy_quiet) && signosys) {
		struct siginfo info = {
		    .si_signo = SIGSYS, .si_code = SI_KERNEL};

		sig_send_thread(td, SIGSYS, &info);
	}
	return (ENOSYS);
}

/* Arguments past the registers, from the user's stack. */
static int
stack_args(
    const struct trapframe *tf, uint64_t *args, unsigned from, unsigned narg)
{
	if (narg <= from)
		return (0);
	return (copyin((void *)(tf->tf_rsp + sizeof(uint64_t)), &args[from],
	    (narg - from) * sizeof(uint64_t)));
}

static int
indirect(struct thread *td, const struct trapframe *tf, unsigned *number,
    uint64_t *args)
{
	const struct sysent *se;

	*number = args[0] > UINT32_MAX ? UINT32_MAX : (unsigned)args[0];
	if (*number >= nsysent || *number == SYS_SYSCALL ||
	    *number == SYS___SYSCALL || sysent[*number].sy_call == NULL)
		return (no_handler(td, *number));
	se = &sysent[*number];
	memmove(args, args + 1, 5 * sizeof(*args));
	return (stack_args(tf, args, 5, se->sy_narg));
}

static void
set_result(struct thread *td, struct trapframe *tf, int error)
{
	switch (error) {
	case 0:
		tf->tf_rax = td->td_retval[0];
		tf->tf_rdx = td->td_retval[1];
		tf->tf_rflags &= ~RFLAGS_CARRY;
		break;
	case ERESTART:
		/* %rax still has the number. */
		tf->tf_rip -= SYSCALL_INSN_LEN;
		break;
	case EJUSTRETURN:
		break;
	default:
		tf->tf_rax = (uint64_t)error;
		tf->tf_rflags |= RFLAGS_CARRY;
		if (td->td_exterr_user != 0)
			exterr_report(td, error);
	}
}

/* All but the plain calls: those whose arguments don't all come in registers,
 * whose number does, which aren't there, or which are traced. */
static __attribute__((noinline)) int
call_otherwise(struct thread *td, const struct trapframe *tf)
{
	uint64_t args[SYSCALL_MAXARGS] = {tf->tf_rdi, tf->tf_rsi, tf->tf_rdx,
	    tf->tf_rcx, tf->tf_r8, tf->tf_r9};
	unsigned number = (unsigned)MIN(tf->tf_rax, UINT32_MAX);
	const struct sysent *se = NULL;
	int error;

	if (number < nsysent && sysent[number].sy_call != NULL) {
		se = &sysent[number];
		error = stack_args(tf, args, REGISTER_ARGS, se->sy_narg);
	} else if (number == SYS_SYSCALL || number == SYS___SYSCALL) {
		error = indirect(td, tf, &number, args);
		se = &sysent[number < nsysent ? number : SYS_SYSCALL];
	} else {
		error = no_handler(td, number);
	}
	if ((td->td_flags & TDF_TRACED) && error == 0 &&
	    (number == SYS_EXIT || number == SYS_THR_EXIT))
		syscall_trace_last(td, number, args);
	if (error == 0)
		error = se->sy_call(td, args);
	if (td->td_flags & TDF_TRACED)
		syscall_trace(td, number, args, error);
	return (error);
}

void
syscall_dispatch(struct thread *td, struct trapframe *tf)
{
	/* Number 0 has no handler. */
	const struct sysent *se =
	    &sysent[tf->tf_rax < nsysent ? tf->tf_rax : 0];
	int error;

	td->td_retval[0] = 0;
	td->td_retval[1] = tf->tf_rdx;
	if (__predict_false(td->td_cred != td->td_proc->p_image.cred))
		cred_refresh(td);
	if (__predict_true(se->sy_call != NULL &&
			   se->sy_narg <= REGISTER_ARGS &&
			   !(td->td_flags & TDF_TRACED)))
		error = se->sy_call(td, &tf->tf_rdi);
	else
		error = call_otherwise(td, tf);
	set_result(td, tf, error);
}
