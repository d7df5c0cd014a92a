/* SPDX-License-Identifier: BSD-2-Clause */
/* For tests of waits: is a thread of this process asleep, and for what? */
#ifndef TESTS_PROG_ASLEEP_H
#define TESTS_PROG_ASLEEP_H

#include "files.h"
#include "fbsd/num/sysctl.h"
#include "fbsd/user.h"

#define ASLEEP_THREADS	  16
#define ASLEEP_INC_THREAD 0x10

static inline bool
is_asleep(long tid, const char *wmesg)
{
	static struct kinfo_proc ki[ASLEEP_THREADS];
	int name[] = {CTL_KERN, KERN_PROC, KERN_PROC_PID | ASLEEP_INC_THREAD,
	    (int)SYS(SYS_getpid)};
	size_t size = sizeof(ki);

	CHECK_EQ(SYS(SYS___sysctl, name, 4, ki, &size, 0, 0), 0);
	for (unsigned i = 0; i < size / sizeof(ki[0]); i++)
		if (ki[i].ki_tid == tid && same_text(ki[i].ki_wmesg, wmesg))
			return (true);
	return (false);
}

/* Until it is; after ten seconds that is a failure. */
static inline void
await_asleep(long tid, const char *wmesg)
{
	uint64_t end = now_ns(CLOCK_MONOTONIC) + 10 * NSEC_PER_SEC;
	bool asleep;

	while (
	    !(asleep = is_asleep(tid, wmesg)) && now_ns(CLOCK_MONOTONIC) < end)
		sleep_ms(1);
	CHECK(asleep);
}

#endif
