/* SPDX-License-Identifier: BSD-2-Clause */
/* Waiting for children, with FreeBSD's numbers. */
#ifndef _SYS_WAIT_H
#define _SYS_WAIT_H

#ifdef __cplusplus
extern "C" {
#endif

#include <features.h>

#define __NEED_pid_t
#define __NEED_id_t
#include <bits/alltypes.h>

#include <signal.h>
#include <sys/resource.h>

typedef enum {
	P_PID = 0,
	P_PPID = 1,
	P_PGID = 2,
	P_SID = 3,
	P_UID = 5,
	P_GID = 6,
	P_ALL = 7
} idtype_t;

#define WNOHANG		1
#define WUNTRACED	2
#define WSTOPPED	WUNTRACED
#define WCONTINUED	4
#define WNOWAIT		8
#define WEXITED		16
#define WTRAPPED	32

#define WEXITSTATUS(s)	((s) >> 8 & 0xff)
#define WTERMSIG(s)	((s)&0x7f)
#define WSTOPSIG(s)	WEXITSTATUS(s)
#define WCOREDUMP(s)	((s)&0x80)
#define WIFEXITED(s)	(WTERMSIG(s) == 0)
#define WIFSTOPPED(s)	(WTERMSIG(s) == 0x7f)
#define WIFCONTINUED(s) ((s) == 0x13)
#define WIFSIGNALED(s)	(!WIFEXITED(s) && !WIFSTOPPED(s) && !WIFCONTINUED(s))

pid_t wait(int *);
pid_t waitpid(pid_t, int *, int);
int waitid(idtype_t, id_t, siginfo_t *, int);
pid_t wait3(int *, int, struct rusage *);
pid_t wait4(pid_t, int *, int, struct rusage *);

#ifdef __cplusplus
}
#endif

#endif
