/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads: creation, locks, conditions, cancellation, thread's own data. */
#include <limits.h>
#include <pthread.h>
#include <semaphore.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static __thread int own = 7;
static long counter;
static int turn, cleaned;

static void *
count(void *arg)
{
	int i;

	CHECK(own == 7);
	own = (int)(long)arg;
	for (i = 0; i < 2000; i++) {
		pthread_mutex_lock(&lock);
		counter++;
		pthread_mutex_unlock(&lock);
	}
	CHECK(own == (int)(long)arg);
	return (arg);
}

static void
mutexes(void)
{
	pthread_t t[8];
	void *value;
	long i;

	for (i = 0; i < 8; i++)
		CHECK(pthread_create(&t[i], NULL, count, (void *)i) == 0);
	for (i = 0; i < 8; i++) {
		CHECK(pthread_join(t[i], &value) == 0);
		CHECK((long)value == i);
	}
	CHECK(counter == 16000 && own == 7);
}

static void *
ping(void *arg)
{
	int me = (int)(long)arg, i;

	pthread_mutex_lock(&lock);
	for (i = 0; i < 200; i++) {
		while (turn != me)
			pthread_cond_wait(&changed, &lock);
		turn = !me;
		pthread_cond_broadcast(&changed);
	}
	pthread_mutex_unlock(&lock);
	return (NULL);
}

static void
conditions(void)
{
	struct timespec until;
	pthread_t t[2];
	sem_t sem;

	CHECK(pthread_create(&t[0], NULL, ping, (void *)0) == 0);
	CHECK(pthread_create(&t[1], NULL, ping, (void *)1) == 0);
	CHECK(pthread_join(t[0], NULL) == 0 && pthread_join(t[1], NULL) == 0);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += 10000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&lock);
	CHECK(pthread_cond_timedwait(&changed, &lock, &until) == ETIMEDOUT);
	pthread_mutex_unlock(&lock);
	CHECK(sem_init(&sem, 0, 1) == 0 && sem_wait(&sem) == 0);
	CHECK(sem_trywait(&sem) == -1 && errno == EAGAIN);
	CHECK(sem_timedwait(&sem, &until) == -1 && errno == ETIMEDOUT);
}

static void
clean(void *arg)
{
	(*(int *)arg)++;
	pthread_mutex_unlock(&lock);
}

static void *
sleeper(void *arg)
{
	pthread_mutex_lock(&lock);
	pthread_cleanup_push(clean, arg);
	turn = 100;
	pthread_cond_broadcast(&changed);
	for (;;)
		pthread_cond_wait(&changed, &lock);
	pthread_cleanup_pop(1);
	return (NULL);
}

static void *
reader(void *arg)
{
	char c;

	if (read(*(int *)arg, &c, 1) == 1)
		return (NULL);
	return (arg);
}

static void
cancellation(void)
{
	pthread_t t;
	void *value;
	int p[2];

	CHECK(pthread_create(&t, NULL, sleeper, &cleaned) == 0);
	pthread_mutex_lock(&lock);
	while (turn != 100)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
	CHECK(pthread_cancel(t) == 0 && pthread_join(t, &value) == 0);
	CHECK(value == PTHREAD_CANCELED && cleaned == 1);
	CHECK(pipe(p) == 0);
	CHECK(pthread_create(&t, NULL, reader, &p[0]) == 0);
	usleep(20000);
	CHECK(pthread_cancel(t) == 0 && pthread_join(t, &value) == 0);
	CHECK(value == PTHREAD_CANCELED);
}

static void *
nothing(void *arg)
{
	__atomic_fetch_add((int *)arg, 1, __ATOMIC_SEQ_CST);
	return (NULL);
}

/* Detached threads free their own stacks. */
static void
detached(void)
{
	pthread_attr_t attr;
	int i, ended = 0;
	pthread_t t;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	for (i = 0; i < 200; i++) {
		int error = pthread_create(&t, &attr, nothing, &ended);

		CHECK(error == 0);
		while (
		    error == 0 && __atomic_load_n(&ended, __ATOMIC_SEQ_CST) < i)
			sched_yield();
	}
	while (__atomic_load_n(&ended, __ATOMIC_SEQ_CST) < 200)
		sched_yield();
}

int
main(void)
{
	mutexes();
	conditions();
	cancellation();
	detached();
	return (result("threads"));
}
