/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The CPU as sys/amd64 sees it: its own part of struct cpu, registers and
 * feature bits.  Names and numbers: Intel SDM vol. 3 and 4, AMD APM vol. 2.
 */
#ifndef AMD64_CPU_H
#define AMD64_CPU_H

#include "lib/types.h"

struct cpu;
struct pmap;

/* Task state: SDM vol. 3, 8.7. */
struct tss {
	uint32_t reserved0;
	uint64_t rsp0;
	uint64_t rsp1;
	uint64_t rsp2;
	uint64_t reserved1;
	uint64_t ist[7];
	uint64_t reserved2;
	uint16_t reserved3;
	uint16_t iomap;
} __packed;
_Static_assert(sizeof(struct tss) == 104, "tss");

#define GDT_ENTRIES 11
#define GDT_TSS	    9

/* Owned by the CPU itself. */
struct md_cpu {
	uint32_t apic_id;
	struct pmap *pmap;   /* in %cr3; NULL: the kernel's */
	volatile bool stale; /* others', atomic: was spared a flush
				while idle; see pmap.c */
	uint64_t gdt[GDT_ENTRIES];
	struct tss tss;
	uint64_t armed; /* deadline in the timer */
};

#define CR0_TS		   (1ul << 3)
#define CR0_WP		   (1ul << 16)
#define CR4_PGE		   (1ul << 7)
#define CR4_OSFXSR	   (1ul << 9)
#define CR4_OSXMMEXCPT	   (1ul << 10)
#define CR4_UMIP	   (1ul << 11)
#define CR4_FSGSBASE	   (1ul << 16)
#define CR4_OSXSAVE	   (1ul << 18)
#define CR4_SMEP	   (1ul << 20)
#define CR4_SMAP	   (1ul << 21)

#define MSR_APIC_BASE	   0x1b
#define MSR_TSC_DEADLINE   0x6e0
#define MSR_X2APIC	   0x800
#define MSR_STAR	   0xc0000081
#define MSR_LSTAR	   0xc0000082
#define MSR_SFMASK	   0xc0000084
#define MSR_FS_BASE	   0xc0000100
#define MSR_KERNEL_GS_BASE 0xc0000102
#define MSR_TSC_AUX	   0xc0000103 /* what rdtscp and rdpid tell */

/* Found once by the boot CPU (init.c). */
struct cpu_features {
	bool nx, pdpe1gb, smep, smap, umip, fsgsbase, pge;
	bool xsave, xsaveopt, rdrand, x2apic, tsc_deadline, erms;
	bool sse42, rdtscp;
	uint32_t max_leaf;
	uint32_t hv_max_leaf; /* 0: no hypervisor leaves */
	bool emulated;	      /* by QEMU's TCG */
	char brand[49];
};
extern struct cpu_features cpu_features;

static inline uint64_t
rdmsr(uint32_t msr)
{
	uint32_t lo, hi;

	__asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
	return ((uint64_t)hi << 32 | lo);
}

static inline void
wrmsr(uint32_t msr, uint64_t val)
{
	__asm__ volatile(
	    "wrmsr" ::"c"(msr), "a"((uint32_t)val), "d"((uint32_t)(val >> 32))
	    : "memory");
}

static inline uint64_t
rdtsc(void)
{
	uint32_t lo, hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return ((uint64_t)hi << 32 | lo);
}

static inline void
cpuid(uint32_t leaf, uint32_t sub, uint32_t r[4])
{
	__asm__ volatile("cpuid"
			 : "=a"(r[0]), "=b"(r[1]), "=c"(r[2]), "=d"(r[3])
			 : "a"(leaf), "c"(sub));
}

#define CR_ACCESS(cr)                                                          \
	static inline uint64_t r##cr(void)                                     \
	{                                                                      \
		uint64_t v;                                                    \
                                                                               \
		__asm__ volatile("movq %%" #cr ", %0" : "=r"(v));              \
		return (v);                                                    \
	}                                                                      \
	static inline void w##cr(uint64_t v)                                   \
	{                                                                      \
		__asm__ volatile("movq %0, %%" #cr ::"r"(v) : "memory");       \
	}
CR_ACCESS(cr0)
CR_ACCESS(cr2)
CR_ACCESS(cr3)
CR_ACCESS(cr4)

static inline void
invlpg(uint64_t va)
{
	__asm__ volatile("invlpg (%0)" ::"r"(va) : "memory");
}

/* Within sys/amd64. */
extern uint64_t boot_tsc;
extern paddr_t kernel_cr3;
void cpu_detect(void);	       /* boot CPU: fills cpu_features */
void cpu_setup(struct cpu *c); /* each CPU: GDT, TSS, IDT, CR4, MSRs */
void fpu_detect(void);
void fpu_setup(void);
void apic_init(void);  /* boot CPU */
void apic_setup(void); /* each CPU */
void apic_eoi(void);
void apic_ipi(uint32_t id, uint8_t vector);
void apic_start_others(paddr_t trampoline);
void apic_timer(uint64_t ns);	   /* one-shot; 0: off */
void apic_timer_periodic(bool on); /* not with TSC deadlines */
uint32_t apic_timer_left(void);
void apic_timer_free_run(void); /* counts down from UINT32_MAX */
void clock_interrupt(void);	/* the timer fired */
void ipi_call_handler(void);
void irq_handler(unsigned irq);
void ap_main(unsigned id);
void console_init(void);

/* kva.c */
struct thread;
extern char start_stacks[]; /* MAXCPU times START_STACK_SIZE */
void kva_init(void);	    /* with the final page tables */
/* Is va where td's stack would be if it were larger? */
bool kstack_overflowed(const struct thread *td, uintptr_t va);

/* Interrupt vectors. */
#define VEC_IRQ	     0x20 /* + I/O APIC pin */
#define VEC_TIMER    0xf0
#define VEC_RESCHED  0xf1
#define VEC_CALL     0xf2
#define VEC_SPURIOUS 0xff

#endif
