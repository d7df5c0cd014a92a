/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads and the locks of _umtx_op(2), as libthr uses them. */
#include "freebsd.h"

static long
op(volatile void *obj, int what, unsigned long val, volatile void *a1,
    volatile void *a2)
{
	return (SYS(SYS__umtx_op, obj, what, val, a1, a2));
}

static struct umtx_time
after_ms(long ms)
{
	return ((struct umtx_time){
	    {ms / 1000, ms % 1000 * 1000000}, 0, CLOCK_MONOTONIC});
}

static void
plain_waits(void)
{
	volatile uint32_t word = 5;
	volatile long wide = 5l << 32;
	struct umtx_time t = after_ms(20);
	struct timespec ts = {0, 20000000};
	uint64_t before = now_ns(CLOCK_MONOTONIC);

	CHECK_EQ(op(&word, UMTX_OP_WAIT_UINT_PRIVATE, 4, 0, 0), 0);
	CHECK_EQ(op(&word, UMTX_OP_WAIT_UINT, 4, 0, 0), 0);
	CHECK_EQ(op(&wide, UMTX_OP_WAIT, 5, 0, 0), 0);
	CHECK_EQ(op(&word, UMTX_OP_WAIT_UINT_PRIVATE, 5, (void *)sizeof(t), &t),
	    -ETIMEDOUT);
	CHECK(now_ns(CLOCK_MONOTONIC) - before >= 20000000);
	CHECK_EQ(op(&wide, UMTX_OP_WAIT, 5l << 32, (void *)sizeof(ts), &ts),
	    -ETIMEDOUT);
	t.flags = UMTX_ABSTIME;
	t.timeout.tv_sec = 0;
	CHECK_EQ(
	    op(&word, UMTX_OP_WAIT_UINT, 5, (void *)sizeof(t), &t), -ETIMEDOUT);
	t.timeout.tv_nsec = 1000000000;
	CHECK_EQ(
	    op(&word, UMTX_OP_WAIT_UINT, 5, (void *)sizeof(t), &t), -EINVAL);
	t = after_ms(1);
	t.clockid = 99;
	CHECK_EQ(
	    op(&word, UMTX_OP_WAIT_UINT, 5, (void *)sizeof(t), &t), -EINVAL);
	CHECK_EQ(op((void *)16, UMTX_OP_WAIT_UINT_PRIVATE, 5, 0, 0), -EFAULT);
	CHECK_EQ(
	    op(&word, UMTX_OP_WAIT_UINT, 5, (void *)24, (void *)16), -EFAULT);
	CHECK_EQ(op(&word, UMTX_OP_WAKE_PRIVATE, 1, 0, 0), 0);
	CHECK_EQ(op(&word, 99, 1, 0, 0), -EOPNOTSUPP);
	CHECK_EQ(op(&word, 0, 1, 0, 0), -EOPNOTSUPP);
}

#define NTHREADS 4
#define ROUNDS	 200

static struct umutex mutex;
static struct ucond cond;
static struct urwlock rw;
static struct usem2 sem;
static volatile long tids[NTHREADS], counter;
static volatile uint32_t gate;

static long
self(void)
{
	long id;

	(void)SYS(SYS_thr_self, &id);
	return (id);
}

