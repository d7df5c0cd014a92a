/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All that the machine-independent kernel may ask of the CPU and the board.
 * Nothing outside sys/amd64 contains assembly or knows a register, but for
 * abi/freebsd, which lays register sets out for user programs.
 */
#ifndef AMD64_MD_H
#define AMD64_MD_H

#include "lib/types.h"
#include "amd64/asm.h"
#include "amd64/frame.h"
#include "core/introff.h"

struct cpu;
struct thread;
struct page;
struct pmap;

/*
 * User addresses run from 0 to USER_TOP.  All of physical memory is mapped
 * at PHYSMAP_BASE, readable, writable, not executable.
 */
#define USER_MIN     0x1000ul
#define USER_TOP     0x7ffffffff000ul /* first address past it */
#define PHYSMAP_BASE 0xffff800000000000ul
#define PHYSMAP_SIZE 0x8000000000ul
#define KVA_BASE     0xffffff8000000000ul /* md_kva_alloc()'s */

static inline void *
phys_to_virt(paddr_t pa)
{
	return ((void *)(pa + PHYSMAP_BASE));
}

static inline bool
in_physmap(const void *va)
{
	return ((uintptr_t)va - PHYSMAP_BASE < PHYSMAP_SIZE);
}

static inline paddr_t
virt_to_phys(const void *va)
{
	/* On a stack, large kernel memory, or the kernel's own data? */
	if (!in_physmap(va))
		__builtin_trap();
	return ((uintptr_t)va - PHYSMAP_BASE);
}

/*
 * Per-CPU data.  %gs points at struct cpu (core/sched.h), whose first word is
 * the running thread; both may be used with interrupts on, but curcpu() only
 * means something for longer where the thread cannot move (spin lock held).
 */
static inline struct thread *
curthread(void)
{
	struct thread *td;

	__asm__("movq %%gs:0, %0" : "=r"(td));
	return (td);
}

static inline struct cpu *
curcpu(void)
{
	struct cpu *c;

	__asm__ volatile("movq %%gs:8, %0" : "=r"(c));
	return (c);
}

/* Adds to this CPU's c_counts[n], n a constant, whatever may interrupt it or
 * move the thread. */
#define md_cpu_add(n, v)                                                       \
	__asm__ volatile(                                                      \
	    "addq %1, %%gs:%c0" ::"i"(CPU_COUNTS + 8 * (unsigned)(n)),         \
	    "er"((uint64_t)(v))                                                \
	    : "cc", "memory")

static inline void
cpu_relax(void)
{
	__asm__ volatile("pause" ::: "memory");
}

/* Interrupts of this CPU; intr_disable() returns what intr_restore() takes. */
static inline uint64_t
intr_disable(void)
{
	uint64_t flags;

	__asm__ volatile("pushfq; popq %0; cli" : "=r"(flags)::"memory");
	if (flags & 0x200)
		introff_begin();
	return (flags);
}

static inline void
intr_restore(uint64_t flags)
{
	if (flags & 0x200) {
		introff_end();
		__asm__ volatile("sti" ::: "memory");
	}
}

static inline void
intr_enable(void)
{
	introff_end();
	__asm__ volatile("sti" ::: "memory");
}

static inline bool
intr_enabled(void)
{
	uint64_t flags;

	__asm__ volatile("pushfq; popq %0" : "=r"(flags));
	return ((flags & 0x200) != 0);
}

/* Waits for an interrupt; entered with interrupts off, returns with them on. */
static inline void
cpu_idle_wait(void)
{
	introff_end();
	__asm__ volatile("sti; hlt" ::: "memory");
}

/* Boot, in the order of boot/main.c. */
void md_early_init(void); /* console, GDT, IDT, start info, memory map */
void md_pmap_init(void);  /* the final kernel page tables */
void md_clock_init(void); /* APIC, TSC frequency, timer */
void md_smp_start(void);  /* wakes the other CPUs; they enter the
			     scheduler by sched_ap_enter() */

/* What PVH start info told; valid after md_early_init(). */
struct mem_range {
	paddr_t start; /* page-aligned inwards */
	paddr_t end;
};
#define MEM_RANGES_MAX 32
extern struct mem_range mem_ranges[MEM_RANGES_MAX]; /* usable RAM less kernel,
	start info, modules and firmware tables; ascending */
extern unsigned mem_nranges;
extern paddr_t mem_top;		 /* end of the highest RAM there is */
extern const char *boot_cmdline; /* never NULL */
extern paddr_t boot_module;	 /* first module (initrd), 0 if none */
extern uint64_t boot_module_size;

