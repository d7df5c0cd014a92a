/* SPDX-License-Identifier: BSD-2-Clause */
/* A process as sysctl(3)'s kern.proc tells of it. */
#ifndef FBSD_NUM_USER_H
#define FBSD_NUM_USER_H

/* Numbers below kern.proc. */
#define KERN_PROC_ALL	     0
#define KERN_PROC_PID	     1
#define KERN_PROC_PGRP	     2
#define KERN_PROC_SESSION    3
#define KERN_PROC_TTY	     4
#define KERN_PROC_UID	     5
#define KERN_PROC_RUID	     6
#define KERN_PROC_ARGS	     7
#define KERN_PROC_PROC	     8
#define KERN_PROC_SV_NAME    9
#define KERN_PROC_RGID	     10
#define KERN_PROC_GID	     11
#define KERN_PROC_PATHNAME   12
#define KERN_PROC_INC_THREAD 0x10 /* added to those that select */
#define KERN_PROC_VMMAP	     32
#define KERN_PROC_FILEDESC   33
#define KERN_PROC_GROUPS     34
#define KERN_PROC_ENV	     35
#define KERN_PROC_AUXV	     36
#define KERN_PROC_RLIMIT     37
#define KERN_PROC_PS_STRINGS 38
#define KERN_PROC_UMASK	     39
#define KERN_PROC_OSREL	     40
#define KERN_PROC_SIGTRAMP   41
#define KERN_PROC_CWD	     42
#define KERN_PROC_NFDS	     43
#define KERN_PROC_SIGFASTBLK 44
#define KERN_PROC_VM_LAYOUT  45

#define KI_NGROUPS	     16

/* Pointers into the kernel's memory are 0: nobody needs them.  Who includes
 * this says what KI_POINTER(type), KI_SIGSET and KI_RUSAGE are. */
struct kinfo_proc {
	int ki_structsize;
	int ki_layout;
	KI_POINTER(void) ki_args;
	KI_POINTER(void) ki_paddr;
	KI_POINTER(void) ki_addr;
	KI_POINTER(void) ki_tracep;
	KI_POINTER(void) ki_textvp;
	KI_POINTER(void) ki_fd;
	KI_POINTER(void) ki_vmspace;
	KI_POINTER(const void) ki_wchan;
	pid_t ki_pid;
	pid_t ki_ppid;
	pid_t ki_pgid;
	pid_t ki_tpgid;
	pid_t ki_sid;
	pid_t ki_tsid;
	short ki_jobc;
	short ki_spare_short1;
	uint32_t ki_tdev_freebsd11;
	KI_SIGSET ki_siglist;
	KI_SIGSET ki_sigmask;
	KI_SIGSET ki_sigignore;
	KI_SIGSET ki_sigcatch;
	uid_t ki_uid;
	uid_t ki_ruid;
	uid_t ki_svuid;
	gid_t ki_rgid;
	gid_t ki_svgid;
	short ki_ngroups;
	short ki_spare_short2;
	gid_t ki_groups[KI_NGROUPS];
	uint64_t ki_size; /* bytes */
	int64_t ki_rssize;
	int64_t ki_swrss;
	int64_t ki_tsize; /* pages, as the next two */
	int64_t ki_dsize;
	int64_t ki_ssize;
	unsigned short ki_xstat;
	unsigned short ki_acflag;
	uint32_t ki_pctcpu; /* share of one CPU, * 2048 */
	unsigned ki_estcpu;
	unsigned ki_slptime;
	unsigned ki_swtime;
	unsigned ki_cow;
	uint64_t ki_runtime; /* us */
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
	struct {
		unsigned char pri_class;
		unsigned char pri_level;
		unsigned char pri_native;
		unsigned char pri_user;
	} ki_pri;
	KI_RUSAGE ki_rusage;
	KI_RUSAGE ki_rusage_ch;
	KI_POINTER(void) ki_pcb;
	KI_POINTER(void) ki_kstack;
	KI_POINTER(void) ki_udata;
	KI_POINTER(void) ki_tdaddr;
	KI_POINTER(void) ki_pd;
	KI_POINTER(void) ki_spareptrs[5];
	long ki_sparelongs[12];
	long ki_sflag;
	long ki_tdflags;
};
#define KI_CRF_GRP_OVERFLOW 0x80000000u /* ki_cr_flags */
#define KI_CTTY		    0x1		/* ki_kiflag */
#define KI_SLEADER	    0x2
#define PS_INMEM	    0x1 /* ki_sflag */
#define KI_NOCPU	    (-1)
#define KI_NOCPU_OLD	    255
#define KI_NO_PID	    100000

/* ki_stat */
enum { SIDL = 1, SRUN, SSLEEP, SSTOP, SZOMB, SWAIT, SLOCK };

#endif
