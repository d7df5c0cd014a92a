/* SPDX-License-Identifier: BSD-2-Clause */
/* A process as sysctl(3)'s kern.proc tells of it. */
#ifndef _SYS_USER_H
#define _SYS_USER_H

#ifdef __cplusplus
extern "C" {
#endif

#include <signal.h>
#include <stdint.h>
#include <sys/time.h>
#include <sys/types.h>

/* Numbers below kern.proc. */
#define KERN_PROC_ALL	   0
#define KERN_PROC_PID	   1
#define KERN_PROC_PGRP	   2
#define KERN_PROC_SESSION  3
#define KERN_PROC_TTY	   4
#define KERN_PROC_UID	   5
#define KERN_PROC_RUID	   6
#define KERN_PROC_ARGS	   7
#define KERN_PROC_PROC	   8
#define KERN_PROC_PATHNAME 12
#define KERN_PROC_ENV	   35

#define KI_NGROUPS	   16

/* FreeBSD's struct rusage, without the room that the library's has. */
struct __ki_rusage {
	struct timeval ru_utime;
	struct timeval ru_stime;
	long ru_maxrss;
	long ru_others[13];
};

struct kinfo_proc {
	int ki_structsize;
	int ki_layout;
	void *ki_args;
	void *ki_paddr;
	void *ki_addr;
	void *ki_tracep;
	void *ki_textvp;
	void *ki_fd;
	void *ki_vmspace;
	const void *ki_wchan;
	pid_t ki_pid;
	pid_t ki_ppid;
	pid_t ki_pgid;
	pid_t ki_tpgid; /* the terminal's foreground group */
	pid_t ki_sid;
	pid_t ki_tsid;
	short ki_jobc;
	short ki_spare_short1;
	uint32_t ki_tdev_freebsd11;
	uint32_t ki_siglist[4];
	uint32_t ki_sigmask[4];
	uint32_t ki_sigignore[4];
	uint32_t ki_sigcatch[4];
	uid_t ki_uid;
	uid_t ki_ruid;
	uid_t ki_svuid;
	gid_t ki_rgid;
	gid_t ki_svgid;
	short ki_ngroups;
	short ki_spare_short2;
	gid_t ki_groups[KI_NGROUPS];
	uint64_t ki_size;  /* bytes */
	int64_t ki_rssize; /* pages, as the next four */
	int64_t ki_swrss;
	int64_t ki_tsize;
	int64_t ki_dsize;
	int64_t ki_ssize;
	unsigned short ki_xstat;
	unsigned short ki_acflag;
	uint32_t ki_pctcpu; /* of kern.fscale */
	unsigned ki_estcpu;
	unsigned ki_slptime;
	unsigned ki_swtime;
	unsigned ki_cow;
	uint64_t ki_runtime; /* microseconds */
	struct timeval ki_start;
	struct timeval ki_childtime;
	long ki_flag;
	long ki_kiflag;
	int ki_traceflag;
	char ki_stat;
	signed char ki_nice;
	char ki_lock;
	char ki_rqindex;
	unsigned char ki_oncpu_old;
	unsigned char ki_lastcpu_old;
	char ki_tdname[17];
	char ki_wmesg[9];
	char ki_login[18];
	char ki_lockname[9];
	char ki_comm[20];
	char ki_emul[17];
	char ki_loginclass[18];
	char ki_moretdname[4];
	char ki_sparestrings[46];
	int ki_spareints[2];
	uint64_t ki_tdev;
	int ki_oncpu;
	int ki_lastcpu;
	int ki_tracer;
	int ki_flag2;
	int ki_fibnum;
	unsigned ki_cr_flags;
	int ki_jid;
	int ki_numthreads;
	int ki_tid;
	unsigned char ki_pri[4]; /* class, level, native, user */
	struct __ki_rusage ki_rusage;
	struct __ki_rusage ki_rusage_ch;
	void *ki_pcb;
	void *ki_kstack;
	void *ki_udata;
	void *ki_tdaddr;
	void *ki_pd;
	void *ki_spareptrs[5];
	long ki_sparelongs[12];
	long ki_sflag;
	long ki_tdflags;
};

#define KI_CTTY	   0x1 /* ki_kiflag: has a terminal */
#define KI_SLEADER 0x2

#define SIDL	   1 /* ki_stat */
#define SRUN	   2
#define SSLEEP	   3
#define SSTOP	   4
#define SZOMB	   5
#define SWAIT	   6
#define SLOCK	   7

#if __STDC_VERSION__ >= 201112L
_Static_assert(sizeof(struct kinfo_proc) == 1088, "struct kinfo_proc");
#endif

#ifdef __cplusplus
}
#endif

#endif