extern unsigned ncpus; /* 1..MAXCPU, from the MP table */
#define MAXCPU 16

/* Boot-time allocation before vm_page_init(): zeroed, page-aligned, final. */
void *md_boot_alloc(size_t size);

/* Interrupts.  irq is the I/O APIC pin; edge-triggered, active high, unless
 * level; name, which stays, is whose.  The handler runs with interrupts off, on
 * the first CPU. 0, or ENXIO, EBUSY. */
int intr_establish(unsigned irq, bool level, const char *name,
    void (*handler)(void *), void *arg);
/* The first one from *irq on that somebody has: whose, and how many there were.
 * False: none. */
bool intr_next(unsigned *irq, const char **name, uint64_t *n);

/* Another CPU: makes it look at its run queue / leave idle. */
void cpu_kick(unsigned cpu);
/* Runs fn(arg) on each CPU of mask but this one, and waits for all. Interrupts
 * must be on, or the callers must not be able to wait for one another. */
void cpu_broadcast(uint32_t mask, void (*fn)(void *), void *arg);

/*
 * Kernel memory not in the physmap: device registers. Uncached.
 */
volatile void *md_map_device(paddr_t pa, size_t size);
uint8_t inb(uint16_t port);
void outb(uint16_t port, uint8_t value);

/*
 * Clocks.  The monotonic clock counts nanoseconds since kernel entry.
 */
uint64_t clock_ns(void);		   /* now; any context */
uint64_t clock_cycles(void);		   /* raw TSC */
uint64_t clock_cycles_ns(uint64_t cycles); /* how long they take */
uint64_t clock_frequency(void);		   /* TSC Hz */
/* Arms this CPU's one-shot timer for clock_ns() == deadline; UINT64_MAX: off.
 * When it fires, md calls callout_interrupt() (core/callout.h). */
void clock_arm(uint64_t deadline);
/* Wall-clock time at kernel entry from RTC or hypervisor, ns since 1970; 0 if
 * nobody knows. */
uint64_t clock_wall_at_entry(void);

/*
 * Whole pages of kernel memory, from anywhere (flags: PAGE_*, vm/page.h), with
 * unmapped ones below, for stacks as many; not in the physmap.  NULL: no
 * memory. Any context; never sleeps, but offers the CPU where it may.
 */
void *md_kva_alloc(size_t pages, unsigned flags);
void md_kva_free(void *va, size_t pages);
void *md_start_stack(unsigned cpu); /* the one that a CPU starts on */

/*
 * Threads.  md_thread_fork(): the new thread's first switch runs
 * fn(arg) on its own stack, with interrupts on, after sched_thread_started().
 * md_user_enter(): leaves the kernel by the thread's trapframe.
 */
struct md_thread {
	uint64_t md_rsp;    /* saved kernel stack pointer */
	uint64_t md_fsbase; /* user's %fs and %gs bases */
	uint64_t md_gsbase;
	uintptr_t md_onfault; /* see copyin() */
	void *md_fpu;	      /* XSAVE area, NULL until first run */
	uint32_t md_flags;
	bool md_nofault; /* copyin() and kin bring no page in */
};
void md_thread_init(struct thread *td); /* fields above; may not fail */
void md_thread_free(struct thread *td);
void md_thread_entry(struct thread *td, void (*fn)(void *), void *arg);
void md_switch(struct thread *from, struct thread *to);
__noreturn void md_user_enter(void);
struct trapframe *td_frame(struct thread *td); /* top of kernel stack */
/* Fresh user registers for a new image: entry point, stack pointer, %rdi. */
void md_set_regs(struct thread *td, uint64_t rip, uint64_t rsp, uint64_t rdi);
/* Gives td the state that only user mode needs; before md_set_regs(). 0 or
 * ENOMEM. */
int md_thread_user(struct thread *td);
/* Child gets the parent's registers and FPU state. 0 or ENOMEM. */
int md_thread_copy(struct thread *from, struct thread *to);
/* FPU state as the user sees it (XSAVE layout); size from md_fpu_size(). */
size_t md_fpu_size(void);
/* Where the state of td (curthread) now is stored, md_fpu_size() bytes; good
 * until td returns to user mode. */
const void *md_fpu_area(struct thread *td);
/*
 * A new state for td: md_fpu_area_alloc() gives room for it (NULL: no
 * memory), size bytes of which were filled in.  0: the area is td's now; or
 * EINVAL for a state that the CPU would refuse, and the caller frees it.
 */
