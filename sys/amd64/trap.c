/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Traps and interrupts, in C.  A fault of user code becomes a signal with
 * FreeBSD's number, code and trap number; one of the kernel at a user address
 * within a copy function is mended or reported there; any other is a panic.
 */
#include "fbsd/errno.h"
#include "amd64/asm.h"
#include "amd64/cpu.h"
#include "amd64/fpu.h"
#include "amd64/md.h"
#include "amd64/trap.h"
#include "core/count.h"
#include "core/callout.h"
#include "core/ksyms.h"
#include "core/printf.h"
#include "proc/proc.h"
#include "core/sched.h"
#include "proc/signal.h"
#include "vm/vm.h"

#define PF_PRESENT	 0x01
#define PF_WRITE	 0x02
#define PF_FETCH	 0x10
#define VEC_DOUBLE_FAULT 8
#define VEC_PAGE_FAULT	 14
#define VEC_PROTECTION	 13
#define RFLAGS_IF	 0x200ul

/* By CPU vector: FreeBSD's T_ number (machine/trap.h), signal and code. */
static const struct {
	const char *name;
	uint8_t trapno;
	uint8_t sig;
	uint8_t code;
} traps[32] = {
    [0] = {"divide error", 18, SIGFPE, FPE_INTDIV},
    [1] = {"debug", 10, SIGTRAP, TRAP_TRACE},
    [3] = {"breakpoint", 3, SIGTRAP, TRAP_BRKPT},
    [4] = {"overflow", 20, SIGFPE, FPE_INTOVF},
    [5] = {"bound", 21, SIGFPE, FPE_FLTSUB},
    [6] = {"invalid opcode", 1, SIGILL, ILL_PRVOPC},
    [7] = {"no coprocessor", 22, SIGFPE, FPE_FLTINV},
    [8] = {"double fault", 23, SIGBUS, BUS_OBJERR},
    [10] = {"invalid TSS", 26, SIGBUS, BUS_OBJERR},
    [11] = {"segment not present", 27, SIGBUS, BUS_ADRERR},
    [12] = {"stack fault", 28, SIGBUS, BUS_ADRERR},
    [13] = {"general protection", 9, SIGBUS, BUS_OBJERR},
    [14] = {"page fault", 12, SIGSEGV, SEGV_MAPERR},
    [16] = {"x87 error", 6, SIGFPE, FPE_FLTINV},
    [17] = {"alignment", 14, SIGBUS, BUS_ADRALN},
    [18] = {"machine check", 28, SIGBUS, BUS_OBJERR},
    [19] = {"SIMD error", 29, SIGFPE, FPE_FLTINV},
};

static void
print_frame(const struct trapframe *tf)
{
	uintptr_t off = 0;
	const char *name = ksym_lookup(tf->tf_rip, &off);

	kprintf("rip %016lx %s+0x%lx  cs %lx  rflags %lx\n", tf->tf_rip,
	    name != NULL ? name : "?", off, tf->tf_cs, tf->tf_rflags);
	kprintf("rsp %016lx  rbp %016lx  cr2 %016lx\n", tf->tf_rsp, tf->tf_rbp,
	    rcr2());
	kprintf("rax %016lx  rbx %016lx  rcx %016lx\n", tf->tf_rax, tf->tf_rbx,
	    tf->tf_rcx);
	kprintf("rdx %016lx  rsi %016lx  rdi %016lx\n", tf->tf_rdx, tf->tf_rsi,
	    tf->tf_rdi);
	kprintf("r8  %016lx  r9  %016lx  r10 %016lx\n", tf->tf_r8, tf->tf_r9,
	    tf->tf_r10);
	kprintf("r11 %016lx  r12 %016lx  r13 %016lx\n", tf->tf_r11, tf->tf_r12,
	    tf->tf_r13);
	kprintf("r14 %016lx  r15 %016lx\n", tf->tf_r14, tf->tf_r15);
}

static void
print_frames(uintptr_t rbp, uintptr_t rip)
{
	for (int depth = 0; depth < 32; depth++) {
		uintptr_t off = 0;
		const char *name = ksym_lookup(rip, &off);
		uintptr_t next;

		kprintf(
		    "  %016lx %s+0x%lx\n", rip, name != NULL ? name : "?", off);
		if (rbp < PHYSMAP_BASE || (rbp & 7) != 0)
			break;
		rip = ((uintptr_t *)rbp)[1];
		next = ((uintptr_t *)rbp)[0];
		/* Frames go up the stack, and a stack is small. */
		if (rip < KERNBASE || next <= rbp || next - rbp > 65536)
			break;
		rbp = next;
	}
}

void
md_backtrace(void)
{
	const uintptr_t *frame = __builtin_frame_address(0);

	print_frames(frame[0], frame[1]);
}

void
trap_fatal(struct trapframe *tf)
{
	const struct thread *td = curthread();

	kconsole_seize();
	kprintf("fatal trap %lu (%s), error 0x%lx, cpu %u\n", tf->tf_trapno,
	    tf->tf_trapno < 32 && traps[tf->tf_trapno].name != NULL
		? traps[tf->tf_trapno].name
		: "unknown",
	    tf->tf_err, curcpu()->c_id);
	print_frame(tf);
	print_frames(tf->tf_rbp, tf->tf_rip);
	if (tf->tf_trapno == VEC_DOUBLE_FAULT && td != NULL &&
	    kstack_overflowed(td, rcr2()))
		panic("kernel stack overflow in thread %s (pid %d)",
		    td->td_name, td->td_proc->p_pid);
	panic("trap in the kernel");
}

