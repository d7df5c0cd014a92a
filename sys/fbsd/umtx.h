/* SPDX-License-Identifier: BSD-2-Clause */
/* Locks that live in user memory: _umtx_op(2). */
#ifndef FBSD_UMTX_H
#define FBSD_UMTX_H

#include "fbsd/time.h"

#define UMTX_OP_WAIT		  2
#define UMTX_OP_WAKE		  3
#define UMTX_OP_MUTEX_TRYLOCK	  4
#define UMTX_OP_MUTEX_LOCK	  5
#define UMTX_OP_MUTEX_UNLOCK	  6
#define UMTX_OP_SET_CEILING	  7
#define UMTX_OP_CV_WAIT		  8
#define UMTX_OP_CV_SIGNAL	  9
#define UMTX_OP_CV_BROADCAST	  10
#define UMTX_OP_WAIT_UINT	  11
#define UMTX_OP_RW_RDLOCK	  12
#define UMTX_OP_RW_WRLOCK	  13
#define UMTX_OP_RW_UNLOCK	  14
#define UMTX_OP_WAIT_UINT_PRIVATE 15
#define UMTX_OP_WAKE_PRIVATE	  16
#define UMTX_OP_MUTEX_WAIT	  17
#define UMTX_OP_MUTEX_WAKE	  18
#define UMTX_OP_NWAKE_PRIVATE	  21
#define UMTX_OP_MUTEX_WAKE2	  22
#define UMTX_OP_SEM2_WAIT	  23
#define UMTX_OP_SEM2_WAKE	  24
#define UMTX_OP_SHM		  25
#define UMTX_OP_ROBUST_LISTS	  26
#define UMTX_OP_GET_MIN_TIMEOUT	  27
#define UMTX_OP_SET_MIN_TIMEOUT	  28

#define UMTX_SHM_CREAT		  0x1
#define UMTX_SHM_LOOKUP		  0x2
#define UMTX_SHM_DESTROY	  0x4
#define UMTX_SHM_ALIVE		  0x8

#define USYNC_PROCESS_SHARED	  0x0001

struct umutex {
	uint32_t m_owner; /* thread id, UMUTEX_* */
	uint32_t m_flags;
	uint32_t m_ceilings[2];
	uint64_t m_rb_lnk; /* next in the robust list */
	uint32_t m_spare[2];
};
_Static_assert(sizeof(struct umutex) == 32, "struct umutex");

#define UMUTEX_UNOWNED	     0x0u
#define UMUTEX_CONTESTED     0x80000000u
#define UMUTEX_RB_OWNERDEAD  (UMUTEX_CONTESTED | 0x10)
#define UMUTEX_RB_NOTRECOV   (UMUTEX_CONTESTED | 0x11)
#define UMUTEX_PRIO_INHERIT  0x0004 /* m_flags */
#define UMUTEX_PRIO_PROTECT  0x0008
#define UMUTEX_ROBUST	     0x0010
#define UMUTEX_NONCONSISTENT 0x0020

struct ucond {
	uint32_t c_has_waiters;
	uint32_t c_flags;
	uint32_t c_clockid;
	uint32_t c_spare[1];
};
_Static_assert(sizeof(struct ucond) == 16, "struct ucond");

#define CVWAIT_CHECK_UNPARKING 0x01
#define CVWAIT_ABSTIME	       0x02
#define CVWAIT_CLOCKID	       0x04

struct urwlock {
	uint32_t rw_state;
	uint32_t rw_flags;
	uint32_t rw_blocked_readers;
	uint32_t rw_blocked_writers;
	uint32_t rw_spare[4];
};
_Static_assert(sizeof(struct urwlock) == 32, "struct urwlock");

#define URWLOCK_WRITE_OWNER   0x80000000u
#define URWLOCK_WRITE_WAITERS 0x40000000u
#define URWLOCK_READ_WAITERS  0x20000000u
#define URWLOCK_MAX_READERS   0x1fffffffu
#define URWLOCK_PREFER_READER 0x0002 /* rw_flags */

struct usem2 {
	uint32_t count;
	uint32_t flags;
};
_Static_assert(sizeof(struct usem2) == 8, "struct _usem2");

#define USEM_HAS_WAITERS 0x80000000u
#define USEM_MAX_COUNT	 0x7fffffffu

struct umtx_time {
	struct timespec timeout;
	uint32_t flags;
	uint32_t clockid;
};
_Static_assert(sizeof(struct umtx_time) == 24, "struct _umtx_time");

#define UMTX_ABSTIME 0x01

struct umtx_robust_lists_params {
	uint64_t robust_list_offset;
	uint64_t robust_priv_list_offset;
	uint64_t robust_inact_offset;
};
_Static_assert(sizeof(struct umtx_robust_lists_params) == 24,
    "struct umtx_robust_lists_params");

#endif