void *md_fpu_area_alloc(void);
void md_fpu_area_free(void *area);
int md_fpu_install(struct thread *td, void *area, size_t size);
void md_fpu_reset(struct thread *td);
void md_set_fsbase(struct thread *td, uint64_t base);
void md_set_gsbase(struct thread *td, uint64_t base);
uint64_t md_get_fsbase(struct thread *td);
uint64_t md_get_gsbase(struct thread *td);

/*
 * User memory.  0 or EFAULT (ENAMETOOLONG for copyinstr, with *len counting
 * the NUL).  May fault pages in, so may sleep: no spin locks held.
 */
int copyin(const void __user *uaddr, void *kaddr, size_t len) __sleeps;
int copyout(const void *kaddr, void __user *uaddr, size_t len) __sleeps;
int copyinstr(
    const void __user *uaddr, char *kaddr, size_t max, size_t *len) __sleeps;
int zero_user(void __user *uaddr, size_t len) __sleeps;
/* Words, for umtx: 0 or EFAULT.  casu*: stores new if *uaddr is old; *seen is
 * what was there. */
int fueword32(const void __user *uaddr, uint32_t *val) __sleeps;
int fueword64(const void __user *uaddr, uint64_t *val) __sleeps;
int suword32(void __user *uaddr, uint32_t val) __sleeps;
int suword64(void __user *uaddr, uint64_t val) __sleeps;
int casueword32(
    void __user *uaddr, uint32_t old, uint32_t *seen, uint32_t new) __sleeps;
int casueword64(void __user *uaddr, uint64_t old, uint64_t *seen, uint64_t new);

void zero_page(void *page); /* one page, page-aligned */
void copy_page(void *dst, const void *src);

/*
 * pmap: one address space's page tables. All calls lock internally (spin),
 * never sleep, and have flushed the TLBs of all CPUs when they return, as far
 * as access was taken away.  Those that take a range offer the CPU.
 */
#define PMAP_READ  0x1
#define PMAP_WRITE 0x2
#define PMAP_EXEC  0x4
struct pmap *pmap_create(void);		     /* NULL: no memory */
void pmap_destroy(struct pmap *pm) __sleeps; /* not active anywhere */
/* 0, or ENOMEM for a page table. Replaces what was mapped at va. */
int pmap_enter(struct pmap *pm, vaddr_t va, paddr_t pa, unsigned prot) __sleeps;
void pmap_remove(struct pmap *pm, vaddr_t start, vaddr_t end) __sleeps;
/* The same, but the TLBs of the CPUs that are added to *stale aren't flushed
 * before pmap_flush(): one round for many ranges of many pmaps. */
void pmap_remove_later(
    struct pmap *pm, vaddr_t start, vaddr_t end, uint32_t *stale) __sleeps;
void pmap_flush(uint32_t stale);
/* Takes rights away only: what is mapped keeps at most prot. */
void pmap_protect(
    struct pmap *pm, vaddr_t start, vaddr_t end, unsigned prot) __sleeps;
/* What is mapped can't be written any more. */
void pmap_write_protect(struct pmap *pm, vaddr_t start, vaddr_t end) __sleeps;
/* False if nothing is mapped at va. */
bool pmap_extract(struct pmap *pm, vaddr_t va, paddr_t *pa, unsigned *prot);
/* Was the page at va used since this was last asked?  TLBs aren't flushed, so
 * uses may go unseen for a while. */
bool pmap_touched(struct pmap *pm, vaddr_t va);
void pmap_activate(struct pmap *pm);	 /* on this CPU; NULL: kernel only */
uint64_t pmap_resident(struct pmap *pm); /* pages mapped */
/* Each CPU on which pm may be active (NULL: each CPU), this one too, passes a
 * full barrier for its accesses to memory and a serialising instruction. */
void pmap_fence(struct pmap *pm);

/* The end: prints nothing, never returns. */
__noreturn void md_reset(void);
__noreturn void md_halt(void);

/* Randomness of the CPU: false if RDRAND/RDSEED isn't there or fails. */
bool md_rdrand(uint64_t *val);

/* CRC-32C, without inversions, of words of 8 bytes at any address, by the
 * instruction for that: if md_has_crc32c(). */
bool md_has_crc32c(void);
uint32_t md_crc32c(uint32_t crc, const void *data, size_t words);

/* CPU brand for hw.model; feature words for AT_HWCAP/AT_HWCAP2. */
const char *md_cpu_model(void);
/* Which hypervisor the machine is a guest of, in FreeBSD's words; "none". */
const char *md_vm_guest(void);
uint64_t md_hwcap2(void);

/* Prints frames from this one up, with symbols; for panic. */
void md_backtrace(void);
/* Polled output to the serial console, any context. */
void md_console_write(const char *s, size_t n);

#endif
