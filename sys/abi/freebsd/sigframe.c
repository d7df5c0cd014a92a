/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signal frames and user contexts.
 *
 * A handler runs on a struct sigframe at the top of its stack, above which
 * lies what XSAVE stores beyond FXSAVE's 512 bytes, where mc_xfpustate
 * points.  sigreturn(2), setcontext(2) and swapcontext(2) take a context back
 * from user memory: nothing in it is trusted.  What the CPU would refuse, or
 * what would give the program more than it has, is EINVAL before anything has
 * changed.
 */
#include "lib/string.h"
#include "fbsd/errno.h"
#include "fbsd/ucontext.h"
#include "abi/freebsd/context.h"
#include "abi/freebsd/freebsd.h"
#include "abi/freebsd/syscall.h"
#include "amd64/md.h"
#include "proc/signal.h"
#include "vm/vm.h"

#define FXSAVE_SIZE 512ul
#define XSAVE_ALIGN 64ul
#define RED_ZONE    128

#define PSL_T	    0x00000100ul /* single step */
#define PSL_D	    0x00000400ul /* direction */
#define PSL_RF	    0x00010000ul
/* What a program may change: C PF AF Z N T D V NT AC ID. */
#define PSL_USERCHANGE 0x00244dd5ul

/* FreeBSD's selectors for %fs and %gs. */
#define SEL_UFS 0x13
#define SEL_UGS 0x1b

static void
get_registers(struct thread *td, struct mcontext *mc)
{
	const struct trapframe *tf = td_frame(td);

	mc->mc_rdi = tf->tf_rdi;
	mc->mc_rsi = tf->tf_rsi;
	mc->mc_rdx = tf->tf_rdx;
	mc->mc_rcx = tf->tf_rcx;
	mc->mc_r8 = tf->tf_r8;
	mc->mc_r9 = tf->tf_r9;
	mc->mc_rax = tf->tf_rax;
	mc->mc_rbx = tf->tf_rbx;
	mc->mc_rbp = tf->tf_rbp;
	mc->mc_r10 = tf->tf_r10;
	mc->mc_r11 = tf->tf_r11;
	mc->mc_r12 = tf->tf_r12;
	mc->mc_r13 = tf->tf_r13;
	mc->mc_r14 = tf->tf_r14;
	mc->mc_r15 = tf->tf_r15;
	mc->mc_trapno = (uint32_t)tf->tf_trapno;
	mc->mc_fs = SEL_UFS;
	mc->mc_gs = SEL_UGS;
	mc->mc_es = mc->mc_ds = SEL_UDATA;
	mc->mc_flags = MC_HASSEGS;
	mc->mc_err = tf->tf_err;
	mc->mc_rip = tf->tf_rip;
	mc->mc_cs = tf->tf_cs;
	mc->mc_rflags = tf->tf_rflags;
	mc->mc_rsp = tf->tf_rsp;
	mc->mc_ss = tf->tf_ss;
	mc->mc_len = sizeof(*mc);
	mc->mc_fsbase = mc->mc_tlsbase = md_get_fsbase(td);
	mc->mc_gsbase = md_get_gsbase(td);
}

static bool
selector_valid(uint16_t sel)
{
	return (
	    sel == 0 || sel == SEL_UFS || sel == SEL_UGS || sel == SEL_UDATA);
}

static int
check_registers(struct thread *td, const struct mcontext *mc)
{
	const struct trapframe *tf = td_frame(td);

	if (mc->mc_len != sizeof(*mc) || (mc->mc_flags & ~MC_FLAG_MASK))
		return (EINVAL);
	if ((mc->mc_rflags ^ tf->tf_rflags) & ~(PSL_USERCHANGE | PSL_RF))
		return (EINVAL);
	if (mc->mc_cs != SEL_UCODE || mc->mc_ss != SEL_UDATA ||
	    mc->mc_rip >= USER_TOP)
		return (EINVAL);
	if ((mc->mc_flags & MC_HASSEGS) &&
	    !(selector_valid(mc->mc_fs) && selector_valid(mc->mc_gs) &&
		selector_valid(mc->mc_es) && selector_valid(mc->mc_ds)))
		return (EINVAL);
	if ((mc->mc_flags & MC_HASBASES) &&
	    (mc->mc_fsbase >= USER_TOP || mc->mc_gsbase >= USER_TOP))
		return (EINVAL);
	return (0);
}

