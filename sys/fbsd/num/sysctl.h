/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers of sysctl(3). */
#ifndef FBSD_NUM_SYSCTL_H
#define FBSD_NUM_SYSCTL_H

#define CTL_MAXNAME  24

#define CTL_SYSCTL   0
#define CTL_KERN     1
#define CTL_VM	     2
#define CTL_VFS	     3
#define CTL_NET	     4
#define CTL_DEBUG    5
#define CTL_HW	     6
#define CTL_MACHDEP  7
#define CTL_USER     8
#define CTL_P1003_1B 9

/* Below CTL_SYSCTL: what there is to know of the tree itself. */
#define CTL_SYSCTL_NAME			   1
#define CTL_SYSCTL_NEXT			   2
#define CTL_SYSCTL_NAME2OID		   3
#define CTL_SYSCTL_OIDFMT		   4
#define CTL_SYSCTL_OIDDESCR		   5
#define CTL_SYSCTL_NEXTNOSKIP		   7

#define KERN_OSTYPE			   1
#define KERN_OSRELEASE			   2
#define KERN_OSREV			   3
#define KERN_VERSION			   4
#define KERN_MAXVNODES			   5
#define KERN_MAXPROC			   6
#define KERN_MAXFILES			   7
#define KERN_ARGMAX			   8
#define KERN_SECURELVL			   9
#define KERN_HOSTNAME			   10
#define KERN_HOSTID			   11
#define KERN_CLOCKRATE			   12
#define KERN_PROC			   14 /* KERN_PROC_* of user.h below it */
#define KERN_FILE			   15
#define KERN_POSIX1			   17
#define KERN_NGROUPS			   18
#define KERN_JOB_CONTROL		   19
#define KERN_SAVED_IDS			   20
#define KERN_BOOTTIME			   21
#define KERN_NISDOMAINNAME		   22
#define KERN_OSRELDATE			   24
#define KERN_BOOTFILE			   26
#define KERN_MAXFILESPERPROC		   27
#define KERN_MAXPROCPERUID		   28
#define KERN_IPC			   30
#define KERN_PS_STRINGS			   32
#define KERN_USRSTACK			   33
#define KERN_IOV_MAX			   35
#define KERN_HOSTUUID			   36
#define KERN_ARND			   37

#define VM_TOTAL			   1
#define VM_LOADAVG			   2
#define VM_OVERCOMMIT			   12

#define USER_CS_PATH			   1
#define USER_BC_BASE_MAX		   2
#define USER_BC_DIM_MAX			   3
#define USER_BC_SCALE_MAX		   4
#define USER_BC_STRING_MAX		   5
#define USER_COLL_WEIGHTS_MAX		   6
#define USER_EXPR_NEST_MAX		   7
#define USER_LINE_MAX			   8
#define USER_RE_DUP_MAX			   9
#define USER_POSIX2_VERSION		   10
#define USER_POSIX2_C_BIND		   11
#define USER_POSIX2_C_DEV		   12
#define USER_POSIX2_CHAR_TERM		   13
#define USER_POSIX2_FORT_DEV		   14
#define USER_POSIX2_FORT_RUN		   15
#define USER_POSIX2_LOCALEDEF		   16
#define USER_POSIX2_SW_DEV		   17
#define USER_POSIX2_UPE			   18
#define USER_STREAM_MAX			   19
#define USER_TZNAME_MAX			   20
#define USER_LOCALBASE			   21

#define CTL_P1003_1B_ASYNCHRONOUS_IO	   1
#define CTL_P1003_1B_MAPPED_FILES	   2
#define CTL_P1003_1B_MEMLOCK		   3
#define CTL_P1003_1B_MEMLOCK_RANGE	   4
#define CTL_P1003_1B_MEMORY_PROTECTION	   5
#define CTL_P1003_1B_MESSAGE_PASSING	   6
#define CTL_P1003_1B_PRIORITIZED_IO	   7
#define CTL_P1003_1B_PRIORITY_SCHEDULING   8
#define CTL_P1003_1B_REALTIME_SIGNALS	   9
#define CTL_P1003_1B_SEMAPHORES		   10
#define CTL_P1003_1B_FSYNC		   11
#define CTL_P1003_1B_SHARED_MEMORY_OBJECTS 12
#define CTL_P1003_1B_SYNCHRONIZED_IO	   13
#define CTL_P1003_1B_TIMERS		   14
#define CTL_P1003_1B_AIO_LISTIO_MAX	   15
#define CTL_P1003_1B_AIO_MAX		   16
#define CTL_P1003_1B_AIO_PRIO_DELTA_MAX	   17
#define CTL_P1003_1B_DELAYTIMER_MAX	   18
#define CTL_P1003_1B_MQ_OPEN_MAX	   19
#define CTL_P1003_1B_PAGESIZE		   20
#define CTL_P1003_1B_RTSIG_MAX		   21
#define CTL_P1003_1B_SEM_NSEMS_MAX	   22
#define CTL_P1003_1B_SEM_VALUE_MAX	   23
#define CTL_P1003_1B_SIGQUEUE_MAX	   24
#define CTL_P1003_1B_TIMER_MAX		   25

#define HW_MACHINE			   1
#define HW_MODEL			   2
#define HW_NCPU				   3
#define HW_BYTEORDER			   4
#define HW_PHYSMEM			   5
#define HW_USERMEM			   6
#define HW_PAGESIZE			   7
#define HW_FLOATINGPT			   10
#define HW_MACHINE_ARCH			   11
#define HW_REALMEM			   12

/* The kind of a value and what may be done with it, as OIDFMT says it. */
#define CTLTYPE		0xf
#define CTLTYPE_NODE	1
#define CTLTYPE_INT	2
#define CTLTYPE_STRING	3
#define CTLTYPE_S64	4
#define CTLTYPE_OPAQUE	5
#define CTLTYPE_UINT	6
#define CTLTYPE_LONG	7
#define CTLTYPE_ULONG	8
#define CTLTYPE_U64	9
#define CTLTYPE_U8	0xa
#define CTLTYPE_U16	0xb
#define CTLTYPE_S8	0xc
#define CTLTYPE_S16	0xd
#define CTLTYPE_S32	0xe
#define CTLTYPE_U32	0xf
#define CTLFLAG_RD	0x80000000u
#define CTLFLAG_WR	0x40000000u
#define CTLFLAG_RW	(CTLFLAG_RD | CTLFLAG_WR)
#define CTLFLAG_ANYBODY 0x10000000u
#define CTLFLAG_TUN	0x00080000u

#endif
