/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The types of <pthread.h> as programs that were built on FreeBSD have them: a
 * mutex, an attribute and their like are pointers, NULL if initialised
 * statically, where musl has structures.  Here each pointer leads to musl's
 * structure, made when it is first needed; musl's own functions go by other
 * names in the shared library (ldso/renamed).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/sysctl.h>

#include "abi.h"
#include "pthread_impl.h"

/* FreeBSD's numbers. */
#define FREEBSD_MUTEX_ERRORCHECK 1 /* and what mutexes are by default */
#define FREEBSD_MUTEX_RECURSIVE	 2
#define FREEBSD_MUTEX_NORMAL	 3
#define FREEBSD_MUTEX_ADAPTIVE	 4
#define FREEBSD_SCOPE_PROCESS	 0
#define FREEBSD_SCOPE_SYSTEM	 2
#define FREEBSD_CANCEL_ASYNC	 2

/* No object has such an address: FreeBSD's other static initialisers. */
#define SPECIAL 15

hidden void *__libc_calloc(size_t, size_t);
hidden void __libc_free(void *);

/* What a statically initialised slot leads to; NULL: there is no memory.  Not
 * by malloc(), which may be the program's and lock a mutex itself. */
static void *
find_or_make(void *slot, size_t size, void (*init)(void *))
{
	void *volatile *p = slot, *old = *p, *new;

	if ((uintptr_t)old > SPECIAL)
		return (old);
	new = __libc_calloc(1, size);
	if (new == NULL)
		return (NULL);
	if (init != NULL)
		init(new);
	if (a_cas_p(p, old, new) != old) {
		__libc_free(new);
		return (*p);
	}
	return (new);
}

static void *
make(void *slot, size_t size)
{
	*(void **)slot = NULL;
	return (find_or_make(slot, size, NULL));
}

static int
unmake(void *slot)
{
	void *old = contents(slot);

	if ((uintptr_t)old > SPECIAL)
		__libc_free(old);
	*(void **)slot = NULL;
	return (0);
}

MUSL(pthread_mutexattr_settype);
MUSL(pthread_mutex_init);

static void
init_mutex(void *new)
{
	pthread_mutexattr_t attr = {0};

	musl_pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK);
	musl_pthread_mutex_init(new, &attr);
}

static void *
mutex(const void *slot)
{
	return (
	    find_or_make((void *)slot, sizeof(pthread_mutex_t), init_mutex));
}

static void *
cond(const void *slot)
{
	return (find_or_make((void *)slot, sizeof(pthread_cond_t), NULL));
}

static void *
rwlock(const void *slot)
{
	return (find_or_make((void *)slot, sizeof(pthread_rwlock_t), NULL));
}

/* Functions whose first argument is an object, found by `find`; the others are
 * passed on. */
