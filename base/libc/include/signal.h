/* SPDX-License-Identifier: BSD-2-Clause */
/* Signals with FreeBSD's numbers and structures. */
#ifndef _SIGNAL_H
#define _SIGNAL_H

#ifdef __cplusplus
extern "C" {
#endif

#include <features.h>

#define __NEED_size_t
#define __NEED_pid_t
#define __NEED_uid_t
#define __NEED_struct_timespec
#define __NEED_pthread_t
#define __NEED_pthread_attr_t
#define __NEED_time_t
#define __NEED_sigset_t
#include <bits/alltypes.h>

#include <bits/signal.h>

typedef int sig_atomic_t;

#define SIG_ERR	 ((void (*)(int)) - 1)
#define SIG_DFL	 ((void (*)(int))0)
#define SIG_IGN	 ((void (*)(int))1)
#define SIG_HOLD ((void (*)(int))3)

union sigval {
	int sival_int;
	void *sival_ptr;
};

typedef struct __siginfo {
	int si_signo;
	int si_errno;
	int si_code;
	pid_t si_pid;
	uid_t si_uid;
	int si_status;
	void *si_addr;
	union sigval si_value;
	union {
		int __trapno;
		struct {
			int __id;
			int __overrun;
		} __timer;
		int __mqd;
		long __band;
		long __spare[5];
	} __reason;
} siginfo_t;
#define si_trapno  __reason.__trapno
#define si_timerid __reason.__timer.__id
#define si_overrun __reason.__timer.__overrun
#define si_mqd	   __reason.__mqd
#define si_band	   __reason.__band
#define si_ptr	   si_value.sival_ptr
#define si_int	   si_value.sival_int

struct sigaction {
	union {
		void (*__handler)(int);
		void (*__sigaction)(int, siginfo_t *, void *);
	} __action;
	int sa_flags;
	sigset_t sa_mask;
};
#define sa_handler   __action.__handler
#define sa_sigaction __action.__sigaction

/* There is none; musl's code or's it in. */
#define SA_RESTORER 0

typedef struct sigaltstack {
	void *ss_sp;
	size_t ss_size;
	int ss_flags;
} stack_t;
#define SIGSTKSZ 34816

typedef struct __mcontext {
	long mc_onstack;
	long mc_rdi, mc_rsi, mc_rdx, mc_rcx, mc_r8, mc_r9, mc_rax, mc_rbx;
	long mc_rbp, mc_r10, mc_r11, mc_r12, mc_r13, mc_r14, mc_r15;
	unsigned mc_trapno;
	unsigned short mc_fs, mc_gs;
	long mc_addr;
	unsigned mc_flags;
	unsigned short mc_es, mc_ds;
	long mc_err;
	long mc_rip;
	long mc_cs;
	long mc_rflags;
	long mc_rsp;
	long mc_ss;
	long mc_len;
	long mc_fpformat;
	long mc_ownedfp;
	long mc_fpstate[64] __attribute__((__aligned__(16)));
	long mc_fsbase;
	long mc_gsbase;
	long mc_xfpustate;
	long mc_xfpustate_len;
	long mc_tlsbase;
	long mc_spare[3];
} mcontext_t;

typedef struct __ucontext {
	sigset_t uc_sigmask;
	mcontext_t uc_mcontext;
	struct __ucontext *uc_link;
	stack_t uc_stack;
	int uc_flags;
	int __uc_spare[4];
} ucontext_t;

struct sigevent {
	int sigev_notify;
	int sigev_signo;
	union sigval sigev_value;
	union {
		int __threadid;
		struct {
			void (*__function)(union sigval);
			pthread_attr_t *__attributes;
		} __notify;
		unsigned short __kevent_flags;
		long __spare[8];
	} __un;
};
#define sigev_notify_thread_id	__un.__threadid
#define sigev_notify_kqueue	sigev_signo
#define sigev_notify_function	__un.__notify.__function
#define sigev_notify_attributes __un.__notify.__attributes

typedef void (*sig_t)(int);
typedef void (*sighandler_t)(int);

int __libc_current_sigrtmin(void);
int __libc_current_sigrtmax(void);

int kill(pid_t, int);
int killpg(pid_t, int);
int raise(int);
void (*signal(int, void (*)(int)))(int);

int sigemptyset(sigset_t *);
int sigfillset(sigset_t *);
int sigaddset(sigset_t *, int);
int sigdelset(sigset_t *, int);
int sigismember(const sigset_t *, int);
int sigisemptyset(const sigset_t *);
int sigorset(sigset_t *, const sigset_t *, const sigset_t *);
int sigandset(sigset_t *, const sigset_t *, const sigset_t *);

int sigprocmask(int, const sigset_t *__restrict, sigset_t *__restrict);
int sigsuspend(const sigset_t *);
int sigaction(
    int, const struct sigaction *__restrict, struct sigaction *__restrict);
int sigpending(sigset_t *);
int sigwait(const sigset_t *__restrict, int *__restrict);
int sigwaitinfo(const sigset_t *__restrict, siginfo_t *__restrict);
int sigtimedwait(const sigset_t *__restrict, siginfo_t *__restrict,
    const struct timespec *__restrict);
int sigqueue(pid_t, int, union sigval);
int sigaltstack(const stack_t *__restrict, stack_t *__restrict);
int pthread_sigmask(int, const sigset_t *__restrict, sigset_t *__restrict);
int pthread_kill(pthread_t, int);

void psiginfo(const siginfo_t *, const char *);
void psignal(int, const char *);

int sighold(int);
int sigignore(int);
int siginterrupt(int, int);
int sigpause(int);
int sigrelse(int);
void (*sigset(int, void (*)(int)))(int);
void (*bsd_signal(int, void (*)(int)))(int);

#ifdef __cplusplus
}
#endif

#endif
