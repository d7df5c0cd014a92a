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

/* One call to other CPUs at a time. */
static struct {
	uint32_t busy;
	void (*fn)(void *);
	void *arg;
	uint32_t pending; /* CPUs that have yet to call */
} broadcast;

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
	uint32_t idle = 0;

	mask &= ~(1u << curcpu()->c_id) & atomic_load(&cpus_online);
	if (mask == 0)
		return;
	/* Interrupts stay on while waiting for the turn, so that this CPU
	 * answers whoever has it. */
	while (!atomic_cas(&broadcast.busy, &idle, 1)) {
		idle = 0;
		cpu_relax();
	}
	broadcast.fn = fn;
	broadcast.arg = arg;
	atomic_store(&broadcast.pending, mask);
	for (unsigned i = 0; i < ncpus; i++)
		if (mask >> i & 1)
			apic_ipi(cpus[i].c_md.apic_id, VEC_CALL);
	while (atomic_load(&broadcast.pending) != 0)
		cpu_relax();
	atomic_store(&broadcast.busy, 0);
}

void
ipi_call_handler(void)
{
	uint32_t self = 1u << curcpu()->c_id;

	if (atomic_load(&broadcast.pending) & self) {
		broadcast.fn(broadcast.arg);
		atomic_and(&broadcast.pending, ~self);
	}
	apic_eoi();
}