static void
set_registers(struct thread *td, const struct mcontext *mc)
{
	struct trapframe *tf = td_frame(td);

	tf->tf_rdi = mc->mc_rdi;
	tf->tf_rsi = mc->mc_rsi;
	tf->tf_rdx = mc->mc_rdx;
	tf->tf_rcx = mc->mc_rcx;
	tf->tf_r8 = mc->mc_r8;
	tf->tf_r9 = mc->mc_r9;
	tf->tf_rax = mc->mc_rax;
	tf->tf_rbx = mc->mc_rbx;
	tf->tf_rbp = mc->mc_rbp;
	tf->tf_r10 = mc->mc_r10;
	tf->tf_r11 = mc->mc_r11;
	tf->tf_r12 = mc->mc_r12;
	tf->tf_r13 = mc->mc_r13;
	tf->tf_r14 = mc->mc_r14;
	tf->tf_r15 = mc->mc_r15;
	tf->tf_rip = mc->mc_rip;
	tf->tf_rflags = mc->mc_rflags;
	tf->tf_rsp = mc->mc_rsp;
	/* amd64/entry.S: not by sysret, which forgets %rcx and %r11. */
	tf->tf_err = 1;
	if (mc->mc_flags & MC_HASBASES) {
		md_set_fsbase(td, mc->mc_fsbase);
		md_set_gsbase(td, mc->mc_gsbase);
	}
}

/* XSAVE's bytes past FXSAVE's, which lie outside of struct mcontext. */
static size_t
extended_size(void)
{
	return (md_fpu_size() > FXSAVE_SIZE ? md_fpu_size() - FXSAVE_SIZE : 0);
}

/*
 * XSAVE's area as mc describes it, at `area`; *size bytes of it.  fpstate is
 * the user's address of mc_fpstate, which mc itself doesn't have.
 */
static int
gather_fpu(
    const struct mcontext *mc, uint64_t fpstate, char *area, size_t *size)
{
	int error = copyin((const void *)fpstate, area, FXSAVE_SIZE);

	*size = FXSAVE_SIZE;
	if (error != 0 || (mc->mc_flags & MC_HASFPXSTATE) == 0)
		return (error);
	if (mc->mc_xfpustate_len > extended_size())
		return (EINVAL);
	*size += mc->mc_xfpustate_len;
	return (copyin((const void *)mc->mc_xfpustate, area + FXSAVE_SIZE,
	    mc->mc_xfpustate_len));
}

static int
set_fpu(struct thread *td, const struct mcontext *mc, uint64_t fpstate)
{
	size_t size;
	char *area;
	int error;

	if (mc->mc_fpformat == MC_FPFMT_NODEV)
		return (0);
	if (mc->mc_fpformat != MC_FPFMT_XMM)
		return (EINVAL);
	if (mc->mc_ownedfp == MC_FPOWNED_NONE) {
		md_fpu_reset(td);
		return (0);
	}
	if (mc->mc_ownedfp != MC_FPOWNED_FPU &&
	    mc->mc_ownedfp != MC_FPOWNED_PCB)
		return (EINVAL);
	area = md_fpu_area_alloc();
	if (area == NULL)
		return (ENOMEM);
	error = gather_fpu(mc, fpstate, area, &size);
	if (error == 0)
		error = md_fpu_install(td, area, size);
	if (error != 0)
		md_fpu_area_free(area);
	return (error);
}

bool
context_on_altstack(const struct thread *td, uint64_t rsp)
{
	const struct sigaltstack *ss = &td->td_sigstk;

	return (
	    (ss->ss_flags & SS_DISABLE) == 0 && rsp - ss->ss_sp < ss->ss_size);
}

void
context_get(struct thread *td, struct ucontext *uc)
{
	struct mcontext *mc = &uc->uc_mcontext;

	memset(uc, 0, sizeof(*uc));
	get_registers(td, mc);
	uc->uc_sigmask = td->td_sigmask;
	uc->uc_stack = td->td_sigstk;
	mc->mc_onstack = context_on_altstack(td, mc->mc_rsp);
	mc->mc_fpformat = MC_FPFMT_XMM;
	mc->mc_ownedfp = MC_FPOWNED_FPU;
	memcpy(mc->mc_fpstate, md_fpu_area(td), FXSAVE_SIZE);
}

#define UC_FPSTATE offsetof(struct ucontext, uc_mcontext.mc_fpstate)
#define UC_REST	   offsetof(struct ucontext, uc_mcontext.mc_fsbase)

int
context_set(struct thread *td, const struct ucontext *uctx)
{
	struct ucontext uc;
	const struct mcontext *mc = &uc.uc_mcontext;
	int error;

	/* All but the floating-point state, which goes where it belongs. */
	error = copyin(uctx, &uc, UC_FPSTATE);
	if (error == 0)
		error = copyin((const char *)uctx + UC_REST,
		    (char *)&uc + UC_REST, sizeof(uc) - UC_REST);
	if (error == 0)
		error = check_registers(td, mc);
	if (error == 0)
		error = set_fpu(td, mc, (uint64_t)uctx + UC_FPSTATE);
	if (error != 0)
		return (error);
	set_registers(td, mc);
	return (kern_sigprocmask(td, SIG_SETMASK, &uc.uc_sigmask, NULL));
}

