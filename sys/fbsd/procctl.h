/* SPDX-License-Identifier: BSD-2-Clause */
/* procctl(2). */
#ifndef FBSD_PROCCTL_H
#define FBSD_PROCCTL_H

#include "lib/types.h"

#define PROC_SPROTECT		 1
#define PROC_REAP_ACQUIRE	 2
#define PROC_REAP_RELEASE	 3
#define PROC_REAP_STATUS	 4
#define PROC_REAP_GETPIDS	 5
#define PROC_REAP_KILL		 6
#define PROC_TRACE_CTL		 7
#define PROC_TRACE_STATUS	 8
#define PROC_TRAPCAP_CTL	 9
#define PROC_TRAPCAP_STATUS	 10
#define PROC_PDEATHSIG_CTL	 11
#define PROC_PDEATHSIG_STATUS	 12
#define PROC_ASLR_CTL		 13
#define PROC_ASLR_STATUS	 14
#define PROC_ASLR_FORCE_ENABLE	 1
#define PROC_ASLR_FORCE_DISABLE	 2
#define PROC_ASLR_NOFORCE	 3
#define PROC_ASLR_ACTIVE	 0x80000000u
#define PROC_PROTMAX_CTL	 15
#define PROC_PROTMAX_STATUS	 16
#define PROC_STACKGAP_CTL	 17
#define PROC_STACKGAP_STATUS	 18
#define PROC_NO_NEW_PRIVS_CTL	 19
#define PROC_NO_NEW_PRIVS_STATUS 20
#define PROC_WXMAP_CTL		 21
#define PROC_WXMAP_STATUS	 22
#define PROC_LOGSIGEXIT_CTL	 23
#define PROC_LOGSIGEXIT_STATUS	 24

/* PROC_SPROTECT's word: what to do, and to whom. */
#define PPROT_OP(x)			  ((x)&0xf)
#define PPROT_SET			  1
#define PPROT_CLEAR			  2
#define PPROT_FLAGS(x)			  ((x) & ~0xf)
#define PPROT_DESCEND			  0x10 /* its descendants, too */
#define PPROT_INHERIT			  0x20 /* and children to come */

#define PROC_LOGSIGEXIT_CTL_NOFORCE	  1
#define PROC_LOGSIGEXIT_CTL_FORCE_ENABLE  2
#define PROC_LOGSIGEXIT_CTL_FORCE_DISABLE 3

#define PROC_TRACE_CTL_ENABLE		  1
#define PROC_TRACE_CTL_DISABLE		  2
#define PROC_TRACE_CTL_DISABLE_EXEC	  3

#define PROC_NO_NEW_PRIVS_ENABLE	  1
#define PROC_NO_NEW_PRIVS_DISABLE	  2

struct procctl_reaper_status {
	unsigned rs_flags;
	unsigned rs_children;
	unsigned rs_descendants;
	pid_t rs_reaper;
	pid_t rs_pid;
	unsigned rs_pad0[15];
};
_Static_assert(sizeof(struct procctl_reaper_status) == 80, "reaper_status");
#define REAPER_STATUS_OWNED    0x1
#define REAPER_STATUS_REALINIT 0x2

struct procctl_reaper_pidinfo {
	pid_t pi_pid;
	pid_t pi_subtree;
	unsigned pi_flags;
	unsigned pi_pad0[15];
};
_Static_assert(sizeof(struct procctl_reaper_pidinfo) == 72, "reaper_pidinfo");
#define REAPER_PIDINFO_VALID   0x1
#define REAPER_PIDINFO_CHILD   0x2
#define REAPER_PIDINFO_REAPER  0x4
#define REAPER_PIDINFO_ZOMBIE  0x8
#define REAPER_PIDINFO_STOPPED 0x10
#define REAPER_PIDINFO_EXITING 0x20

struct procctl_reaper_pids {
	unsigned rp_count;
	unsigned rp_pad0[15];
	struct procctl_reaper_pidinfo *rp_pids;
};
_Static_assert(sizeof(struct procctl_reaper_pids) == 72, "reaper_pids");

struct procctl_reaper_kill {
	int rk_sig;
	unsigned rk_flags;
	pid_t rk_subtree;
	unsigned rk_killed;
	pid_t rk_fpid;
	unsigned rk_pad0[15];
};
_Static_assert(sizeof(struct procctl_reaper_kill) == 80, "reaper_kill");
#define REAPER_KILL_CHILDREN 0x1
#define REAPER_KILL_SUBTREE  0x2

#endif
