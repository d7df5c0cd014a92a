/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What amd64 keeps for a thread, and going from one to another.
 */
#include "lib/string.h"
#include "fbsd/errno.h"
#include "amd64/asm.h"
#include "amd64/cpu.h"
#include "amd64/fpu.h"
#include "amd64/md.h"
#include "core/printf.h"
#include "proc/abi.h"
#include "proc/proc.h"
#include "vm/vm.h"

void switch_stacks(uint64_t *save, uint64_t rsp);
void thread_start(void);

_Static_assert(offsetof(struct thread, td_md) == 0, "td_md is first");
_Static_assert(offsetof(struct md_thread, md_onfault) == TD_ONFAULT, "asm.h");
_Static_assert(offsetof(struct thread, td_flags) == TD_FLAGS, "asm.h");
_Static_assert(offsetof(struct thread, td_proc) == TD_PROC, "asm.h");
_Static_assert(offsetof(struct proc, p_abi) == P_ABI, "asm.h");
_Static_assert(offsetof(struct abi, abi_syscall) == ABI_SYSCALL, "asm.h");
_Static_assert(offsetof(struct cpu, c_thread) == CPU_THREAD, "asm.h");
_Static_assert(offsetof(struct cpu, c_self) == CPU_SELF, "asm.h");
_Static_assert(offsetof(struct cpu, c_scratch) == CPU_KSTACK, "asm.h");
_Static_assert(offsetof(struct cpu, c_counts) == CPU_COUNTS, "asm.h");
_Static_assert(offsetof(struct trapframe, tf_trapno) == TF_TRAPNO, "asm.h");
_Static_assert(offsetof(struct trapframe, tf_rip) == TF_RIP, "asm.h");
_Static_assert(offsetof(struct trapframe, tf_rsp) == TF_RSP, "asm.h");
_Static_assert(sizeof(struct trapframe) == 176, "entry.S");
_Static_assert(START_STACK_SIZE == (1 + KSTACK_PAGES) * PAGE_SIZE, "asm.h");
_Static_assert((TDF_AST | TDF_SIGPENDING | TDF_SUSPEND | TDF_OLDMASK |
		   TDF_RESCHED) == TD_FLAGS_AST,
    "asm.h");

static uintptr_t
kstack_top(const struct thread *td)
{
	return ((uintptr_t)td->td_kstack + KSTACK_PAGES * PAGE_SIZE);
}

struct trapframe *
td_frame(struct thread *td)
{
	return ((struct trapframe *)kstack_top(td) - 1);
}

void
md_thread_init(struct thread *td)
{
	memset(&td->td_md, 0, sizeof(td->td_md));
}

void
md_thread_free(struct thread *td)
{
	if (td->td_md.md_fpu != NULL)
		fpu_free(td->td_md.md_fpu);
	td->td_md.md_fpu = NULL;
}

void
md_thread_entry(struct thread *td, void (*fn)(void *), void *arg)
{
	uint64_t *sp = (uint64_t *)td_frame(td);

	/* As switch_stacks() pops them: r15 r14 r13 r12 rbp rbx, return; the
	 * stack is 16-aligned at thread_start's call. */
	*--sp = 0;
	*--sp = 0;
	*--sp = (uintptr_t)thread_start;
	*--sp = 0;
	*--sp = 0;
	*--sp = (uintptr_t)fn;
	*--sp = (uintptr_t)arg;
	*--sp = 0;
	*--sp = 0;
	td->td_md.md_rsp = (uintptr_t)sp;
}

static void
save_bases(struct thread *td)
{
	uint64_t fs;

	/* Without FSGSBASE programs can't change them but by sysarch(2). */
	if (!cpu_features.fsgsbase)
		return;
	__asm__ volatile("rdfsbase %0" : "=r"(fs));
	td->td_md.md_fsbase = fs;
	td->td_md.md_gsbase = rdmsr(MSR_KERNEL_GS_BASE);
}