static bool
user_page_fault(struct thread *td, struct trapframe *tf, uint64_t va)
{
	unsigned access = tf->tf_err & PF_FETCH	  ? PMAP_EXEC
			  : tf->tf_err & PF_WRITE ? PMAP_WRITE
						  : PMAP_READ;
	int code = SEGV_MAPERR, sig = SIGSEGV;
	int error = va < USER_TOP ? vm_fault(td_vmspace(td), trunc_page(va),
					access, &code)
				  : EFAULT;

	switch (error) {
	case 0:
	case ENOMEM: /* SIGKILL is on its way */
	case EINTR:  /* it has come */
		return (true);
	case EIO:
		sig = SIGBUS;
		code = BUS_ADRERR;
		break;
	case EINVAL:
		sig = SIGBUS;
		code = BUS_OBJERR;
		break;
	default:
		break;
	}
	trap_signal(td, sig, code, va, traps[VEC_PAGE_FAULT].trapno);
	return (false);
}

static int
fpe_code(uint16_t pending)
{
	/* Invalid, denormal, zero divide, overflow, underflow, inexact. */
	static const int codes[] = {FPE_FLTINV, FPE_FLTUND, FPE_FLTDIV,
	    FPE_FLTOVF, FPE_FLTUND, FPE_FLTRES};

	for (size_t i = 0; i < nitems(codes); i++)
		if (pending >> i & 1)
			return (codes[i]);
	return (FPE_FLTINV);
}

static void
user_trap(struct thread *td, struct trapframe *tf, uint64_t cr2)
{
	uint64_t v = tf->tf_trapno;
	int code = traps[v].code;

	td->td_tf = tf;
	if (v == VEC_PAGE_FAULT) {
		user_page_fault(td, tf, cr2);
		return;
	}
	if (traps[v].sig == 0)
		trap_fatal(tf);
	if (v == 16 || v == 19)
		code = fpe_code(fpu_exceptions(td, v == 19));
	trap_signal(td, traps[v].sig, code, tf->tf_rip, traps[v].trapno);
}

/* In a copy function: mend the page, or go to its error exit. */
static bool
copy_fault(struct thread *td, struct trapframe *tf, uint64_t cr2)
{
	uintptr_t onfault = td->td_md.md_onfault;
	int code;

	if (onfault == 0 || (tf->tf_trapno != VEC_PAGE_FAULT &&
				tf->tf_trapno != VEC_PROTECTION))
		return (false);
	if (tf->tf_trapno == VEC_PAGE_FAULT && cr2 < USER_TOP &&
	    !td->td_md.md_nofault && td_vmspace(td) != NULL) {
		int error;

		/* The fault handler may itself sleep and be elsewhere. */
		td->td_md.md_onfault = 0;
		error = vm_fault(td_vmspace(td), trunc_page(cr2),
		    tf->tf_err & PF_WRITE ? PMAP_WRITE : PMAP_READ, &code);
		td->td_md.md_onfault = onfault;
		if (error == 0)
			return (true);
	}
	tf->tf_rip = onfault;
	return (true);
}

static void
interrupt(uint64_t vector)
{
	switch (vector) {
	case VEC_TIMER:
		count(COUNT_INTR);
		count(COUNT_TIMER);
		clock_interrupt();
		break;
	case VEC_RESCHED:
		apic_eoi();
		sched_kicked();
		break;
	case VEC_CALL:
		ipi_call_handler();
		break;
	case VEC_SPURIOUS:
		break;
	default:
		count(COUNT_INTR);
		irq_handler((unsigned)(vector - VEC_IRQ));
	}
}

/* From entry.S, interrupts off. */
void
trap(struct trapframe *tf)
{
	struct thread *td = curthread();
	uint64_t cr2;

	if (tf->tf_trapno >= VEC_IRQ) {
		introff_begin();
		interrupt(tf->tf_trapno);
		introff_end();
		return;
	}
	count(COUNT_TRAP);
	cr2 = rcr2();
	if (tf_usermode(tf)) {
		intr_enable();
		user_trap(td, tf, cr2);
		return;
	}
	if (td == NULL) /* before sched_init() */
		trap_fatal(tf);
	if (tf->tf_rflags & RFLAGS_IF)
		intr_enable();
	else if (td->td_md.md_onfault != 0)
		panic("user memory touched with interrupts off at %lx",
		    tf->tf_rip);
	if (copy_fault(td, tf, cr2)) {
		(void)intr_disable();
		introff_end(); /* the rest is only to go back */
		return;
	}
	trap_fatal(tf);
}

/*
 * iretq to user mode faulted. Selectors are the kernel's, so %rip or %rsp is
 * not canonical: the program's doing, and nothing to go back to.
 */
void
trap_bad_return(struct thread *td)
{
	intr_enable();
	kern_exit(td, 0, SIGBUS);
}
