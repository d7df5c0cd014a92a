/* SPDX-License-Identifier: BSD-2-Clause */
/* Pending queues, clocks and the time page, in the kernel. */
#include "abi/freebsd/freebsd.h"
#include "amd64/md.h"
#include "fbsd/errno.h"
#include "boot/ktest.h"
#include "proc/sigqueue.h"
#include "time/timekeeper.h"
#include "vm/kmem.h"
#include "vm/vm.h"

static struct siginfo
story(int sig, int code, int value)
{
	return ((struct siginfo){
	    .si_signo = sig, .si_code = code, .si_value.sival_int = value});
}

static int
add(struct sigqueue *sq, int sig, int code, int value)
{
	struct siginfo info = story(sig, code, value);

	return (sigqueue_add(sq, sig, &info));
}

KTEST(sigqueue_order)
{
	struct sigqueue sq;
	struct siginfo info;

	sigqueue_init(&sq);
	/* A plain signal is kept once, with its first story. */
	KT_ASSERT(add(&sq, SIGUSR1, SI_USER, 1) == 0);
	KT_ASSERT(add(&sq, SIGUSR1, SI_USER, 2) == 0);
	KT_ASSERT(sq.sq_count == 1);
	/* sigqueue(2)'s and real-time ones each, in order. */
	KT_ASSERT(add(&sq, SIGUSR1, SI_QUEUE, 3) == 0);
	for (int i = 0; i < 4; i++)
		KT_ASSERT(add(&sq, SIGRTMIN, SI_USER, i) == 0);
	sigqueue_take(&sq, SIGUSR1, &info);
	KT_ASSERT(info.si_value.sival_int == 1);
	KT_ASSERT(sigismember(&sq.sq_signals, SIGUSR1));
	sigqueue_take(&sq, SIGUSR1, &info);
	KT_ASSERT(info.si_value.sival_int == 3);
	KT_ASSERT(!sigismember(&sq.sq_signals, SIGUSR1));
	for (int i = 0; i < 4; i++) {
		KT_ASSERT(sigismember(&sq.sq_signals, SIGRTMIN));
		sigqueue_take(&sq, SIGRTMIN, &info);
		KT_ASSERT(info.si_value.sival_int == i);
	}
	KT_ASSERT(sigisempty(&sq.sq_signals) && sq.sq_count == 0);
}

KTEST(sigqueue_full)
{
	uint64_t used = kmem_used();
	struct sigqueue sq;
	struct siginfo info;
	int n = 0;

	sigqueue_init(&sq);
	while (add(&sq, SIGRTMIN, SI_QUEUE, n) == 0 && n < 100000)
		n++;
	KT_ASSERT(n >= 32 && n < 100000);
	/* No room for the story; the signal comes nevertheless. */
	KT_ASSERT(add(&sq, SIGTERM, SI_USER, 7) == 0);
	sigqueue_take(&sq, SIGTERM, &info);
	KT_ASSERT(info.si_signo == SIGTERM && info.si_code == SI_KERNEL);
	sigqueue_flush(&sq);
	KT_ASSERT(sigisempty(&sq.sq_signals) && sq.sq_count == 0);
	KT_ASSERT(kmem_used() <= used + 16 * PAGE_SIZE);
}

KTEST(sigqueue_static)
{
	struct ksiginfo ksi = {
	    .ksi_static = true, .ksi_info = {.si_signo = SIGALRM}};
	struct sigqueue sq;

	sigqueue_init(&sq);
	list_init(&ksi.ksi_link);
	sigqueue_withdraw(&ksi);
	sigqueue_add_static(&sq, &ksi);
	KT_ASSERT(ksi.ksi_queue == &sq && sigismember(&sq.sq_signals, SIGALRM));
	sigqueue_withdraw(&ksi);
	KT_ASSERT(ksi.ksi_queue == NULL && sigisempty(&sq.sq_signals));
	sigqueue_add_static(&sq, &ksi);
	sigqueue_flush(&sq);
	KT_ASSERT(ksi.ksi_queue == NULL && !list_linked(&ksi.ksi_link));
}

