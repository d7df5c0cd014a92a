/* SPDX-License-Identifier: BSD-2-Clause */
/* Signals as programs see them: sigaction(2), siginfo(3). */
#ifndef FBSD_SIGNAL_H
#define FBSD_SIGNAL_H

#include "lib/types.h"
#include "fbsd/num/signal.h"

typedef struct {
	uint32_t bits[4];
} sigset_t;

static inline bool
sigismember(const sigset_t *s, int sig)
{
	return (s->bits[(sig - 1) >> 5] >> ((sig - 1) & 31) & 1);
}

static inline void
sigaddset(sigset_t *s, int sig)
{
	s->bits[(sig - 1) >> 5] |= 1u << ((sig - 1) & 31);
}

static inline void
sigdelset(sigset_t *s, int sig)
{
	s->bits[(sig - 1) >> 5] &= ~(1u << ((sig - 1) & 31));
}

static inline void
sigemptyset(sigset_t *s)
{
	s->bits[0] = s->bits[1] = s->bits[2] = s->bits[3] = 0;
}

static inline bool
sigisempty(const sigset_t *s)
{
	return ((s->bits[0] | s->bits[1] | s->bits[2] | s->bits[3]) == 0);
}

static inline bool
sig_valid(int sig)
{
	return (sig > 0 && sig <= SIGRTMAX);
}

union sigval {
	int sival_int;
	uint64_t sival_ptr;
};

struct siginfo {
	int si_signo;
	int si_errno;
	int si_code;
	pid_t si_pid;
	uid_t si_uid;
	int si_status;
	uint64_t si_addr;
	union sigval si_value;
	union {
		struct {
			int si_trapno;
		} fault;
		struct {
			int si_timerid;
			int si_overrun;
		} timer;
		struct {
			int si_mqd;
		} mesgq;
		struct {
			long si_band;
		} poll;
		long spare[5];
	} si_reason;
};
_Static_assert(sizeof(struct siginfo) == 80, "struct siginfo");

struct sigaction {
	uint64_t sa_handler;
	int sa_flags;
	sigset_t sa_mask;
};
_Static_assert(sizeof(struct sigaction) == 32, "struct sigaction");

#define SIG_DFL 0ul
#define SIG_IGN 1ul

struct sigaltstack {
	uint64_t ss_sp;
	uint64_t ss_size;
	int ss_flags;
};
_Static_assert(sizeof(struct sigaltstack) == 24, "stack_t");
struct sigevent {
	int sigev_notify;
	int sigev_signo;
	union sigval sigev_value;
	union {
		lwpid_t sigev_notify_thread_id;
		unsigned short sigev_notify_kevent_flags;
		long spare[8];
	};
};
_Static_assert(sizeof(struct sigevent) == 80, "struct sigevent");

#endif
