/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Local APICs (interrupts between CPUs, the timer) and the I/O APIC (devices).
 * SDM vol. 3, chapter 11; Intel 82093AA data sheet.
 */
#include "fbsd/errno.h"
#include "amd64/cpu.h"
#include "amd64/md.h"
#include "amd64/smp.h"
#include "core/printf.h"
#include "core/sched.h"

#define LAPIC_ADDRESS	 0xfee00000
#define LAPIC_ID	 0x02 /* register numbers: offset / 16 */
#define LAPIC_TPR	 0x08
#define LAPIC_EOI	 0x0b
#define LAPIC_SVR	 0x0f
#define LAPIC_ICR	 0x30
#define LAPIC_ICR_HIGH	 0x31
#define LAPIC_TIMER	 0x32
#define LAPIC_COUNT	 0x38
#define LAPIC_CURRENT	 0x39
#define LAPIC_DIVIDE	 0x3e
#define LVT_MASKED	 0x10000
#define LVT_PERIODIC	 0x20000
#define LVT_TSC_DEADLINE 0x40000
#define DIVIDE_BY_1	 0xb
#define ICR_FIXED	 0x4000
#define ICR_INIT	 0x4500
#define ICR_STARTUP	 0x4600
#define ICR_OTHERS	 0xc0000
#define ICR_BUSY	 0x1000

static volatile uint32_t *lapic;
static volatile uint32_t *ioapic;
paddr_t ioapic_address = 0xfec00000;
static unsigned ioapic_pins;

#define MAXIRQ 64
static struct {
	void (*handler)(void *);
	void *arg;
	const char *name;
	uint64_t count; /* the first CPU's */
} irqs[MAXIRQ];

static uint32_t
lapic_read(unsigned reg)
{
	if (cpu_features.x2apic)
		return ((uint32_t)rdmsr(MSR_X2APIC + reg));
	return (lapic[reg * 4]);
}

static void
lapic_write(unsigned reg, uint32_t val)
{
	if (cpu_features.x2apic)
		wrmsr(MSR_X2APIC + reg, val);
	else
		lapic[reg * 4] = val;
}

static void
send_icr(uint32_t id, uint32_t low)
{
	if (cpu_features.x2apic) {
		/* What was stored before is seen before: this wrmsr, unlike
		 * others, doesn't wait for it. */
		__asm__ volatile("mfence; lfence" ::: "memory");
		wrmsr(MSR_X2APIC + LAPIC_ICR, (uint64_t)id << 32 | low);
		return;
	}
	for (int i = 0; (lapic_read(LAPIC_ICR) & ICR_BUSY) && i < 100000; i++)
		cpu_relax();
	lapic_write(LAPIC_ICR_HIGH, id << 24);
	lapic_write(LAPIC_ICR, low);
}

static uint32_t
apic_id(void)
{
	uint32_t id = lapic_read(LAPIC_ID);

	return (cpu_features.x2apic ? id : id >> 24);
}

void
apic_eoi(void)
{
	lapic_write(LAPIC_EOI, 0);
}

void
apic_ipi(uint32_t id, uint8_t vector)
{
	uint64_t flags = intr_disable();

	send_icr(id, ICR_FIXED | vector);
	intr_restore(flags);
}

void
apic_start_others(paddr_t trampoline)
{
	send_icr(0, ICR_INIT | ICR_OTHERS);
	send_icr(0, ICR_STARTUP | ICR_OTHERS | (uint32_t)(trampoline >> 12));
}

/*
 * The timer counts nanoseconds: QEMU and KVM run it at 1 GHz exactly.
 */
void
apic_timer(uint64_t ns)
{
	lapic_write(LAPIC_COUNT, (uint32_t)MIN(ns, UINT32_MAX));
}

/* Periodic: having fired, it counts from where it was set, again. */
void
apic_timer_periodic(bool on)
{
	lapic_write(LAPIC_TIMER, VEC_TIMER | (on ? LVT_PERIODIC : 0));
}

