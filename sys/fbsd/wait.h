/* SPDX-License-Identifier: BSD-2-Clause */
/* wait4(2), wait6(2). */
#ifndef FBSD_WAIT_H
#define FBSD_WAIT_H

#define WNOHANG		      1
#define WUNTRACED	      2
#define WSTOPPED	      WUNTRACED
#define WCONTINUED	      4
#define WNOWAIT		      8
#define WEXITED		      16
#define WTRAPPED	      32

#define W_EXITCODE(code, sig) ((code) << 8 | (sig))
#define W_STOPCODE(sig)	      ((sig) << 8 | 0x7f)
#define W_CONTINUED	      0x13
#define WIFSIGNALED(s)                                                         \
	(((s)&0x7f) != 0x7f && ((s)&0x7f) != 0 && (s) != W_CONTINUED)
#define WTERMSIG(s)    ((s)&0x7f)
#define WEXITSTATUS(s) ((int)((unsigned)(s) >> 8 & 0xff))

/* idtype_t */
#define P_PID	 0
#define P_PPID	 1
#define P_PGID	 2
#define P_SID	 3
#define P_CID	 4
#define P_UID	 5
#define P_GID	 6
#define P_ALL	 7
#define P_LWPID	 8
#define P_JAILID 11

#endif
