/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The monotonic clock: the time-stamp counter, scaled to nanoseconds since
 * kernel entry.
 *
 * The rate comes from whoever knows it (hypervisor leaf 0x40000010, KVM's
 * clock, CPUID 0x15/0x16); else the counter is compared with the local APIC
 * timer, which runs at 1 GHz under QEMU and KVM, for a tenth of a
 * millisecond at boot.  Nobody waits for more: whenever the boot CPU's timer
 * is set for several times longer than has been measured yet, that stretch is
 * measured too ("laps" below), so that the error falls to a few parts in a
 * million within the first long waits.
 *
 * A change of rate keeps the clock continuous: it begins at the time shown.
 */
#include "amd64/cpu.h"
#include "amd64/md.h"
#include "amd64/pvclock.h"
#include "core/callout.h"
#include "core/printf.h"
#include "core/sched.h"
#include "core/sync.h"
#include "time/time.h"

#define CALIBRATE_NS 100000u
#define SAMPLES	     4
#define LAP_LONGER   4 /* than the best before */
#define LAP_PAUSE    (NSEC_PER_SEC / 100)

/* Written with lock held; seq is odd meanwhile. */
static struct {
	struct spin lock;
	volatile uint32_t seq;
	uint64_t tsc;  /* at this count the clock showed */
	uint64_t ns;   /* this, and since then counts */
	uint64_t mult; /* ns * 2^32 per cycle */
	uint64_t frequency;
	bool exact; /* told, not measured */
} tc = {.lock = SPIN_INITIALIZER("clock")};

static uint64_t wall_at_entry;

uint64_t
clock_cycles(void)
{
	return (rdtsc());
}

uint64_t
clock_frequency(void)
{
	return (tc.frequency);
}

static uint64_t
scale(uint64_t cycles, uint64_t mult)
{
	return ((uint64_t)((unsigned __int128)cycles * mult >> 32));
}

uint64_t
clock_cycles_ns(uint64_t cycles)
{
	return (scale(cycles, tc.mult));
}