uint32_t
apic_timer_left(void)
{
	return (lapic_read(LAPIC_CURRENT));
}

void
apic_setup(void)
{
	uint64_t base = rdmsr(MSR_APIC_BASE) | 0x800;

	wrmsr(MSR_APIC_BASE, base | (cpu_features.x2apic ? 0x400 : 0));
	lapic_write(LAPIC_TPR, 0);
	lapic_write(LAPIC_SVR, 0x100 | VEC_SPURIOUS);
	lapic_write(LAPIC_DIVIDE, DIVIDE_BY_1);
	lapic_write(LAPIC_TIMER,
	    VEC_TIMER | (cpu_features.tsc_deadline ? LVT_TSC_DEADLINE : 0));
	/* The mode has changed before the deadline's MSR is written. */
	__asm__ volatile("mfence" ::: "memory");
	curcpu()->c_md.apic_id = apic_id();
}

/* For calibration: counts without interrupting. apic_setup() ends it. */
void
apic_timer_free_run(void)
{
	lapic_write(LAPIC_TIMER, LVT_MASKED);
	lapic_write(LAPIC_COUNT, UINT32_MAX);
}

static uint32_t
ioapic_read(uint32_t reg)
{
	ioapic[0] = reg;
	return (ioapic[4]);
}

static void
ioapic_write(uint32_t reg, uint32_t val)
{
	ioapic[0] = reg;
	ioapic[4] = val;
}

void
apic_init(void)
{
	uint32_t version;

	lapic = md_map_device(LAPIC_ADDRESS, PAGE_SIZE);
	ioapic = md_map_device(ioapic_address, PAGE_SIZE);
	apic_setup();
#ifdef OPT_ATPIC
	/* The old controllers, if there are any, stay silent. */
	outb(0x21, 0xff);
	outb(0xa1, 0xff);
#endif
	/* No I/O APIC: the bus answers with all ones. */
	version = ioapic_read(1);
	if (version != UINT32_MAX && version != 0)
		ioapic_pins = MIN((version >> 16 & 0xff) + 1, MAXIRQ);
}

int
intr_establish(unsigned irq, bool level, const char *name,
    void (*handler)(void *), void *arg)
{
	if (irq >= ioapic_pins)
		return (ENXIO);
	if (irqs[irq].handler != NULL)
		return (EBUSY);
	irqs[irq].arg = arg;
	irqs[irq].name = name;
	irqs[irq].handler = handler;
	ioapic_write(0x11 + 2 * irq, cpus[0].c_md.apic_id << 24);
	ioapic_write(0x10 + 2 * irq, (VEC_IRQ + irq) | (level ? 0x8000 : 0));
	return (0);
}

void
irq_handler(unsigned irq)
{
	if (irq < MAXIRQ && irqs[irq].handler != NULL) {
		irqs[irq].count++;
		irqs[irq].handler(irqs[irq].arg);
	}
	apic_eoi();
}

bool
intr_next(unsigned *irq, const char **name, uint64_t *n)
{
	while (*irq < MAXIRQ && irqs[*irq].handler == NULL)
		++*irq;
	if (*irq == MAXIRQ)
		return (false);
	*name = irqs[*irq].name;
	*n = atomic_load(&irqs[*irq].count);
	return (true);
}

volatile void *
md_map_device(paddr_t pa, size_t size)
{
	/* boot.S maps the fourth gigabyte, uncached, at the very end. */
	if (pa < 0xc0000000 || pa + size > 0x100000000)
		panic("device memory at 0x%lx is not below 4 GiB", pa);
	return ((volatile void *)(pa - 0xc0000000 + 0xffffffffc0000000));
}

uint8_t
inb(uint16_t port)
{
	uint8_t v;

	__asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(port));
	return (v);
}

void
outb(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" ::"a"(value), "Nd"(port));
}