/* As libthr does: the word first, the kernel when that fails. */
static void
lock(struct umutex *m, long id)
{
	uint32_t unowned = 0;

	if (!__atomic_compare_exchange_n(&m->m_owner, &unowned, (uint32_t)id,
		false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		CHECK_EQ(op(m, UMTX_OP_MUTEX_LOCK, 0, 0, 0), 0);
}

static void
unlock(struct umutex *m, long id)
{
	uint32_t owner = (uint32_t)id;

	if (!__atomic_compare_exchange_n(&m->m_owner, &owner, 0, false,
		__ATOMIC_RELEASE, __ATOMIC_RELAXED))
		CHECK_EQ(op(m, UMTX_OP_MUTEX_UNLOCK, 0, 0, 0), 0);
}

static void
count_locked(void *arg)
{
	long id = self();

	for (int i = 0; i < ROUNDS; i++) {
		lock(&mutex, id);
		long was = counter;

		if (i % 16 == 0)
			(void)SYS(SYS_sched_yield);
		counter = was + 1;
		unlock(&mutex, id);
	}
	end_thread(arg);
}

/* libthr's other way: wait until it is free, and unlock in the program. */
static void
count_waitfree(void *arg)
{
	uint32_t id = (uint32_t)self();

	for (int i = 0; i < ROUNDS; i++) {
		for (;;) {
			uint32_t owner = 0;

			if (__atomic_compare_exchange_n(&mutex.m_owner, &owner,
				id, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
				break;
			if (owner == UMUTEX_CONTESTED &&
			    __atomic_compare_exchange_n(&mutex.m_owner, &owner,
				id | UMUTEX_CONTESTED, false, __ATOMIC_ACQUIRE,
				__ATOMIC_RELAXED))
				break;
			CHECK_EQ(op(&mutex, UMTX_OP_MUTEX_WAIT, 0, 0, 0), 0);
		}
		long was = counter;

		if (i % 16 == 0)
			(void)SYS(SYS_sched_yield);
		counter = was + 1;
		if (__atomic_exchange_n(&mutex.m_owner, 0, __ATOMIC_RELEASE) &
		    UMUTEX_CONTESTED)
			CHECK_EQ(op(&mutex, UMTX_OP_MUTEX_WAKE2, 0, 0, 0), 0);
	}
	end_thread(arg);
}

static void
run_all(void (*fn)(void *))
{
	for (int i = 0; i < NTHREADS; i++)
		CHECK_EQ(
		    start_thread(fn, (void *)&tids[i], (long *)&tids[i]), 0);
	for (int i = 0; i < NTHREADS; i++)
		join_thread(&tids[i]);
}

static void
mutexes(void)
{
	struct umtx_time t = after_ms(10);

	counter = 0;
	run_all(count_locked);
	CHECK_EQ(counter, NTHREADS * ROUNDS);
	CHECK_EQ(mutex.m_owner & ~UMUTEX_CONTESTED, 0);
	mutex.m_owner = 0;
	counter = 0;
	run_all(count_waitfree);
	CHECK_EQ(counter, NTHREADS * ROUNDS);
	mutex.m_owner = 7;
	CHECK_EQ(op(&mutex, UMTX_OP_MUTEX_TRYLOCK, 0, 0, 0), -EBUSY);
	CHECK_EQ(op(&mutex, UMTX_OP_MUTEX_UNLOCK, 0, 0, 0), -EPERM);
	CHECK_EQ(op(&mutex, UMTX_OP_MUTEX_LOCK, 0, (void *)sizeof(t), &t),
	    -ETIMEDOUT);
	mutex.m_owner = 0;
	CHECK_EQ(op(&mutex, UMTX_OP_MUTEX_TRYLOCK, 0, 0, 0), 0);
	CHECK_EQ(mutex.m_owner, self());
	CHECK_EQ(op(&mutex, UMTX_OP_MUTEX_UNLOCK, 0, 0, 0), 0);
	CHECK_EQ(op((void *)16, UMTX_OP_MUTEX_LOCK, 0, 0, 0), -EFAULT);
}

static volatile int ready;

static void
wait_cond(void *arg)
{
	long id = self();

	lock(&mutex, id);
	counter++;
	while (!ready) {
		CHECK_EQ(op(&cond, UMTX_OP_CV_WAIT, 0, &mutex, 0), 0);
		lock(&mutex, id);
	}
	counter--;
	unlock(&mutex, id);
	end_thread(arg);
}

static void
conditions(void)
{
	struct timespec ts = {0, 10000000};
	long id = self(), waiting = 0;

	counter = 0;
	mutex.m_owner = 0;
	for (int i = 0; i < NTHREADS; i++)
		CHECK_EQ(
		    start_thread(wait_cond, (void *)&tids[i], (long *)&tids[i]),
		    0);
	while (waiting < NTHREADS) {
		lock(&mutex, id);
		waiting = counter;
		unlock(&mutex, id);
		sleep_ms(1);
	}
	CHECK_EQ(cond.c_has_waiters, 1);
	lock(&mutex, id);
	ready = 1;
	unlock(&mutex, id);
	CHECK_EQ(op(&cond, UMTX_OP_CV_SIGNAL, 0, 0, 0), 0);
	CHECK_EQ(op(&cond, UMTX_OP_CV_BROADCAST, 0, 0, 0), 0);
	for (int i = 0; i < NTHREADS; i++)
		join_thread(&tids[i]);
	CHECK_EQ(counter, 0);
	CHECK_EQ(cond.c_has_waiters, 0);
	lock(&mutex, id);
	CHECK_EQ(op(&cond, UMTX_OP_CV_WAIT, 0, &mutex, &ts), -ETIMEDOUT);
	CHECK_EQ(cond.c_has_waiters, 0);
	CHECK_EQ(op(&cond, UMTX_OP_CV_WAIT, 0, &mutex, 0), -EPERM);
}

static volatile int readers, writers, worst;

static void
read_write(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		bool write = i % 4 == 0;

		CHECK_EQ(op(&rw, write ? UMTX_OP_RW_WRLOCK : UMTX_OP_RW_RDLOCK,
			     0, 0, 0),
		    0);
		if (write) {
			if (__atomic_fetch_add(&writers, 1, __ATOMIC_SEQ_CST) !=
				0 ||
			    readers != 0)
				worst++;
		} else {
			__atomic_fetch_add(&readers, 1, __ATOMIC_SEQ_CST);
			if (writers != 0)
				worst++;
		}
		if (i % 8 == 0)
			(void)SYS(SYS_sched_yield);
		__atomic_fetch_sub(
		    write ? &writers : &readers, 1, __ATOMIC_SEQ_CST);
		CHECK_EQ(op(&rw, UMTX_OP_RW_UNLOCK, 0, 0, 0), 0);
	}
	end_thread(arg);
}

static void
rwlocks(void)
{
	struct umtx_time t = after_ms(10);

	run_all(read_write);
	CHECK_EQ(worst, 0);
	CHECK_EQ(rw.rw_state, 0);
	CHECK_EQ(op(&rw, UMTX_OP_RW_UNLOCK, 0, 0, 0), -EPERM);
	CHECK_EQ(op(&rw, UMTX_OP_RW_RDLOCK, 0, 0, 0), 0);
	CHECK_EQ(op(&rw, UMTX_OP_RW_RDLOCK, 0, 0, 0), 0);
	CHECK_EQ(
	    op(&rw, UMTX_OP_RW_WRLOCK, 0, (void *)sizeof(t), &t), -ETIMEDOUT);
	CHECK_EQ(rw.rw_state, 2);
	CHECK_EQ(op(&rw, UMTX_OP_RW_UNLOCK, 0, 0, 0), 0);
	CHECK_EQ(op(&rw, UMTX_OP_RW_UNLOCK, 0, 0, 0), 0);
	CHECK_EQ(op(&rw, UMTX_OP_RW_WRLOCK, 0, 0, 0), 0);
	CHECK_EQ(
	    op(&rw, UMTX_OP_RW_RDLOCK, 0, (void *)sizeof(t), &t), -ETIMEDOUT);
	CHECK_EQ(op(&rw, UMTX_OP_RW_UNLOCK, 0, 0, 0), 0);
	CHECK_EQ(rw.rw_state, 0);
}

static void
consume(void *arg)
{
	for (int i = 0; i < ROUNDS; i++)
		for (;;) {
			uint32_t c = sem.count & USEM_MAX_COUNT;
			uint32_t full = sem.count;

			if (c != 0 && __atomic_compare_exchange_n(&sem.count,
					  &full, full - 1, false,
					  __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
				break;
			if (c == 0)
				CHECK_EQ(
				    op(&sem, UMTX_OP_SEM2_WAIT, 0, 0, 0), 0);
		}
	end_thread(arg);
}

static void
semaphores(void)
{
	struct umtx_time t = after_ms(10);

	for (int i = 0; i < NTHREADS; i++)
		CHECK_EQ(
		    start_thread(consume, (void *)&tids[i], (long *)&tids[i]),
		    0);
	for (int i = 0; i < NTHREADS * ROUNDS; i++)
		if (__atomic_fetch_add(&sem.count, 1, __ATOMIC_SEQ_CST) &
		    USEM_HAS_WAITERS)
			CHECK_EQ(op(&sem, UMTX_OP_SEM2_WAKE, 0, 0, 0), 0);
	/* Several posts may have been seen with one waiter woken. */
	for (int i = 0; i < NTHREADS; i++)
		(void)op(&sem, UMTX_OP_SEM2_WAKE, 0, 0, 0);
	for (int i = 0; i < NTHREADS; i++)
		join_thread(&tids[i]);
	CHECK_EQ(sem.count & USEM_MAX_COUNT, 0);
	CHECK_EQ(
	    op(&sem, UMTX_OP_SEM2_WAIT, 0, (void *)sizeof(t), &t), -ETIMEDOUT);
}

static struct umutex robust = {.m_flags = UMUTEX_ROBUST};

static void
die_with_lock(void *arg)
{
	static uint64_t head, inactive;
	struct umtx_robust_lists_params rb = {
	    0, (uint64_t)&head, (uint64_t)&inactive};

	CHECK_EQ(op(NULL, UMTX_OP_ROBUST_LISTS, sizeof(rb), &rb, 0), 0);
	CHECK_EQ(op(&robust, UMTX_OP_MUTEX_LOCK, 0, 0, 0), 0);
	head = (uint64_t)&robust;
	end_thread(arg);
}

static void
robust_mutexes(void)
{
	static volatile long tid;

	CHECK_EQ(start_thread(die_with_lock, (void *)&tid, (long *)&tid), 0);
	join_thread(&tid);
	CHECK_EQ(robust.m_owner, UMUTEX_RB_OWNERDEAD);
	CHECK_EQ(op(&robust, UMTX_OP_MUTEX_LOCK, 0, 0, 0), -EOWNERDEAD);
	CHECK_EQ(robust.m_owner, self() | UMUTEX_CONTESTED);
	robust.m_flags |= UMUTEX_NONCONSISTENT;
	CHECK_EQ(op(&robust, UMTX_OP_MUTEX_UNLOCK, 0, 0, 0), 0);
	CHECK_EQ(op(&robust, UMTX_OP_MUTEX_LOCK, 0, 0, 0), -ENOTRECOVERABLE);
	CHECK_EQ(op(NULL, UMTX_OP_ROBUST_LISTS, 100, &robust, 0), -EINVAL);
}

static void
processes(void)
{
	volatile uint32_t *word = map_anon(4096, MAP_ANON_SHARED);
	int status;
	long child;

	child = SYS(SYS_fork);
	if (child == 0) {
		sleep_ms(10);
		*word = 1;
		(void)op(word, UMTX_OP_WAKE, 1, 0, 0);
		(void)SYS(SYS_exit, 0);
	}
	while (*word == 0)
		CHECK_EQ(op(word, UMTX_OP_WAIT_UINT, 0, 0, 0), 0);
	CHECK_EQ(SYS(SYS_wait4, child, &status, 0, 0), child);
}

#define WORDS 32

static volatile struct {
	volatile uint32_t *word;
	long tid, error;
} waits[WORDS];

static void
wait_at(void *arg)
{
	struct umtx_time limit = after_ms(10000);
	long i = (long)arg;

	waits[i].error = op(
	    waits[i].word, UMTX_OP_WAIT_UINT, 0, (void *)sizeof(limit), &limit);
	end_thread((long *)&waits[i].tid);
}

static void
start_wait(long i)
{
	waits[i].word = map_anon(4096, MAP_ANON_SHARED);
	CHECK_EQ(start_thread(wait_at, (void *)i, (long *)&waits[i].tid), 0);
}

/* Who waits for memory that is gone takes no other memory's wake-ups. */
static void
unmapped(void)
{
	start_wait(0);
	sleep_ms(10);
	CHECK_EQ(SYS(SYS_munmap, waits[0].word, 4096), 0);
	for (long i = 1; i < WORDS; i++)
		start_wait(i);
	sleep_ms(10);
	for (long i = 1; i < WORDS; i++) {
		*waits[i].word = 1;
		CHECK_EQ(op(waits[i].word, UMTX_OP_WAKE, 1, 0, 0), 0);
		join_thread(&waits[i].tid);
		CHECK_EQ(waits[i].error, 0);
	}
	(void)SYS(SYS_exit, failures != 0);
}

static void
gone_memory(void)
{
	long child = SYS(SYS_fork);
	int status = -1;

	if (child == 0) {
		failures = 0;
		unmapped();
	}
	CHECK_EQ(SYS(SYS_wait4, child, &status, 0, 0), child);
	CHECK_EQ(status, 0);
}

/* A page that goes with an address, in all processes that map it. */
static void
shared_pages(void)
{
	char *lock = map_anon(4096, MAP_ANON_SHARED);
	char *here = map_anon(4096, MAP_ANON_PRIVATE), *page;
	long fd, other, child;
	int status;

	CHECK_EQ(op(NULL, UMTX_OP_SHM, UMTX_SHM_LOOKUP, lock, 0), -ESRCH);
	CHECK_EQ(op(NULL, UMTX_OP_SHM, UMTX_SHM_ALIVE, lock, 0), -ENOTTY);
	fd = op(NULL, UMTX_OP_SHM, UMTX_SHM_CREAT, lock, 0);
	CHECK(fd >= 0);
	page = (char *)SYS(SYS_mmap, 0, 4096, PROT_RW, 1, fd, 0);
	page[8] = 'x';
	child = SYS(SYS_fork);
	if (child == 0) {
		other = op(NULL, UMTX_OP_SHM, UMTX_SHM_LOOKUP, lock, 0);
		page = (char *)SYS(SYS_mmap, 0, 4096, PROT_RW, 1, other, 0);
		(void)SYS(SYS_exit, page[8] == 'x' ? 0 : 1);
	}
	CHECK_EQ(SYS(SYS_wait4, child, &status, 0, 0), child);
	CHECK_EQ(status, 0);
	CHECK_EQ(op(NULL, UMTX_OP_SHM, UMTX_SHM_ALIVE, lock, 0), 0);
	CHECK_EQ(op(NULL, UMTX_OP_SHM, UMTX_SHM_LOOKUP, lock + 64, 0), -ESRCH);
	CHECK_EQ(op(NULL, UMTX_OP_SHM, UMTX_SHM_DESTROY, lock, 0), 0);
	CHECK_EQ(op(NULL, UMTX_OP_SHM, UMTX_SHM_DESTROY, lock, 0), -ESRCH);
	/* Memory that goes takes its pages with it; so does private memory. */
	for (int i = 0; i < 100; i++) {
		char *m = map_anon(4096, MAP_ANON_SHARED);

		other = op(NULL, UMTX_OP_SHM, UMTX_SHM_CREAT, m, 0);
		CHECK(other >= 0);
		(void)SYS(SYS_close, other);
		(void)SYS(SYS_munmap, m, 4096);
	}
	CHECK(op(NULL, UMTX_OP_SHM, UMTX_SHM_CREAT, here, 0) >= 0);
	CHECK_EQ(op(NULL, UMTX_OP_SHM, 9, lock, 0), -EINVAL);
	CHECK_EQ(op(NULL, UMTX_OP_SHM, UMTX_SHM_CREAT, (void *)16, 0), -EFAULT);
}

static volatile bool restless;

static void
change_words(void *arg)
{
	while (restless) {
		mutex.m_owner += 2;
		rw.rw_state += 3;
	}
	end_thread(arg);
}

static void
wait_free(void *arg)
{
	(void)op(&mutex, UMTX_OP_MUTEX_WAIT, 0, 0, 0);
	end_thread(arg);
}

/* A word that never stands still holds up only who asks about it, if at all. */
static void
restless_words(void)
{
	long changer, waiter, r;

	mutex = (struct umutex){.m_owner = 1u << 30};
	rw = (struct urwlock){.rw_state = 1u << 20};
	restless = true;
	CHECK_EQ(start_thread(wait_free, &waiter, &waiter), 0);
	CHECK_EQ(start_thread(change_words, &changer, &changer), 0);
	for (int i = 0; i < 500; i++) {
		r = op(&mutex, UMTX_OP_MUTEX_WAKE2, 0, 0, 0);
		CHECK(r == 0 || r == -EAGAIN);
		r = op(&rw, UMTX_OP_RW_UNLOCK, 0, 0, 0);
		CHECK(r == 0 || r == -EAGAIN || r == -EPERM);
	}
	restless = false;
	join_thread(&changer);
	mutex.m_owner = 0;
	CHECK_EQ(op(&mutex, UMTX_OP_MUTEX_WAKE2, 0, 0, 0), 0);
	join_thread(&waiter);
}

static void
minimum(void)
{
	long min = 5;

	CHECK_EQ(op(NULL, UMTX_OP_GET_MIN_TIMEOUT, 0, &min, 0), 0);
	CHECK_EQ(min, 0);
	CHECK_EQ(op(NULL, UMTX_OP_SET_MIN_TIMEOUT, 1000, 0, 0), 0);
	CHECK_EQ(op(NULL, UMTX_OP_GET_MIN_TIMEOUT, 0, &min, 0), 0);
	CHECK_EQ(min, 1000);
	CHECK_EQ(op(NULL, UMTX_OP_SET_MIN_TIMEOUT, -1, 0, 0), -EINVAL);
}

int
main(int argc, char **argv)
{
	plain_waits();
	mutexes();
	conditions();
	rwlocks();
	semaphores();
	robust_mutexes();
	processes();
	gone_memory();
	shared_pages();
	restless_words();
	minimum();
	return (result("umtx"));
}