uint64_t
clock_ns(void)
{
	uint32_t seq;
	uint64_t now, ns;

	do {
		seq = atomic_load(&tc.seq);
		now = rdtsc();
		/* Another CPU's counter may be a little behind. */
		ns = tc.ns + (now > tc.tsc ? scale(now - tc.tsc, tc.mult) : 0);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while (__predict_false((seq & 1) || seq != tc.seq));
	return (ns);
}

static void
set_rate(uint64_t frequency)
{
	uint64_t now, ns;

	spin_lock(&tc.lock);
	now = rdtsc();
	ns = tc.ns + (tc.mult != 0 ? scale(now - tc.tsc, tc.mult) : 0);
	tc.seq++;
	__atomic_thread_fence(__ATOMIC_RELEASE);
	if (tc.mult != 0) {
		tc.tsc = now;
		tc.ns = ns;
	}
	tc.mult = (NSEC_PER_SEC << 32) / frequency;
	tc.frequency = frequency;
	__atomic_thread_fence(__ATOMIC_RELEASE);
	tc.seq++;
	now = tc.tsc;
	ns = tc.ns;
	spin_unlock(&tc.lock);
	time_rate_changed(now, ns, frequency);
}

/* TSC and APIC count at the same moment, as near as several tries get. */
struct sample {
	uint64_t tsc;
	uint64_t doubt; /* cycles that the reading took */
	uint32_t left;
};

static struct sample
take_sample(void)
{
	struct sample best = {.doubt = UINT64_MAX};

	for (int i = 0; i < SAMPLES; i++) {
		uint64_t t0 = rdtsc();
		uint32_t left = apic_timer_left();
		uint64_t t1 = rdtsc();

		if (t1 - t0 < best.doubt)
			best =
			    (struct sample){t0 + (t1 - t0) / 2, t1 - t0, left};
	}
	return (best);
}

static uint64_t
measure(void)
{
	struct sample a, b;
	uint64_t limit = 0;

	apic_timer_free_run();
	a = take_sample();
	while (a.left - apic_timer_left() < CALIBRATE_NS)
		if (++limit > 10 * CALIBRATE_NS)
			panic("the local APIC timer doesn't count");
	b = take_sample();
	apic_setup();
	return ((b.tsc - a.tsc) * NSEC_PER_SEC / (a.left - b.left));
}

/*
 * A lap: the timer runs in its periodic mode, so that it goes on counting
 * when it has fired, and at the interrupt it still tells how much time has
 * passed since it was set.  Boot CPU, interrupts off.
 */
static struct {
	bool running;
	struct sample start;
	uint64_t longest; /* ns measured so far */
	uint64_t quality; /* of that: cycles per cycle of doubt */
	uint64_t pause;	  /* no new one before this time */
} lap = {.longest = CALIBRATE_NS, .pause = LAP_PAUSE};

static bool
lap_wanted(uint64_t now, uint64_t ns)
{
	return (!tc.exact && !cpu_features.tsc_deadline && now >= lap.pause &&
		ns >= LAP_LONGER * lap.longest && ns < UINT32_MAX &&
		curcpu()->c_id == 0);
}

static void
lap_start(uint64_t ns)
{
	uint64_t t0, t1;

	/* What is left of an earlier count, perhaps a few nanoseconds, must
	 * not begin to repeat: QEMU would do nothing else. */
	apic_timer(0);
	apic_timer_periodic(true);
	t0 = rdtsc();
	apic_timer(ns);
	t1 = rdtsc();
	lap.start = (struct sample){t0 + (t1 - t0) / 2, t1 - t0, (uint32_t)ns};
	lap.running = true;
}

static void
lap_stop(void)
{
	lap.running = false;
	lap.pause = clock_ns() + LAP_PAUSE;
	apic_timer(0);
	apic_timer_periodic(false);
}

/* The timer fired: no spin lock is held on this CPU. */
static void
lap_finish(void)
{
	struct sample end = take_sample();
	uint64_t cycles = end.tsc - lap.start.tsc;
	uint64_t quality = cycles / (end.doubt + lap.start.doubt + 1);
	uint64_t ns, frequency;

	lap_stop();
	/* From n to 0 and to n again are n + 1 steps. */
	ns = 2ul * lap.start.left + 1 - end.left;
	/* Within 64 bits: 2^35 cycles, 2^4 cycles a nanosecond at most. */
	frequency = ((cycles << 28) / ns * NSEC_PER_SEC) >> 28;
	/* Something else: interrupts were off for more than another lap. */
	if (quality <= lap.quality || frequency > tc.frequency / 8 * 9 ||
	    frequency < tc.frequency / 8 * 7)
		return;
	lap.longest = lap.start.left;
	lap.quality = quality;
	set_rate(frequency);
}

void
clock_interrupt(void)
{
	if (lap.running && curcpu()->c_id == 0)
		lap_finish();
	curcpu()->c_md.armed = NO_DEADLINE;
	apic_eoi();
	callout_interrupt();
}

static uint64_t
told_rate(void)
{
	uint64_t frequency = kvmclock_frequency();
	uint32_t r[4];

	if (frequency != 0)
		return (frequency);
	if (cpu_features.hv_max_leaf >= 0x40000010) {
		cpuid(0x40000010, 0, r);
		if (r[0] != 0)
			return ((uint64_t)r[0] * 1000);
	}
	if (cpu_features.max_leaf >= 0x15) {
		cpuid(0x15, 0, r);
		if (r[0] != 0 && r[1] != 0 && r[2] != 0)
			return ((uint64_t)r[2] * r[1] / r[0]);
	}
	if (cpu_features.max_leaf >= 0x16) {
		cpuid(0x16, 0, r);
		if ((r[0] & 0xffff) != 0)
			return ((uint64_t)(r[0] & 0xffff) * 1000000);
	}
	return (0);
}

void
md_clock_init(void)
{
	uint64_t frequency = told_rate();

	apic_init();
	for (unsigned i = 0; i < ncpus; i++)
		cpus[i].c_md.armed = NO_DEADLINE;
	tc.exact = frequency != 0;
	if (frequency == 0)
		frequency = measure();
	tc.tsc = boot_tsc;
	tc.ns = 0;
	set_rate(frequency);
	wall_at_entry = kvmclock_wall();
#ifdef OPT_ATRTC
	if (wall_at_entry == 0)
		wall_at_entry = rtc_wall();
#endif
	if (wall_at_entry != 0)
		wall_at_entry -= clock_ns();
}

uint64_t
clock_wall_at_entry(void)
{
	return (wall_at_entry);
}

/* Cycles that take at least ns. */
static uint64_t
cycles_of(uint64_t ns)
{
	return (ns / NSEC_PER_SEC * tc.frequency +
		ns % NSEC_PER_SEC * tc.frequency / NSEC_PER_SEC + 1);
}

void
clock_arm(uint64_t deadline)
{
	uint64_t flags = intr_disable();
	struct md_cpu *m = &curcpu()->c_md;
	uint64_t now;

	if (m->armed == deadline) {
		intr_restore(flags);
		return;
	}
	m->armed = deadline;
	if (lap.running && curcpu()->c_id == 0)
		lap_stop();
	if (deadline == NO_DEADLINE) {
		if (cpu_features.tsc_deadline)
			wrmsr(MSR_TSC_DEADLINE, 0);
		else
			apic_timer(0);
	} else {
		now = clock_ns();
		uint64_t left = deadline > now ? deadline - now : 1;

		if (cpu_features.tsc_deadline)
			wrmsr(MSR_TSC_DEADLINE, rdtsc() + cycles_of(left));
		else if (lap_wanted(now, left))
			lap_start(left + 1);
		else
			apic_timer(left + 1);
	}
	intr_restore(flags);
}
