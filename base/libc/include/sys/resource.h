/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * musl's, with FreeBSD's numbers. Its struct rusage is FreeBSD's with room
 * at the end.
 */
#ifndef _FREEBSD_SYS_RESOURCE_H
#define _FREEBSD_SYS_RESOURCE_H

#include <musl/sys/resource.h>

#undef RLIM_INFINITY
#define RLIM_INFINITY 0x7fffffffffffffffULL

#undef RLIMIT_LOCKS
#undef RLIMIT_SIGPENDING
#undef RLIMIT_MSGQUEUE
#undef RLIMIT_NICE
#undef RLIMIT_RTPRIO
#undef RLIMIT_RTTIME
#undef RLIMIT_NLIMITS
#define RLIMIT_NPTS    11
#define RLIMIT_SWAP    12
#define RLIMIT_KQUEUES 13
#define RLIMIT_UMTXP   14
#define RLIMIT_PIPEBUF 15
#define RLIMIT_NLIMITS 17

#endif