KTEST(sigset_words)
{
	sigset_t s;

	sigemptyset(&s);
	KT_ASSERT(sigset_first(&s) == 0);
	for (int sig = SIGRTMAX; sig > 0; sig--) {
		sigaddset(&s, sig);
		KT_ASSERT(sigset_first(&s) == sig);
	}
	sigset_cantmask(&s);
	KT_ASSERT(!sigismember(&s, SIGKILL) && !sigismember(&s, SIGSTOP));
	KT_ASSERT(sigismember(&s, SIGINT) && sigismember(&s, SIGRTMAX));
}

KTEST(time_deadlines)
{
	struct timespec ts = {0, 1000}, far = {INT64_MAX, 0};
	struct timespec bad = {0, 1000000000}, past = {-1, 0};
	uint64_t before = clock_ns(), deadline;

	KT_ASSERT(time_deadline(CLOCK_MONOTONIC, false, &ts, &deadline) == 0);
	KT_ASSERT(deadline >= before + 1000 && deadline <= clock_ns() + 1000);
	/* The far end of time is far, not past. */
	KT_ASSERT(time_deadline(CLOCK_MONOTONIC, false, &far, &deadline) == 0);
	KT_ASSERT(deadline > before + (1ul << 62) && deadline != NO_DEADLINE);
	KT_ASSERT(time_deadline(CLOCK_REALTIME, true, &far, &deadline) == 0);
	KT_ASSERT(deadline > before + (1ul << 60));
	KT_ASSERT(time_deadline(CLOCK_REALTIME, true, &past, &deadline) == 0);
	KT_ASSERT(deadline <= clock_ns());
	KT_ASSERT(
	    time_deadline(CLOCK_MONOTONIC, false, &past, &deadline) == EINVAL);
	KT_ASSERT(
	    time_deadline(CLOCK_MONOTONIC, false, &bad, &deadline) == EINVAL);
	KT_ASSERT(time_deadline(3, false, &ts, &deadline) == EINVAL);
}

/* A slew moves the wall clock smoothly, and no faster than it says.  Between
 * two looks at clocks any time may pass, so each is between two of the other.
 */
KTEST(time_slew)
{
	int64_t delta = -1000000, none = 0, left;
	uint64_t m0 = clock_ns(), wall = time_realtime(), m1 = clock_ns();
	uint64_t m2, m3, dw;

	KT_ASSERT(time_slew(&delta) == 0);
	left = time_slew(NULL);
	KT_ASSERT(left < 0 && left >= delta);
	while (clock_ns() - m1 < 5000000)
		cpu_relax();
	m2 = clock_ns();
	dw = time_realtime() - wall;
	m3 = clock_ns();
	KT_ASSERT(dw < m3 - m0);
	KT_ASSERT(dw + 100000 + (m3 - m0) / 1000 > m2 - m1);
	left = time_slew(&none);
	KT_ASSERT(left > delta && left < 0);
	KT_ASSERT(time_slew(NULL) == 0);
}

/* The page's base follows the clock exactly, whatever is published. */
KTEST(time_page)
{
	static char page[PAGE_SIZE];
	struct time_base tb = {.tsc = 0x123456789abcdef,
	    .ns = 5 * NSEC_PER_SEC + 7,
	    .mult = (NSEC_PER_SEC << 32) / 2400000000ul,
	    .wall = 1,
	    .enabled = true};
	const uint32_t *tk = (const uint32_t *)page;
	void *real = vm_shared_page;
	const uint32_t *th;

	vm_shared_page = page;
	for (int i = 0; i < 9; i++)
		freebsd_publish_time(&tb);
	vm_shared_page = real;
	KT_ASSERT(tk[0] == 1 && tk[1] == 1 && tk[2] < 4);
	th = &tk[4 + tk[2] * 22];
	KT_ASSERT(th[0] == 1 && th[1] != 0 && th[5] == UINT32_MAX);
	/* The count's frequency lets 32 bits last for 17 s. */
	KT_ASSERT(th[14] == 4 && th[4] == (uint32_t)(tb.tsc >> 4));
}
