/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What musl asks of clone(2): a thread, or a child for posix_spawn() that
 * borrows the parent's memory until exec.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdarg.h>
#include <stddef.h>

#include "pthread_impl.h"

struct thr_param {
	int (*start)(void *);
	void *arg;
	char *stack_base;
	size_t stack_size;
	void *tls_base;
	size_t tls_size;
	long *child_tid;
	long *parent_tid;
	int flags;
	void *rtp;
	void *spare[3];
};

/* The kernel writes the id as a long, over two fields. */
_Static_assert(offsetof(struct pthread, tid) % sizeof(long) == 0 &&
		   offsetof(struct pthread, errno_val) ==
		       offsetof(struct pthread, tid) + sizeof(int),
    "struct pthread's tid and errno_val share a long");

hidden int __vfork_on(int (*)(void *), void *, void *);

int
__clone(int (*fn)(void *), void *stack, int flags, void *arg, ...)
{
	struct thr_param param = {.start = fn, .arg = arg};
	va_list ap;
	int error;

	if ((flags & CLONE_THREAD) == 0)
		return (__vfork_on(fn, stack, arg));
	va_start(ap, arg);
	param.parent_tid = va_arg(ap, void *);
	param.tls_base = va_arg(ap, void *);
	va_end(ap);
	param.child_tid = param.parent_tid;
	/* The kernel adds the two. */
	param.stack_base = (char *)stack - 16;
	param.stack_size = 16;
	error = __syscall(SYS_thr_new, &param, sizeof(param));
	return (error < 0 ? error : ((pthread_t)param.tls_base)->tid);
}
