/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory mappings: mmap(2) and its kin. */
#ifndef FBSD_MMAN_H
#define FBSD_MMAN_H

#define PROT_NONE	       0x00
#define PROT_READ	       0x01
#define PROT_WRITE	       0x02
#define PROT_EXEC	       0x04
#define PROT_ALL	       (PROT_READ | PROT_WRITE | PROT_EXEC)
#define PROT_MAX_SHIFT	       16
#define PROT_MAX(prot)	       ((prot) << PROT_MAX_SHIFT)
#define PROT_MAX_EXTRACT(prot) (((prot) >> PROT_MAX_SHIFT) & PROT_ALL)

#define MAP_SHARED	       0x0001
#define MAP_PRIVATE	       0x0002
#define MAP_FIXED	       0x0010
#define MAP_HASSEMAPHORE       0x0200
#define MAP_STACK	       0x0400
#define MAP_NOSYNC	       0x0800
#define MAP_ANON	       0x1000
#define MAP_GUARD	       0x2000
#define MAP_EXCL	       0x4000
#define MAP_NOCORE	       0x00020000
#define MAP_PREFAULT_READ      0x00040000
#define MAP_32BIT	       0x00080000
/* The address is a multiple of 2^n; n 1 is "as large pages need it". */
#define MAP_ALIGNED(n)		 ((unsigned)(n) << 24)
#define MAP_ALIGNMENT_SHIFT	 24
#define MAP_ALIGNMENT_MASK	 MAP_ALIGNED(0xff)
#define MAP_ALIGNED_SUPER	 MAP_ALIGNED(1)

#define INHERIT_SHARE		 0
#define INHERIT_COPY		 1
#define INHERIT_NONE		 2
#define INHERIT_ZERO		 3

#define MADV_NORMAL		 0
#define MADV_RANDOM		 1
#define MADV_SEQUENTIAL		 2
#define MADV_WILLNEED		 3
#define MADV_DONTNEED		 4
#define MADV_FREE		 5
#define MADV_NOSYNC		 6
#define MADV_AUTOSYNC		 7
#define MADV_NOCORE		 8
#define MADV_CORE		 9
#define MADV_PROTECT		 10

#define MS_SYNC			 0x0000
#define MS_ASYNC		 0x0001
#define MS_INVALIDATE		 0x0002

#define MCL_CURRENT		 0x0001
#define MCL_FUTURE		 0x0002

#define MINCORE_INCORE		 0x01
#define MINCORE_REFERENCED	 0x02
#define MINCORE_MODIFIED	 0x04
#define MINCORE_REFERENCED_OTHER 0x08
#define MINCORE_MODIFIED_OTHER	 0x10

/* shm_open2(2) */
#define SHM_ANON	     1ul /* path */
#define SHM_ALLOW_SEALING    0x1
#define SHM_GROW_ON_WRITE    0x2
#define SHM_LARGEPAGE	     0x4
#define SHM_RENAME_NOREPLACE 0x1
#define SHM_RENAME_EXCHANGE  0x2

#endif