static void
load_bases(struct thread *to)
{
	if (cpu_features.fsgsbase)
		__asm__ volatile("wrfsbase %0" ::"r"(to->td_md.md_fsbase));
	else
		wrmsr(MSR_FS_BASE, to->td_md.md_fsbase);
	wrmsr(MSR_KERNEL_GS_BASE, to->td_md.md_gsbase);
}

/*
 * Interrupts are off. What belongs to user mode is only exchanged between
 * threads that have one; kernel threads run with what they find... except
 * that the state must be saved, since the thread may go on elsewhere.
 */
void
md_switch(struct thread *from, struct thread *to)
{
	struct cpu *c = curcpu();

	if (from->td_md.md_fpu != NULL && from->td_state != TD_DEAD) {
		save_bases(from);
		fpu_save(from->td_md.md_fpu);
	}
	if (to->td_md.md_fpu != NULL) {
		load_bases(to);
		fpu_load(to->td_md.md_fpu);
		if (to->td_proc->p_image.vm != NULL)
			vmspace_activate(to->td_proc->p_image.vm);
	} else if (to->td_space != NULL) {
		vmspace_activate(to->td_space);
	}
	c->c_thread = to;
	c->c_scratch[0] = kstack_top(to);
	c->c_md.tss.rsp0 = kstack_top(to);
	switch_stacks(&from->td_md.md_rsp, to->td_md.md_rsp);
}

void
md_set_regs(struct thread *td, uint64_t rip, uint64_t rsp, uint64_t rdi)
{
	struct trapframe *tf = td_frame(td);

	memset(tf, 0, sizeof(*tf));
	tf->tf_rdi = rdi;
	tf->tf_rip = rip;
	tf->tf_rsp = rsp;
	tf->tf_cs = SEL_UCODE;
	tf->tf_ss = SEL_UDATA;
	tf->tf_rflags = 0x202;
	tf->tf_err = 1; /* leave by iret: see entry.S */
	td->td_tf = tf;
	if (td == curthread()) {
		md_set_fsbase(td, 0);
		md_set_gsbase(td, 0);
		md_fpu_reset(td);
	}
}

/* The FPU state exists from here on for whoever goes to user mode. */
int
md_thread_user(struct thread *td)
{
	if (td->td_md.md_fpu == NULL)
		td->td_md.md_fpu = fpu_alloc();
	return (td->td_md.md_fpu == NULL ? ENOMEM : 0);
}

int
md_thread_copy(struct thread *from, struct thread *to)
{
	if (md_thread_user(to) != 0)
		return (ENOMEM);
	memcpy(td_frame(to), td_frame(from), sizeof(struct trapframe));
	td_frame(to)->tf_err = 1;
	to->td_tf = td_frame(to);
	save_bases(from);
	to->td_md.md_fsbase = from->td_md.md_fsbase;
	to->td_md.md_gsbase = from->td_md.md_gsbase;
	memcpy(to->td_md.md_fpu, md_fpu_area(from), md_fpu_size());
	return (0);
}

void
md_set_fsbase(struct thread *td, uint64_t base)
{
	uint64_t flags = intr_disable();

	td->td_md.md_fsbase = base;
	if (td == curthread())
		wrmsr(MSR_FS_BASE, base);
	intr_restore(flags);
}

void
md_set_gsbase(struct thread *td, uint64_t base)
{
	uint64_t flags = intr_disable();

	td->td_md.md_gsbase = base;
	if (td == curthread())
		wrmsr(MSR_KERNEL_GS_BASE, base);
	intr_restore(flags);
}

uint64_t
md_get_fsbase(struct thread *td)
{
	if (td == curthread())
		save_bases(td);
	return (td->td_md.md_fsbase);
}

uint64_t
md_get_gsbase(struct thread *td)
{
	if (td == curthread())
		save_bases(td);
	return (td->td_md.md_gsbase);
}
