/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The other CPUs: started all at once by one broadcast, each takes a ticket
 * in boot.S and goes its own way from there; nobody waits for them.
 */
#include "lib/string.h"
#include "amd64/asm.h"
#include "amd64/cpu.h"
#include "amd64/md.h"
#include "core/printf.h"
#include "proc/proc.h"
#include "core/sched.h"

extern char ap_trampoline[], ap_trampoline_end[];

/* What each CPU has others call: one thing at a time, beside those of other
 * CPUs. */
static struct call {
	void (*fn)(void *);
	void *arg;
	uint32_t pending; /* atomic: CPUs that have yet to call */
} __aligned(64) calls[MAXCPU];

void
md_smp_start(void)
{
	if (boot_verbose)
		kprintf("%u processors, %s\n", ncpus, md_cpu_model());
	if (ncpus == 1)
		return;
	memcpy(phys_to_virt(AP_TRAMPOLINE), ap_trampoline,
	    (size_t)(ap_trampoline_end - ap_trampoline));
	apic_start_others(AP_TRAMPOLINE);
}

/* From boot.S with the ticket, on this CPU's start stack. */
void
ap_main(unsigned id)
{
	struct cpu *c = &cpus[id];

	wrmsr(MSR_GS_BASE, (uintptr_t)c);
	wcr3(kernel_cr3);
	cpu_setup(c);
	apic_setup();
	sched_ap_enter();
}

void
cpu_kick(unsigned cpu)
{
	apic_ipi(cpus[cpu].c_md.apic_id, VEC_RESCHED);
}

void
cpu_broadcast(uint32_t mask, void (*fn)(void *), void *arg)
{
	struct call *call = &calls[curcpu()->c_id];

	mask &= ~(1u << curcpu()->c_id) & atomic_load(&cpus_online);
	if (mask == 0)
		return;
	call->fn = fn;
	call->arg = arg;
	atomic_store(&call->pending, mask);
	for (unsigned i = 0; i < ncpus; i++)
		if (mask >> i & 1)
			apic_ipi(cpus[i].c_md.apic_id, VEC_CALL);
	/* Interrupts stay on, so that this CPU answers the others. */
	while (atomic_load(&call->pending) != 0)
		cpu_relax();
}

void
ipi_call_handler(void)
{
	const uint32_t self = 1u << curcpu()->c_id;

	for (unsigned i = 0; i < ncpus; i++) {
		struct call *call = &calls[i];

		if (!(atomic_load(&call->pending) & self))
			continue;
		call->fn(call->arg);
		atomic_and(&call->pending, ~self);
	}
	apic_eoi();
}
