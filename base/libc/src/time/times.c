/* SPDX-License-Identifier: BSD-2-Clause */
#include <sys/resource.h>
#include <sys/times.h>
#include <time.h>

/* In hundredths of a second, as sysconf(_SC_CLK_TCK) says. */
static clock_t
ticks(const struct timeval *tv)
{
	return (tv->tv_sec * 100 + tv->tv_usec / 10000);
}

clock_t
times(struct tms *t)
{
	struct rusage self, children;
	struct timespec now;

	getrusage(RUSAGE_SELF, &self);
	getrusage(RUSAGE_CHILDREN, &children);
	t->tms_utime = ticks(&self.ru_utime);
	t->tms_stime = ticks(&self.ru_stime);
	t->tms_cutime = ticks(&children.ru_utime);
	t->tms_cstime = ticks(&children.ru_stime);
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec * 100 + now.tv_nsec / 10000000);
}