/* Where the handler's frame begins to grow down from. */
static uint64_t
frame_top(struct thread *td, const struct sigaction *sa, bool onstack)
{
	const struct sigaltstack *ss = &td->td_sigstk;

	if ((sa->sa_flags & SA_ONSTACK) && !onstack && ss->ss_size != 0 &&
	    (ss->ss_flags & SS_DISABLE) == 0)
		return (ss->ss_sp + ss->ss_size);
	return (td_frame(td)->tf_rsp - RED_ZONE);
}

static void
frame_context(struct thread *td, struct ucontext *uc,
    const struct siginfo *info, const sigset_t *oldmask, bool onstack)
{
	uc->uc_sigmask = *oldmask;
	uc->uc_stack = td->td_sigstk;
	if (td->td_sigstk.ss_size == 0)
		uc->uc_stack.ss_flags = SS_DISABLE;
	else if ((td->td_sigstk.ss_flags & SS_DISABLE) == 0)
		uc->uc_stack.ss_flags = onstack ? SS_ONSTACK : 0;
	get_registers(td, &uc->uc_mcontext);
	uc->uc_mcontext.mc_onstack = onstack;
	uc->uc_mcontext.mc_addr = info->si_addr;
}

static void
handler_registers(struct thread *td, uint64_t frame, const struct sigaction *sa,
    const struct siginfo *info)
{
	struct trapframe *tf = td_frame(td);

	tf->tf_rsp = frame;
	tf->tf_rip = td_vmspace(td)->vs_sigcode;
	tf->tf_rflags &= ~(PSL_T | PSL_D);
	tf->tf_rdi = (uint64_t)info->si_signo;
	tf->tf_rdx = frame + offsetof(struct sigframe, sf_uc);
	if (sa->sa_flags & SA_SIGINFO) {
		tf->tf_rsi = frame + offsetof(struct sigframe, sf_si);
	} else {
		tf->tf_rsi = (uint64_t)info->si_code;
		tf->tf_rcx = info->si_addr;
	}
}

#define FRAME_FPSTATE offsetof(struct sigframe, sf_uc.uc_mcontext.mc_fpstate)
#define FRAME_REST    offsetof(struct sigframe, sf_uc.uc_mcontext.mc_fsbase)

/*
 * Floating-point state goes to the user's stack from where it is stored, and
 * doesn't go through sf.
 */
static int
copyout_frame(struct thread *td, const struct sigframe *sf, uint64_t frame,
    uint64_t extended)
{
	const char *area = md_fpu_area(td);
	int error;

	error = copyout(sf, (void *)frame, FRAME_FPSTATE);
	if (error == 0)
		error =
		    copyout(area, (void *)(frame + FRAME_FPSTATE), FXSAVE_SIZE);
	if (error == 0)
		error = copyout((const char *)sf + FRAME_REST,
		    (void *)(frame + FRAME_REST), sizeof(*sf) - FRAME_REST);
	if (error == 0 && extended != 0)
		error = copyout(
		    area + FXSAVE_SIZE, (void *)extended, extended_size());
	return (error);
}

void
freebsd_sendsig(struct thread *td, const struct sigaction *sa,
    const struct siginfo *info, const sigset_t *oldmask)
{
	bool onstack = context_on_altstack(td, td_frame(td)->tf_rsp);
	uint64_t top = frame_top(td, sa, onstack), frame, extended = 0;
	struct sigframe sf;
	struct mcontext *mc = &sf.sf_uc.uc_mcontext;

	if (td->td_flags & TDF_TRACED)
		syscall_trace_signal(td, info->si_signo);
	memset(&sf, 0, FRAME_FPSTATE);
	memset((char *)&sf + FRAME_REST, 0, sizeof(sf) - FRAME_REST);
	sf.sf_handler = sa->sa_handler;
	sf.sf_si = *info;
	frame_context(td, &sf.sf_uc, info, oldmask, onstack);
	mc->mc_fpformat = MC_FPFMT_XMM;
	mc->mc_ownedfp = MC_FPOWNED_FPU;
	if (extended_size() != 0) {
		top = (top - extended_size()) & ~(XSAVE_ALIGN - 1);
		extended = top;
		mc->mc_flags |= MC_HASFPXSTATE;
		mc->mc_xfpustate = extended;
		mc->mc_xfpustate_len = extended_size();
	}
	frame = (top - sizeof(sf)) & ~15ul;
	if (copyout_frame(td, &sf, frame, extended) != 0)
		/* No stack to tell it on. */
		kern_exit(td, 0, SIGILL);
	handler_registers(td, frame, sa, info);
}
