/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * KVM's paravirtual clock (Linux's documentation of KVM, "KVM-specific
 * MSRs"): the host writes how its nanoseconds follow from the time-stamp
 * counter to memory that we name.  It is asked once, at the start.
 */
#include "lib/string.h"
#include "amd64/asm.h"
#include "amd64/cpu.h"
#include "amd64/pvclock.h"
#include "time/time.h"

#define MSR_KVM_WALL_CLOCK  0x4b564d00
#define MSR_KVM_SYSTEM_TIME 0x4b564d01
#define KVM_FEATURES	    0x40000001
#define KVM_CLOCKSOURCE2    (1u << 3)

static struct {
	uint32_t version;
	uint32_t pad0;
	uint64_t tsc;  /* at this count */
	uint64_t ns;   /* so much had passed in the VM */
	uint32_t mult; /* ns = (cycles << shift) * mult >> 32 */
	int8_t shift;
	uint8_t flags;
	uint8_t pad[2];
} system_time __aligned(32);
_Static_assert(sizeof(system_time) == 32, "pvclock_vcpu_time_info");

static struct {
	uint32_t version;
	uint32_t sec;
	uint32_t nsec;
} wall_clock __aligned(16);
_Static_assert(sizeof(wall_clock) == 12, "pvclock_wall_clock");

static bool
under_kvm(void)
{
	uint32_t r[4];

	if (cpu_features.hv_max_leaf < KVM_FEATURES)
		return (false);
	cpuid(0x40000000, 0, r);
	if (memcmp(&r[1], "KVMKVMKVM\0\0", 12) != 0)
		return (false);
	cpuid(KVM_FEATURES, 0, r);
	return (r[0] & KVM_CLOCKSOURCE2);
}

static paddr_t
static_phys(const volatile void *p)
{
	return ((uintptr_t)p - KERNBASE);
}

uint64_t
kvmclock_frequency(void)
{
	uint64_t hz;

	if (!under_kvm())
		return (0);
	/* Bit 0 turns it on. It is filled in at the next entry, that is,
	 * before wrmsr is over; off again, so that it stays as it is. */
	wrmsr(MSR_KVM_SYSTEM_TIME, static_phys(&system_time) | 1);
	(void)rdmsr(MSR_KVM_SYSTEM_TIME);
	wrmsr(MSR_KVM_SYSTEM_TIME, 0);
	if (system_time.mult == 0 || system_time.shift < -31 ||
	    system_time.shift > 31)
		return (0);
	hz = (NSEC_PER_SEC << 32) / system_time.mult;
	return (system_time.shift < 0 ? hz << -system_time.shift
				      : hz >> system_time.shift);
}

uint64_t
kvmclock_wall(void)
{
	uint64_t cycles;

	if (system_time.mult == 0)
		return (0);
	/* When the VM's nanoseconds were 0. */
	wrmsr(MSR_KVM_WALL_CLOCK, static_phys(&wall_clock));
	if (wall_clock.sec == 0)
		return (0);
	cycles = rdtsc() - system_time.tsc;
	cycles = system_time.shift < 0 ? cycles >> -system_time.shift
				       : cycles << system_time.shift;
	return (wall_clock.sec * NSEC_PER_SEC + wall_clock.nsec +
		system_time.ns +
		(uint64_t)((unsigned __int128)cycles * system_time.mult >> 32));
}
