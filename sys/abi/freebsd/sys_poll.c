/* SPDX-License-Identifier: BSD-2-Clause */
/* poll(2) and select(2): the system calls. */
#include "fbsd/errno.h"
#include "fbsd/time.h"
#include "lib/string.h"
#include "abi/freebsd/sysargs.h"
#include "abi/freebsd/timeout.h"
#include "amd64/md.h"
#include "file/fdtable.h"
#include "file/poll.h"
#include "proc/signal.h"
#include "time/time.h"
#include "vm/kmem.h"

#define SMALL 8

/* pselect's and ppoll's mask holds until a signal was delivered by it. */
static int
push_mask(struct thread *td, const sigset_t __user *umask)
{
	sigset_t mask;
	int error;

	if (umask == NULL)
		return (0);
	error = copyin(umask, &mask, sizeof(mask));
	if (error == 0)
		sig_push_mask(td, &mask);
	return (error);
}

static int
poll_user(struct thread *td, struct pollfd __user *ufds, unsigned n,
    uint64_t deadline)
{
	struct pollfd small[SMALL], *fds = small;
	size_t size = n * sizeof(*fds);
	unsigned ready = 0;
	int error;

	if (n > FD_SETSIZE && n > fd_limit(td->td_proc))
		return (EINVAL);
	if (n > SMALL)
		fds = kmem_alloc(size, 0);
	if (fds == NULL)
		return (ENOMEM);
	error = copyin(ufds, fds, size);
	if (error == 0)
		error = kern_poll(td, fds, n, deadline, &ready);
	if (error == 0)
		error = copyout(fds, ufds, size);
	if (fds != small)
		kmem_free(fds, size);
	td->td_retval[0] = ready;
	return (error);
}

int
sys_poll(struct thread *td, const struct poll_args *a)
{
	uint64_t deadline = NO_DEADLINE;

	if (a->timeout < -1)
		return (EINVAL);
	if (a->timeout == 0)
		deadline = 0;
	else if (a->timeout > 0)
		deadline = clock_ns() + (uint64_t)a->timeout * 1000000;
	return (poll_user(td, a->fds, a->nfds, deadline));
}

int
sys_ppoll(struct thread *td, const struct ppoll_args *a)
{
	uint64_t deadline;
	int error;

	error = copyin_timeout(a->ts, &deadline);
	if (error == 0)
		error = push_mask(td, a->set);
	if (error != 0)
		return (error);
	error = poll_user(td, a->fds, a->nfds, deadline);
	if (error != EINTR)
		sig_pop_mask(td);
	return (error);
}

/*
 * select's three sets of bits, for reading, writing and exceptions: which
 * events ask for them, and which answer.
 */
static const struct {
	int ask;
	int answer;
} kinds[3] = {
    {POLLIN | POLLRDNORM, POLLIN | POLLRDNORM | POLLHUP | POLLERR},
    {POLLOUT | POLLWRNORM, POLLOUT | POLLWRNORM | POLLHUP | POLLERR},
    {POLLPRI | POLLRDBAND, POLLPRI | POLLRDBAND},
};

struct sets {
	uint64_t *bits[3]; /* of words each */
	unsigned words;
};

static bool
is_set(const struct sets *s, int kind, unsigned fd)
{
	return ((s->bits[kind][fd / 64] >> fd % 64 & 1) != 0);
}

/* The sets as a list for poll; returns its length. */
static unsigned
sets_to_list(const struct sets *s, unsigned nd, struct pollfd *fds)
{
	unsigned n = 0;
	int events;

	for (unsigned fd = 0; fd < nd; fd++) {
		events = 0;
		for (int k = 0; k < 3; k++)
			if (is_set(s, k, fd))
				events |= kinds[k].ask;
		if (events != 0)
			fds[n++] = (struct pollfd){(int)fd, (int16_t)events, 0};
	}
	return (n);
}

/* Is there such a descriptor, though it has nothing to be waited for? */
static bool
is_open(struct thread *td, int fd)
{
	struct file *fp;

	if (fd_get(td, fd, 0, &fp) != 0)
		return (false);
	file_release(fp);
	return (true);
}