#define FORWARD(name, type, find)                                              \
	MUSL(name);                                                            \
	int name(type *slot)                                                   \
	{                                                                      \
		void *object = find(slot);                                     \
                                                                               \
		return (object == NULL ? EINVAL : musl_##name(object));        \
	}
#define FORWARD_2(name, type, find, arg)                                       \
	MUSL(name);                                                            \
	int name(type *slot, arg a)                                            \
	{                                                                      \
		void *object = find(slot);                                     \
                                                                               \
		return (object == NULL ? EINVAL : musl_##name(object, a));     \
	}
#define FORWARD_3(name, type, find, arg, arg2)                                 \
	MUSL(name);                                                            \
	int name(type *slot, arg a, arg2 b)                                    \
	{                                                                      \
		void *object = find(slot);                                     \
                                                                               \
		return (object == NULL ? EINVAL : musl_##name(object, a, b));  \
	}
/* Objects that begin and end explicitly. */
#define CREATE(name, type)                                                     \
	MUSL(name);                                                            \
	int name(type *slot)                                                   \
	{                                                                      \
		void *object = make(slot, sizeof(type));                       \
                                                                               \
		return (object == NULL ? ENOMEM : musl_##name(object));        \
	}
#define CREATE_WITH(name, type, attr_type)                                     \
	MUSL(name);                                                            \
	int name(type *slot, const attr_type *attr)                            \
	{                                                                      \
		void *object = make(slot, sizeof(type));                       \
                                                                               \
		return (object == NULL                                         \
			    ? ENOMEM                                           \
			    : musl_##name(object,                              \
				  attr != NULL ? contents(attr) : NULL));      \
	}
#define DESTROY(name, type)                                                    \
	MUSL(name);                                                            \
	int name(type *slot)                                                   \
	{                                                                      \
		void *object = contents(slot);                                 \
		int error = 0;                                                 \
                                                                               \
		if ((uintptr_t)object > SPECIAL)                               \
			error = musl_##name(object);                           \
		return (error != 0 ? error : unmake(slot));                    \
	}

/* Attributes of threads. */
CREATE(pthread_attr_init, pthread_attr_t)
DESTROY(pthread_attr_destroy, pthread_attr_t)
FORWARD_2(pthread_attr_getdetachstate, const pthread_attr_t, contents, int *)
FORWARD_2(pthread_attr_setdetachstate, pthread_attr_t, contents, int)
FORWARD_2(pthread_attr_getguardsize, const pthread_attr_t, contents, size_t *)
FORWARD_2(pthread_attr_setguardsize, pthread_attr_t, contents, size_t)
FORWARD_2(pthread_attr_getinheritsched, const pthread_attr_t, contents, int *)
FORWARD_2(pthread_attr_setinheritsched, pthread_attr_t, contents, int)
FORWARD_2(pthread_attr_getschedparam, const pthread_attr_t, contents,
    struct sched_param *)
FORWARD_2(pthread_attr_setschedparam, pthread_attr_t, contents,
    const struct sched_param *)
FORWARD_2(pthread_attr_getschedpolicy, const pthread_attr_t, contents, int *)
FORWARD_2(pthread_attr_setschedpolicy, pthread_attr_t, contents, int)
FORWARD_2(pthread_attr_getstacksize, const pthread_attr_t, contents, size_t *)
FORWARD_2(pthread_attr_setstacksize, pthread_attr_t, contents, size_t)
FORWARD_3(
    pthread_attr_getstack, const pthread_attr_t, contents, void **, size_t *)
FORWARD_3(pthread_attr_setstack, pthread_attr_t, contents, void *, size_t)

int
pthread_attr_getscope(const pthread_attr_t *slot, int *scope)
{
	*scope = FREEBSD_SCOPE_SYSTEM;
	return (0);
}

int
pthread_attr_setscope(pthread_attr_t *slot, int scope)
{
	if (scope != FREEBSD_SCOPE_SYSTEM && scope != FREEBSD_SCOPE_PROCESS)
		return (EINVAL);
	return (scope == FREEBSD_SCOPE_SYSTEM ? 0 : ENOTSUP);
}

/* The first thread's stack is the kernel's doing, and may grow. */
static int
first_stack(pthread_attr_t *attr)
{
	struct rlimit limit;
	uintptr_t top;
	size_t len = sizeof(top);

	if (sysctlbyname("kern.usrstack", &top, &len, NULL, 0) != 0 ||
	    getrlimit(RLIMIT_STACK, &limit) != 0)
		return (errno);
	attr->_a_stackaddr = top;
	attr->_a_stacksize = limit.rlim_cur;
	return (0);
}

/* musl's pthread_getattr_np(). */
int
pthread_attr_get_np(pthread_t td, pthread_attr_t *slot)
{
	pthread_attr_t *attr = contents(slot);

	if (attr == NULL)
		return (EINVAL);
	memset(attr, 0, sizeof(*attr));
	attr->_a_detach = td->detach_state >= DT_DETACHED;
	attr->_a_guardsize = td->guard_size;
	if (td->stack == NULL)
		return (first_stack(attr));
	attr->_a_stackaddr = (uintptr_t)td->stack;
	attr->_a_stacksize = td->stack_size;
	return (0);
}

MUSL(pthread_create);

int
pthread_create(pthread_t *td, const pthread_attr_t *slot,
    void *(*start)(void *), void *arg)
{
	return (musl_pthread_create(
	    td, slot != NULL ? contents(slot) : NULL, start, arg));
}

MUSL(pthread_setcanceltype);

int
pthread_setcanceltype(int type, int *old)
{
	int error, was;

	if (type != PTHREAD_CANCEL_DEFERRED && type != FREEBSD_CANCEL_ASYNC)
		return (EINVAL);
	error = musl_pthread_setcanceltype(type == FREEBSD_CANCEL_ASYNC
					       ? PTHREAD_CANCEL_ASYNCHRONOUS
					       : PTHREAD_CANCEL_DEFERRED,
	    &was);
	if (error == 0 && old != NULL)
		*old = was == PTHREAD_CANCEL_ASYNCHRONOUS
			   ? FREEBSD_CANCEL_ASYNC
			   : PTHREAD_CANCEL_DEFERRED;
	return (error);
}

/* What the macros pthread_cleanup_push() and _pop() are made of. */
void
__pthread_cleanup_push_imp(
    void (*function)(void *), void *arg, struct __ptcb *memory)
{
	_pthread_cleanup_push(memory, function, arg);
}

void
__pthread_cleanup_pop_imp(int execute)
{
	_pthread_cleanup_pop(__pthread_self()->cancelbuf, execute);
}

/* Mutexes. */
CREATE(pthread_mutexattr_init, pthread_mutexattr_t)
DESTROY(pthread_mutexattr_destroy, pthread_mutexattr_t)
FORWARD_2(
    pthread_mutexattr_getprotocol, const pthread_mutexattr_t, contents, int *)
FORWARD_2(pthread_mutexattr_setprotocol, pthread_mutexattr_t, contents, int)
FORWARD_2(
    pthread_mutexattr_getpshared, const pthread_mutexattr_t, contents, int *)

static const int mutex_types[] = {
    [FREEBSD_MUTEX_ERRORCHECK] = PTHREAD_MUTEX_ERRORCHECK,
    [FREEBSD_MUTEX_RECURSIVE] = PTHREAD_MUTEX_RECURSIVE,
    [FREEBSD_MUTEX_NORMAL] = PTHREAD_MUTEX_NORMAL,
    [FREEBSD_MUTEX_ADAPTIVE] = PTHREAD_MUTEX_NORMAL,
};

int
pthread_mutexattr_settype(pthread_mutexattr_t *slot, int type)
{
	if (type < FREEBSD_MUTEX_ERRORCHECK || type > FREEBSD_MUTEX_ADAPTIVE)
		return (EINVAL);
	return (
	    musl_pthread_mutexattr_settype(contents(slot), mutex_types[type]));
}

MUSL(pthread_mutexattr_gettype);

int
pthread_mutexattr_gettype(const pthread_mutexattr_t *slot, int *type)
{
	int error, is;

	error = musl_pthread_mutexattr_gettype(contents(slot), &is);
	*type = is == PTHREAD_MUTEX_ERRORCHECK	? FREEBSD_MUTEX_ERRORCHECK
		: is == PTHREAD_MUTEX_RECURSIVE ? FREEBSD_MUTEX_RECURSIVE
						: FREEBSD_MUTEX_NORMAL;
	return (error);
}

/* A pointer is of no use to another process. */
static int
set_shared(int shared)
{
	if (shared != PTHREAD_PROCESS_PRIVATE &&
	    shared != PTHREAD_PROCESS_SHARED)
		return (EINVAL);
	return (shared == PTHREAD_PROCESS_SHARED ? ENOTSUP : 0);
}

int
pthread_mutexattr_setpshared(pthread_mutexattr_t *slot, int shared)
{
	return (set_shared(shared));
}

int
pthread_mutex_init(pthread_mutex_t *slot, const pthread_mutexattr_t *attr)
{
	void *object = make(slot, sizeof(pthread_mutex_t));

	if (object == NULL)
		return (ENOMEM);
	if (attr != NULL)
		return (musl_pthread_mutex_init(object, contents(attr)));
	init_mutex(object);
	return (0);
}

DESTROY(pthread_mutex_destroy, pthread_mutex_t)
FORWARD(pthread_mutex_lock, pthread_mutex_t, mutex)
FORWARD(pthread_mutex_trylock, pthread_mutex_t, mutex)
FORWARD(pthread_mutex_unlock, pthread_mutex_t, mutex)
FORWARD_2(
    pthread_mutex_timedlock, pthread_mutex_t, mutex, const struct timespec *)

/* Condition variables. */
CREATE(pthread_condattr_init, pthread_condattr_t)
DESTROY(pthread_condattr_destroy, pthread_condattr_t)
FORWARD_2(
    pthread_condattr_getclock, const pthread_condattr_t, contents, clockid_t *)
FORWARD_2(pthread_condattr_setclock, pthread_condattr_t, contents, clockid_t)
FORWARD_2(
    pthread_condattr_getpshared, const pthread_condattr_t, contents, int *)

int
pthread_condattr_setpshared(pthread_condattr_t *slot, int shared)
{
	return (set_shared(shared));
}

CREATE_WITH(pthread_cond_init, pthread_cond_t, pthread_condattr_t)
DESTROY(pthread_cond_destroy, pthread_cond_t)
FORWARD(pthread_cond_signal, pthread_cond_t, cond)
FORWARD(pthread_cond_broadcast, pthread_cond_t, cond)

MUSL(pthread_cond_timedwait);

int
pthread_cond_timedwait(
    pthread_cond_t *slot, pthread_mutex_t *lock, const struct timespec *until)
{
	void *object = cond(slot), *held = mutex(lock);

	return (object == NULL || held == NULL
		    ? EINVAL
		    : musl_pthread_cond_timedwait(object, held, until));
}

int
pthread_cond_wait(pthread_cond_t *slot, pthread_mutex_t *lock)
{
	return (pthread_cond_timedwait(slot, lock, NULL));
}

/* Locks for readers and writers. */
CREATE(pthread_rwlockattr_init, pthread_rwlockattr_t)
DESTROY(pthread_rwlockattr_destroy, pthread_rwlockattr_t)
FORWARD_2(
    pthread_rwlockattr_getpshared, const pthread_rwlockattr_t, contents, int *)

int
pthread_rwlockattr_setpshared(pthread_rwlockattr_t *slot, int shared)
{
	return (set_shared(shared));
}

CREATE_WITH(pthread_rwlock_init, pthread_rwlock_t, pthread_rwlockattr_t)
DESTROY(pthread_rwlock_destroy, pthread_rwlock_t)
FORWARD(pthread_rwlock_rdlock, pthread_rwlock_t, rwlock)
FORWARD(pthread_rwlock_tryrdlock, pthread_rwlock_t, rwlock)
FORWARD(pthread_rwlock_wrlock, pthread_rwlock_t, rwlock)
FORWARD(pthread_rwlock_trywrlock, pthread_rwlock_t, rwlock)
FORWARD(pthread_rwlock_unlock, pthread_rwlock_t, rwlock)
FORWARD_2(pthread_rwlock_timedrdlock, pthread_rwlock_t, rwlock,
    const struct timespec *)
FORWARD_2(pthread_rwlock_timedwrlock, pthread_rwlock_t, rwlock,
    const struct timespec *)

/* Barriers; their attributes have nothing to say. */
CREATE(pthread_barrierattr_init, pthread_barrierattr_t)
DESTROY(pthread_barrierattr_destroy, pthread_barrierattr_t)
MUSL(pthread_barrier_init);

int
pthread_barrier_init(
    pthread_barrier_t *slot, const pthread_barrierattr_t *attr, unsigned count)
{
	void *object = make(slot, sizeof(pthread_barrier_t));

	return (object == NULL
		    ? ENOMEM
		    : musl_pthread_barrier_init(object, NULL, count));
}

DESTROY(pthread_barrier_destroy, pthread_barrier_t)
FORWARD(pthread_barrier_wait, pthread_barrier_t, contents)

/* Spin locks. */
MUSL(pthread_spin_init);

int
pthread_spin_init(pthread_spinlock_t *slot, int shared)
{
	void *object = make(slot, sizeof(pthread_spinlock_t));

	return (
	    object == NULL ? ENOMEM : musl_pthread_spin_init(object, shared));
}

DESTROY(pthread_spin_destroy, pthread_spinlock_t)
MUSL(pthread_spin_lock);
MUSL(pthread_spin_trylock);
MUSL(pthread_spin_unlock);

int
pthread_spin_lock(pthread_spinlock_t *slot)
{
	return (musl_pthread_spin_lock(contents((void *)slot)));
}

int
pthread_spin_trylock(pthread_spinlock_t *slot)
{
	return (musl_pthread_spin_trylock(contents((void *)slot)));
}

int
pthread_spin_unlock(pthread_spinlock_t *slot)
{
	return (musl_pthread_spin_unlock(contents((void *)slot)));
}