/* And back: 0 with the number of bits, or EBADF. */
static int
list_to_sets(struct thread *td, struct sets *s, const struct pollfd *fds,
    unsigned n, unsigned *count)
{
	*count = 0;
	for (unsigned i = 0; i < n; i++) {
		unsigned fd = (unsigned)fds[i].fd;

		if ((fds[i].revents & POLLNVAL) != 0 && !is_open(td, fds[i].fd))
			return (EBADF);
		for (int k = 0; k < 3; k++) {
			if (!is_set(s, k, fd))
				continue;
			if ((fds[i].revents & kinds[k].answer) != 0)
				++*count;
			else
				s->bits[k][fd / 64] &= ~(1ul << fd % 64);
		}
	}
	return (0);
}

static int
sets_copyin(struct sets *s, void *const user[3], unsigned nd)
{
	int error = 0;

	for (int k = 0; k < 3 && error == 0; k++) {
		if (user[k] == NULL)
			continue;
		error = copyin(user[k], s->bits[k], s->words * 8);
		/* Bits behind the last descriptor mean nothing. */
		if (nd % 64 != 0)
			s->bits[k][s->words - 1] &= (1ul << nd % 64) - 1;
	}
	return (error);
}

static int
select_copied(struct thread *td, struct sets *s, void *const user[3],
    unsigned nd, struct pollfd *fds, uint64_t deadline)
{
	unsigned n, ready, count = 0;
	int error;

	error = sets_copyin(s, user, nd);
	if (error != 0)
		return (error);
	n = sets_to_list(s, nd, fds);
	error = kern_poll(td, fds, n, deadline, &ready);
	if (error == 0)
		error = list_to_sets(td, s, fds, n, &count);
	for (int k = 0; k < 3 && error == 0; k++)
		if (user[k] != NULL)
			error = copyout(s->bits[k], user[k], s->words * 8);
	td->td_retval[0] = count;
	return (error);
}

static int
select_user(struct thread *td, int nd, void *const user[3], uint64_t deadline)
{
	struct sets s;
	size_t size;
	char *memory;
	int error;

	if (nd < 0)
		return (EINVAL);
	nd = (int)MIN((uint64_t)nd, fd_limit(td->td_proc));
	s.words = ((unsigned)nd + 63) / 64;
	size = 3 * s.words * 8 + (size_t)nd * sizeof(struct pollfd);
	memory = kmem_alloc(size + 8, KM_ZERO);
	if (memory == NULL)
		return (ENOMEM);
	for (int k = 0; k < 3; k++)
		s.bits[k] = (uint64_t *)memory + (unsigned)k * s.words;
	error = select_copied(td, &s, user, (unsigned)nd,
	    (struct pollfd *)(memory + 3 * s.words * 8), deadline);
	kmem_free(memory, size + 8);
	return (error);
}

int
sys_select(struct thread *td, const struct select_args *a)
{
	void *const user[3] = {a->in, a->ou, a->ex};
	uint64_t deadline = NO_DEADLINE;
	struct timespec ts;
	struct timeval tv;
	int error;

	if (a->tv != NULL) {
		error = copyin(a->tv, &tv, sizeof(tv));
		if (error != 0)
			return (error);
		if (tv.tv_sec < 0 || tv.tv_usec < 0 || tv.tv_usec >= 1000000)
			return (EINVAL);
		ts = (struct timespec){tv.tv_sec, tv.tv_usec * 1000};
		error = timeout_deadline(&ts, &deadline);
		if (error != 0)
			return (error);
	}
	return (select_user(td, a->nd, user, deadline));
}

int
sys_pselect(struct thread *td, const struct pselect_args *a)
{
	void *const user[3] = {a->in, a->ou, a->ex};
	uint64_t deadline;
	int error;

	error = copyin_timeout(a->ts, &deadline);
	if (error == 0)
		error = push_mask(td, a->sm);
	if (error != 0)
		return (error);
	error = select_user(td, a->nd, user, deadline);
	if (error != EINTR)
		sig_pop_mask(td);
	return (error);
}
